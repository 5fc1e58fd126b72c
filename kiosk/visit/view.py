"""What the screen shows of a visit, and how long a page may stand untouched."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from drivers.device import Secret
from kiosk.errors import KioskError
from kiosk.flows.flow import Answers, Page, Step


@dataclass(frozen=True, slots=True)
class IdleLimits:
    """Seconds without a touch until the first page comes back; ``elder_factor`` stretches a result page."""

    page: float = 60.0
    elder_page: float = 150.0
    warning: float = 15.0
    result: float = 15.0
    elder_factor: float = 2.5
    second_tap: float = 0.4

    def of(self, step: Step | None, data: Mapping[str, Any], *, elder: bool) -> float:
        if step is not None and step.result is not None and step.result(data):
            return self.result * (self.elder_factor if elder else 1.0)
        return self.elder_page if elder else self.page


@dataclass(frozen=True, slots=True)
class View:
    """All that the screen shows, as one value; ``revision`` grows with every change."""

    revision: int = 0
    page: str = Page.HOME
    data: Mapping[str, Any] = field(default_factory=dict)
    flow: str = ""
    step: int = 0
    steps: int = 0
    title_key: str = "title.home"
    error: str | None = None
    """A translation key (``error.no-card``); the page stays as it is."""
    error_values: Mapping[str, Any] = field(default_factory=dict)
    """What the words of the error need, such as until when (``Desk.moment`` by name)."""
    busy: bool = False
    """Work that no tap may disturb: buttons rest."""
    can_back: bool = False
    offline: bool = False
    warning_left: int | None = None
    """Whole seconds until the first page comes back, in the last 15 of them; else None."""
    elder: bool = False
    language: str = "zh"


def said(failure: KioskError | None, moment: Callable[[datetime], Mapping[str, Any]]) -> dict[str, Any]:
    """A failure as the view has it: the key of its words, and the instants in them as the hall's clocks show them."""
    if failure is None:
        return {"error": None, "error_values": {}}
    values = {}
    for name, value in failure.values.items():
        with contextlib.suppress(ValueError):
            values[name] = moment(datetime.fromisoformat(value))
    return {"error": f"error.{failure.reason.value}", "error_values": values}


def forget(answers: Answers) -> None:
    """Overwrites what can be overwritten in these answers (``wipe()`` of values, byte arrays)."""
    for value in answers.values():
        inner = value.reveal() if isinstance(value, Secret) else value
        wipe = getattr(inner, "wipe", None)
        if callable(wipe):
            wipe()
        elif isinstance(inner, bytearray):
            inner[:] = bytes(len(inner))
