"""The kiosk and the queue engine together: paper in two phases, bookings, several matters, numbers that go back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import assets
from hall24.demo.people import card
from hall24.demo.processes import wait_until
from hall24.demo.stage import Stage

pytestmark = pytest.mark.hall
PATIENCE = 60.0


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """The demo hall, in which one may check in an hour ahead, so that there is always a slot to check in for."""
    words = assets.DEMO_HALL.read_text(encoding="utf-8")
    rule = "slot_minutes: 30, capacity: 4"
    assert rule in words
    hall = tmp_path / "hall.yaml"
    hall.write_text(words.replace(rule, f"{rule}, early_minutes: 60"), encoding="utf-8")
    with Stage(tmp_path / "hall", hall=hall) as running:
        yield running


def come(citizen: Any, stage: Stage, page: str) -> Any:
    citizen.shows("Home")
    time.sleep(0.45)  # a second tap within 400 ms does nothing
    citizen.kiosk.visit.start("appointments")
    citizen.shows("Identify")
    stage.devices.reader.lay(card("p1"))
    citizen.shows(page)
    stage.devices.reader.take_away()
    return citizen.kiosk.visit.data


def leave(citizen: Any) -> None:
    wait_until(lambda: citizen.kiosk.visit.data.get("printing") == "printed", PATIENCE, "paper")
    citizen.submit(done=True)
    citizen.shows("Home")


def test_a_booking_becomes_a_number_that_is_called_only_after_its_paper(
    stage: Stage, caller: Any, citizen: Any
) -> None:
    kiosk = citizen.kiosk
    options = come(citizen, stage, "Choose")["options"]
    assert [one["id"] for one in options] == ["A", "C"]
    citizen.submit(choice="A")
    citizen.shows("Day")
    citizen.submit(day=kiosk.visit.data["days"][0]["date"])
    citizen.shows("Slot")
    slot = next(slot for slot in kiosk.visit.data["slots"] if slot["free"])
    citizen.submit(slot=slot["id"])
    citizen.shows("Confirm")
    citizen.submit(sure=True)
    citizen.shows("Booked")
    leave(citizen)

    (booking,) = come(citizen, stage, "Bookings")["bookings"]
    assert (booking["start"]["time"], booking["checkIn"]) == (slot["from"], "now")
    citizen.submit(act="check-in", booking=booking["id"])
    citizen.shows("Ticket")
    number = kiosk.visit.data["number"]
    assert number == "YA001"
    assert kiosk.visit.data["appointment"]["time"] == slot["from"]
    leave(citizen)

    def tickets() -> list[tuple[str, str]]:
        return [(one.number, one.state.value) for one in caller.snapshot().tickets.values()]

    wait_until(lambda: tickets() == [("YA001", "waiting")], PATIENCE, "the server's word that it waits")
    caller.post("/windows/3/open")
    called = caller.post("/windows/3/call-next").json()
    assert called["ticket"]["number"] == number
    come(citizen, stage, "Choose")


def test_without_paper_the_number_waits_all_the_same(stage: Stage, caller: Any, citizen: Any, listen: Any) -> None:
    page = listen()
    stage.devices.printer.paper_out = True
    said = citizen.take_ticket("p1", "A")
    assert said["printing"] == "failed"
    wait_until(
        lambda: [one.state.value for one in caller.snapshot().tickets.values()] == ["waiting"],
        PATIENCE,
        "a ticket that waits",
    )
    page.agrees()


def test_several_matters_lead_from_queue_to_queue(stage: Stage, caller: Any, citizen: Any) -> None:
    kiosk = citizen.kiosk
    citizen.shows("Home")
    kiosk.visit.start("take_ticket")
    citizen.shows("Identify")
    stage.devices.reader.lay(card("p2"))
    citizen.shows("Queue")
    stage.devices.reader.take_away()
    first = {item["queue"]: item["id"] for item in reversed(kiosk.visit.data["items"])}
    citizen.submit(queue="A", items=[first["A"], first["C"]], priority="none")
    citizen.shows("Ticket")
    assert [stop["zh"] for stop in kiosk.visit.data["stops"]] == ["综合业务", "不动产登记"]
    leave(citizen)
    wait_until(
        lambda: [one.state.value for one in caller.snapshot().tickets.values()] == ["waiting"],
        PATIENCE,
        "a ticket that waits",
    )
    caller.post("/windows/3/open")
    ticket = caller.post("/windows/3/call-next").json()["ticket"]
    assert ticket["nextQueues"] == ["C"]
    caller.post("/windows/3/start")
    assert caller.post("/windows/3/finish", {"outcome": "accepted"}).status_code == 200
    (moved,) = caller.snapshot().tickets.values()
    assert (moved.queue, moved.state.value, moved.number) == ("C", "waiting", ticket["number"])


def test_a_kiosk_that_stops_gives_its_numbers_back_and_borrows_them_again(
    stage: Stage, caller: Any, citizen: Any
) -> None:
    del caller
    lent = citizen.kiosk.leases.left(citizen.kiosk.clock.now())
    assert set(lent.values()) == {20}
    citizen.kiosk.stop()
    citizen.kiosk.database.open()
    assert (citizen.kiosk.leases.count(), citizen.kiosk.letters.count()) == (0, 0), "told, and heard"
