"""A machine laid out in a folder: what the kernel and udev show of devices that are plugged in."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest


class Machine:
    """``root`` takes the place of ``/``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("etc/passwd", "root:x:0:0:root:/root:/bin/bash\nkiosk:x:990:990::/home/kiosk:/bin/sh\n")
        self.groups("dialout", "plugdev", "lp", "input", "video", "audio")

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    def groups(self, *with_kiosk: str, others: tuple[str, ...] = ()) -> None:
        lines = [f"{name}:x:{100 + n}:kiosk" for n, name in enumerate(with_kiosk)]
        lines += [f"{name}:x:{200 + n}:" for n, name in enumerate(others)]
        self.write("etc/group", "\n".join([*lines, "kiosk:x:990:"]) + "\n")

    def usb(self, path: str, identity: str, serial: str = "", name: str = "", classes: str = "ff:00") -> Path:
        """Plugs a USB device in; ``classes`` are class:subclass of its interfaces, separated by blanks."""
        folder = self.root / "sys/bus/usb/devices" / path
        folder.mkdir(parents=True)
        vendor, product = identity.split(":")
        for file, text in (("idVendor", vendor), ("idProduct", product), ("serial", serial), ("product", name)):
            if text:
                (folder / file).write_text(f"{text}\n")
        for number, pair in enumerate(classes.split()):
            interface = folder / f"{path}:1.{number}"
            interface.mkdir()
            (interface / "bInterfaceClass").write_text(f"{pair.split(':')[0]}\n")
            (interface / "bInterfaceSubClass").write_text(f"{pair.split(':')[1]}\n")
        return folder

    def unplug(self, path: str) -> None:
        shutil.rmtree(self.root / "sys/bus/usb/devices" / path)

    def line(self, node: str, usb: Path | None = None, by_id: str = "", by_path: str = "", uart: str = "4") -> None:
        """A serial line, of a USB device or of the machine's own."""
        device = self.write(f"dev/{node}", "")
        folder = self.root / "sys/class/tty" / node
        folder.mkdir(parents=True)
        (folder / "type").write_text(f"{uart}\n")
        if usb is not None:
            (folder / "device").symlink_to(next(usb.glob("*:1.0")))
        self._link("dev/serial/by-id", by_id, device)
        self._link("dev/serial/by-path", by_path, device)

    def camera(self, node: str, name: str, by_id: str = "", index: int = 0) -> None:
        device = self.write(f"dev/{node}", "")
        self.write(f"sys/class/video4linux/{node}/name", f"{name}\n")
        self.write(f"sys/class/video4linux/{node}/index", f"{index}\n")
        self._link("dev/v4l/by-id", by_id, device)

    def keyboard(self, event: str, name: str, by_id: str) -> None:
        device = self.write(f"dev/input/{event}", "")
        self.write(f"sys/class/input/{event}/device/name", f"{name}\n")
        self._link("dev/input/by-id", by_id, device)

    def runs(self, name: str, pid: int, opens: str = "") -> None:
        """A program; ``opens`` is a device that it holds."""
        self.write(f"proc/{pid}/comm", f"{name}\n")
        folder = self.root / f"proc/{pid}/fd"
        folder.mkdir()
        if opens:
            (folder / "3").symlink_to(opens)

    def socket(self, path: str) -> socket.socket:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(place))
        return listener

    def _link(self, folder: str, name: str, device: Path) -> None:
        if name:
            place = self.root / folder
            place.mkdir(parents=True, exist_ok=True)
            link = place / name
            link.unlink(missing_ok=True)  # as udev does: who comes last has the name
            link.symlink_to(device)


@pytest.fixture
def machine() -> Iterator[Machine]:
    import tempfile  # a path of pytest's own would be too long for a socket

    with tempfile.TemporaryDirectory(prefix="hall-machine-") as folder:
        yield Machine(Path(folder))
