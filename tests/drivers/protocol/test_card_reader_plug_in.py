"""A city's plug-in: what it may do with a card, what it may add, and that it cannot leak what it saw."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import ModuleType

import pytest

from drivers.card_reader.apdu import READ_RECORD, SSSE, select_name
from drivers.card_reader.pcsc import PcscCardReader
from drivers.card_reader.plug_in import Found, PlugIn, RestrictedChannel, Returned, load_plug_in
from drivers.card_reader.port import OtherCard, ReadCard, SocialSecurityCard
from drivers.card_reader.social_security import decode_card, values_of
from drivers.card_reader.twin import ChipCard, SimulatedSlot
from drivers.device import Cancel, DeviceError, Fault, Secret
from drivers.loading import make_device
from drivers.seams.card_channel import Presence

CITY = bytes.fromhex("D1 56 00 00 05 C1 7E")
READ_CITY_RECORD = bytes([0x00, READ_RECORD, 0x01, 0x04, 0x00])


class CardInHand:
    """A made-up card without a reader around it: the twin's own answers, at once."""

    def __init__(self, card: ChipCard) -> None:
        self.slot = SimulatedSlot(0)
        self.slot.hold(card)
        self.card = card

    def open(self) -> None: ...

    def close(self) -> None: ...

    def disconnect(self) -> None: ...

    def look(self, deadline: float, known: Presence | None = None, cancel: Cancel | None = None) -> Presence:
        return Presence(card=True, events=1)

    def connect(self, deadline: float, cancel: Cancel | None = None) -> bytes:
        return self.card.atr

    def transmit(self, command: bytes, deadline: float, cancel: Cancel | None = None) -> bytes:
        return self.slot.answer(command)


def read_with(plug_in: PlugIn, card: ChipCard) -> ReadCard:
    reader = PcscCardReader(CardInHand(card), plug_in=plug_in, plug_in_name="test")
    reader.open()
    try:
        return reader.read(2.0)
    finally:
        reader.close()


def refused(plug_in: PlugIn, card: ChipCard) -> DeviceError:
    with pytest.raises(DeviceError) as caught:
        read_with(plug_in, card)
    return caught.value


def city_card(record: bytes = b"\x90\x05C-777") -> ChipCard:
    """A city's own card: another application, one record in a file that is open at once."""
    return ChipCard(files={0xEF15: (record,)}, applications=(CITY,))


def own_field(channel: RestrictedChannel, found: Found) -> Mapping[str, str]:
    """The synthetic example: a city that keeps a number of its own beside the national files."""
    assert channel.seconds_left > 0
    answer = channel.ask(bytes.fromhex("00 A4 02 00 02 EF 15"))
    if answer.status != 0x9000:
        return {}
    return {"cityNumber": channel.ask(READ_CITY_RECORD).data[2:].decode("ascii")}


def test_a_plug_in_adds_fields_of_its_own_as_secrets() -> None:
    card = ChipCard.of()
    card = replace(card, files={**card.files, 0xEF15: (b"\x90\x05C-777",)})
    read = read_with(own_field, card)
    assert isinstance(read, SocialSecurityCard)
    assert read.extra["cityNumber"].reveal() == "C-777"
    assert "C-777" not in f"{read!r} {read.extra!r}"


def test_a_plug_in_that_finds_nothing_changes_nothing() -> None:
    read = read_with(own_field, ChipCard.of())
    assert isinstance(read, SocialSecurityCard)
    assert dict(read.extra) == {}


def test_a_plug_in_may_make_a_whole_card_of_the_citys_own() -> None:
    def own_card(channel: RestrictedChannel, found: Found) -> Returned:
        assert isinstance(found.card, OtherCard)
        assert channel.ask(select_name(CITY)).status == 0x9000
        assert channel.ask(bytes.fromhex("00 A4 02 00 02 EF 15")).status == 0x9000
        number = channel.ask(READ_CITY_RECORD).data[2:].decode("ascii")
        return replace(found.card, extra={"cityNumber": Secret(number)})

    read = read_with(own_card, city_card())
    assert isinstance(read, OtherCard)
    assert read.extra["cityNumber"].reveal() == "C-777"


def test_a_plug_in_may_bring_the_holder_that_the_standard_way_may_not_read() -> None:
    whole = ChipCard.of()

    def by_the_authority(channel: RestrictedChannel, found: Found) -> Returned:
        assert (found.card, found.fault) == (None, Fault.NOT_AUTHORISED)
        return decode_card(values_of(list(whole.files[0xEF05])), values_of(list(whole.files[0xEF06])))

    read = read_with(by_the_authority, whole.locking(0xEF06))
    assert isinstance(read, SocialSecurityCard)
    assert read.number.reveal() == "110105199001020032"


def test_a_locked_card_stays_locked_when_the_plug_in_has_nothing() -> None:
    def nothing(channel: RestrictedChannel, found: Found) -> None:
        return None

    assert refused(nothing, ChipCard.of().locking(0xEF06)).fault is Fault.NOT_AUTHORISED

    def fields_only(channel: RestrictedChannel, found: Found) -> Mapping[str, str]:
        return {"a": "b"}

    assert refused(fields_only, ChipCard.of().locking(0xEF06)).fault is Fault.NOT_AUTHORISED


@pytest.mark.parametrize(
    "command",
    ["00 20 00 00 03 12 34 56", "00 A4 04 00 0E 31 50 41 59 2E 53 59 53 2E 44 44 46 30 31", "00 D6 00 00 01 00"],
    ids=["a PIN", "the bank", "writing"],
)
def test_a_plug_in_cannot_do_more_than_read(command: str) -> None:
    def greedy(channel: RestrictedChannel, found: Found) -> None:
        channel.ask(bytes.fromhex(command))

    for card in (ChipCard.of(), city_card(), ChipCard.bank()):
        inserted = CardInHand(card)
        reader = PcscCardReader(inserted, plug_in=greedy)
        reader.open()
        with pytest.raises(DeviceError) as caught:
            reader.read(2.0)
        assert caught.value.fault is Fault.UNSUPPORTED
        assert inserted.slot.pins == 0


def test_a_plug_in_reads_nothing_of_what_a_card_has_open_of_itself() -> None:
    def hasty(channel: RestrictedChannel, found: Found) -> None:
        channel.ask(READ_CITY_RECORD)

    assert refused(hasty, ChipCard.bank()).fault is Fault.UNSUPPORTED

    def hasty_after_a_failed_select(channel: RestrictedChannel, found: Found) -> None:
        assert channel.ask(select_name(SSSE)).status == 0x6A82
        channel.ask(READ_CITY_RECORD)

    assert refused(hasty_after_a_failed_select, ChipCard.bank()).fault is Fault.UNSUPPORTED


def test_what_a_failing_plug_in_says_of_a_card_stays_unsaid() -> None:
    def talkative(channel: RestrictedChannel, found: Found) -> None:
        assert isinstance(found.card, SocialSecurityCard)
        raise RuntimeError(found.card.number.reveal())

    error = refused(talkative, ChipCard.of())
    assert (error.fault, error.detail) == (Fault.BAD_DATA, "the plug-in failed: RuntimeError")
    assert error.__suppress_context__


def test_a_plug_in_that_returns_something_else_is_refused() -> None:
    def wrong(channel: RestrictedChannel, found: Found) -> Returned:
        return 7  # type: ignore[return-value]  # because that is the point

    assert refused(wrong, ChipCard.of()).fault is Fault.BAD_DATA


@pytest.fixture
def module() -> Iterator[Callable[..., str]]:
    """Makes an importable module with these functions in it."""
    name = f"city_{time.monotonic_ns()}"

    def make(**functions: object) -> str:
        made = ModuleType(name)
        vars(made).update(functions)
        sys.modules[name] = made
        return name

    yield make
    sys.modules.pop(name, None)


def test_a_plug_in_is_named_in_the_settings(module: Callable[..., str]) -> None:
    name = module(read_card=own_field, other=own_field, number=7)
    assert load_plug_in(name) is own_field
    assert load_plug_in(f"{name}:other") is own_field
    reader = make_device("card_reader", "pcsc", "pcsc://", {"plugin": name})
    assert isinstance(reader, PcscCardReader)
    assert reader.capabilities.plug_in == name


@pytest.mark.parametrize("place", ["no_such_city", "json:no_such_function", "{}:number", ":", "..", "json:"])
def test_a_plug_in_that_is_not_there_is_a_wrong_setting(place: str, module: Callable[..., str]) -> None:
    name = module(number=7)
    with pytest.raises(DeviceError) as caught:
        make_device("card_reader", "pcsc", "pcsc://", {"plugin": place.format(name)})
    assert caught.value.fault is Fault.CONFIGURATION
