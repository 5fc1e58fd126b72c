"""A recorded conversation with a printer plays back through the real driver, and says nothing of anybody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.device import DeviceError, DeviceState, Fault
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.recording import DEVICE, HOST, Turn, read_recording
from drivers.ticket_printer import codec
from drivers.ticket_printer.codec import PAPERS
from drivers.ticket_printer.escpos import EscPosPrinter, make
from drivers.ticket_printer.port import Proof, Slip
from drivers.ticket_printer.redacting import redact, synthetic_slips
from drivers.ticket_printer.sample import sample_picture
from drivers.ticket_printer.text_slip import text_slip
from drivers.ticket_printer.twin import SimulatedPrinter

Make = Callable[..., EscPosPrinter]
SLIP = Slip(
    "job-1", sample_picture(), ("## 综合受理", "# A001", "张* 4401**********1234"), "https://hall.example.org/t/3F7K"
)
PERSONAL = ("张".encode("gbk"), b"4401", b"A001", b"hall.example", b"3F7K")


@pytest.mark.parametrize("mode", ["raster", "text"])
@pytest.mark.parametrize("line", ["tcp", "pty", "usb"])
def test_a_recording_plays_back(line: str, mode: str, printer_for: Make, tmp_path: Path) -> None:
    file = tmp_path / "printer.jsonl"
    with SimulatedPrinter(line=line) as printer:
        driver = printer_for(printer, mode=mode, record=str(file))
        assert driver.print(SLIP, 30) is Proof.PROVEN
        driver.close()
    turns = read_recording(file)
    (slip,) = synthetic_slips(turns)
    said = b"".join(turn.data for turn in turns if turn.side == HOST)
    assert not any(word in said for word in PERSONAL)
    assert not any(word.hex(" ") in file.read_text() for word in PERSONAL)
    asb = "no" if line == "tcp" else "yes"
    again = make(DeviceUrl.parse(f"replay://{file}"), {"mode": mode, "asb": asb}, SharedPorts())
    again.open()
    assert again.print(slip, 30) is Proof.PROVEN
    again.close()


def test_a_recorded_fault_plays_back_too(printer_for: Make, tmp_path: Path) -> None:
    file = tmp_path / "printer.jsonl"
    with SimulatedPrinter() as printer:
        driver = printer_for(printer, record=str(file))
        printer.paper_out = True
        assert driver.probe().state is DeviceState.FAULT
        driver.close()
    again = make(DeviceUrl.parse(f"replay://{file}"), {}, SharedPorts())
    again.open()
    with pytest.raises(DeviceError) as refused:
        again.print(SLIP, 30)
    again.close()
    assert refused.value.fault is Fault.PAPER_OUT


def test_redacting_keeps_every_length_and_every_answer() -> None:
    slow = text_slip(SLIP, PAPERS["80"]) or b""
    said = codec.ask_status(1) + slow + codec.ASK_PROCESSED
    turns = [
        Turn(0.0, HOST, said[:40]),
        Turn(0.1, DEVICE, b"\x12"),
        Turn(0.2, HOST, said[40:]),
        Turn(0.3, DEVICE, bytes(4)),
    ]
    kept = redact(turns)
    assert [(turn.at, turn.side, len(turn.data)) for turn in kept] == [
        (turn.at, turn.side, len(turn.data)) for turn in turns
    ]
    assert [turn.data for turn in kept if turn.side == DEVICE] == [b"\x12", bytes(4)]
    assert not any(word in kept[0].data + kept[2].data for word in PERSONAL)


@pytest.mark.parametrize("said", [b"\x1b%0", b"\x1dv0\0\xff\xff\xff\xff", b"\x1b", b"\x1d(k\xff\xff"])
def test_what_cannot_be_understood_is_not_written(said: bytes) -> None:
    with pytest.raises(ValueError):
        redact([Turn(0.0, HOST, said)])
