"""The command line of the demo."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Script(StrEnum):
    """The journeys that can be played."""

    CITIZEN = "citizen"
    SELF_SERVICE = "self-service"


def _stop_on_signals() -> threading.Event:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


@app.command()
def demo(
    headless: Annotated[bool, typer.Option(help="No window, even if there is a display.")] = False,
    port: Annotated[
        int,
        typer.Option(min=0, max=65534, help="The server's port; the panel of the devices takes the next. 0: any two."),
    ] = 8080,
    data: Annotated[Path | None, typer.Option(help="Keep the data here; without it nothing is left behind.")] = None,
    script: Annotated[Script | None, typer.Option(help="Play a journey and end.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where a journey leaves its timeline and pictures.")] = None,
    landscape: Annotated[bool, typer.Option(help="The kiosk lies on its side: 1920×1080.")] = False,
) -> None:
    """The whole hall. Prints a line per surface, then ``ready``; Ctrl-C ends it."""
    if headless or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if script is not None:
        sys.exit(_play(script, out or Path(tempfile.mkdtemp(prefix="hall-journey-")), data, landscape=landscape))
    sys.exit(_show(port, data, landscape=landscape))


def _play(script: Script, out: Path, data: Path | None, *, landscape: bool) -> int:
    from hall24.demo import main_journey, self_service
    from hall24.demo.troupe import LANDSCAPE, PORTRAIT, Troupe

    play = main_journey.play if script is Script.CITIZEN else self_service.play
    try:
        with Troupe(out, data=data, size=LANDSCAPE if landscape else PORTRAIT) as troupe:
            play(troupe)
            ok = troupe.timeline.ok and not troupe.browser.complaints
            for complaint in troupe.browser.complaints:
                print(f"a page complained: {complaint}")
    except Exception as problem:  # noqa: BLE001  # whatever it was, the timeline says where, and the exit code that
        print(f"the journey ended early: {type(problem).__name__}: {problem}", file=sys.stderr)
        return 1
    print(f"{'all steps were seen to happen' if ok else 'not everything went well'}; see {out}")
    return 0 if ok else 1


def _show(port: int, data: Path | None, *, landscape: bool) -> int:
    from hall24.demo.panel import Panel
    from hall24.demo.processes import NeverReady, Program
    from hall24.demo.stage import OFFICERS, PASSWORD, STAFF_PIN, Stage
    from hall24.ports import PortRefused, free_port, listen

    stopped = _stop_on_signals()
    port = port or free_port(2)
    try:
        listen(port).close()
        panels = listen(port + 1)
    except PortRefused as problem:
        print(f"hall demo: {problem}; the demo needs two neighbours: choose with --port", file=sys.stderr)
        return 1
    stage = Stage(data, port)
    size = "1920x1080" if landscape else "1080x1920"
    kiosk = Program(
        "kiosk", ["-m", "hall24", "kiosk", "--config", str(stage.kiosk_config), "--size", size], stage.folder
    )
    panel = Panel(stage, panels)
    try:
        with stage:
            panel.start()
            kiosk.start(ready="seen")
            unseen = os.environ.get("QT_QPA_PLATFORM") == "offscreen"
            for name, where in (
                ("kiosk", "unseen, without a display" if unseen else "its own window"),
                ("screen", stage.page("/screen/S1", "screen:S1")),
                ("window", stage.page("/window/3")),
                ("rating", stage.page("/rate/3", "pad:pad-3")),
                ("admin", stage.page("/admin/")),
                ("devices", panel.url),
                ("people", f"{OFFICERS[0]} to {OFFICERS[-1]} and admin, password {PASSWORD}; staff PIN {STAFF_PIN}"),
            ):
                print(f"{name:8} {where}")
            print("ready", flush=True)
            stopped.wait()
            kiosk.stop()
    except NeverReady as problem:
        print(f"hall demo: {problem}", file=sys.stderr)
        return 1
    finally:
        kiosk.stop()
        panel.stop()
    return 0
