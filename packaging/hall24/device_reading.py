"""What ``hall device read`` does with an open device: reads it once, in the clear, for the terminal that asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from drivers.camera.port import Camera
from drivers.device import Cancel, Device, DeviceError, Fault
from drivers.id_card_reader.port import CardKind, IdCard, IdCardReader
from drivers.keypad.port import Keypad
from drivers.rating_device.port import RatingDevice

T = TypeVar("T")

_POLL = 0.05

OPTIONS: Mapping[str, Mapping[str, str]] = {"id_card_reader": {"lying": "yes"}}
"""What a driver is told for one reading: a card that lies there already counts."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the installer asked for; ``timeout`` in seconds."""

    timeout: float
    cancel: Cancel
    fingerprint: bool = False
    address: bool = False


def read_id_card(device: Device, wanted: Wanted) -> dict[str, Any]:
    """The card on the reader, in the clear; ``elapsedMs`` counts from the moment it was found."""
    return card_fields(cast("IdCardReader", device).read(wanted.timeout, wanted.cancel))


def card_fields(card: IdCard) -> dict[str, Any]:
    """A card as the outer interface prints it; each kind has fields of its own."""
    fields: dict[str, Any] = {
        "kind": card.kind.value,
        "name": card.name.reveal(),
        "sex": card.sex.value,
        "ethnicity": card.ethnicity,
        "ethnicityCode": card.ethnicity_code,
        "birthDate": card.birth_date.reveal().isoformat(),
        "address": card.address.reveal(),
        "number": card.number.reveal(),
        "authority": card.authority.reveal(),
        "validFrom": card.valid_from.isoformat(),
        "validTo": card.valid_to.isoformat() if card.valid_to else "long-term",
        "photo": {"format": "wlt", "bytes": len(card.photo.reveal())} if card.photo.reveal() else None,
        "elapsedMs": round(card.read_seconds * 1000),
    }
    if card.kind is CardKind.HMT_RESIDENCE:
        fields |= {"passNumber": card.pass_number.reveal(), "issueCount": card.issue_count}
    if card.kind in {CardKind.FOREIGN_2017, CardKind.FOREIGN_2023}:
        fields |= {"englishName": card.english_name.reveal(), "nationality": card.nationality}
    return fields


def read_camera(device: Device, wanted: Wanted) -> dict[str, Any]:
    """One frame's size and brightness; the picture itself is thrown away."""
    camera = cast("Camera", device)
    begin = time.monotonic()
    camera.start()
    try:
        frame = camera.frame(wanted.timeout, wanted.cancel)
        height, width = frame.picture.shape[:2]
        mean = round(float(frame.picture.mean()))
        frame.wipe()
    finally:
        camera.stop()
    return {"width": width, "height": height, "brightness": mean, "elapsedMs": round((time.monotonic() - begin) * 1000)}


def read_keypad(device: Device, wanted: Wanted) -> dict[str, Any]:
    """The next key that is pressed."""
    keypad = cast("Keypad", device)
    press = _wait(keypad.poll, wanted)
    keypad.acknowledge(press)
    return {"key": press.key.value, "sequence": press.sequence}


def read_rating(device: Device, wanted: Wanted) -> dict[str, Any]:
    """Invites to rate and waits for the press."""
    rater = cast("RatingDevice", device)
    rater.invite(1)
    try:
        press = _wait(rater.poll, wanted)
        rater.acknowledge(press)
    finally:
        rater.withdraw()
    return {"level": press.level.value, "sequence": press.sequence}


READ: Mapping[str, Callable[[Device, Wanted], dict[str, Any]]] = {
    "id_card_reader": read_id_card,
    "camera": read_camera,
    "keypad": read_keypad,
    "rating_device": read_rating,
}


def _wait(poll: Callable[[], T | None], wanted: Wanted) -> T:
    deadline = time.monotonic() + wanted.timeout
    while (found := poll()) is None:
        if time.monotonic() >= deadline:
            raise DeviceError(Fault.SILENT, "nothing was pressed in time")
        wanted.cancel.wait(_POLL)
    return found
