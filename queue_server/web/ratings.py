"""Ratings: asked for, given at a pad, a box or by the link on the paper."""

from __future__ import annotations

import msgspec

from queue_server.contract.codec import decode
from queue_server.contract.messages import RateService, RatingChannel, Role, ServiceRating
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Office
from queue_server.web.api import Asked, Handler
from queue_server.web.auth import keep_to_own_window
from queue_server.web.replies import Answered, ok
from queue_server.web.shapes import CitizenRating

_CHANNELS = {Role.PAD: RatingChannel.PAD, Role.GATEWAY: RatingChannel.DEVICE, Role.KIOSK: RatingChannel.KIOSK}
"""Where a rating was pressed is where the caller stands, whatever it says of itself (a box needs no reason)."""


def handlers(office: Office) -> dict[str, Handler]:
    """The handlers of this file, by the name of their endpoint."""

    async def service_of(hall: str, named: str) -> str:
        """The service behind an id; the id of a window stands for its last service."""
        for window in await office.windows(hall):
            if window.id == named:
                if window.service is None:
                    raise Refusal(Code.RATING_NOT_POSSIBLE, "nothing was served at this window yet", window=named)
                return window.service
        return named

    async def rating(asked: Asked) -> Answered:
        hall = asked.who.hall
        found = await office.service_rating(hall, await service_of(hall, asked.path["id"]))
        keep_to_own_window(asked.who, found.window)
        return ok(found if asked.who.role is Role.ADMIN else without_level(found))

    async def rate(asked: Asked) -> Answered:
        command = asked.command
        if not isinstance(command, RateService):
            raise Refusal(Code.BAD_REQUEST, "a rating is needed")
        hall = asked.who.hall
        channel = _CHANNELS.get(asked.who.role, command.channel) if asked.who.role else command.channel
        command = msgspec.structs.replace(command, service=await service_of(hall, command.service), channel=channel)
        reply = await office.carry_out(command, asked.who, asked.key)
        return ok(without_level(decode(reply.body, ServiceRating)), reply.status)

    async def my_rating(asked: Asked) -> Answered:
        given = asked.command
        if not isinstance(given, CitizenRating):
            raise Refusal(Code.BAD_REQUEST, "a rating is needed")
        command = RateService(
            service=asked.who.ticket or "",
            level=given.level,
            reasons=given.reasons,
            text=given.text,
            channel=RatingChannel.QR,
        )
        reply = await office.carry_out(command, asked.who, asked.key)
        return ok(without_level(decode(reply.body, ServiceRating)), reply.status)

    return {"rating": rating, "rate": rate, "my_rating": my_rating}


def without_level(rating: ServiceRating) -> ServiceRating:
    """Whether there is a rating, but not what was pressed."""
    return msgspec.structs.replace(rating, level=None, reasons=())
