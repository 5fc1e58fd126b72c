"""Lamps that show where the hand has to go; mains that fail."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from obedient_devices import FakeDevice, FakeLamps

from drivers.device import Action, Condition, DeviceState, Fault, Status
from kiosk.devices.lamps import Lamps
from kiosk.flows.flow import Page
from kiosk.visit import View

DARK = {"card-lamp": "off", "paper-lamp": "off"}


@pytest.fixture
def lit(make_rig: Callable[..., Any]) -> Callable[..., tuple[Any, FakeLamps]]:
    def make(lamps: FakeLamps) -> tuple[Any, FakeLamps]:
        rig = make_rig(more={"indicators": lamps})
        rig.refresher.round()
        rig.visit.observe(Lamps(rig.bench).see)
        return rig, lamps

    return make


def test_the_lamp_at_the_reader_flashes_while_a_card_is_awaited_then_the_one_where_paper_comes_out(lit: Any) -> None:
    rig, lamps = lit(FakeLamps())
    rig.wait(lambda: lamps.lamps == DARK)
    rig.start("take_ticket")
    rig.until("Identify")
    rig.wait(lambda: lamps.lamps == {**DARK, "card-lamp": "flashing"})
    rig.visit.cancel()
    rig.wait(lambda: lamps.lamps == DARK)
    rig.card_to_queue()
    rig.wait(lambda: lamps.lamps == DARK)
    rig.tap(queue="A", priority="none")
    rig.until("Ticket")
    rig.wait(lambda: lamps.lamps == {**DARK, "paper-lamp": "flashing"})
    rig.visit.cancel()
    rig.until("Home")
    rig.wait(lambda: lamps.lamps == DARK)


def test_a_lamp_that_cannot_flash_is_switched_on(lit: Any) -> None:
    rig, lamps = lit(FakeLamps(("card-lamp",), flashes=False))
    rig.start("take_ticket")
    rig.until("Identify")
    rig.wait(lambda: lamps.lamps == {"card-lamp": "on"})


def test_only_what_changes_is_switched(lit: Any) -> None:
    rig, lamps = lit(FakeLamps())
    rig.wait(lambda: lamps.switched == 2)
    rig.visit.refresh()
    rig.start("take_ticket")
    rig.until("Identify")
    rig.wait(lambda: lamps.lamps["card-lamp"] == "flashing")
    assert lamps.switched == 3


def test_lamps_that_fail_are_tried_again_and_keep_nobody(lit: Any) -> None:
    rig, lamps = lit(FakeLamps())
    rig.wait(lambda: lamps.lamps == DARK)
    lamps.broken = Fault.SILENT
    rig.card_to_queue()
    lamps.broken = None
    rig.tap(queue="A", priority="none")
    rig.until("Ticket")
    rig.wait(lambda: lamps.lamps == {**DARK, "paper-lamp": "flashing"})


@pytest.mark.parametrize("fails", [False, True])
def test_what_is_shown_in_the_instant_in_which_the_lamps_are_ready_is_not_missed(fails: bool) -> None:
    one, other = (View(page=Page.HOME, data={"lines": [line]}) for line in ("line.card-left", "line.offline"))
    lamps, later = FakeLamps(), [other]

    def run(switch: Callable[[FakeLamps], None]) -> Future[None]:
        """Something else is shown after the lamps were switched, and before anybody has heard that they were."""
        ended: Future[None] = Future()
        switch(lamps)
        if later:
            follower.see(later.pop())
            ended.set_exception(RuntimeError()) if fails else ended.set_result(None)
        else:
            ended.set_result(None)
        return ended

    bench: Any = SimpleNamespace(bay=lambda _kind: SimpleNamespace(run=run))
    follower = Lamps(bench)
    follower.see(one)
    assert lamps.lamps == DARK


def test_a_card_left_in_the_slot_lights_its_lamp_on_the_first_page(lit: Any) -> None:
    rig, lamps = lit(FakeLamps())
    rig.wait(lambda: lamps.lamps == DARK)
    Lamps(rig.bench).see(View(page=Page.HOME, data={"lines": ["line.card-left"]}))
    rig.wait(lambda: lamps.lamps["card-lamp"] == "flashing")


def test_when_the_battery_is_nearly_empty_no_more_numbers_are_given_and_staff_hear_of_it(
    make_rig: Callable[..., Any],
) -> None:
    power = FakeDevice()
    rig = make_rig(more={"sensors": power})
    rig.refresher.round()
    bay = rig.bench.bay("sensors")
    bay.stop()
    power.status = Status(DeviceState.IMPAIRED, (Condition("power.battery", Action.WAIT),))
    bay._look()
    assert rig.desk.offers().take_ticket is None, "on battery the machine still works"
    power.status = Status(DeviceState.IMPAIRED, (Condition("power.low", Action.WAIT, blocking=True),))
    bay._look()
    offers = rig.desk.offers()
    assert offers.out_of_service == "power-low"
    assert (offers.take_ticket, offers.appointments) == ("power-low", "power-low")
    rig.start("take_ticket")
    rig.until_error("power-low")
    power.status = Status(DeviceState.READY)
    bay._look()
    assert rig.desk.offers().take_ticket is None
