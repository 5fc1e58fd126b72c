"""What a scanner of QR and bar codes can do, whatever its maker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from drivers.device import Cancel, Device, HoldsVisitData, Secret


@dataclass(frozen=True, slots=True)
class ScannerCapabilities:
    """What is true of this scanner as it is set up."""

    exclusive: bool = True
    """Nobody else on this machine gets what is scanned: the line or the keyboard is held for us alone."""
    controls_beam: bool = False
    """It can be told to look and to stop; otherwise it looks all the time, and what it sees while nobody asks is
    dropped."""
    tells_symbology: bool = False
    """It says what kind of code it was (AIM identifier)."""
    answers: bool = False
    """It answers a question about itself; otherwise a scanner that is silent cannot be told from one with nothing to
    look at."""


@dataclass(frozen=True, slots=True, repr=False)
class Code:
    """What one code said. It may be somebody's identity: everything but its kind is behind ``Secret``."""

    data: Secret[bytes]
    """As it came, without prefix, identifier and suffix; a token is verified with these bytes."""
    text: Secret[str]
    scanned_at: float
    """``time.monotonic()`` at its last byte, in seconds."""
    symbology: str = ""
    """``qr``, ``code-128``, ``han-xin`` …; empty when the scanner does not say."""

    def __repr__(self) -> str:
        return f"Code({self.symbology})" if self.symbology else "Code()"


class CodeScanner(Device, HoldsVisitData, Protocol):
    """Reads one code when asked to; what it sees while nobody asks never arrives."""

    @property
    def capabilities(self) -> ScannerCapabilities: ...

    def read(self, timeout: float = 30.0, cancel: Cancel | None = None) -> Code:
        """Waits up to ``timeout`` seconds for a code that begins after this call.

        A code is not given again within two seconds (a phone that is still held there). Raises ``DeviceError``:
        NO_CODE after the time-out, BAD_DATA with the reason (no text, cut, too long …; nothing is guessed), BUSY
        (another read is under way), UNPLUGGED, ABSENT, CANCELLED (also by ``forget`` and ``close``).
        """
        ...
