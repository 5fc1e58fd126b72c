"""A bare handler of the same web framework: the same statements by the raw driver, one commit per request.

``python -m queue_load.bare PORT WATCHED DATABASE``. It knows no rules: it takes and calls in order, and answers what
our server answered once. SQLite is written on the loop (nothing is faster for one file), PostgreSQL in a pool of
threads with a connection each.
"""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import psycopg
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from queue_load.captured import Statement, read
from queue_load.telling import say, tell

THREADS = 8


class TakeBody(msgspec.Struct, forbid_unknown_fields=True):
    queue: str
    channel: str = "staff"


class CallBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    finish_current: str | None = None


Run = Callable[[tuple[Statement, ...], dict[str, Any]], Awaitable[None]]


def _filled(statement: Statement, parts: dict[str, Any]) -> dict[str, Any]:
    values = dict(statement.values)
    for name, part in statement.parts.items():
        known = parts[part.part]
        values[name] = known + part.offset if part.part == "seq" else known
    return values


def on_sqlite(path: str) -> Run:
    driver = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-16000"):
        driver.execute(f"PRAGMA {pragma}")

    async def run(statements: tuple[Statement, ...], parts: dict[str, Any]) -> None:
        driver.execute("BEGIN IMMEDIATE")
        for statement in statements:
            cursor = driver.execute(statement.text, _filled(statement, parts))
            if cursor.description is not None:
                cursor.fetchall()
        driver.execute("COMMIT")

    return run


def on_postgresql(url: str) -> Run:
    pool, local = ThreadPoolExecutor(THREADS), threading.local()

    def work(statements: tuple[Statement, ...], parts: dict[str, Any]) -> None:
        driver = getattr(local, "driver", None)
        if driver is None:
            driver = local.driver = psycopg.connect(url, autocommit=True)
        driver.execute("BEGIN")
        for statement in statements:
            cursor = driver.execute(statement.text.encode(), _filled(statement, parts))
            if cursor.description is not None:
                cursor.fetchall()
        driver.execute("COMMIT")

    async def run(statements: tuple[Statement, ...], parts: dict[str, Any]) -> None:
        await asyncio.get_running_loop().run_in_executor(pool, work, statements, parts)

    return run


def application(watched_file: Path, run: Run) -> Starlette:
    watched = read(watched_file)
    waiting: deque[dict[str, str]] = deque()
    at_window: dict[str, dict[str, str]] = {}
    begun = time.time_ns() // 1_000  # beyond what stands there, also when this program is started again
    numbers, events = count(begun), count(begun)
    take_body, call_body = msgspec.json.Decoder(TakeBody), msgspec.json.Decoder(CallBody)
    seqs = {
        id(one): 1 + max((p.offset for s in one for p in s.parts.values() if p.part == "seq"), default=0)
        for one in (watched.take, watched.call)
    }

    def some(statements: tuple[Statement, ...], key: str) -> dict[str, Any]:
        number = next(numbers)
        seq = next(events)
        for _ in range(1, seqs[id(statements)]):
            next(events)
        return {"key": key, "seq": seq, "service": f"{number:032x}", **ticket("ticket", number)}

    def ticket(name: str, number: int) -> dict[str, str]:
        return {name: f"{number:032x}", f"{name}_number": f"Z{number}", f"{name}_token": f"{number:043x}"}

    async def take(request: Request) -> Response:
        take_body.decode(await request.body())
        parts = some(watched.take, request.headers["idempotency-key"])
        await run(watched.take, parts)
        waiting.append(
            {name.removeprefix("ticket"): parts[name] for name in ("ticket", "ticket_number", "ticket_token")}
        )
        return Response(watched.take_reply, 201, media_type="application/json")

    async def call(request: Request) -> Response:
        call_body.decode(await request.body())
        window = unquote(request.path_params["window"])
        parts = some(watched.call, request.headers["idempotency-key"])
        called, before = (
            waiting.popleft(),
            at_window.get(window, {"": "-", "_number": "-", "_token": "-", "rated": "-"}),
        )
        at_window[window] = {**called, "rated": parts["service"]}
        parts |= {f"called{name}": value for name, value in called.items()}
        parts |= {"rated": before["rated"], **{f"before{name}": before[name] for name in called}}
        await run(watched.call, parts)
        return Response(watched.call_reply, media_type="application/json")

    async def opened(request: Request) -> Response:
        return Response(b"{}", media_type="application/json")

    async def failed(request: Request, error: Exception) -> Response:
        say(repr(error))
        return Response(repr(error).encode(), 500)

    return Starlette(
        exception_handlers={Exception: failed},
        routes=[
            Route("/api/v1/tickets", take, methods=["POST"]),
            Route("/api/v1/windows/{window}/call-next", call, methods=["POST"]),
            Route("/api/v1/windows/{window}/open", opened, methods=["POST"]),
        ],
    )


def main() -> None:
    port, watched, database = sys.argv[1:]
    run = on_sqlite(database) if "://" not in database else on_postgresql(database.replace("+psycopg", ""))
    config = uvicorn.Config(
        application(Path(watched), run), host="127.0.0.1", port=int(port), loop="uvloop", http="httptools", ws="none",
        lifespan="off", log_config=None, access_log=False, server_header=False, backlog=2048,
    )  # fmt: skip
    server = uvicorn.Server(config)

    async def serve() -> None:
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.01)
        gc.freeze()  # as our server does
        tell("ready")
        await serving

    uvloop.run(serve())


if __name__ == "__main__":
    main()
