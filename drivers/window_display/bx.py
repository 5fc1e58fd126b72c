"""Onbon BX-5K and BX-6K font cards: a line of text in a dynamic area, over a serial line or TCP.

The text lives in the card's memory and is lost with its power, which a status tells (``display.blank``). A card takes
one line a second; of lines that wait meanwhile only the newest one is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.device import Action, Cancel, Condition, DeviceError, DeviceState, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bus_line import Within
from drivers.seams.line import line_of
from drivers.window_display import bx_codec as codec
from drivers.window_display.bx_codec import Area, Command, Effect
from drivers.window_display.bx_line import BAUDS, BxLine
from drivers.window_display.port import SHOW_SECONDS, DisplayCapabilities, Style
from drivers.window_display.turns import Turns

TCP_PORT = 5005
OPENING_SECONDS = 1.9
PROBE_SECONDS = 1.2
REFRESH_SECONDS = 1.0
"""The card's own limit (chapter 2.1)."""
BRIGHTNESS_LEVELS = 16
AREA_BYTES = {"5k": 512, "6k": 1024}
COLOURS = {"red": 1, "green": 2, "yellow": 3, "blue": 4, "cyan": 5, "magenta": 6, "white": 7}
FONTS = {16: "000", 24: "001", 32: "002"}
"""The card's fonts by their height in dots (chapter 11.1)."""
BLANK = Condition("display.blank", Action.NONE)
OFF = Condition("display.off", Action.STAFF)
SILENT = Condition("node.silent", Action.ENGINEER, blocking=True)
NO_LINE = Condition("bus.absent", Action.ENGINEER, blocking=True)
_CENTRED, _MIDDLE = 0b0010, 0b1000
_LOOP, _UNTIL_TIMEOUT = 0, 2


@dataclass(frozen=True, slots=True)
class Look:
    """How the area of one bar is laid out; sizes in dots.

    ``expires``: seconds after which the card takes away a line that was not renewed; 0: never.
    """

    width: int = 128
    height: int = 16
    x: int = 0
    y: int = 0
    area: int = 0
    font: int = 16
    colour: str = "red"
    speed: int = 2
    expires: int = 0
    area_bytes: int = 1024

    @property
    def columns(self) -> int:
        """Latin cells are half as wide as high."""
        return self.width // (self.font // 2)

    def area_of(self, text: str, style: Style) -> Area:
        """The area with its text; one that is wider than the bar scrolls. Raises BAD_DATA."""
        coded = codec.encode_text(text) or b" "
        scrolls = style is Style.SCROLL or len(coded) > self.columns
        font = FONTS[self.font]
        area = Area(
            text=f"\\FO{font}\\FE{font}\\C{COLOURS[self.colour]}".encode() + coded,
            x=self.x,
            y=self.y,
            width=self.width,
            height=self.height,
            number=self.area,
            run_mode=_UNTIL_TIMEOUT if self.expires else _LOOP,
            timeout=self.expires,
            alignment=_MIDDLE if scrolls else _MIDDLE | _CENTRED,
            single_line=1,
            effect=Effect.LEFT if scrolls else Effect.STATIC,
            speed=self.speed,
            stay=0 if scrolls else 10,
        )
        if len(area.encode()) > self.area_bytes:
            raise DeviceError(
                Fault.BAD_DATA, f"an area of {len(area.encode())} bytes, the card holds {self.area_bytes}"
            )
        return area


class BxBar:
    """One bar: one dynamic area of one card. ``brightness`` is set whenever it is opened; None leaves it."""

    def __init__(
        self,
        line: BxLine,
        address: int,
        look: Look | None = None,
        *,
        brightness: int | None = None,
        refresh_seconds: float | None = None,
        probe_seconds: float = PROBE_SECONDS,
    ) -> None:
        self._line = line
        self._address = address
        self._look = look or Look()
        self._brightness = brightness
        self._probe_seconds = probe_seconds
        self._turns = Turns(REFRESH_SECONDS if refresh_seconds is None else refresh_seconds)
        self._shows = False

    @property
    def capabilities(self) -> DisplayCapabilities:
        return DisplayCapabilities(
            columns=self._look.columns,
            colours=(self._look.colour,),
            styles=frozenset({Style.STEADY, Style.SCROLL}),
            refresh_seconds=self._turns.refresh_seconds,
            brightness_levels=BRIGHTNESS_LEVELS,
            switches=True,
        )

    def open(self) -> None:
        self._turns.begin()
        self._shows = False
        try:
            within = self._turns.within(OPENING_SECONDS)
            self._line.join(id(self))
            self._line.find(self._address, within)
            if self._brightness is not None:
                self._line.ask(self._address, codec.set_brightness(self._brightness), within)
        except DeviceError:
            self.close()
            raise

    def close(self) -> None:
        """The bar goes on showing its line; the serial line may belong to others, too."""
        self._turns.end()
        self._line.leave(id(self))

    def probe(self) -> Status:
        """How the card is; a line that is being shown is not disturbed."""
        if not self._turns.opened:
            return Status(DeviceState.ABSENT)
        with self._turns.look() as free:
            if not free:
                return Status(DeviceState.BUSY)
            try:
                return self._status(self._turns.within(self._probe_seconds))
            except DeviceError as error:
                if error.fault in (Fault.ABSENT, Fault.UNPLUGGED, Fault.CANCELLED):
                    return Status(DeviceState.ABSENT, (NO_LINE,), error.detail)
                return Status(DeviceState.UNKNOWN, (SILENT,), error.detail)

    def show(
        self, text: str, style: Style = Style.STEADY, timeout: float = SHOW_SECONDS, cancel: Cancel | None = None
    ) -> None:
        data = codec.show_area(self._look.area_of(text, style))
        with self._turns.line(timeout, cancel) as within:
            self._line.ask(self._address, data, within)
            self._shows = True

    def clear(self, timeout: float = SHOW_SECONDS, cancel: Cancel | None = None) -> None:
        """Takes the area away: what the card has as its own programme is seen again."""
        with self._turns.line(timeout, cancel) as within:
            self._line.ask(self._address, codec.delete_area(self._look.area), within)
            self._shows = False

    def set_brightness(self, level: int, timeout: float = SHOW_SECONDS, cancel: Cancel | None = None) -> None:
        if not 0 <= level < BRIGHTNESS_LEVELS:
            raise DeviceError(Fault.BAD_DATA, f"brightness is 0..{BRIGHTNESS_LEVELS - 1}")
        with self._turns.command(timeout, cancel) as within:
            self._line.ask(self._address, codec.set_brightness(level), within)

    def switch(self, on: bool, timeout: float = SHOW_SECONDS, cancel: Cancel | None = None) -> None:
        with self._turns.command(timeout, cancel) as within:
            self._line.ask(self._address, codec.switch(on), within)

    def _status(self, within: Within) -> Status:
        reply = self._line.ask(self._address, codec.request(Command.STATUS), within)
        if int.from_bytes(reply[:2], "big") != Command.STATUS:
            return Status(DeviceState.READY)  # an old card that only says that it is there
        said = codec.parse_status(reply)
        conditions = []
        if self._shows and said.areas is not None and self._look.area not in said.areas:
            conditions.append(BLANK)
        if not said.on:
            conditions.append(OFF)
        state = DeviceState.IMPAIRED if conditions else DeviceState.READY
        return Status(state, tuple(conditions), f"brightness {said.brightness}")


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> BxBar:
    """``serial:///dev/…?address=2`` (the speed is found, or ``baud=``) or ``tcp://host[:5005]``.

    Options (also in the URL): ``address`` of the card (1 on a serial line; whatever card answers on TCP), ``width``
    and ``height`` of its area in dots (128 x 16), or ``columns``; ``x``, ``y`` and ``area`` where several bars share a
    card; ``font`` 16, 24 or 32; ``colour``; ``speed`` 0 (fast) to 24; ``generation`` 5k or 6k; ``brightness`` 0 to 15;
    ``expires`` after which the card takes a line away that was not renewed; ``overlay`` yes or no.
    """
    merged = {**url.options, **options}
    try:
        look = _look(merged)
        whose = codec.ANY_ADDRESS if url.scheme == "tcp" else 1
        address = int(merged.get("address", whose))
        brightness = int(merged["brightness"]) if "brightness" in merged else None
        overlay = {"yes": True, "no": False}[merged.get("overlay", "yes")]
        if not (0 < address < codec.OUR_ADDRESS or address == codec.ANY_ADDRESS):
            raise ValueError
        if brightness is not None and not 0 <= brightness < BRIGHTNESS_LEVELS:
            raise ValueError
    except (KeyError, ValueError):
        raise DeviceError(
            Fault.CONFIGURATION,
            "address is 1..32767, width and height are dots, font is 16, 24 or 32, speed 0..24, brightness 0..15, "
            f"generation 5k or 6k, overlay yes or no, colour one of {', '.join(COLOURS)}",
        ) from None
    bauds = () if merged.get("baud", "auto") != "auto" else BAUDS
    plain = DeviceUrl(url.scheme, url.place, _without_auto(url.options))
    line = line_of(
        plain, _without_auto(options), "window display", baud=BAUDS[0], tcp_port=TCP_PORT, describe=codec.describe
    )
    bus: BxLine = shared.get(f"bx:{url.scheme}:{url.place}", lambda: BxLine(line, bauds=bauds, overlay=overlay))
    return BxBar(bus, address, look, brightness=brightness)


def _without_auto(options: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in options.items() if (name, value) != ("baud", "auto")}


def _look(options: Mapping[str, str]) -> Look:
    """Raises ``KeyError`` or ``ValueError``."""
    font = int(options.get("font", "16"))
    look = Look(
        width=int(options.get("width", int(options.get("columns", "16")) * (font // 2))),
        height=int(options.get("height", font)),
        x=int(options.get("x", "0")),
        y=int(options.get("y", "0")),
        area=int(options.get("area", "0")),
        font=font,
        colour=options.get("colour", "red"),
        speed=int(options.get("speed", "2")),
        expires=int(options.get("expires", "0")),
        area_bytes=AREA_BYTES[options.get("generation", "6k")],
    )
    if font not in FONTS or look.colour not in COLOURS or not 0 <= look.speed <= 24:
        raise ValueError
    if not (font <= look.height <= 512 and 4 * font // 2 <= look.width <= 4096):
        raise ValueError
    if (
        min(look.x, look.y, look.area, look.expires) < 0
        or max(look.x, look.y) > 4096
        or look.area > 7
        or look.expires > 0xFFFF
    ):
        raise ValueError
    return look
