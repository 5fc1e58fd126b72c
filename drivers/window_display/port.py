"""What the LED bar above a window can do, whatever its maker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from drivers.device import Cancel, Device

SHOW_SECONDS = 3.0
"""How long showing a line may take: at 9600 baud it is 0.3 s, and a bar takes one line a second."""


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
    styles: frozenset[Style] = frozenset(Style)
    """What it can really do; asked for another one it is steady."""
    refresh_seconds: float = 0.0
    """The least time between two lines."""
    brightness_levels: int = 0
    """How many levels ``set_brightness`` knows, the first one (0) being the darkest; none: it cannot."""
    switches: bool = False
    """Whether it can be told to be dark and to be lit again."""
    answers: bool = True
    """Whether it says anything at all; of one that does not nobody can know how it is (``status.unknown``)."""


class WindowDisplay(Device, Protocol):
    """One line of text. ``probe`` reports the condition ``display.blank`` when the bar lost its line (power cut).

    Every command ends within ``timeout`` seconds. Of lines that wait for their turn only the newest one is shown: the
    others end with CANCELLED, so that no call stands there that is no longer true.
    """

    @property
    def capabilities(self) -> DisplayCapabilities: ...

    def show(
        self, text: str, style: Style = Style.STEADY, timeout: float = SHOW_SECONDS, cancel: Cancel | None = None
    ) -> None:
        """Shows one line until the next one.

        Raises BAD_DATA when a character cannot be shown, SILENT, CHECKSUM, BUSY, UNPLUGGED, ABSENT, CANCELLED.
        """
        ...

    def clear(self, timeout: float = SHOW_SECONDS, cancel: Cancel | None = None) -> None:
        """Shows nothing."""
        ...

    def set_brightness(self, level: int, timeout: float = SHOW_SECONDS, cancel: Cancel | None = None) -> None:
        """From 0 to ``brightness_levels`` - 1. Raises UNSUPPORTED when the bar has no levels, BAD_DATA."""
        ...

    def switch(self, on: bool, timeout: float = SHOW_SECONDS, cancel: Cancel | None = None) -> None:
        """Makes the bar dark, or lets it show again what it had. Raises UNSUPPORTED when it cannot."""
        ...
