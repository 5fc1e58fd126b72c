"""The page on the queue rules says what the code does: every rule, its default, and the drawn example."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from msgspec.structs import replace

from queue_server.contract.messages import Text, TicketState
from queue_server.domain.hall import AppointmentRule, Calendar, Numbering, Rules, Supervision, WindowRule
from queue_server.domain.next import Choice, Waiting, next_for
from queue_server.domain.queue import QueueState
from queue_server.domain.ticket import RETURNED_RANK, STANDINGS, Ticket
from queue_server.usecases.hall_description import parse

DOCS = Path(__file__).parents[2] / "packaging" / "docs"
PAGE = (DOCS / "queue-rules.md").read_text(encoding="utf-8")
BLOCKS: list[dict[str, Any]] = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
MIDNIGHT = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
"""Of the example's day in the hall's time zone."""


def told(section: str) -> dict[str, Any]:
    """All lines of one section of the description that stand in the page."""
    return {key: value for block in BLOCKS if section in block for key, value in block[section].items()}


@pytest.mark.parametrize(
    ("section", "usual"),
    [
        ("rules", Rules()),
        ("supervision", Supervision()),
        ("numbering", Numbering()),
        ("appointments", AppointmentRule()),
    ],
)
def test_every_rule_stands_in_the_page_with_its_default(section: str, usual: Any) -> None:
    assert told(section) == dataclasses.asdict(usual)


@pytest.mark.parametrize("kind", [Rules, Supervision, AppointmentRule])
def test_every_rule_is_explained_in_both_languages(kind: Any) -> None:
    for field in dataclasses.fields(kind):
        assert PAGE.count(f"`{field.name}`") + PAGE.count(f"`{field.name}: ") >= 2, field.name


def test_everything_that_a_queue_a_window_and_the_calendar_may_say_stands_in_the_page() -> None:
    (queue,) = next(block["queues"] for block in BLOCKS if "queues" in block)
    assert set(queue) == {
        "id", "name", "prefix", "zone", "expected_service_minutes",
        "quota_per_day", "numbers", "sessions", "extended", "appointments",
    }  # fmt: skip
    (window,) = next(block["windows"] for block in BLOCKS if "windows" in block)
    assert {"queues", "turns"} <= set(window)
    assert set(told("calendar")) == {field.name for field in dataclasses.fields(Calendar)}


def test_the_lines_of_the_page_make_a_hall() -> None:
    """Put together they are read without a complaint."""
    parts: dict[str, Any] = {
        "hall": {"id": "h", "name": {"zh": "大厅"}, "time_zone": "Asia/Shanghai"},
        "zones": [{"id": "Z1", "name": {"zh": "一区"}}],
    }
    for block in BLOCKS:
        for section, content in block.items():
            parts[section] = parts[section] | content if section in parts and isinstance(content, dict) else content
    parts["queues"][0]["appointments"] = parts.pop("appointments")
    other = {"id": "E", "name": {"zh": "咨询"}, "prefix": "E", "zone": "Z1", "expected_service_minutes": 4}
    parts["queues"].append(other)
    hall = parse(yaml.safe_dump(parts, allow_unicode=True))
    assert (hall.rules, hall.supervision, hall.numbering) == (Rules(), Supervision(), Numbering())
    assert hall.queue_by_id["A"].appointment == AppointmentRule()
    assert hall.window_by_id["1"].turns == {"A": 2, "E": 1}


# --- the drawn example ---


class Row(NamedTuple):
    called: str
    ticket: str
    standing: str
    since: str
    here: str
    why: str


ROWS = [
    Row(*(cell.strip() for cell in line.strip("|").split("|")))
    for line in PAGE.splitlines()
    if re.match(r"\| \d\d:\d\d \|", line)
]


def at(clock: str) -> datetime:
    hours, minutes = clock.split(":")
    return MIDNIGHT + timedelta(hours=int(hours), minutes=int(minutes))


def ticket_of(row: Row) -> Ticket:
    standing = row.standing.split()[-1]
    rank = [one.value for one in STANDINGS].index(standing)
    return Ticket(
        id=row.ticket,
        number=row.ticket,
        queue="E" if row.ticket.startswith("E") else "A",
        business_day=date(2026, 3, 2),
        state=TicketState.WAITING,
        issued_at=min(at(row.here), at(row.since)),
        since=at(row.since),
        status_token="x" * 22,
        rank=rank,
        after_calls=Rules().reactivate_after if rank == RETURNED_RANK else None,
    )


def calls_of_the_example() -> list[tuple[str, str, str]]:
    """What our scheduler does with the people of the table, a call every five minutes from nine on."""
    window = WindowRule(id="1", name=Text(zh="1号窗口"), zone="Z1", queues=("A", "E"))
    left = {row.ticket: (at(row.here), ticket_of(row)) for row in reversed(ROWS)}
    states = {queue: QueueState(queue=queue) for queue in window.queues}
    turns: dict[str, int] = {}
    clock, found = at("09:00"), []
    while left:
        here = tuple(ticket for came, ticket in left.values() if came <= clock)
        choice: Choice | None = next_for(window, Waiting(here, states, turns), Rules(), clock)
        assert choice is not None
        called = choice.ticket
        minutes = (clock - MIDNIGHT) // timedelta(minutes=1)
        found.append((f"{minutes // 60:02}:{minutes % 60:02}", called.number, choice.because.code.value))
        del left[called.id]
        state = states[called.queue]
        states[called.queue] = replace(state, calls=state.calls + 1, turns=choice.queue_turns)
        turns = choice.window_turns
        clock += timedelta(minutes=5)
    return found


def test_the_drawn_example_is_called_in_the_order_that_the_page_says() -> None:
    assert len(ROWS) == 12
    assert calls_of_the_example() == [(row.called, row.ticket, row.why) for row in ROWS]


def test_the_drawing_shows_the_same_calls_as_the_table() -> None:
    drawing = (DOCS / "images" / "queue-rules.svg").read_text(encoding="utf-8")
    drawn = re.findall(r'<g data-order="(\d+)" data-ticket="(\w+)" data-at="([\d:]+)" data-why="([\w-]+)">', drawing)
    assert [int(order) for order, *_ in drawn] == list(range(1, 13))
    assert [(clock, ticket, why) for _, ticket, clock, why in drawn] == calls_of_the_example()
