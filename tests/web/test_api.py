"""The outer interface, call by call, on the real office."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from queue_server.contract.refusals import Code, Refusal

REFUSAL = {"code", "message", "retryable", "detail"}
PERSON = {"token": "p" * 32, "maskedName": "魏*"}


def assert_refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert set(answer.json()) == REFUSAL
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


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
    assert_refused(await hall.post("/api/v1/tickets", {"queue": "B"}, key="k"), 409, "key_reused")
    assert_refused(await hall.post("/api/v1/windows/1/open", {}, key="k"), 409, "key_reused")


async def test_the_same_key_sent_thrice_at_once_makes_one_ticket(hall: Any) -> None:
    answers = await asyncio.gather(*(hall.post("/api/v1/tickets", {"queue": "A"}, key="once") for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_final_refusal_is_repeated_too(hall: Any) -> None:
    await hall.take(person=PERSON)
    body = {"queue": "A", "person": PERSON}
    first = await hall.post("/api/v1/tickets", body, key="second")
    assert_refused(first, 409, "already_waiting")
    assert (await hall.post("/api/v1/tickets", body, key="second")).content == first.content


@pytest.mark.parametrize("key", ["x" * 65, "x" * 500])
async def test_a_key_that_is_too_long_is_refused(hall: Any, key: str) -> None:
    assert_refused(await hall.post("/api/v1/tickets", {"queue": "A"}, key=key), 422, "bad_request")


async def test_an_unknown_field_is_refused_by_name(hall: Any) -> None:
    answer = await hall.post("/api/v1/tickets", {"queue": "A", "colour": "red"})
    assert_refused(answer, 422, "bad_request")
    assert answer.json()["detail"]["field"] == "colour"


async def test_an_unknown_queue_is_not_found(hall: Any) -> None:
    answer = await hall.post("/api/v1/tickets", {"queue": "Z"})
    assert answer.status_code in {404, 422}, answer.text


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(hall: Any) -> None:
    assert_refused(await hall.post("/api/v1/tickets", {"queue": "A", "item": "x" * 70_000}), 413, "bad_request")

    async def drip() -> Any:
        for _ in range(100):
            yield b" " * 1024

    headers = hall.headers("integrator")
    answer = await hall.client.post("/api/v1/tickets", content=drip(), headers=headers)
    assert_refused(answer, 413, "bad_request")


async def test_a_ticket_is_given_back(hall: Any) -> None:
    ticket = await hall.take(person=PERSON)
    answer = await hall.post(f"/api/v1/tickets/{ticket['id']}/cancel", {}, "kiosk")
    assert answer.status_code == 200, answer.text
    assert answer.json()["ticket"]["state"] == "cancelled"
    assert answer.json()["ticket"]["maskedName"] == ""
    assert_refused(await hall.post(f"/api/v1/tickets/{ticket['id']}/cancel", {}), 409, "wrong_state")
    assert_refused(await hall.post("/api/v1/tickets/nothing/cancel", {}), 404, "not_found")


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
    assert_refused(await hall.act("3", "call-next", who="officer3"), 409, "window_busy")
    assert_refused(await hall.act("3", "recall", who="officer3"), 409, "recall_too_soon")
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
    assert_refused(await hall.act("2", "transfer", {}), 422, "bad_request")
    assert_refused(await hall.act("99", "open"), 404, "not_found")


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
    assert_refused(await hall.post(path, body, "pad"), 409, "rating_exists")
    for who in ("officer3", "window", "pad", "integrator", "gateway", "screen"):
        seen = (await hall.get(path, who)).json()
        assert (seen["state"], seen["level"], seen["reasons"]) == ("submitted", None, []), who
    assert (await hall.get(path, "admin")).json()["level"] == "dissatisfied"
    rows = (await hall.get("/api/v1/admin/ratings", "admin")).json()["rows"]
    assert [(row["level"], row["reasons"], row["window"]) for row in rows] == [("dissatisfied", ["207"], "3")]


async def test_the_windows_id_stands_for_its_last_service(hall: Any) -> None:
    assert_refused(await hall.get("/api/v1/services/3/rating", "pad"), 409, "rating_not_possible")
    await hall.serve_one("3")
    assert (await hall.get("/api/v1/services/3/rating", "pad")).json()["state"] == "invited"
    answer = await hall.post("/api/v1/services/3/rating", {"level": "very-satisfied"}, "pad")
    assert answer.status_code in {200, 201}, answer.text
    assert (await hall.get("/api/v1/services/3/rating", "pad")).json()["state"] == "submitted"


async def test_a_bad_rating_needs_a_reason_and_a_passed_ticket_none(hall: Any) -> None:
    served = await hall.serve_one("3")
    path = f"/api/v1/services/{served['service']}/rating"
    assert_refused(await hall.post(path, {"level": "very-dissatisfied"}, "pad"), 409, "reason_required")
    assert_refused(await hall.post(path, {"level": "dissatisfied", "reasons": ["999"]}, "pad"), 409, "unknown_reason")
    ticket = await hall.take("A")
    await hall.act("3", "call-next")
    await hall.act("3", "pass")
    path = f"/api/v1/services/{ticket['id']}/rating"
    assert_refused(await hall.post(path, {"level": "satisfied"}), 409, "rating_not_possible")
    assert_refused(await hall.post("/api/v1/services/nothing/rating", {"level": "satisfied"}), 404, "not_found")


async def test_ratings_are_chosen_by_the_day_of_the_hall(hall: Any) -> None:
    served = await hall.serve_one("3")
    await hall.post(f"/api/v1/services/{served['service']}/rating", {"level": "satisfied"}, "pad")
    today = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date()
    ask = "/api/v1/admin/ratings?from={}&to={}"
    assert len((await hall.get(ask.format(today, today), "admin")).json()["rows"]) == 1
    before = today - timedelta(days=1)
    assert (await hall.get(ask.format(before, before), "admin")).json()["rows"] == []
    assert_refused(await hall.get("/api/v1/admin/ratings?from=yesterday", "admin"), 422, "bad_request")


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
    assert_refused(await hall.post(f"/api/v1/my/{link}/cancel", {}, None), 409, "wrong_state")


async def test_the_holder_of_the_link_may_rate_days_later_and_once(hall: Any) -> None:
    served = await hall.serve_one("3")
    path = f"/api/v1/my/{served['link']}/rating"
    answer = await hall.post(path, {"level": "basically-satisfied"}, None)
    assert answer.status_code in {200, 201}, answer.text
    assert answer.json()["channel"] == "qr"
    assert answer.json()["level"] is None
    assert_refused(await hall.post(path, {"level": "satisfied"}, None), 409, "rating_exists")


# --- kiosks ------------------------------------------------------------------------------------


async def test_numbers_are_lent_and_tickets_printed_from_them_arrive_once(hall: Any) -> None:
    lease = (await hall.post("/api/v1/leases", {"queue": "A", "size": 20}, "kiosk")).json()
    assert (lease["from"], lease["to"] - lease["from"] + 1) == (700, 20)
    assert datetime.fromisoformat(lease["expiresAt"])
    row = {
        "key": "offline-1",
        "lease": lease["id"],
        "queue": "A",
        "number": "A700",
        "issuedAt": datetime.now(UTC).isoformat(),
        "statusToken": "t" * 32,
    }
    for body in ([row], {"tickets": [row]}):
        answer = await hall.post("/api/v1/offline-tickets", body, "kiosk")
        assert answer.status_code == 200, answer.text
    assert answer.json()["results"][0]["result"] == "already-known"
    assert (await hall.get("/api/v1/my/" + "t" * 32, None)).json()["ticket"]["number"] == "A700"


async def test_an_offline_ticket_from_nowhere_is_parked_and_staff_see_it(hall: Any) -> None:
    row = {
        "key": "offline-2",
        "lease": "nobody-lent-this",
        "queue": "A",
        "number": "A900",
        "issuedAt": datetime.now(UTC).isoformat(),
        "statusToken": "u" * 32,
    }
    answer = await hall.post("/api/v1/offline-tickets", [row], "kiosk2")
    assert answer.json()["results"][0]["result"] == "parked"
    parked = (await hall.get("/api/v1/admin/parked", "admin")).json()["tickets"]
    assert [(one["kiosk"], one["number"]) for one in parked] == [("K2", "A900")]


async def test_a_terminal_learns_that_its_clock_is_off_and_admins_see_it(hall: Any) -> None:
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    body = {"clock": ahead, "conditions": [{"device": "printer", "code": "paper-out", "action": "refill"}]}
    reply = (await hall.post("/api/v1/terminals/report", body, "kiosk")).json()
    assert reply["clockOffSeconds"] == pytest.approx(3600, abs=5)
    assert reply["catalogueVersion"]
    rows = {row["name"]: row for row in (await hall.get("/api/v1/admin/terminals", "admin")).json()["terminals"]}
    assert rows["K1"]["clockOffSeconds"] == pytest.approx(3600, abs=5)
    assert rows["K1"]["conditions"][0]["code"] == "paper-out"


async def test_only_a_kiosk_gets_the_key_that_hides_document_numbers(hall: Any) -> None:
    assert (await hall.get("/api/v1/catalogue", "kiosk")).json()["personKey"]
    for who in ("screen", "integrator", "officer3", "admin", "pad", "gateway"):
        assert (await hall.get("/api/v1/catalogue", who)).json()["personKey"] == "", who


async def test_an_unchanged_catalogue_is_not_sent_again(hall: Any) -> None:
    first = await hall.get("/api/v1/catalogue", "kiosk")
    again = await hall.get("/api/v1/catalogue", "kiosk", **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    hall.outside.available = False
    changed = await hall.get("/api/v1/catalogue", "kiosk", **{"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.json()["providers"] == [{"provider": "case-progress", "available": False, "since": None}]


async def test_a_question_goes_to_the_outside_system_and_its_absence_is_said(hall: Any) -> None:
    question = {
        "provider": "case-progress",
        "identity": {"method": "code", "idNumber": "440111199001011234", "name": "张三", "code": "246810"},
    }
    answer = await hall.post("/api/v1/ask", question, "kiosk")
    assert answer.json()["rows"] == [{"kind": "notice", "value": "好"}]
    assert hall.outside.asked[0].identity.id_number == "440111199001011234"
    hall.outside.available = False
    answer = await hall.post("/api/v1/ask", question, "kiosk")
    assert_refused(answer, 503, "provider_unavailable")
    assert answer.json()["retryable"] is True


# --- the hall as it is -------------------------------------------------------------------------


async def test_queues_and_windows_are_listed_with_their_counts(hall: Any) -> None:
    await hall.take("B", person=PERSON)
    queues = (await hall.get("/api/v1/queues", "screen")).json()["queues"]
    assert [queue["id"] for queue in queues] == ["A", "B", "C", "D", "E"]
    assert [queue["waiting"] for queue in queues] == [0, 1, 0, 0, 0]
    windows = (await hall.get("/api/v1/windows", "screen")).json()["windows"]
    assert [window["id"] for window in windows] == [str(number) for number in range(1, 9)]


async def test_a_screen_never_learns_a_name(hall: Any) -> None:
    ticket = await hall.take("A", person=PERSON)
    await hall.act("3", "open")
    await hall.act("3", "call-next")
    for path in ("snapshot", "windows", "catalogue", f"tickets/{ticket['id']}"):
        for who in ("screen", "pad", "kiosk", "gateway"):
            assert "魏" not in (await hall.get(f"/api/v1/{path}", who)).text, (path, who)
    assert "魏" in (await hall.get("/api/v1/snapshot", "officer3")).text


async def test_what_everybody_may_know_needs_no_token(hall: Any) -> None:
    surfaces = (await hall.get("/api/v1/surfaces", None)).json()
    assert surfaces["hallName"]["zh"] == "云山区政务服务中心"
    assert surfaces["screens"] == ["S1", "S2"]
    assert surfaces["pads"] == ["1", "2", "3", "4", "5", "6", "7"]
    levels = (await hall.get("/api/v1/levels", None)).json()["levels"]
    assert [level["level"] for level in levels][:1] == ["very-satisfied"]
    assert len(levels) == 5


async def test_a_call_is_spoken_while_it_is_fresh_and_never_later(hall: Any) -> None:
    await hall.take("A")
    await hall.act("3", "open")
    await hall.act("3", "call-next")
    seq = (await hall.get("/api/v1/snapshot")).json()["seq"]
    answer = await hall.get(f"/api/v1/speech/{seq}.wav", "screen")
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.content == "RIFFA001 3号窗口".encode()
    assert_refused(await hall.get("/api/v1/speech/1.wav", "screen"), 404, "not_found")
    assert_refused(await hall.get("/api/v1/speech/999999.wav", "screen"), 404, "not_found")
    assert_refused(await hall.get("/api/v1/speech/x.wav", "screen"), 404, "not_found")
    hall.clock.shift = timedelta(seconds=21)
    assert_refused(await hall.get(f"/api/v1/speech/{seq}.wav", "screen"), 410, "too_late")


async def test_the_description_of_the_hall_comes_back_as_it_was_loaded(hall: Any) -> None:
    answer = await hall.get("/api/v1/admin/hall.yaml", "admin")
    assert answer.headers["content-type"] == "application/yaml"
    assert "云山区政务服务中心" in answer.text


# --- everything else ---------------------------------------------------------------------------


async def test_unknown_paths_and_methods_are_said_in_the_same_shape(hall: Any) -> None:
    assert_refused(await hall.get("/api/v1/nothing"), 404, "not_found")
    wrong = await hall.client.delete("/api/v1/tickets", headers=hall.headers("integrator"))
    assert_refused(wrong, 405, "bad_request")
    assert wrong.headers["allow"] == "POST"


async def test_a_full_disk_is_said_and_trying_again_helps(hall: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*args: Any, **kwargs: Any) -> Any:
        raise Refusal(Code.STORAGE_FULL, "the disk is full")

    monkeypatch.setattr(hall.office, "carry_out", full)
    answer = await hall.post("/api/v1/tickets", {"queue": "A"})
    assert_refused(answer, 503, "storage_full")
    assert answer.json()["retryable"] is True
    assert answer.headers["retry-after"]


async def test_a_mistake_of_ours_is_a_500_without_a_word_of_it(
    hall: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    async def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("13800001234")

    monkeypatch.setattr(hall.office, "carry_out", broken)
    answer = await hall.post("/api/v1/tickets", {"queue": "A", "phone": "13800001234"})
    assert_refused(answer, 500, "internal")
    assert answer.json()["retryable"] is True
    assert "13800001234" not in answer.text
    seen = capfd.readouterr()
    assert "13800001234" not in seen.out + seen.err
    assert "RuntimeError" in seen.out + seen.err


async def test_no_log_line_holds_anything_of_a_person_or_a_secret(hall: Any, capfd: pytest.CaptureFixture[str]) -> None:
    ticket = await hall.take("A", person=PERSON, phone="13800001234")
    link = ticket["statusUrl"].rsplit("/", 1)[-1]
    await hall.get(f"/api/v1/my/{link}", None)
    await hall.get("/t/" + link, None)
    await hall.get("/api/v1/queues?phone=13800001234")
    await hall.post("/api/v1/login", {"name": "officer1", "password": "hunter2hunter2"}, None)
    await hall.post("/api/v1/tickets", {"queue": "A", "phone": "not a phone 440111199001011234"})
    identity = {"method": "code", "idNumber": "440111199001011234", "name": "张三", "code": "246810"}
    await hall.post("/api/v1/ask", {"provider": "case-progress", "identity": identity}, "kiosk")
    seen = "".join(capfd.readouterr())
    assert "/my/{token}" in seen
    assert "/t/{id}" in seen
    typed = ("13800001234", "1234", "魏", "张三", "hunter2", "440111199001011234", "246810")
    for secret in (*typed, link, hall.tokens["kiosk"]):
        assert secret not in seen, secret


async def test_health_metrics_and_the_document_are_there_without_a_token(hall: Any) -> None:
    await hall.take("A", person=PERSON)
    assert (await hall.get("/healthz", None)).json()["status"] == "ok"
    assert (await hall.get("/readyz", None)).json()["status"] == "ready"
    document = (await hall.get("/api/openapi.json", None)).json()
    assert document["openapi"].startswith("3.1")
    metrics = (await hall.get("/metrics", None)).text
    assert 'hall_http_requests_total{method="POST",route="/tickets",status="201"} 1.0' in metrics
    assert "魏" not in metrics


async def test_a_server_whose_database_does_not_answer_is_not_ready(hall: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise OSError("gone")

    monkeypatch.setattr(hall.office, "ready", broken)
    assert (await hall.get("/readyz", None)).status_code == 503
    assert (await hall.get("/healthz", None)).status_code == 200


@pytest.mark.parametrize("path", ["/", "/admin/", "/screen/S1", "/window/3", "/rate/3", "/t/" + "x" * 26])
async def test_every_page_is_served_with_a_strict_policy(hall: Any, path: str) -> None:
    answer = await hall.get(path, None)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    again = await hall.get(path, None, **{"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/static/../pyproject.toml", "/static/%2e%2e/x", "/static/nothing.js", "/nothing"])
async def test_no_other_file_can_be_reached(hall: Any, path: str) -> None:
    assert (await hall.get(path, None)).status_code == 404


async def test_a_rating_that_nobody_gives_times_out_by_itself_and_counts_as_none(hall: Any) -> None:
    served = await hall.serve_one("3")
    hall.clock.shift = timedelta(seconds=61)
    await hall.take("B")  # any event makes the timers look again
    async with asyncio.timeout(5):
        state = "invited"
        while state != "timed-out":  # because a page would ask like this
            await asyncio.sleep(0.02)
            state = (await hall.get("/api/v1/services/3/rating", "pad")).json()["state"]
    assert (await hall.get("/api/v1/admin/ratings", "admin")).json()["rows"] == []
    late = await hall.post(f"/api/v1/services/{served['service']}/rating", {"level": "satisfied"}, "pad")
    assert_refused(late, 409, "rating_closed")
    by_link = await hall.post(f"/api/v1/my/{served['link']}/rating", {"level": "satisfied"}, None)
    assert by_link.status_code in {200, 201}, by_link.text
