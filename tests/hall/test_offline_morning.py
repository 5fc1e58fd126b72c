"""The server dies in the middle: the kiosk goes on, pages reconnect, afterwards everything is there once."""

from __future__ import annotations

from typing import Any

import pytest

from hall24.demo.processes import wait_until
from hall24.demo.stage import Stage

pytestmark = pytest.mark.hall
PATIENCE = 60.0


def test_numbers_are_issued_without_the_server_and_arrive_once_afterwards(
    stage: Stage, caller: Any, listen: Any, citizen: Any
) -> None:
    page = listen()
    first = citizen.take_ticket("p1", "A")
    assert first["number"] == "A001"
    assert not first["offline"]

    stage.kill_server()
    alone = [citizen.take_ticket("p2", "A"), citizen.take_ticket("p3", "A"), citizen.take_ticket("p3", "B")]
    assert [ticket["number"] for ticket in alone] == ["A700", "A701", "B700"]
    assert all(ticket["offline"] and ticket["printing"] == "printed" for ticket in alone)
    assert citizen.kiosk.report()["waitingUploads"] == 3

    stage.start_server()
    wait_until(lambda: citizen.kiosk.report()["waitingUploads"] == 0, PATIENCE, "the tickets at the server")
    assert citizen.kiosk.report()["parked"] == []
    wait_until(lambda: not citizen.kiosk.visit.view.offline, PATIENCE, "a kiosk that knows the server again")
    assert citizen.take_ticket("p2", "C")["number"] == "C001"

    snapshot = page.agrees()
    assert sorted(ticket.number for ticket in snapshot.tickets.values()) == ["A001", "A700", "A701", "B700", "C001"]
    assert {ticket.number for ticket in snapshot.tickets.values() if ticket.offline} == {"A700", "A701", "B700"}

    assert page.reconnected > 0
    assert page.seen == sorted(set(page.seen)), "an event came twice or out of order"


def test_who_printed_a_number_offline_is_called_by_it(stage: Stage, caller: Any, citizen: Any) -> None:
    stage.kill_server()
    number = citizen.take_ticket("p1", "A")["number"]
    stage.start_server()
    wait_until(lambda: citizen.kiosk.report()["waitingUploads"] == 0, PATIENCE, "the ticket at the server")
    assert caller.post("/windows/3/open").status_code == 200
    called = caller.post("/windows/3/call-next").json()
    assert called["ticket"]["number"] == number
    stage.devices.bar.wait_for(lambda text: number in text, PATIENCE)
