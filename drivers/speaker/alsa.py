"""A loudspeaker on a sound card, through ALSA's own player ``aplay`` (package alsa-utils).

A process of its own for every sound: a driver or a card that hangs can be killed, and a sound can be stopped in the
middle; whatever stands behind ALSA (a card, dmix, PipeWire) is a name in the settings. A library in our own process
(PortAudio) would hang with it, and opens every card of the machine to list them.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

from drivers.device import Cancel, DeviceError, DeviceState, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.speaker.port import PLAY_SECONDS, TROUBLES, SpeakerCapabilities
from drivers.speaker.sound import Sound, Timetable
from drivers.speaker.turns import Turns, local_time

TRYING_SECONDS = 1.5
HANGING_SECONDS = 3.0
"""By how much a player may outlast its sound before it counts as hanging."""
_TERM_SECONDS = 0.1
_DRAIN_SECONDS = 0.25
"""What a card has in its own memory when the player has given it everything."""
_SLICE = 0.02
_CARDS = Path("/proc/asound")
_SAID = (
    (b"Device or resource busy", Fault.BUSY),
    (b"Permission denied", Fault.CONFIGURATION),
    (b"non available", Fault.CONFIGURATION),
    (b"audio open error", Fault.ABSENT),
    (b"Unknown PCM", Fault.ABSENT),
)
"""What aplay says in its own words (LC_ALL=C), and what it means; anything else is a card that went away."""
_PCM = re.compile(r"[A-Za-z0-9_:=,.\-]{1,80}")
_TRY = ("-t", "raw", "-f", "S16_LE", "-r", "24000", "-c", "1", os.devnull)


class AlsaSpeaker:
    """``device`` is the name of a card, or a PCM of ALSA such as ``default`` or ``plughw:CARD=Device``.

    ``environment`` is added to that of the player (``ALSA_CONFIG_PATH`` for a configuration of its own).
    """

    def __init__(
        self,
        device: str,
        volume: Timetable | None = None,
        *,
        player: str = "aplay",
        environment: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] = local_time,
        hanging_seconds: float = HANGING_SECONDS,
        trying_seconds: float = TRYING_SECONDS,
    ) -> None:
        self._device = device
        self._player = player
        self._environment = dict(environment or {})
        self._hanging_seconds = hanging_seconds
        self._trying_seconds = trying_seconds
        self._turns = Turns(volume or Timetable.parse("100"), clock)
        self._using = threading.Lock()

    @property
    def capabilities(self) -> SpeakerCapabilities:
        return SpeakerCapabilities(audible=True, real_time=True, volume=True)

    def open(self) -> None:
        """Tries the card out with no sound. Raises ABSENT, BUSY (another program has it), CONFIGURATION, SILENT."""
        with self._using:
            self._try_out()
        self._turns.begin()

    def close(self) -> None:
        self._turns.end()

    def probe(self) -> Status:
        """Whether the card can be played on; never while it is."""
        if not self._turns.opened:
            return Status(DeviceState.ABSENT)
        if self._turns.waiting or not self._using.acquire(blocking=False):
            return Status(DeviceState.BUSY)
        try:
            self._try_out()
        except DeviceError as error:
            return _status_of(error)
        finally:
            self._using.release()
        return Status(DeviceState.READY)

    def play(
        self,
        wav: bytes,
        timeout: float = PLAY_SECONDS,
        cancel: Cancel | None = None,
        *,
        volume: int | None = None,
        valid_until: datetime | None = None,
    ) -> None:
        sound = Sound.parse(wav)
        begin = time.monotonic()
        with self._turns.turn(sound, sound.seconds, timeout, cancel, valid_until) as check:
            percent = self._turns.volume(volume)
            if not percent:
                return
            played = wav if percent == 100 else sound.at_volume(percent).to_wav()
            latest = begin + timeout + _DRAIN_SECONDS
            with self._used(latest - sound.seconds, check), tempfile.TemporaryFile() as file:
                file.write(played)
                file.seek(0)
                self._run(("-",), file, min(sound.seconds + self._hanging_seconds, latest - time.monotonic()), check)

    @contextlib.contextmanager
    def _used(self, latest: float, check: Callable[[], None]) -> Iterator[None]:
        """Waits until nobody tries the card out; a probe that hangs must not make a sound late."""
        while not self._using.acquire(timeout=_SLICE):
            check()
            if time.monotonic() >= latest:
                raise DeviceError(Fault.BUSY, "the card is being tried out")
        try:
            yield
        finally:
            self._using.release()

    def _try_out(self) -> None:
        self._run(_TRY, None, self._trying_seconds, lambda: None)

    def _run(self, what: Sequence[str], stdin: IO[bytes] | None, seconds: float, check: Callable[[], None]) -> None:
        """One player, watched to its end."""
        is_card = ":" not in self._device and (_CARDS / self._device).exists()
        pcm = f"plughw:CARD={self._device}" if is_card else self._device
        command = (self._player, "-q", "-D", pcm, *what)
        with tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(
                    command,
                    stdin=stdin if stdin is not None else subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    env={**os.environ, **self._environment, "LC_ALL": "C"},
                    start_new_session=True,
                )
            except OSError as error:
                raise DeviceError(Fault.CONFIGURATION, f"{self._player}: {type(error).__name__}") from None
            end = time.monotonic() + seconds
            try:
                while process.poll() is None:
                    check()
                    if time.monotonic() >= end:
                        raise DeviceError(Fault.SILENT, "the player hangs")
                    with contextlib.suppress(subprocess.TimeoutExpired):  # it is still playing
                        process.wait(_SLICE)
            except DeviceError as error:
                raise DeviceError(error.fault, error.detail, uncertain=True) from None
            finally:
                _end(process)
            if process.returncode:
                said.seek(0)
                raise _meaning(said.read(4096))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a player that still runs, with all that it started: politely, so that a shared card stays usable."""
    if process.poll() is None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):  # it ended in this moment
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):  # then it is killed
                process.wait(_TERM_SECONDS)
                return


def _meaning(said: bytes) -> DeviceError:
    for words, fault in _SAID:
        if words in said:
            return DeviceError(fault, f"the player says: {words.decode()}")
    return DeviceError(Fault.UNPLUGGED, "the player broke off", uncertain=True)


def _status_of(error: DeviceError) -> Status:
    states = {
        Fault.BUSY: DeviceState.BUSY,
        Fault.SILENT: DeviceState.UNKNOWN,
        Fault.CONFIGURATION: DeviceState.FAULT,
    }
    trouble = TROUBLES.get(error.fault, TROUBLES[Fault.ABSENT])
    return Status(states.get(error.fault, DeviceState.ABSENT), (trouble,), error.detail)


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> AlsaSpeaker:
    """``alsa://Device`` (the name of a card, see ``/proc/asound``), ``alsa://default`` or any PCM of ALSA.

    A card is meant by its name, never by its number, which changes. Options (also in the URL): ``volume`` such as
    ``80`` or ``08:00-20:00=80, 20:00-08:00=30``; ``config`` an ALSA configuration of its own. Raises CONFIGURATION.
    """
    del shared
    if url.scheme != "alsa" or not _PCM.fullmatch(url.place):
        raise DeviceError(Fault.CONFIGURATION, "alsa://CARD, alsa://default or alsa://hw:CARD=…,DEV=0 is expected")
    if re.fullmatch(r"(plug)?hw:\d.*", url.place):
        raise DeviceError(Fault.CONFIGURATION, "the number of a card changes; give its name: alsa://hw:CARD=…")
    merged = {**url.options, **options}
    environment = {"ALSA_CONFIG_PATH": merged["config"]} if "config" in merged else {}
    return AlsaSpeaker(url.place, Timetable.parse(merged.get("volume", "100")), environment=environment)
