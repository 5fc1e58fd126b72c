"""Presses become commands: the right one, once, never late, never for somebody else."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, DeviceState, Fault, Status
from drivers.keypad.port import KeypadKey, KeyPress
from drivers.rating_device.port import RatingKey, RatingPress
from queue_server.contract import messages as m
from queue_server.contract.messages import Command, RatingState, Text, TicketState, TicketView, WindowMode, WindowView
from queue_server.contract.refusals import Code, Refusal
from queue_server.relay.buttons import KeypadButtons, RaterButtons, command_of, new_nonce, session_of

NOW = datetime(2026, 5, 6, 9, 0, tzinfo=UTC)


def view(
    state: TicketState | None = None,
    mode: WindowMode = WindowMode.OPEN,
    service: str | None = None,
    rating: RatingState = RatingState.NOT_YET,
    until: datetime | None = None,
) -> WindowView:
    ticket = None if state is None else TicketView(id="t", number="A012", queue="A", state=state, issued_at=NOW)
    return WindowView(
        id="8",
        name=Text(zh="8号窗口"),
        zone="Z1",
        mode=mode,
        ticket=ticket,
        service=service,
        rating=rating,
        rating_until=until,
    )


@dataclass
class Hall:
    """Takes commands and answers when it is told to."""

    asked: list[tuple[Command, str]] = field(default_factory=list)
    answers: list[Future[None]] = field(default_factory=list)
    at_once: bool = True

    def carry_out(self, command: Command, key: str) -> Future[None]:
        self.asked.append((command, key))
        answer: Future[None] = Future()
        if self.at_once:
            answer.set_result(None)
        self.answers.append(answer)
        return answer


@dataclass
class FakeKeypad:
    waiting: list[KeyPress] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    fault: Fault | None = None
    lose_acknowledgement: bool = False

    def open(self) -> None:
        self._check()

    def close(self) -> None: ...

    def probe(self) -> Status:
        return Status(DeviceState.READY)

    def poll(self) -> KeyPress | None:
        self._check()
        return self.waiting[0] if self.waiting else None

    def acknowledge(self, press: KeyPress) -> None:
        self._check()
        if self.lose_acknowledgement:
            self.lose_acknowledgement = False
            raise DeviceError(Fault.SILENT, uncertain=True)
        self.acknowledged.append(press.sequence)
        self.waiting = [one for one in self.waiting if one.sequence != press.sequence]

    def _check(self) -> None:
        if self.fault is not None:
            raise DeviceError(self.fault)


@dataclass
class FakeRater:
    waiting: list[RatingPress] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    told: list[int] = field(default_factory=list)

    def open(self) -> None: ...

    def close(self) -> None: ...

    def probe(self) -> Status:
        return Status(DeviceState.READY)

    def invite(self, session: int) -> None:
        self.told.append(session)

    def withdraw(self) -> None:
        self.told.append(0)

    def poll(self) -> RatingPress | None:
        return self.waiting[0] if self.waiting else None

    def acknowledge(self, press: RatingPress) -> None:
        self.acknowledged.append(press.sequence)
        self.waiting.remove(press)


def press(key: KeypadKey = KeypadKey.CALL_NEXT, sequence: int = 1, age: float = 0.0) -> KeyPress:
    return KeyPress(key, sequence, age)


@pytest.fixture
def hall() -> Hall:
    return Hall()


@pytest.fixture
def keypad() -> FakeKeypad:
    return FakeKeypad()


@pytest.fixture
def buttons(hall: Hall, keypad: FakeKeypad) -> KeypadButtons:
    station = KeypadButtons("keypad8", "8", keypad, hall.carry_out, "n1")
    station.turn(0.0)
    return station


@pytest.mark.parametrize(
    ("key", "window", "command"),
    [
        (KeypadKey.CALL_NEXT, view(), m.CallNext(window="8")),
        (KeypadKey.CALL_NEXT, view(TicketState.CALLING), m.CallNext(window="8")),
        (KeypadKey.CALL_NEXT, view(TicketState.SERVING), m.CallNext(window="8", finish_current=m.Outcome.ACCEPTED)),
        (KeypadKey.CALL_NEXT, None, m.CallNext(window="8")),
        (KeypadKey.RECALL, view(TicketState.CALLING), m.Recall(window="8")),
        (KeypadKey.START, view(TicketState.CALLING), m.StartService(window="8")),
        (KeypadKey.PASS, view(TicketState.CALLING), m.PassOver(window="8")),
        (KeypadKey.FINISH, view(TicketState.SERVING), m.FinishService(window="8")),
        (KeypadKey.PAUSE, view(), m.PauseWindow(window="8")),
        (KeypadKey.PAUSE, view(mode=WindowMode.PAUSED), m.OpenWindow(window="8")),
        (KeypadKey.PAUSE, view(mode=WindowMode.CLOSED), m.OpenWindow(window="8")),
        (KeypadKey.HOLD, view(TicketState.SERVING), m.HoldService(window="8")),
        (KeypadKey.HOLD, view(), m.ResumeService(window="8")),
    ],
)
def test_a_key_means_what_the_window_is_about(key: KeypadKey, window: WindowView | None, command: Command) -> None:
    assert command_of(key, "8", window) == command


def test_a_press_is_carried_out_then_acknowledged(buttons: KeypadButtons, hall: Hall, keypad: FakeKeypad) -> None:
    hall.at_once = False
    keypad.waiting = [press(sequence=5)]
    buttons.turn(0.1)
    buttons.turn(0.2)
    assert hall.asked == [(m.CallNext(window="8"), "keypad8-n1-5")]
    assert keypad.acknowledged == []
    hall.answers[0].set_result(None)
    buttons.turn(0.3)
    buttons.turn(0.4)
    assert keypad.acknowledged == [5]
    assert len(hall.asked) == 1


def test_a_lost_acknowledgement_does_not_call_twice(buttons: KeypadButtons, hall: Hall, keypad: FakeKeypad) -> None:
    keypad.waiting = [press(sequence=5)]
    keypad.lose_acknowledgement = True
    for step in range(1, 40):
        buttons.turn(step * 0.1)
    assert len(hall.asked) == 1
    assert keypad.acknowledged == [5]


def test_a_lost_server_is_asked_again_with_the_same_key_and_command(
    buttons: KeypadButtons, hall: Hall, keypad: FakeKeypad
) -> None:
    hall.at_once = False
    keypad.waiting = [press(sequence=5)]
    buttons.turn(0.1)
    buttons.see(view(TicketState.SERVING))
    hall.answers[0].set_exception(ConnectionError())
    buttons.turn(0.2)
    buttons.turn(0.5)
    assert len(hall.asked) == 1
    buttons.turn(1.3)
    assert hall.asked[1] == hall.asked[0]
    hall.answers[1].set_result(None)
    buttons.turn(1.4)
    buttons.turn(1.5)
    assert keypad.acknowledged == [5]


def test_a_press_is_given_up_before_it_gets_old(buttons: KeypadButtons, hall: Hall, keypad: FakeKeypad) -> None:
    hall.at_once = False
    keypad.waiting = [press(sequence=5, age=1.0)]
    now = 0.1
    while not keypad.acknowledged and now < 20:
        buttons.turn(now)
        for answer in hall.answers:
            if not answer.done():
                answer.set_exception(ConnectionError())
        now += 0.1
    assert keypad.acknowledged == [5]
    assert now < 6


def test_an_old_press_is_not_carried_out(buttons: KeypadButtons, hall: Hall, keypad: FakeKeypad) -> None:
    keypad.waiting = [press(sequence=5, age=6.0)]
    buttons.turn(0.1)
    buttons.turn(0.2)
    assert hall.asked == []
    assert keypad.acknowledged == [5]


def test_what_was_pressed_before_the_gateway_started_is_not_carried_out(hall: Hall) -> None:
    keypad = FakeKeypad([press(sequence=5), press(KeypadKey.RECALL, sequence=6)])
    station = KeypadButtons("keypad8", "8", keypad, hall.carry_out, "n1")
    for step in range(5):
        station.turn(step * 0.1)
    assert keypad.acknowledged == [5, 6]
    assert hall.asked == [(m.Recall(window="8"), "keypad8-n1-6")]


def test_a_final_no_is_an_answer(buttons: KeypadButtons, hall: Hall, keypad: FakeKeypad) -> None:
    hall.at_once = False
    keypad.waiting = [press(sequence=5)]
    buttons.turn(0.1)
    hall.answers[0].set_exception(Refusal(Code.WINDOW_BUSY, "busy"))
    buttons.turn(0.2)
    buttons.turn(0.3)
    assert keypad.acknowledged == [5]


def test_a_keypad_that_goes_and_returns_is_told_once(buttons: KeypadButtons, keypad: FakeKeypad) -> None:
    assert buttons.status.state is DeviceState.READY
    keypad.fault = Fault.SILENT
    buttons.turn(0.1)
    assert buttons.status.state is DeviceState.UNKNOWN
    assert buttons.due(0.2) == pytest.approx(1.1)
    keypad.fault = None
    buttons.turn(1.2)
    assert buttons.status.state is DeviceState.READY


INVITED = view(service="s1", rating=RatingState.INVITED, until=NOW + timedelta(seconds=60))


@dataclass
class Rating:
    hall: Hall = field(default_factory=Hall)
    rater: FakeRater = field(default_factory=FakeRater)
    now: datetime = NOW
    step: float = 0.0

    def __post_init__(self) -> None:
        self.station = RaterButtons("rater8", "8", self.rater, self.hall.carry_out, "n1", lambda: self.now)

    def turns(self, count: int = 4) -> None:
        for _ in range(count):
            self.step += 0.1
            self.station.turn(self.step)


def test_a_box_invites_when_the_hall_does_and_stops_when_it_stops() -> None:
    rating = Rating()
    rating.station.see(view())
    rating.turns()
    rating.station.see(INVITED)
    assert rating.station.due(rating.step) <= rating.step
    rating.turns()
    rating.station.see(view(service="s1", rating=RatingState.SUBMITTED))
    rating.turns()
    assert rating.rater.told == [0, session_of("s1"), 0]


def test_a_box_stops_at_the_end_of_the_time_even_without_the_server() -> None:
    rating = Rating()
    rating.station.see(INVITED)
    rating.turns()
    rating.now += timedelta(seconds=60)
    rating.turns()
    assert rating.rater.told == [session_of("s1"), 0]


@pytest.mark.parametrize("level", list(RatingKey))
def test_every_level_reaches_the_hall_as_it_was_pressed(level: RatingKey) -> None:
    rating = Rating()
    rating.station.see(INVITED)
    rating.turns()
    rating.rater.waiting = [RatingPress(level, 3, session_of("s1"), 0.0)]
    rating.turns()
    wanted = m.RateService(service="s1", level=m.Level(level.value), channel=m.RatingChannel.DEVICE)
    assert rating.hall.asked == [(wanted, "rater8-n1-3")]
    assert rating.rater.acknowledged == [3]


def test_a_late_press_still_belongs_to_its_own_service() -> None:
    rating = Rating()
    rating.station.see(INVITED)
    rating.turns()
    rating.rater.waiting = [RatingPress(RatingKey.DISSATISFIED, 3, session_of("s1"), 20.0)]
    rating.station.see(view(service="s2", rating=RatingState.INVITED))
    rating.turns()
    (command, _), *others = rating.hall.asked
    assert isinstance(command, m.RateService)
    assert command.service == "s1"
    assert others == []


def test_a_press_of_an_unknown_session_is_given_to_nobody() -> None:
    rating = Rating()
    rating.station.see(INVITED)
    rating.rater.waiting = [RatingPress(RatingKey.SATISFIED, 3, 999, 0.0)]
    rating.turns()
    assert rating.hall.asked == []
    assert rating.rater.acknowledged == [3]


@given(st.text(max_size=64))
def test_a_session_is_never_idle_and_the_same_after_a_restart(service: str) -> None:
    assert 1 <= session_of(service) <= 0xFFFF
    assert session_of(service) == session_of(service)


def test_keys_differ_between_two_starts_and_fit() -> None:
    first, second = new_nonce(), new_nonce()
    assert first != second
    assert len(f"{'x' * 30}-{first}-{2**40}") <= 64
