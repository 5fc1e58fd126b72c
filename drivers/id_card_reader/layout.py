"""The 256 bytes of text on the chip (GA/T 490-2019; permanent residence cards of 2017 and 2023).

UTF-16LE, padded with spaces; which of four layouts it is stands at byte 248: blank (or NUL) for
citizens, ``J`` for residence permits of people from Hong Kong, Macao and Taiwan, ``I`` and ``Y`` for the
permanent residence cards of 2017 and 2023. Nothing is guessed: an unknown flag, an impossible date, a
number whose check digit is wrong or a field in another encoding ends the reading. Pure.
"""

from __future__ import annotations

from datetime import date

from drivers.device import DeviceError, Fault, Secret
from drivers.id_card_reader.ethnic import ETHNICITIES
from drivers.id_card_reader.port import CardKind, IdCard
from drivers.person import SEXES, Sex, stands_in_no_name
from drivers.person import check_digit as check_digit
from drivers.person import normalise_number as normalise_number

TEXT_LENGTH = 256
LONG_TERM = "长期"
_PADDING = " \0\u3000"

_FLAGS = {
    " ": CardKind.RESIDENT,
    "\0": CardKind.RESIDENT,
    "J": CardKind.HMT_RESIDENCE,
    "I": CardKind.FOREIGN_2017,
    "Y": CardKind.FOREIGN_2023,
}
_ADDRESS_LONGEST = 70
_TWO_SPACES = "\u2020"
"""What two spaces of a one-byte encoding look like in UTF-16LE; those of UTF-16BE are another kind of space."""


def card_kind(text: bytes) -> CardKind:
    """Which of the four layouts a text block has. Raises UNKNOWN_CARD, BAD_DATA."""
    if len(text) != TEXT_LENGTH:
        raise DeviceError(Fault.BAD_DATA, f"the text has {len(text)} bytes")
    kind = _FLAGS.get(_characters(text, 248, 2))
    if kind is None:
        raise DeviceError(Fault.UNKNOWN_CARD, "unknown card type flag")
    return kind


def decode_card(text: bytes, photo: bytes) -> IdCard:
    """The card that a text and a photo block describe. Raises UNKNOWN_CARD, BAD_DATA; never says what stood there."""
    kind = card_kind(text)
    if kind is CardKind.FOREIGN_2017:
        return _foreign_2017(text, photo)
    if kind is CardKind.FOREIGN_2023:
        return _foreign_2023(text, photo)
    return _resident(text, photo, kind)


def decode_address(data: bytes) -> str:
    """What was written on the chip as the newest address (70 bytes). Raises BAD_DATA."""
    if len(data) % 2 or len(data) > _ADDRESS_LONGEST:
        raise DeviceError(Fault.BAD_DATA, f"the newest address has {len(data)} bytes")
    return _field(data, 0, len(data))


def _resident(text: bytes, photo: bytes, kind: CardKind) -> IdCard:
    hmt = kind is CardKind.HMT_RESIDENCE
    code = "" if hmt else _digits(text, 32, 4)
    return IdCard(
        kind=kind,
        name=Secret(_required(text, 0, 30)),
        number=Secret(normalise_number(_field(text, 122, 36))),
        sex=_sex(text, 30),
        birth_date=Secret(_date(text, 36)),
        address=Secret(_field(text, 52, 70)),
        authority=Secret(_field(text, 158, 30)),
        valid_from=_date(text, 188),
        valid_to=_end_date(text, 204),
        photo=Secret(photo),
        ethnicity_code=code,
        ethnicity=ETHNICITIES.get(code, ""),
        pass_number=Secret(_letters_and_digits(text, 220, 18) if hmt else ""),
        issue_count=_field(text, 238, 4) if hmt else "",
    )


def _foreign_2017(text: bytes, photo: bytes) -> IdCard:
    number = _letters_and_digits(text, 122, 30)
    if len(number) != 15:
        raise DeviceError(Fault.BAD_DATA, "the number does not have 15 letters and digits")
    return IdCard(
        kind=CardKind.FOREIGN_2017,
        name=Secret(_field(text, 158, 30)),
        number=Secret(number),
        sex=_sex(text, 120),
        birth_date=Secret(_date(text, 220)),
        address=Secret(""),
        authority=Secret(_field(text, 240, 8)),
        valid_from=_date(text, 188),
        valid_to=_end_date(text, 204),
        photo=Secret(photo),
        english_name=Secret(_required(text, 0, 120)),
        nationality=_nationality(text, 152),
        card_version=_field(text, 236, 4),
    )


def _foreign_2023(text: bytes, photo: bytes) -> IdCard:
    english = _checked(_characters(text, 52, 70) + _characters(text, 220, 22), 52).strip(_PADDING)
    if not english:
        raise DeviceError(Fault.BAD_DATA, "the name is empty")
    number = normalise_number(_field(text, 122, 36))
    if not number.startswith("9"):
        raise DeviceError(Fault.BAD_DATA, "the number of a foreigner begins with 9")
    return IdCard(
        kind=CardKind.FOREIGN_2023,
        name=Secret(_field(text, 0, 30)),
        number=Secret(number),
        sex=_sex(text, 30),
        birth_date=Secret(_date(text, 36)),
        address=Secret(""),
        authority=Secret(""),
        valid_from=_date(text, 188),
        valid_to=_end_date(text, 204),
        photo=Secret(photo),
        issue_count=_field(text, 32, 4),
        english_name=Secret(english),
        nationality=_nationality(text, 242),
        former_number_link=Secret(_field(text, 250, 6)),
    )


def _characters(text: bytes, start: int, length: int) -> str:
    try:
        return text[start : start + length].decode("utf-16-le")
    except UnicodeDecodeError:
        raise DeviceError(Fault.BAD_DATA, f"the field at {start} is no text") from None


def _field(text: bytes, start: int, length: int) -> str:
    return _checked(_characters(text, start, length), start).strip(_PADDING)


def _checked(value: str, start: int) -> str:
    """The same characters. Raises BAD_DATA for what only another encoding, or damage, puts into a field.

    GB2312 read as UTF-16LE gives nothing but characters whose halves are both A1 or more (syllables of Korean, private
    use): a single one may be a rare character of a name, nothing but such ones is another encoding.
    """
    inner = value.strip(_PADDING)
    if any(c == _TWO_SPACES or stands_in_no_name(c) for c in inner):
        raise DeviceError(Fault.BAD_DATA, f"the field at {start} holds what is no character of a card")
    if len(inner) > 1 and all(0xA1 <= ord(c) >> 8 <= 0xFF and ord(c) & 0xFF >= 0xA1 for c in inner):
        raise DeviceError(Fault.BAD_DATA, f"the field at {start} is in another encoding")
    return value


def _digits(text: bytes, start: int, length: int) -> str:
    """As many digits as the field has room for, or nothing."""
    value = _field(text, start, length)
    if value and (len(value) != length // 2 or not (value.isascii() and value.isdigit())):
        raise DeviceError(Fault.BAD_DATA, f"the field at {start} is not {length // 2} digits")
    return value


def _letters_and_digits(text: bytes, start: int, length: int) -> str:
    value = _field(text, start, length)
    if value and not (value.isascii() and value.isalnum()):
        raise DeviceError(Fault.BAD_DATA, f"the field at {start} holds more than letters and digits")
    return value.upper()


def _nationality(text: bytes, start: int) -> str:
    """Three letters of GB/T 2659, or nothing."""
    value = _field(text, start, 6)
    if value and (len(value) != 3 or not (value.isascii() and value.isalpha())):
        raise DeviceError(Fault.BAD_DATA, f"the field at {start} is not three letters")
    return value.upper()


def _required(text: bytes, start: int, length: int) -> str:
    value = _field(text, start, length)
    if not value:
        raise DeviceError(Fault.BAD_DATA, f"the field at {start} is empty")
    return value


def _date(text: bytes, start: int) -> date:
    value = _field(text, start, 16)
    try:
        if len(value) != 8 or not (value.isascii() and value.isdigit()):
            raise ValueError
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        raise DeviceError(Fault.BAD_DATA, f"the field at {start} is no date") from None


def _end_date(text: bytes, start: int) -> date | None:
    return None if _field(text, start, 16) == LONG_TERM else _date(text, start)


def _sex(text: bytes, start: int) -> Sex:
    sex = SEXES.get(_field(text, start, 2))
    if sex is None:
        raise DeviceError(Fault.BAD_DATA, f"the field at {start} is no sex code")
    return sex
