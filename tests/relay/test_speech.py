"""What is spoken: the words, the clips in their order, and what happens when a clip is missing."""

from __future__ import annotations

import array
import io
import json
import wave
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assets
import ui
from queue_server.relay.speech import PAUSE_SECONDS, Speech, open_speech
from queue_server.relay.voice.clips import (
    RATE,
    ClipError,
    ClipStore,
    Samples,
    checked,
    chime,
    from_file,
    from_wav,
    silence,
    to_wav,
)
from queue_server.relay.voice.kokoro import KokoroSynth, SynthError
from queue_server.relay.voice.phonemes import PronunciationError, chinese, english
from queue_server.relay.voice.spoken import Phrases


def texts(folder: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((ui.I18N / folder / "voice.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def zh() -> Phrases:
    return Phrases("zh", texts("zh_CN"))


@pytest.fixture(scope="module")
def en() -> Phrases:
    return Phrases("en", texts("en"))


def tone(height: int, seconds: float = 0.5) -> Samples[int]:
    return array.array("h", [height, -height] * int(seconds * RATE / 2))


class FakeSynth:
    """Says everything as a tone and remembers what."""

    engine = "fake"

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, language: str, text: str) -> Samples[int]:
        self.said.append(f"{language}/{text}")
        if "Z" in text:
            raise SynthError("no Z today")
        return tone(9000)


# --- words ---


@pytest.mark.parametrize(
    ("number", "window", "said"),
    [
        ("A012", "3", ("请A零一二号", "到三号窗口办理")),
        ("a001", "3号窗口", ("请A零零一号", "到三号窗口办理")),
        ("B105", "10", ("请B一零五号", "到十号窗口办理")),
        ("C777", "12号窗口", ("请C七七七号", "到十二号窗口办理")),
        ("D040", "20", ("请D零四零号", "到二十号窗口办理")),
        ("E1000", "30", ("请E一零零零号", "到三十号窗口办理")),
        ("A012", "05", ("请A零一二号", "到五号窗口办理")),
        ("A012", "不动产专窗", ("请A零一二号", "到不动产专窗办理")),
        ("A012", "2楼专窗", ("请A零一二号", "到二楼专窗办理")),
    ],
)
def test_numbers_are_read_digit_by_digit_and_windows_as_numbers(
    zh: Phrases, number: str, window: str, said: tuple[str, str]
) -> None:
    assert zh.call(number, window) == said


def test_one_can_be_read_as_yao_inside_a_number_only() -> None:
    assert Phrases("zh", texts("zh_CN"), yao=True).call("A112", "11") == ("请A幺幺二号", "到十一号窗口办理")


def test_english_names_the_number_and_the_window(en: Phrases) -> None:
    assert en.call("A012", "3") == ("Ticket number A012", "please go to window 3")
    assert en.window("Window 12") == "please go to window 12"
    assert en.window("Real estate") == "please go to Real estate"


@settings(deadline=None)  # the first example loads the dictionaries
@given(st.text("ABCDE", min_size=1, max_size=1), st.integers(1, 1999), st.integers(1, 99))
def test_every_call_of_the_grammar_can_be_pronounced(letter: str, number: int, window: int) -> None:
    known = json.loads((assets.VOICE / "kokoro" / "kokoro.json").read_text(encoding="utf-8"))["tokens"]
    for segment in Phrases("zh", texts("zh_CN")).call(f"{letter}{number:03d}", str(window)):
        sounds = chinese(segment)
        assert set(sounds) <= set(known)
        assert len(sounds) < 90, "the voice has rows for fewer tokens"


def test_the_sounds_are_those_that_the_model_was_trained_with() -> None:
    assert chinese("请A零一二号") == "ʨʰi↓ŋ ei→ li↗ŋ i→ ɚ↘ xau↘"
    assert chinese("窗口办理") == "ꭧʰwa→ŋ kʰou↓ pa↘n li↓"
    assert chinese("四十九号") == "sɨ↘ ʂɨ↗ ʨjou↓ xau↘"
    assert chinese("绿色,元月") == "ly↘ sɤ↘, ɥɛ↗n ɥe↘"
    lexicon = json.loads((assets.VOICE / "kokoro" / "english.json").read_text(encoding="utf-8"))
    assert english("Ticket number A012", lexicon) == "tˈɪkɪt nˈʌmbəɹ ˈA zˈɪɹO wˈʌn tˈu"
    assert english("please go to window 12", lexicon) == "plˈiz ɡˌO tə wˈɪndO twˈɛlv"


def test_a_word_without_sounds_is_an_error_and_not_left_out() -> None:
    with pytest.raises(PronunciationError):
        chinese("请😀号")
    with pytest.raises(PronunciationError):
        english("xylophone", {})


# --- clips ---


def test_wav_comes_back_as_it_went() -> None:
    samples = tone(1234)
    assert from_wav(to_wav(samples)) == samples
    with wave.open(io.BytesIO(to_wav(samples))) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, RATE)


@pytest.mark.parametrize(
    "samples",
    [silence(1.0), tone(9000, 0.1), tone(9000, 9.0), tone(32767), tone(40)],
    ids=["silence", "too short", "too long", "clipped", "too quiet"],
)
def test_what_cannot_be_speech_is_refused(samples: Samples[int]) -> None:
    with pytest.raises(ClipError):
        checked(samples)


def test_the_gong_is_loud_enough_and_not_clipped() -> None:
    gong = checked(chime())
    assert 0.8 < len(gong) / RATE < 1.2
    assert max(gong) < 16000
    assert abs(gong[-1]) < 50


def test_a_cache_finds_only_the_voice_that_made_a_clip(tmp_path: Path) -> None:
    store = ClipStore([], tmp_path / "cache")
    store.keep("zh", "请A零一二号", "kokoro", tone(5000))
    assert store.find("zh", "请A零一二号", "kokoro") == tone(5000)
    assert store.find("zh", "请A零一二号", "other") is None
    assert store.find("en", "请A零一二号", "kokoro") is None


def test_a_damaged_pack_or_clip_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{", encoding="utf-8")
    pack = tmp_path / "pack"
    pack.mkdir()
    manifest = {
        "format": 1, "name": "x", "sampleRate": RATE, "engine": "people", "voices": {}, "licence": "",
        "clips": {"zh/一": "1.wav", "zh/二": "2.ogg", "zh/三": "3.wav", "zh/四": "4.wav"},
    }  # fmt: skip
    (pack / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (pack / "1.wav").write_bytes(to_wav(tone(5000)))
    (pack / "2.ogg").write_bytes(b"OggS no")
    (pack / "3.wav").write_bytes(b"RIFF no")
    store = ClipStore([tmp_path / "absent", tmp_path / "broken", pack])
    assert store.find("zh", "一") == tone(5000)
    assert [store.find("zh", text) for text in "二三四五"] == [None] * 4


# --- the pack that comes with the program ---


@pytest.fixture(scope="module")
def manifest() -> dict[str, str]:
    clips: dict[str, str] = json.loads((assets.VOICE / "manifest.json").read_text(encoding="utf-8"))["clips"]
    return clips


def test_the_pack_holds_a_demo_day_and_thirty_windows(manifest: dict[str, str], zh: Phrases, en: Phrases) -> None:
    tickets = [f"{letter}{number:03d}" for letter in "ABCDE" for number in (*range(1, 41), *range(701, 706))]
    wanted = {f"zh/{zh.ticket(number)}" for number in tickets} | {f"en/{en.ticket(number)}" for number in tickets}
    wanted |= {f"zh/{zh.window(str(number))}" for number in range(1, 31)}
    wanted |= {f"en/{en.window(str(number))}" for number in range(1, 31)}
    wanted |= {f"zh/{zh.prompt(key)}" for key in ("call.screen", "voice.rate", "voice.take-card", "voice.take-ticket")}
    assert wanted <= set(manifest)
    files = list(assets.VOICE.rglob("*.ogg"))
    assert {str(file.relative_to(assets.VOICE)) for file in files} == set(manifest.values())
    assert sum(file.stat().st_size for file in files) < 4_000_000


def test_the_clips_of_the_pack_are_speech_of_a_sensible_length(manifest: dict[str, str]) -> None:
    for key, name in list(manifest.items())[::9]:
        samples = checked(from_file(assets.VOICE / name))
        seconds = len(samples) / RATE
        shortest, longest = (0.8, 3.6) if key.startswith("en/") else (0.5, 3.0)
        assert shortest < seconds < longest, (key, seconds)


def test_a_call_is_gong_ticket_pause_window() -> None:
    speech = Speech(assets.VOICE)
    call = from_wav(speech.call("A012", "3"))
    gong = from_file(assets.VOICE / "chime.ogg")
    ticket = from_file(assets.VOICE / "zh" / "ticket-A012.ogg")
    window = from_file(assets.VOICE / "zh" / "window-3.ogg")
    pause = silence(PAUSE_SECONDS)
    assert call == gong + ticket + pause + window
    assert 2.5 < len(call) / RATE < 5
    assert speech.call("A012", "3") == to_wav(call)
    assert speech.call("A012", "3号窗口") == to_wav(call)
    assert len(from_wav(speech.call("A012", "3", "en"))) != len(call)


def test_a_hall_puts_its_own_recordings_first(tmp_path: Path) -> None:
    own = {
        "format": 1, "name": "own", "sampleRate": RATE, "engine": "people", "voices": {}, "licence": "",
        "clips": {"zh/请A零一二号": "a012.wav"},
    }  # fmt: skip
    (tmp_path / "manifest.json").write_text(json.dumps(own), encoding="utf-8")
    (tmp_path / "a012.wav").write_bytes(to_wav(tone(7777)))
    speech = open_speech(tmp_path)
    assert tone(7777).tobytes() in speech.call("A012", "3")
    assert speech.call("A013", "3") == Speech(assets.VOICE).call("A013", "3")


# --- what is missing ---


def test_a_ticket_without_clip_becomes_gong_and_look_at_the_screen() -> None:
    call = from_wav(Speech(assets.VOICE).call("Q999", "3"))
    look = from_file(assets.VOICE / "zh" / "call.screen.ogg")
    assert call == from_file(assets.VOICE / "chime.ogg") + silence(PAUSE_SECONDS) + look


def test_a_window_without_clip_is_left_to_the_screen() -> None:
    call = from_wav(Speech(assets.VOICE).call("A012", "不动产专窗"))
    look = from_file(assets.VOICE / "zh" / "call.screen.ogg")
    assert call.tobytes().endswith((silence(PAUSE_SECONDS) + look).tobytes())


def test_without_any_pack_there_is_still_the_gong(tmp_path: Path) -> None:
    speech = Speech(tmp_path / "nothing", tmp_path / "cache")
    assert from_wav(speech.call("A012", "3"))[: len(chime())] == chime()
    assert from_wav(speech.prompt("voice.rate")) == chime()


def test_a_missing_clip_is_made_once_and_kept(tmp_path: Path) -> None:
    synth = FakeSynth()
    speech = Speech(assets.VOICE, tmp_path, synth)
    assert speech.prepare("Q999")
    assert tone(9000).tobytes() in speech.call("Q999", "3")
    assert synth.said == ["zh/请Q九九九号"]
    again = FakeSynth()
    assert tone(9000).tobytes() in Speech(assets.VOICE, tmp_path, again).call("Q999", "3")
    assert again.said == []


def test_an_engine_that_fails_never_fails_the_call(tmp_path: Path) -> None:
    speech = Speech(assets.VOICE, tmp_path, FakeSynth())
    assert not speech.prepare("Z001")
    assert speech.call("Z001", "3").startswith(b"RIFF")
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert Speech(assets.VOICE, tmp_path / "file", FakeSynth()).prepare("Q998"), "a cache that cannot be written"


def test_kokoro_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(SynthError, match="not installed"):
        KokoroSynth(assets.VOICE / "kokoro", parts=[]).say("zh", "请A零一二号")
    assert open_speech(cache_dir=tmp_path).call("A012", "3").startswith(b"RIFF")


def test_only_the_last_calls_are_kept_in_memory() -> None:
    speech = Speech(assets.VOICE)
    for number in range(1, 41):
        for window in ("1", "2"):
            speech.call(f"A{number:03d}", window)
    assert len(speech._calls) == 48
