"""Frames of Onbon cards against those of the maker's document (version 1.4, 2021), byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Fault
from drivers.window_display import bx_codec as codec
from drivers.window_display.bx import Look
from drivers.window_display.bx_codec import Area, Command, Effect, FrameParser, Packet
from drivers.window_display.port import Style

HEAD = "A5 A5 A5 A5 A5 A5 A5 A5 "
PING = HEAD + "01 00 00 80 00 00 00 00 00 00 FE 02 05 00 A2 00 01 00 00 68 F8 5A"
WELCOME = HEAD + (
    "FE FF 00 80 00 00 00 00 00 00 FE 02 2C 00 A3 06 01 00 00 00 01 23 00 00 00 80 00 00 80 80 20 00 00 00 00 0A 00 "
    "00 00 00 02 01 01 00 02 0A 08 00 00 00 BB B6 D3 AD B9 E2 C1 D9 3C 49 5A"
)
ACK = "A5 " + HEAD + "00 80 FE FF 00 00 00 00 00 00 FE 02 05 00 A0 00 00 00 00 14 AC 5A"
NACK = "A5 " + HEAD + "00 80 FE FF 00 00 00 00 00 00 FE 02 05 00 A0 01 05 00 00 05 51 5A"

DOCUMENT = [
    ("example 1, show a line", WELCOME),
    ("example 4, ACK", ACK),
    ("example 5, NACK", NACK),
    (
        "example 6, begin a file",
        HEAD + "FE FF 00 80 00 00 00 00 00 00 FE 02 0E 00 A1 05 01 00 00 01 50 30 30 30 47 00 00 00 48 14 5A",
    ),
    (
        "example 7, write a file",
        HEAD + "FE FF 00 80 00 00 00 00 00 00 FE 02 59 00 A1 06 01 00 00 50 30 30 30 01 00 00 47 00 00 00 00 00 00 "
        "50 30 30 30 47 00 00 00 FF 00 00 01 FF FF FF FF FF FF FF FF 01 00 00 01 2C 00 00 00 00 00 80 00 00 80 80 20 "
        "00 FF 00 00 00 00 00 00 00 02 02 02 00 0A 0A 0D 00 00 00 BB B6 D3 AD B9 E2 C1 D9 4F 6E 62 6F 6E 0F 18 EC F0 "
        "5A",
    ),
    (
        "example 10, two parts",
        HEAD + "01 00 00 80 00 00 00 00 00 00 63 02 77 00 A1 06 01 00 00 50 30 30 30 01 00 00 65 00 00 00 00 00 00 "
        "50 30 30 30 65 00 00 00 FF 00 00 01 FF FF FF FF FF FF FF FF 01 00 00 02 27 00 00 00 00 00 80 00 00 80 80 10 "
        "00 FF 00 00 00 00 00 00 00 02 02 03 00 0A 0A 08 00 00 00 BB B6 D3 AD B9 E2 C1 D9 23 00 00 00 00 00 80 10 00 "
        "80 80 10 00 FF 00 00 00 00 00 00 00 02 02 03 00 0A 0A 04 00 00 00 31 32 33 34 8A EC F7 4C 5A",
    ),
    (
        "8.3.1, special area",
        HEAD + "01 00 00 80 00 00 00 00 00 00 FE 02 1D 00 A4 01 01 00 00 28 00 00 00 08 00 40 00 00 01 00 02 00 02 00 "
        "02 0A 00 00 00 00 00 00 00 FD C0 5A",
    ),
    (
        "8.3.2, a page",
        HEAD + "01 00 00 80 00 00 00 00 00 00 FE 02 17 00 A4 02 01 00 00 00 0F 00 77 77 77 2E 6F 6E 62 6F 6E 62 78 2E "
        "63 6F 6D 68 B5 5A",
    ),
    ("8.3.3, delete a page", HEAD + "01 00 00 80 00 00 00 00 00 00 FE 02 06 00 A4 09 01 00 00 00 65 9C 5A"),
    ("8.3.5, delete the special area", HEAD + "01 00 00 80 00 00 00 00 00 00 FE 02 05 00 A4 04 01 00 00 E1 C8 5A"),
    (
        "8.3.7, MAC address",
        HEAD + "FE FF 00 80 00 00 00 00 00 00 FE 02 0B 00 A4 06 01 00 00 00 FF FE 83 A8 56 1C 2C 5A",
    ),
    ("8.5, format", HEAD + "01 00 00 80 00 00 00 00 00 00 FE 02 05 00 A1 00 01 00 00 2C F8 5A"),
    ("8.7, PING", PING),
    (
        "8.10, set the clock",
        HEAD + "01 00 00 80 00 00 00 00 00 00 FE 02 0D 00 A2 03 01 08 00 13 20 01 25 11 17 26 05 B0 3F 5A",
    ),
    (
        "8.18, lock",
        HEAD + "01 00 00 80 00 00 00 00 00 00 FE 02 0B 00 A3 04 01 00 00 00 01 50 30 30 30 C2 40 5A",
    ),
    (
        "8.18, unlock",
        HEAD + "01 00 00 80 00 00 00 00 00 00 FE 02 0B 00 A3 04 01 00 00 00 00 50 30 30 30 FF 80 5A",
    ),
    (
        "11.2, begin a file",
        HEAD + "01 00 00 80 00 00 00 00 00 00 FE 02 0E 00 A1 05 01 00 00 01 50 30 30 30 49 00 00 00 E2 16 5A",
    ),
]


def raw(text: str) -> bytes:
    return bytes.fromhex(text)


@pytest.mark.parametrize("frame", [frame for _, frame in DOCUMENT], ids=[name for name, _ in DOCUMENT])
def test_every_frame_of_the_document_is_understood_and_made_again(frame: str) -> None:
    (packet,) = FrameParser().feed(raw(frame))
    made = codec.encode(packet)
    assert made == raw(frame).replace(b"\xa5" * 9, b"\xa5" * 8)


def test_a_ping_is_the_one_of_the_document() -> None:
    assert codec.encode(Packet(1, 0x8000, codec.request(Command.PING))) == raw(PING)


def test_a_line_is_the_one_of_the_document() -> None:
    area = Area("欢迎光临".encode("gb2312"), width=128, height=32, timeout=10)
    assert codec.encode(Packet(0xFFFE, 0x8000, codec.show_area(area))) == raw(WELCOME)


@pytest.mark.parametrize(
    ("data", "frame"),
    [
        (codec.request(Command.CLEAR_SCREEN), "A3 10 01 00 00"),
        (codec.switch(True), "A3 00 01 00 00 01"),
        (codec.switch(False), "A3 00 01 00 00 02"),
        (codec.set_brightness(15), "A3 02 01 00 00 01 0F"),
        (codec.request(Command.STATUS), "A1 02 01 00 00"),
        (codec.request(Command.PING, answer=False), "A2 00 02 00 00"),
        (codec.delete_area(3), "A3 06 01 00 00 01 03 00"),
    ],
)
def test_requests_are_laid_out_as_chapter_8_says(data: bytes, frame: str) -> None:
    assert data == raw(frame)


def test_clearing_the_screen_has_the_checksum_that_the_facts_give() -> None:
    assert codec.encode(Packet(1, 0x8000, codec.request(Command.CLEAR_SCREEN)))[-3:] == raw("51 F8 5A")


def test_the_four_bytes_that_frames_are_made_of_are_escaped_and_the_checksum_stands_before_that() -> None:
    packet = Packet(0x5AA5, 0x5BA6, raw("A2 00 01 00 00 A5 A6 5A 5B"))
    frame = codec.encode(packet)
    inner = frame[8:-1]
    assert b"\xa5" not in inner
    assert b"\x5a" not in inner
    assert raw("A6 02 A6 01 5B 02 5B 01") in inner
    assert FrameParser().feed(frame) == [packet]


@given(st.binary(min_size=5, max_size=200), st.integers(1, 60), st.binary(max_size=20))
def test_a_frame_is_found_in_pieces_of_any_size_behind_rubbish(data: bytes, size: int, rubbish: bytes) -> None:
    packet = Packet(7, 0x8123, data, overlay=True)
    stream = rubbish + codec.encode(packet)
    parser = FrameParser()
    found = [one for at in range(0, len(stream), size) for one in parser.feed(stream[at : at + size])]
    assert found == [packet]


def test_two_frames_in_one_piece_are_two() -> None:
    frames = [codec.encode(Packet(1, 0x8000 + number, codec.request(Command.PING))) for number in (1, 2)]
    assert [packet.sender for packet in FrameParser().feed(b"".join(frames))] == [0x8001, 0x8002]


@given(st.data())
def test_one_wrong_bit_makes_no_other_packet(data: st.DataObject) -> None:
    frame = bytearray(raw(WELCOME))
    at = data.draw(st.integers(8, len(frame) - 2))
    frame[at] ^= 1 << data.draw(st.integers(0, 7))
    parser = FrameParser()
    (good,) = FrameParser().feed(raw(WELCOME))
    assert all(packet == good for packet in parser.feed(bytes(frame)))


SLIP_OF_THE_PEN = (
    HEAD + "FE FF 00 80 00 00 00 00 00 00 FE 02 31 00 A4 05 01 00 00 02 C0 A8 00 EB FF FF FF 00 C0 A8 00 01 8D 13 "
    "00 C0 A8 00 01 71 17 30 30 30 30 30 30 30 30 14 00 42 58 2D 4E 45 54 30 30 30 30 30 16 90 5A"
)
"""The frame of 8.3.6 as printed: 49 bytes are announced and 48 come."""


@pytest.mark.parametrize(
    "frame",
    [
        SLIP_OF_THE_PEN,
        WELCOME.replace("3C 49", "3C 48"),
        WELCOME.replace("2C 00 A3", "2D 00 A3"),
        PING.replace("A2 00 01", "A2 A6 03"),
        HEAD + "01 00 5A",
        HEAD + "5A",
    ],
)
def test_a_wrong_frame_is_none(frame: str) -> None:
    parser = FrameParser()
    assert parser.feed(raw(frame)) == []
    assert [packet.to for packet in parser.feed(raw(PING))] == [1], "and the next one is found"


def test_a_frame_without_an_end_does_not_grow_for_ever() -> None:
    parser = FrameParser()
    assert parser.feed(b"\xa5" + bytes(100_000)) == []
    assert parser.broken == 1


STATUS = "A1 02 00 00 00 01 0A 20 26 05 06 03 09 00 00 01 50 30 30 30"
TAIL = "00 " * 28


@pytest.mark.parametrize(
    ("reply", "areas"),
    [
        (f"{STATUS} 00 00 02 00 03 {TAIL}", {0, 3}),
        (f"{STATUS} 01 05 00 {TAIL}", set()),
        (f"{STATUS} 01 04 {TAIL}", {4}),
        (f"{STATUS} 00 {TAIL}", set()),
        (f"{STATUS} 00 00 02 00 03", None),
    ],
    ids=["two areas", "none beside the special one", "BX-5K1, one area", "BX-5K1, none", "another form"],
)
def test_a_status_says_which_areas_there_are(reply: str, areas: set[int] | None) -> None:
    status = codec.parse_status(raw(reply))
    assert (status.on, status.brightness) == (True, 10)
    assert status.areas == areas


def test_a_status_that_is_none_is_refused() -> None:
    with pytest.raises(DeviceError) as caught:
        codec.parse_status(raw("A1 02 00 00"))
    assert caught.value.fault is Fault.BAD_DATA


@pytest.mark.parametrize(
    ("text", "coded"),
    [
        ("A012 请到3号窗口", "A012 请到3号窗口"),
        ("\\C2\\n\\DH", "＼C2＼n＼DH"),
        ("5¥\u00a0—·", "5￥ —·"),
    ],
)
def test_a_text_is_gb2312_and_never_a_control_sequence(text: str, coded: str) -> None:
    assert codec.encode_text(text) == coded.encode("gb18030")
    assert b"\\" not in codec.encode_text(text)


@given(st.text(max_size=40))
def test_no_text_at_all_can_be_a_control_sequence(text: str) -> None:
    try:
        coded = codec.encode_text(text)
    except DeviceError:
        return
    assert b"\\" not in coded
    assert min(coded, default=32) >= 32
    coded.decode("gb2312")


@pytest.mark.parametrize("sign", ["龘", "繁體", "😀", "\n", "\x1b", "ñ", "€"])
def test_what_the_card_has_no_font_for_is_refused(sign: str) -> None:
    with pytest.raises(DeviceError) as caught:
        codec.encode_text(f"A012{sign}")
    assert caught.value.fault is Fault.BAD_DATA


def test_a_line_that_fits_stands_still_in_the_middle_and_a_longer_one_scrolls() -> None:
    look = Look(width=128, height=16)
    assert look.columns == 16
    fits = look.area_of("A012 请到3号窗口", Style.BLINK)
    assert (fits.effect, fits.alignment) == (Effect.STATIC, 0b1010)
    assert fits.text.startswith(b"\\FO000\\FE000\\C1A012 ")
    assert look.area_of("A012 请到13号窗口", Style.STEADY).effect is Effect.LEFT
    assert look.area_of("A012", Style.SCROLL).effect is Effect.LEFT
    assert Look(width=128, height=32, font=32).columns == 8


@pytest.mark.parametrize(("generation", "most"), [(512, 512 - 27 - 15), (1024, 1024 - 27 - 15)])
def test_a_line_longer_than_the_card_holds_is_refused_and_not_cut(generation: int, most: int) -> None:
    look = Look(area_bytes=generation)
    assert len(look.area_of("A" * most, Style.STEADY).encode()) == generation
    with pytest.raises(DeviceError) as caught:
        look.area_of("A" * (most + 1), Style.STEADY)
    assert caught.value.fault is Fault.BAD_DATA


def test_an_area_that_expires_says_so_to_the_card() -> None:
    assert (Look(expires=180).area_of("A", Style.STEADY).run_mode, Look().area_of("A", Style.STEADY).run_mode) == (2, 0)
