"""Cancelling, closing, sharing and leaving nothing behind: what every ID-card reader driver must do."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from drivers.device import Cancel, DeviceError, DeviceState, Fault
from drivers.id_card_reader.port import CardKind, IdCard
from drivers.id_card_reader.sam_v import SamVReader
from drivers.id_card_reader.session import Timing
from drivers.id_card_reader.twin import SimulatedReader, TwinCard
from drivers.loading import make_device
from drivers.seams.serial_port import SerialPort

Wait = Callable[..., None]
NUMBER = "110105199001020032"
SAM_ID = "05.01-20160818-0123456789-0987654321"


def reader_for(twin: SimulatedReader, options: dict[str, str] | None = None) -> SamVReader:
    reader = make_device("id_card_reader", "sam_v", twin.url, options)
    assert isinstance(reader, SamVReader)
    return reader


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def refusal(action: Callable[[], object]) -> Fault:
    with pytest.raises(DeviceError) as refused:
        action()
    return refused.value.fault


def test_a_read_can_be_called_off(simulated_reader: SimulatedReader, wait_until: Wait) -> None:
    reader = reader_for(simulated_reader)
    reader.open()
    cancel = Cancel()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(reader.read, 60.0, cancel)
        wait_until(lambda: len(simulated_reader.commands) >= 2)
        begin = time.monotonic()
        cancel.cancel()
        assert refusal(lambda: reading.result(timeout=20)) is Fault.CANCELLED
        assert time.monotonic() - begin < 15
    reader.close()


def test_closing_ends_a_read_and_may_be_done_twice(simulated_reader: SimulatedReader, wait_until: Wait) -> None:
    reader = reader_for(simulated_reader)
    reader.open()
    with ThreadPoolExecutor(1) as pool:
        simulated_reader.silent = True
        reading = pool.submit(reader.read, 60.0)
        wait_until(lambda: bool(simulated_reader.commands))
        begin = time.monotonic()
        reader.close()
        reader.close()
        assert refusal(lambda: reading.result(timeout=20)) is Fault.CANCELLED
        assert time.monotonic() - begin < 15


def test_a_probe_during_a_read_says_busy_and_disturbs_nothing(
    simulated_reader: SimulatedReader, resident: TwinCard, wait_until: Wait
) -> None:
    reader = reader_for(simulated_reader)
    reader.open()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(reader.read, 60.0)
        wait_until(lambda: len(simulated_reader.commands) >= 2)
        for _ in range(20):
            assert reader.probe().state is DeviceState.BUSY
        simulated_reader.lay(resident)
        assert reading.result(timeout=20).number.reveal() == NUMBER
    assert "11 FF" not in simulated_reader.commands
    reader.close()


def test_callers_from_many_threads_are_served_one_after_the_other(
    simulated_reader: SimulatedReader, resident: TwinCard
) -> None:
    reader = reader_for(simulated_reader, {"lying": "yes"})
    reader.open()
    simulated_reader.lay(resident)
    with ThreadPoolExecutor(4) as pool:
        cards: list[IdCard] = list(pool.map(lambda _: reader.read(60), range(4)))
    assert [card.number.reveal() for card in cards] == [NUMBER] * 4
    reader.close()


def test_who_cannot_have_the_reader_in_time_is_told_that_it_is_busy(
    simulated_reader: SimulatedReader, wait_until: Wait
) -> None:
    reader = reader_for(simulated_reader)
    reader.open()
    cancel = Cancel()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(reader.read, 60.0, cancel)
        wait_until(lambda: bool(simulated_reader.commands))
        assert refusal(lambda: reader.read(0.1)) is Fault.BUSY
        cancel.cancel()
        refusal(lambda: reading.result(timeout=20))
    reader.close()


def test_opening_does_not_wait_for_a_read_that_is_under_way(
    simulated_reader: SimulatedReader, wait_until: Wait
) -> None:
    reader = reader_for(simulated_reader)
    reader.open()
    with ThreadPoolExecutor(2) as pool:
        reading = pool.submit(reader.read, 60.0)
        wait_until(lambda: bool(simulated_reader.commands))
        opening = pool.submit(reader.open)
        assert refusal(lambda: opening.result(timeout=20)) is Fault.BUSY
        assert not reading.done()
        reader.close()
        assert refusal(lambda: reading.result(timeout=20)) is Fault.CANCELLED
    reader.open()
    assert reader.probe().state is DeviceState.READY
    reader.close()


class InTheHand(SimulatedReader):
    """A reader above which a card is found at once, and can be selected a tenth of a second later."""

    def _select(self) -> bytes:
        now = time.monotonic()
        self.found_at = getattr(self, "found_at", now)
        return super()._select() if now - self.found_at >= 0.1 else b"\x00\x00\x81"


def test_a_card_that_is_found_before_it_lies_still_is_no_wrong_card(resident: TwinCard) -> None:
    with InTheHand(baud=0) as twin:
        reader = reader_for(twin)
        reader.open()
        twin.lay(resident)
        assert reader.read(20).number.reveal() == NUMBER
        reader.close()


def test_a_named_module_that_is_ill_is_no_other_module(simulated_reader: SimulatedReader, resident: TwinCard) -> None:
    """Its number it does not say; that its self-test failed, it does."""
    reader = reader_for(simulated_reader, {"sam_id": SAM_ID})
    simulated_reader.self_test_failed = True
    reader.open()
    assert [condition.code for condition in reader.probe().conditions] == ["sam.self-test"]
    simulated_reader.lay(resident)
    assert refusal(lambda: reader.read(1)) is Fault.MECHANICAL
    simulated_reader.self_test_failed = False
    assert reader.read(10).number.reveal() == NUMBER
    assert reader.probe().detail == SAM_ID
    reader.close()


class ChangesOver(SimulatedReader):
    """A reader that takes a moment to go on at another speed."""

    def _set_speed(self, baud: int) -> None:
        threading.Timer(0.1, super()._set_speed, [baud]).start()


def test_a_module_may_take_a_moment_to_change_its_speed(wait_until: Wait) -> None:
    with ChangesOver(baud=115200) as twin:
        line = SerialPort(twin.path)
        reader = SamVReader(line, set_baud=line.set_baud, timing=Timing(detect=1.0))
        reader.open()
        reader.change_speed(9600, 20.0)
        wait_until(lambda: reader.probe().state is DeviceState.READY)
        reader.close()


def test_opening_and_closing_leaks_no_descriptor_and_no_thread(simulated_reader: SimulatedReader) -> None:
    reader = reader_for(simulated_reader)
    reader.open()
    reader.close()
    descriptors, threads = open_descriptors(), threading.active_count()
    for _ in range(300):
        reader.open()
        reader.close()
    assert open_descriptors() == descriptors
    assert threading.active_count() == threads


def test_a_simulated_reader_leaves_nothing_behind() -> None:
    descriptors, threads = open_descriptors(), threading.active_count()
    for _ in range(5):
        with SimulatedReader(baud=0) as twin:
            path = Path(twin.path)
            twin.unplug()
            twin.plug_in()
            assert path.exists()
    assert not path.parent.exists()
    assert open_descriptors() == descriptors
    assert threading.active_count() == threads


def test_no_log_at_any_level_and_no_error_names_a_person(
    simulated_reader: SimulatedReader, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    logging.getLogger("drivers").setLevel(1)
    reader = reader_for(simulated_reader)
    reader.open()
    errors = []
    for card in (
        *(TwinCard.synthetic(kind, b"picture") for kind in CardKind),
        TwinCard.synthetic().with_flag("Q"),
        TwinCard.synthetic().with_number("110105199001020033"),
    ):
        simulated_reader.lay(card)
        try:
            reader.read(20)
        except DeviceError as error:
            errors.append(repr(error))
    reader.close()
    assert len(errors) == 2
    said = caplog.text + "".join(errors)
    assert "> 30 01 10 bytes" in said
    for secret in (NUMBER, "张", "演示路", "H12345678", "USA110080010112", "DEMO", "MARIA", "1990", "5f20"):
        assert secret not in said
