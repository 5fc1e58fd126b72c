"""What ``hall device read`` does with an open device: reads it once, in the clear, for the terminal that asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar, cast

from drivers.camera.port import Camera
from drivers.card_reader.port import CardReader, OtherCard, SocialSecurityCard
from drivers.code_scanner.port import CodeScanner
from drivers.device import Cancel, Device, DeviceError, Fault
from drivers.id_card_reader.port import CardKind, IdCard, IdCardReader, Want
from drivers.indicators.port import Indicators
from drivers.keypad.port import Keypad
from drivers.rating_device.port import RatingDevice
from drivers.sensors.port import Sensors

T = TypeVar("T")

_POLL = 0.05

OPTIONS: Mapping[str, Mapping[str, str]] = {"id_card_reader": {"lying": "yes"}, "card_reader": {"lying": "yes"}}
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
    want = Want.BASE
    if wanted.fingerprint:
        want |= Want.FINGERPRINTS
    if wanted.address:
        want |= Want.NEWEST_ADDRESS
    card = cast("IdCardReader", device).read(wanted.timeout, wanted.cancel, want=want)
    fields = card_fields(card)
    if wanted.fingerprint:
        fields["fingerprints"] = {"bytes": len(card.fingerprints.reveal())}
    if wanted.address:
        fields["newestAddress"] = card.newest_address.reveal() or None
    return fields


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
        "elapsedMs": _ms(card.read_seconds),
    }
    if card.kind is CardKind.HMT_RESIDENCE:
        fields |= {"passNumber": card.pass_number.reveal(), "issueCount": card.issue_count}
    if card.kind in {CardKind.FOREIGN_2017, CardKind.FOREIGN_2023}:
        fields |= {"englishName": card.english_name.reveal(), "nationality": card.nationality}
    return fields


def read_card(device: Device, wanted: Wanted) -> dict[str, Any]:
    """The chip card in the reader: a social-security card with its fields, any other one by its answer to reset."""
    card = cast("CardReader", device).read(wanted.timeout, wanted.cancel)
    extra = {name: value.reveal() for name, value in card.extra.items()}
    if isinstance(card, OtherCard):
        fields: dict[str, Any] = {
            "kind": "other",
            "atr": card.atr.reveal().hex(" ").upper(),
            "uid": card.uid.reveal().hex(" ").upper() or None,
        }
    else:
        fields = social_security_fields(card)
    return {**fields, **({"extra": extra} if extra else {}), "elapsedMs": _ms(card.read_seconds)}


def social_security_fields(card: SocialSecurityCard) -> dict[str, Any]:
    """What the files EF05 and EF06 of a social-security card say; None where this card says nothing."""
    return {
        "kind": "social-security",
        "name": card.name.reveal(),
        "number": card.number.reveal(),
        "cardNumber": card.card_number.reveal(),
        "identification": card.identification.reveal(),
        "regionCode": card.region_code,
        "sex": card.sex.value if card.sex else None,
        "ethnicityCode": card.ethnicity_code or None,
        "birthDate": _day(card.birth_date.reveal() if card.birth_date else None),
        "birthplaceCode": card.birthplace_code.reveal() or None,
        "cardClass": card.card_class or None,
        "specification": card.specification or None,
        "issuer": card.issuer or None,
        "issued": _day(card.issued),
        "expires": _day(card.expires),
    }


def read_code(device: Device, wanted: Wanted) -> dict[str, Any]:
    """The next code that is held before the scanner."""
    begin = time.monotonic()
    code = cast("CodeScanner", device).read(wanted.timeout, wanted.cancel)
    return {
        "text": code.text.reveal(),
        "bytes": len(code.data.reveal()),
        "symbology": code.symbology or None,
        "elapsedMs": _ms(time.monotonic() - begin),
    }


def read_camera(device: Device, wanted: Wanted) -> dict[str, Any]:
    """One frame's size and brightness; the picture itself is thrown away."""
    camera = cast("Camera", device)
    begin = time.monotonic()
    camera.start(max(wanted.timeout, 1.0), wanted.cancel)
    try:
        frame = camera.frame(wanted.timeout, wanted.cancel)
        height, width = frame.picture.shape[:2]
        mean = round(float(frame.picture.mean()))
        frame.wipe()
    finally:
        camera.stop()
    return {"width": width, "height": height, "brightness": mean, "elapsedMs": _ms(time.monotonic() - begin)}


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


def read_sensors(device: Device, wanted: Wanted) -> dict[str, Any]:
    """What every sensor says now: active is what its name says, unknown is never well."""
    begin = time.monotonic()
    states = cast("Sensors", device).read(wanted.timeout, wanted.cancel)
    found = {name: state.value for name, state in states.items()}
    return {"sensors": found, "elapsedMs": _ms(time.monotonic() - begin)}


def read_indicators(device: Device, wanted: Wanted) -> dict[str, Any]:
    """What the outputs do now, as the device says."""
    begin = time.monotonic()
    states = dict(cast("Indicators", device).states(wanted.timeout, wanted.cancel))
    return {"indicators": states, "elapsedMs": _ms(time.monotonic() - begin)}


READ: Mapping[str, Callable[[Device, Wanted], dict[str, Any]]] = {
    "id_card_reader": read_id_card,
    "card_reader": read_card,
    "code_scanner": read_code,
    "camera": read_camera,
    "keypad": read_keypad,
    "rating_device": read_rating,
    "sensors": read_sensors,
    "indicators": read_indicators,
}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _wait(poll: Callable[[], T | None], wanted: Wanted) -> T:
    deadline = time.monotonic() + wanted.timeout
    while (found := poll()) is None:
        if time.monotonic() >= deadline:
            raise DeviceError(Fault.SILENT, "nothing was pressed in time")
        wanted.cancel.wait(_POLL)
    return found
