"""Ten thousand ID cards in a row: what is left behind of threads, descriptors and memory."""

from __future__ import annotations

import gc
import threading
import time
from pathlib import Path
from typing import Any

from drivers.device import DeviceError
from drivers.id_card_reader.port import CardKind, Want
from drivers.id_card_reader.twin import SimulatedReader, TwinCard
from drivers.loading import make_device
from hall24.bench import Figure

ABOUT = "ID card: 10,000 cards through one driver, with every hundredth time a fault and every thousandth a replug"
READS = 10_000
WARM = 500
"""Cards before the first look: Python's own caches fill."""

PAGE_BYTES = 4096


def held() -> tuple[int, int, float]:
    """Threads, descriptors and resident megabytes of this process."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return threading.active_count(), sum(1 for _ in Path("/proc/self/fd").iterdir()), pages * PAGE_BYTES / 1e6


def measure(scratch: Path) -> list[Figure]:  # nothing is written
    """The real driver on a pty that answers at once; each kind of card in turn, with all that can be wanted."""
    cards = [TwinCard.synthetic(kind).with_fingerprints(2).with_newest_address("DEMO") for kind in CardKind]
    faults = ("wrong_checksum", "garbage_before", "answers_twice", "read_fails")
    right = refused = 0
    before = held()
    begin = time.monotonic()
    with SimulatedReader(baud=0) as twin:
        reader: Any = make_device("id_card_reader", "sam_v", twin.url)
        reader.open()
        for number in range(WARM + READS):
            if number == WARM:
                before, begin, right = held(), time.monotonic(), 0
            if number % 1000 == 999:
                twin.unplug()
                reader.close()
                twin.plug_in()
                reader.open()
            elif number % 100 == 99:
                setattr(twin, faults[number // 100 % len(faults)], 1)
            twin.lay(cards[number % len(cards)])
            try:
                card = reader.read(2.0, want=Want.FINGERPRINTS | Want.NEWEST_ADDRESS)
            except DeviceError:
                refused += 1
                continue
            right += len(card.fingerprints.reveal()) == 1024
            twin.take_away()
            reader.forget()
        seconds, after = time.monotonic() - begin, held()
        reader.close()
    return [
        Figure("cards read", right, "", least=READS - READS // 100),
        Figure("refused", refused, ""),
        Figure("time for a card", 1000 * seconds / READS, "ms"),
        Figure("more threads", after[0] - before[0], "", most=0),
        Figure("more descriptors", after[1] - before[1], "", most=0),
        Figure("more memory", after[2] - before[2], "MB", most=3),
    ]
