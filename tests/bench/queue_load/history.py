"""Reads what callers were told and what the event table says, and finds out whether one order explains both.

1. Every acknowledged act that changed something is one event (with those that belong to it), and no such event is
   without its act. 2. The order of the events keeps the order of real time: what was answered before another was asked
   stands before it. 3. In that order a second opinion of the hall (``hall_model``) does the same: the same numbers, the
   same tickets called, the same refusals. Whoever was told "nobody waits" or "no" was told the truth at some moment
   between asking and being answered. Together this is linearizability, for each queue and for the whole hall.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Any

from queue_load.hall_model import Hall
from queue_load.mixed import Act
from queue_load.model_lines import ON_THE_BOARD, No, Rules, Ticket, demo_windows

KINDS = {
    "tickets": ("ticket.issued",),
    "call-next": ("ticket.called", "ticket.finished"),
    "start": ("ticket.started",),
    "recall": ("ticket.recalled",),
    "pass": ("ticket.passed", "ticket.voided"),
    "reactivate": ("ticket.reactivated",),
    "transfer": ("ticket.transferred",),
    "undo-transfer": ("ticket.transfer-undone",),
    "hold": ("ticket.held",),
    "resume": ("ticket.resumed",),
    "finish": ("ticket.finished",),
    "cancel": ("ticket.cancelled",),
    "open": ("window.opened",),
}
"""Which event an act leaves; the first that fits."""

BY_THEMSELVES = ("rating.", "hall.", "supervision.", "numbers.")
"""Events that time makes, or that come along with others; they move no ticket."""

ROUNDING = 0.002
"""Seconds: the hall counts whole milliseconds."""


FORGET_EVERY = 50
"""Events after which the lists forget who is at an end: they look at everybody, again and again."""


@dataclass
class Event:
    seq: int
    type: str
    at: float
    data: dict[str, Any]
    act: Act | None = None
    along: Act | None = None
    """The act that also did this: call-next, that finished the ticket before."""


@dataclass
class Verdict:
    """What is wrong, by kind; all zero is right."""

    acts: int = 0
    events: int = 0
    duplicate_numbers: int = 0
    called_at_two_windows: int = 0
    lost_writes: int = 0
    gaps: int = 0
    without_act: int = 0
    against_time: int = 0
    unexplained: int = 0
    """Replies that the second opinion would not have given."""
    first: list[str] = field(default_factory=list)
    """The first few, in words."""

    @property
    def linearizable(self) -> bool:
        return not (self.without_act or self.against_time or self.unexplained)

    def wrong(self, what: str) -> None:
        if len(self.first) < 10:
            self.first.append(what)


def check(acts: Sequence[Act], rows: Iterable[tuple[int, str, datetime, bytes]], rules: Rules) -> Verdict:
    """``rows`` are all events of the hall: number, type, time, data."""
    events = [Event(seq, kind, at.timestamp(), json.loads(data)) for seq, kind, at, data in rows]
    verdict = Verdict(acts=len(acts), events=len(events))
    verdict.gaps = sum(event.seq != place for place, event in enumerate(events, 1))
    numbers = Counter(json.loads(act.reply)["number"] for act in acts if act.status == 201)
    verdict.duplicate_numbers = sum(count - 1 for count in numbers.values())
    verdict.called_at_two_windows = _at_two_windows(events)
    _pair(acts, events, verdict)
    _check_time(events, verdict)
    _Replay(acts, events, rules, verdict).run()
    return verdict


def changed(act: Act) -> bool:
    """Whether the reply says that something was done."""
    if act.status not in {200, 201}:
        return False
    if act.verb == "call-next":
        reply = json.loads(act.reply)
        return reply.get("ticket") is not None or reply.get("window") is not None
    return True


def _at_two_windows(events: list[Event]) -> int:
    """Calls of tickets that were in front of a window, or done, when they were called."""
    state: dict[str, str] = {}
    twice = 0
    for event in events:
        ticket = event.data.get("ticket")
        if ticket is not None:
            twice += event.type == "ticket.called" and state.get(ticket["id"]) != "waiting"
            state[ticket["id"]] = ticket["state"]
    return twice


# --- 1. every act its event ---


def _mark(ticket: dict[str, Any] | None, window: dict[str, Any] | None) -> str:
    return json.dumps([ticket, window], sort_keys=True)


def _pair(acts: Sequence[Act], events: list[Event], verdict: Verdict) -> None:
    """Acts that left the same words are told apart by time: who was answered first has the first that fits."""
    issued = {event.data["ticket"]["id"]: event for event in events if event.type == "ticket.issued"}
    told: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        if event.type.startswith("ticket."):
            whole = _mark(event.data.get("ticket"), event.data.get("window"))
            told[event.type, whole].append(event)
            told[event.type, _mark(event.data.get("ticket"), None)].append(event)
            told[event.type, _mark(None, event.data.get("window"))].append(event)
        elif event.type == "window.opened":
            told[event.type, _mark(None, event.data["window"])].append(event)
    for act in sorted((act for act in acts if changed(act)), key=lambda one: one.answered):
        reply = json.loads(act.reply)
        if act.status == 201:
            found = [issued[reply["id"]]] if reply["id"] in issued else []
        else:
            mark = _mark(reply.get("ticket"), reply.get("window"))
            kinds = KINDS[act.verb]
            if act.verb == "call-next":
                kinds = kinds[:1] if reply.get("ticket") else kinds[1:]
            found = [event for kind in kinds for event in told[kind, mark]]
        fitting = [
            event
            for event in found
            if event.act is None and act.invoked - ROUNDING <= event.at <= act.answered + ROUNDING
        ]
        if fitting:
            fitting[0].act = act
        elif act.verb != "open":  # opening an open window changes nothing
            verdict.lost_writes += 1
            verdict.wrong(f"no event of {act.path} {act.key}")
    _pair_along(events)
    for event in events:
        if event.act is None and event.along is None and not event.type.startswith(BY_THEMSELVES):
            verdict.without_act += 1
            verdict.wrong(f"event {event.seq} {event.type} was done by nobody")


def _pair_along(events: list[Event]) -> None:
    """Call-next finishes the ticket before in the same transaction, a few events earlier."""
    for place, event in enumerate(events):
        if event.act is None or event.act.verb != "call-next" or event.type != "ticket.called":
            continue
        for earlier in reversed(events[max(0, place - 8) : place]):
            if earlier.at != event.at or earlier.act is not None or earlier.along is not None:
                break
            if earlier.type == "ticket.finished" and earlier.data["window"]["id"] == event.data["window"]["id"]:
                earlier.along = event.act
                break


# --- 2. real time ---


def _check_time(events: list[Event], verdict: Verdict) -> None:
    latest_asked = 0.0
    for event in events:
        if event.act is None:
            continue
        if event.act.answered < latest_asked:
            verdict.against_time += 1
            verdict.wrong(f"event {event.seq} was answered before an earlier one was asked")
        latest_asked = max(latest_asked, event.act.invoked)


# --- 3. a second opinion ---


class _Replay:
    def __init__(self, acts: Sequence[Act], events: list[Event], rules: Rules, verdict: Verdict) -> None:
        self._events = events
        self._verdict = verdict
        self._hall = Hall(dict(demo_windows()), rules)
        self._by_id: dict[str, Ticket] = {}
        self._questions = sorted(_questions(acts, events), key=lambda one: one[0])
        self._open: list[tuple[int, int, Act]] = []
        self._asked = 0

    def run(self) -> None:
        self._answer(0, 0.0)
        for event in self._events:
            if event.act is None:
                if event.along is not None:
                    continue  # done together with the call
                if event.type == "ticket.expired":
                    self._by_id[event.data["ticket"]["id"]].state = "expired"
                continue
            try:
                expected = self._do(event, datetime.fromtimestamp(event.at).astimezone())
            except No as no:
                expected = f"no: {no}"
            except KeyError as error:
                expected = f"unknown ticket {error}"
            if expected:
                self._verdict.unexplained += 1
                self._verdict.wrong(f"event {event.seq} {event.type} {event.act.path}: {expected}")
            self._answer(event.seq, event.at)
            if event.seq % FORGET_EVERY == 0:
                self._hall.tickets[:] = [one for one in self._hall.tickets if one.state in ON_THE_BOARD]
        for _, _, act in (*self._open, *self._questions[self._asked :]):
            self._false(act)

    def _do(self, event: Event, now: datetime) -> str:
        """Does it in the model; what the model would have said instead, empty when it agrees."""
        act, data, hall = event.act, event.data, self._hall
        assert act is not None
        told = data.get("ticket") or {}
        body = json.loads(act.body)
        if event.type == "ticket.issued":
            first = body["priority"] != "none"
            ahead = hall.ahead(body["queue"], 0 if first else 4)
            taken = hall.take(body["queue"], now, first=first)
            taken.id = told["id"]
            self._by_id[taken.id] = taken
            reply = json.loads(act.reply)
            same = (reply["number"], reply["ahead"]) == (taken.number, ahead)
            return "" if same else f"number {taken.number}, {ahead} ahead, not {reply['number']}, {reply['ahead']}"
        if act.verb == "open":
            hall.open(act.window)
            return ""
        if act.verb in {"cancel", "reactivate"}:
            ticket = self._by_id[act.ticket]
            hall.cancel(ticket) if act.verb == "cancel" else hall.reactivate(ticket, now)
            return ""
        return self._at_window(act, told, body, now)

    def _at_window(self, act: Act, told: dict[str, Any], body: dict[str, Any], now: datetime) -> str:
        hall, window = self._hall, act.window
        if act.verb == "call-next":
            front = hall.windows[window].front
            called = hall.call_next(window, now, finish="finishCurrent" in body)
            replied = (json.loads(act.reply).get("ticket") or {}).get("id")
            if called is None and replied is None:
                return "" if front is not None and front.id == told["id"] else "another ticket was finished"
            if called is not None and called.id == replied:
                return ""
            return f"{_placed(called, now)}, not {_placed(self._by_id.get(replied or ''), now)}"
        if act.verb == "transfer":
            done = hall.transfer(window, now, body["position"], body.get("queue"), body.get("window"))
        elif act.verb in {"recall", "start", "finish", "undo-transfer"}:
            method = getattr(hall, act.verb.replace("-", "_"))
            done = method(window, now)
        else:
            done = {"pass": hall.pass_over, "hold": hall.hold, "resume": hall.resume}[act.verb](window)
        same = (done.id, done.state, done.queue) == (told["id"], told["state"], told["queue"])
        return "" if same else f"{done.number} {done.state} in {done.queue}"

    # --- questions: answers that changed nothing ---

    def _answer(self, seq: int, at: float) -> None:
        """Which of the open questions are answered truly by the hall as it is after event ``seq``."""
        while self._asked < len(self._questions) and self._questions[self._asked][0] <= seq:
            self._open.append(self._questions[self._asked])
            self._asked += 1
        left = []
        for question in self._open:
            _, until, act = question
            if seq >= until:
                self._false(act)
            elif not self._is_true(act, at):
                left.append(question)
        self._open = left

    def _false(self, act: Act) -> None:
        self._verdict.unexplained += 1
        self._verdict.wrong(f"{act.path} {act.body.decode()} {act.key}: {act.reply.decode()[:90]} at no moment")

    def _is_true(self, act: Act, at: float) -> bool:
        moments = {max(act.invoked, at), act.answered}
        return any(self._says(act, datetime.fromtimestamp(one).astimezone()) == _word(act) for one in moments)

    def _says(self, act: Act, now: datetime) -> str:
        """The word of the model for an act that changes nothing; ``changed`` if it would change something."""
        hall, window, body = self._hall, act.window, json.loads(act.body)
        if act.verb in {"cancel", "reactivate"}:
            ticket = self._by_id.get(act.ticket)
            if ticket is None:
                return "not_found"
            if act.verb == "cancel":
                return "changed" if ticket.state == "waiting" else "wrong_state"
            if ticket.state != "passed":
                return "wrong_state"
            return "changed" if ticket.came_back < hall.rules.reactivations else "reactivation_limit"
        if act.verb in {"call-next", "resume", "undo-transfer"}:
            return self._says_of_a_free_window(act.verb, window, "finishCurrent" in body, now)
        if act.verb == "transfer" and body.get("window") == window:
            return "bad_request"
        front = hall.windows[window].front
        if front is None:
            return "no_current_ticket"
        needs = {"finish": ("calling", "serving"), "transfer": ("calling", "serving"), "hold": ("serving",)}
        if front.state not in needs.get(act.verb, ("calling",)):
            return "wrong_state"
        if act.verb == "recall" and front.calls > hall.rules.recall_limit:
            return "recall_limit"
        return "changed"

    def _says_of_a_free_window(self, verb: str, window: str, finishes: bool, now: datetime) -> str:
        hall = self._hall
        desk = hall.windows[window]
        if desk.mode != "open":
            return "window_not_open"
        if desk.front is not None:
            return "changed" if verb == "call-next" and finishes else "window_busy"
        if verb == "call-next":
            return "changed" if hall.next_for(window, now) else "nobody"
        if verb == "resume":
            return "changed" if hall.held(window) else "no_current_ticket"
        try:
            hall.undoable(window, now)
        except No as no:
            return str(no)
        return "changed"


def _placed(ticket: Ticket | None, now: datetime) -> str:
    if ticket is None:
        return "nobody"
    waited = (now - ticket.since).total_seconds()
    where = f"{ticket.state} in {ticket.queue}, sent to {ticket.only_at}"
    return f"{ticket.number} ({where}, rank {ticket.rank}, for {waited:.6f} s)"


def _word(act: Act) -> str:
    return str(json.loads(act.reply)["code"]) if act.status >= 400 else "nobody"


def _questions(acts: Sequence[Act], events: list[Event]) -> list[tuple[int, int, Act]]:
    """Acts that changed nothing, each with the events after which it may stand: from the first, before the second."""
    done = [event for event in events if event.act is not None]
    by_answer = sorted((event.act.answered, event.seq) for event in done if event.act is not None)
    answers = [answered for answered, _ in by_answer]
    highest = list(accumulate((seq for _, seq in by_answer), max))
    by_asking = sorted((event.act.invoked, event.seq) for event in done if event.act is not None)
    askings = [invoked for invoked, _ in by_asking]
    lowest = list(accumulate((seq for _, seq in reversed(by_asking)), min))[::-1]
    last = events[-1].seq + 1 if events else 1
    found = []
    for act in acts:
        if changed(act):
            continue
        before = bisect_left(answers, act.invoked)
        after = bisect_right(askings, act.answered)
        found.append((highest[before - 1] if before else 0, lowest[after] if after < len(lowest) else last, act))
    return found
