"""Fingerprints, the newest address, the module's number, speeds, and the end of a visit: over a pty."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from drivers.device import Cancel, Device, DeviceError, DeviceState, Fault, HoldsVisitData
from drivers.id_card_reader.port import Want
from drivers.id_card_reader.sam_v import BAUDS, SamVReader
from drivers.id_card_reader.session import Timing
from drivers.id_card_reader.twin import SimulatedReader, TwinCard
from drivers.id_card_reader.twin_module import OTHER_SAM_ID, SimulatedModule
from drivers.loading import make_device
from drivers.seams.serial_port import SerialPort

Wait = Callable[..., None]
Open = Callable[[Device], None]
Driver = Callable[..., SamVReader]
NUMBER = "110105199001020032"
SAM_ID = "05.01-20160818-0123456789-0987654321"


def read_in_the_end(reader: SamVReader, twin: SimulatedReader, card: TwinCard) -> str:
    """The number on the next visitor's card; laid down again while a busy machine still sends an older answer."""
    for _ in range(10):
        twin.take_away()
        twin.lay(card)
        with contextlib.suppress(DeviceError):
            return reader.read(5).number.reveal()
    return "never read"


def refusal(action: Callable[[], object]) -> Fault:
    with pytest.raises(DeviceError) as refused:
        action()
    return refused.value.fault


@pytest.fixture
def driver(simulated_reader: SimulatedReader) -> Iterator[Driver]:
    """Makes open drivers for the simulated reader; they are closed at the end."""
    made: list[SamVReader] = []

    def make(**options: str) -> SamVReader:
        reader = make_device("id_card_reader", "sam_v", simulated_reader.url, options)
        assert isinstance(reader, SamVReader)
        made.append(reader)
        reader.open()
        return reader

    yield make
    for reader in made:
        reader.close()


@pytest.mark.parametrize("fingers", [0, 1, 2])
def test_as_many_fingers_come_as_the_card_has(
    simulated_reader: SimulatedReader, driver: Driver, resident: TwinCard, fingers: int
) -> None:
    reader = driver()
    laid = resident.with_fingerprints(fingers)
    simulated_reader.lay(laid)
    card = reader.read(20, want=Want.FINGERPRINTS)
    assert card.fingerprints.reveal() == laid.fingerprints
    assert len(laid.fingerprints) == 512 * fingers
    assert card.number.reveal() == NUMBER
    assert simulated_reader.commands[-1] == "30 10"


def test_fingerprints_and_newest_address_are_only_read_when_they_are_wanted(
    simulated_reader: SimulatedReader, driver: Driver, resident: TwinCard
) -> None:
    reader = driver()
    simulated_reader.lay(resident.with_fingerprints(2).with_newest_address("演示路九号"))
    card = reader.read(20)
    assert (card.fingerprints.reveal(), card.newest_address.reveal()) == (b"", "")
    assert simulated_reader.commands == ["20 01", "20 02", "30 01"]


@pytest.mark.parametrize("address", ["", "演示路九号" * 7])
def test_the_newest_address_may_be_there_or_not(
    simulated_reader: SimulatedReader, driver: Driver, resident: TwinCard, address: str
) -> None:
    reader = driver()
    simulated_reader.lay(resident.with_newest_address(address) if address else resident)
    card = reader.read(20, want=Want.NEWEST_ADDRESS)
    assert card.newest_address.reveal() == address
    assert address[:3] not in repr(card) or not address


@pytest.mark.parametrize("want", [Want.FINGERPRINTS, Want.NEWEST_ADDRESS])
def test_what_a_module_does_not_know_is_unsupported_and_said_so_from_then_on(
    simulated_reader: SimulatedReader, driver: Driver, resident: TwinCard, want: Want
) -> None:
    reader = driver()
    assert reader.capabilities.fingerprints
    assert reader.capabilities.newest_address
    simulated_reader.knows_only_base = True
    simulated_reader.lay(resident)
    assert refusal(lambda: reader.read(20, want=want)) is Fault.UNSUPPORTED
    assert reader.capabilities.fingerprints is (want is not Want.FINGERPRINTS)
    assert reader.capabilities.newest_address is (want is not Want.NEWEST_ADDRESS)
    asked = len(simulated_reader.commands)
    assert refusal(lambda: reader.read(20, want=want)) is Fault.UNSUPPORTED
    assert len(simulated_reader.commands) == asked
    simulated_reader.take_away()
    simulated_reader.lay(resident)
    assert reader.read(20).number.reveal() == NUMBER


def test_a_card_that_is_taken_before_its_newest_address_was_read_gives_nothing(
    simulated_reader: SimulatedReader, driver: Driver, resident: TwinCard
) -> None:
    reader = driver()
    simulated_reader.lay(resident)
    simulated_reader.card_taken_before_address = 1
    assert refusal(lambda: reader.read(1, want=Want.NEWEST_ADDRESS)) is Fault.CARD_REMOVED
    simulated_reader.lay(resident)
    assert reader.read(1, want=Want.NEWEST_ADDRESS).number.reveal() == NUMBER


def test_the_modules_number_is_asked_until_it_is_told_twice_alike(
    simulated_reader: SimulatedReader, driver: Driver
) -> None:
    simulated_reader.wrong_first_number = True
    reader = driver()
    assert reader.sam_id() == SAM_ID
    assert simulated_reader.commands == ["12 FF"] * 3


def test_the_named_module_is_read_from_and_another_one_never(
    simulated_reader: SimulatedReader, driver: Driver, resident: TwinCard
) -> None:
    simulated_reader.wrong_first_number = True
    reader = driver(sam_id=SAM_ID.upper())
    simulated_reader.lay(resident)
    assert reader.read(20).number.reveal() == NUMBER
    assert reader.probe().detail == SAM_ID
    reader.close()
    simulated_reader.sam_id = OTHER_SAM_ID
    assert refusal(reader.open) is Fault.CONFIGURATION
    status = reader.probe()
    assert status.state is DeviceState.FAULT
    assert [condition.code for condition in status.conditions] == ["sam.other"]
    assert refusal(lambda: reader.read(1)) is not None
    simulated_reader.sam_id = bytes.fromhex("05 00 01 00 32 A1 33 01 15 CD 5B 07 B1 68 DE 3A")
    reader.open()
    assert reader.probe().state is DeviceState.READY


def test_a_module_that_was_silent_at_opening_is_checked_before_the_first_read(
    simulated_reader: SimulatedReader, driver: Driver, resident: TwinCard
) -> None:
    simulated_reader.silent = True
    simulated_reader.sam_id = OTHER_SAM_ID
    reader = driver(sam_id=SAM_ID)

    def seconds() -> float:
        reader.close()
        begin = time.monotonic()
        reader.open()
        return time.monotonic() - begin

    assert any(seconds() < 2 for _ in range(8))  # the best of several: this machine has other work, too
    simulated_reader.silent = False
    simulated_reader.lay(resident)
    assert refusal(lambda: reader.read(20)) is Fault.CONFIGURATION
    assert simulated_reader.reads == 0


@pytest.mark.parametrize("baud", [9600, 19200, 38400, 57600])
def test_an_installer_sets_another_speed(wait_until: Wait, baud: int) -> None:
    with SimulatedReader(baud=115200) as twin:
        line = SerialPort(twin.path)
        reader = SamVReader(line, set_baud=line.set_baud, timing=Timing(detect=20.0))
        assert baud in reader.capabilities.speeds
        reader.open()
        reader.change_speed(baud, 20.0)
        wait_until(lambda: reader.probe().state is DeviceState.READY)
        reader.close()
        again = make_device("id_card_reader", "sam_v", f"serial://{twin.path}?baud={baud}")
        again.open()
        wait_until(lambda: again.probe().state is DeviceState.READY)
        again.close()


def test_a_module_that_keeps_its_speed_is_told_so_and_still_spoken_to(wait_until: Wait) -> None:
    with SimulatedReader(baud=115200) as twin:
        twin.keeps_its_speed = True
        line = SerialPort(twin.path)
        reader = SamVReader(line, set_baud=line.set_baud, timing=Timing(answer=20.0))
        reader.open()
        assert refusal(lambda: reader.change_speed(9600, 20.0)) is Fault.UNSUPPORTED
        wait_until(lambda: reader.probe().state is DeviceState.READY)
        assert refusal(lambda: reader.change_speed(300)) is Fault.CONFIGURATION
        reader.close()


class BehindConverter(SimulatedModule):
    """A reader behind a serial-to-network converter: one connection at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve_connection)

    def __enter__(self) -> BehindConverter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(timeout=5)
        self._listener.close()

    def _serve_connection(self) -> None:
        self._connection, _ = self._listener.accept()
        with self._connection as connection:
            while data := connection.recv(4096):
                self._hear(data)

    def _say(self, frame: bytes) -> None:
        assert self._connection is not None
        self._connection.sendall(frame)

    def _pause(self, seconds: float) -> bool:
        return False

    def unplug(self) -> None:
        """A converter stays where it is."""


def test_a_card_is_read_behind_a_network_converter(resident: TwinCard) -> None:
    with BehindConverter() as twin:
        twin.lay(resident)
        reader = make_device("id_card_reader", "sam_v", twin.url)
        assert isinstance(reader, SamVReader)
        reader.open()
        try:
            assert reader.capabilities.transport == "tcp"
            assert reader.read(20).number.reveal() == NUMBER
        finally:
            reader.close()


def test_behind_a_network_converter_there_is_no_speed_to_set() -> None:
    reader = make_device("id_card_reader", "sam_v", "tcp://127.0.0.1:9")
    assert isinstance(reader, SamVReader)
    assert reader.capabilities.speeds == ()
    assert refusal(lambda: reader.change_speed(9600)) is Fault.UNSUPPORTED


def test_a_module_that_was_set_to_another_speed_is_found_again(open_in_the_end: Open, wait_until: Wait) -> None:
    with SimulatedReader(baud=115200) as twin:
        line = SerialPort(twin.path)
        reader = SamVReader(line, set_baud=line.set_baud, bauds=BAUDS)
        open_in_the_end(reader)
        twin.turn_to(38400)
        assert reader.probe().state is DeviceState.UNKNOWN
        wait_until(lambda: reader.probe().state is DeviceState.READY)
        assert line.baud == 38400
        reader.close()


def test_a_silent_module_with_any_speed_keeps_nobody_beyond_the_time_out(open_in_the_end: Open) -> None:
    with SimulatedReader(baud=115200) as twin:
        reader = make_device("id_card_reader", "sam_v", f"serial://{twin.path}?baud=auto")
        assert isinstance(reader, SamVReader)
        open_in_the_end(reader)
        twin.silent = True
        assert refusal(lambda: reader.read(0.4)) is Fault.SILENT

        def seconds() -> float:
            begin = time.monotonic()
            assert refusal(lambda: reader.read(0.4)) is Fault.SILENT
            return time.monotonic() - begin

        assert any(seconds() < 1.4 for _ in range(8))  # the best of several: this machine has other work, too
        reader.close()


@pytest.mark.parametrize("fault", ["silent", "wrong_checksum", "cut_mid_frame", "read_fails"])
@pytest.mark.parametrize("timeout", [0.1, 0.5])
def test_whatever_is_wrong_a_read_ends_within_a_second_of_its_time_out(
    simulated_reader: SimulatedReader, driver: Driver, resident: TwinCard, fault: str, timeout: float
) -> None:
    reader = driver()
    simulated_reader.lay(resident)
    setattr(simulated_reader, fault, True)

    def seconds() -> float:
        begin = time.monotonic()
        refusal(lambda: reader.read(timeout))
        return time.monotonic() - begin

    assert any(seconds() < timeout + 1 for _ in range(8))  # the best of several: this machine has other work, too


@pytest.mark.parametrize(("laid_after", "expected"), [(0.3, NUMBER), (2.6, Fault.NO_CARD)])
def test_on_a_slow_line_a_card_is_read_in_time_or_not_begun(
    resident: TwinCard, laid_after: float, expected: str | Fault
) -> None:
    """At 9600 a card takes 1.4 s: begun too late, its reading could only break off, and the card be read for nobody."""
    with SimulatedReader(baud=9600) as twin:
        line = SerialPort(twin.path, 9600)
        reader = SamVReader(line, baud=9600, timing=Timing(answer=20.0, quiet_frame=20.0))
        reader.open()
        laying = threading.Timer(laid_after, twin.lay, [resident])
        laying.start()
        try:
            outcome: str | Fault = reader.read(3.0).number.reveal()
        except DeviceError as error:
            outcome = error.fault
        laying.join()
        reader.close()
    assert outcome == expected


def test_a_visit_that_ends_calls_off_its_read_and_the_next_visitor_reads_their_own_card(
    simulated_reader: SimulatedReader, driver: Driver, resident: TwinCard, wait_until: Wait
) -> None:
    reader = driver()
    assert isinstance(reader, HoldsVisitData)
    with ThreadPoolExecutor(1) as pool:
        simulated_reader.slow_bytes = 0.001  # the card's data are more than a second under way
        simulated_reader.lay(resident.with_number("11010519491231002X"))
        reading = pool.submit(reader.read, 60.0)
        wait_until(lambda: simulated_reader.commands[-1:] == ["30 01"])
        begin = time.monotonic()
        reader.forget()
        assert time.monotonic() - begin < 15
        assert refusal(lambda: reading.result(timeout=20)) is Fault.CANCELLED
    simulated_reader.slow_bytes = 0.0
    assert read_in_the_end(reader, simulated_reader, resident) == NUMBER


def test_a_read_that_waits_for_its_turn_is_called_off_too(
    simulated_reader: SimulatedReader, driver: Driver, wait_until: Wait
) -> None:
    reader = driver()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(reader.read, 60.0)
        wait_until(lambda: bool(simulated_reader.commands))
        second = pool.submit(reader.read, 60.0)

        def both_ended() -> bool:
            reader.forget()  # again, for a thread that began only after the one before
            return first.done() and second.done()

        wait_until(both_ended)
        assert [refusal(reading.result) for reading in (first, second)] == [Fault.CANCELLED] * 2


def test_forgetting_is_possible_at_any_time(simulated_reader: SimulatedReader, driver: Driver) -> None:
    never_opened = make_device("id_card_reader", "sam_v", simulated_reader.url)
    assert isinstance(never_opened, SamVReader)
    never_opened.forget()
    reader = driver()
    simulated_reader.unplug()
    reader.forget()
    reader.close()
    reader.forget()


def test_who_reads_while_a_visit_ends_elsewhere_is_not_left_hanging(
    simulated_reader: SimulatedReader, driver: Driver, resident: TwinCard
) -> None:
    reader = driver(lying="yes")
    simulated_reader.lay(resident)
    done = threading.Event()

    def forget() -> None:
        while not done.wait(0.01):
            reader.forget()

    forgetting = threading.Thread(target=forget)
    forgetting.start()
    outcomes = set()
    try:
        for _ in range(6):
            try:
                outcomes.add(reader.read(0.5, Cancel()).number.reveal())
            except DeviceError as error:
                outcomes.add(error.fault)
    finally:
        done.set()
        forgetting.join()
    assert outcomes <= {NUMBER, Fault.CANCELLED, Fault.NO_CARD}
    assert Fault.CANCELLED in outcomes
