"""A driver on the bench: the real driver, a simulated device at the far end, and hands to make things go wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import ClassVar

from drivers.device import Cancel, Device
from drivers.seams.bytes_port import BytesPort
from drivers.seams.faulty import FaultyPort, LineFaults


class NotConformingError(AssertionError):
    """The driver did what no driver may do; the text says what."""


class Rig(ABC):
    """One model. Entering starts the simulated device, leaving stops it and closes every driver that was made.

    ``act`` is the model's main command (read the card, print the slip, show the line, poll the key). It has to work
    once after every ``prepare``, and to return a value equal to ``expected``.
    """

    model: ClassVar[str] = ""
    """``kind/module``, such as ``id_card_reader/sam_v``."""
    variant: ClassVar[str] = ""
    """What tells several rigs of one model apart, such as ``usb, four endpoints``."""
    personal: ClassVar[tuple[str, ...]] = ()
    """What the simulated person's card or code says: must never be in a log or in an exception's text."""
    takes_input: ClassVar[bool] = False
    """Whether ``act`` waits for a person: without ``prepare`` it then goes on until its time-out."""
    spoils: ClassVar[bool] = True
    """Whether the seam carries bytes that can be spoiled (``wrap`` was used)."""
    can_vanish: ClassVar[bool] = True
    """Whether the device can be unplugged; a folder or a shared bus cannot."""
    seconds: ClassVar[float] = 3.0
    """Time enough for one ``act`` on a sound line, on a machine that is busy, too."""
    spoiled_seconds: ClassVar[float | None] = None
    """How long an ``act`` may try on a spoiled line, where it tries until its time is over; None: ``seconds``."""
    grace: ClassVar[float] = 1.0
    """By how much a command may miss its time-out; commands to a whole bus need more."""
    silence_shows: ClassVar[bool] = True
    """Whether a probe alone can find out that the device says nothing: not of a scanner that only speaks when a code is
    held before it, nor of a camera, whose light would go on."""
    cycles: ClassVar[int] = 1000
    """How often open and close are tried for leaks; fewer where every time costs a service's answer."""

    def __init__(self) -> None:
        self._line: FaultyPort | None = None
        self._made: list[Device] = []

    def __enter__(self) -> Rig:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for device in self._made:
            device.close()
        self._made.clear()
        self.stop()

    def driver(self) -> Device:
        """A new driver for the simulated device, not open yet; closed at the end."""
        device = self.make()
        self._made.append(device)
        return device

    def wrap(self, port: BytesPort) -> FaultyPort:
        """Puts a line that can be spoiled between driver and port; for ``make``."""
        self._line = FaultyPort(port, LineFaults())
        return self._line

    def spoil(self, faults: LineFaults | None, seed: int = 0) -> None:
        """Makes the line of the driver made last bad, or good again (None)."""
        if self._line is not None:
            self._line.become(faults or LineFaults(), seed)

    # What a model brings.

    @abstractmethod
    def start(self) -> None:
        """Starts the simulated device."""

    @abstractmethod
    def stop(self) -> None:
        """Stops it; nothing is left behind."""

    @abstractmethod
    def make(self) -> Device:
        """The real driver, on ``self.wrap(port)`` where its seam carries bytes."""

    @abstractmethod
    def prepare(self) -> None:
        """Lets one ``act`` succeed: lays the card, loads the paper, presses the key. Undoes what a failed one left."""

    @abstractmethod
    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        """The main command."""

    @property
    @abstractmethod
    def expected(self) -> object:
        """What ``act`` gives when all is well."""

    @abstractmethod
    def silence(self, silent: bool) -> None:
        """The device hears everything and answers nothing."""

    def unplug(self) -> None:  # noqa: B027  # because not every device can be pulled out
        """Pulls the plug."""

    def plug_in(self) -> None:  # noqa: B027  # as above
        """Puts the plug back."""

    def settle(self) -> None:  # noqa: B027  # because most devices keep nothing from a command that failed
        """Brings the device to rest: what it may still do of earlier commands is done or thrown away afterwards."""

    def effects(self) -> int | None:
        """How often the world felt a command (slips out, lines shown, presses acknowledged); None for mere reading."""
        return None
