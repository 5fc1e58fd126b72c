"""Taking and calling over HTTP, against a bare handler that runs the same statements by the raw driver.

Our server and the bare one stand on the same machine, one after the other, in rounds; the ratio is of the best rounds
of both. The statements of the bare one were watched in our writer (``queue_load/captured.py``), so that it does really
the same. Every commit is safe on disk on both sides. The callers are one process of their own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # the neighbours below are modules of no package

from queue_load import captured
from queue_load.server import (
    OtherServer,
    Server,
    measured_hall,
    new_database,
    postgres,
    prepare,
    processor_seconds,
    running,
)
from queue_load.takes import Load, load
from queue_load.telling import say

from hall24.bench import Figure

ABOUT = "take + call-next over HTTP, one server process, against the same statements by the raw driver"
SECONDS = float(os.environ.get("HALL_BENCH_QUEUE_SECONDS", "8"))
ROUNDS = 3
WARM_UP = 1.0
HALL = measured_hall()


@dataclass(frozen=True)
class Seen:
    """One round with one server."""

    load: Load
    server_milliseconds: float
    """Processor time of the server per operation, all its threads."""


def measure(scratch: Path) -> list[Figure]:
    figures = _compare("SQLite", f"sqlite:///{scratch}/ours.db", f"sqlite:///{scratch}/watched.db", scratch, 0.8)
    with postgres() as url:
        ours, watched = new_database(url, "ours"), new_database(url, "watched")
        new_database(url, "bare")
        figures += _compare("PostgreSQL", ours, watched, scratch, 0.6)
    return figures


def _compare(name: str, database: str, watched: str, scratch: Path, least: float) -> list[Figure]:
    file = scratch / f"watched-{name}"
    prepare(watched, HALL)
    statements = captured.watch(watched, file)
    token = prepare(database, HALL)
    bare_database = database.replace("ours", "bare")
    prepare(bare_database, HALL)
    bare = OtherServer("bare", [str(file), bare_database.removeprefix("sqlite:///")], scratch, {})
    ours_seen: list[Seen] = []
    bare_seen: list[Seen] = []
    for number in range(ROUNDS):
        with running(Server(database, scratch)) as server:
            ours_seen.append(_round(server, token, 32))
        with running(bare) as server:
            bare_seen.append(_round(server, token, 32))
        ours, other = ours_seen[-1].load, bare_seen[-1].load
        say(f"{name} round {number + 1}: ours {ours.per_second:.0f}/s, bare {other.per_second:.0f}/s")
    with running(Server(database, scratch)) as server:
        crowd = _round(server, token, 64)
    return [*_figures(name, ours_seen, bare_seen, crowd, least), *_counts(name, statements)]


def _round(server: Server, token: str, clients: int) -> Seen:
    before = processor_seconds(server.pid)
    seen = load(server.port, token, clients, SECONDS, WARM_UP)
    used = processor_seconds(server.pid) - before
    return Seen(seen, 1000 * used / (seen.per_second * (SECONDS + WARM_UP)))


def _figures(name: str, ours: Sequence[Seen], bare: Sequence[Seen], crowd: Seen, least: float) -> list[Figure]:
    best = max(ours, key=lambda seen: seen.load.per_second)
    raw = max(bare, key=lambda seen: seen.load.per_second)
    cheapest = min(seen.server_milliseconds for seen in ours)
    spread = crowd.load.percentile(0.99) / crowd.load.percentile(0.5)
    on_sqlite = name == "SQLite"
    return [
        Figure(f"{name}: operations, 32 clients", best.load.per_second, "/s"),
        Figure(f"{name}: the same of the bare handler", raw.load.per_second, "/s"),
        Figure(f"{name}: ours ÷ bare", best.load.per_second / raw.load.per_second, "×", least=least),
        Figure(f"{name}: server's processor time", cheapest, "ms/op", most=0.8 if on_sqlite else None),
        Figure(f"{name}: bare handler's processor time", min(seen.server_milliseconds for seen in bare), "ms/op"),
        Figure(f"{name}: callers' processor time", 1000 * best.load.caller_seconds / best.load.operations, "ms/op"),
        Figure(f"{name}: answer, 64 clients, p50", 1000 * crowd.load.percentile(0.5), "ms"),
        Figure(f"{name}: answer, 64 clients, p99", 1000 * crowd.load.percentile(0.99), "ms"),
        Figure(f"{name}: p99 ÷ p50, 64 clients", spread, "×", most=10),
    ]


def _counts(name: str, statements: captured.Watched) -> list[Figure]:
    """How many statements one operation runs, in both servers."""
    return [
        Figure(f"{name}: statements of a take", len(statements.take), ""),
        Figure(f"{name}: statements of a call-next that finishes", len(statements.call), ""),
    ]
