"""The step for people without a card: a phone number."""

from __future__ import annotations

from kiosk.desk import Desk
from kiosk.flows.flow import Answers
from kiosk.identity import person_with_phone


def take_phone(desk: Desk, answers: Answers) -> Answers | None:
    """Keeps the person with that phone. Raises ``KioskError(PHONE_INVALID)``."""
    del desk
    return {"person": person_with_phone(answers["phone"].reveal())}
