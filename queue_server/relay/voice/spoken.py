"""The words of a call as they are spoken. Pure.

The grammar is closed: a ticket number is read letter by letter and digit by digit (A012 → A零一二),
a window number as a number (12 → 十二). A call is two segments, because joining single digits is not
understood (measured: 0 to 9 of 16 numbers against 13 to 15 of 16).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Phrases:
    """The texts of one language (``voice.json``), with the way in which it reads numbers."""

    language: str
    texts: Mapping[str, str]
    yao: bool = False
    """Read a 1 inside a ticket number as 幺, as soldiers and telephone operators do."""

    def prompt(self, key: str) -> str:
        """A fixed text. Raises ``KeyError`` for an unknown key."""
        return self.texts[key]

    def ticket(self, number: str) -> str:
        """``A012`` → ``请A零一二号``. Letters become capitals; anything else stays as it is."""
        digits = self.texts["voice.digits"]
        read = {str(value): digits[value] for value in range(10)}
        if self.yao:
            read["1"] = self.texts["voice.one-as-yao"]
        spelled = "".join(read.get(sign, sign) for sign in number.strip().upper())
        return self.texts["call.number"].format(number=spelled)

    def window(self, window: str) -> str:
        """``3``, ``3号窗口`` → ``到三号窗口办理``; a window with a name of its own is a place (``不动产专窗``)."""
        plain = window.strip()
        words = "|".join(re.escape(word) for word in self.texts["voice.window-words"].split())
        match = re.match(rf"^(?:(?:{words})\s*)?0*([1-9][0-9]?)(?:{words})?$", plain, re.IGNORECASE)
        if match:
            return self.texts["call.window"].format(window=self._number(int(match.group(1))))
        spelled = _DIGITS.sub(lambda found: self._number(int(found.group())), plain)
        return self.texts["call.place"].format(place=spelled)

    def call(self, number: str, window: str) -> tuple[str, str]:
        """The two segments of one call."""
        return self.ticket(number), self.window(window)

    def _number(self, value: int) -> str:
        """A number up to 99 as it is said; larger ones digit by digit."""
        digits, ten = self.texts["voice.digits"], self.texts["voice.ten"]
        if digits.isascii():
            return str(value)
        if value > 99:
            return "".join(digits[int(sign)] for sign in str(value))
        tens, ones = divmod(value, 10)
        head = "" if tens == 0 else ten if tens == 1 else digits[tens] + ten
        return head + (digits[ones] if ones or not head else "")


def clip_key(language: str, text: str) -> str:
    """What a clip is found by in packs and caches."""
    return f"{language}/{text}"
