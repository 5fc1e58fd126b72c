"""One server per file, also while one ends and the next begins."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import pytest

from queue_server.storage import sole_server
from queue_server.storage.sole_server import SoleServer
from queue_server.usecases.ports import StorageError


def test_a_server_that_ends_makes_room_for_one_and_only_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hall.db'}"
    for _ in range(2):
        with SoleServer(url), pytest.raises(StorageError, match="already runs"), SoleServer(url):
            pass


def test_a_server_that_ends_takes_nothing_away_from_under_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'hall.db'}"
    ending, take = SoleServer(url), sole_server._take
    ending.__enter__()

    def after_it_ended(file: IO[bytes]) -> bool:
        monkeypatch.setattr(sole_server, "_take", take)
        ending.__exit__(None, None, None)
        return take(file)

    monkeypatch.setattr(sole_server, "_take", after_it_ended)
    with SoleServer(url), pytest.raises(StorageError, match="already runs"), SoleServer(url):
        pass
