"""A contact counts as changed only when it stays so for a while. Pure: time comes in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from drivers.device import Condition
from drivers.sensors.port import CONDITIONS, Change, SensorState


class Debounce:
    """The states of some contacts. What is read first after nothing was known counts at once."""

    def __init__(self, names: Iterable[str], seconds: float) -> None:
        self._seconds = seconds
        self._states = dict.fromkeys(names, SensorState.UNKNOWN)
        self._told: dict[str, SensorState | None] = dict.fromkeys(self._states)
        self._since: dict[str, float] = {}
        """When a contact was first seen in another state than the one that counts."""

    @property
    def states(self) -> dict[str, SensorState]:
        return dict(self._states)

    def see(self, active: Mapping[str, bool], now: float) -> None:
        """What was read just now."""
        for name, is_active in active.items():
            new = SensorState.ACTIVE if is_active else SensorState.INACTIVE
            if new is self._states[name]:
                self._since.pop(name, None)
            elif self._states[name] is SensorState.UNKNOWN:
                self._states[name] = new
            elif now - self._since.setdefault(name, now) >= self._seconds:
                self._states[name] = new
                del self._since[name]

    def lose(self) -> None:
        """Nothing could be read: nothing is known."""
        self._since.clear()
        self._states = dict.fromkeys(self._states, SensorState.UNKNOWN)

    def changes(self) -> tuple[Change, ...]:
        """What is different from what was told last; the first time, everything."""
        found = tuple(
            Change(name, self._told[name] or SensorState.UNKNOWN, state)
            for name, state in self._states.items()
            if state is not self._told[name]
        )
        self._told = dict(self._states)
        return found

    def conditions(self) -> tuple[Condition, ...]:
        """The conditions behind what is active."""
        active = [name for name, state in self._states.items() if state is SensorState.ACTIVE]
        return tuple(CONDITIONS[name] for name in active if name in CONDITIONS)
