"""Which use case carries out which command."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from queue_server.contract import messages as m
from queue_server.contract.messages import Command, Message
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases import permission
from queue_server.usecases.accept_offline import accept_offline
from queue_server.usecases.book_appointment import book_appointment
from queue_server.usecases.call_next import call_next
from queue_server.usecases.call_ticket import call_ticket
from queue_server.usecases.cancel_appointment import cancel_appointment
from queue_server.usecases.cancel_ticket import cancel_ticket
from queue_server.usecases.check_in import check_in
from queue_server.usecases.close_window import close_window
from queue_server.usecases.extend_hours import extend_hours
from queue_server.usecases.finish_service import finish_service
from queue_server.usecases.force_close_window import force_close_window
from queue_server.usecases.hold_service import hold_service
from queue_server.usecases.lend_numbers import lend_numbers
from queue_server.usecases.lift_restriction import lift_restriction
from queue_server.usecases.open_window import open_window
from queue_server.usecases.pass_over import pass_over
from queue_server.usecases.pause_window import pause_window
from queue_server.usecases.ports import Actor
from queue_server.usecases.rate_service import rate_service
from queue_server.usecases.reactivate_ticket import reactivate_ticket
from queue_server.usecases.recall import recall
from queue_server.usecases.report_paper import report_paper
from queue_server.usecases.report_terminal import report_terminal
from queue_server.usecases.reschedule_appointment import reschedule_appointment
from queue_server.usecases.restrict_person import restrict_person
from queue_server.usecases.resume_service import resume_service
from queue_server.usecases.return_numbers import return_numbers
from queue_server.usecases.serve_passed import serve_passed
from queue_server.usecases.serve_without_ticket import serve_without_ticket
from queue_server.usecases.settle_parked import settle_parked
from queue_server.usecases.start_service import start_service
from queue_server.usecases.take_ticket import take_ticket
from queue_server.usecases.transfer_ticket import transfer_ticket
from queue_server.usecases.undo_transfer import undo_transfer
from queue_server.usecases.work import Ids, Work


def carry_out(work: Work, command: Command, actor: Actor, now: datetime, ids: Ids, key: str | None) -> Message:
    """The reply of the one use case for this command. Raises ``Refusal``."""
    permission.check_role(actor, command)
    return _CARRY_OUT.get(type(command), _unknown)(work, command, actor, now, ids, key)


def _unknown(work: Work, command: Command, actor: Actor, now: datetime, ids: Ids, key: str | None) -> Message:
    del work, actor, now, ids, key
    raise Refusal(Code.BAD_REQUEST, f"the office does not carry out {type(command).__name__}")


UseCase = Callable[[Work, Any, Actor, datetime, Ids, str | None], Message]


def _short(use_case: Callable[[Work, Any, Actor, datetime], Message]) -> UseCase:
    """A use case that makes no ids."""
    return lambda work, command, actor, now, _ids, _key: use_case(work, command, actor, now)


def _with_ids(use_case: Callable[[Work, Any, Actor, datetime, Ids], Message]) -> UseCase:
    return lambda work, command, actor, now, ids, _key: use_case(work, command, actor, now, ids)


_CARRY_OUT: dict[type[Command], UseCase] = {
    # tickets
    m.TakeTicket: take_ticket,
    m.CheckIn: check_in,
    m.ReportPaper: _short(report_paper),
    m.CancelTicket: _short(cancel_ticket),
    m.ReactivateTicket: _short(reactivate_ticket),
    m.RateService: _short(rate_service),
    # at a window
    m.OpenWindow: _short(open_window),
    m.PauseWindow: _short(pause_window),
    m.CloseWindow: _short(close_window),
    m.ForceCloseWindow: _with_ids(force_close_window),
    m.CallNext: _with_ids(call_next),
    m.CallTicket: _with_ids(call_ticket),
    m.Recall: _short(recall),
    m.StartService: _with_ids(start_service),
    m.PassOver: _short(pass_over),
    m.HoldService: _short(hold_service),
    m.ResumeService: _short(resume_service),
    m.FinishService: _with_ids(finish_service),
    m.TransferTicket: _short(transfer_ticket),
    m.UndoTransfer: _with_ids(undo_transfer),
    m.ServePassed: _with_ids(serve_passed),
    m.ServeWithoutTicket: _with_ids(serve_without_ticket),
    # kiosks
    m.LendNumbers: _with_ids(lend_numbers),
    m.ReturnNumbers: _short(return_numbers),
    m.ReportOfflineTickets: _with_ids(accept_offline),
    m.ReportTerminal: _short(report_terminal),
    m.SettleParked: _with_ids(settle_parked),
    # appointments
    m.BookAppointment: _with_ids(book_appointment),
    m.RescheduleAppointment: _with_ids(reschedule_appointment),
    m.CancelAppointment: _with_ids(cancel_appointment),
    # the hall
    m.RestrictPerson: _with_ids(restrict_person),
    m.LiftRestriction: _with_ids(lift_restriction),
    m.ExtendHours: _with_ids(extend_hours),
}
