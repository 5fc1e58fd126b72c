"""What happened when in a journey: every step is seen to happen, or the journey has failed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(slots=True)
class Step:
    """One step: whether it was seen to happen, how long it took (milliseconds), and why not."""

    step: str
    ok: bool
    ms: float
    reason: str = ""


class Timeline:
    """Writes ``timeline.json`` after every step, so that a journey that hangs can be read too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.steps: list[Step] = []
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Times what is done inside. An exception fails the step and ends the journey."""
        began = time.perf_counter()
        try:
            yield
        except Exception as error:
            self._add(Step(name, False, _ms(began), f"{type(error).__name__}: {error}"[:400]))
            raise
        self._add(Step(name, True, _ms(began)))

    def _add(self, step: Step) -> None:
        self.steps.append(step)
        print(f"{'ok  ' if step.ok else 'FAIL'} {step.ms:8.0f} ms  {step.step}  {step.reason}", flush=True)
        text = json.dumps({"ok": self.ok, "steps": [asdict(s) for s in self.steps]}, ensure_ascii=False, indent=1)
        (self.folder / "timeline.json").write_text(text + "\n", encoding="utf-8")

    @property
    def ok(self) -> bool:
        return bool(self.steps) and all(step.ok for step in self.steps)


def _ms(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)
