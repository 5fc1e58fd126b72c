"""A call as one sound file: gong, the ticket, a short pause, the window.

Clips come from packs and the cache; what is missing is made by Kokoro when it is installed, and kept.
A ticket that cannot be spoken at all becomes the gong and "please look at the screen", never an error.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import msgspec
import structlog

import assets
import ui
from queue_server.contract.codec import convert
from queue_server.contract.messages import EventType, TicketView
from queue_server.relay.voice.clips import ClipError, ClipStore, Samples, checked, chime, joined, silence, to_wav
from queue_server.relay.voice.kokoro import KokoroSynth, SynthError, installed_parts
from queue_server.relay.voice.phonemes import PronunciationError
from queue_server.relay.voice.spoken import Phrases
from queue_server.usecases.ports import News

PAUSE_SECONDS = 0.25
_KEPT = 48
_FOLDERS = {"zh": "zh_CN", "en": "en"}


class Synth(Protocol):
    """An engine that makes clips; slow, so it is asked ahead of need where possible."""

    @property
    def engine(self) -> str: ...

    def say(self, language: str, text: str) -> Samples[int]:
        """The samples of a text. Raises ``SynthError``, ``PronunciationError``."""
        ...


class Speech:
    """Speaks calls and fixed texts as 24 kHz, 16-bit mono WAV. Thread-safe; reads files only when first asked.

    ``pack_dir`` may be several folders: a hall's own recordings come first.
    """

    def __init__(
        self,
        pack_dir: Path | Sequence[Path],
        cache_dir: Path | None = None,
        synth: Synth | None = None,
        *,
        yao: bool = False,
    ) -> None:
        packs = (pack_dir,) if isinstance(pack_dir, Path) else tuple(pack_dir)
        self._store = ClipStore(packs, cache_dir)
        self._synth = synth
        self._yao = yao
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._phrases: dict[str, Phrases] = {}
        self._calls: OrderedDict[tuple[str, str, str], bytes] = OrderedDict()
        self._missed: set[str] = set()
        self._log = structlog.get_logger("speech")

    def call(self, number: str, window: str, language: str = "zh") -> bytes:
        """One call. ``window`` is the window's number or its name. Never raises for a clip that is missing."""
        key = (number, window, language)
        with self._lock:
            known = self._calls.get(key)
            if known is not None:
                self._calls.move_to_end(key)
                return known
        gong = self._store.find("any", "chime") or chime()
        ticket, place = self._segments(number, window, language)
        wav = to_wav(joined([gong, *ticket, silence(PAUSE_SECONDS), *place]))
        with self._lock:
            self._calls[key] = wav
            while len(self._calls) > _KEPT:
                self._calls.popitem(last=False)
        return wav

    def prompt(self, key: str, language: str = "zh") -> bytes:
        """A fixed text of ``voice.json``, or the gong. Raises ``KeyError`` for an unknown key."""
        clip = self._clip(language, self._words(language).prompt(key))
        return to_wav(clip if clip is not None else chime())

    @property
    def makes_clips(self) -> bool:
        """Whether a voice is installed that can say what the packs do not have."""
        return self._synth is not None

    def prepare(self, number: str, language: str = "zh") -> bool:
        """Makes the ticket's clip ahead of need; True when it can be spoken. For a thread of its own."""
        return self._clip(language, self._words(language).ticket(number)) is not None

    def _segments(self, number: str, window: str, language: str) -> tuple[list[Samples[int]], list[Samples[int]]]:
        phrases = self._words(language)
        ticket = self._clip(language, phrases.ticket(number))
        place = self._clip(language, phrases.window(window))
        look = self._clip(language, phrases.prompt("call.screen")) if ticket is None or place is None else None
        rest = [look] if look is not None else []
        if ticket is None:
            return [], rest
        return [ticket], [place] if place is not None else rest

    def _clip(self, language: str, text: str) -> Samples[int] | None:
        engine = self._synth.engine if self._synth is not None else ""
        found = self._store.find(language, text, engine)
        if found is not None:
            return found
        if self._synth is None:
            self._miss(text, "no clip")
            return None
        with self._making:
            found = self._store.find(language, text, engine)  # another thread may have made it meanwhile
            if found is not None:
                return found
            try:
                made = checked(self._synth.say(language, text))
            except (SynthError, PronunciationError, ClipError, KeyError) as error:
                self._miss(text, type(error).__name__)
                return None
            with contextlib.suppress(OSError):  # a full disk must not silence the hall
                self._store.keep(language, text, engine, made)
            return made

    def _miss(self, text: str, reason: str) -> None:
        said = reason if self._synth is None else f"{reason} {text}"  # without a voice every number would be a line
        with self._lock:
            new = said not in self._missed
            self._missed.add(said)
        if new:
            self._log.warning("speech.clip-missing", key=text, reason=reason)

    def _words(self, language: str) -> Phrases:
        with self._lock:
            if language not in self._phrases:
                path = ui.I18N / _FOLDERS.get(language, language) / "voice.json"
                texts = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
                self._phrases[language] = Phrases(language, texts, self._yao)
            return self._phrases[language]


class SpeechAhead:
    """A receiver of the relay: makes the clip of a ticket when it is issued, on a thread of its own."""

    def __init__(self, speech: Speech, languages: Sequence[str] = ("zh",)) -> None:
        self._speech = speech
        self._languages = tuple(languages)
        self._worker: ThreadPoolExecutor | None = None

    async def receive(self, hall: str, event: News) -> None:
        """Looks only at tickets that were issued or got another number; returns at once."""
        del hall
        if not self._speech.makes_clips:
            return
        if event.type not in (EventType.TICKET_ISSUED, EventType.TICKET_RENUMBERED) or "ticket" not in event.data:
            return
        number = convert(event.data["ticket"], TicketView).number
        if self._worker is None:
            self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="speech-ahead")
        for language in self._languages:
            self._worker.submit(self._speech.prepare, number, language)

    async def stop(self) -> None:
        """Drops what was not begun; waits for the clip that is being made."""
        worker, self._worker = self._worker, None
        if worker is not None:
            await asyncio.to_thread(worker.shutdown, wait=True, cancel_futures=True)


def open_speech(
    pack_dir: Path | Sequence[Path] | None = None,
    cache_dir: Path | None = None,
    options: Mapping[str, bool] | None = None,
) -> Speech:
    """Speech with the pack that comes with the program, and with Kokoro when it is installed (extra ``voice``).

    ``pack_dir`` is a hall's own recordings (one folder or several), which go before ours. ``options``: ``yao`` reads
    1 as 幺 in ticket numbers.
    """
    chosen = options or {}
    engine = installed_parts() and importlib.util.find_spec("onnxruntime") is not None
    synth = KokoroSynth(assets.VOICE / "kokoro") if engine else None
    own = () if pack_dir is None else (pack_dir,) if isinstance(pack_dir, Path) else tuple(pack_dir)
    return Speech((*own, assets.VOICE), cache_dir, synth, yao=chosen.get("yao", False))
