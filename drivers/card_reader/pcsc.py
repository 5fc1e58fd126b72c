"""Any reader of chip cards that the PC/SC service knows: ``pcsc://READER NAME``.

Three habits shape this driver:

* The service may go and come back (pcscd restarts, a reader is replugged). For a few seconds that is a card not seen
  yet, or one that moved; only then it is a fault. Nothing here has to be started again.
* A card that stays behind when a visit ends belongs to nobody. The service counts insertions and removals, so the same
  card is known again although nobody looked in between; where the count was lost, it counts as the old one.
* A card that moves is read again from the start, three times at most; of what was read before nothing is kept.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum
from pathlib import Path
from urllib.parse import unquote

from drivers.card_reader.plug_in import Found, PlugIn, load_plug_in, with_plug_in
from drivers.card_reader.port import CardReaderCapabilities, ReadCard
from drivers.card_reader.redaction import redact
from drivers.card_reader.session import Session, read_card
from drivers.device import Action, Cancel, Condition, DeviceError, DeviceState, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.card_channel import CardChannel, Presence, ServiceDownError, TracedChannel
from drivers.seams.card_recording import RecordingChannel, ReplayChannel
from drivers.seams.pcsc_channel import PcscChannel

OPTIONS = ("reader", "share", "lying", "plugin", "service", "record")

_OPENING = 1.9
_FORGETTING = 0.4  # and half a second more when the channel has to start anew: within a second in all
_GRACE = 0.5  # a card that came at the last moment may still be read
_PAUSE = 0.1
_ATTEMPTS = 3
_PASSES = frozenset({Fault.ABSENT, Fault.SILENT})
_AGAIN = frozenset({Fault.CARD_REMOVED, Fault.UNKNOWN_CARD, Fault.ABSENT})


class _Left(Enum):
    """Which card was there when the visit ended: nobody could look."""

    ANY = "any"


class _Called(Cancel):
    """Called off by whoever asked for the command, by ``close`` or by ``forget``."""

    def __init__(self, caller: Cancel | None) -> None:
        super().__init__()
        self._caller = caller

    @property
    def cancelled(self) -> bool:
        return super().cancelled or (self._caller is not None and self._caller.cancelled)

    def check(self) -> None:
        if self.cancelled:
            raise DeviceError(Fault.CANCELLED)

    def wait(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not self.cancelled and (left := end - time.monotonic()) > 0:
            super().wait(min(0.05, left))
        return self.cancelled


class PcscCardReader:
    """One slot. ``takes_lying_card`` also reads a card that lies there since an earlier visit: for installers.

    ``look_seconds``: a service that takes longer to say what is in a slot hangs. ``service_back``: seconds that a
    service or reader may be away within a command. ``put_back``: within which a card that moved has to come back.
    ``settle_seconds``: for so long a service that has just come back may not have seen yet what is in the slot.
    ``answer_seconds``: a card that takes longer to power up, or for one answer, is silent.
    """

    def __init__(
        self,
        channel: CardChannel,
        *,
        plug_in: PlugIn | None = None,
        plug_in_name: str = "",
        takes_lying_card: bool = False,
        look_seconds: float = 1.0,
        service_back: float = 3.0,
        put_back: float = 2.0,
        settle_seconds: float = 1.0,
        answer_seconds: float = 2.0,
    ) -> None:
        self._channel = channel
        self._plug_in = plug_in
        self._capabilities = CardReaderCapabilities(True, True, plug_in_name)
        self._takes_lying_card = takes_lying_card
        self._look_seconds = look_seconds
        self._service_back = service_back
        self._put_back = put_back
        self._settle_seconds = settle_seconds
        self._answer_seconds = answer_seconds
        self._lock = threading.Lock()
        self._guard = threading.Lock()
        self._running: _Called | None = None
        self._visit = 0
        self._left: int | _Left | None = None
        self._back_at: float | None = None

    @property
    def capabilities(self) -> CardReaderCapabilities:
        return self._capabilities

    @property
    def card_left_behind(self) -> bool:
        """Whether, as far as is known, the card of an earlier visit may still be in the reader."""
        return self._left is not None

    def open(self) -> None:
        """Finds the reader. Raises ABSENT, CONFIGURATION, SILENT."""
        deadline = time.monotonic() + _OPENING
        self._channel.open()
        self._lose_count()
        try:
            self._seen(deadline)
        except DeviceError:
            self._channel.close()
            raise

    def close(self) -> None:
        self._call_off()
        self._channel.close()

    def probe(self) -> Status:
        """What is known of service, reader and slot; BUSY without asking while a command is under way."""
        if not self._lock.acquire(blocking=False):
            return Status(DeviceState.BUSY)
        try:
            try:
                seen = self._seen(time.monotonic() + self._look_seconds)
            except ServiceDownError:  # the one that was there before may have been replaced already
                seen = self._seen(time.monotonic() + self._look_seconds)
        except DeviceError as error:
            return _status_of(error)
        finally:
            self._lock.release()
        conditions = []
        if self._left is not None and seen.card:
            conditions.append(Condition("card.left", Action.STAFF))
        if seen.held:
            conditions.append(Condition("reader.held", Action.WAIT))
        return Status(DeviceState.IMPAIRED if conditions else DeviceState.READY, tuple(conditions))

    def read(self, timeout: float, cancel: Cancel | None = None) -> ReadCard:
        """Waits up to ``timeout`` seconds for a card and reads it (see the port for what it raises)."""
        deadline = time.monotonic() + timeout
        with self._command(deadline, cancel) as called:
            return self._wait_and_read(deadline, called)

    def wait_removed(self, timeout: float, cancel: Cancel | None = None) -> bool:
        """True as soon as no card is in the reader; False when one still is at the end."""
        deadline = time.monotonic() + timeout
        with self._command(deadline, cancel) as called:
            gone = _Gone(self._service_back)
            seen: Presence | None = None
            while True:
                called.check()
                try:
                    seen = self._seen(self._look_until(deadline), seen, called)
                except DeviceError as error:
                    seen = None
                    gone.bear(error, deadline)
                    if time.monotonic() >= deadline:
                        return False  # as it was when it was seen last
                    called.wait(_PAUSE)
                    continue
                gone.over()
                if not seen.card:
                    return True
                if time.monotonic() >= deadline:
                    return False

    def forget(self) -> None:
        """Ends the visit: who waits gets CANCELLED, and the card that is in now is not read before it was taken out."""
        with self._guard:
            self._visit += 1  # who still waits for a turn belongs to this visit, too
        self._call_off()
        self._left = _Left.ANY
        deadline = time.monotonic() + _FORGETTING
        if not self._lock.acquire(timeout=_FORGETTING - 0.1):
            return
        try:
            self._seen(deadline)
        except DeviceError:
            return  # whatever is in when the reader is seen again counts as left behind
        finally:
            self._lock.release()

    def _call_off(self) -> None:
        with self._guard:
            if self._running is not None:
                self._running.cancel()

    @contextmanager
    def _command(self, deadline: float, cancel: Cancel | None) -> Iterator[_Called]:
        """One command at a time, that ``close`` and ``forget`` can call off."""
        called, visit = _Called(cancel), self._visit
        while not self._lock.acquire(timeout=0.05):
            called.check()
            if time.monotonic() >= deadline:
                raise DeviceError(Fault.BUSY, "another command is under way")
        try:
            with self._guard:
                self._running = called
                if self._visit != visit:
                    called.cancel()
            called.check()
            yield called
        finally:
            with self._guard:
                self._running = None
            self._lock.release()

    def _seen(self, deadline: float, known: Presence | None = None, cancel: Cancel | None = None) -> Presence:
        """Looks into the slot, and settles whether what is there was left behind."""
        try:
            seen = self._channel.look(deadline, known, cancel)
        except DeviceError:
            self._lose_count()
            raise
        now = time.monotonic()
        self._back_at = now if self._back_at is None else self._back_at
        if not seen.card:
            if self._left is not _Left.ANY or now - self._back_at >= self._settle_seconds:
                self._left = None
        elif self._left is _Left.ANY:
            self._left = seen.events
        elif self._left is not None and self._left != seen.events:
            self._left = None
        return seen

    def _lose_count(self) -> None:
        """The service may have started anew: its count of cards no longer says which one was left behind."""
        self._back_at = None
        if self._left is not None:
            self._left = _Left.ANY

    def _look_until(self, deadline: float) -> float:
        now = time.monotonic()
        return now + min(self._look_seconds, max(0.0, deadline - now) + 0.3)

    def _wait_and_read(self, deadline: float, cancel: Cancel) -> ReadCard:
        gone = _Gone(self._service_back)
        moved: DeviceError | None = None
        attempts = 0
        seen: Presence | None = None
        while True:
            cancel.check()
            begin = time.monotonic()
            reading = False
            try:
                seen = self._seen(self._look_until(deadline), seen, cancel)
                gone.over()
                if seen.card and (self._left is None or self._takes_lying_card):
                    reading = True
                    return replace(self._read(deadline + _GRACE, cancel), read_seconds=time.monotonic() - begin)
            except DeviceError as error:
                seen = None
                if not reading:
                    gone.bear(error, deadline)
                elif error.fault not in _AGAIN:
                    raise
                else:
                    attempts += 1
                    if attempts >= _ATTEMPTS:
                        raise
                    if moved is None:
                        deadline = min(deadline, time.monotonic() + self._put_back)
                    moved = _moved(error)
                cancel.wait(_PAUSE)
            if time.monotonic() >= deadline:
                raise (
                    moved
                    or gone.error
                    or DeviceError(Fault.NO_CARD, "a card was left behind" if self._left is not None else "")
                )

    def _read(self, deadline: float, cancel: Cancel) -> ReadCard:
        """One connection: from power-up to the last field."""
        try:
            atr = self._channel.connect(min(deadline, time.monotonic() + self._answer_seconds), cancel)
            session = Session(self._channel, deadline, cancel, self._answer_seconds)
            if self._plug_in is None:
                return read_card(session, atr)
            return _read_with(self._plug_in, session, atr)
        finally:
            self._channel.disconnect()


class _Gone:
    """How long service or reader have been away within one command."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._since: float | None = None
        self._was_there = False
        self.error: DeviceError | None = None

    def over(self) -> None:
        """It answered."""
        self._since = self.error = None
        self._was_there = True

    def bear(self, error: DeviceError, deadline: float) -> None:
        """Raises the error when it is none that passes, or has lasted too long.

        A last look that was cut short, by a service that answered just before, says nothing about the service.
        """
        now = time.monotonic()
        if error.fault is Fault.SILENT and now >= deadline and self._was_there and self._since is None:
            return
        self._since, self.error = self._since or now, error
        if error.fault not in _PASSES or now - self._since >= self._patience or now >= deadline:
            raise error


def _read_with(plug_in: PlugIn, session: Session, atr: bytes) -> ReadCard:
    try:
        found = Found(read_card(session, atr))
    except DeviceError as error:
        if error.fault is not Fault.NOT_AUTHORISED:
            raise
        card = with_plug_in(plug_in, session, Found(None, error.fault))
        if card is None:
            raise
        return card
    card = with_plug_in(plug_in, session, found)
    if card is None:
        raise DeviceError(Fault.BAD_DATA, "the plug-in gave no card")
    return card


def _moved(error: DeviceError) -> DeviceError:
    """A service that broke away under a card is, for the citizen, a card that has to be put in again."""
    return DeviceError(Fault.CARD_REMOVED, error.detail) if error.fault is Fault.ABSENT else error


def _status_of(error: DeviceError) -> Status:
    if isinstance(error, ServiceDownError):
        return Status(DeviceState.ABSENT, (Condition("service.down", Action.WAIT, blocking=True),), error.detail)
    if error.fault is Fault.CONFIGURATION:
        condition = Condition("device.settings", Action.CONFIGURE, blocking=True)
        return Status(DeviceState.FAULT, (condition,), error.detail)
    if error.fault in {Fault.ABSENT, Fault.UNPLUGGED, Fault.CANCELLED}:
        return Status(DeviceState.ABSENT, (Condition("reader.absent", Action.STAFF, blocking=True),))
    if error.fault is Fault.SILENT:
        return Status(DeviceState.UNKNOWN, (Condition("service.silent", Action.RESET, blocking=True),))
    return Status(DeviceState.FAULT, (Condition("reader.broken", Action.ENGINEER, blocking=True),), error.detail)


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> PcscCardReader:
    """A reader at ``pcsc://READER NAME`` (``pcsc://`` for the first), or a recording at ``replay:///file``.

    Options: ``reader`` (the name, where it does not fit into a URL), ``share=yes`` (another program may be connected,
    too), ``lying=yes`` (installers), ``plugin`` (see ``plug_in``), ``service`` (the path of the service's socket),
    ``record``.
    """
    del shared
    settings = {**url.options, **options}
    unknown = sorted(set(settings) - set(OPTIONS))
    if unknown:
        raise DeviceError(Fault.CONFIGURATION, f"unknown settings {', '.join(unknown)}; known: {', '.join(OPTIONS)}")
    plug_in = settings.get("plugin", "")
    return PcscCardReader(
        TracedChannel(_channel(url, settings), "card"),
        plug_in=load_plug_in(plug_in) if plug_in else None,
        plug_in_name=plug_in,
        takes_lying_card=_yes(settings, "lying"),
    )


def _channel(url: DeviceUrl, settings: Mapping[str, str]) -> CardChannel:
    if url.scheme == "replay":
        return ReplayChannel(Path(url.place))
    if url.scheme != "pcsc":
        raise DeviceError(Fault.CONFIGURATION, "a card reader is at pcsc://READER NAME or replay:///file")
    reader = settings.get("reader", "") or unquote(url.place)
    channel = PcscChannel(reader, exclusive=not _yes(settings, "share"), service=settings.get("service", ""))
    if "record" in settings:
        return RecordingChannel(channel, Path(settings["record"]), "card_reader", redact)
    return channel


def _yes(settings: Mapping[str, str], name: str) -> bool:
    value = settings.get(name, "no")
    if value not in {"yes", "no"}:
        raise DeviceError(Fault.CONFIGURATION, f"{name} is yes or no, not {value!r}")
    return value == "yes"
