"""The drawn faces of the demo's people: on their cards, and before the camera. Nobody's portrait."""

from __future__ import annotations

from pathlib import Path

import assets

CARDS = assets.SAMPLES / "cards"
FACES = {"p1": "li_hua", "p2": "wang_fang", "p3": "zhao_min"}
OTHERS = {"p1": "p2", "p2": "p3", "p3": "p2"}
"""Who may stand before the camera instead, so that the face check says no."""


def card_picture(who: str) -> bytes:
    """The picture in the chip of this person's card, at most 1,000 bytes; empty where nobody drew one."""
    return (CARDS / f"{FACES[who]}.webp").read_bytes() if who in FACES else b""


def before_the_camera(who: str) -> list[Path]:
    """What a camera sees of this person; none for those without a drawn face."""
    return [CARDS / f"{FACES[who]}.jpg"] if who in FACES else []
