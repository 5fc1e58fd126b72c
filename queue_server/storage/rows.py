"""Rows of the tables to values of the domain and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from queue_server.contract.messages import (
    Channel,
    ClosedReason,
    Estimate,
    Level,
    Outcome,
    PassReason,
    PauseReason,
    Priority,
    RatingChannel,
    RatingState,
    TicketState,
    WindowMode,
)
from queue_server.domain.lease import Loan
from queue_server.domain.queue import QueueState
from queue_server.domain.rating import Service
from queue_server.domain.ticket import Ticket
from queue_server.domain.window import WindowState

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

TICKET = (
    "id", "number", "queue", "business_day", "state", "issued_at", "since", "status_token", "rank", "priority",
    "channel", "item", "person", "masked_name", "phone_mask", "phone_hash", "window", "to_window", "called_at",
    "last_called_at", "started_at", "finished_at", "calls", "outcome", "pass_reason", "why", "service", "offline",
    "taken_by", "take_key", "lease",
)  # fmt: skip
"""Columns in the order in which ``ticket_of`` reads them."""

TICKET_CHANGES = (
    "number", "queue", "state", "since", "status_token", "window", "to_window", "called_at", "last_called_at",
    "started_at", "finished_at", "calls", "outcome", "pass_reason", "why", "service", "offline", "lease",
)  # fmt: skip
"""Columns that change after a ticket was issued."""

QUEUE = (
    "queue", "waiting", "first", "servers", "staffed", "day", "issued_today", "last_number", "last_lent", "open",
    "closed_reason", "low", "likely", "high",
)  # fmt: skip

WINDOW = ("window", "mode", "pause_reason", "officer", "ticket", "service", "rated", "rating", "rating_until")

SERVICE = (
    "id", "ticket", "window", "queue", "started_at", "officer", "item", "finished_at", "outcome", "rating",
    "rating_until", "level", "reasons", "text", "channel", "rated_at",
)  # fmt: skip

LOAN = ("id", "kiosk", "queue", "business_day", "first", "last", "expires_at")


def micros(moment: datetime) -> int:
    """Whole microseconds since 1970 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


def _micros(value: datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // _MICROSECOND


def _moment(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def ticket_of(row: Sequence[Any]) -> Ticket:
    return Ticket(
        id=row[0],
        number=row[1],
        queue=row[2],
        business_day=date.fromisoformat(row[3]),
        state=TicketState(row[4]),
        issued_at=moment(row[5]),
        since=moment(row[6]),
        status_token=row[7],
        rank=row[8],
        priority=Priority(row[9]),
        channel=Channel(row[10]),
        item=row[11],
        person=row[12],
        masked_name=row[13],
        phone_mask=row[14],
        phone_hash=row[15],
        window=row[16],
        to_window=row[17],
        called_at=_moment(row[18]),
        last_called_at=_moment(row[19]),
        started_at=_moment(row[20]),
        finished_at=_moment(row[21]),
        calls=row[22],
        outcome=None if row[23] is None else Outcome(row[23]),
        pass_reason=None if row[24] is None else PassReason(row[24]),
        why=row[25],
        service=row[26],
        offline=bool(row[27]),
        taken_by=row[28],
        take_key=row[29],
        lease=row[30],
    )


def ticket_changes(ticket: Ticket) -> dict[str, Any]:
    """The parameters for ``TICKET_CHANGES``."""
    return {
        "number": ticket.number,
        "queue": ticket.queue,
        "state": ticket.state.value,
        "since": micros(ticket.since),
        "status_token": ticket.status_token,
        "window": ticket.window,
        "to_window": ticket.to_window,
        "called_at": _micros(ticket.called_at),
        "last_called_at": _micros(ticket.last_called_at),
        "started_at": _micros(ticket.started_at),
        "finished_at": _micros(ticket.finished_at),
        "calls": ticket.calls,
        "outcome": ticket.outcome.value if ticket.outcome else None,
        "pass_reason": ticket.pass_reason.value if ticket.pass_reason else None,
        "why": ticket.why,
        "service": ticket.service,
        "offline": int(ticket.offline),
        "lease": ticket.lease,
    }


def ticket_row(hall: str, ticket: Ticket) -> dict[str, Any]:
    return {
        "hall": hall,
        "id": ticket.id,
        "business_day": ticket.business_day.isoformat(),
        "issued_at": micros(ticket.issued_at),
        "rank": ticket.rank,
        "priority": ticket.priority.value,
        "channel": ticket.channel.value,
        "item": ticket.item,
        "person": ticket.person,
        "masked_name": ticket.masked_name,
        "phone_mask": ticket.phone_mask,
        "phone_hash": ticket.phone_hash,
        "taken_by": ticket.taken_by,
        "take_key": ticket.take_key,
        **ticket_changes(ticket),
    }


def queue_of(row: Sequence[Any]) -> QueueState:
    return QueueState(
        queue=row[0],
        waiting=row[1],
        first=row[2],
        servers=row[3],
        staffed=row[4],
        day=date.fromisoformat(row[5]),
        issued_today=row[6],
        last_number=row[7],
        last_lent=row[8],
        open=bool(row[9]),
        closed_reason=None if row[10] is None else ClosedReason(row[10]),
        estimate=Estimate(low=row[11], likely=row[12], high=row[13]),
    )


def queue_row(hall: str, state: QueueState) -> dict[str, Any]:
    return {
        "hall": hall,
        "queue": state.queue,
        "waiting": state.waiting,
        "first": state.first,
        "servers": state.servers,
        "staffed": state.staffed,
        "day": state.day.isoformat(),
        "issued_today": state.issued_today,
        "last_number": state.last_number,
        "last_lent": state.last_lent,
        "open": int(state.open),
        "closed_reason": state.closed_reason.value if state.closed_reason else None,
        "low": state.estimate.low,
        "likely": state.estimate.likely,
        "high": state.estimate.high,
    }


def window_of(row: Sequence[Any]) -> WindowState:
    return WindowState(
        window=row[0],
        mode=WindowMode(row[1]),
        pause_reason=None if row[2] is None else PauseReason(row[2]),
        officer=row[3],
        ticket=row[4],
        service=row[5],
        rated=row[6],
        rating=RatingState(row[7]),
        rating_until=_moment(row[8]),
    )


def window_row(hall: str, state: WindowState) -> dict[str, Any]:
    return {
        "hall": hall,
        "window": state.window,
        "mode": state.mode.value,
        "pause_reason": state.pause_reason.value if state.pause_reason else None,
        "officer": state.officer,
        "ticket": state.ticket,
        "service": state.service,
        "rated": state.rated,
        "rating": state.rating.value,
        "rating_until": _micros(state.rating_until),
    }


def service_of(row: Sequence[Any]) -> Service:
    return Service(
        id=row[0],
        ticket=row[1],
        window=row[2],
        queue=row[3],
        started_at=moment(row[4]),
        officer=row[5],
        item=row[6],
        finished_at=_moment(row[7]),
        outcome=None if row[8] is None else Outcome(row[8]),
        rating=RatingState(row[9]),
        rating_until=_moment(row[10]),
        level=None if row[11] is None else Level(row[11]),
        reasons=tuple(row[12].split(",")) if row[12] else (),
        text=row[13],
        channel=None if row[14] is None else RatingChannel(row[14]),
        rated_at=_moment(row[15]),
    )


def service_row(hall: str, service: Service) -> dict[str, Any]:
    return {
        "hall": hall,
        "id": service.id,
        "ticket": service.ticket,
        "window": service.window,
        "queue": service.queue,
        "started_at": micros(service.started_at),
        "officer": service.officer,
        "item": service.item,
        "finished_at": _micros(service.finished_at),
        "outcome": service.outcome.value if service.outcome else None,
        "rating": service.rating.value,
        "rating_until": _micros(service.rating_until),
        "level": service.level.value if service.level else None,
        "reasons": ",".join(service.reasons),
        "text": service.text,
        "channel": service.channel.value if service.channel else None,
        "rated_at": _micros(service.rated_at),
    }


def loan_of(row: Sequence[Any]) -> Loan:
    return Loan(
        id=row[0],
        kiosk=row[1],
        queue=row[2],
        business_day=date.fromisoformat(row[3]),
        first=row[4],
        last=row[5],
        expires_at=moment(row[6]),
    )


def loan_row(hall: str, loan: Loan) -> dict[str, Any]:
    return {
        "hall": hall,
        "id": loan.id,
        "kiosk": loan.kiosk,
        "queue": loan.queue,
        "business_day": loan.business_day.isoformat(),
        "first": loan.first,
        "last": loan.last,
        "expires_at": micros(loan.expires_at),
    }
