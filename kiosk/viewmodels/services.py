"""Finding a service item (事项) by what a citizen can type: Chinese, pinyin or initials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Property, QObject, Signal, Slot

CANDIDATES = 8
"""Words offered above the keyboard at once."""
RESULTS = 30
LONGEST_WORD = 6


def matching(items: Iterable[Mapping[str, Any]], typed: str) -> list[Mapping[str, Any]]:
    """The items that hold what was typed: initials and Chinese names first, then pinyin, English, departments."""
    wanted = "".join(typed.split()).lower()
    if not wanted:
        return []
    found: list[tuple[int, int, int, Mapping[str, Any]]] = []
    for order, item in enumerate(items):
        for rank, text in enumerate(_readings(item)):
            place = text.find(wanted)
            if place >= 0:
                found.append((rank // 2, place, order, item))
                break
    return [item for *_, item in sorted(found, key=lambda one: one[:3])[:RESULTS]]


def _readings(item: Mapping[str, Any]) -> tuple[str, ...]:
    """By what an item may be found, without blanks, the likeliest first."""
    parts = (
        item.get("initials", ""),
        item["name"].get("zh", ""),
        item.get("pinyin", ""),
        item["name"].get("en", ""),
        item.get("department", {}).get("zh", ""),
    )
    return tuple("".join(str(part).lower().split()) for part in parts)


def candidate_words(items: Iterable[Mapping[str, Any]], letters: str) -> list[str]:
    """Chinese words of the items' names whose initials are ``letters``, the most frequent first."""
    wanted = letters.lower()
    if not wanted or not wanted.isascii() or len(wanted) > LONGEST_WORD:
        return []
    seen: dict[str, int] = {}
    for item in items:
        name, initials = str(item["name"].get("zh", "")), str(item.get("initials", "")).lower()
        if len(name) != len(initials):
            continue
        place = initials.find(wanted)
        while place >= 0:
            word = name[place : place + len(wanted)]
            seen[word] = seen.get(word, 0) + 1
            place = initials.find(wanted, place + 1)
    return sorted(seen, key=lambda word: (-seen[word], word))[:CANDIDATES]


class Services(QObject):
    """The QML singleton ``Services``: what was typed, the words it may mean, the items that hold it.

    Nothing is learned and nothing is kept: ``clear`` forgets all of it with the page.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: Sequence[Mapping[str, Any]] = ()
        self._typed = ""
        self._chosen = ""

    @Slot(list)
    def offer(self, items: Sequence[Mapping[str, Any]]) -> None:
        """The items of the hall, as the page got them."""
        self._items = tuple(items)
        self.changed.emit()

    @Slot(str)
    def type(self, letter: str) -> None:
        self._typed += letter
        self.changed.emit()

    @Slot(str)
    def choose(self, word: str) -> None:
        """Takes a Chinese word in place of the letters that led to it."""
        self._chosen += word
        self._typed = ""
        self.changed.emit()

    @Slot()
    def erase(self) -> None:
        if self._typed:
            self._typed = self._typed[:-1]
        else:
            self._chosen = self._chosen[:-1]
        self.changed.emit()

    @Slot()
    def clear(self) -> None:
        self._typed = self._chosen = ""
        self.changed.emit()

    def _found(self) -> list[dict[str, Any]]:
        hits = matching(self._items, self._chosen) if self._chosen else list(self._items)
        if self._typed:
            hits = matching(hits, self._typed)
        return [dict(item) for item in hits] if self._chosen or self._typed else []

    typed = Property(str, lambda self: self._chosen + self._typed, notify=changed)
    candidates = Property(list, lambda self: candidate_words(self._items, self._typed), notify=changed)
    found = Property(list, _found, notify=changed)
