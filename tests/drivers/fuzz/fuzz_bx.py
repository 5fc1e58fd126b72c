"""What an Onbon card answers: frames, and the status in them."""

from __future__ import annotations

from drivers.device import DeviceError
from drivers.window_display import bx_codec as codec
from drivers.window_display.bx_codec import FrameParser


def fuzz(data: bytes) -> None:
    """Whole packets with a right checksum or nothing, the same however the bytes are cut."""
    whole = FrameParser().feed(data)
    pieces = FrameParser()
    half = len(data) // 2
    if [*pieces.feed(data[:half]), *pieces.feed(data[half:])] != whole:
        raise AssertionError("other packets in two pieces than in one")
    for packet in whole:
        if FrameParser().feed(codec.encode(packet))[0].data != packet.data:
            raise AssertionError("a packet does not survive being sent")
    for status in (*(packet.data for packet in whole), data):
        try:
            said = codec.parse_status(status)
        except DeviceError:
            continue
        if said.areas is not None and len(said.areas) > len(status):
            raise AssertionError("more areas than bytes")
    try:
        text = codec.encode_text(data.decode("utf-8", errors="replace"))
    except DeviceError:
        return
    if b"\\" in text:
        raise AssertionError("a text that is a control sequence")
