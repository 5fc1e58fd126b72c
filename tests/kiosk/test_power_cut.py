"""The plug is pulled at random instants (kill -9): no number twice, none lost, none printed by itself."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CITIZENS = Path(__file__).with_name("citizens.py")
ROOT = CITIZENS.parents[2]


def serve_until_the_plug_is_pulled(
    database: Path, url: str, paper: Path, run: str, after: str, seconds: float
) -> list[str]:
    """``seconds`` after these words; what was said until then."""
    process = subprocess.Popen(
        [sys.executable, str(CITIZENS), str(database), url, str(paper), run],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said: list[str] = []
    with process:
        for line in process.stdout:
            said.append(line.strip())
            if line.strip() == after:
                break
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        said += [line.strip() for line in process.stdout]
    assert "ready" in said
    return said


def plain_numbers(paper: Path) -> list[str]:
    lines = paper.read_text(encoding="utf-8").splitlines() if paper.exists() else []
    return [line.split()[0] for line in lines if line.split()[1] == "plain"]


@pytest.mark.parametrize("mode", ["down", "lost-answer"])
def test_whatever_instant_the_power_goes_every_paper_is_known_and_none_is_doubled(
    hall: Any, tmp_path: Path, make_rig: Callable[..., Any], mode: str
) -> None:
    hall.lease_size = 200
    database, paper = tmp_path / "kiosk.db", tmp_path / "paper.txt"
    chance = random.Random(f"{mode}-7")
    make_rig().refresher.round()
    served, interrupted = 0, set()
    for run in range(2):
        hall.mode = mode
        printed = len(plain_numbers(paper))
        # Once before anybody need have been served, once when somebody was, however slow this machine is.
        after = ("ready", "served")[run]
        said = serve_until_the_plug_is_pulled(database, hall.url, paper, f"r{run}-", after, chance.uniform(0.15, 0.7))
        served += said.count("served")
        interrupted |= {line.split()[1] for line in said if line.startswith("interrupted A")}
        assert len(plain_numbers(paper)) >= printed + said.count("served")
    numbers = plain_numbers(paper)
    assert served > 0
    assert [number for number, times in Counter(numbers).items() if times > 1] == []
    hall.mode = "well"
    rig = make_rig()
    interrupted |= {entry.number for entry in rig.journal.recover(rig.clock.now())}
    assert len(plain_numbers(paper)) == len(numbers)
    waiting = {ticket.number for ticket in rig.outbox.waiting(500)} | {one["number"] for one in hall.reported}
    assert set(numbers) <= waiting
    assert waiting - set(numbers) <= interrupted
    rig.refresher.round()
    reported = Counter((one["key"], one["number"]) for one in hall.reported)
    assert {number for _, number in reported} >= set(numbers)
    assert len({number for _, number in reported}) == len({key for key, _ in reported})
    assert rig.outbox.count() == 0
