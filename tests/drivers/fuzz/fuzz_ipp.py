"""What a printer or a spooler answers: an IPP message, and what is read out of it."""

from __future__ import annotations

from drivers.device import DeviceError
from drivers.document_printer import codec, operations, recorded


def fuzz(data: bytes) -> None:
    """A message or a refusal with a reason; what was understood once is understood again."""
    try:
        message, rest = codec.decode(data)
    except DeviceError:
        return
    if not data.endswith(rest):
        raise AssertionError("the document is what is left")
    written = codec.encode(message)
    again, nothing = codec.decode(written)
    if again != message or nothing:
        raise AssertionError("another message when it is written and read again")
    kept, _ = codec.decode(codec.encode(recorded.redacted(message, "kiosk-1", frozenset({"job-1"}))))
    if any(job.name not in {"", "job-1", "other"} for job in operations.jobs_of(kept)):
        raise AssertionError("somebody's job has its name in a recording")
    operations.jobs_of(message)
    operations.refusal(message)
    try:
        printer = operations.printer_of(message, spooler=False)
    except DeviceError:
        return
    codes = [condition.code for condition in printer.finding.conditions]
    if len(codes) != len(set(codes)):
        raise AssertionError("a condition is said twice")
