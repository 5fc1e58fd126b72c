"""From a line of settings to a driver: the only place where a device is found by name.

``kind`` is a folder of this package, ``model`` a module in it that has a function
``make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> Device``.
A third party's driver is a module path with a dot in it (``acme_hall.printer``).
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from drivers.device import Device, DeviceError, Fault

KINDS = (
    "id_card_reader",
    "card_reader",
    "ticket_printer",
    "document_printer",
    "code_scanner",
    "camera",
    "face_verifier",
    "window_display",
    "keypad",
    "rating_device",
    "speaker",
    "indicators",
    "sensors",
)


@dataclass(frozen=True, slots=True)
class DeviceUrl:
    """``scheme://place?options`` in its parts. ``place`` is a path, ``host:port``, ``vid:pid`` or a name."""

    scheme: str
    place: str
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, url: str) -> DeviceUrl:
        """Raises ``DeviceError(CONFIGURATION)`` for what is no device URL."""
        try:
            parts = urlsplit(url)
        except ValueError:  # square brackets, as in names of PC/SC readers, are taken for an IPv6 address
            parts = urlsplit(url.replace("[", "%5B").replace("]", "%5D"))
        place = (parts.netloc + parts.path) if parts.netloc else parts.path
        if not parts.scheme:
            raise DeviceError(Fault.CONFIGURATION, f"not a device URL (scheme://place): {url!r}")
        return cls(parts.scheme, place, dict(parse_qsl(parts.query, keep_blank_values=True)))


class SharedPorts:
    """Lines that several drivers share, such as one RS-485 bus: made once by key, closed together.

    ``usb`` stands for libusb: a simulated bus (a pyusb backend) is given here; None means the machine's own.
    """

    def __init__(self, usb: Any = None) -> None:
        self.usb = usb
        self._ports: dict[str, Any] = {}
        self._lock = threading.Lock()

    def get(self, key: str, make: Callable[[], Any]) -> Any:
        """The shared port of that key, made by the first who asks. From any thread."""
        with self._lock:
            if key not in self._ports:
                self._ports[key] = make()
            return self._ports[key]

    def close(self) -> None:
        with self._lock:
            ports, self._ports = self._ports, {}
        for port in ports.values():
            port.close()


def make_device(
    kind: str,
    model: str,
    url: str,
    options: Mapping[str, str] | None = None,
    shared: SharedPorts | None = None,
) -> Device:
    """Builds a driver; opens nothing. Raises ``DeviceError(CONFIGURATION)`` and says what is known."""
    if kind not in KINDS:
        raise DeviceError(Fault.CONFIGURATION, f"unknown kind of device {kind!r}; known: {', '.join(KINDS)}")
    name = model if "." in model else f"drivers.{kind}.{model}"
    try:
        module = importlib.import_module(name)
        make: Callable[..., Device] = module.make
    except (ImportError, AttributeError) as error:
        raise DeviceError(Fault.CONFIGURATION, f"no driver {model!r} of kind {kind!r}") from error
    return make(DeviceUrl.parse(url), dict(options or {}), shared or SharedPorts())


def plugged_in(url: str, usb_devices: Path = Path("/sys/bus/usb/devices")) -> Callable[[], bool] | None:
    """A cheap look whether what a URL names is plugged in; None when that cannot be seen without asking it.

    It is seen for paths under ``/dev`` and, on Linux, for ``usb://VID:PID``.
    """
    try:
        where = DeviceUrl.parse(url)
    except DeviceError:
        return None  # what is no URL is said when the driver is made
    place = Path(where.place)
    if place.is_relative_to("/dev"):
        return place.exists
    if where.scheme != "usb" or not usb_devices.is_dir():
        return None
    vendor, _, product = where.place.lower().partition(":")

    def on_the_bus() -> bool:
        for device in usb_devices.iterdir():
            try:
                ids = tuple((device / name).read_text().strip() for name in ("idVendor", "idProduct"))
            except OSError:
                continue  # an interface, or it was pulled out while we looked
            if ids == (vendor, product):
                return True
        return False

    return on_the_bus


def make_photo_decoder(name: str) -> Any:
    """The decoder for the photo block of ID cards.

    ``none``, ``synthetic``, ``helper:/path`` of a program, or ``library:/path/lib.so?function=…`` of a vendor's library
    (drivers.id_card_reader.photo_library).

    Returns a ``PhotoDecoder`` (drivers.id_card_reader.port). Raises ``DeviceError(CONFIGURATION)``.
    """
    return importlib.import_module("drivers.id_card_reader.photo").make_photo_decoder(name)
