"""The 256 bytes of text on the chip (GA/T 490-2019; permanent residence cards of 2017 and 2023).

UTF-16LE, padded with spaces; which of four layouts it is stands at byte 248: blank (or NUL) for
citizens, ``J`` for residence permits of people from Hong Kong, Macao and Taiwan, ``I`` and ``Y`` for the
permanent residence cards of 2017 and 2023. Nothing is guessed: an unknown flag, an impossible date or
a number whose check digit is wrong ends the reading. Pure.
"""

from __future__ import annotations

from datetime import date

from drivers.device import DeviceError, Fault, Secret
from drivers.id_card_reader.ethnic import ETHNICITIES
from drivers.id_card_reader.port import CardKind, IdCard, Sex

TEXT_LENGTH = 256
LONG_TERM = "长期"
_PADDING = " \0\u3000"

_FLAGS = {
    "": CardKind.RESIDENT,
    "J": CardKind.HMT_RESIDENCE,
    "I": CardKind.FOREIGN_2017,
    "Y": CardKind.FOREIGN_2023,
}
_SEXES = {"0": Sex.UNKNOWN, "1": Sex.MALE, "2": Sex.FEMALE, "9": Sex.NOT_STATED}
_CHECK_DIGITS = "10X98765432"


def check_digit(digits: str) -> str:
    """The eighteenth character for 17 digits (GB 11643, ISO 7064 MOD 11-2)."""
    return _CHECK_DIGITS[sum(int(digit) * (2 ** (17 - place)) for place, digit in enumerate(digits)) % 11]


def normalise_number(raw: str) -> str:
    """The 18-character number with a capital X. Raises BAD_DATA: a wrong check digit is never corrected."""
    number = raw.strip().upper()
    if len(number) != 18 or not (number[:17].isascii() and number[:17].isdigit()):
        raise DeviceError(Fault.BAD_DATA, "the number is not 17 digits and a check digit")
    if check_digit(number[:17]) != number[17]:
        raise DeviceError(Fault.BAD_DATA, "the check digit of the number is wrong")
    return number


def card_kind(text: bytes) -> CardKind:
    """Which of the four layouts a text block has. Raises UNKNOWN_CARD, BAD_DATA."""
    if len(text) != TEXT_LENGTH:
        raise DeviceError(Fault.BAD_DATA, f"the text has {len(text)} bytes")
    kind = _FLAGS.get(_field(text, 248, 2))
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


def _resident(text: bytes, photo: bytes, kind: CardKind) -> IdCard:
    code = _field(text, 32, 4) if kind is CardKind.RESIDENT else ""
    hmt = kind is CardKind.HMT_RESIDENCE
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
        pass_number=Secret(_field(text, 220, 18) if hmt else ""),
        issue_count=_field(text, 238, 4) if hmt else "",
    )


def _foreign_2017(text: bytes, photo: bytes) -> IdCard:
    number = _field(text, 122, 30).upper()
    if len(number) != 15 or not (number.isascii() and number.isalnum()):
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
        nationality=_field(text, 152, 6),
    )


def _foreign_2023(text: bytes, photo: bytes) -> IdCard:
    english = (_characters(text, 52, 70) + _characters(text, 220, 22)).strip(_PADDING)
    if not english:
        raise DeviceError(Fault.BAD_DATA, "the name is empty")
    return IdCard(
        kind=CardKind.FOREIGN_2023,
        name=Secret(_field(text, 0, 30)),
        number=Secret(normalise_number(_field(text, 122, 36))),
        sex=_sex(text, 30),
        birth_date=Secret(_date(text, 36)),
        address=Secret(""),
        authority=Secret(""),
        valid_from=_date(text, 188),
        valid_to=_end_date(text, 204),
        photo=Secret(photo),
        issue_count=_field(text, 32, 4),
        english_name=Secret(english),
        nationality=_field(text, 242, 6),
    )


def _characters(text: bytes, start: int, length: int) -> str:
    try:
        return text[start : start + length].decode("utf-16-le")
    except UnicodeDecodeError:
        raise DeviceError(Fault.BAD_DATA, f"the field at {start} is no text") from None


def _field(text: bytes, start: int, length: int) -> str:
    return _characters(text, start, length).strip(_PADDING)


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
    sex = _SEXES.get(_field(text, start, 2))
    if sex is None:
        raise DeviceError(Fault.BAD_DATA, f"the field at {start} is no sex code")
    return sex
