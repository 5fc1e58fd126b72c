"""A database of the first version, with people in it, becomes one of this version and nobody loses their place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from queue_server.contract import messages as m
from queue_server.contract.codec import decode
from queue_server.storage.init import init
from queue_server.storage.migrate import check_version, migrate
from queue_server.storage.office import DatabaseOffice
from queue_server.storage.rows import micros
from queue_server.storage.tables import metadata
from queue_server.usecases.hall_description import parse
from queue_server.usecases.ports import Actor, StorageError

FIRST = "0001_first_tables"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the tables of the first version, empty."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/old.db"
        migrate(url, FIRST)
        yield url
        return
    postgres = request.getfixturevalue("postgres")
    name = f"old_{os.urandom(6).hex()}"
    postgres.execute(f"CREATE DATABASE {name}")
    migrate(postgres.url(name), FIRST)
    yield postgres.url(name)
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


def ticket(number: int, state: str, now: int, **other: Any) -> dict[str, Any]:
    minute = 60_000_000
    return {
        "hall": "demo", "id": f"t{number}", "number": f"A{number:03d}", "queue": "A", "business_day": "2026-03-02",
        "state": state, "issued_at": now - (20 - number) * minute, "since": now - (20 - number) * minute,
        "status_token": f"token-of-ticket-{number}", "rank": 1, "priority": "none", "channel": "kiosk",
        "masked_name": "", "phone_mask": "", "calls": 0, "why": "", "offline": 0, "taken_by": "K1", **other,
    }  # fmt: skip


def a_morning(url: str, text: str, now: int) -> None:
    """Five people: one is served, one is held, one was passed, and two wait, the elder one since later."""
    rows: dict[str, list[dict[str, Any]]] = {
        "hall": [{"id": "demo", "seq": 7, "version": parse(text).version}],
        "description": [{"hall": "demo", "text": text, "secret": b"s" * 32, "made_at": now}],
        "event": [
            {"hall": "demo", "seq": seq, "type": "ticket.issued", "at": now, "data": b"{}"} for seq in range(1, 8)
        ],
        "ticket": [
            ticket(1, "serving", now, window="1", started_at=now, called_at=now, calls=1, service="s1"),
            ticket(2, "held", now, window="1", started_at=now - 1, called_at=now - 1, calls=1, service="s2"),
            ticket(3, "passed", now, window="1", finished_at=now, pass_reason="absent"),
            ticket(4, "waiting", now),
            ticket(5, "waiting", now, rank=0, priority="elder"),
        ],
        "service": [
            {"hall": "demo", "id": f"s{n}", "ticket": f"t{n}", "window": "1", "queue": "A", "started_at": now,
             "rating": "not-yet", "reasons": "", "text": ""} for n in (1, 2)
        ],
        "queue_state": [
            {"hall": "demo", "queue": "A", "waiting": 2, "first": 1, "servers": 100, "staffed": 1, "day": "2026-03-02",
             "issued_today": 5, "last_number": 5, "last_lent": 719, "open": 1, "closed_reason": None, "low": 0,
             "likely": 480, "high": 960}
        ],
        "window_state": [
            {"hall": "demo", "window": "1", "mode": "open", "pause_reason": None, "officer": "officer1",
             "ticket": "t1", "service": "s1", "rated": "s0", "rating": "invited", "rating_until": now + 30_000_000}
        ],
        "loan": [
            {"hall": "demo", "id": "l1", "kiosk": "K1", "queue": "A", "business_day": "2026-03-02", "first": 700,
             "last": 719, "expires_at": now + 1}
        ],
        "parked": [
            {"hall": "demo", "kiosk": "K1", "key": "k1", "queue": "A", "number": "A700", "issued_at": now,
             "reason": "wrong-range", "parked_at": now, "settled_at": None}
        ],
    }  # fmt: skip
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        for name, several in rows.items():
            for row in several:
                connection.execute(sa.insert(tables.tables[name]).values(**row))
    engine.dispose()


async def test_people_keep_their_places_numbers_and_windows(
    old_url: str, make_office: Callable[[str], DatabaseOffice], demo_hall_text: str, clock: Any
) -> None:
    a_morning(old_url, demo_hall_text, micros(clock.now()))
    with pytest.raises(StorageError, match="older version"):
        check_version(old_url)
    init(old_url, demo_hall_text, clock=clock)
    check_version(old_url)
    integrator = Actor("demo", m.Role.INTEGRATOR, "integrator")
    async with make_office(old_url) as office:
        snapshot = await office.snapshot("demo")
        assert snapshot.queues["A"].waiting == 2
        window = snapshot.windows["1"]
        assert (window.ticket and window.ticket.number, [held.number for held in window.held]) == ("A001", ["A002"])
        assert (window.rating, window.rating_until) == (
            m.RatingState.INVITED,
            clock.now() + timedelta(seconds=30),
        )
        assert [one.key for one in await office.parked("demo")] == ["k1"]
        assert (await office.ticket_status("demo", "t4")).ahead == 1
        called = [
            decode((await office.carry_out(command, integrator)).body, m.Called).ticket
            for command in [m.CallNext(window="1", finish_current=m.Outcome.ACCEPTED)] * 3
        ]
        assert [one.number if one else None for one in called] == ["A005", "A004", None]
        issued = decode((await office.carry_out(m.TakeTicket(queue="A"), integrator)).body, m.TicketIssued)
        assert issued.number == "A006"
        lease = decode((await office.carry_out(m.LendNumbers(queue="A"), integrator)).body, m.Lease)
        assert lease.from_ == 720
        seen = [row.seq for row in await office.events_after("demo", 0)]
        assert seen == list(range(1, await office.last_seq("demo") + 1))


def test_a_migration_that_is_cut_off_changes_nothing_and_can_be_done_again(
    old_url: str, demo_hall_text: str, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_morning(old_url, demo_hall_text, micros(clock.now()))
    from alembic import op

    def cut(name: str, *_: Any, **__: Any) -> None:
        raise OSError(f"the power went at {name}")

    with monkeypatch.context() as patched:
        patched.setattr(op, "create_index", cut)
        with pytest.raises(OSError, match="the power went"):
            migrate(old_url)
    engine = sa.create_engine(old_url)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == FIRST
        assert connection.execute(sa.text("SELECT waiting FROM queue_state")).scalar() == 2
        assert connection.execute(sa.text("SELECT count(*) FROM ticket WHERE rank = 1")).scalar() == 4
        assert "pace" not in sa.inspect(connection).get_table_names()
    migrate(old_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
