"""Reading an ID card over a serial line at its real pace, against the time that the bytes need on the wire."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path
from typing import Any

from drivers.id_card_reader.twin import SimulatedReader
from drivers.loading import make_device
from hall24.bench import Figure, percentile
from hall24.demo.people import card

ABOUT = "ID card, 115200 baud: from the first command to the card's data (ratio to the wire time of the bytes)"
READS, BAUD = 30, 115200
SETTLE = 0.3
# find, select and read, with their answers: 5 bytes of preamble, 2 of length, then what the length counts
BYTES = (10 + 15) + (10 + 19) + (10 + 1295)


def measure(scratch: Path) -> list[Figure]:  # nothing is written
    """The real driver on a pty that delivers bytes no faster than the line would."""
    wire = BYTES * 10 / BAUD
    times: list[float] = []
    detected: list[float] = []
    laid: list[float] = []
    chance = random.Random(1)

    def lay() -> None:
        """A citizen lays the card down while the reader already waits."""
        reader.lay(card("p1"))
        laid.append(time.perf_counter())

    with SimulatedReader(baud=BAUD) as reader:
        device: Any = make_device("id_card_reader", "sam_v", reader.url)
        device.open()
        try:
            for _ in range(READS):
                later = threading.Timer(chance.uniform(0.2, 0.4), lay)
                later.start()
                read = device.read(5.0)
                detected.append(time.perf_counter() - laid[-1] - read.read_seconds)
                later.join()
                times.append(read.read_seconds)
                reader.take_away()
                time.sleep(SETTLE)
        finally:
            device.close()
    return [
        Figure("wire time of the bytes", 1000 * wire, "ms"),
        Figure("read, p50", 1000 * percentile(times, 0.5), "ms"),
        Figure("read p50 ÷ wire time", percentile(times, 0.5) / wire, "×", most=1.15),
        Figure("read p95 ÷ wire time", percentile(times, 0.95) / wire, "×"),
        Figure("laid card noticed, worst", 1000 * max(detected), "ms", most=300),
    ]
