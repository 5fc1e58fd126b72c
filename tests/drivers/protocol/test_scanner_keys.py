"""Key presses of a scanner that types, as the kernel gives them, and what a recording keeps of them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.code_scanner.keys import KEY, MSC, SCAN, SYN, Alt, Typewriter
from drivers.code_scanner.redaction import redact_events
from drivers.code_scanner.twin import event, keystrokes, press
from drivers.seams.input_port import EVENT
from drivers.seams.recording import DEVICE, HOST, Turn

SHIFT, ALT, CTRL, META, CAPS, ENTER = 42, 56, 29, 125, 58, 28


def typed(events: bytes, alt: Alt = Alt.BYTES) -> list[bytes | str]:
    return list(Typewriter(alt).translate(events))


def text(events: bytes, alt: Alt = Alt.BYTES) -> bytes:
    pieces = typed(events, alt)
    assert all(isinstance(piece, bytes) for piece in pieces), pieces
    return b"".join(piece for piece in pieces if isinstance(piece, bytes))


def held(modifier: int, events: bytes) -> bytes:
    return event(KEY, modifier, 1) + events + event(KEY, modifier, 0)


def numbered(digits: str) -> bytes:
    pad = dict(zip("0123456789", (82, 79, 80, 81, 75, 76, 77, 71, 72, 73), strict=True))
    return held(ALT, b"".join(press(pad[digit]) for digit in digits))


def test_an_event_is_what_the_kernel_writes() -> None:
    assert struct.pack("llHHi", 1, 2, 1, 30, 1) == EVENT.pack(1, 2, KEY, 30, 1)
    assert EVENT.size == 8 + 2 * struct.calcsize("l")
    # "A" as a scanner types it: shift down, a down, a up, shift up; a report after each (linux/input-event-codes.h).
    rows = [(1, 42, 1), (0, 0, 0), (4, 4, 458756), (1, 30, 1), (0, 0, 0), (1, 30, 0), (0, 0, 0), (1, 42, 0), (0, 0, 0)]
    assert text(b"".join(struct.pack("llHHi", 1700000000, 0, *row) for row in rows)) == b"A"


def test_every_sign_of_the_american_keyboard() -> None:
    everything = bytes(range(0x20, 0x7F))
    assert text(keystrokes(everything)) == everything
    assert text(keystrokes(b"END\r\t")) == b"END\r\t"


def test_digits_of_the_keypad_are_digits_and_its_enter_ends_a_code() -> None:
    assert text(b"".join(press(code) for code in (79, 80, 81, 82, 83, 96))) == b"1230.\r"


def test_caps_lock_turns_letters_only() -> None:
    assert text(press(CAPS) + press(30) + press(2) + held(SHIFT, press(48)) + press(CAPS) + press(46)) == b"A1bc"


def test_a_key_that_is_held_does_not_repeat() -> None:
    assert text(keystrokes(b"AAB", repeats=True)) == b"AAB"


def test_alt_and_a_number_is_a_byte() -> None:
    assert text(keystrokes("张三 A".encode())) == "张三 A".encode()
    assert text(keystrokes("张三".encode("gb18030"))) == "张三".encode("gb18030")
    assert text(numbered("65") + numbered("0065")) == b"AA"


def test_a_larger_number_means_what_the_scanner_was_set_to() -> None:
    gbk = keystrokes("张三".encode("gb18030"), gbk_numbers=True)
    assert text(gbk, Alt.GBK) == "张三".encode("gb18030")
    assert text(numbered("24352") + numbered("65"), Alt.UNICODE) == "张A".encode()
    assert typed(numbered("24352")) == ["Alt with a number above 255 (setting alt)"]
    assert typed(numbered("300"), Alt.GBK) == ["Alt with a number above 255 (setting alt)"]
    assert typed(numbered("55296"), Alt.UNICODE) == ["Alt with the number of no character"]
    assert typed(numbered("9999999"), Alt.UNICODE) == ["Alt with the number of no character"]


def test_control_characters_come_with_ctrl() -> None:
    assert text(held(CTRL, press(27)) + held(CTRL, press(46)) + held(CTRL, press(50))) == b"\x1d\x03\r"


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        (press(59), "no character"),
        (held(META, press(38)), "no character"),
        (held(CTRL, press(51)), "Ctrl"),
        (held(ALT, press(30)), "Alt"),
        (numbered("12345678"), "Alt"),
        (event(SYN, 3, 0), "lost"),
        (event(0x77, 0, 0), "no key press"),
        (event(KEY, 30, 7), "no key press"),
    ],
)
def test_what_stands_for_no_character_is_said(events: bytes, reason: str) -> None:
    said = typed(events)
    assert isinstance(said[0], str)
    assert reason in said[0]


def test_lamps_reports_and_scan_codes_are_nothing() -> None:
    assert typed(event(SYN, 0, 0) + event(0x11, 1, 1) + event(MSC, SCAN, 458756) + press(69)) == []


def test_events_may_be_cut_anywhere() -> None:
    typewriter = Typewriter()
    pieces = [piece for value in keystrokes(b"Hall 24") for piece in typewriter.translate(bytes([value]))]
    assert pieces == [bytes([value]) for value in b"Hall 24"]


def test_after_a_purge_no_key_is_held() -> None:
    typewriter = Typewriter()
    list(typewriter.translate(event(KEY, SHIFT, 1) + event(KEY, CAPS, 1)))
    typewriter.clear()
    assert list(typewriter.translate(press(30))) == [b"a"]


# What a recording keeps.


def redacted(events: bytes) -> bytes:
    (host, device) = redact_events([Turn(0.0, HOST, b"x"), Turn(0.1, DEVICE, events)])
    assert host.data == b"x"
    return device.data


def test_a_recording_of_key_presses_has_other_letters_and_digits_only() -> None:
    events = keystrokes(b"Hall-24:\r", repeats=True) + press(79) + event(MSC, SCAN, 458756)
    kept = redacted(events)
    assert len(kept) == len(events)
    assert text(kept) == b"Aaaa-11:\r1"
    assert (458756).to_bytes(4, "little") not in kept
    codes = {fields[3] for fields in EVENT.iter_unpack(kept) if fields[2] == KEY}
    assert codes == {SHIFT, 30, 2, 12, 39, ENTER, 79}


def test_a_recording_of_numbers_has_other_characters_of_the_same_kind() -> None:
    assert text(redacted(keystrokes("张三A".encode()))) == "一一A".encode()
    assert text(redacted(keystrokes("张三".encode("gb18030")))) == "啊啊".encode("gb18030")
    assert text(redacted(keystrokes("张三".encode("gb18030"), gbk_numbers=True)), Alt.GBK) == "啊啊".encode("gb18030")


def test_a_digit_that_is_let_go_late_is_replaced_all_the_same() -> None:
    # Alt + 90 is Z; the 0 goes up only after another key went down.
    late = event(KEY, ALT, 1) + press(73) + event(KEY, 82, 1) + event(KEY, ALT, 0) + press(30) + event(KEY, 82, 0)
    kept = redacted(late)
    assert text(kept) == b"Aa"
    assert not {73, 82} & {fields[3] for fields in EVENT.iter_unpack(kept)}


@pytest.mark.parametrize("events", [b"half", keystrokes(b"\xff\xff"), numbered("300")])
def test_what_cannot_be_replaced_is_not_kept(events: bytes) -> None:
    with pytest.raises(ValueError, match=r"half|no text|cannot"):
        redacted(events)


@given(st.binary(max_size=60))
def test_what_is_typed_comes_back(data: bytes) -> None:
    assert text(keystrokes(data)) == data
