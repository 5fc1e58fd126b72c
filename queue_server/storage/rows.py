"""Rows of the tables to values of the domain and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from queue_server.contract.messages import (
    Channel,
    Level,
    Outcome,
    PassReason,
    Priority,
    RatingChannel,
    RatingState,
    TicketState,
)
from queue_server.domain.lease import Loan, Parked, ParkedReason
from queue_server.domain.pace import Pace
from queue_server.domain.queue import QueueState
from queue_server.domain.rating import Service
from queue_server.domain.ticket import BeforeTransfer, Stop, Ticket
from queue_server.domain.window import WindowState

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

TICKET = (
    "id", "number", "queue", "business_day", "state", "issued_at", "since", "status_token", "rank", "priority",
    "channel", "item", "person", "masked_name", "phone_mask", "phone_hash", "window", "to_window", "called_at",
    "last_called_at", "started_at", "finished_at", "calls", "outcome", "pass_reason", "why", "service", "offline",
    "taken_by", "take_key", "lease", "appointment", "more",
)  # fmt: skip
"""Columns in the order in which ``ticket_of`` reads them."""

TICKET_CHANGES = (
    "queue", "state", "since", "rank", "item", "window", "to_window", "called_at", "last_called_at", "started_at",
    "finished_at", "calls", "outcome", "pass_reason", "why", "service", "more",
)  # fmt: skip
"""Columns that change while a ticket goes through the hall."""

TICKET_PAPER = ("number", "status_token", "offline", "lease", "appointment")
"""Columns that change when the paper of a kiosk says otherwise; apart, because each stands in an index."""

SERVICE = (
    "id", "ticket", "window", "queue", "started_at", "officer", "item", "finished_at", "outcome", "rating",
    "rating_until", "level", "reasons", "text", "channel", "rated_at",
)  # fmt: skip

LOAN = ("id", "kiosk", "queue", "business_day", "first", "last", "expires_at", "lent_at", "returned_from")

PARKED = (
    "kiosk", "key", "queue", "number", "issued_at", "reason", "parked_at", "status_token", "priority", "item", "person",
    "masked_name", "phone_mask", "phone_hash", "settled_at",
)  # fmt: skip


class More(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What few tickets have, as JSON in one column."""

    booked_for: datetime | None = None
    stops: tuple[Stop, ...] = ()
    stop: int = 0
    after_calls: int | None = None
    reactivated: int = 0
    before_transfer: BeforeTransfer | None = None
    clock_off: bool = False


_NO_MORE = More()
_more = msgspec.json.Decoder(More)
_queue = msgspec.json.Decoder(QueueState)
_window = msgspec.json.Decoder(WindowState)
_encode = msgspec.json.Encoder().encode


def micros(moment: datetime) -> int:
    """Whole microseconds since 1970 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


def maybe_micros(value: datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // _MICROSECOND


def maybe_moment(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def ticket_of(row: Sequence[Any]) -> Ticket:
    more = _NO_MORE if row[32] is None else _more.decode(row[32])
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
        called_at=maybe_moment(row[18]),
        last_called_at=maybe_moment(row[19]),
        started_at=maybe_moment(row[20]),
        finished_at=maybe_moment(row[21]),
        calls=row[22],
        outcome=None if row[23] is None else Outcome(row[23]),
        pass_reason=None if row[24] is None else PassReason(row[24]),
        why=row[25],
        service=row[26],
        offline=bool(row[27]),
        taken_by=row[28],
        take_key=row[29],
        lease=row[30],
        appointment=row[31],
        booked_for=more.booked_for,
        stops=more.stops,
        stop=more.stop,
        after_calls=more.after_calls,
        reactivated=more.reactivated,
        before_transfer=more.before_transfer,
        clock_off=more.clock_off,
    )


def _more_of(ticket: Ticket) -> bytes | None:
    more = More(
        booked_for=ticket.booked_for,
        stops=ticket.stops,
        stop=ticket.stop,
        after_calls=ticket.after_calls,
        reactivated=ticket.reactivated,
        before_transfer=ticket.before_transfer,
        clock_off=ticket.clock_off,
    )
    return None if more == _NO_MORE else _encode(more)


def ticket_changes(ticket: Ticket) -> dict[str, Any]:
    """The parameters for ``TICKET_CHANGES``."""
    return {
        "queue": ticket.queue,
        "state": ticket.state.value,
        "since": micros(ticket.since),
        "rank": ticket.rank,
        "item": ticket.item,
        "window": ticket.window,
        "to_window": ticket.to_window,
        "called_at": maybe_micros(ticket.called_at),
        "last_called_at": maybe_micros(ticket.last_called_at),
        "started_at": maybe_micros(ticket.started_at),
        "finished_at": maybe_micros(ticket.finished_at),
        "calls": ticket.calls,
        "outcome": ticket.outcome.value if ticket.outcome else None,
        "pass_reason": ticket.pass_reason.value if ticket.pass_reason else None,
        "why": ticket.why,
        "service": ticket.service,
        "more": _more_of(ticket),
    }


def ticket_paper(ticket: Ticket) -> dict[str, Any]:
    """The parameters for ``TICKET_PAPER``."""
    return {
        "number": ticket.number,
        "status_token": ticket.status_token,
        "offline": int(ticket.offline),
        "lease": ticket.lease,
        "appointment": ticket.appointment,
    }


def ticket_row(hall: str, ticket: Ticket) -> dict[str, Any]:
    return {
        "hall": hall,
        "id": ticket.id,
        "business_day": ticket.business_day.isoformat(),
        "issued_at": micros(ticket.issued_at),
        "priority": ticket.priority.value,
        "channel": ticket.channel.value,
        "person": ticket.person,
        "masked_name": ticket.masked_name,
        "phone_mask": ticket.phone_mask,
        "phone_hash": ticket.phone_hash,
        "taken_by": ticket.taken_by,
        "take_key": ticket.take_key,
        **ticket_paper(ticket),
        **ticket_changes(ticket),
    }


def queue_of(data: bytes) -> QueueState:
    return _queue.decode(data)


def window_of(data: bytes) -> WindowState:
    return _window.decode(data)


def queue_row(hall: str, state: QueueState) -> dict[str, Any]:
    return {"hall": hall, "queue": state.queue, "data": _encode(state)}


def window_row(hall: str, state: WindowState) -> dict[str, Any]:
    return {"hall": hall, "window": state.window, "data": _encode(state)}


def pace_of(row: Sequence[Any]) -> Pace:
    return Pace(queue=row[0], hour=row[1], weight=row[2], total=row[3], squares=row[4])


def pace_row(hall: str, pace: Pace) -> dict[str, Any]:
    return {
        "hall": hall,
        "queue": pace.queue,
        "hour": pace.hour,
        "weight": pace.weight,
        "total": pace.total,
        "squares": pace.squares,
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
        finished_at=maybe_moment(row[7]),
        outcome=None if row[8] is None else Outcome(row[8]),
        rating=RatingState(row[9]),
        rating_until=maybe_moment(row[10]),
        level=None if row[11] is None else Level(row[11]),
        reasons=tuple(row[12].split(",")) if row[12] else (),
        text=row[13],
        channel=None if row[14] is None else RatingChannel(row[14]),
        rated_at=maybe_moment(row[15]),
    )


def service_changes(service: Service) -> dict[str, Any]:
    """What changes after a service began."""
    return {
        "finished_at": maybe_micros(service.finished_at),
        "outcome": service.outcome.value if service.outcome else None,
        "rating": service.rating.value,
        "rating_until": maybe_micros(service.rating_until),
        "level": service.level.value if service.level else None,
        "reasons": ",".join(service.reasons),
        "text": service.text,
        "channel": service.channel.value if service.channel else None,
        "rated_at": maybe_micros(service.rated_at),
    }


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
        **service_changes(service),
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
        lent_at=maybe_moment(row[7]),
        returned_from=row[8],
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
        "lent_at": maybe_micros(loan.lent_at),
        "returned_from": loan.returned_from,
    }


def parked_of(row: Sequence[Any]) -> Parked:
    return Parked(
        kiosk=row[0],
        key=row[1],
        queue=row[2],
        number=row[3],
        issued_at=moment(row[4]),
        reason=ParkedReason(row[5]),
        parked_at=moment(row[6]),
        status_token=row[7],
        priority=Priority(row[8]),
        item=row[9],
        person=row[10],
        masked_name=row[11],
        phone_mask=row[12],
        phone_hash=row[13],
        settled_at=maybe_moment(row[14]),
    )


def parked_row(hall: str, parked: Parked) -> dict[str, Any]:
    return {
        "hall": hall,
        "kiosk": parked.kiosk,
        "key": parked.key,
        "queue": parked.queue,
        "number": parked.number,
        "issued_at": micros(parked.issued_at),
        "reason": parked.reason.value,
        "parked_at": micros(parked.parked_at),
        "status_token": parked.status_token,
        "priority": parked.priority.value,
        "item": parked.item,
        "person": parked.person,
        "masked_name": parked.masked_name,
        "phone_mask": parked.phone_mask,
        "phone_hash": parked.phone_hash,
        "settled_at": maybe_micros(parked.settled_at),
    }
