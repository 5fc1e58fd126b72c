"""The line to the server: every failure has its reason, and nothing waits for ever."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from misbehaving_hall import HURRIED, PATIENT

from drivers.device import Secret
from kiosk.errors import KioskError, Reason
from kiosk.sync.link import Link, RefusedError
from kiosk.sync.push import Push
from queue_server.contract.messages import Catalogue, TerminalReply


@pytest.fixture
def link(hall: Any) -> Iterator[Link]:
    one = Link(hall.url, Secret("good"), PATIENT, PATIENT)
    yield one
    one.close()


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("down", Reason.SERVER_UNREACHABLE),
        ("slow", Reason.SERVER_SLOW),
        ("500", Reason.SERVER_ERROR),
        ("html", Reason.SERVER_NONSENSE),
        ("half", Reason.SERVER_NONSENSE),
        ("wrong-shape", Reason.SERVER_NONSENSE),
    ],
)
def test_every_failure_has_its_reason_and_the_server_counts_as_away_until_it_answers(
    link: Link, hall: Any, mode: str, reason: Reason
) -> None:
    turns: list[Reason | None] = []
    link.watch(lambda: turns.append(link.away))
    hall.mode = mode
    link._read_seconds = HURRIED if mode == "slow" else PATIENT
    with pytest.raises(KioskError) as error:
        link.get("/catalogue", Catalogue)
    assert error.value.reason is reason
    assert link.away is reason
    hall.mode, link._read_seconds = "well", PATIENT
    link.get("/catalogue", Catalogue)
    assert link.away is None
    assert turns[0] is not None
    assert turns[-1] is None


def test_a_server_that_is_not_there_is_unreachable(link: Link, hall: Any) -> None:
    hall.stop()
    with pytest.raises(KioskError) as error:
        link.get("/catalogue", Catalogue)
    assert error.value.reason is Reason.SERVER_UNREACHABLE


def test_a_refused_token_is_no_matter_of_the_network(hall: Any) -> None:
    link = Link(hall.url, Secret("forged"), PATIENT, PATIENT)
    with pytest.raises(KioskError) as error:
        link.get("/catalogue", Catalogue)
    assert error.value.reason is Reason.NOT_ENROLLED
    assert (link.away, link.enrolled) == (None, False)
    assert "forged" not in f"{error.value} {error.value!r} {link.__dict__!r}"
    link.close()
    link.close()


def test_a_no_of_the_server_is_neither_a_failure_nor_the_networks(link: Link, hall: Any) -> None:
    hall.refusal = (429, "too_many_tries", {})
    with pytest.raises(RefusedError) as error:
        link.post("/ask", {}, Catalogue)
    assert error.value.reason is Reason.LIMIT_REACHED
    assert link.away is None


@pytest.fixture
def link_to() -> Iterator[Any]:
    """A link to a server that does one thing with the first connection."""
    made: list[Any] = []

    def make(behave: Any, seconds: float = PATIENT) -> Link:
        server = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            with contextlib.suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    behave(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        link = Link(f"http://127.0.0.1:{server.getsockname()[1]}", Secret("good"), seconds, seconds)
        made.append((link, server, thread))
        return link

    yield make
    for link, server, thread in made:
        link.close()
        server.close()
        thread.join(PATIENT)


def test_a_server_that_trickles_is_given_up_in_time(link_to: Any) -> None:
    def trickle(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b" ")
            time.sleep(0.05)

    link = link_to(trickle, HURRIED)
    began = time.monotonic()
    with pytest.raises(KioskError) as error:
        link.get("/catalogue", Catalogue)
    assert error.value.reason is Reason.SERVER_SLOW
    assert time.monotonic() - began < 25, "it was waited for the end, fifty seconds later"


def test_an_answer_without_end_is_given_up(link_to: Any) -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            connection.sendall(bytes(65536))

    link = link_to(flood)
    with pytest.raises(KioskError) as error:
        link.get("/catalogue", Catalogue)
    assert error.value.reason is Reason.SERVER_NONSENSE


def test_what_is_no_http_at_all_is_a_failure_of_the_line(link_to: Any) -> None:
    link = link_to(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n"))
    with pytest.raises(KioskError) as error:
        link.get("/catalogue", Catalogue)
    assert error.value.reason in {Reason.SERVER_UNREACHABLE, Reason.SERVER_NONSENSE}


def test_a_redirect_is_not_followed_with_the_token(link_to: Any) -> None:
    link = link_to(
        lambda connection: connection.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        )
    )
    with pytest.raises(KioskError) as error:
        link.get("/catalogue", Catalogue)
    assert error.value.reason is Reason.SERVER_NONSENSE


def test_many_threads_ask_at_once(link: Link) -> None:
    failures: list[Exception] = []

    def ask() -> None:
        try:
            for _ in range(5):
                link.post("/terminals/report", {"conditions": []}, TerminalReply)
        except KioskError as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_events_of_the_hall_change_the_waiting_people_and_nonsense_changes_nothing(rig: Any) -> None:
    changes: list[int] = []
    fetched: list[int] = []
    push = Push(rig.link, rig.catalogue, lambda: changes.append(1), lambda: fetched.append(1))
    queue = (
        '{"id":"A","name":{"zh":"综合业务"},"prefix":"A","open":true,"waiting":42,'
        '"estimatedWaitSeconds":{"low":1,"likely":2,"high":3}}'
    )
    head = '{"seq":9,"type":"ticket.issued","at":"2026-03-02T09:00:00+00:00","data":'
    push.take(f'data: {head}{{"queues":[{queue}]}}}}'.encode())
    assert rig.catalogue.queue("A").waiting == 42
    for nonsense in (b"", b": ping", b"event: x", b"data: {", b"data: []", f'data: {head}{{"queues":7}}}}'.encode()):
        push.take(nonsense)
    assert (changes, fetched) == ([1], [])
    push.take(f"data: {head.replace('ticket.issued', 'hall.changed')}{{}}}}".encode())
    assert fetched == [1]


def test_the_event_stream_is_read_as_it_comes(link_to: Any) -> None:
    go_on = threading.Event()

    def stream(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for line in (b": hello\n\n", b"data: 1\n\n"):
            connection.sendall(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        go_on.wait(PATIENT)

    link = link_to(stream)
    seen = []

    def listen() -> None:
        with link.stream("/events", PATIENT) as lines:
            for line in lines:
                seen.append(line)
                if line == b"data: 1":
                    go_on.set()

    with pytest.raises(KioskError):
        listen()
    assert seen[:3] == [b": hello", b"", b"data: 1"]
