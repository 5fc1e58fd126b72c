"""Keeping up with the hall: what waits is told once, what is lent is held, whatever the server says."""

from __future__ import annotations

from typing import Any

import pytest

from kiosk.errors import KioskError, Reason
from kiosk.sync.clock import HallClock
from kiosk.sync.uploader import Uploader


@pytest.fixture
def two_waiting(rig: Any, hall: Any) -> Any:
    hall.mode = "down"
    for _ in range(2):
        rig.card_to_queue()
        rig.tap(queue="A", priority="none")
        rig.until("Ticket")
        rig.wait(lambda: rig.visit.data["printing"] == "printed")
        rig.tap(done=True)
        rig.until("Home")
    hall.mode = "well"
    return rig


def test_a_ticket_that_spoils_the_message_is_parked_and_the_others_arrive(
    two_waiting: Any, hall: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = hall._offline_tickets

    def refuse(body: Any, headers: Any) -> tuple[int, Any]:
        if any(ticket["number"] == "A700" for ticket in body["tickets"]):
            return 422, {"code": "bad_request", "message": "", "retryable": False, "detail": {}}
        return good(body, headers)

    monkeypatch.setattr(hall, "_offline_tickets", refuse)
    two_waiting.refresher.round()
    assert [one["number"] for one in hall.reported] == ["A701"]
    (parked,) = two_waiting.outbox.parked()
    assert (parked.number, parked.reason) == ("A700", "bad_request")


def test_a_no_that_may_be_a_yes_later_parks_nothing(
    two_waiting: Any, hall: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = (429, {"code": "too_many_tries", "message": "", "retryable": True, "detail": {}})
    monkeypatch.setattr(hall, "_offline_tickets", lambda _body, _headers: busy)
    with pytest.raises(KioskError):
        two_waiting.refresher.round()
    assert (two_waiting.outbox.count(), two_waiting.outbox.parked()) == (2, [])


def test_a_server_that_forgets_to_answer_for_one_gets_it_again(two_waiting: Any, hall: Any) -> None:
    uploader = Uploader(two_waiting.link, two_waiting.outbox, two_waiting.clock)
    good = hall._offline_tickets
    hall._offline_tickets = lambda body, headers: (200, {"results": good(body, headers)[1]["results"][:1]})
    assert uploader.run_once() == 2
    hall._offline_tickets = lambda _body, _headers: (200, {"results": []})
    assert (uploader.run_once(), two_waiting.outbox.count()) == (0, 0)


def test_numbers_are_not_borrowed_while_used_ones_are_still_unknown_to_the_server(two_waiting: Any, hall: Any) -> None:
    asked = [path for _, path in hall.requests].count("/leases")
    two_waiting.refresher.round()
    assert two_waiting.outbox.count() == 0
    assert [path for _, path in hall.requests].count("/leases") == asked
    assert two_waiting.leases.left(two_waiting.clock.now())["A"] == 3


def test_a_queue_without_numbers_to_lend_does_not_keep_the_others_from_theirs(
    make_rig: Any, hall: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = hall._leases

    def none_for_a(body: Any, headers: Any) -> tuple[int, Any]:
        if body["queue"] == "A":
            return 409, {"code": "no_numbers_left", "message": "", "retryable": False, "detail": {}}
        return good(body, headers)

    monkeypatch.setattr(hall, "_leases", none_for_a)
    rig = make_rig()
    rig.refresher.round()
    assert rig.leases.left(rig.clock.now()) == {"B": 5}


def test_the_catalogue_is_known_without_the_server_after_a_restart(make_rig: Any, rig: Any, hall: Any) -> None:
    hall.mode = "down"
    again = make_rig()
    with pytest.raises(KioskError):
        again.refresher.round()
    assert again.catalogue.current.name.zh == "测试大厅"
    assert again.desk.offers().take_ticket is None


def test_a_catalogue_of_the_wrong_shape_changes_nothing(rig: Any, hall: Any) -> None:
    hall.catalogue = {"version": 2}
    with pytest.raises(KioskError) as error:
        rig.refresher.round()
    assert error.value.reason is Reason.SERVER_NONSENSE
    assert rig.catalogue.current.name.zh == "测试大厅"


def test_the_clock_is_corrected_only_when_it_is_off(people: Any) -> None:
    clock = HallClock(lambda: people.now)
    assert clock.learn(3.0) is False
    assert clock.now() == people.now
    assert clock.learn(-3600.0) is True
    assert (clock.now() - people.now).total_seconds() == 3600
    assert clock.local() == people.now
    assert clock.learn(0.0) is True
    assert not clock.off
