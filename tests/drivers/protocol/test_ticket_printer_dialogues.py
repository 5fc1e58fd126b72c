"""Dialogues with a printer byte by byte; nothing may be left over. Replies as measured on real printers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from drivers.device import DeviceError, DeviceState, Fault
from drivers.seams.memory import MemoryPort, Say
from drivers.ticket_printer import codec
from drivers.ticket_printer.codec import PAPERS
from drivers.ticket_printer.escpos import EscPosPrinter
from drivers.ticket_printer.port import Proof, Raster, Slip
from drivers.ticket_printer.settings import Settings, StatusUse

DONE = bytes(4)
"""Four answers to four times GS r 1."""

SLIP = Slip("job-1", Raster(8, 1, b"\xff"))
JOB = bytes.fromhex("1b 40  1b 61 00  1d 76 30 00 01 00 01 00 ff  1d 56 42 00" + 4 * "1d 72 01")


def eot(which: int, *answers: int) -> Say:
    return Say(bytes((0x10, 0x04, which)), (bytes(answers),) if answers else ())


JAMMED = (eot(1, 0x1A), eot(2, 0x52), eot(4, 0x12), eot(3, 0x1A))
READY = (eot(1, 0x12), eot(2, 0x12), eot(4, 0x12))


QUICK = Settings(answer_seconds=0.05, watch_seconds=0.02, unproven_seconds=0.1, recovering_seconds=0.02)


def talk(dialogue: Sequence[Say], settings: Settings | None = None) -> tuple[MemoryPort, EscPosPrinter]:
    port = MemoryPort(dialogue)
    printer = EscPosPrinter(port, settings or QUICK)
    printer.open()
    return port, printer


def test_a_slip_is_printed_and_proven_by_gs_r() -> None:
    port, printer = talk([*READY, Say(JOB, (DONE,))])
    with port:
        assert printer.print(SLIP, 1.0) is Proof.PROVEN


def test_paper_near_its_end_still_prints() -> None:
    port, printer = talk([eot(1, 0x12), eot(2, 0x12), eot(4, 0x1E), Say(JOB, (b"\x03\x03", b"\x03\x03"))])
    with port:
        assert printer.print(SLIP, 1.0) is Proof.PROVEN


@pytest.mark.parametrize(
    ("dialogue", "fault"),
    [
        ([eot(1, 0x1A), eot(2, 0x32), eot(4, 0x7E)], Fault.PAPER_OUT),
        ([eot(1, 0x1A), eot(2, 0x16), eot(4, 0x12)], Fault.COVER_OPEN),
        ([*JAMMED, Say(codec.CLEAR_AND_RECOVER), *JAMMED], Fault.MECHANICAL),
        ([eot(1)], Fault.SILENT),
        ([eot(1, 0x12), eot(2)], Fault.SILENT),
    ],
)
def test_nothing_is_sent_to_a_printer_that_cannot_print(dialogue: list[Say], fault: Fault) -> None:
    port, printer = talk(dialogue)
    with port, pytest.raises(DeviceError) as refused:
        printer.print(SLIP, 1.0)
    assert refused.value.fault is fault
    assert not refused.value.uncertain


@pytest.mark.parametrize(
    ("dialogue", "fault"),
    [
        ([eot(2, 0x32)] * 2, Fault.PAPER_OUT),
        ([eot(2, 0x12), eot(4, 0x7E), eot(4, 0x7E)], Fault.PAPER_OUT),
        ([eot(2, 0x16)] * 2, Fault.COVER_OPEN),
        ([eot(2, 0x52), eot(3, 0x1A)] * 2, Fault.MECHANICAL),
    ],
)
def test_a_fault_during_the_print_leaves_it_uncertain(dialogue: list[Say], fault: Fault) -> None:
    port, printer = talk([*READY, Say(JOB), *dialogue])
    with port, pytest.raises(DeviceError) as failed:
        printer.print(SLIP, 2.0)
    assert failed.value.fault is fault
    assert failed.value.uncertain


def test_the_printer_that_answers_late_is_waited_for() -> None:
    port, printer = talk([*READY, Say(JOB), eot(2, 0x12), eot(4, 0x12, *DONE)])
    with port:
        assert printer.print(SLIP, 2.0) is Proof.PROVEN


def test_no_word_at_the_end_is_silence_and_uncertain() -> None:
    _, printer = talk([*READY, Say(JOB), eot(2), eot(2), eot(2), eot(2), eot(2)])
    with pytest.raises(DeviceError) as failed:
        printer.print(SLIP, 0.25)
    assert failed.value.fault is Fault.SILENT
    assert failed.value.uncertain


def test_a_held_slip_is_waited_for_and_not_sent_again() -> None:
    port, printer = talk(
        [
            *READY,
            Say(JOB),
            *[eot(2, 0x32)] * 2,
            eot(1, 0x1A),
            eot(2, 0x32),
            eot(4, 0x7E),
            *READY[:2],
            eot(4, 0x12, *DONE),
        ]
    )
    with port:
        with pytest.raises(DeviceError):
            printer.print(SLIP, 2.0)
        with pytest.raises(DeviceError) as still:
            printer.print(SLIP, 2.0)
        assert still.value.fault is Fault.PAPER_OUT
        assert still.value.uncertain
        assert printer.print(SLIP, 2.0) is Proof.PROVEN


ASKED_IN_ORDER = bytes.fromhex("1d 61 ff  1d 61 ff  1d 61 00" + 4 * "1d 72 01")
PUSHED = bytes.fromhex("10 00 00 00  10 00 00 00")


@pytest.mark.parametrize(
    "answers",
    [
        (PUSHED, DONE),
        (DONE, PUSHED, DONE),
        (PUSHED[:4], DONE, PUSHED, DONE),
        (DONE + PUSHED + DONE,),
        (DONE,),
        (DONE, DONE),
    ],
)
def test_after_a_slip_without_a_known_end_old_answers_are_taken_first(answers: tuple[bytes, ...]) -> None:
    broken = [*READY, Say(JOB, breaks=Fault.UNPLUGGED)]
    settled = [Say(codec.end_of_broken_job(len(JOB) - 12, PAPERS["80"])), Say(ASKED_IN_ORDER, answers)]
    settings = Settings(answer_seconds=0.05, watch_seconds=0.02, quiet_seconds=0.02)
    port, printer = talk([*broken, *READY, *settled, Say(JOB, (DONE,)), *READY, Say(JOB, (DONE,))], settings)
    with port:
        with pytest.raises(DeviceError) as failed:
            printer.print(SLIP, 1.0)
        assert failed.value.fault is Fault.UNPLUGGED
        assert failed.value.uncertain
        assert printer.print(SLIP, 2.0) is Proof.PROVEN
        assert printer.print(Slip("job-2", SLIP.picture), 1.0) is Proof.PROVEN


def test_a_silent_printer_prints_without_proof_when_the_settings_say_so() -> None:
    settings = Settings(status=StatusUse.OPTIONAL, answer_seconds=0.05, unproven_seconds=0.05)
    port, printer = talk([eot(1), Say(JOB)], settings)
    with port:
        assert printer.print(SLIP, 1.0) is Proof.UNPROVEN


def test_a_printer_that_is_never_asked_prints_without_proof() -> None:
    port, printer = talk([Say(JOB)], Settings(status=StatusUse.NONE, unproven_seconds=0.05))
    with port:
        assert printer.print(SLIP, 1.0) is Proof.UNPROVEN
        assert not printer.capabilities.reports_status


def test_without_wish_for_proof_only_the_state_is_looked_at() -> None:
    port, printer = talk([*READY, Say(JOB), eot(2, 0x12), eot(4, 0x12)], Settings(proof=False))
    with port:
        assert printer.print(SLIP, 1.0) is Proof.UNPROVEN


def test_noise_and_automatic_status_between_the_answers_are_no_answers() -> None:
    port, printer = talk(
        [
            Say(b"\x10\x04\x01", (b"\xff\x81", b"\x10\x00\x00\x00", b"\x12")),
            eot(2, 0x12),
            eot(4, 0x12),
            Say(JOB, (b"\x90", b"\x18\x00", b"\x0f\x00", DONE)),
        ]
    )
    with port:
        assert printer.print(SLIP, 1.0) is Proof.PROVEN


@pytest.mark.parametrize(
    ("dialogue", "state", "codes"),
    [
        (READY, DeviceState.READY, []),
        ([eot(1, 0x12), eot(2, 0x12), eot(4, 0x1E)], DeviceState.IMPAIRED, ["paper.low"]),
        ([eot(1, 0x1A), eot(2, 0x32), eot(4, 0x7E)], DeviceState.FAULT, ["paper.out", "paper.low"]),
        ([eot(1, 0x1A), eot(2, 0x16), eot(4, 0x12)], DeviceState.FAULT, ["cover.open"]),
        ([eot(1, 0x1A), eot(2, 0x12), eot(4, 0x12)], DeviceState.FAULT, ["printer.offline"]),
        ([eot(1)], DeviceState.UNKNOWN, ["status.unknown"]),
    ],
)
def test_a_probe_says_how_the_printer_is(dialogue: Sequence[Say], state: DeviceState, codes: list[str]) -> None:
    port, printer = talk(dialogue)
    with port:
        found = printer.probe()
    assert found.state is state
    assert [condition.code for condition in found.conditions] == codes


# What only a conversation byte by byte can show.


def test_a_fault_that_is_said_only_once_during_the_print_is_not_believed() -> None:
    port, printer = talk([*READY, Say(JOB), eot(2, 0x32), eot(2, 0x12), eot(4, 0x12, *DONE)])
    with port:
        assert printer.print(SLIP, 2.0) is Proof.PROVEN


def test_a_printer_that_can_recover_is_told_to_and_prints() -> None:
    port, printer = talk([*JAMMED, Say(codec.CLEAR_AND_RECOVER), *READY, Say(JOB, (DONE,))])
    with port:
        assert printer.print(SLIP, 2.0) is Proof.PROVEN


def test_on_a_line_that_stays_open_changes_are_switched_on_once() -> None:
    settings = Settings(pushes=True, answer_seconds=0.05, watch_seconds=0.02)
    port, printer = talk([Say(codec.PUSH_ON, (b"\x10\0\0\0",)), *READY, Say(JOB, (DONE,))], settings)
    with port:
        assert printer.print(SLIP, 1.0) is Proof.PROVEN
        with pytest.raises(DeviceError) as refused:
            printer.print(Slip("2", Raster(8, 1, b"")), 1.0)
        assert refused.value.fault is Fault.BAD_DATA
        port.load([*READY, Say(codec.PUSH_ON)])
        assert printer.probe().state is DeviceState.READY
        assert printer.capabilities.pushes_status


def test_a_push_that_lost_its_first_byte_is_no_proof() -> None:
    _, printer = talk([*READY, Say(JOB, (b"\0\0\0",)), *[eot(2), eot(2)] * 4])
    with pytest.raises(DeviceError) as failed:
        printer.print(SLIP, 0.2)
    assert failed.value.fault is Fault.SILENT
    assert failed.value.uncertain


def test_a_kept_slip_is_thrown_away_and_its_beginning_cut_off() -> None:
    cleared = Say(codec.CLEAR_BUFFERS, (b"\x37\x25\x00",))
    rubble = Say(codec.end_of_broken_job(len(JOB) - 12, PAPERS["80"]))
    kept = [*READY, Say(JOB), *[eot(2, 0x32)] * 2]
    port, printer = talk([*kept, cleared, *READY, rubble, Say(ASKED_IN_ORDER, (PUSHED + DONE,)), Say(JOB, (DONE,))])
    with port:
        with pytest.raises(DeviceError):
            printer.print(SLIP, 2.0)
        printer.forget()
        assert printer.print(Slip("job-2", SLIP.picture), 2.0) is Proof.PROVEN
