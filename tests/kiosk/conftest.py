"""A hall server that misbehaves on demand, devices that do what they are told, and a kiosk between them."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import assets
import ui
from drivers.device import Cancel, DeviceError, DeviceState, Fault, Secret, Status
from drivers.face_verifier.port import FaceCheck, FaceOutcome, Hint
from drivers.id_card_reader.port import CardKind, IdCard, Sex
from drivers.ticket_printer.port import PrinterCapabilities, Proof, Slip
from kiosk.desk import Desk
from kiosk.devices.bench import Bay, Bench
from kiosk.devices.health import Line, judge
from kiosk.errors import KioskError
from kiosk.identity import IdentityCheck
from kiosk.printing import Layouts, Printing, find_fonts
from kiosk.printing.layouts import PaperWords
from kiosk.store.catalogue import CatalogueStore
from kiosk.store.database import Database
from kiosk.store.journal import Journal
from kiosk.store.leases import Leases
from kiosk.store.outbox import Outbox
from kiosk.sync.clock import HallClock
from kiosk.sync.link import Link
from kiosk.sync.refresher import Refresher
from kiosk.ticketing import Ticketing
from kiosk.transactions import Transactions, read_definitions
from kiosk.visit import IdleLimits, View, Visit

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NAME = "欧阳测试者"
NUMBER = "110105194912310021"
PHONE = "13800001234"
CODE = "246810"
GOOD = Secret("good")
PERSONAL = (NAME, NUMBER, PHONE, CODE, "测试路五号")


def wait_until(true: Callable[[], Any], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


class Clock:
    """Hands of a clock that the test turns."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.wall = NOW

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self.wall

    def pass_(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall += timedelta(seconds=seconds)


def estimate(likely: int) -> dict[str, int]:
    return {"low": likely // 2, "likely": likely, "high": likely * 2}


def catalogue(**changes: Any) -> dict[str, Any]:
    def queue(id_: str, name: str, **more: Any) -> dict[str, Any]:
        view = {
            "id": id_, "name": {"zh": name, "en": id_}, "prefix": id_, "open": True, "waiting": 3,
            "estimatedWaitSeconds": estimate(600), "windows": ["1"],
        }  # fmt: skip
        return {**view, **more}

    return {
        "version": "1", "hall": "test", "name": {"zh": "测试大厅", "en": "Test hall"},
        "notice": {"zh": "通知"}, "hours": {"zh": "全天"}, "timeZone": "Asia/Shanghai",
        "zones": [{"id": "Z1", "name": {"zh": "综合区", "en": "General"}, "floor": {"zh": "一楼", "en": "1"}}],
        "queues": [queue("A", "综合业务"), queue("B", "社保", open=False, closedReason="out-of-hours")],
        "windows": [{"id": "1", "name": {"zh": "1号窗口", "en": "1"}, "zone": "Z1", "mode": "open", "queues": ["A"]}],
        "items": [{"id": "A-1", "name": {"zh": "居住证"}, "queue": "A", "department": {"zh": "公安局"}}],
        "levels": [],
        "providers": [{"provider": p, "available": True} for p in ("case-progress", "guides", "guide-list")],
        "personKey": "key-of-the-hall", "publicUrl": "http://hall.test", "demo": True,
        **changes,
    }  # fmt: skip


@dataclass
class HallServer:
    """A real HTTP server with the kiosk's routes. ``mode`` is how it behaves from now on."""

    mode: str = "well"
    catalogue: dict[str, Any] = field(default_factory=catalogue)
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)
    reported: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    refusal: tuple[int, str, dict[str, Any]] | None = None
    parks: str = ""
    clock_off: float = 0.0
    slow_seconds: float = 0.8
    lease_size: int = 5
    answer: dict[str, Any] = field(default_factory=dict)
    leases_given: int = 0
    port: int = 0
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        hall = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536  # head and body in one packet, else the client waits 40 ms for the second

            def log_message(self, *_: Any) -> None:
                """Silence."""

            def do_GET(self) -> None:
                hall._handle(self, b"")

            def do_POST(self) -> None:
                hall._handle(self, self.rfile.read(int(self.headers["Content-Length"])))

        ThreadingHTTPServer.allow_reuse_address = True
        ThreadingHTTPServer.daemon_threads = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _handle(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        path = request.path.removeprefix("/api/v1")
        self.requests.append((request.command, path))
        if self.mode == "down":
            request.close_connection = True
            request.connection.close()
            return
        if self.mode == "slow":
            time.sleep(self.slow_seconds)
        if self.mode == "500":
            self._send(request, 500, {"code": "internal", "message": "", "retryable": True, "detail": {}})
            return
        if self.mode in {"html", "wrong-shape", "half"}:
            raw = {"html": b"<html>Log in to the WLAN</html>", "wrong-shape": b'{"number": 7}', "half": b'{"id":"x"'}
            self._send(request, 200, raw[self.mode])
            return
        status, reply = self._answer(path, json.loads(body) if body else None, dict(request.headers))
        if self.mode == "lost-answer" and path == "/tickets":
            request.close_connection = True
            request.connection.close()
            return
        self._send(request, status, reply)

    def _send(self, request: BaseHTTPRequestHandler, status: int, reply: Any) -> None:
        raw = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        try:
            request.send_response(status)
            request.send_header("Content-Length", str(len(raw)))
            if status == 200 and request.path.endswith("/catalogue"):
                request.send_header("ETag", '"c"')
            request.end_headers()
            request.wfile.write(raw)
        except OSError:
            request.close_connection = True

    def _answer(self, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        if headers.get("Authorization") != "Bearer good":
            return 401, {"code": "unauthenticated", "message": "", "retryable": False, "detail": {}}
        if path in {"/tickets", "/ask"} and self.refusal:
            status, code, detail = self.refusal
            return status, {"code": code, "message": "", "retryable": False, "detail": detail}
        return getattr(self, "_" + path.strip("/").replace("/", "_").replace("-", "_"))(body, headers)

    def _tickets(self, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        key = headers["Idempotency-Key"]
        number = self.tickets.setdefault(key, {**body, "number": f"A{len(self.tickets) + 1:03d}"})["number"]
        return 201, {
            "id": "t" + number, "number": number, "queue": body["queue"], "ahead": 3,
            "estimatedWaitSeconds": estimate(600), "issuedAt": NOW.isoformat(), "statusUrl": "http://hall.test/t/abc",
            "queueName": {"zh": "综合业务"}, "windows": [], "priority": body.get("priority", "none"),
        }  # fmt: skip

    def _catalogue(self, _: Any, headers: dict[str, str]) -> tuple[int, Any]:
        return 200, self.catalogue

    def _terminals_report(self, body: Any, _: Any) -> tuple[int, Any]:
        self.reported_conditions = body["conditions"]
        return 200, {"serverTime": NOW.isoformat(), "clockOffSeconds": self.clock_off, "catalogueVersion": "1"}

    def _leases(self, body: Any, _: Any) -> tuple[int, Any]:
        first = 700 + self.leases_given * self.lease_size
        self.leases_given += 1
        return 200, {
            "id": f"lease-{body['queue']}-{first}", "queue": body["queue"], "prefix": body["queue"], "digits": 3,
            "from": first, "to": first + self.lease_size - 1, "businessDay": date(2026, 3, 2).isoformat(),
            "expiresAt": (NOW + timedelta(hours=12)).isoformat(),
        }  # fmt: skip

    def _offline_tickets(self, body: Any, _: Any) -> tuple[int, Any]:
        results = []
        for ticket in body["tickets"]:
            self.reported.append(ticket)
            if self.parks:
                results.append({"key": ticket["key"], "result": "parked", "reason": self.parks})
            else:
                results.append({"key": ticket["key"], "result": "accepted", "ticket": "t"})
        return 200, {"results": results}

    def _events(self, _: Any, __: Any) -> tuple[int, Any]:
        return 404, {"code": "not_found", "message": "", "retryable": False, "detail": {}}

    def _ask(self, body: Any, _: Any) -> tuple[int, Any]:
        self.asked.append(body)
        if body["provider"] == "guide-list":
            option = {"kind": "option", "id": "A-1", "value": "居住证办理", "valueEn": "Permit", "lineZh": "公安局"}
            return 200, {"provider": "guide-list", "reference": "", "rows": [option]}
        row = {"kind": "row", "labelZh": "当前状态", "labelEn": "Status", "value": "审核中"}
        rows = [{"kind": "heading", "value": "1/1 居住证办理"}, row]
        return 200, {"provider": body["provider"], "reference": "Q1", "rows": rows, "demo": True}


@pytest.fixture
def hall() -> Iterator[HallServer]:
    server = HallServer()
    server.start()
    yield server
    server.stop()


class FakeDevice:
    def __init__(self) -> None:
        self.absent = False
        self.broken: Fault | None = None
        self.status = Status(DeviceState.READY)
        self.opened = 0

    def open(self) -> None:
        if self.absent:
            raise DeviceError(Fault.ABSENT)
        self.opened += 1

    def close(self) -> None:
        """Nothing is open."""

    def probe(self) -> Status:
        if self.absent:
            raise DeviceError(Fault.UNPLUGGED)
        return self.status


def a_card(**changes: Any) -> IdCard:
    card = IdCard(
        kind=CardKind.RESIDENT, name=Secret(NAME), number=Secret(NUMBER), sex=Sex.MALE,
        birth_date=Secret(date(1990, 1, 2)), address=Secret("测试路五号"), authority=Secret("某公安局"),
        valid_from=date(2015, 1, 2), valid_to=None, photo=Secret(b"photo"),
    )  # fmt: skip
    return replace(card, **changes)


class FakeReader(FakeDevice):
    """Reads what lies on it; ``fault`` is raised instead."""

    def __init__(self) -> None:
        super().__init__()
        self.card: IdCard | None = None
        self.fault: Fault | None = None
        self.reads = 0

    def read(self, timeout: float, cancel: Cancel | None = None) -> IdCard:
        cancel = cancel or Cancel()
        self.reads += 1
        deadline = time.monotonic() + min(timeout, 20)
        while time.monotonic() < deadline:
            cancel.check()
            if self.fault:
                raise DeviceError(self.fault, "made up")
            if self.card:
                return self.card
            cancel.wait(0.005)
        raise DeviceError(Fault.NO_CARD)


class FakePrinter(FakeDevice):
    """Prints into a list; ``fault`` is raised instead, ``uncertain`` as said, ``slow`` waits first."""

    def __init__(self) -> None:
        super().__init__()
        self.slips: list[Slip] = []
        self.fault: Fault | None = None
        self.uncertain = False
        self.proof = Proof.PROVEN
        self.hold = threading.Event()
        self.hold.set()

    @property
    def capabilities(self) -> PrinterCapabilities:
        return PrinterCapabilities(576, 8.0, True, True)

    def print(self, slip: Slip, timeout: float) -> Proof:
        self.hold.wait(10)
        if self.fault:
            raise DeviceError(self.fault, uncertain=self.uncertain)
        self.slips.append(slip)
        return self.proof


class FakeCamera(FakeDevice):
    def __init__(self) -> None:
        super().__init__()
        self.running = False
        self.starts = 0

    def start(self) -> None:
        self.running = True
        self.starts += 1

    def stop(self) -> None:
        self.running = False

    def frame(self, timeout: float, cancel: Cancel | None = None) -> Any:
        raise DeviceError(Fault.NO_PICTURE)


class FakeVerifier(FakeDevice):
    def __init__(self) -> None:
        super().__init__()
        self.outcomes: list[FaceOutcome] = []
        self.checks = 0

    def check(
        self, card_picture: bytes, camera: Any, timeout: float, cancel: Any, on_hint: Any, on_preview: Any
    ) -> Any:
        self.checks += 1
        on_hint(Hint.COME_CLOSER)
        deadline = time.monotonic() + 10
        while not self.outcomes and time.monotonic() < deadline:
            cancel.check()
            time.sleep(0.005)
        return FaceCheck(self.outcomes.pop(0))


class Decoder:
    def decode(self, block: bytes) -> bytes | None:
        return block or None


@dataclass
class Rig:
    """A kiosk in parts, with a clock that the test turns and devices that the test holds."""

    clock: Clock
    link: Link
    database: Database
    catalogue: CatalogueStore
    leases: Leases
    outbox: Outbox
    journal: Journal
    refresher: Refresher
    hall_clock: HallClock
    ticketing: Ticketing
    desk: Desk
    visit: Visit
    reader: FakeReader
    printer: FakePrinter
    camera: FakeCamera
    verifier: FakeVerifier
    bench: Bench
    views: list[View]

    def wait(self, true: Callable[[], Any], seconds: float = 5.0) -> None:
        wait_until(true, seconds)

    def until(self, page: str) -> View:
        """Waits for a page that is ready to be used."""
        wait_until(lambda: self.visit.view.page == page and not self.visit.view.busy)
        return self.visit.view

    def until_error(self, reason: str) -> View:
        wait_until(lambda: self.visit.view.error == f"error.{reason}")
        return self.visit.view

    def tap(self, **given: Any) -> None:
        """A tap by a person who takes a second for it."""
        self.clock.pass_(1)
        self.visit.submit(given)

    def start(self, flow: str) -> None:
        self.clock.pass_(1)
        self.visit.start(flow)

    def card_to_queue(self) -> View:
        self.reader.card = a_card()
        self.start("take_ticket")
        return self.until("Queue")


@pytest.fixture
def people() -> SimpleNamespace:
    """Words and makers that tests share."""
    return SimpleNamespace(
        name=NAME, number=NUMBER, phone=PHONE, code=CODE, personal=PERSONAL, card=a_card, now=NOW, until=wait_until
    )


@pytest.fixture(scope="session")
def layouts() -> Layouts:
    return Layouts(find_fonts(), PaperWords(ui.I18N))


@pytest.fixture
def make_rig(tmp_path: Path, hall: HallServer, layouts: Layouts) -> Iterator[Callable[..., Rig]]:
    made: list[Rig] = []

    def make(**changes: Any) -> Rig:
        rig = build_rig(tmp_path / "kiosk.db", hall.url, layouts, **changes)
        made.append(rig)
        return rig

    yield make
    for rig in made:
        rig.printer.hold.set()
        rig.visit.close()
        rig.bench.stop()
        rig.link.close()
        rig.database.close()


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    """A kiosk that has been up for a while: catalogue and lent numbers are there."""
    made = make_rig()
    made.refresher.round()
    return made


def build_rig(
    path: Path, url: str, layouts: Layouts, token: Secret[str] = GOOD, folders: tuple[Path, ...] = (), run: str = ""
) -> Rig:
    clock = Clock()
    database = Database(path)
    database.open()
    store, leases, outbox, journal = CatalogueStore(database), Leases(database), Outbox(database), Journal(database)
    store.load()
    link = Link(url, token, 0.5, 0.4)
    hall_clock = HallClock(clock.now)
    reader, printer, camera, verifier = FakeReader(), FakePrinter(), FakeCamera(), FakeVerifier()
    devices = {"id_card_reader": reader, "ticket_printer": printer, "camera": camera, "face_verifier": verifier}
    bench = Bench({kind: Bay(kind, "fake", lambda d=d: d, lambda: None) for kind, d in devices.items()})  # type: ignore[misc]
    ids = iter(range(1, 10**6))

    def line() -> Line:
        left: dict[str, int] = {}
        with contextlib.suppress(KioskError):
            left = leases.left(clock.now())
        return Line(link.away, link.enrolled, hall_clock.off, left)

    offers = lambda: judge(bench.reports(), line(), store.current)  # noqa: E731
    ticketing = Ticketing(
        link, database, store, now=hall_clock.now, new_token=lambda: f"token-of-24-letters-{run}{next(ids)}"
    )
    desk = Desk(
        catalogue=store,
        ticketing=ticketing,
        identity=IdentityCheck(bench, Decoder(), clock.now, card_seconds=20.0),
        printing=Printing(bench, lambda: layouts, journal, proof_seconds=3.0),
        transactions=Transactions(read_definitions([assets.TRANSACTIONS, *folders]), link, ask_seconds=2.0),
        offers=offers,
        home=lambda: {"lines": list(offers().lines)},
        offline=lambda: link.away is not None,
        now=hall_clock.now,
        monotonic=clock.monotonic,
        new_id=lambda: f"visit-{run}{next(ids)}",
        name="K1",
    )
    refresher = Refresher(
        link, store, leases, outbox, hall_clock, conditions=tuple, on_change=lambda: None, numbers_per_queue=5
    )
    visit = Visit(desk, IdleLimits())
    views: list[View] = []
    visit.observe(views.append)
    bench.start()
    wait_until(lambda: all(d.opened for d in devices.values()))
    return Rig(
        clock, link, database, store, leases, outbox, journal, refresher, hall_clock, ticketing, desk, visit,
        reader, printer, camera, verifier, bench, views,
    )  # fmt: skip
