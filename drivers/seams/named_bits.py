"""Names of inputs and outputs in settings: ``door=0 cabinet=!1`` (``!``: the contact is the other way round). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.device import DeviceError, Fault

_PAIR = re.compile(r"([a-z][a-z0-9-]{0,31})=(!?)(\d{1,5})")
MOST = 64
"""So many bits are read at once."""


@dataclass(frozen=True, slots=True)
class NamedBits:
    """Which bit each name stands for, and which are inverted."""

    places: Mapping[str, int]
    inverted: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str, option: str) -> NamedBits:
        """Raises CONFIGURATION; ``option`` is what the settings call it."""
        places: dict[str, int] = {}
        inverted: set[str] = set()
        for part in text.replace(",", " ").split():
            found = _PAIR.fullmatch(part)
            if found is None or found[1] in places or int(found[3]) in places.values() or int(found[3]) > 0xFFFF:
                raise DeviceError(Fault.CONFIGURATION, f"{option}: {part!r} is not a new name=number or name=!number")
            places[found[1]] = int(found[3])
            if found[2]:
                inverted.add(found[1])
        if not places:
            raise DeviceError(Fault.CONFIGURATION, f"{option} (name=number …) is missing")
        bits = cls(places, frozenset(inverted))
        if bits.count > MOST:
            raise DeviceError(Fault.CONFIGURATION, f"{option}: first and last are more than {MOST} apart")
        return bits

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.places)

    @property
    def first(self) -> int:
        return min(self.places.values())

    @property
    def count(self) -> int:
        """How many bits there are from the first to the last."""
        return max(self.places.values()) - self.first + 1

    def meaning(self, bits: Sequence[bool]) -> dict[str, bool]:
        """What the bits from ``first`` on mean."""
        return {name: bits[place - self.first] != (name in self.inverted) for name, place in self.places.items()}

    def raw(self, name: str, on: bool) -> bool:
        """The bit that a name needs. Raises CONFIGURATION for a name that does not exist."""
        if name not in self.places:
            raise DeviceError(Fault.CONFIGURATION, f"{name!r} is not known; known: {', '.join(self.names)}")
        return on != (name in self.inverted)
