"""Slips that printers without pictures get as text, and what must not be torn apart on narrow paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

import ui
from drivers.device import Fault
from kiosk.printing import AnswerSlip, BookingSlip, Fonts, Layouts, SlipRow, TicketSlip, find_fonts
from kiosk.printing.layouts import PaperWords
from kiosk.printing.sheet import Sheet, wrapped
from queue_server.contract.messages import Caution, Text, WindowPlace

AT = datetime(2026, 3, 5, 1, 5, tzinfo=UTC)
HALL = Text(zh="云山区政务服务中心", en="Yunshan Hall")
PLACES = tuple(
    WindowPlace(id=str(n), name=Text(zh=f"{n}号窗口"), zone=Text(zh="综合服务区"), floor=Text(zh="一楼"))
    for n in (1, 2, 3, 15, 16, 17, 18)
)
TICKET = TicketSlip(
    HALL,
    "A012",
    Text(zh="综合业务"),
    AT,
    "http://hall.test/t/abc",
    windows=PLACES,
    warning=Caution("may-not-be-served"),
    stops=(Text(zh="社保"), Text(zh="医保")),
    reprint=1,
)
BOOKING = BookingSlip(HALL, Text(zh="综合业务"), AT, AT, AT, AT, AT, windows=PLACES)


@pytest.fixture(scope="module")
def fonts() -> Fonts:
    return find_fonts()


@pytest.fixture(params=[384, 576], ids=["58 mm", "80 mm"])
def drawing(fonts: Fonts, request: pytest.FixtureRequest) -> Layouts:
    return Layouts(fonts, PaperWords(ui.I18N), request.param, 8.0)


def test_the_text_of_a_slip_has_the_headings_of_its_picture(drawing: Layouts) -> None:
    ticket, booking = drawing.ticket(TICKET).lines, drawing.booking(BOOKING).lines
    for heading in ("办理窗口", "依次办理", "补打 第1次"):
        assert any(line.startswith(heading) for line in ticket)
    for heading in ("签到取号", "此前可改约、取消", "办理窗口"):
        assert any(line.startswith(heading) for line in booking)
    deadline = next(place for place, line in enumerate(booking) if line == "2026-03-05 09:05")
    assert any(line.startswith("此前可改约") for line in booking[deadline - 2 : deadline])


def test_the_text_of_a_slip_is_left_to_the_printer_to_break(drawing: Layouts) -> None:
    lines = drawing.ticket(TICKET).lines
    assert "You may not be served before closing today" in lines
    assert "过号请联系窗口工作人员重新排队" in lines
    assert "" not in lines
    assert not any("\n" in line for line in lines)


def test_what_stands_in_two_lines_of_an_answer_is_two_lines_of_text(drawing: Layouts) -> None:
    row = SlipRow("row", Text(zh="1. 身份证\n2. 照片"), Text(zh="所需材料"))
    lines = drawing.answer(AnswerSlip(HALL, Text(zh="办件进度"), (row,), AT, "Q77", "K1")).lines
    assert lines[lines.index("所需材料 1. 身份证") + 1] == "2. 照片"


def test_the_name_of_a_window_is_never_torn_apart(fonts: Fonts) -> None:
    for width in (384, 512, 576):
        sheet = Layouts(fonts, PaperWords(ui.I18N), width, 8.0).ticket(replace(TICKET, stops=()))
        shown = [line for line in sheet.lines if "号窗口" in line]
        assert " ".join(shown).split() == [place.name.zh for place in PLACES]
        assert all(line.endswith("窗口") for line in shown)


def test_a_time_span_and_a_label_in_english_stay_whole_on_narrow_paper(fonts: Fonts) -> None:
    assert wrapped("in the hall, 09:05–09:30", fonts.of(20), 190) == ["in the hall,", "09:05–09:30"]
    drawn, as_if_short = (Sheet(fonts, 384, 20) for _ in range(2))
    drawn.pair("Materials", "x", 26, bold=False)
    as_if_short.pair("Material", "x", 26, bold=False)
    assert drawn.y == as_if_short.y, "one line, smaller, and not a second one for its last letter"


def test_a_full_disk_takes_the_mark_from_no_second_paper(rig: Any) -> None:
    with rig.database.transaction() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    rig.printer.fault, rig.printer.uncertain = Fault.SILENT, True
    rig.card_to_queue()
    rig.tap(queue="A", priority="none")
    rig.wait(lambda: rig.visit.data.get("printing") == "failed")
    rig.printer.fault = None
    rig.tap(reprint=True)
    rig.wait(lambda: rig.visit.data.get("printing") == "printed")
    assert any("补打 第1次" in line for line in rig.printer.slips[0].lines)
