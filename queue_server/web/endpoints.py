"""Every route of ``/api/v1`` as data: what goes in, what comes out, who may.

The dispatcher, the checks of roles, the OpenAPI document and the tests of refusals all read this one
table, so a route that is not protected cannot be written by accident: ``roles`` has no default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from queue_server.contract import messages as m
from queue_server.contract.messages import Command, Role
from queue_server.usecases.permission import ALLOWED
from queue_server.web.shapes import (
    Alerts,
    Audit,
    CitizenRating,
    CodeMade,
    Done,
    EnrolmentWish,
    FindAppointments,
    Nothing,
    Parked,
    Providers,
    Queues,
    Ratings,
    Restrictions,
    Terminals,
    Windows,
)

BODY_LIMIT = 64 * 1024
LONG_BODY_LIMIT = 1024 * 1024


class Door(StrEnum):
    """How a caller shows who they are."""

    TOKEN = "token"  # noqa: S105  # because this is the word for a kind of door
    CITIZEN = "citizen"
    OPEN = "open"


class Media(StrEnum):
    JSON = "application/json"
    EVENTS = "text/event-stream"
    WAV = "audio/wav"
    YAML = "application/yaml"


@dataclass(frozen=True)
class Query:
    """A whole number in the query string, never negative."""

    name: str
    about: str
    most: int = 2**53


@dataclass(frozen=True)
class Endpoint:
    """One route. ``roles`` is empty only behind the doors CITIZEN and OPEN.

    ``command`` is what the body becomes; ``path`` says which of its fields come from the path
    (``{"id": "window"}``) and ``renamed`` which are called differently in the body.
    ``hot`` marks what a busy hall calls often: it comes first in the benchmarks.
    """

    name: str
    method: str
    template: str
    about: str
    roles: frozenset[Role]
    reply: Any
    door: Door = Door.TOKEN
    command: type[Command] | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    media: Media = Media.JSON
    query: tuple[Query, ...] = ()
    days: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """Short texts in the query string, such as the id of a queue."""
    keyed: bool = True
    at_window: bool = False
    body_limit: int = BODY_LIMIT
    hot: bool = False

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in braces of the path."""
        return tuple(part[1:].partition("}")[0] for part in self.template.split("/") if part.startswith("{"))


EVERYBODY = frozenset(Role)
AT_WINDOWS = frozenset({Role.WINDOW, Role.OFFICER, Role.ADMIN, Role.INTEGRATOR, Role.GATEWAY})
ASKERS = frozenset({Role.KIOSK, Role.INTEGRATOR})
ADMINS = frozenset({Role.ADMIN})
STAFF = frozenset({Role.WINDOW, Role.OFFICER, Role.ADMIN, Role.INTEGRATOR})
NOBODY: frozenset[Role] = frozenset()


def who_may(command: type[Command]) -> frozenset[Role]:
    """The roles that the office itself lets do this, so that the door and the desk never disagree."""
    return frozenset(role for role in ALLOWED[command] if role is not None)


def _window(verb: str, about: str, command: type[Command], **more: Any) -> Endpoint:
    return Endpoint(
        name=f"window_{verb.replace('-', '_')}",
        method="POST",
        template=f"/windows/{{id}}/{verb}",
        about=about,
        roles=who_may(command),
        reply=more.pop("reply", m.WindowDone),
        command=command,
        path={"id": "window"},
        at_window=True,
        **more,
    )


def _read(name: str, template: str, about: str, reply: Any, **more: Any) -> Endpoint:
    return Endpoint(name, "GET", template, about, more.pop("roles", EVERYBODY), reply, keyed=False, **more)


def _appointment(verb: str, about: str, command: type[Command], reply: Any) -> Endpoint:
    return Endpoint(
        name=f"{verb.replace('-', '_')}_appointment",
        method="POST",
        template=f"/appointments/{{id}}/{verb}",
        about=about,
        roles=who_may(command),
        reply=reply,
        command=command,
        path={"id": "appointment"},
    )


AFTER = Query("after", "The last sequence number that was seen; left out: from now on.")

ENDPOINTS: tuple[Endpoint, ...] = (
    # --- tickets ---
    Endpoint(
        "take_ticket",
        "POST",
        "/tickets",
        "Take a ticket.",
        who_may(m.TakeTicket),
        m.TicketIssued,
        command=m.TakeTicket,
        status=201,
        hot=True,
    ),
    _read("ticket", "/tickets/{id}", "A ticket, its place in the line and an estimate.", m.TicketStatus, hot=True),
    Endpoint(
        "cancel_ticket",
        "POST",
        "/tickets/{id}/cancel",
        "Give a ticket back before it is called.",
        who_may(m.CancelTicket),
        m.TicketStatus,
        command=m.CancelTicket,
        path={"id": "ticket"},
    ),
    Endpoint(
        "report_paper",
        "POST",
        "/tickets/{id}/paper",
        "Whether the paper of a ticket came out; a ticket taken with awaitsPaper waits from then on.",
        who_may(m.ReportPaper),
        m.TicketStatus,
        command=m.ReportPaper,
        path={"id": "ticket"},
    ),
    Endpoint(
        "reactivate_ticket",
        "POST",
        "/tickets/{id}/reactivate",
        "A passed ticket waits again, behind some others, once a day.",
        who_may(m.ReactivateTicket),
        m.TicketStatus,
        command=m.ReactivateTicket,
        path={"id": "ticket"},
    ),
    # --- appointments ---
    _read(
        "slots",
        "/slots",
        "The slots of a queue on a day, and the days that can be booked.",
        m.Slots,
        days=("date",),
        words=("queue",),
    ),
    _read(
        "appointments",
        "/appointments",
        "All bookings of a day.",
        m.Appointments,
        roles=STAFF,
        days=("date",),
        words=("queue",),
    ),
    Endpoint(
        "find_appointments",
        "POST",
        "/appointments/find",
        "What one person has booked.",
        who_may(m.BookAppointment),
        m.Appointments,
        command=FindAppointments,
        keyed=False,
    ),
    Endpoint(
        "book_appointment",
        "POST",
        "/appointments",
        "Book a place in a slot.",
        who_may(m.BookAppointment),
        m.AppointmentView,
        command=m.BookAppointment,
        status=201,
    ),
    _appointment("reschedule", "Move a booking to another slot.", m.RescheduleAppointment, m.AppointmentView),
    _appointment("cancel", "Give a booking back.", m.CancelAppointment, m.AppointmentView),
    _appointment("check-in", "The person is here: a ticket.", m.CheckIn, m.CheckedIn),
    # --- the hall as it is ---
    _read("queues", "/queues", "Every queue with its counts.", Queues, hot=True),
    _read("windows", "/windows", "Every window with its current ticket.", Windows),
    _read("snapshot", "/snapshot", "The whole state and the sequence number it belongs to.", m.Snapshot),
    _read(
        "events",
        "/events",
        "Everything that happens, as server-sent events; each data line is an Event.",
        m.Event,
        media=Media.EVENTS,
        query=(AFTER,),
    ),
    _read(
        "catalogue", "/catalogue", "All that a terminal keeps of the hall; answers 304 to a known ETag.", m.Catalogue
    ),
    _read("me", "/me", "Who the server thinks is asking.", m.Me),
    _read("providers", "/providers", "Which outside systems answer now.", Providers),
    _read("levels", "/levels", "The official words of rating.", m.Levels, roles=NOBODY, door=Door.OPEN),
    _read(
        "surfaces",
        "/surfaces",
        "Which screens, windows, pads and kiosks this hall has.",
        m.Surfaces,
        roles=NOBODY,
        door=Door.OPEN,
    ),
    _read(
        "speech",
        "/speech/{seq}.wav",
        "A call as one WAV; 410 once it is too late to say it.",
        bytes,
        media=Media.WAV,
    ),
    # --- windows ---
    _read(
        "waiting",
        "/windows/{id}/waiting",
        "Who waits for this window, in the order of being called.",
        m.WaitingAt,
        roles=AT_WINDOWS,
        at_window=True,
        query=(Query("limit", "How many at most.", 100),),
    ),
    _window("open", "Open the window.", m.OpenWindow),
    _window("pause", "Pause the window.", m.PauseWindow),
    _window("close", "Close the window.", m.CloseWindow),
    _window("call-next", "Call the next ticket.", m.CallNext, reply=m.Called, hot=True),
    _window("call", "Call one ticket out of order; the reason is kept.", m.CallTicket, reply=m.Called),
    _window("serve-passed", "Serve the person of a passed ticket at once.", m.ServePassed),
    _window("serve", "Serve somebody who took no number.", m.ServeWithoutTicket),
    _window("undo-transfer", "Take the last transfer from this window back.", m.UndoTransfer),
    _window("recall", "Call the current ticket again.", m.Recall),
    _window("start", "The citizen is here: begin.", m.StartService),
    _window("pass", "Nobody came.", m.PassOver),
    _window("hold", "Put the current ticket aside.", m.HoldService),
    _window("resume", "Take up a held ticket again.", m.ResumeService),
    _window("finish", "The service is over.", m.FinishService),
    _window(
        "transfer",
        "Send the ticket to another queue or window; the number stays.",
        m.TransferTicket,
        renamed={"to_window": "window"},
    ),
    # --- ratings ---
    _read(
        "rating",
        "/services/{id}/rating",
        "Whether a service was rated. The id may be that of a service, a ticket or a window.",
        m.ServiceRating,
    ),
    Endpoint(
        "rate",
        "POST",
        "/services/{id}/rating",
        "Rate a service. The id may be that of a service, a ticket or a window (its last service).",
        who_may(m.RateService),
        m.ServiceRating,
        command=m.RateService,
        path={"id": "service"},
    ),
    # --- kiosks without a network ---
    Endpoint(
        "lend_numbers",
        "POST",
        "/leases",
        "Borrow numbers for hours without a network.",
        who_may(m.LendNumbers),
        m.Lease,
        command=m.LendNumbers,
    ),
    Endpoint(
        "return_numbers",
        "POST",
        "/leases/{id}/return",
        "Give back the numbers that were not printed.",
        who_may(m.ReturnNumbers),
        m.LeaseReturned,
        command=m.ReturnNumbers,
        path={"id": "lease"},
    ),
    Endpoint(
        "offline_tickets",
        "POST",
        "/offline-tickets",
        'Report tickets that were printed from a lease: {"tickets": […]} or the bare list.',
        who_may(m.ReportOfflineTickets),
        m.OfflineResults,
        command=m.ReportOfflineTickets,
        body_limit=LONG_BODY_LIMIT,
    ),
    Endpoint(
        "report_terminal",
        "POST",
        "/terminals/report",
        "A terminal's sign of life.",
        who_may(m.ReportTerminal),
        m.TerminalReply,
        command=m.ReportTerminal,
        keyed=False,
    ),
    Endpoint("ask", "POST", "/ask", "Ask an outside system.", ASKERS, m.Answer, command=m.AskProvider, keyed=False),
    # --- who is who ---
    Endpoint(
        "enrol",
        "POST",
        "/enrol",
        "Turn a one-time code into a device token.",
        NOBODY,
        m.Enrolled,
        door=Door.OPEN,
        command=m.Enrol,
        keyed=False,
    ),
    Endpoint(
        "login",
        "POST",
        "/login",
        "An officer or admin logs in.",
        NOBODY,
        m.Enrolled,
        door=Door.OPEN,
        command=m.LogIn,
        keyed=False,
    ),
    Endpoint(
        "logout",
        "POST",
        "/logout",
        "Forget the session.",
        frozenset({Role.OFFICER, Role.ADMIN}),
        Done,
        command=Nothing,
        keyed=False,
    ),
    # --- the citizen's own ticket: the link is the key ---
    _read("my", "/my/{token}", "The ticket behind a link.", m.TicketStatus, roles=NOBODY, door=Door.CITIZEN),
    _read(
        "my_events",
        "/my/{token}/events",
        "A TicketStatus whenever it changes, as server-sent events.",
        m.TicketStatus,
        roles=NOBODY,
        door=Door.CITIZEN,
        media=Media.EVENTS,
    ),
    Endpoint(
        "my_cancel",
        "POST",
        "/my/{token}/cancel",
        "Give the ticket back.",
        NOBODY,
        m.TicketStatus,
        door=Door.CITIZEN,
        command=Nothing,
    ),
    Endpoint(
        "my_rating",
        "POST",
        "/my/{token}/rating",
        "Rate the service, also some days later.",
        NOBODY,
        m.ServiceRating,
        door=Door.CITIZEN,
        command=CitizenRating,
    ),
    # --- the back office ---
    _read("admin_terminals", "/admin/terminals", "Every terminal and its last sign of life.", Terminals, roles=ADMINS),
    _read("admin_parked", "/admin/parked", "Offline tickets that staff must settle.", Parked, roles=ADMINS),
    Endpoint(
        "admin_settle",
        "POST",
        "/admin/parked/settle",
        "Give a parked offline ticket a number, or dismiss it with a reason.",
        ADMINS,
        m.Settled,
        command=m.SettleParked,
    ),
    _read("alerts", "/alerts", "What the hall should look at.", Alerts, roles=STAFF),
    _read("admin_audit", "/admin/audit", "Who did what out of the ordinary.", Audit, roles=ADMINS),
    _read("admin_restrictions", "/admin/restrictions", "Who may not take numbers or book.", Restrictions, roles=ADMINS),
    Endpoint(
        "restrict_person",
        "POST",
        "/restrictions",
        "No numbers or bookings for the person of a ticket or appointment.",
        who_may(m.RestrictPerson),
        m.RestrictionView,
        command=m.RestrictPerson,
        status=201,
    ),
    Endpoint(
        "lift_restriction",
        "POST",
        "/restrictions/{id}/lift",
        "End a restriction.",
        who_may(m.LiftRestriction),
        m.RestrictionView,
        command=m.LiftRestriction,
        path={"id": "restriction"},
    ),
    Endpoint(
        "extend_hours",
        "POST",
        "/hours/extend",
        "Take people for longer today (延时服务).",
        who_may(m.ExtendHours),
        m.HoursExtended,
        command=m.ExtendHours,
    ),
    _read(
        "admin_ratings",
        "/admin/ratings",
        "Ratings as they were pressed, the newest first.",
        Ratings,
        roles=ADMINS,
        days=("from", "to"),
    ),
    _read("admin_hall", "/admin/hall.yaml", "The description of the hall.", str, roles=ADMINS, media=Media.YAML),
    Endpoint(
        "admin_code",
        "POST",
        "/admin/enrolment-codes",
        "A one-time code for a device.",
        ADMINS,
        CodeMade,
        command=EnrolmentWish,
        status=201,
        keyed=False,
    ),
)
