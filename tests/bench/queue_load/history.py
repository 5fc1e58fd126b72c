"""Reads what callers were told and what the event table says, and finds out whether one order explains both.

1. Every acknowledged act that changed something is one event (with those that belong to it), and no such event is
   without its act. 2. The order of the events keeps the order of real time: what was answered before another was asked
   stands before it. 3. In that order a second opinion of the hall (``hall_model``) does the same: the same numbers, the
   same tickets called, the same refusals. Whoever was told "nobody waits" or "no" was told the truth at some moment
   between asking and being answered. Together this is linearizability, for each queue and for the whole hall.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from queue_load.mixed import Act
from queue_load.model_lines import Rules
from queue_load.replay import Replay
from queue_load.verdict import Event, Verdict, changed

KINDS = {
    "tickets": ("ticket.issued",),
    "call-next": ("ticket.called", "ticket.finished", "ticket.moved-on"),
    "start": ("ticket.started",),
    "recall": ("ticket.recalled",),
    "pass": ("ticket.passed", "ticket.voided"),
    "reactivate": ("ticket.reactivated",),
    "transfer": ("ticket.transferred",),
    "undo-transfer": ("ticket.transfer-undone",),
    "hold": ("ticket.held",),
    "resume": ("ticket.resumed",),
    "finish": ("ticket.finished", "ticket.moved-on"),
    "cancel": ("ticket.cancelled",),
    "open": ("window.opened",),
    "book": ("appointment.booked",),
    "booking-reschedule": ("appointment.rescheduled",),
    "booking-cancel": ("appointment.cancelled",),
    "booking-check-in": ("appointment.checked-in",),
}
"""Which event an act leaves; the first that fits."""

ALONG = {
    "ticket.called": ("ticket.finished", "ticket.moved-on"),
    "appointment.checked-in": ("ticket.issued",),
}
"""What an act also does, by the event that stands for it."""

BY_THEMSELVES = ("rating.", "hall.", "supervision.", "numbers.")
"""Events that time makes, or that come along with others; they move no ticket."""

ROUNDING = 0.002
"""Seconds: the hall counts whole milliseconds."""


def check(acts: Sequence[Act], rows: Iterable[tuple[int, str, datetime, bytes]], rules: Rules) -> Verdict:
    """``rows`` are all events of the hall: number, type, time, data."""
    events = [Event(seq, kind, at.timestamp(), json.loads(data)) for seq, kind, at, data in rows]
    verdict = Verdict(acts=len(acts), events=len(events))
    verdict.gaps = sum(event.seq != place for place, event in enumerate(events, 1))
    numbers = Counter(event.data["ticket"]["number"] for event in events if event.type == "ticket.issued")
    numbers |= Counter(json.loads(act.reply)["number"] for act in acts if (act.verb, act.status) == ("tickets", 201))
    verdict.duplicate_numbers = sum(count - 1 for count in numbers.values())
    verdict.called_at_two_windows = _at_two_windows(events)
    _pair(acts, events, verdict)
    _check_time(events, verdict)
    Replay(acts, events, rules, verdict).run()
    return verdict


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


Told = dict[tuple[str, str], list[Event]]
"""Events by their type and what they say."""


def _told(events: list[Event]) -> Told:
    told: Told = defaultdict(list)
    for event in events:
        ticket, window = event.data.get("ticket"), event.data.get("window")
        if event.type == "ticket.issued":
            told[event.type, event.data["ticket"]["id"]].append(event)
        elif event.type.startswith("ticket."):
            told[event.type, _mark(ticket, window)].append(event)
            told[event.type, _mark(ticket, None)].append(event)
            told[event.type, _mark(None, window)].append(event)
        elif event.type.startswith("appointment."):
            told[event.type, event.data["appointment"]["id"]].append(event)
        elif event.type == "window.opened":
            told[event.type, _mark(None, window)].append(event)
    return told


def _candidates(act: Act, told: Told) -> list[Event]:
    """Events that say what the reply says."""
    reply, kinds = json.loads(act.reply), KINDS[act.verb]
    if act.verb == "tickets":
        mark = reply["id"]
    elif act.verb.startswith("book"):
        mark = (reply.get("appointment") or reply)["id"]
    else:
        mark = _mark(reply.get("ticket"), reply.get("window"))
    if act.verb == "call-next":
        kinds = kinds[:1] if reply.get("ticket") else kinds[1:]
    return [event for kind in kinds for event in told.get((kind, mark), ())]


def _pair(acts: Sequence[Act], events: list[Event], verdict: Verdict) -> None:
    """Acts that left the same words are told apart by time: who was answered first has the first that fits."""
    told = _told(events)
    for act in sorted((act for act in acts if changed(act)), key=lambda one: one.answered):
        fitting = [
            event
            for event in _candidates(act, told)
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
    """Call-next finishes the ticket before, and check-in issues a number, in the same transaction, just before."""
    for place, event in enumerate(events):
        if event.act is None or event.type not in ALONG:
            continue
        for earlier in reversed(events[max(0, place - 8) : place]):
            if earlier.at != event.at or earlier.act is not None or earlier.along is not None:
                break
            if earlier.type in ALONG[event.type] and _belongs(earlier, event):
                earlier.along = event.act
                break


def _belongs(earlier: Event, event: Event) -> bool:
    if event.type == "ticket.called":
        return bool(earlier.data["window"]["id"] == event.data["window"]["id"])
    return bool(earlier.data["ticket"]["id"] == event.data["appointment"]["ticket"])


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
