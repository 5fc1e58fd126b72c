"""The engine of flows: steps, back, time-outs, forgetting."""

from __future__ import annotations

import dataclasses
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from kiosk.errors import KioskError, Reason
from kiosk.flows.flow import Flow, Page, Step
from kiosk.visit import IdleLimits, Visit, session
from kiosk.visit.session import Forgetting


class Purse:
    def __init__(self) -> None:
        self.wiped = False

    def wipe(self) -> None:
        self.wiped = True


@pytest.fixture
def visit_of(rig: Any) -> Any:
    def make(*steps: Step, hindrance: Any = lambda _desk: None) -> Visit:
        visit = Visit(rig.desk, IdleLimits(), flows=(Flow("test", steps, hindrance),))
        rig.visit.close()
        rig.visit = visit
        return visit

    return make


def test_answers_are_merged_and_steps_follow_one_another(rig: Any, visit_of: Any) -> None:
    seen: list[dict[str, Any]] = []
    visit_of(
        Step("one", Page.CHOOSE, "two"),
        Step("two", Page.FORM, "three", perform=lambda _desk, answers: seen.append(dict(answers)) or {"b": 2}),
        Step("three", Page.ANSWER, None, perform=lambda _desk, answers: seen.append(dict(answers)) or {}),
    )
    rig.start("test")
    assert (rig.until("Choose").step, rig.visit.view.steps) == (1, 3)
    rig.tap(a=1)
    rig.until("Form")
    rig.tap(junk=0)
    rig.until("Answer")
    rig.tap(done=True)
    rig.until("Home")
    assert seen == [{"a": 1, "junk": 0}, {"a": 1, "b": 2, "done": True}]


def test_back_brings_the_answers_of_then_and_from_the_first_step_home(rig: Any, visit_of: Any) -> None:
    purse = Purse()
    visit_of(
        Step("one", Page.CHOOSE, "two", perform=lambda _desk, _answers: {"purse": purse}),
        Step("two", Page.FORM, None),
    )
    rig.start("test")
    rig.until("Choose")
    rig.tap()
    rig.until("Form")
    rig.clock.pass_(1)
    rig.visit.back()
    rig.until("Choose")
    assert purse.wiped
    rig.clock.pass_(1)
    rig.visit.back()
    rig.until("Home")


def test_from_a_final_step_there_is_no_way_back(rig: Any, visit_of: Any) -> None:
    visit_of(Step("one", Page.CHOOSE, "two"), Step("two", Page.TICKET, None, final=True))
    rig.start("test")
    rig.until("Choose")
    rig.tap()
    assert rig.until("Ticket").can_back is False
    rig.clock.pass_(1)
    rig.visit.back()
    assert rig.visit.page == "Ticket"


def test_an_error_keeps_the_step_and_a_broken_step_says_unexpected(rig: Any, visit_of: Any) -> None:
    failures: list[Exception] = [KioskError(Reason.QUEUE_FULL), ZeroDivisionError(rig.reader)]

    def fail(desk: Any, answers: Any) -> None:
        raise failures.pop(0)

    visit_of(Step("one", Page.QUEUE, None, perform=fail))
    rig.start("test")
    rig.until("Queue")
    rig.tap()
    assert rig.until_error("queue-full").busy is False
    rig.tap()
    assert rig.until_error("unexpected").page == "Queue"


def test_a_page_that_cannot_be_prepared_still_comes_and_says_so(rig: Any, visit_of: Any) -> None:
    def broken(desk: Any, answers: Any) -> Any:
        raise KioskError(Reason.SERVER_UNREACHABLE)

    visit_of(Step("one", Page.QUEUE, None, view=broken, auto={"now": True}))
    rig.start("test")
    assert rig.until_error("server-unreachable").page == "Queue"


def test_the_second_half_of_a_double_tap_does_not_begin_a_new_visit(rig: Any, visit_of: Any) -> None:
    visit = visit_of(Step("one", Page.TICKET, None))
    rig.start("test")
    rig.until("Ticket")
    rig.tap(done=True)
    rig.until("Home")
    rig.clock.pass_(0.2)
    visit.start("test")
    assert visit._session is None
    rig.clock.pass_(0.3)
    visit.start("test")
    rig.until("Ticket")


def test_a_flow_that_is_not_offered_says_why_on_the_first_page(rig: Any, visit_of: Any) -> None:
    visit_of(Step("one", Page.QUEUE), hindrance=lambda _desk: Reason.NOT_ENROLLED)
    rig.start("test")
    assert rig.until_error("not-enrolled").page == "Home"
    rig.clock.pass_(61)
    rig.visit.tick()
    assert rig.visit.error is None


def test_a_tap_interrupts_work_that_waits_for_the_person(rig: Any, visit_of: Any) -> None:
    begun, released = threading.Event(), threading.Event()

    def work(desk: Any, answers: Any) -> Any:
        if answers.get("other"):
            return {"way": "other"}
        begun.set()
        desk.stage.cancel.wait(60)
        released.set()
        return {"way": "card"}

    visit_of(
        Step("one", Page.IDENTIFY, "two", perform=work, auto={"first": True}, waits=True), Step("two", Page.QUEUE, None)
    )
    rig.start("test")
    assert begun.wait(20)
    rig.tap(other=True)
    assert released.wait(20)
    rig.until("Queue")
    assert rig.visit._session.answers == {"way": "other"}


def test_nobody_stands_there_a_warning_then_home(rig: Any, visit_of: Any) -> None:
    visit_of(Step("one", Page.CHOOSE, None))
    rig.start("test")
    rig.until("Choose")
    rig.clock.pass_(44)
    rig.visit.tick()
    assert rig.visit.view.warning_left is None
    rig.clock.pass_(2)
    rig.visit.tick()
    assert rig.visit.view.warning_left == 14
    rig.visit.touch()
    assert rig.visit.view.warning_left is None
    rig.clock.pass_(59)
    rig.visit.tick()
    assert rig.visit.view.warning_left == 1
    rig.clock.pass_(1.1)
    rig.visit.tick()
    assert rig.visit.page == "Home"


def test_elders_have_more_time_and_the_next_person_does_not_find_their_settings(rig: Any, visit_of: Any) -> None:
    visit_of(Step("one", Page.CHOOSE, None))
    rig.visit.set_manner(elder=True, language="en")
    rig.start("test")
    rig.until("Choose")
    rig.clock.pass_(120)
    rig.visit.tick()
    assert rig.visit.page == "Choose"
    rig.clock.pass_(31)
    rig.visit.tick()
    view = rig.visit.view
    assert (view.page, view.elder, view.language) == ("Home", False, "zh")
    rig.visit.set_manner(elder=True)
    rig.clock.pass_(151)
    rig.visit.tick()
    assert rig.visit.view.elder is False


def test_a_result_goes_home_sooner_but_not_before_the_paper_is_there(rig: Any, visit_of: Any) -> None:
    visit_of(
        Step(
            "one",
            Page.TICKET,
            None,
            view=lambda _d, _a: {"printing": "printing"},
            result=lambda d: d["printing"] == "ok",
        )
    )
    rig.start("test")
    rig.until("Ticket")
    rig.clock.pass_(20)
    rig.visit.tick()
    assert rig.visit.page == "Ticket"
    rig.visit._publish(data={"printing": "ok"})
    rig.visit.tick()
    assert rig.visit.page == "Home"


def test_work_that_hangs_does_not_keep_the_kiosk_from_going_home(rig: Any, visit_of: Any) -> None:
    begun, end = threading.Event(), threading.Event()
    late: list[Any] = []

    def hang(desk: Any, answers: Any) -> Any:
        begun.set()
        end.wait(60)
        desk.stage.show(late=True)
        late.append(1)
        return {"late": Purse()}

    visit = visit_of(Step("one", Page.CHOOSE, None, perform=hang))
    rig.start("test")
    rig.until("Choose")
    rig.tap()
    assert begun.wait(20)
    rig.clock.pass_(61)
    visit.tick()
    assert visit.page == "Home"
    revision = visit.view.revision
    end.set()
    rig.wait(lambda: late)
    assert (visit.page, visit.view.revision) == ("Home", revision)


@pytest.mark.parametrize("way", ["done", "cancel", "idle", "close"])
def test_whatever_the_end_everything_of_the_person_is_forgotten(rig: Any, visit_of: Any, way: str) -> None:
    purse, photo = Purse(), bytearray(b"photo")
    visit = visit_of(
        Step("one", Page.CHOOSE, "two", perform=lambda _desk, _answers: {"purse": purse, "photo": photo}),
        Step("two", Page.FORM, None),
    )
    rig.start("test")
    rig.until("Choose")
    rig.tap()
    rig.until("Form")
    session = visit._session
    if way == "done":
        rig.tap()
    elif way == "cancel":
        rig.clock.pass_(1)
        visit.cancel()
    elif way == "idle":
        rig.clock.pass_(61)
        visit.tick()
    else:
        visit.close()
    rig.until("Home")
    assert visit._session is None
    assert (dict(session.answers), session.history) == ({}, [])
    assert purse.wiped
    assert photo == bytes(5)


def test_the_next_visit_does_no_work_before_the_devices_have_forgotten_the_one_before(
    rig: Any, visit_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "FORGETTING_SECONDS", 60.0)  # also where this test itself is slow
    slow, order = threading.Event(), []

    def forget() -> None:
        slow.wait(60)
        order.append("forgotten")

    rig.desk = dataclasses.replace(rig.desk, forget=forget)
    visit_of(Step("one", Page.CHOOSE, None, view=lambda _desk, _answers: order.append("work") or {}))
    rig.start("test")
    rig.until("Choose")
    rig.visit.cancel()
    rig.until("Home")
    rig.start("test")
    assert order == ["work"]
    slow.set()
    rig.until("Choose")
    assert order == ["work", "forgotten", "work"]


def test_a_visit_that_is_forgotten_late_does_not_count_for_the_one_after_it(
    people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "FORGETTING_SECONDS", 60.0)
    ends = [threading.Event(), threading.Event()]
    begun, order = iter(ends), []

    def forget() -> None:
        end = next(begun)
        end.wait(60)
        order.append(ends.index(end))

    forgetting = Forgetting(SimpleNamespace(forget=forget))  # type: ignore[arg-type]  # all that it asks of a desk
    forgetting.begin()
    forgetting.begin()
    ends[0].set()
    people.until(lambda: sum(thread.name == "forget" for thread in threading.enumerate()) == 1)
    assert not forgetting._done.is_set()
    ends[1].set()
    forgetting.wait()
    assert order == [0, 1]


def test_a_driver_that_cannot_forget_does_not_keep_the_next_person_out(rig: Any, visit_of: Any) -> None:
    def forget() -> None:
        raise RuntimeError

    rig.desk = dataclasses.replace(rig.desk, forget=forget)
    visit_of(Step("one", Page.CHOOSE, None))
    for _ in range(2):
        rig.start("test")
        rig.until("Choose")
        rig.visit.cancel()
        rig.until("Home")


def test_a_submitted_secret_is_wrapped_before_anything_sees_it(rig: Any, visit_of: Any) -> None:
    kept: list[Any] = []
    visit_of(
        Step(
            "one",
            Page.CODE,
            None,
            perform=lambda _desk, answers: kept.append(answers["code"]) or {},
            secret=frozenset({"code"}),
        )
    )
    rig.start("test")
    rig.until("Code")
    rig.tap(code="246810")
    rig.until("Home")
    assert "246810" not in repr(kept)
    assert kept[0].reveal() == "246810"


def test_every_view_reaches_the_observer_in_order_until_it_stops(rig: Any, visit_of: Any) -> None:
    visit = visit_of(Step("one", Page.CHOOSE, None))
    seen: list[int] = []
    stop = visit.observe(lambda view: seen.append(view.revision))
    rig.start("test")
    rig.until("Choose")
    stop()
    visit.cancel()
    assert seen == list(range(seen[0], seen[0] + len(seen)))
    assert visit.view.revision > seen[-1]


def test_what_changes_outside_does_not_undo_what_the_steps_work_has_shown(rig: Any, visit_of: Any) -> None:
    outside = {"paper": True}

    def work(desk: Any, _answers: Any) -> None:
        desk.stage.show(state="unavailable")

    visit = visit_of(
        Step(
            "one",
            Page.FACE,
            None,
            perform=work,
            view=lambda _desk, _answers: {"state": "looking", **outside},
            auto={"look": True},
            waits=True,
        )
    )
    rig.start("test")
    rig.wait(lambda: visit.view.data.get("state") == "unavailable")
    outside["paper"] = False
    visit.refresh()
    rig.wait(lambda: visit.view.data["paper"] is False)
    assert visit.view.data["state"] == "unavailable"


def test_what_changes_outside_reaches_the_page_that_is_shown(rig: Any, hall: Any) -> None:
    rig.card_to_queue()
    hall.catalogue["queues"][0]["waiting"] = 17
    rig.refresher.round()
    rig.visit.refresh()
    rig.wait(lambda: rig.visit.data["queues"][0]["waiting"] == 17)
    rig.visit.cancel()
    rig.link._see(Reason.SERVER_SLOW)
    rig.visit.refresh()
    assert "line.offline" in rig.visit.data["lines"]
    assert rig.visit.view.offline
