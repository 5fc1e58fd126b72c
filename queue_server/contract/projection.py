"""Who may see what of a ticket, a window and an event.

A masked name reaches staff and integrators, a rating's level reaches admins; screens, pads, kiosks,
gateways and phones get neither. The same functions serve replies, snapshots and the feed, so that
none of them can forget it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from queue_server.contract.replies import Snapshot, TicketView, WindowView
from queue_server.contract.words import Role


class Audience(StrEnum):
    """Three ways to see the same hall."""

    PUBLIC = "public"
    STAFF = "staff"
    ADMIN = "admin"


_OF_ROLE = {
    Role.WINDOW: Audience.STAFF,
    Role.OFFICER: Audience.STAFF,
    Role.INTEGRATOR: Audience.STAFF,
    Role.ADMIN: Audience.ADMIN,
}

_ONLY_ADMIN = frozenset({"level", "reasons", "text", "comment"})
_ONLY_STAFF = frozenset({"alert", "restriction", "outOfOrder"})
_NAMES = frozenset({"maskedName", "maskedPhone", "person", "phone"})


def audience_of(role: Role) -> Audience:
    """What a role may see; a role that is not named here sees what the public sees."""
    return _OF_ROLE.get(role, Audience.PUBLIC)


def event_data(data: dict[str, Any], audience: Audience) -> dict[str, Any]:
    """The data of an event as this audience may see it; the original is not changed."""
    if audience is Audience.ADMIN:
        return data
    seen = {key: value for key, value in data.items() if key not in _ONLY_ADMIN}
    if isinstance(seen.get("rating"), dict):
        seen["rating"] = {key: value for key, value in seen["rating"].items() if key not in _ONLY_ADMIN}
    if audience is Audience.STAFF:
        return seen
    return {key: _without_names(value) for key, value in seen.items() if key not in _ONLY_STAFF | _NAMES}


def _without_names(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_names(part) for key, part in value.items() if key not in _NAMES}
    if isinstance(value, (list, tuple)):
        return [_without_names(part) for part in value]
    return value


def ticket(view: TicketView, audience: Audience) -> TicketView:
    """A ticket as this audience may see it."""
    if audience is not Audience.PUBLIC or not view.masked_name:
        return view
    return msgspec.structs.replace(view, masked_name="")


def window(view: WindowView, audience: Audience) -> WindowView:
    """A window, with its current and held tickets, as this audience may see it."""
    if audience is not Audience.PUBLIC or (view.ticket is None and not view.held):
        return view
    return msgspec.structs.replace(
        view,
        ticket=None if view.ticket is None else ticket(view.ticket, audience),
        held=tuple(ticket(one, audience) for one in view.held),
    )


def snapshot(view: Snapshot, audience: Audience) -> Snapshot:
    """The state of the hall as this audience may see it."""
    if audience is not Audience.PUBLIC:
        return view
    return msgspec.structs.replace(
        view,
        windows={key: window(one, audience) for key, one in view.windows.items()},
        tickets={key: ticket(one, audience) for key, one in view.tickets.items()},
    )
