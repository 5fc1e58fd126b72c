"""Databases that cannot be used: full, of another version, on a network drive, damaged, away."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from queue_server.contract.messages import TakeTicket
from queue_server.contract.refusals import Code, Refusal
from queue_server.storage.engine import refusal_of
from queue_server.storage.init import init
from queue_server.storage.migrate import check_version, migrate
from queue_server.storage.office import DatabaseOffice, open_office
from queue_server.storage.places import network_drive, parse, sqlite_file
from queue_server.storage.postgres import refusal_of as refusal_of_postgresql
from queue_server.storage.tables import metadata
from queue_server.usecases.ports import Actor, StorageError


async def test_a_full_disk_is_said_and_loses_nothing(
    sqlite_url: str, make_office: Callable[[str], DatabaseOffice], integrator: Actor
) -> None:
    async with make_office(sqlite_url) as office:
        acknowledged: list[bytes] = []

        async def take_on() -> None:
            for number in range(200):
                reply = await office.carry_out(TakeTicket(queue="A"), integrator, f"key-{number}")
                acknowledged.append(reply.body)

        engine = office._open_engine()
        pages = await engine.read(lambda c: c.driver.execute("PRAGMA page_count").fetchone()[0])
        await engine.write(lambda c: c.driver.execute(f"PRAGMA max_page_count={pages + 3}").fetchone())
        with pytest.raises(Refusal) as refused:
            await take_on()
        assert refused.value.code is Code.STORAGE_FULL
        assert (refused.value.status, refused.value.retryable) == (503, True)
        assert acknowledged
        assert len((await office.snapshot("demo")).tickets) == len(acknowledged)
        await engine.write(lambda c: c.driver.execute("PRAGMA max_page_count=1000000").fetchone())
        key = f"key-{len(acknowledged)}"
        reply = await office.carry_out(TakeTicket(queue="A"), integrator, key)
        assert f'"number":"A{len(acknowledged) + 1:03d}"'.encode() in reply.body
        rows = await office.events_after("demo", 0, 1_000)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))


@pytest.mark.postgresql
async def test_a_full_disk_of_postgresql_is_said(
    postgres_url: str, make_office: Callable[[str], DatabaseOffice], integrator: Actor
) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$"
        )
        connection.execute("CREATE TRIGGER full_disk BEFORE INSERT ON event EXECUTE FUNCTION full_disk()")
    async with make_office(postgres_url) as office:
        before = await office.last_seq("demo")
        with pytest.raises(Refusal) as refused:
            await office.carry_out(TakeTicket(queue="A"), integrator, "key")
        assert refused.value.code is Code.STORAGE_FULL
        assert await office.last_seq("demo") == before
        assert (await office.snapshot("demo")).tickets == {}


def test_errors_of_the_database_become_refusals_without_any_data() -> None:
    assert refusal_of(sqlite3.OperationalError("database is locked")).code is Code.BUSY
    assert refusal_of(OSError(28, "No space left on device")).code is Code.STORAGE_FULL
    secret = refusal_of(sqlite3.OperationalError("near 13800001234"))
    assert (secret.code, "13800001234" in str(secret)) == (Code.INTERNAL, False)
    assert refusal_of_postgresql(psycopg.OperationalError("gone")).code is Code.BUSY
    assert refusal_of_postgresql(psycopg.errors.UniqueViolation("x")).code is Code.INTERNAL


async def test_a_fault_in_one_job_does_not_undo_the_others(sqlite_url: str, make_office: Any) -> None:
    import asyncio

    def add(name: str) -> Callable[[Any], object]:
        return lambda c: c.driver.execute("INSERT INTO account VALUES ('demo', ?, 'officer', 'x')", (name,))

    async with make_office(sqlite_url) as office:
        engine = office._engine
        answers = await asyncio.gather(
            engine.write(add("one")), engine.write(add("one")), engine.write(add("two")), return_exceptions=True
        )
        assert isinstance(answers[1], sqlite3.IntegrityError)
        names = await engine.read(
            lambda c: c.driver.execute("SELECT name FROM account WHERE name IN ('one', 'two')").fetchall()
        )
        assert sorted(names) == [("one",), ("two",)]


@pytest.mark.postgresql
async def test_a_connection_that_was_cut_is_made_anew(
    postgres_url: str, make_office: Callable[[str], DatabaseOffice], integrator: Actor
) -> None:
    async with make_office(postgres_url) as office:
        await office.carry_out(TakeTicket(queue="A"), integrator, "before")
        with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hall'")
        for _ in range(8):  # more than there are connections
            reply = await office.carry_out(TakeTicket(queue="A"), integrator, "after")
        assert b'"A002"' in reply.body
        assert len((await office.snapshot("demo")).tickets) == 2


# --- versions ---


def _set_version(url: str, version: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": version})
    engine.dispose()


async def test_a_database_of_a_newer_version_is_left_alone(database_url: str, demo_hall_text: str) -> None:
    _set_version(database_url, "9999_from_tomorrow")
    with pytest.raises(StorageError, match=r"newer version.*9999_from_tomorrow"):
        await open_office(database_url).start()
    with pytest.raises(StorageError, match="newer version"):
        init(database_url, demo_hall_text)
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    engine.dispose()
    assert found == "9999_from_tomorrow"


def test_migrating_makes_just_the_tables_of_the_program(database_url: str) -> None:
    migrate(database_url)
    check_version(database_url)
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []


async def test_an_empty_database_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="hall init"):
        await open_office(f"sqlite:///{tmp_path}/none.db").start()


async def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "hall.db").write_text("this is not a database, it is a letter to the mayor " * 40)
    with pytest.raises(StorageError, match="not a database"):
        await open_office(f"sqlite:///{tmp_path}/hall.db").start()


async def test_a_postgresql_that_is_away_is_said_to_be_away() -> None:
    with pytest.raises(StorageError, match="does not answer"):
        await open_office("postgresql+psycopg://hall@127.0.0.1:1/hall").start()


# --- places ---

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /srv/hall nfs4 rw 0 0
//nas/share /mnt/My\\040Share cifs rw 0 0
/dev/sdb1 /srv/hall/local ext4 rw 0 0
x
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/hall.db", None),
        ("/srv/hall/hall.db", "nfs4"),
        ("/srv/hallway/hall.db", None),
        ("/srv/hall/local/hall.db", None),
        ("/mnt/My Share/hall.db", "cifs"),
    ],
)
def test_a_network_drive_is_recognised(path: str, kind: str | None) -> None:
    assert network_drive(Path(path), MOUNTS) == kind


async def test_a_database_on_a_network_drive_is_refused_before_it_is_touched(
    sqlite_url: str, make_office: Any, demo_hall_text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queue_server.storage.places.network_drive", lambda *_: "nfs4")
    with pytest.raises(StorageError, match=r"network drive \(nfs4\)"):
        await make_office(sqlite_url).start()
    with pytest.raises(StorageError, match="use a local disk or PostgreSQL"):
        init(sqlite_url, demo_hall_text)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("mysql://x/y", "no support for mysql"),
        ("nonsense", "no database URL"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_a_sentence(url: str, says: str) -> None:
    with pytest.raises(StorageError, match=says):
        parse(url)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="not there"):
        sqlite_file(parse(f"sqlite:///{tmp_path}/no/hall.db"))


def test_sqlite_writes_every_commit_to_the_disk(tmp_path: Path) -> None:
    from queue_server.storage.engine import open_for_writing

    with closing(open_for_writing(tmp_path / "x.db")) as driver:
        assert driver.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert driver.execute("PRAGMA synchronous").fetchone() == (2,)
