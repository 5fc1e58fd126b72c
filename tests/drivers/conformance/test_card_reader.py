"""Chip cards over a real PC/SC service (pcscd) with a virtual reader: every fault of the table that touches it."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from drivers.card_reader.pcsc import PcscCardReader
from drivers.card_reader.port import CardReader, OtherCard, SocialSecurityCard
from drivers.card_reader.twin import ChipCard, Holder, SimulatedSlot, complete_number
from drivers.card_reader.twin_service import SimulatedService
from drivers.device import Cancel, Device, DeviceError, DeviceState, Fault, HoldsVisitData
from drivers.loading import make_device
from drivers.seams.pcsc_channel import PcscChannel

Wait = Callable[..., None]
Open = Callable[[Device], None]


def is_open(channel: PcscChannel) -> bool:
    """Tries to open a channel; a busy machine may be too slow for it at first."""
    with contextlib.suppress(DeviceError):
        channel.open()
        return True
    return False


def held(reader: PcscCardReader, timeout: float = 60.0) -> SocialSecurityCard:
    card = reader.read(timeout)
    assert isinstance(card, SocialSecurityCard)
    assert card.number.reveal() == Holder().number
    return card


def refused(reader: PcscCardReader, timeout: float = 10.0) -> DeviceError:
    begin = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        reader.read(timeout)
    assert time.monotonic() - begin < min(timeout, 20.0) + 10.0
    return caught.value


def test_it_is_a_card_reader_that_forgets(reader: PcscCardReader) -> None:
    typed: CardReader = reader
    assert isinstance(typed, Device)
    assert isinstance(typed, HoldsVisitData)
    assert reader.capabilities.social_security
    assert reader.capabilities.sees_removal


def test_a_card_that_is_put_in_while_somebody_waits_is_read(reader: PcscCardReader, slot: SimulatedSlot) -> None:
    putting = threading.Timer(0.2, slot.put_in)
    putting.start()
    card = held(reader)
    putting.join()
    assert card.name.reveal() == Holder().name
    assert 0 < card.read_seconds < 60
    assert slot.pins == 0


def test_a_bank_card_is_another_card_and_no_fault(reader: PcscCardReader, slot: SimulatedSlot) -> None:
    slot.put_in(ChipCard.bank())
    card = reader.read(60.0)
    assert isinstance(card, OtherCard)
    assert card.atr.reveal() == ChipCard.bank().atr
    assert slot.commands == ["00 A4 04 00"], "its bank side was not touched"


def test_a_card_without_contacts_says_its_number(reader: PcscCardReader, slot: SimulatedSlot) -> None:
    slot.put_in(ChipCard.contactless())
    card = reader.read(60.0)
    assert isinstance(card, OtherCard)
    assert card.uid.reveal() == ChipCard.contactless().uid


def test_61_and_6c_come_through_pcscd_raw_and_are_followed(reader: PcscCardReader, slot: SimulatedSlot) -> None:
    slot.asks_for_length = True
    slot.answers_in_parts = 7
    slot.put_in()
    held(reader)
    assert "00 C0 00 00" in slot.commands


@pytest.mark.parametrize("habit", ["refuses_relative", "by_tag_only", "by_short_name_only"])
def test_cards_of_other_makers_are_read_in_their_way(reader: PcscCardReader, slot: SimulatedSlot, habit: str) -> None:
    setattr(slot, habit, True)
    slot.put_in()
    held(reader)


def test_a_holder_file_that_asks_for_an_authority_is_told_and_no_pin_is_tried(
    reader: PcscCardReader, slot: SimulatedSlot
) -> None:
    slot.put_in(ChipCard.of().locking(0xEF06))
    assert refused(reader).fault is Fault.NOT_AUTHORISED
    assert slot.pins == 0
    assert not any(command.startswith("00 20") for command in slot.commands)


@pytest.mark.parametrize("garbage", [b"\x08", b"\x08\xff\x31", b"\x08\x12" + b"\xff" * 18, b"\x01\x02\x03" * 80])
def test_records_that_make_no_sense_are_refused(reader: PcscCardReader, slot: SimulatedSlot, garbage: bytes) -> None:
    slot.garbage = garbage
    slot.put_in()
    assert refused(reader).fault is Fault.BAD_DATA


def test_a_wrong_check_digit_is_refused_without_saying_the_number(reader: PcscCardReader, slot: SimulatedSlot) -> None:
    slot.put_in(ChipCard.of().with_record(0xEF06, 0x08, b"110105199001020033"))
    error = refused(reader)
    assert error.fault is Fault.BAD_DATA
    assert "1101" not in str(error)


def test_a_card_pulled_out_in_the_middle_and_put_back_is_read_from_the_start(
    reader: PcscCardReader, slot: SimulatedSlot, wait_until: Wait
) -> None:
    slot.pulled_at, slot.pulled_times = "00 B2 02 04", 1
    slot.put_in()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(held, reader)
        wait_until(lambda: slot.pulled_times == 0)
        slot.put_in()
        reading.result()


def test_a_card_pulled_out_for_good_gives_nothing(
    service: SimulatedService, slot: SimulatedSlot, open_in_the_end: Open
) -> None:
    reader = PcscCardReader(PcscChannel(service.names[0], service=service.path), put_back=0.5)
    open_in_the_end(reader)
    slot.pulled_at, slot.pulled_times = "00 B2 02 04", 1
    slot.put_in()
    error = refused(reader)
    reader.close()
    assert error.fault is Fault.CARD_REMOVED


def test_a_card_in_the_wrong_way_round_is_told_as_one_that_does_not_answer(
    reader: PcscCardReader, slot: SimulatedSlot
) -> None:
    slot.mute = True
    slot.put_in()
    assert refused(reader).fault is Fault.UNKNOWN_CARD


def test_a_slow_card_is_read_and_a_silent_one_ends_in_time(
    service: SimulatedService, reader: PcscCardReader, slot: SimulatedSlot, open_in_the_end: Open
) -> None:
    slot.slow = 0.02
    slot.put_in()
    held(reader)
    slot.take_out()
    slot.slow, slot.silent = 0.0, True
    slot.put_in()
    impatient = PcscCardReader(PcscChannel(service.names[0], service=service.path), service_back=30.0)
    open_in_the_end(impatient)
    assert refused(impatient, 60.0).fault is Fault.SILENT
    impatient.close()
    slot.silent = False
    slot.put_in()
    held(reader)


def test_nobody_comes_and_the_wait_ends(reader: PcscCardReader) -> None:
    begin = time.monotonic()
    assert refused(reader, 0.3).fault is Fault.NO_CARD
    assert time.monotonic() - begin >= 0.3


# Cards and visits.


def test_a_visit_may_wait_until_the_card_was_taken_out(reader: PcscCardReader, slot: SimulatedSlot) -> None:
    assert reader.wait_removed(20.0)
    slot.put_in()
    held(reader)
    assert not reader.wait_removed(0.2)
    taking = threading.Timer(0.1, slot.take_out)
    taking.start()
    assert reader.wait_removed(60.0)
    taking.join()


def test_waiting_for_the_card_to_go_can_be_called_off(reader: PcscCardReader, slot: SimulatedSlot) -> None:
    slot.put_in()
    held(reader)
    cancel = Cancel()
    threading.Timer(0.1, cancel.cancel).start()
    begin = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        reader.wait_removed(60.0, cancel)
    assert caught.value.fault is Fault.CANCELLED
    assert time.monotonic() - begin < 20.0


def test_a_card_left_behind_is_never_the_next_visitors(
    reader: PcscCardReader, slot: SimulatedSlot, wait_until: Wait
) -> None:
    slot.put_in()
    held(reader)
    reader.forget()
    wait_until(lambda: [found.code for found in reader.probe().conditions] == ["card.left"])
    error = refused(reader, 0.5)
    assert (error.fault, error.detail) == (Fault.NO_CARD, "a card was left behind")
    slot.put_in()
    held(reader)
    wait_until(lambda: reader.probe().state is DeviceState.READY)


def test_a_card_that_nobody_read_before_the_visit_ended_is_left_behind_too(
    reader: PcscCardReader, service: SimulatedService, slot: SimulatedSlot, wait_until: Wait
) -> None:
    slot.put_in()
    held(reader)
    service.die()
    reader.forget()
    service.come_back()
    wait_until(lambda: reader.probe().state is not DeviceState.ABSENT)
    assert refused(reader, 1.0).fault is Fault.NO_CARD
    slot.put_in()
    held(reader)


def test_the_next_visitors_card_counts_although_nobody_looked_in_between(
    reader: PcscCardReader, service: SimulatedService, slot: SimulatedSlot, wait_until: Wait
) -> None:
    slot.put_in()
    held(reader)
    reader.forget()
    watcher = PcscChannel(service.names[0], service=service.path)
    wait_until(lambda: is_open(watcher))
    before = watcher.look(time.monotonic() + 20.0)
    slot.put_in()
    deadline = time.monotonic() + 30.0
    while (seen := watcher.look(deadline)).events == before.events or not seen.card:
        assert time.monotonic() < deadline
    watcher.close()
    held(reader)


def test_an_installer_may_read_a_card_that_lies_there(
    service: SimulatedService, slot: SimulatedSlot, open_in_the_end: Open
) -> None:
    options = {"service": service.path, "lying": "yes"}
    reader = make_device("card_reader", "pcsc", f"pcsc://{service.names[0]}", options)
    assert isinstance(reader, PcscCardReader)
    open_in_the_end(reader)
    slot.put_in()
    held(reader)
    reader.forget()
    held(reader)
    reader.close()


def test_forgetting_ends_a_read_that_is_under_way(reader: PcscCardReader, wait_until: Wait) -> None:
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(refused, reader, 60.0)
        wait_until(lambda: reader.probe().state is DeviceState.BUSY)
        reader.forget()
        assert reading.result(timeout=30).fault is Fault.CANCELLED


def test_a_recording_plays_back_and_nobody_is_in_it(
    service: SimulatedService, slot: SimulatedSlot, tmp_path: Path, open_in_the_end: Open
) -> None:
    file = tmp_path / "card.jsonl"
    person = Holder(
        number=complete_number("32010219850307005"), name="王小明", card_number="K98765432", birth="19850307"
    )
    slot.asks_for_length, slot.answers_in_parts = True, 9
    slot.put_in(ChipCard.of(person))
    options = {"service": service.path, "record": str(file)}
    recorded = make_device("card_reader", "pcsc", f"pcsc://{service.names[0]}", options)
    assert isinstance(recorded, PcscCardReader)
    open_in_the_end(recorded)
    card = recorded.read(60.0)
    recorded.close()
    assert isinstance(card, SocialSecurityCard)
    assert card.name.reveal() == "王小明"

    spoken = b"".join(bytes.fromhex(json.loads(line)["hex"]) for line in file.read_text("utf-8").splitlines()[1:])
    for word in (person.number, person.card_number):
        assert word.encode() not in spoken
        assert word[:8].encode() not in spoken
    for data in (person.name.encode("gb18030"), bytes.fromhex(person.birth), bytes.fromhex(person.identification[6:])):
        assert data not in spoken

    replayed = make_device("card_reader", "pcsc", f"replay://{file}")
    assert isinstance(replayed, PcscCardReader)
    replayed.open()
    played = replayed.read(1.0)
    assert isinstance(played, SocialSecurityCard)
    assert played.number.reveal() == "110105199001020032"
    assert played.name.reveal() == "李华"
    assert played.specification == card.specification
    assert replayed.wait_removed(1.0)
    replayed.close()
