"""A second opinion: a hall that is a few lists, written from the rules and without a line of the real one.

Every act either changes the lists or raises ``No`` with the word of the refusal. It is slow, and it is right when it is
easy to read.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from queue_load.model_bookings import Bookings
from queue_load.model_lines import (
    A_LITTLE,
    APPOINTMENT,
    ORDINARY,
    PRIORITY,
    RETURNED,
    TRANSFERRED,
    No,
    Ticket,
    Window,
)


class Hall(Bookings):
    """Does what people do."""

    # --- numbers and newcomers ---

    def number(self, prefix: str, *, lent_ones_left_out: bool = True) -> str:
        count = self.counts.get(prefix, 0) + 1
        if lent_ones_left_out and count in self.rules.lent:
            count = self.rules.lent.stop
        self.counts[prefix] = count
        return f"{prefix}{count:03d}"

    def take(
        self, queue: str, now: datetime, *, first: bool = False, stops: tuple[str, ...] = (), on_paper: bool = False
    ) -> Ticket:
        rank = PRIORITY if first else ORDINARY
        taken = Ticket(self.number(queue), queue, first, rank, now, now, stops=stops[1:])
        taken.state = "issuing" if on_paper else "waiting"
        self.tickets.append(taken)
        return taken

    def check_in(self, queue: str, start: datetime, now: datetime) -> Ticket:
        """Somebody with an appointment who is in time."""
        number = self.number(f"Y{queue}", lent_ones_left_out=False)
        taken = Ticket(number, queue, False, APPOINTMENT, start, now, booked=True)
        self.tickets.append(taken)
        return taken

    def waiting(self, queue: str) -> list[Ticket]:
        return [one for one in self.tickets if one.state == "waiting" and one.queue == queue]

    def ahead(self, queue: str, rank: int) -> int:
        """How many of its queue go before somebody of this class who comes now."""
        return sum(rank == ORDINARY or one.rank <= rank for one in self.waiting(queue))

    def paper(self, ticket: Ticket, word: str) -> None:
        if word in {"printed", "shown"}:
            if ticket.state == "void":
                raise No("wrong_state")
            if ticket.state in {"issuing", "print-failed"}:
                ticket.state = "waiting"
        elif word == "failed":
            if ticket.state not in {"issuing", "print-failed"}:
                raise No("wrong_state")
            ticket.state = "print-failed"
        else:
            if ticket.state not in {"issuing", "print-failed", "void"}:
                raise No("wrong_state")
            ticket.state = "void"

    def settle_paper(self, now: datetime) -> None:
        """A kiosk that says nothing: after a minute the person may hold the number; who got no paper is gone."""
        for one in self.tickets:
            if one.state == "issuing" and now - one.issued >= timedelta(seconds=60):
                one.state = "waiting"
            elif one.state == "print-failed" and now - one.issued >= timedelta(minutes=10):
                one.state = "void"

    def cancel(self, ticket: Ticket) -> None:
        self._needs(ticket, "waiting")
        ticket.state = "cancelled"

    def reactivate(self, ticket: Ticket, now: datetime) -> None:
        self.may_come_back(ticket)
        self.not_here_already(ticket)
        ticket.wait_again(RETURNED, now)
        ticket.let_go_until = self.calls.get(ticket.queue, 0) + self.rules.reactivate_after
        ticket.came_back += 1

    def end_of_day(self) -> None:
        """Nobody is served any more: whoever waits goes home, services that nobody ended are closed."""
        for one in self.tickets:
            if one.state in {"waiting", "calling", "passed"}:
                one.state = "expired"
            elif one.state in {"serving", "held"}:
                one.state = "done"
            elif one.state in {"issuing", "print-failed"}:
                one.state = "void"
        for window in self.windows.values():
            window.front = None
        self.calls, self.counts, self.shares = {}, {}, {}

    # --- windows ---

    def open(self, window: str) -> None:
        self.windows[window].mode = "open"

    def pause(self, window: str) -> None:
        desk = self.windows[window]
        if desk.mode == "closed":
            raise No("window_not_open")
        self._free(desk)
        desk.mode = "paused"

    def close(self, window: str) -> None:
        desk = self.windows[window]
        if desk.mode == "closed":
            return
        self._free(desk)
        if self.held(window):
            raise No("window_busy")
        desk.mode, desk.moved = "closed", None

    def held(self, window: str) -> list[Ticket]:
        found = [one for one in self.tickets if one.state == "held" and one.window == window]
        return sorted(found, key=lambda one: (one.started or one.issued, one.id))

    def call_next(self, window: str, now: datetime, *, finish: bool = False) -> Ticket | None:
        desk = self._open(window)
        if finish and desk.front is not None:
            self.finish(window, now)
        self._free(desk)
        chosen, by_share = self._choose(window, now)
        if chosen is not None:
            if by_share:
                self._share(chosen.queue, chosen.rank == APPOINTMENT)
            if chosen.only_at is None and chosen.queue in desk.turns:
                self._take_turn(desk, chosen.queue)
            self._call(desk, window, chosen, now)
        return chosen

    def call(self, window: str, ticket: Ticket, now: datetime) -> None:
        desk = self._open(window)
        self._free(desk)
        if ticket.only_at != window and ticket.queue not in desk.queues:
            raise No("bad_request")
        self._needs(ticket, "waiting")
        self._call(desk, window, ticket, now)

    def may_serve_passed(self, window: str, ticket: Ticket) -> None:
        desk = self._open(window)
        self._free(desk)
        if ticket.window != window and ticket.queue not in desk.queues:
            raise No("bad_request")
        self.may_come_back(ticket)

    def serve_passed(self, window: str, ticket: Ticket, now: datetime) -> None:
        self.may_serve_passed(window, ticket)
        ticket.came_back += 1
        ticket.window, ticket.called, ticket.started, ticket.state = window, now, now, "serving"
        self.windows[window].front = ticket

    def serve(self, window: str, now: datetime) -> Ticket:
        """Somebody without a number, in the window's first queue."""
        desk = self._open(window)
        self._free(desk)
        queue = desk.queues[0]
        number = self.number(f"W{queue}", lent_ones_left_out=False)
        here = Ticket(number, queue, False, ORDINARY, now, now, state="serving", window=window, called=now, started=now)
        here.calls = 1
        self.tickets.append(here)
        desk.front = here
        return here

    def recall(self, window: str, now: datetime) -> Ticket:
        front = self._front(window)
        self._needs(front, "calling")
        if front.calls > self.rules.recall_limit:
            raise No("recall_limit")
        if front.called is not None and (now - front.called).total_seconds() < self.rules.recall_spacing:
            raise No("recall_too_soon")
        front.calls, front.called = front.calls + 1, now
        return front

    def start(self, window: str, now: datetime) -> Ticket:
        front = self._front(window)
        self._needs(front, "calling")
        front.state, front.started = "serving", now
        return front

    def pass_over(self, window: str) -> Ticket:
        front = self._front(window)
        self._needs(front, "calling")
        front.state = "void" if 0 < self.rules.reactivations <= front.came_back else "passed"
        self.windows[window].front = None
        return front

    def hold(self, window: str) -> Ticket:
        front = self._front(window)
        self._needs(front, "serving")
        front.state = "held"
        self.windows[window].front = None
        return front

    def resume(self, window: str) -> Ticket:
        desk = self._open(window)
        self._free(desk)
        held = self.held(window)
        if not held:
            raise No("no_current_ticket")
        held[-1].state = "serving"
        desk.front = held[-1]
        return held[-1]

    def finish(self, window: str, now: datetime) -> Ticket:
        front = self._front(window)
        self._needs(front, "calling", "serving")
        self.windows[window].front = None
        if front.stops:
            front.queue, front.stops = front.stops[0], front.stops[1:]
            front.wait_again(min(front.own_rank, TRANSFERRED), front.issued)
        else:
            front.state = "done"
        return front

    def transfer(
        self, window: str, now: datetime, position: str, queue: str | None = None, to: str | None = None
    ) -> Ticket:
        front = self._front(window)
        self._needs(front, "calling", "serving")
        rank, since = front.own_rank, now + A_LITTLE
        if position == "original":
            rank, since = min(rank, TRANSFERRED), min(front.since, now)
        elif position == "middle":
            since = min(self._middle(queue, to) or since, since)
        before = replace(front)
        front.wait_again(rank, since)
        front.queue, front.only_at, front.before, front.moved = queue or front.queue, to, before, now
        desk = self.windows[window]
        desk.front, desk.moved = None, front
        return front

    def undo_transfer(self, window: str, now: datetime) -> Ticket:
        desk = self._open(window)
        self._free(desk)
        moved, before = self.undoable(window, now)
        for name in ("state", "queue", "window", "rank", "since", "calls", "called", "started"):
            setattr(moved, name, getattr(before, name))
        moved.only_at = moved.before = moved.moved = None
        desk.front, desk.moved = moved, None
        return moved

    def undoable(self, window: str, now: datetime) -> tuple[Ticket, Ticket]:
        """Whom this window transferred last, and how it was before."""
        moved = self.windows[window].moved
        before = moved.before if moved is not None else None
        if (
            moved is None
            or before is None
            or moved.moved is None
            or moved.state != "waiting"
            or before.window != window
        ):
            raise No("nothing_to_undo")
        if (now - moved.moved).total_seconds() > self.rules.undo_seconds:
            raise No("nothing_to_undo")
        return moved, before

    # --- small words ---

    def _middle(self, queue: str | None, to: str | None) -> datetime | None:
        if to is not None:
            line = [one for one in self.tickets if one.state == "waiting" and one.only_at == to]
        else:
            line = [
                one
                for one in self.tickets
                if one.state == "waiting" and one.only_at is None and one.queue == queue and one.rank == ORDINARY
            ]
        places = sorted(one.since for one in line)
        return places[(len(places) + 1) // 2] - A_LITTLE if len(places) > 1 else None

    def _call(self, desk: Window, window: str, ticket: Ticket, now: datetime) -> None:
        ticket.state, ticket.window, ticket.only_at = "calling", window, None
        ticket.calls, ticket.called, ticket.let_go_until, ticket.before = 1, now, None, None
        self.calls[ticket.queue] = self.calls.get(ticket.queue, 0) + 1
        desk.front = ticket

    def may_come_back(self, ticket: Ticket) -> None:
        self._needs(ticket, "passed")
        if ticket.came_back >= self.rules.reactivations:
            raise No("reactivation_limit")

    def _open(self, window: str) -> Window:
        desk = self.windows[window]
        if desk.mode != "open":
            raise No("window_not_open")
        return desk

    def _free(self, desk: Window) -> None:
        if desk.front is not None:
            raise No("window_busy")

    def _front(self, window: str) -> Ticket:
        front = self.windows[window].front
        if front is None:
            raise No("no_current_ticket")
        return front

    def _needs(self, ticket: Ticket, *states: str) -> None:
        if ticket.state not in states:
            raise No("wrong_state")
