"""Tokens, codes and passwords: who is who. Secrets are shown once and kept only as hashes."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from queue_server.contract.messages import Role
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain.hall import Hall
from queue_server.usecases.ports import EnrolmentCode, IssuedToken

SESSION = timedelta(hours=12)
CODE_LASTS = timedelta(days=7)
CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0, O, 1 or I: people type codes from paper."""

CODE_LENGTH = 10
DEVICE_ROLES = frozenset({Role.KIOSK, Role.WINDOW, Role.SCREEN, Role.PAD, Role.GATEWAY, Role.INTEGRATOR})


@dataclass(frozen=True)
class Account:
    """An officer or admin who logs in; ``password`` is an argon2 hash."""

    hall: str
    name: str
    role: Role
    password: str


@dataclass(frozen=True)
class Holder:
    """Whom a token or a code belongs to."""

    hall: str
    name: str
    role: Role
    window: str | None
    expires_at: datetime | None


class Passwords(Protocol):
    """Slow hashing of passwords."""

    def hash(self, password: str) -> str: ...
    def fits(self, hashed: str | None, password: str) -> bool:
        """Takes the same time when there is no such account (None)."""


def digest(secret: str) -> str:
    """What is stored of a token or code: they are random, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_token(holder: Holder) -> IssuedToken:
    """256 random bits."""
    return IssuedToken(
        name=holder.name,
        role=holder.role,
        hall=holder.hall,
        token=secrets.token_urlsafe(32),
        window=holder.window,
        expires_at=holder.expires_at,
    )


def new_code(holder: Holder, code: str | None = None) -> EnrolmentCode:
    """A code to be typed once, random unless given (demo and tests)."""
    return EnrolmentCode(
        code=code or "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH)),
        name=holder.name,
        role=holder.role,
        hall=holder.hall,
        window=holder.window,
        expires_at=holder.expires_at,
    )


def typed(code: str) -> str:
    """A code as it is compared: people type small letters, blanks and dashes."""
    return code.replace("-", "").replace(" ", "").upper()


def new_password() -> str:
    """Sixteen characters that can be read from a screen and typed."""
    return "-".join("".join(secrets.choice(CODE_LETTERS.lower()) for _ in range(4)) for _ in range(4))


def device(hall: Hall, name: str, role: Role, window: str | None, expires_at: datetime | None) -> Holder:
    """The holder of a device token. Window terminals and pads stand at one window, named or meant by the name.

    Raises ``BAD_REQUEST`` for a role that logs in, ``NOT_FOUND`` for an unknown window.
    """
    if role not in DEVICE_ROLES:
        raise Refusal(Code.BAD_REQUEST, f"a {role.value} logs in with a password", role=role.value)
    if role not in {Role.WINDOW, Role.PAD}:
        return Holder(hall.id, name, role, None, expires_at)
    meant = window or (name if name in hall.window_by_id else name.rpartition("-")[2])
    if meant not in hall.window_by_id:
        raise Refusal(Code.NOT_FOUND, f"there is no window {meant!r}", window=meant)
    return Holder(hall.id, name, role, meant, expires_at)
