"""What is done at a window, and who waits for it."""

from __future__ import annotations

from typing import Any

from queue_server.contract import projection
from queue_server.contract.codec import decode, encode
from queue_server.contract.messages import WaitingAt
from queue_server.contract.projection import Audience
from queue_server.usecases.ports import Office
from queue_server.web.api import Asked, Handler
from queue_server.web.endpoints import ENDPOINTS
from queue_server.web.replies import Answered, ok
from queue_server.web.shapes import Windows

_WAITING_SHOWN = 5


def handlers(office: Office) -> dict[str, Handler]:
    """The handlers of this file, by the name of their endpoint."""

    async def act(asked: Asked) -> Answered:
        reply = await office.carry_out(asked.wish, asked.who, asked.key)
        body = reply.body
        if asked.audience is Audience.PUBLIC:  # a keypad's gateway needs no names
            body = encode(projection.event_data(decode(body, dict[str, Any]), Audience.PUBLIC))
        return Answered(reply.status, body)

    async def waiting(asked: Asked) -> Answered:
        limit = asked.numbers.get("limit", _WAITING_SHOWN)
        tickets = await office.waiting_at(asked.who.hall, asked.path["id"], limit)
        return ok(WaitingAt(tickets=tuple(projection.ticket(one, asked.audience) for one in tickets)))

    async def windows(asked: Asked) -> Answered:
        found = await office.windows(asked.who.hall)
        return ok(Windows(windows=tuple(projection.window(one, asked.audience) for one in found)))

    acts = {e.name: act for e in ENDPOINTS if e.at_window and e.writes}
    return {**acts, "waiting": waiting, "windows": windows}
