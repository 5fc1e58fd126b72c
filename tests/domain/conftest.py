"""Values that tests of the rules start from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

import assets
from queue_server.contract.messages import TicketState
from queue_server.domain.hall import Hall
from queue_server.domain.rating import RatingProfile
from queue_server.domain.ticket import Ticket
from queue_server.usecases.hall_description import parse
from queue_server.usecases.rating_profile import parse_profile

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def hall() -> Hall:
    return parse(assets.DEMO_HALL.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def profile() -> RatingProfile:
    return parse_profile((assets.RATING / "national-2020.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture
def make_ticket() -> Callable[..., Ticket]:
    """A waiting ticket; say what is different about it."""

    def make(**other: Any) -> Ticket:
        values: dict[str, Any] = {
            "id": "t1",
            "number": "A001",
            "queue": "A",
            "business_day": date(2026, 3, 2),
            "state": TicketState.WAITING,
            "issued_at": NOON,
            "since": NOON,
            "status_token": "x" * 22,
        }
        return Ticket(**{**values, **other})

    return make
