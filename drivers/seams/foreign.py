r"""A box of a foreign make, described in settings: what it is asked, what it says, what it is told. No code per maker.

Options: ``poll`` (a template; without it the box speaks unasked), ``press`` (a pattern with the group ``code``, and
``addr`` on a line with several boxes), ``check`` (its checksum), ``escape``, ``codes`` (``01=call-next 02=recall``),
``nothing`` (a pattern of the answer that says that nothing was pressed), ``ack`` (a template; the box repeats a press
until it hears it), ``acked`` (a pattern of how the box confirms that, and invitations), ``invite`` and ``withdraw``
(templates, of rating boxes), ``debounce`` (milliseconds within which the same code counts once), ``gap`` (milliseconds
of silence between frames). Values for templates: ``addr``, ``code`` (in ``ack``), ``session`` (in ``invite``).

Such a box has no sequence, so nobody can promise that a press counts exactly once: a frame that is lost is a press that
is lost unless the box repeats it, and two quick presses of the same key count once.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from drivers.device import Action, Condition, DeviceError, DeviceState, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.seams.bus_line import BusLine, Question, Within
from drivers.seams.bus_url import line_of_bus, unit_of
from drivers.seams.node_health import gone_status
from drivers.seams.patterns import MAX_BYTES, Found, Listener, Pattern
from drivers.seams.templates import Template, Value

T = TypeVar("T")

SCHEMES = ("serial",)
UNPROVEN = Condition("box.unproven", Action.NONE)
"""A box that speaks only when a key is pressed: whether it lives shows with the next press."""
_LISTEN_SECONDS = 0.02
_LAST_SESSION = 0xFFFF
_KEPT = 16
_ANSWER_BYTES = 32


@dataclass(frozen=True, slots=True)
class ForeignFrames:
    """How a box speaks. Made from settings, checked when it is made."""

    press: Pattern
    codes: Mapping[bytes, str]
    poll: Template | None = None
    nothing: Pattern | None = None
    ack: Template | None = None
    acked: Pattern | None = None
    invite: Template | None = None
    withdraw: Template | None = None
    debounce: float = 0.5
    gap: float = 0.005

    @classmethod
    def parse(cls, options: Mapping[str, str], meanings: Sequence[str]) -> ForeignFrames:
        """``meanings``: what codes may stand for. Raises CONFIGURATION, and says which option is wrong."""
        escape = options.get("escape", "")

        def template(name: str, *more: str) -> Template | None:
            text = options.get(name, "")
            return _named(name, lambda: Template(text, {"addr", *more}, escape)) if text else None

        if not options.get("press"):
            raise DeviceError(Fault.CONFIGURATION, "press (what the box says) is missing")
        press = _named("press", lambda: Pattern(options["press"], options.get("check", ""), escape))
        if "code" not in press.names:
            raise DeviceError(Fault.CONFIGURATION, "press: the group (?P<code>…) is missing")

        def pattern(name: str) -> Pattern | None:
            text = options.get(name, "")
            return _named(name, lambda: Pattern(text, "", escape)) if text else None

        return cls(
            press=press,
            codes=_codes(options.get("codes", ""), meanings),
            poll=template("poll"),
            nothing=pattern("nothing"),
            ack=template("ack", "code"),
            acked=pattern("acked"),
            invite=template("invite", "session"),
            withdraw=template("withdraw"),
            debounce=_milliseconds(options, "debounce", 500, 10_000),
            gap=_milliseconds(options, "gap", 5, 1000),
        )


@dataclass(frozen=True, slots=True)
class ForeignPress:
    """A press. ``sequence`` is ours: the box has none."""

    sequence: int
    meaning: str
    code: bytes
    at: float


class ForeignBox:
    """Asks or listens; keeps presses until they are acknowledged. Every method raises what the line raises."""

    def __init__(
        self, line: BusLine, address: int, frames: ForeignFrames, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._line = line
        self._address = address
        self._frames = frames
        self._clock = clock
        self._lock = threading.Lock()
        self._listener = Listener(frames.press)
        self._waiting: deque[ForeignPress] = deque(maxlen=_KEPT)
        self._said_at: dict[bytes, float] = {}
        """When each code was last heard, or acknowledged."""
        self._given = 0
        self.unknown = 0
        """Presses with a code that the settings do not name."""

    @property
    def answers_always(self) -> bool:
        """Whether a box that has nothing to say answers all the same, so that it can be told from a dead one."""
        return self._frames.poll is not None and self._frames.nothing is not None

    def age(self, press: ForeignPress) -> float:
        return max(0.0, self._clock() - press.at)

    def open(self, within: Within) -> None:
        """Raises ABSENT, BUSY; SILENT for a box that always answers and does not."""
        with self._lock:
            self._listener.reset()
            try:
                self._look(within)
            except DeviceError as error:
                if error.fault is not Fault.UNPLUGGED:
                    raise
                self._look(within)  # it was pulled out and put back while nobody looked

    def poll(self, within: Within) -> tuple[ForeignPress, ...]:
        """The presses that were not acknowledged, the oldest first."""
        with self._lock:
            if self._frames.ack is not None or not self._waiting:
                self._gather(within)
            return tuple(self._waiting)

    def acknowledge(self, sequence: int, within: Within) -> None:
        """Forgets a press, and tells the box where it can be told."""
        with self._lock:
            if not self._waiting or self._waiting[0].sequence != sequence:
                return
            code = self._waiting[0].code
            if self._frames.ack is not None:
                self._send(self._frames.ack, {"code": int.from_bytes(code, "big")}, within)
                self._said_at[code] = self._clock()
                if self._frames.acked is not None:
                    del self._said_at[code]  # it has forgotten it for sure: the same code again is a new press
            self._waiting.popleft()

    def invite(self, session: int | None, within: Within) -> bool:
        """Tells the box that it may take presses, or not any more (None); False when it cannot be told."""
        template = self._frames.withdraw if session is None else self._frames.invite
        if template is None:
            return False
        with self._lock:
            self._send(template, {} if session is None else {"session": session}, within)
        return True

    def drop(self, sequences: Container[int]) -> None:
        """Forgets presses that nobody wants."""
        with self._lock:
            kept = [press for press in self._waiting if press.sequence not in sequences]
            self._waiting.clear()
            self._waiting.extend(kept)

    def probe(self) -> Status:
        """Whether it is there. Of a box that speaks only when a key is pressed nobody can tell. Does not raise."""
        try:
            with self._lock:
                self._look(Within.seconds(1.0))
        except DeviceError as error:
            return gone_status(error)
        return Status(DeviceState.READY) if self.answers_always else Status(DeviceState.IMPAIRED, (UNPROVEN,))

    def _look(self, within: Within) -> None:
        """Whether there is a line and, of a box that always answers, whether it does."""
        self._line.connect(within)
        if self.answers_always or self._frames.poll is None:
            self._gather(within)

    def _gather(self, within: Within) -> None:
        said = self._heard(within) if self._frames.poll is None else self._asked(self._frames.poll, within)
        presses = [found for found in said if self._is_ours(found)]
        if self._frames.ack is not None:
            self._waiting = deque((press for press in self._waiting if press.code in _codes_of(presses)), _KEPT)
        for found in presses:
            self._take(found)

    def _heard(self, within: Within) -> list[Found]:
        found: list[Found] = []
        while chunk := self._line.hear(min(_LISTEN_SECONDS, within.left), within):
            found += self._listener.feed(chunk)
            if len(found) >= _KEPT or not within.left:
                break
        return found

    def _asked(self, poll: Template, within: Within) -> list[Found]:
        data = poll.build({"addr": self._address})
        tries = 2 if self._frames.ack is not None else 1  # a box that is not told forgets what it has said
        question = self._question(data, tries, mute=not self.answers_always)
        try:
            return self._line.ask(question, self._answer, within)
        except DeviceError as error:
            if question.mute and error.fault is Fault.SILENT:
                return []
            raise

    def _question(self, data: bytes, tries: int, *, mute: bool = False) -> Question:
        name = f"box {self._address}"
        return Question(("foreign", self._address), name, data, _ANSWER_BYTES, self._frames.gap, tries, mute)

    def _answer(self, heard: bytes) -> list[Found] | None:
        recent = heard[-2 * MAX_BYTES :]
        found = [one for one in Listener(self._frames.press).feed(recent) if self._is_ours(one)]
        if found:
            return found
        nothing = self._frames.nothing.first(recent)[0] if self._frames.nothing is not None else None
        return [] if nothing is not None and self._is_ours(nothing) else None

    def _is_ours(self, found: Found) -> bool:
        return found.number("addr") in (None, self._address)

    def _take(self, found: Found) -> None:
        """Keeps a press, unless it is one that was said before and is said again."""
        now = self._clock()
        code = found.groups.get("code", b"")
        said_at = self._said_at.get(code)
        again = code in {press.code for press in self._waiting}
        if again or (said_at is not None and now - said_at < self._frames.debounce):
            if self._frames.ack is None:
                self._said_at[code] = now
            return
        meaning = self._frames.codes.get(code)
        if meaning is None:
            self.unknown += 1
            return
        if self._frames.ack is None:
            self._said_at[code] = now
        self._given += 1
        self._waiting.append(ForeignPress(self._given, meaning, code, now))

    def _send(self, template: Template, values: Mapping[str, Value], within: Within) -> None:
        data = template.build({"addr": self._address, **values})
        acked = self._frames.acked
        if acked is None:
            self._line.say(data, self._frames.gap, within)
            return

        def answer(heard: bytes) -> Found | None:
            found = acked.first(heard[-2 * MAX_BYTES :])[0]
            return found if found is not None and self._is_ours(found) else None

        self._line.ask(self._question(data, 2), answer, within)


def _codes_of(presses: Sequence[Found]) -> set[bytes]:
    return {found.groups.get("code", b"") for found in presses}


def foreign_box_of(
    url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts, meanings: Sequence[str]
) -> tuple[ForeignBox, ForeignFrames]:
    """The box of ``serial:///dev/…?baud=9600&unit=1`` or ``tcp://host:port``; ``unit`` is 1 unless set.

    Boxes that are asked may share a line; one that speaks unasked has it for itself. Raises CONFIGURATION.
    """
    merged = {**url.options, **options}
    frames = ForeignFrames.parse(merged, meanings)
    unit = unit_of({"unit": merged.get("unit", "1")}, 255)
    _check_room(frames, unit)
    line = line_of_bus(url, merged, shared, SCHEMES)
    return ForeignBox(line, unit, frames), frames


def _check_room(frames: ForeignFrames, unit: int) -> None:
    """Raises CONFIGURATION when the address, a code or a session does not fit into what is sent."""
    session = {"session": _LAST_SESSION}
    for name, template in (("poll", frames.poll), ("invite", frames.invite), ("withdraw", frames.withdraw)):
        if template is not None:
            _named(name, partial(template.build, {"addr": unit, **session}))
    for code in frames.codes:
        if frames.ack is not None:
            _named("ack", partial(frames.ack.build, {"addr": unit, "code": int.from_bytes(code, "big")}))


def _named(option: str, make: Callable[[], T]) -> T:
    try:
        return make()
    except DeviceError as error:
        raise DeviceError(Fault.CONFIGURATION, f"{option}: {error.detail}") from None


def _codes(text: str, meanings: Sequence[str]) -> dict[bytes, str]:
    codes: dict[bytes, str] = {}
    for part in text.replace(",", " ").split():
        left, sign, meaning = part.partition("=")
        try:
            code = bytes.fromhex(left)
        except ValueError:
            code = b""
        if not sign or not code or code in codes:
            raise DeviceError(Fault.CONFIGURATION, f"codes: {part!r} is not a new hexadecimal code = meaning")
        if meaning not in meanings:
            raise DeviceError(Fault.CONFIGURATION, f"codes: {meaning!r} is not known; known: {', '.join(meanings)}")
        codes[code] = meaning
    if not codes:
        raise DeviceError(Fault.CONFIGURATION, "codes (01=… 02=…) is missing")
    return codes


def _milliseconds(options: Mapping[str, str], name: str, default: int, most: int) -> float:
    text = str(options.get(name, default))
    if not text.isdecimal() or int(text) > most:
        raise DeviceError(Fault.CONFIGURATION, f"{name} is not 0..{most} milliseconds")
    return int(text) / 1000
