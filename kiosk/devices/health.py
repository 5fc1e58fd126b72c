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
CARDS = "card_reader"
SCANNER = "code_scanner"
DOCUMENTS = "document_printer"
SENSORS = "sensors"
INDICATORS = "indicators"

POWER_LOW = "power.low"
CARD_LEFT = "card.left"

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
    """An ID card or a social-security card."""
    face: Reason | None
    paper: Reason | None
    lines: tuple[str, ...] = ()
    """Translation keys of what stands under the header, the most important first."""
    cards: tuple[str, ...] = ()
    """Which cards can be read now: ``id``, ``social``."""
    documents: bool = False
    """Whether answers can be printed on A4."""
    scanner: bool = False
    """Whether codes can be scanned."""
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
    cards = tuple(name for name, kind in (("id", READER), ("social", CARDS)) if _usable(by_kind.get(kind)))
    card = None if cards else Reason.NO_READER
    power = Reason.POWER_LOW if POWER_LOW in _codes(by_kind.get(SENSORS)) else None
    camera = _hindrance(by_kind.get(CAMERA), Reason.CAMERA_ABSENT)
    verifier = _hindrance(by_kind.get(VERIFIER), Reason.CAMERA_ABSENT)
    paper = _paper(by_kind.get(PRINTER))
    providers = frozenset(
        provider.provider for provider in (catalogue.providers if catalogue else ()) if provider.available
    )
    return Offers(
        take_ticket=power or _tickets(line, catalogue),
        self_service=power or _questions(line, catalogue),
        appointments=power or _appointments(line, catalogue),
        card=card,
        face=camera or verifier,
        paper=paper,
        lines=_lines(line, _lent(line, catalogue), card, paper, by_kind),
        cards=cards,
        documents=_usable(by_kind.get(DOCUMENTS)),
        scanner=_usable(by_kind.get(SCANNER)),
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
    return None if _usable(report) else reason


def _usable(report: DeviceReport | None) -> bool:
    """Whether this kiosk has it and it works, as far as anybody knows yet."""
    return report is not None and (report.works or report.status.state is DeviceState.CONNECTING)


def _codes(report: DeviceReport | None) -> frozenset[str]:
    return frozenset(condition.code for condition in report.status.conditions) if report else frozenset()


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
    if CARD_LEFT in _codes(by_kind.get(CARDS)):
        found.insert(0, "line.card-left")
    if paper is None and "paper.low" in _codes(by_kind.get(PRINTER)):
        found.append("line.paper-low")
    return tuple(found)
