"""ESC/POS ticket printers over USB, TCP or a serial line, with proof that paper came out.

Before a slip the printer is asked how it is; after the cut it is asked (``GS r 1``, answered in order) whether
everything was processed, and meanwhile watched in real time. A printer that runs out of paper in the middle
keeps the slip and finishes it once the roll is changed: the line to it then stays open, and the same job asked
for again is first waited for, so that nobody gets two slips. When the visit is over, or after a minute, what it keeps
is thrown away, where the printer can do that; where it cannot, staff are told that a slip will come out.

A USB or serial line stays open, so that the printer can tell by itself that its paper ended. Over the network every
job has a connection of its own, because a printer that was switched off and on loses what an old connection sends.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from drivers.device import Action, Cancel, Condition, DeviceError, DeviceState, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams import usb_bulk_port
from drivers.seams.bytes_port import BytesPort
from drivers.seams.line import line_of
from drivers.seams.usb_device import UsbInterface
from drivers.ticket_printer import codec, status
from drivers.ticket_printer.conversation import Conversation
from drivers.ticket_printer.listening import Listener
from drivers.ticket_printer.port import PrinterCapabilities, Proof, Slip
from drivers.ticket_printer.redacting import redact
from drivers.ticket_printer.roll import Roll
from drivers.ticket_printer.settings import Settings, StatusUse, settings_of
from drivers.ticket_printer.status import Automatic, Finding
from drivers.ticket_printer.text_slip import text_slip

TCP_PORT = 9100
SLOW_LINE_BAUD = 115200
"""Below this a picture takes 13 s and more, so ``mode=auto`` sends text."""

T = TypeVar("T")

_KEEPS = (Fault.PAPER_OUT, Fault.COVER_OPEN, Fault.MECHANICAL)


@dataclass(frozen=True, slots=True)
class _Held:
    """The job of a visit that the printer keeps; nobody waits for it any more when it is ``left``."""

    job: str
    visit: int
    since: float
    left: bool = False


class EscPosPrinter:
    """One printer behind a line of bytes."""

    def __init__(self, port: BytesPort, settings: Settings | None = None) -> None:
        self._port = port
        self._settings = settings or Settings()
        self._talk = Conversation(port, self._settings)
        self._lock = threading.Lock()
        self._opened = False
        self._held: _Held | None = None
        self._late: _Held | None = None
        """The kept job that came out while nobody asked."""
        self._broken_off = 0
        """Length of a slip whose end nobody knows; the printer may still wait for the rest of it."""
        self._visit = 0
        """Which visit it is: what belongs to an earlier one is let go by whoever has the lock next."""
        self._pushes = False
        self._near_end = self._settings.near_end
        self._roll = Roll(self._settings.roll_metres, self._settings.paper.dots_per_mm)
        self._listener = Listener(self._overheard)

    @property
    def capabilities(self) -> PrinterCapabilities:
        settings, paper = self._settings, self._settings.paper
        return PrinterCapabilities(
            paper.width_dots,
            paper.dots_per_mm,
            paper.cuts,
            settings.status is not StatusUse.NONE,
            native_qr=paper.native_qr,
            text=settings.as_text,
            pushes_status=self._pushes,
            knows_near_end=self._near_end,
        )

    # Life.

    def open(self) -> None:
        """Looks whether the printer is there. Raises ABSENT, BUSY, CONFIGURATION."""
        with self._lock:
            self._opened = True
            try:
                self._talk.begin()
                self._rest()
            except DeviceError:
                self._opened = False
                raise
        if self._settings.pushes:
            self._listener.start()

    def close(self) -> None:
        self._opened = False
        self._port.close()
        if self._lock.acquire(timeout=2.0):
            try:
                self._hang_up()
            finally:
                self._lock.release()
        self._listener.stop()

    def forget(self) -> None:
        """What the printer keeps of the visit is thrown away if it can be told to; a slip just coming out comes out."""
        self._visit += 1
        if self._lock.acquire(timeout=0.2):  # else whoever has it now does it at its end
            self._let_go()

    def watch(self, changed: Callable[[Status], None] | None) -> None:
        self._listener.stop()
        self._listener.changed = changed
        if self._opened and self._settings.pushes:
            self._listener.start()

    # What it is asked to do.

    def probe(self) -> Status:
        """How the printer is; a job under way is not disturbed."""
        if not self._lock.acquire(timeout=0.1):
            return Status(DeviceState.BUSY)
        try:
            self._talk.cancel = None
            found = self._fresh(lambda: self._status(time.monotonic() + 4 * self._settings.answer_seconds))
            self._mind_what_is_held()
            return self._with_held(found)
        except DeviceError as error:
            self._hang_up()  # what a broken line kept is gone
            if error.fault in (Fault.ABSENT, Fault.UNPLUGGED, Fault.CANCELLED):
                return Status(DeviceState.ABSENT, (status.ABSENT,), error.detail)
            return Status(DeviceState.UNKNOWN, (self._silence(),), error.detail)
        finally:
            self._let_go()

    def print(self, slip: Slip, timeout: float, cancel: Cancel | None = None) -> Proof:
        deadline = time.monotonic() + timeout
        visit = self._visit
        data = self.bytes_of(slip)
        with self._turn(deadline, cancel):
            if self._late is not None and self._late.job == slip.job:
                self._late = None
                return Proof.PROVEN
            if self._held is not None and self._outcome_of_held(slip.job, deadline):
                return Proof.PROVEN
            try:
                proof = self._print(data, deadline)
            except DeviceError as error:
                if error.uncertain and error.fault in _KEEPS:
                    self._held = _Held(slip.job, visit, time.monotonic())
                raise
            self._roll.printed(slip.picture.height)
            return proof

    # Turns. Whoever holds the lock may use the line; letting it go does what a visit's end has asked for meanwhile.

    @contextlib.contextmanager
    def _turn(self, deadline: float, cancel: Cancel | None) -> Iterator[None]:
        while not self._lock.acquire(timeout=max(0.0, min(0.1, deadline - time.monotonic()))):
            if cancel is not None:
                cancel.check()
            if time.monotonic() >= deadline:
                raise DeviceError(Fault.BUSY, "another slip is being printed")
        self._talk.cancel = cancel
        try:
            yield
        finally:
            self._talk.cancel = None
            self._let_go()

    def _let_go(self) -> None:
        try:
            self._end_visits()
            self._rest()
        finally:
            self._lock.release()

    def _rest(self) -> None:
        """Between two jobs the line stays open only where something is expected on it; never once it was closed."""
        if not self._opened or (self._held is None and (self._talk.silent or not self._settings.pushes)):
            self._hang_up()

    def _hang_up(self) -> None:
        self._held = None
        self._talk.end()

    def _fresh(self, ask: Callable[[], T]) -> T:
        """Asks; when a line that was kept open turns out to be dead, once more on a new one."""
        kept = self._talk.connected
        try:
            self._connect()
            return ask()
        except DeviceError as error:
            if not kept or error.fault is not Fault.UNPLUGGED:
                raise
            self._hang_up()
            self._connect()
            return ask()

    def _connect(self) -> None:
        self._check_open()
        self._talk.begin()
        self._check_open()  # it may have been closed while the line was being opened

    def _check_open(self) -> None:
        if not self._opened:
            raise DeviceError(Fault.ABSENT, "not open")

    # One job, step by step.

    def bytes_of(self, slip: Slip) -> bytes:
        """What is sent for a slip, without the questions. Raises BAD_DATA."""
        settings = self._settings
        try:
            if settings.as_text and slip.lines:
                data = text_slip(slip, settings.paper, settings.font)
                if data is not None:
                    return data
            return codec.picture_job(slip.picture, settings.paper)
        except ValueError as error:
            raise DeviceError(Fault.BAD_DATA, str(error)) from None

    def _print(self, data: bytes, deadline: float) -> Proof:
        # 1. Nothing is sent to a printer that cannot print it.
        talks = self._fresh(lambda: self._talk.ready(deadline))
        # 2. What became of the slip before, if nobody knows, must not be mixed with this one.
        if self._broken_off:
            rubble = codec.end_of_broken_job(self._broken_off, self._settings.paper)
            self._talk.settle(rubble, deadline, asking=talks and self._settings.proof)
        self._talk.expect_processed()
        if time.monotonic() >= deadline:
            raise DeviceError(Fault.BUSY, "its time was over before it could be sent")
        # 3. From the first byte on nobody can know what came out, unless the printer says so.
        try:
            self._broken_off = len(data)
            self._talk.send(data + codec.ASK_PROCESSED, deadline)
            # 4. The printer's own word.
            proof = self._talk.await_processed(talks, deadline)
        except DeviceError as error:
            raise DeviceError(error.fault, error.detail, uncertain=True) from None
        self._broken_off = 0
        return proof

    # A slip that the printer keeps because its paper ended.

    def _outcome_of_held(self, job: str, deadline: float) -> bool:
        """Whether the slip that is kept is this job and came out; raises what still keeps it inside.

        Another job than the kept one has to wait until that is out or gone, and is then printed by itself.
        """
        held = self._held
        own = held is not None and held.job == job
        if held is not None and not own and not held.left:
            self._leave(held)
            if self._held is None:
                self._rest()
                return False
        try:
            done = self._talk.finish_held(deadline)
        except DeviceError as error:
            if error.fault in (Fault.UNPLUGGED, Fault.ABSENT):
                self._hang_up()
                return False
            raise DeviceError(error.fault, error.detail, uncertain=own) from None
        self._held = None
        if done:
            self._broken_off = 0
        elif not self._settings.pushes:
            self._hang_up()
        return own and done

    def _mind_what_is_held(self) -> None:
        """A kept slip that came out is remembered as done; one that waits too long is thrown away."""
        held = self._held
        if held is None:
            return
        if self._talk.processed:
            self._held = None
            self._broken_off = 0
            self._late = None if held.left else held
        elif not held.left and time.monotonic() - held.since > self._settings.hold_seconds:
            self._leave(held)

    def _end_visits(self) -> None:
        """What an earlier visit left is nobody's any more."""
        if self._late is not None and self._late.visit != self._visit:
            self._late = None
        if self._held is not None and not self._held.left and self._held.visit != self._visit:
            self._leave(self._held)

    def _leave(self, held: _Held) -> None:
        """Nobody waits for it any more. What was printed of it is cut off before the next slip (``_broken_off``)."""
        self._held = None if self._talk.clear() else replace(held, left=True)

    # How it is.

    def _status(self, deadline: float) -> Status:
        if self._settings.status is StatusUse.NONE:
            return Status(DeviceState.UNKNOWN, (self._silence(),))
        if self._held is None:
            self._talk.drain()
        findings = self._talk.survey(deadline)
        self._note_pushed(self._talk.automatic)
        if findings is None:
            return Status(DeviceState.UNKNOWN, (self._silence(),))
        if self._held is None and Finding.OFFLINE not in findings and self._settings.pushes:
            self._talk.arm()
        return self._told(findings)

    def _told(self, findings: Finding) -> Status:
        if Finding.PAPER_LOW in findings and Finding.PAPER_OUT not in findings:
            self._near_end = True  # whatever the settings say: it has just told
        findings = self._roll.judge(findings)
        return Status(status.state(findings), status.conditions(findings))

    def _with_held(self, found: Status) -> Status:
        if self._held is None or not self._held.left:
            return found
        state = DeviceState.IMPAIRED if found.state is DeviceState.READY else found.state
        return Status(state, (*found.conditions, status.HELD), found.detail)

    def _silence(self) -> Condition:
        """A silent printer is unknown, not ok; whether that keeps it from printing is a setting."""
        if self._settings.status is StatusUse.NONE:
            return Condition("status.unknown", Action.NONE)
        return Condition("status.unknown", Action.STAFF, blocking=self._settings.status is StatusUse.REQUIRED)

    def _note_pushed(self, pushed: Automatic | None) -> None:
        self._pushes = self._pushes or (pushed is not None and self._settings.pushes)

    # What it tells by itself.

    def _overheard(self) -> Status | None:
        """What the printer said while nobody asked; None when it said nothing yet, or somebody is at it."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            if not self._talk.connected:
                return None
            self._talk.drain()
            pushed = self._talk.automatic
            self._note_pushed(pushed)
            self._mind_what_is_held()
            return None if pushed is None else self._with_held(self._told(pushed.findings))
        except DeviceError as error:
            self._hang_up()
            return Status(DeviceState.ABSENT, (status.ABSENT,), error.detail)
        finally:
            self._let_go()


def prints(interface: UsbInterface) -> bool:
    """A USB printer, or an interface of the maker's own class, as many clones have it."""
    return usb_bulk_port.printer(interface) or (interface.class_ == 0xFF and usb_bulk_port.both_ways(interface))


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> EscPosPrinter:
    """``usb://VID:PID``, ``tcp://host:9100`` or ``serial:///dev/ttyUSB0?baud=115200``.

    Options (also in the URL): ``paper`` 80 or 58 (mm) with its ``width`` in dots, ``dpi``, ``cut`` and ``qr`` (a native
    QR code) yes or no where they differ; ``mode`` auto, raster or text; ``font`` a font file for rare characters in
    text mode; ``status`` required, optional or none; ``asb`` (changes told by the printer, on a line kept open) auto,
    yes or no; ``proof``, ``recover`` (DLE ENQ before a slip) and ``near_end`` (it has that sensor) yes or no; ``roll``
    the metres on a fresh roll, which are counted where there is no such sensor.
    """
    merged = {**url.options, **options}
    line = line_of(
        url,
        options,
        "ticket printer",
        tcp_port=TCP_PORT,
        describe=codec.describe,
        redact=redact,
        usb=prints,
        usb_backend=shared.usb,
    )
    slow = url.scheme == "serial" and line.baud < SLOW_LINE_BAUD
    return EscPosPrinter(line.port, settings_of(merged, slow=slow, private=url.scheme in ("serial", "usb")))
