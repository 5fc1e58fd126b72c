"""What is said to a chip card, byte for byte, and that nothing else ever is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date

import pytest

from drivers.card_reader.port import OtherCard, ReadCard, SocialSecurityCard
from drivers.card_reader.session import Session, read_card
from drivers.device import Cancel, DeviceError, Fault
from drivers.person import Sex
from drivers.seams.card_channel import Presence

ATR = bytes.fromhex("3B 6D 00 00 80 31 80 65 B0 89 35 01 F1 83 00 90 00")
CONTACTLESS = bytes.fromhex("3B 8F 80 01 80 4F 0C A0 00 00 03 06 03 00 01 00 00 00 00 6A")

SELECT_SSSE = ("00 A4 04 00 0F 73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF", "90 00")
EF05 = ("00 A4 02 00 02 EF 05", "90 00")
EF06 = ("00 A4 02 00 02 EF 06", "90 00")
ISSUER = (
    ("00 B2 01 04 00", "01 10 33 03 00 D1 56 00 00 05 99 11 01 45 FF FF FF FF 90 00"),
    ("00 B2 02 04 00", "02 01 33 90 00"),
    ("00 B2 03 04 00", "03 04 32 2E 30 30 90 00"),
    ("00 B2 04 04 00", "04 0C 33 03 00 00 00 00 00 00 00 00 00 01 90 00"),
    ("00 B2 05 04 00", "05 04 20 15 01 02 90 00"),
    ("00 B2 06 04 00", "06 04 20 25 01 02 90 00"),
    ("00 B2 07 04 00", "07 09 41 31 32 33 34 35 36 37 38 90 00"),
    ("00 B2 08 04 00", "6A 83"),
)
NUMBER = "08 12 31 31 30 31 30 35 31 39 39 30 30 31 30 32 30 30 33 32 90 00"
NAME = "09 1E C0 EE BB AA" + " 00" * 26 + " 90 00"
HOLDER = (
    ("00 B2 01 04 00", NUMBER),
    ("00 B2 02 04 00", NAME),
    ("00 B2 03 04 00", "0A 01 31 90 00"),
    ("00 B2 04 04 00", "0B 01 01 90 00"),
    ("00 B2 05 04 00", "0C 03 11 01 05 90 00"),
    ("00 B2 06 04 00", "0D 04 19 90 01 02 90 00"),
    ("00 B2 07 04 00", "6A 83"),
)
WHOLE = (SELECT_SSSE, EF05, *ISSUER, EF06, *HOLDER)

Dialogue = tuple[tuple[str, str], ...]


class PrintedCard:
    """Answers as the page says, in that order; nothing may be left over."""

    def __init__(self, dialogue: Dialogue) -> None:
        self.left = [(bytes.fromhex(asked), bytes.fromhex(answered)) for asked, answered in dialogue]

    def transmit(self, command: bytes, deadline: float, cancel: Cancel | None = None) -> bytes:
        assert self.left, f"nothing more was expected, but {command.hex(' ')} came"
        expected, answer = self.left.pop(0)
        assert command.hex(" ") == expected.hex(" ")
        return answer

    def open(self) -> None: ...

    def close(self) -> None: ...

    def disconnect(self) -> None: ...

    def look(self, deadline: float, known: Presence | None = None, cancel: Cancel | None = None) -> Presence:
        return Presence(card=True)

    def connect(self, deadline: float, cancel: Cancel | None = None) -> bytes:
        return ATR


def read(*dialogue: tuple[str, str], atr: bytes = ATR) -> ReadCard:
    card = PrintedCard(dialogue)
    try:
        return read_card(Session(card, time.monotonic() + 2.0, Cancel()), atr)
    finally:
        assert not card.left, "the driver stopped before the end"


def refused(*dialogue: tuple[str, str]) -> DeviceError:
    with pytest.raises(DeviceError) as caught:
        read(*dialogue)
    return caught.value


def replaced(dialogue: Dialogue, asked: str, answered: str) -> Dialogue:
    assert any(line[0] == asked for line in dialogue)
    return tuple((asked, answered) if line[0] == asked else line for line in dialogue)


def test_a_social_security_card_is_read_as_the_notes_say() -> None:
    card = read(*WHOLE)
    assert isinstance(card, SocialSecurityCard)
    assert card.number.reveal() == "110105199001020032"
    assert card.name.reveal() == "李华"
    assert card.card_number.reveal() == "A12345678"
    assert card.identification.reveal() == "330300D15600000599110145FFFFFFFF"
    assert (card.region_code, card.card_class, card.specification) == ("330300", "3", "2.00")
    assert (card.sex, card.ethnicity_code) == (Sex.MALE, "01")
    assert card.birth_date is not None
    assert card.birth_date.reveal() == date(1990, 1, 2)
    assert card.birthplace_code.reveal() == "110105"
    assert (card.issued, card.expires) == (date(2015, 1, 2), date(2025, 1, 2))
    assert card.issuer == "330300000000000000000001"


def test_a_select_may_be_answered_with_61_and_is_then_fetched() -> None:
    fetched = (
        (SELECT_SSSE[0], "61 13"),
        ("00 C0 00 00 13", "6F 11 84 0F 73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF 90 00"),
    )
    assert isinstance(read(*fetched, *WHOLE[1:]), SocialSecurityCard)


def test_a_record_in_parts_is_put_together() -> None:
    holder = (
        ("00 B2 01 04 00", "61 0A"),
        ("00 C0 00 00 0A", "08 12 31 31 30 31 30 35 31 39 61 0A"),
        ("00 C0 00 00 0A", "39 30 30 31 30 32 30 30 33 32 90 00"),
        *HOLDER[1:],
    )
    card = read(SELECT_SSSE, EF05, *ISSUER, EF06, *holder)
    assert isinstance(card, SocialSecurityCard)
    assert card.number.reveal() == "110105199001020032"


def test_6c_says_the_length_and_the_record_is_asked_for_with_it() -> None:
    issuer = (("00 B2 01 04 00", "6C 12"), ("00 B2 01 04 12", ISSUER[0][1]), *ISSUER[1:])
    holder = (("00 B2 01 04 00", "6C 14"), ("00 B2 01 04 14", NUMBER), *HOLDER[1:])
    assert isinstance(read(SELECT_SSSE, EF05, *issuer, EF06, *holder), SocialSecurityCard)


def test_6700_is_answered_with_the_length_of_the_table() -> None:
    holder = (
        ("00 B2 01 04 00", "67 00"),
        ("00 B2 01 04 14", NUMBER),
        ("00 B2 02 04 00", "67 00"),
        ("00 B2 02 04 20", NAME),
        *HOLDER[2:],
    )
    assert isinstance(read(SELECT_SSSE, EF05, *ISSUER, EF06, *holder), SocialSecurityCard)


def test_a_file_that_is_not_selected_with_02_is_selected_with_00() -> None:
    issuer = (("00 A4 02 00 02 EF 05", "6A 82"), ("00 A4 00 00 02 EF 05", "90 00"))
    holder = (("00 A4 02 00 02 EF 06", "6A 86"), ("00 A4 00 00 02 EF 06", "90 00"))
    assert isinstance(read(SELECT_SSSE, *issuer, *ISSUER, *holder, *HOLDER), SocialSecurityCard)


def test_a_file_that_cannot_be_selected_is_read_by_its_short_name() -> None:
    issuer = (("00 A4 02 00 02 EF 05", "6A 82"), ("00 A4 00 00 02 EF 05", "6A 82"))
    holder = (("00 A4 02 00 02 EF 06", "6A 82"), ("00 A4 00 00 02 EF 06", "6A 82"))
    by_short_name = [
        *issuer,
        *((asked.replace(" 04 00", " 2C 00"), answered) for asked, answered in ISSUER),
        *holder,
        *((asked.replace(" 04 00", " 34 00"), answered) for asked, answered in HOLDER),
    ]
    assert ("00 B2 07 2C 00", ISSUER[6][1]) in by_short_name
    assert isinstance(read(SELECT_SSSE, *by_short_name), SocialSecurityCard)


def by_tag(records: Dialogue, more: Dialogue = ()) -> Iterator[tuple[str, str]]:
    yield ("00 B2 01 04 00", "6A 86")
    for _, answered in records[:-1]:
        yield (f"00 B2 {answered[:2]} 00 00", answered)
    yield from more


def test_a_card_that_does_not_number_its_records_is_asked_by_tag() -> None:
    dialogue = (
        *(SELECT_SSSE, EF05),
        *by_tag(ISSUER),
        EF06,
        *by_tag(HOLDER, (("00 B2 4E 00 00", "6A 83"),)),
    )
    assert isinstance(read(*dialogue), SocialSecurityCard)


def test_a_card_without_the_application_is_another_card_and_nothing_more_is_asked() -> None:
    card = read((SELECT_SSSE[0], "6A 82"))
    assert isinstance(card, OtherCard)
    assert card.atr.reveal() == ATR
    assert card.uid.reveal() == b""


def test_a_card_without_contacts_also_says_its_number() -> None:
    dialogue = ((SELECT_SSSE[0], "6A 82"), ("FF CA 00 00 00", "04 A2 24 9A 1B 5C 80 90 00"))
    card = read(*dialogue, atr=CONTACTLESS)
    assert isinstance(card, OtherCard)
    assert card.uid.reveal() == bytes.fromhex("04 A2 24 9A 1B 5C 80")


def test_a_card_without_contacts_that_keeps_its_number_is_read_without() -> None:
    card = read((SELECT_SSSE[0], "6D 00"), ("FF CA 00 00 00", "6A 81"), atr=CONTACTLESS)
    assert isinstance(card, OtherCard)
    assert card.uid.reveal() == b""


@pytest.mark.parametrize(
    "dialogue",
    [
        (SELECT_SSSE, EF05, *ISSUER, EF06, ("00 B2 01 04 00", "69 82")),
        (SELECT_SSSE, EF05, *ISSUER, ("00 A4 02 00 02 EF 06", "69 82")),
        (SELECT_SSSE, EF05, *ISSUER, EF06, HOLDER[0], ("00 B2 02 04 00", "69 82")),
    ],
    ids=["the first record", "the file", "a later record"],
)
def test_a_holder_file_that_asks_for_an_authority_ends_there_without_a_pin(dialogue: Dialogue) -> None:
    error = refused(*dialogue)
    assert error.fault is Fault.NOT_AUTHORISED
    assert "EF06" in error.detail


def test_an_application_that_its_issuer_closed_is_not_read() -> None:
    assert refused((SELECT_SSSE[0], "62 83")).fault is Fault.NOT_AUTHORISED


def test_what_stands_locked_behind_the_records_of_the_table_does_not_matter() -> None:
    issuer = replaced(ISSUER, "00 B2 08 04 00", "69 82")
    assert isinstance(read(SELECT_SSSE, EF05, *issuer, EF06, *HOLDER), SocialSecurityCard)


def test_a_record_that_fails_in_the_middle_spoils_the_card_instead_of_leaving_a_gap() -> None:
    error = refused(SELECT_SSSE, EF05, *ISSUER, EF06, *HOLDER[:2], ("00 B2 03 04 00", "65 81"))
    assert (error.fault, error.detail) == (Fault.BAD_DATA, "record 3 of EF06 cannot be read: 6581")


def test_a_card_that_hands_out_parts_for_ever_is_given_up() -> None:
    error = refused((SELECT_SSSE[0], "61 01"), *[("00 C0 00 00 01", "00 61 01")] * 16)
    assert error.fault is Fault.BAD_DATA


def test_an_answer_without_status_bytes_is_refused() -> None:
    assert refused((SELECT_SSSE[0], "90")).fault is Fault.BAD_DATA


def test_a_name_goes_on_in_its_extension_even_within_a_character() -> None:
    name = "阿卜杜热合曼买买提依明江艾山江" + "吐尔逊"
    data = name.encode("gb18030")
    first, more = b"A" + data[:29], data[29:].ljust(20, b"\0")
    holder = (
        HOLDER[0],
        ("00 B2 02 04 00", "09 1E" + first.hex() + "9000"),
        *HOLDER[2:6],
        ("00 B2 07 04 00", "4E 14" + more.hex() + "9000"),
        ("00 B2 08 04 00", "6A 83"),
    )
    card = read(SELECT_SSSE, EF05, *ISSUER, EF06, *holder)
    assert isinstance(card, SocialSecurityCard)
    assert card.name.reveal() == "A" + name
