"""What every speaker must do, asked of the one that writes files and of the one that is none."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import pytest

from drivers.device import Cancel, DeviceError, DeviceState, Fault
from drivers.loading import make_device
from drivers.speaker.port import Speaker
from drivers.speaker.wav_file import WavFileSpeaker


def wav(frames: int = 2400, width: int = 2) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(width)
        sound.setframerate(24000)
        sound.writeframes(bytes(frames * width))
    return out.getvalue()


def speaker(model: str, folder: Path) -> Speaker:
    made = make_device("speaker", model, f"file://{folder}")
    made.open()
    return made  # type: ignore[return-value]  # because make_device gives what the kind says


@pytest.mark.parametrize("model", ["wav_file", "none"])
def test_a_speaker_plays_and_can_be_called_off(model: str, tmp_path: Path) -> None:
    made = speaker(model, tmp_path)
    made.play(wav())
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(DeviceError) as caught:
        made.play(wav(), cancel=cancel)
    assert caught.value.fault is Fault.CANCELLED
    made.close()
    made.close()


def test_sounds_are_kept_in_the_order_in_which_they_were_played(tmp_path: Path) -> None:
    made = speaker("wav_file", tmp_path / "said")
    for frames in (100, 200, 300):
        made.play(wav(frames))
    files = sorted((tmp_path / "said").iterdir())
    assert [file.name for file in files] == ["0001.wav", "0002.wav", "0003.wav"]
    assert [file.read_bytes() for file in files] == [wav(100), wav(200), wav(300)]
    again = speaker("wav_file", tmp_path / "said")
    again.play(wav(400))
    assert (tmp_path / "said" / "0004.wav").read_bytes() == wav(400)


@pytest.mark.parametrize("sound", [b"", b"RIFF", wav()[:-7], wav(width=1)])
def test_what_is_no_sound_is_refused_and_not_kept(sound: bytes, tmp_path: Path) -> None:
    made = speaker("wav_file", tmp_path)
    with pytest.raises(DeviceError) as caught:
        made.play(sound)
    assert caught.value.fault is Fault.BAD_DATA
    assert list(tmp_path.iterdir()) == []


def test_a_speaker_that_is_none_says_so(tmp_path: Path) -> None:
    assert speaker("none", tmp_path).probe().state is DeviceState.DISABLED
    assert speaker("wav_file", tmp_path).probe().state is DeviceState.READY


def test_a_closed_speaker_and_a_wrong_url_are_errors(tmp_path: Path) -> None:
    made = speaker("wav_file", tmp_path)
    made.close()
    with pytest.raises(DeviceError) as caught:
        made.play(wav())
    assert caught.value.fault is Fault.ABSENT
    with pytest.raises(DeviceError) as wrong:
        make_device("speaker", "wav_file", "serial:///dev/x")
    assert wrong.value.fault is Fault.CONFIGURATION


def test_sounds_of_others_in_the_folder_are_left_alone_and_ten_thousand_are_counted(tmp_path: Path) -> None:
    for name in ("2026-05-06 hall.wav", "1.wav", "\u0661\u0662\u0663\u0664.wav", "9999.wav"):
        (tmp_path / name).write_bytes(b"")
    made = speaker("wav_file", tmp_path)
    made.play(wav(100))
    made.play(wav(200))
    assert isinstance(made, WavFileSpeaker)
    assert [path.name for path in made.played] == ["9999.wav", "10000.wav", "10001.wav"]
    assert (tmp_path / "10001.wav").read_bytes() == wav(200)
