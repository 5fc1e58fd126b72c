"""All that a flow may reach for, in one frozen bundle."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from drivers.device import Cancel

if TYPE_CHECKING:  # flows get these objects handed in; nothing here makes one
    from drivers.picture import Picture
    from kiosk.bookings import Bookings
    from kiosk.devices.health import Offers
    from kiosk.identity import IdentityCheck
    from kiosk.printing import Printing
    from kiosk.scanning import Scanning
    from kiosk.store.catalogue import CatalogueStore
    from kiosk.ticketing import Ticketing
    from kiosk.transactions import Transactions


class Show(Protocol):
    def __call__(self, *, lively: bool = False, **changes: Any) -> None:
        """Changes what the page shows. ``lively`` also restarts the idle clock: the person is doing something."""
        ...


def _show_nothing(*, lively: bool = False, **changes: Any) -> None:
    """For work that nobody looks at."""


def _no_preview(picture: Picture | None) -> None:
    """For work without a camera picture on the screen."""


def _nothing_to_forget() -> None:
    """For a desk without devices."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What the running step of the running visit may use; a new one for each piece of work."""

    visit: str = ""
    """Random; part of every idempotency key, so that one visit's tap is never another visit's."""
    cancel: Cancel = field(default_factory=Cancel)
    show: Show = _show_nothing
    preview: Callable[[Picture | None], None] = _no_preview
    notes: dict[str, Any] = field(default_factory=dict)
    """What a step's work remembers from one try to the next; gone when the step is left."""
    elder: bool = False
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the kiosk has for a visit: the hall's catalogue and everything that can be done here."""

    catalogue: CatalogueStore
    ticketing: Ticketing
    identity: IdentityCheck
    printing: Printing
    transactions: Transactions
    bookings: Bookings
    scanning: Scanning
    offers: Callable[[], Offers]
    """What this kiosk can still offer now, judged from its devices and the network."""
    home: Callable[[], Mapping[str, Any]]
    """What the first page shows."""
    offline: Callable[[], bool]
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    new_id: Callable[[], str]
    name: str = ""
    forget: Callable[[], None] = _nothing_to_forget
    """Tells every device that the visit is over; takes as long as the slowest of them."""
    stage: Stage = field(default_factory=Stage)

    def moment(self, instant: datetime) -> dict[str, Any]:
        """An instant as the hall's clocks show it: ``date``, ``time``, and how many ``days`` from today it is."""
        catalogue = self.catalogue.current
        zone = ZoneInfo(catalogue.time_zone if catalogue else "Asia/Shanghai")
        there = instant.astimezone(zone)
        days = (there.date() - self.now().astimezone(zone).date()).days
        return {"date": there.date().isoformat(), "time": there.strftime("%H:%M"), "days": days}

    def key(self, *choice: str) -> str:
        """An idempotency key for a choice of this visit: the same choice again is the same key, nobody else's is."""
        digest = hashlib.sha256("\n".join((self.stage.visit, *choice)).encode()).hexdigest()
        return digest[:40]
