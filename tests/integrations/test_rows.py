"""From an outside system's answer to masked rows; the rule of when a system counts as down."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from queue_server.contract.messages import Text
from queue_server.integrations.breaker import Standing
from queue_server.integrations.ports import Case, DownReason
from queue_server.integrations.providers import load_labels
from queue_server.integrations.rows import case_rows

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
LABELS = load_labels()


def case(applicant: str = "欧阳示范", state: str = "accepted", item: str = "居住证办理") -> Case:
    return Case(
        case_number="1101052026030200001",
        item_name=Text(zh=item, en="Residence permit"),
        applicant=applicant,
        department=Text(zh="公安局"),
        accepted_on=date(2026, 3, 2),
        state=state,
        stage=Text(zh="审核"),
        due_on=date(2026, 3, 12),
    )


def value(rows: tuple[dict[str, str], ...], label: str) -> str:
    return next(row["value"] for row in rows if row["labelZh"] == label)


def test_a_text_without_english_is_shown_in_chinese() -> None:
    rows = case_rows([case()], LABELS)
    department = next(row for row in rows if row["labelEn"] == "Department")
    assert department["value"] == "公安局"
    assert "valueEn" not in department


def test_a_state_that_nobody_knows_yet_is_shown_as_it_came() -> None:
    assert value(case_rows([case(state="特别程序")], LABELS), "当前状态") == "特别程序"


def test_braces_in_a_name_from_outside_stay_what_they_are() -> None:
    assert case_rows([case(item="{place} {0}")], LABELS)[0]["value"] == "1/1 {place} {0}"


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=8))
def test_no_full_name_ever_leaves(name: str) -> None:
    shown = value(case_rows([case(applicant=name)], LABELS), "申请人")
    assert shown != name
    assert "*" in shown


def test_a_case_does_not_show_itself_in_a_log() -> None:
    assert repr(case()) == "Case(…)"


@given(st.lists(st.booleans(), max_size=30))
def test_a_system_is_down_after_two_failures_in_a_row_and_up_after_one_success(looks: list[bool]) -> None:
    standing = Standing()
    history: list[bool] = []
    for place, went_well in enumerate(looks):
        at = START + timedelta(seconds=place)
        before = standing.available
        standing = standing.after_success(at) if went_well else standing.after_failure(at, DownReason.SLOW)
        history.append(went_well)
        assert standing.available == (went_well or (before and history[-2:] != [False, False]))
        if before != standing.available:
            assert standing.since == at
