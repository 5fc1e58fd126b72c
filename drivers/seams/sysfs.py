"""What Linux tells of the USB devices behind its device files: enough to see that two are alike."""

from __future__ import annotations

import contextlib
from pathlib import Path

_IDENTITY = ("idVendor", "idProduct", "serial")


def usb_device(node: Path) -> Path | None:
    """The USB device to which a node of ``/sys/class`` belongs; None when it belongs to none."""
    with contextlib.suppress(OSError):  # it was pulled out in this moment
        place = node.resolve(strict=True)
        for folder in (place, *place.parents):
            if (folder / "idVendor").is_file():
                return folder
    return None


def has_double(kind: Path, name: str) -> bool:
    """Whether another USB device among the nodes of ``/sys/class/<kind>`` cannot be told from that of ``name``.

    Two of the same maker and type without serial numbers get the same name under ``by-id``: which one it then means
    depends on which one was faster.
    """
    mine = usb_device(kind / name)
    if mine is None:
        return False
    try:
        others = {usb_device(other) for other in kind.iterdir()} - {None, mine}
    except OSError:
        return False
    return any(other is not None and _identity(other) == _identity(mine) for other in others)


def _identity(device: Path) -> tuple[str, ...]:
    return tuple(_text(device / name) for name in _IDENTITY)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
