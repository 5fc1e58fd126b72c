"""A page that stops reading costs nobody anything: real sockets with tiny buffers, and more calls than they hold."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from queue_server.contract import board
from queue_server.contract.codec import decode
from queue_server.contract.messages import Event, Snapshot
from queue_server.relay import push_hub
from queue_server.web import push

CALLS = 220
PAGES = 5
LEFT_AFTER = 1.5
"""Seconds, instead of half a minute."""

_EVENT = re.compile(rb"id: (\d+)\nevent: [a-z.-]+\ndata: (.+)\n\n")


def listening(live: Any, buffer: int | None = None, **headers: str) -> socket.socket:
    """A connection that follows the hall; with a ``buffer`` it takes so many bytes and no more."""
    place = urlsplit(live.url)
    page = socket.socket()
    if buffer is not None:
        page.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    page.settimeout(30)
    page.connect((place.hostname, place.port))
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    token = live.tokens["screen"]
    page.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{more}\r\n".encode())
    seen = b""
    while b"retry: 2000" not in seen:
        seen += page.recv(1)  # not one byte of the events that may come with it
    return page


def whole_events(stream: bytes) -> list[Event]:
    """The events of a chunked answer, without one that was cut off."""
    text = re.sub(rb"\r\n[0-9a-f]+\r\n", b"", b"\r\n" + stream)
    return [decode(found[2], Event) for found in _EVENT.finditer(text)]


class Reader:
    """A page that reads at once, and when each event came."""

    def __init__(self, live: Any) -> None:
        self.came: dict[int, float] = {}
        self._socket = listening(live)
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        rest = b""
        with contextlib.suppress(OSError):
            while more := self._socket.recv(65536):
                rest += more
                for found in re.finditer(rb"id: (\d+)\n", rest):
                    self.came.setdefault(int(found[1]), time.perf_counter())
                rest = rest[-30:]

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()


class Hall:
    """Somebody who presses keys, and the pages that follow."""

    def __init__(self, live: Any) -> None:
        self.client = httpx.Client(base_url=live.url, headers=live.headers("integrator"), timeout=30)
        self.readers = [Reader(live) for _ in range(PAGES)]

    def post(self, path: str) -> float:
        """Seconds until it is answered."""
        body = {"queue": "C"} if path == "/tickets" else {}
        begin = time.perf_counter()
        answer = self.client.post(f"/api/v1{path}", json=body)
        assert answer.status_code in {200, 201}, answer.text
        return time.perf_counter() - begin

    def snapshot(self, headers: dict[str, str]) -> Snapshot:
        return decode(self.client.get("/api/v1/snapshot", headers=headers).content, Snapshot)

    def _all_have(self, seq: int) -> bool:
        return all(seq in reader.came for reader in self.readers)

    def calls(self, count: int) -> tuple[float, float]:
        """The median of the answers, and of the way from the key to the last page; in seconds."""
        answers, ways = [], []
        for _ in range(count):
            self.post("/tickets")
            begin = time.perf_counter()
            answers.append(self.post("/windows/6/call-next"))
            seq = self.client.get("/api/v1/snapshot").json()["seq"]
            wait_until(partial(self._all_have, seq))
            ways.append(max(reader.came[seq] for reader in self.readers) - begin)
            self.post("/windows/6/start")
            self.post("/windows/6/finish")
        return statistics.median(answers), statistics.median(ways)


def wait_until(fulfilled: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not fulfilled():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.001)


@pytest.fixture
def hall(live: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    monkeypatch.setattr(push, "_SEND_SECONDS", LEFT_AFTER)
    live.serving._bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # what it accepts inherits this
    made = Hall(live)
    made.post("/windows/6/open")
    yield made
    for reader in made.readers:
        reader.close()
    made.client.close()


def test_a_page_that_stops_reading_slows_nobody_and_is_left_and_comes_back(live: Any, hall: Hall) -> None:
    as_screen = live.headers("screen")
    usual_answer, usual_way = hall.calls(20)
    begin = hall.snapshot(as_screen)
    deaf = listening(live, buffer=2048, **{"Last-Event-ID": str(begin.seq)})
    wait_until(lambda: live.hub.listeners == PAGES + 1)

    answer, way = hall.calls(CALLS)
    assert answer < 4 * usual_answer + 0.5, (answer, usual_answer)  # the other tests of this machine take turns with it
    assert way < 4 * usual_way + 0.5, (way, usual_way)
    wait_until(lambda: live.hub.listeners == PAGES, LEFT_AFTER + 30)
    for reader in hall.readers:
        assert sorted(reader.came) == list(range(min(reader.came), max(reader.came) + 1))

    stream = b""
    with contextlib.suppress(ConnectionResetError):
        while more := deaf.recv(65536):  # what was on its way; then the server has hung up
            stream += more
    deaf.close()
    assert b"\r\n0\r\n\r\n" not in stream, "an answer that was cut off does not look like one that ended"
    first = whole_events(stream)
    now = hall.snapshot(as_screen)
    last = first[-1].seq if first else begin.seq
    assert last < now.seq - 100

    again = listening(live, **{"Last-Event-ID": str(last)})
    stream, second = b"", list[Event]()
    while not second or second[-1].seq < now.seq:
        stream += again.recv(65536)
        second = whole_events(stream)
    again.close()
    seen = begin
    for event in (*first, *second):
        if event.seq > now.seq:
            break  # on a slow machine ratings that nobody gave time out meanwhile
        assert event.seq == seen.seq + 1
        seen = board.apply(seen, event)
    assert seen == now


def test_a_page_for_which_too_much_waits_is_given_up_before_the_time(
    live: Any, hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "_SEND_SECONDS", 120.0)
    live.hub._limit = 20
    deaf = listening(live, buffer=2048)
    wait_until(lambda: live.hub.listeners == PAGES + 1)
    started = time.monotonic()
    acts = 0
    while live.hub.listeners > PAGES:
        hall.post("/tickets")
        acts += 1
        assert acts < 1_000
    assert acts > 20
    assert all(reader.came for reader in hall.readers)
    stream = b""
    with contextlib.suppress(ConnectionResetError):
        while not stream.endswith(b"\r\n0\r\n\r\n") and (more := deaf.recv(65536)):
            stream += more
    deaf.close()
    assert time.monotonic() - started < 60, "its answer ended, or the server hung up"
    assert len(whole_events(stream)) < acts


def test_who_comes_back_too_late_is_told_to_fetch_everything(
    live: Any, hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_hub, "_PAGE", 10)
    begin = hall.client.get("/api/v1/snapshot").json()["seq"]
    hall.calls(5)
    live.hub._replay_limit = 10
    answer = hall.client.get("/api/v1/events", headers={"Last-Event-ID": str(begin)}, params={"after": 0})
    assert answer.status_code == 410
    told = json.loads(answer.content)
    assert (told["code"], told["retryable"]) == ("snapshot_needed", False)
