"""Whether this machine lets the hall's devices be driven: groups, udev, polkit, services, greedy programs.

Every look takes the places it reads as arguments; ``root`` stands for ``/``.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from hall24.device_overview import PRINTER_CLASS, ROOT, SAM_V, serial_lines, usb_devices, usb_of
from hall24.doctor_finding import Finding, good, problem, warning

CHECKOUT = Path(__file__).resolve().parents[2]
RULES = CHECKOUT / "packaging" / "udev" / "60-hall-devices.rules"
POLKIT = CHECKOUT / "packaging" / "polkit"

GROUPS = {
    "dialout": "serial lines and RS-485 adapters",
    "plugdev": "USB ID-card readers",
    "lp": "USB printers",
    "input": "code scanners that play a keyboard",
    "video": "cameras",
    "audio": "loudspeakers",
}
"""Which group opens what, as Debian and the udev rules of this package have it."""

CH340 = "1a86:7523"


def user_groups(user: str, wanted: Collection[str] = (), root: Path = ROOT) -> Iterator[Finding]:
    """The groups of who runs the kiosk; a group is a problem where a device needs it (``wanted``), else a warning."""
    person = _account(user, root)
    if person is None:
        yield problem("user", f"there is no user {user!r}", f"useradd --system --create-home {user}")
        return
    number, primary = person
    if number == 0:
        yield good("groups", f"{user} may open everything (but a kiosk should not run as root)")
        return
    members = _members(root)
    missing = [name for name in GROUPS if name not in members or not _is_in(user, primary, members[name])]
    for name in missing:
        say = problem if name in wanted else warning
        make = "" if name in members else f"groupadd --system {name}; "
        remedy = f"{make}usermod -aG {name} {user}, then start the program (or log in) again"
        yield say("groups", f"{user} is not in {name}: {GROUPS[name]} stay closed", remedy)
    if not missing:
        yield good("groups", f"{user} is in {', '.join(GROUPS)}")


def needed_groups(root: Path = ROOT) -> set[str]:
    """The groups that the devices on this machine ask for."""
    usb = list(usb_devices(root))
    here = {
        "dialout": any(True for _ in serial_lines(root)),
        "plugdev": any(device.identity == SAM_V for device in usb),
        "lp": any(class_ == PRINTER_CLASS for device in usb for class_, _ in device.classes),
        "video": any((root / "dev").glob("video[0-9]*")),
        "audio": any((root / "sys/class/sound").glob("card[0-9]*")),
    }
    return {name for name, so in here.items() if so}


def _account(user: str, root: Path) -> tuple[int, int] | None:
    for line in _lines(root / "etc/passwd"):
        name, _, number, primary, *_ = [*line.split(":"), "", "", "", ""]
        if name == user:
            return int(number), int(primary)
    return None


def _members(root: Path) -> dict[str, tuple[int, frozenset[str]]]:
    found = {}
    for line in _lines(root / "etc/group"):
        name, _, number, members, *_ = [*line.split(":"), "", "", ""]
        if number.isdigit():
            found[name] = (int(number), frozenset(members.split(",")))
    return found


def _is_in(user: str, primary: int, group: tuple[int, frozenset[str]]) -> bool:
    return primary == group[0] or user in group[1]


def udev_rules(packaged: Path = RULES, root: Path = ROOT) -> Iterator[Finding]:
    """The rules of this version are the installed ones."""
    if not packaged.exists():
        yield good("udev", "installed as a package; its rules came with it")
        return
    install = f"install -m 644 {packaged} /etc/udev/rules.d/ && udevadm control --reload && udevadm trigger"
    folders = ("etc/udev/rules.d", "usr/local/lib/udev/rules.d", "usr/lib/udev/rules.d", "lib/udev/rules.d")
    installed = [file for folder in folders if (file := root / folder / packaged.name).is_file()]
    if not installed:
        yield warning("udev", f"{packaged.name} is not installed: devices open only for root", install)
    elif _rules_of(installed[0]) != _rules_of(packaged):
        yield warning("udev", f"{installed[0]} is another version than the packaged one", install)
    else:
        yield good("udev", f"{installed[0]} is the packaged one")


def _rules_of(file: Path) -> list[str]:
    return [line.strip() for line in _lines(file) if line.strip() and not line.lstrip().startswith("#")]


def smart_cards(
    wanted: bool = False,
    version: Callable[[], str] | None = None,
    packaged: Path = POLKIT,
    root: Path = ROOT,
) -> Iterator[Finding]:
    """The PC/SC service runs where it is needed, and from 2.0 on its policy lets the kiosk in."""
    comm = root / "run/pcscd/pcscd.comm"
    if not (comm.exists() and stat.S_ISSOCK(comm.stat().st_mode)):
        say = problem if wanted else warning
        yield say("PC/SC", "pcscd does not run", "systemctl enable --now pcscd.socket (only for readers on PC/SC)")
        return
    yield good("PC/SC", "the service runs")
    if (root / "etc/reader.conf.d/vpcd").exists():
        yield warning(
            "PC/SC",
            "the virtual reader for tests is set up, and with it pcscd listens on every address of this machine",
            "rm /etc/reader.conf.d/vpcd && systemctl restart pcscd (tests and demo bring a service of their own)",
        )
    said = (version or pcscd_version)()
    found = re.search(r"(\d+)\.(\d+)\.?(\d*)", said)
    if found is None or int(found[1]) < 2:
        return
    rules = sorted(packaged.glob("*.rules"))
    places = ("etc/polkit-1/rules.d", "usr/share/polkit-1/rules.d")
    for rule in rules:
        if any((root / place / rule.name).is_file() for place in places):
            yield good("polkit", f"{rule.name} is installed")
        else:
            yield (problem if wanted else warning)(
                "polkit",
                f"pcscd {found[0]} asks polkit, and {rule.name} is not installed: only root may use card readers",
                f"install -m 644 {rule} /etc/polkit-1/rules.d/ && systemctl restart polkit pcscd",
            )


def pcscd_version() -> str:
    return _said("pcscd", "--version")


def office_printing(wanted: bool = False, root: Path = ROOT) -> Iterator[Finding]:
    """CUPS runs where A4 pages are printed, and keeps nothing of them afterwards."""
    settings = root / "etc/cups/cupsd.conf"
    socket = root / "run/cups/cups.sock"
    if not settings.exists() and not socket.exists():
        if wanted:
            yield problem("CUPS", "not installed, but the settings name a printer on it", "apt-get install cups")
        return
    if not socket.exists():
        yield (problem if wanted else warning)("CUPS", "installed, but does not run", "systemctl enable --now cups")
    try:
        text = settings.read_text("utf-8", errors="replace")
    except OSError:
        yield warning("CUPS", "its settings cannot be read by this user", "run hall doctor as root")
        return
    kept = re.search(r"(?im)^\s*PreserveJobFiles\s+(\S+)", text)
    if kept is not None and kept[1].lower() in {"no", "off", "false", "0"}:
        yield good("CUPS", "keeps no printed pages")
    else:
        what = (
            f"PreserveJobFiles {kept[1]}" if kept is not None else "PreserveJobFiles is not set: pages stay for a day"
        )
        remedy = f"write `PreserveJobFiles No` into {_shown(root, settings)}, then systemctl restart cups"
        yield warning("CUPS", f"{what}; what citizens printed stays on the disk", remedy)


def greedy_programs(root: Path = ROOT, rules: Path = RULES) -> Iterator[Finding]:
    """Programs that take serial lines for themselves: brltty every CH340, ModemManager every line it does not know."""
    running = {_text(file) for file in (root / "proc").glob("[0-9]*/comm")}
    adapters = [usb for line in serial_lines(root) if (usb := usb_of(root, _node(root, line.url))) is not None]
    chips = {device.identity for device in usb_devices(root)}
    places = ("usr/lib/udev/rules.d", "lib/udev/rules.d")
    claims = any(True for place in places for _ in (root / place).glob("*brltty*.rules"))
    masked = any((root / "etc/udev/rules.d").glob("*brltty*.rules"))
    clear = True
    if ("brltty" in running or (claims and not masked)) and CH340 in chips:
        clear = False
        remedy = "apt-get purge brltty (or mask its rule and service), then plug the adapter in again"
        yield problem("brltty", "takes every adapter with a CH340 for a braille display: its line vanishes", remedy)
    elif claims and not masked:
        clear = False
        yield warning("brltty", "installed: it would take an adapter with a CH340", "apt-get purge brltty")
    installed = (root / "etc/udev/rules.d" / rules.name).is_file()
    if "ModemManager" in running and not installed:
        clear = False
        say = problem if adapters else warning
        remedy = "install the udev rules of this package, which keep it away; or systemctl disable --now ModemManager"
        yield say("ModemManager", "runs and talks to every new serial line", remedy)
    if clear:
        yield good("serial lines", f"{len(adapters)} adapters; no program here takes them away")


def _node(root: Path, url: str) -> Path:
    return (root / url.removeprefix("serial:///")).resolve()


def twins(root: Path = ROOT) -> Iterator[Finding]:
    """Devices that cannot be told apart by anything but the socket they are in."""
    usb = list(usb_devices(root))
    lines = {usb_of(root, _node(root, line.url)) for line in serial_lines(root)} - {None}
    of_the_hall = [
        device
        for device in usb
        if device.identity == SAM_V or device in lines or any(class_ == PRINTER_CLASS for class_, _ in device.classes)
    ]
    counts = Counter((device.identity, device.serial) for device in of_the_hall)
    for (identity, serial), count in counts.items():
        if count > 1:
            paths = ", ".join(
                device.path for device in of_the_hall if (device.identity, device.serial) == (identity, serial)
            )
            number = f"the serial number {serial!r}" if serial else "no serial number"
            what = f"{count} devices {identity} with {number} (sockets {paths})"
            yield warning(
                "same devices", what, "use the names by socket that `hall device list` gives; label the sockets"
            )


def holders(path: str, root: Path = ROOT) -> list[str]:
    """Which programs have a device open, as ``name (pid)``; of other users' programs only root can tell."""
    target = os.path.realpath(path)
    found = []
    for folder in (root / "proc").glob("[0-9]*"):
        try:
            if any(os.path.realpath(link) == target for link in (folder / "fd").iterdir()):
                found.append(f"{_text(folder / 'comm')} ({folder.name})")
        except OSError:
            continue  # it ended meanwhile, or belongs to somebody else
    return found


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _shown(root: Path, path: Path) -> str:
    return f"/{path.relative_to(root)}"


def _lines(file: Path) -> list[str]:
    return _text(file).splitlines()


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", errors="replace").strip()
    except OSError:
        return ""
