"""Bytes of slips and answers of printers, as Epson's command reference and measurements have them."""

from __future__ import annotations

from pathlib import Path

import pytest
from escpos.printer import Dummy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from drivers.device import DeviceError, DeviceState, Fault
from drivers.ticket_printer import codec, status
from drivers.ticket_printer.codec import PAPERS
from drivers.ticket_printer.interpreter import Interpreter
from drivers.ticket_printer.port import Raster, Slip
from drivers.ticket_printer.status import AnswerParser, Automatic, Cleared, Finding, Processed, RealTime
from drivers.ticket_printer.text_slip import FONTS, QR_DOTS, line_picture, qr_picture, text_slip

DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
WIDE, NARROW = PAPERS["80"], PAPERS["58"]


def printed(data: bytes, width: int) -> Interpreter:
    """An interpreter that has carried out ``data`` and understood all of it."""
    interpreter = Interpreter(width)
    while data:
        step = interpreter.step(data)
        assert step is not None, f"{len(data)} bytes are no whole command"
        data = data[step.length :]
    assert interpreter.complaints == []
    return interpreter


@st.composite
def rasters(draw: st.DrawFn, widest: int = 576) -> Raster:
    width = draw(st.integers(1, widest))
    height = draw(st.integers(1, 230))
    stride = (width + 7) // 8
    pattern = draw(st.binary(min_size=1, max_size=64))
    return Raster(width, height, (pattern * (stride * height // len(pattern) + 1))[: stride * height])


def picture_of(raster: Raster, width: int) -> Image.Image:
    """What paper of ``width`` dots shows of a raster, one pixel a dot."""
    image = Image.frombytes("1", (raster.width, raster.height), bytes(byte ^ 0xFF for byte in raster.data)).convert("L")
    paper = Image.new("L", (width, raster.height), 255)
    paper.paste(image, (0, 0))
    return paper


@given(rasters())
@settings(max_examples=60, deadline=None)
@example(Raster(9, 1, b"\xff\xff"))
@example(Raster(576, 100, bytes(7200)))
def test_every_picture_comes_out_dot_by_dot(raster: Raster) -> None:
    if b"\x10\x04" in raster.data or b"\x10\x05" in raster.data or b"\x10\x14" in raster.data:
        return  # the next test is about these
    strip = printed(codec.raster(raster, WIDE), 576).take_strip()
    paper = Image.new("L", (576, raster.height), 255)  # white at the end of the slip is not sent
    paper.paste(strip.picture(), (0, 0))
    assert paper.tobytes() == picture_of(raster, 576).tobytes()


def test_a_picture_that_spells_a_real_time_command_gets_one_extra_dot() -> None:
    data = codec.raster(Raster(16, 1, b"\x10\x04"), WIDE) + codec.raster(Raster(24, 1, b"\x10\x04\x01"), WIDE)
    assert b"\x10\x04" not in data
    assert data.endswith(b"\x30\x04\x01")


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_no_slip_contains_a_real_time_command(data: bytes) -> None:
    stride = 72
    rows = max(1, len(data) // stride)
    raster = Raster(576, rows, data[: rows * stride].ljust(rows * stride, b"\0"))
    job = codec.picture_job(raster, WIDE)
    assert not any(job.count(bytes((0x10, second))) for second in (4, 5, 0x14))


def test_one_band_is_gs_v_0_with_little_endian_sizes() -> None:
    assert codec.raster(Raster(16, 2, b"\x80\x01\xff\xff"), WIDE) == bytes.fromhex(
        "1d 76 30 00 02 00 02 00 80 01 ff ff"
    )


def test_a_band_equals_what_python_escpos_sends() -> None:
    raster = Raster(64, 3, bytes(range(1, 25)).replace(b"\x10", b"\x11"))
    dummy = Dummy()
    dummy.image(picture_of(raster, 64), impl="bitImageRaster")
    assert dummy.output == codec.raster(raster, WIDE)


def test_the_qr_code_equals_what_python_escpos_sends() -> None:
    dummy = Dummy()
    dummy.qr("https://example.org/t/1", native=True, size=6, ec=1)
    expected = dummy.output.replace(b"\n", b"")
    assert codec.qr_code("https://example.org/t/1") == expected


def test_the_cut_equals_what_python_escpos_sends() -> None:
    dummy = Dummy()
    dummy.cut(feed=False)
    assert dummy.output == codec.end_of_slip(WIDE) == b"\x1dVB\0"


def test_a_printer_without_cutter_feeds_instead() -> None:
    assert codec.end_of_slip(NARROW) == b"\x1bd\x06"


def test_white_is_not_sent() -> None:
    mark = Raster(576, 800, b"\xff".ljust(72 * 800, b"\0"))
    assert len(codec.raster(mark, WIDE)) == 9


@pytest.mark.parametrize("raster", [Raster(16, 2, b"123"), Raster(600, 1, bytes(75))])
def test_a_picture_that_cannot_be_printed_is_refused(raster: Raster) -> None:
    with pytest.raises(ValueError):
        codec.picture_job(raster, WIDE)


def test_chinese_has_at_most_two_bytes_a_character() -> None:
    assert codec.chinese("A001 请到3号窗口") == bytes.fromhex("41303031 20 c7eb b5bd 33 bac5 b4b0 bfda")
    assert codec.chinese("¥12.50") == b"\xa3\xa412.50"
    assert codec.chinese("㛃") is None
    assert codec.chinese("𠮷") is None


@given(st.text(st.characters(codec="gbk", min_codepoint=32), min_size=1, max_size=20))
@settings(max_examples=80, deadline=None)
def test_native_text_comes_out_as_it_was(text: str) -> None:
    line = codec.text_line(text, 48)
    if line is None:
        return
    marked = text.removeprefix("# ").removeprefix("## ") if text.startswith(("# ", "## ")) else text
    visible = "".join(character for character in marked if character.isprintable()).replace("¥", "￥")
    assert "".join(printed(line, 576).take_strip().text) == visible + "\n"


def test_a_heading_is_larger_and_a_long_heading_smaller_again() -> None:
    assert codec.text_line("# A001", 48) == b"\x1d!\x22A001\n"
    assert codec.text_line("## 综合", 48) == b"\x1d!\x11" + "综合".encode("gbk") + b"\n"
    assert codec.text_line("# 一二三四五六七八九十", 48) == b"\x1d!\x11" + "一二三四五六七八九十".encode("gbk") + b"\n"


@pytest.mark.parametrize("font", ["/nowhere/font.ttc", DEJAVU])
def test_a_slip_with_a_character_that_no_font_has_goes_as_a_picture(font: str) -> None:
    slip = Slip("1", Raster(8, 1, b"\xff"), ("# A001", "㛃"))
    assert text_slip(slip, WIDE, font) is None


def test_a_rare_character_is_drawn_when_the_font_has_it() -> None:
    picture = line_picture("㛃𠮷", text_slip_fonts()[0], 576)
    assert picture is not None
    assert (picture.width, picture.height) == (576, 32)
    assert any(picture.data)


def text_slip_fonts() -> list[str]:
    found = [path for path in FONTS if Path(path).is_file()]
    assert found, "the set-up installs fonts-noto-cjk"
    return found


def test_a_code_is_drawn_where_the_printer_has_none() -> None:
    slip = Slip("1", Raster(8, 1, b"\xff"), ("A001",), "https://example.org/t/1")
    data = text_slip(slip, NARROW)
    assert data is not None
    assert b"\x1d(k" not in data
    assert len(data) < 4000
    assert printed(data, 384).take_strip().qr == []
    picture = qr_picture("https://example.org/t/1", 384)
    assert picture.width == picture.height == 25 * QR_DOTS
    assert qr_picture("x" * 900, 384).width <= 384


def test_what_ends_a_broken_slip_is_no_longer_than_the_slip() -> None:
    assert codec.end_of_broken_job(150, WIDE) == bytes(150) + b"\x1b@\x1dVB\0"
    assert codec.end_of_broken_job(50_000, WIDE) == bytes(72 * 96) + b"\x1b@\x1dVB\0"
    assert codec.end_of_broken_job(50_000, NARROW) == bytes(48 * 96) + b"\x1b@\x1bd\x06"


def test_a_trace_says_what_was_asked_and_nothing_of_a_slip() -> None:
    told = [codec.describe(data) for data in (codec.ask_status(4), codec.RESUME, codec.PUSH_ON, codec.CLEAR_BUFFERS)]
    assert told == ["DLE EOT 4", "DLE ENQ 1", "GS a", "DLE DC4 8"]
    assert codec.describe(b"A001\n") == "slip"


def test_text_of_a_ticket_is_300_times_smaller_than_its_picture() -> None:
    slip = Slip("1", Raster(8, 1, b"\xff"), ("# A001", "综合受理", "前面还有 3 人"), "https://example.org/t/1")
    data = text_slip(slip, WIDE)
    assert data is not None
    assert len(data) < 200
    strip = printed(data, 576).take_strip()
    assert strip.qr == ["https://example.org/t/1"]
    assert "".join(strip.text).split("\n")[:3] == ["A001", "综合受理", "前面还有 3 人"]


# Answers. Values from the table of replies measured per state (normal, near end, paper out, cover open).


@pytest.mark.parametrize(
    ("which", "byte", "finding"),
    [
        (1, 0x12, Finding(0)),
        (1, 0x1A, Finding.OFFLINE),
        (1, 0x16, Finding(0)),
        (2, 0x12, Finding(0)),
        (2, 0x32, Finding.PAPER_OUT),
        (2, 0x16, Finding.COVER_OPEN),
        (2, 0x52, Finding.RECOVERABLE),
        (3, 0x1A, Finding.CUTTER),
        (3, 0x32, Finding.BROKEN),
        (4, 0x12, Finding(0)),
        (4, 0x1E, Finding.PAPER_LOW),
        (4, 0x7E, Finding.PAPER_LOW | Finding.PAPER_OUT),
    ],
)
def test_dle_eot_answers_mean_what_the_manual_says(which: int, byte: int, finding: Finding) -> None:
    (answer,) = AnswerParser().feed(bytes([byte]))
    assert isinstance(answer, RealTime)
    assert answer.findings(which) == finding


@pytest.mark.parametrize(
    ("data", "finding"),
    [
        ("10 00 00 00", Finding(0)),
        ("10 00 03 00", Finding.PAPER_LOW),
        ("18 00 0f 00", Finding.OFFLINE | Finding.PAPER_OUT | Finding.PAPER_LOW),
        ("38 00 00 00", Finding.OFFLINE | Finding.COVER_OPEN),
    ],
)
def test_automatic_status_means_what_the_manual_says(data: str, finding: Finding) -> None:
    (answer,) = AnswerParser().feed(bytes.fromhex(data))
    assert isinstance(answer, Automatic)
    assert answer.findings == finding


def test_answers_are_told_apart_in_one_stream() -> None:
    stream = bytes.fromhex("12 10 00 00 00 00 00 00 00 7e 37 25 00 18 00 0f 00 03 03 16 03 03")
    kinds = [type(answer) for answer in AnswerParser().feed(stream)]
    assert kinds == [RealTime, Automatic, Processed, RealTime, Cleared, Automatic, RealTime, Processed]


@pytest.mark.parametrize(
    "noise",
    [
        "00",
        "00 00 00",
        "00 00 03 00 00",
        "00 00 00 20 00 00 00",
        "00 00 00 ff 00 00 00",
        "25 25 25 25",
        "01 01 01 01",
        "00 00 00 10 00 00 00 00 00 00",
        "37 25 37 25",
        "37 00 25",
    ],
)
def test_less_than_four_equal_answers_in_a_row_are_no_word_of_the_printer(noise: str) -> None:
    kinds = {type(answer) for answer in AnswerParser().feed(bytes.fromhex(noise))}
    assert kinds <= {Automatic}


def test_answers_that_came_before_it_was_asked_are_not_counted() -> None:
    parser = AnswerParser()
    assert parser.feed(b"\0\0\0") == []
    parser.begin_row()
    assert parser.feed(b"\0\0\0") == []
    assert parser.feed(b"\0") == [Processed(0)]


@given(st.lists(st.binary(max_size=12), max_size=12))
@settings(max_examples=150)
def test_garbage_never_breaks_the_parser_and_chunks_do_not_matter(chunks: list[bytes]) -> None:
    one, many = AnswerParser(), AnswerParser()
    whole = one.feed(b"".join(chunks))
    pieces = [answer for chunk in chunks for answer in many.feed(chunk)]
    assert whole == pieces
    for answer in whole:
        findings = answer.findings(2) if isinstance(answer, RealTime) else Finding(0)
        assert status.state(findings) in (DeviceState.READY, DeviceState.IMPAIRED, DeviceState.FAULT)


@pytest.mark.parametrize(
    ("findings", "fault"),
    [
        (Finding.PAPER_OUT | Finding.OFFLINE, Fault.PAPER_OUT),
        (Finding.COVER_OPEN | Finding.OFFLINE | Finding.PAPER_OUT, Fault.COVER_OPEN),
        (Finding.CUTTER | Finding.RECOVERABLE, Fault.MECHANICAL),
        (Finding.BROKEN, Fault.MECHANICAL),
        (Finding.OFFLINE, Fault.MECHANICAL),
    ],
)
def test_every_finding_that_blocks_is_refused_by_its_name(findings: Finding, fault: Fault) -> None:
    with pytest.raises(DeviceError) as refused:
        status.refuse(findings, uncertain=False)
    assert refused.value.fault is fault
    assert not refused.value.uncertain


def test_paper_that_ends_soon_does_not_block() -> None:
    status.refuse(Finding.PAPER_LOW, uncertain=False)
    assert status.state(Finding.PAPER_LOW) is DeviceState.IMPAIRED
    assert [condition.code for condition in status.conditions(Finding.PAPER_LOW)] == ["paper.low"]


@pytest.mark.parametrize(
    ("findings", "may"),
    [
        (Finding.CUTTER | Finding.RECOVERABLE | Finding.OFFLINE, True),
        (Finding.CUTTER | Finding.COVER_OPEN, False),
        (Finding.RECOVERABLE | Finding.PAPER_OUT, False),
        (Finding.BROKEN | Finding.RECOVERABLE, False),
        (Finding.OFFLINE, False),
    ],
)
def test_a_printer_is_told_to_recover_only_from_what_it_can_with_its_cover_closed(findings: Finding, may: bool) -> None:
    assert status.recoverable(findings) is may
