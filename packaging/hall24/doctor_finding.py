"""What the doctor says about one thing that was looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One look: ``ok``, ``warning`` or ``problem``, and what to do."""

    look: str
    state: str
    what: str
    remedy: str = ""


Look = Callable[[], Iterator[Finding]]


def good(look: str, what: str) -> Finding:
    return Finding(look, "ok", what)


def warning(look: str, what: str, remedy: str) -> Finding:
    return Finding(look, "warning", what, remedy)


def problem(look: str, what: str, remedy: str) -> Finding:
    return Finding(look, "problem", what, remedy)
