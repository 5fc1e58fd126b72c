"""Answers on A4: whole lines, whole pages, the right size."""

from __future__ import annotations

import re

from PIL import Image, ImageDraw

from kiosk.printing.pages import MARGIN, PAGE, SHEET_WIDTH, pages_of, pdf_of


def lines(count: int, height: int = 40) -> Image.Image:
    picture = Image.new("L", (SHEET_WIDTH, count * height), 255)
    draw = ImageDraw.Draw(picture)
    for number in range(count):
        draw.rectangle((10, number * height + 8, SHEET_WIDTH - 10, number * height + 31), fill=0)
    return picture


def counted(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_a_short_sheet_is_one_page_of_a4() -> None:
    pdf = pdf_of(lines(5))
    assert pdf.startswith(b"%PDF-")
    assert counted(pdf) == 1
    box = re.search(rb"/MediaBox \[ ?([\d. ]+)\]", pdf)
    assert box is not None
    width, height = [float(part) for part in box.group(1).split()][2:]
    assert (round(width), round(height)) == (595, 842)


def test_an_empty_sheet_is_still_a_page() -> None:
    assert counted(pdf_of(Image.new("L", (SHEET_WIDTH, 1), 255))) == 1


def test_a_long_sheet_goes_on_and_no_line_is_cut_between_two_pages() -> None:
    count = 100
    assert counted(pdf_of(lines(count))) == 3
    seen = 0
    for page in pages_of(lines(count)):
        ink = [page.crop((MARGIN, row, PAGE[0] - MARGIN, row + 1)).getextrema()[0] == 0 for row in range(PAGE[1])]
        assert not any(ink[:MARGIN])
        assert not any(ink[PAGE[1] - MARGIN :])
        blocks = "".join("x" if dark else " " for dark in ink).split()
        assert all(46 <= len(block) <= 50 for block in blocks), "a line was cut"
        seen += len(blocks)
    assert seen == count
