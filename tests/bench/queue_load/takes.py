"""Many callers who each take a ticket and call the next, as fast as answers come. Runs in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

from queue_load.line import Letters, Line

WINDOWS = (("1", "A"), ("2", "A"), ("3", "A"), ("4", "B"), ("5", "B"), ("6", "C"), ("7", "D"), ("8", "D"))
"""Every window of the demo hall with its first queue."""


@dataclass(frozen=True)
class Load:
    """What came of it: operations answered, and how long each took (seconds, sorted)."""

    operations: int
    seconds: float
    took: list[float]
    caller_seconds: float
    """Processor time of the callers themselves."""

    @property
    def per_second(self) -> float:
        return self.operations / self.seconds

    def percentile(self, share: float) -> float:
        return self.took[min(len(self.took) - 1, max(0, round(share * len(self.took)) - 1))]


def load(port: int, token: str, clients: int, seconds: float, warm_up: float = 1.0) -> Load:
    """Runs the callers in a process of their own and brings back what they saw. The windows are opened before."""
    words = [sys.executable, "-m", "queue_load.takes", str(port), token, str(clients), str(seconds), str(warm_up)]
    path = os.pathsep.join([str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")])
    with tempfile.TemporaryDirectory(prefix="hall-takes-") as folder:
        seen = Path(folder) / "seen.json"  # a pipe of 64 kB loses its end now and then when uvloop has run
        subprocess.run([*words, str(seen)], check=True, env={**os.environ, "PYTHONPATH": path})
        return Load(**json.loads(seen.read_bytes()))


async def _callers(port: int, token: str, clients: int, seconds: float, warm_up: float) -> Load:
    letters = Letters(token)
    lines = [await Line.open(port) for _ in range(clients)]
    for window, _ in WINDOWS:
        await _good(lines[0].ask(letters.post(f"/windows/{window}/open", b"{}")))
    took: list[float] = []
    begin = time.perf_counter() + warm_up
    end = begin + seconds
    run = f"{os.getpid():x}-{time.time_ns():x}"

    async def call(number: int, line: Line) -> None:
        window, queue = WINDOWS[number % len(WINDOWS)]
        ticket = b'{"queue":"%s","channel":"kiosk"}' % queue.encode()
        for visit in count():
            for path, body in (("/tickets", ticket), (f"/windows/{window}/call-next", b'{"finishCurrent":"accepted"}')):
                asked = time.perf_counter()
                if asked > end:
                    return
                key = f"{run}-{number}-{visit}-{path[1]}"
                await _good(line.ask(letters.post(path, body, key)))
                answered = time.perf_counter()
                if begin <= asked and answered <= end:
                    took.append(answered - asked)

    used: list[float] = []

    async def watch() -> None:
        for moment in (begin, end):
            await asyncio.sleep(moment - time.perf_counter())
            used.append(time.process_time())

    await asyncio.gather(watch(), *(call(number, line) for number, line in enumerate(lines)))
    for line in lines:
        line.close()
    took.sort()
    return Load(len(took), seconds, took, used[1] - used[0])


async def _good(answer: object) -> None:
    status, body = await answer  # type: ignore[misc]  # a coroutine of Line.ask
    if status not in {200, 201}:
        raise RuntimeError(f"{status}: {body.decode()}")


def main() -> None:
    import uvloop

    port, token, clients, seconds, warm_up, seen = sys.argv[1:]
    done = uvloop.run(_callers(int(port), token, int(clients), float(seconds), float(warm_up)))
    Path(seen).write_text(json.dumps(asdict(done)), encoding="ascii")


if __name__ == "__main__":
    main()
