"""What the bars say, in any width, and when they are told again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

import ui
from drivers.device import Action, Condition, DeviceError, DeviceState, Fault, Status
from drivers.window_display.codec import encode_text
from drivers.window_display.port import DisplayCapabilities, Style
from queue_server.contract.messages import Text, TicketState, TicketView, WindowMode, WindowView
from queue_server.relay.announcements import SignKey, WindowSign, sign_of
from queue_server.relay.displays import REFRESH_SECONDS, Bar, SignTexts, cells
from queue_server.relay.gateway import sign_texts

NOW = datetime(2026, 5, 6, 9, 0, tzinfo=UTC)
READY = Status(DeviceState.READY)


def view(state: TicketState | None = None, mode: WindowMode = WindowMode.OPEN, number: str = "A012") -> WindowView:
    ticket = None if state is None else TicketView(id="t", number=number, queue="A", state=state, issued_at=NOW)
    return WindowView(id="3", name=Text(zh="3号窗口"), zone="Z1", mode=mode, ticket=ticket)


@dataclass
class FakeBar:
    columns: int = 16
    shown: list[tuple[str, Style]] = field(default_factory=list)
    fault: Fault | None = None
    status: Status = READY
    opened: int = 0
    refresh_seconds: float = 0.0
    answers: bool = True
    probed: int = 0

    @property
    def capabilities(self) -> DisplayCapabilities:
        return DisplayCapabilities(self.columns, refresh_seconds=self.refresh_seconds, answers=self.answers)

    def open(self) -> None:
        self._check()
        self.opened += 1

    def close(self) -> None: ...

    def probe(self) -> Status:
        self.probed += 1
        return self.status

    def show(self, text: str, style: Style = Style.STEADY) -> None:
        self._check()
        encode_text(text)
        self.shown.append((text, style))

    def clear(self) -> None: ...

    def _check(self) -> None:
        if self.fault is not None:
            raise DeviceError(self.fault)


@pytest.mark.parametrize(
    ("columns", "number", "window", "text"),
    [
        (16, "A012", "3", "A012 请到3号窗口"),
        (16, "A012", "12", "A012请到12号窗口"),
        (16, "A1012", "3", "A1012请到3号窗口"),
        (16, "A012", "VIP", "请A012号"),
        (12, "A012", "3", "请A012号"),
        (8, "A012", "3", "请A012号"),
        (6, "A012", "3", "A012"),
        (4, "A1012", "3", "A1012"),
    ],
)
def test_a_call_takes_the_longest_wording_that_fits(columns: int, number: str, window: str, text: str) -> None:
    sign = WindowSign("3", SignKey.CALL, {"number": number, "window": window}, blink=True)
    assert sign_texts("zh_CN").fit(sign, columns) == text


@pytest.mark.parametrize("folder", ["zh_CN", "en"])
@pytest.mark.parametrize("columns", [8, 12, 16])
@pytest.mark.parametrize("key", list(SignKey))
def test_every_sign_fits_the_bars_that_halls_have_and_can_be_shown(folder: str, columns: int, key: SignKey) -> None:
    text = sign_texts(folder).fit(WindowSign("3", key, {"number": "A012", "window": "3"}), columns)
    assert text
    assert len(encode_text(text)) == cells(text) <= columns


def test_the_wordings_stand_from_long_to_short() -> None:
    texts = json.loads((ui.I18N / "zh_CN" / "voice.json").read_text(encoding="utf-8"))
    for key in SignKey:
        widths = [cells(texts[name]) for name in (key.value, f"{key.value}.1", f"{key.value}.2") if name in texts]
        assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (view(), "欢迎光临"),
        (view(TicketState.CALLING), "A012 请到3号窗口"),
        (view(TicketState.SERVING), "A012 正在办理"),
        (view(mode=WindowMode.PAUSED), "本窗口暂停服务"),
        (view(mode=WindowMode.CLOSED), "本窗口未开放"),
    ],
)
def test_a_window_says_how_it_is(window: WindowView, said: str) -> None:
    assert sign_texts("zh_CN").fit(sign_of(window), 16) == said


def bar(device: FakeBar) -> Bar:
    return Bar("bar3", "3", device, sign_texts("zh_CN"))


def test_a_change_is_shown_at_once_and_once() -> None:
    device = FakeBar()
    station = bar(device)
    station.turn(0.0)
    station.see(view())
    assert station.due(0.1) <= 0.1
    station.turn(0.1)
    station.see(view(TicketState.CALLING))
    assert station.due(0.2) <= 0.2
    station.turn(0.2)
    station.see(view(TicketState.CALLING))
    assert station.due(0.3) > 0.3
    station.turn(6.0)
    assert device.shown == [("欢迎光临", Style.STEADY), ("A012 请到3号窗口", Style.BLINK)]
    assert station.status.state is DeviceState.READY


def test_the_line_is_sent_again_every_minute() -> None:
    device = FakeBar()
    station = bar(device)
    station.see(view())
    for second in range(0, 130, 5):
        station.turn(float(second))
    assert len(device.shown) == 3
    assert REFRESH_SECONDS == 60


def test_a_bar_that_returns_gets_its_line_again() -> None:
    device = FakeBar(fault=Fault.SILENT)
    station = bar(device)
    station.see(view())
    station.turn(0.0)
    assert station.status.state is DeviceState.UNKNOWN
    assert [condition.code for condition in station.status.conditions] == ["node.silent"]
    device.fault = None
    station.turn(1.0)
    assert device.shown == [("欢迎光临", Style.STEADY)]
    device.fault = Fault.UNPLUGGED
    station.see(view(TicketState.CALLING))
    station.turn(2.0)
    assert station.status.state is DeviceState.ABSENT
    device.fault = None
    station.turn(3.0)
    assert device.shown[-1] == ("A012 请到3号窗口", Style.BLINK)
    assert device.opened == 2


def test_a_bar_that_does_not_answer_a_probe_is_opened_again() -> None:
    device = FakeBar()
    station = bar(device)
    station.see(view())
    station.turn(0.0)
    device.status = Status(DeviceState.UNKNOWN)
    station.turn(10.0)
    assert station.status.state is DeviceState.UNKNOWN
    device.status = READY
    station.turn(11.0)
    assert len(device.shown) == 2


def test_a_bar_that_was_without_power_gets_its_line_again() -> None:
    device = FakeBar()
    station = bar(device)
    station.see(view())
    station.turn(0.0)
    device.status = Status(DeviceState.IMPAIRED, (Condition("display.blank", Action.NONE),))
    station.turn(5.0)
    assert len(device.shown) == 2


def test_a_sign_that_the_bar_cannot_show_becomes_the_bare_number() -> None:
    texts = {"sign.call": "😀 {number}", "sign.welcome": "😀"}
    device = FakeBar()
    station = Bar("bar3", "3", device, SignTexts(texts))
    station.see(view(TicketState.CALLING))
    station.turn(0.0)
    assert device.shown == [("A012", Style.STEADY)]
    station.see(view())
    station.turn(1.0)
    assert station.due(1.1) > 1.1, "what is refused once is not tried again and again"


def test_a_language_without_texts_is_a_mistake_of_the_settings() -> None:
    with pytest.raises(ValueError, match="no texts"):
        sign_texts("tlh")


def test_of_changes_that_come_faster_than_the_bar_takes_lines_the_newest_one_is_shown() -> None:
    device = FakeBar(refresh_seconds=1.0)
    station = bar(device)
    station.see(view())
    station.turn(10.0)
    station.see(view(TicketState.CALLING, number="A012"))
    assert station.due(10.2) == 11.0
    station.turn(10.2)
    station.see(view(TicketState.CALLING, number="A013"))
    assert station.due(10.9) == 11.0
    station.turn(11.0)
    assert [text for text, _ in device.shown] == ["欢迎光临", "A013 请到3号窗口"]


def test_a_bar_that_never_answers_is_told_its_lines_and_never_said_to_be_well() -> None:
    device = FakeBar(answers=False)
    station = bar(device)
    station.see(view())
    for second in range(0, 70, 5):
        station.turn(float(second))
        assert station.status.state is DeviceState.UNKNOWN
        assert [condition.code for condition in station.status.conditions] == ["status.unknown"]
    assert [text for text, _ in device.shown] == ["欢迎光临"] * 2, "once, and again after a minute"
    assert (device.opened, device.probed) == (1, 0)
