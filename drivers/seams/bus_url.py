"""From a device URL to the bus line behind it, shared by all drivers that name the same place."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.device import DeviceError, Fault
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bus_line import BusLine, LineTimes
from drivers.seams.line import dressed, line_of
from drivers.seams.serial_port import SerialPort

DEFAULT_BAUD = 19200


def line_of_bus(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts, serial: tuple[str, ...]) -> BusLine:
    """The line that a device URL means; drivers with the same place share it. ``serial``: the schemes of a serial line.

    Options: ``baud`` (19200), ``parity``, ``stopbits``, ``echo`` (yes: the adapter hears itself), ``turnaround``
    (milliseconds that a node may think, 100). ``tcp://host:port`` is a converter. Raises CONFIGURATION.
    """
    merged = {**url.options, **options}
    if not url.place:
        raise DeviceError(Fault.CONFIGURATION, "the bus has no path")
    echo = yes_or_no(merged, "echo", False)
    turnaround = str(merged.get("turnaround", "100"))
    if not turnaround.isdecimal() or not 5 <= int(turnaround) <= 5000:
        raise DeviceError(Fault.CONFIGURATION, "turnaround is not 5..5000 milliseconds")
    if url.scheme in serial:
        device = SerialPort.from_options(url.place, merged, DEFAULT_BAUD)
        port, baud = dressed(device, "bus", merged, baud=device.baud), device.baud
    elif url.scheme in ("tcp", "replay"):
        line = line_of(url, merged, "bus", baud=DEFAULT_BAUD)
        port, baud = line.port, line.baud
    else:
        known = "://, ".join((*serial, "tcp"))
        raise DeviceError(Fault.CONFIGURATION, f"{known}:// is expected, not {url.scheme}://")
    times = LineTimes(turnaround=int(turnaround) / 1000)
    made: BusLine = shared.get(f"bus:{url.place}", lambda: BusLine(port, baud, times=times, echo=echo))
    return made


def yes_or_no(options: Mapping[str, str], name: str, default: bool) -> bool:
    """An option that is yes or no (YAML makes ``True`` and ``False`` of them). Raises CONFIGURATION."""
    text = str(options.get(name, default)).lower()
    if text not in ("yes", "no", "true", "false"):
        raise DeviceError(Fault.CONFIGURATION, f"{name} is yes or no")
    return text in ("yes", "true")


def unit_of(options: Mapping[str, str], most: int) -> int:
    """The option ``unit``. Raises CONFIGURATION."""
    text = str(options.get("unit", ""))
    if not text.isascii() or not text.isdecimal():
        raise DeviceError(Fault.CONFIGURATION, f"unit=1..{most} is missing or no number")
    if not 1 <= int(text) <= most:
        raise DeviceError(Fault.CONFIGURATION, f"unit is not 1..{most}")
    return int(text)
