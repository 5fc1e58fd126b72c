"""The two files of a social-security card that everybody may read: EF05 of the issuer, EF06 of the holder (LD/T 32).

Each record is a simple TLV: one byte of tag, one of length, the value. Codings: ``cn`` is BCD padded with F at the
right, ``an`` are characters padded with NUL, names are GBK (GB 18030) padded with NUL or blanks, also wide ones. A tag
that is not in the table is passed over; a known one with another length, another coding or an impossible date ends the
reading. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from drivers.card_reader.port import SocialSecurityCard
from drivers.device import DeviceError, Fault, Secret
from drivers.person import SEXES, Sex, normalise_number, stands_in_no_name

IDENTIFICATION, CARD_CLASS, SPECIFICATION, ISSUER, ISSUED, EXPIRES, CARD_NUMBER = range(0x01, 0x08)
NUMBER, NAME, SEX, ETHNICITY, BIRTHPLACE, BIRTH = range(0x08, 0x0E)
NAME_EXTENSION = 0x4E

LENGTHS: Mapping[int, int] = {
    IDENTIFICATION: 16,
    CARD_CLASS: 1,
    SPECIFICATION: 4,
    ISSUER: 12,
    ISSUED: 4,
    EXPIRES: 4,
    CARD_NUMBER: 9,
    NUMBER: 18,
    NAME: 30,
    SEX: 1,
    ETHNICITY: 1,
    BIRTHPLACE: 3,
    BIRTH: 4,
    NAME_EXTENSION: 20,
}
"""How long each value is, by its tag."""

ISSUER_TAGS = (IDENTIFICATION, CARD_CLASS, SPECIFICATION, ISSUER, ISSUED, EXPIRES, CARD_NUMBER)
HOLDER_TAGS = (NUMBER, NAME, SEX, ETHNICITY, BIRTHPLACE, BIRTH, NAME_EXTENSION)

_LONGEST_CHARACTER = 4
"""Bytes of one character in GB 18030: so many may stay free at the end of a name that goes on."""
_PADDING = "\0 \u3000"

Values = Mapping[int, bytes]


@dataclass(frozen=True, slots=True, repr=False)
class Field:
    """One TLV: where its value begins in the record, and the value."""

    tag: int
    start: int
    value: bytes


def fields_of(record: bytes) -> tuple[Field, ...]:
    """The TLVs of a record; padding (00 or FF to the end) is passed over. Raises BAD_DATA when lengths do not fit."""
    found = []
    at = 0
    while at < len(record):
        if record[at] in {0x00, 0xFF}:
            if len(set(record[at:])) != 1:
                raise DeviceError(Fault.BAD_DATA, "something stands after the padding of a record")
            break
        if at + 2 > len(record) or at + 2 + record[at + 1] > len(record):
            raise DeviceError(Fault.BAD_DATA, f"the record ends inside the field {record[at]:02X}")
        length = record[at + 1]
        found.append(Field(record[at], at + 2, record[at + 2 : at + 2 + length]))
        at += 2 + length
    return tuple(found)


def values_of(records: list[bytes]) -> dict[int, bytes]:
    """The known fields of a file by tag. Raises BAD_DATA for a wrong length and for two values of one field."""
    values: dict[int, bytes] = {}
    for record in records:
        for field in fields_of(record):
            expected = LENGTHS.get(field.tag)
            if expected is None:
                continue
            if len(field.value) != expected:
                raise DeviceError(
                    Fault.BAD_DATA, f"the field {field.tag:02X} has {len(field.value)} bytes instead of {expected}"
                )
            if values.get(field.tag, field.value) != field.value:
                raise DeviceError(Fault.BAD_DATA, f"the field {field.tag:02X} is there twice")
            values[field.tag] = field.value
    return values


def decode_card(issuer: Values, holder: Values) -> SocialSecurityCard:
    """The card that the fields of both files describe. Raises BAD_DATA; never says what stood there."""
    identification = _required(issuer, IDENTIFICATION).hex().upper()
    region = identification[:6]
    if not region.isdigit():
        raise DeviceError(Fault.BAD_DATA, "the region of the card is no number")
    return SocialSecurityCard(
        number=Secret(_number(holder)),
        name=Secret(_name(holder)),
        card_number=Secret(_text(_required(issuer, CARD_NUMBER), CARD_NUMBER)),
        identification=Secret(identification),
        region_code=region,
        sex=_sex(holder),
        ethnicity_code=_digits(holder, ETHNICITY),
        birth_date=_secret(_date(holder, BIRTH)),
        birthplace_code=Secret(_digits(holder, BIRTHPLACE)),
        card_class=_optional_text(issuer, CARD_CLASS),
        specification=_optional_text(issuer, SPECIFICATION),
        issuer=issuer.get(ISSUER, b"").hex().upper().rstrip("F"),
        issued=_date(issuer, ISSUED),
        expires=_date(issuer, EXPIRES),
    )


def _number(holder: Values) -> str:
    """The citizen's number, its check digit verified; a foreigner's begins with the three letters of a country."""
    text = _text(_required(holder, NUMBER), NUMBER)
    if len(text) == 18 and text[:3].isalpha() and text.isalnum():
        return text.upper()
    return normalise_number(text)


def _name(holder: Values) -> str:
    """Name and its extension, put together before they are decoded: a character may stand across the border."""
    first, more = _required(holder, NAME), holder.get(NAME_EXTENSION, b"").rstrip(b"\0 ")
    if more:
        used = first.rstrip(b"\0 ")
        if len(first) - len(used) >= _LONGEST_CHARACTER:
            raise DeviceError(Fault.BAD_DATA, "the name goes on although it was not full")
        first = used
    try:
        name = (first + more).decode("gb18030").rstrip(_PADDING)
    except UnicodeDecodeError:
        raise DeviceError(Fault.BAD_DATA, "the name is no GBK") from None
    if not name or any(stands_in_no_name(character) for character in name):
        raise DeviceError(Fault.BAD_DATA, "the name is empty or has control characters")
    return name


def _sex(holder: Values) -> Sex | None:
    code = _optional_text(holder, SEX)
    if code and code not in SEXES:
        raise DeviceError(Fault.BAD_DATA, "unknown code of sex")
    return SEXES.get(code)


def _date(values: Values, tag: int) -> date | None:
    """A date in BCD; None when the field is not there or empty (all 0 or all F)."""
    digits = values.get(tag, b"").hex()
    if not digits.strip("0") or not digits.strip("f"):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise DeviceError(Fault.BAD_DATA, f"the field {tag:02X} is no date") from None


def _digits(values: Values, tag: int) -> str:
    """BCD padded with F at the right; nothing when the field is not there or empty."""
    digits = values.get(tag, b"").hex().rstrip("f")
    if digits and not digits.isdigit():
        raise DeviceError(Fault.BAD_DATA, f"the field {tag:02X} is no BCD")
    return digits


def _optional_text(values: Values, tag: int) -> str:
    value = values.get(tag, b"")
    return _text(value, tag) if value.strip(b"\0 \xff") else ""


def _text(value: bytes, tag: int) -> str:
    """Letters, digits and signs padded with NUL or blanks."""
    text = value.rstrip(b"\0 ")
    if not text or not all(0x21 <= byte <= 0x7E for byte in text):
        raise DeviceError(Fault.BAD_DATA, f"the field {tag:02X} is no text")
    return text.decode("ascii")


def _required(values: Values, tag: int) -> bytes:
    value = values.get(tag)
    if value is None:
        raise DeviceError(Fault.BAD_DATA, f"the field {tag:02X} is not there")
    return value


def _secret(value: date | None) -> Secret[date] | None:
    return None if value is None else Secret(value)
