"""Queues, windows and paces: read once, kept between transactions, each written once before a commit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from queue_server.contract.codec import encode
from queue_server.contract.messages import CallView
from queue_server.domain.floor import Floor
from queue_server.domain.pace import Pace
from queue_server.domain.queue import QueueState
from queue_server.domain.window import WindowState
from queue_server.storage import outbox, rows
from queue_server.storage import repositories as r
from queue_server.storage.draft import write_drafts
from queue_server.storage.memory import NOTHING, Unwritten
from queue_server.storage.room import Ground, Room
from queue_server.storage.sql import Connection


class FloorRoom(Room):
    """Every queue and every window of the description has a state, also those of which nothing is stored yet."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.queues = ground.kept.queues
        self.window_states = ground.kept.windows
        self.paces = ground.kept.paces
        self.calls: dict[str, dict[str, Any]] = {}
        self._floor: Floor | None = None
        self._before = ground.kept.unwritten
        self._changed_queues: set[str] = set()
        self._changed_windows: set[str] = set()
        self._changed_paces: set[tuple[str, int]] = set()

    def queue(self, queue: str) -> QueueState:
        return self._queues().get(queue) or QueueState(queue=queue)

    def save_queue(self, queue: QueueState) -> None:
        if self._queues().get(queue.queue) == queue:
            return
        self.queues = {**self._queues(), queue.queue: queue}
        self._changed_queues.add(queue.queue)
        self._floor = None

    def floor(self) -> Floor:
        if self._floor is None:
            self._floor = Floor(self._queues(), self._windows(), self._paces())
        return self._floor

    def save_pace(self, pace: Pace) -> None:
        others = tuple(one for one in self._paces().get(pace.queue, ()) if one.hour != pace.hour)
        hours = sorted((*others, pace), key=lambda one: one.hour)
        self.paces = {**self._paces(), pace.queue: tuple(hours)}
        self._changed_paces.add((pace.queue, pace.hour))
        self._floor = None

    def window(self, window: str) -> WindowState:
        return self._windows().get(window) or WindowState(window=window)

    def windows(self) -> list[WindowState]:
        return list(self._windows().values())

    def save_window(self, window: WindowState) -> None:
        if self._windows().get(window.window) == window:
            return
        self.window_states = {**self._windows(), window.window: window}
        self._changed_windows.add(window.window)
        self._floor = None

    def save_call(self, call: CallView) -> None:
        seq = self.first_seq + len(self.events)
        self.calls[call.ticket] = {"hall": self.hall_id, "ticket": call.ticket, "seq": seq, "data": encode(call)}

    def unwritten(self) -> Unwritten:
        """What must be written before the commit, by this job and those before it in the transaction."""
        return Unwritten(
            self._before.queues | self._changed_queues,
            self._before.windows | self._changed_windows,
            self._before.paces | self._changed_paces,
        )

    def _queues(self) -> Mapping[str, QueueState]:
        if self.queues is None:
            found = {rule.id: QueueState(queue=rule.id) for rule in self.hall.queues}
            for row in self.connection.all(r.QUEUES, {"hall": self.hall_id}):
                state = rows.queue_of(row[0])
                found[state.queue] = state
            self.queues = found
        return self.queues

    def _windows(self) -> Mapping[str, WindowState]:
        if self.window_states is None:
            found = {rule.id: WindowState(window=rule.id) for rule in self.hall.windows}
            for row in self.connection.all(r.WINDOWS, {"hall": self.hall_id}):
                state = rows.window_of(row[0])
                found[state.window] = state
            self.window_states = found
        return self.window_states

    def _paces(self) -> Mapping[str, tuple[Pace, ...]]:
        if self.paces is None:
            found: dict[str, tuple[Pace, ...]] = {}
            for row in self.connection.all(r.PACES, {"hall": self.hall_id}):
                pace = rows.pace_of(row)
                found[pace.queue] = (*found.get(pace.queue, ()), pace)
            self.paces = found
        return self.paces


def settle(connection: Connection) -> None:
    """Before the commit: what jobs left, the states of every hall that they changed, and its last event number."""
    write_drafts(connection)
    for hall, kept in connection.learned.items():
        for queue in kept.unwritten.queues:
            connection.put(r.SAVE_QUEUE, rows.queue_row(hall, (kept.queues or {})[queue]))
        for window in kept.unwritten.windows:
            connection.put(r.SAVE_WINDOW, rows.window_row(hall, (kept.windows or {})[window]))
        for queue, hour in kept.unwritten.paces:
            pace = next(one for one in (kept.paces or {})[queue] if one.hour == hour)
            connection.put(r.SAVE_PACE, rows.pace_row(hall, pace))
        outbox.settle(connection, hall, kept)
    connection.learned = {hall: replace(kept, unwritten=NOTHING) for hall, kept in connection.learned.items()}
