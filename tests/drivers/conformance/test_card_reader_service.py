"""The PC/SC service behind a card reader dies, restarts, hangs, or is somebody else's."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.card_reader.pcsc import PcscCardReader
from drivers.card_reader.port import SocialSecurityCard
from drivers.card_reader.twin import Holder, SimulatedSlot
from drivers.card_reader.twin_service import SimulatedService
from drivers.device import Action, Device, DeviceError, DeviceState, Fault
from drivers.seams.pcsc_channel import PcscChannel

Wait = Callable[..., None]
Open = Callable[[Device], None]


def is_open(channel: PcscChannel) -> bool:
    """Tries to open a channel; a busy machine may be too slow for it at first."""
    with contextlib.suppress(DeviceError):
        channel.open()
        return True
    return False


def held(reader: PcscCardReader, timeout: float = 60.0) -> SocialSecurityCard:
    card = reader.read(timeout)
    assert isinstance(card, SocialSecurityCard)
    assert card.number.reveal() == Holder().number
    return card


def refused(reader: PcscCardReader, timeout: float = 10.0) -> DeviceError:
    begin = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        reader.read(timeout)
    assert time.monotonic() - begin < min(timeout, 10.0) + 10.0
    return caught.value


def test_the_service_is_killed_and_restarted_while_somebody_waits(
    reader: PcscCardReader, service: SimulatedService, slot: SimulatedSlot
) -> None:
    def restart() -> None:
        service.die()
        time.sleep(0.3)
        service.come_back()
        slot.put_in()

    meanwhile = threading.Timer(0.2, restart)
    meanwhile.start()
    held(reader)
    meanwhile.join()


def test_the_service_is_killed_and_restarted_in_the_middle_of_a_card(
    reader: PcscCardReader, service: SimulatedService, slot: SimulatedSlot
) -> None:
    slot.slow = 0.05
    slot.put_in()

    def restart() -> None:
        deadline = time.monotonic() + 30.0
        while "00 B2 03 04" not in slot.commands and time.monotonic() < deadline:
            time.sleep(0.005)
        service.die()
        slot.slow = 0.0
        service.come_back()

    meanwhile = threading.Thread(target=restart)
    meanwhile.start()
    held(reader)
    meanwhile.join()
    assert slot.commands.count("00 A4 04 00") == 2, "it began again at the start"


def test_a_service_that_stays_away_is_absent_and_the_same_driver_works_once_it_is_back(
    service: SimulatedService, slot: SimulatedSlot, open_in_the_end: Open, wait_until: Wait
) -> None:
    reader = PcscCardReader(PcscChannel(service.names[0], service=service.path), service_back=0.3)
    open_in_the_end(reader)
    wait_until(lambda: reader.probe().state is DeviceState.READY)
    service.die()
    assert refused(reader, 2.0).fault is Fault.ABSENT
    status = reader.probe()
    assert status.state is DeviceState.ABSENT
    assert [(found.code, found.action) for found in status.conditions] == [("service.down", Action.WAIT)]
    service.come_back()
    wait_until(lambda: reader.probe().state is DeviceState.READY)
    slot.put_in()
    held(reader)
    reader.close()


def test_a_reader_that_is_pulled_out_and_back_in_is_absent_meanwhile(
    reader: PcscCardReader, service: SimulatedService, slot: SimulatedSlot, wait_until: Wait
) -> None:
    service.die()
    service.come_back("Another Reader")
    wait_until(lambda: [condition.code for condition in reader.probe().conditions] == ["reader.absent"])
    assert refused(reader, 0.5).fault is Fault.ABSENT
    assert [(found.code, found.action) for found in reader.probe().conditions] == [("reader.absent", Action.STAFF)]
    service.die()
    service.come_back()
    wait_until(lambda: reader.probe().state is DeviceState.READY)
    slot.put_in()
    held(reader)


def test_a_service_that_hangs_costs_a_deadline_and_nothing_else(
    service: SimulatedService, slot: SimulatedSlot, open_in_the_end: Open, wait_until: Wait
) -> None:
    reader = PcscCardReader(PcscChannel(service.names[0], service=service.path), look_seconds=0.6, service_back=0.3)
    open_in_the_end(reader)
    threads = threading.active_count()
    service.hang()
    for _ in range(2):
        assert refused(reader, 60.0).fault is Fault.SILENT
        status = reader.probe()
        assert status.state is DeviceState.UNKNOWN
        assert [(found.code, found.action) for found in status.conditions] == [("service.silent", Action.RESET)]
    wait_until(lambda: threading.active_count() <= threads)
    service.hang(False)
    wait_until(lambda: reader.probe().state is DeviceState.READY)
    slot.put_in()
    held(reader)
    reader.close()


def test_forgetting_takes_no_longer_than_a_second_also_while_the_service_hangs(
    reader: PcscCardReader, service: SimulatedService, slot: SimulatedSlot
) -> None:
    slot.put_in()
    held(reader)
    service.hang()
    reader.forget()  # its helper process is given up: the next time another one has to start first

    def seconds() -> float:
        begin = time.monotonic()
        reader.forget()
        return time.monotonic() - begin

    in_time = any(seconds() < 0.97 for _ in range(8))  # the best of several: this machine has other work, too
    service.hang(False)
    assert in_time


def test_a_reader_held_by_another_program_is_busy_after_three_more_tries(
    reader: PcscCardReader, service: SimulatedService, slot: SimulatedSlot, wait_until: Wait
) -> None:
    other = PcscChannel(service.names[0], service=service.path)
    wait_until(lambda: is_open(other))
    slot.put_in()
    deadline = time.monotonic() + 30.0
    while not other.look(deadline).card:
        assert time.monotonic() < deadline
    other.connect(deadline)
    begin = time.monotonic()
    assert refused(reader).fault is Fault.BUSY
    assert time.monotonic() - begin >= 0.6
    status = reader.probe()
    assert [found.code for found in status.conditions] == ["reader.held"]
    other.disconnect()
    other.close()
    held(reader)


def test_a_reader_shared_with_another_program_is_read_in_one_transaction(
    service: SimulatedService, slot: SimulatedSlot, open_in_the_end: Open, wait_until: Wait
) -> None:
    other = PcscChannel(service.names[0], service=service.path, exclusive=False)
    reader = PcscCardReader(PcscChannel(service.names[0], service=service.path, exclusive=False))
    wait_until(lambda: is_open(other))
    open_in_the_end(reader)
    slot.put_in()
    held(reader)
    other.connect(time.monotonic() + 20.0)
    error = refused(reader)
    assert error.fault is Fault.BUSY
    assert "transaction" in error.detail
    other.close()
    held(reader)
    reader.close()


HOLDING = """
import sys, time
from drivers.card_reader.twin_service import SimulatedService
service = SimulatedService()
service.start()
print(service.process, service.path, flush=True)
time.sleep(60)
"""


def test_a_program_that_is_killed_leaves_no_simulated_service_behind() -> None:
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen([sys.executable, "-c", HOLDING], cwd=root, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        number, _, socket = program.stdout.readline().decode().strip().partition(" ")
        service, folder = Path("/proc") / number, Path(socket).parent
        assert service.exists()
        program.kill()
    deadline = time.monotonic() + 30.0
    while service.exists() or folder.exists():
        assert time.monotonic() < deadline, "the service or its folder outlived its program"
        time.sleep(0.01)
