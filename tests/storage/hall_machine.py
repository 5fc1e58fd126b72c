"""A hall and its second opinion (``queue_load.hall_model``, a few lists) that are asked to do the same.

What is done at windows; who comes and how is in ``test_against_a_model``. Every act is carried out by the office and by
the lists; refusals must have the same word, replies the same ticket, and after every step the board must be the same.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))  # the lists are shared with the measurements

from queue_load.hall_model import Hall
from queue_load.model_lines import ON_THE_BOARD, TURNS, No, Ticket, demo_windows

from queue_server.contract import board
from queue_server.contract import messages as m
from queue_server.contract.codec import decode
from queue_server.contract.messages import Command, Event, Role
from queue_server.contract.refusals import Refusal
from queue_server.domain.ticket import STANDINGS
from queue_server.usecases.ports import Actor

QUEUES = "ABCE"
WINDOWS = ("1", "3", "5")
windows, queues, any_of_many = st.sampled_from(WINDOWS), st.sampled_from(QUEUES), st.integers(0, 30)


class HallMachine(RuleBasedStateMachine):
    """Subclasses say with ``make`` how an office is made, its clock, and how it is thrown away."""

    make: Callable[[], tuple[Any, Any, Callable[[], None]]]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.office, self.clock, self.drop = type(self).make()
        self.runner.run(self.office.start())
        self.actor = Actor("demo", Role.INTEGRATOR, "machine")
        self.admin = Actor("demo", Role.ADMIN, "admin")
        self.hall = Hall(dict(demo_windows(TURNS)))
        self.tickets: list[Ticket] = self.hall.tickets
        self.people: dict[str, str] = {}
        """Who holds a ticket, by its id."""
        self.keys: dict[str, tuple[Command, bytes]] = {}
        self.snapshot = self.runner.run(self.office.snapshot("demo"))

    def teardown(self) -> None:
        self.runner.run(self.office.close())
        self.runner.close()
        self.drop()

    # --- how both are asked ---

    def do(self, command: Command, kind: Any, key: str | None = None, actor: Actor | None = None) -> Any:
        """The office's reply, or the word of its refusal."""
        try:
            reply = self.runner.run(self.office.carry_out(command, actor or self.actor, key))
        except Refusal as refusal:
            return refusal.code.value
        if key is not None:
            self.keys[key] = (command, reply.body)
        return decode(reply.body, kind)

    def both(self, command: Command, kind: Any, lists: Callable[[], Any], key: str | None = None) -> tuple[Any, Any]:
        """Reply and the lists' answer; both None when both said no, with the same word."""
        answer = self.do(command, kind, key)
        expected, word = None, ""
        try:
            expected = lists()
        except No as no:
            word = str(no)
        assert (answer if isinstance(answer, str) else "") == word, f"{command}: the lists say {word or 'yes'}"
        return (None, None) if word else (answer, expected)

    def now(self) -> Any:
        return self.clock.now()

    def one(self, which: int, *states: str) -> Ticket | None:
        """Some ticket, in one of these states if there is one."""
        found = [one for one in self.tickets if one.state in states] or self.tickets
        return found[which % len(found)] if found else None

    def at(self, window: str, command: Command, lists: Callable[[], Ticket], seconds: float = 11) -> None:
        self.clock.forward(seconds=seconds)
        answer, ticket = self.both(command, m.WindowDone, lists)
        if answer is not None:
            assert (answer.window.id, answer.ticket.id, answer.ticket.number) == (window, ticket.id, ticket.number)
            assert answer.ticket.state == ticket.state

    # --- at a window ---

    @rule(window=windows)
    def open(self, window: str) -> None:
        self.both(m.OpenWindow(window=window), m.WindowDone, lambda: self.hall.open(window))

    @rule(window=windows)
    def pause(self, window: str) -> None:
        self.both(m.PauseWindow(window=window), m.WindowDone, lambda: self.hall.pause(window))

    @rule(window=windows)
    def close(self, window: str) -> None:
        self.both(m.CloseWindow(window=window), m.WindowDone, lambda: self.hall.close(window))

    @rule(window=windows, finish=st.booleans())
    def call_next(self, window: str, finish: bool) -> None:
        self.clock.forward(seconds=1)
        command = m.CallNext(window=window, finish_current=m.Outcome.ACCEPTED if finish else None)
        answer, called = self.both(
            command, m.Called, lambda: (self.hall.call_next(window, self.now(), finish=finish), True)
        )
        if answer is not None:
            expected = called[0].number if called[0] else None
            assert (answer.ticket.number if answer.ticket else None) == expected

    @rule(window=windows, which=any_of_many)
    def call_out_of_order(self, window: str, which: int) -> None:
        wanted = self.one(which, "waiting")
        if wanted is not None:
            command = m.CallTicket(window=window, ticket=wanted.id, reason=m.CallReason.SPECIAL_NEED)
            self.both(command, m.Called, lambda: (self.hall.call(window, wanted, self.now()), True))

    @rule(window=windows, seconds=st.sampled_from([1, 11]))
    def recall(self, window: str, seconds: int) -> None:
        self.at(window, m.Recall(window=window), lambda: self.hall.recall(window, self.now()), seconds)

    @rule(window=windows)
    def start(self, window: str) -> None:
        self.at(window, m.StartService(window=window), lambda: self.hall.start(window, self.now()))

    @rule(window=windows)
    def pass_over(self, window: str) -> None:
        self.at(window, m.PassOver(window=window), lambda: self.hall.pass_over(window))

    @rule(window=windows)
    def hold(self, window: str) -> None:
        self.at(window, m.HoldService(window=window), lambda: self.hall.hold(window))

    @rule(window=windows)
    def resume(self, window: str) -> None:
        self.at(window, m.ResumeService(window=window), lambda: self.hall.resume(window))

    @rule(window=windows)
    def finish(self, window: str) -> None:
        self.at(window, m.FinishService(window=window), lambda: self.hall.finish(window, self.now()))

    @rule(window=windows, queue=queues, position=st.sampled_from(list(m.Position)))
    def transfer_to_a_queue(self, window: str, queue: str, position: m.Position) -> None:
        command = m.TransferTicket(window=window, queue=queue, position=position)
        self.at(window, command, lambda: self.hall.transfer(window, self.now(), position, queue=queue))

    @rule(window=windows, to=windows, position=st.sampled_from(list(m.Position)))
    def transfer_to_a_window(self, window: str, to: str, position: m.Position) -> None:
        if window != to:
            command = m.TransferTicket(window=window, to_window=to, position=position)
            self.at(window, command, lambda: self.hall.transfer(window, self.now(), position, to=to))

    @rule(window=windows, seconds=st.sampled_from([1, 301]))
    def undo_transfer(self, window: str, seconds: int) -> None:
        self.at(window, m.UndoTransfer(window=window), lambda: self.hall.undo_transfer(window, self.now()), seconds)

    @rule(window=windows)
    def serve_somebody_without_a_number(self, window: str) -> None:
        self.clock.forward(seconds=1)
        command = m.ServeWithoutTicket(window=window)
        answer, here = self.both(command, m.WindowDone, lambda: self.hall.serve(window, self.now()))
        if answer is not None:
            assert answer.ticket.number == here.number
            here.id = answer.ticket.id

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
    def the_hall_is_as_the_lists_say(self) -> None:
        seen = self.snapshot
        shown = {(t.id, t.number, t.queue, t.state.value) for t in seen.tickets.values()}
        here = [one for one in self.tickets if one.state in ON_THE_BOARD]
        listed = {(one.id, one.number, one.queue, one.state) for one in here}
        assert shown == listed, sorted(shown ^ listed)
        for one in here:
            if one.state == "waiting":
                assert seen.tickets[one.id].standing is STANDINGS[one.rank]
        for queue in QUEUES:
            assert seen.queues[queue].waiting == len(self.hall.waiting(queue))
        for window in WINDOWS:
            desk, view = self.hall.windows[window], seen.windows[window]
            assert (view.ticket.id if view.ticket else None) == (desk.front.id if desk.front else None)
            assert [t.id for t in view.held] == [t.id for t in self.hall.held(window)]
            assert view.mode.value == desk.mode

    @invariant()
    def whoever_is_shown_as_next_is_next(self) -> None:
        for window in WINDOWS:
            shown = self.runner.run(self.office.waiting_at("demo", window, 1))
            following = self.hall.next_for(window, self.now())
            assert [one.number for one in shown] == ([following.number] if following else [])
