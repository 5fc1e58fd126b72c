"""Real clicks, touches and keys through the pages of both flows; the screen asks of the visit what was pressed."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtTest import QTest

from kiosk.viewmodels.services import candidate_words, matching

SCENES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("scenes.json").read_text(encoding="utf-8"))
PRESSES = ("click", "touch")
PATIENCE_MS = 30_000


def at(screen: Any, name: str, **changes: Any) -> None:
    """Puts a scene on the screen, in Chinese and ordinary size unless told otherwise."""
    screen.show(**{**screen.blank(), **SCENES[name], **changes})
    screen.visit.calls.clear()


@pytest.mark.parametrize("press", PRESSES)
def test_a_ticket_is_taken_from_the_first_page_to_the_last(screen: Any, press: str) -> None:
    tap = getattr(screen, press)
    at(screen, "home")
    tap("offer-take_ticket")
    assert screen.visit.asked == [("start", "take_ticket")]
    at(screen, "identify")
    tap("way-phone")
    assert screen.visit.asked == [("submit", {"way": "phone"})]
    at(screen, "phone")
    for digit in "13800001234":
        tap(f"key-{digit}")
    assert screen.find("phone").property("text") == "138 0000 1234"
    tap("primary")
    assert screen.visit.asked == [("submit", {"phone": "13800001234"})]
    at(screen, "queue")
    tap("queue-A")
    assert screen.visit.asked == [("submit", {"queue": "A", "item": None, "priority": "none"})]
    at(screen, "ticket-printed")
    assert screen.find("number").property("text") == "A012"
    tap("primary")
    assert screen.visit.asked == [("submit", {"done": True})]


@pytest.mark.parametrize("press", PRESSES)
def test_a_question_is_asked_from_the_first_page_to_the_last(screen: Any, press: str) -> None:
    tap = getattr(screen, press)
    at(screen, "home")
    tap("offer-self_service")
    assert screen.visit.asked == [("start", "self_service")]
    at(screen, "services")
    tap("service-case-progress")
    assert screen.visit.asked == [("submit", {"service": "case-progress"})]
    at(screen, "consent")
    tap("agree")
    tap("disagree")
    assert screen.visit.asked == [("submit", {"agree": True}), ("submit", {"agree": False})]
    at(screen, "face")
    tap("other-way")
    assert screen.visit.asked == [("submit", {"otherWay": True})]
    at(screen, "code")
    for digit in "204617":
        tap(f"key-{digit}")
    tap("primary")
    assert screen.visit.asked == [("submit", {"code": "204617"})]
    at(screen, "choose")
    tap("option-A-RESPERMIT")
    assert screen.visit.asked == [("submit", {"choice": "A-RESPERMIT"})]
    at(screen, "answer")
    tap("print")
    tap("primary")
    assert screen.visit.asked == [("submit", {"print": True}), ("submit", {"done": True})]


def test_both_answers_to_the_consent_are_of_one_size(screen: Any) -> None:
    for language in ("zh", "en"):
        at(screen, "consent", language=language)
        yes, no = screen.find("agree"), screen.find("disagree")
        assert (yes.width(), yes.height()) == (no.width(), no.height())


def test_the_consent_says_what_this_business_wants_the_face_for(screen: Any) -> None:
    at(screen, "consent")
    assert screen.find("purpose").property("text") == "核对您与证件照片是否为同一人，只用于本次查询"
    at(screen, "consent", language="en")
    assert (
        screen.find("purpose").property("text") == "To check that you are the person on the card, for this enquiry only"
    )


def test_an_item_is_found_by_initials_by_a_chinese_word_and_by_keys(screen: Any) -> None:
    at(screen, "queue")
    screen.click("search")
    screen.click("key-S")
    screen.click("key-B")
    assert screen.has("word-社保")
    assert screen.has("item-B-TRANSFER")
    screen.click("word-社保")
    assert not screen.has("item-B-SSREG")
    screen.click("item-B-TRANSFER")
    assert screen.visit.asked == [("submit", {"queue": "B", "item": "B-TRANSFER", "priority": "none"})]
    at(screen, "phone")
    at(screen, "queue")
    screen.keys("jzz")
    assert screen.has("item-A-RESPERMIT")
    screen.click("back")
    assert screen.has("queue-A")
    assert screen.visit.asked == []


def test_a_closed_queue_says_why_and_cannot_be_pressed(screen: Any) -> None:
    at(screen, "queue")
    assert "窗口暂未开放" in screen.texts()
    assert "今天的号已取完" in screen.texts()
    screen.click("queue-D")
    assert screen.visit.asked == []


def test_priority_is_chosen_once_and_goes_with_the_queue(screen: Any) -> None:
    at(screen, "queue")
    screen.click("priority")
    screen.click("priority-pregnant")
    screen.click("queue-C")
    assert screen.visit.asked == [("submit", {"queue": "C", "item": None, "priority": "pregnant"})]


def test_a_failed_print_shows_number_code_and_a_second_try(screen: Any) -> None:
    at(screen, "ticket-failed")
    assert "A012" in screen.texts()
    assert "打印纸用完了" in screen.texts()
    screen.click("reprint")
    assert screen.visit.asked == [("submit", {"reprint": True})]


def test_a_hurried_second_tap_does_nothing(screen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    at(screen, "queue")
    place = screen.middle(screen.find("queue-A"))
    screen.rest()
    instant = time.monotonic()  # both in one, however long this machine takes for the first
    monkeypatch.setattr("kiosk.viewmodels.visit.time", SimpleNamespace(monotonic=lambda: instant))
    for _ in range(2):
        QTest.mouseClick(screen.stage.window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert len(screen.visit.asked) == 1


def test_what_was_typed_stays_when_the_page_says_what_is_wrong(screen: Any) -> None:
    at(screen, "phone")
    for digit in "13812345678":
        screen.click(f"key-{digit}")
    screen.show(error="error.phone-invalid")
    assert "手机号不对" in screen.texts()
    assert screen.find("phone").property("text") == "138 1234 5678"


def test_while_work_goes_on_the_page_cannot_be_pressed_and_says_so(screen: Any) -> None:
    at(screen, "queue", busy=True)
    screen.click("queue-A")
    assert screen.visit.asked == []
    screen.qtbot.waitUntil(lambda: "正在取号" in screen.texts(), timeout=PATIENCE_MS)


def test_back_home_and_help_stand_on_every_page(screen: Any) -> None:
    at(screen, "consent")
    screen.click("back")
    screen.click("home")
    assert screen.visit.asked == [("back", None), ("cancel", None)]
    screen.click("help")
    assert screen.has("helpClose")
    screen.click("helpClose")
    assert not screen.has("helpClose")


def test_time_running_out_is_shown_and_a_touch_buys_more(screen: Any) -> None:
    at(screen, "identify", warning_left=12)
    assert "12秒后回到首页" in screen.texts()
    screen.rest()
    more = next(item for item in screen.targets() if item.property("name") == "还需要时间")
    QTest.mouseClick(
        screen.stage.window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, screen.middle(more)
    )
    screen.settle()
    assert ("touch", None) in screen.visit.calls


def test_language_and_large_type_are_the_visits_and_go_with_it(screen: Any) -> None:
    at(screen, "home")
    switches = {item.property("name"): item for item in screen.targets()}
    for name in ("English", "长者版", "高对比"):
        screen.rest()
        QTest.mouseClick(
            screen.stage.window,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
            screen.middle(switches[name]),
        )
        screen.settle()
    assert "Take a ticket" in screen.texts()
    assert screen.stage.theme.switched() == (True, True, False)
    at(screen, "identify", language="en", elder=True)
    screen.show(**{**screen.blank(), **SCENES["home"], "language": "zh", "elder": False})
    assert "取号" in screen.texts()
    assert screen.stage.theme.switched() == (False, False, False)


def test_everything_can_be_done_by_keys_alone(screen: Any) -> None:
    at(screen, "home")
    screen.key(Qt.Key.Key_Tab)
    assert screen.stage.shell.property("keys") is True
    assert screen.stage.window.activeFocusItem().objectName() == "offer-take_ticket"
    screen.key(Qt.Key.Key_Down)
    assert screen.stage.window.activeFocusItem().objectName() == "offer-appointments"
    screen.key(Qt.Key.Key_Up)
    screen.key(Qt.Key.Key_Return)
    assert screen.visit.asked == [("start", "take_ticket")]
    at(screen, "phone")
    screen.keys("13800001234")
    for _ in range(5):
        screen.key(Qt.Key.Key_Down)
    for _ in range(3):
        screen.key(Qt.Key.Key_Right)
    assert screen.stage.window.activeFocusItem().objectName() == "primary"
    screen.key(Qt.Key.Key_Return)
    assert screen.visit.asked == [("submit", {"phone": "13800001234"})]
    screen.key(Qt.Key.Key_F1)
    assert screen.has("helpClose")
    screen.key(Qt.Key.Key_Escape)
    assert not screen.has("helpClose")
    screen.key(Qt.Key.Key_Escape)
    assert screen.visit.asked[-1] == ("back", None)


def test_the_focus_ring_goes_when_somebody_touches(screen: Any) -> None:
    at(screen, "consent")
    screen.key(Qt.Key.Key_Tab)
    assert screen.stage.shell.property("keys") is True
    screen.touch("help")
    assert screen.stage.shell.property("keys") is False


def test_the_cameras_picture_is_mirrored_and_gone_afterwards(screen: Any) -> None:
    at(screen, "face")
    picture = np.zeros((48, 64, 3), dtype=np.uint8)
    picture[:, :32] = (0, 0, 255)
    screen.visit.look(picture)
    screen.settle()
    seen = screen.stage.visit.picture()
    assert seen is not None
    assert seen.pixelColor(60, 10).red() == 255
    assert seen.pixelColor(4, 10).red() == 0
    screen.visit.look(None)
    assert screen.stage.visit.picture() is None


def test_the_code_on_the_screen_says_the_tickets_address_and_no_address_of_a_picture_does(screen: Any) -> None:
    at(screen, "ticket-failed")
    assert screen.stage.visit.qr_address() == SCENES["ticket-failed"]["data"]["url"]
    for item in screen.items():
        source = item.property("source")
        assert source is None or "Q2hl" not in source.toString()
    at(screen, "home")
    assert screen.stage.visit.qr_address() == ""


def test_staff_get_in_by_five_taps_and_the_pin_only(screen: Any) -> None:
    at(screen, "home")
    screen.report.update(
        devices=[{"kind": "ticket_printer", "name": "x", "state": "fault", "conditions": ["paper.out"], "detail": ""}],
        waitingUploads=2,
        parked=[{"number": "A701", "queue": "A", "reason": "unknown-lease"}],
        leases=[{"queue": "A", "left": 17}],
        versions={"hall24": "0.1.0"},
        online=False,
    )
    place = screen.middle(screen.find("crest"))
    for _ in range(5):  # without a rest: taps that are far from each other do not count
        QTest.mouseClick(screen.stage.window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    screen.settle()
    assert screen.stage.maintenance.property("asking") is True
    for digit in "1111":
        screen.click(f"key-{digit}")
    screen.click("pinEnter")
    assert "口令不对" in screen.texts()
    for digit in "246810":
        screen.click(f"key-{digit}")
    screen.click("pinEnter")
    screen.qtbot.waitUntil(lambda: "A701" in screen.texts(), timeout=PATIENCE_MS)
    assert screen.faults() == []
    screen.click("back")
    assert screen.has("offer-take_ticket")


def test_after_five_wrong_pins_the_door_is_locked(screen: Any) -> None:
    door = screen.stage.maintenance
    door.knock()
    for _ in range(5):
        door.enter("0000")
    door.enter("246810")
    assert door.property("locked") is True
    assert door.property("open") is False
    door._locked_until = 0.0
    door.close()


def test_a_screen_reader_finds_a_name_and_a_role_for_everything_on_every_page(screen: Any) -> None:
    QAccessible.setActive(True)
    try:
        for name in SCENES:
            at(screen, name)
            buttons = [one for one in told(screen) if one[0] == QAccessible.Role.Button]
            assert buttons, name
            assert all(text.strip() for _, text in buttons), name
            assert any(role == QAccessible.Role.Heading for role, _ in told(screen)), name
    finally:
        QAccessible.setActive(False)


def told(screen: Any) -> list[tuple[QAccessible.Role, str]]:
    """What a screen reader would be told of the window."""
    found: list[tuple[QAccessible.Role, str]] = []

    def walk(one: QAccessibleInterface | None) -> None:
        if one is None or not one.isValid() or one.state().invisible:
            return
        if one.role() in (QAccessible.Role.Button, QAccessible.Role.Heading):
            found.append((one.role(), one.text(QAccessible.Text.Name)))
        for index in range(one.childCount()):
            walk(one.child(index))

    walk(QAccessible.queryAccessibleInterface(screen.stage.window))
    return found


def test_a_finger_anywhere_restarts_the_idle_clock_and_presses_nothing(screen: Any) -> None:
    at(screen, "identify")
    screen.touch("question")
    assert ("touch", None) in screen.visit.calls
    assert screen.visit.asked == []


def test_the_likeliest_items_come_first() -> None:
    items = SCENES["queue"]["data"]["items"]
    assert [item["id"] for item in matching(items, "sb")] == ["B-TRANSFER"]
    assert [item["id"] for item in matching(items, "社会")] == ["B-SSREG", "B-SSCARD"]
    assert matching(items, "residence permit")[0]["id"] == "A-RESPERMIT"
    assert matching(items, "jmsfz")[0]["id"] == "A-IDCARD"
    assert matching(items, "  ") == []
    assert candidate_words(items, "bdc") == ["不动产"]
    assert candidate_words(items, "") == []


def test_the_clock_wakes_the_kiosk_once_a_minute(screen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = screen.stage.shell
    last_moment = datetime(2026, 3, 9, 9, 29, 59, 700_000, tzinfo=ZoneInfo("Asia/Shanghai"))
    monkeypatch.setattr(shell, "_clock", lambda: last_moment)
    ticks: list[str] = []
    shell.ticked.connect(lambda: ticks.append(shell.time))
    shell.start()
    assert ticks == ["09:29"]
    began = time.monotonic()
    monkeypatch.setattr(shell, "_clock", lambda: last_moment + timedelta(seconds=time.monotonic() - began))
    screen.qtbot.waitUntil(lambda: ticks[-1] == "09:30", timeout=PATIENCE_MS)
    QTest.qWait(900)
    assert len(ticks) <= 3
