"""One server per SQLite file: a second one would starve the first, and a restore under it would lose work."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import IO, Self

from queue_server.storage.places import parse, sqlite_file
from queue_server.usecases.ports import StorageError


class SoleServer:
    """``with SoleServer(db_url):`` holds while a server (or a restore) has the file; PostgreSQL needs none of it.

    The operating system lets go when the process dies. Raises ``StorageError`` when somebody else has it.
    """

    def __init__(self, db_url: str) -> None:
        self._url = db_url
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        url = parse(self._url)
        if url.get_backend_name() == "sqlite":
            path = sqlite_file(url)
            self._file = path.with_name(path.name + ".serving").open("ab")
            if not _take(self._file):
                self._file.close()
                self._file = None
                raise StorageError(f"a server already runs on {path}; stop it first")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()  # and it stays there: taken away now, it could be the one that the next server has
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _take(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
