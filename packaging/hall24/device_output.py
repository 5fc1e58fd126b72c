"""What ``hall device`` puts out on an open device: a file on paper, a line on a display."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from drivers.device import Device
from drivers.ticket_printer.port import Slip, TicketPrinter
from drivers.window_display.port import WindowDisplay


def print_slip(device: Device, file: Path, timeout: float) -> dict[str, Any]:
    """Prints a picture or a text as one slip; ``proof`` is the printer's own word."""
    from hall24.device_paper import of_file

    printer = cast("TicketPrinter", device)
    picture, lines = of_file(file, printer.capabilities.width_dots)
    begin = time.monotonic()
    proof = printer.print(Slip(f"installer-{uuid.uuid4().hex[:12]}", picture, lines), timeout)
    elapsed = round((time.monotonic() - begin) * 1000)
    return {"proof": proof.value, "widthDots": picture.width, "rows": picture.height, "elapsedMs": elapsed}


def show(device: Device, text: str) -> dict[str, Any]:
    """Shows a line, or clears the display for an empty one."""
    display = cast("WindowDisplay", device)
    begin = time.monotonic()
    if text:
        display.show(text)
    else:
        display.clear()
    columns = display.capabilities.columns
    return {"shown": text, "columns": columns, "elapsedMs": round((time.monotonic() - begin) * 1000)}


PRINT: Mapping[str, Callable[[Device, Path, float], dict[str, Any]]] = {
    "ticket_printer": print_slip,
}
