"""ID-card readers on the bench: serial at one speed and at a speed to be found, and USB in both shapes."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, cast

from drivers.conformance.rig import Rig
from drivers.device import Cancel, Device
from drivers.id_card_reader.layout import decode_card
from drivers.id_card_reader.module import BAUDS
from drivers.id_card_reader.port import IdCardReader
from drivers.id_card_reader.sam_v import SamVReader
from drivers.id_card_reader.session import Timing
from drivers.id_card_reader.twin import SimulatedReader, TwinCard
from drivers.id_card_reader.twin_usb import PRODUCT, VENDOR, SimulatedUsbReader
from drivers.id_card_reader.usb_line import SamUsbPort
from drivers.seams.serial_port import SerialPort
from drivers.seams.usb_device import UsbAddress
from drivers.seams.usb_twin import SimulatedUsb

SHORT = Timing(
    poll=0.02,
    answer=0.1,
    read_answer=0.15,
    quiet_frame=0.03,
    quiet_damage=0.02,
    again=0.01,
    put_back=0.1,
    overrun=0.2,
    detect=0.05,
    probe=0.3,
)
"""The twins answer at once, so nothing has to be waited for as long as with a real reader."""


class IdCardRig(Rig):
    """What all ways to a SAM_V module have in common."""

    model: ClassVar[str] = "id_card_reader/sam_v"
    takes_input: ClassVar[bool] = True
    personal: ClassVar[tuple[str, ...]] = ("110105199001020032",)
    seconds: ClassVar[float] = 0.8

    def __init__(self) -> None:
        super().__init__()
        self._card = TwinCard.synthetic()

    @property
    @abstractmethod
    def _twin(self) -> SimulatedReader | SimulatedUsbReader: ...

    def start(self) -> None:
        self._twin.start()

    def stop(self) -> None:
        self._twin.stop()

    def prepare(self) -> None:
        self._twin.lay(self._card)

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        card = cast("IdCardReader", device).read(timeout, cancel)
        return card.number, card.name

    @property
    def expected(self) -> object:
        card = decode_card(self._card.text, self._card.photo)
        return card.number, card.name

    def silence(self, silent: bool) -> None:
        self._twin.silent = silent

    def unplug(self) -> None:
        self._twin.unplug()

    def plug_in(self) -> None:
        self._twin.plug_in()

    def settle(self) -> None:
        self._twin.take_away()


class SamVSerial(IdCardRig):
    """A SAM_V module on a serial line."""

    variant: ClassVar[str] = "serial"

    def __init__(self) -> None:
        super().__init__()
        self._reader = SimulatedReader(baud=0)

    @property
    def _twin(self) -> SimulatedReader:
        return self._reader

    def make(self) -> Device:
        return SamVReader(self.wrap(SerialPort(self._reader.path)), timing=SHORT)


class SamVAnySpeed(SamVSerial):
    """A serial line at whose end the speed has to be found: ``baud=auto``."""

    variant: ClassVar[str] = "serial, baud=auto"
    cycles: ClassVar[int] = 100

    def make(self) -> Device:
        line = SerialPort(self._reader.path)
        return SamVReader(self.wrap(line), set_baud=line.set_baud, bauds=BAUDS, timing=SHORT)


class SamVUsbFour(IdCardRig):
    """A reader on USB with four bulk endpoints."""

    variant: ClassVar[str] = "usb, four endpoints"
    four_endpoints: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self._bus = SimulatedUsb()
        self._reader = SimulatedUsbReader(self._bus, four_endpoints=self.four_endpoints, path="1-2.3")

    @property
    def _twin(self) -> SimulatedUsbReader:
        return self._reader

    def make(self) -> Device:
        port = SamUsbPort(UsbAddress(VENDOR, PRODUCT, path="1-2.3"), self._bus)
        return SamVReader(self.wrap(port), transport="usb", timing=SHORT)


class SamVUsbTwo(SamVUsbFour):
    """A reader on USB with two bulk endpoints."""

    variant: ClassVar[str] = "usb, two endpoints"
    four_endpoints: ClassVar[bool] = False
    cycles: ClassVar[int] = 300


RIGS: tuple[type[Rig], ...] = (SamVSerial, SamVAnySpeed, SamVUsbFour, SamVUsbTwo)
