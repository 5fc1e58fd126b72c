"""Looks for what must not be there: personal words of a citizen who has gone, in files and on the screen."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from hall24.demo.people import personal_words

if TYPE_CHECKING:
    from hall24.demo.troupe import Troupe


def forms(word: str) -> list[bytes]:
    """A personal word as it might lie in a file: text, as on the chip, and as hashes without a key."""
    text = word.encode()
    return [
        text,
        word.encode("utf-16-le"),
        word.encode("gb18030"),
        hashlib.sha256(text).hexdigest().encode(),
        hashlib.md5(text, usedforsecurity=False).hexdigest().encode(),
    ]


def personal_bytes_in(folder: Path, who: str, *, but: frozenset[str] = frozenset()) -> list[str]:
    """The names of files below ``folder`` that hold a personal word of ``who``."""
    wanted = [form for word in personal_words(who) for form in forms(word)]
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in but:
            data = path.read_bytes()
            if any(form in data for form in wanted):
                found.append(str(path.relative_to(folder)))
    return found


def left_behind(troupe: Troupe, who: str) -> list[str]:
    """Where something of this citizen is left: files of kiosk and server, the screen. The back end has their case."""
    folder = troupe.stage.folder
    backend = frozenset(path.name for path in folder.glob("reference*")) | {"backend.db"}
    found = personal_bytes_in(folder, who, but=backend)
    works = troupe.program.works
    if works is not None:
        shown = repr(works.visit.view)
        found += [f"the screen ({len(word)} characters)" for word in personal_words(who) if word in shown]
    return found
