"""``python -m queue_server.integrations.reference_backend --port P``."""

from __future__ import annotations

import argparse
from pathlib import Path

from queue_server.integrations.reference_backend.running import DEMO_KEY, serve


def main() -> None:
    """Reads the arguments and serves until it is stopped."""
    parser = argparse.ArgumentParser(prog="reference-backend", description=__doc__)
    parser.add_argument("--port", type=int, default=8090, help="0 takes a free one")
    parser.add_argument("--db", type=Path, help="a file to keep its data; without it they live in memory")
    parser.add_argument("--key", default=DEMO_KEY, help="what halls sign their requests with")
    chosen = parser.parse_args()
    serve(chosen.port, chosen.db, chosen.key)


if __name__ == "__main__":
    main()
