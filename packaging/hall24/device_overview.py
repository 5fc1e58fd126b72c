"""What is connected to this machine, and the URL under which the settings name it.

Nothing is opened here: names come from the folders that the kernel and udev keep. ``root`` stands for ``/``, so that
tests can lay out a machine of their own.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from drivers.loading import KINDS
from drivers.seams.card_channel import card_readers
from drivers.seams.sysfs import usb_device

ROOT = Path("/")
SAM_V = "0400:c35a"
PRINTER_CLASS = 0x07
VIDEO_CLASS = 0x0E
_LINES = ("ttyUSB*", "ttyACM*", "ttyAMA*", "ttyXRUSB*", "ttyS*")
_NO_UART = "0"
"""What the kernel says in ``type`` for a ttyS that has no chip behind it (serial_core.h: PORT_UNKNOWN)."""


@dataclass(frozen=True, slots=True)
class Found:
    """One device as the settings would name it; ``kind`` and ``model`` are empty where that cannot be told by looking.

    ``note`` says what an installer should know about this one.
    """

    url: str
    description: str = ""
    kind: str = ""
    model: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """One device on the USB, as sysfs shows it. ``path`` is bus and sockets, such as ``1-2.3``."""

    path: str
    vendor: str
    product: str
    serial: str
    name: str
    classes: frozenset[tuple[int, int]]
    """Class and subclass of every interface."""

    @property
    def identity(self) -> str:
        return f"{self.vendor}:{self.product}"


def overview(root: Path = ROOT, queues: Callable[[], tuple[str, ...]] | None = None) -> dict[str, Any]:
    """All that is connected, as far as it can be told without touching a device, and every driver there is."""
    printers = (queues or cups_queues)() if (root / "run/cups/cups.sock").exists() else None
    readers = card_readers()
    usb = list(usb_devices(root))
    return {
        "serial": [asdict(line) for line in serial_lines(root)],
        "usb": [asdict(found) for found in known_usb(usb)],
        "cameras": [asdict(camera) for camera in cameras(root)],
        "input": [asdict(device) for device in keyboards(root)],
        "sound": [asdict(card) for card in sound_cards(root)],
        "usbIdCardReaders": [f"{url_of(one, usb)} at {one.path}" for one in usb if one.identity == SAM_V],
        "cups": {
            "service": printers is not None,
            "queues": [asdict(Found(f"cups://{name}", "", "document_printer", "cups")) for name in printers or ()],
        },
        "pcsc": {"service": readers.service, "readers": list(readers.names)},
        "drivers": {kind: list(models(kind)) for kind in KINDS},
    }


def told(found: Mapping[str, Any]) -> Iterator[str]:
    """The overview in lines for people."""
    for heading in ("serial", "usb", "cameras", "input", "sound"):
        for one in found[heading]:
            what = f"{one['kind']}/{one['model']}" if one["kind"] else ""
            yield "  ".join(filter(None, (f"{heading:8}", one["url"], what, one["description"], one["note"])))
    for queue in found["cups"]["queues"]:
        yield f"cups      {queue['url']}  document_printer/cups"
    if not found["cups"]["service"]:
        yield "cups      no print service answers (is CUPS running?)"
    if found["pcsc"]["service"]:
        for name in found["pcsc"]["readers"] or ["(none)"]:
            yield f"pcsc      pcsc://{name}"
    else:
        yield "pcsc      no PC/SC service answers (is pcscd running?)"
    for kind, names in found["drivers"].items():
        yield f"driver    {kind}: {', '.join(names)}"


def serial_lines(root: Path = ROOT) -> Iterator[Found]:
    """Serial lines, under a name that stays the same after a replug where there is one.

    Adapters without a serial number share one name under by-id, and which of two gets it is chance: those are named
    by the socket they are in.
    """
    by_id, by_path = _links(root, "dev/serial/by-id"), _links(root, "dev/serial/by-path")
    lines = [device for pattern in _LINES for device in sorted((root / "dev").glob(pattern)) if _has_chip(root, device)]
    adapters = {line: usb_of(root, line) for line in lines}
    nameless = Counter(usb.identity for usb in adapters.values() if usb is not None and not usb.serial)
    for line in lines:
        usb, note = adapters[line], ""
        name = by_id.get(line.name) or by_path.get(line.name) or _shown(root, line)
        if usb is not None and not usb.serial and nameless[usb.identity] > 1:
            name = by_path.get(line.name) or _shown(root, line)
            note = "one of several without a serial number: named by its socket, leave it there"
        elif name == _shown(root, line) and usb is not None:
            note = "this name may change when it is plugged in again: is udev running?"
        yield Found(f"serial://{name}", f"{usb.name} ({usb.identity})" if usb is not None else "", note=note)


def _has_chip(root: Path, line: Path) -> bool:
    kind = root / "sys/class/tty" / line.name / "type"
    return not line.name.startswith("ttyS") or (kind.is_file() and _text(kind) != _NO_UART)


def usb_of(root: Path, line: Path) -> UsbDevice | None:
    """The USB device that brings a serial line, or None for a line of the machine's own."""
    folder = usb_device(root / "sys/class/tty" / line.name / "device")
    return _usb_device(folder) if folder is not None else None


def usb_devices(root: Path = ROOT) -> Iterator[UsbDevice]:
    """Everything on the USB, hubs and all."""
    for vendor in sorted((root / "sys/bus/usb/devices").glob("*/idVendor")):
        yield _usb_device(vendor.parent)


def _usb_device(folder: Path) -> UsbDevice:
    classes = {
        (int(_text(file) or "0", 16), int(_text(file.with_name("bInterfaceSubClass")) or "0", 16))
        for file in folder.glob("*:*/bInterfaceClass")
    }
    name = " ".join(filter(None, (_text(folder / "manufacturer"), _text(folder / "product"))))
    vendor, product = _text(folder / "idVendor").lower(), _text(folder / "idProduct").lower()
    return UsbDevice(folder.name, vendor, product, _text(folder / "serial"), name, frozenset(classes))


def known_usb(devices: list[UsbDevice]) -> Iterator[Found]:
    """The USB devices that a driver here speaks to directly."""
    for device in devices:
        if device.identity == SAM_V:
            yield Found(url_of(device, devices), device.name, "id_card_reader", "sam_v", _twin_note(device, devices))
        elif any(class_ == PRINTER_CLASS for class_, _ in device.classes):
            note = _twin_note(device, devices) or "an office printer instead: set it up in CUPS, use cups://"
            yield Found(url_of(device, devices), device.name, "ticket_printer", "escpos", note)


def url_of(device: UsbDevice, devices: list[UsbDevice]) -> str:
    """Short where it is the only one of its kind, by serial number or by socket where there are more."""
    alike = [other for other in devices if other.identity == device.identity]
    base = f"usb://{device.identity}"
    if device.serial and sum(other.serial == device.serial for other in alike) == 1:
        return f"{base}?serial={quote(device.serial)}"
    return base if len(alike) == 1 else f"{base}?path={device.path}"


def _twin_note(device: UsbDevice, devices: list[UsbDevice]) -> str:
    by_socket = "?path=" in url_of(device, devices)
    return "one of several that look the same: named by its socket, leave it there" if by_socket else ""


def cameras(root: Path = ROOT) -> Iterator[Found]:
    """Cameras by a name that stays; the second node of a camera (its metadata) is left out."""
    by_id, by_path = _links(root, "dev/v4l/by-id"), _links(root, "dev/v4l/by-path")
    for node in sorted((root / "dev").glob("video[0-9]*"), key=lambda path: int(path.name[5:])):
        folder = root / "sys/class/video4linux" / node.name
        if (_text(folder / "index") or "0") != "0":
            continue
        place = by_id.get(node.name) or by_path.get(node.name) or _shown(root, node)
        yield Found(f"camera://{place}", _text(folder / "name"), "camera", "uvc")


def keyboards(root: Path = ROOT) -> Iterator[Found]:
    """What types: one of these may be a code scanner that plays a keyboard."""
    folder = root / "dev/input/by-id"
    for link in sorted(folder.glob("*-event-kbd")) if folder.is_dir() else ():
        name = _text(root / "sys/class/input" / link.resolve().name / "device/name")
        note = "only if this is the scanner: it is taken away from everything else"
        yield Found(f"input://{_shown(root, link)}", name, "code_scanner", "hid_keyboard", note)


def sound_cards(root: Path = ROOT) -> Iterator[Found]:
    """Sound cards by the name that the kernel gives them, which survives a restart."""
    for card in sorted((root / "sys/class/sound").glob("card[0-9]*")):
        name = _text(card / "id")
        longer = _text(root / "proc/asound" / name / "stream0").splitlines()[:1]
        yield Found(f"alsa://{name or card.name}", longer[0] if longer else "", "speaker", "alsa")


def cups_queues() -> tuple[str, ...]:
    """The queues of CUPS on this machine; none when it does not answer."""
    try:
        said = subprocess.run(["lpstat", "-e"], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(said.stdout.split())


def models(kind: str) -> Iterator[str]:
    """The drivers of a kind that come along."""
    import drivers

    for path in sorted((Path(drivers.__path__[0]) / kind).glob("*.py")):
        if "\ndef make(" in path.read_text("utf-8"):
            yield path.stem


def _links(root: Path, folder: str) -> Mapping[str, str]:
    """Node name → stable name."""
    place = root / folder
    if not place.is_dir():
        return {}
    return {link.resolve().name: _shown(root, link) for link in sorted(place.iterdir(), reverse=True)}


def _shown(root: Path, path: Path) -> str:
    return f"/{path.relative_to(root)}"


def _text(path: Path) -> str:
    """What a file of the kernel says; empty when it says nothing or is not there."""
    try:
        return path.read_text("utf-8", errors="replace").strip()
    except OSError:
        return ""
