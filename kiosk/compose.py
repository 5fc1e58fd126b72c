"""Builds the inner works of the kiosk from its settings; nothing here draws. The screen is attached by ``__main__``."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog

import assets
import ui
from drivers.device import Secret
from drivers.loading import KINDS, SharedPorts, make_device, make_photo_decoder, plugged_in
from kiosk.bookings import Bookings
from kiosk.desk import Desk
from kiosk.devices.bench import Bay, Bench
from kiosk.devices.health import Line, Offers, conditions, judge
from kiosk.devices.lamps import Lamps
from kiosk.errors import KioskError
from kiosk.identity import IdentityCheck
from kiosk.logs import configure_logs
from kiosk.printing import Layouts, Printing, find_fonts
from kiosk.printing.layouts import PaperWords
from kiosk.scanning import Scanning
from kiosk.settings import DeviceSettings, KioskSettings, Loaded, SettingsError
from kiosk.store.catalogue import CatalogueStore
from kiosk.store.database import Database
from kiosk.store.journal import Journal
from kiosk.store.leases import Leases
from kiosk.store.letters import Letters
from kiosk.store.outbox import Outbox
from kiosk.sync.clock import HallClock
from kiosk.sync.courier import Courier
from kiosk.sync.link import Link
from kiosk.sync.push import Push
from kiosk.sync.refresher import Refresher
from kiosk.sync.returning import Returning
from kiosk.ticketing import Ticketing
from kiosk.transactions import DefinitionError, Transactions, read_definitions
from kiosk.visit import IdleLimits, Visit
from queue_server.contract.codec import plain
from queue_server.contract.messages import Text

log = structlog.get_logger(__name__)

TICK = 0.5
DATABASE = "kiosk.db"


def local_time() -> datetime:
    """The clock of the machine, aware."""
    return datetime.now(UTC)


def build(
    loaded: Loaded,
    *,
    now: Callable[[], datetime] = local_time,
    monotonic: Callable[[], float] = time.monotonic,
    new_id: Callable[[], str] = lambda: secrets.token_hex(16),
    new_token: Callable[[], str] = lambda: secrets.token_urlsafe(24),
) -> Kiosk:
    """Puts everything together; no device, file or network is touched before ``Kiosk.start``.

    Raises ``SettingsError`` for devices and definition files that cannot be used.
    """
    return Kiosk(loaded, now, monotonic, new_id, new_token)


class Kiosk:
    """The kiosk without its screen: the visit, and everything behind it."""

    def __init__(
        self,
        loaded: Loaded,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        new_id: Callable[[], str],
        new_token: Callable[[], str],
    ) -> None:
        settings = loaded.settings
        self.settings = settings
        self._origins = loaded.origins
        self._shared = SharedPorts()
        self._durable = True
        self.database = Database(settings.data / DATABASE)
        self.catalogue = CatalogueStore(self.database)
        self.leases, self.outbox, self.journal = Leases(self.database), Outbox(self.database), Journal(self.database)
        self.letters = Letters(self.database)
        self._returning = Returning(self.database, self.leases, self.letters)
        self.clock = HallClock(now)
        server = settings.server
        self.link = Link(
            server.url,
            Secret(server.token.get_secret_value()),
            server.connect_seconds,
            server.read_seconds,
            monotonic,
        )
        self.bench = Bench(
            {kind: self._bay(kind, device, monotonic) for kind, device in _known(settings.devices).items()}
        )
        self.courier = Courier(self.link, self.letters, server.retry_seconds)
        self.refresher = Refresher(
            self.link,
            self.catalogue,
            self.leases,
            self.outbox,
            self.clock,
            self._returning,
            conditions=self._conditions,
            on_change=self._changed,
            on_letter=self.courier.wake,
            report_seconds=server.report_seconds,
            retry_seconds=server.retry_seconds,
            numbers_per_queue=server.numbers_per_queue,
            may_borrow=lambda: self._durable,
        )
        self.push = Push(self.link, self.catalogue, self._changed, self.refresher.wake)
        self._layouts = _layouts(settings)
        self.desk = Desk(
            catalogue=self.catalogue,
            ticketing=Ticketing(
                self.link,
                self.database,
                self.catalogue,
                now=self.clock.now,
                new_token=new_token,
                on_letter=self.courier.wake,
            ),
            identity=IdentityCheck(
                self.bench,
                make_photo_decoder(settings.photo_decoder),
                self.clock.now,
                card_seconds=settings.timeouts.card,
                face_seconds=settings.timeouts.face,
            ),
            printing=Printing(self.bench, self._layouts, self.journal, proof_seconds=settings.timeouts.print_proof),
            transactions=Transactions(_definitions(settings), self.link, ask_seconds=server.ask_seconds),
            bookings=Bookings(self.link),
            scanning=Scanning(self.bench),
            offers=self.offers,
            home=self.home,
            offline=lambda: self.link.away is not None,
            now=self.clock.now,
            monotonic=monotonic,
            new_id=new_id,
            name=settings.name,
            forget=self.bench.forget,
        )
        limits = settings.timeouts
        self.visit = Visit(self.desk, IdleLimits(limits.page, limits.elder_page, limits.warning, limits.result))
        self.visit.observe(Lamps(self.bench).see)
        self.link.watch(self._line_changed)
        self._stopping = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="ticker", daemon=True)

    # --- life ---

    def start(self) -> None:
        """Opens the store, then lets devices, network and clock run on threads of their own; returns quickly."""
        configure_logs()
        try:
            self.database.open()
            self.catalogue.load()
            interrupted = self.journal.recover(self.clock.now())
            for entry in interrupted:
                log.warning("number interrupted", queue=entry.queue, stand=entry.stand.value, number=entry.number)
            self.desk.ticketing.recover(interrupted)
        except KioskError as error:
            self._durable = False
            log.error("store not open", reason=error.reason.value, detail=error.detail)
            self.database.open_in_memory()
        self.bench.start()
        self.courier.start()
        self.courier.wake()
        self.refresher.start()
        self.push.start()
        self._ticker.start()
        threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()
        self.visit.refresh()

    def stop(self) -> None:
        """Ends every thread and closes everything; what was printed is on disk already.

        Numbers that were lent and not used go back to the server, as long as it can be reached.
        """
        self._stopping.set()
        self.visit.close()
        self.push.stop()
        self.refresher.stop()
        self.bench.stop()
        self._give_back()
        self.courier.stop()
        if self._ticker.is_alive():
            self._ticker.join(2.0)
        self.link.close()
        self._shared.close()
        self.database.close()

    def _give_back(self) -> None:
        if self.link.away is None and self.link.enrolled and self._durable:
            with contextlib.suppress(KioskError):  # what was not posted now is posted at the next start
                self._returning.give_back(self.clock.now(), every=True)
                self.courier.run_once()

    # --- what screen and staff see ---

    def offers(self) -> Offers:
        """What this kiosk can still offer now."""
        return judge(self.bench.reports(), self._line(), self.catalogue.current)

    def home(self) -> dict[str, Any]:
        """What the first page shows, and what stands around every page."""
        offers = self.offers()
        catalogue = self.catalogue.current
        flows = [("take_ticket", offers.take_ticket), ("self_service", offers.self_service)]
        if catalogue and any(queue.bookable for queue in catalogue.queues):
            flows.insert(1, ("appointments", offers.appointments))
        nothing = plain(Text(zh=""))
        out = offers.out_of_service
        return {
            "name": plain(catalogue.name) if catalogue else nothing,
            "notice": plain(catalogue.notice) if catalogue else nothing,
            "hours": plain(catalogue.hours) if catalogue else nothing,
            "offers": [
                {"flow": flow, "available": reason is None, "reason": reason.value if reason else None}
                for flow, reason in flows
            ],
            "lines": list(offers.lines),
            "outOfService": f"error.{out.value}" if out else "",
            "demo": bool(catalogue and catalogue.demo),
        }

    def report(self) -> dict[str, Any]:
        """For the page behind the PIN. Nothing in it is personal."""
        now = self.clock.now()
        waiting, parked, left = 0, [], {}
        with contextlib.suppress(KioskError):
            waiting, parked, left = self.outbox.count(), self.outbox.parked(), self.leases.left(now)
        return {
            "devices": [
                {
                    "name": report.kind,
                    "kind": report.kind,
                    "model": report.model,
                    "state": report.status.state.value,
                    "conditions": [condition.code for condition in report.status.conditions],
                    "detail": report.status.detail,
                }
                for report in self.bench.reports()
            ],
            "waitingUploads": waiting,
            "parked": [{"number": one.number, "queue": one.queue, "reason": one.reason} for one in parked],
            "leases": [{"queue": queue, "left": count} for queue, count in sorted(left.items())],
            "versions": {
                "hall24": _version("hall24"),
                "python": platform.python_version(),
                "catalogue": self.catalogue.current.version if self.catalogue.current else "",
                "kiosk": self.settings.name,
            },
            "online": self.link.away is None and self.link.enrolled,
            "clockOff": self.clock.off,
            "storeDamaged": self.database.damaged or not self._durable,
            "settings": [{"name": o.name, "value": o.value, "origin": o.origin} for o in self._origins],
        }

    # --- inside ---

    def _bay(self, kind: str, device: DeviceSettings, monotonic: Callable[[], float]) -> Bay[Any]:
        def make() -> Any:
            return make_device(kind, device.model, device.url, device.options, self._shared)

        return Bay(kind, device.model, make, self._changed, monotonic, plugged=plugged_in(device.url))

    def _line(self) -> Line:
        left: dict[str, int] = {}
        with contextlib.suppress(KioskError):
            left = self.leases.left(self.clock.now())
        return Line(self.link.away, self.link.enrolled, self.clock.off, left)

    def _conditions(self) -> Any:
        parked = 0
        with contextlib.suppress(KioskError):
            parked = len(self.outbox.parked())
        return conditions(self.bench.reports(), self._line(), parked=parked, store=self._durable)

    def _changed(self) -> None:
        self.visit.refresh()

    def _line_changed(self) -> None:
        self.refresher.wake()
        self.courier.wake()
        self._changed()

    def _tick(self) -> None:
        while not self._stopping.wait(TICK):
            self.visit.tick()

    def _warm_up(self) -> None:
        with contextlib.suppress(OSError):  # a missing font is said when something is to be printed
            self._layouts().warm_up()


def _known(devices: dict[str, DeviceSettings]) -> dict[str, DeviceSettings]:
    unknown = sorted(set(devices) - set(KINDS))
    if unknown:
        raise SettingsError(f"devices: unknown kind {', '.join(unknown)}; known: {', '.join(KINDS)}")
    return devices


def _definitions(settings: KioskSettings) -> Any:
    folders: list[Path] = [assets.TRANSACTIONS]
    if settings.transactions is not None:
        folders.append(settings.transactions)
    try:
        return read_definitions(folders)
    except DefinitionError as error:
        raise SettingsError(str(error)) from None


def _layouts(settings: KioskSettings) -> Callable[[], Layouts]:
    """Made when first needed, on whatever thread; kept from then on."""
    paper = settings.paper

    @lru_cache(maxsize=1)
    def make() -> Layouts:
        return Layouts(
            find_fonts(paper.font, paper.bold_font), PaperWords(ui.I18N), paper.width_dots, paper.dots_per_mm
        )

    return make


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
