"""What an ID-card reader can do, whatever its maker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Flag, StrEnum, auto
from typing import Protocol

from drivers.device import Cancel, Device, Secret
from drivers.person import Sex as Sex


class CardKind(StrEnum):
    """The four text layouts in circulation (GA/T 490-2019 and the 2017 and 2023 permanent residence cards)."""

    RESIDENT = "resident"
    HMT_RESIDENCE = "hmt-residence"
    FOREIGN_2017 = "foreign-2017"
    FOREIGN_2023 = "foreign-2023"


class Want(Flag):
    """What a read brings besides text and photo. Each costs time, and is only asked for where the law allows."""

    BASE = 0
    FINGERPRINTS = auto()
    NEWEST_ADDRESS = auto()


@dataclass(frozen=True, slots=True)
class ReaderCapabilities:
    """What this reader can do, as far as it is known; what a module refused once is False from then on.

    ``photo`` names the coding of the photo block; whether it becomes a picture is the ``PhotoDecoder``'s word.
    ``speeds`` are those that ``change_speed`` can set (bits a second); empty where the line has no speed to set.
    """

    transport: str
    photo: str = "wlt"
    fingerprints: bool = True
    newest_address: bool = True
    sam_id: bool = True
    speeds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class IdCard:
    """What was on the chip. Everything personal is behind ``Secret``.

    ``valid_to`` is None for 长期. ``photo`` is the raw block of the card (1,024 bytes of WLT, or empty).
    ``fingerprints`` are the raw blocks of no, one or two fingers, ``newest_address`` is what was written on the chip
    after the card was made; both are empty unless they were asked for and are there.
    ``former_number_link`` is what the 2023 card says of its holder's 15-character number, as it stands there.
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
    card_version: str = ""
    former_number_link: Secret[str] = Secret("")  # noqa: RUF009  # because a Secret is frozen
    fingerprints: Secret[bytes] = Secret(b"")  # noqa: RUF009  # because a Secret is frozen
    newest_address: Secret[str] = Secret("")  # noqa: RUF009  # because a Secret is frozen
    read_seconds: float = 0.0

    def __repr__(self) -> str:
        return f"IdCard(kind={self.kind.value})"


class IdCardReader(Device, Protocol):
    """Reads one card when asked to; never on its own."""

    @property
    def capabilities(self) -> ReaderCapabilities: ...

    def read(self, timeout: float, cancel: Cancel | None = None, *, want: Want = Want.BASE) -> IdCard:
        """Waits up to ``timeout`` seconds for a card and reads it; a read that has begun may need 0.7 s more.

        Raises ``DeviceError``: NO_CARD after the time-out, CARD_REMOVED, WRONG_CARD, CHECKSUM, UNKNOWN_CARD,
        BAD_DATA, NOT_AUTHORISED, SILENT, UNPLUGGED, ABSENT, CANCELLED, BUSY (another caller reads),
        UNSUPPORTED (this reader cannot bring what is wanted), CONFIGURATION (another module than the one that the
        settings name). Nothing of a failed read is kept.
        """
        ...

    def sam_id(self, timeout: float = 3.0, cancel: Cancel | None = None) -> str:
        """The number of the security module as it is printed on readers. Raises as ``read`` does; UNSUPPORTED."""
        ...

    def change_speed(self, baud: int, timeout: float = 3.0, cancel: Cancel | None = None) -> None:
        """Sets the module and the line to another speed, for installers. Raises UNSUPPORTED, SILENT and the like."""
        ...

    def forget(self) -> None:
        """Ends a visit (see ``HoldsVisitData``): a read under way is called off, nothing of it is kept."""
        ...


@dataclass(frozen=True, slots=True)
class PhotoCapabilities:
    """Whose photo blocks a decoder turns into pictures."""

    real_cards: bool
    simulated_cards: bool = False


class PhotoDecoder(Protocol):
    """Turns the card's photo block into a picture; vendors' decoders live in a helper process."""

    capabilities: PhotoCapabilities

    def decode(self, block: bytes) -> bytes | None:
        """An encoded picture (PNG, JPEG, WebP or BMP), or None when this decoder cannot read the block.

        Raises CONFIGURATION when the decoder itself is missing or cannot be loaded.
        """
        ...
