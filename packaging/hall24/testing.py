"""``hall test``: the whole suite, checks of style, types and arrows included (they are tests in tests/house)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """Runs pytest in the checkout: all of it on three processes, or what ``arguments`` name. Returns its exit code.

    Three on two cores: half of the time tests wait for devices and browsers.
    """
    if not (ROOT / "tests").is_dir():
        print("hall: the tests are only in a checkout, not in an installed package", file=sys.stderr)
        return 2
    environment = dict(os.environ)
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    environment.setdefault("QT_QUICK_BACKEND", "software")
    everything = ["-q", "-n", "3", "--dist", "loadgroup", "--durations", "15"]
    command = [sys.executable, "-m", "pytest", *(arguments or everything)]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
