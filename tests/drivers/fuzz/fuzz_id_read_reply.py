"""The data of a read reply: the lengths that it says itself, then text, photo and fingers; and the newest address."""

from __future__ import annotations

from drivers.device import DeviceError
from drivers.id_card_reader import codec
from drivers.id_card_reader.layout import decode_address, decode_card


def fuzz(data: bytes) -> None:
    """Blocks that together are the data, or ValueError; then a card or a refusal."""
    for with_fingerprints in (False, True):
        try:
            blocks = codec.split_read_reply(data, with_fingerprints=with_fingerprints)
        except ValueError:
            continue
        head = 6 if with_fingerprints else 4
        if blocks.text + blocks.photo + blocks.fingerprints != data[head:]:
            raise AssertionError("something of the reply was lost or doubled")
        try:
            card = decode_card(blocks.text, blocks.photo)
        except DeviceError:
            continue
        if card.photo.reveal() != blocks.photo:
            raise AssertionError("another photo")
    try:
        address = decode_address(data)
    except DeviceError:
        return
    if len(address) > 35 or address != address.strip() or any(ord(c) < 32 for c in address):
        raise AssertionError("this is no address")
