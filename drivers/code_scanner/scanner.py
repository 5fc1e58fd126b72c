"""What all scanners have in common: a line on which codes come unasked, listened to only while somebody asks.

* What came before ``read``, and the rest of a code that had begun before it, is thrown away.
* Nothing of a code is kept: the memory of the last one, which keeps a phone that is still held there from being read
  twice, is a keyed digest.
* Most scanners answer nothing. Whether such a one is well is known only after it has read a code.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from drivers.code_scanner.codec import CodeAssembler, Content, Framing, RawCode, content_of
from drivers.code_scanner.port import Code, ScannerCapabilities
from drivers.device import Action, Cancel, Condition, DeviceError, DeviceState, Fault, Secret, Status
from drivers.seams.bytes_port import BytesPort, seconds_left
from drivers.seams.line import RECORD

COMMON = frozenset({"suffix", "prefix", "aim", "max", "controls", "encoding", "silence", "debounce", RECORD})
"""Options that every scanner has."""

_SLICE = 0.05
_ANSWER = 0.4


@dataclass(frozen=True, slots=True)
class Commands:
    """What a scanner can be told over its line; empty: nothing."""

    trigger_on: bytes = b""
    trigger_off: bytes = b""
    again: float = 4.0
    """Seconds after which it is told to look once more: scanners stop looking by themselves."""
    query: bytes = b""
    answer: bytes = b""
    """What is in its answer to ``query``; anything else may be a code and proves nothing."""
    ignored: bytes = b""
    """Bytes with which it acknowledges commands: no part of a code."""


class Wire(Protocol):
    """From what a line carries to what was scanned."""

    def translate(self, data: bytes) -> Iterable[bytes | str]:
        """Bytes that were scanned, or a text that says why something on the line is none."""
        ...

    def clear(self) -> None:
        """What came before was thrown away, maybe in the middle of something."""
        ...


class BytesWire:
    """A line that carries what was scanned as it is."""

    def translate(self, data: bytes) -> Iterable[bytes | str]:
        return (data,)

    def clear(self) -> None:
        pass


class ArmedScanner:
    """One scanner on one line. ``debounce`` and ``gap`` are seconds."""

    def __init__(
        self,
        port: BytesPort,
        framing: Framing,
        *,
        wire: Wire | None = None,
        commands: Commands | None = None,
        debounce: float = 2.0,
        gap: float = 0.05,
    ) -> None:
        self._port = port
        self._framing = framing
        self._wire = wire or BytesWire()
        self._commands = commands or Commands()
        self._debounce = debounce
        self._gap = gap
        self._lock = threading.Lock()
        self._assembler = CodeAssembler(framing, gap)
        self._key = secrets.token_bytes(16)
        self._last = b""
        self._last_at = 0.0
        self._visit = 0
        self._heard = False
        self._listening = False

    @property
    def capabilities(self) -> ScannerCapabilities:
        return ScannerCapabilities(
            controls_beam=bool(self._commands.trigger_on),
            tells_symbology=self._framing.aim,
            answers=bool(self._commands.query),
        )

    @property
    def armed(self) -> bool:
        """Whether a code that begins now would be given."""
        return self._listening and not self._assembler.skipping

    def open(self) -> None:
        """Opens the line. Raises ABSENT, BUSY, CONFIGURATION."""
        if not self._lock.acquire(timeout=1.5):
            raise DeviceError(Fault.BUSY, "a read is under way")
        try:
            self._port.open()
            self._heard = False
        finally:
            self._lock.release()

    def close(self) -> None:
        self._port.close()

    def forget(self) -> None:
        """Ends a read that is under way and throws away what was scanned since.

        The digest of the last code stays for its two seconds: so that the paper of the visitor before, still lying
        there, is not read for the next one.
        """
        self._visit += 1
        if self._lock.acquire(timeout=0.8):
            try:
                self._assembler.wipe()
                with contextlib.suppress(DeviceError):  # an absent scanner keeps nothing
                    self._port.purge()
            finally:
                self._lock.release()

    def probe(self) -> Status:
        """Whether the line is there; asks the scanner only if it is known to answer."""
        if not self._lock.acquire(blocking=False):
            return Status(DeviceState.BUSY)
        try:
            self._port.purge()
            self._port.read_some(time.monotonic())  # shows that the plug was pulled; nobody asked for what it says
            if self._commands.query and not self._answers():
                return Status(DeviceState.UNKNOWN, (Condition("scanner.silent", Action.STAFF, blocking=True),))
        except DeviceError as error:
            if error.fault is Fault.CONFIGURATION:
                return Status(DeviceState.FAULT, (Condition("device.settings", Action.CONFIGURE, blocking=True),))
            return Status(DeviceState.ABSENT, (Condition("scanner.absent", Action.STAFF, blocking=True),))
        finally:
            self._lock.release()
        if self._heard or self._commands.query:
            return Status(DeviceState.READY)
        return Status(DeviceState.READY, (Condition("scanner.unproven", Action.NONE),))

    def read(self, timeout: float = 30.0, cancel: Cancel | None = None) -> Code:
        """Waits up to ``timeout`` seconds for a code (see the port for what it raises)."""
        cancel = cancel or Cancel()
        cancel.check()
        deadline = time.monotonic() + timeout
        visit = self._visit
        while not self._lock.acquire(timeout=min(_SLICE, max(0.001, seconds_left(deadline)))):
            cancel.check()
            if time.monotonic() >= deadline:
                raise DeviceError(Fault.BUSY, "another read is under way")
        try:
            return self._listen(deadline, cancel, visit)
        finally:
            self._listening = False
            self._assembler.wipe()
            self._lock.release()

    def _listen(self, deadline: float, cancel: Cancel, visit: int) -> Code:
        self._port.purge()
        self._wire.clear()
        self._assembler.begin(time.monotonic())
        self._listening = True
        triggered_at: float | None = None
        try:
            while True:
                now = time.monotonic()
                if not self._assembler.skipping and self._is_due(triggered_at, now):
                    self._port.write(self._commands.trigger_on, min(deadline, now + 1.0))
                    triggered_at = now
                content = self._hear(min(deadline, now + (self._gap if self._assembler.skipping else _SLICE)))
                cancel.check()
                if visit != self._visit:
                    raise DeviceError(Fault.CANCELLED, "forgotten")
                now = time.monotonic()
                if content is not None and not self._is_repeated(content.data, now):
                    return Code(Secret(content.data), Secret(content.text), now, content.symbology)
                if now >= deadline:
                    raise DeviceError(Fault.NO_CODE)
        finally:
            if triggered_at is not None and self._commands.trigger_off:
                with contextlib.suppress(DeviceError):  # the read is over in any case
                    self._port.write(self._commands.trigger_off, time.monotonic() + 0.2)

    def _hear(self, deadline: float) -> Content | None:
        """The first code that ends until then. Raises BAD_DATA for what is none."""
        data = self._port.read_some(deadline)
        now = time.monotonic()
        found: list[RawCode] = [] if data else self._assembler.quiet(now)
        for piece in self._wire.translate(data):
            if isinstance(piece, str):
                found += self._assembler.spoil(piece, now)
            else:
                found += self._assembler.feed(self._without_acknowledgements(piece), now)
        try:
            for raw in found[:1]:
                self._heard = True
                return content_of(raw, self._framing)
        finally:
            for raw in found:
                raw.wipe()
        return None

    def _without_acknowledgements(self, data: bytes) -> bytes:
        return data.translate(None, self._commands.ignored) if self._commands.ignored else data

    def _is_due(self, triggered_at: float | None, now: float) -> bool:
        if not self._commands.trigger_on:
            return False
        return triggered_at is None or now - triggered_at >= self._commands.again

    def _is_repeated(self, data: bytes, now: float) -> bool:
        digest = hashlib.blake2b(data, key=self._key, digest_size=16).digest()
        if digest == self._last and now - self._last_at < self._debounce:
            return True
        self._last, self._last_at = digest, now
        return False

    def _answers(self) -> bool:
        deadline = time.monotonic() + _ANSWER
        self._port.write(self._commands.query, deadline)
        heard = b""
        while self._commands.answer not in heard:
            if time.monotonic() >= deadline:  # also when it talks without end
                return False
            heard = (heard + self._port.read_some(deadline))[-4096:]
        return True


def debounce_from(options: Mapping[str, str]) -> float:
    """Seconds for which the same code is not given again: ``debounce``, 2 unless told. Raises CONFIGURATION."""
    try:
        seconds = float(options.get("debounce", "2"))
        if not 0 <= seconds <= 60:
            raise ValueError
    except ValueError:
        raise DeviceError(Fault.CONFIGURATION, "debounce is 0 to 60 seconds") from None
    return seconds


def only_known(options: Mapping[str, str], known: Collection[str]) -> None:
    """Raises CONFIGURATION for a setting that does not exist: a misspelt one would be no setting at all."""
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise DeviceError(Fault.CONFIGURATION, f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}")
