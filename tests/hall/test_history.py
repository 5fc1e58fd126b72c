"""What callers were told through power cuts is explained by one order of events; and the checker sees what is wrong."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))  # shared with the measurements

from queue_load.history import check
from queue_load.mixed import Act
from queue_load.model_lines import Rules
from queue_load.power_cuts import HALL, Outcome, through_power_cuts
from queue_load.server import Server, prepare, running
from queue_load.verdict import Verdict

from queue_server.contract.messages import (
    BookAppointment,
    CallNext,
    CheckIn,
    Command,
    OpenWindow,
    Role,
    TakeTicket,
)
from queue_server.contract.messages import Outcome as How
from queue_server.contract.refusals import Refusal
from queue_server.usecases.ports import Actor

THROUGH: dict[str, Any] = {"clients": 16, "kills": 5, "seconds": (0.3, 1.2), "answers": 60}


def all_is_well(outcome: Outcome) -> None:
    verdict = outcome.verdict
    assert replace(verdict, acts=0, events=0) == Verdict(), verdict.first
    assert outcome.different == 0
    assert verdict.acts > 200
    assert outcome.repeated > 0


@pytest.mark.hall
def test_one_order_explains_what_was_told_through_power_cuts_on_sqlite(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/hall.db"
    token = prepare(database, HALL)
    with running(Server(database, tmp_path)) as server:
        all_is_well(through_power_cuts([server], database, token, **THROUGH))


@pytest.mark.hall
@pytest.mark.postgresql
def test_one_order_explains_what_two_servers_told_that_are_killed_in_turn_on_postgresql(
    postgres: Any, tmp_path: Path
) -> None:
    postgres.execute("CREATE DATABASE power_cuts")
    database = postgres.url("power_cuts")
    token = prepare(database, HALL)
    with running(Server(database, tmp_path, name="one")) as one, running(Server(database, tmp_path, name="two")) as two:
        all_is_well(through_power_cuts([one, two], database, token, **THROUGH))
    postgres.execute("DROP DATABASE power_cuts WITH (FORCE)")


# --- the checker itself: a true history, then one lie at a time ---

Rows = list[tuple[int, str, datetime, bytes]]
History = tuple[list[Act], Rows]


@pytest.fixture
async def history(office: Any, clock: Any) -> History:
    """Three people come, one is called, the next call finishes that one; somebody presses at a closed window.

    Then somebody books and checks in, twice.
    """
    actor = Actor("demo", Role.INTEGRATOR, "load")
    acts: list[Act] = []

    async def do(path: str, command: Command, body: dict[str, Any]) -> None:
        clock.forward(seconds=1)
        asked = clock.now().timestamp() - 0.1
        try:
            reply = await office.carry_out(command, actor, str(len(acts)))
            status, answer = reply.status, reply.body
        except Refusal as refusal:
            status, answer = refusal.status, json.dumps({"code": refusal.code.value}).encode()
        acts.append(Act(path, json.dumps(body).encode(), str(len(acts)), asked, asked + 0.2, status, answer, 1))

    last = await office.last_seq("demo")
    await do("/windows/1/open", OpenWindow(window="1"), {})
    for queue in "ABA":
        await do("/tickets", TakeTicket(queue=queue), {"queue": queue, "priority": "none"})
    for window, finish in (("1", None), ("1", How.CONSULT), ("8", None), ("1", How.CONSULT), ("1", None)):
        body = {} if finish is None else {"finishCurrent": finish.value}
        await do(f"/windows/{window}/call-next", CallNext(window=window, finish_current=finish), body)
    start, phone = clock.now().replace(minute=30, second=0), "13900001234"
    booking = BookAppointment(queue="A", start=start, phone=phone)
    await do("/appointments", booking, {"queue": "A", "start": start.isoformat(), "phone": phone})
    booked = json.loads(acts[-1].reply)["id"]
    for _ in range(2):
        await do(f"/appointments/{booked}/check-in", CheckIn(appointment=booked), {})
    rows = await office.events_after("demo", last, 1_000)
    return acts, [(place, row.type, row.at, row.data_json) for place, row in enumerate(rows, 1)]


def judged(history: History) -> Verdict:
    return check(history[0], history[1], Rules())


def test_a_true_history_is_believed(history: History) -> None:
    verdict = judged(history)
    assert replace(verdict, acts=0, events=0) == Verdict(), verdict.first
    assert [act.status for act in history[0][-3:]] == [201, 200, 409]
    last_call = [act for act in history[0] if act.verb == "call-next"][-1]
    assert json.loads(last_call.reply)["ticket"] is None


def _two_have_one_number(acts: list[Act], rows: Rows) -> None:
    acts[3].reply = acts[3].reply.replace(b"A002", b"A001")


def _an_event_is_lost(acts: list[Act], rows: Rows) -> None:
    del rows[next(place for place, row in enumerate(rows) if row[1] == "ticket.called")]


def _nobody_asked_for_an_event(acts: list[Act], rows: Rows) -> None:
    acts.pop(2)


def _a_later_person_is_called_first(acts: list[Act], rows: Rows) -> None:
    """Both were there: the events and the replies agree with each other, but not with the rules."""
    first, second = json.loads(acts[1].reply)["id"].encode(), json.loads(acts[3].reply)["id"].encode()

    def swapped(text: bytes) -> bytes:
        for one, other in ((first, second), (b"A001", b"A002")):
            text = text.replace(one, b"\0").replace(other, one).replace(b"\0", other)
        return text

    for act in acts[4:]:
        act.reply = swapped(act.reply)
    at = next(place for place, row in enumerate(rows) if row[1] == "ticket.called")
    rows[at:] = [(seq, kind, moment, swapped(data)) for seq, kind, moment, data in rows[at:]]


def _somebody_was_told_that_nobody_waits(acts: list[Act], rows: Rows) -> None:
    asked = acts[3].invoked + 0.5
    acts.insert(
        4, Act("/windows/1/call-next", b"{}", "x", asked, asked + 0.1, 200, b'{"ticket":null,"window":null}', 1)
    )


def _a_refusal_has_no_ground(acts: list[Act], rows: Rows) -> None:
    acts[6].reply = b'{"code":"window_busy"}'


def _a_ticket_is_called_twice(acts: list[Act], rows: Rows) -> None:
    called = next(row for row in rows if row[1] == "ticket.called")
    rows.append((len(rows) + 1, *called[1:]))


def _an_answer_came_before_an_earlier_question(acts: list[Act], rows: Rows) -> None:
    """The hall claims an order that is not that of time."""
    one, two = [place for place, row in enumerate(rows) if row[1] == "ticket.issued"][1:3]
    rows[one], rows[two] = (rows[one][0], *rows[two][1:]), (rows[two][0], *rows[one][1:])


def _a_booking_is_lost(acts: list[Act], rows: Rows) -> None:
    del rows[next(place for place, row in enumerate(rows) if row[1] == "appointment.booked")]


def _a_slot_is_called_full_that_is_not(acts: list[Act], rows: Rows) -> None:
    body = json.dumps({**json.loads(acts[-3].body), "phone": "13900009999"}).encode()
    asked = acts[-1].answered + 1
    acts.append(Act("/appointments", body, "z", asked, asked + 0.1, 409, b'{"code":"slot_full"}', 1))


def _who_checked_in_got_another_number(acts: list[Act], rows: Rows) -> None:
    acts[-2].reply = acts[-2].reply.replace(b"YA001", b"YA002")


LIES: tuple[tuple[str, Callable[[list[Act], Rows], None]], ...] = (
    ("duplicate_numbers", _two_have_one_number),
    ("gaps", _an_event_is_lost),
    ("lost_writes", _an_event_is_lost),
    ("without_act", _nobody_asked_for_an_event),
    ("unexplained", _a_later_person_is_called_first),
    ("unexplained", _somebody_was_told_that_nobody_waits),
    ("unexplained", _a_refusal_has_no_ground),
    ("called_at_two_windows", _a_ticket_is_called_twice),
    ("lost_writes", _a_booking_is_lost),
    ("unexplained", _a_slot_is_called_full_that_is_not),
    ("unexplained", _who_checked_in_got_another_number),
    ("against_time", _an_answer_came_before_an_earlier_question),
)


@pytest.mark.parametrize(("kind", "lie"), LIES)
def test_a_lie_is_seen(history: History, kind: str, lie: Callable[[list[Act], Rows], None]) -> None:
    acts, rows = copy.deepcopy(history)
    lie(acts, rows)
    verdict = judged((acts, rows))
    assert getattr(verdict, kind) > 0, verdict


def test_a_moment_is_enough_for_a_true_answer(history: History) -> None:
    """Who asks while somebody else is being called may hear of the hall before it or after it."""
    acts, rows = copy.deepcopy(history)
    call = acts[4]
    no = b'{"code":"no_current_ticket"}'
    acts.append(Act("/windows/1/start", b"{}", "y", call.invoked - 0.05, call.answered, 409, no))
    assert judged((acts, rows)).unexplained == 0
    acts[-1].invoked = call.answered + 0.01
    acts[-1].answered = call.answered + 0.02
    assert judged((acts, rows)).unexplained == 1
