"""Record a real printer once, get a test: what was asked and answered, as IPP, in the file format of all recordings.

Nothing personal is kept: of a document only its length is written (a stand-in of the same length takes its place), and
of answers only the attributes that the driver reads; names and owners of jobs that are not ours are left out. Address
and owner are those of a recording, so that it plays on every machine.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from dataclasses import replace
from pathlib import Path

from drivers.device import DeviceError, Fault
from drivers.document_printer import codec
from drivers.document_printer.address import Check
from drivers.document_printer.codec import Attribute, Group, Message, Tag
from drivers.document_printer.exchange import Exchange
from drivers.document_printer.operations import JOB_ATTRIBUTES, PRINTER_ATTRIBUTES, Requests
from drivers.seams.recording import DEVICE, HOST, VERSION, Turn, read_recording

NAME = "document-printer"
SPEAKER = Requests("ipp://recording/printer", "recording")
"""The address and the owner in every recording."""

_WAY = "device-uri"
_KEPT = frozenset((*JOB_ATTRIBUTES, *PRINTER_ATTRIBUTES, "attributes-charset", "attributes-natural-language"))
_OWNER = "job-originating-user-name"


def as_said(request: Message, length: int) -> bytes:
    """A request as it is written down: the address, the owner and the document are others."""
    others = {"printer-uri": SPEAKER.uri, "requesting-user-name": SPEAKER.owner}
    groups = tuple(
        Group(group.tag, tuple(_with(one, others.get(one.name)) for one in group.attributes))
        for group in request.groups
    )
    return codec.encode(replace(request, groups=groups)) + b"\0" * length


def _with(one: Attribute, content: str | None) -> Attribute:
    return one if content is None else codec.attribute(one.name, one.values[0].tag, content)


def redacted(answer: Message, owner: str, jobs: frozenset[str]) -> Message:
    """An answer without what the driver does not read and without what other people print."""
    return replace(answer, groups=tuple(_group(group, owner, jobs) for group in answer.groups))


def _group(group: Group, owner: str, jobs: frozenset[str]) -> Group:
    kept: list[Attribute] = []
    for one in group.attributes:
        if one.name == _WAY:
            kept.append(codec.attribute(_WAY, Tag.URI, group.text(_WAY).partition(":")[0] + ":"))
        elif one.name == _OWNER:
            kept.append(codec.attribute(_OWNER, Tag.NAME, SPEAKER.owner if group.text(_OWNER) == owner else "other"))
        elif one.name == "job-name" and group.text("job-name") not in jobs:
            kept.append(codec.attribute("job-name", Tag.NAME, "other"))
        elif one.name in _KEPT:
            kept.append(one)
    return Group(group.tag, tuple(kept))


class RecordedExchange:
    """Lets everything pass and adds each exchange to the file as soon as it is over."""

    def __init__(self, exchange: Exchange, path: Path) -> None:
        self._exchange = exchange
        self._path = path
        self._guard = threading.Lock()
        self._begin: float | None = None
        self._jobs: set[str] = set()

    def ask(self, request: Message, document: bytes, deadline: float, check: Check) -> Message:
        operation = request.group(Tag.OPERATION)
        with self._guard:
            self._jobs |= set(operation.texts("job-name"))
            jobs = frozenset(self._jobs)
        begin = time.monotonic()
        answer = self._exchange.ask(request, document, deadline, check)
        kept = redacted(answer, operation.text("requesting-user-name"), jobs)
        self._write(begin, as_said(request, len(document)), codec.encode(kept))
        return answer

    def _write(self, at: float, said: bytes, answered: bytes) -> None:
        with self._guard:
            self._begin = at if self._begin is None else self._begin
            seconds = round(at - self._begin, 4)
            lines = [
                json.dumps({"at": seconds, "from": HOST, "hex": said.hex(" ")}),
                json.dumps({"at": seconds, "from": DEVICE, "hex": answered.hex(" ")}),
            ]
            try:
                if not self._path.exists():
                    lines.insert(0, json.dumps({"recording": VERSION, "device": NAME, "baud": 0}))
                with self._path.open("a", encoding="utf-8") as file:
                    file.write("\n".join(lines) + "\n")
            except OSError as error:
                logging.getLogger("drivers.seams").warning("not recorded: %s", type(error).__name__)


class ReplayedExchange:
    """A recording in the place of a printer; a driver that asks for something else than then gets BAD_DATA."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._turns: list[Turn] | None = None

    def ask(self, request: Message, document: bytes, deadline: float, check: Check) -> Message:
        del deadline
        check()
        with self._guard:
            if self._turns is None:
                self._turns = list(read_recording(self._path))
            if len(self._turns) < 2 or self._turns[0].data != as_said(request, len(document)):
                raise DeviceError(Fault.BAD_DATA, f"operation {request.code:#06x} is not what was recorded here")
            answer = self._turns[1].data
            del self._turns[:2]
        message, _ = codec.decode(answer)
        return message
