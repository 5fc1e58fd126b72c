"""Text to the sounds that the Kokoro model was trained on. Pure.

Chinese goes by pinyin (pypinyin), then by the tables below (International Phonetic Alphabet; one arrow
per syllable for the tone, after its vowel). English words come from a small lexicon of ours, since the
vocabulary is closed. Facts: the model's token table, and misaki's mapping, which it was trained with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_INITIALS = {
    "zh": "ꭧ",
    "ch": "ꭧʰ",
    "sh": "ʂ",
    "b": "p",
    "p": "pʰ",
    "m": "m",
    "f": "f",
    "d": "t",
    "t": "tʰ",
    "n": "n",
    "l": "l",
    "g": "k",
    "k": "kʰ",
    "h": "x",
    "j": "ʨ",
    "q": "ʨʰ",
    "x": "ɕ",
    "r": "ɻ",
    "z": "ʦ",
    "c": "ʦʰ",
    "s": "s",
}
# The 0 marks where the arrow of the tone stands.
_FINALS = {
    "a": "a0",
    "ai": "ai0",
    "an": "a0n",
    "ang": "a0ŋ",
    "ao": "au0",
    "e": "ɤ0",
    "ei": "ei0",
    "en": "ə0n",
    "eng": "ə0ŋ",
    "er": "ɚ0",
    "i": "i0",
    "ia": "ja0",
    "ian": "jɛ0n",
    "iang": "ja0ŋ",
    "iao": "jau0",
    "ie": "je0",
    "in": "i0n",
    "iou": "jou0",
    "ing": "i0ŋ",
    "iong": "jʊ0ŋ",
    "ong": "ʊ0ŋ",
    "ou": "ou0",
    "u": "u0",
    "uei": "wei0",
    "ua": "wa0",
    "uai": "wai0",
    "uan": "wa0n",
    "uen": "wə0n",
    "uang": "wa0ŋ",
    "ueng": "wə0ŋ",
    "uo": "wo0",
    "o": "wo0",
    "ü": "y0",
    "üe": "ɥe0",
    "üan": "ɥɛ0n",
    "ün": "y0n",
}
_TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
_BUZZING = frozenset({"zh", "ch", "sh", "r", "z", "c", "s"})
_PUNCTUATION = {"，": ", ", "。": ". ", "、": ", ", "！": "! ", "？": "? ", "：": ": ", ",": ", ", ".": ". "}
_LETTERS = {
    "A": "ˈA",
    "B": "bˈi",
    "C": "sˈi",
    "D": "dˈi",
    "E": "ˈi",
    "F": "ˈɛf",
    "G": "ʤˈi",
    "H": "ˈAʧ",
    "I": "ˈI",
    "J": "ʤˈA",
    "K": "kˈA",
    "L": "ˈɛl",
    "M": "ˈɛm",
    "N": "ˈɛn",
    "O": "ˈO",
    "P": "pˈi",
    "Q": "kjˈu",
    "R": "ˈɑɹ",
    "S": "ˈɛs",
    "T": "tˈi",
    "U": "jˈu",
    "V": "vˈi",
    "W": "dˈʌbᵊlju",
    "X": "ˈɛks",
    "Y": "wˈI",
    "Z": "zˈi",
}
# How a Chinese speaker says them; tried against a speech recogniser (five of five right, English letters four of five).
_CHINESE_LETTERS = {**_LETTERS, "A": "ei→", "B": "pi↘", "C": "ɕi→", "D": "ti↘", "E": "i↘"}
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")


class PronunciationError(ValueError):
    """A word that we cannot pronounce; the message names it."""


def chinese(text: str) -> str:
    """The sounds of a Chinese text with Latin letters in it. Raises ``PronunciationError``."""
    from pypinyin import Style, pinyin  # only here, because its dictionaries cost 0.1 s and only synthesis needs them
    from pypinyin.contrib.mmseg import seg

    words: list[str] = []
    for part in re.findall(r"[\u4e00-\u9fff]+|[A-Za-z]|[，。、！？：,.]|\S", text):
        if _CHINESE.match(part):
            for word in seg.cut(part):
                initials = pinyin(word, style=Style.INITIALS, strict=True)
                finals = pinyin(word, style=Style.FINALS_TONE3, strict=True, neutral_tone_with_five=True)
                words.append("".join(_syllable(i[0], f[0]) for i, f in zip(initials, finals, strict=True)))
        elif part.upper() in _CHINESE_LETTERS:
            words.append(_CHINESE_LETTERS[part.upper()])
        elif part in _PUNCTUATION and words:
            words[-1] += _PUNCTUATION[part].strip()
        else:
            raise PronunciationError(part)
    return " ".join(words)


def _syllable(initial: str, final: str) -> str:
    base, tone = final[:-1].replace("v", "ü"), final[-1]
    if base == "i" and initial in _BUZZING:
        sound = "ɨ0"
    else:
        if base not in _FINALS or tone not in _TONES:
            raise PronunciationError(initial + final)
        sound = _FINALS[base]
    return _INITIALS.get(initial, "") + sound.replace("0", _TONES[tone])


def english(text: str, lexicon: Mapping[str, str]) -> str:
    """The sounds of a text whose words are all in ``lexicon``; codes such as A012 are spelled.

    Raises ``PronunciationError``.
    """
    words: list[str] = []
    for part in re.findall(r"[A-Za-z']+(?![A-Za-z'0-9])|[0-9]+(?![0-9])|[A-Z](?=[0-9])|[,.]|\S", text):
        if part.lower() in lexicon:
            words.append(lexicon[part.lower()])
        elif part in {",", "."} and words:
            words[-1] += part
        elif len(part) == 1 and part in _LETTERS:
            words.append(_LETTERS[part])
        elif part.isdigit():
            words.extend(lexicon[sign] for sign in part)
        else:
            raise PronunciationError(part)
    return " ".join(words)
