"""Every way in which the server says no: a stable code, an HTTP status, and whether trying again helps."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from queue_server.contract.messages import Message


class Code(StrEnum):
    """Stable for ever: pages and kiosks translate these (``refusal.<code>`` in ui/i18n)."""

    BAD_REQUEST = "bad_request"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    KEY_REUSED = "key_reused"
    QUEUE_CLOSED = "queue_closed"
    QUEUE_FULL = "queue_full"
    ALREADY_WAITING = "already_waiting"
    LIMIT_REACHED = "limit_reached"
    WINDOW_BUSY = "window_busy"
    WINDOW_NOT_OPEN = "window_not_open"
    WINDOW_TAKEN = "window_taken"
    NO_CURRENT_TICKET = "no_current_ticket"
    WRONG_STATE = "wrong_state"
    RECALL_TOO_SOON = "recall_too_soon"
    RECALL_LIMIT = "recall_limit"
    RATING_EXISTS = "rating_exists"
    RATING_NOT_POSSIBLE = "rating_not_possible"
    RATING_CLOSED = "rating_closed"
    REASON_REQUIRED = "reason_required"
    UNKNOWN_REASON = "unknown_reason"
    NO_NUMBERS_LEFT = "no_numbers_left"
    SNAPSHOT_NEEDED = "snapshot_needed"
    TOO_LATE = "too_late"
    RESTRICTED = "restricted"
    REACTIVATION_LIMIT = "reactivation_limit"
    NOTHING_TO_UNDO = "nothing_to_undo"
    SLOT_FULL = "slot_full"
    SLOT_CLOSED = "slot_closed"
    ALREADY_BOOKED = "already_booked"
    TOO_EARLY = "too_early"
    TOO_LATE_TO_CHANGE = "too_late_to_change"
    NOT_YOUR_OWN = "not_your_own"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    PROVIDER_REFUSED = "provider_refused"
    TOO_MANY_TRIES = "too_many_tries"
    STORAGE_FULL = "storage_full"
    BUSY = "busy"
    INTERNAL = "internal"


STATUS: dict[Code, int] = {
    Code.BAD_REQUEST: 422,
    Code.UNAUTHENTICATED: 401,
    Code.FORBIDDEN: 403,
    Code.NOT_FOUND: 404,
    Code.SNAPSHOT_NEEDED: 410,
    Code.TOO_LATE: 410,
    Code.TOO_MANY_TRIES: 429,
    Code.PROVIDER_UNAVAILABLE: 503,
    Code.STORAGE_FULL: 503,
    Code.BUSY: 503,
    Code.INTERNAL: 500,
}
"""Every code that is not named here is 409."""

RETRYABLE = frozenset(
    {Code.PROVIDER_UNAVAILABLE, Code.STORAGE_FULL, Code.BUSY, Code.INTERNAL, Code.TOO_MANY_TRIES, Code.RECALL_TOO_SOON}
)


class RefusalBody(Message):
    """What a refusal looks like on the wire."""

    code: str
    message: str
    retryable: bool
    detail: dict[str, Any] = msgspec.field(default_factory=dict)


class Refusal(Exception):  # noqa: N818  # a refusal is an answer, not an error
    """The hall says no. ``message`` is for integrators (English); people read the translation of ``code``."""

    def __init__(self, code: Code, message: str, **detail: str | int | float | bool | None) -> None:
        super().__init__(f"{code.value}: {message}")
        self.code = code
        self.message = message
        self.detail: dict[str, Any] = detail

    @property
    def status(self) -> int:
        return STATUS.get(self.code, 409)

    @property
    def retryable(self) -> bool:
        return self.code in RETRYABLE

    def body(self) -> RefusalBody:
        return RefusalBody(code=self.code.value, message=self.message, retryable=self.retryable, detail=self.detail)
