"""What the hall need not keep is forgotten: first who somebody was, much later that it happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from queue_server.contract import messages as m
from queue_server.domain.appointment import Appointment
from queue_server.domain.audit import AuditEntry
from queue_server.domain.lease import Parked, ParkedReason
from queue_server.domain.restriction import Restriction
from queue_server.domain.supervision import Alert
from queue_server.storage.carrying_out import write_to
from queue_server.storage.clean_up import clean_up
from queue_server.storage.office import DatabaseOffice
from queue_server.storage.sql import Connection
from queue_server.storage.unit_of_work import UnitOfWork
from queue_server.usecases.ports import Actor


def booking(now: datetime) -> Appointment:
    return Appointment(
        id="a1",
        queue="A",
        day=now.date(),
        start=now,
        end=now + timedelta(minutes=30),
        state=m.AppointmentState.NO_SHOW,
        booked_at=now,
        person="hash",
        masked_name="张*",
        phone_mask="138****1234",
        phone_hash="phone hash",
    )


def leave_traces(work: UnitOfWork, now: datetime) -> None:
    """A booking, two restrictions (one for ever), two alerts (one stands), a line of audit, a parked ticket."""
    work.add_appointment(booking(now))
    for id_, until in (("r1", now + timedelta(days=30)), ("r2", None)):
        work.add_restriction(
            Restriction(
                id=id_,
                person="hash",
                reason=m.RestrictionReason.SCALPING,
                scope=m.RestrictionScope.ALL,
                made_at=now,
                made_by="officer1",
                until=until,
                text="the man with the red cap",
            )
        )
    for id_, cleared in (("l1", now), ("l2", None)):
        work.add_alert(
            Alert(
                id=id_,
                about=f"waiting-long:{id_}",
                rule=m.AlertRule.WAITING_LONG,
                level=m.AlertLevel.RED,
                raised_at=now,
                value=61,
                limit=60,
                cleared_at=cleared,
            )
        )
    work.note(AuditEntry(id="u1", at=now, by="officer1", role="officer", act="CallTicket", about="t1", reason="other"))
    work.park(
        Parked(
            kiosk="K1",
            key="k1",
            queue="A",
            number="A700",
            issued_at=now,
            reason=ParkedReason.WRONG_RANGE,
            parked_at=now,
            person="hash",
            masked_name="张*",
        )
    )


async def test_each_kind_of_trace_is_kept_as_long_as_it_is_needed(
    database_url: str, make_office: Callable[[str], DatabaseOffice], clock: Any
) -> None:
    async with make_office(database_url) as office:
        engine = office._open_engine()
        await engine.write(write_to(office._halls, "demo", clock, leave_traces), lane="demo")

        async def after(days: float) -> None:
            clock.forward(days=days)
            await office.due("demo")

        async def asked(question: Callable[[UnitOfWork], Any]) -> Any:
            return await office._sight("demo", question)

        await after(29)
        assert (await asked(lambda sight: sight.parked("K1", "k1"))).person == "hash"
        await after(3)
        parked = await asked(lambda sight: sight.parked("K1", "k1"))
        assert (parked.person, parked.masked_name, parked.number) == (None, "", "A700")
        assert (await asked(lambda sight: sight.appointment("a1"))).masked_name == "张*"
        await after(30)
        one = await asked(lambda sight: sight.appointment("a1"))
        assert (one.person, one.masked_name, one.phone_mask, one.phone_hash) == (None, "", "", None)
        assert one.state is m.AppointmentState.NO_SHOW
        assert len([alert for alert in await office.alerts("demo") if alert.id in {"l1", "l2"}]) == 2
        await after(60)
        assert [alert.id for alert in await office.alerts("demo") if alert.id == "l1"] == []
        await after(300)
        assert (await asked(lambda sight: sight.restriction("r1"))).person == "hash"
        await after(30)
        over = await asked(lambda sight: sight.restriction("r1"))
        for_ever = await asked(lambda sight: sight.restriction("r2"))
        assert (over.person, over.text, over.reason) == ("", "", m.RestrictionReason.SCALPING)
        assert (for_ever.person, for_ever.text) == ("hash", "the man with the red cap")
        assert [row.id for row in await office.audit("demo") if row.id == "u1"] == ["u1"]
        await after(3 * 365)
        assert [row.id for row in await office.audit("demo") if row.id == "u1"] == []


async def test_a_settled_parked_ticket_forgets_the_person_at_once(
    database_url: str, make_office: Callable[[str], DatabaseOffice], clock: Any
) -> None:
    async with make_office(database_url) as office:
        engine = office._open_engine()
        await engine.write(write_to(office._halls, "demo", clock, leave_traces), lane="demo")
        settle = write_to(office._halls, "demo", clock, lambda work, now: work.settle("K1", "k1", now))
        await engine.write(settle, lane="demo")
        parked = await office._sight("demo", lambda sight: sight.parked("K1", "k1"))
        assert parked is not None
        assert (parked.person, parked.masked_name, parked.settled_at) == (None, "", clock.now())
        assert await office.parked("demo") == []


async def test_the_last_event_of_a_hall_that_was_idle_for_long_stays(
    database_url: str, make_office: Callable[[str], DatabaseOffice], integrator: Actor, clock: Any
) -> None:
    async with make_office(database_url) as office:
        await office.carry_out(m.TakeTicket(queue="A"), integrator)
        last = await office.last_seq("demo")
        clock.forward(days=400)
        hall = await office.hall("demo")

        def beside_somebody(connection: Connection) -> None:
            """A job without events and the clean-up, in one transaction."""
            write_to(office._halls, "demo", clock, lambda *_: None)(connection)
            clean_up(connection, hall, clock.now())

        await office._open_engine().write(beside_somebody, lane="demo")
        assert [row.seq for row in await office.events_after("demo", last - 1)] == [last]
        assert await office.oldest_seq("demo") == last
