"""Every model of every kind is asked the same (device notes 6.5), on its own simulated device."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import drivers
from drivers.conformance import schedules
from drivers.conformance.checks import CHECKS, Check
from drivers.conformance.rig import Rig
from drivers.loading import KINDS

SCHEDULES = 12
"""Here; ``hall bench driver_schedules`` plays a thousand of each."""

NO_RIG = {
    "face_verifier/opencv": "it has no line: pictures in, an outcome out; its own suite asks what fits",
    "speaker/none": "there is no device behind it",
}


def rigs_of(kind: str) -> tuple[type[Rig], ...]:
    try:
        found: tuple[type[Rig], ...] = importlib.import_module(f"drivers.{kind}.rigs").RIGS
    except ModuleNotFoundError:
        return ()
    return found


RIGS = [rig for kind in KINDS for rig in rigs_of(kind)]


def named(thing: type[Rig] | Check) -> str:
    return f"{thing.model} {thing.variant}".strip() if isinstance(thing, type) else thing.__name__


@pytest.mark.parametrize("check", CHECKS, ids=named)
@pytest.mark.parametrize("rig_class", RIGS, ids=named)
def test_every_driver(rig_class: type[Rig], check: Check) -> None:
    with rig_class() as rig:
        check(rig)


@pytest.mark.parametrize("rig_class", RIGS, ids=named)
def test_random_evenings_end_well(rig_class: type[Rig]) -> None:
    tally = schedules.Tally()
    with rig_class() as rig:
        for seed in range(SCHEDULES):
            schedules.run(rig, seed, tally)
    assert tally.schedules == SCHEDULES
    assert tally.commands > 0


def test_every_model_has_a_rig() -> None:
    folder = Path(drivers.__file__).parent
    models = {
        f"{kind}/{path.stem}"
        for kind in KINDS
        for path in (folder / kind).glob("*.py")
        if "\ndef make(" in path.read_text("utf-8")
    }
    missing = models - {rig.model for rig in RIGS} - set(NO_RIG)
    assert not missing
    assert set(NO_RIG) <= models, "only what exists needs an excuse"
