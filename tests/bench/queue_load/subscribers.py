"""Many pages that follow the hall, while tickets are taken and called at an even pace. A process of its own.

``python -m queue_load.subscribers PORT TOKEN MANY SECONDS`` waits for a line on its input between connecting and
beginning, so that the server's memory can be looked at.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Self, cast

from queue_load.line import Letters, Line
from queue_load.telling import tell

PACE = 20.0
"""Takes per second, and calls per second."""

_CALLED = b"\nevent: ticket.called\n"


@dataclass(frozen=True)
class Heard:
    """Seconds from pressing to the last page, for every call; how many calls some page never heard of."""

    last: list[float]
    first: list[float]
    answered: list[float]
    incomplete: int


class Page(asyncio.Protocol):
    """One connected page; notes the number and the moment of every call that it hears of."""

    def __init__(self) -> None:
        self.called: list[tuple[int, float]] = []
        self.tail = b""
        self.transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, port: int, request: bytes) -> Self:
        _, page = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        assert page.transport is not None
        page.transport.write(request)
        return page

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop has a class of its own

    def data_received(self, data: bytes) -> None:
        text = self.tail + data if self.tail else data
        at = text.find(_CALLED)
        end = 0
        while at >= 0:
            begin = text.rfind(b"id: ", 0, at)
            self.called.append((int(text[begin + 4 : at]), time.perf_counter()))
            end = at + len(_CALLED)
            at = text.find(_CALLED, end)
        self.tail = text[max(end, len(text) - 60) :]


@dataclass
class _Calls:
    """What was pressed, by the id of the ticket that came."""

    pressed: dict[str, float] = field(default_factory=dict)
    answered: list[float] = field(default_factory=list)


async def _follow(port: int, token: str, many: int, seconds: float, wait: Callable[[], object]) -> Heard:
    letters = Letters(token)
    pages = [await Page.open(port, letters.get("/events")) for _ in range(many)]
    tell("connected")
    await asyncio.to_thread(wait)
    calls = _Calls()
    lines = [await Line.open(port) for _ in range(16)]
    for window in "12345678":
        await lines[0].ask(letters.post(f"/windows/{window}/open", b"{}"))
    for number in range(40):
        await lines[0].ask(letters.post("/tickets", b'{"queue":"%s"}' % b"ABCD"[number % 4 :][:1]))
    free: asyncio.Queue[Line] = asyncio.Queue()
    for line in lines:
        free.put_nowait(line)

    async def act(number: int) -> None:
        line = await free.get()
        pressed = time.perf_counter()
        if number % 2 == 0:
            status, body = await line.ask(letters.post("/tickets", b'{"queue":"%s"}' % b"AABC"[number // 2 % 4 :][:1]))
        else:
            window = "1246"[number // 2 % 4 :][:1]
            path = f"/windows/{window}/call-next"
            status, body = await line.ask(letters.post(path, b'{"finishCurrent":"accepted"}'))
            ticket = json.loads(body).get("ticket")
            if ticket is not None:
                calls.pressed[ticket["id"]] = pressed
                calls.answered.append(time.perf_counter() - pressed)
        if status not in {200, 201}:
            raise RuntimeError(f"{status}: {body.decode()}")
        free.put_nowait(line)

    began, acts = time.perf_counter(), []
    for number in range(int(2 * PACE * seconds)):
        await asyncio.sleep(max(0.0, began + number / (2 * PACE) - time.perf_counter()))
        acts.append(asyncio.create_task(act(number)))
    await asyncio.gather(*acts)
    await asyncio.sleep(2.0)
    tell("done")
    await asyncio.to_thread(wait)
    return await _heard(port, token, pages, calls)


async def _heard(port: int, token: str, pages: list[Page], calls: _Calls) -> Heard:
    """Asks the feed once more which event told of which ticket."""
    seqs = {seq for seq, _ in pages[0].called}
    tickets = await _tickets(port, token, min(seqs) - 1, max(seqs))
    arrived: dict[int, list[float]] = {}
    for page in pages:
        for seq, at in page.called:
            arrived.setdefault(seq, []).append(at)
    last, first, incomplete = [], [], 0
    for seq, moments in arrived.items():
        pressed = calls.pressed.get(tickets.get(seq, ""))
        if pressed is None:
            continue
        incomplete += len(moments) != len(pages)
        last.append(max(moments) - pressed)
        first.append(min(moments) - pressed)
    incomplete += len(calls.pressed) - len(last)
    return Heard(sorted(last), sorted(first), sorted(calls.answered), incomplete)


async def _tickets(port: int, token: str, after: int, last: int) -> dict[int, str]:
    """The ticket of every call between two events."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    writer.write(Letters(token).get(f"/events?after={after}"))
    found: dict[int, str] = {}
    while line := await reader.readline():
        if line.startswith(b"data: "):
            event = json.loads(line[6:])
            if event["type"] == "ticket.called":
                found[event["seq"]] = event["data"]["ticket"]["id"]
            if event["seq"] >= last:
                break
    writer.close()
    return found


class Following:
    """The pages' process, seen from whoever measures: ``begin`` once the server's memory was looked at."""

    def __init__(self, port: int, token: str, many: int, seconds: float) -> None:
        words = [sys.executable, "-m", "queue_load.subscribers", str(port), token, str(many), str(seconds)]
        path = os.pathsep.join([str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")])
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        )

    def __enter__(self) -> Self:
        self._expect("connected")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def load(self) -> None:
        """Returns when the last page is still connected and all was heard."""
        self._say()
        self._expect("done")

    def heard(self) -> Heard:
        self._say()
        return Heard(**json.loads(self._lines.readline()))

    @property
    def _lines(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def _say(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def _expect(self, word: str) -> None:
        line = self._lines.readline().strip()
        if line != word:
            raise RuntimeError(f"the pages ended before they were {word}")


def main() -> None:
    import uvloop

    port, token, many, seconds = sys.argv[1:]
    heard = uvloop.run(_follow(int(port), token, int(many), float(seconds), sys.stdin.readline))
    tell(json.dumps(asdict(heard)))


if __name__ == "__main__":
    main()
