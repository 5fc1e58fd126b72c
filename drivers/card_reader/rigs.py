"""Readers of chip cards on the bench: a real PC/SC service with a virtual reader, a made-up card in it."""

from __future__ import annotations

from typing import ClassVar, cast

from drivers.card_reader.pcsc import PcscCardReader
from drivers.card_reader.port import CardReader, SocialSecurityCard
from drivers.card_reader.twin import ChipCard, Holder, SimulatedSlot
from drivers.card_reader.twin_service import SimulatedService
from drivers.conformance.rig import Rig
from drivers.device import Cancel, Device, DeviceError, Fault, Secret
from drivers.seams.card_channel import TracedChannel
from drivers.seams.pcsc_channel import PcscChannel


class PcscReader(Rig):
    """A social-security card in a PC/SC reader. To unplug is to kill the service, silence is a service that hangs."""

    model: ClassVar[str] = "card_reader/pcsc"
    variant: ClassVar[str] = "virtual reader"
    takes_input: ClassVar[bool] = True
    spoils: ClassVar[bool] = False
    cycles: ClassVar[int] = 12
    seconds: ClassVar[float] = 3.0
    personal: ClassVar[tuple[str, ...]] = (
        Holder().number,
        Holder().name,
        Holder().card_number,
        Holder().identification,
        Holder().number.encode().hex(),
    )

    def __init__(self) -> None:
        super().__init__()
        self._service = SimulatedService()
        self._slot: SimulatedSlot | None = None
        self._reader: PcscCardReader | None = None

    def start(self) -> None:
        self._service.start()
        self._slot = SimulatedSlot(self._service.ports[0])

    def stop(self) -> None:
        self._card_slot.take_out()
        self._service.stop()

    def make(self) -> Device:
        channel = TracedChannel(PcscChannel(self._service.names[0], service=self._service.path), "card")
        self._reader = PcscCardReader(channel, look_seconds=0.5, service_back=0.6, put_back=0.5, settle_seconds=0.1)
        return self._reader

    def prepare(self) -> None:
        """Puts the card in; one that is in stays there, unless it counts as the card of an earlier visit."""
        self._service.hang(False)
        left_behind = self._reader is not None and self._reader.card_left_behind
        if left_behind or not self._card_slot.occupied:
            self._card_slot.put_in(ChipCard.of())

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        card = cast("CardReader", device).read(timeout, cancel)
        if not isinstance(card, SocialSecurityCard):
            raise DeviceError(Fault.WRONG_CARD)
        return card.number, card.name, card.card_number

    @property
    def expected(self) -> object:
        return Secret(Holder().number), Secret(Holder().name), Secret(Holder().card_number)

    def silence(self, silent: bool) -> None:
        self._service.hang(silent)

    def unplug(self) -> None:
        self._service.die()

    def plug_in(self) -> None:
        self._service.come_back()

    @property
    def _card_slot(self) -> SimulatedSlot:
        if self._slot is None:
            raise DeviceError(Fault.ABSENT)
        return self._slot


RIGS: tuple[type[Rig], ...] = (PcscReader,)
