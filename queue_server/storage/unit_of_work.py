"""One transaction of one hall: what a use case sees, and how state, events and reply get to the disk together."""

from __future__ import annotations

from datetime import datetime

from queue_server.storage import outbox
from queue_server.storage.draft import draft_of
from queue_server.storage.floor_room import FloorRoom
from queue_server.storage.memory import Kept
from queue_server.storage.record_room import RecordRoom
from queue_server.storage.service_room import ServiceRoom
from queue_server.storage.ticket_room import TicketRoom
from queue_server.usecases.ports import EventRow


class UnitOfWork(FloorRoom, TicketRoom, ServiceRoom, RecordRoom):
    """Implements ``queue_server.usecases.work.Work`` on one connection that holds the hall's lock."""

    def finish(self, now: datetime) -> list[EventRow]:
        """Leaves what was saved and appended in the draft; returns the events.

        ``floor_room.settle`` writes it before the commit, with the states of queues and windows.
        """
        self.leave_tickets()
        self.leave_services()
        told = outbox.rows_of(self.first_seq, self.events, now)
        draft = draft_of(self.connection, self.hall_id)
        draft.calls.update(self.calls)
        draft.events.extend(told)
        self.connection.written += 1  # from here on a failure of the job must undo what it left
        self.connection.learn(self.hall_id, self._learned(self.kept.seq + len(told)))
        return told

    def _learned(self, last: int) -> Kept:
        return Kept(
            self.kept.turn,
            self.kept.version,
            seq=last,
            stored=self.kept.stored,
            queues=self.queues,
            windows=self.window_states,
            paces=self.paces,
            near=self.near,
            lines=self.lines,
            unwritten=self.unwritten(),
            services=self.last_services(2 * len(self.hall.windows)),
        )
