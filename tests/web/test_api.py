"""The outer interface, call by call, on the real office."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

PERSON = {"token": "p" * 32, "maskedName": "魏*"}


# --- tickets -----------------------------------------------------------------------------------


async def test_the_first_ticket_of_the_day_is_a001(hall: Any) -> None:
    answer = await hall.post("/api/v1/tickets", {"queue": "A", "channel": "kiosk", "priority": "none"}, "kiosk")
    assert answer.status_code == 201
    ticket = answer.json()
    assert ticket["number"] == "A001"
    assert ticket["queue"] == "A"
    assert ticket["ahead"] == 0
    assert set(ticket["estimatedWaitSeconds"]) == {"low", "likely", "high"}
    assert datetime.fromisoformat(ticket["issuedAt"]).utcoffset() is not None
    assert ticket["statusUrl"].startswith("http://hall.test/t/")
    status = (await hall.get(f"/api/v1/tickets/{ticket['id']}")).json()
    assert status["ticket"]["state"] == "waiting"
    assert status["ahead"] == 0


async def test_a_lost_answer_is_repeated_word_for_word_and_no_second_number_is_made(hall: Any) -> None:
    body = {"queue": "A", "person": PERSON}
    first = await hall.post("/api/v1/tickets", body, "kiosk", key="visit-1")
    again = await hall.post("/api/v1/tickets", body, "kiosk", key="visit-1")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    queues = {row["id"]: row for row in (await hall.get("/api/v1/queues")).json()["queues"]}
    assert queues["A"]["waiting"] == 1


async def test_a_key_is_not_used_for_two_different_things(hall: Any) -> None:
    await hall.post("/api/v1/tickets", {"queue": "A"}, key="k")
    hall.refused(await hall.post("/api/v1/tickets", {"queue": "B"}, key="k"), 409, "key_reused")
    hall.refused(await hall.post("/api/v1/windows/1/open", {}, key="k"), 409, "key_reused")


async def test_the_same_key_sent_thrice_at_once_makes_one_ticket(hall: Any) -> None:
    answers = await asyncio.gather(*(hall.post("/api/v1/tickets", {"queue": "A"}, key="once") for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_final_refusal_is_repeated_too(hall: Any) -> None:
    await hall.take(person=PERSON)
    body = {"queue": "A", "person": PERSON}
    first = await hall.post("/api/v1/tickets", body, key="second")
    hall.refused(first, 409, "already_waiting")
    assert (await hall.post("/api/v1/tickets", body, key="second")).content == first.content


@pytest.mark.parametrize("key", ["x" * 65, "x" * 500])
async def test_a_key_that_is_too_long_is_refused(hall: Any, key: str) -> None:
    hall.refused(await hall.post("/api/v1/tickets", {"queue": "A"}, key=key), 422, "bad_request")


async def test_an_unknown_field_is_refused_by_name(hall: Any) -> None:
    answer = await hall.post("/api/v1/tickets", {"queue": "A", "colour": "red"})
    hall.refused(answer, 422, "bad_request")
    assert answer.json()["detail"]["field"] == "colour"


async def test_an_unknown_queue_is_not_found(hall: Any) -> None:
    answer = await hall.post("/api/v1/tickets", {"queue": "Z"})
    assert answer.status_code in {404, 422}, answer.text


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(hall: Any) -> None:
    hall.refused(await hall.post("/api/v1/tickets", {"queue": "A", "item": "x" * 70_000}), 413, "bad_request")

    async def drip() -> Any:
        for _ in range(100):
            yield b" " * 1024

    headers = hall.headers("integrator")
    answer = await hall.client.post("/api/v1/tickets", content=drip(), headers=headers)
    hall.refused(answer, 413, "bad_request")


async def test_a_ticket_is_given_back(hall: Any) -> None:
    ticket = await hall.take(person=PERSON)
    answer = await hall.post(f"/api/v1/tickets/{ticket['id']}/cancel", {}, "kiosk")
    assert answer.status_code == 200, answer.text
    assert answer.json()["ticket"]["state"] == "cancelled"
    assert answer.json()["ticket"]["maskedName"] == ""
    hall.refused(await hall.post(f"/api/v1/tickets/{ticket['id']}/cancel", {}), 409, "wrong_state")
    hall.refused(await hall.post("/api/v1/tickets/nothing/cancel", {}), 404, "not_found")


# --- windows -----------------------------------------------------------------------------------


async def test_one_ticket_goes_its_whole_way(hall: Any) -> None:
    ticket = await hall.take(person=PERSON)
    opened = await hall.act("3", "open", who="officer3")
    assert opened.status_code == 200, opened.text
    assert opened.json()["window"]["officer"]["number"] == "003"
    waiting = (await hall.get("/api/v1/windows/3/waiting?limit=5", "officer3")).json()["tickets"]
    assert [row["number"] for row in waiting] == ["A001"]
    called = (await hall.act("3", "call-next", who="officer3")).json()
    assert called["ticket"]["number"] == "A001"
    assert called["ticket"]["maskedName"] == "魏*"
    assert called["ticket"]["why"]
    hall.refused(await hall.act("3", "call-next", who="officer3"), 409, "window_busy")
    hall.refused(await hall.act("3", "recall", who="officer3"), 409, "recall_too_soon")
    assert (await hall.act("3", "start", who="officer3")).json()["ticket"]["state"] == "serving"
    done = (await hall.act("3", "finish", {"outcome": "accepted"}, who="officer3")).json()
    assert done["window"]["rating"] == "invited"
    assert done["service"]
    assert (await hall.get(f"/api/v1/tickets/{ticket['id']}")).json()["ticket"]["state"] == "done"
    empty = await hall.act("3", "call-next", who="officer3")
    assert (empty.status_code, empty.json()["ticket"]) == (200, None)


async def test_call_next_may_finish_the_current_ticket_first(hall: Any) -> None:
    await hall.take("B")
    await hall.take("B")
    await hall.act("4", "open")
    await hall.act("4", "call-next")
    await hall.act("4", "start")
    answer = await hall.act("4", "call-next", {"finishCurrent": "consult"})
    assert answer.json()["ticket"]["number"] == "B002"


async def test_two_windows_that_press_at_once_never_call_the_same_ticket(hall: Any) -> None:
    for _ in range(3):
        await hall.take("A")
    windows = ("1", "2", "3")
    for window in windows:
        await hall.act(window, "open")
    answers = await asyncio.gather(*(hall.act(window, "call-next") for window in windows * 2))
    called = [a.json()["ticket"]["number"] for a in answers if a.status_code == 200 and a.json()["ticket"]]
    assert sorted(called) == ["A001", "A002", "A003"]
    assert sorted(a.status_code for a in answers) == [200, 200, 200, 409, 409, 409]


async def test_pass_hold_resume_and_transfer_over_the_wire(hall: Any) -> None:
    await hall.take("A")
    await hall.act("1", "open")
    await hall.act("1", "call-next")
    await hall.act("1", "start")
    held = (await hall.act("1", "hold")).json()
    assert [row["number"] for row in held["window"]["held"]] == ["A001"]
    assert (await hall.act("1", "resume")).json()["ticket"]["state"] == "serving"
    moved = await hall.act("1", "transfer", {"queue": "E", "position": "original"})
    assert moved.status_code == 200, moved.text
    assert (moved.json()["ticket"]["queue"], moved.json()["ticket"]["number"]) == ("E", "A001")
    await hall.act("2", "open")
    assert (await hall.act("2", "call-next")).json()["ticket"]["number"] == "A001"
    passed = await hall.act("2", "pass", {"reason": "absent"})
    assert passed.json()["ticket"]["state"] == "passed"
    hall.refused(await hall.act("2", "transfer", {}), 422, "bad_request")
    hall.refused(await hall.act("99", "open"), 404, "not_found")


async def test_a_gateways_keypad_sees_no_name(hall: Any) -> None:
    await hall.take("A", person=PERSON)
    await hall.act("3", "open", who="gateway")
    answer = await hall.act("3", "call-next", who="gateway")
    assert answer.json()["ticket"]["number"] == "A001"
    assert "魏" not in answer.text


# --- ratings -----------------------------------------------------------------------------------


async def test_a_rating_at_the_pad_is_kept_once_and_only_admins_see_the_level(hall: Any) -> None:
    served = await hall.serve_one("3")
    path = f"/api/v1/services/{served['service']}/rating"
    body = {"level": "dissatisfied", "reasons": ["207"], "channel": "pad"}
    answer = await hall.post(path, body, "pad")
    assert answer.status_code in {200, 201}, answer.text
    assert answer.json()["level"] is None
    hall.refused(await hall.post(path, body, "pad"), 409, "rating_exists")
    for who in ("officer3", "window", "pad", "integrator", "gateway", "screen"):
        seen = (await hall.get(path, who)).json()
        assert (seen["state"], seen["level"], seen["reasons"]) == ("submitted", None, []), who
    assert (await hall.get(path, "admin")).json()["level"] == "dissatisfied"
    rows = (await hall.get("/api/v1/admin/ratings", "admin")).json()["rows"]
    assert [(row["level"], row["reasons"], row["window"]) for row in rows] == [("dissatisfied", ["207"], "3")]


async def test_the_windows_id_stands_for_its_last_service(hall: Any) -> None:
    hall.refused(await hall.get("/api/v1/services/3/rating", "pad"), 409, "rating_not_possible")
    await hall.serve_one("3")
    assert (await hall.get("/api/v1/services/3/rating", "pad")).json()["state"] == "invited"
    answer = await hall.post("/api/v1/services/3/rating", {"level": "very-satisfied"}, "pad")
    assert answer.status_code in {200, 201}, answer.text
    assert (await hall.get("/api/v1/services/3/rating", "pad")).json()["state"] == "submitted"


async def test_a_bad_rating_needs_a_reason_and_a_passed_ticket_none(hall: Any) -> None:
    served = await hall.serve_one("3")
    path = f"/api/v1/services/{served['service']}/rating"
    hall.refused(await hall.post(path, {"level": "very-dissatisfied"}, "pad"), 409, "reason_required")
    hall.refused(await hall.post(path, {"level": "dissatisfied", "reasons": ["999"]}, "pad"), 409, "unknown_reason")
    ticket = await hall.take("A")
    await hall.act("3", "call-next")
    await hall.act("3", "pass")
    path = f"/api/v1/services/{ticket['id']}/rating"
    hall.refused(await hall.post(path, {"level": "satisfied"}), 409, "rating_not_possible")
    hall.refused(await hall.post("/api/v1/services/nothing/rating", {"level": "satisfied"}), 404, "not_found")


async def test_a_pad_cannot_pass_itself_off_as_a_box_that_has_no_room_for_reasons(hall: Any) -> None:
    served = await hall.serve_one("3")
    path = f"/api/v1/services/{served['service']}/rating"
    body = {"level": "dissatisfied", "channel": "device"}
    hall.refused(await hall.post(path, body, "pad"), 409, "reason_required")
    answer = await hall.post(path, {"level": "dissatisfied", "channel": "pad"}, "gateway")
    assert answer.status_code in {200, 201}, answer.text
    assert answer.json()["channel"] == "device"


async def test_ratings_are_chosen_by_the_day_of_the_hall(hall: Any) -> None:
    served = await hall.serve_one("3")
    await hall.post(f"/api/v1/services/{served['service']}/rating", {"level": "satisfied"}, "pad")
    today = hall.clock.now().astimezone(ZoneInfo("Asia/Shanghai")).date()
    ask = "/api/v1/admin/ratings?from={}&to={}"
    assert len((await hall.get(ask.format(today, today), "admin")).json()["rows"]) == 1
    before = today - timedelta(days=1)
    assert (await hall.get(ask.format(before, before), "admin")).json()["rows"] == []
    hall.refused(await hall.get("/api/v1/admin/ratings?from=yesterday", "admin"), 422, "bad_request")


# --- the citizen's own link --------------------------------------------------------------------


async def test_the_link_on_the_paper_shows_the_ticket_and_nothing_of_the_person(hall: Any) -> None:
    ticket = await hall.take(person=PERSON, phone="13800001234")
    link = ticket["statusUrl"].rsplit("/", 1)[-1]
    assert len(link) >= 22
    answer = await hall.get(f"/api/v1/my/{link}", None)
    assert answer.json()["ticket"]["number"] == "A001"
    assert "魏" not in answer.text
    assert "1234" not in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_the_holder_of_the_link_may_cancel_once(hall: Any) -> None:
    link = (await hall.take(person=PERSON))["statusUrl"].rsplit("/", 1)[-1]
    answer = await hall.post(f"/api/v1/my/{link}/cancel", {}, None, key="c1")
    assert (answer.status_code, answer.json()["ticket"]["state"]) == (200, "cancelled")
    assert "魏" not in answer.text
    assert (await hall.post(f"/api/v1/my/{link}/cancel", {}, None, key="c1")).content == answer.content
    hall.refused(await hall.post(f"/api/v1/my/{link}/cancel", {}, None), 409, "wrong_state")


async def test_the_holder_of_the_link_may_rate_days_later_and_once(hall: Any) -> None:
    served = await hall.serve_one("3")
    path = f"/api/v1/my/{served['link']}/rating"
    answer = await hall.post(path, {"level": "basically-satisfied"}, None)
    assert answer.status_code in {200, 201}, answer.text
    assert answer.json()["channel"] == "qr"
    assert answer.json()["level"] is None
    hall.refused(await hall.post(path, {"level": "satisfied"}, None), 409, "rating_exists")
