"""Parts of the web that need no office: routes, limits, bodies, projections, logs, pages, the API document."""

from __future__ import annotations

import io
import json
import logging
import socket
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
import structlog

import ui
from queue_server.contract import projection
from queue_server.contract.messages import (
    CallNext,
    Role,
    Snapshot,
    Text,
    TicketState,
    TicketView,
    TransferTicket,
    WindowMode,
    WindowView,
)
from queue_server.contract.projection import Audience
from queue_server.contract.refusals import Code, Refusal
from queue_server.web.bodies import Reader
from queue_server.web.endpoints import ENDPOINTS, Door, Endpoint
from queue_server.web.limits import FailedTries
from queue_server.web.logs import configure_logs
from queue_server.web.observe import where
from queue_server.web.pages import PAGES, read_files
from queue_server.web.routes import Routes
from queue_server.web.schema import openapi
from queue_server.web.serving import PortTakenError, address_of, bind
from queue_server.web.theme import theme_css

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}


# --- the table of endpoints --------------------------------------------------------------------


def test_every_endpoint_is_found_by_its_own_path() -> None:
    routes = Routes(ENDPOINTS)
    for endpoint in ENDPOINTS:
        path = endpoint.template
        for name in endpoint.parameters:
            path = path.replace(f"{{{name}}}", "77")
        methods, found = routes.find(path)
        assert methods[endpoint.method] is endpoint
        assert found == dict.fromkeys(endpoint.parameters, "77")


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/tickets/a/b", "/speech/7", "/speech/.wav", "/tickets/a\x00b"])
def test_a_path_that_nobody_knows_is_nothing(path: str) -> None:
    assert Routes(ENDPOINTS).find(path)[0] == {}


def test_an_id_longer_than_any_id_is_nothing() -> None:
    assert Routes(ENDPOINTS).find("/tickets/" + "x" * 65) == ({}, {})


def test_nothing_that_writes_is_open_but_the_two_doors_themselves() -> None:
    open_doors = {e.name for e in ENDPOINTS if e.door is Door.OPEN and e.writes}
    assert open_doors == {"enrol", "login"}
    assert all(e.roles for e in ENDPOINTS if e.door is Door.TOKEN)
    assert all(not e.roles for e in ENDPOINTS if e.door is not Door.TOKEN)


def test_no_officer_and_no_window_terminal_may_rate() -> None:
    assert not {Role.OFFICER, Role.WINDOW, Role.ADMIN} & BY_NAME["rate"].roles


# --- bodies ------------------------------------------------------------------------------------


def read(name: str, body: bytes, **path: str) -> object:
    return Reader(BY_NAME[name]).read(body, path)


def test_what_the_path_says_is_not_repeated_in_the_body() -> None:
    assert read("window_call_next", b"", id="3") == CallNext(window="3")
    assert read("window_call_next", b'{"finishCurrent":"accepted"}', id="3").finish_current == "accepted"
    with pytest.raises(Refusal):
        read("window_call_next", b'{"window":"4"}', id="3")


def test_a_transfer_names_the_other_window_simply_window() -> None:
    command = read("window_transfer", b'{"window":"5","position":"original"}', id="3")
    assert command == TransferTicket(window="3", to_window="5", position="original")


def test_offline_tickets_come_in_an_object_or_as_a_bare_list() -> None:
    row = {
        "key": "k1",
        "lease": "L1",
        "queue": "A",
        "number": "A700",
        "issuedAt": "2026-03-02T12:00:00+08:00",
        "statusToken": "t" * 26,
    }
    bare = read("offline_tickets", json.dumps([row]).encode())
    assert bare == read("offline_tickets", json.dumps({"tickets": [row]}).encode())
    assert bare.tickets[0].number == "A700"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"queue":"A","colour":"red"}', "colour"),
        (b'{"queue":5}', "queue"),
        (b"{}", "queue"),
        (b'{"queue":"A","person":{"token":"short"}}', "person.token"),
        (b'{"queue":"A","priority":"king"}', "priority"),
        (b'{"queue":"A","phone":"call me"}', "phone"),
    ],
)
def test_a_wrong_body_is_refused_with_the_field_that_is_wrong(body: bytes, field: str) -> None:
    with pytest.raises(Refusal) as caught:
        read("take_ticket", body)
    assert caught.value.code is Code.BAD_REQUEST
    assert caught.value.status == 422
    assert caught.value.detail["field"] == field


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff\xfe", b"null", b"[]", b'"A"', b'{"queue":"A\\u0000"}', b'{"queue":"\\ud800"}', b"[" * 5000, b"{}x"],
)
def test_what_is_no_command_at_all_is_refused_and_breaks_nothing(body: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        read("take_ticket", body)
    assert caught.value.code is Code.BAD_REQUEST


# --- limits ------------------------------------------------------------------------------------


def test_failures_are_counted_and_forgotten_after_a_while() -> None:
    now = 100.0
    tries = FailedTries(3, 60.0, lambda: now)
    for _ in range(3):
        tries.check("a")
        tries.failed("a")
    with pytest.raises(Refusal) as caught:
        tries.check("a")
    assert caught.value.code is Code.TOO_MANY_TRIES
    assert 0 < caught.value.detail["retryAfterSeconds"] <= 61
    tries.check("b")
    now += 61
    tries.check("a")


def test_what_is_remembered_of_guessers_is_bounded() -> None:
    tries = FailedTries(3, 60.0, lambda: 1.0)
    for number in range(10_050):
        tries.failed(str(number))
    assert len(tries._failures) == 10_000


# --- who may see what --------------------------------------------------------------------------


def _ticket(name: str = "张*") -> TicketView:
    return TicketView(id="1", number="A001", queue="A", state=TicketState.SERVING, issued_at=NOON, masked_name=name)


def test_only_staff_see_a_masked_name_in_a_snapshot() -> None:
    window = WindowView(
        id="3", name=Text(zh="3号窗口"), zone="Z1", mode=WindowMode.OPEN, ticket=_ticket(), held=(_ticket("李*"),)
    )
    whole = Snapshot(seq=1, at=NOON, queues={}, windows={"3": window}, tickets={"1": _ticket()}, calls=())
    seen = msgspec.json.encode(projection.snapshot(whole, Audience.PUBLIC)).decode()
    assert "*" not in seen
    assert projection.snapshot(whole, Audience.STAFF) == whole


def test_terminals_see_what_the_public_sees() -> None:
    public = {role for role in Role if projection.audience_of(role) is Audience.PUBLIC}
    assert public == {Role.KIOSK, Role.SCREEN, Role.PAD, Role.GATEWAY}


# --- logs --------------------------------------------------------------------------------------


@pytest.fixture
def log_lines() -> object:
    raw = io.BytesIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure_logs(SimpleNamespace(buffer=raw))  # type: ignore[arg-type]  # because only its buffer is used
    yield lambda: [json.loads(line) for line in raw.getvalue().splitlines()]
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)


def test_a_key_that_is_not_on_the_list_never_reaches_the_log(log_lines: object) -> None:
    structlog.get_logger("web").info("request", route="/x", phone="13800001234", name="张三", token="abc", status=200)
    (line,) = log_lines()
    assert set(line) == {"event", "level", "time", "route", "status"}


def test_what_other_libraries_put_into_their_messages_is_left_out(log_lines: object) -> None:
    logging.getLogger("some.package").error("cannot parse %s", "13800001234")
    (line,) = log_lines()
    assert "13800001234" not in json.dumps(line)
    assert line["reason"] == "cannot parse %s"


def test_the_place_of_a_mistake_is_named_without_its_text() -> None:
    try:
        raise ValueError("13800001234")
    except ValueError as error:
        place = where(error)
    assert "test_web_parts.py:" in place
    assert "13800001234" not in place


# --- pages, theme, document --------------------------------------------------------------------


def test_translations_of_all_areas_are_joined_per_language(tmp_path: Path) -> None:
    for language in ("zh_CN", "en"):
        (tmp_path / "i18n" / language).mkdir(parents=True)
        for area in ("web", "device"):
            (tmp_path / "i18n" / language / f"{area}.json").write_text(json.dumps({f"{area}.a": language}), "utf-8")
    (tmp_path / "web" / "screen").mkdir(parents=True)
    (tmp_path / "web" / "screen" / "index.html").write_text("<!doctype html>", "utf-8")
    (tmp_path / "web" / ".secret").write_text("x", "utf-8")
    files = read_files(tmp_path / "web", tmp_path / "i18n", ui.THEME)
    assert json.loads(files["i18n/en.json"].body) == {"web.a": "en", "device.a": "en"}
    assert files["screen/index.html"].media.startswith("text/html")
    assert ".secret" not in files
    assert b"--color-primary: #14508C" in files["theme.css"].body


def test_transparent_colours_are_turned_from_qt_to_css() -> None:
    theme = json.loads(ui.THEME.read_text("utf-8"))
    assert "--color-shadow: #14213D1A" in theme_css(theme)


def test_every_page_has_one_path() -> None:
    assert set(PAGES.values()) == {"index", "admin", "desk", "screen", "window", "rating", "ticket"}


def test_the_document_names_every_route_its_refusals_and_who_may() -> None:
    document = openapi("1.0")
    for endpoint in ENDPOINTS:
        operation = document["paths"]["/api/v1" + endpoint.template][endpoint.method.lower()]
        assert str(endpoint.status) in operation["responses"]
        assert "500" in operation["responses"]
        if endpoint.door is Door.TOKEN:
            assert {"401", "403"} <= set(operation["responses"])
            assert operation["x-roles"] == sorted(role.value for role in endpoint.roles)
        if endpoint.writes and endpoint.keyed:
            assert "Idempotency-Key" in [row["name"] for row in operation["parameters"]]
    assert "window" not in document["components"]["schemas"]["CallNextBody"]["properties"]


def test_an_endpoint_says_its_parameters() -> None:
    endpoint = Endpoint("x", "GET", "/a/{id}/b/{seq}.wav", "", frozenset(), None)
    assert endpoint.parameters == ("id", "seq")


# --- the port ----------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_said_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port}.*--port"):
            bind("127.0.0.1", port)


def test_port_zero_takes_a_free_one_and_says_which() -> None:
    with bind("127.0.0.1", 0) as bound:
        assert address_of(bound).startswith("http://127.0.0.1:")
        assert not address_of(bound).endswith(":0")
