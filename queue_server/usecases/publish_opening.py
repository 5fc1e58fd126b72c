"""The clock opened or closed the hall, or moved an estimate: everybody hears of it."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import EventType
from queue_server.domain import queue, schedule, views
from queue_server.domain.events import Happened
from queue_server.domain.queue import QueueState
from queue_server.usecases.work import Work


def outdated(work: Work, now: datetime) -> list[QueueState]:
    """The queues as they should be published, of those that are worth an event.

    Counts anew which windows serve, so that a changed description of the hall is right at once.
    """
    hall = work.hall
    floor = work.floor()
    today = schedule.business_day(hall.calendar, hall.zone_info, now)
    windows = [state for state in floor.windows.values() if state.window in hall.window_by_id]
    found = []
    for rule in hall.queues:
        before = work.queue(rule.id)
        counted = queue.staffed_by(hall, queue.on_day(before, today), windows)
        after = queue.publish(hall, counted, floor, now)
        if (after.servers, after.staffed) != (before.servers, before.staffed) or queue.worth_telling(before, after):
            found.append(after)
    return found


def publish_opening(work: Work, now: datetime) -> int:
    """Publishes the queues whose opening or estimate is no longer as it was published; returns how many."""
    changed = outdated(work, now)
    for state in changed:
        work.save_queue(state)
    if changed:
        shown = [views.queue_view(work.hall, state) for state in changed]
        work.append(Happened(EventType.HALL_CHANGED, {"queues": shown}))
    return len(changed)
