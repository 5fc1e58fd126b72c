"""A loudspeaker through ALSA's own player, whose sound card is a file: what was heard, when, how loud, and what not."""

from __future__ import annotations

import array
import itertools
import math
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drivers.device import Cancel, DeviceError, DeviceState, Fault
from drivers.loading import make_device
from drivers.speaker.alsa import AlsaSpeaker
from drivers.speaker.alsa_twin import PCM, RATE, SimulatedSoundCard
from drivers.speaker.port import Speaker
from drivers.speaker.sound import Sound, Timetable
from drivers.speaker.turns import Turns

NOW = datetime(2026, 5, 6, 9, 0, tzinfo=UTC)
LONG = 60.0
"""Seconds for what has to come: a slow machine may take them, nothing waits for them."""


@pytest.fixture
def card() -> Iterator[SimulatedSoundCard]:
    with SimulatedSoundCard() as made:
        yield made


def tone(seconds: float = 0.05, swing: int = 20_000) -> Sound:
    count = int(seconds * RATE)
    wave = array.array("h", [round(swing * math.sin(0.2 + at / 6)) or 1 for at in range(count)])
    return Sound(wave.tobytes(), RATE, 1)


def until(so: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def speaker(card: SimulatedSoundCard, volume: str = "100", now: datetime = NOW, **more: float) -> AlsaSpeaker:
    waits = {"hanging_seconds": LONG, "trying_seconds": LONG, **more}
    made = AlsaSpeaker(PCM, Timetable.parse(volume), environment=card.environment, clock=lambda: now, **waits)
    made.open()
    return made


def test_what_is_played_comes_out_sample_by_sample(card: SimulatedSoundCard) -> None:
    made = speaker(card)
    sound = tone()
    made.play(sound.to_wav())
    (heard,) = card.heard
    assert heard.samples[: len(sound.frames)] == sound.frames
    assert not any(heard.samples[len(sound.frames) :]), "only the silence that fills the card's last period"
    assert made.probe().state is DeviceState.READY
    assert len(card.heard) == 1, "trying the card out is not heard"


def test_two_sounds_never_overlap(card: SimulatedSoundCard) -> None:
    card.lasts(0.1)
    made = speaker(card)
    sounds = [tone(0.02, swing) for swing in (1_000, 5_000, 10_000, 20_000)]
    threads = [threading.Thread(target=made.play, args=(sound.to_wav(),)) for sound in sounds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    heard = card.heard
    assert {one.samples[: len(sounds[0].frames)] for one in heard} == {sound.frames for sound in sounds}
    assert all(before.over <= after.begun for before, after in itertools.pairwise(heard))


def test_sounds_keep_the_order_in_which_they_were_asked_for() -> None:
    turns, order, first_may_end = Turns(Timetable.parse("100")), [], threading.Event()
    turns.begin()

    def play(number: int) -> None:
        with turns.turn(tone(), 0.0, LONG, None, None):
            order.append(number)
            assert first_may_end.wait(LONG)

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=play, args=(number,)))
        threads[-1].start()
        until(lambda: turns.waiting == len(threads))
    first_may_end.set()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_cancelling_stops_the_sound_at_once_and_frees_the_card(card: SimulatedSoundCard) -> None:
    card.lasts(LONG)
    made = speaker(card)
    cancel, cancelled_at = Cancel(), []

    def call_off() -> None:
        until(lambda: card.broken_off == 1)
        cancelled_at.append(time.monotonic())
        cancel.cancel()

    caller = threading.Thread(target=call_off)
    caller.start()
    with pytest.raises(DeviceError) as caught:
        made.play(tone().to_wav(), 2 * LONG, cancel)
    assert time.monotonic() - cancelled_at[0] < LONG / 2
    caller.join()
    assert (caught.value.fault, caught.value.uncertain) == (Fault.CANCELLED, True)
    assert card.heard == []
    assert card.broken_off == 1
    card.lasts(0.0)
    made.play(tone().to_wav())
    assert len(card.heard) == 1


def test_closing_stops_what_plays_and_drops_what_waits(card: SimulatedSoundCard) -> None:
    card.lasts(LONG)
    made = speaker(card)
    faults: list[Fault] = []

    def play() -> None:
        try:
            made.play(tone().to_wav(), 2 * LONG)
        except DeviceError as error:
            faults.append(error.fault)

    threads = [threading.Thread(target=play) for _ in range(2)]
    for thread in threads:
        thread.start()
    until(lambda: card.broken_off == 1)
    assert made.probe().state is DeviceState.BUSY
    begin = time.monotonic()
    made.close()
    for thread in threads:
        thread.join(LONG)
    assert time.monotonic() - begin < LONG / 2
    assert set(faults) <= {Fault.CANCELLED, Fault.ABSENT}
    assert len(faults) == 2
    assert card.heard == []


def test_a_call_that_got_too_old_while_it_waited_is_never_said(card: SimulatedSoundCard) -> None:
    card.lasts(0.5)
    moment = [NOW]
    waits = {"hanging_seconds": LONG, "trying_seconds": LONG}
    made = AlsaSpeaker(PCM, environment=card.environment, clock=lambda: moment[0], **waits)
    made.open()
    first = threading.Thread(target=made.play, args=(tone(swing=1_000).to_wav(),))
    first.start()
    until(lambda: card.broken_off == 1)
    moment[0] = NOW + timedelta(seconds=31)
    with pytest.raises(DeviceError, match="too late") as caught:
        made.play(tone().to_wav(), valid_until=NOW + timedelta(seconds=30))
    assert (caught.value.fault, caught.value.uncertain) == (Fault.CANCELLED, False)
    first.join()
    assert len(card.heard) == 1


def test_a_sound_that_cannot_be_whole_in_its_time_is_not_begun(card: SimulatedSoundCard) -> None:
    made = speaker(card)
    with pytest.raises(DeviceError) as caught:
        made.play(tone(0.5).to_wav(), timeout=0.3)
    assert (caught.value.fault, caught.value.uncertain) == (Fault.BUSY, False)
    assert card.heard == []
    assert card.broken_off == 0


@pytest.mark.parametrize(("hour", "percent"), [(9, 80), (21, 30), (3, 30), (13, 0)])
def test_it_is_as_loud_as_the_hour_says(card: SimulatedSoundCard, hour: int, percent: int) -> None:
    hours = "08:00-12:00=80, 12:00-14:00=0, 14:00-20:00=80, 20:00-08:00=30"
    made = speaker(card, hours, NOW.replace(hour=hour))
    made.play(tone(swing=20_000).to_wav())
    loudest = [max(map(abs, array.array("h", one.samples))) for one in card.heard]
    assert loudest == ([] if percent == 0 else [pytest.approx(200 * percent, rel=0.02)])


def test_a_volume_that_is_asked_for_goes_before_that_of_the_hour(card: SimulatedSoundCard) -> None:
    made = speaker(card, "0")
    made.play(tone(swing=32_767).to_wav(), volume=100)
    assert max(map(abs, array.array("h", card.heard[0].samples))) > 32_000
    with pytest.raises(DeviceError) as caught:
        made.play(tone().to_wav(), volume=101)
    assert caught.value.fault is Fault.BAD_DATA


def test_a_player_that_hangs_is_killed_and_the_next_sound_is_heard(card: SimulatedSoundCard) -> None:
    made = speaker(card, hanging_seconds=2.0, trying_seconds=2.0)
    card.hang(True)
    begin = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        made.play(tone().to_wav())
    assert time.monotonic() - begin < LONG / 2, "the card hangs for a minute"
    assert caught.value.fault is Fault.SILENT
    status = made.probe()
    assert (status.state, [one.code for one in status.conditions]) == (DeviceState.UNKNOWN, ["sound.hanging"])
    card.hang(False)
    made.play(tone().to_wav())
    assert len(card.heard) == 1
    assert made.probe().conditions == ()


def test_a_card_that_is_pulled_out_is_absent_and_comes_back(card: SimulatedSoundCard) -> None:
    made = speaker(card)
    card.unplug()
    with pytest.raises(DeviceError) as caught:
        made.play(tone().to_wav())
    assert caught.value.fault is Fault.ABSENT
    status = made.probe()
    assert (status.state, [one.code for one in status.conditions]) == (DeviceState.ABSENT, ["sound.absent"])
    card.plug_in()
    made.play(tone().to_wav())
    assert len(card.heard) == 1


@pytest.mark.parametrize(
    ("says", "fault", "state", "code"),
    [
        ("aplay: main:831: audio open error: Device or resource busy", Fault.BUSY, DeviceState.BUSY, "sound.busy"),
        (
            "aplay: main:831: audio open error: Permission denied",
            Fault.CONFIGURATION,
            DeviceState.FAULT,
            "sound.settings",
        ),
        (
            "aplay: set_params:1358: Channels count non available",
            Fault.CONFIGURATION,
            DeviceState.FAULT,
            "sound.settings",
        ),
        (
            "aplay: pcm_write:2127: write error: No such device",
            Fault.UNPLUGGED,
            DeviceState.ABSENT,
            "sound.absent",
        ),
    ],
)
def test_what_the_player_says_becomes_a_fault_with_an_action(
    tmp_path: Path, says: str, fault: Fault, state: DeviceState, code: str
) -> None:
    player = tmp_path / "aplay"
    player.write_text("#!/bin/sh\ncat > /dev/null\nexit 0\n")
    player.chmod(0o755)
    made = AlsaSpeaker("default", player=str(player), trying_seconds=LONG)
    made.open()
    player.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
    with pytest.raises(DeviceError) as caught:
        made.play(tone().to_wav())
    assert caught.value.fault is fault
    status = made.probe()
    assert (status.state, [one.code for one in status.conditions]) == (state, [code])
    again = AlsaSpeaker("default", player=str(player), trying_seconds=LONG)
    with pytest.raises(DeviceError) as opening:
        again.open()
    assert opening.value.fault is fault


def test_without_a_player_it_says_what_is_missing() -> None:
    made = AlsaSpeaker("default", player="/nowhere/aplay")
    with pytest.raises(DeviceError, match="/nowhere/aplay") as caught:
        made.open()
    assert caught.value.fault is Fault.CONFIGURATION


def test_the_settings_name_a_card_and_a_volume(card: SimulatedSoundCard) -> None:
    made: Speaker = make_device("speaker", "alsa", card.url, {"volume": "50"})  # type: ignore[assignment]  # because make_device gives what the kind says
    made.open()
    made.play(tone(swing=20_000).to_wav())
    assert max(map(abs, array.array("h", card.heard[0].samples))) == pytest.approx(10_000, rel=0.01)
    made.close()
    assert made.probe().state is DeviceState.ABSENT
    for again in (lambda: made.play(tone().to_wav()), lambda: make_device("speaker", "alsa", "alsa://hw:1,0")):
        refused(again)


def refused(command: Callable[[], object]) -> None:
    with pytest.raises(DeviceError):
        command()


@pytest.mark.parametrize("url", ["alsa://hw:0", "alsa://plughw:1,0", "file:///x", "alsa://a b", "alsa://|sh"])
def test_a_card_by_its_number_and_other_nonsense_are_refused(url: str) -> None:
    with pytest.raises(DeviceError) as caught:
        make_device("speaker", "alsa", url)
    assert caught.value.fault is Fault.CONFIGURATION
