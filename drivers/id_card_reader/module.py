"""Which SAM_V module is at the end of a line, and at which speed.

The first number that a module tells after power-up can be wrong, so two have to agree. With ``baud=auto`` a module that
fell silent is looked for at the other speeds: somebody may have set it, or changed the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from drivers.device import DeviceError, Fault
from drivers.id_card_reader import codec, session
from drivers.id_card_reader.session import Call, Session, Timing

BAUDS = (115200, 9600, 57600, 38400, 19200)
"""The speeds a module can be set to, the likely ones first."""


class Module:
    """``bauds`` are tried one after the other; empty: the line's own speed. ``wanted_id`` empty: any module will do."""

    def __init__(
        self,
        line: Session,
        timing: Timing,
        set_baud: Callable[[int], None] | None,
        bauds: tuple[int, ...],
        wanted_id: str,
    ) -> None:
        self._session = line
        self._timing = timing
        self._set_baud = set_baud
        self._bauds = bauds
        self._wanted_id = wanted_id.strip().lower()
        self._speed_known = not bauds
        self._proven = False
        self._number = ""
        self.is_another = False
        """Whether the module that was asked last is not the one that the settings name."""

    @property
    def proven(self) -> bool:
        """Whether it is known to be the module that the settings name, or they name none."""
        return self._proven or not self._wanted_id

    @property
    def speeds(self) -> tuple[int, ...]:
        """What ``change_speed`` can set."""
        return codec.SPEEDS if self._set_baud is not None else ()

    def begin(self) -> None:
        """The line was opened just now: nothing is known of what is at its end."""
        self._speed_known = not self._bauds
        self._proven = self.is_another = False
        self._number = ""

    def find_speed(self, call: Call) -> None:
        """With ``baud=auto``: asks at each speed, the last one that worked first. Raises SILENT."""
        if self._speed_known or self._set_baud is None:
            return
        last = self._session.baud if self._session.baud in self._bauds else self._bauds[0]
        for baud in (last, *(baud for baud in self._bauds if baud != last)):
            if self._answers_at(baud, self._set_baud, call):
                self._speed_known = True
                return
        self._set_baud(last)
        self._session.baud = last
        raise DeviceError(Fault.SILENT, "no answer at any speed")

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Around whatever is asked: a module that falls silent is looked for at all speeds the next time."""
        try:
            yield
        except DeviceError as error:
            if self._bauds and error.fault in {Fault.SILENT, Fault.CHECKSUM}:
                self._speed_known = False
            raise

    def change_speed(self, baud: int, call: Call) -> None:
        """Sets the module to another speed, and the line with it. Raises UNSUPPORTED, CONFIGURATION (no such speed)."""
        if self._set_baud is None:
            raise DeviceError(Fault.UNSUPPORTED, "this line has no speed to set")
        if baud not in codec.SPEEDS:
            raise DeviceError(Fault.CONFIGURATION, f"a speed is one of {', '.join(map(str, codec.SPEEDS))}")
        self.find_speed(call)
        command = codec.SET_SPEED + bytes([codec.SPEEDS.index(baud)])
        reply = self._session.exchange(command, session.answers_status, self._timing.answer, call)
        if reply.status != codec.OK:
            raise session.refused(reply)
        old = self._session.baud
        for _ in range(2):  # the first question may come while it is still changing over
            if self._answers_at(baud, self._set_baud, call):
                return
        with suppress(DeviceError):  # at the old speed it may not answer either; then it is looked for later
            self._answers_at(old, self._set_baud, call)
        raise DeviceError(Fault.UNSUPPORTED, "the module does not answer at the new speed; switch it off and on")

    def prove(self, call: Call) -> None:
        """Makes sure, once after opening, that it is the module that the settings name.

        Raises CONFIGURATION; for a module that is ill (60) or the like, what it says of itself.
        """
        if self.proven:
            return
        self._number, refusal = self._told(call)
        if refusal is not None and refusal.fault is not Fault.UNSUPPORTED:
            raise refusal  # which module it is, it did not say
        self._proven = self._number.lower() == self._wanted_id
        self.is_another = not self._proven
        if self.is_another:
            raise DeviceError(Fault.CONFIGURATION, f"another module is there: {self._number or 'it tells no number'}")

    def number(self, call: Call) -> str:
        """The module's number, asked until it was told; empty when it does not tell the same one twice."""
        if not self._number:
            self._number, _ = self._told(call)
        return self._number

    def _told(self, call: Call) -> tuple[str, DeviceError | None]:
        """The number when two answers agree, else nothing, and why if the module said it."""
        previous = b""
        for _ in range(3):
            reply = self._session.exchange(codec.SAM_ID, session.answers_sam_id, self._timing.answer, call)
            if reply.status != codec.OK:
                return "", session.refused(reply)
            if bytes(reply.data) == previous:
                return codec.format_sam_id(reply.data), None
            previous = bytes(reply.data)
        return "", None

    def _answers_at(self, baud: int, set_baud: Callable[[int], None], call: Call) -> bool:
        set_baud(baud)
        self._session.baud = baud
        try:
            self._session.ask(codec.STATUS, session.answers_status, self._timing.detect, call)
        except DeviceError as error:
            if error.fault not in {Fault.SILENT, Fault.CHECKSUM}:
                raise
            return False
        self._session.settled()
        return True
