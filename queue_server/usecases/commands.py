"""Which use case carries out which command."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract import messages as m
from queue_server.contract.messages import Command, Message
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases import permission
from queue_server.usecases.accept_offline import accept_offline
from queue_server.usecases.call_next import call_next
from queue_server.usecases.cancel_ticket import cancel_ticket
from queue_server.usecases.close_window import close_window
from queue_server.usecases.finish_service import finish_service
from queue_server.usecases.hold_service import hold_service
from queue_server.usecases.lend_numbers import lend_numbers
from queue_server.usecases.open_window import open_window
from queue_server.usecases.pass_over import pass_over
from queue_server.usecases.pause_window import pause_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.rate_service import rate_service
from queue_server.usecases.recall import recall
from queue_server.usecases.report_terminal import report_terminal
from queue_server.usecases.resume_service import resume_service
from queue_server.usecases.start_service import start_service
from queue_server.usecases.take_ticket import take_ticket
from queue_server.usecases.transfer_ticket import transfer_ticket
from queue_server.usecases.work import Ids, Work


def carry_out(work: Work, command: Command, actor: Actor, now: datetime, ids: Ids, key: str | None) -> Message:
    """The reply of the one use case for this command. Raises ``Refusal``."""
    permission.check_role(actor, command)
    match command:
        case m.TakeTicket():
            return take_ticket(work, command, actor, now, ids, key)
        case m.LendNumbers() | m.ReportOfflineTickets() | m.ReportTerminal():
            return _for_kiosk(work, command, actor, now, ids)
        case m.CancelTicket():
            return cancel_ticket(work, command, actor, now)
        case m.RateService():
            return rate_service(work, command, actor, now)
        case m.OpenWindow():
            return open_window(work, command, actor, now)
        case m.PauseWindow():
            return pause_window(work, command, actor, now)
        case m.CloseWindow():
            return close_window(work, command, actor, now)
        case _:
            return _at_window(work, command, actor, now, ids)


def _for_kiosk(
    work: Work,
    command: m.LendNumbers | m.ReportOfflineTickets | m.ReportTerminal,
    actor: Actor,
    now: datetime,
    ids: Ids,
) -> Message:
    match command:
        case m.LendNumbers():
            return lend_numbers(work, command, actor, now, ids)
        case m.ReportOfflineTickets():
            return accept_offline(work, command, actor, now, ids)
        case m.ReportTerminal():
            return report_terminal(work, command, actor, now)


def _at_window(work: Work, command: Command, actor: Actor, now: datetime, ids: Ids) -> Message:
    match command:
        case m.CallNext():
            return call_next(work, command, actor, now, ids)
        case m.Recall():
            return recall(work, command, actor, now)
        case m.StartService():
            return start_service(work, command, actor, now, ids)
        case m.PassOver():
            return pass_over(work, command, actor, now)
        case m.HoldService():
            return hold_service(work, command, actor, now)
        case m.ResumeService():
            return resume_service(work, command, actor, now)
        case m.FinishService():
            return finish_service(work, command, actor, now, ids)
        case m.TransferTicket():
            return transfer_ticket(work, command, actor, now)
        case _:
            raise Refusal(Code.BAD_REQUEST, f"the office does not carry out {type(command).__name__}")
