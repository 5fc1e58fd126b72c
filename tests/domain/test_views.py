"""What the contract's messages show of queues and windows."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from queue_server.contract.messages import Caution, ClosedReason, RatingState, WindowMode
from queue_server.domain import views
from queue_server.domain.hall import Hall
from queue_server.domain.queue import QueueState
from queue_server.domain.window import WindowState


def test_a_queue_shows_what_was_published_of_it_and_whether_it_can_be_booked(hall: Hall) -> None:
    state = QueueState(queue="A", waiting=3, open=True, warning=Caution.MAY_NOT_BE_SERVED)
    seen = views.queue_view(hall, state)
    assert (seen.waiting, seen.open, seen.warning, seen.bookable) == (3, True, Caution.MAY_NOT_BE_SERVED, True)
    closed = views.queue_view(hall, QueueState(queue="B", closed_reason=ClosedReason.NO_TIME_LEFT))
    assert (closed.open, closed.closed_reason, closed.bookable) == (False, ClosedReason.NO_TIME_LEFT, False)
    assert closed.windows == ("4", "5")


def test_a_window_shows_the_service_in_front_before_the_one_that_may_be_rated(hall: Hall, now: datetime) -> None:
    state = WindowState(
        window="1",
        mode=WindowMode.OPEN,
        officer="officer1",
        rated="s1",
        rating=RatingState.INVITED,
        rating_until=now + timedelta(seconds=60),
    )
    seen = views.window_view(hall, state, None, ())
    assert (seen.service, seen.rating_until) == ("s1", now + timedelta(seconds=60))
    assert seen.officer is not None
    assert seen.officer.number == "001"
    assert views.window_view(hall, replace(state, service="s2"), None, ()).service == "s2"
    timed_out = views.window_view(hall, replace(state, rating=RatingState.TIMED_OUT), None, ())
    assert timed_out.rating_until is None
