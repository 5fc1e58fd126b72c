"""Which statements our writer runs for one ticket taken and one call: watched, not written down by hand.

The hall is worked in for a while, then one take and one call-next (which finishes the ticket before) are watched.
What is different each time is replaced by its part: ``{"part": "ticket"}``. So a bare server can run really the same
statements, with the same number and size of rows, for tickets of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from queue_server.contract.codec import decode
from queue_server.contract.messages import Called, CallNext, OpenWindow, Outcome, Role, TakeTicket, TicketIssued
from queue_server.storage import sql
from queue_server.storage.office import open_office
from queue_server.usecases.ports import Actor

FAR = 4_000_000_000
"""Event numbers begin here while we watch, so that no other number looks like one."""

CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


class Part(msgspec.Struct, frozen=True):
    """What stands in a parameter: a word for something new or known, and how far to count on from it."""

    part: str
    offset: int = 0


class Statement(msgspec.Struct, frozen=True):
    text: str
    values: dict[str, Any]
    parts: dict[str, Part]


class Watched(msgspec.Struct, frozen=True):
    """The statements of both operations, and replies of the same size as ours."""

    take: tuple[Statement, ...]
    call: tuple[Statement, ...]
    take_reply: bytes
    call_reply: bytes


@dataclass
class _Watch:
    """Stands between a connection and its driver."""

    driver: Any
    seen: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def execute(self, text: Any, parameters: Any = (), /) -> Any:
        words = text if isinstance(text, str) else str(text)
        if not words.lstrip().upper().startswith(CONTROL):
            self.seen.append((words, dict(parameters) if parameters else {}))
        return self.driver.execute(text, parameters)

    def executemany(self, text: str, rows: list[dict[str, Any]], /) -> Any:
        self.seen += [(text, dict(row)) for row in rows]
        return self.driver.executemany(text, rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.driver, name)


@contextlib.contextmanager
def _watching() -> Iterator[list[_Watch]]:
    """Every connection that is made meanwhile is watched."""
    watches: list[_Watch] = []
    made = sql.Connection.__init__

    def make(self: Any, driver: Any, *more: Any, **named: Any) -> None:
        watches.append(_Watch(driver))
        made(self, watches[-1], *more, **named)

    sql.Connection.__init__ = make  # type: ignore[method-assign]  # only here, and put back
    try:
        yield watches
    finally:
        sql.Connection.__init__ = made  # type: ignore[method-assign]  # as it was


def watch(database: str, file: Path) -> Watched:
    """Works in the hall of this database and writes what was seen to the file. The database is of no more use."""
    watched = asyncio.run(_watch(database))
    file.write_bytes(msgspec.msgpack.encode(watched))
    return watched


def read(file: Path) -> Watched:
    return msgspec.msgpack.decode(file.read_bytes(), type=Watched)


async def _watch(database: str) -> Watched:
    actor = Actor("demo", Role.INTEGRATOR, "load")
    with _watching() as watches:
        async with open_office(database, public_url="http://127.0.0.1:8080") as office:
            taken: dict[str, TicketIssued] = {}
            for window in "12345678":
                await office.carry_out(OpenWindow(window=window), actor)

            async def take(number: int) -> bytes:
                key = f"watched-take-{number:032d}"
                body = (await office.carry_out(TakeTicket(queue="A"), actor, key)).body
                issued = decode(body, TicketIssued)
                taken[issued.id] = issued
                return body

            async def call(number: int) -> bytes:
                key = f"watched-call-{number:032d}"
                return (await office.carry_out(CallNext(window="1", finish_current=Outcome.ACCEPTED), actor, key)).body

            for number in range(40):
                await take(number)
            for number in range(20):
                before = decode(await call(number), Called)
            await _jump(office)
            for number in range(40, 44):  # what is kept between transactions is known again
                await take(number)
                before = decode(await call(number), Called)
            for one in watches:
                one.seen.clear()
            take_reply = await take(99)
            of_take = _all(watches)
            call_reply = await call(99)
            of_call = _all(watches)
            issued, called = decode(take_reply, TicketIssued), decode(call_reply, Called)
            assert called.ticket is not None
            assert before.ticket is not None
            assert called.window is not None
            rows = await office.events_after("demo", await office.last_seq("demo") - 10, 10)
    of_both = {"take": min(_numbers(of_take)), "call": min(_numbers(of_call))}
    made = _new(of_call, set(taken))
    told = {decode(row.data_json, dict).get("service") for row in rows} - {None} - made
    return Watched(
        take=_parted(of_take, {**_ticket(issued, "ticket"), f"watched-take-{99:032d}": "key"}, of_both["take"]),
        call=_parted(
            of_call,
            {
                **_ticket(taken[called.ticket.id], "called"),
                **_ticket(taken[before.ticket.id], "before"),
                **dict.fromkeys(told, "rated"),
                **dict.fromkeys(made, "service"),
                f"watched-call-{99:032d}": "key",
            },
            of_both["call"],
        ),
        take_reply=take_reply,
        call_reply=call_reply,
    )


def _ticket(issued: TicketIssued, name: str) -> dict[str, str]:
    """What is unique of one ticket."""
    link = issued.status_url.rpartition("/")[2]
    return {issued.id: name, issued.number: f"{name}_number", link: f"{name}_token"}


async def _jump(office: Any) -> None:
    """Lets the event numbers go on from far away."""

    def move(connection: sql.Connection) -> None:
        connection.plain(f"UPDATE hall SET seq = {FAR}")  # noqa: S608  # a number of ours

    await office._engine.write(move)


def _all(watches: list[_Watch]) -> list[tuple[str, dict[str, Any]]]:
    found = [one for watch in watches for one in watch.seen]
    for watch in watches:
        watch.seen.clear()
    return found


def _numbers(statements: list[tuple[str, dict[str, Any]]]) -> list[int]:
    return [v for _, values in statements for v in values.values() if type(v) is int and FAR <= v < FAR + 10_000]


def _new(statements: list[tuple[str, dict[str, Any]]], known: set[str]) -> set[str]:
    """Ids that this operation made: what it inserts under ``id``."""
    inserted = [values.get("id") for text, values in statements if text.lstrip().upper().startswith("INSERT")]
    return {one for one in inserted if isinstance(one, str)} - known


def _parted(statements: list[tuple[str, dict[str, Any]]], words: dict[str, str], first: int) -> tuple[Statement, ...]:
    found = []
    for text, values in statements:
        parts = {}
        for name, value in values.items():
            if isinstance(value, str) and value in words:
                parts[name] = Part(words[value])
            elif type(value) is int and FAR <= value < FAR + 10_000:
                parts[name] = Part("seq", value - first)
        found.append(Statement(text, {k: v for k, v in values.items() if k not in parts}, parts))
    return tuple(found)
