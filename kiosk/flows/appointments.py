"""预约: who is it, what is booked already, check in, move, give back, or book anew. Only with the server.

identify → bookings → (ticket | queue → day → slot → confirm → booked). Whoever has booked nothing goes straight to the
queues; moving begins at the day; giving back only asks whether it is meant.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from kiosk.bookings import Day, Who
from kiosk.desk import Desk
from kiosk.errors import KioskError, Reason
from kiosk.flows.flow import Answers, Flow, Page, Step
from kiosk.flows.identify import identify, show_ways
from kiosk.flows.phone import take_phone
from kiosk.flows.ticket import TICKET, printed
from kiosk.identity import Person
from kiosk.printing import BookingSlip, PrintState
from kiosk.sync.link import RefusedError
from kiosk.ticketing import Ticket, places
from queue_server.contract.codec import plain
from queue_server.contract.messages import AppointmentState, AppointmentView, Catalogue, SlotView
from queue_server.contract.refusals import Code

BOOK, MOVE, DROP, CHECK_IN = "book", "move", "drop", "check-in"
EARLY, NOW, LATE = "early", "now", "late"


# --- who, and what is booked ---


def show_who(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    del answers
    return show_ways(desk, "phone")


def come_with_card(desk: Desk, answers: Answers) -> Answers | None:
    """Reads the card and asks what its owner has booked."""
    kept = identify(desk, answers)
    return kept if kept is None or kept["way"] == "phone" else {**kept, **_found(desk, kept["person"])}


def come_with_phone(desk: Desk, answers: Answers) -> Answers | None:
    kept = take_phone(desk, answers)
    return None if kept is None else {**kept, **_found(desk, kept["person"])}


def _found(desk: Desk, person: Person) -> Answers:
    try:
        found = desk.bookings.find(_who(desk, person))
    except KioskError:
        person.wipe()
        raise
    now = desk.now()
    kept = tuple(one for one in found if _can_be_used(desk, one, now))
    return {"bookings": kept, "act": None if kept else BOOK}


def _can_be_used(desk: Desk, one: AppointmentView, now: datetime) -> bool:
    """Booked ones, and missed ones of today: whoever is late still gets a number."""
    if one.state is AppointmentState.NO_SHOW:
        return desk.moment(one.start)["days"] == 0 and now > one.start
    return one.state is AppointmentState.BOOKED


def _who(desk: Desk, person: Person) -> Who:
    reference = person.reference(_need(desk).person_key)
    return Who(reference, None if reference else person.phone)


def show_bookings(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    """Each booking with what can be done about it now."""
    return {
        "person": _shown_person(answers["person"]),
        "bookings": [_booking(desk, one) for one in answers["bookings"]],
        "canBook": bool(bookable(desk)),
    }


def _shown_person(person: Person) -> dict[str, str]:
    if person.phone.reveal():
        return {"phone": person.masked_number}
    return {"name": person.masked_name, "number": person.masked_number}


def _booking(desk: Desk, one: AppointmentView) -> dict[str, Any]:
    now = desk.now()
    in_time = one.state is AppointmentState.BOOKED and now <= one.check_in_until
    return {
        "id": one.id,
        "queueName": plain(one.queue_name),
        "start": desk.moment(one.start),
        "end": desk.moment(one.end),
        "checkIn": EARLY if now < one.check_in_from else NOW if in_time else LATE,
        "checkInFrom": desk.moment(one.check_in_from),
        "checkInUntil": desk.moment(one.check_in_until),
        "changeUntil": desk.moment(one.change_until),
        "canChange": one.state is AppointmentState.BOOKED and now <= one.change_until,
    }


def choose_act(desk: Desk, answers: Answers) -> Answers | None:
    """Check in at once; for moving the days are fetched here, so that the next page can show them."""
    act = str(answers["act"])
    if act == BOOK:
        return {"act": BOOK}
    one = next((one for one in answers["bookings"] if one.id == answers.get("booking")), None)
    if one is None:
        raise KioskError(Reason.BOOKING_GONE, "not in the list")
    if act == CHECK_IN:
        return {"act": act, "ticket": _check_in(desk, answers["person"], one)}
    kept: dict[str, Any] = {"act": act, "booking": one, "queue": one.queue}
    return {**kept, "days": _days(desk, one.queue)} if act == MOVE else kept


def _check_in(desk: Desk, person: Person, one: AppointmentView) -> Ticket:
    who = _who(desk, person)
    try:
        return desk.ticketing.check_in(desk.key(CHECK_IN, one.id), one.id, who.person, who.phone)
    except RefusedError as refusal:
        if refusal.body.code in {Code.WRONG_STATE, Code.NOT_FOUND}:
            raise KioskError(Reason.BOOKING_GONE, refusal.body.code) from None
        raise


def after_bookings(answers: Answers) -> str:
    return {CHECK_IN: "ticket", MOVE: "day", DROP: "confirm"}.get(str(answers.get("act")), "queue")


def after_who(answers: Answers) -> str:
    if answers.get("way") == "phone" and "bookings" not in answers:
        return "phone"
    return "queue" if answers.get("act") == BOOK else "bookings"


# --- what and when ---


def bookable(desk: Desk) -> list[dict[str, Any]]:
    """The queues that take bookings."""
    catalogue = desk.catalogue.current
    return [
        {"id": queue.id, "name": plain(queue.name), "badge": queue.prefix}
        for queue in (catalogue.queues if catalogue else ())
        if queue.bookable
    ]


def show_queues(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    del answers
    return {"label": {}, "options": bookable(desk)}


def choose_queue(desk: Desk, answers: Answers) -> Answers | None:
    queue = str(answers["choice"])
    if queue not in {one["id"] for one in bookable(desk)}:
        raise KioskError(Reason.FIELD_INVALID, "queue")
    return {"act": BOOK, "queue": queue, "days": _days(desk, queue)}


def _days(desk: Desk, queue: str) -> dict[str, Day]:
    """By their dates. One object for the whole visit, so that going back also shows what was learned since."""
    days = desk.bookings.days(queue)
    if not any(day.free for day in days):
        raise KioskError(Reason.NOTHING_TO_BOOK, queue)
    return {day.day.isoformat(): day for day in days}


def show_days(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    """Every day that can be booked; one without a place stays to be seen, but cannot be chosen."""
    today = desk.moment(desk.now())["date"]
    days: dict[str, Day] = answers["days"]
    return {
        "queueName": _name_of(desk, answers["queue"]),
        "days": [
            {"date": one.day.isoformat(), "days": _apart(today, one.day), "free": one.free} for one in days.values()
        ],
    }


def _apart(today: str, day: date) -> int:
    return (day - date.fromisoformat(today)).days


def choose_day(desk: Desk, answers: Answers) -> Answers | None:
    del desk
    chosen: Day | None = answers["days"].get(str(answers.get("day")))
    if chosen is None or not chosen.free:
        raise KioskError(Reason.SLOT_FULL, "day")
    return {"day": chosen.day.isoformat()}


def show_slots(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    day: Day = answers["days"][answers["day"]]
    today = desk.moment(desk.now())["date"]
    return {
        "queueName": _name_of(desk, answers["queue"]),
        "day": {"date": day.day.isoformat(), "days": _apart(today, day.day)},
        "slots": [_slot(desk, slot) for slot in day.slots],
    }


def _slot(desk: Desk, slot: SlotView) -> dict[str, Any]:
    return {
        "id": slot.start.isoformat(),
        "from": desk.moment(slot.start)["time"],
        "to": desk.moment(slot.end)["time"],
        "free": slot.free,
        "over": slot.over,
    }


def choose_slot(desk: Desk, answers: Answers) -> Answers | None:
    del desk
    day: Day = answers["days"][answers["day"]]
    chosen = next((slot for slot in day.slots if slot.start.isoformat() == answers.get("slot")), None)
    if chosen is None or not chosen.free:
        raise KioskError(Reason.SLOT_FULL, "slot")
    return {"slot": chosen}


# --- is it meant, and done ---


def show_choice(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    """What is about to be done, in full, before it is."""
    booking: AppointmentView | None = answers.get("booking") if answers["act"] != BOOK else None
    slot: SlotView | None = answers.get("slot") if answers["act"] != DROP else None
    times = slot or booking
    assert times is not None  # noqa: S101  # every way to this page chose one of them
    return {
        "act": answers["act"],
        "queueName": _name_of(desk, answers["queue"]),
        "start": desk.moment(times.start),
        "end": desk.moment(times.end),
        "before": desk.moment(booking.start) if booking and slot else None,
    }


def carry_out(desk: Desk, answers: Answers) -> Answers | None:
    """Books, moves or gives back. The same choice again is the same key: a lost answer books nothing twice."""
    try:
        return {"booked": _done(desk, answers)}
    except KioskError as error:
        if error.reason in {Reason.SLOT_FULL, Reason.SLOT_CLOSED}:  # whoever goes back now sees what is left
            with contextlib.suppress(KioskError):
                answers["days"].update({day.day.isoformat(): day for day in desk.bookings.days(answers["queue"])})
        raise


def _done(desk: Desk, answers: Answers) -> AppointmentView:
    who = _who(desk, answers["person"])
    act = answers["act"]
    if act == BOOK:
        queue, start = answers["queue"], answers["slot"].start
        return desk.bookings.book(desk.key(BOOK, queue, start.isoformat()), queue, start, who)
    booking: AppointmentView = answers["booking"]
    if act == MOVE:
        start = answers["slot"].start
        return desk.bookings.move(desk.key(MOVE, booking.id, start.isoformat()), booking.id, start, who)
    return desk.bookings.cancel(desk.key(DROP, booking.id), booking.id, who)


def show_booked(desk: Desk, answers: Answers) -> Mapping[str, Any]:
    one: AppointmentView = answers["booked"]
    return {
        "act": answers["act"],
        **_booking(desk, one),
        "windows": [plain(place) for place in places(_need(desk), one.queue)],
        "printing": "no" if answers["act"] == DROP else PrintState.PRINTING.value,
        "fault": None,
    }


def print_booking(desk: Desk, answers: Answers) -> Answers | None:
    """Prints the slip of a booking, and again when it is asked for; ``done`` ends the visit."""
    if answers.get("done"):
        return {}
    if answers["act"] == DROP:
        return None
    desk.stage.show(printing=PrintState.PRINTING.value, fault=None, lively=True)
    one: AppointmentView = answers["booked"]
    slip = _slip(desk, one, answers["person"])
    outcome = desk.printing.booking(desk.key("booking-slip", one.id), slip, desk.stage.cancel)
    fault = outcome.fault.value if outcome.fault else None
    desk.stage.show(printing=outcome.state.value, fault=fault, lively=True)
    return None


def _slip(desk: Desk, one: AppointmentView, person: Person) -> BookingSlip:
    catalogue = _need(desk)
    return BookingSlip(
        hall=catalogue.name,
        queue=one.queue_name,
        start=one.start,
        end=one.end,
        check_in_from=one.check_in_from,
        check_in_until=one.check_in_until,
        change_until=one.change_until,
        masked_name=person.masked_name or person.masked_number,
        windows=places(catalogue, one.queue),
        demo=catalogue.demo,
        time_zone=catalogue.time_zone,
    )


def done_with(data: Mapping[str, Any]) -> bool:
    """Whether nothing is left to do but to take the paper, if there is one."""
    return data.get("act") == DROP or printed(data)


def _name_of(desk: Desk, queue: str) -> dict[str, str]:
    view = desk.catalogue.queue(queue)
    name: dict[str, str] = plain(view.name) if view else {"zh": queue, "en": queue}
    return name


def _need(desk: Desk) -> Catalogue:
    catalogue = desk.catalogue.current
    if catalogue is None:
        raise KioskError(Reason.BOOKING_OFFLINE)
    return catalogue


APPOINTMENTS = Flow(
    name="appointments",
    steps=(
        Step("identify", Page.IDENTIFY, after_who, come_with_card, show_who, auto={"way": "card"}, waits=True),
        Step("phone", Page.PHONE, after_who, come_with_phone, secret=frozenset({"phone"})),
        Step("bookings", Page.BOOKINGS, after_bookings, choose_act, show_bookings),
        Step("queue", Page.CHOOSE, "day", choose_queue, show_queues),
        Step("day", Page.DAY, "slot", choose_day, show_days),
        Step("slot", Page.SLOT, "confirm", choose_slot, show_slots),
        Step("confirm", Page.CONFIRM, "booked", carry_out, show_choice),
        Step(
            "booked",
            Page.BOOKED,
            None,
            print_booking,
            show_booked,
            auto={"arrived": True},
            waits=True,
            final=True,
            result=done_with,
        ),
        TICKET,
    ),
    hindrance=lambda desk: desk.offers().appointments,
)
