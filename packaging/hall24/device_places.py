"""Where devices are: on this machine, in a settings file, behind a URL."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from drivers.device import DeviceError, Fault
from drivers.loading import KINDS, DeviceUrl
from drivers.seams.card_channel import card_readers

USUAL = {
    "serial": (("id_card_reader", "sam_v"), ("ticket_printer", "escpos")),
    "tcp": (("ticket_printer", "escpos"), ("id_card_reader", "sam_v")),
    "modbus+serial": (
        ("window_display", "modbus_bar"),
        ("keypad", "modbus_keypad"),
        ("rating_device", "modbus_rater"),
    ),
    "camera": (("camera", "uvc"),),
    "images": (("camera", "images"),),
    "video": (("camera", "video"),),
}
"""What is usually found behind a URL of each scheme, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Place:
    """One device as the settings would name it."""

    kind: str
    model: str
    url: str
    options: Mapping[str, str] = field(default_factory=dict)


def candidates(url: str, kind: str = "", model: str = "") -> Iterator[Place]:
    """What may be behind a URL, the likeliest first. Raises CONFIGURATION when nothing can be."""
    scheme = DeviceUrl.parse(url).scheme
    folder = kind.replace("-", "_")
    folder = {"id_card": "id_card_reader", "printer": "ticket_printer", "display": "window_display"}.get(folder, folder)
    if folder and folder not in KINDS:
        raise DeviceError(Fault.CONFIGURATION, f"unknown kind {kind!r}; known: {', '.join(KINDS)}")
    found = [Place(usual, model or driver, url) for usual, driver in USUAL.get(scheme, ()) if folder in {"", usual}]
    if not found and folder and model:
        found = [Place(folder, model, url)]
    if not found:
        raise DeviceError(Fault.CONFIGURATION, f"no driver for {scheme}:// {f'as {kind}' if kind else ''}".rstrip())
    yield from found


def find_named(name: str, config: Path | None, hall: Path | None) -> Place:
    """A device that a kiosk's settings (by kind) or a hall description (by id) name. Raises CONFIGURATION."""
    import yaml  # costs 80 ms, and most calls give a URL

    known: dict[str, Place] = {}
    try:
        if config is not None:
            for kind, entry in tomllib.loads(config.read_text("utf-8")).get("devices", {}).items():
                known[kind] = _place(kind, entry)
        if hall is not None:
            for entry in yaml.safe_load(hall.read_text("utf-8")).get("devices", ()):
                known[str(entry["id"])] = _place(str(entry["kind"]), entry)
    except (OSError, ValueError, KeyError, AttributeError, yaml.YAMLError) as error:
        raise DeviceError(Fault.CONFIGURATION, f"the file cannot be read: {type(error).__name__}") from None
    if name not in known:
        hint = f"known: {', '.join(sorted(known))}" if known else "give a URL, or --config or --hall with a file"
        raise DeviceError(Fault.CONFIGURATION, f"no device is called {name!r}; {hint}")
    return known[name]


def _place(kind: str, entry: Mapping[str, Any]) -> Place:
    options = {str(key): str(value) for key, value in entry.get("options", {}).items()}
    return Place(kind, str(entry["model"]), Template(str(entry["url"])).safe_substitute(os.environ), options)


def overview() -> dict[str, Any]:
    """All that is connected to this machine, as far as it can be told without touching a device."""
    readers = card_readers()
    return {
        "serial": [{"url": f"serial://{path}", "description": what} for path, what in _serial_lines()],
        "cameras": [{"url": f"camera://{path}", "description": what} for path, what in _cameras()],
        "usbIdCardReaders": list(_usb_id_card_readers()),
        "pcsc": {"service": readers.service, "readers": list(readers.names)},
        "drivers": {kind: list(_models(kind)) for kind in KINDS},
    }


def _serial_lines() -> Iterator[tuple[str, str]]:
    """Serial lines, under a name that stays the same after a replug where there is one."""
    from serial.tools import list_ports

    folder = Path("/dev/serial/by-id")
    stable = {str(link.resolve()): str(link) for link in folder.iterdir()} if folder.is_dir() else {}
    for port in sorted(list_ports.comports()):
        yield stable.get(port.device, port.device), port.description or ""


def _cameras() -> Iterator[tuple[str, str]]:
    stable = Path("/dev/v4l/by-id")
    places = sorted(stable.iterdir()) if stable.is_dir() else sorted(Path("/dev").glob("video[0-9]*"))
    for place in places:
        name = Path("/sys/class/video4linux") / place.resolve().name / "name"
        yield str(place), name.read_text("utf-8").strip() if name.is_file() else ""


def _usb_id_card_readers() -> Iterator[str]:
    """SAM_V readers in USB mode (0400:c35a), by their place on the bus."""
    for vendor in Path("/sys/bus/usb/devices").glob("*/idVendor"):
        product = vendor.with_name("idProduct")
        if vendor.read_text().strip() == "0400" and product.is_file() and product.read_text().strip() == "c35a":
            yield f"usb://0400:c35a at {vendor.parent.name}"


def _models(kind: str) -> Iterator[str]:
    import drivers

    for path in sorted((Path(drivers.__path__[0]) / kind).glob("*.py")):
        if "\ndef make(" in path.read_text("utf-8"):
            yield path.stem
