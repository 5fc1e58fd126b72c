"""Finds Noto Sans CJK SC on this machine and keeps its sizes ready."""

from __future__ import annotations

import os
import subprocess
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
)
NAMES = {
    False: ("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf", "msyh.ttc"),
    True: ("NotoSansCJK-Bold.ttc", "NotoSansCJKsc-Bold.otf", "NotoSansSC-Bold.otf", "msyhbd.ttc"),
}
FACES = 10


class Fonts:
    """Regular and bold in any size; each size is opened once."""

    def __init__(self, regular: Path, bold: Path) -> None:
        self._files = {False: (regular, _face(regular)), True: (bold, _face(bold))}
        self._sizes: dict[tuple[int, bool], ImageFont.FreeTypeFont] = {}

    def of(self, size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
        """The font at a height of ``size`` dots of em."""
        font = self._sizes.get((size, bold))
        if font is None:
            path, face = self._files[bold]
            font = ImageFont.truetype(str(path), size, index=face, layout_engine=ImageFont.Layout.BASIC)
            self._sizes[size, bold] = font
        return font


def find_fonts(regular: str = "", bold: str = "") -> Fonts:
    """The fonts named in the settings, else those of the system. Raises ``FileNotFoundError`` with a remedy."""
    plain = Path(regular) if regular else _find(bold=False)
    heavy = Path(bold) if bold else (plain if regular else _find(bold=True))
    if plain is None or heavy is None or not plain.is_file() or not heavy.is_file():
        raise FileNotFoundError("no Chinese font: install fonts-noto-cjk or set paper.font to a font file")
    return Fonts(plain, heavy)


def _find(*, bold: bool) -> Path | None:
    folders = [Path(folder).expanduser() for folder in FOLDERS]
    windows = os.environ.get("WINDIR")
    if windows:
        folders.append(Path(windows) / "Fonts")
    for name in NAMES[bold]:
        for folder in folders:
            for path in folder.rglob(name) if folder.is_dir() else ():
                return path
    return _ask_fontconfig("Noto Sans CJK SC:bold" if bold else "Noto Sans CJK SC:regular")


def _ask_fontconfig(pattern: str) -> Path | None:
    try:
        asked = subprocess.run(
            ["fc-match", "-f", "%{file}|%{family}", pattern], capture_output=True, text=True, timeout=5, check=False
        )
    except OSError:
        return None
    file, _, family = asked.stdout.partition("|")
    return Path(file) if "CJK" in family and file else None


@lru_cache(maxsize=8)
def _face(path: Path) -> int:
    """Which face of a collection is the one for simplified Chinese."""
    if path.suffix.lower() not in {".ttc", ".otc"}:
        return 0
    for face in range(FACES):
        try:
            family = ImageFont.truetype(str(path), 10, index=face).getname()[0] or ""
        except OSError:
            break
        if family.endswith("SC"):
            return face
    return 0
