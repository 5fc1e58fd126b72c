"""The texts that people read on the kiosk, in the language they chose."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import Property, QObject, Signal, Slot

AREAS = ("device", "kiosk")
"""Later files win: what the kiosk says to a citizen goes before what a technician reads."""
LANGUAGES = ("zh_CN", "en")


def read_texts(folder: Path, language: str) -> dict[str, str]:
    """Key to text of one language; an area whose file is not there is left out."""
    texts: dict[str, str] = {}
    for area in AREAS:
        path = folder / language / f"{area}.json"
        if path.is_file():
            texts.update(json.loads(path.read_text(encoding="utf-8")))
    return texts


class Words(QObject):
    """Key to text in the language in use; QML reads it through the singleton ``T``.

    The other language is read when it is first asked for: the first frame need not wait for it.
    """

    changed = Signal()

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._language = LANGUAGES[0]
        self._texts = {self._language: read_texts(folder, self._language)}

    def texts_in_use(self) -> dict[str, str]:
        return self._texts[self._language]

    def in_chinese(self) -> bool:
        """Whether the language in use is the hall's own."""
        return self._language == LANGUAGES[0]

    @Slot(str)
    def choose(self, language: str) -> None:
        """``zh_CN`` or ``en``."""
        if language not in LANGUAGES or language == self._language:
            return
        if language not in self._texts:
            self._texts[language] = read_texts(self._folder, language)
        self._language = language
        self.changed.emit()

    @Slot()
    def reset(self) -> None:
        self.choose(LANGUAGES[0])

    language = Property(str, lambda self: self._language, notify=changed)
    chinese = Property(bool, in_chinese, notify=changed)
    texts = Property(dict, texts_in_use, notify=changed)
