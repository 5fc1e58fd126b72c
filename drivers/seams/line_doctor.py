"""What is likely wrong with a bus on which nothing answers as it should: for installers.

Two wires that are swapped turn every bit over: nobody understands the master, and its adapter hears a break, which
looks like zeros. A wrong speed is silence, or a few wrong bytes. So every speed is tried, and noise told from silence.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from drivers.device import DeviceError, Fault
from drivers.seams.bytes_port import BytesPort
from drivers.seams.frames import Frame, FrameCommand, FrameParser, crc16_modbus, encode_frame

SPEEDS = (9600, 19200, 38400, 57600, 115200, 4800)
"""The commonest first; the speed of the settings goes before all."""
ANSWER_SECONDS = 0.15
_LISTEN_SECONDS = 0.1


class Heard(StrEnum):
    """What came back."""

    NOTHING = "nothing"
    NOISE = "noise"
    ECHO = "echo"
    ANSWER = "answer"


class Suspicion(StrEnum):
    """What that means; the words for installers are elsewhere."""

    NONE = "none"
    WRONG_BAUD = "wrong-baud"
    """A node answers, at another speed than the settings say."""
    SWAPPED = "swapped"
    """Noise instead of answers at every speed: A and B swapped, or no bias and no termination."""
    SECOND_MASTER = "second-master"
    """Somebody speaks although nobody was asked."""
    ECHO_ONLY = "echo-only"
    """The adapter hears itself and nobody else: set ``echo=yes``; the nodes are silent."""
    SILENCE = "silence"
    """Nothing at any speed: no power, a wrong address, a broken wire, or A and B swapped on a line with good bias."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is suspected, at which speed somebody answered (0: nobody), and what was heard at each speed."""

    suspicion: Suspicion
    baud: int
    heard: tuple[tuple[int, Heard], ...]


def diagnose(
    open_at: Callable[[int], BytesPort], baud: int, units: Sequence[int] = (1,), wait: float = ANSWER_SECONDS
) -> Diagnosis:
    """Asks the nodes of a line at every speed, in Modbus and in the CRC-16 frame; questions that change nothing.

    ``open_at`` makes the port for a speed; it is opened and closed here. Takes seconds. Raises what opening raises.
    """
    heard: list[tuple[int, Heard]] = []
    for speed in (baud, *(other for other in SPEEDS if other != baud)):
        port = open_at(speed)
        port.open()
        try:
            if speed == baud and _some(port, _LISTEN_SECONDS):
                return Diagnosis(Suspicion.SECOND_MASTER, 0, ((speed, Heard.NOISE),))
            heard.append((speed, _asked(port, speed, units, wait)))
        finally:
            port.close()
        if heard[-1][1] is Heard.ANSWER:
            suspicion = Suspicion.NONE if speed == baud else Suspicion.WRONG_BAUD
            return Diagnosis(suspicion, speed, tuple(heard))
    kinds = {what for _, what in heard}
    for what, suspicion in ((Heard.NOISE, Suspicion.SWAPPED), (Heard.ECHO, Suspicion.ECHO_ONLY)):
        if what in kinds:
            return Diagnosis(suspicion, 0, tuple(heard))
    return Diagnosis(Suspicion.SILENCE, 0, tuple(heard))


def _asked(port: BytesPort, speed: int, units: Sequence[int], wait: float) -> Heard:
    best = Heard.NOTHING
    for unit in units:
        body = bytes((unit, 4, 0, 0, 0, 1))
        modbus = body + crc16_modbus(body).to_bytes(2, "little")
        frame = encode_frame(Frame(unit, 1, FrameCommand.PING))
        for question in (modbus, frame):
            try:
                port.purge()
                port.write(question, time.monotonic() + 1.0)
                heard = _some(port, wait + 40 * 10 / speed)
            except DeviceError as error:
                if error.fault is not Fault.SILENT:
                    raise
                heard = b""
            what = _judged(heard, question, unit)
            if what is Heard.ANSWER:
                return what
            best = max(best, what, key=list(Heard).index)
    return best


def _judged(heard: bytes, question: bytes, unit: int) -> Heard:
    echo, rest = heard[: len(question)] == question, heard
    if echo:
        rest = heard[len(question) :]
    if any(frame.address == unit and frame.command & 0x80 for frame in FrameParser().feed(rest)):
        return Heard.ANSWER
    for start in range(len(rest)):
        for length in (5, 7):
            part = rest[start : start + length]
            sound = len(part) == length and crc16_modbus(part[:-2]).to_bytes(2, "little") == part[-2:]
            if sound and part[0] == unit and part[1] & 0x7F == 4:
                return Heard.ANSWER
    if rest:
        return Heard.NOISE
    return Heard.ECHO if echo else Heard.NOTHING


def _some(port: BytesPort, seconds: float) -> bytes:
    """What comes within so many seconds, until it is silent for a moment."""
    deadline, heard = time.monotonic() + seconds, b""
    while chunk := port.read_some(deadline):
        heard += chunk
        deadline = min(deadline, time.monotonic() + 0.05) if len(heard) > 4 else deadline
        if len(heard) > 4096:
            break
    return heard
