"""A simulated ID-card reader on a simulated USB bus, in either of the two shapes that share the ids 0400:C35A."""

from __future__ import annotations

import logging
import queue
import threading
from types import TracebackType

from drivers.id_card_reader.twin_module import SimulatedModule
from drivers.seams.usb_device import UsbEndpoint, UsbInterface
from drivers.seams.usb_twin import SimulatedUsb, UsbTwin

VENDOR, PRODUCT = 0x0400, 0xC35A
FOUR_ENDPOINTS = UsbInterface(0, 0xFF, endpoints=tuple(UsbEndpoint(address) for address in (0x02, 0x81, 0x06, 0x85)))
TWO_ENDPOINTS = UsbInterface(0, 0xFF, endpoints=tuple(UsbEndpoint(address) for address in (0x02, 0x81)))

_HEAD = 7
_PACKET = 64
_PREAMBLE = b"\xaa\xaa\xaa\x96\x69"


class SimulatedUsbReader(SimulatedModule):
    """A reader with four or two bulk endpoints. ``twin`` is the bare device, with USB's own faults as fields."""

    def __init__(self, bus: SimulatedUsb, *, four_endpoints: bool = True, serial: str = "", path: str = "1-1") -> None:
        super().__init__()
        self._bus = bus
        self._four = four_endpoints
        self.twin = UsbTwin(
            VENDOR,
            PRODUCT,
            self._written,
            serial=serial,
            path=path,
            interfaces=(FOUR_ENDPOINTS if four_endpoints else TWO_ENDPOINTS,),
        )
        self._head = b""
        self._heard: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._unplugged = threading.Event()

    def __enter__(self) -> SimulatedUsbReader:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"usb://{VENDOR:04x}:{PRODUCT:04x}?path={self.twin.path}"

    def start(self) -> None:
        self._thread = threading.Thread(target=self._serve_all, name="twin-usb-id-card", daemon=True)
        self._thread.start()
        self.plug_in()
        logging.getLogger("drivers.twin").warning("SIMULATED ID-card reader on USB: its cards are made up")

    def stop(self) -> None:
        self.unplug()
        thread, self._thread = self._thread, None
        if thread is not None:
            self._heard.put(None)
            thread.join(timeout=5)

    def unplug(self) -> None:
        self._unplugged.set()
        self._bus.unplug(self.twin)

    def plug_in(self) -> None:
        """Puts the plug back, under the same path; a card that lay there is still there."""
        if self.twin.plugged:
            return
        self._powered_up()
        self._head = b""
        self._unplugged.clear()
        self._bus.plug_in(self.twin)

    def _written(self, endpoint: int, data: bytes) -> None:
        """From the driver's thread; answered from the reader's own."""
        if not self._four:
            self._heard.put(data)
        elif endpoint == 0x02:
            self._head = data  # nothing is done before the other endpoint has got the rest
        elif endpoint == 0x06:
            self._heard.put(self._head + data)
            self._head = b""

    def _serve_all(self) -> None:
        while (data := self._heard.get()) is not None:
            if not self._unplugged.is_set():
                self._hear(data)

    def _say(self, frame: bytes) -> None:
        if not self._four:
            for at in range(0, len(frame), _PACKET):
                self.twin.send(0x81, frame[at : at + _PACKET])
            return
        while frame:
            start = frame.find(_PREAMBLE)
            if start != 0:
                rubbish, frame = (frame, b"") if start < 0 else (frame[:start], frame[start:])
                self.twin.send(0x81, rubbish)
                continue
            self.twin.send(0x81, frame[:_HEAD])
            end = _HEAD + int.from_bytes(frame[_HEAD - 2 : _HEAD], "big")
            if frame[_HEAD:end]:
                self.twin.send(0x85, frame[_HEAD:end])
            frame = frame[end:]

    def _pause(self, seconds: float) -> bool:
        return not self._unplugged.wait(seconds)
