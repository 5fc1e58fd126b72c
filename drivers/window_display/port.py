"""What the LED bar above a window can do, whatever its maker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from drivers.device import Device


class Style(StrEnum):
    """How the text is shown; a bar that cannot blink shows it steadily."""

    STEADY = "steady"
    BLINK = "blink"
    SCROLL = "scroll"


@dataclass(frozen=True, slots=True)
class DisplayCapabilities:
    """``columns`` counts Latin cells; a Chinese character takes two."""

    columns: int
    colours: tuple[str, ...] = ("red",)


class WindowDisplay(Device, Protocol):
    """One line of text. ``probe`` reports the condition ``display.blank`` when the bar lost its line (power cut)."""

    @property
    def capabilities(self) -> DisplayCapabilities: ...

    def show(self, text: str, style: Style = Style.STEADY) -> None:
        """Shows one line until the next one. Raises BAD_DATA when a character cannot be shown, SILENT, UNPLUGGED."""
        ...

    def clear(self) -> None: ...
