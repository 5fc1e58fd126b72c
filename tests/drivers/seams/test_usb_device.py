"""USB devices through pyusb: the library is the real one, only libusb below it is simulated."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.device import DeviceError, Fault
from drivers.loading import DeviceUrl
from drivers.seams.line import line_of
from drivers.seams.usb_bulk_port import UsbBulkPort, both_ways, printer
from drivers.seams.usb_device import UsbAddress, UsbDevice, UsbEndpoint, UsbInterface, usb_devices
from drivers.seams.usb_twin import PRINTER_INTERFACE, SimulatedUsb, UsbTwin

OUT, IN = 0x01, 0x82
ADDRESS = UsbAddress(0x0416, 0x5011)


@pytest.fixture
def bus() -> SimulatedUsb:
    return SimulatedUsb()


@pytest.fixture
def heard() -> bytearray:
    return bytearray()


@pytest.fixture
def twin(bus: SimulatedUsb, heard: bytearray) -> UsbTwin:
    def on_write(endpoint: int, data: bytes) -> None:
        assert endpoint == OUT
        heard.extend(data)

    found = UsbTwin(0x0416, 0x5011, on_write, serial="A1", path="1-2.3")
    bus.plug_in(found)
    return found


@pytest.fixture
def device(bus: SimulatedUsb, twin: UsbTwin) -> Iterator[UsbDevice]:
    made = UsbDevice(ADDRESS, bus)
    yield made
    made.close()


def soon(seconds: float = 20.0) -> float:
    return time.monotonic() + seconds


def failure(act: Callable[[], object]) -> DeviceError:
    with pytest.raises(DeviceError) as failed:
        act()
    return failed.value


# Which device.


def test_an_address_has_ids_and_says_which_of_several_alike() -> None:
    assert UsbAddress.parse("0400:C35A", {}) == UsbAddress(0x0400, 0xC35A)
    assert UsbAddress.parse("0416:5011/", {"serial": "A1"}).serial == "A1"
    assert str(UsbAddress.parse("0416:5011", {"path": "1-2.3"})) == "0416:5011 at 1-2.3"


@pytest.mark.parametrize("place", ["", "0416", "416:5011", "0416:50111", "0416:xyz1", "+416:5011", "lp0"])
def test_what_is_no_address_is_refused(place: str) -> None:
    assert failure(lambda: UsbAddress.parse(place, {})).fault is Fault.CONFIGURATION


def test_a_path_that_is_none_is_refused() -> None:
    assert failure(lambda: UsbAddress.parse("0416:5011", {"path": "usb1"})).fault is Fault.CONFIGURATION


def test_of_two_alike_none_is_guessed_and_the_places_are_named(bus: SimulatedUsb, twin: UsbTwin) -> None:
    bus.plug_in(UsbTwin(0x0416, 0x5011, serial="B2", path="1-4"))
    refused = failure(lambda: UsbDevice(ADDRESS, bus).open(printer))
    assert refused.fault is Fault.CONFIGURATION
    assert "1-2.3" in refused.detail
    assert "1-4" in refused.detail


@pytest.mark.parametrize(("serial", "path"), [("B2", ""), ("", "1-4"), ("B2", "1-4")])
def test_of_two_alike_the_right_one_is_opened(
    bus: SimulatedUsb, twin: UsbTwin, heard: bytearray, serial: str, path: str
) -> None:
    others = bytearray()
    bus.plug_in(UsbTwin(0x0416, 0x5011, lambda _, data: others.extend(data), serial="B2", path="1-4"))
    device = UsbDevice(UsbAddress(0x0416, 0x5011, serial, path), bus)
    device.open(printer)
    device.bulk_write(OUT, b"hello", soon())
    device.close()
    assert (bytes(others), bytes(heard)) == (b"hello", b"")


def test_a_serial_number_that_is_not_there_is_absent(bus: SimulatedUsb, twin: UsbTwin) -> None:
    wrong = UsbDevice(UsbAddress(0x0416, 0x5011, serial="Z9"), bus)
    assert failure(lambda: wrong.open(printer)).fault is Fault.ABSENT


@pytest.mark.parametrize("first", ["1-1", "1-9"])
def test_one_alike_that_cannot_be_asked_does_not_keep_the_right_one_away(
    bus: SimulatedUsb, twin: UsbTwin, heard: bytearray, first: str
) -> None:
    bus.plug_in(UsbTwin(0x0416, 0x5011, serial="B2", path=first, forbidden=True))
    device = UsbDevice(UsbAddress(0x0416, 0x5011, serial="A1"), bus)
    device.open(printer)
    device.bulk_write(OUT, b"hello", soon())
    device.close()
    assert bytes(heard) == b"hello"
    other = UsbDevice(UsbAddress(0x0416, 0x5011, serial="B2"), bus)
    assert failure(lambda: other.open(printer)).fault is Fault.CONFIGURATION
    assert twin.opened == 0


def test_listing_changes_nothing_on_a_device_that_is_not_configured(bus: SimulatedUsb, twin: UsbTwin) -> None:
    twin.configured = False
    listed = usb_devices(bus)
    assert [(one.path, one.serial, one.interfaces) for one in listed] == [("1-2.3", "A1", ())]
    assert not twin.configured
    device = UsbDevice(ADDRESS, bus)
    device.open(printer)
    device.close()
    assert twin.configured


def test_the_list_names_everything_that_a_url_needs(bus: SimulatedUsb, twin: UsbTwin) -> None:
    bus.plug_in(UsbTwin(0x0400, 0xC35A, path="1-1", forbidden=True))
    listed = usb_devices(bus)
    assert [(one.vendor, one.path, one.serial) for one in listed] == [(0x0400, "1-1", ""), (0x0416, "1-2.3", "A1")]
    assert listed[1].interfaces == (PRINTER_INTERFACE,)
    assert twin.opened == 0


# Holding and letting go.


def test_the_kernels_driver_is_taken_off_and_put_back(device: UsbDevice, twin: UsbTwin) -> None:
    device.open(printer)
    assert twin.kernel_attached == set()
    assert twin.claimed == {0}
    assert device.interface == PRINTER_INTERFACE
    device.close()
    device.close()
    assert twin.kernel_attached == {0}
    assert twin.claimed == set()
    assert twin.opened == 0


def test_where_there_was_no_kernel_driver_none_is_put(bus: SimulatedUsb) -> None:
    twin = UsbTwin(0x0416, 0x5011, kernel_driver=False, configured=False)
    bus.plug_in(twin)
    device = UsbDevice(ADDRESS, bus)
    device.open(printer)
    device.close()
    assert twin.kernel_attached == set()
    assert twin.configured


@pytest.mark.parametrize(
    ("fault", "meaning", "word"),
    [("forbidden", Fault.CONFIGURATION, "udev"), ("held_by_another", Fault.BUSY, "another program")],
)
def test_why_it_cannot_be_opened_is_said(
    device: UsbDevice, twin: UsbTwin, fault: str, meaning: Fault, word: str
) -> None:
    setattr(twin, fault, True)
    refused = failure(lambda: device.open(printer))
    assert refused.fault is meaning
    assert word in refused.detail
    assert twin.opened == 0
    setattr(twin, fault, False)
    device.open(printer)


def test_a_serial_number_that_may_not_be_read_is_a_matter_of_permission(bus: SimulatedUsb, twin: UsbTwin) -> None:
    twin.forbidden = True
    device = UsbDevice(UsbAddress(0x0416, 0x5011, serial="A1"), bus)
    assert failure(lambda: device.open(printer)).fault is Fault.CONFIGURATION


def test_a_device_without_such_an_interface_is_named(bus: SimulatedUsb) -> None:
    twin = UsbTwin(0x0416, 0x5011, interfaces=(UsbInterface(0, 3, endpoints=(UsbEndpoint(0x81, "interrupt", 8),)),))
    bus.plug_in(twin)
    assert failure(lambda: UsbDevice(ADDRESS, bus).open(printer)).fault is Fault.CONFIGURATION
    assert twin.opened == 0
    assert twin.kernel_attached == {0}


def test_the_first_interface_that_fits_is_taken_also_in_an_alternate_setting(bus: SimulatedUsb) -> None:
    one_way = UsbInterface(1, 7, 1, 1, (UsbEndpoint(0x02),))
    ipp = UsbInterface(0, 7, 1, 4, (UsbEndpoint(0x03), UsbEndpoint(0x83)))
    talks = UsbInterface(1, 7, 1, 2, (UsbEndpoint(0x02), UsbEndpoint(0x82)), alternate=1)
    said = bytearray()
    bus.plug_in(UsbTwin(0x0416, 0x5011, lambda _, data: said.extend(data), interfaces=(ipp, one_way, talks)))
    device = UsbDevice(ADDRESS, bus)
    device.open(printer)
    assert device.interface == talks
    device.bulk_write(0x02, b"x", soon())
    device.close()
    assert said == b"x"


def test_without_a_device_it_is_absent_and_may_come_later(bus: SimulatedUsb, heard: bytearray) -> None:
    device = UsbDevice(ADDRESS, bus)
    assert failure(lambda: device.open(printer)).fault is Fault.ABSENT
    assert failure(lambda: device.bulk_read(IN, 64, soon())).fault is Fault.ABSENT
    bus.plug_in(UsbTwin(0x0416, 0x5011, lambda _, data: heard.extend(data)))
    device.open(printer)
    device.bulk_write(OUT, b"x", soon())
    assert heard == b"x"
    device.close()


def test_two_programs_do_not_share_a_device(bus: SimulatedUsb, device: UsbDevice, twin: UsbTwin) -> None:
    device.open(printer)
    second = UsbDevice(ADDRESS, bus)
    assert failure(lambda: second.open(printer)).fault is Fault.BUSY
    assert twin.claimed == {0}
    device.close()
    second.open(printer)
    second.close()


def test_a_thousand_openings_leave_nothing_behind(device: UsbDevice, twin: UsbTwin) -> None:
    device.open(printer)
    device.close()
    gc.collect()
    descriptors, threads = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    for _ in range(1000):
        device.open(printer)
        device.close()
    assert twin.opened == 0
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors
    assert threading.active_count() <= threads, "one of an earlier test may have ended meanwhile"


# Transfers.


def test_what_is_read_comes_at_once_and_in_whole_packets(device: UsbDevice, twin: UsbTwin) -> None:
    device.open(printer)
    twin.send(IN, bytes(range(100)))
    assert device.bulk_read(IN, 7, soon()) == bytes(range(64))
    assert device.bulk_read(IN, 7, soon()) == bytes(range(64, 100))
    began = time.monotonic()
    assert device.bulk_read(IN, 7, soon(0.1)) == b""
    assert 0.08 < time.monotonic() - began < 10


def test_short_and_empty_packets_are_no_end_and_no_busy_loop(device: UsbDevice, twin: UsbTwin) -> None:
    device.open(printer)
    twin.empty_packets = True
    before = time.process_time()
    assert device.bulk_read(IN, 64, soon(0.2)) == b""
    assert time.process_time() - before < 0.1
    twin.short_packets = 3
    twin.send(IN, b"abcdefg")
    assert [device.bulk_read(IN, 64, soon()) for _ in range(3)] == [b"abc", b"def", b"g"]


def test_a_device_that_takes_little_at_a_time_gets_everything(bus: SimulatedUsb) -> None:
    heard = bytearray()

    def sip(_: int, data: bytes) -> int:
        heard.extend(data[:1000])
        return min(1000, len(data))

    bus.plug_in(UsbTwin(0x0416, 0x5011, sip))
    device = UsbDevice(ADDRESS, bus)
    device.open(printer)
    sent = bytes(range(256)) * 100
    device.bulk_write(OUT, sent, soon(60))
    device.close()
    assert heard == sent


def test_a_device_that_takes_nothing_is_silent_in_time(device: UsbDevice, twin: UsbTwin) -> None:
    device.open(printer)
    twin.takes_nothing = True
    began = time.monotonic()
    failed = failure(lambda: device.bulk_write(OUT, b"x", soon(0.3)))
    assert failed.fault is Fault.SILENT
    assert not failed.uncertain
    assert time.monotonic() - began < 10


def test_a_stall_is_cleared_once_and_then_said(device: UsbDevice, twin: UsbTwin, heard: bytearray) -> None:
    device.open(printer)
    twin.stalled |= {OUT, IN}
    device.bulk_write(OUT, b"x", soon())
    twin.send(IN, b"y")
    assert device.bulk_read(IN, 64, soon()) == b"y"
    assert heard == b"x"
    twin.stuck |= {OUT, IN}
    assert failure(lambda: device.bulk_write(OUT, b"x", soon())).fault is Fault.SILENT
    assert failure(lambda: device.bulk_read(IN, 64, soon())).fault is Fault.SILENT


def test_a_plug_pulled_in_the_middle_ends_both_directions(
    bus: SimulatedUsb, device: UsbDevice, twin: UsbTwin, heard: bytearray
) -> None:
    device.open(printer)
    threading.Timer(0.05, bus.unplug, (twin,)).start()
    assert failure(lambda: device.bulk_read(IN, 64, soon(60))).fault is Fault.UNPLUGGED
    assert failure(lambda: device.bulk_write(OUT, b"x", soon())).fault is Fault.UNPLUGGED
    device.close()
    assert failure(lambda: device.open(printer)).fault is Fault.ABSENT
    bus.plug_in(twin)
    device.open(printer)
    twin.breaks_after = 6000
    broken = failure(lambda: device.bulk_write(OUT, bytes(10_000), soon()))
    assert broken.fault is Fault.UNPLUGGED
    assert broken.uncertain
    assert len(heard) == 6000


def test_after_the_plug_was_in_again_the_old_handle_is_dead_and_a_new_one_works(
    bus: SimulatedUsb, device: UsbDevice, twin: UsbTwin, heard: bytearray
) -> None:
    device.open(printer)
    bus.unplug(twin)
    bus.plug_in(twin)
    assert failure(lambda: device.bulk_write(OUT, b"x", soon())).fault is Fault.UNPLUGGED
    device.close()
    device.open(printer)
    device.bulk_write(OUT, b"y", soon())
    assert heard == b"y"
    assert twin.kernel_attached == set()


@pytest.mark.parametrize("reading", [True, False])
def test_closing_from_another_thread_ends_the_waiting(device: UsbDevice, twin: UsbTwin, reading: bool) -> None:
    device.open(printer)
    twin.takes_nothing = True
    threading.Timer(0.05, device.close).start()
    began = time.monotonic()
    act = (lambda: device.bulk_read(IN, 64, soon(60))) if reading else lambda: device.bulk_write(OUT, b"x", soon(60))
    assert failure(act).fault is Fault.CANCELLED
    assert time.monotonic() - began < 20


def test_one_thread_reads_while_another_writes(device: UsbDevice, twin: UsbTwin, heard: bytearray) -> None:
    device.open(printer)
    answers: list[bytes] = []
    reader = threading.Thread(target=lambda: answers.append(device.bulk_read(IN, 64, soon(60))))
    reader.start()
    device.bulk_write(OUT, b"question", soon())
    assert heard == b"question"
    twin.send(IN, b"answer")
    reader.join(60)
    assert answers == [b"answer"]


# As a line of bytes.


def test_a_bulk_port_is_a_line(bus: SimulatedUsb, twin: UsbTwin, heard: bytearray) -> None:
    port = UsbBulkPort(UsbDevice(ADDRESS, bus), printer)
    port.open()
    port.open()
    twin.send(IN, b"old")
    port.purge()
    port.write(b"question", soon())
    twin.send(IN, b"answer")
    assert port.read_some(soon()) == b"answer"
    assert heard == b"question"
    port.close()
    assert failure(lambda: port.read_some(soon())).fault is Fault.CANCELLED


def test_a_url_leads_to_it_where_the_kind_knows_usb(bus: SimulatedUsb, twin: UsbTwin, heard: bytearray) -> None:
    url = DeviceUrl.parse("usb://0416:5011?serial=A1")
    port = line_of(url, {}, "a device", usb=both_ways, usb_backend=bus).port
    port.open()
    port.write(b"x", soon())
    port.close()
    assert heard == b"x"
    refused = failure(lambda: line_of(url, {}, "a device"))
    assert refused.fault is Fault.CONFIGURATION
    assert "usb" not in refused.detail.split("known: ")[1]
