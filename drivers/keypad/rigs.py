"""Keypads on the bench."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, cast

from drivers.conformance.bus_rig import UNIT, BusRig, Officer, effects_of, press_again
from drivers.conformance.rig import Rig
from drivers.device import Cancel, Device
from drivers.keypad.crc_frame import CrcFrameKeypad
from drivers.keypad.foreign import ForeignKeypad
from drivers.keypad.modbus_keypad import ModbusKeypad
from drivers.keypad.port import Keypad, KeypadKey, KeyPress
from drivers.seams.bus_line import BusLine
from drivers.seams.foreign import ForeignBox, ForeignFrames
from drivers.seams.frame_bus import FrameBus
from drivers.seams.modbus import ModbusBus
from drivers.seams.modbus_twin import SimulatedKeypad, SimulatedNode
from drivers.seams.twin_tongues import CallerTongue, Tongue, caller_frame

CALLER = {
    "poll": "FF 68 02 02 68 {addr:u8} 01 {sum8:addr..} 16",
    "press": r"\xFF\x68\x03\x03\x68 (?P<addr>.) \x81 (?P<code>.) (?P<check>.) \x16",
    "nothing": r"\xFF\x68\x02\x02\x68 (?P<addr>.) \x81 . \x16",
    "check": "sum8:addr..code",
    "codes": "01=call-next 02=recall 03=start 04=pass 05=finish 06=pause 07=hold",
    "debounce": "0",
}


class KeypadRig(BusRig):
    """``act`` takes one press, carries it out and acknowledges it; its effect is what was carried out."""

    takes_input: ClassVar[bool] = True
    exact: ClassVar[bool] = True

    def node(self) -> SimulatedNode:
        self._keypad = SimulatedKeypad()
        return self._keypad

    def line(self) -> BusLine:
        """A new driver is a new hall: what waited before is not its own."""
        self._keypad.forget()
        self._keypad.pressed = self._keypad.taken = 0
        self._officer: Officer[KeyPress] = Officer(exact=self.exact)
        return super().line()

    @abstractmethod
    def make(self) -> Device: ...

    def prepare(self) -> None:
        press_again(self._keypad, lambda: self._keypad.press("recall"))

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        keypad = cast("Keypad", device)
        press = self._officer.take(
            lambda left: keypad.poll(left, cancel),
            lambda press: keypad.acknowledge(press, timeout, cancel),
            timeout,
            cancel,
        )
        return press.key

    @property
    def expected(self) -> object:
        return KeypadKey.RECALL

    def effects(self) -> int | None:
        return effects_of(self._officer, self._keypad) if self.exact else None


class ModbusKeypadRig(KeypadRig):
    """Map v1."""

    model: ClassVar[str] = "keypad/modbus_keypad"

    def make(self) -> Device:
        return ModbusKeypad(ModbusBus(self.line()), UNIT)


class CrcFrameKeypadRig(KeypadRig):
    """The documented frame."""

    model: ClassVar[str] = "keypad/crc_frame"

    def make(self) -> Device:
        return CrcFrameKeypad(FrameBus(self.line()), UNIT)


class ForeignKeypadRig(KeypadRig):
    """The 21-key caller, asked and acknowledged."""

    model: ClassVar[str] = "keypad/foreign"
    variant: ClassVar[str] = "asked and acknowledged"
    exact: ClassVar[bool] = False
    options: ClassVar[dict[str, str]] = {
        **CALLER,
        "ack": "FF 68 03 03 68 {addr:u8} 02 {code:u8} {sum8:addr..} 16",
        "acked": r"\xFF\x68\x02\x02\x68 (?P<addr>.) \x82 . \x16",
    }

    def tongues(self) -> Sequence[Tongue]:
        return (CallerTongue({UNIT: self._keypad}, acknowledges=True),)

    def make(self) -> Device:
        frames = ForeignFrames.parse(self.options, [key.value for key in KeypadKey])
        return ForeignKeypad(ForeignBox(self.line(), UNIT, frames), frames)


class UnaskedKeypadRig(ForeignKeypadRig):
    """The same caller alone on its line: says a key when it is pressed, once."""

    variant: ClassVar[str] = "unasked"
    cycles: ClassVar[int] = 15
    options: ClassVar[dict[str, str]] = {name: text for name, text in CALLER.items() if name not in ("poll", "nothing")}

    def __init__(self) -> None:
        super().__init__()
        self._will_press = False

    def prepare(self) -> None:
        self._will_press = True

    def settle(self) -> None:
        super().settle()
        self._will_press = False

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        pressed, self._will_press = self._will_press and not self._keypad.faults.silent, False
        if pressed:
            self._bus.say(caller_frame(UNIT, 0x81, b"\x02"))
        return super().act(device, timeout, cancel)


RIGS: tuple[type[Rig], ...] = (ModbusKeypadRig, CrcFrameKeypadRig, ForeignKeypadRig, UnaskedKeypadRig)
