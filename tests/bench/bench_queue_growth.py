"""Whether an operation costs more with ten million past tickets in the database, or with 5,000 people waiting.

Processor time of the office (SQLite, every commit safe on disk), in a process of its own for each look; the cheapest of
several looks is compared, because a busy machine only ever makes things dearer.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # the neighbours below are modules of no package

from queue_load.cost import Cost, cost
from queue_load.past import fill
from queue_load.server import measured_hall, prepare
from queue_load.telling import say

from hall24.bench import Figure

PAST = int(os.environ.get("HALL_BENCH_PAST", "10_000_000"))
"""Ten million are about 10 GB in the scratch folder and six minutes to write."""

ABOUT = f"cost per operation with {PAST:,} past tickets against none, with 5,000 waiting against 50"
ROUNDS = 20
LOOKS = 8
HALL = measured_hall(max_waiting_per_queue="100000")
"""No line is full."""


def measure(scratch: Path) -> list[Figure]:
    files = {name: scratch / f"{name}.db" for name in ("empty", "past", "short", "long")}
    for file in files.values():
        prepare(f"sqlite:///{file}", HALL)
    fill(files["past"], PAST)
    looks: dict[str, list[Cost]] = {name: [] for name in files}
    for number in range(LOOKS):
        for name, file in files.items():
            looks[name].append(cost(f"sqlite:///{file}", 5_000 if name == "long" else 50, ROUNDS))
        say(
            f"look {number + 1}: "
            + ", ".join(f"{name} {seen[-1].take:.2f}+{seen[-1].call:.2f} ms" for name, seen in looks.items())
        )
    size = files["past"].stat().st_size / 1e9
    files["past"].unlink()
    figures = [Figure("database with the past", size, "GB")]
    for name in ("take", "call"):
        best = {which: min(getattr(one, name) for one in seen) for which, seen in looks.items()}
        what = "take" if name == "take" else "call-next that finishes"
        figures += [
            Figure(f"{what}, empty database", best["empty"], "ms/op"),
            Figure(f"{what}, with {PAST:,} past tickets ÷ empty", best["past"] / best["empty"], "×", most=1.2),
            Figure(f"{what}, 5,000 waiting ÷ 50 waiting", best["long"] / best["short"], "×", most=2.0),
        ]
    hourly = min(seen.due for seen in looks["past"])
    return [*figures, Figure("what the clock makes due, with the past", hourly, "ms", most=250)]
