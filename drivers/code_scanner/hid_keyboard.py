"""A scanner that acts as a keyboard, held by an exclusive grab: ``input:///dev/input/by-id/usb-…-event-kbd``.

Without the grab what it types would go into whichever field has the focus, and to the console. The serial line is the
better way (see ``serial``): this one loses what the American keyboard does not have unless the scanner types it as Alt
and a number. Set it up, by its own setting codes, to the American keyboard, a suffix of Enter, and for Chinese to
"Alt + keypad" with UTF-8 or GBK bytes (``alt=bytes``), GBK numbers (``alt=gbk``) or Unicode numbers (``alt=unicode``).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from drivers.code_scanner.codec import Framing
from drivers.code_scanner.keys import Alt, Typewriter
from drivers.code_scanner.redaction import redact_events
from drivers.code_scanner.scanner import COMMON, ArmedScanner, debounce_from, only_known
from drivers.device import DeviceError, Fault
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bytes_port import BytesPort, TracedPort
from drivers.seams.input_port import InputPort, grab_of_a_stand_in, grab_of_the_kernel
from drivers.seams.line import dressed
from drivers.seams.recording import ReplayPort

OPTIONS = COMMON | {"alt", "simulated"}


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> ArmedScanner:
    """Options: those of ``Framing``, ``debounce``, ``alt``; ``simulated=yes`` for a keyboard that is a twin."""
    del shared
    merged = {**url.options, **options}
    only_known(merged, OPTIONS)
    try:
        alt = Alt(merged.get("alt", "bytes"))
    except ValueError:
        raise DeviceError(Fault.CONFIGURATION, "alt is bytes, gbk or unicode") from None
    framing = Framing.from_options(merged)
    return ArmedScanner(_port(url, merged), framing, wire=Typewriter(alt), debounce=debounce_from(merged))


def _port(url: DeviceUrl, options: Mapping[str, str]) -> BytesPort:
    if url.scheme == "replay":
        return TracedPort(ReplayPort(Path(url.place)), "scanner")
    if url.scheme != "input":
        raise DeviceError(Fault.CONFIGURATION, "a scanner that types is input:///dev/input/by-id/…-event-kbd")
    try:
        simulated = {"yes": True, "no": False}[options.get("simulated", "no")]
    except KeyError:
        raise DeviceError(Fault.CONFIGURATION, "simulated is yes or no") from None
    if simulated:
        logging.getLogger("drivers.twin").warning("SIMULATED scanner: a lock in the place of the kernel's grab")
    port = InputPort(url.place, grab_of_a_stand_in if simulated else grab_of_the_kernel)
    return dressed(port, "scanner", options, redact=redact_events)
