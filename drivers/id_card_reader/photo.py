"""From the card's 1,024-byte photo block to a picture.

Real cards hold WLT, whose decoders are closed and licensed to reader makers: they are not part of this
software. A hall that has one names the maker's library (``library:/path``, see ``photo_library``) or a
program of its own (``helper:/path``); either runs as a process of its own for every photo. Simulated
cards hold a small ordinary picture behind a mark that no real card has.
"""

from __future__ import annotations

from pathlib import Path

from drivers.device import DeviceError, Fault
from drivers.id_card_reader.photo_library import LibraryPhoto
from drivers.id_card_reader.photo_process import answer_of
from drivers.id_card_reader.port import PhotoCapabilities, PhotoDecoder

BLOCK_LENGTH = 1024
_MARK = b"HALL24-SIM"
_ROOM = BLOCK_LENGTH - len(_MARK) - 2
_LARGEST = 8_000_000


def synthetic_block(picture: bytes) -> bytes:
    """A photo block for a simulated card, around an encoded picture of at most 1,012 bytes."""
    if len(picture) > _ROOM:
        raise ValueError(f"a simulated card holds a picture of at most {_ROOM} bytes")
    return (_MARK + len(picture).to_bytes(2, "big") + picture).ljust(BLOCK_LENGTH, b"\0")


class NoPhoto:
    """The usual case without a vendor's decoder: no block can be read, and the face check says unavailable."""

    capabilities = PhotoCapabilities(real_cards=False)

    def decode(self, block: bytes) -> bytes | None:
        del block
        return None


class SyntheticPhoto:
    """Reads only the blocks of simulated cards; a real card's photo stays unread."""

    capabilities = PhotoCapabilities(real_cards=False, simulated_cards=True)

    def decode(self, block: bytes) -> bytes | None:
        if not block.startswith(_MARK):
            return None
        length = int.from_bytes(block[len(_MARK) : len(_MARK) + 2], "big")
        start = len(_MARK) + 2
        return block[start : start + length] if 0 < length <= len(block) - start else None


class HelperPhoto:
    """A vendor's decoder as a program: 1,024 bytes to its standard input, an encoded picture from its output."""

    capabilities = PhotoCapabilities(real_cards=True)

    def __init__(self, program: str, timeout: float = 3.0) -> None:
        self._program = program
        self._timeout = timeout

    def decode(self, block: bytes) -> bytes | None:
        """The picture, or None when the program fails, hangs or says nothing. Raises CONFIGURATION if it cannot run."""
        if not Path(self._program).is_file():
            raise DeviceError(Fault.CONFIGURATION, "the photo decoder's program is missing")
        picture = answer_of([self._program], block, self._timeout)
        return picture if picture and len(picture) <= _LARGEST else None


def make_photo_decoder(name: str) -> PhotoDecoder:
    """``none``, ``synthetic`` (simulated cards only), ``helper:/path/of/program`` or ``library:/path/lib.so?…``.

    Raises CONFIGURATION; that a program or a library is missing shows at the first photo.
    """
    if name == "none":
        return NoPhoto()
    if name == "synthetic":
        return SyntheticPhoto()
    scheme, _, rest = name.partition(":")
    if scheme == "helper" and rest:
        return HelperPhoto(rest)
    if scheme == "library" and rest:
        return LibraryPhoto.parse(rest)
    raise DeviceError(
        Fault.CONFIGURATION, "a photo decoder is none, synthetic, helper:/path or library:/path/lib.so?function=…"
    )
