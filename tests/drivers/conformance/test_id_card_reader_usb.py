"""SAM_V readers on USB, in both shapes of endpoints, on a simulated bus below the real pyusb."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from drivers.device import DeviceError, DeviceState, Fault
from drivers.id_card_reader.port import CardKind, Want
from drivers.id_card_reader.sam_v import SamVReader, Search
from drivers.id_card_reader.twin import TwinCard
from drivers.id_card_reader.twin_module import OTHER_SAM_ID
from drivers.id_card_reader.twin_usb import SimulatedUsbReader
from drivers.id_card_reader.usb_line import SamUsbPort, sam_interface
from drivers.loading import SharedPorts, make_device
from drivers.seams.usb_device import UsbAddress, UsbEndpoint, UsbInterface
from drivers.seams.usb_twin import SimulatedUsb, UsbTwin

FIRST = "110105199001020032"
SECOND = "11010519491231002X"
NUMBER = "05.01-20160818-0123456789-0987654321"
OTHER = "05.03-20190305-0000000001-0000000002"


def interface(*addresses: int, kind: str = "bulk") -> UsbInterface:
    return UsbInterface(0, 0xFF, endpoints=tuple(UsbEndpoint(address, kind) for address in addresses))


def refusal(action: Callable[[], object]) -> DeviceError:
    with pytest.raises(DeviceError) as refused:
        action()
    return refused.value


@pytest.fixture
def bus() -> SimulatedUsb:
    return SimulatedUsb()


@pytest.fixture
def plugged(bus: SimulatedUsb) -> Iterator[Callable[..., SimulatedUsbReader]]:
    """Plugs simulated readers in; they are stopped at the end."""
    readers: list[SimulatedUsbReader] = []

    def plug(**what: object) -> SimulatedUsbReader:
        reader = SimulatedUsbReader(bus, **what)  # type: ignore[arg-type]  # named by the tests
        reader.start()
        readers.append(reader)
        return reader

    yield plug
    for reader in readers:
        reader.stop()


@pytest.fixture
def driver(bus: SimulatedUsb) -> Iterator[Callable[..., SamVReader]]:
    """Makes drivers from URLs; they are closed at the end."""
    made: list[SamVReader] = []

    def make(url: str = "usb://0400:c35a", **options: str) -> SamVReader:
        reader = make_device("id_card_reader", "sam_v", url, options, SharedPorts(usb=bus))
        assert isinstance(reader, SamVReader)
        made.append(reader)
        return reader

    yield make
    for reader in made:
        reader.close()


Plugged = Callable[..., SimulatedUsbReader]
Driver = Callable[..., SamVReader]


@pytest.mark.parametrize("four_endpoints", [True, False])
@pytest.mark.parametrize("kind", list(CardKind))
def test_every_kind_of_card_is_read_through_four_endpoints_and_through_two(
    plugged: Plugged, driver: Driver, wait_until: Callable[..., None], kind: CardKind, four_endpoints: bool
) -> None:
    twin, reader = plugged(four_endpoints=four_endpoints), driver()
    reader.open()
    assert reader.capabilities.transport == "usb"
    assert reader.capabilities.speeds == ()
    twin.lay(TwinCard.synthetic(kind, b"picture").with_fingerprints(2).with_newest_address("演示路九号"))
    card = reader.read(20, want=Want.FINGERPRINTS | Want.NEWEST_ADDRESS)
    assert card.kind is kind
    assert len(card.fingerprints.reveal()) == 1024
    assert card.newest_address.reveal() == "演示路九号"
    wait_until(lambda: reader.probe().detail == NUMBER)


def test_a_reader_with_four_endpoints_gets_the_length_on_one_and_the_rest_on_the_other(
    bus: SimulatedUsb,
) -> None:
    """Quoted from the makers: pipe 2 takes preamble and length, pipe 6 the rest; 81 and 85 answer likewise."""
    written: list[tuple[int, str]] = []

    def take(endpoint: int, data: bytes) -> None:
        written.append((endpoint, data.hex(" ").upper()))
        if endpoint == 0x06:
            twin.send(0x81, bytes.fromhex("AA AA AA 96 69 00 04"))
            twin.send(0x85, bytes.fromhex("00 00 90 94"))

    twin = UsbTwin(0x0400, 0xC35A, take, interfaces=(interface(0x02, 0x81, 0x06, 0x85),))
    bus.plug_in(twin)
    port = SamUsbPort(UsbAddress(0x0400, 0xC35A), bus)
    port.open()
    deadline = time.monotonic() + 20
    port.write(bytes.fromhex("AA AA AA 96 69 00 03 11 FF ED"), deadline)
    assert written == [(0x02, "AA AA AA 96 69 00 03"), (0x06, "11 FF ED")]
    assert [port.read_some(deadline).hex(" ").upper() for _ in range(2)] == ["AA AA AA 96 69 00 04", "00 00 90 94"]
    port.close()


def test_a_reader_with_two_endpoints_gets_whole_frames(bus: SimulatedUsb) -> None:
    written: list[tuple[int, str]] = []
    twin = UsbTwin(
        0x0400,
        0xC35A,
        lambda endpoint, data: written.append((endpoint, data.hex(" ").upper())),
        interfaces=(interface(0x02, 0x81),),
    )
    bus.plug_in(twin)
    port = SamUsbPort(UsbAddress(0x0400, 0xC35A), bus)
    port.open()
    deadline = time.monotonic() + 20
    port.write(bytes.fromhex("AA AA AA 96 69 00 03 11 FF ED"), deadline)
    assert written == [(0x02, "AA AA AA 96 69 00 03 11 FF ED")]
    twin.send(0x81, bytes.fromhex("AA AA AA 96 69 00 04 00 00 90 94"))
    assert port.read_some(deadline).hex(" ").upper() == "AA AA AA 96 69 00 04 00 00 90 94"
    port.close()


@pytest.mark.parametrize(
    ("found", "fits"),
    [
        (interface(0x02, 0x81, 0x06, 0x85), True),
        (interface(0x02, 0x81), True),
        (interface(0x81), False),
        (interface(0x02, 0x81, 0x85), False),
        (interface(0x02, 0x81, kind="interrupt"), False),
        (interface(), False),
    ],
)
def test_the_shape_is_told_by_counting_bulk_endpoints(found: UsbInterface, fits: bool) -> None:
    assert sam_interface(found) is fits


def test_a_device_with_these_ids_and_other_endpoints_is_a_mistake_in_the_settings(
    bus: SimulatedUsb, driver: Driver
) -> None:
    bus.plug_in(UsbTwin(0x0400, 0xC35A, interfaces=(interface(0x81, kind="interrupt"),)))
    assert refusal(driver().open).fault is Fault.CONFIGURATION


def test_two_readers_alike_are_never_guessed(plugged: Plugged, driver: Driver) -> None:
    plugged(path="1-1")
    plugged(path="1-2")
    refused = refusal(driver().open)
    assert refused.fault is Fault.CONFIGURATION
    assert "1-1, 1-2" in refused.detail


@pytest.mark.parametrize(
    ("options", "number"),
    [
        ({"path": "1-1"}, FIRST),
        ({"path": "1-2"}, SECOND),
        ({"serial": "A1"}, FIRST),
        ({"serial": "B2"}, SECOND),
        ({"sam_id": NUMBER}, FIRST),
        ({"sam_id": OTHER}, SECOND),
    ],
)
def test_of_two_readers_alike_the_named_one_is_read(
    plugged: Plugged, driver: Driver, options: dict[str, str], number: str
) -> None:
    first, second = plugged(path="1-1", serial="A1"), plugged(path="1-2", serial="B2", four_endpoints=False)
    second.sam_id = OTHER_SAM_ID
    first.lay(TwinCard.synthetic())
    second.lay(TwinCard.synthetic().with_number(SECOND))
    reader = driver(**options)
    reader.open()
    assert reader.read(20).number.reveal() == number


def test_two_drivers_share_two_readers_that_only_their_modules_tell_apart(plugged: Plugged, driver: Driver) -> None:
    first, second = plugged(path="1-1"), plugged(path="1-2")
    second.sam_id = OTHER_SAM_ID
    left, right = driver(sam_id=NUMBER), driver(sam_id=OTHER)
    left.open()
    right.open()  # one reader is held by the other driver now
    first.lay(TwinCard.synthetic())
    second.lay(TwinCard.synthetic().with_number(SECOND))
    assert left.read(20).number.reveal() == FIRST
    assert right.read(20).number.reveal() == SECOND
    assert first.twin.opened == second.twin.opened == 1


def test_a_module_that_is_plugged_in_nowhere_is_absent(plugged: Plugged, driver: Driver) -> None:
    twin = plugged()
    reader = driver(sam_id=OTHER)
    assert refusal(reader.open).fault is Fault.ABSENT
    assert twin.twin.opened == 0


def test_a_search_that_is_closed_opens_nothing_more(bus: SimulatedUsb, plugged: Plugged) -> None:
    first, second = plugged(path="1-1"), plugged(path="1-2")
    second.sam_id = OTHER_SAM_ID
    port = SamUsbPort(UsbAddress(0x0400, 0xC35A), bus)

    def go_to(path: str) -> None:
        port.go_to(path)
        if path == "1-2":
            reader.close()  # as from another thread, in the moment between two readers

    reader = SamVReader(port, sam_id=OTHER, search=Search(port.places, go_to))
    assert refusal(reader.open).fault is Fault.CANCELLED
    assert first.twin.opened == second.twin.opened == 0


def test_a_reader_that_may_not_be_opened_is_not_called_absent(plugged: Plugged, driver: Driver) -> None:
    """The udev rule is missing: the module that is looked for may be behind it."""
    plugged(path="1-1").twin.forbidden = True
    plugged(path="1-2")
    refused = refusal(driver(sam_id=OTHER).open)
    assert refused.fault is Fault.CONFIGURATION
    assert "permission" in refused.detail


def test_another_module_in_the_named_socket_is_refused(plugged: Plugged, driver: Driver) -> None:
    plugged(path="1-2")
    reader = driver(path="1-2", sam_id=OTHER)
    assert refusal(reader.open).fault is Fault.CONFIGURATION
    status = reader.probe()
    assert status.state is DeviceState.FAULT
    assert [condition.code for condition in status.conditions] == ["sam.other"]


@pytest.mark.parametrize("four_endpoints", [True, False])
def test_a_reader_that_was_pulled_out_works_again_in_the_same_socket(
    plugged: Plugged, driver: Driver, wait_until: Callable[..., None], four_endpoints: bool
) -> None:
    twin = plugged(four_endpoints=four_endpoints, path="1-2.3")
    reader = driver(path="1-2.3")
    reader.open()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(reader.read, 60.0)
        wait_until(lambda: bool(twin.commands))
        twin.unplug()
        assert refusal(lambda: reading.result(timeout=20)).fault is Fault.UNPLUGGED
    assert reader.probe().state is DeviceState.ABSENT
    reader.close()
    assert refusal(reader.open).fault is Fault.ABSENT
    twin.plug_in()
    reader.open()
    twin.lay(TwinCard.synthetic())
    assert reader.read(20).number.reveal() == FIRST


def test_unplugged_in_the_middle_of_an_answer_nothing_is_kept(plugged: Plugged, driver: Driver) -> None:
    twin, reader = plugged(), driver()
    reader.open()
    twin.lay(TwinCard.synthetic())
    twin.unplugged_mid_read = 1
    assert refusal(lambda: reader.read(20)).fault is Fault.UNPLUGGED
    reader.close()
    twin.plug_in()
    reader.open()
    assert reader.read(20).number.reveal() == FIRST


@pytest.mark.parametrize("four_endpoints", [True, False])
@pytest.mark.parametrize(
    "fault", ["garbage_before", "answers_twice", "repeats_the_last_answer", "wrong_checksum", "cut_mid_frame", "silent"]
)
def test_a_fault_that_passes_is_got_over(plugged: Plugged, driver: Driver, fault: str, four_endpoints: bool) -> None:
    twin, reader = plugged(four_endpoints=four_endpoints), driver()
    reader.open()
    twin.lay(TwinCard.synthetic())
    setattr(twin, fault, True if fault in {"garbage_before", "answers_twice", "repeats_the_last_answer"} else 1)
    assert reader.read(20).number.reveal() == FIRST


@pytest.mark.parametrize("four_endpoints", [True, False])
def test_the_bus_may_cut_answers_into_short_packets_and_send_empty_ones(
    plugged: Plugged, driver: Driver, four_endpoints: bool
) -> None:
    twin, reader = plugged(four_endpoints=four_endpoints), driver()
    twin.twin.short_packets, twin.twin.empty_packets = 5, True
    reader.open()
    twin.lay(TwinCard.synthetic())
    assert reader.read(20).number.reveal() == FIRST


@pytest.mark.parametrize(("fault", "expected"), [("forbidden", Fault.CONFIGURATION), ("held_by_another", Fault.BUSY)])
def test_what_keeps_the_reader_from_being_opened_is_named(
    plugged: Plugged, driver: Driver, fault: str, expected: Fault
) -> None:
    setattr(plugged().twin, fault, True)
    assert refusal(driver().open).fault is expected


def test_the_kernels_driver_is_taken_off_and_put_back(plugged: Plugged, driver: Driver) -> None:
    """usbhid or usblp may hold interface 0."""
    twin, reader = plugged(), driver()
    reader.open()
    assert (twin.twin.kernel_attached, twin.twin.claimed) == (set(), {0})
    reader.close()
    assert (twin.twin.kernel_attached, twin.twin.claimed, twin.twin.opened) == ({0}, set(), 0)


def test_a_simulated_usb_reader_leaves_nothing_behind(bus: SimulatedUsb) -> None:
    threads = threading.active_count()
    for _ in range(5):
        with SimulatedUsbReader(bus) as twin:
            twin.unplug()
            twin.plug_in()
    assert threading.active_count() == threads
