"""Record a real device once, get a test: what passes a line goes into a file, and a file plays the device.

A recording is made to be kept, so nothing personal may be in it. It is written only when the line is closed, and only
after the kind's own ``redact`` has put synthetic data in the place of what a person's card or code said; a
conversation that cannot be redacted is not written at all.

The file is JSON lines: a header ``{"recording": 1, "device": …, "baud": …}``, then one turn a line,
``{"at": seconds, "from": "host" | "device", "hex": …}``. Bytes of the same side that follow one another are one turn.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.device import DeviceError, Fault
from drivers.seams.bytes_port import BytesPort
from drivers.seams.memory import MemoryPort, Say

VERSION = 1
HOST, DEVICE = "host", "device"


@dataclass(frozen=True, slots=True, repr=False)
class Turn:
    """What one side said until the other one spoke. ``at`` in seconds since the line was opened."""

    at: float
    side: str
    data: bytes

    def __repr__(self) -> str:
        return f"Turn({self.side}, {len(self.data)} bytes)"


Redact = Callable[[Sequence[Turn]], Sequence[Turn]]
"""Replaces everything personal in a conversation by synthetic data that a driver reads just as well.

Raises ``ValueError`` for a conversation that it does not understand; that one is then not written.
"""


def nothing_personal(turns: Sequence[Turn]) -> Sequence[Turn]:
    """For lines on which nothing personal is ever said: bars, keypads, lamps."""
    return turns


class RecordingPort:
    """Lets everything pass and keeps it in memory until the line is closed. The file grows by one conversation each."""

    def __init__(self, port: BytesPort, path: Path, device: str, baud: int = 0, redact: Redact = nothing_personal):
        self._port = port
        self._path = path
        self._device = device
        self._baud = baud
        self._redact = redact
        self._turns: list[Turn] = []
        self._opened_at = 0.0
        self._guard = threading.Lock()

    def open(self) -> None:
        self._port.open()
        with self._guard:
            self._opened_at = time.monotonic()

    def close(self) -> None:
        self._port.close()
        with self._guard:
            turns, self._turns = self._turns, []
        if turns:
            keep(turns, self._path, self._device, self._baud, self._redact)

    def write(self, data: bytes, deadline: float) -> None:
        self._note(HOST, data)
        self._port.write(data, deadline)

    def read_some(self, deadline: float) -> bytes:
        data = self._port.read_some(deadline)
        self._note(DEVICE, data)
        return data

    def purge(self) -> None:
        self._port.purge()

    def _note(self, side: str, data: bytes) -> None:
        if not data:
            return
        with self._guard:
            if self._turns and self._turns[-1].side == side:
                last = self._turns[-1]
                self._turns[-1] = Turn(last.at, side, last.data + data)
            else:
                self._turns.append(Turn(round(time.monotonic() - self._opened_at, 4), side, bytes(data)))


def keep(turns: Sequence[Turn], path: Path, device: str, baud: int, redact: Redact) -> None:
    """Writes a conversation, redacted, behind what the file holds already. Never raises: what is not kept is logged."""
    log = logging.getLogger("drivers.seams")
    try:
        redacted = redact(turns)
    except ValueError:
        log.warning("the recording was not written: it could not be redacted")
        return
    said = "".join(json.dumps({"at": t.at, "from": t.side, "hex": t.data.hex(" ")}) + "\n" for t in redacted)
    try:
        with path.open("a", encoding="utf-8") as file:
            if not file.tell():
                said = json.dumps({"recording": VERSION, "device": device, "baud": baud}) + "\n" + said
            file.write(said)
    except OSError as error:
        log.warning("the recording was not written: %s", type(error).__name__)


def read_recording(path: Path) -> tuple[Turn, ...]:
    """The turns of a recording. Raises ``DeviceError``: ABSENT when there is no such file, BAD_DATA when it is none."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise DeviceError(Fault.ABSENT, type(error).__name__) from None
    except UnicodeDecodeError:
        raise DeviceError(Fault.BAD_DATA, "not a recording") from None
    try:
        header = json.loads(lines[0])
        if header["recording"] != VERSION:
            raise ValueError
        return tuple(_turn(json.loads(line)) for line in lines[1:] if line)
    except (ValueError, KeyError, IndexError, TypeError):
        raise DeviceError(Fault.BAD_DATA, f"not a recording of version {VERSION}") from None


def _turn(entry: dict[str, object]) -> Turn:
    if entry["from"] not in {HOST, DEVICE}:
        raise ValueError
    return Turn(float(str(entry["at"])), str(entry["from"]), bytes.fromhex(str(entry["hex"])))


def unasked(turns: Sequence[Turn]) -> tuple[list[bytes], Sequence[Turn]]:
    """What the device said before it was asked anything (a scanner does), and the rest of the recording."""
    first = next((place for place, turn in enumerate(turns) if turn.side == HOST), len(turns))
    return [turn.data for turn in turns[:first]], turns[first:]


def dialogue(turns: Iterable[Turn]) -> list[Say]:
    """A recording as what a test line plays: the host's turn is expected, the device's turn is the answer."""
    says: list[Say] = []
    for turn in turns:
        if turn.side == HOST:
            says.append(Say(turn.data))
        elif says:
            last = says[-1]
            says[-1] = Say(last.expect, (*last.answers, turn.data))
        else:
            raise DeviceError(Fault.BAD_DATA, "the recording begins with the device")
    return says


class ReplayPort(MemoryPort):
    """A recording in the place of a device (``replay:///file``); a driver that says something else than then fails.

    What the device says unasked comes after a moment of silence, as it does in a hall.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(())
        self._path = path
        self._unasked: list[bytes] = []
        self._was_quiet = False

    def open(self) -> None:
        self._unasked, rest = unasked(read_recording(self._path))
        self._was_quiet = False
        self.load(dialogue(rest))
        super().open()

    def read_some(self, deadline: float) -> bytes:
        if self._unasked and self._was_quiet:
            self._was_quiet = False
            return self._unasked.pop(0)
        data = super().read_some(deadline)
        self._was_quiet = not data
        return data
