"""A safe copy of a hall's database while the server runs, and putting it back.

SQLite: ``VACUUM INTO`` reads one instant through a read-only connection, so the server's writer is not held up.
PostgreSQL: its own ``pg_dump`` and ``pg_restore``. A copy counts only once it was looked through and is on disk.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import URL

from queue_server.storage.places import parse, sqlite_file
from queue_server.storage.sole_server import SoleServer
from queue_server.usecases.ports import StorageError

_SIDES = ("-wal", "-shm")


def backup(db_url: str, target: Path) -> int:
    """Writes a copy to ``target`` (an existing file is replaced at the end); returns its size in bytes.

    Raises ``StorageError`` with a sentence; then ``target`` is as it was.
    """
    url = parse(db_url)
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        if url.get_backend_name() == "sqlite":
            _copy_sqlite(sqlite_file(url), part)
        else:
            _postgresql(["pg_dump", "--format=custom", f"--file={part}"], url)
        _on_disk(part)
        part.replace(target)
    except OSError as error:
        raise StorageError(f"the copy could not be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def restore(db_url: str, source: Path, now: datetime) -> Path | None:
    """Puts a copy back. The database that was there is kept beside it, and its path is returned (SQLite).

    Raises ``StorageError`` when a server runs on it, or when the copy is damaged or no copy of a hall.
    """
    url = parse(db_url)
    if not source.is_file():
        raise StorageError(f"{source} is not there")
    if url.get_backend_name() != "sqlite":
        _postgresql(
            ["pg_restore", "--clean", "--if-exists", "--exit-on-error", "--single-transaction", str(source)], url
        )
        return None
    path = sqlite_file(url)
    with SoleServer(db_url):
        _look_through(source)
        part = path.with_name(path.name + ".part")
        try:
            shutil.copyfile(source, part)
            _on_disk(part)
            kept = _set_aside(path, now)
            part.replace(path)
            _on_disk(path)
        except OSError as error:
            raise StorageError(f"the copy could not be put back: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)
    return kept


def _copy_sqlite(path: Path, target: Path) -> None:
    if not path.is_file():
        raise StorageError(f"there is no database at {path}")
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as driver:
            driver.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        raise StorageError(f"the copy could not be made: {error}") from error
    _look_through(target)


def _look_through(path: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as driver:
            found = driver.execute("PRAGMA integrity_check(1)").fetchone()
            halls = driver.execute("SELECT count(*) FROM sqlite_master WHERE name = 'hall'").fetchone()
    except sqlite3.Error as error:
        raise StorageError(f"{path} is not a copy of a hall's database") from error
    if found[0] != "ok":
        raise StorageError(f"{path} is damaged: {found[0]}")
    if not halls[0]:
        raise StorageError(f"{path} is not a copy of a hall's database")


def _set_aside(path: Path, now: datetime) -> Path | None:
    """Moves the database and its log away, so that no log of the old one is laid over the new one."""
    if not path.exists():
        return None
    kept = path.with_name(f"{path.name}.before-{now:%Y%m%d-%H%M%S}")
    for side in _SIDES:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + side).replace(kept.with_name(kept.name + side))
    path.replace(kept)
    return kept


def _on_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _postgresql(command: list[str], url: URL) -> None:
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    place = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    try:
        done = subprocess.run(
            [*command, f"--dbname={place}"], env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise StorageError(f"{command[0]} is missing; install the package postgresql-client") from None
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise StorageError(f"{command[0]}: {said[-1]}")
