"""The clock opened or closed the hall: everybody hears of it."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import EventType
from queue_server.domain import queue, schedule, views
from queue_server.domain.events import Happened
from queue_server.usecases.work import Work


def publish_opening(work: Work, now: datetime) -> int:
    """Publishes the queues whose opening or estimate is no longer as it was published; returns how many.

    Counts anew which windows serve, so that a changed description of the hall is right at once.
    """
    changed = []
    today = schedule.business_day(work.hall.calendar, work.hall.zone_info, now)
    windows = [state for state in work.windows() if state.window in work.hall.window_by_id]
    for rule in work.hall.queues:
        before = work.queue(rule.id)
        after = queue.publish(work.hall, queue.staffed_by(work.hall, queue.on_day(before, today), windows), now)
        if after != before:
            work.save_queue(after)
            changed.append(views.queue_view(work.hall, after))
    if changed:
        work.append(Happened(EventType.HALL_CHANGED, {"queues": changed}))
    return len(changed)
