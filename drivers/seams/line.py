"""From a device URL to the line behind it: serial, TCP, USB or a recording, traced and, when asked for, recorded.

Every driver that speaks bytes gets its line here, so that a converter, a record of a real device or another speed needs
nothing but another URL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.device import DeviceError, Fault
from drivers.loading import DeviceUrl
from drivers.seams.bytes_port import BytesPort, Describe, TracedPort, line_length
from drivers.seams.recording import RecordingPort, Redact, ReplayPort, nothing_personal
from drivers.seams.serial_port import SerialPort
from drivers.seams.tcp_port import TcpPort
from drivers.seams.usb_bulk_port import UsbBulkPort
from drivers.seams.usb_device import Choose, UsbAddress, UsbDevice

SCHEMES = ("serial", "tcp", "usb", "replay")
RECORD = "record"
"""The option that names the file into which a line is recorded: for installers, never in settings."""


@dataclass(frozen=True, slots=True)
class Line:
    """``baud`` is 0 where there is no speed to speak of; ``set_baud`` is None where it cannot be changed."""

    port: BytesPort
    baud: int = 0
    set_baud: Callable[[int], None] | None = None


def line_of(
    url: DeviceUrl,
    options: Mapping[str, str],
    name: str,
    *,
    baud: int = 115200,
    tcp_port: int = 0,
    describe: Describe = line_length,
    redact: Redact = nothing_personal,
    usb: Choose | None = None,
    usb_backend: Any = None,
) -> Line:
    """The line of ``serial:///dev/…?baud=``, ``tcp://host:port``, ``usb://VID:PID``, ``replay:///file``; opens nothing.

    ``name`` is what the trace calls the device. ``options`` go before those of the URL. ``usb`` says which interface of
    a USB device to take (None: this kind is never on USB as bytes), ``usb_backend`` is that of ``SharedPorts``.
    Raises CONFIGURATION.
    """
    merged = {**url.options, **options}
    if url.scheme == "serial":
        serial = SerialPort.from_options(url.place, merged, baud)
        return Line(dressed(serial, name, merged, describe, redact, serial.baud), serial.baud, serial.set_baud)
    if url.scheme == "tcp":
        if not tcp_port and ":" not in url.place:
            raise DeviceError(Fault.CONFIGURATION, "tcp://host:port is expected")
        return Line(dressed(TcpPort.from_place(url.place, tcp_port), name, merged, describe, redact))
    if url.scheme == "usb" and usb is not None:
        device = UsbDevice(UsbAddress.parse(url.place, merged), usb_backend)
        return Line(dressed(UsbBulkPort(device, usb), name, merged, describe, redact))
    if url.scheme == "replay":
        replay = ReplayPort(Path(url.place))
        return Line(TracedPort(replay, name, describe), baud, replay.set_baud)
    known = ", ".join(scheme for scheme in SCHEMES if usb is not None or scheme != "usb")
    raise DeviceError(Fault.CONFIGURATION, f"{url.scheme}:// is no line; known: {known}")


def dressed(
    port: BytesPort,
    name: str,
    options: Mapping[str, str],
    describe: Describe = line_length,
    redact: Redact = nothing_personal,
    baud: int = 0,
) -> BytesPort:
    """A port with its trace and, when the option ``record`` names a file, its recorder."""
    if RECORD in options:
        port = RecordingPort(port, Path(options[RECORD]), name, baud, redact)
    return TracedPort(port, name, describe)
