"""Scanners on the bench.

The line of a scanner has no checksum: what a code says is proved by whoever issued it. The rigs do as they do: their
codes end in a checksum of their own, and one that is wrong is refused where it is used.
"""

from __future__ import annotations

import zlib
from abc import abstractmethod
from typing import ClassVar, cast

from drivers.code_scanner.codec import Framing
from drivers.code_scanner.keys import Typewriter
from drivers.code_scanner.port import CodeScanner
from drivers.code_scanner.scanner import ArmedScanner, Commands
from drivers.code_scanner.twin import Presentation, SimulatedKeyboardScanner, SimulatedScanner
from drivers.conformance.rig import Rig
from drivers.device import Cancel, Device, DeviceError, Fault, Secret
from drivers.seams.input_port import InputPort, grab_of_a_stand_in
from drivers.seams.serial_port import SerialPort

PERSON = "110105199001020032"
_AGAIN, _GAP, _PATIENCE = 0.04, 0.02, 0.15


def proved(content: str) -> str:
    """A code with the issuer's proof, as short as it can be."""
    return f"{content}*{zlib.crc32(content.encode('utf-8')):08x}"


class _ScannerRig(Rig):
    personal: ClassVar[tuple[str, ...]] = (PERSON,)
    takes_input: ClassVar[bool] = True
    silence_shows: ClassVar[bool] = False
    framing: ClassVar[Framing] = Framing(patience=_PATIENCE)

    def __init__(self) -> None:
        super().__init__()
        self._twin = self.twin()
        self._code = proved(f"HALL:1:A001:\u738b\u82b3:{PERSON}")

    @abstractmethod
    def twin(self) -> Presentation:
        """The simulated scanner."""

    def start(self) -> None:
        self._twin.start()

    def stop(self) -> None:
        self._twin.stop()

    def prepare(self) -> None:
        self._twin.hold(self._code)

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        text = cast("CodeScanner", device).read(timeout, cancel).text
        if text.reveal() != proved(text.reveal().rpartition("*")[0]):
            raise DeviceError(Fault.BAD_DATA, "its proof is wrong")
        return text

    @property
    def expected(self) -> object:
        return Secret(self._code)

    def silence(self, silent: bool) -> None:
        self._twin.silent = silent

    def unplug(self) -> None:
        self._twin.unplug()

    def plug_in(self) -> None:
        self._twin.plug_in()

    def settle(self) -> None:
        self._twin.take_away()


class SerialLooking(_ScannerRig):
    """Looks all the time and answers nothing."""

    model: ClassVar[str] = "code_scanner/serial"
    variant: ClassVar[str] = "always looking"

    def twin(self) -> Presentation:
        return SimulatedScanner(again=_AGAIN)

    def make(self) -> Device:
        return ArmedScanner(self.wrap(SerialPort(self._twin.path, 9600)), self.framing, debounce=0.0, gap=_GAP)


class SerialTriggered(_ScannerRig):
    """Looks when it is told to, and says that it is there."""

    model: ClassVar[str] = "code_scanner/serial"
    variant: ClassVar[str] = "triggered"
    silence_shows: ClassVar[bool] = True
    commands: ClassVar[Commands] = Commands(b"\x16T\r", b"\x16U\r", 0.1, b"\x16M\rREVINF.", b"REVINF")

    def twin(self) -> Presentation:
        told = self.commands
        return SimulatedScanner(
            trigger=told.trigger_on, untrigger=told.trigger_off, query=told.query, answer=b"REVINF: 1\r", again=_AGAIN
        )

    def make(self) -> Device:
        port = self.wrap(SerialPort(self._twin.path, 9600))
        return ArmedScanner(port, self.framing, commands=self.commands, debounce=0.0, gap=_GAP)


class Keyboard(_ScannerRig):
    """Types; a lock stands for the grab of the kernel. Events are whole or lost: no byte of one is ever changed."""

    model: ClassVar[str] = "code_scanner/hid_keyboard"
    spoils: ClassVar[bool] = False

    def twin(self) -> Presentation:
        return SimulatedKeyboardScanner(again=_AGAIN)

    def make(self) -> Device:
        port = InputPort(self._twin.path, grab_of_a_stand_in)
        return ArmedScanner(port, self.framing, wire=Typewriter(), debounce=0.0, gap=_GAP)


RIGS: tuple[type[Rig], ...] = (SerialLooking, SerialTriggered, Keyboard)
