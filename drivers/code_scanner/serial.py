"""A scanner on a serial line: RS-232, USB as a virtual serial port (CDC), or behind a converter.

``serial:///dev/serial/by-id/…?baud=9600&suffix=cr`` or ``tcp://host:port``. This is the way to connect a scanner:
the bytes come as they are in the code, and no other program gets them. Set up the scanner, by its own setting codes,
to "USB virtual COM port" (or RS-232), a suffix of CR, and Chinese as UTF-8.

A scanner that looks only when it is told to gets ``trigger`` and ``untrigger``, such as ``hex:16 54 0D`` and
``hex:16 55 0D`` (SYN T CR and SYN U CR, Honeywell, "Trigger Commands"). One that answers a question gets ``query`` and
``answer``, a part of the answer: only then its silence is noticed before somebody needs it.
"""

from __future__ import annotations

from collections.abc import Mapping

from drivers.code_scanner.codec import Framing, bytes_of
from drivers.code_scanner.redaction import redact
from drivers.code_scanner.scanner import COMMON, ArmedScanner, Commands, debounce_from, only_known
from drivers.device import DeviceError, Fault
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.line import line_of

BAUD = 9600
OPTIONS = COMMON | {"baud", "parity", "stopbits", "trigger", "untrigger", "again", "query", "answer", "ignore"}


def commands_from(options: Mapping[str, str]) -> Commands:
    """From ``trigger untrigger again query answer ignore``. Raises CONFIGURATION."""
    try:
        commands = Commands(
            trigger_on=bytes_of(options.get("trigger", "")),
            trigger_off=bytes_of(options.get("untrigger", "")),
            again=float(options.get("again", "4")),
            query=bytes_of(options.get("query", "")),
            answer=bytes_of(options.get("answer", "")),
            ignored=bytes_of(options.get("ignore", "")),
        )
        if bool(commands.query) != bool(commands.answer) or not 0.2 <= commands.again <= 600:
            raise ValueError
    except ValueError:
        raise DeviceError(
            Fault.CONFIGURATION,
            "trigger, untrigger, query, answer and ignore are hex:16 54 0D or ASCII; query and answer come together; "
            "again is 0.2 to 600 seconds",
        ) from None
    return commands


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> ArmedScanner:
    """Options: those of a serial line and of ``Framing``, ``Commands``, and ``debounce``."""
    del shared
    merged = {**url.options, **options}
    only_known(merged, OPTIONS)
    line = line_of(url, options, "scanner", baud=BAUD, redact=redact)
    return ArmedScanner(
        line.port, Framing.from_options(merged), commands=commands_from(merged), debounce=debounce_from(merged)
    )
