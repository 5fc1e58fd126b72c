"""A hall as its description says it is: zones, queues, windows, people, terminals, devices, rules.

Values only. ``queue_server.usecases.hall_description`` makes them from YAML.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from queue_server.contract.messages import Text


@dataclass(frozen=True)
class Session:
    """Opening hours from ``start`` to ``end`` on one day, in minutes since local midnight; 1440 is 24:00."""

    start: int
    end: int
    weekdays: frozenset[int] | None = None
    """Only on these days (Monday = 0); None is every day on which the hall works."""
    extended: bool = False
    """延时服务: only for queues that say ``extended``."""


@dataclass(frozen=True)
class Calendar:
    """When the hall takes people. ``weekdays`` counts from Monday = 0; ``closed`` beats ``extra`` beats weekdays."""

    sessions: tuple[Session, ...] = (Session(0, 1440),)
    weekdays: frozenset[int] = frozenset(range(7))
    closed: frozenset[date] = frozenset()
    extra: frozenset[date] = frozenset()
    business_day_starts: time = time(0, 0)


@dataclass(frozen=True)
class Zone:
    id: str
    name: Text
    floor: Text


@dataclass(frozen=True)
class AppointmentRule:
    """How a queue is booked: ``capacity`` places in every ``slot_minutes`` of its sessions."""

    slot_minutes: int = 30
    capacity: int = 4
    days_ahead: int = 5
    """Working days after today that can be booked."""
    same_day: bool = True
    closes_minutes: int = 10
    """A slot is closed to booking so long before it begins; what nobody booked goes to walk-ins then."""
    change_hours: int = 2
    """Until so long before it begins a booking can be moved or cancelled."""
    early_minutes: int = 30
    late_minutes: int = 30
    """Check-in is possible from so long before to so long after the slot begins; later it is a walk-in."""


@dataclass(frozen=True)
class QueueRule:
    """One line of people. ``expected_service_seconds`` is what the hall plans for one person."""

    id: str
    name: Text
    prefix: str
    zone: str
    expected_service_seconds: int
    quota_per_day: int | None = None
    number_from: int = 1
    number_to: int | None = None
    sessions: tuple[Session, ...] | None = None
    """Its own opening hours; None takes the hall's."""
    extended: bool = False
    """Also open in the hall's extended sessions."""
    appointment: AppointmentRule | None = None


@dataclass(frozen=True)
class WindowRule:
    """A window serves its queues in the order in which they stand here; those in ``turns`` by turns, before the rest.

    ``turns`` {A: 2, B: 1} means two of A, then one of B, as long as both wait.
    """

    id: str
    name: Text
    zone: str
    queues: tuple[str, ...]
    pad: bool = False
    turns: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Officer:
    """Who works in the hall. Without ``windows`` he sits at any."""

    id: str
    number: str
    name: str
    windows: tuple[str, ...]
    reception: bool = False
    """导办: books, checks in and takes numbers for people, and opens no window."""


@dataclass(frozen=True)
class Admin:
    id: str
    name: str


@dataclass(frozen=True)
class Kiosk:
    id: str
    zone: str


@dataclass(frozen=True)
class Screen:
    id: str
    zone: str
    zones: tuple[str, ...]
    speaks: bool = False


@dataclass(frozen=True)
class Device:
    """A wired device that the server or a gateway drives. ``url`` may hold ``${NAME}``, see ``expand``."""

    id: str
    kind: str
    model: str
    url: str
    window: str | None = None
    zone: str | None = None
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Item:
    """A service item (事项) and the queue that serves it."""

    id: str
    queue: str
    name: Text
    department: Text
    hot: bool = False


@dataclass(frozen=True)
class Numbering:
    """Numbers are prefix and digits. Ordinary ones leave out ``lease_from``..``lease_to``, which kiosks borrow.

    The three prefixes stand before the queue's own (``YA001``), each with a count of its own; an empty one means that
    these tickets are counted with the ordinary ones.
    """

    digits: int = 3
    lease_from: int = 700
    lease_to: int = 999
    appointment_prefix: str = "Y"
    priority_prefix: str = "L"
    without_ticket_prefix: str = "W"


@dataclass(frozen=True)
class Rules:
    """What one hall decides for itself; the defaults are what most halls do."""

    active_per_queue: int = 1
    active_per_hall: int = 2
    per_queue_and_day: int = 3
    require_identity: bool = False
    needs_open_window: bool = True
    recall_limit: int = 3
    recall_spacing_seconds: int = 10
    announce_valid_seconds: int = 20
    rating_seconds: int = 60
    late_rating_days: int = 7
    max_waiting_per_queue: int = 300
    clock_off_seconds: int = 120
    events_kept_days: int = 90
    # who is next
    ageing_minutes: int = 20
    """Whoever has waited so long rises by one class, again after as long; 0 switches it off."""
    ageing_cap: int = 2
    appointment_share: int = 1
    walk_in_share: int = 2
    """So many appointments that are due go before so many walk-ins, as long as both wait."""
    early_appointments: bool = True
    """A checked-in appointment may be called before its time when nobody else waits."""
    reactivations: int = 1
    """How often a passed ticket may come back; missed once more it is void. 0: never."""
    reactivate_after: int = 3
    next_item_keeps_time: bool = True
    """A ticket with several items keeps its time of issue in the next queue; else it stands last there."""
    undo_transfer_seconds: int = 300
    # paper
    paper_confirm_seconds: int = 60
    """A ticket whose kiosk never said whether the paper came out waits after so long: the person may hold it."""
    paper_void_minutes: int = 10
    # closing time
    closing_gate: bool = True
    """Nobody gets a number who would not be served before the end of the session, by the likely wait."""
    closing_warning_minutes: int = 10
    """Whose high estimate ends less than this before closing (or after it) is warned."""
    # bookings
    bookings_per_day: int = 1
    no_show_limit: int = 3
    no_show_days: int = 30
    booking_ban_days: int = 30


@dataclass(frozen=True)
class Supervision:
    """What the hall watches while people wait (domain §5.4); 0 switches a rule off."""

    waiting_yellow_minutes: int = 30
    waiting_red_minutes: int = 60
    idle_minutes: int = 10
    idle_waiting: int = 3
    """A window that is open and calls nobody for so many minutes while at least so many wait for it."""
    short_service_seconds: int = 60
    """A service accepted in less time may be a false closing."""
    passes_percent: int = 30
    passes_of: int = 10
    """So many percent passed of the last so many calls of a window."""
    quick_rating_seconds: int = 3
    """A rating so soon after the end of the service may not be the citizen's."""


@dataclass(frozen=True)
class Hall:
    """One hall, whole. ``version`` changes with every change of the description."""

    id: str
    name: Text
    short_name: Text
    time_zone: str
    notice: Text
    hours: Text
    address: Text
    demo: bool
    calendar: Calendar
    zones: tuple[Zone, ...]
    queues: tuple[QueueRule, ...]
    windows: tuple[WindowRule, ...]
    numbering: Numbering = Numbering()
    rules: Rules = Rules()
    officers: tuple[Officer, ...] = ()
    admins: tuple[Admin, ...] = ()
    kiosks: tuple[Kiosk, ...] = ()
    screens: tuple[Screen, ...] = ()
    devices: tuple[Device, ...] = ()
    items: tuple[Item, ...] = ()
    rating_profile: str = "national-2020"
    supervision: Supervision = Supervision()
    version: str = ""

    @cached_property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def queue_by_id(self) -> dict[str, QueueRule]:
        return {queue.id: queue for queue in self.queues}

    @cached_property
    def window_by_id(self) -> dict[str, WindowRule]:
        return {window.id: window for window in self.windows}

    @cached_property
    def zone_by_id(self) -> dict[str, Zone]:
        return {zone.id: zone for zone in self.zones}

    @cached_property
    def officer_by_id(self) -> dict[str, Officer]:
        return {officer.id: officer for officer in self.officers}

    @cached_property
    def item_by_id(self) -> dict[str, Item]:
        return {item.id: item for item in self.items}

    @cached_property
    def windows_of_queue(self) -> dict[str, tuple[str, ...]]:
        """The ids of the windows that serve each queue, in the order of the description."""
        return {q.id: tuple(w.id for w in self.windows if q.id in w.queues) for q in self.queues}

    @cached_property
    def worked_out(self) -> dict[Hashable, Any]:
        """What rules derived from this description, which never changes, so that they derive it once.

        Where it also depends on the day or on what was learned, the last answer is kept together with that.
        """
        return {}

    def screen(self, screen_id: str) -> Screen | None:
        return next((screen for screen in self.screens if screen.id == screen_id), None)


_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


def expand(url: str, variables: Mapping[str, str]) -> str:
    """The device URL with every ``${NAME}`` put in; raises ``KeyError`` with the name that nobody gave."""
    return _VARIABLE.sub(lambda match: variables[match.group(1)], url)
