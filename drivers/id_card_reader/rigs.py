"""ID-card readers on the bench."""

from __future__ import annotations

from typing import ClassVar, cast

from drivers.conformance.rig import Rig
from drivers.device import Cancel, Device
from drivers.id_card_reader.layout import decode_card
from drivers.id_card_reader.port import IdCardReader
from drivers.id_card_reader.sam_v import SamVReader
from drivers.id_card_reader.twin import SimulatedReader, TwinCard
from drivers.seams.serial_port import SerialPort


class SamVSerial(Rig):
    """A SAM_V module on a serial line."""

    model: ClassVar[str] = "id_card_reader/sam_v"
    variant: ClassVar[str] = "serial"
    takes_input: ClassVar[bool] = True
    personal: ClassVar[tuple[str, ...]] = ("110105199001020032",)

    def __init__(self) -> None:
        super().__init__()
        self._twin = SimulatedReader(baud=0)
        self._card = TwinCard.synthetic()

    def start(self) -> None:
        self._twin.start()

    def stop(self) -> None:
        self._twin.stop()

    def make(self) -> Device:
        return SamVReader(self.wrap(SerialPort(self._twin.path)))

    def prepare(self) -> None:
        self._twin.lay(self._card)

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        card = cast("IdCardReader", device).read(timeout, cancel)
        return card.number.reveal(), card.name.reveal()

    @property
    def expected(self) -> object:
        card = decode_card(self._card.text, self._card.photo)
        return card.number.reveal(), card.name.reveal()

    def silence(self, silent: bool) -> None:
        self._twin.silent = silent

    def unplug(self) -> None:
        self._twin.unplug()

    def plug_in(self) -> None:
        self._twin.plug_in()

    def settle(self) -> None:
        self._twin.take_away()


RIGS: tuple[type[Rig], ...] = (SamVSerial,)
