"""A USB interface with one bulk endpoint each way as a line of bytes."""

from __future__ import annotations

from drivers.device import DeviceError, Fault
from drivers.seams.usb_device import Choose, UsbDevice, UsbInterface

_READ_BYTES = 4096
_PURGE_READS = 64
"""A device that never stops speaking is not listened to for ever."""


def printer(interface: UsbInterface) -> bool:
    """A printer (class 7) that also answers; protocol 4 is IPP over USB and understands no commands."""
    return interface.class_ == 7 and interface.protocol != 4 and both_ways(interface)


def both_ways(interface: UsbInterface) -> bool:
    """Bulk endpoints in both directions, whatever the class: makers often say 255."""
    return interface.first("bulk", incoming=True) is not None and interface.first("bulk", incoming=False) is not None


class UsbBulkPort:
    """The first bulk OUT and the first bulk IN endpoint of the interface that ``choose`` takes."""

    def __init__(self, device: UsbDevice, choose: Choose) -> None:
        self._device = device
        self._choose = choose
        self._out = self._in = -1

    def open(self) -> None:
        self._device.open(self._choose)
        to_device = self._device.interface.first("bulk", incoming=False)
        from_device = self._device.interface.first("bulk", incoming=True)
        if to_device is None or from_device is None:
            self._device.close()
            raise DeviceError(Fault.CONFIGURATION, "the USB interface has no bulk endpoints both ways")
        self._out, self._in = to_device.address, from_device.address

    def close(self) -> None:
        self._device.close()

    def write(self, data: bytes, deadline: float) -> None:
        self._device.bulk_write(self._out, data, deadline)

    def read_some(self, deadline: float) -> bytes:
        return self._device.bulk_read(self._in, _READ_BYTES, deadline)

    def purge(self) -> None:
        """Reads until nothing more is there: 1 ms on a device that is quiet."""
        for _ in range(_PURGE_READS):
            if not self._device.bulk_read(self._in, _READ_BYTES, 0.0):
                return
