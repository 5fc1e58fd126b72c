"""The first of a line in memory are always the first of the line, whoever comes, goes or moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_server.contract.messages import TicketState
from queue_server.domain.ticket import Ticket
from queue_server.storage.lines import MOST, Line, Place, is_in_line, moved

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
PLACES = [(queue, rank) for queue in "AB" for rank in (0, 4)]


def a_ticket(number: int, queue: str = "A", rank: int = 4, minute: int = 0) -> Ticket:
    return Ticket(
        id=f"{number:032x}", number=f"A{number:03d}", queue=queue, business_day=date(2026, 3, 2),
        state=TicketState.WAITING, issued_at=MORNING, since=MORNING + timedelta(minutes=minute),
        status_token=f"token-{number}", rank=rank,
    )  # fmt: skip


@dataclass
class Lines:
    """What is in memory, beside all there is."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    lines: Mapping[Place, Line] = field(default_factory=dict)

    def true(self, place: Place) -> list[Ticket]:
        here = (one for one in self.tickets.values() if is_in_line(one) and (one.queue, one.rank) == place)
        return sorted(here, key=lambda one: (one.since, one.id))

    def becomes(self, after: Ticket) -> None:
        self.lines = moved(self.lines, self.tickets.get(after.id), after)
        self.tickets[after.id] = after

    def read(self, place: Place, most: int) -> None:
        first = tuple(self.true(place)[:most])
        self.lines = {**self.lines, place: Line(first, len(first) < most)}

    def check(self) -> None:
        for place, line in self.lines.items():
            true = self.true(place)
            assert list(line.first) == true[: len(line.first)]
            assert not line.whole or len(line.first) == len(true)
            assert len(line.first) <= MOST


change = st.tuples(
    st.integers(0, 60),
    st.sampled_from(PLACES),
    st.integers(0, 9),
    st.sampled_from([TicketState.WAITING, TicketState.WAITING, TicketState.WAITING, TicketState.CALLING]),
    st.sampled_from([None, None, None, "1"]),
)
reading = st.tuples(st.sampled_from(PLACES), st.sampled_from([1, 3, 16, 100]))


@settings(max_examples=300, deadline=None)
@given(st.lists(change | reading, max_size=120))
def test_what_is_known_of_a_line_is_true_after_every_change(acts: list[tuple[object, ...]]) -> None:
    hall = Lines()
    for act in acts:
        match act:
            case (int(number), (str(queue), int(rank)), int(minute), TicketState() as state, to_window):
                ticket = a_ticket(number, queue, rank, minute)
                window = to_window if isinstance(to_window, str) else None
                hall.becomes(replace(ticket, state=state, to_window=window))
            case ((str(queue), int(rank)), int(most)):
                hall.read((queue, rank), most)
        hall.check()


def test_somebody_behind_those_who_are_known_is_not_taken_for_the_next() -> None:
    hall = Lines()
    for number in range(5):
        hall.becomes(a_ticket(number, minute=number))
    hall.read(("A", 4), 1)
    hall.becomes(a_ticket(9, minute=9))
    assert [one.number for one in hall.lines["A", 4].first] == ["A000"]
    hall.becomes(replace(a_ticket(0), state=TicketState.CALLING))
    assert not hall.lines["A", 4].is_known  # who is next stands in the database


def test_a_line_that_grows_long_is_known_from_its_beginning_only() -> None:
    hall = Lines()
    hall.read(("A", 4), 1)
    for number in range(MOST + 3):
        hall.becomes(a_ticket(number, minute=number))
    line = hall.lines["A", 4]
    assert (len(line.first), line.whole) == (MOST, False)
    hall.check()
