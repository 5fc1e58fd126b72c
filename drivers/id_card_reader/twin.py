"""A simulated ID-card reader: the far end of a serial line that speaks GA/T 467 as a SAM_V module does.

It stands beyond the seam, so the real driver runs against it.
"""

from __future__ import annotations

import logging
from types import TracebackType

from drivers.id_card_reader.twin_card import Person as Person
from drivers.id_card_reader.twin_card import TwinCard as TwinCard
from drivers.id_card_reader.twin_card import card_of as card_of
from drivers.id_card_reader.twin_card import complete_number as complete_number
from drivers.id_card_reader.twin_card import demo_card as demo_card
from drivers.id_card_reader.twin_module import SimulatedModule
from drivers.seams.pty_line import PtyLine


class SimulatedReader(SimulatedModule):
    """A reader on a pseudo-terminal. ``baud`` paces it like a real wire and makes a wrong speed unreadable; 0: at once.

    ``url`` is what a driver opens; it stays the same while the reader is unplugged and plugged in again.
    """

    def __init__(self, baud: int = 115200) -> None:
        super().__init__()
        self._line = PtyLine(self._received, baud=baud, name="id-card")

    def __enter__(self) -> SimulatedReader:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"serial://{self._line.path}?baud={self._line.baud or 115200}"

    @property
    def path(self) -> str:
        """The serial device alone."""
        return self._line.path

    def start(self) -> None:
        self._line.start()
        logging.getLogger("drivers.twin").warning("SIMULATED ID-card reader: its cards are made up")

    def stop(self) -> None:
        self._line.stop()

    def unplug(self) -> None:
        self._line.unplug()

    def plug_in(self) -> None:
        """Puts the plug back; a card that lay there is still there."""
        self._powered_up()
        self._line.plug_in()

    def turn_to(self, baud: int) -> None:
        """Somebody sets the reader to another speed behind the driver's back."""
        self._line.baud = baud

    def _received(self, data: bytes) -> None:
        if self._line.baud and self._line.host_baud not in {0, self._line.baud}:
            return  # at the wrong speed the module sees noise, and ignores it
        self._hear(data)

    def _set_speed(self, baud: int) -> None:
        if self._line.baud:
            self._line.baud = baud

    def _say(self, frame: bytes) -> None:
        self._line.send(frame, seconds_per_byte=self.slow_bytes or None)

    def _pause(self, seconds: float) -> bool:
        return self._line.pause(seconds)
