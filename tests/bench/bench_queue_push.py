"""A thousand pages that follow the hall, 20 takes and 20 calls a second (open loop): when does the last page know?"""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # the neighbours below are modules of no package

from queue_load.server import Server, measured_hall, prepare, processor_seconds, resident_kilobytes, running
from queue_load.subscribers import Following

from hall24.bench import Figure, percentile

ABOUT = "1,000 subscribers, 20 takes/s and 20 calls/s: call pressed → last subscriber; memory of a subscriber"
PAGES = int(os.environ.get("HALL_BENCH_PAGES", "1000"))
SECONDS = float(os.environ.get("HALL_BENCH_PUSH_SECONDS", "25"))


def measure(scratch: Path) -> list[Figure]:
    """One server process on SQLite. The pages and the callers are one process; its share is in the figures."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    database = f"sqlite:///{scratch}/hall.db"
    token = prepare(database, measured_hall())
    with running(Server(database, scratch)) as server:
        with Following(server.port, token, 20, 5.0) as few:  # what the load itself needs is there before we look
            few.load()
        time.sleep(1.0)
        before = resident_kilobytes(server.pid)
        with Following(server.port, token, PAGES, SECONDS) as following:
            time.sleep(1.0)
            connected = resident_kilobytes(server.pid)
            used = processor_seconds(server.pid)
            following.load()
            used = processor_seconds(server.pid) - used
            loaded = resident_kilobytes(server.pid)
            heard = following.heard()
    return [
        Figure("calls", len(heard.last), "", least=0.9 * 20 * SECONDS),
        Figure("calls that some subscriber never heard of", heard.incomplete, "", most=0),
        Figure("pressed → first subscriber, p50", 1000 * percentile(heard.first, 0.5), "ms"),
        Figure("pressed → last subscriber, p50", 1000 * percentile(heard.last, 0.5), "ms"),
        Figure("pressed → last subscriber, p99", 1000 * percentile(heard.last, 0.99), "ms", most=300),
        Figure("pressed → answer to the window, p99", 1000 * percentile(heard.answered, 0.99), "ms"),
        Figure("memory of a subscriber that is connected", (connected - before) / PAGES, "KB"),
        Figure("memory of a subscriber after the load", (loaded - before) / PAGES, "KB", most=50),
        Figure("server's processor time", 100 * used / (SECONDS + 2), "% core"),
    ]
