"""A hall server that misbehaves on demand, devices that do what they are told, and a kiosk between them."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import assets
import ui
from drivers.device import Secret
from kiosk.bookings import Bookings
from kiosk.desk import Desk
from kiosk.devices.bench import Bay, Bench
from kiosk.devices.health import Line, Offers, judge
from kiosk.errors import KioskError
from kiosk.identity import IdentityCheck
from kiosk.printing import Layouts, Printing, find_fonts
from kiosk.printing.layouts import PaperWords
from kiosk.scanning import Scanning
from kiosk.store.catalogue import CatalogueStore
from kiosk.store.database import Database
from kiosk.store.journal import Journal
from kiosk.store.leases import Leases
from kiosk.store.letters import Letters
from kiosk.store.outbox import Outbox
from kiosk.sync.clock import HallClock
from kiosk.sync.courier import Courier
from kiosk.sync.link import Link
from kiosk.sync.refresher import Refresher
from kiosk.sync.returning import Returning
from kiosk.ticketing import Ticketing
from kiosk.transactions import Transactions, read_definitions
from kiosk.visit import IdleLimits, View, Visit

sys.path.insert(0, str(Path(__file__).parent))  # the neighbours below are modules of no package

from misbehaving_hall import HURRIED, NOW, PATIENT, HallServer
from obedient_devices import (
    CODE,
    NAME,
    NUMBER,
    PERSONAL,
    PHONE,
    Decoder,
    FakeCamera,
    FakePrinter,
    FakeReader,
    FakeVerifier,
    a_card,
)

GOOD = Secret("good")


def wait_until(true: Callable[[], Any], seconds: float = 60.0) -> None:
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


@pytest.fixture
def hall() -> Iterator[HallServer]:
    server = HallServer()
    server.start()
    yield server
    server.stop()


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
    letters: Letters
    courier: Courier
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

    def wait(self, true: Callable[[], Any], seconds: float = 60.0) -> None:
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

    def hurry(self) -> None:
        """From now on the kiosk waits for the server only a moment."""
        self.link._read_seconds = HURRIED

    def calm_down(self) -> None:
        """From now on it waits as long as it takes."""
        self.link._read_seconds = PATIENT

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


def bay_of(kind: str, device: Any) -> Bay[Any]:
    return Bay(kind, "fake", lambda: device, lambda: None)


def build_rig(
    path: Path,
    url: str,
    layouts: Layouts,
    token: Secret[str] = GOOD,
    folders: tuple[Path, ...] = (),
    run: str = "",
    more: Mapping[str, Any] | None = None,
) -> Rig:
    """``more`` are further devices by kind."""
    clock = Clock()
    database = Database(path)
    database.open()
    store, leases, outbox, journal = CatalogueStore(database), Leases(database), Outbox(database), Journal(database)
    store.load()
    link = Link(url, token, PATIENT, PATIENT)
    letters = Letters(database)
    hall_clock = HallClock(clock.now)
    reader, printer, camera, verifier = FakeReader(), FakePrinter(), FakeCamera(), FakeVerifier()
    devices: dict[str, Any] = {
        "id_card_reader": reader,
        "ticket_printer": printer,
        "camera": camera,
        "face_verifier": verifier,
    }
    devices |= more or {}
    bench = Bench({kind: bay_of(kind, device) for kind, device in devices.items()})
    ids = iter(range(1, 10**6))

    def line() -> Line:
        left: dict[str, int] = {}
        with contextlib.suppress(KioskError):
            left = leases.left(clock.now())
        return Line(link.away, link.enrolled, hall_clock.off, left)

    def offers() -> Offers:
        return judge(bench.reports(), line(), store.current)

    ticketing = Ticketing(
        link, database, store, now=hall_clock.now, new_token=lambda: f"token-of-24-letters-{run}{next(ids)}"
    )
    desk = Desk(
        catalogue=store,
        ticketing=ticketing,
        identity=IdentityCheck(bench, Decoder(), clock.now, card_seconds=20.0),
        printing=Printing(bench, lambda: layouts, journal, proof_seconds=PATIENT),
        transactions=Transactions(read_definitions([assets.TRANSACTIONS, *folders]), link, ask_seconds=PATIENT),
        bookings=Bookings(link),
        scanning=Scanning(bench),
        forget=bench.forget,
        offers=offers,
        home=lambda: {"lines": list(offers().lines)},
        offline=lambda: link.away is not None,
        now=hall_clock.now,
        monotonic=clock.monotonic,
        new_id=lambda: f"visit-{run}{next(ids)}",
        name="K1",
    )
    refresher = Refresher(
        link,
        store,
        leases,
        outbox,
        hall_clock,
        Returning(database, leases, letters),
        conditions=tuple,
        on_change=lambda: None,
        numbers_per_queue=5,
    )
    visit = Visit(desk, IdleLimits())
    views: list[View] = []
    visit.observe(views.append)
    bench.start()
    wait_until(lambda: all(d.opened for d in devices.values()))
    return Rig(
        clock, link, database, store, leases, outbox, journal, letters, Courier(link, letters), refresher,
        hall_clock, ticketing, desk, visit, reader, printer, camera, verifier, bench, views,
    )  # fmt: skip
