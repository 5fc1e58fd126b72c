"""What cards of different kinds say of a person in the same words: sex, the number of a citizen, characters of names.

Sources: GB/T 2261.1 (sex), GB 11643 (the number and its check digit, ISO 7064 MOD 11-2). Pure.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum

from drivers.device import DeviceError, Fault

_CHECK_DIGITS = "10X98765432"
_SPACES = " \u3000"


class Sex(StrEnum):
    """GB/T 2261.1."""

    UNKNOWN = "unknown"
    MALE = "male"
    FEMALE = "female"
    NOT_STATED = "not-stated"


SEXES = {"0": Sex.UNKNOWN, "1": Sex.MALE, "2": Sex.FEMALE, "9": Sex.NOT_STATED}
"""The codes of GB/T 2261.1."""


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


def stands_in_no_name(character: str) -> bool:
    """Whether a character can be in no name and no address: it is there by damage, or by another encoding.

    That are controls and marks that nobody sees, spaces other than the two that cards have, and what Unicode says is
    no character. Rare characters stand in names: also those that Unicode got later than this Python, and private ones.
    """
    code, category = ord(character), unicodedata.category(character)
    if category in {"Cc", "Cf", "Zl", "Zp"} or (category == "Zs" and character not in _SPACES):
        return True
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
