"""A hall's server in this process: the real office on SQLite, the real feed, the real web."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

import assets
from queue_server.admin.back_office import HallBackOffice
from queue_server.contract.messages import Answer, AskProvider, ProviderView, Role
from queue_server.contract.refusals import Code, Refusal
from queue_server.relay.push_hub import PushHub
from queue_server.relay.relay import Relay
from queue_server.relay.timers import Timers
from queue_server.storage.init import init
from queue_server.storage.office import open_office
from queue_server.usecases.ports import Office
from queue_server.web.app import Parts, WebApp
from queue_server.web.observe import Observer
from queue_server.web.pages import Page
from queue_server.web.serving import Serving, address_of, bind

PASSWORD = "correct horse battery"
TERMINALS = {
    "kiosk": ("K1", Role.KIOSK),
    "kiosk2": ("K2", Role.KIOSK),
    "screen": ("S1", Role.SCREEN),
    "window": ("3", Role.WINDOW),
    "pad": ("3", Role.PAD),
    "gateway": ("gateway", Role.GATEWAY),
    "integrator": ("bench", Role.INTEGRATOR),
}


def _since_ten_o_clock() -> timedelta:
    """How long ago it was last ten in the morning in Shanghai."""
    now = datetime.now(UTC)
    ten = now.replace(hour=2, minute=0, second=0, microsecond=0)
    return now - ten if now >= ten else now - ten + timedelta(days=1)


BEGAN = _since_ten_o_clock()


class ShiftedClock:
    """A clock that stood at ten in the hall's morning when the tests began, so that no test meets midnight.

    ``shift`` is what a test adds. It is never ahead of the real one, which servers in processes of their own have.
    """

    def __init__(self) -> None:
        self.shift = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) - BEGAN + self.shift


@dataclass(frozen=True)
class Prepared:
    """One initialised database that every test gets a copy of, with what was shown once."""

    file: Path
    tokens: dict[str, str]
    codes: dict[str, str]


async def _tokens(url: str) -> dict[str, str]:
    office = open_office(url, clock=ShiftedClock(), public_url="http://hall.test")
    await office.start()
    try:
        tokens = {}
        for key, (name, role) in TERMINALS.items():
            tokens[key] = (await office.issue_token(name, role)).token
        past = office.clock.now() - timedelta(hours=1)
        tokens["expired"] = (await office.issue_token("old", Role.INTEGRATOR, expires_at=past)).token
        for person in ("officer1", "officer3", "officer4", "admin"):
            tokens[person] = (await office.log_in(person, PASSWORD)).token
        return tokens
    finally:
        await office.close()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    file = tmp_path_factory.mktemp("prepared") / "hall.db"
    people = [*(f"officer{number}" for number in range(1, 9)), "admin"]
    text = assets.DEMO_HALL.read_text("utf-8")
    made = init(f"sqlite:///{file}", text, passwords=dict.fromkeys(people, PASSWORD), clock=ShiftedClock())
    tokens = asyncio.run(_tokens(f"sqlite:///{file}"))
    with closing(sqlite3.connect(file)) as driver:
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Prepared(file, tokens, {f"{code.role.value}:{code.name}": code.code for code in made.codes})


class Outside:
    """The government's side: answers, refuses or is away, as a test wishes."""

    def __init__(self) -> None:
        self.asked: list[AskProvider] = []
        self.available = True

    async def ask(self, ask: AskProvider) -> Answer:
        self.asked.append(ask)
        if not self.available:
            raise Refusal(Code.PROVIDER_UNAVAILABLE, "no answer in time", provider=ask.provider)
        return Answer(provider=ask.provider, reference="R1", rows=({"kind": "notice", "value": "好"},), demo=True)

    def states(self) -> tuple[ProviderView, ...]:
        return (ProviderView(provider="case-progress", available=self.available),)


class Voice:
    def call(self, number: str, window: str, language: str = "zh") -> bytes:
        return b"RIFF" + f"{number} {window}".encode()


PAGES = {
    f"{folder}/index.html": Page(
        f"<!doctype html><title>{folder}</title>".encode(), "text/html; charset=utf-8", f'"{folder}"'
    )
    for folder in ("index", "admin", "desk", "screen", "window", "rating", "ticket")
}


@dataclass
class Hall:
    """A running server of the demo hall and callers for it."""

    office: Office
    app: WebApp
    hub: PushHub
    clock: ShiftedClock
    tokens: dict[str, str]
    codes: dict[str, str]
    outside: Outside
    monotonic: list[float] = field(default_factory=lambda: [1000.0])
    client: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app), base_url="http://hall.test", timeout=30
        )

    def headers(self, who: str | None, **more: str) -> dict[str, str]:
        return {**({"Authorization": f"Bearer {self.tokens.get(who, who)}"} if who else {}), **more}

    @staticmethod
    def refused(answer: httpx.Response, status: int, code: str) -> None:
        """Asserts that the hall said no, in the one shape in which it does."""
        assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
        assert set(answer.json()) == {"code", "message", "retryable", "detail"}
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"

    async def get(self, path: str, who: str | None = "integrator", **more: str) -> httpx.Response:
        return await self.client.get(path, headers=self.headers(who, **more))

    async def post(
        self, path: str, body: Any = None, who: str | None = "integrator", key: str | None = None, **more: str
    ) -> httpx.Response:
        extra = {"Idempotency-Key": key} if key else {}
        return await self.client.post(
            path, json={} if body is None else body, headers=self.headers(who, **extra, **more)
        )

    async def take(self, queue: str = "A", who: str = "integrator", **more: Any) -> dict[str, Any]:
        answer = await self.post("/api/v1/tickets", {"queue": queue, **more}, who)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def act(self, window: str, verb: str, body: Any = None, who: str = "integrator") -> httpx.Response:
        return await self.post(f"/api/v1/windows/{window}/{verb}", body, who)

    async def serve_one(self, window: str = "3", queue: str = "A", **more: Any) -> dict[str, Any]:
        """One ticket from taking to finishing; the reply to finish, with the ticket's link added."""
        ticket = await self.take(queue, **more)
        for verb in ("open", "call-next", "start"):
            answer = await self.act(window, verb)
            assert answer.status_code == 200, (verb, answer.text)
        answer = await self.act(window, "finish", {"outcome": "accepted"})
        assert answer.status_code == 200, answer.text
        return {**answer.json(), "issued": ticket, "link": ticket["statusUrl"].rsplit("/", 1)[-1]}


@pytest.fixture
async def hall(prepared: Prepared, tmp_path: Path) -> AsyncIterator[Hall]:
    file = tmp_path / "hall.db"
    shutil.copyfile(prepared.file, file)
    clock = ShiftedClock()
    office = open_office(f"sqlite:///{file}", clock=clock, public_url="http://hall.test")
    await office.start()
    hub = PushHub(office)
    timers = Timers(office, clock)
    relay = Relay(office, [hub, timers], poll_seconds=0.2)
    halls = await office.halls()
    await relay.start(halls)
    await timers.start(halls)
    outside = Outside()
    seconds = [1000.0]
    app = WebApp(_parts(office, hub, clock, outside, lambda: seconds[0]))
    running = Hall(office, app, hub, clock, prepared.tokens, prepared.codes, outside, seconds)
    yield running
    await running.client.aclose()
    hub.close()
    await timers.stop()
    await relay.stop()
    await office.close()


def _parts(
    office: Office, hub: PushHub, clock: ShiftedClock, outside: Outside, monotonic: Callable[[], float]
) -> Parts:
    return Parts(
        office=office,
        feed=hub,
        providers=outside,
        voice=Voice(),
        back_office=HallBackOffice(office),
        observer=Observer(lambda: hub.listeners),
        clock=clock,
        monotonic=monotonic,
        files=PAGES,
        version="test",
    )


class _Whole:
    """Office, feed, timers and web as one program for :class:`Serving`."""

    def __init__(self, url: str, address: str) -> None:
        import time

        clock = ShiftedClock()
        self.office = open_office(url, clock=clock, public_url=address)
        self.hub = PushHub(self.office)
        self._timers = Timers(self.office, clock)
        self._relay = Relay(self.office, [self.hub, self._timers])
        self.app: Any = WebApp(_parts(self.office, self.hub, clock, Outside(), time.monotonic))

    async def start(self) -> None:
        await self.office.start()
        halls = await self.office.halls()
        await self._relay.start(halls)
        await self._timers.start(halls)

    def say_goodbye(self) -> None:
        self.hub.close()

    async def stop(self) -> None:
        await self._timers.stop()
        await self._relay.stop()
        await self.office.close()


@dataclass
class LiveServer:
    """The same server behind a real socket, on a thread of its own."""

    url: str
    serving: Serving
    tokens: dict[str, str]
    hub: PushHub

    def headers(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"}


@contextlib.contextmanager
def _serving(prepared: Prepared, file: Path) -> Iterator[LiveServer]:
    shutil.copyfile(prepared.file, file)
    bound = bind("127.0.0.1", 0)
    address = address_of(bound)
    ready = threading.Event()
    program = _Whole(f"sqlite:///{file}", address)
    serving = Serving(program, bound, ready.set)
    thread = threading.Thread(target=serving.serve_until_told, name="live server")
    thread.start()
    assert ready.wait(30)
    yield LiveServer(address, serving, prepared.tokens, program.hub)
    serving.should_exit = True
    thread.join(30)
    assert not thread.is_alive()


@pytest.fixture
def live(prepared: Prepared, tmp_path: Path) -> Iterator[LiveServer]:
    """A server of this test alone."""
    with _serving(prepared, tmp_path / "live.db") as server:
        yield server


@pytest.fixture(scope="module")
def shared(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that the tests of one file share, for those who do not mind what others left there."""
    with _serving(prepared, tmp_path_factory.mktemp("shared") / "live.db") as server:
        yield server
