"""Every way in which the hall says no is reached over HTTP; a new one needs its way here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import assets
from queue_server.contract.refusals import RETRYABLE, STATUS, Code, Refusal
from queue_server.storage.init import init

API = "/api/v1"
PERSON = {"token": "p" * 32, "maskedName": "魏*"}
OTHER = {"token": "o" * 32}

How = Callable[[Any], Awaitable[Any]]


def reshape(hall: Any, before: str, after: str) -> None:
    """The hall decides something else for itself, as a changed description would."""
    text = assets.DEMO_HALL.read_text("utf-8")
    assert before in text
    init(hall.office.db_url, text.replace(before, after, 1))


def ten_o_clock(hall: Any) -> datetime:
    """Tomorrow at ten in the hall's own morning: every hour of that day can be booked, whenever this test runs."""
    tomorrow = (hall.clock.now() + timedelta(days=1)).date()
    ten = datetime(tomorrow.year, tomorrow.month, tomorrow.day, 2, 0, tzinfo=UTC)  # Shanghai
    hall.clock.shift += ten - hall.clock.now()
    return ten


async def called(hall: Any, **more: Any) -> dict[str, Any]:
    """A ticket in front of window 3."""
    ticket = await hall.take("A", **more)
    await hall.act("3", "open")
    assert (await hall.act("3", "call-next")).json()["ticket"]["id"] == ticket["id"]
    return ticket


async def book(hall: Any, start: datetime, who: str = "integrator", queue: str = "A", **whose: Any) -> Any:
    body = {"queue": queue, "start": start.isoformat(), **(whose or {"phone": "13900000001"})}
    return await hall.post(f"{API}/appointments", body, who)


# --- the ways, one for each code ---


async def bad_request(hall: Any) -> Any:
    return await hall.post(f"{API}/tickets", {"queue": "A", "colour": "red"})


async def unauthenticated(hall: Any) -> Any:
    return await hall.post(f"{API}/tickets", {"queue": "A"}, None)


async def forbidden(hall: Any) -> Any:
    return await hall.post(f"{API}/tickets", {"queue": "A"}, "screen")


async def not_found(hall: Any) -> Any:
    return await hall.post(f"{API}/tickets", {"queue": "Z"})


async def key_reused(hall: Any) -> Any:
    await hall.post(f"{API}/tickets", {"queue": "A"}, key="k")
    return await hall.post(f"{API}/tickets", {"queue": "B"}, key="k")


async def queue_closed(hall: Any) -> Any:
    reshape(hall, "needs_open_window: false", "needs_open_window: true")
    return await hall.post(f"{API}/tickets", {"queue": "A"})


async def queue_full(hall: Any) -> Any:
    reshape(hall, "max_waiting_per_queue: 300", "max_waiting_per_queue: 1")
    await hall.take("A")
    return await hall.post(f"{API}/tickets", {"queue": "A"})


async def already_waiting(hall: Any) -> Any:
    await hall.take("A", person=PERSON)
    return await hall.post(f"{API}/tickets", {"queue": "A", "person": PERSON})


async def limit_reached(hall: Any) -> Any:
    await hall.take("A", person=PERSON)
    await hall.take("B", person=PERSON)
    return await hall.post(f"{API}/tickets", {"queue": "C", "person": PERSON})


async def window_busy(hall: Any) -> Any:
    await called(hall)
    return await hall.act("3", "call-next")


async def window_not_open(hall: Any) -> Any:
    return await hall.act("3", "call-next")


async def window_taken(hall: Any) -> Any:
    await hall.act("1", "open", who="officer1")
    return await hall.act("1", "call-next", who="officer3")


async def no_current_ticket(hall: Any) -> Any:
    await hall.act("3", "open")
    return await hall.act("3", "start")


async def wrong_state(hall: Any) -> Any:
    await called(hall)
    return await hall.act("3", "hold")


async def recall_too_soon(hall: Any) -> Any:
    await called(hall)
    return await hall.act("3", "recall")


async def recall_limit(hall: Any) -> Any:
    await called(hall)
    for _ in range(4):
        hall.clock.shift += timedelta(seconds=11)
        answer = await hall.act("3", "recall")
    return answer


async def rating_exists(hall: Any) -> Any:
    done = await hall.serve_one()
    path = f"{API}/services/{done['service']}/rating"
    for _ in range(2):
        answer = await hall.post(path, {"level": "satisfied"}, "pad")
    return answer


async def rating_not_possible(hall: Any) -> Any:
    await hall.act("3", "open")
    return await hall.post(f"{API}/services/3/rating", {"level": "satisfied"}, "pad")


async def rating_closed(hall: Any) -> Any:
    done = await hall.serve_one()
    hall.clock.shift += timedelta(days=8)
    return await hall.post(f"{API}/my/{done['link']}/rating", {"level": "satisfied"}, None)


async def reason_required(hall: Any) -> Any:
    done = await hall.serve_one()
    return await hall.post(f"{API}/services/{done['service']}/rating", {"level": "dissatisfied"}, "pad")


async def unknown_reason(hall: Any) -> Any:
    done = await hall.serve_one()
    body = {"level": "dissatisfied", "reasons": ["9999"]}
    return await hall.post(f"{API}/services/{done['service']}/rating", body, "pad")


async def no_numbers_left(hall: Any) -> Any:
    for _ in range(3):
        answer = await hall.post(f"{API}/leases", {"queue": "A", "size": 200}, "kiosk")
    return answer


async def snapshot_needed(hall: Any) -> Any:
    return await hall.get(f"{API}/events?after=999999")


async def too_late(hall: Any) -> Any:
    ticket = await called(hall)
    await hall.act("3", "pass")
    hall.clock.shift += timedelta(days=1)
    return await hall.post(f"{API}/tickets/{ticket['id']}/reactivate")


async def restricted(hall: Any) -> Any:
    made = await hall.post(f"{API}/restrictions", {"person": PERSON, "reason": "scalping"}, "admin")
    assert made.status_code == 201, made.text
    return await hall.post(f"{API}/tickets", {"queue": "A", "person": PERSON})


async def reactivation_limit(hall: Any) -> Any:
    reshape(hall, "reactivations: 1", "reactivations: 0")
    ticket = await called(hall)
    await hall.act("3", "pass")
    return await hall.post(f"{API}/tickets/{ticket['id']}/reactivate")


async def nothing_to_undo(hall: Any) -> Any:
    await hall.act("3", "open")
    return await hall.act("3", "undo-transfer")


async def slot_full(hall: Any) -> Any:
    ten = ten_o_clock(hall)
    for number in range(5):
        answer = await book(hall, ten + timedelta(hours=4), phone=f"1390000000{number}")
    return answer


async def slot_closed(hall: Any) -> Any:
    return await book(hall, ten_o_clock(hall) + timedelta(days=60))


async def already_booked(hall: Any) -> Any:
    ten = ten_o_clock(hall)
    await book(hall, ten + timedelta(hours=4))
    return await book(hall, ten + timedelta(hours=5))


async def too_early(hall: Any) -> Any:
    booked = (await book(hall, ten_o_clock(hall) + timedelta(hours=4))).json()
    return await hall.post(f"{API}/appointments/{booked['id']}/check-in")


async def too_late_to_change(hall: Any) -> Any:
    booked = (await book(hall, ten_o_clock(hall) + timedelta(hours=1), "kiosk", person=PERSON)).json()
    return await hall.post(f"{API}/appointments/{booked['id']}/cancel", {"person": PERSON}, "kiosk")


async def not_your_own(hall: Any) -> Any:
    booked = (await book(hall, ten_o_clock(hall) + timedelta(hours=4), "kiosk", person=PERSON)).json()
    return await hall.post(f"{API}/appointments/{booked['id']}/cancel", {"person": OTHER}, "kiosk")


async def provider_unavailable(hall: Any) -> Any:
    hall.outside.available = False
    return await _ask(hall)


async def provider_refused(hall: Any) -> Any:
    async def no(ask: Any) -> Any:
        raise Refusal(Code.PROVIDER_REFUSED, "the other side says no", provider=ask.provider)

    hall.outside.ask = no
    return await _ask(hall)


async def _ask(hall: Any) -> Any:
    return await hall.post(f"{API}/ask", {"provider": "case-progress"}, "kiosk")


async def too_many_tries(hall: Any) -> Any:
    for _ in range(30):
        answer = await hall.post(f"{API}/login", {"name": "officer1", "password": "wrong"}, None)
        if answer.status_code != 401:
            break
    return answer


async def storage_full(hall: Any) -> Any:
    await hall.office._engine.write(lambda connection: connection.plain("PRAGMA max_page_count=1"))
    for _ in range(500):  # what is left of the last pages
        answer = await hall.post(f"{API}/tickets", {"queue": "A"})
        if answer.status_code != 201:
            break
    return answer


async def busy(hall: Any) -> Any:
    hall.hub._most = 0
    return await hall.get(f"{API}/events")


async def internal(hall: Any) -> Any:
    async def fails(_: str) -> Any:
        raise RuntimeError("a mistake of ours")

    hall.office.queues = fails
    return await hall.get(f"{API}/queues")


WAYS: dict[Code, How] = {
    code: globals()[code.value] for code in Code if callable(globals().get(code.value))
}  # each way is called like its code


def test_every_code_has_its_way() -> None:
    assert set(WAYS) == set(Code), "say above how a new refusal is reached"


@pytest.mark.parametrize("code", sorted(WAYS))
async def test_the_hall_says_no_in_this_way(hall: Any, code: Code) -> None:
    answer = await WAYS[code](hall)
    hall.refused(answer, STATUS.get(code, 409), code.value)
    assert answer.json()["retryable"] == (code in RETRYABLE)
    assert answer.json()["message"]
