"""Who was not served, or not yet, cannot rate; the hall says just that at every door."""

from __future__ import annotations

from typing import Any

import pytest

API = "/api/v1"
GOOD = {"level": "satisfied"}

STEPS = {
    "waiting": (),
    "calling": ("call-next",),
    "serving": ("call-next", "start"),
    "held": ("call-next", "start", "hold"),
    "passed": ("call-next", "pass"),
}
"""What is done at window 3 until the ticket stands so."""


async def ticket_that_is(hall: Any, state: str) -> dict[str, Any]:
    ticket: dict[str, Any] = await hall.take("A")
    await hall.act("3", "open")
    for verb in STEPS.get(state, ()):
        answer = await hall.act("3", verb)
        assert answer.status_code == 200, answer.text
    if state == "cancelled":
        await hall.post(f"{API}/tickets/{ticket['id']}/cancel")
    if state == "void":
        for verb in ("call-next", "pass"):
            await hall.act("3", verb)
        await hall.post(f"{API}/tickets/{ticket['id']}/reactivate")
        for verb in ("call-next", "pass"):
            await hall.act("3", verb)
    assert (await hall.get(f"{API}/tickets/{ticket['id']}")).json()["ticket"]["state"] == state
    return ticket


@pytest.mark.parametrize("state", [*STEPS, "cancelled", "void"])
@pytest.mark.parametrize("who", ["integrator", "kiosk", "pad", "gateway", None])
async def test_a_ticket_without_a_finished_service_cannot_be_rated(hall: Any, state: str, who: str | None) -> None:
    ticket = await ticket_that_is(hall, state)
    path = f"{API}/services/{ticket['id']}/rating"
    if who is None:
        path = f"{API}/my/{ticket['statusUrl'].rsplit('/', 1)[-1]}/rating"
    hall.refused(await hall.post(path, GOOD, who), 409, "rating_not_possible")
    assert (await hall.get(f"{API}/admin/ratings", "admin")).json()["rows"] == []


async def test_a_service_that_does_not_exist_is_not_found(hall: Any) -> None:
    hall.refused(await hall.post(f"{API}/services/nothing/rating", GOOD, "pad"), 404, "not_found")


async def test_a_pad_still_rates_only_what_was_served_at_its_own_window(hall: Any) -> None:
    elsewhere = await hall.serve_one("4", "B")
    path = f"{API}/services/{elsewhere['service']}/rating"
    hall.refused(await hall.post(path, GOOD, "pad"), 403, "forbidden")
    assert (await hall.post(path, GOOD, "gateway")).status_code == 200
