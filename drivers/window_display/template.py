r"""A bar of any make whose frames the settings describe: what is sent to it and, where it answers, what it says.

    frame = 55 AA {addr:u8} 10 {len:u8} {text:gb18030} {crc16-modbus:le}
    reply = \x55\xAA (?P<addr>.) \x90 .{2}

``frame`` is in the language of ``drivers.seams.templates`` and knows ``addr``, ``style``, ``seq`` (1 to 255, a new one
for every line) and ``text``; ``reply`` is in that of ``drivers.seams.patterns``: its groups ``addr`` and ``seq``, where
there are any, have to be the ones that were sent. A bar without ``reply`` is believed, and never said to be well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.device import Action, Cancel, Condition, DeviceError, DeviceState, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bus_line import BusLine, Question, Within
from drivers.seams.bus_url import line_of_bus
from drivers.seams.patterns import Listener, Pattern
from drivers.seams.templates import Template, Value
from drivers.window_display.codec import encode_text, with_lookalikes
from drivers.window_display.port import SHOW_SECONDS, DisplayCapabilities, Style
from drivers.window_display.turns import Turns

SCHEMES = ("serial",)
NAMES = frozenset({"addr", "style", "seq", "text"})
REPLY_BYTES = 32
"""How long an answer is taken to be when the time on the wire is reckoned."""
GAP_SECONDS = 0.005
SILENT = Condition("node.silent", Action.ENGINEER, blocking=True)
NO_LINE = Condition("bus.absent", Action.ENGINEER, blocking=True)
NOBODY_KNOWS = Condition("status.unknown", Action.NONE)
_LAST_SEQUENCE = 255
_WIDE = 0xFEE0
"""From an ASCII sign to its wide form."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """What the settings say of a make. ``clear`` and ``ask`` may be missing: then an empty line is shown, or nothing.

    ``styles``: the number that stands for each style that the bar has. ``reserved``: signs of ASCII that mean something
    to the bar; a text shows their wide forms instead, so that it can never be a command.
    """

    frame: Template
    clear: Template | None = None
    reply: Pattern | None = None
    ask: Template | None = None
    answer: Pattern | None = None
    styles: Mapping[Style, int] = field(default_factory=lambda: {Style.STEADY: 0})
    reserved: str = "\\"

    @property
    def speaks(self) -> bool:
        """Whether the bar can be asked how it is."""
        return self.ask is not None and (self.answer or self.reply) is not None


class TemplateBar:
    """One bar at an address of a line that may have others."""

    def __init__(
        self,
        line: BusLine,
        address: int,
        protocol: Protocol,
        *,
        columns: int = 16,
        refresh_seconds: float = 0.0,
        gap_seconds: float = GAP_SECONDS,
        probe_seconds: float = 1.0,
    ) -> None:
        self._line = line
        self._address = address
        self._protocol = protocol
        self._columns = columns
        self._gap_seconds = gap_seconds
        self._probe_seconds = probe_seconds
        self._turns = Turns(refresh_seconds)
        self._sequence = 0

    @property
    def capabilities(self) -> DisplayCapabilities:
        return DisplayCapabilities(
            columns=self._columns,
            styles=frozenset(self._protocol.styles),
            refresh_seconds=self._turns.refresh_seconds,
            answers=self._protocol.speaks,
        )

    def open(self) -> None:
        """Asks the bar whether it is there, where it can be asked; else only the line is tried."""
        self._turns.begin()
        try:
            within = self._turns.within(self._probe_seconds)
            if self._protocol.speaks:
                self._ask(within)
            else:
                self._line.say(b"", self._gap_seconds, within)
        except DeviceError:
            self._turns.end()
            raise

    def close(self) -> None:
        """The bar goes on showing its line; the line belongs to others, too."""
        self._turns.end()

    def probe(self) -> Status:
        """How the bar is. One that cannot be asked is unknown, and nobody has to do anything about it."""
        if not self._turns.opened:
            return Status(DeviceState.ABSENT)
        if not self._protocol.speaks:
            return Status(DeviceState.UNKNOWN, (NOBODY_KNOWS,))
        with self._turns.look() as free:
            if not free:
                return Status(DeviceState.BUSY)
            try:
                self._ask(self._turns.within(self._probe_seconds))
            except DeviceError as error:
                if error.fault in (Fault.ABSENT, Fault.UNPLUGGED, Fault.CANCELLED):
                    return Status(DeviceState.ABSENT, (NO_LINE,), error.detail)
                return Status(DeviceState.UNKNOWN, (SILENT,), error.detail)
            return Status(DeviceState.READY)

    def show(
        self, text: str, style: Style = Style.STEADY, timeout: float = SHOW_SECONDS, cancel: Cancel | None = None
    ) -> None:
        """Shows a line; one that is longer than the bar scrolls when the bar can."""
        styles = self._protocol.styles
        said = with_lookalikes(text).translate({ord(sign): ord(sign) + _WIDE for sign in self._protocol.reserved})
        if len(encode_text(said)) > self._columns:
            style = Style.SCROLL
        number = styles.get(style, styles[Style.STEADY])
        with self._turns.line(timeout, cancel) as within:
            self._send(self._protocol.frame, self._protocol.reply, within, style=number, text=said)

    def clear(self, timeout: float = SHOW_SECONDS, cancel: Cancel | None = None) -> None:
        if self._protocol.clear is None:
            self.show("", timeout=timeout, cancel=cancel)
            return
        with self._turns.line(timeout, cancel) as within:
            self._send(self._protocol.clear, self._protocol.reply, within, style=self._protocol.styles[Style.STEADY])

    def set_brightness(self, level: int, timeout: float = SHOW_SECONDS, cancel: Cancel | None = None) -> None:
        del level, timeout, cancel
        raise DeviceError(Fault.UNSUPPORTED, "the settings describe no brightness")

    def switch(self, on: bool, timeout: float = SHOW_SECONDS, cancel: Cancel | None = None) -> None:
        del on, timeout, cancel
        raise DeviceError(Fault.UNSUPPORTED, "the settings describe no switch")

    def _ask(self, within: Within) -> None:
        protocol = self._protocol
        if protocol.ask is not None:
            self._send(protocol.ask, protocol.answer or protocol.reply, within, style=0)

    def _send(self, template: Template, reply: Pattern | None, within: Within, **values: Value) -> None:
        self._sequence = self._sequence % _LAST_SEQUENCE + 1
        known = {"addr": self._address, "seq": self._sequence, "text": "", **values}
        data = template.build(known)
        if reply is None:
            self._line.say(data, self._gap_seconds, within)
            return
        expected = {name: int(known[name]) for name in ("addr", "seq") if name in template.names}

        def find(heard: bytes) -> bool | None:
            for message in Listener(reply).feed(heard):
                said = {name: message.number(name) for name in expected}
                if all(value is None or value == expected[name] for name, value in said.items()):
                    return True
            return None

        question = Question(
            ("template", self._address), f"bar {self._address}", data, REPLY_BYTES, self._gap_seconds, tries=1
        )
        self._line.ask(question, find, within)


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> TemplateBar:
    """``serial:///dev/…?baud=9600&address=3`` or ``tcp://host:port``; several bars may share a line.

    Options: ``frame`` (needed), ``reply``, ``clear``, ``ask`` and ``answer`` as above, ``check`` the checksum of what
    comes and ``escape`` for both ways; ``styles`` such as ``steady=0, blink=1, scroll=2``; ``reserved`` signs that a
    text must not have; ``address`` (0), ``columns`` (16), ``refresh`` seconds between two lines (0), and those of every
    bus line (``baud``, ``parity``, ``stopbits``, ``turnaround``, ``echo``). Raises CONFIGURATION.
    """
    merged = {**url.options, **options}
    try:
        address, columns = int(merged.get("address", "0")), int(merged.get("columns", "16"))
        refresh = float(merged.get("refresh", "0"))
        if not (0 <= address <= 0xFFFF and 4 <= columns <= 128 and 0 <= refresh <= 60):
            raise ValueError
    except ValueError:
        raise DeviceError(Fault.CONFIGURATION, "address is 0..65535, columns 4..128, refresh 0..60 seconds") from None
    protocol = protocol_of(merged)
    _check_room(protocol, address)
    return TemplateBar(
        line_of_bus(url, options, shared, SCHEMES), address, protocol, columns=columns, refresh_seconds=refresh
    )


def _check_room(protocol: Protocol, address: int) -> None:
    """Raises CONFIGURATION when the address or the number of a style does not fit into what is sent."""
    for name, template in (("frame", protocol.frame), ("clear", protocol.clear), ("ask", protocol.ask)):
        if template is None:
            continue
        for style in protocol.styles.values():
            try:
                template.build({"addr": address, "seq": _LAST_SEQUENCE, "style": style, "text": ""})
            except DeviceError as error:
                raise DeviceError(Fault.CONFIGURATION, f"{name}: {error.detail}") from None


def protocol_of(options: Mapping[str, str]) -> Protocol:
    """What the options say of a make. Raises CONFIGURATION."""
    if "frame" not in options:
        raise DeviceError(Fault.CONFIGURATION, "frame is missing: what is sent to the bar")
    escape, check = options.get("escape", ""), options.get("check", "")

    def template(name: str) -> Template | None:
        return Template(options[name], NAMES, escape) if name in options else None

    def pattern(name: str) -> Pattern | None:
        return Pattern(options[name], check, escape) if name in options else None

    reserved = options.get("reserved", "\\")
    if any(not "!" <= sign <= "~" or sign.isalnum() for sign in reserved):
        raise DeviceError(Fault.CONFIGURATION, "reserved are signs of ASCII, no letters and no digits")
    frame = Template(options["frame"], NAMES, escape)
    if "text" not in frame.names:
        raise DeviceError(Fault.CONFIGURATION, "the frame has no {text:…}")
    return Protocol(
        frame=frame,
        clear=template("clear"),
        reply=pattern("reply"),
        ask=template("ask"),
        answer=pattern("answer"),
        styles=_styles(options.get("styles", "steady=0")),
        reserved=reserved,
    )


def _styles(text: str) -> dict[Style, int]:
    try:
        pairs = [part.split("=") for part in text.split(",")]
        styles = {Style(name.strip()): int(number.strip(), 0) for name, number in pairs}
        if Style.STEADY not in styles or not all(0 <= number <= 0xFFFF for number in styles.values()):
            raise ValueError
    except ValueError:
        raise DeviceError(Fault.CONFIGURATION, "styles is like steady=0, blink=1, scroll=2; steady is needed") from None
    return styles
