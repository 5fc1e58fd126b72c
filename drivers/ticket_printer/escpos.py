"""ESC/POS ticket printers over TCP or a serial line, with proof that paper came out.

Before a slip the printer is asked how it is; after the cut it is asked (``GS r 1``, answered in order) whether
everything was processed, and meanwhile watched in real time. A printer that runs out of paper in the middle
keeps the slip and finishes it once the roll is changed: the line to it then stays open, and the same job asked
for again is first waited for, so that nobody gets two slips. Otherwise every job has a connection of its own,
because a network printer that was switched off and on loses what an old connection sends.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from drivers.device import Action, Condition, DeviceError, DeviceState, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bytes_port import BytesPort, TracedPort
from drivers.seams.serial_port import SerialPort
from drivers.seams.tcp_port import TcpPort
from drivers.ticket_printer import codec, status
from drivers.ticket_printer.port import PrinterCapabilities, Proof, Slip
from drivers.ticket_printer.status import Automatic, Finding, Processed, RealTime
from drivers.ticket_printer.text_slip import text_slip

CHUNK = 2048
"""Bytes per write: 2.1 s at 9600 baud, below the serial line's own time-out for writing."""

TCP_PORT = 9100
SLOW_LINE_BAUD = 115200
"""Below this a picture takes 13 s and more, so ``mode=auto`` sends text."""


class StatusUse(StrEnum):
    """``required``: a silent printer prints nothing. ``optional``: it prints without proof. ``none``: never asked."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Settings:
    """How one printer is used; times in seconds."""

    paper: codec.Paper = codec.PAPERS["80"]
    as_text: bool = False
    font: str = ""
    status: StatusUse = StatusUse.REQUIRED
    proof: bool = True
    answer_seconds: float = 1.0
    watch_seconds: float = 0.25
    quiet_seconds: float = 0.4
    unproven_seconds: float = 3.0
    """How long a printer that does not say how it is may take to say that it is done."""


class EscPosPrinter:
    """One printer behind a line of bytes."""

    def __init__(self, port: BytesPort, settings: Settings | None = None) -> None:
        self._port = port
        self._settings = settings or Settings()
        self._lock = threading.Lock()
        self._opened = False
        self._connected = False
        self._answers = status.AnswerParser()
        self._processed = False
        self._in_step = True
        """Whether answers that come now can belong only to what was sent last."""
        self._held_job: str | None = None
        """The job that the printer keeps because its paper ended; the line stays open for its answer."""
        self._late_job: str | None = None
        """The kept job that came out while nobody asked."""
        self._broken_off = False
        """Whether the printer may still wait for the rest of a picture."""

    @property
    def capabilities(self) -> PrinterCapabilities:
        paper = self._settings.paper
        reports = self._settings.status is not StatusUse.NONE
        return PrinterCapabilities(paper.width_dots, paper.dots_per_mm, paper.cuts, reports)

    def open(self) -> None:
        """Looks whether the printer is there. Raises ABSENT, BUSY, CONFIGURATION."""
        with self._lock:
            self._opened = True
            try:
                self._connect()
                if self._held_job is None:
                    self._hang_up()
            except DeviceError:
                self._opened = False
                raise

    def close(self) -> None:
        self._opened = False
        self._port.close()
        if self._lock.acquire(timeout=2.0):
            try:
                self._hang_up()
            finally:
                self._lock.release()

    def probe(self) -> Status:
        """How the printer is; a job under way is not disturbed."""
        if not self._lock.acquire(blocking=False):
            return Status(DeviceState.BUSY)
        try:
            self._connect()
            found = self._status(time.monotonic() + 4 * self._settings.answer_seconds)
            self._notice_held_job()
            return found
        except DeviceError as error:
            self._hang_up()  # what a broken line kept is gone
            if error.fault in (Fault.ABSENT, Fault.UNPLUGGED, Fault.CANCELLED):
                return Status(DeviceState.ABSENT, detail=error.detail)
            return Status(DeviceState.UNKNOWN, (self._silence(),), error.detail)
        finally:
            if self._held_job is None:
                self._hang_up()
            self._lock.release()

    def print(self, slip: Slip, timeout: float) -> Proof:
        deadline = time.monotonic() + timeout
        data = self._job_bytes(slip)
        if not self._lock.acquire(timeout=timeout):
            raise DeviceError(Fault.BUSY, "another slip is being printed")
        try:
            came_out_late, self._late_job = self._late_job == slip.job, None
            if came_out_late or (self._held_job == slip.job and self._finish_held_job(deadline)):
                return Proof.PROVEN
            self._hang_up()
            return self._print(slip.job, data, deadline)
        finally:
            if self._held_job is None:
                self._hang_up()
            self._lock.release()

    # One job, step by step. Everything below is called with the lock held.

    def _job_bytes(self, slip: Slip) -> bytes:
        settings = self._settings
        if settings.as_text and slip.lines:
            data = text_slip(slip, settings.paper, settings.font)
            if data is not None:
                return data
        try:
            return codec.picture_job(slip.picture, settings.paper)
        except ValueError as error:
            raise DeviceError(Fault.BAD_DATA, str(error)) from None

    def _print(self, job: str, data: bytes, deadline: float) -> Proof:
        # 1. Nothing is sent to a printer that cannot print it.
        self._connect()
        talks = self._survey_before(deadline)
        # 2. From the first byte on nobody can know what came out, unless the printer says so.
        self._settle(talks, deadline)
        try:
            self._broken_off = True
            self._send(data + codec.ASK_PROCESSED, deadline)
            # 3. The printer's own word.
            proof = self._await_processed(talks, deadline)
        except DeviceError as error:
            if error.fault in (Fault.PAPER_OUT, Fault.COVER_OPEN, Fault.MECHANICAL):
                self._held_job = job
            raise DeviceError(error.fault, error.detail, uncertain=True) from None
        self._broken_off = False
        return proof

    def _settle(self, talks: bool, deadline: float) -> None:
        """After a job of which nobody knows the end: ends its last band and takes the answers that belong to it.

        Without this a late "processed" of the old job would be taken for the new one's. Answers come in order: what
        comes before the automatic status that is asked for here is old. A printer that has none is listened to until
        it stays quiet.
        """
        if not self._broken_off:
            return
        self._send(codec.CANCEL_BROKEN_BAND, deadline)
        if not talks or not self._settings.proof:
            return
        self._in_step = False
        self._send(codec.ASK_IN_ORDER, deadline)
        quiet = self._settings.quiet_seconds
        while not self._listen(min(deadline, time.monotonic() + self._settings.watch_seconds)):
            if time.monotonic() >= deadline:
                raise DeviceError(Fault.SILENT, "no answer to GS r 1 before the slip")
            self._watch(deadline, uncertain=False)
        while self._processed:
            self._processed = False
            self._listen(min(deadline, time.monotonic() + (quiet if self._in_step else 4 * quiet)))

    def _survey_before(self, deadline: float) -> bool:
        """Raises what keeps the printer from printing; says whether it answers at all."""
        if self._settings.status is StatusUse.NONE:
            return False
        findings = self._survey(deadline)
        if findings is None:
            if self._settings.status is StatusUse.REQUIRED:
                raise DeviceError(Fault.SILENT, "no answer to DLE EOT")
            return False
        status.refuse(findings, uncertain=False)
        return True

    def _send(self, data: bytes, deadline: float) -> None:
        for start in range(0, len(data), CHUNK):
            self._port.write(data[start : start + CHUNK], deadline)

    def _await_processed(self, talks: bool, deadline: float) -> Proof:
        if not self._settings.proof:
            if talks:
                self._watch(deadline)
            return Proof.UNPROVEN
        until = deadline if talks else min(deadline, time.monotonic() + self._settings.unproven_seconds)
        while not self._listen(min(until, time.monotonic() + self._settings.watch_seconds)):
            if time.monotonic() >= until:
                if talks:
                    raise DeviceError(Fault.SILENT, "no answer to GS r 1")
                return Proof.UNPROVEN
            if talks:
                self._watch(until)
        return Proof.PROVEN

    def _finish_held_job(self, deadline: float) -> bool:
        """Whether the slip that the printer kept came out meanwhile; raises what still keeps it inside."""
        try:
            done = self._listen(time.monotonic())
            if not done:
                findings = self._survey(deadline)
                if findings is not None:
                    status.refuse(findings, uncertain=True)
                done = self._listen(min(deadline, time.monotonic() + self._settings.unproven_seconds))
        except DeviceError as error:
            if error.fault in (Fault.UNPLUGGED, Fault.ABSENT):
                return False
            raise DeviceError(error.fault, error.detail, uncertain=True) from None
        if done:
            self._held_job = None
            self._broken_off = False
        return done

    def _notice_held_job(self) -> None:
        """When the printer has put out what it kept, the line is free again and the job is remembered as done."""
        if self._held_job is not None and self._processed:
            self._late_job, self._held_job = self._held_job, None
            self._broken_off = False

    # Asking and listening.

    def _status(self, deadline: float) -> Status:
        if self._settings.status is StatusUse.NONE:
            return Status(DeviceState.UNKNOWN, (self._silence(),))
        findings = self._survey(deadline)
        if findings is None:
            return Status(DeviceState.UNKNOWN, (self._silence(),))
        return Status(status.state(findings), status.conditions(findings))

    def _silence(self) -> Condition:
        """A silent printer is unknown, not ok; whether that keeps it from printing is a setting."""
        if self._settings.status is StatusUse.NONE:
            return Condition("status.unknown", Action.NONE)
        return Condition("status.unknown", Action.STAFF, blocking=self._settings.status is StatusUse.REQUIRED)

    def _survey(self, deadline: float) -> Finding | None:
        """DLE EOT 1, 2 and 4, and 3 when 2 speaks of an error. None when the printer does not answer."""
        found = Finding(0)
        for which in (1, 2, 4):
            answer = self._ask(which, deadline)
            if answer is None:
                return None
            found |= answer
        if Finding.RECOVERABLE in found:
            found |= self._ask(3, deadline) or Finding(0)
        return found

    def _watch(self, deadline: float, *, uncertain: bool = True) -> None:
        """While it prints: raises when the paper ended, the cover was opened or the cutter stuck."""
        for which in (2, 4):
            found = self._ask(which, deadline)
            if self._processed or found is None:
                return
            if Finding.RECOVERABLE in found:
                found |= self._ask(3, deadline) or Finding(0)
            status.refuse(found & ~(Finding.OFFLINE | Finding.FEEDING), uncertain=uncertain)

    def _ask(self, which: int, deadline: float) -> Finding | None:
        self._port.write(codec.ask_status(which), deadline)
        until = min(deadline, time.monotonic() + self._settings.answer_seconds)
        while True:
            data = self._port.read_some(until)
            answer = self._take(data)
            if answer is not None:
                return answer.findings(which)
            if not data and time.monotonic() >= until:
                return None

    def _listen(self, until: float) -> bool:
        """Takes what comes until ``until``; True as soon as the printer has said that it is done."""
        while not self._processed:
            data = self._port.read_some(until)
            self._take(data)
            if not data and time.monotonic() >= until:
                break
        return self._processed

    def _take(self, data: bytes) -> RealTime | None:
        last = None
        for answer in self._answers.feed(data):
            if isinstance(answer, Processed):
                self._processed = True
            elif isinstance(answer, Automatic):
                self._in_step, self._processed = True, False
            elif isinstance(answer, RealTime):
                last = answer
        return last

    # The line.

    def _connect(self) -> None:
        if not self._opened:
            raise DeviceError(Fault.ABSENT, "not open")
        if not self._connected:
            self._port.open()
            self._connected = True
            self._answers = status.AnswerParser()
            self._processed = False
            self._port.purge()

    def _hang_up(self) -> None:
        """Ends the connection; unread answers are taken first, since a socket closed over them drops the job."""
        self._held_job = None
        if self._connected:
            self._connected = False
            with contextlib.suppress(DeviceError):  # the other side was faster; nothing is left to take
                self._port.purge()
            self._port.close()


def describe(data: bytes) -> str:
    """What a trace says of bytes to a printer: the question asked, or only that it was part of a slip."""
    return f"DLE EOT {data[2]}" if len(data) == 3 and data.startswith(codec.DLE + b"\x04") else "slip"


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> EscPosPrinter:
    """``tcp://host:9100`` or ``serial:///dev/ttyUSB0?baud=115200``.

    Options (also in the URL): ``paper`` 80 or 58 (mm), ``cut`` yes or no, ``mode`` auto, raster or text, ``font``
    a font file for rare characters in text mode, ``status`` required, optional or none, ``proof`` yes or no.
    """
    del shared
    merged = {**url.options, **options}
    port: BytesPort
    slow = False
    if url.scheme == "tcp":
        port = TcpPort.from_place(url.place, TCP_PORT)
    elif url.scheme == "serial":
        line = SerialPort.from_options(url.place, merged)
        port, slow = line, line.baud < SLOW_LINE_BAUD
    else:
        raise DeviceError(Fault.CONFIGURATION, f"a ticket printer is tcp:// or serial://, not {url.scheme}://")
    return EscPosPrinter(TracedPort(port, "ticket printer", describe), _settings(merged, slow))


def _settings(options: Mapping[str, str], slow: bool) -> Settings:
    try:
        paper = codec.PAPERS[options.get("paper", "80")]
        if "cut" in options:
            paper = codec.Paper(paper.width_dots, paper.dots_per_mm, _yes(options["cut"]))
        return Settings(
            paper=paper,
            as_text={"auto": slow, "text": True, "raster": False}[options.get("mode", "auto")],
            font=options.get("font", ""),
            status=StatusUse(options.get("status", StatusUse.REQUIRED)),
            proof=_yes(options.get("proof", "yes")),
        )
    except (KeyError, ValueError):
        raise DeviceError(
            Fault.CONFIGURATION,
            "paper is 80 or 58, cut and proof are yes or no, mode is auto, raster or text, "
            "status is required, optional or none",
        ) from None


def _yes(text: str) -> bool:
    return {"yes": True, "no": False}[text]
