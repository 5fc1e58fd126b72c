"""Sounds, and how loud they are at which hour."""

from __future__ import annotations

import array
import io
import tracemalloc
import wave
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Fault
from drivers.speaker.sound import Sound, Timetable


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=300), st.integers(0, 100))
def test_a_quieter_sound_has_its_form_and_is_never_clipped(samples: list[int], percent: int) -> None:
    sound = Sound(array.array("h", samples).tobytes(), 24_000, 1)
    quieter = array.array("h", sound.at_volume(percent).frames)
    assert len(quieter) == len(samples)
    for before, after in zip(samples, quieter, strict=True):
        assert abs(after - before * percent / 100) <= 1.5
        assert abs(after) <= abs(before) + 1


def test_a_sound_is_made_quieter_without_filling_the_memory() -> None:
    sound = Sound(bytes(range(256)) * 375, 24_000, 1)  # 2 s
    tracemalloc.start()
    try:
        sound.at_volume(50)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 6 * len(sound.frames), "some copies of the sound, and not an object for each sample"


def test_a_sound_is_what_its_wav_says() -> None:
    sound = Sound(bytes(range(200)), 48_000, 2)
    assert Sound.parse(sound.to_wav()) == sound
    assert sound.seconds == pytest.approx(50 / 48_000)
    assert "0.00 s" in repr(sound)


@pytest.mark.parametrize(
    ("width", "rate", "seconds"),
    [(1, 24_000, 1), (3, 24_000, 1), (2, 2_000, 1), (2, 4_000, 301)],
)
def test_what_no_loudspeaker_of_a_hall_plays_is_refused(width: int, rate: int, seconds: int) -> None:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(bytes(width * rate * seconds))
    with pytest.raises(DeviceError) as caught:
        Sound.parse(out.getvalue())
    assert caught.value.fault is Fault.BAD_DATA


@pytest.mark.parametrize(
    ("hours", "moment", "percent"),
    [
        ("80", time(3, 0), 80),
        ("08:00-20:00=80, 20:00-08:00=30", time(8, 0), 80),
        ("08:00-20:00=80, 20:00-08:00=30", time(19, 59, 59), 80),
        ("08:00-20:00=80, 20:00-08:00=30", time(20, 0), 30),
        ("08:00-20:00=80, 20:00-08:00=30", time(0, 0), 30),
        ("00:00-24:00=55", time(23, 59), 55),
        ("00:00-07:30=0,07:30-24:00=100", time(7, 29), 0),
        ("00:00-07:30=0,07:30-24:00=100", time(7, 30), 100),
    ],
)
def test_every_minute_has_its_volume(hours: str, moment: time, percent: int) -> None:
    assert Timetable.parse(hours).at(moment) == percent


@pytest.mark.parametrize(
    ("hours", "word"),
    [
        ("101", "0 to 100"),
        ("loud", "is like"),
        ("", "is like"),
        ("08:00-20:00=80", "00:00 is not named"),
        ("00:00-12:00=80, 11:59-24:00=20", "11:59 is named twice"),
        ("00:00-25:00=80", "no time"),
        ("00:00-12:60=80", "no time"),
        ("00:00-24:00=180", "0 to 100"),
    ],
)
def test_a_timetable_with_a_hole_or_a_contradiction_is_refused_with_the_minute(hours: str, word: str) -> None:
    with pytest.raises(DeviceError, match=word) as caught:
        Timetable.parse(hours)
    assert caught.value.fault is Fault.CONFIGURATION
