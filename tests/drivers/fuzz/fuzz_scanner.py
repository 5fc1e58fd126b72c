"""What comes on a scanner's line: the first byte picks how the scanner is set up, the rest is what it sends."""

from __future__ import annotations

from drivers.code_scanner.codec import ENDS, CodeAssembler, Encoding, Framing, content_of
from drivers.code_scanner.redaction import harmless
from drivers.device import DeviceError, Fault

LONGEST = 64


def fuzz(data: bytes) -> None:
    """Codes or refusals, whole as in pieces; never more than the longest code in memory."""
    settings, stream = (data[0], data[1:]) if data else (0, b"")
    framing = Framing(
        suffix=list(ENDS)[settings % 6],
        prefix=b"\x02" if settings & 64 else b"",
        aim=bool(settings & 128),
        max_length=LONGEST,
        encoding=list(Encoding)[settings % 3],
        keeps_controls=bool(settings & 32),
    )
    whole, parts = CodeAssembler(framing), CodeAssembler(framing)
    found = whole.feed(stream, 1.0) + whole.quiet(9.0)
    one_by_one = [raw for value in stream for raw in parts.feed(bytes([value]), 1.0)] + parts.quiet(9.0)
    if [(raw.data, raw.damage) for raw in found] != [(raw.data, raw.damage) for raw in one_by_one]:
        raise AssertionError("it matters how the line cuts a code")
    for raw in found:
        if len(raw.data) > LONGEST and not raw.damage:
            raise AssertionError("longer than the longest")
        try:
            content = content_of(raw, framing)
        except DeviceError as refused:
            if refused.fault is not Fault.BAD_DATA or not refused.detail:
                raise
            continue
        if not content.data or content.data not in stream or not content.text:
            raise AssertionError("a code that was not sent")
    try:
        if len(harmless(stream)) != len(stream):
            raise AssertionError("a recording of another length")
    except ValueError:
        pass  # it is then not recorded
