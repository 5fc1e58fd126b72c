"""Loudspeakers on a wire: what is said, in which order, how often, and what is not said any more."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from drivers.device import Cancel, DeviceError, DeviceState, Fault, Status
from drivers.speaker.port import SpeakerCapabilities
from queue_server.contract.messages import CallView, Text
from queue_server.contract.refusals import Code, Refusal
from queue_server.contract.words import Language
from queue_server.domain.hall import Device
from queue_server.relay.announcements import Announcement
from queue_server.relay.hall_link import LinkDownError
from queue_server.relay.voices import PROBE_SECONDS, RETRY_SECONDS, Voice, languages_in, languages_of

NOW = datetime(2026, 5, 6, 9, 0, tzinfo=UTC)
READY = Status(DeviceState.READY)


def call(seq: int, number: str = "", zone: str = "Z1") -> Announcement:
    return Announcement(
        seq=seq,
        key="call.please",
        params={},
        number=number or f"A{seq:03}",
        window="3",
        window_name=Text(zh="3号窗口", en="Window 3"),
        zone=zone,
        calls=1,
        at=NOW,
        valid_until=NOW + timedelta(seconds=20),
        spoken=True,
        segments=(),
    )


def withdrawn(number: str) -> CallView:
    return CallView(
        ticket="t",
        number=number,
        window="3",
        window_name=Text(zh="3号窗口"),
        zone="Z1",
        at=NOW,
        calls=1,
        valid_until=NOW,
        withdrawn=True,
    )


@dataclass
class FakeSpeaker:
    said: list[bytes] = field(default_factory=list)
    faults: list[DeviceError] = field(default_factory=list)
    status: Status = READY
    opened: int = 0
    lasts: list[float] = field(default_factory=list)
    """Seconds, of each sound to come; the others are over at once."""
    playing: threading.Event = field(default_factory=threading.Event)

    @property
    def capabilities(self) -> SpeakerCapabilities:
        return SpeakerCapabilities(audible=True, real_time=True, volume=True)

    def open(self) -> None:
        self.opened += 1

    def close(self) -> None: ...

    def probe(self) -> Status:
        return self.status

    def play(self, wav: bytes, timeout: float = 60.0, cancel: Cancel | None = None, **_: object) -> None:
        if self.faults:
            raise self.faults.pop(0)
        assert cancel is not None
        seconds = self.lasts.pop(0) if self.lasts else 0.0
        self.playing.set()
        if cancel.wait(seconds):
            raise DeviceError(Fault.CANCELLED, uncertain=True)
        self.said.append(wav)


class Stand:
    """A loudspeaker of zone Z1 and a hall that makes sounds when the test says so."""

    def __init__(self, zone: str | None = "Z1", language: str = "zh") -> None:
        self.speaker = FakeSpeaker()
        self.asked: list[tuple[str, str]] = []
        self.sounds: list[Future[bytes]] = []
        self.at_once = True
        self.voice = Voice("voice1", zone, self.speaker, self.fetch, languages_of(language))

    def fetch(self, call: Announcement, language: Language) -> Future[bytes]:
        self.asked.append((call.number, language.value))
        sound: Future[bytes] = Future()
        self.sounds.append(sound)
        if self.at_once:
            sound.set_result(f"{call.number} {language.value}".encode())
        return sound

    def run(self, now: float) -> list[str]:
        """Gives it its turns as the thread of its line does; returns what was said so far."""
        for _ in range(20):
            if self.voice.due(now) > now:
                break
            self.voice.turn(now)
        return [one.decode() for one in self.speaker.said]


def test_every_call_of_the_zone_is_said_once_and_in_order() -> None:
    stand = Stand()
    stand.run(0.0)
    for one in (call(1), call(2), call(1), call(3, zone="Z2"), call(4)):
        stand.voice.say(one, 1.0, 20.0)
    assert stand.voice.due(1.0) <= 1.0
    assert stand.run(1.0) == ["A001 zh", "A002 zh", "A004 zh"]
    assert stand.run(2.0) == ["A001 zh", "A002 zh", "A004 zh"]
    assert stand.voice.status.state is DeviceState.READY


def test_a_loudspeaker_without_a_zone_is_for_the_whole_hall_and_speaks_the_languages_it_is_given() -> None:
    stand = Stand(zone=None, language="zh, en")
    stand.run(0.0)
    stand.voice.say(call(3, zone="Z2"), 1.0, 20.0)
    assert stand.run(1.0) == ["A003 zh", "A003 en"]


@pytest.mark.parametrize("text", ["tlh", "", "zh, zh", "zh;en"])
def test_a_language_that_nobody_speaks_is_a_mistake_of_the_settings(text: str) -> None:
    with pytest.raises(ValueError):
        languages_of(text)


def test_a_call_that_got_too_old_while_others_were_said_is_dropped() -> None:
    stand = Stand()
    stand.run(0.0)
    stand.voice.say(call(1), 1.0, 5.0)
    stand.voice.say(call(2), 1.0, 20.0)
    stand.voice.say(call(3), 1.0, 0.0)
    assert stand.run(6.5) == ["A002 zh"]
    assert ("A003", "zh") not in stand.asked, "what comes too late is not even asked for"


def test_a_sound_that_is_not_there_is_waited_for_until_its_call_is_too_old() -> None:
    stand = Stand()
    stand.at_once = False
    stand.run(0.0)
    stand.voice.say(call(1), 1.0, 5.0)
    stand.voice.say(call(2), 1.0, 20.0)
    assert stand.run(1.0) == []
    assert stand.voice.due(1.0) == 6.0
    stand.sounds[1].set_result(b"A002 zh")
    assert stand.run(2.0) == [], "the order is kept"
    assert stand.run(6.0) == ["A002 zh"]


def test_a_hall_that_is_away_is_asked_again_and_its_final_no_is_believed() -> None:
    stand = Stand()
    stand.at_once = False
    stand.run(0.0)
    stand.voice.say(call(1), 1.0, 20.0)
    stand.voice.say(call(2), 1.0, 20.0)
    stand.sounds[0].set_exception(LinkDownError("down"))
    stand.sounds[1].set_exception(Refusal(Code.TOO_LATE, "late"))
    stand.run(1.0)
    assert stand.asked == [("A001", "zh"), ("A002", "zh")]
    assert stand.voice.due(1.0) == 1.0 + RETRY_SECONDS
    stand.run(1.0 + RETRY_SECONDS)
    stand.sounds[2].set_result(b"A001 zh")
    assert stand.run(2.0) == ["A001 zh"]
    assert stand.asked == [("A001", "zh"), ("A002", "zh"), ("A001", "zh")]


def test_what_is_called_again_while_it_waits_is_said_once() -> None:
    stand = Stand()
    stand.run(0.0)
    stand.voice.say(call(1, "A012"), 1.0, 20.0)
    stand.voice.say(call(2, "A013"), 1.0, 20.0)
    stand.voice.say(call(3, "A012"), 1.0, 20.0)
    assert stand.run(1.0) == ["A013 zh", "A012 zh"]


def test_a_withdrawn_call_is_not_said() -> None:
    stand = Stand()
    stand.run(0.0)
    stand.voice.say(call(1, "A012"), 1.0, 20.0)
    stand.voice.say(call(2, "A013"), 1.0, 20.0)
    stand.voice.withdraw(withdrawn("A012"))
    assert stand.run(1.0) == ["A013 zh"]


def test_a_call_that_is_withdrawn_in_the_moment_in_which_its_turn_comes_is_not_said() -> None:
    stand = Stand()
    stand.run(0.0)
    stand.voice.say(call(1, "A012"), 1.0, 20.0)
    taken = stand.voice._head(1.0)
    assert taken is not None
    stand.voice.withdraw(withdrawn("A012"))
    stand.voice._play(taken)
    assert stand.run(1.0) == []


def test_a_call_that_is_withdrawn_while_it_is_said_breaks_off_and_the_next_one_follows() -> None:
    stand = Stand()
    stand.run(0.0)
    stand.voice.say(call(1, "A012"), 1.0, 20.0)
    stand.voice.say(call(2, "A013"), 1.0, 20.0)
    stand.speaker.lasts = [60.0]

    def withdraw() -> None:
        assert stand.speaker.playing.wait(20)
        stand.voice.withdraw(withdrawn("A012"))

    officer = threading.Thread(target=withdraw)
    officer.start()
    begin = time.monotonic()
    assert stand.run(1.0) == ["A013 zh"]
    assert time.monotonic() - begin < 30
    officer.join()
    assert stand.voice.status.state is DeviceState.READY


@pytest.mark.parametrize(
    ("fault", "state", "code"),
    [
        (Fault.ABSENT, DeviceState.ABSENT, "sound.absent"),
        (Fault.BUSY, DeviceState.UNKNOWN, "sound.busy"),
        (Fault.CONFIGURATION, DeviceState.FAULT, "sound.settings"),
    ],
)
def test_a_card_that_is_away_for_a_moment_says_the_call_when_it_is_back(
    fault: Fault, state: DeviceState, code: str
) -> None:
    stand = Stand()
    stand.run(0.0)
    stand.speaker.faults = [DeviceError(fault)]
    stand.voice.say(call(1), 1.0, 20.0)
    assert stand.run(1.0) == []
    assert stand.voice.status.state is state
    assert [one.code for one in stand.voice.status.conditions] == [code]
    assert stand.run(3.0) == ["A001 zh"]
    assert stand.speaker.opened == 2
    assert stand.voice.status.state is DeviceState.READY


def test_a_call_that_may_have_been_heard_is_not_said_twice() -> None:
    stand = Stand()
    stand.run(0.0)
    stand.speaker.faults = [DeviceError(Fault.UNPLUGGED, uncertain=True)]
    stand.voice.say(call(1), 1.0, 20.0)
    stand.voice.say(call(2), 1.0, 20.0)
    stand.run(1.0)
    assert stand.run(3.0) == ["A002 zh"]


def test_a_sound_that_is_none_is_skipped_and_the_loudspeaker_stays_open() -> None:
    stand = Stand()
    stand.run(0.0)
    stand.speaker.faults = [DeviceError(Fault.BAD_DATA)]
    stand.voice.say(call(1), 1.0, 20.0)
    stand.voice.say(call(2), 1.0, 20.0)
    assert stand.run(1.0) == ["A002 zh"]
    assert stand.speaker.opened == 1


def test_it_is_looked_after_between_the_calls() -> None:
    stand = Stand()
    stand.run(0.0)
    stand.speaker.status = Status(DeviceState.ABSENT)
    stand.run(PROBE_SECONDS)
    assert [one.code for one in stand.voice.status.conditions] == ["sound.absent"]
    stand.speaker.status = Status(DeviceState.READY)
    stand.run(PROBE_SECONDS + 1.0)
    stand.run(2 * PROBE_SECONDS + 2.0)
    assert stand.voice.status.conditions == ()


def test_stopping_breaks_off_and_nothing_more_is_said() -> None:
    stand = Stand()
    stand.run(0.0)
    stand.voice.say(call(1), 1.0, 20.0)
    stand.voice.ask_to_stop()
    stand.voice.say(call(2), 1.0, 20.0)
    assert stand.run(1.0) == []


def test_clips_are_made_ahead_in_the_languages_that_the_loudspeakers_speak() -> None:
    def device(kind: str, **options: str) -> Device:
        return Device("x", kind, "alsa", "alsa://default", None, "Z1", options)

    assert languages_in([]) == (Language.ZH,)
    assert languages_in([device("speaker", language="en"), device("speaker"), device("window_display")]) == (
        Language.ZH,
        Language.EN,
    )
    assert languages_in([device("speaker", language="tlh")]) == (Language.ZH,)
