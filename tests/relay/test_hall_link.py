"""A gateway's line to a distant server: paths, keys, refusals, the stream of events."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from queue_server.contract import messages as m
from queue_server.contract.codec import encode, plain
from queue_server.contract.messages import Command, Event, Snapshot
from queue_server.contract.refusals import Code, Refusal
from queue_server.contract.words import Language
from queue_server.relay.announcements import announcement_of
from queue_server.relay.hall_link import PATHS, HttpLink, LinkDownError, OfficeLink, events_in, refusal_of
from queue_server.usecases.ports import Actor, EventRow

NOW = datetime(2026, 5, 6, 9, 0, tzinfo=UTC)


def event(seq: int) -> Event:
    return Event(seq=seq, type="ticket.called", at=NOW, data={"n": seq})


def block(seq: int) -> bytes:
    return b"id: %d\nevent: ticket.called\ndata: %s\n\n" % (seq, encode(event(seq)))


@dataclass
class Server:
    """A few lines of HTTP that remember what came and say what a test wants."""

    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    status: int = 200
    body: bytes = b"{}"
    stream: bytes = b""
    hold: threading.Event = field(default_factory=threading.Event)
    url: str = ""


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            state.asked.append(("GET", self.path, dict(self.headers), None))
            if "/events" in self.path and state.status == 200:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(state.stream), state.stream))
                self.wfile.flush()
                if state.hold.wait(30):
                    self.wfile.write(b"0\r\n\r\n")
                self.close_connection = True
                return
            self._answer()

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            state.asked.append(("POST", self.path, dict(self.headers), json.loads(data)))
            self._answer()

        def _answer(self) -> None:
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_: object) -> None: ...

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_address[1]}"
    yield state
    state.hold.set()
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture
def link(server: Server) -> Iterator[HttpLink]:
    made = HttpLink(server.url + "/", "secret-token")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("command", "path", "body"),
    [
        (m.CallNext(window="8"), "/api/v1/windows/8/call-next", {"finishCurrent": None}),
        (m.PauseWindow(window="8"), "/api/v1/windows/8/pause", {"reason": "other"}),
        (
            m.RateService(service="01J/2", level=m.Level.SATISFIED, channel=m.RatingChannel.DEVICE),
            "/api/v1/services/01J%2F2/rating",
            {"level": "satisfied", "reasons": [], "text": "", "channel": "device"},
        ),
    ],
)
async def test_a_command_goes_to_its_path_with_its_key(
    link: HttpLink, server: Server, command: Command, path: str, body: dict[str, Any]
) -> None:
    await link.carry_out(command, "keypad8-n1-5")
    ((method, asked, headers, sent),) = server.asked
    assert (method, asked, sent) == ("POST", path, body)
    assert headers["Idempotency-Key"] == "keypad8-n1-5"
    assert headers["Authorization"] == "Bearer secret-token"


async def test_a_call_is_fetched_as_a_sound_in_its_language(link: HttpLink, server: Server) -> None:
    server.body = b"RIFF"
    view = m.CallView(
        ticket="t",
        number="A012",
        window="3",
        window_name=m.Text(zh="3号窗口"),
        zone="Z1",
        at=NOW,
        calls=1,
        valid_until=NOW,
    )
    call = announcement_of(Event(seq=7, type="ticket.called", at=NOW, data={"call": plain(view)}))
    assert call is not None
    assert await link.speech(call, Language.EN) == b"RIFF"
    assert [(method, path) for method, path, _, _ in server.asked] == [("GET", "/api/v1/speech/7.wav?language=en")]
    server.status, server.body = 410, encode(Refusal(Code.TOO_LATE, "late").body())
    with pytest.raises(Refusal) as caught:
        await link.speech(call, Language.ZH)
    assert caught.value.code is Code.TOO_LATE


def test_every_command_of_a_gateway_has_a_path() -> None:
    for kind, path in PATHS.items():
        fields = {part.strip("{}") for part in path.split("/") if part.startswith("{")}
        assert fields <= set(kind.__struct_fields__)


async def test_a_refusal_comes_back_with_its_code(link: HttpLink, server: Server) -> None:
    server.status, server.body = 409, encode(Refusal(Code.WINDOW_BUSY, "busy", window="8").body())
    with pytest.raises(Refusal) as caught:
        await link.carry_out(m.CallNext(window="8"), "k")
    assert caught.value.code is Code.WINDOW_BUSY
    assert caught.value.detail == {"window": "8"}


@pytest.mark.parametrize(
    ("status", "body"),
    [(502, b"<html>"), (200, b"nonsense"), (302, b""), (409, b'{"code":"new"}')],
)
async def test_an_answer_that_makes_no_sense_is_a_lost_link(
    link: HttpLink, server: Server, status: int, body: bytes
) -> None:
    server.status, server.body = status, body
    with pytest.raises(LinkDownError):
        await link.snapshot()


async def test_a_server_that_is_not_there_is_a_lost_link_without_its_address(server: Server) -> None:
    del server
    link = HttpLink("http://127.0.0.1:9", "secret-token")
    with pytest.raises(LinkDownError) as caught:
        await link.carry_out(m.CallNext(window="8"), "k")
    assert "secret" not in str(caught.value)
    with pytest.raises(LinkDownError):
        await anext(aiter(link.events(0)))
    link.close()


async def test_the_snapshot_is_read(link: HttpLink, server: Server) -> None:
    wanted = Snapshot(seq=7, at=NOW, queues={}, windows={}, tickets={}, calls=())
    server.body = encode(wanted)
    assert await link.snapshot() == wanted


async def test_events_come_as_they_happen_and_the_end_is_a_lost_link(link: HttpLink, server: Server) -> None:
    server.stream = b": ping\n\n" + block(8) + b": ping\n\n" + block(9)
    stream = link.events(7)
    seen = [(await anext(stream)).seq for _ in range(2)]
    server.hold.set()
    with pytest.raises(LinkDownError):
        await anext(stream)
    assert seen == [8, 9]
    assert server.asked[0][1] == "/api/v1/events?after=7"


async def test_leaving_the_stream_ends_its_thread(link: HttpLink, server: Server) -> None:
    server.stream = block(8)
    stream = link.events(7)
    assert (await anext(stream)).seq == 8
    await stream.aclose()  # type: ignore[attr-defined]  # because the port promises an iterator, and this one is a generator
    reader = next((thread for thread in threading.enumerate() if thread.name == "gateway-events"), None)
    if reader is not None:
        reader.join(20)
        assert not reader.is_alive()


async def test_too_old_a_number_needs_a_snapshot(link: HttpLink, server: Server) -> None:
    server.status, server.body = 410, encode(Refusal(Code.SNAPSHOT_NEEDED, "too old").body())
    with pytest.raises(Refusal) as caught:
        await anext(aiter(link.events(1)))
    assert caught.value.code is Code.SNAPSHOT_NEEDED


def test_events_are_found_however_the_stream_is_cut() -> None:
    stream = b": ping\r\n\r\n" + block(1) + block(2).replace(b"\n", b"\r\n") + b": ping\n\n"
    for size in (1, 2, 3, 7, 1000):
        chunks = iter([stream[index : index + size] for index in range(0, len(stream), size)])
        assert [one.seq for one in events_in(chunks)] == [1, 2]
    with pytest.raises(LinkDownError):
        list(events_in(iter([b"data: {}\n\n"])))


def test_a_code_that_we_do_not_know_is_not_taken_for_a_final_no() -> None:
    assert isinstance(refusal_of(409, b'{"code":"unheard_of","message":"","retryable":false}'), LinkDownError)


class SmallOffice:
    def __init__(self) -> None:
        self.rows: list[EventRow] = []
        self.callbacks: list[Any] = []
        self.carried: list[tuple[Command, Actor, str | None]] = []

    async def events_after(self, hall: str, seq: int, limit: int) -> list[EventRow]:
        assert hall == "demo"
        return [row for row in self.rows if row.seq > seq][:limit]

    def on_commit(self, callback: Any) -> Any:
        self.callbacks.append(callback)
        return lambda: self.callbacks.remove(callback)

    async def carry_out(self, command: Command, actor: Actor, key: str | None) -> None:
        self.carried.append((command, actor, key))


async def test_the_office_of_the_same_process_is_read_by_sequence() -> None:
    office = SmallOffice()
    actor = Actor("demo", m.Role.GATEWAY, "gateway")
    link = OfficeLink(office, "demo", actor)  # type: ignore[arg-type]  # because it is only as much office as is asked here
    office.rows = [EventRow(seq, "ticket.called", NOW, b'{"n":1}') for seq in range(1, 4)]
    stream: AsyncIterator[Event] = link.events(1)
    assert [(await anext(stream)).seq for _ in range(2)] == [2, 3]
    office.rows.append(EventRow(4, "ticket.called", NOW, b"{}"))
    for callback in office.callbacks:
        callback("demo", 4)
    assert (await anext(stream)).seq == 4
    await stream.aclose()  # type: ignore[attr-defined]  # as above
    assert office.callbacks == []
    await link.carry_out(m.Recall(window="8"), "k")
    assert office.carried == [(m.Recall(window="8"), actor, "k")]
