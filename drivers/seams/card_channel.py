"""A slot with a chip card in it, whatever service stands between: seen, connected, spoken to in APDUs, let go.

Deadlines are instants of ``time.monotonic()``. Every error of the service leaves here as a ``DeviceError``:

* ``ServiceDownError`` (ABSENT): no PC/SC service answers; it may be on its way back.
* ABSENT: the service knows no such reader. CONFIGURATION: the service refuses us (polkit), or two readers are alike.
* CARD_REMOVED: no card, or it moved. UNKNOWN_CARD: it does not answer. BUSY: another program holds it. SILENT: no
  answer by the deadline; whatever was asked is called off for good, so no late answer can come.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from drivers.device import Cancel, DeviceError, Fault


@dataclass(frozen=True, slots=True)
class CardReaders:
    """``service`` is False when no PC/SC service (pcscd) answers; then nothing is known about readers."""

    service: bool
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Presence:
    """What is in the slot. ``events`` counts insertions and removals: two looks with the same number saw the same card.

    ``mute``: the card does not answer to reset. ``held``: another program keeps everybody else away from it. ``raw`` is
    the service's own word.
    """

    card: bool
    events: int = 0
    mute: bool = False
    held: bool = False
    raw: int = 0


class ServiceDownError(DeviceError):
    """No PC/SC service answers."""

    def __init__(self, detail: str = "no PC/SC service") -> None:
        super().__init__(Fault.ABSENT, detail)


class CardChannel(Protocol):
    """One slot of one reader. Every call ends by its deadline; ``close`` and ``cancel`` end it with CANCELLED."""

    def open(self) -> None:
        """Finds the reader, within two seconds. Raises ABSENT, ServiceDownError, CONFIGURATION, SILENT."""
        ...

    def close(self) -> None:
        """Lets everything go; may be called from any thread, again and again."""
        ...

    def look(self, deadline: float, known: Presence | None = None, cancel: Cancel | None = None) -> Presence:
        """What is in the slot now. With ``known`` it waits a moment (0.1 s) for something else than that."""
        ...

    def connect(self, deadline: float, cancel: Cancel | None = None) -> bytes:
        """Powers the card up and keeps other programs away from it; its answer to reset."""
        ...

    def transmit(self, command: bytes, deadline: float, cancel: Cancel | None = None) -> bytes:
        """One command APDU and the card's answer: data and the two status bytes, as they came."""
        ...

    def disconnect(self) -> None:
        """Lets the card go; never raises."""
        ...


def describe(command: bytes) -> str:
    """What a log may say of a command: its four first bytes, never its data."""
    return command[:4].hex(" ").upper()


class TracedChannel:
    """Logs what passes: the heads of commands, lengths and status bytes; never what a card said."""

    def __init__(self, channel: CardChannel, name: str) -> None:
        self._channel = channel
        self._name = name
        self._log = logging.getLogger("drivers.seams")

    def open(self) -> None:
        self._channel.open()
        self._log.debug("%s: opened", self._name)

    def close(self) -> None:
        self._channel.close()
        self._log.debug("%s: closed", self._name)

    def look(self, deadline: float, known: Presence | None = None, cancel: Cancel | None = None) -> Presence:
        return self._channel.look(deadline, known, cancel)

    def connect(self, deadline: float, cancel: Cancel | None = None) -> bytes:
        atr = self._channel.connect(deadline, cancel)
        self._log.debug("%s: connected, %d bytes of answer to reset", self._name, len(atr))
        return atr

    def transmit(self, command: bytes, deadline: float, cancel: Cancel | None = None) -> bytes:
        answer = self._channel.transmit(command, deadline, cancel)
        status = answer[-2:].hex().upper()
        self._log.debug("%s: > %s < %d bytes, %s", self._name, describe(command), len(answer), status)
        return answer

    def disconnect(self) -> None:
        self._channel.disconnect()


def card_readers() -> CardReaders:
    """The PC/SC readers of this machine. Never raises, and ends within two seconds also when pcscd hangs.

    A missing library, a missing service and a service that hangs are the same to who asks: ``service`` is False.
    """
    from drivers.seams.pcsc_channel import reader_names

    try:
        return CardReaders(service=True, names=reader_names())
    except DeviceError:
        return CardReaders(service=False)
