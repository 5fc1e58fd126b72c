"""The last step of every flow that gives a number: it is shown, printed, and printed again if need be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kiosk.desk import Desk
from kiosk.flows.flow import Answers, Page, Step
from kiosk.identity import Person
from kiosk.printing import PrintState, TicketSlip
from kiosk.ticketing import Ticket
from queue_server.contract.codec import plain
from queue_server.contract.messages import Catalogue


def show_ticket(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    """Number, place, range, windows, and the address behind the QR code; printing begins at once."""
    ticket: Ticket = answers["ticket"]
    return {
        "number": ticket.number,
        "queueName": plain(ticket.queue_name),
        "ahead": ticket.ahead,
        "low": ticket.low,
        "high": ticket.high,
        "windows": [plain(window) for window in ticket.windows],
        "url": ticket.url,
        "printing": PrintState.PRINTING.value,
        "fault": None,
        "offline": ticket.offline,
        "reprints": 0,
        "warning": ticket.warning.value if ticket.warning else None,
        "appointment": desk.moment(ticket.appointment_start) if ticket.appointment_start else None,
        "late": ticket.late,
        "stops": [plain(stop) for stop in ticket.stops],
    }


def print_ticket(desk: Desk, answers: Answers) -> Answers | None:
    """Prints, or prints again with the mark 补打, and has the server told how it went; ``done`` ends the visit."""
    if answers.get("done"):
        return {}
    ticket: Ticket = answers["ticket"]
    person: Person = answers["person"]
    masked = person.masked_name or person.masked_number
    desk.stage.show(printing=PrintState.PRINTING.value, fault=None, lively=True)
    outcome = desk.printing.ticket(
        ticket.key,
        lambda reprint: _slip(desk.catalogue.current, ticket, masked, reprint),
        lambda stand: desk.ticketing.paper_ended(ticket, stand),
        desk.stage.cancel,
    )
    fault = outcome.fault.value if outcome.fault else None
    desk.stage.show(printing=outcome.state.value, fault=fault, reprints=outcome.reprints, lively=True)
    return None


def _slip(catalogue: Catalogue | None, ticket: Ticket, masked_name: str, reprint: int) -> TicketSlip:
    return TicketSlip(
        hall=catalogue.name if catalogue else ticket.queue_name,
        number=ticket.number,
        queue=ticket.queue_name,
        issued_at=ticket.issued_at,
        url=ticket.url,
        windows=ticket.windows,
        ahead=ticket.ahead,
        low=None if ticket.low is None else ticket.low // 60,
        high=None if ticket.high is None else -(-ticket.high // 60),
        masked_name=masked_name,
        priority=ticket.priority,
        reprint=reprint,
        offline=ticket.offline,
        demo=bool(catalogue and catalogue.demo),
        time_zone=catalogue.time_zone if catalogue else "Asia/Shanghai",
        warning=ticket.warning,
        appointment_start=ticket.appointment_start,
        late=ticket.late,
        stops=ticket.stops,
    )


def printed(data: Mapping[str, Any]) -> bool:
    """Whether nothing is left to do but to take the paper."""
    return data.get("printing") == PrintState.PRINTED.value


TICKET = Step(
    name="ticket",
    page=Page.TICKET,
    view=show_ticket,
    perform=print_ticket,
    auto={"print": True},
    waits=True,
    final=True,
    result=printed,
)
