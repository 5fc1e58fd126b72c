"""A simulated sound card: the real ALSA and its real player, with a file in the place of the card.

ALSA hands what is played to a small script, which keeps it with the time when it began and when it was over. Silence
alone, as a driver plays it to try a card out, is not kept.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

PCM = "hall"
RATE = 24_000
_THERE = """
pcm.hall {{ type plug slave {{ pcm "sink" format S16_LE rate 24000 channels 1 }} }}
pcm.sink {{ type file slave.pcm "void" format raw file "|sh {folder}/sink.sh" }}
pcm.void {{ type null }}
"""
_GONE = "pcm.hall { type hw card 31 }\n"
_SINK = """
cd {folder} || exit 1
[ -e hanging ] && exec sleep 60
begun=$(date +%s%N)
cat > $begun-$$.part
if [ -n "$(tr -d '\\000' < $begun-$$.part | head -c 1)" ]; then
    sleep "$(cat lasts)"
    mv $begun-$$.part heard/$begun-$(date +%s%N).raw
else
    rm $begun-$$.part
fi
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """One sound that came out whole; ``begun`` and ``over`` in seconds of the same clock."""

    begun: float
    over: float
    samples: bytes


class SimulatedSoundCard:
    """``lasts``: seconds that every sound takes beyond the moment in which ALSA has all of it."""

    def __init__(self, lasts: float = 0.0) -> None:
        self._folder: Path | None = None
        self._lasts = lasts

    @property
    def folder(self) -> Path:
        if self._folder is None:
            raise RuntimeError("the sound card was not started")
        return self._folder

    @property
    def environment(self) -> dict[str, str]:
        """What the player has to know to find this card."""
        return {"ALSA_CONFIG_PATH": str(self.folder / "asound.conf")}

    @property
    def url(self) -> str:
        return f"alsa://{PCM}?config={self.folder / 'asound.conf'}"

    @property
    def heard(self) -> list[Heard]:
        """What came out whole, in order."""
        found = []
        for path in sorted((self.folder / "heard").iterdir()):
            begun, over = path.stem.split("-")
            found.append(Heard(int(begun) / 1e9, int(over) / 1e9, path.read_bytes()))
        return found

    @property
    def broken_off(self) -> int:
        """How many sounds began and did not come to their end."""
        return len(list(self.folder.glob("*.part")))

    def lasts(self, seconds: float) -> None:
        """From now on every sound takes so much longer."""
        (self.folder / "lasts").write_text(f"{seconds}\n", "ascii")

    def hang(self, hangs: bool) -> None:
        """The player waits for the card for ever."""
        flag = self.folder / "hanging"
        if hangs:
            flag.touch()
        else:
            flag.unlink(missing_ok=True)

    def unplug(self) -> None:
        """Pulls the card out."""
        self._configure(_GONE)

    def plug_in(self) -> None:
        self._configure(_THERE.format(folder=self.folder))

    def start(self) -> None:
        logging.getLogger("drivers.twin").warning("SIMULATED sound card: nobody hears what it plays")
        self._folder = Path(tempfile.mkdtemp(prefix="hall-sound-"))
        (self._folder / "heard").mkdir()
        (self._folder / "sink.sh").write_text(_SINK.format(folder=self._folder), "ascii")
        self.lasts(self._lasts)
        self.plug_in()

    def stop(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _configure(self, text: str) -> None:
        new = self.folder / "asound.new"
        new.write_text(text, "ascii")
        new.replace(self.folder / "asound.conf")
