"""Finds the endpoint of a path: a tree of its parts, so that the fiftieth route costs what the first does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from queue_server.web.endpoints import Endpoint

_LONGEST_ID = 64


@dataclass
class _Node:
    fixed: dict[str, _Node] = field(default_factory=dict)
    open: list[tuple[str, str, _Node]] = field(default_factory=list)
    methods: dict[str, Endpoint] = field(default_factory=dict)


class Routes:
    """The table of endpoints as a tree. Paths are those below ``/api/v1``."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._root = _Node()
        for endpoint in endpoints:
            node = self._root
            for part in endpoint.template.strip("/").split("/"):
                node = _child(node, part)
            node.methods[endpoint.method] = endpoint

    def find(self, path: str) -> tuple[dict[str, Endpoint], dict[str, str]]:
        """The methods known at this path and what stands in its open parts; both empty when there is nothing."""
        found: dict[str, str] = {}
        node = self._root
        for part in path.strip("/").split("/"):
            fixed = node.fixed.get(part)
            if fixed is not None:
                node = fixed
                continue
            if not _may_be_an_id(part):
                return {}, {}
            for name, ending, child in node.open:
                if part.endswith(ending) and len(part) > len(ending):
                    found[name] = part[: len(part) - len(ending)]
                    node = child
                    break
            else:
                return {}, {}
        return node.methods, found


def _child(node: _Node, part: str) -> _Node:
    if not part.startswith("{"):
        return node.fixed.setdefault(part, _Node())
    name, _, ending = part[1:].partition("}")
    for known, known_ending, child in node.open:
        if (known, known_ending) == (name, ending):
            return child
    child = _Node()
    node.open.append((name, ending, child))
    return child


def _may_be_an_id(part: str) -> bool:
    return 0 < len(part) <= _LONGEST_ID and part.isprintable()
