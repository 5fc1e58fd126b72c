"""The lines that drivers stand on: every way in which they break is a DeviceError, and closing wakes who waits."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from drivers.device import DeviceError, Fault
from drivers.seams.bytes_port import BytesPort, TracedPort
from drivers.seams.card_channel import card_readers
from drivers.seams.faulty import FaultyPort, LineFaults
from drivers.seams.memory import MemoryPort, Say
from drivers.seams.pty_line import PtyLine
from drivers.seams.serial_port import SerialPort
from drivers.seams.tcp_port import TcpPort


class Babble:
    """A connection that always has more to read."""

    def __init__(self, under: socket.socket | None) -> None:
        self.under = under
        self.reads = 0

    def recv(self, size: int) -> bytes:
        self.reads += 1
        assert self.reads < 10_000, "it reads for ever"
        return bytes(min(size, 8))

    def __getattr__(self, name: str) -> object:
        return getattr(self.under, name)


def soon(seconds: float = 20.0) -> float:
    return time.monotonic() + seconds


def refusal(action: Callable[[], object]) -> Fault:
    with pytest.raises(DeviceError) as refused:
        action()
    return refused.value.fault


def read_all(port: BytesPort, length: int) -> bytes:
    data = b""
    while len(data) < length:
        chunk = port.read_some(soon())
        assert chunk, "the line fell silent"
        data += chunk
    return data


@pytest.fixture
def echo_line() -> Iterator[PtyLine]:
    """A serial line whose far end sends back what it hears."""
    line = PtyLine(lambda data: line.send(data), name="echo")
    line.start()
    yield line
    line.stop()


@pytest.fixture
def echo_host() -> Iterator[tuple[str, int]]:
    """A TCP service that sends back what it hears and hangs up at the word ``bye``."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(60)

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                while data := connection.recv(4096):
                    if data == b"bye":
                        break
                    connection.sendall(data)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(timeout=20)


@pytest.fixture(params=["serial", "tcp"])
def port(request: pytest.FixtureRequest) -> Iterator[BytesPort]:
    if request.param == "serial":
        line: PtyLine = request.getfixturevalue("echo_line")
        made: BytesPort = SerialPort(line.path)
    else:
        host, number = request.getfixturevalue("echo_host")
        made = TcpPort(host, number)
    yield made
    made.close()


def test_what_is_written_comes_back(port: BytesPort) -> None:
    port.open()
    port.open()  # a second time does nothing
    port.write(b"hello" * 200, soon())
    assert read_all(port, 1000) == b"hello" * 200


def test_a_closed_line_says_so(port: BytesPort) -> None:
    assert refusal(lambda: port.read_some(soon())) is Fault.ABSENT
    port.open()
    port.close()
    assert refusal(lambda: port.write(b"x", soon())) is Fault.CANCELLED
    port.open()
    port.write(b"x", soon())
    assert read_all(port, 1) == b"x"


def test_silence_ends_at_the_deadline(port: BytesPort) -> None:
    port.open()
    begin = time.monotonic()
    assert port.read_some(begin + 0.1) == b""
    assert 0.1 <= time.monotonic() - begin < 5


def test_purging_throws_away_what_has_arrived(port: BytesPort) -> None:
    port.open()
    port.write(b"old", soon())
    first = port.read_some(soon())
    deadline = soon()
    while len(first) < 3 and time.monotonic() < deadline:
        first += port.read_some(soon())
    port.purge()
    port.write(b"new", soon())
    assert read_all(port, 3) == b"new"


def test_closing_wakes_the_reader(port: BytesPort) -> None:
    port.open()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(port.read_some, soon(30))
        time.sleep(0.1)  # so that it really waits
        begin = time.monotonic()
        port.close()
        assert refusal(lambda: reading.result(timeout=25)) is Fault.CANCELLED
        assert time.monotonic() - begin < 10, "it would have read for half a minute"


def test_one_thread_may_write_while_another_reads(port: BytesPort) -> None:
    port.open()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read_all, port, 3)
        time.sleep(0.05)  # so that it really waits
        port.write(b"abc", soon())
        assert reading.result(timeout=25) == b"abc"


def test_a_pulled_plug_breaks_every_call(echo_line: PtyLine) -> None:
    port = SerialPort(echo_line.path)
    port.open()
    echo_line.unplug()
    assert refusal(lambda: port.read_some(soon())) is Fault.UNPLUGGED
    assert refusal(lambda: port.write(b"x", soon())) is Fault.UNPLUGGED
    assert refusal(port.purge) is Fault.UNPLUGGED
    port.close()
    assert refusal(port.open) is Fault.ABSENT
    echo_line.plug_in()
    port.open()
    port.close()


def test_a_line_that_takes_no_bytes_ends_at_the_deadline() -> None:
    stuck = threading.Event()

    def hang(data: bytes) -> None:
        del data
        stuck.wait(60)

    line = PtyLine(hang, name="stuck")
    line.start()
    port = SerialPort(line.path)
    port.open()
    begin = time.monotonic()
    with pytest.raises(DeviceError) as refused:
        port.write(bytes(1_000_000), begin + 0.3)
    assert (refused.value.fault, refused.value.uncertain) == (Fault.SILENT, True)
    assert time.monotonic() - begin < 20
    stuck.set()
    port.close()
    line.stop()


def test_a_path_that_is_no_terminal_is_absent(tmp_path: Path) -> None:
    assert refusal(SerialPort(str(tmp_path)).open) in {Fault.ABSENT, Fault.CONFIGURATION}


def test_the_speed_of_an_open_line_can_be_changed(echo_line: PtyLine) -> None:
    port = SerialPort(echo_line.path, 9600)
    port.open()
    assert echo_line.host_baud == 9600
    port.set_baud(57600)
    assert (port.baud, echo_line.host_baud) == (57600, 57600)
    port.close()


def test_a_paced_line_takes_the_time_of_a_wire() -> None:
    line = PtyLine(lambda _: line.send(bytes(480)), baud=19200, name="slow")
    line.start()
    port = SerialPort(line.path, 19200)
    port.open()
    begin = time.monotonic()
    port.write(bytes(96), soon())
    read_all(port, 480)
    assert 0.3 <= time.monotonic() - begin < 5
    port.close()
    line.stop()


def test_a_host_that_refuses_is_absent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
    assert refusal(TcpPort("127.0.0.1", number).open) is Fault.ABSENT


def test_a_device_that_hangs_up_is_unplugged(echo_host: tuple[str, int]) -> None:
    port = TcpPort(*echo_host)
    port.open()
    port.write(b"bye", soon())
    assert refusal(lambda: port.read_some(soon())) is Fault.UNPLUGGED
    port.close()


def test_a_connection_that_takes_no_bytes_ends_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = TcpPort(*server.getsockname())
        port.open()
        with pytest.raises(DeviceError) as refused:
            port.write(bytes(30_000_000), time.monotonic() + 0.3)
        assert (refused.value.fault, refused.value.uncertain) == (Fault.SILENT, True)
        port.close()


def test_a_bad_line_spoils_the_same_bytes_for_the_same_seed() -> None:
    def heard(seed: int) -> bytes:
        port = FaultyPort(
            MemoryPort([Say(b"?", (bytes(200),))]), LineFaults(flip=0.05, drop=0.05, duplicate=0.05), seed
        )
        port.open()
        port.write(b"?", soon())
        return port.read_some(soon())

    assert heard(1) == heard(1) != heard(2)


def test_a_trace_says_lengths_and_never_what_was_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1, "drivers")
    with MemoryPort([Say(b"secret question", (b"secret answer",))]) as memory:
        port = TracedPort(memory, "line", lambda _: "ASK")
        port.open()
        port.purge()
        port.write(b"secret question", soon())
        port.read_some(soon())
        port.close()
    assert [record.getMessage() for record in caplog.records] == [
        "line: opened",
        "line: > ASK 15 bytes",
        "line: < 13 bytes",
        "line: closed",
    ]


def test_the_list_of_smart_card_readers_is_honest_without_a_service() -> None:
    found = card_readers()
    assert found.service or found.names == ()


def test_who_talks_without_end_over_tcp_is_not_listened_to_without_end(echo_host: tuple[str, int]) -> None:
    port = TcpPort(*echo_host)
    port.open()
    stream = Babble(port._socket)
    port._socket = stream  # type: ignore[assignment]  # because no real line is faster than its reader
    port.purge()
    assert stream.reads > 1
    port.close()
