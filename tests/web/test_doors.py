"""Who gets in: made from the table of endpoints, so that a new route is tested the day it is written."""

from __future__ import annotations

from typing import Any

import pytest

from queue_server.contract.messages import Role
from queue_server.web.endpoints import ENDPOINTS, Door, Endpoint, Media

TOKEN_DOORS = [endpoint for endpoint in ENDPOINTS if endpoint.door is Door.TOKEN]
CALLERS = {
    Role.KIOSK: "kiosk",
    Role.SCREEN: "screen",
    Role.WINDOW: "window",
    Role.PAD: "pad",
    Role.GATEWAY: "gateway",
    Role.INTEGRATOR: "integrator",
    Role.OFFICER: "officer3",
    Role.ADMIN: "admin",
}
IDS = {"id": "3", "seq": "1", "token": "x" * 26}


def path_of(endpoint: Endpoint) -> str:
    return "/api/v1" + endpoint.template.format(**IDS)


def name_of(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.template}"


async def knock(hall: Any, endpoint: Endpoint, who: str | None) -> Any:
    if endpoint.method == "GET":
        return await hall.get(path_of(endpoint), who)
    return await hall.post(path_of(endpoint), {"nonsense": True}, who)


@pytest.mark.parametrize("endpoint", TOKEN_DOORS, ids=name_of)
async def test_nobody_without_a_good_token_gets_in(hall: Any, endpoint: Endpoint) -> None:
    for who in (None, "forged" * 8, "expired", "x" * 5000):
        answer = await knock(hall, endpoint, who)
        assert answer.status_code == 401, who
        assert answer.json()["code"] == "unauthenticated"
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("endpoint", TOKEN_DOORS, ids=name_of)
async def test_every_role_that_is_not_named_is_refused(hall: Any, endpoint: Endpoint) -> None:
    for role, who in CALLERS.items():
        if role in endpoint.roles:
            continue
        answer = await knock(hall, endpoint, who)
        assert answer.status_code == 403, role
        assert answer.json()["code"] == "forbidden"


@pytest.mark.parametrize("endpoint", [e for e in TOKEN_DOORS if e.media is not Media.EVENTS], ids=name_of)
async def test_every_role_that_is_named_is_let_in(hall: Any, endpoint: Endpoint) -> None:
    for role in endpoint.roles:
        answer = await knock(hall, endpoint, CALLERS[role])
        assert answer.status_code not in {401, 403, 405, 500}, (role, answer.text)
        if endpoint.writes:
            assert answer.status_code == 422, (role, answer.text)


@pytest.mark.parametrize("header", ["Basic {token}", "{token}", "Bearer", "Bearer  ", "bearer\t{token}"])
async def test_only_a_bearer_token_counts(hall: Any, header: str) -> None:
    value = header.format(token=hall.tokens["integrator"])
    answer = await hall.client.get("/api/v1/queues", headers={"Authorization": value})
    assert answer.status_code == 401


async def test_a_token_of_strange_bytes_is_no_token(hall: Any) -> None:
    headers = {b"Authorization": b"Bearer \xff\xfc"}
    assert (await hall.client.get("/api/v1/queues", headers=headers)).status_code == 401


async def test_the_word_bearer_may_be_written_small(hall: Any) -> None:
    headers = {"Authorization": f"bearer {hall.tokens['integrator']}"}
    assert (await hall.client.get("/api/v1/queues", headers=headers)).status_code == 200


@pytest.mark.parametrize("link", ["x" * 26, "' OR 1=1 --", "%2e%2e", "😀"])
@pytest.mark.parametrize("rest", ["", "/cancel", "/reactivate", "/rating"])
async def test_a_link_that_leads_nowhere_finds_nothing(hall: Any, link: str, rest: str) -> None:
    path = f"/api/v1/my/{link}{rest}"
    answer = await (hall.post(path, {"level": "satisfied"}, None) if rest else hall.get(path, None))
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


async def test_a_citizens_link_is_no_token_and_a_token_is_no_link(hall: Any) -> None:
    link = (await hall.take())["statusUrl"].rsplit("/", 1)[-1]
    assert (await hall.get("/api/v1/queues", link)).status_code == 401
    assert (await hall.get(f"/api/v1/my/{hall.tokens['integrator']}", None)).status_code == 404


async def test_a_window_terminal_and_a_pad_keep_to_their_own_window(hall: Any) -> None:
    assert (await hall.act("3", "open", who="window")).status_code == 200
    for verb in ("open", "call-next", "recall", "start", "pass", "hold", "resume", "finish", "close", "pause"):
        answer = await hall.act("4", verb, who="window")
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), verb
    assert (await hall.get("/api/v1/windows/4/waiting", "window")).status_code == 403
    served = await hall.serve_one("4", "B")
    body = {"level": "satisfied"}
    assert (await hall.post(f"/api/v1/services/{served['service']}/rating", body, "pad")).status_code == 403
    assert (await hall.post("/api/v1/services/4/rating", body, "pad")).status_code == 403


async def test_an_officer_opens_only_the_windows_that_are_his(hall: Any) -> None:
    assert (await hall.act("3", "open", who="officer3")).status_code == 200
    assert (await hall.act("4", "open", who="officer3")).status_code == 403
    assert (await hall.act("3", "call-next", who="officer4")).status_code in {403, 409}


async def test_logging_in_gives_a_session_and_logging_out_ends_it(hall: Any) -> None:
    answer = await hall.post("/api/v1/login", {"name": "officer1", "password": "correct horse battery"}, None)
    assert answer.status_code == 200, answer.text
    session = answer.json()
    assert (session["name"], session["role"]) == ("officer1", "officer")
    me = (await hall.get("/api/v1/me", session["token"])).json()
    assert me["role"] == "officer"
    assert me["hallName"]["zh"] == "云山区政务服务中心"
    assert (await hall.post("/api/v1/logout", {}, session["token"])).status_code == 200
    assert (await hall.get("/api/v1/me", session["token"])).status_code == 401


async def test_guessing_a_password_is_slowed_down_and_time_heals_it(hall: Any) -> None:
    for _ in range(8):
        answer = await hall.post("/api/v1/login", {"name": "officer2", "password": "guess"}, None)
        assert answer.status_code == 401
    for password in ("guess", "correct horse battery"):
        answer = await hall.post("/api/v1/login", {"name": "officer2", "password": password}, None)
        assert answer.status_code == 429
        assert answer.json()["retryable"] is True
        assert int(answer.headers["retry-after"]) > 0
    hall.monotonic[0] += 61
    body = {"name": "officer2", "password": "correct horse battery"}
    assert (await hall.post("/api/v1/login", body, None)).status_code == 200


async def test_a_name_that_nobody_has_is_refused_like_a_wrong_password(hall: Any) -> None:
    known = await hall.post("/api/v1/login", {"name": "officer1", "password": "x"}, None)
    unknown = await hall.post("/api/v1/login", {"name": "nobody", "password": "x"}, None)
    assert known.status_code == unknown.status_code == 401
    assert known.json() == unknown.json()


async def test_an_enrolment_code_is_good_once(hall: Any) -> None:
    code = hall.codes["screen:S1"]
    first = await hall.post("/api/v1/enrol", {"code": code}, None)
    assert first.status_code == 200, first.text
    assert (first.json()["name"], first.json()["role"]) == ("S1", "screen")
    assert (await hall.get("/api/v1/snapshot", first.json()["token"])).status_code == 200
    assert (await hall.post("/api/v1/enrol", {"code": code}, None)).status_code == 401


async def test_guessing_codes_is_slowed_down(hall: Any) -> None:
    for number in range(20):
        answer = await hall.post("/api/v1/enrol", {"code": f"guess-{number}"}, None)
        assert answer.status_code == 401
    assert (await hall.post("/api/v1/enrol", {"code": hall.codes["screen:S2"]}, None)).status_code == 429


async def test_an_admin_makes_a_code_for_a_new_device_and_it_works(hall: Any) -> None:
    answer = await hall.post("/api/v1/admin/enrolment-codes", {"name": "S9", "role": "screen"}, "admin")
    assert answer.status_code == 201, answer.text
    enrolled = await hall.post("/api/v1/enrol", {"code": answer.json()["code"]}, None)
    assert enrolled.json()["role"] == "screen"
    assert "S9" in {row["name"] for row in (await hall.get("/api/v1/admin/terminals", "admin")).json()["terminals"]}


@pytest.mark.parametrize(
    "wish",
    [
        {"name": "boss", "role": "admin"},
        {"name": "o", "role": "officer"},
        {"name": "99", "role": "window", "window": "99"},
    ],
)
async def test_a_code_never_makes_an_officer_or_a_window_that_is_not_there(hall: Any, wish: dict[str, str]) -> None:
    answer = await hall.post("/api/v1/admin/enrolment-codes", wish, "admin")
    assert answer.status_code == 422
