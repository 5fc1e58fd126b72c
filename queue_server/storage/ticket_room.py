"""Tickets: found by a statement or by what is kept in memory, left in the draft when the job is done."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from datetime import date, datetime

from queue_server.contract.messages import TicketState
from queue_server.domain.next import before
from queue_server.domain.queue import QueueState
from queue_server.domain.ticket import (
    APPOINTMENT_RANK,
    FIRST_RANK,
    ORDINARY_RANK,
    RETURNED_RANK,
    TRANSFERRED_RANK,
    Ticket,
)
from queue_server.storage import repositories as r
from queue_server.storage import rows
from queue_server.storage.draft import Change, draft_of
from queue_server.storage.lines import REFILL, Line, moved
from queue_server.storage.room import Ground, Room
from queue_server.storage.rows import micros, moment
from queue_server.usecases.work import OneOfPerson

_AT_A_WINDOW = frozenset({TicketState.CALLING, TicketState.SERVING, TicketState.HELD})


def waiting_by_rank(state: QueueState) -> dict[int, int]:
    """How many of each class wait in a queue, those that were sent to one window among them."""
    others = state.first + state.returned + state.transferred + state.appointments
    return {
        FIRST_RANK: state.first,
        RETURNED_RANK: state.returned,
        TRANSFERRED_RANK: state.transferred,
        APPOINTMENT_RANK: state.appointments,
        ORDINARY_RANK: state.waiting - others,
    }


def _is_near(ticket: Ticket) -> bool:
    """Whether the ticket belongs to those that are kept in memory."""
    return ticket.state in _AT_A_WINDOW or (ticket.state is TicketState.WAITING and ticket.to_window is not None)


class TicketRoom(Room):
    """``_found`` are tickets as they were before this job, ``_saved`` those that it added or changed."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._found: dict[str, Ticket] = {}
        self._saved: dict[str, Ticket] = {}
        self.near = ground.kept.near
        self.lines = ground.kept.lines

    def ticket(self, ticket: str) -> Ticket | None:
        return self._saved.get(ticket) or self._as_found(ticket)

    def _as_found(self, ticket: str) -> Ticket | None:
        """As the jobs before this one left it."""
        found = self._found.get(ticket)
        if found is None and self.near is not None:
            found = self.near.get(ticket)
        if found is None:
            change = draft_of(self.connection, self.hall_id).tickets.get(ticket)
            found = None if change is None else change.after
        if found is None:
            row = self.connection.one(r.TICKET, {"hall": self.hall_id, "id": ticket})
            if row is None:
                return None
            found = rows.ticket_of(row)
        self._found[ticket] = found
        return found

    def ticket_taken(self, by: str, key: str) -> Ticket | None:
        left = (change.after for change in draft_of(self.connection, self.hall_id).tickets.values())
        for ticket in (*self._saved.values(), *left):
            if ticket.take_key == key and ticket.taken_by == by:
                return self._seen(ticket)
        row = self.connection.one(r.TICKET_TAKEN, {"hall": self.hall_id, "by": by, "key": key})
        return None if row is None else self._seen(rows.ticket_of(row))

    def number_is_used(self, day: date, number: str) -> bool:
        self._write_tickets()
        found = self.connection.one(r.NUMBER_USED, {"hall": self.hall_id, "day": day.isoformat(), "number": number})
        return found is not None

    def link_is_used(self, status_token: str, but_by: str | None = None) -> bool:
        self._write_tickets()
        row = self.connection.one(r.TICKET_BY_TOKEN, {"token": status_token})
        return row is not None and row[1] != but_by

    def tickets_of_person(self, person: str, day: date) -> list[OneOfPerson]:
        self._write_tickets()
        found = self.connection.all(r.OF_PERSON, {"hall": self.hall_id, "person": person, "day": day.isoformat()})
        return [OneOfPerson(row[0], TicketState(row[1]), row[2]) for row in found]

    def heads(self, queue: str) -> list[Ticket]:
        found: list[Ticket] = []
        for rank, waiting in waiting_by_rank(self.queue(queue)).items():
            if waiting > 0:  # classes of which nobody waits are not asked for
                line = self.lines.get((queue, rank))
                if line is None or not line.is_known:
                    line = self._read_line(queue, rank, 1 if line is None else REFILL)
                    self.lines = {**self.lines, (queue, rank): line}
                found.extend(self._seen(ticket) for ticket in line.first[:1])
        return found

    def line(self, queue: str, most: int) -> list[Ticket]:
        """The first of each class of a queue."""
        found: list[Ticket] = []
        for rank, waiting in waiting_by_rank(self.queue(queue)).items():
            if waiting > 0:
                line = self.lines.get((queue, rank))
                if line is None or not (line.whole or len(line.first) >= most):
                    line = self._read_line(queue, rank, most)
                found.extend(self._seen(ticket) for ticket in line.first[:most])
        return found

    def _read_line(self, queue: str, rank: int, most: int) -> Line:
        self._write_tickets()
        place = {"hall": self.hall_id, "queue": queue, "rank": rank, "most": most}
        first = tuple(self._seen(rows.ticket_of(row)) for row in self.connection.all(r.HEADS, place))
        return Line(first, len(first) < most)

    @abc.abstractmethod
    def queue(self, queue: str) -> QueueState:
        """``FloorRoom`` knows."""

    def since_of_place(self, queue: str, place: int) -> datetime | None:
        self._write_tickets()
        row = self.connection.one(
            r.SINCE_OF_PLACE, {"hall": self.hall_id, "queue": queue, "rank": ORDINARY_RANK, "place": place}
        )
        return None if row is None else moment(row[0])

    def sent_to(self, window: str) -> list[Ticket]:
        found = [one for one in self._near().values() if one.to_window == window and one.state is TicketState.WAITING]
        return sorted(found, key=lambda one: (one.rank, one.since, one.id)) if len(found) > 1 else found

    def held_at(self, window: str) -> list[Ticket]:
        found = [one for one in self._near().values() if one.state is TicketState.HELD and one.window == window]
        return sorted(found, key=lambda one: (one.started_at or one.issued_at, one.id)) if len(found) > 1 else found

    def ahead_of(self, ticket: Ticket) -> int:
        """How many would be called before this waiting ticket."""
        if ticket.to_window is not None:
            line = [one.id for one in self.sent_to(ticket.to_window)]
            return line.index(ticket.id) if ticket.id in line else len(line)
        self._write_tickets()
        bounds = before(ticket, self.hall.rules, self.now)
        ahead = 0
        for rank, waiting in waiting_by_rank(self.queue(ticket.queue)).items():
            if waiting > 0 and rank in bounds:
                since, bound = bounds[rank]
                place = {"hall": self.hall_id, "queue": ticket.queue, "rank": rank, "id": bound}
                row = self.connection.one(r.AHEAD, {**place, "since": micros(since)})
                ahead += row[0] if row else 0
        if ticket.after_calls is not None and ticket.rank == RETURNED_RANK:
            # because one who came back lets so many others go first, as long as there are others
            state = self.queue(ticket.queue)
            ahead = max(ahead, min(ticket.after_calls - state.calls, state.waiting - 1))
        return ahead

    def in_use(self, queue: str) -> bool:
        """Whether a ticket of this queue is not at an end."""
        return self.connection.one(r.IN_USE, {"hall": self.hall_id, "queue": queue}) is not None

    def left_over(self, before: date, limit: int) -> list[Ticket]:
        self._write_tickets()
        found = self.connection.all(r.LEFT_OVER, {"hall": self.hall_id, "day": before.isoformat(), "most": limit})
        return [self._seen(rows.ticket_of(row)) for row in found]

    def awaiting_paper(self) -> list[Ticket]:
        self._write_tickets()
        found = self.connection.all(r.AWAITING_PAPER, {"hall": self.hall_id})
        return [self._seen(rows.ticket_of(row)) for row in found]

    def add_ticket(self, ticket: Ticket) -> None:
        self._saved[ticket.id] = ticket
        self._move(None, ticket)

    def save_ticket(self, ticket: Ticket) -> None:
        before = self.ticket(ticket.id)
        self._saved[ticket.id] = ticket
        self._move(before, ticket)

    def leave_tickets(self) -> None:
        """The job is done: what it saved goes to the draft."""
        if not self._saved:
            return
        draft = draft_of(self.connection, self.hall_id).tickets
        for known, ticket in self._saved.items():
            change = draft.get(known)
            draft[known] = Change(self._found.get(known) if change is None else change.before, ticket)
        self._found |= self._saved
        self._saved.clear()

    def _write_tickets(self) -> None:
        """Before a statement that finds tickets by what they are."""
        ours = bool(self._saved)
        self.leave_tickets()
        self.write_first(draft_of(self.connection, self.hall_id).write_tickets, ours=ours)

    def _seen(self, ticket: Ticket) -> Ticket:
        """A ticket that was found by what it is."""
        if ticket.id not in self._saved:
            self._found[ticket.id] = ticket
        return ticket

    def _near(self) -> Mapping[str, Ticket]:
        if self.near is None:
            self._write_tickets()
            found = (rows.ticket_of(row) for row in self.connection.all(r.NEAR, {"hall": self.hall_id}))
            self.near = {ticket.id: ticket for ticket in found}
        return self.near

    def _move(self, before: Ticket | None, ticket: Ticket) -> None:
        """Keeps the tickets near a window and the lines as they are now."""
        self.lines = moved(self.lines, before, ticket)
        if self.near is None:
            return
        if _is_near(ticket):
            self.near = {**self.near, ticket.id: ticket}
        elif ticket.id in self.near:
            self.near = {known: one for known, one in self.near.items() if known != ticket.id}
