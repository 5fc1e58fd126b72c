"""Made-up chip cards: the bytes of a social-security card's files, record by record, and of cards that are none.

Written from the layout of the files (LD/T 32), not with the driver's own decoder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

SSSE = bytes.fromhex("73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF")
ATR = bytes.fromhex("3B 6D 00 00 80 31 80 65 B0 89 35 01 F1 83 00 90 00")
CONTACTLESS_ATR = bytes.fromhex("3B 8F 80 01 80 4F 0C A0 00 00 03 06 03 00 01 00 00 00 00 6A")
"""A storage card as PC/SC part 3 names it: the reader answers for it."""

_NAME = bytes.fromhex("C0 EE BB AA").decode("gb18030")
_CHECK_DIGITS = "10X98765432"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose card it is. Nobody: the numbers are made up, the check digit is right."""

    number: str = "110105199001020032"
    name: str = _NAME
    sex: str = "1"
    ethnicity: str = "01"
    birthplace: str = "110105"
    birth: str = "19900102"
    card_number: str = "A12345678"
    identification: str = "330300D15600000599110145FFFFFFFF"
    specification: str = "2.00"
    issuer: str = "330300000000000000000001"
    issued: str = "20150102"
    expires: str = "20250102"
    card_class: str = "1"


def complete_number(first_17: str) -> str:
    """A made-up number with its check digit."""
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(first_17))
    return first_17 + _CHECK_DIGITS[total % 11]


@dataclass(frozen=True, slots=True)
class ChipCard:
    """What lies in the slot. ``files`` are records by file; ``applications`` the names that SELECT finds."""

    atr: bytes = ATR
    files: Mapping[int, tuple[bytes, ...]] = field(default_factory=dict)
    applications: tuple[bytes, ...] = (SSSE,)
    uid: bytes = b""
    locked: frozenset[int] = frozenset()
    """Files that ask for an authority before they are read (6982)."""

    @classmethod
    def of(cls, holder: Holder | None = None) -> ChipCard:
        """A social-security card."""
        person = holder or Holder()
        name = person.name.encode("gb18030")
        issuer_file = (
            _record(0x01, bytes.fromhex(person.identification)),
            _record(0x02, person.card_class.encode()),
            _record(0x03, person.specification.encode()),
            _record(0x04, bytes.fromhex(person.issuer)),
            _record(0x05, bytes.fromhex(person.issued)),
            _record(0x06, bytes.fromhex(person.expires)),
            _record(0x07, person.card_number.encode().ljust(9, b"\0")),
        )
        holder_file: tuple[bytes, ...] = (
            _record(0x08, person.number.encode().ljust(18, b"\0")),
            _record(0x09, name[:30].ljust(30, b"\0")),
            _record(0x0A, person.sex.encode()),
            _record(0x0B, bytes.fromhex(person.ethnicity)),
            _record(0x0C, bytes.fromhex(person.birthplace)),
            _record(0x0D, bytes.fromhex(person.birth)),
        )
        if len(name) > 30:
            holder_file += (_record(0x4E, name[30:].ljust(20, b"\0")),)
        return cls(files={0xEF05: issuer_file, 0xEF06: holder_file})

    @classmethod
    def bank(cls) -> ChipCard:
        """A card whose only application is the bank's."""
        return cls(applications=(b"1PAY.SYS.DDF01",))

    @classmethod
    def contactless(cls, uid: bytes = bytes.fromhex("04 A2 24 9A 1B 5C 80")) -> ChipCard:
        """A transport or door card without contacts: it has nothing but its number."""
        return cls(atr=CONTACTLESS_ATR, applications=(), uid=uid)

    def with_record(self, file: int, tag: int, value: bytes) -> ChipCard:
        """The same card with another value of one field, right or wrong."""
        records = tuple(_record(tag, value) if record[0] == tag else record for record in self.files[file])
        return self.with_file(file, records)

    def with_file(self, file: int, records: tuple[bytes, ...]) -> ChipCard:
        """The same card with other records in a file."""
        return replace(self, files={**self.files, file: records})

    def locking(self, *files: int) -> ChipCard:
        """The same card, that asks for an authority before these files."""
        return replace(self, locked=frozenset(files))


def _record(tag: int, value: bytes) -> bytes:
    return bytes([tag, len(value)]) + value
