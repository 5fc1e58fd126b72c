"""Frames of GA/T 467, byte for byte from the device notes (section 1.2), and by property."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.id_card_reader import codec
from drivers.id_card_reader.codec import ReplyParser

bodies = st.binary(min_size=3, max_size=400)


@pytest.mark.parametrize(
    ("command", "request_bytes"),
    [
        (codec.RESET, "AA AA AA 96 69 00 03 10 FF EC"),
        (codec.STATUS, "AA AA AA 96 69 00 03 11 FF ED"),
        (codec.SAM_ID, "AA AA AA 96 69 00 03 12 FF EE"),
        (codec.FIND, "AA AA AA 96 69 00 03 20 01 22"),
        (codec.SELECT, "AA AA AA 96 69 00 03 20 02 21"),
        (codec.READ, "AA AA AA 96 69 00 03 30 01 32"),
        (codec.READ_WITH_FINGERPRINT, "AA AA AA 96 69 00 03 30 10 23"),
        (codec.READ_ADDRESS, "AA AA AA 96 69 00 03 30 03 30"),
        (bytes.fromhex("61 FF 50"), "AA AA AA 96 69 00 04 61 FF 50 CA"),
    ],
)
def test_requests_are_the_bytes_of_the_manual(command: bytes, request_bytes: str) -> None:
    assert codec.frame(command) == bytes.fromhex(request_bytes)


@pytest.mark.parametrize(
    ("reply_bytes", "status", "length"),
    [
        ("AA AA AA 96 69 00 08 00 00 9F 00 00 00 00 97", codec.FOUND, 4),
        ("AA AA AA 96 69 00 04 00 00 80 84", codec.FIND_FAILED, 0),
        ("AA AA AA 96 69 00 0C 00 00 90 00 00 00 00 00 00 00 00 9C", codec.OK, 8),
        ("AA AA AA 96 69 00 04 00 00 81 85", codec.SELECT_FAILED, 0),
        ("AA AA AA 96 69 00 04 00 00 41 45", codec.READ_FAILED, 0),
    ],
)
def test_replies_of_the_manual_are_understood(reply_bytes: str, status: int, length: int) -> None:
    replies = ReplyParser().feed(bytes.fromhex(reply_bytes))
    assert [(reply.status, len(reply.data)) for reply in replies] == [(status, length)]


def test_reply_frames_have_the_lengths_of_the_manual() -> None:
    assert codec.frame_length(4 + 256 + 1024) == 1295
    assert codec.frame_length(6 + 256 + 1024) == 1297
    assert codec.frame_length(6 + 256 + 1024 + 512) == 1809
    assert codec.frame_length(6 + 256 + 1024 + 1024) == 2321


@given(st.lists(bodies, max_size=4), st.integers(1, 50))
def test_frames_are_found_however_the_line_cuts_them(contents: list[bytes], chunk: int) -> None:
    stream = b"".join(codec.frame(body) for body in contents)
    parser = ReplyParser()
    replies = [reply for at in range(0, len(stream), chunk) for reply in parser.feed(stream[at : at + chunk])]
    assert [bytes(reply.data) for reply in replies] == [body[3:] for body in contents]
    assert parser.unfinished == 0


@given(st.binary(max_size=60).filter(lambda noise: codec.PREAMBLE not in noise), bodies)
def test_noise_without_a_preamble_is_skipped(noise: bytes, body: bytes) -> None:
    replies = ReplyParser().feed(noise + codec.frame(body))
    assert [bytes(reply.data) for reply in replies] == [body[3:]]


@given(bodies, st.integers(min_value=0), st.integers(1, 255), bodies)
def test_a_damaged_frame_is_given_up_and_the_next_one_found(body: bytes, at: int, flip: int, following: bytes) -> None:
    damaged = bytearray(codec.frame(body))
    damaged[7 + at % (len(damaged) - 7)] ^= flip
    parser = ReplyParser()
    assert parser.feed(bytes(damaged)) == []
    assert parser.damaged == 1
    assert [bytes(reply.data) for reply in parser.feed(codec.frame(following))] == [following[3:]]


@given(bodies, st.data())
def test_a_cut_frame_yields_nothing(body: bytes, data: st.DataObject) -> None:
    frame = codec.frame(body)
    cut = data.draw(st.integers(0, len(frame) - 1))
    parser = ReplyParser()
    assert parser.feed(frame[:cut]) == []
    assert parser.unfinished <= cut


@given(st.binary(max_size=3000))
def test_no_bytes_can_upset_the_parser(stream: bytes) -> None:
    for reply in ReplyParser().feed(stream):
        assert 0 <= reply.status <= 255


def test_an_impossible_length_does_not_swallow_the_next_frame() -> None:
    lying = codec.PREAMBLE + b"\xff\xff"
    good = bytes.fromhex("AA AA AA 96 69 00 04 00 00 80 84")
    assert [reply.status for reply in ReplyParser().feed(lying + good)] == [codec.FIND_FAILED]


def test_a_read_reply_is_cut_by_its_own_lengths() -> None:
    blocks = codec.split_read_reply(b"\x01\x00\x04\x00" + b"t" * 256 + b"p" * 1024)
    assert (blocks.text, blocks.photo) == (b"t" * 256, b"p" * 1024)
    data = b"\x01\x00\x04\x00\x02\x00" + b"t" * 256 + b"p" * 1024 + b"f" * 512
    with_finger = codec.split_read_reply(data, with_fingerprints=True)
    assert (with_finger.text, with_finger.photo) == (b"t" * 256, b"p" * 1024)


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x01\x00\x04\x00", b"\x01\x00\x04\x00" + b"t" * 1279])
def test_lengths_that_do_not_add_up_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"length"):
        codec.split_read_reply(data)


def test_the_module_number_is_shown_as_it_is_printed_on_readers() -> None:
    number = bytes.fromhex("0500 0100") + (20170823).to_bytes(4, "little") + (1234).to_bytes(4, "little") + bytes(4)
    assert codec.format_sam_id(number) == "05.01-20170823-0000001234-0000000000"


def test_a_description_says_the_command_and_nothing_it_carries() -> None:
    assert codec.describe(codec.frame(bytes.fromhex("61 FF 50"))) == "61 FF"
    assert codec.describe(b"anything") == "?"


def test_a_reply_does_not_show_what_it_holds() -> None:
    reply = ReplyParser().feed(codec.frame(b"\x00\x00\x90" + "张演示".encode("utf-16-le")))[0]
    assert repr(reply) == "Reply(status=90, length=6)"
    reply.wipe()
    assert bytes(reply.data) == bytes(6)
