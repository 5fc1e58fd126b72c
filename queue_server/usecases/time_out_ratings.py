"""Nobody answered the pad: that is 未评价, never a rating."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import RatingState
from queue_server.usecases.floor import end_invitation
from queue_server.usecases.work import Work


def time_out_ratings(work: Work, now: datetime) -> datetime | None:
    """Ends invitations whose time is over; returns when the next one ends."""
    following: datetime | None = None
    for state in work.windows():
        until = state.rating_until
        if state.rating is not RatingState.INVITED or until is None:
            continue
        if until <= now:
            end_invitation(work, state)
        elif following is None or until < following:
            following = until
    return following
