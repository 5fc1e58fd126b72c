"""The 256 bytes of text on an ID card's chip."""

from __future__ import annotations

from drivers.device import DeviceError
from drivers.id_card_reader.layout import decode_card
from drivers.id_card_reader.port import CardKind
from drivers.person import check_digit

_FLAGS = {
    b" \0": CardKind.RESIDENT,
    b"\0\0": CardKind.RESIDENT,
    b"J\0": CardKind.HMT_RESIDENCE,
    b"I\0": CardKind.FOREIGN_2017,
    b"Y\0": CardKind.FOREIGN_2023,
}


def fuzz(data: bytes) -> None:
    """A card of the kind that its flag says, with a whole number, or a refusal with a reason, whatever the bytes."""
    try:
        card = decode_card(data, b"")
    except DeviceError as error:
        if not error.detail:
            raise AssertionError("a refusal without a reason") from None
        return
    number = card.number.reveal()
    if card.kind is not _FLAGS.get(data[248:250]):
        raise AssertionError("a guessed kind")
    if card.kind is CardKind.FOREIGN_2017:
        if len(number) != 15:
            raise AssertionError("a card without a whole number")
    elif len(number) != 18 or check_digit(number[:17]) != number[17]:
        raise AssertionError("a card without a right number")
    for value in (card.name, card.address, card.authority, card.english_name, card.pass_number):
        if any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in value.reveal()):
            raise AssertionError("this is no text")
