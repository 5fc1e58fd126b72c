"""A ticket's picture as printer bytes, and a whole print with proof on a simulated network printer."""

from __future__ import annotations

import io
import time
from pathlib import Path

import segno
from PIL import Image, ImageDraw

from drivers.loading import make_device
from drivers.ticket_printer import codec
from drivers.ticket_printer.escpos import EscPosPrinter
from drivers.ticket_printer.port import Proof, Raster, Slip
from drivers.ticket_printer.text_slip import text_slip
from drivers.ticket_printer.twin import SimulatedPrinter
from hall24.bench import Figure, percentile

ABOUT = "ticket printer: 576 x 780 dots with a QR code, and the same as native text"
URL = "https://hall.example.org/t/3F7K2Q9ZP0ABCDEFGHJKMNPQRS"
ROUNDS = 100


def ticket() -> Raster:
    image = Image.new("1", (576, 780), 1)
    draw = ImageDraw.Draw(image)
    draw.rectangle((150, 40, 426, 160), fill=0)
    for line in range(8):
        draw.line((20, 200 + line * 14, 556, 200 + line * 14), fill=0, width=3)
    code = io.BytesIO()
    segno.make_qr(URL).save(code, kind="png", scale=8, border=4)
    image.paste(Image.open(code).convert("1"), (123, 340))
    return Raster(576, 780, bytes(byte ^ 0xFF for byte in image.tobytes()))


def measure(scratch: Path) -> list[Figure]:
    del scratch
    slip = Slip("job", ticket(), ("# A001", "综合受理 张*", "前面还有 3 人"), URL)
    paper = codec.PAPERS["80"]
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        data = codec.picture_job(slip.picture, paper)
        times.append((time.perf_counter() - began) * 1000)
    as_text = text_slip(slip, paper) or b""
    prints = []
    with SimulatedPrinter() as printer:
        driver = make_device("ticket_printer", "escpos", printer.url)
        if not isinstance(driver, EscPosPrinter):
            raise TypeError("escpos is another driver")
        driver.open()
        for _ in range(ROUNDS):
            began = time.perf_counter()
            if driver.print(slip, 5) is not Proof.PROVEN:
                raise RuntimeError("no proof")
            prints.append((time.perf_counter() - began) * 1000)
        driver.close()
    return [
        Figure("picture to bytes, p95", percentile(times, 0.95), "ms", most=40),
        Figure("bytes of the slip as a picture", len(data), "bytes", most=60_000),
        Figure("bytes of the slip as text", len(as_text), "bytes", most=1_000),
        Figure("connect, ask, print and proof, p50", percentile(prints, 0.5), "ms"),
        Figure("connect, ask, print and proof, p95", percentile(prints, 0.95), "ms"),
    ]
