"""What staff and admins look after: alerts, restrictions, the audit list, parked tickets, longer hours."""

from __future__ import annotations

from queue_server.usecases.ports import Office
from queue_server.web.api import Asked, Handler
from queue_server.web.replies import Answered, ok
from queue_server.web.shapes import Alerts, Audit, Restrictions


def handlers(office: Office) -> dict[str, Handler]:
    """The handlers of this file, by the name of their endpoint."""

    async def act(asked: Asked) -> Answered:
        reply = await office.carry_out(asked.wish, asked.who, asked.key)
        return Answered(reply.status, reply.body)

    async def alerts(asked: Asked) -> Answered:
        return ok(Alerts(alerts=tuple(await office.alerts(asked.who.hall))))

    async def audit(asked: Asked) -> Answered:
        return ok(Audit(rows=tuple(await office.audit(asked.who.hall))))

    async def restrictions(asked: Asked) -> Answered:
        return ok(Restrictions(restrictions=tuple(await office.restrictions(asked.who.hall))))

    return {
        "alerts": alerts,
        "admin_audit": audit,
        "admin_restrictions": restrictions,
        "admin_settle": act,
        "restrict_person": act,
        "lift_restriction": act,
        "extend_hours": act,
    }
