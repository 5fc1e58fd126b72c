"""From a ticket to paper: drawing it and making its bytes as the kiosk does, and whole prints on simulated printers."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from escpos.printer import Dummy
from PIL import Image

import ui
from drivers.loading import DeviceUrl
from drivers.ticket_printer.escpos import EscPosPrinter, make
from drivers.ticket_printer.port import Proof, Slip
from drivers.ticket_printer.twin import SimulatedPrinter
from hall24.bench import Figure, percentile
from kiosk.printing.fonts import find_fonts
from kiosk.printing.layouts import Layouts, PaperWords, TicketSlip
from queue_server.contract.messages import Text

ABOUT = "ticket printer: a whole ticket of 576 dots with its QR code, as picture and as native text"
URL = "https://hall.example.org/t/3F7K2Q9ZP0ABCDEFGHJKMNPQRS"
ROUNDS = 60
HALL, QUEUE = Text(zh="云山区政务服务中心", en="Yunshan Service Hall"), Text(zh="综合业务", en="General")


def measure(scratch: Path) -> list[Figure]:
    """Milliseconds and bytes, for pictures and for text, over TCP and USB."""
    del scratch
    layouts = Layouts(find_fonts(), PaperWords(Path(ui.__file__).parent / "i18n"))
    layouts.warm_up()
    figures: list[Figure] = []
    for mode, bytes_most in (("raster", 60_000), ("text", 2_000)):
        with SimulatedPrinter() as printer:
            driver = opened(printer, mode)
            ready = times(lambda driver=driver: driver.bytes_of(a_slip(layouts)))
            size = len(driver.bytes_of(a_slip(layouts)))
            driver.close()
        figures += [
            Figure(f"{mode}: from the request to bytes, p95", percentile(ready, 0.95), "ms", most=40),
            Figure(f"{mode}: bytes of the slip", size, "bytes", most=bytes_most),
        ]
    slip = a_slip(layouts)
    figures += against_escpos(slip)
    for line in ("tcp", "usb"):
        figures += prints(line, slip)
    return figures


def a_slip(layouts: Layouts) -> Slip:
    """As the kiosk makes it; the ticket is a reprint, which is the longest."""
    sheet = layouts.ticket(
        TicketSlip(
            HALL,
            "A012",
            QUEUE,
            datetime(2026, 3, 2, tzinfo=UTC),
            URL,
            ahead=3,
            low=8,
            high=20,
            masked_name="张*",
            reprint=1,
        )
    )
    slip = Slip("job", sheet.raster(), tuple(sheet.lines), URL)
    sheet.wipe()
    return slip


def times(act: Callable[[], object]) -> list[float]:
    """Milliseconds of each round."""
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()
        found.append((time.perf_counter() - began) * 1000)
    return found


def opened(printer: SimulatedPrinter, mode: str = "raster") -> EscPosPrinter:
    driver = make(DeviceUrl.parse(printer.url), {"mode": mode}, printer.shared)
    driver.open()
    return driver


def against_escpos(slip: Slip) -> list[Figure]:
    """The same picture through python-escpos, whose bytes any printer understands."""
    picture = slip.picture
    image = Image.frombytes("1", (picture.width, picture.height), bytes(byte ^ 0xFF for byte in picture.data))

    def theirs() -> bytes:
        dummy = Dummy(profile="TM-T20II")
        dummy.image(image, impl="bitImageRaster")
        dummy.cut(feed=False)
        return bytes(dummy.output)

    with SimulatedPrinter() as printer:
        driver = opened(printer)
        ours, other = times(lambda: driver.bytes_of(slip)), times(theirs)
        size = len(driver.bytes_of(slip))
        driver.close()
    return [
        Figure("picture to bytes ÷ python-escpos", percentile(ours, 0.5) / percentile(other, 0.5), "×", most=1.0),
        Figure("bytes ÷ python-escpos", size / len(theirs()), "×", most=1.0),
    ]


def prints(line: str, slip: Slip) -> list[Figure]:
    """Whole prints with proof, and when the printer has the first byte of anything, the questions before included."""
    first, whole = [], []
    with SimulatedPrinter(line=line) as printer:
        driver = opened(printer)
        for _ in range(ROUNDS):
            before = time.monotonic()
            printer.first_byte_at = None
            if driver.print(slip, 5) is not Proof.PROVEN or printer.first_byte_at is None:
                raise RuntimeError("no proof")
            first.append((printer.first_byte_at - before) * 1000)
            whole.append((time.monotonic() - before) * 1000)
        driver.close()
    return [
        Figure(
            f"{line}: from the request to the slip's first byte at the printer, p95",
            percentile(first, 0.95),
            "ms",
            most=50,
        ),
        Figure(f"{line}: questions, print and proof, p50", percentile(whole, 0.5), "ms"),
        Figure(f"{line}: questions, print and proof, p95", percentile(whole, 0.95), "ms"),
    ]
