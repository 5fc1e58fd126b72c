"""Records, fields and codings of a social-security card; which commands may reach a card at all."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from drivers.card_reader import apdu
from drivers.card_reader.port import OtherCard, SocialSecurityCard
from drivers.card_reader.social_security import (
    BIRTH,
    CARD_NUMBER,
    EXPIRES,
    IDENTIFICATION,
    ISSUED,
    ISSUER,
    NAME,
    NAME_EXTENSION,
    NUMBER,
    SEX,
    Values,
    decode_card,
    fields_of,
    values_of,
)
from drivers.card_reader.twin_card import ChipCard, Holder, complete_number
from drivers.device import DeviceError, Fault, Secret

ISSUER_FILE, HOLDER_FILE = (values_of(list(ChipCard.of().files[file])) for file in (0xEF05, 0xEF06))


def with_issuer(tag: int, value: bytes) -> SocialSecurityCard:
    return decode_card({**ISSUER_FILE, tag: value}, HOLDER_FILE)


def with_holder(tag: int, value: bytes) -> SocialSecurityCard:
    return decode_card(ISSUER_FILE, {**HOLDER_FILE, tag: value})


def why(issuer: Values, holder: Values) -> str:
    with pytest.raises(DeviceError) as caught:
        decode_card(issuer, holder)
    assert caught.value.fault is Fault.BAD_DATA
    return caught.value.detail


def why_holder(tag: int, value: bytes) -> str:
    return why(ISSUER_FILE, {**HOLDER_FILE, tag: value})


def test_the_record_of_the_notes_is_one_field() -> None:
    record = bytes.fromhex("01 10 330300D15600000599110145FFFFFFFF")
    (field,) = fields_of(record)
    assert (field.tag, field.start, field.value) == (1, 2, record[2:])


@pytest.mark.parametrize("padding", [b"", b"\0" * 5, b"\xff" * 5])
def test_padding_after_a_record_is_passed_over(padding: bytes) -> None:
    assert values_of([b"\x0a\x011" + padding]) == {SEX: b"1"}


@pytest.mark.parametrize(
    "record",
    ["0A", "0A 02 31", "0A 01 31 00 0B", "0A 01 31 FF FF 0B 01 01", "08 FF 31"],
    ids=["no length", "too short", "after NULs", "after FFs", "longer than the record"],
)
def test_a_record_whose_lengths_do_not_fit_is_refused(record: str) -> None:
    with pytest.raises(DeviceError) as caught:
        fields_of(bytes.fromhex(record))
    assert caught.value.fault is Fault.BAD_DATA


def test_unknown_tags_are_passed_over() -> None:
    assert values_of([b"\x0a\x011", b"\x51\x03abc"]) == {SEX: b"1"}


def test_a_known_tag_with_another_length_is_refused() -> None:
    with pytest.raises(DeviceError, match="the field 08 has 17 bytes instead of 18"):
        values_of([b"\x08\x11" + b"1" * 17])


def test_two_values_of_one_field_are_refused_and_the_same_one_twice_is_not() -> None:
    assert values_of([b"\x0a\x011", b"\x0a\x011"]) == {SEX: b"1"}
    with pytest.raises(DeviceError, match="twice"):
        values_of([b"\x0a\x011", b"\x0a\x012"])


def test_a_wrong_check_digit_is_never_corrected() -> None:
    assert why_holder(NUMBER, b"110105199001020033") == "the check digit of the number is wrong"


def test_a_number_that_ends_in_a_small_x_is_given_with_a_large_one() -> None:
    number = next(
        complete_number(f"1101051990010{n:04d}")
        for n in range(100, 999)
        if complete_number(f"1101051990010{n:04d}")[-1] == "X"
    )
    assert with_holder(NUMBER, number.lower().encode()).number.reveal() == number


def test_a_foreigners_number_begins_with_a_country() -> None:
    assert with_holder(NUMBER, b"USA0A1234567890123").number.reveal() == "USA0A1234567890123"
    assert "digits" in why_holder(NUMBER, b"U1A0A1234567890123")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"\xc0\xee\xbb\xaa" + b"\0" * 26, "李华"),
        (b"\xc0\xee\xbb\xaa" + b" " * 26, "李华"),
        ("欧阳·买买提".encode("gb18030").ljust(30, b"\0"), "欧阳·买买提"),
        ("𠮷田".encode("gb18030").ljust(30, b" "), "𠮷田"),
        (b"JOHN SMITH".ljust(30, b"\0"), "JOHN SMITH"),
        (b"\xc0\xee\xbb\xaa" + b"\xa1\xa1" * 13, "李华"),
        ("王\U00031350".encode("gb18030").ljust(30, b"\0"), "王\U00031350"),
        (b"\xcd\xf5\xaa\xa1".ljust(30, b"\0"), "王\ue000"),
    ],
    ids=["NULs", "blanks", "dot", "beyond the plane", "Latin", "wide blanks", "newer than Python", "a city's own"],
)
def test_names_are_gbk_padded_with_nuls_or_blanks(raw: bytes, expected: str) -> None:
    assert with_holder(NAME, raw).name.reveal() == expected


@pytest.mark.parametrize(
    "raw",
    [
        b"\0" * 30,
        b"\xc0\xee\xbb" + b"\0" * 27,
        b"\xc0\xee\0\xbb\xaa" + b"\0" * 25,
        b"\xc0\xee\n\xbb\xaa" + b"\0" * 25,
        b"\xff" * 30,
        "李华".encode().ljust(30, b"\xff"),
        "李\u202e华".encode("gb18030").ljust(30, b"\0"),
        b"\xa1\xa1" * 15,
    ],
    ids=[
        "empty",
        "half a character",
        "a NUL inside",
        "a line feed inside",
        "erased",
        "no GBK",
        "unseen",
        "wide blanks",
    ],
)
def test_a_name_in_another_coding_is_refused(raw: bytes) -> None:
    assert "name" in why_holder(NAME, raw)


def test_an_extension_of_a_name_that_was_not_full_is_refused() -> None:
    assert "not full" in why_holder(NAME_EXTENSION, b"\xb0\xa2".ljust(20, b"\0"))


def test_an_empty_extension_changes_nothing() -> None:
    assert with_holder(NAME_EXTENSION, b"\0" * 20).name.reveal() == Holder().name


@pytest.mark.parametrize(("tag", "name"), [(ISSUED, "issued"), (EXPIRES, "expires")])
def test_an_empty_date_is_none_and_an_impossible_one_is_refused(tag: int, name: str) -> None:
    assert getattr(with_issuer(tag, bytes.fromhex("20240229")), name) == date(2024, 2, 29)
    for empty in (bytes(4), b"\xff" * 4):
        assert getattr(with_issuer(tag, empty), name) is None
    for wrong in ("20250229", "2025021A", "20251301", "00010100"):
        assert "no date" in why({**ISSUER_FILE, tag: bytes.fromhex(wrong)}, HOLDER_FILE)


def test_a_birth_date_may_be_missing_but_not_impossible() -> None:
    assert with_holder(BIRTH, bytes(4)).birth_date is None
    assert "no date" in why_holder(BIRTH, bytes.fromhex("19901302"))


def test_an_unknown_sex_is_refused() -> None:
    assert why_holder(SEX, b"7") == "unknown code of sex"
    assert with_holder(SEX, b"\0").sex is None


def test_the_region_is_the_beginning_of_the_identification_and_has_to_be_a_number() -> None:
    assert with_issuer(IDENTIFICATION, ISSUER_FILE[IDENTIFICATION]).region_code == "330300"
    assert "region" in why({**ISSUER_FILE, IDENTIFICATION: b"\xd1" * 16}, HOLDER_FILE)


def test_the_issuer_is_bcd_without_its_padding() -> None:
    assert with_issuer(ISSUER, bytes.fromhex("330300D156FFFFFFFFFFFFFF")).issuer == "330300D156"


@pytest.mark.parametrize("missing", [IDENTIFICATION, CARD_NUMBER])
def test_a_card_without_what_makes_it_one_is_refused(missing: int) -> None:
    issuer = {tag: value for tag, value in ISSUER_FILE.items() if tag != missing}
    assert why(issuer, HOLDER_FILE) == f"the field {missing:02X} is not there"


@pytest.mark.parametrize("missing", [NUMBER, NAME])
def test_a_card_without_a_holder_is_refused(missing: int) -> None:
    holder = {tag: value for tag, value in HOLDER_FILE.items() if tag != missing}
    assert why(ISSUER_FILE, holder) == f"the field {missing:02X} is not there"


def test_what_else_is_missing_is_empty() -> None:
    issuer = {tag: ISSUER_FILE[tag] for tag in (IDENTIFICATION, CARD_NUMBER)}
    holder = {tag: HOLDER_FILE[tag] for tag in (NUMBER, NAME)}
    card = decode_card(issuer, holder)
    assert (card.sex, card.birth_date, card.issued, card.expires) == (None, None, None, None)
    assert (card.ethnicity_code, card.card_class, card.specification, card.issuer) == ("", "", "", "")


def test_a_card_shows_nothing_of_a_person() -> None:
    card = decode_card(ISSUER_FILE, HOLDER_FILE)
    other = OtherCard(Secret(b"ATR"), Secret(b"UID"))
    shown = f"{card!r} {card} {other!r} {[getattr(card, field.name) for field in dataclasses.fields(card)]}"
    for word in (Holder().number, Holder().name, Holder().card_number, Holder().identification, "1990", "ATR", "UID"):
        assert word not in shown


# Which commands reach a card.


@pytest.mark.parametrize("kind", [0x00, 0x01, 0x04, 0x0C, 0x10, 0x80, 0x84, 0x90, 0xFF])
@pytest.mark.parametrize(
    "instruction", sorted({0x20, 0x21, 0x24, 0x2C, 0xD6, 0xDC, 0xE2, 0x82, 0x88, 0x50, 0x52, 0x54})
)
def test_no_pin_no_writing_and_no_payment_command_leaves(kind: int, instruction: int) -> None:
    with pytest.raises(DeviceError) as caught:
        apdu.demand_harmless(bytes([kind, instruction, 0x00, 0x00, 0x03, 1, 2, 3]))
    assert caught.value.fault is Fault.UNSUPPORTED


def test_of_all_commands_only_five_that_read_are_let_through() -> None:
    passed = set()
    for kind in range(256):
        for instruction in range(256):
            try:
                apdu.demand_harmless(bytes([kind, instruction, 0x00, 0x00, 0x02, 0xEF, 0x05]))
            except DeviceError:
                continue
            passed.add((kind, instruction))
    assert passed == {(0, 0xA4), (0, 0xB0), (0, 0xB2), (0, 0xC0), (0, 0xCA), (0xFF, 0xCA)}


@pytest.mark.parametrize(
    "name",
    [
        b"1PAY.SYS.DDF01",
        b"2PAY.SYS.DDF01",
        b"1PAY.SYS",
        bytes.fromhex("A0 00 00 03 33 01 01 01"),
        bytes.fromhex("A0 00 00 03 33 01 01 03"),
        bytes.fromhex("A0 00 00 00 03 10 10"),
        bytes.fromhex("A0 00 00 00 04 10 10"),
        bytes.fromhex("A0 00 00 00 25 01"),
        bytes.fromhex("A0 00 00 00 65 10 10"),
        bytes.fromhex("A0 00 00 03"),
        bytes.fromhex("A0"),
        b"",
    ],
    ids=lambda name: name.hex() or "nothing",
)
def test_the_banks_side_cannot_be_opened_also_not_by_a_part_of_its_name(name: bytes) -> None:
    for command in (apdu.select_name(name), apdu.select_name(name) + b"\0"):
        with pytest.raises(DeviceError) as caught:
            apdu.demand_harmless(command)
        assert caught.value.fault is Fault.UNSUPPORTED


@pytest.mark.parametrize(
    "command",
    [
        "00 A4 00 00 02 3F 00",
        "00 A4 00 00 02 DF 01",
        "00 A4 00 00",
        "00 A4 04 00 20 A0 00 00 03 33",
        "00 A4 01 00 02 EF 05",
        "00 A4 03 00",
        "00 A4 08 00 04 3F 00 DF 01",
        "00 A4",
    ],
)
def test_selecting_in_a_way_that_could_open_anything_is_refused(command: str) -> None:
    with pytest.raises(DeviceError) as caught:
        apdu.demand_harmless(bytes.fromhex(command))
    assert caught.value.fault is Fault.UNSUPPORTED


def test_what_reading_needs_is_let_through() -> None:
    for command in (
        apdu.select_name(apdu.SSSE),
        apdu.select_name(bytes.fromhex("D1 56 00 00 05 01")),
        apdu.select_file(0xEF06, 0x02),
        apdu.read_record(1, short_file=5),
        apdu.read_tagged(0x4E),
        apdu.get_response(0x12),
        apdu.GET_UID,
    ):
        apdu.demand_harmless(command)


def test_the_commands_are_those_of_the_notes() -> None:
    assert apdu.select_name(apdu.SSSE).hex(" ").upper() == (
        "00 A4 04 00 0F 73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF"
    )
    assert "sx1.sh.社会保障".encode("gbk") == apdu.SSSE
    assert apdu.select_file(0xEF05, 2).hex(" ").upper() == "00 A4 02 00 02 EF 05"
    assert apdu.read_record(7, 0x0B, short_file=5).hex(" ").upper() == "00 B2 07 2C 0B"
    assert apdu.read_record(1, 0x14).hex(" ").upper() == "00 B2 01 04 14"
    assert apdu.read_tagged(8).hex(" ").upper() == "00 B2 08 00 00"
    assert apdu.corrected(apdu.select_file(0xEF05, 2), 0x10).hex(" ").upper() == "00 A4 02 00 02 EF 05 10"
