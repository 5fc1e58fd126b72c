"""Where devices are: in a settings file, behind a URL."""

from __future__ import annotations

import importlib.util
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from drivers.device import DeviceError, Fault
from drivers.loading import KINDS, DeviceUrl

_BYTES = (
    ("id_card_reader", "sam_v"),
    ("ticket_printer", "escpos"),
    ("window_display", "bx"),
    ("code_scanner", "serial"),
    ("window_display", "template"),
    ("keypad", "foreign"),
    ("rating_device", "foreign"),
)
_FRAME_NODES = (("keypad", "crc_frame"), ("rating_device", "crc_frame"))
_MODBUS_NODES = (
    ("window_display", "modbus_bar"),
    ("keypad", "modbus_keypad"),
    ("rating_device", "modbus_rater"),
    ("indicators", "modbus_coils"),
    ("sensors", "modbus_inputs"),
)
_POWER = ("sensors", "nut")
_PAGES = (("document_printer", "cups"),)
_CARDS = (("card_reader", "pcsc"),)
USUAL: Mapping[str, tuple[tuple[str, str], ...]] = {
    "serial": _BYTES,
    "serial unit": _FRAME_NODES,
    "tcp": (_BYTES[1], _BYTES[0], *_BYTES[2:], _POWER),
    "tcp unit": (*_FRAME_NODES, *_MODBUS_NODES),
    "usb": _BYTES[:2],
    "replay": (*_BYTES, *_CARDS, *_PAGES),
    "replay unit": (*_FRAME_NODES, *_MODBUS_NODES),
    "modbus+serial": _MODBUS_NODES,
    "alsa": (("speaker", "alsa"),),
    "pcsc": _CARDS,
    "camera": (("camera", "uvc"),),
    "images": (("camera", "images"),),
    "video": (("camera", "video"),),
    "input": (("code_scanner", "hid_keyboard"),),
    "cups": _PAGES,
    "ipp": _PAGES,
    "ipps": _PAGES,
    "file": (("document_printer", "file_spool"), ("speaker", "wav_file")),
}
"""What may be behind a URL of each scheme, the likeliest first; ``unit`` stands where the URL has ``unit=``: a bus."""

ONLY_WHEN_NAMED = frozenset({*_BYTES[2:], _POWER, *USUAL["file"]})
"""Devices that never answer, or that settings describe: a probe that only guesses would take anything for one.

Bars, too: what is said to one might come out on paper where a printer is."""

WELL_KNOWN = {"5005": ("window_display", "bx"), "9100": ("ticket_printer", "escpos"), "3493": _POWER}
"""Ports of the network that say what is behind them."""

_OF_THE_HALL = frozenset({"id", "kind", "model", "url", "window", "zone"})
"""What a hall description says of a device that is no option of its driver."""

KIND_NAMES = {
    "id-card": "id_card_reader",
    "card": "card_reader",
    "code": "code_scanner",
    "rating": "rating_device",
    "printer": "ticket_printer",
    "document": "document_printer",
    "display": "window_display",
}
"""The short names that installers type; the names of the folders are understood too."""


@dataclass(frozen=True, slots=True)
class Place:
    """One device as the settings would name it."""

    kind: str
    model: str
    url: str
    options: Mapping[str, str] = field(default_factory=dict)


def folder_of(kind: str) -> str:
    """The kind as ``drivers`` calls it. Raises CONFIGURATION for an unknown one."""
    folder = KIND_NAMES.get(kind, kind.replace("-", "_"))
    if folder not in KINDS:
        known = sorted({*KINDS, *KIND_NAMES})
        raise DeviceError(Fault.CONFIGURATION, f"unknown kind {kind!r}; known: {', '.join(known)}")
    return folder


def _usual(url: DeviceUrl) -> tuple[tuple[str, str], ...]:
    plain = USUAL.get(url.scheme, ())
    return USUAL.get(f"{url.scheme} unit", plain) if "unit" in url.options else plain


def candidates(url: str, kind: str = "", model: str = "") -> Iterator[Place]:
    """What may be behind a URL, the likeliest first. Raises CONFIGURATION when nothing can be."""
    parsed = DeviceUrl.parse(url)
    scheme = parsed.scheme
    folder = folder_of(kind) if kind else ""
    known = WELL_KNOWN.get(parsed.place.rpartition(":")[2]) if scheme == "tcp" else None
    usual = [
        pair for pair in _usual(parsed) if folder in {"", pair[0]} and (folder or model or pair not in ONLY_WHEN_NAMED)
    ]
    if known is not None and not folder and not model:
        usual = [known]
    if model and folder:
        usual = [(folder, model)]
    elif "." in model:
        raise DeviceError(Fault.CONFIGURATION, f"{model} may be of any kind: say --kind")
    elif model:
        usual = [(kind, model) for kind in KINDS if importlib.util.find_spec(f"drivers.{kind}.{model}")]
    if not usual:
        kinds = sorted({pair[0] for pair in USUAL.get(scheme, ())})
        what = f" as {kind}" if kind else f" and {model}" if model else ""
        hint = f"; say --kind {' or '.join(kinds)}" if kinds and not folder else ""
        raise DeviceError(Fault.CONFIGURATION, f"no driver for {scheme}://{what}{hint}")
    yield from (Place(found, driver, url) for found, driver in usual)


@dataclass(frozen=True, slots=True)
class Asked:
    """How an installer names a device: a URL, or a name in a file; and what the URL leaves open."""

    place: str
    kind: str = ""
    model: str = ""
    config: Path | None = None
    hall: Path | None = None
    record: Path | None = None

    def places(self, kinds: tuple[str, ...] = ()) -> list[Place]:
        """What may be meant, the likeliest first; only what is one of ``kinds``. Raises CONFIGURATION."""
        if ":" in self.place and not kinds:
            return list(candidates(self.place, self.kind, self.model))
        if ":" in self.place:
            wanted = [kind for kind in kinds if self.kind in {"", kind} or folder_of(self.kind) == kind]
            found = [place for kind in wanted for place in _some(self.place, kind, self.model)]
            if not found:
                raise DeviceError(Fault.CONFIGURATION, f"{self.place} is no {' or '.join(kinds)}")
            return found
        named = find_named(self.place, self.config, self.hall)
        if (self.kind and folder_of(self.kind) != named.kind) or (kinds and named.kind not in kinds):
            raise DeviceError(Fault.CONFIGURATION, f"{self.place!r} is a {named.kind}")
        return [named]


def _some(url: str, kind: str, model: str) -> list[Place]:
    """What of one kind may be behind a URL, or nothing. Raises CONFIGURATION for what is no URL."""
    if not model and kind not in {pair[0] for pair in _usual(DeviceUrl.parse(url))}:
        return []
    return list(candidates(url, kind, model))


def find_named(name: str, config: Path | None, hall: Path | None) -> Place:
    """A device that a kiosk's settings (by kind) or a hall description (by id) name. Raises CONFIGURATION."""
    known = named_devices(config, hall)
    if name not in known:
        hint = f"known: {', '.join(sorted(known))}" if known else "give a URL, or --config or --hall with a file"
        raise DeviceError(Fault.CONFIGURATION, f"no device is called {name!r}; {hint}")
    return known[name]


def named_devices(config: Path | None, hall: Path | None) -> dict[str, Place]:
    """Every device of a kiosk's settings and of a hall description. Raises CONFIGURATION."""
    import yaml  # costs 80 ms, and most calls give a URL

    known: dict[str, Place] = {}
    try:
        if config is not None:
            for kind, entry in tomllib.loads(config.read_text("utf-8")).get("devices", {}).items():
                known[kind] = _place(kind, entry)
        if hall is not None:
            for entry in yaml.safe_load(hall.read_text("utf-8")).get("devices", ()):
                options = {name: value for name, value in entry.items() if name not in _OF_THE_HALL}
                known[str(entry["id"])] = _place(str(entry["kind"]), {**entry, "options": options})
    except (OSError, ValueError, KeyError, AttributeError, TypeError, yaml.YAMLError) as error:
        raise DeviceError(Fault.CONFIGURATION, f"the file cannot be read: {type(error).__name__}") from None
    return known


def _place(kind: str, entry: Mapping[str, Any]) -> Place:
    options = {str(key): str(value) for key, value in entry.get("options", {}).items()}
    return Place(kind, str(entry["model"]), Template(str(entry.get("url", ""))).safe_substitute(os.environ), options)
