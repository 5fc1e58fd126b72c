"""A simulated USB bus: pyusb runs as ever, and only libusb below it is replaced.

What a driver sees of a device is what libusb would show: descriptors, the kernel's driver on an interface, transfers
that time out, stall, come short or end with "no such device" when the plug is pulled.
"""

from __future__ import annotations

import array
import errno
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import usb.backend
import usb.core

from drivers.seams.usb_device import KINDS, UsbEndpoint, UsbInterface

PRINTER_INTERFACE = UsbInterface(0, 7, 1, 2, (UsbEndpoint(0x01), UsbEndpoint(0x82)))
"""As on common ESC/POS printers: class 7, bidirectional, one bulk endpoint each way."""

_LOOK = 0.005
_SERIAL_INDEX = 3


@dataclass(eq=False)
class UsbTwin:
    """One simulated device. Faults are fields, settable at any time; lengths in bytes.

    ``on_write(endpoint, data)`` is called, from the driver's thread, with what arrived and says how much of it was
    taken (None: all). ``send`` queues what the device says.
    """

    vendor: int
    product: int
    on_write: Callable[[int, bytes], int | None] = lambda endpoint, data: None  # noqa: ARG005  # because nobody listens
    serial: str = ""
    path: str = "1-1"
    interfaces: tuple[UsbInterface, ...] = (PRINTER_INTERFACE,)
    kernel_driver: bool = True
    """Whether the system's own driver sits on the interfaces, as usblp does."""
    configured: bool = True

    stalled: set[int] = field(default_factory=set)
    """Endpoints that stall until they are cleared; those in ``stuck`` stay so."""
    stuck: set[int] = field(default_factory=set)
    silent: bool = False
    """Takes everything and sends nothing."""
    takes_nothing: bool = False
    """Refuses each packet (NAK), as a printer with a full buffer."""
    short_packets: int = 0
    """At most so many bytes of what was sent come with one read (0: as asked)."""
    empty_packets: bool = False
    """Answers a read with an empty packet where others wait."""
    forbidden: bool = False
    """The user may not open it: the udev rule is missing."""
    held_by_another: bool = False
    """Another program has claimed it."""
    breaks_after: int | None = None
    """The plug is pulled once so many more bytes have been written."""

    claimed: set[int] = field(default_factory=set, init=False)
    kernel_attached: set[int] = field(default_factory=set, init=False)
    opened: int = field(default=0, init=False)
    """Handles that are open now; a driver that lets go leaves 0."""
    _outbox: dict[int, deque[bytes]] = field(default_factory=dict, init=False)
    _changed: threading.Condition = field(default_factory=threading.Condition, init=False)
    _plugged: int = field(default=0, init=False)
    """Which time it is plugged in; 0 when it is not. A handle of an earlier time is dead."""
    _times: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.kernel_driver:
            self.kernel_attached |= {interface.number for interface in self.interfaces}

    def send(self, endpoint: int, data: bytes) -> None:
        """Puts one transfer's worth of bytes on an IN endpoint (``address`` with bit 7); from any thread."""
        with self._changed:
            if not self.silent and self._plugged:
                self._outbox.setdefault(endpoint, deque()).append(data)
                self._changed.notify_all()

    def nudge(self) -> None:
        """Wakes who waits for the device: it may take bytes again."""
        with self._changed:
            self._changed.notify_all()

    # What the simulated libusb asks of it.

    def plug(self, plugged: bool) -> None:
        """In or out; pending transfers end with "no such device", what was not read is gone."""
        with self._changed:
            self._times += plugged
            self._plugged = self._times if plugged else 0
            self._outbox.clear()
            self.claimed.clear()
            self.stalled.clear()
            self.kernel_attached.clear()
            if plugged and self.kernel_driver:
                self.kernel_attached |= {interface.number for interface in self.interfaces}
            self._changed.notify_all()

    @property
    def plugged(self) -> int:
        return self._plugged

    def take(self, time_plugged: int, endpoint: int, data: bytes, timeout: float) -> int:
        """A bulk OUT transfer: how many bytes were taken within ``timeout`` seconds. Raises as libusb does."""
        taken, until = 0, time.monotonic() + timeout
        while taken < len(data):
            self._check(time_plugged, endpoint)
            chunk = data[taken:]
            if self.breaks_after is not None:
                chunk = chunk[: self.breaks_after]
            got = 0 if self.takes_nothing else self.on_write(endpoint, chunk) if chunk else 0
            taken += len(chunk) if got is None else got
            if self.breaks_after is not None:
                self.breaks_after -= len(chunk) if got is None else got
                if self.breaks_after <= 0:
                    self.breaks_after = None
                    self.plug(False)
                    continue
            if got == 0:
                with self._changed:
                    self._changed.wait(max(0.0, min(_LOOK, until - time.monotonic())))
                if time.monotonic() >= until:
                    break
        if not taken and data:
            raise usb.core.USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT)
        return taken

    def give(self, time_plugged: int, endpoint: int, room: int, timeout: float) -> bytes:
        """A bulk IN transfer: what is there within ``timeout`` seconds. Raises as libusb does."""
        until = time.monotonic() + timeout
        with self._changed:
            while True:
                self._check(time_plugged, endpoint)
                waiting = self._outbox.get(endpoint)
                if waiting:
                    data = waiting.popleft()
                    most = min(room, self.short_packets or room)
                    if len(data) > most:
                        waiting.appendleft(data[most:])
                    return data[:most]
                if self.empty_packets:
                    return b""
                left = until - time.monotonic()
                if left <= 0:
                    raise usb.core.USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT)
                self._changed.wait(left)

    def _check(self, time_plugged: int, endpoint: int) -> None:
        if not self._plugged or self._plugged != time_plugged:
            raise gone()
        if endpoint in self.stalled | self.stuck:
            raise usb.core.USBError("Pipe error", -9, errno.EPIPE)


def gone() -> usb.core.USBError:
    """What libusb says of a device that was pulled out."""
    return usb.core.USBError("No such device (it may have been disconnected)", -4, errno.ENODEV)


@dataclass(eq=False)
class _Handle:
    twin: UsbTwin
    time_plugged: int
    claimed: set[int] = field(default_factory=set)


class SimulatedUsb(usb.backend.IBackend):  # type: ignore[misc]  # pyusb has no types
    """The bus; given to drivers as ``SharedPorts(usb=…)``."""

    def __init__(self) -> None:
        super().__init__()
        self._twins: list[UsbTwin] = []

    def plug_in(self, twin: UsbTwin) -> None:
        """Puts a device, new or pulled out before, into its socket."""
        if twin not in self._twins:
            self._twins.append(twin)
        twin.plug(True)

    def unplug(self, twin: UsbTwin) -> None:
        """Pulls it out; what is under way with it ends."""
        twin.plug(False)

    # From here on: libusb, as pyusb calls it. Names and order of arguments are pyusb's.

    def enumerate_devices(self) -> Iterator[UsbTwin]:
        return iter([twin for twin in self._twins if twin.plugged])

    def get_parent(self, dev: UsbTwin) -> None:
        del dev

    def get_device_descriptor(self, dev: UsbTwin) -> SimpleNamespace:
        bus, _, ports = dev.path.partition("-")
        numbers = tuple(int(port) for port in ports.split(".")) if ports else None
        return SimpleNamespace(
            bLength=18,
            bDescriptorType=1,
            bcdUSB=0x0200,
            bDeviceClass=0,
            bDeviceSubClass=0,
            bDeviceProtocol=0,
            bMaxPacketSize0=64,
            idVendor=dev.vendor,
            idProduct=dev.product,
            bcdDevice=0x0100,
            iManufacturer=0,
            iProduct=0,
            iSerialNumber=_SERIAL_INDEX if dev.serial else 0,
            bNumConfigurations=1,
            address=dev.plugged,
            bus=int(bus),
            port_number=numbers[-1] if numbers else None,
            port_numbers=numbers,
            speed=2,
        )

    def get_configuration_descriptor(self, dev: UsbTwin, config: int) -> SimpleNamespace:
        if config:
            raise IndexError(config)
        return SimpleNamespace(
            bLength=9,
            bDescriptorType=2,
            wTotalLength=9,
            bNumInterfaces=len(_numbers(dev)),
            bConfigurationValue=1,
            iConfiguration=0,
            bmAttributes=0xC0,
            bMaxPower=50,
            extra_descriptors=b"",
        )

    def get_interface_descriptor(self, dev: UsbTwin, intf: int, alt: int, config: int) -> SimpleNamespace:
        del config
        interface = _interface(dev, intf, alt)
        return SimpleNamespace(
            bLength=9,
            bDescriptorType=4,
            bInterfaceNumber=interface.number,
            bAlternateSetting=interface.alternate,
            bNumEndpoints=len(interface.endpoints),
            bInterfaceClass=interface.class_,
            bInterfaceSubClass=interface.subclass,
            bInterfaceProtocol=interface.protocol,
            iInterface=0,
            extra_descriptors=b"",
        )

    def get_endpoint_descriptor(self, dev: UsbTwin, ep: int, intf: int, alt: int, config: int) -> SimpleNamespace:
        del config
        endpoint = _interface(dev, intf, alt).endpoints[ep]
        return SimpleNamespace(
            bLength=7,
            bDescriptorType=5,
            bEndpointAddress=endpoint.address,
            bmAttributes=KINDS.index(endpoint.kind),
            wMaxPacketSize=endpoint.packet_size,
            bInterval=1,
            bRefresh=0,
            bSynchAddress=0,
            extra_descriptors=b"",
        )

    def open_device(self, dev: UsbTwin) -> _Handle:
        if not dev.plugged:
            raise gone()
        if dev.forbidden:
            raise usb.core.USBError("Access denied (insufficient permissions)", -3, errno.EACCES)
        dev.opened += 1
        return _Handle(dev, dev.plugged)

    def close_device(self, dev_handle: _Handle) -> None:
        dev_handle.twin.opened -= 1
        if _alive(dev_handle):
            dev_handle.twin.claimed -= dev_handle.claimed

    def get_configuration(self, dev_handle: _Handle) -> int:
        return int(_there(dev_handle).configured)

    def set_configuration(self, dev_handle: _Handle, config_value: int) -> None:
        _there(dev_handle).configured = bool(config_value)

    def set_interface_altsetting(self, dev_handle: _Handle, intf: int, altsetting: int) -> None:
        numbers = [(interface.number, interface.alternate) for interface in _there(dev_handle).interfaces]
        if (intf, altsetting) not in numbers:
            raise usb.core.USBError("Entity not found", -5, errno.ENOENT)

    def claim_interface(self, dev_handle: _Handle, intf: int) -> None:
        twin = _there(dev_handle)
        if twin.held_by_another or intf in twin.kernel_attached or intf in twin.claimed:
            raise usb.core.USBError("Resource busy", -6, errno.EBUSY)
        twin.claimed.add(intf)
        dev_handle.claimed.add(intf)

    def release_interface(self, dev_handle: _Handle, intf: int) -> None:
        _there(dev_handle).claimed.discard(intf)
        dev_handle.claimed.discard(intf)

    def is_kernel_driver_active(self, dev_handle: _Handle, intf: int) -> bool:
        return intf in _there(dev_handle).kernel_attached

    def detach_kernel_driver(self, dev_handle: _Handle, intf: int) -> None:
        _there(dev_handle).kernel_attached.discard(intf)

    def attach_kernel_driver(self, dev_handle: _Handle, intf: int) -> None:
        _there(dev_handle).kernel_attached.add(intf)

    def clear_halt(self, dev_handle: _Handle, ep: int) -> None:
        _there(dev_handle).stalled.discard(ep)

    def reset_device(self, dev_handle: _Handle) -> None:
        _there(dev_handle).stalled.clear()

    def bulk_write(self, dev_handle: _Handle, ep: int, intf: int, data: Any, timeout: int) -> int:
        _claimed(dev_handle, intf)
        return dev_handle.twin.take(dev_handle.time_plugged, ep, data.tobytes(), timeout / 1000)

    def bulk_read(self, dev_handle: _Handle, ep: int, intf: int, buff: Any, timeout: int) -> int:
        _claimed(dev_handle, intf)
        data = dev_handle.twin.give(dev_handle.time_plugged, ep, len(buff), timeout / 1000)
        buff[: len(data)] = array.array("B", data)
        return len(data)

    intr_write = bulk_write
    intr_read = bulk_read

    def ctrl_transfer(
        self, dev_handle: _Handle, request_type: int, request: int, value: int, index: int, data: Any, timeout: int
    ) -> int:
        """Tells string descriptors: 0 the languages, then the serial number; stalls at everything else."""
        del index, timeout
        twin = _there(dev_handle)
        if (request_type, request, value >> 8) != (0x80, 6, 3) or value & 0xFF not in (0, _SERIAL_INDEX):
            raise usb.core.USBError("Pipe error", -9, errno.EPIPE)
        said = twin.serial.encode("utf-16-le") if value & 0xFF else b"\x09\x04"
        answer = array.array("B", (bytes((len(said) + 2, 3)) + said)[: len(data)])
        data[: len(answer)] = answer
        return len(answer)


def _numbers(twin: UsbTwin) -> list[int]:
    return sorted({interface.number for interface in twin.interfaces})


def _interface(twin: UsbTwin, index: int, alternate: int) -> UsbInterface:
    number = _numbers(twin)[index]
    return [interface for interface in twin.interfaces if interface.number == number][alternate]


def _alive(handle: _Handle) -> bool:
    return bool(handle.twin.plugged) and handle.twin.plugged == handle.time_plugged


def _there(handle: _Handle) -> UsbTwin:
    if not _alive(handle):
        raise gone()
    return handle.twin


def _claimed(handle: _Handle, interface: int) -> None:
    _there(handle)
    if interface not in handle.claimed:
        raise usb.core.USBError("Entity not found", -5, errno.ENOENT)
