"""A thousand random evenings of faults for every driver: none may hang, crash, lose or double an effect."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from drivers.conformance import schedules
from drivers.conformance.rig import NotConformingError, Rig
from drivers.loading import KINDS
from hall24.bench import Figure

ABOUT = "1,000 random fault schedules per driver (bench_driver_schedules; HALL_SCHEDULES sets another number)"
FIRST = 1_000_000  # other seeds than those of the tests


def measure(scratch: Path) -> list[Figure]:
    """For every rig: failures (each is said with its seed), commands that worked, the longest command."""
    del scratch
    count = int(os.environ.get("HALL_SCHEDULES", "1000"))
    only = os.environ.get("HALL_SCHEDULES_OF", "")
    figures: list[Figure] = []
    for kind in KINDS:
        try:
            rigs: tuple[type[Rig], ...] = importlib.import_module(f"drivers.{kind}.rigs").RIGS
        except ModuleNotFoundError:
            continue
        for rig_class in rigs:
            name = f"{rig_class.model} {rig_class.variant}".strip()
            if only in name:
                figures += _played(name, rig_class, count)
    return figures


def _played(name: str, rig_class: type[Rig], count: int) -> list[Figure]:
    tally, failed = schedules.Tally(), 0
    with rig_class() as rig:
        for seed in range(FIRST, FIRST + count):
            try:
                schedules.run(rig, seed, tally)
            except NotConformingError as error:
                failed += 1
                sys.stderr.write(f"{error}\n")
    refused = sum(tally.refused.values())
    return [
        Figure(f"{name}: schedules", tally.schedules, ""),
        Figure(f"{name}: failed", failed, "", most=0),
        Figure(f"{name}: commands that worked ÷ were refused", tally.worked / max(1, refused), "×"),
        Figure(f"{name}: longest command", 1000 * tally.longest, "ms"),
    ]
