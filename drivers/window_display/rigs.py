"""Bars on the bench."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, cast

from drivers.conformance.bus_rig import wait_until_idle
from drivers.conformance.rig import Rig
from drivers.device import Cancel, Device
from drivers.seams.bus_line import BusLine, LineTimes
from drivers.seams.line import Line
from drivers.seams.modbus import ModbusBus
from drivers.seams.modbus_twin import SimulatedBar, SimulatedBus
from drivers.seams.serial_port import SerialPort
from drivers.seams.tcp_port import TcpPort
from drivers.window_display.bx import BxBar
from drivers.window_display.bx_line import BxLine
from drivers.window_display.bx_twin import SimulatedBxLine, SimulatedBxTcp, SimulatedCard
from drivers.window_display.modbus_bar import ModbusBar
from drivers.window_display.port import WindowDisplay
from drivers.window_display.template import TemplateBar, protocol_of
from drivers.window_display.template_twin import SimulatedForeignLine, TalkingBar

LINE = "A012 \u8bf7\u52303\u53f7\u7a97\u53e3"
"""A call as halls show it, asking A012 to window 3."""
ANSWER_SECONDS = 0.3


class _Bx(Rig):
    """An Onbon card; shorter waits than in a hall."""

    model: ClassVar[str] = "window_display/bx"
    cycles: ClassVar[int] = 500
    """Every opening asks the card."""

    def __init__(self) -> None:
        super().__init__()
        self._card = SimulatedCard(address=2, least_interval=0.0)

    def bar(self, line: Line) -> Device:
        shared = BxLine(line, bauds=(9600,), answer_seconds=ANSWER_SECONDS)
        return BxBar(shared, 2, refresh_seconds=0.005, probe_seconds=1.0)

    def prepare(self) -> None:
        """A card needs nothing."""

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        cast("WindowDisplay", device).show(LINE, timeout=timeout, cancel=cancel)
        return self._card.text

    @property
    def expected(self) -> object:
        return LINE

    def silence(self, silent: bool) -> None:
        self._card.faults.silent = silent

    @property
    @abstractmethod
    def is_idle(self) -> bool:
        """Whether the card has nothing left to do."""

    def effects(self) -> int:
        wait_until_idle(lambda: self.is_idle)
        return len(self._card.shown)


class BxSerial(_Bx):
    """On a serial line of its own."""

    variant: ClassVar[str] = "serial"

    def __init__(self) -> None:
        super().__init__()
        self._twin = SimulatedBxLine([self._card])

    def start(self) -> None:
        self._twin.start()

    def stop(self) -> None:
        self._twin.stop()

    def make(self) -> Device:
        port = SerialPort(self._twin.path, 9600)
        return self.bar(Line(self.wrap(port), 9600, port.set_baud))

    @property
    def is_idle(self) -> bool:
        return self._twin.is_idle

    def unplug(self) -> None:
        self._twin.unplug()

    def plug_in(self) -> None:
        self._twin.plug_in()


class BxTcp(_Bx):
    """Behind a network port."""

    variant: ClassVar[str] = "tcp"

    def __init__(self) -> None:
        super().__init__()
        self._twin = SimulatedBxTcp(self._card)

    def start(self) -> None:
        self._twin.start()

    def stop(self) -> None:
        self._twin.stop()

    def make(self) -> Device:
        return self.bar(Line(self.wrap(TcpPort.from_place(self._twin.place, 0))))

    @property
    def is_idle(self) -> bool:
        return self._twin.is_idle

    def unplug(self) -> None:
        self._twin.unplug()

    def plug_in(self) -> None:
        self._twin.plug_in()


class ModbusNode(Rig):
    """A bar by map v1 on a Modbus bus."""

    model: ClassVar[str] = "window_display/modbus_bar"
    cycles: ClassVar[int] = 300
    """Every opening asks the node who it is."""
    grace: ClassVar[float] = 1.5
    """A frame that was begun is heard to its end."""

    def __init__(self) -> None:
        super().__init__()
        self._bar = SimulatedBar()
        self._bus = SimulatedBus({3: self._bar})
        self._master: ModbusBus | None = None

    def start(self) -> None:
        self._bus.start()

    def stop(self) -> None:
        if self._master is not None:
            self._master.close()
        self._bus.stop()

    def make(self) -> Device:
        """Bars share one bus, which stays open when one of them is closed."""
        if self._master is None:
            times = LineTimes(turnaround=0.2, first_rest=0.0, rest=0.0, reopen=0.0)
            line = BusLine(self.wrap(SerialPort(self._bus.path, 19200)), 19200, times=times)
            self._master = ModbusBus(line)
        return ModbusBar(self._master, 3, 16)

    def prepare(self) -> None:
        """A bar needs nothing."""

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        cast("WindowDisplay", device).show(LINE, timeout=timeout, cancel=cancel)
        return self._bar.text

    @property
    def expected(self) -> object:
        return LINE

    def silence(self, silent: bool) -> None:
        self._bar.faults.silent = silent

    def unplug(self) -> None:
        self._bus.unplug()

    def plug_in(self) -> None:
        self._bus.plug_in()

    def effects(self) -> int:
        wait_until_idle(lambda: self._bus.is_idle)
        return len(self._bar.shown)


TALKING = {
    "frame": "55 AA {addr:u8} 10 {style:u8} {seq:u8} {len:u8} {text:gb18030} {crc16-modbus:le}",
    "reply": r"(?P<head>\x55\xAA) (?P<addr>.) (?P<cmd>\x90) (?P<seq>.) (?P<check>.)",
    "ask": "55 AA {addr:u8} 02 {crc16-modbus:le}",
    "answer": r"(?P<head>\x55\xAA) (?P<addr>.) (?P<cmd>\x82) (?P<seq>\x00) (?P<check>.)",
    "check": "sum8:head..seq",
    "styles": "steady=0, blink=1, scroll=2",
}
"""The settings of ``template_twin.TalkingBar``."""


class Template(Rig):
    """A bar of another make, by what the settings say of it."""

    model: ClassVar[str] = "window_display/template"
    cycles: ClassVar[int] = 300
    """Every opening asks the bar."""

    def __init__(self) -> None:
        super().__init__()
        self._bar = TalkingBar(7)
        self._twin = SimulatedForeignLine([self._bar])
        self._bus: BusLine | None = None

    def start(self) -> None:
        self._twin.start()

    def stop(self) -> None:
        if self._bus is not None:
            self._bus.close()
        self._twin.stop()

    def make(self) -> Device:
        """Bars share one line, which stays open when one of them is closed."""
        if self._bus is None:
            times = LineTimes(turnaround=0.2, first_rest=0.0, rest=0.0, reopen=0.0)
            self._bus = BusLine(self.wrap(SerialPort(self._twin.path, 9600)), 0, times=times)
        return TemplateBar(self._bus, 7, protocol_of(TALKING), gap_seconds=0.0, probe_seconds=1.0)

    def prepare(self) -> None:
        """A bar needs nothing."""

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        cast("WindowDisplay", device).show(LINE, timeout=timeout, cancel=cancel)
        return self._bar.text

    @property
    def expected(self) -> object:
        return LINE

    def silence(self, silent: bool) -> None:
        self._bar.silent = silent

    def unplug(self) -> None:
        self._twin.unplug()

    def plug_in(self) -> None:
        self._twin.plug_in()

    def effects(self) -> int:
        wait_until_idle(lambda: self._twin.is_idle)
        return len(self._bar.shown)


RIGS: tuple[type[Rig], ...] = (BxSerial, BxTcp, ModbusNode, Template)
