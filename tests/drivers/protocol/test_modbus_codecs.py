"""What stands in the registers: text of bars, numbers of keys and levels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Fault
from drivers.keypad.codec import KEYS, decode_key, encode_key
from drivers.keypad.port import KeypadKey
from drivers.rating_device.codec import LEVELS, decode_level, encode_level
from drivers.rating_device.port import RatingKey
from drivers.window_display import codec
from drivers.window_display.port import Style

SHOWABLE = st.text(
    st.sampled_from([*map(chr, range(0x20, 0x7F)), *"请到号窗口欢迎光临暂停服务办理一二三十￥—·，。"]), max_size=40
)


@pytest.mark.parametrize(
    ("number", "level"),
    [
        (5, RatingKey.VERY_SATISFIED),
        (4, RatingKey.SATISFIED),
        (3, RatingKey.BASICALLY_SATISFIED),
        (2, RatingKey.DISSATISFIED),
        (1, RatingKey.VERY_DISSATISFIED),
    ],
)
def test_five_is_the_best_level_of_a_box(number: int, level: RatingKey) -> None:
    assert decode_level(number) is level
    assert encode_level(level) == number


def test_every_level_and_every_key_has_one_number() -> None:
    assert sorted(LEVELS.values()) == sorted(RatingKey)
    assert sorted(KEYS.values()) == sorted(KeypadKey)
    assert [decode_key(encode_key(key)) for key in KeypadKey] == list(KeypadKey)


@given(st.integers(0, 0xFFFF))
def test_a_number_that_is_no_level_is_never_guessed(number: int) -> None:
    if number in LEVELS:
        return
    with pytest.raises(DeviceError) as caught:
        decode_level(number)
    assert caught.value.fault is Fault.BAD_DATA


@given(SHOWABLE)
def test_text_comes_back_out_of_the_registers(text: str) -> None:
    data = codec.encode_text(text)
    sequence, style, length, *rest = codec.encode_command(7, text, Style.BLINK)
    assert (sequence, style) == (7, 1)
    assert codec.unpack_registers(tuple(rest), length) == data
    assert data.decode("gb18030") == text
    assert codec.width(text) == len(data)


@given(st.text(max_size=80))
def test_any_text_is_shown_in_two_bytes_a_sign_or_refused(text: str) -> None:
    try:
        data = codec.encode_text(text)
    except DeviceError:
        return
    assert len(data) <= 2 * len(text)
    assert len(data) <= codec.MAX_BYTES


@pytest.mark.parametrize("text", ["𠮷", "㛃", "😀", "A\n", "ß", "x" * 129])
def test_what_a_bar_cannot_show_is_refused_and_not_replaced(text: str) -> None:
    with pytest.raises(DeviceError) as caught:
        codec.encode_text(text)
    assert caught.value.fault is Fault.BAD_DATA


def test_the_yen_sign_of_latin_keyboards_is_shown_as_the_wide_one() -> None:
    assert codec.encode_text("¥5") == "￥5".encode("gb18030")


@given(st.integers(0, 0xFFFF))
def test_a_command_never_has_the_number_of_a_bar_without_power(sequence: int) -> None:
    assert 1 <= codec.next_sequence(sequence) <= 0xFFFF
    assert codec.next_sequence(sequence) != sequence
