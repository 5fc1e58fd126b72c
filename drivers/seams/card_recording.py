"""Record a real card once, get a test: the conversation over a card channel in a file, and a file that plays the card.

The file is that of ``recording``: a host's turn without bytes is "connect", and the device's turn after it the answer
to reset; all others are commands and answers. It is written when the channel is closed, and only redacted.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from drivers.device import Cancel, DeviceError, Fault
from drivers.seams.card_channel import CardChannel, Presence
from drivers.seams.recording import DEVICE, HOST, Redact, Turn, keep, read_recording


class RecordingChannel:
    """Lets everything pass and keeps what cards were asked and said until it is closed."""

    def __init__(self, channel: CardChannel, path: Path, device: str, redact: Redact) -> None:
        self._channel = channel
        self._path = path
        self._device = device
        self._redact = redact
        self._turns: list[Turn] = []
        self._begun = 0
        """Where the connection that was made last begins."""
        self._broken = True
        """Whether that one led to nothing: no command yet, or an error."""
        self._opened_at = 0.0
        self._guard = threading.Lock()

    def open(self) -> None:
        self._channel.open()
        self._opened_at = time.monotonic()

    def close(self) -> None:
        self._channel.close()
        with self._guard:
            turns, self._turns = self._turns, []
            self._begun, self._broken = 0, True
        if turns:
            keep(turns, self._path, self._device, 0, self._redact)

    def look(self, deadline: float, known: Presence | None = None, cancel: Cancel | None = None) -> Presence:
        return self._channel.look(deadline, known, cancel)

    def connect(self, deadline: float, cancel: Cancel | None = None) -> bytes:
        atr = self._channel.connect(deadline, cancel)
        with self._guard:
            if self._broken:  # a card that moved: what plays back is the time when it lay still
                del self._turns[self._begun :]
            self._begun, self._broken = len(self._turns), True
        self._note(b"", atr)
        return atr

    def transmit(self, command: bytes, deadline: float, cancel: Cancel | None = None) -> bytes:
        self._broken = True
        answer = self._channel.transmit(command, deadline, cancel)
        self._broken = False
        self._note(command, answer)
        return answer

    def disconnect(self) -> None:
        self._channel.disconnect()

    def _note(self, asked: bytes, answered: bytes) -> None:
        at = round(time.monotonic() - self._opened_at, 4)
        with self._guard:
            self._turns += [Turn(at, HOST, asked), Turn(at, DEVICE, answered)]


class ReplayChannel:
    """A recording in the place of a card. A driver that asks something else than then gets BAD_DATA.

    The card is in the slot as long as something of the recording is left.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turns: list[Turn] | None = None

    def open(self) -> None:
        self._turns = list(read_recording(self._path))

    def close(self) -> None:
        self._turns = None

    def look(self, deadline: float, known: Presence | None = None, cancel: Cancel | None = None) -> Presence:
        del deadline
        seen = Presence(card=bool(self._opened()), events=1 if self._opened() else 2)
        if seen == known:
            (cancel or Cancel()).wait(0.01)
        return seen

    def connect(self, deadline: float, cancel: Cancel | None = None) -> bytes:
        return self.transmit(b"", deadline, cancel)

    def transmit(self, command: bytes, deadline: float, cancel: Cancel | None = None) -> bytes:
        del deadline, cancel
        turns = self._opened()
        if len(turns) < 2 or turns[0].data != command or turns[1].side != DEVICE:
            raise DeviceError(Fault.BAD_DATA, "the recording goes another way")
        answer = turns[1].data
        del turns[:2]
        return answer

    def disconnect(self) -> None:
        """Nothing is held."""

    def _opened(self) -> list[Turn]:
        if self._turns is None:
            raise DeviceError(Fault.ABSENT, "the recording is not open")
        return self._turns
