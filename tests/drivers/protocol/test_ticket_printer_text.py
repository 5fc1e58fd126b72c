"""Slips as the printer's own text: no character gets lost, and lines break where a reader expects it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.ticket_printer import codec
from drivers.ticket_printer.codec import PAPERS
from drivers.ticket_printer.interpreter import Interpreter
from drivers.ticket_printer.port import Raster, Slip
from drivers.ticket_printer.text_slip import FONTS, LINE_DOTS, line_picture, text_slip

PICTURE = Raster(8, 1, b"\xff")
NARROW = PAPERS["58"]


def rows(line: str, columns: int = 32) -> list[str]:
    """What is printed of a line, row by row."""
    said = codec.text_line(line, columns)
    assert said is not None
    assert said.endswith(b"\n")
    return [row[3:].decode("gbk") for row in said[:-1].split(b"\n")]


def test_the_wide_space_of_chinese_text_is_printed() -> None:
    assert rows("办事\u3000大厅") == ["办事\u3000大厅"]
    assert rows("A\u00a0B\u200b\tC") == ["A BC"]


@pytest.mark.parametrize("rare", ["\ue000", "\U00031350", "㛃", "𠮷", "\U000323af"])
def test_a_character_without_a_code_is_never_left_out(rare: str) -> None:
    assert codec.text_line(f"{rare}县人民政府", 48) is None


def test_a_long_line_is_broken_between_words_and_before_no_comma() -> None:
    assert rows("You may not be served before closing today") == ["You may not be served before", "closing today"]
    assert rows("不动产登记与房屋交易一体化综合受，理") == ["不动产登记与房屋交易一体化综合", "受，理"]
    assert rows("## 前面等待的人很多，请留意", 32) == ["前面等待的人很多，请留意"]
    assert rows("x" * 70) == ["x" * 32, "x" * 32, "x" * 6]
    assert rows("") == [""]


@given(words=st.text(alphabet="政务服务，。 abc12()", max_size=90), columns=st.integers(4, 48))
@example(words="政务，，服务", columns=4)
def test_no_row_is_wider_than_the_paper_and_nothing_is_lost(words: str, columns: int) -> None:
    printed = rows(words, columns)
    assert "".join("".join(printed).split()) == "".join(words.split())
    assert all(len(row.encode("gbk")) <= columns for row in printed)


def test_a_long_line_with_a_rare_character_is_drawn_to_its_end() -> None:
    font = FONTS[0]
    short, long = line_picture("㛃", font, 384), line_picture("㛃" * 20, font, 384)
    assert short is not None
    assert long is not None
    assert (short.height, long.height) == (LINE_DOTS, 2 * LINE_DOTS)
    drawn = np.unpackbits(np.frombuffer(long.data, np.uint8))
    assert drawn.sum() == 20 * np.unpackbits(np.frombuffer(short.data, np.uint8)).sum()


def test_what_looks_like_a_mark_of_size_is_drawn_when_it_is_none() -> None:
    font = FONTS[0]
    with_sign, without = (text_slip(Slip("1", PICTURE, (line,)), NARROW, font) for line in ("#㛃", "㛃"))
    assert with_sign is not None
    assert without is not None
    assert ink(with_sign) > ink(without)
    assert text_slip(Slip("1", PICTURE, ("# 㛃",)), NARROW, font) == without


def ink(data: bytes) -> int:
    interpreter = Interpreter(384)
    while data:
        step = interpreter.step(data)
        assert step is not None
        data = data[step.length :]
    return interpreter.take_strip().picture().histogram()[0]
