"""Numbers of identity documents as people type them at a desk. They are checked and hashed, never kept."""

from __future__ import annotations

import re

from queue_server.contract.refusals import Code, Refusal

_CHECK_DIGITS = "10X98765432"
_OTHER = re.compile(r"[A-Z]{1,4}[0-9]{5,14}|[0-9]{8,9}")
"""Passports, passes of Hong Kong, Macao and Taiwan, residence cards of 2017, papers of soldiers."""


def number(typed: str) -> str:
    """The number as it stands on the card, with capital letters and without spaces.

    One of 18 characters must have its right check digit (GB 11643, ISO 7064 MOD 11-2): a slip of the finger would be
    another person. Raises ``BAD_REQUEST``; the message never repeats what was typed.
    """
    wanted = "".join(typed.split()).upper()
    resident = len(wanted) == 18 and wanted.isascii() and wanted[:17].isdigit()
    if not (_check_digit(wanted[:17]) == wanted[17] if resident else _OTHER.fullmatch(wanted)):
        raise Refusal(Code.BAD_REQUEST, "this is not the number of a document", field="document")
    return wanted


def _check_digit(digits: str) -> str:
    return _CHECK_DIGITS[sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(digits)) % 11]
