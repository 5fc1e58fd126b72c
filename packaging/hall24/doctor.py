"""``hall doctor``: looks over the installation and says what to do about what it finds."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import os
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from drivers.device import DeviceError
from hall24.doctor_finding import Finding, Look, good
from hall24.ports import PortRefused, listen

ROOT = Path(__file__).resolve().parents[2]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def python_packages() -> Iterator[Finding]:
    """What is installed is what was pinned."""
    constraints = ROOT / "packaging" / "constraints.txt"
    if not constraints.exists():
        yield good("packages", "installed as a package; no list of pinned versions here")
        return
    pins = dict(line.split("==", 1) for line in constraints.read_text(encoding="utf-8").splitlines() if "==" in line)
    installed = {re.sub(r"[-_.]+", "-", d.name).lower(): d.version for d in importlib.metadata.distributions()}
    other = [
        f"{name} {installed[key]} (pinned {version.split(' ')[0]})"
        for name, version in pins.items()
        if (key := re.sub(r"[-_.]+", "-", name).lower()) in installed and installed[key] != version.split(" ")[0]
    ]
    if other:
        yield Finding(
            "packages", "warning", ", ".join(other), "remove .venv and run `bash packaging/hall --help` to lay it anew"
        )
    else:
        yield good("packages", f"{len(pins)} pinned versions are the installed ones")


def qt() -> Iterator[Finding]:
    """Qt can be loaded: a missing system library shows here and not on the citizen's screen."""
    try:
        from PySide6.QtQuick import QQuickWindow
    except ImportError as error:
        yield Finding(
            "Qt", "problem", str(error), "run `bash packaging/hall --help` as root: it installs what is missing"
        )
        return
    yield good("Qt", f"{importlib.metadata.version('PySide6-Essentials')}, {QQuickWindow.__name__} can be loaded")


def font() -> Iterator[Finding]:
    """A Chinese font is there."""
    places = ("/usr/share/fonts", "/usr/local/share/fonts", str(ROOT / "assets" / "fonts"))
    found = [p for place in places for p in Path(place).rglob("NotoSansCJK*") if Path(place).is_dir()]
    if found:
        yield good("font", str(found[0]))
    else:
        yield Finding("font", "problem", "Noto Sans CJK is missing", "apt-get install fonts-noto-cjk")


def face_models() -> Iterator[Finding]:
    """The two model files are there and are the right ones; without them there is no face check."""
    from drivers.face_verifier.models import MODEL_FILES, default_folder

    wrong = [file.name for file in MODEL_FILES if not file.intact(default_folder())]
    if wrong:
        what = f"missing or changed: {', '.join(wrong)}"
        yield Finding("face check", "warning", what, "python packaging/models.py (the other ways work without)")
    else:
        yield good("face check", "model files are there, hashes are right")


def disk() -> Iterator[Finding]:
    """There is room: a full disk stops tickets from being acknowledged."""
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    if free < 1:
        yield Finding("disk", "problem", f"{free:.2f} GiB free here", "make room: below 1 GiB is too little")
    else:
        yield good("disk", f"{free:.0f} GiB free here")


def clock() -> Iterator[Finding]:
    """The clock is plausible and somebody keeps it so."""
    now = dt.datetime.now(dt.UTC)
    newest = dt.datetime.fromtimestamp(Path(__file__).stat().st_mtime, dt.UTC)
    if now < newest:
        yield Finding(
            "clock", "problem", f"it is {now:%Y-%m-%d %H:%M} UTC, before this software was made", "set the clock"
        )
    elif not any(map(shutil.which, ("chronyd", "ntpd", "timedatectl"))):
        yield Finding("clock", "warning", "nothing keeps the clock right", "apt-get install chrony")
    else:
        kept = synchronised()
        if kept == "no":
            remedy = "timedatectl set-ntp true (or chrony with the hall's own time server)"
            yield Finding("clock", "warning", f"{now:%Y-%m-%d %H:%M} UTC, not synchronised", remedy)
        else:
            yield good("clock", f"{now:%Y-%m-%d %H:%M} UTC{', synchronised' if kept == 'yes' else ''}")


def synchronised() -> str:
    """``yes`` or ``no`` as systemd says it; empty where there is nobody to ask."""
    try:
        asked = subprocess.run(
            ["timedatectl", "show", "--property=NTPSynchronized", "--value"],
            capture_output=True, text=True, timeout=5, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return asked.stdout.strip()


def port(number: int) -> Look:
    def look() -> Iterator[Finding]:
        try:
            listen(number).close()
            yield good("port", f"{number}: free")
        except PortRefused as refused:
            said = str(refused).removeprefix("port ")
            yield good("port", f"{said} (by the server, if it runs)")

    return look


def database(url: str) -> Look:
    def look() -> Iterator[Finding]:
        from queue_server.storage.migrate import check_version
        from queue_server.usecases.ports import StorageError

        try:
            check_version(url)
        except StorageError as problem:
            yield Finding("database", "problem", str(problem), "see what it says")
        else:
            yield good("database", "it has just the tables of this version")

    return look


@app.command()
def doctor(
    db: Annotated[str, typer.Option(help="Look at this database too (a SQLAlchemy URL).")] = "",
    at: Annotated[int, typer.Option("--port", help="The server's port.")] = 8080,
    user: Annotated[str, typer.Option(help="Who runs the kiosk; without it: you.")] = "",
    config: Annotated[Path | None, typer.Option(help="A kiosk's settings: its devices are tried.")] = None,
    hall: Annotated[Path | None, typer.Option(help="A hall description: its wired devices are tried.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Looks over the installation; exit 0 when nothing is a problem, else 1.

    With --config or --hall every device is opened: stop the kiosk or the server first.
    """
    from hall24 import doctor_devices, doctor_machine

    try:
        places = doctor_devices.named(config, hall)
    except DeviceError as error:
        print(f"hall doctor: {error.detail}", file=sys.stderr)
        sys.exit(2)
    who = user or pwd.getpwuid(os.geteuid()).pw_name
    schemes = {place.url.split(":")[0] for place in places.values()}
    needed = doctor_machine.needed_groups() | doctor_devices.wanted_groups(places)
    looks: list[Look] = [
        python_packages, qt, font, face_models,
        lambda: doctor_machine.user_groups(who, needed),
        doctor_machine.udev_rules,
        lambda: doctor_machine.smart_cards("pcsc" in schemes),
        lambda: doctor_machine.office_printing("cups" in schemes),
        doctor_machine.greedy_programs, doctor_machine.twins,
        lambda: doctor_devices.usb_names(places), lambda: doctor_devices.devices(places),
        disk, clock, port(at),
    ]  # fmt: skip
    if db:
        looks.append(database(db))
    findings = [finding for look in looks for finding in look()]
    if as_json:
        print(json.dumps({"findings": [asdict(f) for f in findings]}, ensure_ascii=False))
    else:
        for finding in findings:
            print(f"{finding.state:8} {finding.look:13} {finding.what}")
            if finding.remedy:
                print(f"{'':8} {'':13} → {finding.remedy}")
    sys.exit(1 if any(f.state == "problem" for f in findings) else 0)
