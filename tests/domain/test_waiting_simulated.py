"""The waiting estimate in a few simulated days (``hall bench queue_waiting`` runs many)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))  # the simulated day is shared with the measurement

from hall_day.profiles import PROFILES
from hall_day.verdict import Verdict, days

BY_NAME = {profile.name: profile for profile in PROFILES}
LES, HOL, LENGTH, FIXED = range(4)


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    """Two kinds of days, as expected and with 15 % more people; the seed is none on which anything was chosen."""
    total = [Verdict(), Verdict()]
    for name in ("weekday with a morning peak", "everybody at lunch"):
        for place, one in enumerate(days(BY_NAME[name], (301,), (1.0, 1.15), 0.1, learning=2)):
            total[place] += one
    return total


@pytest.mark.parametrize("load", [0, 1])
def test_an_estimate_is_much_better_than_the_classic_ones(verdicts: list[Verdict], load: int) -> None:
    verdict = verdicts[load]
    assert verdict.count > 500
    assert verdict.share(LES) <= 0.6
    assert verdict.share(LENGTH) <= 0.95
    assert verdict.share(FIXED) <= 0.25


@pytest.mark.parametrize("load", [0, 1])
def test_the_range_mostly_holds_the_truth(verdicts: list[Verdict], load: int) -> None:
    assert verdicts[load].faults == 0
    assert 0.75 <= verdicts[load].coverage <= 0.98


@pytest.mark.parametrize("load", [0, 1])
def test_what_somebody_sees_while_waiting_does_not_jump(verdicts: list[Verdict], load: int) -> None:
    """In one minute in which no window opens or closes; the largest leaps are services that end or do not end."""
    jumps = sorted(verdicts[load].jumps)
    assert len(jumps) > 200
    assert jumps[len(jumps) // 2] <= 60
    assert jumps[int(0.99 * len(jumps))] <= 600


def test_everybody_is_served(verdicts: list[Verdict]) -> None:
    """A day of the simulation is a whole one: who came was called, before the night."""
    assert all(verdict.count + verdict.special == verdict.people for verdict in verdicts)
