"""Nothing of a person outlives the visit: not in files, logs, replies to staff or reports to the server."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import pytest
import structlog

from drivers.device import Fault
from drivers.face_verifier.port import FaceOutcome


def files_of(*folders: Path) -> dict[Path, bytes]:
    found = {}
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                path = Path(place, name)
                if path.is_file():
                    found[path] = path.read_bytes()
    return found


def spellings(word: str) -> list[bytes]:
    return [word.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")] + [
        word.encode("unicode_escape")
    ]


def take_one(rig: Any, people: Any, way: str) -> None:
    if way == "card":
        rig.card_to_queue()
    else:
        rig.reader.card = None
        rig.start("take_ticket")
        rig.until("Identify")
        rig.tap(way="phone")
        rig.until("Phone")
        rig.tap(phone=people.phone)
        rig.until("Queue")
    rig.tap(queue="A", priority="none")
    rig.until("Ticket")
    rig.wait(lambda: rig.visit.data["printing"] == "printed")
    rig.tap(done=True)
    rig.until("Home")


def ask_one(rig: Any, people: Any) -> None:
    rig.reader.card = people.card()
    rig.start("self_service")
    rig.until("Services")
    rig.tap(service="case-progress")
    rig.until("Consent")
    rig.verifier.outcomes = [FaceOutcome.UNSURE]
    rig.tap(agree=True)
    rig.wait(lambda: rig.visit.data.get("state") == "unsure")
    rig.tap(otherWay=True)
    rig.until("Code")
    rig.tap(code=people.code)
    rig.until("Answer")
    rig.wait(lambda: rig.visit.data["printing"] == "printed")
    rig.clock.pass_(16)
    rig.visit.tick()
    rig.until("Home")


@pytest.mark.parametrize("mode", ["well", "down"])
def test_after_a_visit_no_personal_word_is_left_in_any_file_or_log(
    rig: Any,
    hall: Any,
    people: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    mode: str,
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setenv("HOME", str(scratch))
    monkeypatch.chdir(scratch)
    with structlog.testing.capture_logs() as logs:
        if mode == "well":
            ask_one(rig, people)
        hall.mode = mode
        take_one(rig, people, "card")
        take_one(rig, people, "phone")
        rig.reader.fault = Fault.CHECKSUM
        rig.start("take_ticket")
        rig.until_error("card-checksum")
        rig.visit.cancel()
    out, err = capfd.readouterr()
    said = (repr(logs) + out + err).encode()
    written = files_of(tmp_path)
    assert any(path.name.startswith("kiosk.db") for path in written)
    for word in people.personal:
        for spelled in spellings(word):
            assert spelled not in said
            assert [path.name for path, content in written.items() if spelled in content] == []
    assert list(scratch.iterdir()) == []


def test_after_a_visit_no_personal_word_is_left_in_the_memory_of_the_visit(rig: Any, people: Any) -> None:
    ask_one(rig, people)
    take_one(rig, people, "phone")
    rig.reader.card = None
    views = repr(rig.visit.view) + repr(vars(rig.visit))
    rig.views.clear()
    gc.collect()
    for word in people.personal:
        assert word not in views
    from kiosk.identity import Person

    left = [one for one in gc.get_objects() if isinstance(one, Person)]
    assert all(one.name.reveal() == one.number.reveal() == one.phone.reveal() == "" for one in left)
    assert all(not any(one.photo) for one in left)


def test_what_the_page_shows_is_masked_at_every_moment(rig: Any, people: Any) -> None:
    ask_one(rig, people)
    take_one(rig, people, "card")
    take_one(rig, people, "phone")
    shown = repr(rig.views)
    for word in people.personal:
        assert word not in shown


def test_what_waits_for_the_server_names_nobody(rig: Any, hall: Any, people: Any) -> None:
    hall.mode = "down"
    take_one(rig, people, "card")
    take_one(rig, people, "phone")
    card, phone = rig.outbox.waiting()
    assert (card.person.masked_name, phone.person.masked_name) == ("欧***者", "138****1234")
    assert (card.phone, phone.phone) == (None, None)
    assert len(card.person.token) >= 50
    assert card.person.token != phone.person.token
    hall.mode = "well"
    rig.refresher.round()
    assert files_of(Path(rig.database._path).parent)
    with rig.database.transaction() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM outbox").scalar_one() == 0


def test_secrets_do_not_show_in_reprs_and_errors(rig: Any, people: Any) -> None:
    person = rig.desk.identity._person(people.card())
    shown = f"{person!r} {person} {[person]}"
    for word in people.personal:
        assert word not in shown
