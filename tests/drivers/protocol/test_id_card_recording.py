"""A recorded talk with an ID-card reader plays back, and nobody's card is in the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import reduce
from operator import xor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Fault
from drivers.id_card_reader import codec
from drivers.id_card_reader.port import CardKind, IdCard, Want
from drivers.id_card_reader.redaction import redact, redacted_replies
from drivers.id_card_reader.sam_v import SamVReader
from drivers.id_card_reader.twin import Person, SimulatedReader, TwinCard, complete_number
from drivers.id_card_reader.twin_usb import SimulatedUsbReader
from drivers.loading import SharedPorts, make_device
from drivers.seams.recording import DEVICE, HOST, Turn
from drivers.seams.usb_twin import SimulatedUsb

PERSON = Person(
    name="吴秘密",
    number=complete_number("44010619770707123"),
    birth="19770707",
    address="广州市天河区秘密路七号",
    english_name="SECRET, PERSON",
    nationality="FRA",
    pass_number="M76543210",
)


def card_of(kind: CardKind) -> TwinCard:
    """Somebody's card, with a photo, two fingers and a newer address: all of it must not be kept."""
    person = PERSON
    if kind is CardKind.FOREIGN_2017:
        person = Person(**{name: getattr(PERSON, name) for name in ("name", "birth", "english_name", "nationality")},
                        number="FRA440077070712")  # fmt: skip
    if kind is CardKind.FOREIGN_2023:
        person = Person(
            name="吴秘密", number=complete_number("94401077197707071"), birth="19770707", english_name="SECRET, PERSON",
        )  # fmt: skip
    card = TwinCard.of(person, kind, b"face of a person" * 20)
    return card.with_fingerprints(2).with_newest_address("深圳市秘密街三号")


def secrets_of(card: TwinCard) -> list[bytes]:
    """Stretches of what the card says of its holder, so that not even a part may be left."""
    words = ("吴秘密", "440106", "FRA44", "944010", "197707", "广州市天", "SECRE", "M765", "深圳市秘")
    assert len(card.text) == 256
    return [*(word.encode("utf-16-le") for word in words), card.fingerprints[:16], b"face of a person"]


def driver(url: str, **options: str) -> SamVReader:
    reader = make_device("id_card_reader", "sam_v", url, options)
    assert isinstance(reader, SamVReader)
    return reader


def outcome(reader: SamVReader, want: Want) -> tuple[CardKind, int, int, bool] | Fault:
    """What of a read a recording has to keep: kind, lengths, whether there was an address; or why it failed."""
    try:
        card: IdCard = reader.read(20, want=want)
    except DeviceError as error:
        return error.fault
    return card.kind, len(card.photo.reveal()), len(card.fingerprints.reveal()), bool(card.newest_address.reveal())


SAM_ID = "05.01-20160818-0123456789-0987654321"


def recorded(twin: SimulatedReader, file: Path, want: Want) -> object:
    reader = driver(twin.url, record=str(file), sam_id=SAM_ID)
    reader.open()
    try:
        return outcome(reader, want)
    finally:
        reader.close()


def played(file: Path, want: Want, sam_id: str = SAM_ID) -> object:
    reader = driver(f"replay://{file}", sam_id=sam_id)
    reader.open()
    try:
        return outcome(reader, want)
    finally:
        reader.close()


def said(file: Path) -> bytes:
    turns = [json.loads(line) for line in file.read_text("utf-8").splitlines()[1:]]
    return b"".join(bytes.fromhex(turn["hex"]) for turn in turns if turn["from"] == "device")


ALL = Want.FINGERPRINTS | Want.NEWEST_ADDRESS


@pytest.mark.parametrize("want", [Want.BASE, ALL])
@pytest.mark.parametrize("kind", list(CardKind))
def test_a_recording_plays_back_with_a_made_up_card_of_the_same_kind(
    simulated_reader: SimulatedReader, tmp_path: Path, kind: CardKind, want: Want
) -> None:
    file = tmp_path / "reader.jsonl"
    card = card_of(kind)
    simulated_reader.lay(card)
    heard = recorded(simulated_reader, file, want)
    assert heard == (kind, 1024, 1024 if want else 0, bool(want))
    assert played(file, want) == heard
    kept = said(file)
    assert not any(secret in kept for secret in secrets_of(card))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda card: card.with_flag("Q"),
        lambda card: card.with_number("440106197707071231"),
        lambda card: card.with_bytes(0, b"\x00\xd8"),
        lambda card: card.with_bytes(36, "19770231".encode("utf-16-le")),
    ],
    ids=["unknown kind", "wrong check digit", "half a character", "impossible day"],
)
def test_a_card_that_was_refused_is_refused_again(
    simulated_reader: SimulatedReader, tmp_path: Path, spoil: Callable[[TwinCard], TwinCard]
) -> None:
    file = tmp_path / "reader.jsonl"
    card = card_of(CardKind.RESIDENT)
    simulated_reader.lay(spoil(card))
    heard = recorded(simulated_reader, file, Want.BASE)
    assert heard in {Fault.BAD_DATA, Fault.UNKNOWN_CARD}
    assert played(file, Want.BASE) == heard
    assert not any(secret in said(file) for secret in secrets_of(card))


@pytest.mark.parametrize("fault", ["wrong_checksum", "cut_mid_frame", "garbage_before", "answers_twice", "read_fails"])
def test_what_was_damaged_stays_damaged_and_says_nothing(
    simulated_reader: SimulatedReader, tmp_path: Path, fault: str
) -> None:
    """The read comes after find and select: the third answer is spoiled."""
    file = tmp_path / "reader.jsonl"
    card = card_of(CardKind.RESIDENT)
    reader = driver(simulated_reader.url, record=str(file))
    reader.open()
    simulated_reader.lay(card)
    answer, due = simulated_reader._answer, [fault]

    def spoiled(body: bytes) -> bytes:
        if body[:2] == b"\x30\x01" and due:
            setattr(simulated_reader, due.pop(), 1)
        return answer(body)

    simulated_reader._answer = spoiled  # type: ignore[method-assign]  # the fault belongs to this one answer
    heard = outcome(reader, Want.BASE)
    reader.close()
    assert played(file, Want.BASE, sam_id="") == heard == (CardKind.RESIDENT, 1024, 0, False)
    assert not any(secret in said(file) for secret in secrets_of(card))


def test_a_talk_over_usb_is_recorded_too(tmp_path: Path) -> None:
    file, bus = tmp_path / "reader.jsonl", SimulatedUsb()
    card = card_of(CardKind.RESIDENT)
    with SimulatedUsbReader(bus) as twin:
        twin.lay(card)
        reader = make_device("id_card_reader", "sam_v", twin.url, {"record": str(file)}, SharedPorts(usb=bus))
        assert isinstance(reader, SamVReader)
        reader.open()
        heard = outcome(reader, ALL)
        reader.close()
    replay = driver(f"replay://{file}")
    replay.open()
    assert outcome(replay, ALL) == heard == (CardKind.RESIDENT, 1024, 1024, True)
    replay.close()
    assert not any(secret in said(file) for secret in secrets_of(card))


def test_a_frame_over_several_turns_is_understood() -> None:
    card = card_of(CardKind.RESIDENT)
    reply = codec.frame(b"\x00\x00\x90\x01\x00\x04\x00" + card.text + card.photo)
    ask = Turn(0.0, HOST, codec.frame(codec.READ))
    turns = redact([ask, Turn(0.1, DEVICE, reply[:200]), ask, Turn(0.2, DEVICE, reply[200:])])
    assert [len(turn.data) for turn in turns] == [10, 200, 10, len(reply) - 200]
    whole = turns[1].data + turns[3].data
    assert reduce(xor, whole[5:]) == 0
    assert not any(secret in whole for secret in secrets_of(card))


def test_a_talk_with_another_device_is_not_written() -> None:
    with pytest.raises(ValueError, match="not a talk"):
        redact([Turn(0.0, HOST, b"GET / HTTP/1.1")])


@given(st.lists(st.one_of(st.binary(max_size=40), st.binary(max_size=60).map(codec.frame)), max_size=6))
def test_redacting_keeps_lengths_and_damage_whatever_was_said(parts: list[bytes]) -> None:
    heard = b"".join(parts)
    clean = redacted_replies(heard)
    assert len(clean) == len(heard)
    before, after = codec.ReplyParser(), codec.ReplyParser()
    assert len(before.feed(heard)) >= len(after.feed(clean))
