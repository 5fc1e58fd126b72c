"""The seam to PC/SC: which reader settings mean, what its errors mean, and that it always ends."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.card_reader.twin import SimulatedSlot
from drivers.card_reader.twin_service import SimulatedService
from drivers.device import Cancel, DeviceError, Fault
from drivers.loading import DeviceUrl, SharedPorts, make_device
from drivers.seams import card_channel, pcsc_channel, pcsc_process
from drivers.seams.card_channel import CardReaders, Presence, ServiceDownError, TracedChannel, card_readers
from drivers.seams.pcsc_channel import PcscChannel, chosen_reader, device_error, reader_names

Wait = Callable[..., None]
ALIKE = ("ACS ACR39U ICC Reader 00 00", "ACS ACR39U ICC Reader 01 00", "Gemalto PC Twin Reader (A1B2) [CCID] 02 00")


@pytest.fixture(scope="module")
def service() -> Iterator[SimulatedService]:
    with SimulatedService() as running:
        yield running


def resources() -> tuple[int, int]:
    """Threads and open descriptors of this process."""
    return threading.active_count(), sum(1 for _ in Path("/proc/self/fd").iterdir())


def refusal(action: Callable[[], object]) -> Fault:
    with pytest.raises(DeviceError) as refused:
        action()
    return refused.value.fault


def opened(channel: PcscChannel) -> bool:
    """Opens a channel, again and again until a busy machine is quick enough for it."""
    with contextlib.suppress(DeviceError):
        channel.open()
        return True
    return False


def listed(service: SimulatedService) -> tuple[str, ...]:
    with contextlib.suppress(DeviceError):
        return reader_names(service.path)
    return ()


def look_for_ever(channel: PcscChannel) -> None:
    known = channel.look(soon())
    while True:
        known = channel.look(soon(), known)


def soon(seconds: float = 30.0) -> float:
    return time.monotonic() + seconds


@pytest.mark.parametrize("wanted", [ALIKE[1], ALIKE[2]])
def test_a_whole_name_means_exactly_that_reader(wanted: str) -> None:
    assert chosen_reader(wanted, ALIKE) == wanted


def test_a_name_without_its_position_is_enough_where_there_is_one() -> None:
    assert chosen_reader("Gemalto PC Twin Reader (A1B2) [CCID]", ALIKE) == ALIKE[2]


def test_of_two_alike_the_settings_have_to_say_which() -> None:
    with pytest.raises(DeviceError) as caught:
        chosen_reader("ACS ACR39U ICC Reader", ALIKE)
    assert caught.value.fault is Fault.CONFIGURATION
    assert ALIKE[0] in caught.value.detail
    assert ALIKE[1] in caught.value.detail


def test_the_one_that_is_left_is_not_taken_for_the_one_that_was_pulled_out() -> None:
    with pytest.raises(DeviceError) as caught:
        chosen_reader(ALIKE[1], (ALIKE[0], ALIKE[2]))
    assert caught.value.fault is Fault.ABSENT


def test_no_name_means_the_first_and_no_reader_is_absent() -> None:
    assert chosen_reader("", ALIKE) == ALIKE[0]
    with pytest.raises(DeviceError) as caught:
        chosen_reader("", ())
    assert caught.value.fault is Fault.ABSENT


@pytest.mark.parametrize("name", [*ALIKE, "Feitian R502 [R502 Contactless Reader] (0123456789) 00 00"])
def test_a_name_as_it_is_listed_can_be_written_into_a_device_url(wait_until: Wait, name: str) -> None:
    for url in (f"pcsc://{name}", f"pcsc://{name.replace(' ', '%20')}"):
        reader = make_device("card_reader", "pcsc", url)
        wait_until(lambda reader=reader: refusal(reader.open) is Fault.ABSENT)  # a busy machine is silent at first
    assert DeviceUrl.parse("pcsc://").place == ""
    assert DeviceUrl.parse("tcp://[::1]:9100?a=b").place == "[::1]:9100"


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (0x80100016, Fault.CARD_REMOVED),
        (0x80100069, Fault.CARD_REMOVED),
        (0x8010000C, Fault.CARD_REMOVED),
        (0x80100068, Fault.CARD_REMOVED),
        (0x8010000B, Fault.BUSY),
        (0x8010001D, Fault.ABSENT),
        (0x8010001E, Fault.ABSENT),
        (0x80100013, Fault.ABSENT),
        (0x80100009, Fault.ABSENT),
        (0x80100017, Fault.ABSENT),
        (0x80100066, Fault.UNKNOWN_CARD),
        (0x8010000F, Fault.UNKNOWN_CARD),
        (0x8010006A, Fault.CONFIGURATION),
        (0x80100001, Fault.MECHANICAL),
    ],
)
def test_every_code_of_the_service_has_its_meaning(code: int, fault: Fault) -> None:
    assert device_error(code).fault is fault


def test_a_missing_service_is_told_apart_from_a_missing_reader() -> None:
    assert isinstance(device_error(0x8010001D), ServiceDownError)
    assert not isinstance(device_error(0x80100009), ServiceDownError)


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("serial:///dev/ttyUSB0", {}),
        ("pcsc://", {"speed": "9600"}),
        ("pcsc://?speed=9600", {}),
        ("pcsc://", {"share": "maybe"}),
        ("pcsc://", {"lying": "1"}),
    ],
)
def test_wrong_settings_are_told_with_what_is_allowed(url: str, options: dict[str, str]) -> None:
    with pytest.raises(DeviceError) as caught:
        make_device("card_reader", "pcsc", url, options, SharedPorts())
    assert caught.value.fault is Fault.CONFIGURATION
    assert any(word in caught.value.detail for word in ("pcsc://", "plugin", "yes or no"))


def test_the_readers_of_a_service_are_listed(service: SimulatedService, wait_until: Wait) -> None:
    assert service.names == ("Virtual PCD 00 00", "Virtual PCD 00 01")
    wait_until(lambda: listed(service) == service.names)


def test_without_a_service_there_is_no_list_and_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(tmp_path / "nobody"))

    def seconds() -> float:
        begin = time.monotonic()
        assert card_readers() == CardReaders(service=False)
        return time.monotonic() - begin

    assert any(seconds() < 2 for _ in range(8))  # the best of several: this machine has other work, too


def test_a_service_that_hangs_does_not_hang_who_lists_readers(
    service: SimulatedService, monkeypatch: pytest.MonkeyPatch, wait_until: Wait
) -> None:
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", service.path)
    wait_until(lambda: card_readers() == CardReaders(service=True, names=service.names))
    monkeypatch.setattr(pcsc_channel, "OPENING_SECONDS", 0.3)
    service.hang()
    try:
        assert card_readers() == CardReaders(service=False)
    finally:
        service.hang(False)


def test_two_slots_of_one_reader_do_not_know_each_other(service: SimulatedService, wait_until: Wait) -> None:
    first, second = (PcscChannel(name, service=service.path) for name in service.names)
    wait_until(lambda: opened(first))
    wait_until(lambda: opened(second))
    with SimulatedSlot(service.ports[1]) as slot:
        slot.put_in()
        wait_until(lambda: second.look(soon()).card)
        assert not first.look(soon()).card
    first.close()
    second.close()


def test_closing_wakes_who_waits_and_the_channel_opens_again(service: SimulatedService, wait_until: Wait) -> None:
    channel = PcscChannel(service.names[0], service=service.path)
    wait_until(lambda: opened(channel))
    threading.Timer(0.1, channel.close).start()
    begin = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        look_for_ever(channel)
    assert caught.value.fault in {Fault.CANCELLED, Fault.ABSENT}
    assert time.monotonic() - begin < 20.0
    channel.close()
    wait_until(lambda: opened(channel))
    assert not channel.look(soon()).card
    channel.close()


def test_a_call_that_is_called_off_ends_although_the_service_hangs(service: SimulatedService, wait_until: Wait) -> None:
    channel = PcscChannel(service.names[0], service=service.path)
    wait_until(lambda: opened(channel))
    cancel = Cancel()
    threading.Timer(0.1, cancel.cancel).start()
    service.hang()
    begin = time.monotonic()
    try:
        with pytest.raises(DeviceError) as caught:
            channel.look(soon(60.0), cancel=cancel)
    finally:
        service.hang(False)
    assert caught.value.fault is Fault.CANCELLED
    assert time.monotonic() - begin < 20.0
    channel.close()


def test_nothing_is_left_of_a_channel_whose_service_hangs(service: SimulatedService) -> None:
    before = resources()
    service.hang()
    for _ in range(3):
        channel = PcscChannel(service.names[0], service=service.path)
        channel._helper.begin()
        with pytest.raises(DeviceError) as caught:
            channel.look(soon(0.2))
        assert caught.value.fault is Fault.SILENT
        channel.close()
    service.hang(False)
    deadline = soon()
    while any(now > then for now, then in zip(resources(), before, strict=True)):  # an earlier test's may end meanwhile
        assert time.monotonic() < deadline, "threads or descriptors stayed"
        time.sleep(0.01)


def test_a_helper_that_dies_costs_one_command_and_the_next_one_works(
    service: SimulatedService, wait_until: Wait
) -> None:
    channel = PcscChannel(service.names[0], service=service.path)
    wait_until(lambda: opened(channel))
    process = channel._helper._process
    assert process is not None
    process.kill()
    process.wait()
    with pytest.raises(DeviceError) as caught:
        channel.look(soon())
    assert caught.value.fault is Fault.SILENT
    assert not channel.look(soon()).card
    channel.close()


def test_an_answer_that_was_cut_is_silence_and_is_not_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = tmp_path / "helper.py"
    helper.write_text('import sys\nsys.stdin.readline()\nsys.stdout.write(\'{"ok": "WANG\')\n', "utf-8")
    monkeypatch.setattr(pcsc_process, "_HELPER", helper)
    with pytest.raises(DeviceError) as caught:
        reader_names()
    assert caught.value.fault is Fault.SILENT
    assert "WANG" not in str(caught.value)


def test_a_machine_on_which_no_process_starts_is_said_in_our_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcsc_process.sys, "executable", "/nowhere/python")
    with pytest.raises(DeviceError) as caught:
        reader_names()
    assert caught.value.fault is Fault.ABSENT


class Telling:
    """A card that says a name."""

    def open(self) -> None: ...

    def close(self) -> None: ...

    def disconnect(self) -> None: ...

    def look(self, deadline: float, known: Presence | None = None, cancel: Cancel | None = None) -> Presence:
        return Presence(card=True)

    def connect(self, deadline: float, cancel: Cancel | None = None) -> bytes:
        return b"SERIAL"

    def transmit(self, command: bytes, deadline: float, cancel: Cancel | None = None) -> bytes:
        return b"WANG XIAOMING\x90\x00"


def test_the_trace_says_what_was_asked_and_never_what_was_answered(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="drivers.seams")
    channel = TracedChannel(Telling(), "card")
    channel.open()
    channel.connect(soon())
    channel.transmit(bytes.fromhex("00 B2 02 04 03") + b"PIN", soon())
    channel.disconnect()
    channel.close()
    assert "card: > 00 B2 02 04 < 15 bytes, 9000" in caplog.text
    for word in ("WANG", "SERIAL", "PIN", "50 49 4E", "57 41"):
        assert word not in caplog.text
    assert card_channel.describe(bytes.fromhex("00 20 00 81 03 12 34 56")) == "00 20 00 81"
