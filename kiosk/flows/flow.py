"""A flow as data: steps, what each one does, and where it leads. No Qt, no clock, no thread.

The visit walks it: it shows a step's page, takes what was submitted, calls ``perform`` on its worker
thread, keeps what ``perform`` returned and goes where ``next`` says. A ``KioskError`` keeps the step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from kiosk.errors import Reason

if TYPE_CHECKING:
    from kiosk.desk import Desk

Answers = Mapping[str, Any]
NOTHING: Answers = MappingProxyType({})


class Page(StrEnum):
    """The pages that the screen can show; QML has one file for each."""

    HOME = "Home"
    IDENTIFY = "Identify"
    PHONE = "Phone"
    QUEUE = "Queue"
    TICKET = "Ticket"
    SERVICES = "Services"
    CONSENT = "Consent"
    FACE = "Face"
    CODE = "Code"
    FORM = "Form"
    CHOOSE = "Choose"
    ANSWER = "Answer"
    BOOKINGS = "Bookings"
    DAY = "Day"
    SLOT = "Slot"
    CONFIRM = "Confirm"
    BOOKED = "Booked"


Perform = Callable[["Desk", Answers], Answers | None]
"""Does a step's work (it may block). Gets the answers so far and what was submitted now; returns what to keep
and go on, or None to stay on the page. Raises ``KioskError``."""

View = Callable[["Desk", Answers], Mapping[str, Any]]
"""What the page shows on entry; quick. Never a secret."""

Next = Callable[[Answers], str | None]
"""The name of the step that follows; None ends the visit."""


@dataclass(frozen=True, slots=True)
class Step:
    """One page of a flow and the work behind it.

    ``perform`` None: what was submitted is kept as it is. ``secret`` names submitted values that are wrapped in
    ``Secret`` before anything else sees them. ``auto`` is submitted by itself on entry. ``waits`` says that the
    work waits for the person (a card, a face), so that another tap interrupts it instead of being ignored; it may
    depend on what was submitted. ``final``: there is no way back from here. ``result``: whether, with this shown,
    nothing is left to do but to walk away, so that the first page comes back sooner.
    """

    name: str
    page: Page
    next: str | Next | None = None
    perform: Perform | None = None
    view: View | None = None
    secret: frozenset[str] = frozenset()
    auto: Answers | None = None
    waits: bool | Callable[[Answers], bool] = False
    final: bool = False
    result: Callable[[Mapping[str, Any]], bool] | None = None

    def waits_for_person(self, given: Answers) -> bool:
        """Whether the work that this submission begins waits for the person."""
        return self.waits(given) if callable(self.waits) else self.waits

    def following(self, answers: Answers) -> str | None:
        """Where it goes from here with these answers."""
        return self.next(answers) if callable(self.next) else self.next


@dataclass(frozen=True, slots=True)
class Flow:
    """A named way through steps; the first one begins. ``hindrance`` says why it cannot be begun now."""

    name: str
    steps: tuple[Step, ...]
    hindrance: Callable[[Desk], Reason | None]

    def step(self, name: str) -> Step:
        """Raises ``KeyError`` for a step that this flow does not have."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    def ahead(self, step: Step, answers: Answers) -> int:
        """How many steps come after this one on the likely way."""
        count = 0
        name = step.following(answers)
        while name is not None and count < len(self.steps):
            count += 1
            name = self.step(name).following(answers)
        return count


def merged(answers: Answers, more: Answers) -> Answers:
    """Both together; the newer ones win, the older mapping stays as it was."""
    return MappingProxyType({**answers, **more})
