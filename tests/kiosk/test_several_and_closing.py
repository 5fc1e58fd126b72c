"""Several matters on one number, warnings near closing, and refusals that say until when."""

from __future__ import annotations

from typing import Any

import pytest


def printing_is(rig: Any, state: str) -> None:
    rig.wait(lambda: rig.visit.data.get("printing") == state)


@pytest.mark.parametrize(
    ("code", "detail", "reason"),
    [
        ("queue_closed", {"reason": "no-time-left"}, "no-time-left"),
        ("restricted", {"until": "2026-03-31T16:00:00+00:00", "reason": "scalping"}, "restricted"),
        ("restricted", {"until": None, "reason": "other"}, "restricted"),
    ],
)
def test_a_refusal_says_until_when_as_the_halls_calendar_has_it(
    rig: Any, hall: Any, code: str, detail: dict[str, Any], reason: str
) -> None:
    hall.refusal = (409, code, detail)
    rig.card_to_queue()
    rig.tap(queue="A", priority="none")
    values = rig.until_error(reason).error_values
    assert values == ({"until": {"date": "2026-04-01", "time": "00:00", "days": 30}} if detail.get("until") else {})
    rig.visit.cancel()
    assert rig.visit.view.error_values == {}


def test_near_closing_one_is_warned_before_on_the_paper_and_after(rig: Any, hall: Any) -> None:
    hall.catalogue["queues"][0]["warning"] = hall.warning = "may-not-be-served"
    rig.refresher.round()
    queues = {queue["id"]: queue["warning"] for queue in rig.card_to_queue().data["queues"]}
    assert queues == {"A": "may-not-be-served", "B": None}
    rig.tap(queue="A", priority="none")
    assert rig.until("Ticket").data["warning"] == "may-not-be-served"
    printing_is(rig, "printed")
    assert any("下班前可能办不完" in line for line in rig.printer.slips[0].lines)


def test_several_matters_are_one_number_and_the_paper_shows_the_way(rig: Any, hall: Any) -> None:
    assert rig.card_to_queue().data["most"] == 6
    rig.tap(queue="A", items=["A-1", "B-1", "A-2", "A-1"], priority="none")
    assert [stop["zh"] for stop in rig.until("Ticket").data["stops"]] == ["综合业务", "社保"]
    printing_is(rig, "printed")
    assert any("1 综合业务 → 2 社保" in line for line in rig.printer.slips[0].lines)
    (sent,) = hall.tickets.values()
    assert (sent["queue"], sent["items"]) == ("A", ["A-1", "A-2", "B-1"]), "those of one queue stand together"
    assert sent.get("item") is None


def test_one_of_several_matters_is_an_ordinary_ticket_and_an_unknown_one_is_none(rig: Any, hall: Any) -> None:
    rig.card_to_queue()
    rig.tap(queue="A", items=["A-1", "Z-9"], priority="none")
    rig.until_error("field-invalid")
    rig.tap(queue="A", items=["A-2"], priority="none")
    assert rig.until("Ticket").data["stops"] == []
    (sent,) = hall.tickets.values()
    assert (sent["item"], sent["items"]) == ("A-2", [])


def test_offline_only_the_first_of_several_matters_gets_a_number_and_no_way_is_promised(rig: Any, hall: Any) -> None:
    rig.card_to_queue()
    hall.mode = "down"
    rig.tap(queue="A", items=["A-1", "B-1"], priority="none")
    assert rig.until("Ticket").data["stops"] == []
    (waiting,) = rig.outbox.waiting()
    assert (waiting.queue, waiting.item) == ("A", "A-1")
    printing_is(rig, "printed")
    rig.tap(done=True)
    rig.until("Home")
    assert rig.card_to_queue().data["most"] == 1
