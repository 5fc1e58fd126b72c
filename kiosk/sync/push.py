"""Listens to the hall's events, so that the numbers of waiting people on the screen are those of now.

Nothing depends on it: what it misses, the refresher's next round brings.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import msgspec
import structlog

from kiosk.errors import KioskError
from kiosk.store.catalogue import CatalogueStore
from kiosk.sync.link import Link
from queue_server.contract import codec
from queue_server.contract.messages import Event, EventType, QueueView

log = structlog.get_logger(__name__)

SILENCE = 40.0
FIRST_RETRY = 1.0
LAST_RETRY = 30.0


class Push:
    """One thread that reads the event stream for as long as the kiosk runs."""

    def __init__(
        self, link: Link, catalogue: CatalogueStore, on_change: Callable[[], None], fetch: Callable[[], None]
    ) -> None:
        self._link = link
        self._catalogue = catalogue
        self._on_change = on_change
        self._fetch = fetch
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name="push", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Does not wait for a stream that is silent; the thread ends with the next line or with the program."""
        self._stopping.set()

    def take(self, line: bytes) -> None:
        """One line of the stream. Lines that are not data of an event change nothing."""
        if not line.startswith(b"data:"):
            return
        try:
            event = codec.decode(line[5:].strip(), Event)
            queues = [codec.convert(row, QueueView) for row in event.data.get("queues", ())]
        except (msgspec.DecodeError, TypeError):
            return
        if event.type == EventType.HALL_CHANGED:  # also when an outside system went away or came back
            self._fetch()
        if queues and self._catalogue.see_queues(queues):
            self._on_change()

    def _live(self) -> None:
        pause = FIRST_RETRY
        while not self._stopping.is_set():
            try:
                if self._link.away is None:
                    with self._link.stream("/events", SILENCE) as lines:
                        pause = FIRST_RETRY
                        for line in lines:
                            if self._stopping.is_set():
                                return
                            self.take(line)
            except KioskError:
                log.debug("push ended")
            self._stopping.wait(pause)
            pause = min(LAST_RETRY, pause * 2)
