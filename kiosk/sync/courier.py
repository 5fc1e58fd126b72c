"""Posts the letters, in their order, on a thread of its own: nobody at the kiosk waits for it.

A ticket whose paper came out is called only once the server knows so; that is why letters do not wait for the
refresher's next round.
"""

from __future__ import annotations

import threading

import structlog

from kiosk.errors import KioskError, Reason
from kiosk.store.letters import Letter, Letters
from kiosk.sync.link import Link, RefusedError

log = structlog.get_logger(__name__)

LAST_RETRY = 15.0
FORBIDDEN = "403"


class Courier:
    """One thread that posts what waits, whenever it is woken and, while something waits, every few seconds."""

    def __init__(self, link: Link, letters: Letters, retry_seconds: float = 2.0) -> None:
        self._link = link
        self._letters = letters
        self._retry_seconds = retry_seconds
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._live, name="courier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def wake(self) -> None:
        """There is a letter, or the line is back; from any thread."""
        self._wake.set()

    def run_once(self) -> int:
        """Posts what waits; returns how many letters are gone. Raises ``KioskError`` when the line fails."""
        gone = 0
        with self._turn:  # the order counts, and whoever stops the kiosk calls too
            while waiting := self._letters.waiting():
                for letter in waiting:
                    self._post(letter)
                    self._letters.drop(letter.key)
                    gone += 1
        return gone

    def _post(self, letter: Letter) -> None:
        try:
            self._link.exchange("POST", letter.path, letter.body, headers={"Idempotency-Key": letter.key})
        except RefusedError as refusal:
            if refusal.body.retryable:
                raise
            # Time has decided already (the ticket was called, expired, or is void), or it was heard before.
            log.info("letter refused", reason=refusal.body.code)
        except KioskError as error:
            if error.reason is not Reason.NOT_ENROLLED or error.detail != FORBIDDEN:
                raise
            log.warning("letter refused", reason=error.reason.value)  # written when this kiosk had another name

    def _live(self) -> None:
        pause: float | None = None
        while not self._stopping.is_set():
            self._wake.wait(pause)
            self._wake.clear()
            if self._stopping.is_set():
                return
            try:
                self.run_once()
                pause = None
            except KioskError:  # the link, or the store, has logged it
                pause = min(LAST_RETRY, self._retry_seconds if pause is None else pause * 1.5)
            except Exception as error:  # noqa: BLE001  # a letter must not be lost because one could not be read
                log.error("courier broke", kind=type(error).__name__)
                pause = LAST_RETRY
