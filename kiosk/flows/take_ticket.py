"""取号: show a card or give a phone number, choose, get the number on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kiosk.desk import Desk
from kiosk.errors import KioskError, Reason
from kiosk.flows.flow import Answers, Flow, Page, Step
from kiosk.flows.identify import identify, show_ways
from kiosk.flows.phone import take_phone
from kiosk.flows.ticket import TICKET
from kiosk.identity import Person
from kiosk.ticketing import Wish
from queue_server.contract.codec import plain
from queue_server.contract.messages import Catalogue, Priority, QueueView

MOST_ITEMS = 6
"""Matters on one ticket (一件事); who needs more asks at the desk."""


def show_who(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    del answers
    return show_ways(desk, "phone")


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
        "most": MOST_ITEMS if lent is None else 1,
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
        "warning": queue.warning.value if queue.warning and open_ else None,
    }


def take(desk: Desk, answers: Answers) -> Answers | None:
    """The tap: one number. The same choice in the same visit is the same key, so tapping again is no second ticket."""
    catalogue = _need(desk)
    person: Person = answers["person"]
    queue, item, items = _chosen(catalogue, answers)
    priority = Priority(answers.get("priority") or Priority.NONE)
    wish = Wish(
        queue=queue,
        priority=priority,
        item=item,
        items=items,
        person=person.reference(catalogue.person_key),
        phone=person.phone if person.phone.reveal() else None,
        offline_person=person.reference(catalogue.person_key) or person.reference_by_phone(catalogue.person_key),
    )
    return {"ticket": desk.ticketing.take(desk.key("ticket", queue, item or "", priority.value, *items), wish)}


def _chosen(catalogue: Catalogue, answers: Answers) -> tuple[str, str | None, tuple[str, ...]]:
    """Queue, item, or several items: those of one queue stand together, in the order in which queues were chosen."""
    chosen = [str(item) for item in answers.get("items") or ()][:MOST_ITEMS]
    queue_of = {item.id: item.queue for item in catalogue.items}
    if any(item not in queue_of for item in chosen):
        raise KioskError(Reason.FIELD_INVALID, "items")
    if len(chosen) < 2:
        item = chosen[0] if chosen else answers.get("item") or None
        return (queue_of[chosen[0]] if chosen else str(answers["queue"])), (str(item) if item else None), ()
    queues = list(dict.fromkeys(queue_of[item] for item in chosen))
    items = tuple(item for queue in queues for item in dict.fromkeys(chosen) if queue_of[item] == queue)
    return queues[0], None, items


def _need(desk: Desk) -> Catalogue:
    catalogue = desk.catalogue.current
    if catalogue is None:
        raise KioskError(Reason.SERVER_UNREACHABLE)
    return catalogue


TAKE_TICKET = Flow(
    name="take_ticket",
    steps=(
        Step(
            name="identify",
            page=Page.IDENTIFY,
            view=show_who,
            perform=identify,
            next=lambda answers: "phone" if answers.get("way") == "phone" else "queue",
            auto={"way": "card"},
            waits=True,
        ),
        Step(name="phone", page=Page.PHONE, perform=take_phone, next="queue", secret=frozenset({"phone"})),
        Step(name="queue", page=Page.QUEUE, view=show_queues, perform=take, next="ticket"),
        TICKET,
    ),
    hindrance=lambda desk: desk.offers().take_ticket,
)
