"""Bars of other makes, by settings alone: one that answers and one that never does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.device import Cancel, DeviceError, DeviceState, Fault
from drivers.loading import SharedPorts, make_device
from drivers.window_display.port import Style, WindowDisplay
from drivers.window_display.rigs import TALKING
from drivers.window_display.template_twin import MuteBar, SimulatedForeignLine, TalkingBar

CALL = "A012 请到3号窗口"
CXT = {
    "frame": "21 21 55 AA 01 01 {style:u8} 05 00 00 00 0A {len:u16be} {text:gbk}",
    "styles": "steady=0, scroll=1",
}
"""CXT CX-H: part, colour, effect, speed, stay (4), count (2), text; it never answers."""


@pytest.fixture
def shared() -> Iterator[SharedPorts]:
    ports = SharedPorts()
    yield ports
    ports.close()


@pytest.fixture
def talking() -> Iterator[SimulatedForeignLine]:
    with SimulatedForeignLine([TalkingBar(1), TalkingBar(2)]) as line:
        yield line


@pytest.fixture
def mute() -> Iterator[SimulatedForeignLine]:
    with SimulatedForeignLine([MuteBar(1)]) as line:
        yield line


def bar(line: SimulatedForeignLine, shared: SharedPorts, settings: dict[str, str], address: int = 1) -> WindowDisplay:
    made = make_device("window_display", "template", line.url(address), settings, shared)
    made.open()
    return made  # type: ignore[return-value]  # because make_device gives what the kind says


def test_a_bar_that_answers_shows_what_it_is_sent(talking: SimulatedForeignLine, shared: SharedPorts) -> None:
    made, twin = bar(talking, shared, TALKING), talking.bars[1]
    made.show(CALL, Style.BLINK)
    assert (twin.text, twin.style) == (CALL, 1)
    made.show("本窗口因系统维护暂停服务")
    assert twin.scrolls
    made.clear()
    assert twin.text == ""
    assert made.probe().state is DeviceState.READY
    assert made.capabilities.answers


def test_two_bars_share_a_line_by_their_addresses(talking: SimulatedForeignLine, shared: SharedPorts) -> None:
    first, second = bar(talking, shared, TALKING, 1), bar(talking, shared, TALKING, 2)
    first.show("A001")
    second.show("B002")
    first.close()
    second.show("B003")
    assert (talking.bars[1].shown, talking.bars[2].shown) == (["A001"], ["B002", "B003"])


@pytest.mark.parametrize("fault", ["wrong_sum", "lost_replies"])
def test_a_spoiled_answer_leaves_it_uncertain_and_the_line_is_not_sent_twice(
    talking: SimulatedForeignLine, shared: SharedPorts, fault: str
) -> None:
    made, twin = bar(talking, shared, TALKING), talking.bars[1]
    setattr(twin, fault, 1)
    with pytest.raises(DeviceError) as caught:
        made.show("A001")
    assert caught.value.uncertain
    assert twin.shown == ["A001"]
    made.show("A002")
    assert twin.text == "A002"


def test_a_slow_bar_is_waited_for_and_its_late_answer_is_not_the_next_one(
    talking: SimulatedForeignLine, shared: SharedPorts
) -> None:
    made, twin = bar(talking, shared, TALKING), talking.bars[1]
    twin.slow_seconds = 0.25
    with pytest.raises(DeviceError):
        made.show("A001")
    twin.slow_seconds, twin.lost_replies = 0.0, 1
    with pytest.raises(DeviceError):
        made.show("A002")
    made.show("A003")
    assert twin.shown == ["A001", "A002", "A003"]


def test_a_bar_that_never_answers_is_believed_and_never_said_to_be_well(
    mute: SimulatedForeignLine, shared: SharedPorts
) -> None:
    made, twin = bar(mute, shared, CXT), mute.bars[1]
    made.show(CALL)
    assert twin.wait_for(lambda text: text == CALL) == CALL
    status = made.probe()
    assert (status.state, [condition.code for condition in status.conditions]) == (
        DeviceState.UNKNOWN,
        ["status.unknown"],
    )
    assert not made.capabilities.answers
    mute.unplug()
    with pytest.raises(DeviceError) as caught:
        made.show("A013")
    assert caught.value.fault in {Fault.UNPLUGGED, Fault.ABSENT}


def test_a_mute_bar_scrolls_what_is_too_long_and_has_no_blinking(
    mute: SimulatedForeignLine, shared: SharedPorts
) -> None:
    made, twin = bar(mute, shared, CXT), mute.bars[1]
    assert made.capabilities.styles == {Style.STEADY, Style.SCROLL}
    made.show("A012", Style.BLINK)
    twin.wait_for(lambda text: text == "A012")
    assert twin.style == 0
    made.show("本窗口因系统维护暂停服务")
    twin.wait_for(lambda text: text.startswith("本窗口"))
    assert twin.scrolls
    assert twin.picture(8).tobytes() != twin.picture(0).tobytes()


def test_a_text_cannot_be_a_command_of_the_make(mute: SimulatedForeignLine, shared: SharedPorts) -> None:
    made, twin = bar(mute, shared, {**CXT, "reserved": "\\{|"}), mute.bars[1]
    made.show("\\a{b|c")
    assert twin.wait_for(bool) == "＼a｛b｜c"
    with pytest.raises(DeviceError) as caught:
        made.show("A012\x1b")
    assert caught.value.fault is Fault.BAD_DATA
    assert len(twin.shown) == 1


def test_lines_keep_their_distance_and_the_newest_wins(mute: SimulatedForeignLine, shared: SharedPorts) -> None:
    made = bar(mute, shared, {**CXT, "refresh": "0.3"})
    begin = time.monotonic()
    made.show("1")
    made.show("2")
    assert time.monotonic() - begin >= 0.3
    with pytest.raises(DeviceError) as caught:
        made.show("3", timeout=0.1)
    assert caught.value.fault is Fault.BUSY
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(DeviceError) as called_off:
        made.show("4", cancel=cancel)
    assert called_off.value.fault is Fault.CANCELLED
    mute.bars[1].wait_for(lambda text: text == "2")
    assert mute.bars[1].shown == ["1", "2"]


def test_signs_that_no_bar_has_are_sent_as_those_that_look_like_them(
    talking: SimulatedForeignLine, shared: SharedPorts
) -> None:
    made, twin = bar(talking, shared, TALKING), talking.bars[1]
    made.show("收费\u00a55\u00a0元\t整")
    assert twin.text == "收费￥5 元 整"
    with pytest.raises(DeviceError) as caught:
        made.show("\u3400\U00020000")
    assert caught.value.fault is Fault.BAD_DATA
    assert twin.text == "收费￥5 元 整"


def test_a_recording_plays_back(talking: SimulatedForeignLine, tmp_path: Path) -> None:
    kept, ports = tmp_path / "bar.jsonl", SharedPorts()
    made = bar(talking, ports, {**TALKING, "record": str(kept)})
    made.show(CALL)
    ports.close()
    again = make_device("window_display", "template", f"replay://{kept}?address=1", TALKING, ports)
    again.open()
    again.show(CALL)  # type: ignore[attr-defined]  # because make_device gives what the kind says
    ports.close()


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({}, "frame is missing"),
        ({"frame": "55 AA {addr:u8}"}, "no {text"),
        ({"frame": "55 ZZ {text:gbk}"}, "character 4"),
        ({"frame": "55 {text:gbk} {name:u8}"}, "name"),
        ({"frame": "{text:gbk}", "reply": "("}, "character"),
        ({"frame": "{text:gbk}", "reply": "(a+)+b"}, "ways"),
        ({"frame": "{text:gbk}", "styles": "blink=1"}, "steady is needed"),
        ({"frame": "{text:gbk}", "styles": "steady"}, "steady is needed"),
        ({"frame": "{text:gbk}", "reserved": "A"}, "reserved"),
        ({"frame": "{text:gbk}", "address": "-1"}, "address"),
        ({"frame": "{text:gbk}", "refresh": "soon"}, "refresh"),
        ({"frame": "{addr:u8} {text:gbk}", "address": "300"}, "frame: 300 does not fit"),
        ({"frame": "{style:u8} {text:gbk}", "styles": "steady=0, blink=256"}, "frame: 256 does not fit"),
        ({"frame": "{text:gbk}", "ask": "{addr:bcd}", "address": "100"}, "ask: 100 does not fit"),
        ({"frame": "{text:gbk}", "turnaround": "\u00b2"}, "turnaround"),
    ],
)
def test_wrong_settings_are_refused_with_the_place(settings: dict[str, str], word: str) -> None:
    with pytest.raises(DeviceError, match=word) as caught:
        make_device("window_display", "template", "serial:///dev/null", settings)
    assert caught.value.fault is Fault.CONFIGURATION
