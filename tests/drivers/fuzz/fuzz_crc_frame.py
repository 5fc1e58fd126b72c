"""The CRC-16 frame in what arrives, whole and in chunks."""

from __future__ import annotations

from drivers.seams.frames import MAX_PAYLOAD, FrameParser, encode_frame


def fuzz(data: bytes) -> None:
    """The same frames whatever the chunks; each one is in the data; nothing is kept that cannot become a frame."""
    data = data[:3000]
    whole, pieces = FrameParser(), FrameParser()
    frames = whole.feed(data)
    size = data[0] % 7 + 1 if data else 1
    found = [frame for start in range(0, len(data), size) for frame in pieces.feed(data[start : start + size])]
    if found != frames:
        raise AssertionError("chunks change what is found")
    if any(encode_frame(frame) not in data for frame in frames):
        raise AssertionError("a frame that was not there")
    for parser in (whole, pieces):
        parser.pause()
        if parser.waiting or len(parser._heard) > MAX_PAYLOAD + 10:
            raise AssertionError("something is kept over a silence")
