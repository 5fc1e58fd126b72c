"""What time makes due: ratings, paper, no-shows, opening and closing, long waits, the end of the day."""

from __future__ import annotations

from datetime import datetime, timedelta

from queue_server.contract.messages import RatingState
from queue_server.domain import schedule
from queue_server.usecases import no_shows, supervise
from queue_server.usecases.end_day import day_end_is_due, end_day
from queue_server.usecases.publish_opening import outdated, publish_opening
from queue_server.usecases.settle_paper import paper_due, settle_paper
from queue_server.usecases.time_out_ratings import time_out_ratings
from queue_server.usecases.work import Work

LOOK_AGAIN = timedelta(seconds=60)


def is_due(work: Work, now: datetime) -> bool:
    """Whether ``do_due`` would change anything; only reads, so that an idle hall writes nothing."""
    return (
        _rating_is_due(work, now)
        or any(paper_due(work, ticket) <= now for ticket in work.awaiting_paper())
        or _no_show_is_due(work, now)
        or bool(outdated(work, now))
        or day_end_is_due(work, now)
        or supervise.would_change(work, now)
    )


def do_due(work: Work, now: datetime) -> bool:
    """Does it; true when more is left for another transaction."""
    time_out_ratings(work, now)
    settle_paper(work, now)
    more = no_shows.mark_no_shows(work, now)
    more = end_day(work, now) or more
    publish_opening(work, now)
    supervise.supervise(work, now)
    return more


def next_due(work: Work, now: datetime) -> datetime:
    """When to look again at the latest."""
    hall = work.hall
    instants = [now + LOOK_AGAIN, schedule.next_change(hall, [work.queue(rule.id) for rule in hall.queues], now)]
    instants.extend(
        state.rating_until
        for state in work.windows()
        if state.rating is RatingState.INVITED and state.rating_until is not None and state.rating_until > now
    )
    instants.extend(paper_due(work, ticket) for ticket in work.awaiting_paper())
    missed = no_shows.next_no_show(work, now)
    if missed is not None:
        instants.append(missed)
    return max(now, min(instants))


def _rating_is_due(work: Work, now: datetime) -> bool:
    return any(
        state.rating is RatingState.INVITED and state.rating_until is not None and state.rating_until <= now
        for state in work.windows()
        if state.window in work.hall.window_by_id
    )


def _no_show_is_due(work: Work, now: datetime) -> bool:
    missed = no_shows.next_no_show(work, now)
    return missed is not None and missed <= now
