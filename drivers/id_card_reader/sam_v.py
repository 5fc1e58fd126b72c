"""The SAM_V module that sits in every reader of second-generation ID cards (GA/T 467): serial, TCP converter or USB.

A card is read by find → select → read. Two habits of the module shape this driver:

* After a successful read it answers "no card" until the card leaves, so a damaged reply is asked for
  again by ``read`` alone, and "no card" never counts as "the card was taken away".
* 41 and 81 mostly mean that the card moved: reading starts again at find, three times at most.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from drivers.device import Action, Cancel, Condition, DeviceError, DeviceState, Fault, Secret, Status
from drivers.id_card_reader import codec, session
from drivers.id_card_reader.codec import Reply
from drivers.id_card_reader.layout import decode_address, decode_card
from drivers.id_card_reader.module import BAUDS as BAUDS
from drivers.id_card_reader.module import Module
from drivers.id_card_reader.port import IdCard, ReaderCapabilities, Want
from drivers.id_card_reader.redaction import redact
from drivers.id_card_reader.session import Call, Session, Timing
from drivers.id_card_reader.usb_line import SamUsbPort
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bytes_port import BytesPort
from drivers.seams.line import dressed, line_of
from drivers.seams.usb_device import UsbAddress

_OPENING = 1.6  # open may take two seconds in all
_TURN = 0.3
_FORGETTING = 0.8
_OPEN_ALL_THE_SAME = frozenset({Fault.SILENT, Fault.CHECKSUM, Fault.MECHANICAL, Fault.NOT_AUTHORISED})
"""A silent reader may be switched on later, and a sick one says itself what is wrong with it, when it is asked."""
_ENGINEERS = {
    codec.SELF_TEST_FAILED: "sam.self-test",
    codec.NO_RANDOM_NUMBER: "sam.self-test",
    codec.NOT_AUTHORISED: "sam.unauthorised",
}
"""What only an engineer can mend, by status word."""


@dataclass(frozen=True, slots=True)
class Search:
    """Where else the module may be: readers of one make on USB that only their module's number tells apart."""

    places: Callable[[], Sequence[str]]
    go_to: Callable[[str], None]


class SamVReader:
    """One module on one line. ``bauds`` are tried one after the other at ``open``; empty: the line's own speed.

    ``takes_lying_card`` reads a card that lies there since it was read before: for installers who try a
    reader again and again. A kiosk leaves it off, so that a forgotten card never becomes the next visitor's.
    With ``sam_id`` only the module of that number is read from; ``search`` finds it among several.
    """

    def __init__(
        self,
        port: BytesPort,
        *,
        set_baud: Callable[[int], None] | None = None,
        baud: int = 115200,
        bauds: tuple[int, ...] = (),
        takes_lying_card: bool = False,
        sam_id: str = "",
        search: Search | None = None,
        transport: str = "serial",
        timing: Timing | None = None,
    ) -> None:
        self._port = port
        self._takes_lying_card = takes_lying_card
        self._search = search
        self._transport = transport
        self._timing = timing or Timing()
        self._session = Session(port, baud or BAUDS[0], self._timing)
        self._module = Module(self._session, self._timing, set_baud, bauds, sam_id)
        self._lock = threading.Lock()
        self._refused: frozenset[Want] = frozenset()
        self._unauthorised = False
        self._visit = 0
        self._closings = 0

    @property
    def capabilities(self) -> ReaderCapabilities:
        return ReaderCapabilities(
            self._transport,
            fingerprints=Want.FINGERPRINTS not in self._refused,
            newest_address=Want.NEWEST_ADDRESS not in self._refused,
            speeds=self._module.speeds,
        )

    def open(self) -> None:
        """Opens the line; with ``baud=auto`` also finds the speed.

        Raises ABSENT, BUSY (also while a command is under way), CONFIGURATION (also: another module than ``sam_id``
        answers), CANCELLED (closed meanwhile), with ``auto`` SILENT.
        """
        closings = self._closings
        if not self._lock.acquire(timeout=_TURN):
            raise DeviceError(Fault.BUSY, "a command is under way")
        try:
            call = Call.of(_OPENING, wanted=lambda: self._closings == closings)
            if self._search is None:
                self._open_here(call)
            else:
                self._open_found(call, self._search)
        finally:
            self._lock.release()

    def close(self) -> None:
        self._closings += 1
        self._port.close()

    def forget(self) -> None:
        """Calls off a read that is under way and throws away what came of it; late data are skipped by ``Session``."""
        self._visit += 1
        if self._lock.acquire(timeout=_FORGETTING):
            try:
                self._session.purge()
            finally:
                self._lock.release()

    def probe(self) -> Status:
        """The module's word about itself; BUSY without asking while a card is being read.

        That it may not read cards (66) shows only when it looks for one: after a read failed for that, it is asked to.
        """
        if not self._lock.acquire(blocking=False):
            return Status(DeviceState.BUSY)
        try:
            call = Call.of(self._timing.probe)
            with self._module.watched():
                self._module.find_speed(call)
                reply = self._session.exchange(codec.STATUS, session.answers_status, self._timing.answer, call)
                if reply.status == codec.OK and self._unauthorised:
                    reply = self._session.exchange(codec.FIND, session.answers_find, self._timing.answer, call)
                    self._unauthorised = reply.status == codec.NOT_AUTHORISED
                if reply.status in _ENGINEERS:
                    condition = Condition(_ENGINEERS[reply.status], Action.ENGINEER, blocking=True)
                    return Status(DeviceState.FAULT, (condition,), f"SW {reply.status:02X}")
                if reply.status not in {codec.OK, codec.FOUND, codec.FIND_FAILED}:
                    raise session.refused(reply)
                self._module.prove(call)
                return Status(DeviceState.READY, (), self._module.number(call))
        except DeviceError as error:
            return self._ill(error)
        finally:
            self._lock.release()

    def read(self, timeout: float, cancel: Cancel | None = None, *, want: Want = Want.BASE) -> IdCard:
        """Waits up to ``timeout`` seconds for a card and reads it (see the port for what it raises)."""
        with self._turn(timeout, self._timing.overrun, cancel) as call:
            if any(refused in want for refused in self._refused):
                raise DeviceError(Fault.UNSUPPORTED, "this module refused it before")
            self._module.find_speed(call)
            self._module.prove(call)
            try:
                return self._wait_and_read(call, want)
            except DeviceError as error:
                self._unauthorised = error.fault is Fault.NOT_AUTHORISED
                raise

    def sam_id(self, timeout: float = 3.0, cancel: Cancel | None = None) -> str:
        """The module's number, ``05.01-20160818-0123456789-0987654321``. Raises SILENT, UNSUPPORTED and the like."""
        with self._turn(timeout, 0.0, cancel) as call:
            self._module.find_speed(call)
            number = self._module.number(call)
        if not number:
            raise DeviceError(Fault.UNSUPPORTED, "the module does not tell its number twice alike")
        return number

    def change_speed(self, baud: int, timeout: float = 3.0, cancel: Cancel | None = None) -> None:
        """Sets the module to another speed, and the line with it.

        Raises UNSUPPORTED (no line with a speed, or the module keeps its old one), CONFIGURATION (no such speed).
        """
        with self._turn(timeout, 0.0, cancel) as call:
            self._module.change_speed(baud, call)

    @contextmanager
    def _turn(self, timeout: float, overrun: float, cancel: Cancel | None) -> Iterator[Call]:
        """The line for one caller; raises BUSY when others keep it beyond the time-out."""
        visit = self._visit
        call = Call.of(timeout, overrun, cancel, lambda: self._visit == visit)
        while not self._lock.acquire(timeout=0.05):
            call.check()
            if time.monotonic() >= call.deadline:
                raise DeviceError(Fault.BUSY, "another read is under way")
        try:
            with self._module.watched():
                yield call
        finally:
            self._lock.release()

    # Reading a card; the lock is held.

    def _wait_and_read(self, call: Call, want: Want) -> IdCard:
        moved: DeviceError | None = None
        attempts = 0
        deadline = self._last_look(call, want)
        next_lying = time.monotonic() + 0.5
        while True:
            call.check()
            begin = time.monotonic()
            if self._find(call):
                try:
                    self._select(call)
                    return replace(self._read(call, want), read_seconds=time.monotonic() - begin)
                except DeviceError as error:
                    attempts += 1
                    now = time.monotonic()
                    over = attempts >= self._timing.attempts or now + self._timing.again >= call.end
                    if error.fault not in {Fault.CARD_REMOVED, Fault.WRONG_CARD} or over:
                        raise
                    if moved is None:
                        deadline = min(deadline, now + self._timing.put_back)
                    moved = error
                    call.wait(self._timing.again)
                    continue
            if moved is not None:
                moved = DeviceError(Fault.CARD_REMOVED, moved.detail)
            elif self._takes_lying_card and time.monotonic() >= next_lying:
                next_lying = time.monotonic() + 1.0
                lying = self._read_lying(call, want)
                if lying is not None:
                    return replace(lying, read_seconds=time.monotonic() - begin)
            left = deadline - time.monotonic()
            if left <= 0:
                raise moved or DeviceError(Fault.NO_CARD)
            call.wait(min(self._timing.poll, left))

    def _last_look(self, call: Call, want: Want) -> float:
        """Until when a card is looked for: on a slow line it would not be read in time after that (1.4 s at 9600)."""
        command = codec.READ_WITH_FINGERPRINT if Want.FINGERPRINTS in want else codec.READ
        now = time.monotonic()
        in_time = call.end - self._session.wire_time(command)
        return min(call.deadline, max(in_time, now + (call.deadline - now) / 2))

    def _find(self, call: Call) -> bool:
        reply = self._session.exchange(codec.FIND, session.answers_find, self._timing.answer, call)
        if reply.status in {codec.FOUND, codec.FIND_FAILED}:
            return reply.status == codec.FOUND
        raise session.refused(reply)

    def _select(self, call: Call) -> None:
        reply = self._session.exchange(codec.SELECT, session.answers_select, self._timing.answer, call)
        if reply.status != codec.OK:
            raise session.refused(reply)

    def _read(self, call: Call, want: Want) -> IdCard:
        """Reads a selected card; impossible data are asked for again."""
        spoiled: DeviceError | None = None
        for _ in range(self._timing.attempts):
            try:
                card = self._read_once(call, fingerprints=Want.FINGERPRINTS in want)
                if Want.NEWEST_ADDRESS in want:
                    card = replace(card, newest_address=Secret(self._read_address(call)))
            except DeviceError as error:
                if spoiled is not None and (error.fault is Fault.CARD_REMOVED or call.over):
                    raise spoiled from None
                if error.fault is not Fault.BAD_DATA:
                    raise
                spoiled = error
            else:
                return card
        raise spoiled or DeviceError(Fault.BAD_DATA)

    def _read_once(self, call: Call, *, fingerprints: bool) -> IdCard:
        command = codec.READ_WITH_FINGERPRINT if fingerprints else codec.READ
        reply = self._session.card_data(command, session.answers_read, self._timing.read_answer, call)
        try:
            if reply.status != codec.OK:
                raise self._refusal(reply, Want.FINGERPRINTS if fingerprints else Want.BASE)
            try:
                blocks = codec.split_read_reply(reply.data, with_fingerprints=fingerprints)
            except ValueError as error:
                raise DeviceError(Fault.BAD_DATA, str(error)) from None
            return replace(decode_card(blocks.text, blocks.photo), fingerprints=Secret(blocks.fingerprints))
        finally:
            reply.wipe()

    def _read_address(self, call: Call) -> str:
        """What was written on the chip after the card was made; empty when there is nothing."""
        reply = self._session.card_data(codec.READ_ADDRESS, session.answers_address, self._timing.read_answer, call)
        try:
            if reply.status == codec.NO_CONTENT:
                return ""
            if reply.status != codec.OK:
                raise self._refusal(reply, Want.NEWEST_ADDRESS)
            return decode_address(bytes(reply.data))
        finally:
            reply.wipe()

    def _read_lying(self, call: Call, want: Want) -> IdCard | None:
        try:
            return self._read(call, want)
        except DeviceError as error:
            if error.fault is Fault.CARD_REMOVED:
                return None
            raise

    def _refusal(self, reply: Reply, want: Want) -> DeviceError:
        """Remembers what this module does not know, so that the capabilities are honest from now on."""
        if reply.status == codec.UNKNOWN_COMMAND and want:
            self._refused |= {want}
        return session.refused(reply)

    def _open_found(self, call: Call, search: Search) -> None:
        """Opens one reader after the other until the named module answers; a search that was closed ends."""
        others = 0
        broken: DeviceError | None = None
        for place in search.places():
            search.go_to(place)
            try:
                self._open_here(call)
            except DeviceError as error:
                if error.fault not in {Fault.ABSENT, Fault.BUSY, Fault.CONFIGURATION, Fault.UNPLUGGED}:
                    raise
                others += self._module.is_another
                if error.fault is Fault.CONFIGURATION and not self._module.is_another:
                    broken = error  # no permission: the right one may be behind it
                continue
            if self._module.proven:
                return
            self._port.close()
        raise broken or DeviceError(Fault.ABSENT, f"no reader has the module number; {others} others are there")

    def _open_here(self, call: Call) -> None:
        self._refused = frozenset()
        self._unauthorised = False
        self._module.begin()
        self._port.open()
        try:
            call.check()
            self._module.find_speed(call)
            try:
                self._module.prove(call)
            except DeviceError as error:
                if error.fault not in _OPEN_ALL_THE_SAME:
                    raise
        except DeviceError:
            self._port.close()
            raise

    def _ill(self, error: DeviceError) -> Status:
        gone = error.fault in {Fault.ABSENT, Fault.UNPLUGGED, Fault.CANCELLED}
        if error.fault is Fault.CONFIGURATION or (gone and self._module.is_another):
            return Status(DeviceState.FAULT, (Condition("sam.other", Action.CONFIGURE, blocking=True),), error.detail)
        if gone:
            return Status(DeviceState.ABSENT, (Condition("reader.absent", Action.STAFF, blocking=True),))
        if error.fault is Fault.SILENT:
            return Status(DeviceState.UNKNOWN, (Condition("reader.silent", Action.STAFF, blocking=True),))
        return Status(DeviceState.IMPAIRED, (Condition("line.noisy", Action.ENGINEER),), error.detail)


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> SamVReader:
    """A reader at ``serial:///dev/…?baud=115200`` (or ``baud=auto``), ``tcp://host:port`` or ``usb://0400:c35a``.

    ``sam_id=`` names the one module that may be read from; on USB it also tells readers of one make apart, as
    ``serial=`` and ``path=`` do. Raises CONFIGURATION.
    """
    settings = {**url.options, **options}
    sam_id = settings.pop("sam_id", "")
    lying = settings.pop("lying", "") == "yes"
    if url.scheme == "usb":
        address = UsbAddress.parse(url.place, settings)
        usb = SamUsbPort(address, shared.usb)
        alone = sam_id and not (address.serial or address.path)
        return SamVReader(
            dressed(usb, "id-card", settings, codec.describe, redact),
            takes_lying_card=lying,
            sam_id=sam_id,
            search=Search(usb.places, usb.go_to) if alone else None,
            transport="usb",
        )
    automatic = url.scheme == "serial" and settings.get("baud") == "auto"
    if automatic:
        settings["baud"] = str(BAUDS[0])
    line = line_of(
        DeviceUrl(url.scheme, url.place), settings, "id-card", tcp_port=4001, describe=codec.describe, redact=redact
    )
    return SamVReader(
        line.port,
        set_baud=line.set_baud if url.scheme == "serial" else None,
        baud=line.baud or 9600,  # what a converter asks the reader at is not known: the slowest
        bauds=BAUDS if automatic else (),
        takes_lying_card=lying,
        sam_id=sam_id,
        transport=url.scheme,
    )
