"""Call pressed at a window → the event at 100 connected screens, over HTTP on loopback."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import requests

from hall24.bench import Figure, percentile
from hall24.demo.stage import Stage

ABOUT = "call pressed → event at 100 connected screens (milliseconds)"
SCREENS, CALLS = 100, 60


def measure(scratch: Path) -> list[Figure]:
    """One server process on SQLite with every write safe on disk; all screens in this process."""
    with Stage(scratch / "hall") as stage:
        headers = {"Authorization": f"Bearer {stage.enrol('screen:S1')}"}
        windows = {"Authorization": f"Bearer {stage.enrol('window:window-1')}"}
        return asyncio.run(_measure(stage, headers, windows))


async def _measure(stage: Stage, screen: dict[str, str], window: dict[str, str]) -> list[Figure]:
    arrivals: list[list[tuple[str, float]]] = [[] for _ in range(SCREENS)]
    followers = [asyncio.create_task(_follow(stage.port, screen["Authorization"], seen)) for seen in arrivals]
    act = requests.Session()
    act.headers.update(window)
    await asyncio.to_thread(_post, act, stage, "/windows/1/open", {})
    for _ in range(CALLS):
        await asyncio.to_thread(_post, act, stage, "/tickets", {"queue": "A"})
    await asyncio.sleep(1.0)
    pressed, answered = [], []
    for _ in range(CALLS):
        began = time.perf_counter()
        await asyncio.to_thread(_post, act, stage, "/windows/1/call-next", {"finishCurrent": "accepted"})
        pressed.append(began)
        answered.append(time.perf_counter() - began)
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    for follower in followers:
        follower.cancel()
    delays, complete = [], 0
    for seen in arrivals:
        calls = [at for kind, at in seen if kind == "ticket.called"]
        complete += len(calls) == CALLS
        delays += [at - began for at, began in zip(calls, pressed, strict=False)]
    act.close()
    return [
        Figure("screens that saw every call", complete, "of 100", least=SCREENS),
        Figure("pressed → event, p50", 1000 * percentile(delays, 0.50), "ms"),
        Figure("pressed → event, p99", 1000 * percentile(delays, 0.99), "ms", most=100),
        Figure("pressed → answer to the window, p50", 1000 * percentile(answered, 0.50), "ms"),
        Figure("event p50 ÷ answer p50", percentile(delays, 0.5) / percentile(answered, 0.5), "×"),
    ]


def _post(session: requests.Session, stage: Stage, path: str, body: dict[str, str]) -> None:
    answer = session.post(f"{stage.url}/api/v1{path}", json=body, timeout=10)
    answer.raise_for_status()


async def _follow(port: int, authorization: str, seen: list[tuple[str, float]]) -> None:
    """One screen: reads the feed and notes when which kind of event came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET /api/v1/events HTTP/1.1\r\nHost: hall\r\nAuthorization: {authorization}\r\n"
        "Accept: text/event-stream\r\n\r\n".encode()
    )
    try:
        while line := await reader.readline():
            if line.startswith(b"event:"):
                seen.append((line[6:].strip().decode(), time.perf_counter()))
    finally:
        writer.close()
