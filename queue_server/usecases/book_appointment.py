"""Not written yet."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import AppointmentView, BookAppointment
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def book_appointment(work: Work, command: BookAppointment, actor: Actor, now: datetime, ids: Ids) -> AppointmentView:
    raise Refusal(Code.INTERNAL, "not written yet")
