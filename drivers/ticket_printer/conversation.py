"""Questions to a printer and its answers, on a line that is open: what only needs bytes, not to know what a job is.

Nothing here takes turns; the driver does. Whatever the printer says, at any time, goes through one parser.
"""

from __future__ import annotations

import contextlib
import time

from drivers.device import Cancel, DeviceError, Fault
from drivers.seams.bytes_port import BytesPort
from drivers.ticket_printer import codec, status
from drivers.ticket_printer.port import Proof
from drivers.ticket_printer.settings import Settings, StatusUse
from drivers.ticket_printer.status import Automatic, Cleared, Finding, Processed, RealTime

CHUNK = 2048
"""Bytes per write: 2.1 s at 9600 baud, below the serial line's own time-out for writing."""

_LOOK = 0.1
"""Seconds after which a wait looks whether it was called off, and for which a printer that speaks on is heard out."""

_MARKS = 2
_ARMING_SECONDS = 0.3
_CLEARING_SECONDS = 0.4


class Conversation:
    """One line, one parser. ``processed`` and ``automatic`` are what was heard since they were last reset."""

    def __init__(self, port: BytesPort, settings: Settings) -> None:
        self._port = port
        self._settings = settings
        self._answers = status.AnswerParser()
        self._marks: int | None = None
        """While settling: how often the printer has told its status by itself."""
        self._cleared = False
        self.connected = False
        self.silent = False
        """Whether the printer did not answer the last survey: a line that was kept open may be dead."""
        self.processed = False
        self.automatic: Automatic | None = None
        self.cancel: Cancel | None = None

    # The line.

    def begin(self) -> None:
        """Opens the line if it is not open, and has changes told when the settings say so."""
        if self.connected:
            return
        self._port.open()
        self.connected = True
        self._answers = status.AnswerParser()
        self.silent = False
        self.processed = False
        self.automatic = None
        self._marks = None
        try:
            self._port.purge()
        except DeviceError:
            self.end()  # a line that broke at once is no open line
            raise
        self.arm()

    def end(self) -> None:
        """Closes the line; unread answers are taken first, since a socket closed over them drops the job."""
        if self.connected:
            self.connected = False
            with contextlib.suppress(DeviceError):  # the other side was faster; nothing is left to take
                self._port.purge()
            self._port.close()

    def arm(self) -> None:
        """Has the printer tell changes by itself; it forgets that when it is switched off, so again and again."""
        if self._settings.pushes:
            with contextlib.suppress(DeviceError):  # what is wrong with the line shows at the next question
                self._port.write(codec.PUSH_ON, time.monotonic() + _ARMING_SECONDS)

    def send(self, data: bytes, deadline: float) -> None:
        """All of it; CANCELLED between two chunks when it is called off."""
        for start in range(0, len(data), CHUNK):
            self._check()
            self._port.write(data[start : start + CHUNK], deadline)

    # Asking.

    def survey(self, deadline: float) -> Finding | None:
        """DLE EOT 1, 2 and 4, and 3 when 2 speaks of an error. None when the printer does not answer."""
        found = Finding(0)
        for which in (1, 2, 4):
            answer = self._ask(which, deadline)
            self.silent = answer is None
            if answer is None:
                return None
            found |= answer
        if Finding.RECOVERABLE in found:
            found |= self._errors(deadline)
        return found

    def ready(self, deadline: float) -> bool:
        """Before a slip: raises what keeps the printer from printing; False when it does not answer and need not."""
        settings = self._settings
        if settings.status is StatusUse.NONE:
            return False
        self._port.purge()  # what is on the way cannot belong to what is asked now
        findings = self.survey(deadline)
        if findings is not None and settings.recovers and status.recoverable(findings):
            findings = self.recover(codec.CLEAR_AND_RECOVER, deadline)
        if findings is None:
            if settings.status is StatusUse.REQUIRED:
                raise DeviceError(Fault.SILENT, "no answer to DLE EOT")
            return False
        status.refuse(findings, uncertain=False)
        return True

    def await_processed(self, talks: bool, deadline: float) -> Proof:
        """After a slip: the printer's own word, while it is watched. Raises SILENT and what ``watch`` raises."""
        settings = self._settings
        if not settings.proof:
            if talks:
                self.watch(deadline)
            return Proof.UNPROVEN
        until = deadline if talks else min(deadline, time.monotonic() + settings.unproven_seconds)
        while not self.listen(min(until, time.monotonic() + settings.watch_seconds)):
            if time.monotonic() >= until:
                if talks:
                    raise DeviceError(Fault.SILENT, "no answer to GS r 1")
                return Proof.UNPROVEN
            if talks:
                self.watch(until)
        return Proof.PROVEN

    def finish_held(self, deadline: float) -> bool:
        """Whether a slip that the printer kept came out by now; raises what still keeps it inside."""
        if self.listen(time.monotonic()):
            return True
        findings = self.survey(deadline)
        if findings is not None and self._settings.recovers and status.recoverable(findings):
            findings = self.recover(codec.RESUME, deadline)
        if findings is not None:
            status.refuse(findings, uncertain=True)
        return self.listen(min(deadline, time.monotonic() + self._settings.unproven_seconds))

    def watch(self, deadline: float, *, uncertain: bool = True) -> None:
        """While it prints: raises when the paper ended, the cover was opened or the cutter stuck.

        A fault is believed when it is said twice: one spoiled byte must not make a second paper of a first.
        """
        for which in (2, 4):
            found = self._trouble(which, deadline)
            if found is not None and status.blocks(found):
                again = self._trouble(which, deadline)
                found = None if again is None else found & again
            if self.processed or found is None:
                return
            status.refuse(found, uncertain=uncertain)

    def _trouble(self, which: int, deadline: float) -> Finding | None:
        found = self._ask(which, deadline)
        if found is None:
            return None
        if Finding.RECOVERABLE in found:
            found |= self._errors(deadline)
        return found & ~(Finding.OFFLINE | Finding.FEEDING)

    def _ask(self, which: int, deadline: float) -> Finding | None:
        self._check()
        self._port.write(codec.ask_status(which), deadline)
        until = min(deadline, time.monotonic() + self._settings.answer_seconds)
        while True:
            answer, over = self._hear(until)
            if answer is not None:
                return answer.findings(which)
            if over:
                return None

    def _errors(self, deadline: float) -> Finding:
        found = self._ask(3, deadline)
        return Finding(0) if found is None else found

    def recover(self, command: bytes, deadline: float) -> Finding | None:
        """``DLE ENQ``, and how the printer is after it; it needs a moment to move its knife."""
        self.send(command, deadline)
        until = min(deadline, time.monotonic() + self._settings.recovering_seconds)
        while True:
            self.listen(min(until, time.monotonic() + self._settings.watch_seconds))
            found = self.survey(deadline)
            if found is None or not status.recoverable(found) or time.monotonic() >= until:
                return found

    def clear(self) -> bool:
        """Tells the printer to throw away what it keeps; True when it says that it did."""
        self._cleared = False
        until = time.monotonic() + _CLEARING_SECONDS
        try:
            self._port.write(codec.CLEAR_BUFFERS, until)
            while not self._cleared and not self._hear(until)[1]:
                pass
        except DeviceError:
            return False
        return self._cleared

    # Listening.

    def listen(self, until: float) -> bool:
        """Takes what comes until ``until``; True as soon as the printer has said that it is done."""
        while not self.processed and not self._hear(until)[1]:
            pass
        return self.processed

    def drain(self) -> None:
        """Takes what is there already."""
        self._take(self._port.read_some(time.monotonic()))

    def expect_processed(self) -> None:
        """From now on the printer's "processed" is that of the slip that is sent next. CANCELLED when called off."""
        self._check()
        self._answers.begin_row()
        self.processed = False

    def settle(self, rubble: bytes, deadline: float, *, asking: bool) -> None:
        """After a job of which nobody knows the end: sends ``rubble``, and takes the answers that belong to that job.

        Without this a late "processed" of the old job would be taken for the new one's. Answers come in order: what
        comes before the automatic status that is asked for here is old. A printer that has none is listened to until
        it stays quiet.
        """
        self.send(rubble, deadline)
        if not asking:
            return
        self.expect_processed()
        self._marks = 0
        self.send(codec.ASK_IN_ORDER, deadline)
        quiet = self._settings.quiet_seconds
        while not self.listen(min(deadline, time.monotonic() + self._settings.watch_seconds)):
            if time.monotonic() >= deadline:
                raise DeviceError(Fault.SILENT, "no answer to GS r 1 before the slip")
            self.watch(deadline, uncertain=False)
        while self.processed and time.monotonic() < deadline:
            self.processed = False
            self.listen(min(deadline, time.monotonic() + (quiet if self._marks >= _MARKS else 4 * quiet)))
        self._marks = None
        self.arm()

    def _hear(self, until: float) -> tuple[RealTime | None, bool]:
        """The next bytes: the last real-time answer among them, and whether the time is over.

        Bytes that are there already are still taken when it is; a line that never falls quiet is not.
        """
        self._check()
        data = self._port.read_some(min(until, time.monotonic() + _LOOK))
        return self._take(data), time.monotonic() >= until + (_LOOK if data else 0)

    def _take(self, data: bytes) -> RealTime | None:
        last = None
        for answer in self._answers.feed(data):
            if isinstance(answer, Processed):
                self.processed = True
            elif isinstance(answer, Automatic):
                self.automatic = answer
                self._count_mark()
            elif isinstance(answer, Cleared):
                self._cleared = True
            else:
                last = answer
        return last

    def _count_mark(self) -> None:
        if self._marks is not None:
            self._marks += 1
            if self._marks == _MARKS:
                self.processed = False

    def _check(self) -> None:
        if self.cancel is not None:
            self.cancel.check()
