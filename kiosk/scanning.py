"""Codes that somebody holds before the scanner of this kiosk, while a page asks for one."""

from __future__ import annotations

from collections.abc import Callable

from drivers.code_scanner.port import CodeScanner
from drivers.device import Cancel, DeviceError, Fault, Secret
from kiosk.devices.bench import Bench
from kiosk.devices.health import SCANNER

SHORTEST, LONGEST = 4, 64
"""Characters of a query code; what else is seen (an address, a payment code) is no query code."""


class Scanning:
    """The scanner as flows see it: armed while they wait, deaf otherwise."""

    def __init__(self, bench: Bench, *, seconds: float = 30.0) -> None:
        self._bench = bench
        self._seconds = seconds

    def query_code(self, cancel: Cancel, unreadable: Callable[[], None]) -> Secret[str] | None:
        """Waits until somebody holds a query code there; ``unreadable`` is told of everything else that was held there.

        None when this kiosk has no scanner that works: the keys on the screen are there. Raises CANCELLED.
        """
        while True:
            try:
                bay = self._bench.need(SCANNER, CodeScanner)  # type: ignore[type-abstract]  # a port is a Protocol
                code = bay.call(lambda scanner: scanner.read(self._seconds, cancel), self._seconds + 5.0)
            except DeviceError as error:
                cancel.check()
                if error.fault is Fault.NO_CODE:
                    continue
                if error.fault in {Fault.BAD_DATA, Fault.CHECKSUM}:
                    unreadable()
                    continue
                return None
            words = code.text.reveal().strip()
            if SHORTEST <= len(words) <= LONGEST and words.isascii() and words.replace("-", "").isalnum():
                return Secret(words)
            unreadable()
