"""Who stands here: read the card, compare the face, forget both.

The full number and name stay behind ``Secret`` in the memory of the visit; what leaves the kiosk for a ticket is a
keyed hash and a masked name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import structlog

from drivers.camera.port import Camera
from drivers.card_reader.port import SocialSecurityCard
from drivers.device import Cancel, Device, DeviceError, DeviceState, Fault, Secret
from drivers.face_verifier.port import FaceCheck, FaceOutcome, FaceVerifier, Hint
from drivers.id_card_reader.port import IdCard, PhotoDecoder
from kiosk.devices.bench import Bay, Bench
from kiosk.devices.health import CAMERA, CARDS, READER, VERIFIER
from kiosk.errors import KioskError, Reason, card_reader_reason, reader_reason
from queue_server.contract.messages import PersonRef
from queue_server.contract.person import person_token

if TYPE_CHECKING:
    from drivers.picture import Picture

log = structlog.get_logger(__name__)

ELDER_AGE = 60
CAMERA_SECONDS = 6.0
"""Until a camera gives its first picture: a small board needs some seconds to load OpenCV."""


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


def born_of(number: str) -> date | None:
    """The day of birth in a citizen's number (GB 11643); None when there is none in it."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14])) if len(number) == 18 else None
    except ValueError:
        return None


def usable(bay: Bay[Any] | None) -> bool:
    """Whether it is worth waiting at this device."""
    return bay is not None and (bay.report.works or bay.report.status.state is DeviceState.CONNECTING)


@dataclass(slots=True)
class _Reader:
    """One reader, waited at on a thread of its own; ``cancel`` calls off this one alone."""

    kind: str
    bench: Bench
    seconds: float
    cancel: Cancel = field(default_factory=Cancel)

    def read(self) -> IdCard | SocialSecurityCard:
        """Raises ``DeviceError``; WRONG_CARD for a card that says nothing about its holder."""
        bay: Bay[Any] = self.bench.need(self.kind, Device)
        card = bay.call(lambda reader: reader.read(self.seconds, self.cancel), self.seconds + 5.0)
        if isinstance(card, IdCard | SocialSecurityCard):
            return card
        raise DeviceError(Fault.WRONG_CARD, "no social-security card")


OF_THE_READER = frozenset(
    {Fault.ABSENT, Fault.UNPLUGGED, Fault.SILENT, Fault.BUSY, Fault.CONFIGURATION, Fault.MECHANICAL, Fault.CANCELLED}
)
"""Faults of a reader, which the other one need not mind; all others are about a card that somebody showed."""


def first_card(readers: Sequence[_Reader], cancel: Cancel) -> IdCard | SocialSecurityCard:
    """The first card that is shown to any of the readers; what is wrong with a shown card ends the waiting, too.

    Raises ``KioskError``, ``DeviceError(CANCELLED)``. Returns only when no reader is still waiting.
    """
    failed: dict[str, DeviceError] = {}
    found: IdCard | SocialSecurityCard | None = None
    with ThreadPoolExecutor(len(readers), "card") as pool:
        waiting = {pool.submit(reader.read): reader for reader in readers}
        while waiting:
            done, _ = wait(waiting, timeout=0.02, return_when=FIRST_COMPLETED)
            for asked in done:
                reader = waiting.pop(asked)
                error = asked.exception()
                if error is None:
                    found = found or asked.result()
                elif isinstance(error, DeviceError):
                    failed[reader.kind] = error
                else:
                    raise error
            shown = any(error.fault not in OF_THE_READER for error in failed.values())
            if cancel.cancelled or found is not None or shown:
                for reader in waiting.values():
                    reader.cancel.cancel()
    if found is not None:
        return found
    cancel.check()
    kind, error = next(
        ((kind, error) for kind, error in failed.items() if error.fault not in OF_THE_READER),
        next(iter(failed.items())),
    )
    if error.fault is Fault.CANCELLED:
        raise error
    raise KioskError((card_reader_reason if kind == CARDS else reader_reason)(error.fault), error.detail)


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
        """Waits for a card on whichever reader this kiosk has, and reads it.

        Raises ``KioskError`` with what the person should know, ``DeviceError(CANCELLED)``.
        """
        here = [kind for kind in (READER, CARDS) if usable(self._bench.bay(kind))]
        readers = [_Reader(kind, self._bench, self._card_seconds) for kind in here or [READER]]
        card = first_card(readers, cancel)
        return self._person(card) if isinstance(card, IdCard) else self._holder(card)

    def _holder(self, card: SocialSecurityCard) -> Person:
        """The holder of a social-security card; it carries no photo, so no face is compared."""
        born = card.birth_date.reveal() if card.birth_date else born_of(card.number.reveal())
        return Person(
            masked_name=mask_name(card.name.reveal()),
            masked_number=mask_number(card.number.reveal()),
            elder=born is not None and age_on(self._today().date(), born) >= ELDER_AGE,
            name=card.name,
            number=card.number,
        )

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
        picture = self._picture_of(person)
        if picture is None:
            return FaceCheck(FaceOutcome.UNAVAILABLE, ("no-photo",))
        try:
            camera = self._bench.need(CAMERA, Camera)  # type: ignore[type-abstract]  # a port is a Protocol
            verifier = self._bench.need(VERIFIER, FaceVerifier)  # type: ignore[type-abstract]  # a port is a Protocol
            source = camera.call(_started, CAMERA_SECONDS + 5.0)
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

    def _picture_of(self, person: Person) -> bytes | None:
        """The card's photo as a picture; None without one, without a decoder, or when the decoder is not set up."""
        if not person.photo:
            return None
        try:
            return self._decoder.decode(bytes(person.photo))
        except DeviceError as error:
            log.error("photo decoder", fault=error.fault.value, detail=error.detail)
            return None


def _started(camera: Camera) -> Camera:
    camera.start(CAMERA_SECONDS)
    return camera
