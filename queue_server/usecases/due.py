"""What time makes due: rating time-outs, opening and closing, the end of the day."""

from __future__ import annotations

from datetime import datetime, timedelta

from queue_server.contract.messages import RatingState, TicketState
from queue_server.domain import queue, schedule
from queue_server.usecases.end_day import FORGOTTEN_AFTER, end_day
from queue_server.usecases.publish_opening import publish_opening
from queue_server.usecases.time_out_ratings import time_out_ratings
from queue_server.usecases.work import Work

LOOK_AGAIN = timedelta(seconds=60)


def is_due(work: Work, now: datetime) -> bool:
    """Whether ``do_due`` would change anything; only reads, so that an idle hall writes nothing."""
    hall = work.hall
    windows = [state for state in work.windows() if state.window in hall.window_by_id]
    for state in windows:
        if state.rating is RatingState.INVITED and state.rating_until is not None and state.rating_until <= now:
            return True
    today = schedule.business_day(hall.calendar, hall.zone_info, now)
    for rule in hall.queues:
        before = work.queue(rule.id)
        if queue.publish(hall, queue.staffed_by(hall, queue.on_day(before, today), windows), now) != before:
            return True
    return any(
        one.state not in {TicketState.SERVING, TicketState.HELD}
        or now - (one.started_at or one.issued_at) >= FORGOTTEN_AFTER
        for one in work.left_over(today, 20)
    )


def do_due(work: Work, now: datetime) -> bool:
    """Does it; true when more is left for another transaction."""
    time_out_ratings(work, now)
    more = end_day(work, now)
    publish_opening(work, now)
    return more


def next_due(work: Work, now: datetime) -> datetime:
    """When to look again at the latest."""
    hall = work.hall
    instants = [now + LOOK_AGAIN, schedule.next_change(hall.calendar, hall.zone_info, now)]
    instants.extend(
        state.rating_until
        for state in work.windows()
        if state.rating is RatingState.INVITED and state.rating_until is not None and state.rating_until > now
    )
    return min(instants)
