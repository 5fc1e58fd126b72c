"""One line with many nodes on it (RS-485): one master, one request on the wire at a time, whatever the nodes speak.

What every protocol needs is here once: taking turns, deadlines, one repetition, opening again after the line broke,
counting, and leaving dead nodes alone, ever longer, at last five seconds, so that they do not slow the others. The
protocols (Modbus RTU, the CRC-16 frame, foreign frames) bring the bytes and say what an answer looks like.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import TypeVar

from drivers.device import Cancel, DeviceError, Fault
from drivers.seams.bytes_port import BytesPort

T = TypeVar("T")

DEAD_AFTER = 3
"""Failures in a row after which a node counts as dead."""
FIRST_REST_SECONDS = 0.5
REST_SECONDS = 5.0
"""How long a dead node is left alone: first half a second, twice as long each time, at most this."""
REOPEN_SECONDS = 1.0
NOISY = 0.1
_NOISE_MEMORY = 0.98
TURNAROUND = 0.1
"""The longest that a node may think before it answers."""
OPEN_SECONDS = 2.0
"""The longest that a driver may take to find out whether its node is there."""
_BAUD_WHERE_NONE = 9600
"""What a line without a speed of its own (a network converter) is taken for, when time on the wire is guessed."""
_CANCEL_SLICE = 0.05
_MOST_HEARD = 2048
"""More than this is not looked at: the longest answer has 268 bytes."""
LINE_LOST = frozenset({Fault.ABSENT, Fault.UNPLUGGED, Fault.CANCELLED, Fault.BUSY, Fault.CONFIGURATION})


@dataclass(frozen=True, slots=True)
class NodeCounts:
    """How a node has answered so far; for the technician."""

    requests: int = 0
    timeouts: int = 0
    checksum_errors: int = 0
    exceptions: int = 0
    failures_in_a_row: int = 0
    resting_until: float = 0.0
    noise: float = 0.0
    """Which share of the latest answers (about fifty) were spoiled, 0..1."""

    @property
    def is_noisy(self) -> bool:
        return self.noise >= NOISY


@dataclass(frozen=True, slots=True)
class LineTimes:
    """Seconds that a line allows. Tests make them short."""

    turnaround: float = TURNAROUND
    first_rest: float = FIRST_REST_SECONDS
    rest: float = REST_SECONDS
    reopen: float = REOPEN_SECONDS

    def rest_after(self, failures: int) -> float:
        """How long a node rests after so many failures in a row."""
        return min(self.rest, self.first_rest * 2.0 ** min(16, max(0, failures - DEAD_AFTER)))


@dataclass(frozen=True, slots=True)
class Within:
    """How long a command may take and who may call it off. ``deadline`` is an instant of ``time.monotonic()``."""

    deadline: float
    cancels: tuple[Cancel, ...] = ()

    @classmethod
    def seconds(cls, timeout: float, *cancels: Cancel | None) -> Within:
        return cls(time.monotonic() + timeout, tuple(cancel for cancel in cancels if cancel is not None))

    @property
    def cancelled(self) -> bool:
        return any(cancel.cancelled for cancel in self.cancels)

    def check(self) -> None:
        """Raises CANCELLED once called off."""
        for cancel in self.cancels:
            cancel.check()

    @property
    def left(self) -> float:
        return max(0.0, self.deadline - time.monotonic())


class Tenant:
    """A driver's own being open, on a line that stays open for others. Closing calls off what is under way."""

    def __init__(self) -> None:
        self._closing: Cancel | None = None

    @property
    def is_open(self) -> bool:
        return self._closing is not None

    def open(self) -> None:
        if self._closing is None:
            self._closing = Cancel()

    def close(self) -> None:
        closing, self._closing = self._closing, None
        if closing is not None:
            closing.cancel()

    def within(self, timeout: float, cancel: Cancel | None = None) -> Within:
        """The limits of a command. Raises ABSENT while it is not open, CANCELLED when it was called off before."""
        closing = self._closing
        if closing is None:
            raise DeviceError(Fault.ABSENT, "not open")
        within = Within.seconds(timeout, cancel, closing)
        within.check()
        return within


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent to which node, how long its answer is, and the silence (seconds) that has to come before it."""

    node: Hashable
    name: str
    data: bytes
    reply_length: int
    gap: float
    tries: int = 2
    mute: bool = False
    """The node says nothing when it has nothing to say, so that its silence is no failure."""


@dataclass(slots=True)
class _Attempt:
    """Whether a byte has left: from then on a failure may have had its effect."""

    sent: bool = False


class BusLine:
    """Asks nodes; thread-safe. Opens its port at the first question and again after it broke.

    ``echo``: the adapter hears what it sends itself. Every method raises ``DeviceError``: ABSENT or UNPLUGGED (no
    line), SILENT (no answer, or the node rests), CHECKSUM (only noise came), CANCELLED.
    """

    def __init__(
        self,
        port: BytesPort,
        baud: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        times: LineTimes = LineTimes(),
        echo: bool = False,
    ) -> None:
        self._port = port
        self.byte_seconds = 10 / (baud or _BAUD_WHERE_NONE)
        self._clock = clock
        self._times = times
        self._echo = echo
        self._lock = threading.Lock()
        self._open = False
        self._reopen_at = 0.0
        self._quiet_since = 0.0
        self._counts: dict[Hashable, NodeCounts] = {}

    def counts(self, node: Hashable) -> NodeCounts:
        return self._counts.get(node, NodeCounts())

    def refused(self, node: Hashable) -> None:
        """Counts an answer that says no."""
        with self._lock:
            counts = self.counts(node)
            self._counts[node] = replace(counts, exceptions=counts.exceptions + 1)

    def ask(self, question: Question, find: Callable[[bytes], T | None], within: Within | None = None) -> T:
        """The answer that ``find`` sees in what was heard so far; with one repetition for a node that is alive.

        Every question may be repeated: a protocol makes it so that a second one has no second effect.
        """
        attempt = _Attempt()
        with _taken(self._lock, within):
            counts = self.counts(question.node)
            if self._clock() < counts.resting_until:
                raise DeviceError(Fault.SILENT, f"{question.name} is resting")
            tries = question.tries if counts.failures_in_a_row < DEAD_AFTER else 1
            while True:
                tries -= 1
                try:
                    answer = self._once(question, find, within, attempt)
                except DeviceError as error:
                    error.uncertain = attempt.sent
                    if error.fault in LINE_LOST or (question.mute and error.fault is Fault.SILENT):
                        raise
                    out_of_time = within is not None and not within.left
                    if self._failed(question.node, error.fault) or not tries or out_of_time:
                        raise
                    continue
                counts = self.counts(question.node)
                self._counts[question.node] = replace(
                    counts, failures_in_a_row=0, resting_until=0.0, noise=_NOISE_MEMORY * counts.noise
                )
                return answer

    def connect(self, within: Within | None = None) -> None:
        """Opens the port when it is not open. Raises ABSENT, BUSY, CONFIGURATION."""
        with _taken(self._lock, within):
            self._ensure_open()

    def hear(self, seconds: float, within: Within | None = None) -> bytes:
        """What nodes say that speak unasked; waits at most so long for the first byte."""
        with _taken(self._lock, within):
            self._ensure_open()
            try:
                return self._port.read_some(time.monotonic() + seconds)
            except DeviceError as error:
                self._lost(error)
                raise

    def say(self, data: bytes, gap: float, within: Within | None = None) -> None:
        """Sends what nobody answers. Raises SILENT when the line takes nothing."""
        with _taken(self._lock, within):
            self._ensure_open()
            try:
                self._pause(gap)
                self._port.write(data, time.monotonic() + len(data) * self.byte_seconds + self._times.turnaround)
            except DeviceError as error:
                self._lost(error)
                raise
            finally:
                self._quiet_since = time.monotonic() + len(data) * self.byte_seconds

    def close(self) -> None:
        """Closes the line; a question under way ends with CANCELLED. The next one opens it again."""
        self._port.close()
        with self._lock:
            self._open = False

    def _once(
        self, question: Question, find: Callable[[bytes], T | None], within: Within | None, attempt: _Attempt
    ) -> T:
        if within is not None:
            within.check()
        self._ensure_open()
        if within is not None and not within.left:
            raise DeviceError(Fault.BUSY, "no time left to ask")  # others had the line: nothing is known of the node
        counts = self.counts(question.node)
        self._counts[question.node] = replace(counts, requests=counts.requests + 1)
        echoed = len(question.data) if self._echo else 0
        wire = (len(question.data) + echoed + question.reply_length) * 1.1 * self.byte_seconds
        try:
            self._pause(question.gap)
            deadline = time.monotonic() + wire + self._times.turnaround
            if within is not None:
                deadline = min(deadline, within.deadline)
            self._port.purge()
            attempt.sent = True
            self._port.write(question.data, deadline)
            return self._answer(question, find, deadline, within)
        except DeviceError as error:
            if within is None or not within.cancelled:
                self._lost(error)
            raise
        finally:
            self._quiet_since = time.monotonic()

    def _answer(
        self, question: Question, find: Callable[[bytes], T | None], deadline: float, within: Within | None
    ) -> T:
        """What ``find`` recognises, wherever it begins in what arrives."""
        heard = bytearray()
        begin = 0
        while True:
            until = deadline if within is None else min(deadline, time.monotonic() + _CANCEL_SLICE)
            chunk = self._port.read_some(until)
            heard += chunk
            if within is not None:
                within.check()
            late = time.monotonic() >= deadline
            if not chunk and not late:
                continue
            if self._echo and not begin:
                place = heard.find(question.data)
                begin = place + len(question.data) if place >= 0 else 0
            if chunk and (begin or not self._echo):
                del heard[begin : max(begin, len(heard) - _MOST_HEARD)]
                answer = find(bytes(heard[begin:]))
                if answer is not None:
                    return answer
            if late:  # also when somebody talks without end
                if len(heard) > begin:
                    raise DeviceError(Fault.CHECKSUM, f"{len(heard) - begin} bytes of noise for {question.name}")
                raise DeviceError(Fault.SILENT, f"no answer of {question.name}")

    def _pause(self, gap: float) -> None:
        pause = self._quiet_since + gap - time.monotonic()
        if pause > 0:
            time.sleep(pause)

    def _ensure_open(self) -> None:
        if self._open:
            return
        if self._clock() < self._reopen_at:
            raise DeviceError(Fault.ABSENT, "the bus is not there")
        try:
            self._port.open()
        except DeviceError:
            self._reopen_at = self._clock() + self._times.reopen
            raise
        self._open = True

    def _lost(self, error: DeviceError) -> None:
        """Lets a broken line go."""
        if error.fault in LINE_LOST:
            self._open = False
            self._reopen_at = self._clock() + self._times.reopen
            self._port.close()

    def _failed(self, node: Hashable, fault: Fault) -> bool:
        """Counts a failure; True when the node is now left alone for a while."""
        counts = self.counts(node)
        in_a_row = counts.failures_in_a_row + 1
        dead = in_a_row >= DEAD_AFTER
        self._counts[node] = replace(
            counts,
            timeouts=counts.timeouts + (fault is Fault.SILENT),
            checksum_errors=counts.checksum_errors + (fault is Fault.CHECKSUM),
            failures_in_a_row=in_a_row,
            noise=_NOISE_MEMORY * counts.noise + (1 - _NOISE_MEMORY) * (fault is Fault.CHECKSUM),
            resting_until=self._clock() + self._times.rest_after(in_a_row) if dead else 0.0,
        )
        return dead


class _taken:  # noqa: N801  # because it reads like a word after "with"
    """Holds a lock; gives up when the command's time is over."""

    def __init__(self, lock: threading.Lock, within: Within | None) -> None:
        self._lock = lock
        self._within = within

    def __enter__(self) -> None:
        if self._within is not None:
            self._within.check()
        if not self._lock.acquire(timeout=-1 if self._within is None else self._within.left):
            raise DeviceError(Fault.BUSY, "the line is taken")

    def __exit__(self, *_: object) -> None:
        self._lock.release()
