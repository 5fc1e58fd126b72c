"""The outer interface beside tickets and windows: kiosks, the hall as it is, pages, logs, faults."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from queue_server.contract.refusals import Code, Refusal

PERSON = {"token": "p" * 32, "maskedName": "魏*"}


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
        "issuedAt": hall.clock.now().isoformat(),
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
        "issuedAt": hall.clock.now().isoformat(),
        "statusToken": "u" * 32,
    }
    answer = await hall.post("/api/v1/offline-tickets", [row], "kiosk2")
    assert answer.json()["results"][0]["result"] == "parked"
    parked = (await hall.get("/api/v1/admin/parked", "admin")).json()["tickets"]
    assert [(one["kiosk"], one["number"]) for one in parked] == [("K2", "A900")]


async def test_a_terminal_learns_that_its_clock_is_off_and_admins_see_it(hall: Any) -> None:
    ahead = (hall.clock.now() + timedelta(hours=1)).isoformat()
    body = {"clock": ahead, "conditions": [{"device": "printer", "code": "paper-out", "action": "refill"}]}
    reply = (await hall.post("/api/v1/terminals/report", body, "kiosk")).json()
    assert reply["clockOffSeconds"] == pytest.approx(3600, abs=30)
    assert reply["catalogueVersion"]
    rows = {row["name"]: row for row in (await hall.get("/api/v1/admin/terminals", "admin")).json()["terminals"]}
    assert rows["K1"]["clockOffSeconds"] == pytest.approx(3600, abs=30)
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
    hall.refused(answer, 503, "provider_unavailable")
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
    standing = hall.clock.now()
    hall.clock.now = lambda: standing + hall.clock.shift
    await hall.take("A")
    await hall.act("3", "open")
    await hall.act("3", "call-next")
    (seq,) = [row.seq for row in await hall.office.events_after("demo", 0) if row.type == "ticket.called"]
    answer = await hall.get(f"/api/v1/speech/{seq}.wav", "screen")
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.content == "RIFFA001 3号窗口".encode()
    english = await hall.get(f"/api/v1/speech/{seq}.wav?language=en", "gateway")
    assert english.content.startswith(b"RIFFA001 ")
    assert english.content != answer.content
    hall.refused(await hall.get(f"/api/v1/speech/{seq}.wav?language=tlh", "screen"), 422, "bad_request")
    hall.refused(await hall.get("/api/v1/speech/1.wav", "screen"), 404, "not_found")
    hall.refused(await hall.get("/api/v1/speech/999999.wav", "screen"), 404, "not_found")
    hall.refused(await hall.get("/api/v1/speech/x.wav", "screen"), 404, "not_found")
    hall.clock.shift = timedelta(seconds=21)
    hall.refused(await hall.get(f"/api/v1/speech/{seq}.wav", "screen"), 410, "too_late")


async def test_the_description_of_the_hall_comes_back_as_it_was_loaded(hall: Any) -> None:
    answer = await hall.get("/api/v1/admin/hall.yaml", "admin")
    assert answer.headers["content-type"] == "application/yaml"
    assert "云山区政务服务中心" in answer.text


# --- everything else ---------------------------------------------------------------------------


async def test_unknown_paths_and_methods_are_said_in_the_same_shape(hall: Any) -> None:
    hall.refused(await hall.get("/api/v1/nothing"), 404, "not_found")
    wrong = await hall.client.delete("/api/v1/tickets", headers=hall.headers("integrator"))
    hall.refused(wrong, 405, "bad_request")
    assert wrong.headers["allow"] == "POST"


async def test_a_full_disk_is_said_and_trying_again_helps(hall: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*args: Any, **kwargs: Any) -> Any:
        raise Refusal(Code.STORAGE_FULL, "the disk is full")

    monkeypatch.setattr(hall.office, "carry_out", full)
    answer = await hall.post("/api/v1/tickets", {"queue": "A"})
    hall.refused(answer, 503, "storage_full")
    assert answer.json()["retryable"] is True
    assert answer.headers["retry-after"]


async def test_a_mistake_of_ours_is_a_500_without_a_word_of_it(
    hall: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    async def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("13800001234")

    monkeypatch.setattr(hall.office, "carry_out", broken)
    answer = await hall.post("/api/v1/tickets", {"queue": "A", "phone": "13800001234"})
    hall.refused(answer, 500, "internal")
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


@pytest.mark.parametrize("path", ["/", "/admin/", "/desk/", "/screen/S1", "/window/3", "/rate/3", "/t/" + "x" * 26])
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
    async with asyncio.timeout(30):
        state = "invited"
        while state != "timed-out":  # because a page would ask like this
            await asyncio.sleep(0.02)
            state = (await hall.get("/api/v1/services/3/rating", "pad")).json()["state"]
    assert (await hall.get("/api/v1/admin/ratings", "admin")).json()["rows"] == []
    late = await hall.post(f"/api/v1/services/{served['service']}/rating", {"level": "satisfied"}, "pad")
    hall.refused(late, 409, "rating_closed")
    by_link = await hall.post(f"/api/v1/my/{served['link']}/rating", {"level": "satisfied"}, None)
    assert by_link.status_code in {200, 201}, by_link.text
