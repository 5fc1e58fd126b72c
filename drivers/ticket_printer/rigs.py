"""Ticket printers on the bench."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import ClassVar, cast

from drivers.conformance.rig import Rig
from drivers.device import Cancel, Device
from drivers.loading import DeviceUrl
from drivers.seams.bytes_port import BytesPort
from drivers.seams.serial_port import SerialPort
from drivers.seams.tcp_port import TcpPort
from drivers.seams.usb_bulk_port import UsbBulkPort
from drivers.seams.usb_device import UsbAddress, UsbDevice
from drivers.ticket_printer.codec import PAPERS
from drivers.ticket_printer.escpos import EscPosPrinter, prints
from drivers.ticket_printer.interpreter import Interpreter
from drivers.ticket_printer.port import Proof, Slip, TicketPrinter
from drivers.ticket_printer.sample import sample_picture
from drivers.ticket_printer.settings import Settings
from drivers.ticket_printer.twin import SimulatedPrinter

QUICK = Settings(
    answer_seconds=0.6, watch_seconds=0.05, quiet_seconds=0.05, unproven_seconds=0.2, recovering_seconds=0.1
)
_IDLE_SECONDS = 0.004


class EscPosTcp(Rig):
    """A network printer that gets pictures, each over a connection of its own.

    Slips are so small that they are one write: a real line loses bytes or everything, never a part from the middle
    unnoticed, and a printer that lost one would print rubbish that nobody can know of.
    """

    model: ClassVar[str] = "ticket_printer/escpos"
    variant: ClassVar[str] = "tcp"
    personal: ClassVar[tuple[str, ...]] = ("B4711", "3F7K2Q9ZP0")
    seconds: ClassVar[float] = 1.8
    settings: ClassVar[Settings] = QUICK
    line: ClassVar[str] = "tcp"
    width: ClassVar[int] = 576

    def __init__(self) -> None:
        super().__init__()
        self._twin = SimulatedPrinter(self.width, line=self.line)
        self._jobs = 0
        self._slip = Slip(
            "", sample_picture(self.width, 20), ("# B4711", "## Window 3"), "https://hall.example.org/t/3F7K2Q9ZP0"
        )
        self._ink = 0

    def start(self) -> None:
        self._twin.start()
        self._ink = self._ink_of_a_whole_slip()

    def stop(self) -> None:
        self._twin.stop()

    def make(self) -> Device:
        return EscPosPrinter(self.wrap(self.port(DeviceUrl.parse(self._twin.url))), self.settings)

    def port(self, url: DeviceUrl) -> BytesPort:
        return TcpPort.from_place(url.place, 9100)

    def prepare(self) -> None:
        self._jobs += 1

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        return cast("TicketPrinter", device).print(replace(self._slip, job=f"job-{self._jobs}"), timeout, cancel)

    @property
    def expected(self) -> object:
        return Proof.PROVEN

    def silence(self, silent: bool) -> None:
        self._twin.silent = silent

    def unplug(self) -> None:
        self._twin.unplug()

    def plug_in(self) -> None:
        self._twin.plug_in()

    def settle(self) -> None:
        self._wait_until_idle()

    def effects(self) -> int:
        """How many whole slips came out; the beginning of one that was cut off is none."""
        self._wait_until_idle()
        return sum(slip.image.histogram()[0] == self._ink for slip in list(self._twin.slips))

    def _wait_until_idle(self) -> None:
        """Until all that was sent is carried out, also what was still on its way."""
        received = -1
        while received != self._twin.received:
            received = self._twin.received
            time.sleep(_IDLE_SECONDS)
            self._twin.wait_until_idle()

    def _ink_of_a_whole_slip(self) -> int:
        interpreter = Interpreter(self.width)
        data = EscPosPrinter(self.port(DeviceUrl.parse(self._twin.url)), self.settings).bytes_of(self._slip)
        while data and (step := interpreter.step(data)):
            data = data[step.length :]
        return interpreter.take_strip().picture().histogram()[0]


class EscPosSerial(EscPosTcp):
    """A printer on a serial line that stays open."""

    variant: ClassVar[str] = "serial"
    settings: ClassVar[Settings] = replace(QUICK, pushes=True)
    line: ClassVar[str] = "pty"

    def port(self, url: DeviceUrl) -> BytesPort:
        return SerialPort.from_options(url.place, url.options)


class EscPosUsb(EscPosTcp):
    """A USB printer that tells changes by itself."""

    variant: ClassVar[str] = "usb"
    cycles: ClassVar[int] = 400
    settings: ClassVar[Settings] = replace(QUICK, pushes=True)
    line: ClassVar[str] = "usb"

    def port(self, url: DeviceUrl) -> BytesPort:
        return UsbBulkPort(UsbDevice(UsbAddress.parse(url.place, url.options), self._twin.shared.usb), prints)


class EscPosNarrowText(EscPosSerial):
    """A small clone on a slow line: 58 mm, text, no cutter, no QR code and no automatic status of its own."""

    variant: ClassVar[str] = "58 mm, text, serial"
    settings: ClassVar[Settings] = replace(QUICK, paper=PAPERS["58"], as_text=True)
    width: ClassVar[int] = 384

    def __init__(self) -> None:
        super().__init__()
        self._slip = replace(self._slip, qr="")  # a drawn code is more than one write

    def start(self) -> None:
        self._twin.has_asb = self._twin.can_clear = False
        super().start()


RIGS: tuple[type[Rig], ...] = (EscPosTcp, EscPosSerial, EscPosUsb, EscPosNarrowText)
