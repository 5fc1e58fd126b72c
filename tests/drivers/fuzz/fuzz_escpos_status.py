"""What an ESC/POS printer answers, in chunks of any size."""

from __future__ import annotations

from drivers.device import DeviceState
from drivers.ticket_printer import status
from drivers.ticket_printer.status import TIMES, AnswerParser, Automatic, Processed, RealTime


def fuzz(data: bytes) -> None:
    """Chunks make no difference, every answer can be judged, and a proof has its answers."""
    data = data[:400]
    size = data[0] % 7 + 1 if data else 1
    whole, pieces = AnswerParser(), AnswerParser()
    answers = whole.feed(data)
    if answers != [answer for start in range(0, len(data), size) for answer in pieces.feed(data[start : start + size])]:
        raise AssertionError("chunks make a difference")
    for answer in answers:
        if isinstance(answer, RealTime):
            found = [answer.findings(which) for which in (1, 2, 3, 4)]
        elif isinstance(answer, Automatic):
            found = [answer.findings]
        else:
            continue
        if any(status.state(one) not in (DeviceState.READY, DeviceState.IMPAIRED, DeviceState.FAULT) for one in found):
            raise AssertionError("a finding that is no state")
    for answer in answers:
        if isinstance(answer, Processed) and data.count(answer.byte) < TIMES:
            raise AssertionError("a proof without its answers")
