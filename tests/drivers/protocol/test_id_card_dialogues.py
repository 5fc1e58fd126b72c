"""What the driver says to a SAM_V module and hears from it, byte for byte; nothing may be left over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.device import DeviceError, DeviceState, Fault
from drivers.id_card_reader import codec
from drivers.id_card_reader.port import Want
from drivers.id_card_reader.sam_v import BAUDS, SamVReader
from drivers.id_card_reader.session import Timing
from drivers.id_card_reader.twin import TwinCard
from drivers.seams.memory import DialogueError, MemoryPort, Say

FIND = bytes.fromhex("AA AA AA 96 69 00 03 20 01 22")
SELECT = bytes.fromhex("AA AA AA 96 69 00 03 20 02 21")
READ = bytes.fromhex("AA AA AA 96 69 00 03 30 01 32")
STATUS = bytes.fromhex("AA AA AA 96 69 00 03 11 FF ED")
SAM_ID = bytes.fromhex("AA AA AA 96 69 00 03 12 FF EE")

FOUND = bytes.fromhex("AA AA AA 96 69 00 08 00 00 9F 00 00 00 00 97")
NO_CARD = bytes.fromhex("AA AA AA 96 69 00 04 00 00 80 84")
SELECTED = bytes.fromhex("AA AA AA 96 69 00 0C 00 00 90 00 00 00 00 00 00 00 00 9C")
NOT_SELECTED = bytes.fromhex("AA AA AA 96 69 00 04 00 00 81 85")
NOT_READ = bytes.fromhex("AA AA AA 96 69 00 04 00 00 41 45")
ALIVE = bytes.fromhex("AA AA AA 96 69 00 04 00 00 90 94")
MODULE = codec.frame(bytes.fromhex("00 00 90 05 00 01 00") + bytes(12))


def word(status: int) -> bytes:
    return codec.frame(bytes([0, 0, status]))


def card_data(card: TwinCard) -> bytes:
    return codec.frame(b"\x00\x00\x90\x01\x00\x04\x00" + card.text + card.photo)


CARD = card_data(TwinCard.synthetic())


def opened(port: MemoryPort) -> SamVReader:
    reader = SamVReader(port)
    reader.open()
    return reader


def refusal(port: MemoryPort, timeout: float = 10) -> Fault:
    with pytest.raises(DeviceError) as refused:
        opened(port).read(timeout)
    return refused.value.fault


def test_a_card_is_found_selected_and_read() -> None:
    assert len(CARD) == 1295
    with MemoryPort([Say(FIND, (FOUND,)), Say(SELECT, (SELECTED,)), Say(READ, (CARD,))]) as port:
        assert opened(port).read(10).number.reveal() == "110105199001020032"


def test_the_module_is_asked_until_a_card_is_there() -> None:
    turns = [
        Say(FIND, (NO_CARD,)),
        Say(FIND, (NO_CARD,)),
        Say(FIND, (FOUND,)),
        Say(SELECT, (SELECTED,)),
        Say(READ, (CARD,)),
    ]
    with MemoryPort(turns) as port:
        assert opened(port).read(10).name.reveal() == "张演示"


def test_no_card_in_time_is_said_plainly() -> None:
    assert refusal(MemoryPort([Say(FIND, (NO_CARD,))] * 20), 0.1) is Fault.NO_CARD


def test_after_41_reading_starts_again_at_find() -> None:
    turns = [
        *(Say(FIND, (FOUND,)), Say(SELECT, (SELECTED,)), Say(READ, (NOT_READ,))),
        *(Say(FIND, (FOUND,)), Say(SELECT, (SELECTED,)), Say(READ, (CARD,))),
    ]
    with MemoryPort(turns) as port:
        assert opened(port).read(10).name.reveal() == "张演示"


def test_after_81_reading_starts_again_at_find() -> None:
    turns = [
        Say(FIND, (FOUND,)),
        Say(SELECT, (NOT_SELECTED,)),
        Say(FIND, (FOUND,)),
        Say(SELECT, (SELECTED,)),
        Say(READ, (CARD,)),
    ]
    with MemoryPort(turns) as port:
        assert opened(port).read(10).name.reveal() == "张演示"


def test_three_81_are_a_card_of_another_sort() -> None:
    with MemoryPort([Say(FIND, (FOUND,)), Say(SELECT, (NOT_SELECTED,))] * 3) as port:
        assert refusal(port) is Fault.WRONG_CARD


def test_three_41_are_a_card_that_does_not_hold_still() -> None:
    with MemoryPort([Say(FIND, (FOUND,)), Say(SELECT, (SELECTED,)), Say(READ, (NOT_READ,))] * 3) as port:
        assert refusal(port) is Fault.CARD_REMOVED


def test_a_card_that_went_and_does_not_come_back_was_removed() -> None:
    turns = [Say(FIND, (FOUND,)), Say(SELECT, (SELECTED,)), Say(READ, (NOT_READ,)), *[Say(FIND, (NO_CARD,))] * 20]
    assert refusal(MemoryPort(turns), 0.3) is Fault.CARD_REMOVED


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (0x31, Fault.WRONG_CARD),
        (0x32, Fault.WRONG_CARD),
        (0x40, Fault.WRONG_CARD),
    ],
)
def test_cards_that_the_module_does_not_accept_are_wrong_cards(status: int, fault: Fault) -> None:
    with MemoryPort([Say(FIND, (FOUND,)), Say(SELECT, (word(status),))] * 3) as port:
        assert refusal(port) is fault


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (0x21, Fault.UNSUPPORTED),
        (0x24, Fault.BAD_DATA),
        (0x47, Fault.MECHANICAL),
        (0x60, Fault.MECHANICAL),
        (0x66, Fault.NOT_AUTHORISED),
    ],
)
def test_what_the_module_says_of_itself_becomes_a_fault(status: int, fault: Fault) -> None:
    with MemoryPort([Say(FIND, (word(status),))]) as port:
        assert refusal(port) is fault


@pytest.mark.parametrize("status", [0x10, 0x11])
def test_a_request_that_was_damaged_on_its_way_is_sent_again(status: int) -> None:
    turns = [
        *(Say(FIND, (word(status),)), Say(FIND, (FOUND,)), Say(SELECT, (word(status),)), Say(SELECT, (SELECTED,))),
        *(Say(READ, (word(status),)), Say(READ, (CARD,)), Say(READ, (CARD,))),
    ]
    with MemoryPort(turns) as port:
        assert opened(port).read(10).name.reveal() == "张演示"
    with MemoryPort([Say(FIND, (word(status),))] * 3) as port:
        assert refusal(port) is Fault.CHECKSUM


def test_a_reply_in_single_bytes_is_a_reply() -> None:
    singly = tuple(bytes([byte]) for byte in FOUND)
    with MemoryPort(
        [Say(FIND, singly), Say(SELECT, (SELECTED,)), Say(READ, (CARD[:7], CARD[7:700], CARD[700:]))]
    ) as port:
        assert opened(port).read(10).name.reveal() == "张演示"


def test_a_late_reply_to_find_is_not_taken_for_the_reply_to_select() -> None:
    with MemoryPort([Say(FIND, (FOUND,)), Say(SELECT, (FOUND, SELECTED)), Say(READ, (SELECTED, CARD))]) as port:
        assert opened(port).read(10).name.reveal() == "张演示"


def test_a_wrong_checksum_settles_the_line_and_asks_again_without_a_new_find() -> None:
    spoiled = CARD[:-1] + bytes([CARD[-1] ^ 1])
    turns = [
        *(Say(FIND, (FOUND,)), Say(SELECT, (SELECTED,)), Say(READ, (spoiled,))),
        *(Say(SAM_ID, (MODULE,)), Say(READ, (CARD,)), Say(READ, (CARD,))),
    ]
    with MemoryPort(turns) as port:
        assert opened(port).read(10).name.reveal() == "张演示"


def passing_the_check(card: bytes, at: int) -> bytes:
    """The same frame with two bytes spoiled so that its XOR is right all the same."""
    spoiled = bytearray(card)
    spoiled[at] ^= 0x40
    spoiled[at + 900] ^= 0x40
    return bytes(spoiled)


def test_after_damage_a_card_counts_only_when_it_comes_twice_alike() -> None:
    """One in 256 damaged frames passes the XOR; the letter in the name would be the visitor's."""
    wrong = passing_the_check(CARD, 14 + 6)
    assert codec.xor_of(wrong[5:]) == 0
    turns = [
        *(Say(FIND, (b"\x55" + FOUND,)), Say(SELECT, (SELECTED,))),
        *(Say(READ, (wrong,)), Say(READ, (CARD,)), Say(READ, (CARD,))),
    ]
    with MemoryPort(turns) as port:
        assert opened(port).read(10).name.reveal() == "张演示"


def test_after_damage_a_card_that_never_comes_twice_alike_is_refused() -> None:
    wrong = [Say(READ, (passing_the_check(CARD, 14 + 2 * place),)) for place in range(4)]
    with MemoryPort([Say(FIND, (b"\x55" + FOUND,)), Say(SELECT, (SELECTED,)), *wrong]) as port:
        assert refusal(port) is Fault.CHECKSUM


def test_a_line_that_was_sound_for_a_while_is_trusted_again() -> None:
    turns = [
        *(Say(FIND, (b"\x55" + NO_CARD,)), *[Say(FIND, (NO_CARD,))] * 20),
        *(Say(FIND, (FOUND,)), Say(SELECT, (SELECTED,)), Say(READ, (CARD,))),
    ]
    with MemoryPort(turns) as port:
        reader = SamVReader(port, timing=Timing(poll=0.01))
        reader.open()
        assert reader.read(10).name.reveal() == "张演示"


def test_a_module_that_reads_only_once_leaves_the_checksum_as_the_reason() -> None:
    spoiled = CARD[:-1] + bytes([CARD[-1] ^ 1])
    turns = [
        *(Say(FIND, (FOUND,)), Say(SELECT, (SELECTED,)), Say(READ, (spoiled,))),
        *(Say(SAM_ID, (MODULE,)), Say(READ, (NOT_READ,))),
    ]
    with MemoryPort(turns) as port:
        assert refusal(port) is Fault.CHECKSUM


def test_a_late_card_of_the_last_visitor_is_skipped_while_the_line_is_settled() -> None:
    """The reply to an old read arrives after its time-out: the module answers in order, so it comes before SAM id."""
    other = card_data(TwinCard.synthetic().with_number("11010519491231002X"))
    turns = [
        *(Say(FIND, (word(0x66),)), Say(FIND, ()), Say(SAM_ID, (other, MODULE)), Say(FIND, (FOUND,))),
        *(Say(SELECT, (SELECTED,)), Say(READ, (CARD,))),
    ]
    with MemoryPort(turns) as port:
        reader = opened(port)
        with pytest.raises(DeviceError):
            reader.read(0.05)
        assert reader.read(10).number.reveal() == "110105199001020032"


def test_a_late_card_of_the_last_visitor_is_skipped_also_when_the_line_was_opened_anew() -> None:
    """The module does not notice that: it still answers what it was asked before."""
    other = card_data(TwinCard.synthetic().with_number("11010519491231002X"))
    found = [Say(FIND, (FOUND,)), Say(SELECT, (SELECTED,))]
    turns = [*found, Say(READ), Say(SAM_ID), Say(SAM_ID, (other, MODULE)), *found, Say(READ, (CARD,))]
    with MemoryPort(turns) as port:
        reader = SamVReader(port, timing=Timing(answer=0.1, read_answer=0.1))
        reader.open()
        with pytest.raises(DeviceError):
            reader.read(5)
        reader.close()
        reader.open()
        assert reader.read(10).number.reveal() == "110105199001020032"


def test_a_wrong_check_digit_is_read_again_and_then_refused() -> None:
    wrong = card_data(TwinCard.synthetic().with_number("110105199001020033"))
    with MemoryPort([Say(FIND, (FOUND,)), Say(SELECT, (SELECTED,)), *[Say(READ, (wrong,))] * 3]) as port:
        assert refusal(port) is Fault.BAD_DATA


def test_an_unknown_card_type_is_refused_at_once() -> None:
    unknown = card_data(TwinCard.synthetic().with_flag("Q"))
    with MemoryPort([Say(FIND, (FOUND,)), Say(SELECT, (SELECTED,)), Say(READ, (unknown,))]) as port:
        assert refusal(port) is Fault.UNKNOWN_CARD


@pytest.mark.parametrize(
    "turns",
    [
        [Say(FIND, (), breaks=Fault.UNPLUGGED)],
        [Say(FIND, (FOUND,)), Say(SELECT, (SELECTED[:9],), breaks=Fault.UNPLUGGED)],
    ],
)
def test_a_line_that_breaks_is_said_to_be_unplugged(turns: list[Say]) -> None:
    with MemoryPort(turns) as port:
        assert refusal(port) is Fault.UNPLUGGED


def test_a_probe_asks_for_the_state_and_twice_for_the_number() -> None:
    """The first number after power-up can be wrong, so two have to agree."""
    odd = codec.frame(bytes.fromhex("00 00 90") + b"\xff" * 16)
    turns = [
        Say(STATUS, (ALIVE,)),
        Say(SAM_ID, (odd,)),
        Say(SAM_ID, (MODULE,)),
        Say(SAM_ID, (MODULE,)),
        Say(STATUS, (ALIVE,)),
    ]
    with MemoryPort(turns) as port:
        reader = opened(port)
        status = reader.probe()
        assert (status.state, status.detail) == (DeviceState.READY, "05.01-0-0000000000-0000000000")
        assert reader.probe() == status


@pytest.mark.parametrize("status", [0x60, 0x47])
def test_a_module_that_is_broken_inside_needs_an_engineer(status: int) -> None:
    """60: its self-test failed; 47: it makes no random numbers."""
    with MemoryPort([Say(STATUS, (word(status),))]) as port:
        status = opened(port).probe()
        assert status.state is DeviceState.FAULT
        assert [condition.code for condition in status.conditions] == ["sam.self-test"]


def test_the_speed_of_the_line_is_found_by_asking_at_each() -> None:
    with MemoryPort([Say(STATUS, ()), Say(STATUS, (b"\x80\x00\xfe",)), Say(STATUS, (ALIVE,))]) as port:
        SamVReader(port, set_baud=port.set_baud, bauds=BAUDS).open()
        assert port.bauds == [115200, 9600, 57600]


def test_a_reader_that_answers_at_no_speed_is_silent() -> None:
    with MemoryPort([Say(STATUS, ())] * 5) as port, pytest.raises(DeviceError) as refused:
        SamVReader(port, set_baud=port.set_baud, bauds=BAUDS).open()
    assert refused.value.fault is Fault.SILENT


READ_FINGERS = bytes.fromhex("AA AA AA 96 69 00 03 30 10 23")
READ_ADDRESS = bytes.fromhex("AA AA AA 96 69 00 03 30 03 30")


@pytest.mark.parametrize(("fingers", "length"), [(0, 1297), (1, 1809), (2, 2321)])
def test_fingerprints_are_as_long_as_the_reply_says(fingers: int, length: int) -> None:
    card = TwinCard.synthetic().with_fingerprints(fingers)
    lengths = b"\x01\x00\x04\x00" + (512 * fingers).to_bytes(2, "big")
    reply = codec.frame(b"\x00\x00\x90" + lengths + card.text + card.photo + card.fingerprints)
    assert len(reply) == length
    with MemoryPort([Say(FIND, (FOUND,)), Say(SELECT, (SELECTED,)), Say(READ_FINGERS, (reply,))]) as port:
        assert opened(port).read(10, want=Want.FINGERPRINTS).fingerprints.reveal() == card.fingerprints


@pytest.mark.parametrize("lengths", ["0100 0400 0200", "0100 0400 0000 ", "00FE 0402 0400", "FFFF FFFF FFFF"])
def test_lengths_that_do_not_fit_are_refused_and_never_replaced_by_constants(lengths: str) -> None:
    card = TwinCard.synthetic().with_fingerprints(2)
    reply = codec.frame(b"\x00\x00\x90" + bytes.fromhex(lengths) + card.text + card.photo + card.fingerprints)
    turns = [Say(FIND, (FOUND,)), Say(SELECT, (SELECTED,)), *[Say(READ_FINGERS, (reply,))] * 3]
    with MemoryPort(turns) as port, pytest.raises(DeviceError) as refused:
        opened(port).read(10, want=Want.FINGERPRINTS)
    assert refused.value.fault is Fault.BAD_DATA


@pytest.mark.parametrize(
    ("answer", "address"),
    [(word(0x91), ""), (codec.frame(b"\x00\x00\x90" + "新路1号".encode("utf-16-le").ljust(70, b"\x00")), "新路1号")],
)
def test_the_newest_address_comes_after_the_card_or_is_not_there(answer: bytes, address: str) -> None:
    turns = [Say(FIND, (FOUND,)), Say(SELECT, (SELECTED,)), Say(READ, (CARD,)), Say(READ_ADDRESS, (answer,))]
    with MemoryPort(turns) as port:
        assert opened(port).read(10, want=Want.NEWEST_ADDRESS).newest_address.reveal() == address


def test_an_older_answer_in_the_same_chunk_is_skipped() -> None:
    other = card_data(TwinCard.synthetic().with_number("11010519491231002X"))
    turns = [Say(FIND, (other + FOUND,)), Say(SELECT, (FOUND + SELECTED,)), Say(READ, (SELECTED + CARD + NO_CARD,))]
    with MemoryPort(turns) as port:
        assert opened(port).read(10).number.reveal() == "110105199001020032"


@pytest.mark.parametrize(
    ("baud", "command"),
    [
        (115200, "AA AA AA 96 69 00 03 60 00 63"),
        (57600, "AA AA AA 96 69 00 03 60 01 62"),
        (38400, "AA AA AA 96 69 00 03 60 02 61"),
        (19200, "AA AA AA 96 69 00 03 60 03 60"),
        (9600, "AA AA AA 96 69 00 03 60 04 67"),
    ],
)
def test_another_speed_is_set_and_then_proven(baud: int, command: str) -> None:
    with MemoryPort([Say(bytes.fromhex(command), (ALIVE,)), Say(STATUS, (ALIVE,))]) as port:
        reader = SamVReader(port, set_baud=port.set_baud)
        reader.open()
        reader.change_speed(baud)
        assert port.bauds == [baud]


def test_a_module_that_fell_silent_is_asked_at_every_speed_the_next_time() -> None:
    alive, silent = Say(STATUS, (ALIVE,)), Say(STATUS, ())
    turns = [alive, silent, Say(SAM_ID, ()), *[silent] * 2, alive, alive, *[Say(SAM_ID, (MODULE,))] * 2]
    with MemoryPort(turns) as port:
        reader = SamVReader(port, set_baud=port.set_baud, bauds=BAUDS, timing=replace(Timing(), answer=0.1, detect=0.1))
        reader.open()
        assert reader.probe().state is DeviceState.UNKNOWN
        assert reader.probe().state is DeviceState.READY
        assert port.bauds == [115200, 115200, 9600, 57600]


def test_a_dialogue_with_something_left_over_fails() -> None:
    with pytest.raises(DialogueError), MemoryPort([Say(FIND, (NO_CARD,))]):
        pass
