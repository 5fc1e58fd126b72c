"""Simulated cards: the 256 bytes of text and 1,024 of photo that a chip would hold, for made-up people.

Written from the layout tables, independently of the decoder in ``layout``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import assets
from drivers.id_card_reader.photo import synthetic_block
from drivers.id_card_reader.port import CardKind

_FLAGS = {
    CardKind.RESIDENT: " ",
    CardKind.HMT_RESIDENCE: "J",
    CardKind.FOREIGN_2017: "I",
    CardKind.FOREIGN_2023: "Y",
}
_RESIDENT = (
    ("name", 30), ("sex", 2), ("ethnicity", 4), ("birth", 16), ("address", 70), ("number", 36), ("authority", 30),
    ("valid_from", 16), ("valid_to", 16), ("pass_number", 18), ("issue_count", 4), ("", 6), ("flag", 2), ("", 6),
)  # fmt: skip
_FOREIGN_2017 = (
    ("english_name", 120), ("sex", 2), ("number", 30), ("nationality", 6), ("name", 30), ("valid_from", 16),
    ("valid_to", 16), ("birth", 16), ("version", 4), ("authority", 8), ("flag", 2), ("", 6),
)  # fmt: skip
_FOREIGN_2023 = (
    ("name", 30), ("sex", 2), ("issue_count", 4), ("birth", 16), ("english_1", 70), ("number", 36), ("", 30),
    ("valid_from", 16), ("valid_to", 16), ("english_2", 22), ("nationality", 6), ("flag", 2), ("", 6),
)  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """What a simulated card says of its made-up holder; dates are ``YYYYMMDD`` as on the chip."""

    name: str
    number: str
    sex: str = "1"
    birth: str = "19900102"
    ethnicity: str = "01"
    address: str = ""
    authority: str = ""
    valid_from: str = "20150102"
    valid_to: str = "20350102"
    english_name: str = ""
    nationality: str = ""
    pass_number: str = ""
    issue_count: str = ""

    def __repr__(self) -> str:
        return "Person(…)"


def complete_number(digits: str) -> str:
    """Adds the check digit of GB 11643 to 17 digits."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    remainder = sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11
    return digits + "10X98765432"[remainder]


@dataclass(frozen=True, slots=True, repr=False)
class TwinCard:
    """One card that can be laid on a simulated reader. ``selects`` False: a bus or bank card."""

    text: bytes
    photo: bytes
    selects: bool = True
    fingerprints: bytes = b""
    newest_address: bytes = b""

    def __repr__(self) -> str:
        return f"TwinCard(selects={self.selects})"

    @classmethod
    def of(cls, person: Person, kind: CardKind = CardKind.RESIDENT, picture: bytes = b"") -> TwinCard:
        """A card of ``kind`` for ``person``; ``picture`` is a small WebP or JPEG (at most 1,012 bytes) or nothing."""
        photo = synthetic_block(picture) if picture else bytes(1024)
        return cls(_text(person, kind), photo)

    @classmethod
    def synthetic(cls, kind: CardKind = CardKind.RESIDENT, picture: bytes = b"") -> TwinCard:
        """A card of ``kind`` for a holder whose name says that it is made up."""
        return demo_card(_SYNTHETIC[kind], assets.SAMPLES / "demo_people.json", picture)

    @classmethod
    def not_an_id_card(cls) -> TwinCard:
        """A card that is found but cannot be selected, as transport cards are."""
        return cls(b"", b"", selects=False)

    def with_flag(self, flag: str) -> TwinCard:
        """The same card with another type flag at byte 248."""
        return self.with_bytes(248, flag.encode("utf-16-le"))

    def with_number(self, number: str) -> TwinCard:
        """The same card (not a 2017 one) with another number, right or wrong."""
        return self.with_bytes(122, _pad(number, 36))

    def with_bytes(self, at: int, data: bytes) -> TwinCard:
        """The same card with other bytes at one place of its text."""
        return replace(self, text=self.text[:at] + data + self.text[at + len(data) :])

    def with_fingerprints(self, fingers: int) -> TwinCard:
        """The same card with the blocks (512 bytes each, made up) of one or two fingers, or of none."""
        return replace(self, fingerprints=b"".join(bytes([0x43, finger]) * 256 for finger in range(fingers)))

    def with_newest_address(self, address: str) -> TwinCard:
        """The same card with an address that was added later."""
        return replace(self, newest_address=_pad(address, 70))


_SYNTHETIC = {
    CardKind.RESIDENT: "p1",
    CardKind.HMT_RESIDENCE: "p4",
    CardKind.FOREIGN_2017: "p5",
    CardKind.FOREIGN_2023: "p6",
}
"""Who of the demo's made-up people stands for which kind."""


def demo_card(identifier: str, people: Path, picture: bytes = b"") -> TwinCard:
    """The card of one of the made-up people in the demo's file (``assets/samples/demo_people.json``)."""
    entries: dict[str, dict[str, str]] = json.loads(people.read_text("utf-8"))["people"]
    return card_of(entries[identifier], picture)


def card_of(entry: Mapping[str, str], picture: bytes = b"") -> TwinCard:
    """A card from one entry of such a file."""
    fields = dict(entry)
    kind = CardKind(fields.pop("kind", CardKind.RESIDENT.value))
    return TwinCard.of(Person(**fields), kind, picture)


def _text(person: Person, kind: CardKind) -> bytes:
    values = {
        "name": person.name,
        "sex": person.sex,
        "ethnicity": person.ethnicity if kind is CardKind.RESIDENT else "",
        "birth": person.birth,
        "address": person.address,
        "number": person.number,
        "authority": person.authority,
        "valid_from": person.valid_from,
        "valid_to": person.valid_to,
        "pass_number": person.pass_number,
        "issue_count": person.issue_count,
        "english_name": person.english_name,
        "english_1": person.english_name[:35],
        "english_2": person.english_name[35:],
        "nationality": person.nationality,
        "version": "01",
        "flag": _FLAGS[kind],
        "": "",
    }
    layout = {CardKind.FOREIGN_2017: _FOREIGN_2017, CardKind.FOREIGN_2023: _FOREIGN_2023}.get(kind, _RESIDENT)
    return b"".join(_pad(values[name], length) for name, length in layout)


def _pad(value: str, length: int) -> bytes:
    data = value.encode("utf-16-le")
    if len(data) > length:
        raise ValueError(f"too long for a field of {length // 2} characters")
    return data + " ".encode("utf-16-le") * ((length - len(data)) // 2)
