"""Reads a hall's description (YAML) and says everything that is wrong with it at once, with line numbers.

Pure: text in, ``Hall`` out. The device URLs may hold ``${NAME}``; whoever opens the devices expands them
with ``queue_server.domain.hall.expand``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from typing import TypeVar, get_type_hints

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

from queue_server.contract.messages import Text
from queue_server.domain.hall import (
    Admin,
    AppointmentRule,
    Calendar,
    Hall,
    Item,
    Kiosk,
    Numbering,
    Officer,
    QueueRule,
    Rules,
    Screen,
    Session,
    Supervision,
    WindowRule,
    Zone,
)
from queue_server.usecases.hall_wiring import check_addresses, check_voices, read_device
from queue_server.usecases.yaml_reading import Problem, Reading

NOBODY = Text(zh="")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class HallFileError(Exception):
    """Everything that is wrong with a hall's description; ``problems`` stand in the order of their lines."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def parse(text: str) -> Hall:
    """The hall that the text describes. Raises ``HallFileError`` with every problem."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise HallFileError((Problem(line, f"this is not YAML: {error.problem}"),)) from error
    if not isinstance(root, MappingNode):
        raise HallFileError((Problem(1, "the file must hold keys such as hall, queues, windows"),))
    reading = Reading()
    hall = _hall(reading, root, hashlib.sha256(text.encode()).hexdigest()[:16])
    if reading.problems or hall is None:
        raise HallFileError(tuple(sorted(reading.problems)))
    return hall


def _hall(r: Reading, root: Node, version: str) -> Hall | None:
    top = r.mapping(
        root,
        "the hall",
        ("hall", "zones", "queues", "windows"),
        (
            "calendar",
            "numbering",
            "rules",
            "supervision",
            "officers",
            "admins",
            "kiosks",
            "screens",
            "devices",
            "rating",
            "items",
        ),
    )
    about = r.mapping(
        top.get("hall"),
        "hall",
        ("id", "name", "time_zone"),
        ("short_name", "demo", "notice", "hours", "address"),
    )
    zones = r.each(top.get("zones"), "zone", lambda node: _zone(r, node))
    zone_ids = r.unique("zone", zones)
    queues = r.each(top.get("queues"), "queue", lambda node: _queue(r, node, zone_ids))
    queue_ids = r.unique("queue", queues)
    numbering = _numbering(r, top.get("numbering"))
    _prefixes(r, [queue for _, queue in queues], numbering)
    windows = r.each(top.get("windows"), "window", lambda node: _window(r, node, zone_ids, queue_ids))
    window_ids = r.unique("window", windows)
    officers = r.each(top.get("officers"), "officer", lambda node: _officer(r, node, window_ids))
    admins = r.each(top.get("admins"), "admin", lambda node: _admin(r, node))
    people: list[tuple[Node, Officer | Admin]] = [*officers, *admins]
    r.unique("person", people)
    kiosks = r.each(top.get("kiosks"), "kiosk", lambda node: _kiosk(r, node, zone_ids))
    screens = r.each(top.get("screens"), "screen", lambda node: _screen(r, node, zone_ids))
    devices = r.each(top.get("devices"), "device", lambda node: read_device(r, node, window_ids, zone_ids))
    items = r.each(top.get("items"), "item", lambda node: _item(r, node, queue_ids))
    terminals: list[tuple[Node, Kiosk | Screen]] = [*kiosks, *screens]
    r.unique("terminal", terminals)
    r.unique("device", devices)
    check_addresses(r, devices)
    check_voices(r, screens, devices)
    r.unique("item", items)
    rating = r.mapping(top.get("rating"), "rating", (), ("profile",))
    name = r.words(about.get("name"), "name")
    hall = Hall(
        id=r.identifier(about.get("id"), "id"),
        name=name,
        short_name=r.words(about.get("short_name"), "short_name", default=name),
        time_zone=r.time_zone(about.get("time_zone")),
        notice=r.words(about.get("notice"), "notice", default=NOBODY),
        hours=r.words(about.get("hours"), "hours", default=NOBODY),
        address=r.words(about.get("address"), "address", default=NOBODY),
        demo=r.flag(about.get("demo"), "demo"),
        calendar=_calendar(r, top.get("calendar")),
        zones=tuple(one for _, one in zones),
        queues=tuple(one for _, one in queues),
        windows=tuple(one for _, one in windows),
        numbering=numbering,
        rules=_plain(r, top.get("rules"), "rules", Rules()),
        officers=tuple(one for _, one in officers),
        admins=tuple(one for _, one in admins),
        kiosks=tuple(one for _, one in kiosks),
        screens=tuple(one for _, one in screens),
        devices=tuple(one for _, one in devices),
        items=tuple(one for _, one in items),
        supervision=_plain(r, top.get("supervision"), "supervision", Supervision()),
        rating_profile=r.string(rating.get("profile"), "profile", default="national-2020"),
        version=version,
    )
    return None if r.problems else hall


def _zone(r: Reading, node: Node) -> Zone:
    f = r.mapping(node, "zone", ("id", "name"), ("floor",))
    return Zone(
        id=r.identifier(f.get("id"), "id"),
        name=r.words(f.get("name"), "name"),
        floor=r.words(f.get("floor"), "floor", default=NOBODY),
    )


def _queue(r: Reading, node: Node, zones: frozenset[str]) -> QueueRule:
    f = r.mapping(
        node,
        "queue",
        ("id", "name", "prefix", "zone", "expected_service_minutes"),
        ("quota_per_day", "numbers", "sessions", "extended", "appointments"),
    )
    quota = f.get("quota_per_day")
    numbers = r.mapping(f.get("numbers"), "numbers", (), ("from", "to"))
    first = r.integer(numbers.get("from"), "from", 1, 999_999)
    last = r.integer(numbers["to"], "to", 1, 999_999) if "to" in numbers else None
    if last is not None and last < first:
        r.fault(numbers["to"], "numbers end before they begin")
    return QueueRule(
        id=r.identifier(f.get("id"), "id"),
        name=r.words(f.get("name"), "name"),
        prefix=r.matching(f.get("prefix"), "prefix", r"[A-Z]{1,3}", "one to three capital letters"),
        zone=r.known(f.get("zone"), "zone", zones),
        expected_service_seconds=r.integer(f.get("expected_service_minutes"), "expected_service_minutes", 1, 480) * 60,
        quota_per_day=None if quota is None else r.integer(quota, "quota_per_day", 1, 100_000),
        number_from=first,
        number_to=last,
        sessions=_sessions(r, f["sessions"], "queue session") if "sessions" in f else None,
        extended=r.flag(f.get("extended"), "extended"),
        appointment=(_plain(r, f["appointments"], "appointments", AppointmentRule()) if "appointments" in f else None),
    )


def _prefixes(r: Reading, queues: list[QueueRule], numbering: Numbering) -> None:
    """No two queues may write the same number: also ``YA`` of an appointment of A is taken."""
    special = (numbering.appointment_prefix, numbering.priority_prefix, numbering.without_ticket_prefix)
    seen: dict[str, str] = {}
    for place, queue in enumerate(queues):
        if not queue.prefix:
            continue
        written = dict.fromkeys(before + queue.prefix for before in ("", *special))
        taken = next((prefix for prefix in written if prefix in seen), None)
        if taken is not None:
            r.fault_at("queue", place, f"prefix {taken} is that of queue {seen[taken]} already")
        for prefix in written:
            seen.setdefault(prefix, queue.id)


def _window(r: Reading, node: Node, zones: frozenset[str], queues: frozenset[str]) -> WindowRule:
    f = r.mapping(node, "window", ("id", "name", "zone", "queues"), ("pad", "turns"))
    served = r.identifiers(f.get("queues"), "queue", queues)
    if not served and not (f.get("queues") and f["queues"].value):
        r.fault(f.get("queues", node), "a window serves at least one queue")
    return WindowRule(
        id=r.identifier(f.get("id"), "id"),
        name=r.words(f.get("name"), "name"),
        zone=r.known(f.get("zone"), "zone", zones),
        queues=served,
        pad=r.flag(f.get("pad"), "pad"),
        turns=_turns(r, f.get("turns"), served),
    )


def _turns(r: Reading, node: Node | None, served: tuple[str, ...]) -> dict[str, int]:
    turns = r.mapping(node, "turns", (), served)
    return {queue: r.integer(value, queue, 1, 100) for queue, value in turns.items()}


def _officer(r: Reading, node: Node, windows: frozenset[str]) -> Officer:
    f = r.mapping(node, "officer", ("id", "number", "name"), ("windows", "reception"))
    if "windows" in f and "reception" in f and r.flag(f["reception"], "reception"):
        r.fault(f["reception"], "reception staff have no windows")
    return Officer(
        id=r.identifier(f.get("id"), "id"),
        number=r.string(f.get("number"), "number"),
        name=r.string(f.get("name"), "name"),
        windows=r.identifiers(f.get("windows"), "window", windows),
        reception=r.flag(f.get("reception"), "reception"),
    )


def _admin(r: Reading, node: Node) -> Admin:
    f = r.mapping(node, "admin", ("id", "name"), ())
    return Admin(id=r.identifier(f.get("id"), "id"), name=r.string(f.get("name"), "name"))


def _kiosk(r: Reading, node: Node, zones: frozenset[str]) -> Kiosk:
    f = r.mapping(node, "kiosk", ("id", "zone"), ())
    return Kiosk(id=r.identifier(f.get("id"), "id"), zone=r.known(f.get("zone"), "zone", zones))


def _screen(r: Reading, node: Node, zones: frozenset[str]) -> Screen:
    f = r.mapping(node, "screen", ("id", "zone"), ("zones", "speaks"))
    zone = r.known(f.get("zone"), "zone", zones)
    shown = r.identifiers(f.get("zones"), "zone", zones)
    return Screen(
        id=r.identifier(f.get("id"), "id"),
        zone=zone,
        zones=shown or (zone,),
        speaks=r.flag(f.get("speaks"), "speaks"),
    )


def _item(r: Reading, node: Node, queues: frozenset[str]) -> Item:
    f = r.mapping(node, "item", ("id", "queue", "name", "department"), ("hot",))
    return Item(
        id=r.identifier(f.get("id"), "id"),
        queue=r.known(f.get("queue"), "queue", queues),
        name=r.words(f.get("name"), "name"),
        department=r.words(f.get("department"), "department"),
        hot=r.flag(f.get("hot"), "hot"),
    )


def _calendar(r: Reading, node: Node | None) -> Calendar:
    if node is None:
        return Calendar()
    f = r.mapping(
        node, "calendar", ("sessions",), ("open_every_day", "weekdays", "closed", "extra", "business_day_starts")
    )
    every_day = r.flag(f.get("open_every_day"), "open_every_day")
    if every_day and "weekdays" in f:
        r.fault(f["weekdays"], "open_every_day leaves no room for weekdays")
    if not every_day and "weekdays" not in f:
        r.fault(node, "calendar says neither open_every_day: true nor weekdays")
    names = r.identifiers(f.get("weekdays"), "weekday", frozenset(WEEKDAYS))
    return Calendar(
        sessions=_sessions(r, f.get("sessions"), "session"),
        weekdays=frozenset(range(7)) if every_day else frozenset(WEEKDAYS.index(name) for name in names),
        closed=r.days(f.get("closed"), "closed"),
        extra=r.days(f.get("extra"), "extra"),
        business_day_starts=r.clock(f.get("business_day_starts"), "business_day_starts"),
    )


def _sessions(r: Reading, node: Node | None, kind: str) -> tuple[Session, ...]:
    sessions = tuple(session for _, session in r.each(node, kind, lambda n: _session(r, n)))
    for place, (one, following) in enumerate(itertools.pairwise(sessions), start=1):
        if following.start < one.end and (one.weekdays is None or following.weekdays is None):
            r.fault_at(kind, place, "begins before the one above ends")
    return sessions


def _session(r: Reading, node: Node) -> Session:
    f = r.mapping(node, "session", ("from", "to"), ("weekdays", "extended"))
    start = r.minutes(f.get("from"), "from")
    end = r.minutes(f.get("to"), "to")
    if "from" in f and "to" in f and end <= start and not r.has_fault_in(node):
        r.fault(node, "the session ends before it begins; a night is two sessions, until 24:00 and from 00:00")
    days = r.identifiers(f.get("weekdays"), "weekday", frozenset(WEEKDAYS))
    return Session(
        start,
        end,
        weekdays=frozenset(WEEKDAYS.index(name) for name in days) if "weekdays" in f else None,
        extended=r.flag(f.get("extended"), "extended"),
    )


def _numbering(r: Reading, node: Node | None) -> Numbering:
    plain = Numbering()
    if node is None:
        return plain
    prefixes = ("appointment_prefix", "priority_prefix", "without_ticket_prefix")
    f = r.mapping(node, "numbering", (), ("digits", "lease_from", "lease_to", *prefixes))
    words = {
        name: r.matching(f[name], name, "[A-Z]{0,2}", "at most two capital letters")
        for name in prefixes
        if name in f and not _is_empty(f[name])
    }
    words |= {name: "" for name in prefixes if name in f and _is_empty(f[name])}
    found = Numbering(
        digits=r.integer(f.get("digits"), "digits", 2, 6, default=plain.digits),
        lease_from=r.integer(f.get("lease_from"), "lease_from", 2, 999_999, default=plain.lease_from),
        lease_to=r.integer(f.get("lease_to"), "lease_to", 2, 999_999, default=plain.lease_to),
        **words,
    )
    if found.lease_to < found.lease_from:
        r.fault(node, "lease_to is smaller than lease_from")
    special = [getattr(found, name) for name in prefixes if getattr(found, name)]
    if len(set(special)) < len(special):
        r.fault(node, "two of the prefixes are the same, so the same number would come twice")
    return found


def _is_empty(node: Node) -> bool:
    return isinstance(node, ScalarNode) and not node.value


P = TypeVar("P", Rules, Supervision, AppointmentRule)


def _plain(r: Reading, node: Node | None, what: str, usual: P) -> P:
    """A block of flags and whole numbers; what is not named is as usual. 0 is allowed where it means something."""
    if node is None:
        return usual
    types = get_type_hints(type(usual))
    f = r.mapping(node, what, (), tuple(field.name for field in dataclasses.fields(usual)))
    given: dict[str, bool | int] = {}
    for name, value in f.items():
        least = 1 if name in _AT_LEAST_ONE else 0
        given[name] = r.flag(value, name) if types[name] is bool else r.integer(value, name, least, 1_000_000)
    return dataclasses.replace(usual, **given)  # type: ignore[arg-type]  # the types were read from the class itself


_AT_LEAST_ONE = frozenset(
    {
        "active_per_queue", "active_per_hall", "per_queue_and_day", "announce_valid_seconds", "rating_seconds",
        "max_waiting_per_queue", "clock_off_seconds", "events_kept_days", "appointment_share", "walk_in_share",
        "slot_minutes", "capacity", "passes_of", "idle_waiting", "no_show_days",
    }
)  # fmt: skip
