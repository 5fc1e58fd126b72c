"""Somebody is served who took no number."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.messages import Channel, EventType, ServeWithoutTicket, TicketState, Why, WindowDone
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import numbering, views, window
from queue_server.domain.hall import QueueRule
from queue_server.domain.numbering import Series
from queue_server.domain.ticket import Ticket
from queue_server.usecases.floor import begin_service, queue_today, tell, window_of
from queue_server.usecases.issuing import who
from queue_server.usecases.permission import check_at_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.work import Ids, Work


def serve_without_ticket(work: Work, command: ServeWithoutTicket, actor: Actor, now: datetime, ids: Ids) -> WindowDone:
    """A service like any other, in the window's first queue unless another one is named; the quota does not count it.

    Raises ``WINDOW_NOT_OPEN``, ``WINDOW_BUSY``, ``NOT_FOUND`` (queue or item), ``BAD_REQUEST`` (a queue that the window
    does not serve, an item of another queue), ``NO_NUMBERS_LEFT``.
    """
    state = window_of(work, command.window)
    check_at_window(actor, state)
    window.must_be_open(state)
    window.must_be_free(state)
    rule = _queue(work, command)
    person, _ = who(work, command.person, None)
    number, counted = numbering.take(queue_today(work, rule.id, now), rule, work.hall.numbering, Series.WITHOUT_TICKET)
    called = Ticket(
        id=ids.new(now),
        number=number,
        queue=rule.id,
        business_day=counted.day,
        state=TicketState.CALLING,
        issued_at=now,
        since=now,
        status_token=ids.secret(),
        channel=Channel.WINDOW,
        item=command.item,
        person=person,
        masked_name=command.person.masked_name if command.person else "",
        window=state.window,
        called_at=now,
        last_called_at=now,
        calls=1,
        why=Why.WITHOUT_TICKET,
        taken_by=actor.name,
    )
    state, served = begin_service(work, state, called, now, now, ids)
    work.add_ticket(served)
    view = tell(work, EventType.TICKET_STARTED, state, served, now, queues=[counted], service=served.service)
    return WindowDone(window=view, ticket=views.ticket_view(served), service=served.service)


def _queue(work: Work, command: ServeWithoutTicket) -> QueueRule:
    served = work.hall.window_by_id[command.window].queues
    wanted = command.queue or served[0]
    rule = work.hall.queue_by_id.get(wanted)
    if rule is None:
        raise Refusal(Code.NOT_FOUND, f"there is no queue {wanted!r}", queue=wanted)
    if rule.id not in served:
        raise Refusal(Code.BAD_REQUEST, f"window {command.window} does not serve queue {rule.id}", queue=rule.id)
    if command.item is not None:
        item = work.hall.item_by_id.get(command.item)
        if item is None:
            raise Refusal(Code.NOT_FOUND, f"there is no item {command.item!r}", item=command.item)
        if item.queue != rule.id:
            raise Refusal(Code.BAD_REQUEST, f"item {item.id} is served by queue {item.queue}", queue=item.queue)
    return rule
