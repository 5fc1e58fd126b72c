"""Tickets, numbers for offline hours and signs of life: what kiosks and counters ask for."""

from __future__ import annotations

import msgspec

from queue_server.contract import projection
from queue_server.contract.codec import decode
from queue_server.contract.messages import CancelTicket, ReactivateTicket, TicketStatus
from queue_server.contract.projection import Audience
from queue_server.usecases.ports import Office
from queue_server.web.api import Asked, Handler
from queue_server.web.replies import Answered, ok


def handlers(office: Office) -> dict[str, Handler]:
    """The handlers of this file, by the name of their endpoint."""

    async def carry_out(asked: Asked) -> Answered:
        """A command that the office does as it is."""
        reply = await office.carry_out(asked.wish, asked.who, asked.key)
        return Answered(reply.status, reply.body)

    async def ticket(asked: Asked) -> Answered:
        return ok(seen(await office.ticket_status(asked.who.hall, asked.path["id"]), asked.audience))

    async def my(asked: Asked) -> Answered:
        return ok(seen(await office.status_by_token(asked.path["token"]), Audience.PUBLIC))

    async def my_cancel(asked: Asked) -> Answered:
        reply = await office.carry_out(CancelTicket(ticket=asked.who.ticket or ""), asked.who, asked.key)
        return ok(seen(decode(reply.body, TicketStatus), Audience.PUBLIC), reply.status)

    async def my_reactivate(asked: Asked) -> Answered:
        reply = await office.carry_out(ReactivateTicket(ticket=asked.who.ticket or ""), asked.who, asked.key)
        return ok(seen(decode(reply.body, TicketStatus), Audience.PUBLIC), reply.status)

    async def status(asked: Asked) -> Answered:
        reply = await office.carry_out(asked.wish, asked.who, asked.key)
        return ok(seen(decode(reply.body, TicketStatus), asked.audience), reply.status)

    return {
        "take_ticket": carry_out,
        "ticket": ticket,
        "cancel_ticket": status,
        "report_paper": status,
        "reactivate_ticket": status,
        "lend_numbers": carry_out,
        "return_numbers": carry_out,
        "offline_tickets": carry_out,
        "report_terminal": carry_out,
        "my": my,
        "my_cancel": my_cancel,
        "my_reactivate": my_reactivate,
    }


def seen(status: TicketStatus, audience: Audience) -> TicketStatus:
    """A ticket's status as this audience may see it."""
    return msgspec.structs.replace(status, ticket=projection.ticket(status.ticket, audience))
