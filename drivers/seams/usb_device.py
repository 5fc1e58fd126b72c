"""One USB device, found by what does not change when it is plugged in again, through libusb (pyusb).

A command waits in slices, so that closing from another thread ends it: libusb frees a device under a running transfer
without asking. A kernel driver that sits on the interface (usblp, usbhid) is taken off and put back at the end.
"""

from __future__ import annotations

import contextlib
import errno
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import usb.core
import usb.util

from drivers.device import DeviceError, Fault
from drivers.seams.bytes_port import opening_error, running_error, seconds_left

_READ_SLICE = 0.05
_WRITE_SLICE = 0.25
_WRITE_BYTES = 4096
_PAUSE = 0.005
"""Between two empty packets: some printers answer each question for bytes with an empty packet at once."""

_ASKING_MILLISECONDS = 300
"""For the few questions at opening, so that a device that hangs does not keep ``open`` beyond its two seconds."""

_PERMISSION = "no permission to use the USB device; its udev rule is missing or it was plugged in before the rule"
KINDS = ("control", "isochronous", "bulk", "interrupt")


@dataclass(frozen=True, slots=True)
class UsbEndpoint:
    """``address`` has bit 7 set when the device speaks; ``kind`` is one of KINDS; ``packet_size`` in bytes."""

    address: int
    kind: str = "bulk"
    packet_size: int = 64

    @property
    def incoming(self) -> bool:
        return bool(self.address & 0x80)


@dataclass(frozen=True, slots=True)
class UsbInterface:
    """One interface in one of its alternate settings. Class 7 is a printer, 3 a keyboard-like device."""

    number: int
    class_: int
    subclass: int = 0
    protocol: int = 0
    endpoints: tuple[UsbEndpoint, ...] = ()
    alternate: int = 0

    def first(self, kind: str, *, incoming: bool) -> UsbEndpoint | None:
        """The first endpoint of that kind and direction."""
        return next((e for e in self.endpoints if e.kind == kind and e.incoming is incoming), None)


Choose = Callable[[UsbInterface], bool]
"""Whether this is the interface to use; the first one of a device that fits is taken."""


@dataclass(frozen=True, slots=True)
class UsbAddress:
    """Which device: maker and product, and where two alike may be there, its serial number or where it is plugged in.

    ``path`` is the bus and the ports up to the socket, ``1-2.3``, as the system names it in /sys/bus/usb/devices.
    """

    vendor: int
    product: int
    serial: str = ""
    path: str = ""

    @classmethod
    def parse(cls, place: str, options: Mapping[str, str]) -> UsbAddress:
        """From ``usb://VID:PID?serial=…`` or ``?path=1-2.3``. Raises CONFIGURATION."""
        ids = re.fullmatch(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{4})/?", place)
        path = options.get("path", "")
        if ids is None or not re.fullmatch(r"(\d+(-\d+(\.\d+)*)?)?", path, re.ASCII):
            raise DeviceError(
                Fault.CONFIGURATION, "a USB device is usb://VVVV:PPPP (hexadecimal), with ?serial= or ?path=1-2.3"
            )
        return cls(int(ids[1], 16), int(ids[2], 16), options.get("serial", ""), path)

    def __str__(self) -> str:
        which = f" serial {self.serial}" if self.serial else f" at {self.path}" if self.path else ""
        return f"{self.vendor:04x}:{self.product:04x}{which}"


@dataclass(frozen=True, slots=True)
class UsbFound:
    """One device on the bus, for lists: enough to write its URL. ``serial`` is empty when it has or tells none."""

    vendor: int
    product: int
    path: str
    serial: str
    interfaces: tuple[UsbInterface, ...]


class UsbDevice:
    """The one device of an address; the constructor touches nothing. ``backend`` stands for libusb (None: the real)."""

    def __init__(self, address: UsbAddress, backend: Any = None) -> None:
        self._address = address
        self._backend = backend
        self._device: Any = None
        self._interface: UsbInterface | None = None
        self._detached = False
        self._reading = threading.Lock()  # one thread may read while another one writes; closing takes both
        self._writing = threading.Lock()
        self._closing = threading.Event()

    @property
    def interface(self) -> UsbInterface:
        """The interface that is held. Raises ABSENT when it is not open."""
        if self._interface is None:
            raise DeviceError(Fault.ABSENT, "not open")
        return self._interface

    def open(self, choose: Choose) -> None:
        """Finds the device and holds the interface that ``choose`` takes.

        Raises ABSENT; BUSY (another program holds it); CONFIGURATION: no permission, no such interface, or several
        devices that fit, which are then named.
        """
        with self._reading, self._writing:
            if self._device is not None:
                return
            device = self._find()
            try:
                self._hold(device, choose)
            except usb.core.USBError as error:
                self._let_go(device)
                raise _opening(error) from None
            except DeviceError:
                self._let_go(device)
                raise
            self._device = device
            self._closing.clear()

    def close(self) -> None:
        """Gives the interface back, to the kernel's driver where it had one; who waits gets CANCELLED."""
        self._closing.set()
        with self._reading, self._writing:
            device, self._device = self._device, None
            if device is not None:
                self._let_go(device)

    def bulk_write(self, endpoint: int, data: bytes, deadline: float) -> None:
        """Sends all of ``data``. Raises SILENT when the device takes no more, UNPLUGGED, CANCELLED."""
        with self._writing:
            sent, cleared = 0, False
            while sent < len(data):
                device = self._held()
                left = seconds_left(deadline)
                if not left:
                    raise DeviceError(Fault.SILENT, "the device takes no bytes", uncertain=sent > 0)
                chunk = data[sent : sent + _WRITE_BYTES]
                try:
                    sent += device.write(endpoint, chunk, _milliseconds(min(_WRITE_SLICE, left)))
                except usb.core.USBTimeoutError:
                    continue
                except usb.core.USBError as error:
                    self._check_closing()
                    if cleared or error.errno != errno.EPIPE:
                        raise _running(error, uncertain=sent > 0) from None
                    cleared = self._clear(endpoint)

    def bulk_read(self, endpoint: int, size: int, deadline: float) -> bytes:
        """What the device says, as soon as it says something; empty once the deadline has passed.

        ``size`` is rounded up to whole packets, since a device may always send one: more than ``size`` can come.
        """
        with self._reading:
            self._held()
            packet = next((e.packet_size for e in self.interface.endpoints if e.address == endpoint), 64) or 64
            room = -(-max(1, size) // packet) * packet
            cleared = False
            while True:
                device = self._held()
                try:
                    data = device.read(endpoint, room, _milliseconds(min(_READ_SLICE, seconds_left(deadline))))
                    if data:
                        return bytes(data)
                    self._closing.wait(_PAUSE)
                except usb.core.USBTimeoutError:
                    pass
                except usb.core.USBError as error:
                    self._check_closing()
                    if cleared or error.errno != errno.EPIPE:
                        raise _running(error) from None
                    cleared = self._clear(endpoint)
                if time.monotonic() >= deadline:
                    self._check_closing()
                    return b""

    # Finding it, holding it, letting it go.

    def _find(self) -> Any:
        wanted = self._address
        try:
            alike = [
                device
                for device in usb.core.find(
                    find_all=True, backend=self._backend, idVendor=wanted.vendor, idProduct=wanted.product
                )
                if not wanted.path or path_of(device) == wanted.path
            ]
            if wanted.serial:
                alike = _with_serial(alike, wanted.serial)
        except usb.core.NoBackendError:
            raise DeviceError(Fault.CONFIGURATION, "libusb-1.0 is not installed or finds no USB") from None
        except usb.core.USBError as error:
            raise _opening(error) from None
        if not alike:
            raise DeviceError(Fault.ABSENT, f"no USB device {wanted}")
        if len(alike) > 1:
            places = ", ".join(sorted(path_of(device) for device in alike))
            raise DeviceError(
                Fault.CONFIGURATION, f"{len(alike)} USB devices {wanted}: say which with serial= or path= ({places})"
            )
        return alike[0]

    def _hold(self, device: Any, choose: Choose) -> None:
        device.default_timeout = _ASKING_MILLISECONDS
        try:
            interfaces = interfaces_of(device)
        except usb.core.USBError as error:
            if error.errno is not None:
                raise
            device.set_configuration()
            interfaces = interfaces_of(device)
        chosen = next((interface for interface in interfaces if choose(interface)), None)
        if chosen is None:
            raise DeviceError(Fault.CONFIGURATION, f"the USB device {self._address} has no interface that fits")
        self._interface = chosen
        self._detached = False
        with contextlib.suppress(NotImplementedError):  # systems on which a kernel driver cannot be taken off
            if device.is_kernel_driver_active(chosen.number):
                device.detach_kernel_driver(chosen.number)
                self._detached = True
        usb.util.claim_interface(device, chosen.number)
        if chosen.alternate:
            device.set_interface_altsetting(chosen.number, chosen.alternate)

    def _let_go(self, device: Any) -> None:
        interface, self._interface = self._interface, None
        with contextlib.suppress(usb.core.USBError):  # an unplugged device cannot be let go better than this
            if interface is not None:
                usb.util.release_interface(device, interface.number)
                if self._detached:
                    device.attach_kernel_driver(interface.number)
        self._detached = False
        usb.util.dispose_resources(device)

    def _held(self) -> Any:
        self._check_closing()
        if self._device is None:
            raise DeviceError(Fault.ABSENT, "not open")
        return self._device

    def _clear(self, endpoint: int) -> bool:
        """Ends a stall, which a device uses to say that it did not like something; True, so that it is done once."""
        try:
            self._held().clear_halt(endpoint)
        except usb.core.USBError as error:
            raise _running(error) from None
        return True

    def _check_closing(self) -> None:
        if self._closing.is_set():
            raise DeviceError(Fault.CANCELLED, "closed")


def _with_serial(alike: Sequence[Any], serial: str) -> list[Any]:
    """Those that tell this serial number. One that cannot be asked only counts when no other one is right."""
    right, broken = [], None
    for device in alike:
        try:
            if serial_of(device) == serial:
                right.append(device)
                continue
        except usb.core.USBError as error:
            broken = error
        usb.util.dispose_resources(device)
    if broken is not None and not right:
        raise broken
    return right


def usb_devices(backend: Any = None) -> tuple[UsbFound, ...]:
    """Everything on the bus, sorted by path; a device that may not be opened is listed without its serial number.

    Nothing is changed on any of them: one that nobody has configured is listed without interfaces.

    Raises CONFIGURATION when there is no libusb.
    """
    found = []
    try:
        for device in usb.core.find(find_all=True, backend=backend):
            interfaces: tuple[UsbInterface, ...] = ()
            serial = ""
            with contextlib.suppress(usb.core.USBError, DeviceError):  # no permission, or just unplugged
                serial = serial_of(device)
                interfaces = interfaces_of(device)
            found.append(UsbFound(device.idVendor, device.idProduct, path_of(device), serial, interfaces))
            usb.util.dispose_resources(device)
    except usb.core.NoBackendError:
        raise DeviceError(Fault.CONFIGURATION, "libusb-1.0 is not installed or finds no USB") from None
    except usb.core.USBError as error:
        raise _opening(error) from None
    return tuple(sorted(found, key=lambda one: one.path))


def path_of(device: Any) -> str:
    """``1-2.3``: bus, then the ports up to the device; a root hub is ``1``."""
    ports = ".".join(str(port) for port in device.port_numbers or ())
    return f"{device.bus}-{ports}" if ports else str(device.bus)


def serial_of(device: Any) -> str:
    """The serial number that the device tells, empty when it has none. Raises ``USBError`` when it may not be asked."""
    if not device.iSerialNumber:
        return ""
    device.default_timeout = _ASKING_MILLISECONDS
    languages = usb.util.get_langids(device)
    try:
        return str(usb.util.get_string(device, device.iSerialNumber, languages[0] if languages else 0x0409) or "")
    except (UnicodeDecodeError, IndexError):  # rubbish is no serial number
        return ""


def interfaces_of(device: Any) -> tuple[UsbInterface, ...]:
    """The interfaces of the configuration that is in use, each in all its alternate settings.

    Raises ``USBError``, without a number when none is in use: fresh from the factory, or after a reset.
    """
    configuration = device.get_active_configuration()
    return tuple(
        UsbInterface(
            one.bInterfaceNumber,
            one.bInterfaceClass,
            one.bInterfaceSubClass,
            one.bInterfaceProtocol,
            tuple(UsbEndpoint(e.bEndpointAddress, KINDS[e.bmAttributes & 3], e.wMaxPacketSize & 0x7FF) for e in one),
            one.bAlternateSetting,
        )
        for one in configuration
    )


def _milliseconds(seconds: float) -> int:
    """For libusb, to which 0 would mean for ever."""
    return max(1, int(seconds * 1000))


def _opening(error: usb.core.USBError) -> DeviceError:
    if error.errno in (errno.EACCES, errno.EPERM):
        return DeviceError(Fault.CONFIGURATION, _PERMISSION)
    return opening_error(error)


def _running(error: usb.core.USBError, *, uncertain: bool = False) -> DeviceError:
    if error.errno == errno.EPIPE:
        return DeviceError(Fault.SILENT, "the endpoint stays stalled", uncertain=uncertain)
    if error.errno == errno.EOVERFLOW:
        return DeviceError(Fault.BAD_DATA, "more bytes than a packet holds", uncertain=uncertain)
    broken = running_error(error)
    return DeviceError(broken.fault, broken.detail, uncertain=uncertain)
