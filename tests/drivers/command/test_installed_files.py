"""What an installer copies into /etc: udev rules and units, read as udev and systemd read them."""

from __future__ import annotations

import configparser
import fnmatch
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hall24.doctor_machine import GROUPS

PACKAGING = Path(__file__).resolve().parents[3] / "packaging"
RULES = PACKAGING / "udev/60-hall-devices.rules"
TOKEN = re.compile(r'\s*([A-Z]+)(?:\{([^}]+)\})?\s*(==|!=|\+=|=)\s*"([^"]*)"\s*(?:,|$)')
MATCHES = {"ACTION", "SUBSYSTEM", "SUBSYSTEMS", "KERNEL", "DRIVER", "ATTR", "ATTRS", "ENV", "TEST"}
ASSIGNS = {"GROUP", "MODE", "TAG", "ENV", "ATTR", "GOTO", "LABEL"}

Rule = list[tuple[str, str, str, str]]


def rules() -> list[Rule]:
    found = []
    for line in RULES.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        parsed, at = [], 0
        while at < len(line):
            token = TOKEN.match(line, at)
            assert token, f"udev does not understand {line[at:]!r}"
            parsed.append((token[1], token[2] or "", token[3], token[4]))
            at = token.end()
        found.append(parsed)
    return found


def what_udev_makes_of(**device: str) -> dict[str, str]:
    """Goes through the rules as udev does; ``device`` says ``SUBSYSTEM``, ``ATTR_idVendor`` and so on."""
    made: dict[str, str] = {}
    skip_to = ""
    for rule in rules():
        if skip_to:
            skip_to = "" if any((key, value) == ("LABEL", skip_to) for key, _, _, value in rule) else skip_to
            continue
        if not all(matches(device, token) for token in rule):
            continue
        for key, name, operator, value in rule:
            if operator == "+=":
                made[key] = f"{made.get(key, '')} {value}".strip()
            elif operator == "=" and key == "GOTO":
                skip_to = value
            elif operator == "=":
                made[f"{key}_{name}" if name else key] = value
    return made


def matches(device: dict[str, str], token: tuple[str, str, str, str]) -> bool:
    key, name, operator, value = token
    if operator not in {"==", "!="}:
        return True
    if key == "TEST":
        return True
    is_so = fnmatch.fnmatchcase(device.get(f"{key}_{name}" if name else key, ""), value)
    return is_so if operator == "==" else not is_so


def test_every_rule_is_one_that_udev_understands() -> None:
    labels = {value for rule in rules() for key, _, _, value in rule if key == "LABEL"}
    for rule in rules():
        for key, _, operator, value in rule:
            assert key in (MATCHES if operator in {"==", "!="} else ASSIGNS), (key, operator)
            assert key != "GOTO" or value in labels
            assert key != "GROUP" or value in GROUPS, "the doctor looks at this group, too"
            assert key != "MODE" or value == "0660", "nobody else"


def test_udev_itself_finds_nothing_wrong() -> None:
    udevadm = shutil.which("udevadm")
    if udevadm is None or "verify" not in subprocess.run([udevadm, "--help"], capture_output=True, text=True).stdout:
        return  # `udevadm verify` came with systemd 254; the other tests read the rules on older machines
    done = subprocess.run([udevadm, "verify", str(RULES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("device", "group"),
    [
        (
            {"SUBSYSTEM": "usb", "ENV_DEVTYPE": "usb_device", "ATTR_idVendor": "0400", "ATTR_idProduct": "c35a"},
            "plugdev",
        ),
        ({"SUBSYSTEM": "usb", "ENV_DEVTYPE": "usb_device", "ENV_ID_USB_INTERFACES": ":070102:"}, "lp"),
        ({"SUBSYSTEM": "usb", "ENV_DEVTYPE": "usb_device", "ENV_ID_USB_INTERFACES": ":ff0000:070103:"}, "lp"),
        ({"SUBSYSTEM": "usb", "ENV_DEVTYPE": "usb_device", "ENV_ID_USB_INTERFACES": ":030101:"}, None),
        ({"SUBSYSTEM": "input", "KERNEL": "event5", "ENV_ID_INPUT_KEYBOARD": "1"}, "input"),
        ({"SUBSYSTEM": "input", "KERNEL": "event6", "ENV_ID_INPUT_TOUCHSCREEN": "1"}, None),
        ({"SUBSYSTEM": "hidraw", "SUBSYSTEMS": "usb", "KERNEL": "hidraw0"}, "input"),
        ({"SUBSYSTEM": "video4linux", "KERNEL": "video0"}, "video"),
        ({"SUBSYSTEM": "tty", "KERNEL": "ttyUSB0"}, "dialout"),
        ({"SUBSYSTEM": "tty", "KERNEL": "ttyACM11"}, "dialout"),
        ({"SUBSYSTEM": "tty", "KERNEL": "tty1"}, None),
    ],
)
def test_each_device_goes_to_its_group(device: dict[str, str], group: str | None) -> None:
    assert what_udev_makes_of(ACTION="add", **device).get("GROUP") == group
    assert "GROUP" not in what_udev_makes_of(ACTION="remove", **device)


def test_whoever_is_logged_in_at_the_machine_may_try_reader_and_printer_too() -> None:
    reader = {"SUBSYSTEM": "usb", "ENV_DEVTYPE": "usb_device", "ATTR_idVendor": "0400", "ATTR_idProduct": "c35a"}
    assert what_udev_makes_of(ACTION="add", **reader)["TAG"] == "uaccess"
    assert RULES.name < "73-seat-late.rules", "a tag that comes later is not seen"


def test_modem_manager_leaves_adapters_alone_and_keeps_modems() -> None:
    adapter = {"SUBSYSTEM": "tty", "SUBSYSTEMS": "usb", "KERNEL": "ttyUSB0", "ATTRS_idVendor": "1a86"}
    assert what_udev_makes_of(ACTION="add", **adapter)["ENV_ID_MM_PORT_IGNORE"] == "1"
    assert "ENV_ID_MM_PORT_IGNORE" not in what_udev_makes_of(ACTION="add", **{**adapter, "ATTRS_idVendor": "12d1"})


def test_an_ftdi_adapter_hands_on_what_it_hears_at_once() -> None:
    made = what_udev_makes_of(ACTION="add", SUBSYSTEM="usb-serial", DRIVER="ftdi_sio")
    assert made["ATTR_latency_timer"] == "1"


def test_the_units_have_the_groups_of_their_devices() -> None:
    kiosk, server, gateway = (unit(f"hall-{name}.service") for name in ("kiosk", "server", "gateway"))
    assert set(kiosk["Service"]["SupplementaryGroups"].split()) == set(GROUPS)
    for wired in (server, gateway):
        assert "dialout" in wired["Service"]["SupplementaryGroups"].split()
    for found in (kiosk, server, gateway):
        assert found["Service"]["Restart"] == "always"
        assert found["Unit"]["StartLimitIntervalSec"] == "0", "systemd never gives up on it"
        assert found["Service"]["LimitCORE"] == "0", "what a citizen showed reaches no disk"


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # because names of units have capitals
    parser.read(PACKAGING / "systemd" / name, "utf-8")
    return parser
