"""What a gateway stands: a hall that fails in unheard-of ways, sounds that take long, a line that is cut early."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from drivers.seams.modbus_twin import SimulatedBar, SimulatedBus
from queue_server.contract import messages as m
from queue_server.contract.codec import encode
from queue_server.contract.messages import Command, Event, Snapshot, Text
from queue_server.contract.words import Language
from queue_server.domain.hall import Device
from queue_server.relay.announcements import Announcement
from queue_server.relay.gateway import Gateway
from queue_server.relay.hall_link import HttpLink, OfficeLink, _EventReader, events_in

NOW = datetime(2026, 5, 6, 9, 0, tzinfo=UTC)
CALL = Announcement(
    seq=7,
    key="call.please",
    params={},
    number="A012",
    window="3",
    window_name=Text(zh="3号窗口", en="Window 3"),
    zone="Z1",
    calls=1,
    at=NOW,
    valid_until=NOW + timedelta(seconds=20),
    spoken=True,
    segments=(),
)


async def eventually(what: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not what():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.01)


class OddHall:
    """Fails in another way each time that it is told of devices."""

    def __init__(self) -> None:
        self.reports = 0
        self.wrong: list[Exception] = [RuntimeError("locked"), KeyError("x")]

    async def carry_out(self, command: Command, key: str) -> None:
        del key
        assert isinstance(command, m.ReportTerminal)
        self.reports += 1
        if self.wrong:
            raise self.wrong.pop(0)

    async def snapshot(self) -> Snapshot:
        return Snapshot(seq=0, at=NOW, queues={}, windows={}, tickets={}, calls=())

    async def events(self, after: int) -> AsyncIterator[Event]:
        del after
        await asyncio.Event().wait()
        yield Event(seq=1, type="never", at=NOW, data={})

    async def speech(self, call: Announcement, language: Language) -> bytes:
        raise AssertionError(f"nobody was called, and {call.number} has to be said in {language}")


async def test_a_hall_that_fails_oddly_is_told_again_and_the_gateway_stops_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("_LOOK_SECONDS", "_AGAIN_SECONDS", "_REPORT_SECONDS"):
        monkeypatch.setattr(f"queue_server.relay.gateway.{name}", 0.02)
    hall = OddHall()
    with SimulatedBus({3: SimulatedBar()}) as bus:
        url = "modbus+serial://${BUS}?baud=19200&unit=3"
        device = Device("bar3", "window_display", "modbus_bar", url, "3")
        gateway = Gateway([device], hall, {"BUS": bus.path}, wall_clock=lambda: NOW)
        await gateway.start()
        try:
            await eventually(lambda: hall.reports >= 4)
        finally:
            await gateway.stop()
    await eventually(lambda: not any(thread.name.startswith("bus ") for thread in threading.enumerate()))


@dataclass
class SlowServer:
    """Makes whoever wants a sound wait until ``ready``, and takes every command at once."""

    url: str = ""
    ready: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[SlowServer]:
    state = SlowServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            state.ready.wait(60)
            self._answer(b"RIFF")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            state.asked.append(self.path)
            self._answer(b"{}")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_address[1]}"
    yield state
    state.ready.set()
    http.shutdown()
    http.server_close()
    thread.join()


async def test_what_an_officer_presses_does_not_wait_until_sounds_are_made(server: SlowServer) -> None:
    link = HttpLink(server.url, "secret-token")
    sounds = [asyncio.create_task(link.speech(CALL, language)) for language in Language for _ in range(20)]
    await eventually(lambda: server.asked)
    pressed = asyncio.create_task(link.carry_out(m.Recall(window="8"), "k"))
    await eventually(lambda: pressed.done() and not server.ready.is_set())
    server.ready.set()
    assert set(await asyncio.gather(*sounds)) == {b"RIFF"}
    await pressed
    link.close()


class SlowVoice:
    """Makes a clip once it may."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.asked = 0

    def call(self, number: str, window: str, language: str = "zh") -> bytes:
        self.asked += 1
        self.may.wait(60)
        return f"{number} {window} {language}".encode()


async def test_loudspeakers_that_wait_for_a_clip_leave_the_others_their_threads() -> None:
    voice = SlowVoice()
    link = OfficeLink(None, "demo", None, voice)  # type: ignore[arg-type]  # because only the voice is asked here
    sounds = [asyncio.create_task(link.speech(CALL, Language.ZH)) for _ in range(40)]
    await eventually(lambda: voice.asked)
    other = asyncio.create_task(asyncio.to_thread(lambda: "done"))
    await eventually(lambda: other.done() and not voice.may.is_set())
    voice.may.set()
    assert await asyncio.gather(*sounds) == ["A012 3号窗口 zh".encode()] * 40


def test_events_of_a_server_that_ends_its_lines_in_two_signs_are_told_apart_wherever_they_are_cut() -> None:
    events = [Event(seq=seq, type="ticket.called", at=NOW, data={"n": seq}) for seq in (1, 2, 3)]
    stream = b"".join(b"id: %d\r\ndata: %s\r\n\r\n" % (event.seq, encode(event)) for event in events)
    for size in (1, 2, 3, 7, 1000):
        chunks = iter([stream[index : index + size] for index in range(0, len(stream), size)])
        assert list(events_in(chunks)) == events


def test_a_stream_that_nobody_wants_any_more_when_the_server_gives_it_is_let_go() -> None:
    told: list[Any] = []
    reader = _EventReader(told.append)

    class Answer:
        closed = reads = 0

        @property
        def raw(self) -> Any:
            return self

        def read1(self, size: int) -> bytes:
            self.reads += 1
            return b": ping\n\n" if size and self.reads < 100 else b""

        def close(self) -> None:
            self.closed += 1

    answer = Answer()

    def slow(after: int) -> Answer:
        assert after == 3
        reader.stop()  # the gateway stops while the server makes us wait
        return answer

    reader.run(slow, 3)
    assert (answer.closed, answer.reads) == (1, 0)
    assert told == []
