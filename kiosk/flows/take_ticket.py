"""取号: show a card or give a phone number, choose, get the number on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kiosk.desk import Desk
from kiosk.errors import KioskError, Reason
from kiosk.flows.flow import Answers, Flow, Page, Step
from kiosk.flows.identify import identify, ways_of
from kiosk.flows.phone import take_phone
from kiosk.identity import Person
from kiosk.printing import PrintState, TicketSlip
from kiosk.ticketing import Ticket, Wish
from queue_server.contract.codec import plain
from queue_server.contract.messages import Catalogue, Priority, QueueView


def show_ways(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    del answers
    return {"ways": ways_of(desk, "phone"), "reading": False}


def show_queues(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    """The queues with what waits, every item that can be searched, and the priorities that may be asked for."""
    catalogue = _need(desk)
    person: Person = answers["person"]
    known = {"name": person.masked_name, "number": person.masked_number}
    if person.phone.reveal():
        known = {"phone": person.masked_number}
    lent = desk.offers().lent if desk.offline() else None
    return {
        "person": known,
        "queues": [_queue(queue, lent) for queue in catalogue.queues],
        "items": [
            {
                "id": item.id,
                "name": plain(item.name),
                "queue": item.queue,
                "department": plain(item.department),
                "initials": item.initials,
                "pinyin": item.pinyin,
                "hot": item.hot,
            }
            for item in catalogue.items
        ],
        "priorities": [priority.value for priority in Priority if priority is not Priority.GREEN],
        "suggested": (Priority.ELDER if person.elder else Priority.NONE).value,
    }


def _queue(queue: QueueView, lent: Mapping[str, int] | None) -> dict[str, Any]:
    open_ = queue.open and (lent is None or lent.get(queue.id, 0) > 0)
    reason = queue.closed_reason.value if queue.closed_reason else ("suspended" if not open_ else None)
    return {
        "id": queue.id,
        "name": plain(queue.name),
        "prefix": queue.prefix,
        "waiting": queue.waiting,
        "low": queue.estimated_wait_seconds.low,
        "high": queue.estimated_wait_seconds.high,
        "open": open_,
        "reason": reason,
    }


def take(desk: Desk, answers: Answers) -> Answers | None:
    """The tap: one number. The same choice in the same visit is the same key, so tapping again is no second ticket."""
    catalogue = _need(desk)
    person: Person = answers["person"]
    queue, item = str(answers["queue"]), answers.get("item") or None
    priority = Priority(answers.get("priority") or Priority.NONE)
    wish = Wish(
        queue=queue,
        priority=priority,
        item=str(item) if item else None,
        person=person.reference(catalogue.person_key),
        phone=person.phone if person.phone.reveal() else None,
        offline_person=person.reference(catalogue.person_key) or person.reference_by_phone(catalogue.person_key),
    )
    ticket = desk.ticketing.take(desk.key("ticket", queue, wish.item or "", priority.value), wish)
    return {"ticket": ticket}


def show_ticket(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    """Number, place, range, windows, and the address behind the QR code; printing begins at once."""
    del desk
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
    }


def print_ticket(desk: Desk, answers: Answers) -> Answers | None:
    """Prints, or prints again with the mark 补打; ``done`` ends the visit."""
    if answers.get("done"):
        return {}
    ticket: Ticket = answers["ticket"]
    person: Person = answers["person"]
    masked = person.masked_name or person.masked_number
    desk.stage.show(printing=PrintState.PRINTING.value, fault=None, lively=True)
    outcome = desk.printing.ticket(
        ticket.key, lambda reprint: _slip(desk.catalogue.current, ticket, masked, reprint), desk.stage.cancel
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
    )


def _need(desk: Desk) -> Catalogue:
    catalogue = desk.catalogue.current
    if catalogue is None:
        raise KioskError(Reason.SERVER_UNREACHABLE)
    return catalogue


def printed(data: Mapping[str, Any]) -> bool:
    """Whether nothing is left to do but to take the paper."""
    return data.get("printing") == PrintState.PRINTED.value


TAKE_TICKET = Flow(
    name="take_ticket",
    steps=(
        Step(
            name="identify",
            page=Page.IDENTIFY,
            view=show_ways,
            perform=identify,
            next=lambda answers: "phone" if answers.get("way") == "phone" else "queue",
            auto={"way": "card"},
            waits=True,
        ),
        Step(name="phone", page=Page.PHONE, perform=take_phone, next="queue", secret=frozenset({"phone"})),
        Step(name="queue", page=Page.QUEUE, view=show_queues, perform=take, next="ticket"),
        Step(
            name="ticket",
            page=Page.TICKET,
            view=show_ticket,
            perform=print_ticket,
            auto={"print": True},
            waits=True,
            final=True,
            result=printed,
        ),
    ),
    hindrance=lambda desk: desk.offers().take_ticket,
)
