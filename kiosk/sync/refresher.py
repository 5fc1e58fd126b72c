"""Keeps the kiosk up with its hall, in the background: sign of life, catalogue, lent numbers, what waits to be told.

It is also the probe that finds out that the server is back.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from datetime import timedelta

import structlog

from kiosk.errors import KioskError
from kiosk.store.catalogue import CatalogueStore
from kiosk.store.leases import Leases
from kiosk.store.outbox import Outbox
from kiosk.sync.clock import HallClock
from kiosk.sync.link import Link, RefusedError
from kiosk.sync.returning import Returning
from kiosk.sync.uploader import Uploader
from queue_server.contract.messages import (
    Catalogue,
    DeviceCondition,
    Lease,
    LendNumbers,
    ReportTerminal,
    TerminalReply,
)

log = structlog.get_logger(__name__)

SLOWEST_RETRY = 15.0
PARKED_KEPT = timedelta(days=30)


class Refresher:
    """One thread that goes its round every ``report_seconds``, and sooner when it is woken or the server is away."""

    def __init__(
        self,
        link: Link,
        catalogue: CatalogueStore,
        leases: Leases,
        outbox: Outbox,
        clock: HallClock,
        returning: Returning,
        *,
        conditions: Callable[[], tuple[DeviceCondition, ...]],
        on_change: Callable[[], None],
        on_letter: Callable[[], None] = lambda: None,
        report_seconds: float = 20.0,
        retry_seconds: float = 2.0,
        numbers_per_queue: int = 20,
        may_borrow: Callable[[], bool] = lambda: True,
    ) -> None:
        self._link = link
        self._catalogue = catalogue
        self._leases = leases
        self._outbox = outbox
        self._clock = clock
        self._returning = returning
        self._uploader = Uploader(link, outbox, clock)
        self._conditions = conditions
        self._on_change = on_change
        self._on_letter = on_letter
        self._report_seconds = report_seconds
        self._retry_seconds = retry_seconds
        self._numbers = numbers_per_queue
        self._may_borrow = may_borrow
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name="refresher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def wake(self) -> None:
        """Goes the round soon; from any thread."""
        self._wake.set()

    def round(self) -> None:
        """One round. Raises ``KioskError`` at the first failure of the line; what was done stays done."""
        self._report()
        self._fetch_catalogue()
        self._uploader.run_once()
        self._borrow()

    def _live(self) -> None:
        pause = self._retry_seconds
        while not self._stopping.is_set():
            try:
                self.round()
                pause = self._retry_seconds
                wait = self._report_seconds
            except KioskError:  # the link has logged it
                wait = pause
                pause = min(SLOWEST_RETRY, pause * 1.5)
            except Exception as error:  # noqa: BLE001  # the kiosk must find its server again whatever happened
                log.error("round broke", kind=type(error).__name__)
                wait = SLOWEST_RETRY
            self._wake.wait(wait)
            self._wake.clear()

    def _report(self) -> None:
        report = ReportTerminal(
            clock=self._clock.local(), conditions=self._conditions(), waiting_uploads=self._outbox.count()
        )
        reply = self._link.post("/terminals/report", report, TerminalReply)
        if self._clock.learn(reply.clock_off_seconds):
            log.warning("clock", off=self._clock.off)
            self._on_change()

    def _fetch_catalogue(self) -> None:
        headers = {"If-None-Match": self._catalogue.etag} if self._catalogue.etag else {}
        reply = self._link.exchange("GET", "/catalogue", headers=headers)
        if reply.status == 304:
            return
        catalogue = self._link.decoded(reply.body, Catalogue)
        with contextlib.suppress(KioskError):  # a full disk: it is in memory all the same
            self._catalogue.keep(catalogue, reply.headers.get("etag", ""))
        self._on_change()

    def _borrow(self) -> None:
        """Holds numbers for every queue. They are borrowed anew when the last is used or the day is over."""
        catalogue = self._catalogue.current
        if catalogue is None or not self._may_borrow() or self._outbox.count():
            return
        now = self._clock.now()
        if self._returning.give_back(now):
            self._on_letter()
        self._outbox.drop_parked(now - PARKED_KEPT)
        left = self._leases.left(now)
        for queue in catalogue.queues:
            if not left.get(queue.id):
                with contextlib.suppress(RefusedError):  # no numbers to lend for this queue: others may have some
                    wish = LendNumbers(queue=queue.id, size=self._numbers)
                    key = self._leases.request_key(queue.id)
                    self._leases.keep(self._link.post("/leases", wish, Lease, key=key))
