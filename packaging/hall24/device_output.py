"""What ``hall device`` puts out on an open device: a file on paper, a line on a display, a lamp, a sound."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from drivers.device import Cancel, Device, DeviceError, Fault, Secret
from drivers.document_printer.port import Document, DocumentPrinter
from drivers.indicators.port import Indicators
from drivers.speaker.port import Speaker
from drivers.ticket_printer.port import Slip, TicketPrinter
from drivers.window_display.port import WindowDisplay


class Switched(StrEnum):
    """What an output is to do."""

    ON = "on"
    OFF = "off"
    FLASH = "flash"


def print_slip(device: Device, file: Path, timeout: float) -> dict[str, Any]:
    """Prints a picture or a text as one slip; ``proof`` is the printer's own word."""
    from hall24.device_paper import of_file

    printer = cast("TicketPrinter", device)
    picture, lines = of_file(file, printer.capabilities.width_dots)
    begin = time.monotonic()
    proof = printer.print(Slip(_job(), picture, lines), timeout)
    elapsed = _ms(time.monotonic() - begin)
    return {"proof": proof.value, "widthDots": picture.width, "rows": picture.height, "elapsedMs": elapsed}


def print_pages(device: Device, file: Path, timeout: float) -> dict[str, Any]:
    """Prints a PDF as it is, a picture or a text on A4; ``proof`` says whose word it is that the pages came out."""
    from hall24.device_paper import pdf_of_file

    content = pdf_of_file(file)
    printer = cast("DocumentPrinter", device)
    begin = time.monotonic()
    printed = printer.print(Document(_job(), Secret(content)), timeout)
    elapsed = _ms(time.monotonic() - begin)
    return {"job": printed.job, "proof": printed.proof.value, "pages": printed.pages, "elapsedMs": elapsed}


PRINT: Mapping[str, Callable[[Device, Path, float], dict[str, Any]]] = {
    "ticket_printer": print_slip,
    "document_printer": print_pages,
}


def show(device: Device, text: str) -> dict[str, Any]:
    """Shows a line, or clears the display for an empty one."""
    display = cast("WindowDisplay", device)
    begin = time.monotonic()
    if text:
        display.show(text)
    else:
        display.clear()
    columns = display.capabilities.columns
    return {"shown": text, "columns": columns, "elapsedMs": _ms(time.monotonic() - begin)}


def switch(device: Device, name: str, to: Switched, seconds: float) -> dict[str, Any]:
    """Switches one output and leaves it so for some seconds; closing the device puts it back to what is safe."""
    indicators = cast("Indicators", device)
    if to is Switched.FLASH:
        indicators.flash(name)
    else:
        indicators.set(name, to is Switched.ON)
    said = dict(indicators.states()) if indicators.capabilities.reads_back else None
    Cancel().wait(seconds)
    return {"name": name, "set": to.value, "states": said, "seconds": seconds}


def play(device: Device, file: Path, timeout: float) -> dict[str, Any]:
    """Plays one WAV to its end."""
    cancel = Cancel()
    begin = time.monotonic()
    try:
        wav = file.read_bytes()
    except OSError as error:
        raise DeviceError(Fault.CONFIGURATION, f"the file cannot be read: {type(error).__name__}") from None
    cast("Speaker", device).play(wav, timeout=timeout, cancel=cancel)
    return {"played": len(wav), "elapsedMs": _ms(time.monotonic() - begin)}


def _job() -> str:
    return f"installer-{uuid.uuid4().hex[:12]}"


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
