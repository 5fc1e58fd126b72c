"""Makes a recorded talk with an ID-card reader fit to be kept: every card in it becomes one that is made up.

What a driver does depends on a reply's length, its status and on whether the card's data are good; all that stays. What
a card said does not: text becomes that of a made-up holder with the same kind of card, photo, fingerprints and whatever
cannot be understood become zeros. Lengths never change, and the XOR is right where it was right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from drivers.device import DeviceError
from drivers.id_card_reader import codec
from drivers.id_card_reader.codec import HEAD_LENGTH, LONGEST, PREAMBLE
from drivers.id_card_reader.layout import TEXT_LENGTH, card_kind, decode_address, decode_card
from drivers.id_card_reader.port import CardKind
from drivers.id_card_reader.twin_card import TwinCard
from drivers.seams.recording import DEVICE, Turn

_ADDRESS_LENGTH = 70
_STATUS_LENGTH = 3
_SAM_ID_LENGTH = 16


def redact(turns: Sequence[Turn]) -> Sequence[Turn]:
    """The same turns with synthetic data; a frame may lie over several of them. Raises ValueError for foreign ones."""
    for turn in turns:
        if turn.side != DEVICE and not turn.data.startswith(PREAMBLE):
            raise ValueError("not a talk with an ID-card reader")
    said = redacted_replies(b"".join(turn.data for turn in turns if turn.side == DEVICE))
    kept, at = [], 0
    for turn in turns:
        if turn.side == DEVICE:
            kept.append(Turn(turn.at, turn.side, said[at : at + len(turn.data)]))
            at += len(turn.data)
        else:
            kept.append(turn)
    return kept


def redacted_replies(said: bytes) -> bytes:
    """What a reader said, of the same length: whole frames made synthetic, everything else zeros."""
    clean = bytearray(len(said))
    for start, end, sound in _frames(said):
        head = min(start + HEAD_LENGTH + _STATUS_LENGTH, end)
        clean[start:head] = said[start:head]
        declared = start + HEAD_LENGTH + int.from_bytes(said[start + len(PREAMBLE) : start + HEAD_LENGTH], "big")
        if sound:
            clean[head : end - 1] = _synthetic(said[head - 1], said[head : end - 1])
        if end == declared:
            right = codec.xor_of(clean[start + len(PREAMBLE) : end - 1])
            clean[end - 1] = right if sound else right ^ 0xFF
    return bytes(clean)


def _frames(said: bytes) -> Iterator[tuple[int, int, bool]]:
    """Beginning and end of what looks like frames, and whether the XOR is right.

    One that was cut ends where the next begins: that a card holds the five bytes of a preamble does not happen.
    """
    at = 0
    while (at := said.find(PREAMBLE, at)) >= 0 and at + HEAD_LENGTH <= len(said):
        length = int.from_bytes(said[at + len(PREAMBLE) : at + HEAD_LENGTH], "big")
        if not _STATUS_LENGTH < length <= LONGEST:
            at += 1
            continue
        end = at + HEAD_LENGTH + length
        following = said.find(PREAMBLE, at + 1, end + len(PREAMBLE) - 1)
        sound = following < 0 and end <= len(said) and codec.xor_of(said[at + len(PREAMBLE) : end]) == 0
        if not sound:
            end = min(end, following if following >= 0 else len(said))
        yield at, end, sound
        at = end


def _synthetic(status: int, data: bytes) -> bytes:
    if status == codec.OK and len(data) == _SAM_ID_LENGTH:
        return data  # the module's own number
    if status == codec.OK and len(data) == _ADDRESS_LENGTH:
        return _address(data)
    for with_fingerprints in (False, True):
        try:
            blocks = codec.split_read_reply(data, with_fingerprints=with_fingerprints)
        except ValueError:
            continue
        head = data[: 6 if with_fingerprints else 4]
        return head + _text(blocks.text) + bytes(len(blocks.photo) + len(blocks.fingerprints))
    return bytes(len(data))


def _text(text: bytes) -> bytes:
    """A made-up holder's text of the same kind; one that cannot be read stays one that cannot be read."""
    if len(text) != TEXT_LENGTH:
        return bytes(len(text))
    try:
        kind = card_kind(text)
    except DeviceError:
        return _made_up(CardKind.RESIDENT).with_bytes(248, text[248:250]).text
    synthetic = _made_up(kind)
    try:
        decode_card(text, b"")
    except DeviceError:
        return synthetic.with_bytes(122, bytes(30)).text  # whatever was wrong: now it is the number
    return synthetic.text


@cache
def _made_up(kind: CardKind) -> TwinCard:
    return TwinCard.synthetic(kind)


def _address(data: bytes) -> bytes:
    try:
        decode_address(data)
    except DeviceError:
        return b"\x00\xd8" * (len(data) // 2)  # half a character, as unreadable as what stood there
    return "DEMO 1".encode("utf-16-le").ljust(len(data), b"\x00")
