"""Numbers: ranges, prefixes, what is lent, and a new day."""

from __future__ import annotations

from dataclasses import replace as changed
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import numbering, queue
from queue_server.domain.hall import Hall, Numbering, QueueRule
from queue_server.domain.numbering import Series
from queue_server.domain.queue import QueueState

FULL = Numbering(appointment_prefix="Y", priority_prefix="L", without_ticket_prefix="W")


@pytest.fixture
def rule(hall: Hall) -> QueueRule:
    return hall.queue_by_id["A"]


@given(st.integers(2, 6), st.integers(2, 5000), st.integers(0, 400), st.integers(1, 1200), st.integers(1, 900))
def test_ordinary_numbers_never_repeat_and_never_touch_what_is_lent(
    digits: int, first: int, length: int, count: int, begin: int
) -> None:
    rules = Numbering(digits=digits, lease_from=first, lease_to=first + length)
    last, seen = 0, []
    for _ in range(count):
        last = numbering.after(last, rules, begin)
        seen.append(numbering.written("A", last, rules))
        assert not rules.lease_from <= last <= rules.lease_to
        assert last >= begin
        assert numbering.count_of(seen[-1], "A", rules) == last
    assert len(set(seen)) == count


def test_the_first_number_is_a001_and_after_699_comes_1000() -> None:
    rules = Numbering()
    assert numbering.written("A", numbering.after(0, rules), rules) == "A001"
    assert numbering.written("A", numbering.after(699, rules), rules) == "A1000"


@pytest.mark.parametrize("number", ["B001", "A1", "A0001", "A001 ", "A-01", "A٠٠١", "A", ""])
def test_a_number_that_is_not_written_as_ours_has_no_count(number: str) -> None:
    assert numbering.count_of(number, "A", Numbering()) is None


@pytest.mark.parametrize(("last", "final"), [(3, 3), (699, 700), (699, 999)])
def test_a_range_has_an_end_and_the_lent_ones_are_not_a_way_around_it(last: int, final: int) -> None:
    with pytest.raises(Refusal) as refused:
        numbering.after(last, Numbering(), 1, final)
    assert (refused.value.code, refused.value.detail) == (Code.NO_NUMBERS_LEFT, {"last": final})


def test_a_queue_counts_from_where_it_says(rule: QueueRule) -> None:
    own = changed(rule, number_from=201, number_to=202)
    first, state = numbering.take(QueueState(queue="A"), own, FULL, Series.ORDINARY)
    second, state = numbering.take(state, own, FULL, Series.ORDINARY)
    assert (first, second) == ("A201", "A202")
    with pytest.raises(Refusal):
        numbering.take(state, own, FULL, Series.ORDINARY)
    assert numbering.take(state, own, FULL, Series.PRIORITY)[0] == "LA001"


def test_each_series_with_a_prefix_has_a_count_of_its_own(rule: QueueRule) -> None:
    state = QueueState(queue="A", last_number=698)
    seen = []
    for series in [*Series, *Series]:
        number, state = numbering.take(state, rule, FULL, series)
        seen.append(number)
    assert seen == ["A699", "YA001", "LA001", "WA001", "A1000", "YA002", "LA002", "WA002"]


def test_a_series_without_a_prefix_is_counted_with_the_ordinary_numbers(rule: QueueRule) -> None:
    plain = Numbering(appointment_prefix="", priority_prefix="", without_ticket_prefix="")
    state, seen = QueueState(queue="A"), []
    for series in Series:
        number, state = numbering.take(state, rule, plain, series)
        seen.append(number)
    assert seen == ["A001", "A002", "A003", "A004"]


def test_a_series_with_its_own_prefix_may_use_the_counts_that_are_lent_of_the_ordinary(rule: QueueRule) -> None:
    number, _ = numbering.take(QueueState(queue="A", last_appointment=699), rule, FULL, Series.APPOINTMENT)
    assert number == "YA700"


def test_every_series_begins_again_on_a_new_day(rule: QueueRule) -> None:
    state = QueueState(queue="A", day=date(2026, 3, 2))
    for series in Series:
        _, state = numbering.take(state, rule, FULL, series)
    state = queue.on_day(state, date(2026, 3, 3))
    seen = []
    for series in Series:
        number, state = numbering.take(state, rule, FULL, series)
        seen.append(number)
    assert seen == ["A001", "YA001", "LA001", "WA001"]
