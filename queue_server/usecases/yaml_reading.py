"""Reads nodes of a YAML document by kind and collects what is wrong, each with its line.

A value that is wrong is noted and replaced by an empty one, so that reading goes on to the next problem.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from queue_server.contract.messages import Text

_TAG = "tag:yaml.org,2002:"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_TIME = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")
_FLAGS = {"true": True, "false": False, "yes": True, "no": False}


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong, and where."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


class HasId(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T")
H = TypeVar("H", bound=HasId)


@dataclass
class Reading:
    """One pass over a document."""

    problems: list[Problem] = field(default_factory=list)
    _places: dict[str, list[Node]] = field(default_factory=dict)

    def fault(self, node: Node | None, text: str) -> None:
        self.problems.append(Problem(node.start_mark.line + 1 if node is not None else 1, text))

    def fault_at(self, kind: str, place: int, text: str) -> None:
        """A problem of the entry number ``place`` of a list that ``each`` read."""
        self.fault(self._places[kind][place], f"{kind}: {text}")

    def has_fault_in(self, node: Node) -> bool:
        lines = range(node.start_mark.line + 1, node.end_mark.line + 2)
        return any(problem.line in lines for problem in self.problems)

    # --- structures ---

    def mapping(
        self,
        node: Node | None,
        what: str,
        required: tuple[str, ...],
        optional: tuple[str, ...],
        *,
        others: bool = False,
    ) -> dict[str, Node]:
        """The values by key; says what is missing, unknown or there twice. None gives an empty one."""
        if node is None:
            return {}
        if not isinstance(node, MappingNode):
            self.fault(node, f"{what} must hold keys with values")
            return {}
        found: dict[str, Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else ""
            if name in found:
                self.fault(key, f"{what}: the key {name} is there twice")
            elif name not in required and name not in optional and not others:
                self.fault(key, f"{what}: there is no key {name!r}{_guess(name, (*required, *optional))}")
            else:
                found[name] = value
        for name in required:
            if name not in found:
                self.fault(node, f"{what}: {name} is missing")
        return found

    def each(self, node: Node | None, kind: str, read: Callable[[Node], T]) -> list[tuple[Node, T]]:
        """Every entry of a list with what ``read`` makes of it."""
        if node is None:
            return []
        if not isinstance(node, SequenceNode):
            self.fault(node, f"{kind}: this must be a list")
            return []
        self._places[kind] = list(node.value)
        return [(entry, read(entry)) for entry in node.value]

    def unique(self, kind: str, entries: list[tuple[Node, H]]) -> frozenset[str]:
        """The ids of entries, and a fault for each that was there before."""
        seen: dict[str, int] = {}
        for node, entry in entries:
            if entry.id and entry.id in seen:
                self.fault(node, f"{kind} {entry.id} is there twice (first on line {seen[entry.id]})")
            elif entry.id:
                seen[entry.id] = node.start_mark.line + 1
        return frozenset(seen)

    # --- values ---

    def scalar(self, node: Node, what: str) -> str | int | float | bool:
        """A plain value of whatever type YAML gives it."""
        if not isinstance(node, ScalarNode):
            self.fault(node, f"{what} must be one value")
            return ""
        kind = node.tag.removeprefix(_TAG)
        if kind == "bool":
            return _FLAGS.get(node.value.lower(), False)
        if kind == "int" and node.value.lstrip("-").isdigit():
            return int(node.value)
        if kind == "float" and re.fullmatch(r"-?\d+\.\d+", node.value):
            return float(node.value)
        return str(node.value)

    def string(self, node: Node | None, what: str, default: str = "") -> str:
        if node is None:
            return default
        if not isinstance(node, ScalarNode) or node.tag.removeprefix(_TAG) not in {"str", "int"}:
            self.fault(node, f"{what} must be a text")
            return default
        if not node.value.strip():
            self.fault(node, f"{what} is empty")
        return str(node.value)

    def matching(self, node: Node | None, what: str, pattern: str, words: str) -> str:
        text = self.string(node, what)
        if text and not re.fullmatch(pattern, text):
            self.fault(node, f"{what} must be {words}, not {text!r}")
        return text

    def identifier(self, node: Node | None, what: str) -> str:
        text = self.string(node, what)
        if text and not _ID.fullmatch(text):
            self.fault(node, f"{what} {text!r}: only letters, digits, - and _, at most 40")
            return ""
        return text

    def known(self, node: Node | None, kind: str, ids: frozenset[str]) -> str:
        text = self.string(node, kind)
        if text and text not in ids:
            self.fault(node, f"there is no {kind} {text!r}")
        return text

    def identifiers(self, node: Node | None, kind: str, ids: frozenset[str]) -> tuple[str, ...]:
        """A list of ids that must be known, each once."""
        if node is None:
            return ()
        if not isinstance(node, SequenceNode):
            self.fault(node, f"this must be a list of {kind}s")
            return ()
        found: list[str] = []
        for entry in node.value:
            one = self.known(entry, kind, ids)
            if one in found:
                self.fault(entry, f"{kind} {one!r} is in the list twice")
            elif one in ids:
                found.append(one)
        return tuple(found)

    def words(self, node: Node | None, what: str, default: Text | None = None) -> Text:
        """A text in Chinese and English; a plain string is Chinese."""
        if node is None:
            return default or Text(zh="")
        if isinstance(node, ScalarNode):
            return Text(zh=self.string(node, what))
        fields = self.mapping(node, what, ("zh",), ("en",))
        return Text(zh=self.string(fields.get("zh"), f"{what}.zh"), en=self.string(fields.get("en"), f"{what}.en"))

    def flag(self, node: Node | None, what: str) -> bool:
        if node is None:
            return False
        if not isinstance(node, ScalarNode) or node.tag != f"{_TAG}bool" or node.value.lower() not in _FLAGS:
            self.fault(node, f"{what} must be true or false")
            return False
        return _FLAGS[node.value.lower()]

    def integer(self, node: Node | None, what: str, least: int, most: int, default: int = 1) -> int:
        if node is None:
            return default
        if not isinstance(node, ScalarNode) or not re.fullmatch(r"-?[0-9]{1,9}", node.value):
            self.fault(node, f"{what} must be a whole number")
            return default
        value = int(node.value)
        if not least <= value <= most:
            self.fault(node, f"{what} must be from {least} to {most}, not {value}")
            return default
        return value

    def minutes(self, node: Node | None, what: str) -> int:
        """A time of day as minutes since midnight; 24:00 is the end of the day."""
        if node is None:
            return 0
        match = _TIME.fullmatch(node.value) if isinstance(node, ScalarNode) else None
        if match is None or int(match[1]) * 60 + int(match[2]) > 1440:
            self.fault(node, f"{what} must be a time from 00:00 to 24:00")
            return 0
        return int(match[1]) * 60 + int(match[2])

    def clock(self, node: Node | None, what: str) -> time:
        minutes = self.minutes(node, what)
        if minutes == 1440:
            self.fault(node, f"{what} must be before 24:00")
            minutes = 0
        return time(minutes // 60, minutes % 60)

    def days(self, node: Node | None, what: str) -> frozenset[date]:
        if node is None:
            return frozenset()
        if not isinstance(node, SequenceNode):
            self.fault(node, f"{what} must be a list of dates")
            return frozenset()
        found = set()
        for entry in node.value:
            try:
                found.add(date.fromisoformat(entry.value if isinstance(entry, ScalarNode) else ""))
            except ValueError:
                self.fault(entry, f"{what}: a date is written 2026-10-01")
        return frozenset(found)

    def time_zone(self, node: Node | None) -> str:
        name = self.string(node, "time_zone")
        if name:
            try:
                ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                self.fault(node, f"there is no time zone {name!r}; an example is Asia/Shanghai")
        return name


def _guess(name: str, known: tuple[str, ...]) -> str:
    close = [word for word in known if word.replace("_", "") == name.replace("_", "").replace("-", "").lower()]
    return f", did you mean {close[0]}?" if close else ""
