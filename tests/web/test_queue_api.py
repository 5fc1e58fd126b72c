"""The rest of the queue over HTTP: paper, coming back, calls out of order, restrictions, hours, what staff read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

NAMED = {"person": {"token": "c" * 32, "maskedName": "张*三"}}


async def opened(hall: Any, window: str = "3", who: str = "integrator") -> None:
    answer = await hall.act(window, "open", who=who)
    assert answer.status_code == 200, answer.text


async def called(hall: Any, window: str = "3") -> dict[str, Any]:
    answer = await hall.act(window, "call-next")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


# --- paper ---


async def test_a_number_waits_once_its_paper_came_out(hall: Any) -> None:
    issued = await hall.take("A", "kiosk", channel="kiosk", awaitsPaper=True)
    assert issued["state"] == "issuing"
    await opened(hall)
    assert (await called(hall))["ticket"] is None
    path = f"/api/v1/tickets/{issued['id']}/paper"
    hall.refused(await hall.post(path, {"state": "eaten"}, "kiosk"), 422, "bad_request")
    failed = (await hall.post(path, {"state": "failed"}, "kiosk")).json()
    assert failed["ticket"]["state"] == "print-failed"
    printed = (await hall.post(path, {"state": "printed"}, "kiosk")).json()
    assert printed["ticket"]["state"] == "waiting"
    assert (await called(hall))["ticket"]["number"] == issued["number"]


# --- at the window ---


async def test_why_this_one_is_told_with_numbers_and_without_names(hall: Any) -> None:
    await hall.take("A", **NAMED)
    await hall.take("A")
    await opened(hall)
    told = await called(hall)
    assert told["ticket"]["maskedName"] == "张*三"
    because = told["because"]
    assert set(because) <= {"code", "waitedSeconds", "standing", "risen", "turn", "considered"}
    for one in because["considered"]:
        assert set(one) == {"number", "queue", "standing", "waitedSeconds", "behind"}
    again = await hall.act("3", "recall", who="gateway")
    assert "张" not in again.text


async def test_a_keypad_hears_no_name_whatever_it_does(hall: Any) -> None:
    await hall.take("A", **NAMED)
    for verb in ("open", "call-next", "start", "hold", "resume", "transfer", "undo-transfer", "finish"):
        body = {"queue": "E"} if verb == "transfer" else {}
        answer = await hall.act("3", verb, body, who="gateway")
        assert answer.status_code == 200, (verb, answer.text)
        assert "张" not in answer.text, verb


async def test_a_call_out_of_order_keeps_its_reason(hall: Any) -> None:
    await hall.take("A")
    second = await hall.take("A")
    await opened(hall)
    path = "/api/v1/windows/3/call"
    hall.refused(await hall.post(path, {"ticket": second["id"]}), 422, "bad_request")
    hall.refused(await hall.post(path, {"ticket": second["id"], "reason": "other"}), 409, "reason_required")
    answer = await hall.post(path, {"ticket": second["id"], "reason": "special-need"})
    assert (answer.status_code, answer.json()["ticket"]["why"]) == (200, "out-of-order"), answer.text
    (row,) = (await hall.get("/api/v1/admin/audit", "admin")).json()["rows"]
    assert (row["about"], row["reason"], row["by"]) == (second["id"], "special-need", "bench")


async def test_somebody_without_a_number_and_somebody_who_was_passed_are_served(hall: Any) -> None:
    await opened(hall)
    done = await hall.act("3", "serve", {"queue": "A"})
    assert (done.status_code, done.json()["ticket"]["number"]) == (200, "WA001"), done.text
    await hall.act("3", "finish")
    ticket = await hall.take("A")
    await called(hall)
    await hall.act("3", "pass")
    back = await hall.act("3", "serve-passed", {"ticket": ticket["id"]})
    assert (back.status_code, back.json()["ticket"]["state"]) == (200, "serving"), back.text


async def test_a_passed_number_waits_again_by_the_hand_of_staff(hall: Any) -> None:
    ticket = await hall.take("A", **NAMED)
    await opened(hall)
    await called(hall)
    path = f"/api/v1/tickets/{ticket['id']}/reactivate"
    hall.refused(await hall.post(path, {}, "kiosk"), 409, "wrong_state")
    await hall.act("3", "pass")
    answer = await hall.post(path, {}, "kiosk")
    assert (answer.status_code, answer.json()["ticket"]["maskedName"]) == (200, ""), answer.text
    assert answer.json()["ticket"]["standing"] == "returned"


@pytest.mark.parametrize("verb", ["call", "serve-passed", "serve", "undo-transfer"])
async def test_a_window_terminal_does_the_new_acts_only_at_its_own_window(hall: Any, verb: str) -> None:
    body = {"call": {"ticket": "x", "reason": "correction"}, "serve-passed": {"ticket": "x"}}.get(verb, {})
    hall.refused(await hall.act("4", verb, body, who="window"), 403, "forbidden")


# --- what staff look after ---


async def test_a_restriction_is_made_seen_and_lifted(hall: Any) -> None:
    ticket = await hall.take("A", **NAMED)
    until = (hall.clock.now() + timedelta(days=3)).isoformat()
    body = {"ticket": ticket["id"], "reason": "abuse", "scope": "tickets", "until": until}
    made = await hall.post("/api/v1/restrictions", body, "admin")
    assert made.status_code == 201, made.text
    listed = (await hall.get("/api/v1/admin/restrictions", "admin")).json()["restrictions"]
    assert [one["id"] for one in listed] == [made.json()["id"]]
    assert "张" not in str(listed)
    refused = await hall.post("/api/v1/tickets", {"queue": "B", **NAMED})
    hall.refused(refused, 409, "restricted")
    assert refused.json()["detail"]["reason"] == "abuse"
    path = f"/api/v1/restrictions/{made.json()['id']}/lift"
    hall.refused(await hall.post(path, {}, "officer3"), 403, "forbidden")
    assert (await hall.post(path, {"text": "sorry"}, "admin")).json()["liftedAt"]
    hall.refused(await hall.post(path, {}, "admin"), 409, "wrong_state")
    hall.refused(await hall.post("/api/v1/restrictions/none/lift", {}, "admin"), 404, "not_found")
    assert (await hall.post("/api/v1/tickets", {"queue": "B", **NAMED})).status_code == 201


async def test_a_time_without_an_offset_is_no_time(hall: Any) -> None:
    ticket = await hall.take("A", **NAMED)
    body = {"ticket": ticket["id"], "reason": "abuse", "until": "2030-01-01T00:00:00"}
    hall.refused(await hall.post("/api/v1/restrictions", body, "admin"), 422, "bad_request")
    hall.refused(await hall.post("/api/v1/hours/extend", {"until": "2030-01-01T00:00:00"}, "admin"), 422, "bad_request")


async def test_hours_are_extended_by_admins_and_far_too_long_ones_are_refused(hall: Any) -> None:
    far = (hall.clock.now() + timedelta(days=2)).isoformat()
    hall.refused(await hall.post("/api/v1/hours/extend", {"until": far}, "admin"), 422, "bad_request")
    soon = (hall.clock.now() + timedelta(seconds=1)).isoformat()
    answer = await hall.post("/api/v1/hours/extend", {"until": soon, "queue": "A"}, "admin")
    assert (answer.status_code, [one["id"] for one in answer.json()["queues"]]) == (200, ["A"]), answer.text
    hall.refused(await hall.post("/api/v1/hours/extend", {"until": soon}, "officer3"), 403, "forbidden")


async def test_alerts_are_for_staff_and_parked_tickets_for_admins(hall: Any) -> None:
    for who in ("window", "officer3", "admin", "integrator"):
        assert (await hall.get("/api/v1/alerts", who)).json() == {"alerts": []}
    body = {"kiosk": "K1", "key": "none", "how": "dismiss", "text": "lost"}
    hall.refused(await hall.post("/api/v1/admin/parked/settle", body, "admin"), 404, "not_found")
    hall.refused(await hall.post("/api/v1/admin/parked/settle", body, "integrator"), 403, "forbidden")


async def test_a_parked_ticket_gets_a_new_number_at_its_old_time(hall: Any) -> None:
    printed = (hall.clock.now() - timedelta(minutes=5)).isoformat()
    ticket = {
        "key": "o1",
        "lease": "unknown",
        "queue": "A",
        "number": "A777",
        "issuedAt": printed,
        "statusToken": "s" * 26,
    }
    reported = (await hall.post("/api/v1/offline-tickets", [ticket], "kiosk")).json()["results"]
    assert [one["result"] for one in reported] == ["parked"]
    (parked,) = (await hall.get("/api/v1/admin/parked", "admin")).json()["tickets"]
    body = {"kiosk": parked["kiosk"], "key": parked["key"], "how": "issue"}
    settled = await hall.post("/api/v1/admin/parked/settle", body, "admin")
    assert (settled.status_code, settled.json()["result"]) == (200, "issued"), settled.text
    assert (await hall.get("/api/v1/admin/parked", "admin")).json()["tickets"] == []


# --- a window that was left ---


async def test_only_an_admin_closes_a_window_with_somebody_in_front(hall: Any) -> None:
    ticket = await hall.take("A")
    await hall.act("3", "open", who="officer3")
    await hall.act("3", "call-next", who="officer3")
    body = {"reason": "officer-left", "text": "下班未退出"}
    for who in ("officer3", "window", "integrator", "gateway"):
        hall.refused(await hall.act("3", "force-close", body, who), 403, "forbidden")
    hall.refused(await hall.act("3", "close", who="admin"), 409, "window_busy")
    hall.refused(await hall.act("3", "force-close", {}, "admin"), 422, "bad_request")
    done = (await hall.act("3", "force-close", body, "admin")).json()
    assert (done["window"]["mode"], done["ticket"]["state"]) == ("closed", "waiting")
    board = (await hall.get("/api/v1/snapshot")).json()
    assert [call["withdrawn"] for call in board["calls"]] == [True]
    for seq in (board["seq"] - 1, board["seq"]):  # the withdrawal and the closing
        hall.refused(await hall.get(f"/api/v1/speech/{seq}.wav", "screen"), 404, "not_found")
    assert (await hall.get(f"/api/v1/tickets/{ticket['id']}")).json()["ahead"] == 0
    hall.refused(await hall.act("3", "force-close", body, "admin"), 409, "window_not_open")
    [row] = (await hall.get("/api/v1/admin/audit", "admin")).json()["rows"]
    assert (row["act"], row["by"], row["about"], row["text"]) == ("force-close-window", "admin", "3", "下班未退出")
    hall.refused(await hall.act("3", "start", who="officer3"), 409, "window_not_open")


@pytest.mark.parametrize("page", ["/admin", "/desk"])
async def test_a_page_is_found_without_its_last_slash(hall: Any, page: str) -> None:
    answer = await hall.client.get(page)
    assert (answer.status_code, answer.headers["location"]) == (308, f"{page}/")
