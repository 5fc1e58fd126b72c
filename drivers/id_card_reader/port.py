"""What an ID-card reader can do, whatever its maker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from drivers.device import Cancel, Device, Secret


class CardKind(StrEnum):
    """The four text layouts in circulation (GA/T 490-2019 and the 2017 and 2023 permanent residence cards)."""

    RESIDENT = "resident"
    HMT_RESIDENCE = "hmt-residence"
    FOREIGN_2017 = "foreign-2017"
    FOREIGN_2023 = "foreign-2023"


class Sex(StrEnum):
    """GB/T 2261.1."""

    UNKNOWN = "unknown"
    MALE = "male"
    FEMALE = "female"
    NOT_STATED = "not-stated"


@dataclass(frozen=True, slots=True, repr=False)
class IdCard:
    """What was on the chip. Everything personal is behind ``Secret``.

    ``valid_to`` is None for 长期. ``photo`` is the raw block of the card (1,024 bytes of WLT, or empty).
    ``read_seconds`` is how long reading took from the moment the card was found.
    """

    kind: CardKind
    name: Secret[str]
    number: Secret[str]
    sex: Sex
    birth_date: Secret[date]
    address: Secret[str]
    authority: Secret[str]
    valid_from: date
    valid_to: date | None
    photo: Secret[bytes]
    ethnicity_code: str = ""
    ethnicity: str = ""
    pass_number: Secret[str] = Secret("")  # noqa: RUF009  # because a Secret is frozen
    issue_count: str = ""
    english_name: Secret[str] = Secret("")  # noqa: RUF009  # because a Secret is frozen
    nationality: str = ""
    read_seconds: float = 0.0

    def __repr__(self) -> str:
        return f"IdCard(kind={self.kind.value})"


class IdCardReader(Device, Protocol):
    """Reads one card when asked to; never on its own."""

    def read(self, timeout: float, cancel: Cancel | None = None) -> IdCard:
        """Waits up to ``timeout`` seconds for a card and reads it.

        Raises ``DeviceError``: NO_CARD after the time-out, CARD_REMOVED, WRONG_CARD, CHECKSUM, UNKNOWN_CARD,
        BAD_DATA, NOT_AUTHORISED, SILENT, UNPLUGGED, ABSENT, CANCELLED. Nothing of a failed read is kept.
        """
        ...


class PhotoDecoder(Protocol):
    """Turns the card's photo block into a picture; vendors' decoders live in a helper process."""

    def decode(self, block: bytes) -> bytes | None:
        """An encoded picture (PNG, JPEG, WebP or BMP), or None when this decoder cannot read the block."""
        ...
