"""The kiosk program. The window comes first; devices, store and network follow while it is already seen.

What this file imports at its top is what the first frame waits for. Everything else is imported where it is used.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path


def size_of(text: str) -> tuple[int, int]:
    """``1080x1920`` as two numbers."""
    width, _, height = text.lower().partition("x")
    try:
        size = int(width), int(height)
    except ValueError:
        raise argparse.ArgumentTypeError("a size is written like 1080x1920") from None
    if min(size) < 320:
        raise argparse.ArgumentTypeError("a side shorter than 320 pixels cannot show the kiosk")
    return size


def arguments_of(arguments: Sequence[str]) -> argparse.Namespace:
    """The words after ``hall kiosk``."""
    parser = argparse.ArgumentParser(prog="hall kiosk", description="The kiosk app of one touchscreen machine.")
    parser.add_argument("--config", type=Path, help="settings of this kiosk (TOML)")
    parser.add_argument("--windowed", action="store_true", help="in a window instead of the full screen")
    parser.add_argument("--size", type=size_of, help="size of the window, WIDTHxHEIGHT")
    parser.add_argument("--portrait", action="store_true", help="a window of 1080x1920 when no size is given")
    parser.add_argument("--measure", type=float, metavar="SECONDS", help="print figures after so long, then stop")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the kiosk until it is stopped; the exit status of the program."""
    given = arguments_of(sys.argv[1:] if arguments is None else arguments)
    return run(
        given.config, windowed=given.windowed, size=given.size, portrait=given.portrait, measure=given.measure
    )


def choose_platform() -> None:
    """Without a display Qt draws offscreen; without a graphics card it draws by software (both can be overridden)."""
    has_display = sys.platform == "win32" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not has_display and not Path("/dev/dri").exists():
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if not Path("/dev/dri").exists() and sys.platform != "win32":
        os.environ.setdefault("QT_QUICK_BACKEND", "software")
    # what citizens type must not be learned by an input method; QML has its own keypads
    os.environ.setdefault("QT_IM_MODULE", "none")


def run(
    config: Path | None = None,
    *,
    windowed: bool = False,
    size: tuple[int, int] | None = None,
    portrait: bool = False,
    measure: float | None = None,
) -> int:
    """Shows the kiosk and returns the exit status once its window is closed."""
    choose_platform()
    from kiosk.viewmodels.program import Program
    from kiosk.viewmodels.stage import StageError

    try:
        program = Program(config, windowed=windowed, size=size, portrait=portrait)
    except StageError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), lambda *_: program.quit())
    return program.run(measure)


if __name__ == "__main__":
    sys.exit(main())
