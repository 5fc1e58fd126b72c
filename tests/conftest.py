"""What tests of all areas share: a clock that stands still, and halls on both databases.

``database_url`` runs a test twice, on SQLite and on PostgreSQL; each test has its own copy of the demo hall.
PostgreSQL is started by the tests themselves, as root through ``su postgres``.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from hypothesis import HealthCheck, settings

import assets
from hall24.ports import free_port
from queue_server.contract.messages import Role
from queue_server.storage.init import init
from queue_server.storage.office import DatabaseOffice, open_office
from queue_server.usecases.ports import Actor

MONDAY_MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
PASSWORD = "demo-hall-24"
PEOPLE = {**{f"officer{n}": PASSWORD for n in range(1, 9)}, "admin": PASSWORD}


_PATIENT: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "suppress_health_check": [HealthCheck.too_slow],
}  # a busy machine is slow
settings.register_profile("hall", max_examples=60, **_PATIENT)
settings.register_profile("long", max_examples=2_000, **_PATIENT)
settings.load_profile(os.environ.get("HALL_TEST_PROFILE", "hall"))


class StandingClock:
    """Time moves only when a test says so."""

    def __init__(self, now: datetime = MONDAY_MORNING) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def forward(self, **by: float) -> datetime:
        self._now += timedelta(**by)
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now


class CountedIds:
    """Ids that sort by the order in which they were made."""

    def __init__(self) -> None:
        self._count = itertools.count(1)

    def new(self, now: datetime) -> str:
        return f"{int(now.timestamp() * 1000):012x}{next(self._count):020x}"

    def secret(self) -> str:
        return f"secret-{next(self._count):016d}"


class QuickPasswords:
    """Passwords without the slow hash: tests of the hash itself are elsewhere."""

    def hash(self, password: str) -> str:
        return f"quick:{password}"

    def fits(self, hashed: str | None, password: str) -> bool:
        return hashed == f"quick:{password}"


@dataclasses.dataclass(frozen=True)
class Postgres:
    """A PostgreSQL of our own; ``url(name)`` is a database in it."""

    port: int

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def execute(self, statement: str) -> None:
        with psycopg.connect(f"postgresql://postgres@127.0.0.1:{self.port}/postgres", autocommit=True) as connection:
            connection.execute(statement.encode())


def _postgres_programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise RuntimeError("PostgreSQL is missing: apt-get install postgresql (packaging/hall does it)")
    return found[-1].parent


def _as_postgres(command: str) -> None:
    words = ["su", "postgres", "-c", command] if os.getuid() == 0 else ["sh", "-c", command]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd="/")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL for this process of the test run, on a port of its own."""
    programs = _postgres_programs()
    folder = Path(tempfile.mkdtemp(prefix="hall-pg-", dir="/tmp"))  # the user postgres must reach it
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    port = free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    try:
        _as_postgres(f"{programs}/initdb -D {folder}/data -A trust -U postgres -E UTF8 --no-locale --no-sync")
        _as_postgres(f"{programs}/pg_ctl -D {folder}/data -w -t 60 -l {folder}/log -o '{options}' start")
        try:
            yield Postgres(port)
        finally:
            _as_postgres(f"{programs}/pg_ctl -D {folder}/data -w -m immediate stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def demo_hall_text() -> str:
    return assets.DEMO_HALL.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory, demo_hall_text: str) -> Path:
    path = tmp_path_factory.mktemp("template") / "hall.db"
    init(f"sqlite:///{path}", demo_hall_text, passwords=PEOPLE, clock=StandingClock(), hasher=QuickPasswords())
    return path


@pytest.fixture(scope="session")
def _postgres_template(postgres: Postgres, demo_hall_text: str) -> str:
    postgres.execute("CREATE DATABASE template_hall")
    url = postgres.url("template_hall")
    init(url, demo_hall_text, passwords=PEOPLE, clock=StandingClock(), hasher=QuickPasswords())
    return "template_hall"


@pytest.fixture
def sqlite_url(tmp_path: Path, _sqlite_template: Path) -> str:
    """An SQLite database with the demo hall; every officer's password is ``demo-hall-24``."""
    path = tmp_path / "hall.db"
    shutil.copyfile(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: Postgres, _postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database with the demo hall."""
    name = f"hall_{os.urandom(6).hex()}"
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE {_postgres_template}")
    yield postgres.url(name)
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The demo hall on one database, then on the other."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def make_office(clock: StandingClock) -> Callable[[str], DatabaseOffice]:
    """Makes an office on a database, not started, with the standing clock."""

    ids = CountedIds()

    def make(url: str) -> DatabaseOffice:
        return open_office(
            url,
            clock=clock,
            ids=ids,
            public_url="http://hall.test",
            passwords=QuickPasswords(),
            poll_seconds=0.2,
        )

    return make


@pytest.fixture
async def office(database_url: str, make_office: Callable[[str], DatabaseOffice]) -> AsyncIterator[DatabaseOffice]:
    """A started office on the demo hall, on both databases."""
    async with make_office(database_url) as opened:
        yield opened


@pytest.fixture
def integrator() -> Actor:
    """May take tickets and act at every window."""
    return Actor("demo", Role.INTEGRATOR, "integrator")


@pytest.fixture(autouse=True)
def one_tests_logging_is_not_the_next_ones() -> Iterator[None]:
    """A kiosk or a server that was started in a test's own process says how all of it logs."""
    yield
    structlog.reset_defaults()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Pages in a browser come last: their driver keeps an event loop in the thread that other tests need free."""
    items.sort(key=lambda item: "tests/ui/web/" in item.path.as_posix())
