"""Who asks, and whether they may: bearer tokens for terminals, integrators, officers and admins."""

from __future__ import annotations

from collections.abc import Iterable

from queue_server.contract.messages import Role
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Actor, Office
from queue_server.web.endpoints import Door, Endpoint

_BEARER = b"bearer "
_LONGEST_TOKEN = 256
_BOUND = frozenset({Role.WINDOW, Role.PAD})


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The first header of that (lower case) name."""
    for key, value in headers:
        if key == name:
            return value
    return None


def bearer(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The token of an ``Authorization: Bearer`` header, None when there is none that could be one."""
    value = header(headers, b"authorization")
    if value is None or value[:7].lower() != _BEARER:
        return None
    token = value[7:].strip()
    if not 0 < len(token) <= _LONGEST_TOKEN or not token.isascii():
        return None
    return token.decode("ascii")


async def admit(
    office: Office, endpoint: Endpoint, path: dict[str, str], headers: Iterable[tuple[bytes, bytes]]
) -> Actor | None:
    """The caller, if this endpoint is for them; None behind an open door.

    Raises ``unauthenticated`` without a good token, ``forbidden`` for the wrong role or the wrong window and,
    for a citizen's link that leads nowhere, ``not_found``.
    """
    if endpoint.door is Door.OPEN:
        return None
    if endpoint.door is Door.CITIZEN:
        citizen = await office.authenticate_citizen(path["token"])
        if citizen is None:
            raise Refusal(Code.NOT_FOUND, "there is no such ticket")
        return citizen
    token = bearer(headers)
    actor = None if token is None else await office.authenticate(token)
    if actor is None:
        raise Refusal(Code.UNAUTHENTICATED, "a valid token is needed: Authorization: Bearer …")
    if actor.role not in endpoint.roles:
        raise Refusal(Code.FORBIDDEN, "this role may not do that", role=actor.role.value if actor.role else None)
    if endpoint.at_window:
        keep_to_own_window(actor, path["id"])
    return actor


def keep_to_own_window(actor: Actor, window: str) -> None:
    """A window terminal or a pad acts at the window where it stands, and nowhere else."""
    if actor.role in _BOUND and actor.window != window:
        raise Refusal(Code.FORBIDDEN, "this terminal belongs to another window", window=actor.window)
