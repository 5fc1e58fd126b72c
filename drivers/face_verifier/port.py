"""Compares a live face with the picture on a card, one to one, and forgets both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from drivers.device import Cancel, Device
from drivers.picture import FrameSource

if TYPE_CHECKING:
    from drivers.picture import Picture


class FaceOutcome(StrEnum):
    """What the check says; UNSURE goes to a person, UNAVAILABLE to another way."""

    MATCH = "match"
    UNSURE = "unsure"
    NO_MATCH = "no-match"
    REJECTED_SPOOF = "rejected-spoof"
    UNAVAILABLE = "unavailable"


class Hint(StrEnum):
    """What the person in front of the camera should do; a translation key ``face.hint.<value>``."""

    LOOK_HERE = "look-here"
    NO_FACE = "no-face"
    ONE_PERSON = "one-person"
    COME_CLOSER = "come-closer"
    HOLD_STILL = "hold-still"
    MORE_LIGHT = "more-light"
    LESS_LIGHT = "less-light"
    TURN_LEFT = "turn-left"
    TURN_RIGHT = "turn-right"
    BLINK = "blink"


@dataclass(frozen=True, slots=True)
class FaceCheck:
    """The result: no score (it would help hill-climbing), no picture, no vector."""

    outcome: FaceOutcome
    reasons: tuple[str, ...] = ()
    version: str = ""


class FaceVerifier(Device, Protocol):
    def check(
        self,
        card_picture: bytes,
        camera: FrameSource,
        timeout: float,
        cancel: Cancel | None = None,
        on_hint: Callable[[Hint], None] | None = None,
        on_preview: Callable[[Picture], None] | None = None,
    ) -> FaceCheck:
        """Compares the encoded picture of the card with frames of a started camera.

        Never raises for anything a camera or a face can do: UNAVAILABLE with reasons instead. CANCELLED is raised.
        Frames, crops and vectors are overwritten before it returns, also on exceptions.
        """
        ...
