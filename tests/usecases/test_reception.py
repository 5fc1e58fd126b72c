"""Reception staff look after people in the hall, and open no window."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from queue_server.contract.messages import BookAppointment, CancelAppointment, OpenWindow, RestrictionReason, Role
from queue_server.contract.messages import RestrictPerson as Restrict
from queue_server.contract.messages import TakeTicket as Take
from queue_server.contract.refusals import Code
from queue_server.storage.init import init
from queue_server.storage.office import DatabaseOffice
from queue_server.usecases.ports import Actor

GUIDE = Actor("demo", Role.OFFICER, "officer8")


@pytest.fixture
async def reception(
    sqlite_url: str, make_office: Callable[[str], DatabaseOffice], demo_hall_text: str, play: Any
) -> AsyncIterator[Any]:
    """The demo hall, where officer8 works at the reception."""
    before = 'name: 吴磊, windows: ["8"] }'
    assert before in demo_hall_text
    init(sqlite_url, demo_hall_text.replace(before, "name: 吴磊, reception: true }"))
    async with make_office(sqlite_url) as office:
        yield type(play)(office, play.clock)


async def test_the_reception_takes_books_and_cancels_for_people(reception: Any) -> None:
    issued = await reception.does(Take(queue="A"), GUIDE)
    assert issued.number == "A001"
    days = (await reception.office.slots("demo", "A")).days
    slots = (await reception.office.slots("demo", "A", days[1])).slots
    booked = await reception.does(BookAppointment(queue="A", start=slots[20].start, phone="13800001234"), GUIDE)
    assert booked.end - booked.start == timedelta(minutes=30)
    gone = await reception.does(CancelAppointment(appointment=booked.id, text="不来了"), GUIDE)
    assert gone.state == "cancelled"
    [row] = await reception.office.audit("demo")
    assert (row.by, row.act) == ("officer8", "cancel-appointment")


async def test_the_reception_opens_no_window_and_restricts_nobody(reception: Any) -> None:
    for window in ("1", "8"):
        assert (await reception.refused(OpenWindow(window=window), GUIDE)).code is Code.FORBIDDEN
    issued = await reception.does(Take(queue="A", phone="13800001234"), GUIDE)
    restrict = Restrict(ticket=issued.id, reason=RestrictionReason.ABUSE)
    assert (await reception.refused(restrict, GUIDE)).code is Code.FORBIDDEN
