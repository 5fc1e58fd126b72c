"""``hall bench``: the measurements of tests/bench, as figures and as ratios against the raw parts.

A measurement is a file ``tests/bench/bench_<name>.py`` with ``ABOUT`` (one line) and
``measure(scratch: Path) -> list[Figure]``. A name also stands for all that begin with it: ``hall bench queue`` runs
``queue_growth``, ``queue_history`` … Machines differ and are noisy: ratios are what to quote.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "bench"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. ``most`` or ``least`` is the bound that the figure should keep, where there is one."""

    name: str
    value: float
    unit: str
    most: float | None = None
    least: float | None = None

    @property
    def kept(self) -> bool | None:
        """Whether the bound is kept; None where there is none."""
        if self.most is not None:
            return self.value <= self.most
        if self.least is not None:
            return self.value >= self.least
        return None


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0..1) of all lie, nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]


def known() -> dict[str, Path]:
    return {path.stem.removeprefix("bench_"): path for path in sorted(FOLDER.glob("bench_*.py"))}


@app.command()
def bench(
    names: Annotated[
        list[str] | None, typer.Argument(help="Which ones, or how their names begin; all when none is named.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Runs measurements one after the other; exit 1 when a bound is not kept, 2 for an unknown name."""
    found = known()
    meant = {name: [one for one in found if one == name or one.startswith(f"{name}_")] for name in names or found}
    wanted = list(dict.fromkeys(one for ones in meant.values() for one in ones))
    if unknown := [name for name, ones in meant.items() if not ones]:
        print(f"hall bench: unknown {', '.join(unknown)}; known: {', '.join(found)}", file=sys.stderr)
        sys.exit(2)
    results: dict[str, list[Figure]] = {}
    for name in wanted:
        spec = importlib.util.spec_from_file_location(f"bench_{name}", found[name])
        assert spec is not None  # noqa: S101  # a file that exists has a spec
        assert spec.loader is not None  # noqa: S101  # likewise
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look their module up
        spec.loader.exec_module(module)
        if not as_json:
            print(f"\n{name}: {module.ABOUT}", flush=True)
        began = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="hall-bench-") as scratch:
            results[name] = module.measure(Path(scratch))
        if not as_json:
            _print(results[name], time.perf_counter() - began)
    if as_json:
        machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
        rows = {name: [asdict(f) | {"kept": f.kept} for f in figures] for name, figures in results.items()}
        print(json.dumps({"machine": machine, "benchmarks": rows}, ensure_ascii=False))
    sys.exit(1 if any(f.kept is False for figures in results.values() for f in figures) else 0)


def _print(figures: Sequence[Figure], took: float) -> None:
    for figure in figures:
        bound = (
            f"≤ {figure.most:g}"
            if figure.most is not None
            else f"≥ {figure.least:g}"
            if figure.least is not None
            else ""
        )
        verdict = {True: "kept", False: "NOT KEPT", None: ""}[figure.kept]
        print(f"  {figure.name:58} {figure.value:12.3f} {figure.unit:8} {bound:10} {verdict}")
    print(f"  ({took:.1f} s)", flush=True)
