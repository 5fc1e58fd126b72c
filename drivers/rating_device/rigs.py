"""Rating boxes on the bench."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, cast

from drivers.conformance.bus_rig import UNIT, BusRig, Officer, effects_of, press_again
from drivers.conformance.rig import Rig
from drivers.device import Cancel, Device
from drivers.rating_device.crc_frame import CrcFrameRater
from drivers.rating_device.foreign import ForeignRater
from drivers.rating_device.modbus_rater import ModbusRater
from drivers.rating_device.port import RatingDevice, RatingKey, RatingPress
from drivers.seams.bus_line import BusLine
from drivers.seams.foreign import ForeignBox, ForeignFrames
from drivers.seams.frame_bus import FrameBus
from drivers.seams.modbus import ModbusBus
from drivers.seams.modbus_twin import SimulatedNode, SimulatedRater
from drivers.seams.twin_tongues import CallerTongue, Tongue

SESSION = 77
BOX = {
    "poll": "FF 68 02 02 68 {addr:u8} 01 {sum8:addr..} 16",
    "press": r"\xFF\x68\x03\x03\x68 (?P<addr>.) \x81 (?P<code>.) (?P<check>.) \x16",
    "nothing": r"\xFF\x68\x02\x02\x68 (?P<addr>.) \x81 . \x16",
    "check": "sum8:addr..code",
    "ack": "FF 68 03 03 68 {addr:u8} 02 {code:u8} {sum8:addr..} 16",
    "acked": r"\xFF\x68\x02\x02\x68 (?P<addr>.) \x82 . \x16",
    "codes": "05=very-satisfied 04=satisfied 03=basically-satisfied 02=dissatisfied 01=very-dissatisfied",
    "debounce": "0",
}


class RaterRig(BusRig):
    """``act`` invites, takes one press, carries it out and acknowledges it; its effect is what was carried out."""

    takes_input: ClassVar[bool] = True
    exact: ClassVar[bool] = True

    def node(self) -> SimulatedNode:
        self._rater = SimulatedRater()
        return self._rater

    def line(self) -> BusLine:
        """A new driver is a new hall: what waited before is not its own."""
        self._rater.forget()
        self._rater.pressed = self._rater.taken = 0
        self._officer: Officer[RatingPress] = Officer(exact=self.exact)
        return super().line()

    @abstractmethod
    def make(self) -> Device: ...

    def prepare(self) -> None:
        self._rater.become(SESSION)
        press_again(self._rater, lambda: self._rater.press("satisfied"))

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        rater = cast("RatingDevice", device)
        rater.invite(SESSION, timeout, cancel)
        press = self._officer.take(
            lambda left: rater.poll(left, cancel),
            lambda press: rater.acknowledge(press, timeout, cancel),
            timeout,
            cancel,
        )
        return press.level, press.session

    @property
    def expected(self) -> object:
        return RatingKey.SATISFIED, SESSION

    def effects(self) -> int | None:
        return effects_of(self._officer, self._rater) if self.exact else None


class ModbusRaterRig(RaterRig):
    """Map v1."""

    model: ClassVar[str] = "rating_device/modbus_rater"

    def make(self) -> Device:
        return ModbusRater(ModbusBus(self.line()), UNIT)


class CrcFrameRaterRig(RaterRig):
    """The documented frame."""

    model: ClassVar[str] = "rating_device/crc_frame"

    def make(self) -> Device:
        return CrcFrameRater(FrameBus(self.line()), UNIT)


class ForeignRaterRig(RaterRig):
    """A box in the way of the 21-key caller, that cannot be told when to take presses."""

    model: ClassVar[str] = "rating_device/foreign"
    exact: ClassVar[bool] = False

    def tongues(self) -> Sequence[Tongue]:
        return (CallerTongue({UNIT: self._rater}, acknowledges=True),)

    def __init__(self) -> None:
        super().__init__()
        self._will_press = False

    def prepare(self) -> None:
        self._rater.forget()
        self._will_press = True

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        rater = cast("RatingDevice", device)
        will_press, self._will_press = self._will_press, False
        rater.invite(SESSION, timeout, cancel)
        if will_press:  # what is pressed before is nobody's
            self._rater.become(SESSION)
            self._rater.press("satisfied")
        return super().act(device, timeout, cancel)

    def make(self) -> Device:
        frames = ForeignFrames.parse(BOX, [level.value for level in RatingKey])
        return ForeignRater(ForeignBox(self.line(), UNIT, frames), frames)


RIGS: tuple[type[Rig], ...] = (ModbusRaterRig, CrcFrameRaterRig, ForeignRaterRig)
