"""The feed over HTTP: one response that stays open, one line of JSON per event, a ping when nothing happens.

A client that does not read is left: it comes back with the last number it saw and misses nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable

from queue_server.contract.codec import encode
from queue_server.contract.messages import TicketStatus
from queue_server.contract.projection import Audience
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import News, Office
from queue_server.web.api import Asked, Handler, Receive
from queue_server.web.ports import Feed, Stream
from queue_server.web.replies import Answered
from queue_server.web.tickets import seen

PING_SECONDS = 15.0
_SEND_SECONDS = 30.0
_STATUS_SPACING = 1.0

_HEAD = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_PING = b": ping\n\n"
_HELLO = b"retry: 2000\n\n"


def handlers(office: Office, feed: Feed, monotonic: Callable[[], float]) -> dict[str, Handler]:
    """The handlers of this file, by the name of their endpoint."""

    async def events(asked: Asked) -> Answered | None:
        stream = await feed.subscribe(asked.who.hall, _after(asked))
        await _send_all(asked, stream, _frames(stream, asked.audience))
        return None

    async def my_events(asked: Asked) -> Answered | None:
        stream = await feed.subscribe(asked.who.hall, None)
        token = asked.path["token"]

        async def status() -> TicketStatus:
            return seen(await office.status_by_token(token), Audience.PUBLIC)

        await _send_all(asked, stream, _statuses(stream, status, monotonic))
        return None

    return {"events": events, "my_events": my_events}


def _after(asked: Asked) -> int | None:
    """Where a client stands: ``Last-Event-ID`` of a reconnect is newer than the address it began with."""
    last = asked.header(b"last-event-id")
    if last is None or last == b"":
        return asked.numbers.get("after")
    if not last.isdigit() or len(last) > 16:
        raise Refusal(Code.BAD_REQUEST, "Last-Event-ID is a sequence number", field="Last-Event-ID")
    return int(last)


async def _frames(stream: Stream, audience: Audience) -> AsyncGenerator[bytes, None]:
    while (notices := await stream.take(PING_SECONDS)) is not None:
        yield notices[0].frames_with(notices, audience) if notices else _PING


async def _statuses(
    stream: Stream, status: Callable[[], Awaitable[TicketStatus]], monotonic: Callable[[], float]
) -> AsyncGenerator[bytes, None]:
    """The ticket's state: at once when it moves itself, at most once a second when others move."""
    known = await status()
    yield _status_frame(known)
    told = monotonic()
    stale = False
    while True:
        notices = await stream.take(max(0.01, told + _STATUS_SPACING - monotonic()) if stale else PING_SECONDS)
        if notices is None:
            return
        mine = any(_is_about(notice.event, known) for notice in notices)
        stale = stale or mine or any(_may_concern(notice.event, known) for notice in notices)
        due = mine or (stale and monotonic() - told >= _STATUS_SPACING)
        if due:
            fresh = await status()
            changed, known, told, stale = fresh != known, fresh, monotonic(), False
            if changed:
                yield _status_frame(known)
        elif not notices and not stale:
            yield _PING


def _is_about(event: News, status: TicketStatus) -> bool:
    ticket = event.data.get("ticket")
    named = ticket.get("id") if isinstance(ticket, dict) else event.data.get("ticketId")
    return bool(named == status.ticket.id)


def _may_concern(event: News, status: TicketStatus) -> bool:
    """Whether the place in the line, the estimate or the rating of this ticket may have changed."""
    if any(queue.get("id") == status.ticket.queue for queue in event.data.get("queues", ())):
        return True
    window = event.data.get("window")
    return isinstance(window, dict) and status.service is not None and window.get("service") == status.service


def _status_frame(status: TicketStatus) -> bytes:
    return b"event: status\ndata: " + encode(status) + b"\n\n"


async def _send_all(asked: Asked, stream: Stream, frames: AsyncGenerator[bytes, None]) -> None:
    """Sends until either side is tired of it; a client that takes nothing for half a minute is left."""
    watch = asyncio.create_task(_close_when_gone(asked.receive, stream))
    try:
        await asked.send({"type": "http.response.start", "status": 200, "headers": _HEAD})
        await asked.send({"type": "http.response.body", "body": _HELLO, "more_body": True})
        async with contextlib.aclosing(frames):
            async for frame in frames:
                async with asyncio.timeout(_SEND_SECONDS):
                    await asked.send({"type": "http.response.body", "body": frame, "more_body": True})
        await asked.send({"type": "http.response.body", "body": b""})
    except (TimeoutError, OSError, Refusal):
        pass  # the client, or the ticket, is gone: the connection closes and there is nobody to tell
    finally:
        stream.close()
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch


async def _close_when_gone(receive: Receive, stream: Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.close()
