"""The whole engine against a hall that is a few lists (stateful, on both databases)."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

sys.path.insert(0, str(Path(__file__).parent))  # the neighbour below is a module of no package

from hall_machine import HallMachine, any_of_many, queues, windows
from queue_load.hall_model import Hall
from queue_load.model_lines import OWED, No, Ticket, with_turns

from queue_server.contract import messages as m
from queue_server.contract.messages import PersonRef, Priority
from queue_server.storage.init import init

PEOPLE = ("anna", "bao", "chen")
WAYS = (("A-IDCARD", "C-QUERY", "E-COLLECT"), ("E-CONSULT", "A-HUKOU"), ("A-IDCARD", "A-HUKOU", "B-SSCARD"))
"""Several items on one ticket; those of one queue in a row are one stop."""

PHASES = [phase for phase in Phase if phase is not Phase.shrink or os.environ.get("HALL_TEST_SHRINK")]
"""A fault in forty steps on a database takes minutes to shrink: only for whoever looks for it."""


SHANGHAI = ZoneInfo("Asia/Shanghai")
LATE = 21
"""Time goes by until this hour of the hall; only ``the_night`` leads to another day, in the lists too."""


class PeopleMachine(HallMachine):
    """Adds who comes: with a card or without, for several things, booked, from an offline kiosk; and the night."""

    def __init__(self) -> None:
        super().__init__()
        self.restricted: dict[str, tuple[str, str]] = {}
        """Who may not take numbers: the restriction's id and its reason."""
        self.bookings: list[tuple[str, str, Any]] = []
        self.count = itertools.count()
        self.sent: dict[str, tuple[str, str]] = {}
        """The key and queue of tickets that were taken under one."""

    @initialize()
    def most_windows_are_open(self) -> None:
        for window in ("1", "3"):
            self.open(window)

    # --- taking ---

    def may_take(self, person: str | None, queue: str) -> None:
        """Raises what a person hears who has enough numbers."""
        if person is None:
            return
        if person in self.restricted:
            raise No("restricted")
        theirs = [one for one in self.tickets if self.people.get(one.id) == person]
        owed = [one for one in theirs if one.state in OWED - {"print-failed"}]
        if any(one.queue == queue for one in owed):
            raise No("already_waiting")
        if len(owed) >= 2 or sum(one.queue == queue for one in theirs) >= 3:
            raise No("limit_reached")

    def not_here_already(self, ticket: Ticket, needs: str) -> None:
        """Who took another number meanwhile does not get the old one back too."""
        person = self.people.get(ticket.id)
        if ticket.state != needs or person is None:
            return
        others = [one for one in self.tickets if self.people.get(one.id) == person and one is not ticket]
        if any(one.queue == ticket.queue and one.state in OWED - {"print-failed"} for one in others):
            raise No("already_waiting")

    def came(self, issued: Any, taken: Ticket, person: str | None) -> None:
        assert issued.number == taken.number
        assert issued.number not in {one.number for one in self.tickets if one is not taken}
        taken.id = issued.id
        if person is not None:
            self.people[taken.id] = person

    @rule(queue=queues, elder=st.booleans(), keyed=st.booleans(), person=st.sampled_from([None, None, *PEOPLE]))
    def take(self, queue: str, elder: bool, keyed: bool, person: str | None) -> None:
        self.clock.forward(seconds=1)
        card = PersonRef(token=f"{person:->20}") if person else None
        priority = Priority.ELDER if elder else Priority.NONE
        command = m.TakeTicket(queue=queue, priority=priority, person=card)
        key = f"key-{next(self.count)}" if keyed else None

        def lists() -> tuple[Ticket, int]:
            self.may_take(person, queue)
            ahead = self.hall.ahead(queue, 0 if elder else 4)
            return self.hall.take(queue, self.now(), first=elder), ahead

        issued, expected = self.both(command, m.TicketIssued, lists, key)
        if issued is not None:
            taken, ahead = expected
            self.came(issued, taken, person)
            assert issued.ahead == ahead
            if key is not None:
                self.sent[taken.id] = (key, queue)

    @rule(way=st.sampled_from(WAYS))
    def take_for_several_items(self, way: tuple[str, ...]) -> None:
        self.clock.forward(seconds=1)
        stops = tuple(dict.fromkeys(item[0] for item in way))
        command = m.TakeTicket(queue=stops[0], items=way)
        issued, taken = self.both(command, m.TicketIssued, lambda: self.hall.take(stops[0], self.now(), stops=stops))
        self.came(issued, taken, None)

    @rule(queue=queues, person=st.sampled_from([None, *PEOPLE]))
    def take_at_a_kiosk_that_prints(self, queue: str, person: str | None) -> None:
        self.clock.forward(seconds=1)
        card = PersonRef(token=f"{person:->20}") if person else None

        def lists() -> Ticket:
            self.may_take(person, queue)
            return self.hall.take(queue, self.now(), on_paper=True)

        command = m.TakeTicket(queue=queue, person=card, awaits_paper=True)
        issued, taken = self.both(command, m.TicketIssued, lists)
        if issued is not None:
            self.came(issued, taken, person)

    @rule(which=any_of_many, word=st.sampled_from(list(m.PaperState)))
    def the_kiosk_says_what_became_of_the_paper(self, which: int, word: m.PaperState) -> None:
        ticket = self.one(which, "issuing", "print-failed")
        if ticket is None:
            return

        def lists() -> None:
            if word in {m.PaperState.PRINTED, m.PaperState.SHOWN}:
                self.not_here_already(ticket, "print-failed")
            self.hall.paper(ticket, word.value)

        self.both(m.ReportPaper(ticket=ticket.id, state=word), m.TicketStatus, lists)

    @rule(which=any_of_many)
    def repeat_a_request(self, which: int) -> None:
        if self.keys:
            key = sorted(self.keys)[which % len(self.keys)]
            command, body = self.keys[key]
            again = self.runner.run(self.office.carry_out(command, self.actor, key))
            assert again.body == body

    @rule(queue=queues, which=any_of_many, lost=st.booleans())
    def print_offline(self, queue: str, which: int, lost: bool) -> None:
        """A kiosk prints a number by itself; perhaps the server has the ticket already and its answer was lost."""
        lease = self.do(m.LendNumbers(queue=queue, size=5), m.Lease)
        if lease == "no_numbers_left":
            return
        number = f"{lease.prefix}{lease.from_}"
        known = [one for one in self.tickets if self.sent.get(one.id, ("", ""))[1] == queue]
        again = known[which % len(known)] if lost and known else None
        key = self.sent[again.id][0] if again else f"offline-{lease.id}"
        printed = m.OfflineTicket(
            key=key, lease=lease.id, queue=queue, number=number, issued_at=self.now(), status_token=f"of-{key:>20}"
        )
        results = self.do(m.ReportOfflineTickets(tickets=(printed,)), m.OfflineResults).results
        assert [result.result for result in results] == ["accepted"]
        if again:
            again.number = number
            self.sent.pop(again.id)
        else:
            now = self.now()
            self.tickets.append(Ticket(number, queue, False, 4, now, now, id=results[0].ticket))
        repeated = self.do(m.ReportOfflineTickets(tickets=(printed,)), m.OfflineResults).results
        assert [(one.result, one.ticket) for one in repeated] == [("already-known", results[0].ticket)]
        returned = self.do(m.ReturnNumbers(lease=lease.id, next=lease.from_ + 1), m.LeaseReturned)
        assert returned.returned == lease.to - lease.from_
        self.clock.forward(seconds=1)

    # --- coming back, giving back ---

    @rule(which=any_of_many)
    def cancel(self, which: int) -> None:
        ticket = self.one(which)
        if ticket is not None:
            self.both(m.CancelTicket(ticket=ticket.id), m.TicketStatus, lambda: self.hall.cancel(ticket))

    @rule(which=any_of_many)
    def reactivate(self, which: int) -> None:
        ticket = self.one(which, "passed")
        if ticket is None:
            return

        def lists() -> None:
            self.hall.may_come_back(ticket)
            self.not_here_already(ticket, "passed")
            self.hall.reactivate(ticket, self.now())

        self.both(m.ReactivateTicket(ticket=ticket.id), m.TicketStatus, lists)

    @rule(window=windows, which=any_of_many)
    def serve_somebody_who_missed_the_call(self, window: str, which: int) -> None:
        ticket = self.one(which, "passed")
        if ticket is None:
            return
        self.clock.forward(seconds=1)

        def lists() -> None:
            self.hall.may_serve_passed(window, ticket)
            self.not_here_already(ticket, "passed")
            self.hall.serve_passed(window, ticket, self.now())

        self.both(m.ServePassed(window=window, ticket=ticket.id), m.WindowDone, lists)

    @rule(person=st.sampled_from(PEOPLE))
    def restrict_or_lift(self, person: str) -> None:
        if person in self.restricted:
            lift = m.LiftRestriction(restriction=self.restricted.pop(person)[0])
            assert self.do(lift, m.RestrictionView, actor=self.admin).lifted_at is not None
            return
        command = m.RestrictPerson(person=PersonRef(token=f"{person:->20}"), reason=m.RestrictionReason.SCALPING)
        made = self.do(command, m.RestrictionView, actor=self.admin)
        self.restricted[person] = (made.id, made.reason.value)

    # --- bookings ---

    @rule(queue=st.sampled_from("AC"), number=st.integers(0, 9999))
    def book(self, queue: str, number: int) -> None:
        slots = self.runner.run(self.office.slots("demo", queue)).slots
        free = [slot for slot in slots if slot.free]
        if free:
            command = m.BookAppointment(
                queue=queue, start=free[0].start, phone=f"139{len(self.bookings):04d}{number:04d}"
            )
            made = self.do(command, m.AppointmentView)
            self.bookings.append((made.id, queue, made.start))

    @rule(which=any_of_many)
    def check_in(self, which: int) -> None:
        """From half an hour before to half an hour after; later it is a number like any other, and never twice."""
        if not self.bookings:
            return
        self.clock.forward(seconds=1)
        place = which % len(self.bookings)
        booking, queue, start = self.bookings[place]
        now, half = self.now(), timedelta(minutes=30)

        def lists() -> Ticket:
            if queue == "":
                raise No("wrong_state")
            if now < start - half:
                raise No("too_early")
            return self.hall.check_in(queue, start, now) if now <= start + half else self.hall.take(queue, now)

        done, taken = self.both(m.CheckIn(appointment=booking), m.CheckedIn, lists)
        if done is not None:
            self.came(done.ticket, taken, None)
            self.bookings[place] = (booking, "", start)

    # --- time ---

    @rule(minutes=st.sampled_from([1, 1, 11, 19, 41]))
    def time_goes_by(self, minutes: int) -> None:
        """Long enough for ratings and paper to be settled, and for people to rise by waiting; never over midnight."""
        local = self.clock.now().astimezone(SHANGHAI)
        if (local + timedelta(minutes=minutes)).hour >= LATE or local.hour >= LATE:
            return
        self.clock.forward(seconds=60 * minutes + 1)
        self.look_at_the_clock()

    def look_at_the_clock(self) -> None:
        self.runner.run(self.office.due("demo"))
        self.hall.settle_paper(self.now())

    @rule(window=windows)
    def the_night(self, window: str) -> None:
        """Everybody goes home; the next day begins at A001."""
        if len(self.tickets) < 12:
            return
        local = self.clock.now().astimezone(SHANGHAI)
        morning = (local + timedelta(days=1)).replace(hour=5, minute=0)
        self.clock.forward(seconds=(morning - local).total_seconds())
        self.look_at_the_clock()
        self.hall.end_of_day()
        self.tickets.clear()
        self.people.clear()
        self.sent.clear()
        self.bookings.clear()


def _run(make: Callable[[], tuple[Any, Any, Callable[[], None]]], examples: int) -> None:
    machine = type("Machine", (PeopleMachine,), {"make": staticmethod(make)})
    quick = settings(settings(), max_examples=examples, stateful_step_count=40, deadline=None, phases=PHASES)
    run_state_machine_as_test(machine, settings=quick)


def test_the_hall_on_sqlite_does_what_the_model_does(
    sqlite_url: str, make_office: Any, demo_hall_text: str, clock: Any
) -> None:
    init(sqlite_url, with_turns(demo_hall_text), clock=clock)
    template = Path(sqlite_url.removeprefix("sqlite:///"))
    begin = clock.now()

    def make() -> tuple[Any, Any, Callable[[], None]]:
        clock.set(begin)  # each example begins on the same morning
        folder = Path(tempfile.mkdtemp())
        shutil.copyfile(template, folder / "hall.db")
        return make_office(f"sqlite:///{folder}/hall.db"), clock, lambda: shutil.rmtree(folder)

    _run(make, 25)


@pytest.mark.postgresql
def test_the_hall_on_postgresql_does_what_the_model_does(
    postgres: Any, postgres_url: str, make_office: Any, demo_hall_text: str, clock: Any
) -> None:
    init(postgres_url, with_turns(demo_hall_text), clock=clock)
    template = postgres_url.rpartition("/")[2]
    count = iter(range(10**6))
    begin = clock.now()

    def make() -> tuple[Any, Any, Callable[[], None]]:
        clock.set(begin)  # each example begins on the same morning
        name = f"{template}_{next(count)}"
        postgres.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return (
            make_office(postgres.url(name)),
            clock,
            lambda: postgres.execute(f"DROP DATABASE {name} WITH (FORCE)"),
        )

    _run(make, 8)


def test_the_lists_themselves_say_no() -> None:
    """A second opinion that agrees to everything would be worth nothing."""
    hall = Hall({})
    with pytest.raises(KeyError):
        hall.open("1")
