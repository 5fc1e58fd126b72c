"""The whole engine against a model of a hall that is a few lists (stateful, on both databases)."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from queue_server.contract import board
from queue_server.contract import messages as m
from queue_server.contract.codec import decode
from queue_server.contract.messages import Command, Event, Priority, Role, TicketState
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Actor

QUEUES = {"1": ("A", "E"), "3": ("A", "C"), "5": ("B", "E")}
WINDOWS = list(QUEUES)
WAITING, CALLING, SERVING, HELD = TicketState.WAITING, TicketState.CALLING, TicketState.SERVING, TicketState.HELD
windows, queues = st.sampled_from(WINDOWS), st.sampled_from("ABCE")


@dataclass
class ModelTicket:
    """A ticket as the model knows it; ``place`` is where it stands in time."""

    id: str
    number: str
    queue: str
    first: bool
    place: int
    state: TicketState = WAITING
    window: str | None = None
    only_at: str | None = None
    key: tuple[str, str] | None = None


@dataclass
class Model:
    """A hall as lists."""

    tickets: list[ModelTicket] = field(default_factory=list)
    open: set[str] = field(default_factory=set)
    places: Iterator[int] = field(default_factory=lambda: iter(range(10**9)))

    def front(self, window: str) -> ModelTicket | None:
        found = [t for t in self.tickets if t.window == window and t.state in {CALLING, SERVING}]
        assert len(found) <= 1
        return found[0] if found else None

    def held(self, window: str) -> list[ModelTicket]:
        return [t for t in self.tickets if t.window == window and t.state is HELD]

    def next(self, window: str) -> ModelTicket | None:
        def order(ticket: ModelTicket) -> tuple[int, bool, int]:
            line = -1 if ticket.only_at else QUEUES[window].index(ticket.queue)
            return (line, not ticket.first, ticket.place)

        candidates = [
            t
            for t in self.tickets
            if t.state is WAITING and (t.only_at == window or (t.only_at is None and t.queue in QUEUES[window]))
        ]
        return min(candidates, key=order) if candidates else None


class HallMachine(RuleBasedStateMachine):
    """Does the same to the office and to the model."""

    make: Callable[[], tuple[Any, Any, Callable[[], None]]]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.office, self.clock, self.drop = type(self).make()
        self.runner.run(self.office.start())
        self.actor = Actor("demo", Role.INTEGRATOR, "machine")
        self.model = Model()
        self.printed: dict[str, int] = {}
        self.keys: dict[str, tuple[Command, bytes]] = {}
        self.snapshot = self.runner.run(self.office.snapshot("demo"))

    def teardown(self) -> None:
        self.runner.run(self.office.close())
        self.runner.close()
        self.drop()

    def do(self, command: Command, kind: Any, key: str | None = None) -> Any:
        """The reply, or the code of the refusal."""
        try:
            reply = self.runner.run(self.office.carry_out(command, self.actor, key))
        except Refusal as refusal:
            return refusal.code
        if key is not None:
            self.keys[key] = (command, reply.body)
        return decode(reply.body, kind)

    def window_act(self, command: Command) -> Any:
        self.clock.forward(seconds=11)
        return self.do(command, m.WindowDone)

    # --- what people do ---

    @rule(queue=queues, elder=st.booleans(), keyed=st.booleans())
    def take(self, queue: str, elder: bool, keyed: bool) -> None:
        self.clock.forward(seconds=1)
        command = m.TakeTicket(queue=queue, priority=Priority.ELDER if elder else Priority.NONE)
        key = f"key-{len(self.keys)}" if keyed else None
        issued = self.do(command, m.TicketIssued, key)
        assert issued.number not in {ticket.number for ticket in self.model.tickets}
        self.model.tickets.append(ModelTicket(issued.id, issued.number, queue, elder, next(self.model.places)))
        self.model.tickets[-1].key = (key, queue) if key else None

    @rule(which=st.integers(0, 30))
    def repeat_a_request(self, which: int) -> None:
        if self.keys:
            key = sorted(self.keys)[which % len(self.keys)]
            command, body = self.keys[key]
            again = self.runner.run(self.office.carry_out(command, self.actor, key))
            assert again.body == body

    @rule(queue=queues, which=st.integers(0, 30), lost=st.booleans())
    def print_offline(self, queue: str, which: int, lost: bool) -> None:
        """A kiosk prints a number by itself; perhaps the server has the ticket already and its answer was lost."""
        lease = self.do(m.LendNumbers(queue=queue, size=5), m.Lease)
        if lease is Code.NO_NUMBERS_LEFT:
            return
        count = lease.from_ + self.printed.get(lease.id, 0)
        self.printed[lease.id] = count - lease.from_ + 1
        known = [t for t in self.model.tickets if t.key and t.key[1] == queue]
        again = known[which % len(known)] if lost and known else None
        key = again.key[0] if again and again.key else f"offline-{lease.id}-{count}"
        number = f"{lease.prefix}{count}"
        printed = m.OfflineTicket(
            key=key,
            lease=lease.id,
            queue=queue,
            number=number,
            issued_at=self.clock.now(),
            status_token=f"of-{key:>20}",
        )
        results = self.do(m.ReportOfflineTickets(tickets=(printed,)), m.OfflineResults).results
        assert [result.result for result in results] == ["accepted"]
        if again:
            again.number = number
        else:
            place = next(self.model.places)
            self.model.tickets.append(ModelTicket(results[0].ticket, number, queue, first=False, place=place))
        self.clock.forward(seconds=1)

    @rule(which=st.integers(0, 30))
    def cancel(self, which: int) -> None:
        if self.model.tickets:
            ticket = self.model.tickets[which % len(self.model.tickets)]
            answer = self.do(m.CancelTicket(ticket=ticket.id), m.TicketStatus)
            if ticket.state is WAITING:
                ticket.state = TicketState.CANCELLED
                assert answer.ticket.state is TicketState.CANCELLED
            else:
                assert answer is Code.WRONG_STATE

    @rule(window=windows)
    def open(self, window: str) -> None:
        self.window_act(m.OpenWindow(window=window))
        self.model.open.add(window)

    @rule(window=windows)
    def close(self, window: str) -> None:
        answer = self.window_act(m.CloseWindow(window=window))
        busy = self.model.front(window) or self.model.held(window)
        assert (answer is Code.WINDOW_BUSY) == bool(busy)
        if not busy:
            self.model.open.discard(window)

    @rule(window=windows, finish=st.booleans())
    def call(self, window: str, finish: bool) -> None:
        self.clock.forward(seconds=1)
        outcome = m.Outcome.ACCEPTED if finish else None
        answer = self.do(m.CallNext(window=window, finish_current=outcome), m.Called)
        front = self.model.front(window)
        if window not in self.model.open:
            assert answer is Code.WINDOW_NOT_OPEN
        elif front is not None and not finish:
            assert answer is Code.WINDOW_BUSY
        else:
            if front is not None:
                front.state = TicketState.DONE
            expected = self.model.next(window)
            assert (answer.ticket.number if answer.ticket else None) == (expected.number if expected else None)
            if expected is not None:
                expected.state, expected.window, expected.only_at = CALLING, window, None

    def _on_front(self, command: Command, window: str, needs: set[TicketState], becomes: TicketState) -> Any:
        answer = self.window_act(command)
        front = self.model.front(window)
        if front is None:
            assert answer is Code.NO_CURRENT_TICKET
        elif front.state not in needs:
            assert answer is Code.WRONG_STATE
        else:
            assert answer.ticket.number == front.number
            front.state = becomes
            return front
        return None

    @rule(window=windows)
    def start(self, window: str) -> None:
        self._on_front(m.StartService(window=window), window, {CALLING}, SERVING)

    @rule(window=windows)
    def pass_over(self, window: str) -> None:
        self._on_front(m.PassOver(window=window), window, {CALLING}, TicketState.PASSED)

    @rule(window=windows)
    def hold(self, window: str) -> None:
        self._on_front(m.HoldService(window=window), window, {SERVING}, HELD)

    @rule(window=windows)
    def finish(self, window: str) -> None:
        self._on_front(m.FinishService(window=window), window, {CALLING, SERVING}, TicketState.DONE)

    @rule(window=windows, queue=queues, keep=st.booleans())
    def transfer_to_a_queue(self, window: str, queue: str, keep: bool) -> None:
        position = m.Position.ORIGINAL if keep else m.Position.LAST
        command = m.TransferTicket(window=window, queue=queue, position=position)
        moved = self._on_front(command, window, {CALLING, SERVING}, WAITING)
        if moved is not None:
            moved.queue, moved.window = queue, None
            if not keep:
                moved.place = next(self.model.places)

    @rule(window=windows, to=windows)
    def transfer_to_a_window(self, window: str, to: str) -> None:
        if window == to:
            return
        moved = self._on_front(m.TransferTicket(window=window, to_window=to), window, {CALLING, SERVING}, WAITING)
        if moved is not None:
            moved.window, moved.only_at, moved.place = None, to, next(self.model.places)

    @rule(window=windows)
    def resume(self, window: str) -> None:
        held = self.model.held(window)
        answer = self.window_act(m.ResumeService(window=window))
        if window not in self.model.open:
            assert answer is Code.WINDOW_NOT_OPEN
        elif self.model.front(window) is not None:
            assert answer is Code.WINDOW_BUSY
        elif not held:
            assert answer is Code.NO_CURRENT_TICKET
        else:
            back = next(ticket for ticket in held if ticket.id == answer.ticket.id)
            back.state = SERVING

    @rule(which=st.integers(0, 30), level=st.sampled_from(list(m.Level)))
    def rate(self, which: int, level: m.Level) -> None:
        if self.model.tickets:
            ticket = self.model.tickets[which % len(self.model.tickets)]
            command = m.RateService(service=ticket.id, level=level, text="-", channel=m.RatingChannel.QR)
            answer = self.do(command, m.ServiceRating)
            if ticket.state is not TicketState.DONE:
                assert answer is Code.RATING_NOT_POSSIBLE
            else:
                assert answer is Code.RATING_EXISTS or answer.state is m.RatingState.SUBMITTED

    @rule()
    def a_minute_goes_by(self) -> None:
        self.clock.forward(seconds=61)
        self.runner.run(self.office.due("demo"))

    # --- what must hold at any time ---

    @invariant()
    def the_events_keep_the_snapshot_true(self) -> None:
        fresh = self.runner.run(self.office.snapshot("demo"))
        rows = self.runner.run(self.office.events_after("demo", self.snapshot.seq, 1_000))
        assert [row.seq for row in rows] == list(range(self.snapshot.seq + 1, fresh.seq + 1))
        for row in rows:
            event = Event(seq=row.seq, type=row.type, at=row.at, data=decode(row.data_json, dict))
            self.snapshot = board.apply(self.snapshot, event)
        assert self.snapshot == fresh

    @invariant()
    def the_hall_is_as_the_model_says(self) -> None:
        seen = self.snapshot
        expected = {t.id: t for t in self.model.tickets if t.state in board.ON_THE_BOARD}
        assert {(t.id, t.number, t.queue, t.state) for t in seen.tickets.values()} == {
            (t.id, t.number, t.queue, t.state) for t in expected.values()
        }
        for queue in "ABCE":
            assert seen.queues[queue].waiting == sum(t.queue == queue and t.state is WAITING for t in expected.values())
        for window in WINDOWS:
            front, shown = self.model.front(window), seen.windows[window]
            assert (shown.ticket.id if shown.ticket else None) == (front.id if front else None)
            assert {t.id for t in shown.held} == {t.id for t in self.model.held(window)}
            assert (shown.mode is m.WindowMode.OPEN) == (window in self.model.open)


def _run(make: Callable[[], tuple[Any, Any, Callable[[], None]]], examples: int) -> None:
    machine = type("Machine", (HallMachine,), {"make": staticmethod(make)})
    run_state_machine_as_test(
        machine, settings=settings(settings(), max_examples=examples, stateful_step_count=30, deadline=None)
    )


def test_the_hall_on_sqlite_does_what_the_model_does(sqlite_url: str, make_office: Any, clock: Any) -> None:
    template = Path(sqlite_url.removeprefix("sqlite:///"))

    def make() -> tuple[Any, Any, Callable[[], None]]:
        folder = Path(tempfile.mkdtemp())
        shutil.copyfile(template, folder / "hall.db")
        return make_office(f"sqlite:///{folder}/hall.db"), clock, lambda: shutil.rmtree(folder)

    _run(make, 25)


@pytest.mark.postgresql
def test_the_hall_on_postgresql_does_what_the_model_does(
    postgres: Any, postgres_url: str, make_office: Any, clock: Any
) -> None:
    template = postgres_url.rpartition("/")[2]
    count = iter(range(10**6))

    def make() -> tuple[Any, Any, Callable[[], None]]:
        name = f"{template}_{next(count)}"
        postgres.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return (
            make_office(postgres.url(name)),
            clock,
            lambda: postgres.execute(f"DROP DATABASE {name} WITH (FORCE)"),
        )

    _run(make, 8)
