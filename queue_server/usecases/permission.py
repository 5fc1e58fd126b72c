"""Who may do what. The web asks first; this holds for every way in."""

from __future__ import annotations

from queue_server.contract import messages as m
from queue_server.contract.messages import Command, Role
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain.window import WindowState
from queue_server.usecases.ports import Actor

CITIZEN = None
"""The role of somebody who holds a ticket's link."""

_AT_A_WINDOW = frozenset({Role.WINDOW, Role.OFFICER, Role.GATEWAY, Role.INTEGRATOR})
_STAFF_AND_KIOSKS = frozenset({Role.KIOSK, Role.INTEGRATOR, Role.WINDOW, Role.OFFICER, Role.ADMIN})

ALLOWED: dict[type[Command], frozenset[Role | None]] = {
    m.TakeTicket: _STAFF_AND_KIOSKS,
    m.CancelTicket: _STAFF_AND_KIOSKS | {CITIZEN},
    m.OpenWindow: _AT_A_WINDOW,
    m.PauseWindow: _AT_A_WINDOW | {Role.ADMIN},
    m.CloseWindow: _AT_A_WINDOW | {Role.ADMIN},
    m.ForceCloseWindow: frozenset({Role.ADMIN}),
    m.CallNext: _AT_A_WINDOW,
    m.Recall: _AT_A_WINDOW,
    m.StartService: _AT_A_WINDOW,
    m.PassOver: _AT_A_WINDOW,
    m.HoldService: _AT_A_WINDOW,
    m.ResumeService: _AT_A_WINDOW,
    m.FinishService: _AT_A_WINDOW,
    m.TransferTicket: _AT_A_WINDOW,
    m.CallTicket: _AT_A_WINDOW,
    m.ServePassed: _AT_A_WINDOW,
    m.ServeWithoutTicket: _AT_A_WINDOW,
    m.UndoTransfer: _AT_A_WINDOW,
    m.ReportPaper: frozenset({Role.KIOSK, Role.INTEGRATOR}),
    m.ReactivateTicket: _STAFF_AND_KIOSKS | {CITIZEN},
    m.BookAppointment: _STAFF_AND_KIOSKS,
    m.RescheduleAppointment: _STAFF_AND_KIOSKS,
    m.CancelAppointment: _STAFF_AND_KIOSKS,
    m.CheckIn: _STAFF_AND_KIOSKS,
    m.ReturnNumbers: frozenset({Role.KIOSK, Role.INTEGRATOR}),
    m.SettleParked: frozenset({Role.ADMIN}),
    m.RestrictPerson: frozenset({Role.ADMIN, Role.OFFICER}),
    m.LiftRestriction: frozenset({Role.ADMIN}),
    m.ExtendHours: frozenset({Role.ADMIN, Role.INTEGRATOR}),
    m.RateService: frozenset({Role.PAD, Role.GATEWAY, Role.INTEGRATOR, Role.KIOSK, CITIZEN}),
    m.LendNumbers: frozenset({Role.KIOSK, Role.INTEGRATOR}),
    m.ReportOfflineTickets: frozenset({Role.KIOSK, Role.INTEGRATOR}),
    m.ReportTerminal: frozenset({Role.KIOSK, Role.WINDOW, Role.SCREEN, Role.PAD, Role.GATEWAY, Role.INTEGRATOR}),
}
"""No officer and no window terminal may rate: a rating is what the citizen pressed."""


def check_role(actor: Actor, command: Command) -> None:
    """Raises ``FORBIDDEN`` when this kind of actor never does that."""
    if actor.role not in ALLOWED.get(type(command), frozenset()):
        who = actor.role.value if actor.role else "citizen"
        raise Refusal(Code.FORBIDDEN, f"a {who} may not do {type(command).__name__}")


def check_at_window(actor: Actor, state: WindowState) -> None:
    """A window terminal or pad acts at its own window, an officer at the one that he occupies."""
    if actor.role in {Role.WINDOW, Role.PAD} and actor.window != state.window:
        raise Refusal(Code.FORBIDDEN, f"{actor.name} does not stand at window {state.window}", window=state.window)
    if actor.role is Role.OFFICER and state.officer != actor.name:
        if state.officer is None:
            raise Refusal(Code.WINDOW_NOT_OPEN, f"{actor.name} did not open window {state.window}", window=state.window)
        raise Refusal(Code.WINDOW_TAKEN, f"window {state.window} is occupied", window=state.window)


def check_own_ticket(actor: Actor, ticket: str) -> None:
    """A citizen's link is good for one ticket."""
    if actor.role is CITIZEN and actor.ticket != ticket:
        raise Refusal(Code.FORBIDDEN, "this link belongs to another ticket")
