"""What a printer says keeps it from printing, in our words. Pure.

RFC 8011, 5.4.12 gives the keywords of ``printer-state-reasons``; PWG 5100.9 and CUPS add some. A keyword ends in
``-report`` (nothing wrong), ``-warning`` (it works) or ``-error``; without an end it counts as an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from drivers.device import Action, Condition, DeviceError, DeviceState, Fault

IDLE, PROCESSING, STOPPED = 3, 4, 5
"""Values of ``printer-state``."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One keyword. ``fault`` is why a job fails while it lasts as an error; None: it never stops one."""

    code: str
    action: Action
    fault: Fault | None = None


_NO_PAPER = Reason("paper.out", Action.STAFF, Fault.PAPER_OUT)
_PAPER_LOW = Reason("paper.low", Action.STAFF)
_TRAY = Reason("tray.missing", Action.STAFF, Fault.MECHANICAL)
_OPEN = Reason("cover.open", Action.STAFF, Fault.COVER_OPEN)
_NO_TONER = Reason("toner.out", Action.STAFF, Fault.MECHANICAL)
_TONER_LOW = Reason("toner.low", Action.STAFF)
_OFFLINE = Reason("printer.offline", Action.STAFF, Fault.ABSENT)
_PAUSED = Reason("printer.paused", Action.STAFF, Fault.BUSY)
_BROKEN = Reason("printer.broken", Action.ENGINEER, Fault.MECHANICAL)
_WORN = Reason("drum.worn", Action.ENGINEER)
REFUSES = Condition("printer.refuses", Action.STAFF, blocking=True)
"""The queue takes no jobs: somebody has switched that off."""

REASONS = {
    "media-empty": _NO_PAPER,
    "media-needed": _NO_PAPER,
    "media-low": _PAPER_LOW,
    "media-jam": Reason("paper.jam", Action.STAFF, Fault.MECHANICAL),
    "input-tray-missing": _TRAY,
    "output-tray-missing": _TRAY,
    "output-area-full": Reason("tray.full", Action.STAFF, Fault.MECHANICAL),
    "output-area-almost-full": Reason("tray.full", Action.STAFF),
    "cover-open": _OPEN,
    "door-open": _OPEN,
    "interlock-open": _OPEN,
    "toner-empty": _NO_TONER,
    "marker-supply-empty": _NO_TONER,
    "developer-empty": _NO_TONER,
    "toner-low": _TONER_LOW,
    "marker-supply-low": _TONER_LOW,
    "developer-low": _TONER_LOW,
    "marker-waste-full": Reason("waste.full", Action.ENGINEER, Fault.MECHANICAL),
    "marker-waste-almost-full": Reason("waste.full", Action.ENGINEER),
    "opc-near-eol": _WORN,
    "opc-life-over": Reason("drum.worn", Action.ENGINEER, Fault.MECHANICAL),
    "fuser-over-temp": Reason("printer.hot", Action.WAIT, Fault.MECHANICAL),
    "fuser-under-temp": Reason("printer.warming", Action.WAIT),
    "paused": _PAUSED,
    "moving-to-paused": _PAUSED,
    "hold-new-jobs": _PAUSED,
    "spool-area-full": Reason("spool.full", Action.ENGINEER, Fault.BUSY),
    "offline": _OFFLINE,
    "shutdown": _OFFLINE,
    "timed-out": _OFFLINE,
    "connecting-to-device": Reason("printer.connecting", Action.WAIT),
    "cups-missing-filter": Reason("spooler.filter", Action.CONFIGURE),
}
_ENDS = ("-report", "-warning", "-error")
_REPORTS_THAT_COUNT = frozenset({"offline", "timed-out"})
"""CUPS says ``offline-report`` of a printer that it cannot reach."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a printer's state and reasons come to. ``fault`` is the first reason why nothing comes out now."""

    state: int
    accepts: bool
    conditions: tuple[Condition, ...]
    fault: Fault | None = None
    detail: str = ""

    @property
    def device_state(self) -> DeviceState:
        if any(condition.blocking for condition in self.conditions):
            return DeviceState.FAULT
        if self.state == PROCESSING:
            return DeviceState.BUSY
        return DeviceState.IMPAIRED if self.conditions else DeviceState.READY

    @property
    def blocking(self) -> frozenset[str]:
        """The codes of what keeps pages from coming out."""
        return frozenset(condition.code for condition in self.conditions if condition.blocking)

    def refuse(self, *, uncertain: bool) -> None:
        """Raises when nothing can come out now."""
        if self.fault is not None:
            raise DeviceError(self.fault, self.detail, uncertain=uncertain)


def finding(state: int, keywords: Iterable[str], *, accepts: bool = True, remembers: bool = False) -> Finding:
    """What a printer says, in our words; each condition once, in its order.

    ``remembers`` is for a spooler, which repeats what the printer said at the last job: paper that was out then may
    have been filled up since. While its queue is idle such a reason is shown, but does not keep a job from being sent.
    """
    conditions: dict[str, Condition] = {}
    fault: Fault | None = None
    detail = ""
    for keyword in keywords:
        said = _of(keyword)
        if said is None:
            continue
        reason, is_error = said
        blocks = reason.fault is not None and is_error and not (remembers and state == IDLE)
        known = conditions.get(reason.code)
        conditions[reason.code] = Condition(
            reason.code, reason.action, blocks or (known is not None and known.blocking)
        )
        if blocks and fault is None:
            fault, detail = reason.fault, keyword
    if not accepts:
        conditions[REFUSES.code] = REFUSES
        fault, detail = fault or Fault.BUSY, detail or "the queue takes no jobs"
    if state == STOPPED and fault is None:
        conditions[_PAUSED.code] = Condition(_PAUSED.code, _PAUSED.action, blocking=True)
        fault, detail = Fault.BUSY, "stopped without a reason"
    return Finding(state, accepts, tuple(conditions.values()), fault, detail)


def _of(keyword: str) -> tuple[Reason, bool] | None:
    """The reason behind a keyword and whether it is an error; None for what means nothing."""
    name, end = keyword, ""
    for one in _ENDS:
        if keyword.endswith(one):
            name, end = keyword.removesuffix(one), one
    if name == "none" or (end == "-report" and name not in _REPORTS_THAT_COUNT):
        return None
    known = REASONS.get(name)
    if known is not None:
        return known, end != "-warning"
    return (_BROKEN, True) if end == "-error" else None
