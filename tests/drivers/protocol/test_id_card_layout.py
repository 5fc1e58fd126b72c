"""The four text layouts of the chip, by example and by property (device notes 1.4)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Fault
from drivers.id_card_reader import layout
from drivers.id_card_reader.ethnic import ETHNICITIES
from drivers.id_card_reader.port import CardKind, IdCard, Sex
from drivers.id_card_reader.twin import Person, TwinCard, card_of, complete_number

PEOPLE = Path(__file__).parents[3] / "assets" / "samples" / "demo_people.json"


def decode(card: TwinCard) -> IdCard:
    return layout.decode_card(card.text, card.photo)


def refusal(card: TwinCard) -> Fault:
    with pytest.raises(DeviceError) as refused:
        decode(card)
    return refused.value.fault


def test_a_resident_card_is_read_field_by_field() -> None:
    card = decode(TwinCard.synthetic())
    assert card.kind is CardKind.RESIDENT
    assert card.name.reveal() == "张演示"
    assert card.sex is Sex.MALE
    assert (card.ethnicity_code, card.ethnicity) == ("01", "汉")
    assert card.birth_date.reveal() == date(1990, 1, 2)
    assert card.address.reveal() == "北京市朝阳区演示路1号样例小区2号楼3单元401室"
    assert card.number.reveal() == "110105199001020032"
    assert card.authority.reveal() == "演示市公安局样例分局"
    assert (card.valid_from, card.valid_to) == (date(2015, 1, 2), date(2035, 1, 2))
    assert len(card.photo.reveal()) == 1024


def test_a_residence_permit_of_hong_kong_macao_and_taiwan_has_a_pass_number_and_no_ethnicity() -> None:
    card = decode(TwinCard.synthetic(CardKind.HMT_RESIDENCE))
    assert card.kind is CardKind.HMT_RESIDENCE
    assert card.pass_number.reveal() == "H12345678"
    assert card.issue_count == "01"
    assert (card.ethnicity_code, card.ethnicity) == ("", "")
    assert card.number.reveal().startswith("810000")


def test_a_permanent_residence_card_of_2017_is_read() -> None:
    card = decode(TwinCard.synthetic(CardKind.FOREIGN_2017))
    assert card.kind is CardKind.FOREIGN_2017
    assert card.english_name.reveal() == "DEMO, SAMPLE PERSON"
    assert card.name.reveal() == "德摩"
    assert card.number.reveal() == "USA110080010112"
    assert card.nationality == "USA"
    assert card.birth_date.reveal() == date(1980, 1, 1)


def test_the_long_english_name_of_a_2023_card_is_put_together() -> None:
    card = decode(TwinCard.synthetic(CardKind.FOREIGN_2023))
    assert card.kind is CardKind.FOREIGN_2023
    assert card.english_name.reveal() == "DEMONSTRATION, MARIA ALEXANDRA SAMPLE"
    assert len(card.english_name.reveal()) > 35
    assert card.number.reveal()[0] == "9"
    assert card.nationality == "USA"


def test_a_space_at_the_seam_of_a_2023_name_is_kept() -> None:
    name = "A" * 34 + " " + "B" * 5
    person = Person(name="", number=complete_number("91184019880808002"), english_name=name)
    assert decode(TwinCard.of(person, CardKind.FOREIGN_2023)).english_name.reveal() == name


def test_long_term_cards_have_no_last_day() -> None:
    person = Person(name="李样例", number=complete_number("11010519510815002"), valid_to="长期")
    assert decode(TwinCard.of(person)).valid_to is None


@pytest.mark.parametrize("flag", ["A", "j", "K", "1", "中"])
def test_an_unknown_flag_is_never_guessed(flag: str) -> None:
    assert refusal(TwinCard.synthetic().with_flag(flag)) is Fault.UNKNOWN_CARD


def test_a_nul_flag_is_a_citizen_as_a_blank_one_is() -> None:
    assert decode(TwinCard.synthetic().with_flag("\0")).kind is CardKind.RESIDENT


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_the_check_digit_examples_of_the_standard_hold(number: str) -> None:
    assert layout.check_digit(number[:17]) == number[17]
    assert layout.normalise_number(number) == number


def test_a_small_x_is_made_a_capital_one() -> None:
    card = TwinCard.synthetic().with_number("11010519491231002x")
    assert decode(card).number.reveal() == "11010519491231002X"


@pytest.mark.parametrize(
    "number", ["110105199001020033", "11010519491231002", "11010519491231002Y", "", "１１０１０５199001020032"]
)
def test_a_wrong_number_is_refused_and_never_corrected(number: str) -> None:
    assert refusal(TwinCard.synthetic().with_number(number)) is Fault.BAD_DATA


@given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(digits: str, place: int, step: int) -> None:
    number = digits + layout.check_digit(digits)
    wrong = str((int(number[place]) + step) % 10)
    with pytest.raises(DeviceError):
        layout.normalise_number(number[:place] + wrong + number[place + 1 :])


@given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 15))
def test_two_swapped_neighbours_are_always_noticed(digits: str, place: int) -> None:
    number = digits + layout.check_digit(digits)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped == number:
        return
    with pytest.raises(DeviceError):
        layout.normalise_number(swapped)


@pytest.mark.parametrize(("at", "value"), [(36, "19900231"), (36, "1990010 "), (188, "00000000"), (204, "永久    ")])
def test_an_impossible_date_is_refused(at: int, value: str) -> None:
    text = TwinCard.synthetic().text
    spoiled = text[:at] + value.encode("utf-16-le") + text[at + 16 :]
    with pytest.raises(DeviceError) as refused:
        layout.decode_card(spoiled, b"")
    assert refused.value.fault is Fault.BAD_DATA


@pytest.mark.parametrize("length", [0, 255, 257, 512])
def test_a_text_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(DeviceError) as refused:
        layout.decode_card(bytes(length), b"")
    assert refused.value.fault is Fault.BAD_DATA


def spaced(value: str, length: int, encoding: str = "utf-16-le") -> bytes:
    """A field of that length in some encoding, padded with its spaces."""
    data = value.encode(encoding)
    space = " ".encode(encoding)
    return (data + space * length)[:length]


@pytest.mark.parametrize(("at", "length", "value"), [(0, 30, "王小二"), (52, 70, "北京市朝阳区"), (158, 30, "公安局")])
@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-16-be"])
def test_a_field_in_another_encoding_is_refused(at: int, length: int, value: str, encoding: str) -> None:
    assert refusal(TwinCard.synthetic().with_bytes(at, spaced(value, length, encoding))) is Fault.BAD_DATA


def test_a_field_in_another_encoding_that_is_padded_with_nuls_is_refused() -> None:
    assert refusal(TwinCard.synthetic().with_bytes(0, "王小二".encode("gbk").ljust(30, b"\0"))) is Fault.BAD_DATA


@pytest.mark.parametrize("name", ["许诺", "\U00020bb7野", "阿依古丽·买买提", "王\ue863", "覀\U000233cc"])
def test_rare_characters_of_names_are_read(name: str) -> None:
    """Also those beyond the first plane, and those that GB 18030 keeps in the private area."""
    assert decode(TwinCard.synthetic().with_bytes(0, spaced(name, 30))).name.reveal() == name


@pytest.mark.parametrize(
    "field",
    [
        b"\x00\xd8" + b" \0" * 14,
        b"\x00\xdc" + b" \0" * 14,
        b" \0" * 14 + b"\x42\xd8",
        b"\x20\x5f\x07\x00" + b" \0" * 13,
        b"\x20\x5f\x00\x00\x20\x5f" + b" \0" * 12,
        b"\x20\x5f\xff\xff" + b" \0" * 13,
        b" \0" * 15,
        b"\0" * 30,
    ],
    ids=["high half", "low half", "half at the end", "control", "NUL within", "no character", "blank", "NULs"],
)
def test_what_is_no_name_is_refused(field: bytes) -> None:
    assert refusal(TwinCard.synthetic().with_bytes(0, field)) is Fault.BAD_DATA


def test_a_field_may_be_padded_with_nuls() -> None:
    assert decode(TwinCard.synthetic().with_bytes(0, "王".encode("utf-16-le").ljust(30, b"\0"))).name.reveal() == "王"


@pytest.mark.parametrize("flag", ["\u3000", "\u2000", "\x01", "Ｊ"])
def test_a_flag_that_is_nearly_one_is_none(flag: str) -> None:
    assert refusal(TwinCard.synthetic().with_flag(flag)) is Fault.UNKNOWN_CARD


def test_half_a_character_as_flag_is_refused() -> None:
    assert refusal(TwinCard.synthetic().with_bytes(248, b"\x00\xd8")) is Fault.BAD_DATA


def test_a_foreigners_number_of_2023_begins_with_9() -> None:
    card = TwinCard.synthetic(CardKind.FOREIGN_2023)
    assert refusal(card.with_number(complete_number("11010519900102003"))) is Fault.BAD_DATA


@pytest.mark.parametrize("number", ["USA11008001011", "USA 10080010112", "ＵSA110080010112"])
def test_a_number_of_2017_has_15_letters_and_digits(number: str) -> None:
    card = TwinCard.synthetic(CardKind.FOREIGN_2017)
    assert refusal(card.with_bytes(122, spaced(number, 30))) is Fault.BAD_DATA


@pytest.mark.parametrize(("kind", "at"), [(CardKind.FOREIGN_2017, 152), (CardKind.FOREIGN_2023, 242)])
@pytest.mark.parametrize("nationality", ["U", "US1", "美国人"])
def test_a_nationality_is_three_letters(kind: CardKind, at: int, nationality: str) -> None:
    assert refusal(TwinCard.synthetic(kind).with_bytes(at, spaced(nationality, 6))) is Fault.BAD_DATA


def test_what_else_stands_on_the_cards_of_foreigners_is_kept() -> None:
    assert decode(TwinCard.synthetic(CardKind.FOREIGN_2017)).card_version == "01"
    linked = TwinCard.synthetic(CardKind.FOREIGN_2023).with_bytes(250, spaced("A1B", 6))
    assert decode(linked).former_number_link.reveal() == "A1B"


@pytest.mark.parametrize("code", ["1", "A1", "１１"])
def test_a_code_of_a_nationality_of_china_is_two_digits(code: str) -> None:
    assert refusal(TwinCard.synthetic().with_bytes(32, spaced(code, 4))) is Fault.BAD_DATA


def test_a_code_that_the_standard_does_not_name_has_no_name() -> None:
    card = decode(TwinCard.synthetic().with_bytes(32, spaced("57", 4)))
    assert (card.ethnicity_code, card.ethnicity) == ("57", "")


def test_a_pass_number_is_letters_and_digits() -> None:
    card = TwinCard.synthetic(CardKind.HMT_RESIDENCE)
    assert refusal(card.with_bytes(220, spaced("H-2345678", 18))) is Fault.BAD_DATA
    assert decode(card.with_bytes(220, spaced("12345678", 18))).pass_number.reveal() == "12345678"


@pytest.mark.parametrize(
    ("code", "sex"), [("0", Sex.UNKNOWN), ("1", Sex.MALE), ("2", Sex.FEMALE), ("9", Sex.NOT_STATED)]
)
def test_sexes_are_those_of_the_standard(code: str, sex: Sex) -> None:
    assert decode(TwinCard.synthetic().with_bytes(30, spaced(code, 2))).sex is sex


@pytest.mark.parametrize("code", ["3", " ", "男"])
def test_another_code_of_a_sex_is_refused(code: str) -> None:
    assert refusal(TwinCard.synthetic().with_bytes(30, spaced(code, 2))) is Fault.BAD_DATA


@pytest.mark.parametrize("data", [b"x", b"\0" * 72, b"\x00\xd8" * 35])
def test_a_newest_address_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(DeviceError) as refused:
        layout.decode_address(data)
    assert refused.value.fault is Fault.BAD_DATA


names = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=15)
days = st.dates(date(1900, 1, 1), date(2099, 12, 31))


@given(names, days, days, st.sampled_from(sorted(ETHNICITIES)), st.text("0123456789", min_size=17, max_size=17))
def test_what_a_chip_holds_is_what_comes_out(name: str, birth: date, until: date, ethnicity: str, digits: str) -> None:
    person = Person(
        name=name,
        number=complete_number(digits),
        birth=f"{birth:%Y%m%d}",
        valid_to=f"{until:%Y%m%d}",
        ethnicity=ethnicity,
    )
    card = decode(TwinCard.of(person))
    assert card.name.reveal() == name
    assert card.number.reveal() == complete_number(digits)
    assert card.birth_date.reveal() == birth
    assert card.valid_to == until
    assert card.ethnicity == ETHNICITIES[ethnicity]


@given(st.binary(min_size=256, max_size=256))
def test_no_bytes_on_a_chip_lead_to_anything_but_a_card_or_a_device_error(text: bytes) -> None:
    try:
        outcome: CardKind | Fault = layout.decode_card(text, b"").kind
    except DeviceError as error:
        outcome = error.fault
    assert outcome in {*CardKind, Fault.BAD_DATA, Fault.UNKNOWN_CARD}


def test_a_card_shows_nothing_of_its_holder() -> None:
    card = decode(TwinCard.synthetic())
    assert repr(card) == "IdCard(kind=resident)"
    assert "张" not in f"{card.name}{card.number!r}{card.address:>10}"


def test_there_are_56_nationalities_and_two_more_codes() -> None:
    assert len(ETHNICITIES) == 58
    assert (ETHNICITIES["01"], ETHNICITIES["46"], ETHNICITIES["56"]) == ("汉", "德昂", "基诺")


@pytest.mark.parametrize("identifier", ["p1", "p2", "p3", "p4", "p5", "p6"])
def test_the_made_up_people_of_the_demo_have_valid_cards(identifier: str) -> None:
    entry = json.loads(PEOPLE.read_text("utf-8"))["people"][identifier]
    card = decode(card_of(entry))
    assert card.number.reveal() == entry["number"]
    assert card.kind.value == entry["kind"]
