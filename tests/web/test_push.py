"""The feed through a real socket: resume, equality, projections, slow and many listeners."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import threading
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from queue_server.contract import board
from queue_server.contract.codec import convert, decode
from queue_server.contract.messages import Event, Snapshot, TicketStatus

VERBS = ("take", "take", "call-next", "call-next", "start", "finish", "pass", "hold", "resume", "open")
PERSON = {"token": "p" * 32, "maskedName": "魏*"}


class Page:
    """A page that listens: reads the feed like a browser does."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def messages(self) -> AsyncIterator[dict[str, str]]:
        message: dict[str, str] = {}
        async for line in self._lines:
            if line == "":
                if "data" in message:
                    yield message
                message = {}
            elif not line.startswith(":"):
                name, _, value = line.partition(": ")
                message[name] = value


async def listen(live: Any, who: str, until: int, after: int | None = 0, **headers: str) -> list[dict[str, str]]:
    """What comes until the event with that number."""
    path = "/api/v1/events" + ("" if after is None else f"?after={after}")
    seen: list[dict[str, str]] = []
    async with (
        httpx.AsyncClient(base_url=live.url, timeout=30) as client,
        client.stream("GET", path, headers={**live.headers(who), **headers}) as response,
    ):
        assert response.status_code == 200
        async for message in Page(response).messages():
            seen.append(message)
            if int(message["id"]) >= until:
                return seen
    raise AssertionError(f"the feed ended after {len(seen)}")


class Caller:
    """Posts like an integrator."""

    def __init__(self, live: Any) -> None:
        self.client = httpx.Client(base_url=live.url, headers=live.headers("integrator"), timeout=30)

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.client.post(f"/api/v1{path}", json={} if body is None else body)

    def snapshot(self, headers: dict[str, str] | None = None) -> Snapshot:
        answer = self.client.get("/api/v1/snapshot", headers=headers)
        assert answer.status_code == 200
        return decode(answer.content, Snapshot)


@pytest.fixture
def caller(live: Any) -> Any:
    made = Caller(live)
    yield made
    made.client.close()


def a_morning(caller: Caller, acts: int, seed: int) -> None:
    """Random acts of people and officers; refusals are part of a morning."""
    chance = random.Random(seed)
    for _ in range(acts):
        window = str(chance.randint(1, 8))
        verb = chance.choice(
            ["take", "take", "call-next", "call-next", "start", "finish", "pass", "hold", "resume", "open"]
        )
        if verb == "take":
            caller.post("/tickets", {"queue": chance.choice("ABCDE")})
        else:
            caller.post(f"/windows/{window}/{verb}", {})


async def test_state_after_all_events_is_the_state_that_is_fetched(live: Any, caller: Caller) -> None:
    for window in range(1, 9):
        caller.post(f"/windows/{window}/open")
    before = caller.snapshot()
    a_morning(caller, 250, seed=7)
    after = caller.snapshot()
    assert after.seq > before.seq + 50
    kept = before
    for message in await listen(live, "integrator", after.seq, after=before.seq):
        event = decode(message["data"].encode(), Event)
        assert (event.seq, event.type) == (int(message["id"]), message["event"])
        kept = board.apply(kept, event)
    assert kept == after


async def test_a_screen_keeps_its_own_nameless_state_true(live: Any, caller: Caller) -> None:
    headers = live.headers("screen")
    before = caller.snapshot(headers)
    caller.post("/windows/3/open")
    caller.post("/tickets", {"queue": "A", "person": PERSON})
    caller.post("/windows/3/call-next")
    after = caller.snapshot(headers)
    kept = before
    for message in await listen(live, "screen", after.seq, after=before.seq):
        assert "魏" not in message["data"]
        kept = board.apply(kept, decode(message["data"].encode(), Event))
    assert kept == after


async def test_events_come_without_gaps_and_in_order(live: Any, caller: Caller) -> None:
    start = caller.snapshot().seq
    for _ in range(20):
        caller.post("/tickets", {"queue": "B"})
    numbers = [int(message["id"]) for message in await listen(live, "screen", start + 20, after=start)]
    assert numbers == list(range(start + 1, start + 21))


async def test_a_page_that_reconnects_says_what_it_saw_last_and_misses_nothing(live: Any, caller: Caller) -> None:
    start = caller.snapshot().seq
    for _ in range(6):
        caller.post("/tickets", {"queue": "B"})
    first = await listen(live, "screen", start + 3, after=start)
    last = first[-1]["id"]
    rest = await listen(live, "screen", start + 6, after=start, **{"Last-Event-ID": last})
    assert [int(message["id"]) for message in rest] == list(range(int(last) + 1, start + 7))


async def test_only_admins_hear_how_somebody_rated(live: Any, caller: Caller) -> None:
    start = caller.snapshot().seq
    caller.post("/tickets", {"queue": "A"})
    for verb in ("open", "call-next", "start", "finish"):
        assert caller.post(f"/windows/3/{verb}").status_code == 200
    rated = caller.post("/services/3/rating", {"level": "dissatisfied", "reasons": ["207"]})
    assert rated.status_code in {200, 201}, rated.text
    end = caller.snapshot().seq
    for who in ("officer3", "window", "screen", "pad", "kiosk", "gateway", "integrator"):
        text = json.dumps(await listen(live, who, end, after=start))
        assert "rating.submitted" in text
        assert "dissatisfied" not in text, who
        assert "207" not in text, who
    assert "dissatisfied" in json.dumps(await listen(live, "admin", end, after=start))


def test_the_feed_says_how_it_wants_to_be_treated(live: Any, caller: Caller) -> None:
    del caller
    with httpx.stream("GET", f"{live.url}/api/v1/events", headers=live.headers("screen")) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"
        assert "date" in response.headers


@pytest.mark.parametrize(("path", "status"), [("?after=999999999", 410), ("?after=-1", 422), ("?after=x", 422)])
def test_a_number_that_makes_no_sense_is_refused(live: Any, path: str, status: int) -> None:
    answer = httpx.get(f"{live.url}/api/v1/events{path}", headers=live.headers("screen"))
    assert answer.status_code == status
    assert answer.json()["code"] == ("snapshot_needed" if status == 410 else "bad_request")


async def test_a_phone_follows_its_own_ticket_live(live: Any, caller: Caller) -> None:
    caller.post("/windows/3/open")
    link = caller.post("/tickets", {"queue": "C", "person": PERSON}).json()["statusUrl"].rsplit("/", 1)[-1]
    states: list[str] = []
    async with (
        httpx.AsyncClient(base_url=live.url, timeout=30) as client,
        client.stream("GET", f"/api/v1/my/{link}/events") as response,
    ):
        async for message in Page(response).messages():
            assert message["event"] == "status"
            assert "魏" not in message["data"]
            status = convert(json.loads(message["data"]), TicketStatus)
            states.append(status.ticket.state.value)
            if states == ["waiting"]:
                await asyncio.to_thread(caller.post, "/windows/3/call-next")
            elif states[-1] == "calling":
                await asyncio.to_thread(caller.post, "/windows/3/start")
            elif states[-1] == "serving":
                break
    assert states == ["waiting", "calling", "serving"]


async def test_a_phone_sees_the_line_before_it_get_shorter(live: Any, caller: Caller) -> None:
    caller.post("/windows/6/open")
    caller.post("/tickets", {"queue": "C"})
    link = caller.post("/tickets", {"queue": "C"}).json()["statusUrl"].rsplit("/", 1)[-1]
    places: list[int | None] = []
    async with (
        httpx.AsyncClient(base_url=live.url, timeout=30) as client,
        client.stream("GET", f"/api/v1/my/{link}/events") as response,
    ):
        async for message in Page(response).messages():
            places.append(json.loads(message["data"])["ahead"])
            if len(places) == 1:
                await asyncio.to_thread(caller.post, "/windows/6/call-next")
            else:
                break
    assert places == [1, 0]


def test_a_page_that_never_reads_is_left_and_the_hall_goes_on(live: Any, caller: Caller) -> None:
    place = urlsplit(live.url)
    with socket.create_connection((place.hostname, place.port)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        token = live.tokens["screen"]
        deaf.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        deaf.recv(100)
        started = time.monotonic()
        for _ in range(50):
            assert caller.post("/tickets", {"queue": "D"}).status_code == 201
        assert time.monotonic() - started < 25, "before the server would give such a page up"
    deadline = time.monotonic() + 30
    while live.hub.listeners and time.monotonic() < deadline:
        time.sleep(0.01)
    assert live.hub.listeners == 0


async def test_a_call_reaches_a_hundred_screens_soon(live: Any, caller: Caller) -> None:
    caller.post("/windows/3/open")
    caller.post("/tickets", {"queue": "A"})
    arrived: list[float] = []
    ready = asyncio.Event()
    connected = 0
    place = urlsplit(live.url)
    token = live.tokens["screen"]

    async def screen() -> None:
        nonlocal connected
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        await reader.readuntil(b"retry: 2000")
        connected += 1
        if connected == 100:
            ready.set()
        await reader.readuntil(b"event: ticket.called")
        arrived.append(time.perf_counter())
        writer.close()
        await writer.wait_closed()

    screens = [asyncio.create_task(screen()) for _ in range(100)]
    await asyncio.wait_for(ready.wait(), 30)
    pressed = time.perf_counter()
    await asyncio.to_thread(caller.post, "/windows/3/call-next")
    await asyncio.wait_for(asyncio.gather(*screens), 30)
    last = sorted(arrived)[98] - pressed
    assert last < 5.0, f"{last * 1000:.0f} ms"  # the benchmark holds the tight figure; this one must not flicker


def test_the_server_ends_soon_though_pages_listen(live: Any) -> None:
    ended = threading.Event()

    def follow() -> None:
        with httpx.stream("GET", f"{live.url}/api/v1/events", headers=live.headers("screen"), timeout=30) as response:
            for _ in response.iter_raw():
                pass
        ended.set()

    follower = threading.Thread(target=follow)
    follower.start()
    deadline = time.monotonic() + 30
    while not live.hub.listeners and time.monotonic() < deadline:
        time.sleep(0.01)
    started = time.monotonic()
    live.serving.should_exit = True
    assert ended.wait(10)
    while not live.serving.over and time.monotonic() < started + 10:
        time.sleep(0.01)
    assert time.monotonic() - started < 10  # half a second on a machine of its own
    follower.join(20)
