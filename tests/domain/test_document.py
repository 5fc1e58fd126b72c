"""Numbers of documents that somebody typed."""

from __future__ import annotations

import pytest

from queue_server.contract.refusals import Code, Refusal
from queue_server.domain import document


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("11010519491231002X", "11010519491231002X"),
        (" 110105 19491231 002x ", "11010519491231002X"),
        ("440524188001010014", "440524188001010014"),
        ("E12345678", "E12345678"),
        ("h1234567890", "H1234567890"),
        ("08123456", "08123456"),
    ],
)
def test_a_number_is_read_as_it_stands_on_the_card(typed: str, number: str) -> None:
    assert document.number(typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        "110105194912310021",  # a wrong check digit
        "11010519491231020X",  # two digits changed places
        "110105491231002",  # the old one of 15 digits
        "1101051949123100２X",
        "张三",
        "12345",
        "E1234",
        "13800001234",
        "",
    ],
)
def test_a_slip_of_the_finger_is_no_number_and_is_not_repeated(typed: str) -> None:
    with pytest.raises(Refusal) as refused:
        document.number(typed)
    assert refused.value.code is Code.BAD_REQUEST
    assert refused.value.detail == {"field": "document"}
    assert not typed or typed not in refused.value.message
