"""What a reader of chip cards can do, whatever its maker: social-security cards, and the presence of any other card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from drivers.device import Cancel, Device, Secret
from drivers.person import Sex


@dataclass(frozen=True, slots=True)
class CardReaderCapabilities:
    """What the model honestly can. What it cannot do raises ``DeviceError(UNSUPPORTED)``."""

    social_security: bool
    """It reads the holder's file of social-security cards that are free to read."""
    sees_removal: bool
    """It can tell that a card was taken away, so that a visit may wait for that."""
    plug_in: str = ""
    """The city's plug-in that is built in, or nothing."""


@dataclass(frozen=True, slots=True, repr=False)
class SocialSecurityCard:
    """The issuer's file EF05 and the holder's file EF06 of a social-security card (LD/T 32).

    ``number`` is the holder's social-security number: the citizen's number, or for foreigners three letters of the
    country and 15 more characters. Fields that this card does not carry are empty or None. ``extra`` is what a city's
    plug-in added. Whether the card has expired is not judged here: the clock may be wrong.
    """

    number: Secret[str]
    name: Secret[str]
    card_number: Secret[str]
    identification: Secret[str]
    """The card's own identification code, 32 hexadecimal digits; the first six are ``region_code``."""
    region_code: str
    sex: Sex | None = None
    ethnicity_code: str = ""
    birth_date: Secret[date] | None = None
    birthplace_code: Secret[str] = Secret("")  # noqa: RUF009  # because a Secret is frozen
    card_class: str = ""
    specification: str = ""
    """The version of the card's specification, such as ``3.00``."""
    issuer: str = ""
    issued: date | None = None
    expires: date | None = None
    extra: Mapping[str, Secret[str]] = field(default_factory=dict)
    read_seconds: float = 0.0

    def __repr__(self) -> str:
        return f"SocialSecurityCard(specification={self.specification!r})"


@dataclass(frozen=True, slots=True, repr=False)
class OtherCard:
    """A card that is no social-security card: a transport card, a bank card, a city's own card.

    Nothing is read from it but how it answers to reset and, without contacts, its serial number. Both can tell one
    person's card from another's.
    """

    atr: Secret[bytes]
    uid: Secret[bytes] = Secret(b"")  # noqa: RUF009  # because a Secret is frozen
    extra: Mapping[str, Secret[str]] = field(default_factory=dict)
    read_seconds: float = 0.0

    def __repr__(self) -> str:
        return "OtherCard()"


ReadCard = SocialSecurityCard | OtherCard


class CardReader(Device, Protocol):
    """Reads one card when asked to; never on its own.

    ``forget`` (see ``HoldsVisitData``) also says that the card that is in the reader at that moment belongs to the
    visit that ends: it is not read again before it was taken out.
    """

    @property
    def capabilities(self) -> CardReaderCapabilities: ...

    def read(self, timeout: float, cancel: Cancel | None = None) -> ReadCard:
        """Waits up to ``timeout`` seconds for a card and reads it.

        Raises ``DeviceError``: NO_CARD after the time-out, CARD_REMOVED, UNKNOWN_CARD (it does not answer: wrong way
        round, or broken), BAD_DATA, NOT_AUTHORISED (the city's rules ask for its own library: no PIN is ever tried),
        BUSY (held by another program), SILENT, ABSENT, UNPLUGGED, CANCELLED. Nothing of a failed read is kept.
        """
        ...

    def wait_removed(self, timeout: float, cancel: Cancel | None = None) -> bool:
        """True as soon as no card is in the reader, False when one still is after ``timeout`` seconds.

        Raises ``DeviceError``: ABSENT, UNPLUGGED, SILENT, CANCELLED; UNSUPPORTED where removal cannot be seen.
        """
        ...

    def forget(self) -> None:
        """Ends the visit: whoever waits gets CANCELLED, and a card left behind is nobody's until it is taken out."""
        ...
