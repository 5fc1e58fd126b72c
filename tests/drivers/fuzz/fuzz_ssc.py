"""A whole conversation with a chip card that answers whatever it likes: one answer a chunk, its length before it."""

from __future__ import annotations

import time

from drivers.card_reader import apdu
from drivers.card_reader.port import SocialSecurityCard
from drivers.card_reader.redaction import redact
from drivers.card_reader.session import Session, read_card
from drivers.device import Cancel, DeviceError
from drivers.seams.card_channel import Presence
from drivers.seams.recording import DEVICE, HOST, Turn


class Babbler:
    """Answers from the input until it is used up; then there is no file, no record, nothing."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.turns: list[Turn] = []
        self.asked = 0

    def transmit(self, command: bytes, deadline: float, cancel: Cancel | None = None) -> bytes:
        self.asked += 1
        if command[1] not in {apdu.SELECT, apdu.READ_RECORD, apdu.GET_RESPONSE, apdu.GET_DATA}:
            raise AssertionError("a command that is not for reading")
        length = self._data[0] if self._data else 0
        answer = self._data[1 : 1 + length] if self._data else b"\x6a\x82"
        self._data = self._data[1 + length :]
        self.turns += [Turn(0.0, HOST, command), Turn(0.0, DEVICE, answer)]
        return answer

    def open(self) -> None: ...

    def close(self) -> None: ...

    def disconnect(self) -> None: ...

    def look(self, deadline: float, known: Presence | None = None, cancel: Cancel | None = None) -> Presence:
        return Presence(card=True)

    def connect(self, deadline: float, cancel: Cancel | None = None) -> bytes:
        return b""


def fuzz(data: bytes) -> None:
    """A card or a refusal, after a bounded number of questions; a recording of it says nothing that it said."""
    card = Babbler(data)
    try:
        read = read_card(Session(card, time.monotonic() + 5, Cancel()), b"")
    except DeviceError:
        read = None
    if card.asked > 20 * len(data) + 100:
        raise AssertionError("too many questions")
    if isinstance(read, SocialSecurityCard) and len(read.number.reveal()) != 18:
        raise AssertionError("a card without a whole number")
    try:
        turns = redact(card.turns)
    except ValueError:
        return
    if [len(turn.data) for turn in turns] != [len(turn.data) for turn in card.turns]:
        raise AssertionError("a redacted turn of another length")
