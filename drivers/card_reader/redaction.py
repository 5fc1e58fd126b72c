"""Makes a recording of a card fit to be kept: nobody's card in the place of somebody's, byte for byte as long. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import xor

from drivers.card_reader import apdu
from drivers.card_reader.social_security import (
    BIRTH,
    BIRTHPLACE,
    CARD_CLASS,
    CARD_NUMBER,
    ETHNICITY,
    EXPIRES,
    IDENTIFICATION,
    ISSUED,
    ISSUER,
    NAME,
    NUMBER,
    SEX,
    SPECIFICATION,
    fields_of,
)
from drivers.device import DeviceError
from drivers.seams.recording import HOST, Turn

_NOBODY = {
    IDENTIFICATION: bytes.fromhex("110100D15600000500000000FFFFFFFF"),
    CARD_CLASS: b"1",
    SPECIFICATION: b"2.00",
    ISSUER: bytes.fromhex("110100000000000000000001"),
    ISSUED: bytes.fromhex("20150102"),
    EXPIRES: bytes.fromhex("20350102"),
    CARD_NUMBER: b"A00000000",
    NUMBER: b"110105199001020032",
    NAME: bytes.fromhex("C0EE BBAA").ljust(30, b"\0"),
    SEX: b"1",
    ETHNICITY: b"\x01",
    BIRTHPLACE: bytes.fromhex("110105"),
    BIRTH: bytes.fromhex("19900102"),
}
"""A made-up holder with a right check digit; a name's extension becomes empty."""


def redact(turns: Sequence[Turn]) -> Sequence[Turn]:
    """The same conversation with nobody's card. Raises ValueError for one that cannot be understood.

    Records become nobody's; all other data become zeros of the same length; of the answer to reset only what says how
    to talk to the card stays. Status bytes and commands stay as they are.
    """
    kept: list[Turn] = []
    parts: list[int] = []
    asked = b""
    for turn in turns:
        if turn.side == HOST:
            if turn.data[1:2] != bytes([apdu.GET_RESPONSE]):
                asked, parts = turn.data, []
            kept.append(turn)
            continue
        if not asked:
            kept.append(Turn(turn.at, turn.side, plain_atr(turn.data)))
            continue
        if len(turn.data) < 2:
            raise ValueError("an answer without status bytes")
        kept.append(turn)
        parts.append(len(kept) - 1)
        if turn.data[-2] != 0x61:
            _replace(kept, parts, is_record=asked[1] == apdu.READ_RECORD)
            parts = []
    if parts:
        raise ValueError("the recording ends inside an answer")
    return kept


def plain_atr(atr: bytes) -> bytes:
    """An answer to reset without its historical bytes, which may hold the chip's serial number.

    What PC/SC makes up for cards without contacts stays: it names the kind of card only.
    """
    if len(atr) < 2 or apdu.is_contactless(atr):
        return atr
    count, at, more, checked = atr[1] & 0x0F, 2, atr[1] >> 4, False
    while more:
        at += (more & 0x07).bit_count()
        if not more & 0x08:
            break
        if at >= len(atr):
            raise ValueError("an answer to reset that is too short")
        checked = checked or bool(atr[at] & 0x0F)
        more = atr[at] >> 4
        at += 1
    if at + count > len(atr):
        raise ValueError("an answer to reset that is too short")
    plain = atr[:at] + bytes(count)
    return plain + bytes([reduce(xor, plain[1:], 0)]) if checked else plain + bytes(len(atr) - len(plain))


def _replace(kept: list[Turn], parts: Sequence[int], *, is_record: bool) -> None:
    data = b"".join(kept[index].data[:-2] for index in parts)
    other = _nobodys(data) if is_record and kept[parts[-1]].data[-2:] == b"\x90\x00" else bytes(len(data))
    for index in parts:
        turn = kept[index]
        length = len(turn.data) - 2
        kept[index] = Turn(turn.at, turn.side, other[:length] + turn.data[-2:])
        other = other[length:]


def _nobodys(record: bytes) -> bytes:
    other = bytearray(record)
    try:
        fields = fields_of(record)
    except DeviceError as error:
        raise ValueError(error.detail) from None
    for field in fields:
        value = _NOBODY.get(field.tag, b"")
        length = len(field.value)
        other[field.start : field.start + length] = value if len(value) == length else bytes(length)
    return bytes(other)
