"""The documented CRC-16 frame: golden vectors of the specification, noise, chunks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Fault
from drivers.seams.frames import CHECKSUMS, MAX_PAYLOAD, Frame, FrameParser, encode_frame

GOLDEN = [
    (Frame(1, 0, 0x01), "55 AA 01 01 00 01 00 00 6D CA"),
    (Frame(3, 7, 0x21, b"\x05"), "55 AA 01 03 07 21 01 00 05 25 CC"),
    (
        Frame(2, 9, 0x10, b"\x00" + "A001 请到3号窗口".encode("gb18030")),
        "55 AA 01 02 09 10 11 00 00 41 30 30 31 20 C7 EB B5 BD 33 BA C5 B4 B0 BF DA E5 8B",
    ),
]
FRAMES = st.builds(Frame, *[st.integers(0, 255)] * 3, st.binary(max_size=40))


@pytest.mark.parametrize(("frame", "text"), GOLDEN)
def test_the_golden_vectors_are_written_and_read(frame: Frame, text: str) -> None:
    assert encode_frame(frame).hex(" ").upper() == text
    assert FrameParser().feed(bytes.fromhex(text)) == [frame]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("crc16-modbus", 0x4B37),
        ("crc16-arc", 0xBB3D),
        ("crc16-ccitt", 0x29B1),
        ("xor", 0x31),
        ("sum8", 0xDD),
        ("sum16", 0x01DD),
        ("lrc", 0x23),
    ],
)
def test_every_checksum_has_its_check_value(name: str, value: int) -> None:
    assert CHECKSUMS[name].of(b"123456789") == value
    assert value < 1 << 8 * CHECKSUMS[name].size


@given(st.lists(FRAMES, max_size=4), st.lists(st.integers(1, 30), min_size=1, max_size=20))
def test_frames_are_found_whatever_the_chunks(frames: list[Frame], sizes: list[int]) -> None:
    data = b"".join(map(encode_frame, frames))
    parser, found, place, turn = FrameParser(), [], 0, 0
    while place < len(data):
        size = sizes[turn % len(sizes)]
        found += parser.feed(data[place : place + size])
        place, turn = place + size, turn + 1
    assert found == frames
    assert parser.spoiled == 0
    assert not parser.waiting


@given(FRAMES, st.integers(0, 400), st.integers(1, 255))
def test_a_changed_byte_makes_no_other_frame(frame: Frame, place: int, change: int) -> None:
    data = bytearray(encode_frame(frame))
    data[place % len(data)] ^= change
    parser = FrameParser()
    assert parser.feed(bytes(data)) + parser.pause() == []


@given(st.binary(max_size=60), FRAMES)
def test_noise_before_a_frame_does_not_hide_it_for_longer_than_a_pause(noise: bytes, frame: Frame) -> None:
    parser = FrameParser()
    assert frame in parser.feed(noise + encode_frame(frame)) + parser.pause()


def test_two_frames_in_one_chunk_and_half_a_frame_after_them() -> None:
    first, second = (bytes.fromhex(text) for _, text in GOLDEN[:2])
    parser = FrameParser()
    assert parser.feed(first + second + first[:5]) == [GOLDEN[0][0], GOLDEN[1][0]]
    assert parser.waiting
    assert parser.feed(first[5:]) == [GOLDEN[0][0]]


def test_a_frame_of_another_version_or_too_long_is_none() -> None:
    frame = bytearray.fromhex(GOLDEN[0][1])
    frame[2] = 2
    parser = FrameParser()
    assert parser.feed(bytes(frame)) == []
    assert parser.feed(bytes.fromhex("55 AA 01 01 00 01 01 01") + bytes.fromhex(GOLDEN[0][1])) == [GOLDEN[0][0]]


@pytest.mark.parametrize("frame", [Frame(256, 0, 1), Frame(1, -1, 1), Frame(1, 1, 1, bytes(MAX_PAYLOAD + 1))])
def test_what_no_frame_can_hold_is_refused(frame: Frame) -> None:
    with pytest.raises(DeviceError) as caught:
        encode_frame(frame)
    assert caught.value.fault is Fault.BAD_DATA


def test_the_longest_frame_passes() -> None:
    longest = Frame(1, 1, 0x10, bytes(range(256)))
    assert FrameParser().feed(encode_frame(longest)) == [longest]
