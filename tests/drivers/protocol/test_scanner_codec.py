"""From bytes to a code: where it ends, which text it is, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.code_scanner.codec import CodeAssembler, Encoding, Framing, RawCode, bytes_of, content_of, text_of
from drivers.code_scanner.redaction import harmless
from drivers.device import DeviceError, Fault

LATER = 10.0


def assembler(framing: Framing | None = None) -> CodeAssembler:
    """One that has been quiet long enough to begin."""
    made = CodeAssembler(framing or Framing())
    made.begin(0.0)
    assert made.quiet(1.0) == []
    assert not made.skipping
    return made


def codes(stream: bytes, framing: Framing | None = None) -> list[bytes]:
    return [bytes(raw.data) for raw in assembler(framing).feed(stream, LATER)]


def refused(data: bytes, framing: Framing | None = None, damage: str = "") -> str:
    with pytest.raises(DeviceError) as failed:
        content_of(RawCode(bytearray(data), 0.0, damage), framing or Framing())
    assert failed.value.fault is Fault.BAD_DATA
    return failed.value.detail


# Where a code ends.


@pytest.mark.parametrize(
    ("suffix", "stream", "found"),
    [
        ("any", b"A1\rB2\nC3\r\nD4", [b"A1", b"B2", b"C3"]),
        ("cr", b"A1\rB\n2\r", [b"A1", b"B\n2"]),
        ("lf", b"A1\nB\r2\n", [b"A1", b"B\r2"]),
        ("crlf", b"A\r1\r\nB\n2\r\n", [b"A\r1", b"B\n2"]),
        ("tab", b"A1\tB2\t", [b"A1", b"B2"]),
        ("none", b"A1\rB2", []),
    ],
)
def test_a_code_ends_with_the_suffix_that_was_set(suffix: str, stream: bytes, found: list[bytes]) -> None:
    assert codes(stream, Framing(suffix=suffix)) == found


def test_without_suffix_silence_ends_a_code() -> None:
    made = assembler(Framing(suffix="none", silence=0.1))
    assert made.feed(b"A00", LATER) == []
    assert made.quiet(LATER + 0.09) == []
    assert made.feed(b"1", LATER + 0.09) == []
    assert [bytes(raw.data) for raw in made.quiet(LATER + 0.2)] == [b"A001"]
    assert made.quiet(LATER + 1) == []


def test_a_code_that_stops_before_its_suffix_is_said_to_be_cut() -> None:
    made = assembler()
    made.feed(b"A00", LATER)
    assert made.quiet(LATER + 0.4) == []
    (raw,) = made.quiet(LATER + 0.5)
    assert not raw.data
    assert "suffix" in refused(bytes(raw.data), damage=raw.damage)


def test_the_rest_of_a_code_that_had_begun_before_is_skipped() -> None:
    made = CodeAssembler(Framing())
    made.begin(0.0)
    assert made.feed(b"TAIL OF THE ONE BEFORE\rNEW\r", 0.01)[0].data == b"NEW"
    made.begin(1.0)
    assert made.feed(b"TAIL", 1.01) == []
    assert made.quiet(1.03) == []
    assert made.skipping, "a pause of 20 ms is no end"
    assert made.quiet(1.08) == []
    assert made.feed(b"NEW\r", 1.2)[0].data == b"NEW"


def test_a_code_that_is_too_long_is_refused_at_once_and_its_rest_is_none() -> None:
    framing = Framing(max_length=8)
    assert codes(b"12345678\r", framing) == [b"12345678"]
    (raw,) = assembler(framing).feed(b"123456789\r", LATER)
    assert raw.damage == "longer than 8 bytes"
    found = assembler(framing).feed(b"1234567890123456789\rGOOD\r", LATER)
    assert [(bytes(raw.data), raw.damage) for raw in found] == [(b"", "longer than 8 bytes"), (b"GOOD", "")]


def test_a_line_that_never_ends_a_code_costs_no_memory() -> None:
    made = assembler(Framing(max_length=100))
    for _ in range(100):
        made.feed(b"x" * 1000, LATER)
    assert len(made._bytes) <= 102


# What it says.


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"HALL:1:A001", "HALL:1:A001"),
        ("预约号 2026-001 张三".encode(), "预约号 2026-001 张三"),
        ("预约号 2026-001 张三".encode("gb18030"), "预约号 2026-001 张三"),
        ("𠮷野家".encode(), "𠮷野家"),
        ("㐀𠮷".encode("gb18030"), "㐀𠮷"),
        (b"\xcb\x97\x31", "\u02d71"),  # fits both: UTF-8 goes first
    ],
)
def test_text_is_utf_8_or_else_gb18030(data: bytes, text: str) -> None:
    content = content_of(RawCode(bytearray(data), 0.0), Framing())
    assert content.text == text
    assert content.data == data


def test_an_encoding_that_was_set_is_the_only_one() -> None:
    assert text_of("张".encode(), Encoding.UTF_8) == text_of("张".encode("gb18030"), Encoding.GB18030) == "张"
    assert text_of(b"\xcb\x97\x31", Encoding.GB18030) != text_of(b"\xcb\x97\x31")
    with pytest.raises(DeviceError, match="no UTF-8"):
        text_of("张".encode("gb18030"), Encoding.UTF_8)
    with pytest.raises(DeviceError, match="no GB18030"):
        text_of(b"\xff\xff", Encoding.GB18030)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("姓名".encode() + b"," + "张三".encode("gb18030"), "mixes"),
        ("姓名".encode() + "张三".encode("gb18030"), "mixes"),
        ("张三".encode("gb18030") + b" " + "名A".encode(), "mixes"),
        ("张三".encode("gb18030") + b" " + "名".encode(), "neither"),
        (b"A\xff\xfe", "neither"),
        ("张三".encode("gb18030")[:3], "neither"),
        (b"A\x00B", "control"),
        (b"A\x1dB", "control"),
        ("A\x85B".encode(), "control"),
        ("A\ue000".encode(), "mean nothing"),
    ],
)
def test_what_is_no_text_in_one_encoding_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    said = refused(data)
    assert reason in said
    assert "张" not in said


def test_control_characters_may_be_part_of_a_code_when_the_hall_says_so() -> None:
    kept = content_of(RawCode(bytearray(b"010690\x1d21A"), 0.0), Framing(keeps_controls=True))
    assert kept.text == "010690\x1d21A"


def test_the_prefix_and_the_identifier_are_taken_off_and_must_be_there() -> None:
    framing = Framing(prefix=b"\x02", aim=True)
    content = content_of(RawCode(bytearray(b"\x02]Q1HALL"), 0.0), framing)
    assert (content.data, content.symbology) == (b"HALL", "qr")
    assert content_of(RawCode(bytearray(b"\x02]h0HALL"), 0.0), framing).symbology == "han-xin"
    assert content_of(RawCode(bytearray(b"\x02]Z6HALL"), 0.0), framing).symbology == "other"
    assert "prefix" in refused(b"]Q1HALL", framing)
    assert "AIM" in refused(b"\x02HALL", framing)
    assert "nothing" in refused(b"\x02]Q1", framing)


# Settings.


def test_settings_are_read_and_wrong_ones_are_named() -> None:
    read = Framing.from_options({"suffix": "none", "prefix": "hex:02", "aim": "yes", "max": "64", "silence": "0.2"})
    assert read == Framing(suffix="none", prefix=b"\x02", aim=True, max_length=64, silence=0.2)
    assert bytes_of("hex:16 54 0D") == b"\x16T\r"
    assert bytes_of("?V") == b"?V"
    for wrong in (
        {"suffix": "enter"},
        {"prefix": "hex:0"},
        {"prefix": "前"},
        {"aim": "1"},
        {"max": "0"},
        {"controls": "drop"},
        {"encoding": "latin-1"},
        {"silence": "5"},
    ):
        with pytest.raises(DeviceError, match="suffix=any") as failed:
            Framing.from_options(wrong)
        assert failed.value.fault is Fault.CONFIGURATION


# For all inputs.


@given(st.lists(st.binary(max_size=20)))
def test_how_bytes_are_cut_on_their_way_changes_nothing(chunks: list[bytes]) -> None:
    whole, parts = assembler(Framing(max_length=16)), assembler(Framing(max_length=16))
    at_once = [(bytes(raw.data), raw.damage) for raw in whole.feed(b"".join(chunks), LATER)]
    one_by_one = [(bytes(raw.data), raw.damage) for chunk in chunks for raw in parts.feed(chunk, LATER)]
    assert at_once == one_by_one


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Co", "Cs"]), min_size=1))
def test_every_text_comes_back_from_utf_8(text: str) -> None:
    assert text_of(text.encode()) == text


@given(st.text(st.sampled_from("预约登记张三李四王芳北京市朝阳区社会保险A1-:/ "), min_size=1))
def test_chinese_comes_back_from_gb18030(text: str) -> None:
    assert text_of(text.encode("gb18030"), Encoding.GB18030) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_a_recording_keeps_of_a_code_has_its_length_and_none_of_its_letters(text: str) -> None:
    kept = harmless(text.encode())
    assert len(kept) == len(text.encode())
    left = set(kept.decode()) - {"A", "a", "0", "\u00e9", "\u4e00", "\U00020000"}
    assert not any(character.isalnum() for character in left if character.isascii()) or "]" in text
