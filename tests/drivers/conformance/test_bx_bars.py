"""Onbon bars with simulated cards: power cuts, lines that come too fast, several bars on one line, settings."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.device import Device, DeviceError, DeviceState, Fault
from drivers.loading import SharedPorts, make_device
from drivers.seams.line import Line
from drivers.seams.recording import read_recording
from drivers.seams.serial_port import SerialPort
from drivers.window_display.bx import BxBar, Look
from drivers.window_display.bx_line import ANSWER_SECONDS, BxLine
from drivers.window_display.bx_twin import SimulatedBxLine, SimulatedBxTcp, SimulatedCard
from drivers.window_display.port import Style, WindowDisplay

CALL = "A012 请到3号窗口"


@pytest.fixture
def line() -> Iterator[SimulatedBxLine]:
    with SimulatedBxLine([SimulatedCard(1), SimulatedCard(2)]) as twin:
        yield twin


@pytest.fixture
def shared() -> Iterator[SharedPorts]:
    ports = SharedPorts()
    yield ports
    ports.close()


@pytest.fixture(autouse=True)
def _hurry(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the test that is about it waits the second that a card needs between two lines."""
    if "real_second" not in request.fixturenames:
        monkeypatch.setattr("drivers.window_display.bx.REFRESH_SECONDS", 0.0)


@pytest.fixture
def real_second() -> None:
    """The driver keeps the distance between lines that cards need."""


def bar(url: str, shared: SharedPorts | None = None, **options: str) -> WindowDisplay:
    device: Device = make_device("window_display", "bx", url, options, shared)
    device.open()
    return device  # type: ignore[return-value]  # because make_device gives what the kind says


def patient_bar(twin: SimulatedBxLine, refresh_seconds: float, look: Look | None = None) -> BxBar:
    port = SerialPort(twin.path, 9600)
    made = BxBar(BxLine(Line(port, 9600), answer_seconds=0.3), 1, look, refresh_seconds=refresh_seconds)
    made.open()
    return made


def test_a_bar_shows_a_call_and_lets_a_long_line_scroll(line: SimulatedBxLine, real_second: None) -> None:
    made, card = bar(line.url(1)), line.card(1)
    made.show(CALL, Style.BLINK)
    assert card.text == CALL
    assert not card.areas[0].scrolls
    made.show("本窗口因系统维护暂停服务")
    assert card.areas[0].scrolls
    made.clear()
    assert card.areas == {}
    made.close()
    assert card.hurried == 0, "there was a second between any two lines"


def test_the_line_is_lost_with_the_power_and_that_is_said_once_it_is_back(line: SimulatedBxLine) -> None:
    made, card = patient_bar(line, 0.0), line.card(1)
    assert made.probe().conditions == (), "nothing was shown yet, so nothing is missing"
    made.show(CALL)
    assert made.probe().state is DeviceState.READY
    card.power_cut()
    lost = made.probe()
    assert (lost.state, [condition.code for condition in lost.conditions]) == (DeviceState.IMPAIRED, ["display.blank"])
    made.show(CALL)
    assert made.probe().conditions == ()
    made.close()


def test_of_lines_that_wait_for_the_card_only_the_newest_is_shown(
    line: SimulatedBxLine, wait_until: Callable[..., None]
) -> None:
    made, card = patient_bar(line, refresh_seconds=2.0), line.card(1)
    made.show("1")
    refused: list[DeviceError] = []

    def show(text: str) -> None:
        try:
            made.show(text)
        except DeviceError as error:
            refused.append(error)

    threads = []
    for text in ("2", "3", "4"):
        threads.append(threading.Thread(target=show, args=(text,)))
        threads[-1].start()
        wait_until(lambda: made._turns._newest == len(threads) + 1)  # it waits for its turn
    for thread in threads:
        thread.join()
    made.close()
    assert card.shown == ["1", "4"]
    assert [(error.fault, error.uncertain) for error in refused] == [(Fault.CANCELLED, False)] * 2


def test_a_line_that_cannot_be_shown_in_its_time_is_never_shown_later(line: SimulatedBxLine) -> None:
    made, card = patient_bar(line, refresh_seconds=2.0), line.card(1)
    made.show("1")
    begin = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        made.show("2", timeout=0.2)
    assert caught.value.fault is Fault.BUSY
    assert time.monotonic() - begin < 1.5
    made.show("3", timeout=20)
    made.close()
    assert card.shown == ["1", "3"]


def test_two_bars_on_one_line_are_two(line: SimulatedBxLine, shared: SharedPorts) -> None:
    first, second = bar(line.url(1), shared), bar(line.url(2), shared)
    first.show("A001")
    second.show("B002")
    assert (line.card(1).text, line.card(2).text) == ("A001", "B002")
    first.close()
    second.show("B003")
    assert line.card(2).text == "B003"
    second.close()


def test_a_dead_bar_leaves_its_neighbour_alone(line: SimulatedBxLine, shared: SharedPorts) -> None:
    well = bar(line.url(2), shared)
    line.card(1).faults.silent = True
    with pytest.raises(DeviceError) as caught:
        bar(line.url(1), shared)
    assert caught.value.fault is Fault.SILENT
    assert line._line.host_baud == 9600, "the other speed is not tried under the neighbour"
    well.show("B002")
    assert line.card(2).text == "B002"
    well.close()


def test_two_bars_share_one_card_by_their_areas(shared: SharedPorts) -> None:
    with SimulatedBxLine([SimulatedCard(1, width=256, least_interval=0.0)]) as line:
        url = line.url(1)
        first = bar(url, shared, width="128", area="0")
        second = bar(url, shared, width="128", x="128", area="1")
        first.show("A001")
        second.show("B002")
        assert {number: area.text for number, area in line.card(1).areas.items()} == {0: "A001", 1: "B002"}
        first.clear()
        assert line.card(1).text == "B002"
        first.close()
        second.close()


@pytest.mark.parametrize("baud", [9600, 57600])
def test_the_speed_of_the_card_is_found(baud: int) -> None:
    with SimulatedBxLine([SimulatedCard(1)], baud=baud) as line:
        begin = time.monotonic()
        made = bar(line.url(1))
        assert time.monotonic() - begin < 4.0
        made.show("A012")
        assert line.card(1).text == "A012"
        made.close()


def test_a_wrong_fixed_speed_is_silence_and_no_guess() -> None:
    with SimulatedBxLine([SimulatedCard(1)], baud=57600) as line:
        with pytest.raises(DeviceError) as caught:
            bar(line.url(1), baud="9600")
        assert caught.value.fault is Fault.SILENT


def test_a_card_on_the_network_is_found_whatever_its_address() -> None:
    with SimulatedBxTcp(SimulatedCard(7)) as line:
        made = bar(line.url())
        made.show(CALL)
        assert line.card(7).text == CALL
        made.close()


@pytest.mark.parametrize("fault", ["wrong_crc", "lost_replies", "lost_requests", "cut_replies"])
def test_whether_a_line_was_shown_is_not_known_when_the_answer_is_lost_or_wrong(
    line: SimulatedBxLine, fault: str
) -> None:
    made, card = patient_bar(line, refresh_seconds=0.0), line.card(1)
    setattr(card.faults, fault, 1)
    with pytest.raises(DeviceError) as caught:
        made.show("A012")
    assert caught.value.uncertain
    assert caught.value.fault in {Fault.SILENT, Fault.CHECKSUM}
    assert card.shown == ([] if fault == "lost_requests" else ["A012"])
    made.show("A013")
    assert card.text == "A013"
    made.close()


def test_a_card_whose_answers_cannot_be_told_apart_is_waited_for(line: SimulatedBxLine) -> None:
    card = line.card(1)
    card.faults.names_nobody = True
    made = patient_bar(line, refresh_seconds=0.0)
    card.faults.late_seconds = 0.55
    with pytest.raises(DeviceError):
        made.show("A012")
    card.faults.lost_requests = 1
    with pytest.raises(DeviceError) as caught:
        made.show("A013")
    assert caught.value.fault in {Fault.SILENT, Fault.CHECKSUM}, "the late answer was for the line before"
    made.show("A014")
    assert card.shown == ["A012", "A014"]
    made.close()


def test_a_slow_and_a_busy_card_still_show_the_line(line: SimulatedBxLine) -> None:
    made, card = bar(line.url(1)), line.card(1)
    card.faults.slow_seconds, card.faults.busy = 0.2, 2
    made.show("A012")
    assert card.shown == ["A012"]
    made.close()


def test_a_font_that_the_card_does_not_have_is_a_mistake_of_the_settings(line: SimulatedBxLine) -> None:
    made = bar(line.url(1))
    line.card(1).faults.refuse = 12
    with pytest.raises(DeviceError) as caught:
        made.show("A012")
    assert caught.value.fault is Fault.CONFIGURATION
    made.close()


def test_brightness_is_set_when_it_is_opened_and_the_bar_can_be_made_dark(line: SimulatedBxLine) -> None:
    made, card = bar(line.url(1), brightness="3"), line.card(1)
    assert card.brightness == 3
    made.switch(False)
    assert [condition.code for condition in made.probe().conditions] == ["display.off"]
    made.switch(True)
    assert made.probe().state is DeviceState.READY
    made.close()


def test_the_picture_is_what_a_person_sees(line: SimulatedBxLine) -> None:
    made, card = patient_bar(line, 0.0, Look(colour="green")), line.card(1)
    dark = card.picture()
    made.show("A012")
    lit = card.picture()
    assert lit.size == dark.size
    green = sum(count for count, colour in lit.getcolors(100_000) if colour == (70, 255, 70))
    assert green > 1_000
    assert all(colour != (70, 255, 70) for _, colour in dark.getcolors(100_000))
    made.show("本窗口因系统维护暂停服务")
    assert card.picture(offset=40).tobytes() != card.picture().tobytes(), "it moves"
    made.close()


def test_a_recording_plays_back(line: SimulatedBxLine, tmp_path: Path) -> None:
    kept = tmp_path / "bar.jsonl"
    made = bar(line.url(1), record=str(kept))
    made.show(CALL)
    assert made.probe().state is DeviceState.READY
    made.close()
    assert len(read_recording(kept)) == 6
    again = bar(f"replay://{kept}?address=1")
    again.show(CALL)
    assert again.probe().state is DeviceState.READY
    again.close()


@pytest.mark.parametrize(
    "options",
    [
        {"address": "0"},
        {"address": "40000"},
        {"address": "x"},
        {"font": "15"},
        {"colour": "pink"},
        {"width": "4"},
        {"height": "8"},
        {"generation": "7k"},
        {"brightness": "16"},
        {"overlay": "maybe"},
        {"area": "8"},
        {"speed": "25"},
        {"baud": "fast"},
    ],
)
def test_wrong_settings_are_refused_when_the_driver_is_made(options: dict[str, str]) -> None:
    with pytest.raises(DeviceError) as caught:
        make_device("window_display", "bx", "serial:///dev/null", options)
    assert caught.value.fault is Fault.CONFIGURATION


def test_a_card_that_stays_dead_is_asked_ever_more_rarely(
    line: SimulatedBxLine, shared: SharedPorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FIRST_REST_SECONDS", "REST_SECONDS"):
        monkeypatch.setattr(f"drivers.window_display.bx_line.{name}", 60.0)
    well = bar(line.url(2), shared)
    line.card(1).faults.silent = True
    took = []
    for _ in range(5):
        begin = time.monotonic()
        with pytest.raises(DeviceError):
            bar(line.url(1), shared, baud="9600")
        took.append(time.monotonic() - begin)
    assert max(took[-2:]) < ANSWER_SECONDS <= min(took[:3]), "its neighbour has the line meanwhile"
    well.show("B002")
    well.close()
