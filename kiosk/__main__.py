"""The kiosk program. The window comes first; devices, store and network follow while it is already seen.

What this file imports at its top is what the first frame waits for. Everything else is imported where it is used.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kiosk.viewmodels.program import InnerWorks, Program

PORTRAIT = (1080, 1920)
TIME_ZONE = "Asia/Shanghai"
"""The one time zone of the country, whatever the machine is set to."""


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
    parser.add_argument("--size", type=size_of, metavar="WxH", help="size of the window, such as 1920x1080")
    parser.add_argument("--portrait", action="store_true", help="1080x1920 when no size is given")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the kiosk until it is stopped; the exit status of the program."""
    given = arguments_of(sys.argv[1:] if arguments is None else arguments)
    return run(given.config, windowed=given.windowed, size=given.size, portrait=given.portrait)


def run(
    config: Path | None = None,
    *,
    windowed: bool = False,
    size: tuple[int, int] | None = None,
    portrait: bool = False,
) -> int:
    """Shows the kiosk; returns the exit status once its window is closed (2: the settings cannot be used)."""
    program = make_program(config, windowed=windowed, size=size, portrait=portrait)
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), lambda *_: program.quit())
    return program.run()


def make_program(
    config: Path | None = None,
    *,
    windowed: bool = False,
    size: tuple[int, int] | None = None,
    portrait: bool = False,
) -> Program:
    """The program with its window loaded but not yet shown; a demo or a test may look inside before ``run``.

    Prints ``seen <ms>`` with the time from the start of the process to the first frame.
    """
    choose_platform()
    from zoneinfo import ZoneInfo

    from kiosk.viewmodels.program import Program

    window = screen_of(config)
    if size is None and portrait:
        size = PORTRAIT
    if size is not None:
        window["width"], window["height"] = size
    drawn_nowhere = os.environ.get("QT_QPA_PLATFORM") == "offscreen"  # whose full screen is a small square
    window["windowed"] = windowed or size is not None or drawn_nowhere or bool(window.get("windowed"))
    return Program(window, lambda: inner_works(config), zone=ZoneInfo(TIME_ZONE), on_seen=_seen)


def inner_works(config: Path | None) -> tuple[InnerWorks, str]:
    """Everything behind the window, and the staff's PIN. Raises ``SettingsError`` with every fault at once."""
    from kiosk.compose import build
    from kiosk.settings import load

    loaded = load(config)
    return build(loaded), loaded.settings.staff_pin.get_secret_value()


def screen_of(config: Path | None) -> dict[str, Any]:
    """The ``[screen]`` part of the settings, read ahead of the rest.

    Checking all settings takes longer than the window may take; what is wrong with them is said right after it.
    """
    window: dict[str, Any] = {"width": PORTRAIT[0], "height": PORTRAIT[1]}
    if config is not None:
        try:
            window.update(tomllib.loads(config.read_text(encoding="utf-8")).get("screen", {}))
        except (OSError, ValueError, AttributeError):
            return window
    width_mm = float(window.pop("width_mm", 0) or 0)
    if width_mm > 0:
        window["height_mm"] = width_mm * int(window["height"]) / int(window["width"])
    return window


def choose_platform() -> None:
    """Without a display Qt draws offscreen, without a graphics card by software; the environment can say otherwise."""
    if sys.platform != "win32" and not Path("/dev/dri").exists():
        if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        os.environ.setdefault("QT_QUICK_BACKEND", "software")
    # what citizens type must not be learned by an input method: QML has keypads of its own
    os.environ.setdefault("QT_IM_MODULE", "none")


def _seen(milliseconds: float) -> None:
    print(f"seen {milliseconds:.0f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
