"""What a process of a measurement says: results to whoever started it, progress to whoever waits."""

from __future__ import annotations

import sys


def tell(line: str) -> None:
    """One line to the process that started this one."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Progress, for people in front of a terminal."""
    sys.stderr.write(f"    {text}\n")
    sys.stderr.flush()
