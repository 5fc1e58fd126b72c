"""Devices that come and go, and what this kiosk can still offer then."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from drivers.device import Action, Condition, DeviceError, DeviceState, Fault, Status
from drivers.loading import plugged_in
from kiosk.devices.bench import Bay, Bench, DeviceReport
from kiosk.devices.health import Line, conditions, judge
from kiosk.errors import Reason
from queue_server.contract.codec import convert
from queue_server.contract.messages import Catalogue

READY = Status(DeviceState.READY)


class Gadget:
    """A device that the test breaks."""

    def __init__(self) -> None:
        self.there = True
        self.status = READY
        self.opened = 0
        self.closed = threading.Event()
        self.hangs = threading.Event()

    def open(self) -> None:
        if not self.there:
            raise DeviceError(Fault.ABSENT)
        self.opened += 1
        self.closed.clear()

    def close(self) -> None:
        self.closed.set()

    def probe(self) -> Status:
        return self.status

    def work(self) -> str:
        if not self.there:
            raise DeviceError(Fault.UNPLUGGED)
        return "done"

    def hang(self) -> str:
        self.hangs.set()
        self.closed.wait(60)
        raise DeviceError(Fault.CANCELLED)


@pytest.fixture
def bay(people: Any) -> Any:
    gadget = Gadget()
    changes: list[str] = []
    one: Bay[Any] = Bay("ticket_printer", "fake", lambda: gadget, lambda: changes.append(one.report.status.state.value))
    one.gadget, one.changes = gadget, changes
    one.start()
    people.until(lambda: one.report.works)
    yield one
    one.stop()


def test_work_is_done_one_after_the_other_on_the_devices_own_thread(bay: Any) -> None:
    names = {bay.call(lambda _: threading.current_thread().name, 20) for _ in range(3)}
    assert names == {"device-ticket_printer"}


def test_an_unplugged_device_fails_once_is_said_once_and_comes_back(bay: Any, people: Any) -> None:
    bay.gadget.there = False
    with pytest.raises(DeviceError) as error:
        bay.call(lambda gadget: gadget.work(), 20)
    assert error.value.fault is Fault.UNPLUGGED
    people.until(lambda: bay.report.status.state is DeviceState.ABSENT)
    with pytest.raises(DeviceError) as error:
        bay.call(lambda gadget: gadget.work(), 20)
    assert error.value.fault is Fault.ABSENT
    bay.gadget.there = True
    people.until(lambda: bay.report.works)
    assert bay.call(lambda gadget: gadget.work(), 20) == "done"
    assert bay.changes == ["ready", "absent", "ready"]


def test_a_device_that_is_absent_at_the_start_appears_later(people: Any) -> None:
    gadget = Gadget()
    gadget.there = False
    bay: Bay[Any] = Bay("camera", "fake", lambda: gadget, lambda: None)
    bay.start()
    people.until(lambda: bay.report.status.state is DeviceState.ABSENT)
    gadget.there = True
    people.until(lambda: bay.report.works)
    bay.stop()


def test_a_device_whose_plug_is_put_back_is_opened_at_once_however_long_it_was_away(people: Any) -> None:
    gadget, clock, plug = Gadget(), [0.0], [True]
    did: list[str] = []

    def open_() -> None:
        did.append("opened")
        if not gadget.there:
            raise DeviceError(Fault.ABSENT)

    def plugged() -> bool:
        did.append("there" if plug[0] else "gone")
        return plug[0]

    def time_passes_until_it_is_tried(times: int) -> bool:
        clock[0] += 100.0
        return did.count("opened") >= times

    gadget.open = open_  # type: ignore[method-assign]  # the test counts the attempts
    bay: Bay[Any] = Bay("code_scanner", "fake", lambda: gadget, lambda: None, lambda: clock[0], plugged=plugged)
    gadget.there = False
    bay.start()
    people.until(lambda: bay.report.status.state is DeviceState.ABSENT)
    # The path is there, the device does not answer: it is tried, ever more rarely.
    people.until(lambda: time_passes_until_it_is_tried(4))
    plug[0] = False
    clock[0] += 1000.0
    people.until(lambda: did.count("gone") == 2)
    assert set(did[did.index("gone") :]) == {"gone"}, "a path that is not there was opened"
    plug[0], gadget.there = True, True
    began = time.monotonic()
    people.until(lambda: bay.report.works)
    assert time.monotonic() - began < 6, "it was waited for the next try, eight seconds later"
    bay.stop()


def test_only_devices_with_a_path_of_their_own_are_looked_for_by_it(tmp_path: Any) -> None:
    assert plugged_in("tcp://10.0.0.9:9100") is None
    assert plugged_in("not a url") is None
    assert plugged_in(f"file://{tmp_path}") is None
    looks = plugged_in("serial:///dev/serial/by-id/usb-nothing-like-this?baud=9600")
    assert looks is not None
    assert not looks()
    there = plugged_in("serial:///dev/null")
    assert there is not None
    assert there()
    (tmp_path / "usb1").mkdir()
    (tmp_path / "1-2:1.0").mkdir()
    usb = plugged_in("usb://0400:C35A?serial=7", tmp_path)
    assert usb is not None
    assert not usb()
    (tmp_path / "1-2").mkdir()
    (tmp_path / "1-2/idVendor").write_text("0400\n")
    (tmp_path / "1-2/idProduct").write_text("c35a\n")
    assert usb()
    assert plugged_in("usb://0400:c35a", tmp_path / "nothing") is None, "no such bus to look at"


def test_the_end_of_a_visit_reaches_every_device_that_can_forget(people: Any) -> None:
    class Rememberer(Gadget):
        forgotten = 0

        def forget(self) -> None:
            self.forgotten += 1

    remembers = Rememberer()
    bays: dict[str, Bay[Any]] = {
        "code_scanner": Bay("code_scanner", "fake", lambda: remembers, lambda: None),
        "keypad": Bay("keypad", "fake", Gadget, lambda: None),
    }
    bench = Bench(bays)
    bench.forget()  # nothing is open yet: nothing happens
    bench.start()
    people.until(lambda: all(report.works for report in bench.reports()))
    assert remembers.forgotten == 1, "what an earlier run of the program left"
    bench.forget()
    assert remembers.forgotten == 2
    bench.stop()


def test_what_a_device_says_by_itself_is_seen_at_once(people: Any) -> None:
    class Speaker(Gadget):
        changed: Any = None

        def watch(self, changed: Any) -> None:
            self.changed = changed

    speaker = Speaker()
    bay: Bay[Any] = Bay("ticket_printer", "fake", lambda: speaker, lambda: None)
    bay.start()
    people.until(lambda: bay.report.works)
    speaker.status = Status(DeviceState.FAULT, (Condition("cover.open", Action.STAFF, blocking=True),))
    began = time.monotonic()
    speaker.changed(speaker.status)
    people.until(lambda: not bay.report.works)
    assert time.monotonic() - began < 8, "it was waited for the next look, ten seconds later"
    bay.stop()


def test_a_driver_that_hangs_is_given_up_and_the_device_opened_again(bay: Any, people: Any) -> None:
    began = time.monotonic()
    while not bay.gadget.hangs.is_set():  # on a busy machine the time may be over before the driver has begun
        with pytest.raises(DeviceError) as error:
            bay.call(lambda gadget: gadget.hang(), 0.2)
        assert (error.value.fault, error.value.uncertain) == (Fault.SILENT, True)
    assert time.monotonic() - began < 30, "it was waited for the driver, a minute long"
    assert bay.call(lambda gadget: gadget.work(), 20) == "done"
    assert bay.gadget.opened == 2


def test_a_broken_driver_takes_nothing_with_it(bay: Any, people: Any) -> None:
    with pytest.raises(DeviceError) as error:
        bay.call(lambda _: 1 / 0, 20)
    assert error.value.fault is Fault.MECHANICAL
    people.until(lambda: bay.report.works)


def test_too_much_at_once_is_refused_rather_than_printed_ten_minutes_later(bay: Any) -> None:
    end = threading.Event()
    running = [bay.run(lambda _: end.wait(60)) for _ in range(4)]
    with pytest.raises(DeviceError) as error:
        running[-1].result(20)
    assert error.value.fault is Fault.BUSY
    end.set()


def test_work_that_nobody_waits_for_any_more_does_not_disturb_the_end(people: Any) -> None:
    gadget = Gadget()
    bay: Bay[Any] = Bay("ticket_printer", "fake", lambda: gadget, lambda: None)
    bay.start()
    people.until(lambda: bay.report.works)
    broke: list[threading.ExceptHookArgs] = []
    former, threading.excepthook = threading.excepthook, broke.append
    try:
        bay.run(lambda gadget: gadget.hang())
        people.until(gadget.hangs.is_set)
        with pytest.raises(DeviceError):
            bay.call(lambda _: None, 0.01)
        waiting = bay.run(lambda _: None)
        bay.stop()
        people.until(waiting.done)
        people.until(lambda: not bay._thread.is_alive())
    finally:
        threading.excepthook = former
    assert broke == []
    assert isinstance(waiting.exception(), DeviceError)


def test_settings_that_make_no_device_disable_it(people: Any) -> None:
    def make() -> Any:
        raise DeviceError(Fault.CONFIGURATION, "no driver")

    bay: Bay[Any] = Bay("camera", "nonsense", make, lambda: None)
    bay.start()
    people.until(lambda: bay.report.status.state is DeviceState.DISABLED)
    assert bay.report.status.conditions[0].action is Action.CONFIGURE
    bay.stop()


# --- health: pure ---


def bench(**states: Status) -> list[DeviceReport]:
    usual = {"id_card_reader": READY, "ticket_printer": READY, "camera": READY, "face_verifier": READY}
    return [DeviceReport(kind, "m", status) for kind, status in {**usual, **states}.items()]


def blocked(code: str, state: DeviceState = DeviceState.FAULT) -> Status:
    return Status(state, (Condition(code, Action.STAFF, blocking=True),))


@pytest.fixture
def known(hall: Any) -> Catalogue:
    return convert(hall.catalogue, Catalogue)


@pytest.mark.parametrize(
    ("devices", "line", "expected"),
    [
        (bench(), Line(), {"take_ticket": None, "self_service": None, "card": None, "face": None, "paper": None}),
        (bench(id_card_reader=blocked("reader.absent")), Line(), {"card": Reason.NO_READER, "take_ticket": None}),
        (bench(camera=blocked("camera.silent")), Line(), {"face": Reason.CAMERA_ABSENT, "self_service": None}),
        (bench(face_verifier=blocked("face.models")), Line(), {"face": Reason.CAMERA_ABSENT}),
        (bench(ticket_printer=blocked("paper.out")), Line(), {"paper": Reason.PRINTER_PAPER_OUT, "take_ticket": None}),
        (bench(ticket_printer=blocked("cover.open")), Line(), {"paper": Reason.PRINTER_COVER_OPEN}),
        (bench(ticket_printer=blocked("cutter")), Line(), {"paper": Reason.PRINTER_FAULT}),
        (
            bench(ticket_printer=blocked("status.unknown", DeviceState.UNKNOWN)),
            Line(),
            {"paper": Reason.PRINTER_SILENT},
        ),
        (
            bench(ticket_printer=blocked("fault.absent", DeviceState.ABSENT)),
            Line(),
            {"paper": Reason.PRINTER_ABSENT},
        ),
        ([], Line(), {"card": Reason.NO_READER, "paper": Reason.PRINTER_ABSENT, "take_ticket": None}),
        (
            bench(),
            Line(Reason.SERVER_SLOW, lent={"A": 3}),
            {"take_ticket": None, "self_service": Reason.SERVER_SLOW, "lines": ("line.offline",)},
        ),
        (
            bench(),
            Line(Reason.SERVER_SLOW, lent={"B": 3}),
            {"take_ticket": Reason.SERVER_SLOW, "lines": ("line.disconnected",), "out_of_service": Reason.SERVER_SLOW},
        ),
        (bench(), Line(enrolled=False), {"take_ticket": Reason.NOT_ENROLLED, "out_of_service": Reason.NOT_ENROLLED}),
        (bench(), Line(clock_off=True), {"take_ticket": None, "lines": ("line.clock-off",)}),
        (bench(id_card_reader=Status(DeviceState.CONNECTING)), Line(), {"card": None, "lines": ()}),
    ],
)
def test_each_fault_leaves_what_it_must_leave(
    known: Catalogue, devices: list[DeviceReport], line: Line, expected: dict[str, Any]
) -> None:
    offers = judge(devices, line, known)
    assert {name: getattr(offers, name) for name in expected} == expected


def test_before_the_server_was_ever_reached_nothing_can_be_done_and_the_reason_is_said() -> None:
    offers = judge(bench(), Line(), None)
    assert offers.out_of_service is Reason.SERVER_UNREACHABLE


def test_paper_that_runs_low_is_said_without_stopping_anything(known: Catalogue) -> None:
    low = Status(DeviceState.IMPAIRED, (Condition("paper.low", Action.STAFF),))
    offers = judge(bench(ticket_printer=low), Line(), known)
    assert (offers.paper, offers.lines) == (None, ("line.paper-low",))


def test_the_server_hears_codes_only(known: Catalogue) -> None:
    told = conditions(bench(ticket_printer=blocked("paper.out")), Line(clock_off=True), parked=1, store=False)
    assert [(one.device, one.code) for one in told] == [
        ("ticket_printer", "paper.out"),
        ("kiosk", "clock.off"),
        ("kiosk", "tickets.parked"),
        ("kiosk", "store.fault"),
    ]
