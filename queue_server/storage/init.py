"""``hall init``: makes or brings up the database and loads a hall's description; safe to run again."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime

from queue_server.contract.messages import EventType, Role, WindowMode
from queue_server.domain.events import Happened
from queue_server.domain.hall import Hall
from queue_server.storage import registry
from queue_server.storage import repositories as r
from queue_server.storage.carrying_out import begin, whole
from queue_server.storage.engine import open_for_writing, refusal_of
from queue_server.storage.file_lock import FileLock
from queue_server.storage.floor_room import settle
from queue_server.storage.halls import Halls
from queue_server.storage.migrate import migrate
from queue_server.storage.passwords import Argon2Passwords
from queue_server.storage.places import connection_string, parse, sqlite_file
from queue_server.storage.rows import micros
from queue_server.storage.sql import Connection, postgresql_texts, sqlite_texts
from queue_server.storage.unit_of_work import UnitOfWork
from queue_server.usecases import accounts, look
from queue_server.usecases.hall_description import parse as parse_hall
from queue_server.usecases.ports import Credentials, EnrolmentCode, StorageError
from queue_server.usecases.publish_opening import publish_opening
from queue_server.usecases.system import SystemClock
from queue_server.usecases.work import Clock

GATEWAY = "gateway"


def init(
    db_url: str,
    text: str,
    *,
    passwords: Mapping[str, str] | None = None,
    codes: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    hasher: accounts.Passwords | None = None,
) -> Credentials:
    """Loads the hall that ``text`` (YAML) describes. Tickets stay; what is new gets passwords and codes.

    ``passwords`` (by officer or admin) and ``codes`` (by terminal: ``K1``, ``S1``, ``window-3``, ``pad-3``,
    ``gateway``) fix secrets that are made by chance otherwise, for the demo and tests; they also replace older ones.
    Raises ``HallFileError`` with every problem of the text, ``StorageError`` for the database.
    """
    hall = parse_hall(text)
    migrate(db_url)
    clock = clock or SystemClock()
    with _writing(db_url) as connection:
        now = whole(clock.now())
        _keep_hall(connection, hall, text, now)
        made = _people(connection, hall, passwords or {}, hasher or Argon2Passwords())
        given = _devices(connection, hall, codes or {}, now)
        work, now = begin(connection, Halls(), hall.id, clock, "")
        _tell(work, now)
        work.finish(now)
        settle(connection)
    return Credentials(hall=hall.id, passwords=made, codes=given)


@contextlib.contextmanager
def _writing(db_url: str) -> Iterator[Connection]:
    """One transaction on a connection of its own."""
    url = parse(db_url)
    if url.get_backend_name() == "sqlite":
        path = sqlite_file(url)
        lock = FileLock(path)
        lock.open()
        driver = open_for_writing(path)
        try:
            with lock:
                driver.execute("BEGIN IMMEDIATE")
                yield Connection(driver, sqlite_texts())
                driver.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise StorageError(refusal_of(error).message) from error
        finally:
            driver.close()
            lock.close()
    else:
        import psycopg  # because SQLite never needs it

        with psycopg.connect(connection_string(url)) as postgres:
            yield Connection(postgres, postgresql_texts())


def _keep_hall(connection: Connection, hall: Hall, text: str, now: datetime) -> None:
    if connection.one(r.HALL_VERSION, {"hall": hall.id}) is None:
        connection.run(r.ADD_HALL, {"id": hall.id, "seq": 0, "version": hall.version, "turn": 0})
        secret = secrets.token_bytes(32)
        connection.run(r.ADD_DESCRIPTION, {"hall": hall.id, "text": text, "secret": secret, "made_at": micros(now)})
        return
    _check_removed(UnitOfWork(Halls().ground(connection, hall.id, now)), hall)
    connection.run(r.SAVE_HALL, {"k_hall": hall.id, "version": hall.version})
    connection.run(r.SAVE_DESCRIPTION, {"k_hall": hall.id, "text": text})


def _check_removed(sight: UnitOfWork, hall: Hall) -> None:
    """A queue in which people wait or a window that serves cannot vanish from the description."""
    for rule in sight.hall.queues:
        if rule.id not in hall.queue_by_id and sight.in_use(rule.id):
            raise StorageError(f"queue {rule.id} is not in the new description, but tickets of it are not at an end")
        new = hall.queue_by_id.get(rule.id)
        if new is not None and new.prefix != rule.prefix and sight.in_use(rule.id):
            raise StorageError(f"queue {rule.id} gets another prefix, but tickets of it are not at an end")
    for state in sight.windows():
        if state.window not in hall.window_by_id and state.mode is not WindowMode.CLOSED:
            raise StorageError(f"window {state.window} is not in the new description, but it is open")


def _people(connection: Connection, hall: Hall, fixed: Mapping[str, str], hasher: accounts.Passwords) -> dict[str, str]:
    wanted = {**{o.id: Role.OFFICER for o in hall.officers}, **{a.id: Role.ADMIN for a in hall.admins}}
    known = registry.account_names(connection, hall.id)
    for gone in known - set(wanted):
        registry.drop_account(connection, hall.id, gone)
    made: dict[str, str] = {}
    for name, role in wanted.items():
        if name in known and name not in fixed:
            continue
        made[name] = fixed.get(name) or accounts.new_password()
        hashed = hasher.hash(made[name])
        registry.keep_account(connection, accounts.Account(hall.id, name, role, hashed))
    return made


def _devices(connection: Connection, hall: Hall, fixed: Mapping[str, str], now: datetime) -> tuple[EnrolmentCode, ...]:
    wanted: list[tuple[str, Role, str | None]] = [
        *((kiosk.id, Role.KIOSK, None) for kiosk in hall.kiosks),
        *((screen.id, Role.SCREEN, None) for screen in hall.screens),
        *((f"window-{window.id}", Role.WINDOW, window.id) for window in hall.windows),
        *((f"pad-{window.id}", Role.PAD, window.id) for window in hall.windows if window.pad),
    ]
    if hall.devices:
        wanted.append((GATEWAY, Role.GATEWAY, None))
    known = registry.devices(connection, hall.id)
    made = []
    for name, role, window in wanted:
        if name in known and name not in fixed:
            continue
        holder = accounts.device(hall, name, role, window, now + accounts.CODE_LASTS)
        code = accounts.new_code(holder, fixed.get(name))
        registry.add_code(connection, code, now)
        made.append(code)
    return tuple(made)


def _tell(work: UnitOfWork, now: datetime) -> None:
    """Everybody hears of queues and windows that are new or changed."""
    publish_opening(work, now)
    work.events.clear()
    work.append(
        Happened(
            EventType.HALL_CHANGED,
            {
                "queues": look.queue_views(work),
                "windows": look.window_views(work),
                "catalogueVersion": work.hall.version,
            },
        )
    )
