"""The USB side of a SAM_V reader (0400:C35A) as a line of bytes, in both shapes that have these same ids.

* Four bulk endpoints: the first OUT (02) takes preamble and length, the second (06) the rest; the answer's preamble and
  length come from the first IN (81), the rest from the second (85).
* Two bulk endpoints: a whole frame is written at once, the answer comes in packets of 64 bytes.

Which one it is can only be told by counting the endpoints.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from drivers.device import DeviceError, Fault
from drivers.id_card_reader.codec import HEAD_LENGTH, LONGEST, PREAMBLE
from drivers.seams.usb_device import UsbAddress, UsbDevice, UsbInterface, usb_devices

_READ_BYTES = 4096
_PURGE_READS = 64
"""A device that never stops speaking is not listened to for ever."""


def sam_interface(interface: UsbInterface) -> bool:
    """One or two bulk endpoints each way, whatever class the maker says."""
    outgoing, incoming = _bulk(interface)
    return len(outgoing) == len(incoming) and len(incoming) in {1, 2}


class SamUsbPort:
    """A ``BytesPort`` over one reader. ``backend`` stands for libusb (None: the real one)."""

    def __init__(self, address: UsbAddress, backend: Any = None) -> None:
        self._address = address
        self._backend = backend
        self._device = UsbDevice(address, backend)
        self._out: tuple[int, ...] = ()
        self._in: tuple[int, ...] = ()
        self._head = bytearray()
        self._rest = 0
        self._early = bytearray()

    def places(self) -> tuple[str, ...]:
        """Where readers with these ids are plugged in now. Raises CONFIGURATION when libusb is not installed."""
        wanted = (self._address.vendor, self._address.product)
        return tuple(one.path for one in usb_devices(self._backend) if (one.vendor, one.product) == wanted)

    def go_to(self, path: str) -> None:
        """From the next ``open`` on it is the reader that is plugged in there."""
        self._device.close()
        self._device = UsbDevice(replace(self._address, path=path), self._backend)

    def open(self) -> None:
        self._device.open(sam_interface)
        self._out, self._in = _bulk(self._device.interface)
        self._forget_frame()

    def close(self) -> None:
        self._device.close()

    def write(self, data: bytes, deadline: float) -> None:
        if not self._out:
            raise DeviceError(Fault.ABSENT, "not open")
        if len(self._out) == 1:
            self._device.bulk_write(self._out[0], data, deadline)
            return
        self._device.bulk_write(self._out[0], data[:HEAD_LENGTH], deadline)
        self._device.bulk_write(self._out[1], data[HEAD_LENGTH:], deadline)

    def read_some(self, deadline: float) -> bytes:
        if not self._in:
            raise DeviceError(Fault.ABSENT, "not open")
        if self._rest:
            return self._rest_of_frame(deadline)
        data = self._device.bulk_read(self._in[0], _READ_BYTES, deadline)
        if len(self._in) == 2:
            self._expect_rest(data)
        return data

    def purge(self) -> None:
        """Reads until nothing more is there: 1 ms an endpoint on a reader that is quiet."""
        self._forget_frame()
        for endpoint in self._in:
            for _ in range(_PURGE_READS):
                if not self._device.bulk_read(endpoint, _READ_BYTES, 0.0):
                    break

    def _forget_frame(self) -> None:
        self._head.clear()
        self._rest = 0
        self._early[:] = bytes(len(self._early))
        self._early.clear()

    def _rest_of_frame(self, deadline: float) -> bytes:
        """What the second endpoint has of this frame; whole packets come, so the next frame may have begun in one."""
        if not self._early:
            self._early += self._device.bulk_read(self._in[1], self._rest, deadline)
        data = bytes(self._early[: self._rest])
        self._early[: len(data)] = bytes(len(data))
        del self._early[: len(data)]
        self._rest -= len(data)
        return data

    def _expect_rest(self, data: bytes) -> None:
        """Once preamble and length are there, the other endpoint has as much as the length says."""
        self._head += data
        if len(self._head) < HEAD_LENGTH and PREAMBLE.startswith(bytes(self._head[: len(PREAMBLE)])):
            return
        length = int.from_bytes(self._head[5:HEAD_LENGTH], "big")
        if self._head.startswith(PREAMBLE) and length <= LONGEST:
            self._rest = max(0, length - (len(self._head) - HEAD_LENGTH))
        self._head.clear()


def _bulk(interface: UsbInterface) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The addresses of the bulk endpoints towards the reader and from it, the lower ones first."""
    addresses = sorted(one.address for one in interface.endpoints if one.kind == "bulk")
    return (
        tuple(address for address in addresses if not address & 0x80),
        tuple(address for address in addresses if address & 0x80),
    )
