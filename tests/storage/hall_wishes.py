"""What people wish in a random hall, and the commands that become of it.

A wish is a few small numbers, so that hypothesis can make it smaller. It becomes a command by what the hall answered
before: mostly one that is possible, sometimes one that is refused.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))  # the lists are shared with the measurements

from queue_load.model_lines import with_turns

import assets
from queue_server.contract import messages as m
from queue_server.contract.messages import Command, Role
from queue_server.usecases.ports import Actor

WINDOWS = "12358"
PEOPLE = ("anna", "bao", "chen", "ding", "eve", "fang", "gu", "he")
WAYS = (("A-IDCARD", "C-QUERY", "E-COLLECT"), ("E-CONSULT", "A-HUKOU"), ("B-SSREG", "B-PENSION", "E-STUCK"))
INTEGRATOR, ADMIN = Actor("demo", Role.INTEGRATOR, "load"), Actor("demo", Role.ADMIN, "admin")
KIOSKS = (Actor("demo", Role.KIOSK, "K1"), Actor("demo", Role.KIOSK, "K2"))
NOBODY = "f" * 32
"""The id of a ticket that is not there."""

VERBS = {
    "take": 30, "call-next": 20, "finish": 8, "start": 8, "open": 6, "pass": 6, "transfer": 6, "send": 5,
    "reactivate": 4, "recall": 3, "hold": 4, "resume": 4, "undo": 3, "cancel": 3, "call": 5, "serve-passed": 3,
    "serve": 3, "several": 4, "on-paper": 4, "paper": 4, "lend": 2, "return": 2, "offline": 4, "settle": 1, "book": 4,
    "move-booking": 2, "give-back": 2, "check-in": 6, "restrict": 2, "lift": 1, "extend": 1, "rate": 3, "pause": 1,
    "close": 1, "sign-of-life": 1, "due": 3, "fail": 4, "change": 1,
    "force-close": 2,
}  # fmt: skip


class Wish(NamedTuple):
    """``key``: 0 to 9 none, then a new one, 14 an earlier request again, 15 an earlier key with another request."""

    verb: str
    window: str
    queue: str
    which: int
    option: int
    wait: float
    key: int
    last: bool
    """Whether the group ends here."""
    next_door: bool = False
    """In the other hall of the same server."""


NEEDS = {
    "open": "closed paused", "pause": "open", "close": "open paused", "call-next": "open calling serving",
    "call": "open calling serving", "recall": "calling", "start": "calling", "pass": "calling", "hold": "serving",
    "finish": "calling serving", "transfer": "calling serving", "send": "calling serving", "resume": "open",
    "undo": "open", "serve": "open", "serve-passed": "open", "force-close": "calling serving open",
}  # fmt: skip
"""How a window mostly is at which somebody wishes this: open, with a ticket in this state in front, or neither."""

AT_A_WINDOW: dict[str, Callable[[str], Command]] = {
    "open": lambda window: m.OpenWindow(window=window),
    "pause": lambda window: m.PauseWindow(window=window),
    "close": lambda window: m.CloseWindow(window=window),
    "recall": lambda window: m.Recall(window=window),
    "start": lambda window: m.StartService(window=window),
    "pass": lambda window: m.PassOver(window=window),
    "hold": lambda window: m.HoldService(window=window),
    "resume": lambda window: m.ResumeService(window=window),
    "finish": lambda window: m.FinishService(window=window),
    "undo": lambda window: m.UndoTransfer(window=window),
    "serve": lambda window: m.ServeWithoutTicket(window=window),
}

_VERBS = [verb for verb, times in VERBS.items() for _ in range(times)]
_WAITS = (*((0, 0, 0.001, 1, 1, 1, 11, 11, 61, 700) * 3), 61, 8 * 3600)


def _wish(dice: bytes) -> Wish:
    return Wish(
        verb=_VERBS[(dice[0] * 256 + dice[1]) * len(_VERBS) >> 16],
        window="11233358"[dice[2] % 8],
        queue="AAABCE"[dice[3] % 6],
        which=dice[4] % 21,
        option=dice[5] % 12,
        wait=_WAITS[dice[6] % 32],
        key=dice[7] // 8 % 16,
        last=dice[7] % 6 == 5,
        next_door=dice[3] >= 224,
    )


wishes = st.binary(min_size=8, max_size=8).map(_wish)
"""Of eight bytes, because that is one throw of the dice instead of eight."""


def any_day(seed: int) -> list[Wish]:
    """By turns many come, and many are called: a line grows long and comes to its end."""
    chance = random.Random(seed)
    found = []
    for place in range(80):
        wish = _wish(chance.randbytes(8))
        if chance.random() < 0.4:
            wish = wish._replace(verb="call-next" if place // 16 % 2 else "take", queue="AE"[place % 5 // 4])
        found.append(wish)
    return found


days = st.lists(wishes, min_size=15, max_size=60) | st.integers(0, 2**32).map(any_day)
"""Days that can be made shorter when something is found, and days in which more different things happen."""

CHANGES = (
    ("capacity: 4 }", "capacity: 2 }, quota_per_day: 40"),
    ("expected_service_minutes: 15", "expected_service_minutes: 15, numbers: { from: 1, to: 7 }"),
    ("recall_spacing_seconds: 10", "recall_spacing_seconds: 1"),
    ("max_waiting_per_queue: 300", "max_waiting_per_queue: 25"),
)
"""Little room, so that many a wish is refused."""

LATER = (
    ("turns: { A: 2, E: 1 }", "turns: { A: 1, E: 4 }"),
    ("queues: [B, E]", "queues: [E, B, A]"),
    ("ageing_minutes: 20", "ageing_minutes: 9"),
    ("appointment_share: 1", "appointment_share: 2"),
)
"""How the description changes in the middle of the day."""


def hall_text(*changes: tuple[str, str]) -> str:
    """The demo hall with turns between queues, changed."""
    text = with_turns(assets.DEMO_HALL.read_text("utf-8"))
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


Loan = tuple[str, int, int, str, Actor]
"""A block of numbers: its id, first, last, queue, and the kiosk that borrowed it."""


class Call(NamedTuple):
    """A command that is asked for: by whom, under which key, at which moment."""

    command: Command
    actor: Actor
    key: str | None


@dataclass
class Known:
    """What the hall answered so far, and the next command for a wish."""

    hall: str = "demo"
    tickets: dict[str, str] = field(default_factory=dict)
    """The last known states, by id."""
    windows: dict[str, str] = field(default_factory=lambda: dict.fromkeys("135", "open"))
    bookings: list[str] = field(default_factory=list)
    loans: list[Loan] = field(default_factory=list)
    restrictions: list[str] = field(default_factory=list)
    asked: list[Call] = field(default_factory=list)
    """Requests with a key."""
    count: int = 0

    def call(self, wish: Wish, now: datetime) -> Call:
        self.count += 1
        command, actor = self._command(wish._replace(window=self._window(wish)), now)
        actor = replace(actor, hall=self.hall)
        if wish.key >= 14 and self.asked:
            earlier = self.asked[wish.which % len(self.asked)]
            return earlier if wish.key == 14 else Call(command, earlier.actor, earlier.key)
        if wish.key < 10 and not (actor.role is Role.KIOSK and isinstance(command, m.TakeTicket)):
            return Call(command, actor, None)
        self.asked.append(Call(command, actor, f"key-{self.count}"))
        return self.asked[-1]

    def heard(self, call: Call, body: bytes) -> None:
        """Remembers what the reply says."""
        reply = json.loads(body)
        told = reply.get("window")
        window = told if isinstance(told, dict) else {}
        for one in (reply.get("ticket"), window.get("ticket"), *window.get("held", ()), reply):
            if isinstance(one, dict) and "number" in one and "id" in one:
                self.tickets[one["id"]] = one.get("state", "waiting")
        if window:
            front = window.get("ticket")
            self.windows[window["id"]] = front["state"] if front else window["mode"]
        match call.command:
            case m.BookAppointment() | m.RescheduleAppointment():
                self.bookings.append(reply["id"])
            case m.LendNumbers():
                self.loans.append((reply["id"], reply["from"], reply["to"], reply["queue"], call.actor))
            case m.RestrictPerson():
                self.restrictions.append(reply["id"])

    def _command(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        if wish.verb in AT_A_WINDOW:
            return AT_A_WINDOW[wish.verb](wish.window), INTEGRATOR
        maker: Callable[[Wish, datetime], tuple[Command, Actor]] = getattr(self, f"_{wish.verb.replace('-', '_')}")
        return maker(wish, now)

    # --- small words ---

    def one(self, which: int, *states: str) -> str:
        """Some ticket, rather the newest, and in one of these states if there is one."""
        found = [ticket for ticket, state in self.tickets.items() if state in states] or list(self.tickets)
        return found[-1 - which % min(len(found), 8)] if found else NOBODY

    def _window(self, wish: Wish) -> str:
        """The window of the wish, or another one that is as it must be."""
        needs = NEEDS.get(wish.verb, "").split()
        fitting = [window for window in WINDOWS if self.windows.get(window, "closed") in needs]
        if not fitting or wish.window in fitting or wish.option == 11:
            return wish.window
        return fitting[wish.which % len(fitting)]

    def _person(self, wish: Wish) -> m.PersonRef | None:
        if wish.option % 3:
            return None
        name = PEOPLE[wish.which % len(PEOPLE)]
        return m.PersonRef(token=f"{name:->20}", masked_name=f"{name[0]}*")

    def _slot(self, wish: Wish, now: datetime) -> datetime:
        half = timedelta(minutes=30)
        begins = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
        return begins + half * (1 + wish.option % 2)

    # --- taking ---

    def _take(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        priority = m.Priority.ELDER if wish.option == 0 else m.Priority.NONE
        phone = f"1390000{wish.which:04d}" if wish.option == 1 else None
        actor = KIOSKS[wish.which % 2] if wish.option in {4, 5} else INTEGRATOR
        return m.TakeTicket(queue=wish.queue, priority=priority, person=self._person(wish), phone=phone), actor

    def _several(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        way = WAYS[wish.option % 3]
        return m.TakeTicket(queue=way[0][0], items=way, person=self._person(wish)), INTEGRATOR

    def _on_paper(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        return m.TakeTicket(queue=wish.queue, person=self._person(wish), awaits_paper=True), KIOSKS[0]

    def _paper(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        word = list(m.PaperState)[wish.option % len(m.PaperState)]
        return m.ReportPaper(ticket=self.one(wish.which, "issuing", "print-failed"), state=word), KIOSKS[0]

    def _cancel(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        return m.CancelTicket(ticket=self.one(wish.which, "waiting")), INTEGRATOR

    def _reactivate(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        return m.ReactivateTicket(ticket=self.one(wish.which, "passed")), INTEGRATOR

    def _lend(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        return m.LendNumbers(queue=wish.queue, size=100 if wish.option == 0 else 3), KIOSKS[wish.which % 2]

    def _return(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        lease, begin, end, _, kiosk = self._loan(wish)
        return m.ReturnNumbers(lease=lease, next=min(end, begin + wish.option % 4)), kiosk

    def _offline(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        """One or two printed numbers; perhaps the server has the ticket already, and its answer was lost.

        A kiosk that prints the same link on two papers is broken.
        """
        lease, begin, _, queue, kiosk = self._loan(wish)
        same = wish.option == 0
        lost = [
            call.key for call in self.asked if call.actor.name == kiosk.name and isinstance(call.command, m.TakeTicket)
        ]
        key = lost[wish.which % len(lost)] if lost and wish.option > 4 else None
        printed = tuple(
            m.OfflineTicket(
                key=key or f"printed-{self.count if wish.option else wish.which}-{place}",
                lease=lease,
                queue=queue,
                number=f"{queue}{begin + self.count % 9 + place:03d}",
                issued_at=now - timedelta(seconds=30 * (wish.option - place)),
                status_token=f"{self.hall}-paper-{wish.which if same else self.count:04d}-{0 if same else place}",
                person=self._person(wish),
            )
            for place in range(1 if key else 1 + wish.which % 2)
        )
        clock = now + timedelta(minutes=10) if wish.option == 7 else None
        return m.ReportOfflineTickets(tickets=printed, clock=clock), kiosk

    def _settle(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        return m.SettleParked(kiosk="K1", key=f"printed-{wish.which}-0", how=m.SettleHow.ISSUE), ADMIN

    def _loan(self, wish: Wish) -> Loan:
        return self.loans[wish.which % len(self.loans)] if self.loans else (NOBODY, 700, 702, wish.queue, KIOSKS[0])

    # --- at a window ---

    def _call_next(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        ends = m.Outcome.ACCEPTED if wish.option % 4 else None
        return m.CallNext(window=wish.window, finish_current=ends), INTEGRATOR

    def _call(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        """Out of order; when this ticket cannot be called, the service that was to end before does not end either."""
        ends = m.Outcome.REFUSED if wish.option % 2 else None
        ticket = self.one(wish.which) if wish.option > 8 else self.one(wish.which, "waiting")
        reason = m.CallReason.SPECIAL_NEED
        return m.CallTicket(window=wish.window, ticket=ticket, reason=reason, finish_current=ends), INTEGRATOR

    def _transfer(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        position = list(m.Position)[wish.option % 3]
        return m.TransferTicket(window=wish.window, queue=wish.queue, position=position), INTEGRATOR

    def _send(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        position, to = list(m.Position)[wish.option % 3], WINDOWS[wish.which % 5]
        return m.TransferTicket(window=wish.window, to_window=to, position=position), INTEGRATOR

    def _serve_passed(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        return m.ServePassed(window=wish.window, ticket=self.one(wish.which, "passed")), INTEGRATOR

    def _rate(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        level = (m.Level.SATISFIED, m.Level.DISSATISFIED, m.Level.VERY_SATISFIED)[wish.option % 3]
        return m.RateService(service=self.one(wish.which, "done"), level=level, text="slow"), INTEGRATOR

    # --- bookings, people, the hall ---

    def _due(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        """Time does it, no command."""
        return m.ReportTerminal(clock=now), INTEGRATOR

    def _book(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        queue = "AC"[wish.option % 2]
        phone = f"13800{wish.which % 5:06d}"
        return m.BookAppointment(queue=queue, start=self._slot(wish, now), phone=phone), INTEGRATOR

    def _booking(self, wish: Wish) -> str:
        return self.bookings[-1 - wish.which % min(4, len(self.bookings))] if self.bookings else NOBODY

    def _move_booking(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        return m.RescheduleAppointment(appointment=self._booking(wish), start=self._slot(wish, now)), ADMIN

    def _give_back(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        return m.CancelAppointment(appointment=self._booking(wish)), (INTEGRATOR, ADMIN)[wish.option % 2]

    def _check_in(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        return m.CheckIn(appointment=self._booking(wish), awaits_paper=wish.option == 0), INTEGRATOR

    def _restrict(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        person = m.PersonRef(token=f"{PEOPLE[wish.which % len(PEOPLE)]:->20}")
        until = now + timedelta(minutes=20)
        return m.RestrictPerson(person=person, reason=m.RestrictionReason.SCALPING, until=until), ADMIN

    def _lift(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        known = self.restrictions or [NOBODY]
        return m.LiftRestriction(restriction=known[wish.which % len(known)]), ADMIN

    def _force_close(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        return m.ForceCloseWindow(window=wish.window, reason=m.ForceReason.OFFICER_LEFT), ADMIN

    def _extend(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        return m.ExtendHours(until=now + timedelta(hours=1), queue=wish.queue), ADMIN

    def _sign_of_life(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        return m.ReportTerminal(clock=now, waiting_uploads=wish.option), KIOSKS[wish.which % 2]

    def _fail(self, wish: Wish, now: datetime) -> tuple[Command, Actor]:
        """Something that changes much; it is broken off when all is done."""
        verbs = ("take", "call-next", "finish", "transfer", "check-in", "open", "book", "several", "start")
        return self._command(wish._replace(verb=verbs[wish.which % len(verbs)]), now)
