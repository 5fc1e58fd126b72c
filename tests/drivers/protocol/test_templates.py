"""Frames of foreign devices as settings describe them: what is sent, what is understood, what is refused."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Fault
from drivers.seams.patterns import MAX_BYTES, Listener, Pattern
from drivers.seams.templates import Escapes, Template, Value

CALLER = r"\xFF\x68 (?P<len>.)(?P=len) \x68 (?P<addr>.)(?P<key>.)(?P<data>.{0,16}) (?P<check>.) \x16"
"""A 21-key caller in the way of FT1.2: ``FF 68 LEN LEN 68 ADDR CMD DATA CS 16``, CS is the sum from ADDR to DATA."""


@pytest.mark.parametrize(
    ("template", "values", "sent"),
    [
        (
            "55 AA {addr:u8} 10 {len:u8} {text:gb18030} {crc16-modbus:le}",
            {"addr": 3, "text": "A012号"},
            "55 AA 03 10 06 41 30 31 32 BA C5 10 62",
        ),
        (
            "55 AA 01 {addr:u8} {seq:u8} 10 {len:u16le} 00 {text:gb18030} {crc16-modbus:le:2..}",
            {"addr": 2, "seq": 9, "text": "A001 请到3号窗口"},
            "55 AA 01 02 09 10 11 00 00 41 30 30 31 20 C7 EB B5 BD 33 BA C5 B4 B0 BF DA E5 8B",
        ),
        (
            "FF 68 {len:u8:addr..cmd} 68 {addr:u8} {cmd:u8} {sum8:addr..cmd} 16",
            {"addr": 1, "cmd": 2},
            "FF6802680102 0316",
        ),
        (
            "FF 68 {len:u8:addr..data} {len:u8:addr..data} 68 {addr:u8} {cmd:u8} {data:bytes} {sum8:addr..data} 16",
            {"addr": 5, "cmd": 2, "data": b"\x02"},
            "FF 68 03 03 68 05 02 02 09 16",
        ),
        ('"CALL " {number:dec3} 0D 0A', {"number": 12}, "43 41 4C 4C 20 30 31 32 0D 0A"),
        ("{a:u16be} {b:u16le} {c:bcd} {d:hex2}", {"a": 258, "b": 258, "c": 42, "d": 171}, "01 02 02 01 42 41 42"),
        ("{text:gbk:6} {xor}", {"text": "号"}, "BA C5 20 20 20 20 7F"),
        ("{data:bytes} {lrc:0..data}", {"data": b"\x01\x02"}, "01 02 FD"),
        ("A5 < {addr:u8} {sum8:addr..} > 5A", {"addr": 0xA5}, "A5 A6 02 A6 02 5A"),
        ("{data:bytes} {crc16-arc:be}", {"data": b"123456789"}, "31 32 33 34 35 36 37 38 39 BB 3D"),
    ],
)
def test_a_template_says_these_bytes(template: str, values: dict[str, Value], sent: str) -> None:
    built = Template(template, escape="A5=A6 02, A6=A6 01").build(values)
    assert built == bytes.fromhex(sent)


@pytest.mark.parametrize(
    ("template", "character"),
    [
        ("", 1),
        ("5", 1),
        ("55 AA5", 4),
        ("55 {addr}", 4),
        ("55 {addr:u9}", 4),
        ("55 {addr:u8} {crc16-modbus}", 14),
        ("{addr:u8} {sum8:key..}", 11),
        ("{addr:u8} {addr:u8}", 11),
        ("< 55", 5),
        ("55 > <", 4),
        ('"abc', 1),
        ("{len:gbk}", 1),
        ("55 {other:u8}", 4),
        ("55 {text:u8:4}", 4),
        ("55 {Text:u8}", 4),
    ],
)
def test_a_mistake_in_a_template_is_named_by_its_place(template: str, character: int) -> None:
    with pytest.raises(DeviceError, match=f"character {character}:") as caught:
        Template(template, names={"addr", "text", "seq"})
    assert caught.value.fault is Fault.CONFIGURATION


@pytest.mark.parametrize(
    "values", [{}, {"n": 256}, {"n": -1}, {"n": "1"}, {"n": 1, "t": "号号号"}, {"n": 1, "t": "😀"}, {"n": 1, "t": 1}]
)
def test_a_value_that_does_not_fit_is_refused(values: dict[str, Value]) -> None:
    with pytest.raises(DeviceError) as caught:
        Template("{n:u8} {t:gbk:4}").build(values)
    assert caught.value.fault is Fault.BAD_DATA


@given(st.binary(max_size=64))
def test_escaping_can_be_undone_and_leaves_no_marker(data: bytes) -> None:
    escapes = Escapes.parse("A5=A6 02, A6=A6 01, 5A=5B 02, 5B=5B 01")
    escaped = escapes.apply(data)
    assert b"\xa5" not in escaped
    assert b"\x5a" not in escaped
    assert escapes.undo(escaped) == data


@pytest.mark.parametrize("text", ["A5", "A5=A6", "A5=A6 02, A5=A6 01", "A5=A6 02", "A5 5A=A6 02, A6=A6 01"])
def test_escapes_that_could_not_be_undone_are_refused(text: str) -> None:
    with pytest.raises(DeviceError) as caught:
        Escapes.parse(text)
    assert caught.value.fault is Fault.CONFIGURATION


def caller(address: int, key: int, data: bytes = b"") -> bytes:
    body = bytes((address, key)) + data
    return b"\xff\x68" + bytes((len(body), len(body))) + b"\x68" + body + bytes((sum(body) & 0xFF, 0x16))


def test_a_foreign_frame_is_understood_between_noise_and_in_single_bytes() -> None:
    listener = Listener(Pattern(CALLER, "sum8:addr..data"))
    found = [one for byte in b"\xff\x68\x02\x16" + caller(1, 5) + b"\x00" for one in listener.feed(bytes((byte,)))]
    assert [(one.number("addr"), one.number("key")) for one in found] == [(1, 5)]
    both = listener.feed(caller(2, 1) + caller(2, 2, b"\x16\x16"))
    assert [one.number("key") for one in both] == [1, 2]


def test_a_foreign_frame_with_a_wrong_sum_is_none() -> None:
    frame = bytearray(caller(1, 5))
    frame[-2] ^= 1
    assert Listener(Pattern(CALLER, "sum8:addr..data")).feed(bytes(frame)) == []


def test_an_escaped_foreign_frame_is_checked_as_it_was_meant() -> None:
    pattern = Pattern(r"\xA5 (?P<key>[^\xA5]{1,2}) (?P<check>[^\xA5]{1,2}) \x5A", "sum8:key..", "A5=A6 02, A6=A6 01")
    sent = Template("A5 < {key:u8} {sum8:key..} > 5A", escape="A5=A6 02, A6=A6 01").build({"key": 0xA5})
    (found,) = Listener(pattern).feed(sent)
    assert found.number("key") == 0xA5


@pytest.mark.parametrize(
    ("pattern", "check"),
    [
        ("(a+)+b", ""),
        (".*.*", ""),
        ("(?:a?){12}b", ""),
        ("(?:a|aa)+b", ""),
        ("(", ""),
        ("a*", ""),
        ("(?=x)y", ""),
        ("号", ""),
        (".{300}", ""),
        ("(?P<key>.)", "sum8:key.."),
        ("(?P<key>.)(?P<check>.)", "sum9:key.."),
        ("(?P<key>.)(?P<check>.)", "sum8:addr.."),
        ("(?P<key>.)(?P<check>..)", "crc16-modbus:key.."),
        ("(?P<key>.)(?P<check>.)", "sum8"),
    ],
)
def test_a_pattern_that_is_wrong_or_could_keep_us_busy_is_refused(pattern: str, check: str) -> None:
    with pytest.raises(DeviceError) as caught:
        Pattern(pattern, check)
    assert caught.value.fault is Fault.CONFIGURATION


@pytest.mark.parametrize("pattern", [r".*\x16", r"(?P<a>a{0,15})(?P<b>a{0,15})b", CALLER])
def test_four_kilobytes_of_the_worst_noise_take_no_time_and_no_memory(pattern: str) -> None:
    listener = Listener(Pattern(pattern))
    begin = time.process_time()
    assert listener.feed(b"a" * 4096) == []
    assert time.process_time() - begin < 0.5
    assert listener.waiting <= MAX_BYTES
