"""What stands on a ticket and on the slip of an answer (80 mm paper), in both languages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from kiosk.printing.fonts import Fonts
from kiosk.printing.pages import SHEET_MM, SHEET_WIDTH
from kiosk.printing.sheet import BODY, LARGE, PLAIN, SMALL, Sheet
from queue_server.contract.messages import Caution, Priority, Text, WindowPlace

NUMBER_MM = 22.0
CODE_MM = 26.0
TIME_MM = 9.5
MARGIN_MM = 2.5
NO_LABEL = Text(zh="")


class PaperWords:
    """The words on paper, Chinese and English."""

    def __init__(self, i18n: Path) -> None:
        self._zh = _words(i18n / "zh_CN" / "paper.json")
        self._en = _words(i18n / "en" / "paper.json")

    def zh(self, key: str, **values: object) -> str:
        return self._zh[key].format(**values)

    def en(self, key: str, **values: object) -> str:
        return self._en[key].format(**values)

    def __contains__(self, key: str) -> bool:
        return key in self._zh


def _words(path: Path) -> dict[str, str]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class TicketSlip:
    """All that a ticket says. The wait is in minutes; None means that nobody can say."""

    hall: Text
    number: str
    queue: Text
    issued_at: datetime
    url: str
    windows: tuple[WindowPlace, ...] = ()
    ahead: int | None = None
    low: int | None = None
    high: int | None = None
    masked_name: str = ""
    priority: Priority = Priority.NONE
    reprint: int = 0
    offline: bool = False
    demo: bool = False
    time_zone: str = "Asia/Shanghai"
    warning: Caution | None = None
    appointment_start: datetime | None = None
    late: bool = False
    stops: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class BookingSlip:
    """All that one has to know of an appointment until one comes."""

    hall: Text
    queue: Text
    start: datetime
    end: datetime
    check_in_from: datetime
    check_in_until: datetime
    change_until: datetime
    masked_name: str = ""
    windows: tuple[WindowPlace, ...] = ()
    demo: bool = False
    time_zone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class SlipRow:
    """One line of an answer: ``row``, ``heading`` or ``notice``."""

    kind: str
    value: Text
    label: Text = NO_LABEL


@dataclass(frozen=True, slots=True)
class AnswerSlip:
    """What an outside system answered, on paper; the rows in the language of the visit, head and foot in both."""

    hall: Text
    title: Text
    rows: tuple[SlipRow, ...]
    asked_at: datetime
    reference: str
    kiosk: str
    demo: bool = False
    english: bool = False
    personal: bool = False
    time_zone: str = "Asia/Shanghai"


class Layouts:
    """Draws slips for paper of one width."""

    def __init__(self, fonts: Fonts, words: PaperWords, width_dots: int = 576, dots_per_mm: float = 8.0) -> None:
        self._fonts = fonts
        self._words = words
        self._width = width_dots
        self._dots = dots_per_mm

    def on_a4(self) -> Layouts:
        """The same for A4, drawn a little larger than on a slip: the body is 14 point."""
        return Layouts(self._fonts, self._words, SHEET_WIDTH, SHEET_WIDTH / SHEET_MM)

    def warm_up(self) -> None:
        """Opens every font size once, so that the first citizen does not wait for it."""
        nobody = Text(zh="0123456789", en="0123456789")
        self.ticket(
            TicketSlip(
                nobody, "A000", nobody, datetime.fromtimestamp(0, ZoneInfo("UTC")), "https://hall/t/warm", ahead=0
            )
        )

    def ticket(self, slip: TicketSlip) -> Sheet:
        """The queue ticket: the number in the middle, 22 mm high."""
        w, sheet = self._words, self._sheet()
        self._head(sheet, slip.hall)
        self._marks(sheet, slip)
        sheet.space(12)
        sheet.text(slip.queue.zh, LARGE if len(slip.queue.zh) <= 12 else BODY, bold=True, centre=True, gap=1.25)
        sheet.text(slip.queue.en, SMALL, centre=True)
        sheet.space(28)
        sheet.number(slip.number, round(NUMBER_MM * self._dots))
        sheet.space(30)
        self._appointment(sheet, slip)
        self._waiting(sheet, slip)
        self._stops(sheet, slip.stops)
        self._windows(sheet, slip.windows)
        self._warning(sheet, slip.warning)
        taken = slip.issued_at.astimezone(ZoneInfo(slip.time_zone)).strftime("%Y-%m-%d %H:%M")
        key = f"paper.priority.{slip.priority.value}"
        who = "  ".join(part for part in (slip.masked_name, w.zh(key) if key in w else "") if part)
        sheet.ends(who, taken, PLAIN)
        sheet.space(10)
        sheet.rule(dashed=True)
        sheet.space(16)
        sheet.code(
            slip.url,
            round(CODE_MM * self._dots),
            (
                (w.zh("paper.scan"), BODY, True),
                (w.zh("paper.scan-more"), PLAIN, False),
                (w.en("paper.scan"), SMALL, False),
            ),
        )
        sheet.space(8)
        self._foot(sheet, ("paper.rule",), demo=slip.demo)
        return sheet

    def booking(self, slip: BookingSlip) -> Sheet:
        """The slip of an appointment: the day, and the time in large figures."""
        w, sheet = self._words, self._sheet()
        zone = ZoneInfo(slip.time_zone)
        start, end = slip.start.astimezone(zone), slip.end.astimezone(zone)
        self._head(sheet, slip.hall)
        sheet.space(14)
        sheet.text(w.zh("booking.title"), LARGE, bold=True, centre=True)
        sheet.text(w.en("booking.title"), SMALL, centre=True)
        sheet.space(10)
        sheet.text(slip.queue.zh, LARGE if len(slip.queue.zh) <= 12 else BODY, bold=True, centre=True, gap=1.25)
        sheet.text(slip.queue.en, SMALL, centre=True)
        sheet.space(22)
        weekday = f"weekday.{start.isoweekday()}"
        day = f"{start:%Y-%m-%d} {w.zh(weekday)} {w.en(weekday)}"
        sheet.text(day, sheet.fitting(day, LARGE, BODY), bold=True, centre=True)
        sheet.space(26)
        sheet.number(f"{start:%H:%M}–{end:%H:%M}", round(TIME_MM * self._dots))
        sheet.space(26)
        sheet.rule(dashed=True)
        sheet.space(14)
        sheet.label(w.zh("booking.check-in"), w.en("booking.check-in"))
        window = f"{slip.check_in_from.astimezone(zone):%H:%M}–{slip.check_in_until.astimezone(zone):%H:%M}"
        sheet.text(w.zh("booking.check-in-at", window=window), BODY, bold=True)
        sheet.text(w.en("booking.check-in-at", window=window), SMALL)
        sheet.space(10)
        sheet.label(w.zh("booking.change"), w.en("booking.change"))
        sheet.text(f"{slip.change_until.astimezone(zone):%Y-%m-%d %H:%M}", BODY, bold=True)
        sheet.space(10)
        self._windows(sheet, slip.windows)
        sheet.ends(slip.masked_name, "", PLAIN)
        sheet.space(6)
        self._foot(sheet, ("booking.rule",), demo=slip.demo)
        return sheet

    def answer(self, slip: AnswerSlip) -> Sheet:
        """A slip with what was asked and answered."""
        w, sheet = self._words, self._sheet()
        self._head(sheet, slip.hall)
        sheet.space(14)
        sheet.text(slip.title.zh, LARGE, bold=True, centre=True)
        sheet.text(slip.title.en, SMALL, centre=True)
        sheet.space(16)
        sheet.rule(dashed=True)
        sheet.space(14)
        self._rows(sheet, slip.rows, english=slip.english)
        sheet.space(4)
        sheet.rule(dashed=True)
        sheet.space(14)
        asked = slip.asked_at.astimezone(ZoneInfo(slip.time_zone)).strftime("%Y-%m-%d %H:%M")
        sheet.pair(w.zh("slip.asked-at"), asked, PLAIN, w.en("slip.asked-at"), bold=False)
        if slip.reference:
            sheet.pair(w.zh("slip.reference"), slip.reference, PLAIN, w.en("slip.reference"), bold=False)
        sheet.pair(w.zh("slip.kiosk"), slip.kiosk, PLAIN, w.en("slip.kiosk"), bold=False)
        sheet.space(4)
        self._foot(sheet, ("slip.caveat", *(("slip.personal",) if slip.personal else ())), demo=slip.demo)
        return sheet

    # --- parts ---

    def _sheet(self) -> Sheet:
        return Sheet(self._fonts, self._width, round(MARGIN_MM * self._dots))

    def _head(self, sheet: Sheet, hall: Text) -> None:
        sheet.space(10)
        sheet.text(hall.zh, BODY, bold=True, centre=True)
        if hall.en:
            sheet.text(hall.en, SMALL, centre=True)
        sheet.space(12)
        sheet.rule()

    def _foot(self, sheet: Sheet, keys: Sequence[str], *, demo: bool) -> None:
        w = self._words
        sheet.rule()
        sheet.space(10)
        for key in keys:
            sheet.text(w.zh(key), PLAIN, centre=True)
            sheet.text(w.en(key), SMALL, centre=True)
        if demo:
            sheet.space(10)
            sheet.marks([f"{w.zh('paper.demo')} {w.en('paper.demo')}"])
        sheet.space(12)

    def _marks(self, sheet: Sheet, slip: TicketSlip) -> None:
        w = self._words
        if slip.reprint:
            sheet.space(10)
            count = slip.reprint
            sheet.marks([f"{w.zh('paper.reprint', count=count)} {w.en('paper.reprint', count=count)}"])
        if slip.offline:
            sheet.space(10)
            sheet.marks([f"{w.zh('paper.offline')} {w.en('paper.offline')}"])

    def _waiting(self, sheet: Sheet, slip: TicketSlip) -> None:
        w = self._words
        if slip.ahead is None:
            sheet.text(w.zh("paper.wait-unknown"), BODY, bold=True, centre=True)
            sheet.text(w.en("paper.wait-unknown"), SMALL, centre=True)
        else:
            low, high = slip.low or 0, max(1, slip.high or 0)
            wait = "paper.wait-range" if 0 < low < high else "paper.wait-short"
            sheet.columns(
                (
                    (w.zh("paper.ahead"), w.en("paper.ahead"), w.zh("paper.ahead-count", count=slip.ahead)),
                    (w.zh("paper.wait"), w.en("paper.wait"), w.zh(wait, low=low, high=high)),
                ),
                LARGE,
            )
        sheet.space(12)

    def _appointment(self, sheet: Sheet, slip: TicketSlip) -> None:
        """The booked time of somebody who came with an appointment."""
        w = self._words
        if slip.appointment_start is not None and not slip.late:
            time = f"{slip.appointment_start.astimezone(ZoneInfo(slip.time_zone)):%H:%M}"
            sheet.marks([f"{w.zh('paper.appointment', time=time)} {w.en('paper.appointment')}"])
            sheet.space(14)
        elif slip.late:
            sheet.text(w.zh("paper.late"), BODY, bold=True, centre=True)
            sheet.text(w.en("paper.late"), SMALL, centre=True)
            sheet.space(10)

    def _stops(self, sheet: Sheet, stops: Sequence[Text]) -> None:
        """The way of several matters, queue by queue."""
        if not stops:
            return
        sheet.label(self._words.zh("paper.stops"), self._words.en("paper.stops"))
        if len(stops) == 2:
            sheet.text(" → ".join(f"{at} {stop.zh}" for at, stop in enumerate(stops, 1)), BODY, bold=True, gap=1.25)
            sheet.text(" → ".join(f"{at} {stop.en or stop.zh}" for at, stop in enumerate(stops, 1)), SMALL)
        for at, stop in enumerate(stops if len(stops) > 2 else (), 1):
            sheet.text(f"{at} {stop.zh}", BODY, bold=True, gap=1.25)
            sheet.text(stop.en, SMALL)
        sheet.space(10)

    def _warning(self, sheet: Sheet, warning: Caution | None) -> None:
        key = f"paper.warning.{warning.value}" if warning else ""
        if key in self._words:
            sheet.rule(dashed=True)
            sheet.space(10)
            sheet.text(self._words.zh(key), BODY, bold=True, centre=True)
            sheet.text(self._words.en(key), SMALL, centre=True)
            sheet.space(10)

    def _windows(self, sheet: Sheet, windows: Sequence[WindowPlace]) -> None:
        if not windows:
            return
        places: dict[tuple[str, str], list[str]] = {}
        for window in windows:
            places.setdefault((window.floor.zh, window.zone.zh), []).append(window.name.zh)
        sheet.label(self._words.zh("paper.where"), self._words.en("paper.where"))
        for (floor, zone), names in places.items():
            sheet.names(names, BODY, bold=True, gap=1.25)
            sheet.text(f"{floor} {zone}".strip(), PLAIN)
        sheet.space(10)

    def _rows(self, sheet: Sheet, rows: Sequence[SlipRow], *, english: bool) -> None:
        for number, row in enumerate(rows):
            value = row.value.en if english and row.value.en else row.value.zh
            if row.kind == "heading":
                if number:
                    sheet.space(6)
                    sheet.rule(dashed=True)
                    sheet.space(12)
                sheet.text(value, BODY, bold=True)
                sheet.space(8)
            elif row.kind == "notice":
                sheet.space(4)
                sheet.text(value, PLAIN)
                sheet.space(8)
            else:
                label = row.label.en if english and row.label.en else row.label.zh
                sheet.pair(label, value, PLAIN, bold=False)
