"""Slots and bookings."""

from __future__ import annotations

import msgspec

from queue_server.contract.codec import decode
from queue_server.contract.messages import Appointments, AppointmentView, CheckedIn
from queue_server.contract.person import person_token
from queue_server.contract.projection import Audience
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import document, masks
from queue_server.usecases.ports import Office
from queue_server.web.api import Asked, Handler
from queue_server.web.replies import Answered, ok
from queue_server.web.shapes import FindAppointments, PersonKnown, PersonShown


def handlers(office: Office) -> dict[str, Handler]:
    """The handlers of this file, by the name of their endpoint."""

    async def slots(asked: Asked) -> Answered:
        queue = asked.words.get("queue")
        if queue is None:
            raise Refusal(Code.BAD_REQUEST, "say which queue", field="queue")
        return ok(await office.slots(asked.who.hall, queue, asked.days.get("date")))

    async def appointments(asked: Asked) -> Answered:
        day = asked.days.get("date")
        if day is None:
            raise Refusal(Code.BAD_REQUEST, "say which day", field="date")
        found = await office.appointments(asked.who.hall, day, asked.words.get("queue"))
        return ok(Appointments(appointments=tuple(found)))

    async def know(asked: Asked) -> Answered:
        shown = asked.command
        if not isinstance(shown, PersonShown):
            raise Refusal(Code.BAD_REQUEST, "the number of a document is needed", field="document")
        number = document.number(shown.document)
        key = (await office.catalogue(asked.who.hall, with_person_key=True)).person_key
        return ok(
            PersonKnown(
                token=person_token(key, "id", number),
                masked_name=masks.name(shown.name),
                masked_document=masks.document(number),
            )
        )

    async def find(asked: Asked) -> Answered:
        wish = asked.command
        if not isinstance(wish, FindAppointments) or (wish.person is None and wish.phone is None):
            raise Refusal(Code.BAD_REQUEST, "say whose bookings: person or phone", field="person")
        found = await office.appointments_of(asked.who.hall, wish.person, wish.phone)
        return ok(Appointments(appointments=tuple(seen(one, asked.audience) for one in found)))

    async def act(asked: Asked) -> Answered:
        reply = await office.carry_out(asked.wish, asked.who, asked.key)
        return ok(seen(decode(reply.body, AppointmentView), asked.audience), reply.status)

    async def check_in(asked: Asked) -> Answered:
        reply = await office.carry_out(asked.wish, asked.who, asked.key)
        done = decode(reply.body, CheckedIn)
        return ok(msgspec.structs.replace(done, appointment=seen(done.appointment, asked.audience)), reply.status)

    return {
        "slots": slots,
        "appointments": appointments,
        "know_person": know,
        "find_appointments": find,
        "book_appointment": act,
        "reschedule_appointment": act,
        "cancel_appointment": act,
        "check_in_appointment": check_in,
    }


def seen(view: AppointmentView, audience: Audience) -> AppointmentView:
    """A booking as this audience may see it."""
    if audience is not Audience.PUBLIC:
        return view
    return msgspec.structs.replace(view, masked_name="", masked_phone="")
