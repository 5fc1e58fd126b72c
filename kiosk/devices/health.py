"""From faults to what this kiosk can still offer. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from drivers.device import Action, DeviceState
from kiosk.devices.bench import DeviceReport
from kiosk.errors import Reason
from queue_server.contract.messages import Catalogue, DeviceCondition

READER = "id_card_reader"
PRINTER = "ticket_printer"
CAMERA = "camera"
VERIFIER = "face_verifier"

PAPER: Mapping[str, Reason] = {
    "paper.out": Reason.PRINTER_PAPER_OUT,
    "cover.open": Reason.PRINTER_COVER_OPEN,
    "fault.paper-out": Reason.PRINTER_PAPER_OUT,
    "fault.cover-open": Reason.PRINTER_COVER_OPEN,
    "fault.silent": Reason.PRINTER_SILENT,
    "status.unknown": Reason.PRINTER_SILENT,
}


@dataclass(frozen=True, slots=True)
class Line:
    """The state of the network as this kiosk sees it."""

    away: Reason | None = None
    enrolled: bool = True
    clock_off: bool = False
    lent: Mapping[str, int] = field(default_factory=dict)
    """Numbers left by queue, for hours without the server."""


@dataclass(frozen=True, slots=True)
class Offers:
    """What can be done here now. None means: it can; else why not."""

    take_ticket: Reason | None
    self_service: Reason | None
    appointments: Reason | None
    card: Reason | None
    face: Reason | None
    paper: Reason | None
    lines: tuple[str, ...] = ()
    """Translation keys of what stands under the header, the most important first."""
    providers: frozenset[str] = frozenset()
    """Outside systems that answer now."""
    lent: Mapping[str, int] = field(default_factory=dict)
    """Numbers left by queue, for hours without the server."""

    @property
    def out_of_service(self) -> Reason | None:
        """Why nothing at all can be done here; None when something can."""
        return self.take_ticket if self.self_service is not None else None


def judge(devices: Iterable[DeviceReport], line: Line, catalogue: Catalogue | None) -> Offers:
    """What this kiosk can still offer with these devices and this network."""
    by_kind = {report.kind: report for report in devices}
    card = _hindrance(by_kind.get(READER), Reason.NO_READER)
    camera = _hindrance(by_kind.get(CAMERA), Reason.CAMERA_ABSENT)
    verifier = _hindrance(by_kind.get(VERIFIER), Reason.CAMERA_ABSENT)
    paper = _paper(by_kind.get(PRINTER))
    providers = frozenset(
        provider.provider for provider in (catalogue.providers if catalogue else ()) if provider.available
    )
    return Offers(
        take_ticket=_tickets(line, catalogue),
        self_service=_questions(line, catalogue),
        appointments=_appointments(line, catalogue),
        card=card,
        face=camera or verifier,
        paper=paper,
        lines=_lines(line, _lent(line, catalogue), card, paper, by_kind),
        providers=providers if line.away is None else frozenset(),
        lent=line.lent,
    )


def conditions(
    devices: Iterable[DeviceReport], line: Line, *, parked: int = 0, store: bool = True
) -> tuple[DeviceCondition, ...]:
    """What the server hears of this kiosk: codes only."""
    found = [
        DeviceCondition(device=report.kind, code=condition.code[:60], action=condition.action.value)
        for report in devices
        for condition in report.status.conditions
    ]
    if line.clock_off:
        found.append(DeviceCondition(device="kiosk", code="clock.off", action=Action.ENGINEER.value))
    if parked:
        found.append(DeviceCondition(device="kiosk", code="tickets.parked", action=Action.STAFF.value))
    if not store:
        found.append(DeviceCondition(device="kiosk", code="store.fault", action=Action.ENGINEER.value))
    return tuple(found)


def _hindrance(report: DeviceReport | None, reason: Reason) -> Reason | None:
    """A device that is still being looked for at the start is given the benefit of the doubt."""
    if report is None:
        return reason
    return None if report.works or report.status.state is DeviceState.CONNECTING else reason


def _paper(report: DeviceReport | None) -> Reason | None:
    if report is None:
        return Reason.PRINTER_ABSENT
    if report.works or report.status.state is DeviceState.CONNECTING:
        return None
    for condition in report.status.conditions:
        if condition.code in PAPER:
            return PAPER[condition.code]
    return Reason.PRINTER_ABSENT if report.status.state is DeviceState.ABSENT else Reason.PRINTER_FAULT


def _tickets(line: Line, catalogue: Catalogue | None) -> Reason | None:
    if not line.enrolled:
        return Reason.NOT_ENROLLED
    if catalogue is None:
        return line.away or Reason.SERVER_UNREACHABLE
    return None if line.away is None or _lent(line, catalogue) else line.away


def _lent(line: Line, catalogue: Catalogue | None) -> bool:
    """Whether there is a lent number for a queue that takes anybody."""
    return any(line.lent.get(queue.id) for queue in (catalogue.queues if catalogue else ()) if queue.open)


def _questions(line: Line, catalogue: Catalogue | None) -> Reason | None:
    if not line.enrolled:
        return Reason.NOT_ENROLLED
    if line.away is not None:
        return line.away
    return None if catalogue is not None else Reason.SERVER_UNREACHABLE


def _appointments(line: Line, catalogue: Catalogue | None) -> Reason | None:
    """Places in slots cannot be lent: without the server there is no booking."""
    if not line.enrolled:
        return Reason.NOT_ENROLLED
    return Reason.BOOKING_OFFLINE if line.away is not None or catalogue is None else None


def _lines(
    line: Line, lent: bool, card: Reason | None, paper: Reason | None, by_kind: Mapping[str, DeviceReport]
) -> tuple[str, ...]:
    found = []
    if line.away is not None:
        found.append("line.offline" if lent else "line.disconnected")
    if line.clock_off:
        found.append("line.clock-off")
    if paper is not None:
        found.append("line.no-printer")
    if card is not None:
        found.append("line.no-reader")
    printer = by_kind.get(PRINTER)
    if paper is None and printer is not None and any(c.code == "paper.low" for c in printer.status.conditions):
        found.append("line.paper-low")
    return tuple(found)
