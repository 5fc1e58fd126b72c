"""What 64 callers were told while the server was killed twenty times, held against the event table.

Once on SQLite with one server, once on PostgreSQL with two servers that are killed in turn. See
``queue_load/history.py`` for what the checker finds out.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # the neighbours below are modules of no package

from queue_load.power_cuts import HALL, Outcome, through_power_cuts
from queue_load.server import Server, new_database, postgres, prepare, running
from queue_load.telling import say

from hall24.bench import Figure

ABOUT = "64 clients with a mixed load, the server killed (kill -9) at random instants; what they were told is checked"
CLIENTS = 64
KILLS = int(os.environ.get("HALL_BENCH_KILLS", "20"))
BETWEEN = (0.4, 2.5)
"""Seconds that a server lives, at least and at most."""


def measure(scratch: Path) -> list[Figure]:
    database = f"sqlite:///{scratch}/hall.db"
    token = prepare(database, HALL)
    with running(Server(database, scratch)) as server:
        figures = _figures("SQLite", _through([server], database, token))
    with postgres() as url:
        database = new_database(url, "hall")
        token = prepare(database, HALL)
        with (
            running(Server(database, scratch, name="one")) as one,
            running(Server(database, scratch, name="two")) as two,
        ):
            figures += _figures("PostgreSQL, two servers", _through([one, two], database, token))
    return figures


def _through(servers: list[Server], database: str, token: str) -> Outcome:
    return through_power_cuts(servers, database, token, clients=CLIENTS, kills=KILLS, seconds=BETWEEN)


def _figures(name: str, outcome: Outcome) -> list[Figure]:
    verdict = outcome.verdict
    for wrong in verdict.first:
        say(f"{name}: {wrong}")
    return [
        Figure(f"{name}: answers that were checked", verdict.acts, "", least=1_000),
        Figure(f"{name}: asked again after a kill", outcome.repeated, ""),
        Figure(f"{name}: events", verdict.events, ""),
        Figure(f"{name}: kills", outcome.kills, "", least=KILLS),
        Figure(f"{name}: duplicate numbers", verdict.duplicate_numbers, "", most=0),
        Figure(f"{name}: tickets at two windows", verdict.called_at_two_windows, "", most=0),
        Figure(f"{name}: acknowledged writes lost or changed", verdict.lost_writes, "", most=0),
        Figure(f"{name}: gaps in the sequence of events", verdict.gaps, "", most=0),
        Figure(f"{name}: events that nobody asked for", verdict.without_act, "", most=0),
        Figure(f"{name}: events against real time", verdict.against_time, "", most=0),
        Figure(f"{name}: replies that no order explains", verdict.unexplained, "", most=0),
    ]
