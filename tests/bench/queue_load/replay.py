"""The third question of the checker: would a second opinion of the hall have said the same, in the order of events?"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from queue_load.hall_model import Hall
from queue_load.mixed import Act
from queue_load.model_bookings import Booking
from queue_load.model_lines import APPOINTMENT, ON_THE_BOARD, No, Rules, Ticket, demo_windows
from queue_load.verdict import Event, Verdict, changed

FORGET_EVERY = 50
"""Events after which the lists forget who is at an end: they look at everybody, again and again."""


class Replay:
    """Does all acts in the order of their events; ``verdict`` hears what does not agree."""

    def __init__(self, acts: Sequence[Act], events: list[Event], rules: Rules, verdict: Verdict) -> None:
        self._events = events
        self._verdict = verdict
        self._hall = Hall(dict(demo_windows(rules.turns)), rules)
        self._by_id: dict[str, Ticket] = {}
        self._bookings: dict[str, Booking] = {}
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
            stops = tuple(dict.fromkeys(item[0] for item in body.get("items", ())))
            return self._came(hall.take(body["queue"], now, first=first, stops=stops), ahead, json.loads(act.reply))
        if act.verb.startswith("book"):
            return self._booked(act, json.loads(act.reply), now)
        if act.verb == "open":
            hall.open(act.window)
            return ""
        if act.verb in {"cancel", "reactivate"}:
            ticket = self._by_id[act.ticket]
            hall.cancel(ticket) if act.verb == "cancel" else hall.reactivate(ticket, now)
            return ""
        return self._at_window(act, told, body, now)

    def _came(self, taken: Ticket, ahead: int, reply: dict[str, Any]) -> str:
        taken.id = reply["id"]
        self._by_id[taken.id] = taken
        same = (reply["number"], reply["ahead"]) == (taken.number, ahead)
        return "" if same else f"number {taken.number}, {ahead} ahead, not {reply['number']}, {reply['ahead']}"

    def _booked(self, act: Act, reply: dict[str, Any], now: datetime) -> str:
        hall, body = self._hall, json.loads(act.body)
        if act.verb == "book":
            self._bookings[reply["id"]] = hall.book(body["queue"], _start(body), body["phone"], now)
            return ""
        booking = self._bookings[act.ticket]
        if act.verb == "booking-reschedule":
            self._bookings[reply["id"]] = hall.move(booking, _start(body), now)
            return ""
        if act.verb == "booking-cancel":
            hall.give_back(booking, now)
            return ""
        hall.may_arrive(booking, now)
        ahead = hall.ahead(booking.queue, APPOINTMENT)
        booking.state = "checked-in"
        taken = hall.check_in(booking.queue, booking.start, now)
        taken.person = booking.phone
        return self._came(taken, ahead, reply["ticket"])

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
        if not window:
            try:
                self._may(act, body, now)
            except No as no:
                return str(no)
            return "changed"
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

    def _may(self, act: Act, body: dict[str, Any], now: datetime) -> None:
        """Raises ``No`` for what cannot be done now to a ticket or a booking."""
        hall = self._hall
        if act.verb == "book":
            hall.may_book(body["queue"], _start(body), body["phone"], now)
        elif act.verb.startswith("booking-"):
            booking = self._bookings.get(act.ticket)
            if booking is None:
                raise No("not_found")
            if act.verb == "booking-reschedule":
                hall.may_move(booking, _start(body), now)
            elif act.verb == "booking-cancel":
                hall.may_give_back(booking, now)
            else:
                hall.may_arrive(booking, now)
        elif act.verb in {"cancel", "reactivate"}:
            ticket = self._by_id.get(act.ticket)
            if ticket is None:
                raise No("not_found")
            if act.verb == "reactivate":
                hall.may_come_back(ticket)
                hall.not_here_already(ticket)
            elif ticket.state != "waiting":
                raise No("wrong_state")

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


def _start(body: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(body["start"])


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
