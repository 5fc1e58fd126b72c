"""What must survive: outbox, leases, journal; whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.errors import KioskError, Reason
from kiosk.store.database import Database
from kiosk.store.journal import Stand
from kiosk.store.leases import Leases
from queue_server.contract.messages import Lease


def test_a_lent_number_is_given_once_and_not_after_its_day(rig: Any) -> None:
    now = rig.clock.now()
    assert [rig.leases.take("A", now).number for _ in range(5)] == ["A700", "A701", "A702", "A703", "A704"]
    assert rig.leases.take("A", now) is None
    assert rig.leases.take("B", now + timedelta(hours=13)) is None
    assert rig.leases.left(now) == {"A": 0, "B": 5}
    assert [rest.lease for rest in rig.leases.give_up(now + timedelta(hours=13))] == ["lease-B-705"]
    assert rig.leases.count() == 0


def test_the_key_of_a_wish_for_numbers_lives_until_they_came_and_dies_with_the_disk(rig: Any, tmp_path: Path) -> None:
    key = rig.leases.request_key("Z")
    assert rig.leases.request_key("Z") == key, "a lost answer is asked for again"
    assert rig.leases.request_key("Y") != key
    now = rig.clock.now()
    came = Lease(id="new", queue="Z", prefix="Z", digits=3, from_=1, to=2, business_day=now.date(), expires_at=now)
    rig.leases.keep(came)
    assert rig.leases.request_key("Z") != key, "the next wish is another one"
    rig.leases.keep(came)
    other = Database(tmp_path / "other.db")
    other.open()
    assert Leases(other).request_key("Y") != rig.leases.request_key("Y")
    other.close()


def test_number_and_report_are_written_together_or_not_at_all(rig: Any) -> None:
    now = rig.clock.now()

    def half() -> None:
        with rig.database.transaction():
            assert rig.leases.take("A", now) is not None
            raise KioskError(Reason.UNEXPECTED)

    with pytest.raises(KioskError):
        half()
    assert rig.leases.left(now)["A"] == 5


def test_everything_is_there_after_a_restart(make_rig: Callable[..., Any], hall: Any, rig: Any) -> None:
    hall.mode = "down"
    rig.card_to_queue()
    rig.tap(queue="A", priority="none")
    rig.until("Ticket")
    (told,) = rig.outbox.waiting()
    rig.wait(lambda: rig.visit.data["printing"] == "printed")
    again = make_rig()
    assert again.catalogue.current is not None
    assert again.outbox.waiting() == [told]
    assert again.leases.left(again.clock.now())["A"] == 4
    assert again.journal.find(told.key).stand is Stand.PRINTED


def test_what_a_power_cut_interrupted_is_closed_and_never_printed_again(rig: Any) -> None:
    now = rig.clock.now()
    for key, steps in {"asked": 0, "known": 1, "begun": 2}.items():
        rig.journal.begin(key, "A", now)
        if steps > 0:
            rig.journal.issued(key, "A001", b"{}")
        if steps > 1:
            assert rig.journal.printing(key) == 0
    interrupted = {entry.key: entry.stand for entry in rig.journal.recover(now)}
    assert interrupted == {"asked": Stand.ISSUING, "known": Stand.ISSUED, "begun": Stand.PRINTING}
    assert rig.journal.under_way() == []
    assert rig.journal.find("begun").stand is Stand.UNPROVEN
    assert rig.journal.printing("begun") == 1
    rig.journal.recover(now + timedelta(days=3))
    assert rig.journal.find("asked") is None


def test_a_damaged_file_is_put_aside_not_deleted(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.db"
    path.write_bytes(b"this is no database, but somebody may want to see it" * 100)
    database = Database(path)
    database.open()
    assert database.damaged
    assert (tmp_path / "kiosk.db.damaged").read_bytes().startswith(b"this is no database")
    database.close()


def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    database = Database(path)
    with pytest.raises(KioskError, match="newer"):
        database.open()
    database.close()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(KioskError) as error:
        Database(tmp_path / "file" / "kiosk.db").open()
    assert error.value.reason is Reason.STORAGE_FULL


def test_every_commit_is_on_disk_before_anything_is_printed(rig: Any) -> None:
    with rig.database.transaction() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
