"""A group of requests in one commit leaves the same rows, events and replies as the same requests one after the other.

Two halls begin alike. In the one, each request is a transaction of its own and nothing is kept in memory between them;
in the other, several go in one transaction, some fail in the middle of it, and one office or two in turn carry them
out. Times and ids depend on the request alone, so after every group all tables must be the same, byte for byte.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))  # the neighbour below is a module of no package

from hall_wishes import CHANGES, INTEGRATOR, KIOSKS, LATER, Call, Known, Loan, Wish, any_day, days, hall_text

from queue_server.contract import messages as m
from queue_server.contract.codec import decode
from queue_server.contract.refusals import Code, Refusal
from queue_server.storage import lines, tables, ticket_room
from queue_server.storage.carrying_out import CarryOut, write_to
from queue_server.storage.init import init
from queue_server.storage.office import DatabaseOffice
from queue_server.storage.sql import Connection
from queue_server.usecases.due import do_due

Make = Callable[[str], DatabaseOffice]
Answer = tuple[Any, ...]

_SECRETS = {"account", "token", "enrolment", "description"}
"""Made by chance for each hall, and never touched by a request."""

TABLES = tuple(
    (table.name, [column.name for column in columns], sa.select(*columns).order_by(*table.primary_key))
    for table in tables.metadata.sorted_tables
    if table.name not in _SECRETS
    for columns in [[column for column in table.columns if (table.name, column.name) != ("hall", "turn")]]
)
"""All but the count of transactions."""

PHASES = [phase for phase in Phase if phase is not Phase.shrink or os.environ.get("HALL_TEST_SHRINK")]
"""A fault in sixty steps on a database takes minutes to shrink: only for whoever looks for it."""

VARIED = (59, 22)
"""Days on which much of all kinds happens."""

A_WISH = Wish("take", "1", "A", 0, 0, 0, 0, False)

TURN = sa.select(tables.hall.c.turn).where(tables.hall.c.id == sa.literal("demo"))


class Moment:
    """Clock and ids of one request: the same however often it is tried, and whatever goes with it."""

    def __init__(self, now: datetime, place: int) -> None:
        self._now = now
        self._place = place
        self._made = 0

    def now(self) -> datetime:
        self._made = 0
        return self._now

    def new(self, now: datetime) -> str:
        self._made += 1
        return f"{int(now.timestamp() * 1000):012x}{self._place:08x}{self._made:012x}"

    def secret(self) -> str:
        return f"secret-{self._place:06d}-{self._made:04d}"


class Step(NamedTuple):
    """One request of the day."""

    wish: Wish
    call: Call
    moment: Moment


async def ask(office: DatabaseOffice, step: Step) -> Answer:
    """What the office answers, in a form that can be compared."""
    wish, (command, actor, key), moment = step
    office.clock = office.ids = moment
    engine = office._open_engine()

    def broken(connection: Connection) -> None:
        CarryOut(command, actor, None, office._halls, moment, moment, office.public_url)(connection)
        raise ValueError("broken off")

    try:
        if wish.verb == "due":
            await engine.write(write_to(office._halls, actor.hall, moment, do_due), lane=actor.hall)
            return ("done",)
        if wish.verb == "fail":
            await engine.write(broken, lane=actor.hall)
        reply = await office.carry_out(command, actor, key)
    except Refusal as no:
        return ("no", no.code, no.message, no.detail)
    except Exception as error:  # noqa: BLE001  # the kind is compared
        return ("broke", type(error))
    return ("yes", reply.status, reply.body, reply.repeated)


async def ask_together(office: DatabaseOffice, steps: Sequence[Step]) -> list[Answer]:
    """All in one transaction: they come while the writer is busy with something else."""
    begun, go = threading.Event(), threading.Event()

    def something_else(_: Connection) -> None:
        begun.set()
        assert go.wait(30)

    busy = asyncio.create_task(office._open_engine().write(something_else, lane="demo"))
    assert await asyncio.to_thread(begun.wait, 30)
    asked = [asyncio.create_task(ask(office, step)) for step in steps]
    await asyncio.sleep(0)  # each has put its job in the queue
    go.set()
    await busy
    return await asyncio.gather(*asked)


class Nothing(dict[str, Any]):
    """A memory that keeps nothing: whoever asks reads the tables."""

    def __setitem__(self, hall: str, kept: object) -> None:
        pass


async def rows_of(office: DatabaseOffice) -> dict[str, list[Any]]:
    def read(connection: Connection) -> dict[str, list[Any]]:
        return {name: [tuple(row) for row in connection.all(text, {})] for name, _, text in TABLES}

    return await office._read(read)


@dataclass
class Day:
    """Both halls, and what happened in them so far."""

    alone: DatabaseOffice
    together: Sequence[DatabaseOffice]
    urls: tuple[str, str]
    now: datetime
    known: Known
    next_door: Known = field(default_factory=lambda: Known("next", windows={}))
    seen: Counter[str] = field(default_factory=Counter)
    """Of each kind of answer, how many."""
    _places: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _later: bool = False
    _rows: dict[str, list[Any]] = field(default_factory=dict)
    """What is in the tables of the hall in which everybody is alone."""

    async def live(self, all_wishes: Sequence[Wish]) -> None:
        group: list[Step] = []
        answers: list[Answer] = []
        for wish in all_wishes:
            self.now += timedelta(seconds=wish.wait)
            if wish.verb == "change":
                await self._compare(group, answers)
                group, answers = [], []
                await self._change()
                continue
            known = self.next_door if wish.next_door else self.known
            group.append(Step(wish, known.call(wish, self.now), Moment(self.now, next(self._places))))
            answers.append(await self._ask_alone(group[-1]))
            if wish.last:
                await self._compare(group, answers)
                group, answers = [], []
        await self._compare(group, answers)

    async def _ask_alone(self, step: Step) -> Answer:
        """Who is refused, or fails, leaves nothing but a reply under its key."""
        before = self._rows or await rows_of(self.alone)
        answer = await ask(self.alone, step)
        self._hear(step, answer)
        self._rows = await rows_of(self.alone)
        if answer[0] in {"no", "broke"}:
            assert {**self._rows, "reply": None} == {**before, "reply": None}, (step, answer)
        return answer

    def _hear(self, step: Step, answer: Answer) -> None:
        kind = answer[1].value if answer[0] == "no" else "again" if answer[0] == "yes" and answer[3] else answer[0]
        self.seen[kind] += 1
        self.seen[f"{step.wish.verb} {answer[0]}"] += 1
        if answer[0] == "yes":
            (self.next_door if step.wish.next_door else self.known).heard(step.call, answer[2])

    async def _compare(self, group: Sequence[Step], alone: Sequence[Answer]) -> None:
        if not group:
            return
        self.seen["groups"] += 1
        office = self.together[self.seen["groups"] % len(self.together)]
        before = await office._read(lambda connection: connection.one(TURN, {}))
        together = await ask_together(office, group)
        after = await office._read(lambda connection: connection.one(TURN, {}))
        assert together == alone, [(step.call, a, t) for step, a, t in zip(group, alone, together, strict=True)]
        assert before is not None
        assert after is not None
        if not any(answer[0] == "broke" or answer[1:2] == (Code.INTERNAL,) for answer in together):
            ours = any(not step.wish.next_door for step in group)
            assert after[0] - before[0] == ours, "they did not go together"
        await self._same(office)

    async def _same(self, office: DatabaseOffice) -> None:
        expected = self._rows = await rows_of(self.alone)
        found = await rows_of(office)
        for name, columns, _ in TABLES:
            if found[name] != expected[name]:
                one = next(pair for pair in itertools.zip_longest(expected[name], found[name]) if pair[0] != pair[1])
                words = [(c, a, b) for c, a, b in zip(columns, *one, strict=True) if a != b] if all(one) else one
                raise AssertionError(f"{name}, alone and together: {words}")
        office.clock = self.alone.clock = Moment(self.now, 0)
        for hall in ("demo", "next"):
            assert await office.snapshot(hall) == await self.alone.snapshot(hall)
        assert await office.events_after("demo", 0, 5_000) == await self.alone.events_after("demo", 0, 5_000)
        for window in "1358":
            ahead = [await one.waiting_at("demo", window) for one in (self.alone, office)]
            assert ahead[0] == ahead[1]

    async def _change(self) -> None:
        """Another description is loaded while the servers run."""
        self._later = not self._later
        text = hall_text(*CHANGES, *(LATER if self._later else ()))
        for url in self.urls:
            await asyncio.to_thread(init, url, text, clock=Moment(self.now, next(self._places)))
        await self._same(self.together[0])
        self.seen["changes"] += 1


@dataclass
class Halls:
    """Makes pairs of halls that begin alike: three windows open, a few people there."""

    copy: Callable[[], tuple[str, Callable[[], None]]]
    make: Make
    begin: datetime
    loans: list[Loan]
    seen: Counter[str] = field(default_factory=Counter)

    async def day(self, all_wishes: Sequence[Wish], offices: int, kept: int) -> None:
        """``kept`` are so many of each line in memory."""
        (one, forget_one), (two, forget_two) = self.copy(), self.copy()
        try:
            async with AsyncExitStack() as stack:
                stack.enter_context(patch.object(lines, "MOST", kept))
                stack.enter_context(patch.object(ticket_room, "REFILL", kept))
                alone = await stack.enter_async_context(self.make(one))
                alone._open_engine()._memory._halls = Nothing()  # type: ignore[attr-defined]  # both engines have it
                together = [await stack.enter_async_context(self.make(two)) for _ in range(offices)]
                day = Day(alone, together, (one, two), self.begin, Known(loans=list(self.loans)))
                await day.live(all_wishes)
                self.seen.update(day.seen)
        finally:
            forget_one()
            forget_two()

    def every_day(self, examples: int) -> None:
        """Random days. Afterwards what they must have met was met."""

        @settings(settings(), max_examples=examples * settings().max_examples // 60, phases=PHASES)
        @given(all_wishes=days, offices=st.sampled_from([1, 1, 2]), kept=st.sampled_from([2, 3, 16]))
        @example(all_wishes=any_day(VARIED[0]), offices=1, kept=2)
        @example(all_wishes=any_day(VARIED[1]), offices=2, kept=3)
        def each(all_wishes: list[Wish], offices: int, kept: int) -> None:
            asyncio.run(self.day(all_wishes, offices, kept))

        each()
        for kind in ("yes", "again", "done", "broke", "key_reused", "window_busy", "wrong_state", "no_current_ticket"):
            assert self.seen[kind] > 0, (kind, self.seen)


async def _a_morning(url: str, make: Make) -> list[Loan]:
    """What kiosks borrowed in it."""
    async with make(url) as office:
        for window in "135":
            await office.carry_out(m.OpenWindow(window=window), INTEGRATOR)
        for queue in "AAAAEEEBCCAE":
            await office.carry_out(m.TakeTicket(queue=queue), INTEGRATOR)
        loans = []
        for kiosk in KIOSKS:
            lent = await office.carry_out(m.LendNumbers(queue="A", size=8), kiosk)
            lease = decode(lent.body, m.Lease)
            loans.append((lease.id, lease.from_, lease.to, lease.queue, kiosk))
        return loans


def both_halls(url: str, clock: Any) -> None:
    """Two halls in one database; what is asked in the one goes in one commit with what is asked in the other."""
    text = hall_text(*CHANGES)
    for one in (text, text.replace("  id: demo\n", "  id: next\n", 1)):
        init(url, one, clock=clock)


@pytest.fixture
def calm_office(make_office: Make) -> Make:
    """An office that looks at no clock by itself."""

    def make(url: str) -> DatabaseOffice:
        office = make_office(url)
        office.poll_seconds = 3_600
        return office

    return make


@pytest.fixture
def sqlite_halls(tmp_path: Path, calm_office: Make, clock: Any) -> Halls:
    template = tmp_path / "template.db"
    both_halls(f"sqlite:///{template}", clock)
    loans = asyncio.run(_a_morning(f"sqlite:///{template}", calm_office))

    def copy() -> tuple[str, Callable[[], None]]:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        shutil.copyfile(template, folder / "hall.db")
        return f"sqlite:///{folder}/hall.db", lambda: shutil.rmtree(folder)

    return Halls(copy, calm_office, clock.now(), loans)


@pytest.fixture
def postgres_halls(postgres: Any, calm_office: Make, clock: Any) -> Any:
    postgres.execute("CREATE DATABASE groups")
    both_halls(postgres.url("groups"), clock)
    loans = asyncio.run(_a_morning(postgres.url("groups"), calm_office))
    count = itertools.count()

    def copy() -> tuple[str, Callable[[], None]]:
        name = f"groups_{next(count)}"
        postgres.execute(f"CREATE DATABASE {name} TEMPLATE groups")
        return postgres.url(name), lambda: postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")

    yield Halls(copy, calm_office, clock.now(), loans)
    postgres.execute("DROP DATABASE groups WITH (FORCE)")


def test_a_group_on_sqlite_leaves_what_its_requests_leave_one_by_one(sqlite_halls: Halls) -> None:
    sqlite_halls.every_day(18)


@pytest.mark.postgresql
def test_a_group_on_postgresql_leaves_what_its_requests_leave_one_by_one(postgres_halls: Halls) -> None:
    postgres_halls.every_day(5)


async def test_what_breaks_the_tables_harms_nobody_else_of_its_group(
    database_url: str, calm_office: Make, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the same link on two papers were not noticed, the table would still take it once."""
    monkeypatch.setattr(ticket_room.TicketRoom, "link_is_used", lambda *_: False)
    async with calm_office(database_url) as office:
        office.clock = clock
        lent = await office.carry_out(m.LendNumbers(queue="A", size=5), KIOSKS[0])
        lease = decode(lent.body, m.Lease)
        printed = tuple(
            m.OfflineTicket(
                key=f"printed-{number}",
                lease=lease.id,
                queue="A",
                number=f"A{number}",
                issued_at=clock.now(),
                status_token="the-same-link-on-two-papers",
            )
            for number in (lease.from_, lease.from_ + 1)
        )
        take = m.TakeTicket(queue="A")
        calls = (
            Call(take, INTEGRATOR, "one"),
            Call(m.ReportOfflineTickets(tickets=printed), KIOSKS[0], "two"),
            Call(take, INTEGRATOR, "three"),
            Call(m.ReportOfflineTickets(tickets=printed[1:]), KIOSKS[0], "four"),
        )
        steps = [Step(A_WISH, call, Moment(clock.now(), place)) for place, call in enumerate(calls, 1)]
        answers = await ask_together(office, steps)
        assert [answer[0] == "yes" for answer in answers] == [True, False, True, True]
        numbers = [decode(answers[place][2], m.TicketIssued).number for place in (0, 2)]
        assert numbers == ["A001", "A002"]
        assert decode(answers[3][2], m.OfflineResults).results[0].result == "accepted"
        assert (await office.snapshot("demo")).queues["A"].waiting == 3
        rows = await office.events_after("demo", 0)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
