"""The 256 bytes of text on an ID card's chip."""

from __future__ import annotations

from drivers.device import DeviceError
from drivers.id_card_reader.layout import decode_card


def fuzz(data: bytes) -> None:
    """A card or a refusal with a reason, whatever the bytes."""
    try:
        card = decode_card(data, b"")
    except DeviceError:
        return
    number = card.number.reveal()
    if len(number) not in (15, 18):
        raise AssertionError("a card without a whole number")
