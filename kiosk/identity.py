"""Who stands here: read the card, compare the face, forget both.

The full number and name stay behind ``Secret`` in the memory of the visit; what leaves the kiosk for a ticket is a
keyed hash and a masked name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from drivers.camera.port import Camera
from drivers.device import Cancel, DeviceError, Fault, Secret
from drivers.face_verifier.port import FaceCheck, FaceOutcome, FaceVerifier, Hint
from drivers.id_card_reader.port import IdCard, IdCardReader, PhotoDecoder
from kiosk.devices.bench import Bench
from kiosk.devices.health import CAMERA, READER, VERIFIER
from kiosk.errors import KioskError, Reason, reader_reason
from queue_server.contract.messages import PersonRef
from queue_server.contract.person import person_token

if TYPE_CHECKING:
    from drivers.picture import Picture

ELDER_AGE = 60


def mask_name(name: str) -> str:
    """张三 → 张*, 张小三 → 张*三, longer ones keep the first and the last character."""
    name = name.strip()
    if len(name) < 2:
        return "*" * len(name)
    if len(name) == 2:
        return f"{name[0]}*"
    return f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"


def mask_number(number: str) -> str:
    """4401**********1234; short ones are all stars."""
    if len(number) <= 8:
        return "*" * len(number)
    return f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}"


def mask_phone(phone: str) -> str:
    """138****1234."""
    return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}" if len(phone) >= 9 else "*" * len(phone)


def age_on(day: date, born: date) -> int:
    """Whole years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@dataclass(slots=True, repr=False)
class Person:
    """The person of this visit. ``wipe`` forgets them; the photo is overwritten in memory."""

    masked_name: str
    masked_number: str
    elder: bool
    name: Secret[str] = field(default_factory=lambda: Secret(""))
    number: Secret[str] = field(default_factory=lambda: Secret(""))
    phone: Secret[str] = field(default_factory=lambda: Secret(""))
    photo: bytearray = field(default_factory=bytearray)

    def __repr__(self) -> str:
        return "Person(…)"

    def wipe(self) -> None:
        self.photo[:] = bytes(len(self.photo))
        self.photo = bytearray()
        self.masked_name = self.masked_number = ""
        self.name = self.number = self.phone = Secret("")

    def reference(self, key: str) -> PersonRef | None:
        """What a ticket needs of a person who showed a card."""
        number = self.number.reveal()
        if not number:
            return None
        return PersonRef(token=person_token(key, "id", number), masked_name=self.masked_name)

    def reference_by_phone(self, key: str) -> PersonRef | None:
        """What an offline ticket keeps of a person who gave a phone: the phone itself is not written to disk."""
        phone = self.phone.reveal()
        if not phone:
            return None
        return PersonRef(token=person_token(key, "phone", phone), masked_name=mask_phone(phone))


def person_with_phone(phone: str) -> Person:
    """Somebody without a card. Raises ``KioskError(PHONE_INVALID)``."""
    digits = phone.strip().replace(" ", "")
    if len(digits) != 11 or not digits.isascii() or not digits.isdigit() or digits[0] != "1" or digits[1] < "3":
        raise KioskError(Reason.PHONE_INVALID)
    return Person(masked_name="", masked_number=mask_phone(digits), elder=False, phone=Secret(digits))


class IdentityCheck:
    """Reads cards and compares faces with the devices of this kiosk."""

    def __init__(
        self,
        bench: Bench,
        decoder: PhotoDecoder,
        today: Callable[[], datetime],
        *,
        card_seconds: float = 40.0,
        face_seconds: float = 20.0,
    ) -> None:
        self._bench = bench
        self._decoder = decoder
        self._today = today
        self._card_seconds = card_seconds
        self._face_seconds = face_seconds

    def read_card(self, cancel: Cancel) -> Person:
        """Waits for a card and reads it. Raises ``KioskError`` with what the person should know."""
        seconds = self._card_seconds
        try:
            bay = self._bench.need(READER, IdCardReader)  # type: ignore[type-abstract]  # a port is a Protocol
            card = bay.call(lambda reader: reader.read(seconds, cancel), seconds + 5.0)
        except DeviceError as error:
            if error.fault is Fault.CANCELLED:
                raise
            raise KioskError(reader_reason(error.fault), error.detail) from None
        return self._person(card)

    def _person(self, card: IdCard) -> Person:
        number = card.number.reveal() or card.pass_number.reveal()
        name = card.name if card.name.reveal() else card.english_name
        return Person(
            masked_name=mask_name(name.reveal()),
            masked_number=mask_number(number),
            elder=age_on(self._today().date(), card.birth_date.reveal()) >= ELDER_AGE,
            name=name,
            number=Secret(number),
            photo=bytearray(card.photo.reveal()),
        )

    def check_face(
        self,
        person: Person,
        cancel: Cancel,
        on_hint: Callable[[Hint], None],
        on_preview: Callable[[Picture | None], None],
    ) -> FaceCheck:
        """Compares the person in front of the camera with the card's photo; only after consent.

        Never raises for what cameras and faces do: UNAVAILABLE, and the other way stays open. Raises CANCELLED.
        """
        picture = self._decoder.decode(bytes(person.photo)) if person.photo else None
        if picture is None:
            return FaceCheck(FaceOutcome.UNAVAILABLE, ("no-photo",))
        try:
            camera = self._bench.need(CAMERA, Camera)  # type: ignore[type-abstract]  # a port is a Protocol
            verifier = self._bench.need(VERIFIER, FaceVerifier)  # type: ignore[type-abstract]  # a port is a Protocol
            source = camera.call(_started, 5.0)
        except DeviceError as error:
            if error.fault is Fault.CANCELLED:
                raise
            return FaceCheck(FaceOutcome.UNAVAILABLE, ("no-camera",))
        try:
            seconds = self._face_seconds
            return verifier.call(
                lambda one: one.check(picture, source, seconds, cancel, on_hint, on_preview), seconds + 5.0
            )
        except DeviceError as error:
            if error.fault is Fault.CANCELLED:
                raise
            return FaceCheck(FaceOutcome.UNAVAILABLE, (error.fault.value,))
        finally:
            on_preview(None)
            source.stop()


def _started(camera: Camera) -> Camera:
    camera.start()
    return camera
