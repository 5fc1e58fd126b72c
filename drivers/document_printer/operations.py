"""The requests that we make of a printer or a spooler, and what we read out of the answers (RFC 8011). Pure.

Nothing of a person is said beside the document itself: a job's name is our own number, its owner is this machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from drivers.device import DeviceError, Fault
from drivers.document_printer.codec import Attribute, Group, Message, Tag, attribute
from drivers.document_printer.port import Document, DocumentPrinterCapabilities, JobState, Sides
from drivers.document_printer.reasons import Finding, finding


class Operation(IntEnum):
    """RFC 8011, 5.4.15."""

    PRINT_JOB = 0x0002
    CREATE_JOB = 0x0005
    SEND_DOCUMENT = 0x0006
    CANCEL_JOB = 0x0008
    GET_JOB = 0x0009
    GET_JOBS = 0x000A
    GET_PRINTER = 0x000B
    CLOSE_JOB = 0x003B


NOT_FOUND = frozenset({0x0406, 0x0407})
NOT_POSSIBLE = 0x0404
_STATUSES = {
    0x0401: Fault.NOT_AUTHORISED,
    0x0402: Fault.NOT_AUTHORISED,
    0x0403: Fault.NOT_AUTHORISED,
    NOT_POSSIBLE: Fault.BUSY,
    0x0406: Fault.CONFIGURATION,
    0x0407: Fault.CONFIGURATION,
    0x0408: Fault.BAD_DATA,
    0x040A: Fault.UNSUPPORTED,
    0x040B: Fault.UNSUPPORTED,
    0x040F: Fault.UNSUPPORTED,
    0x0411: Fault.BAD_DATA,
    0x0501: Fault.UNSUPPORTED,
    0x0502: Fault.BUSY,
    0x0504: Fault.MECHANICAL,
    0x0505: Fault.BUSY,
    0x0506: Fault.BUSY,
    0x0507: Fault.BUSY,
}

_STATES = {
    3: JobState.WAITING,
    4: JobState.WAITING,
    5: JobState.PRINTING,
    6: JobState.STOPPED,
    7: JobState.CANCELLED,
    8: JobState.ABORTED,
    9: JobState.COMPLETED,
}
ACTIVE = frozenset({JobState.WAITING, JobState.PRINTING, JobState.STOPPED})
_PROVING = ("ipp:", "ipps:", "dnssd:")
"""Ways from CUPS to a printer on which CUPS waits for the printer's own word that a job is completed."""

JOB_ATTRIBUTES = (
    "job-id",
    "job-name",
    "job-originating-user-name",
    "job-state",
    "job-state-reasons",
    "job-impressions-completed",
    "job-media-sheets-completed",
    "time-at-processing",
    "number-of-documents",
)
"""Asked for together, also in lists: of a finished job CUPS 2.4.2 does not say the name when only number and name are
asked for (measured)."""
PRINTER_ATTRIBUTES = (
    "printer-state",
    "printer-state-reasons",
    "printer-is-accepting-jobs",
    "printer-make-and-model",
    "document-format-supported",
    "media-supported",
    "sides-supported",
    "color-supported",
    "copies-supported",
    "operations-supported",
    "device-uri",
    "cups-version",
)


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the printer tells it. ``began`` is None where it does not say whether it began to print."""

    number: int
    name: str
    owner: str
    state: JobState
    reasons: tuple[str, ...] = ()
    pages: int | None = None
    began: bool | None = None
    documents: int | None = None

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def wants_document(self) -> bool:
        """Whether it was made but has not got its document yet."""
        return self.active and (self.documents == 0 or "job-incoming" in self.reasons)

    @property
    def may_have_come_out(self) -> bool:
        """Whether there may be paper, or may be some later."""
        if self.state in (JobState.CANCELLED, JobState.ABORTED):
            return self.began is not False and self.documents != 0
        return True


@dataclass(frozen=True, slots=True)
class Printer:
    """A printer as it tells itself."""

    finding: Finding
    capabilities: DocumentPrinterCapabilities
    operations: frozenset[int]
    model: str
    spooler: bool
    """Whether it is CUPS, which keeps documents unless it is told to throw them away."""


@dataclass(frozen=True, slots=True)
class Requests:
    """What is said to one printer under one name."""

    uri: str
    owner: str

    def get_printer(self, request: int) -> Message:
        return self._message(Operation.GET_PRINTER, request, _wanted(PRINTER_ATTRIBUTES))

    def get_jobs(self, request: int, which: str, limit: int | None = None) -> Message:
        """The jobs that are ``completed``, newest first, or ``not-completed``; not more than ``limit`` of them."""
        return self._message(
            Operation.GET_JOBS,
            request,
            *((attribute("limit", Tag.INTEGER, limit),) if limit else ()),
            attribute("which-jobs", Tag.KEYWORD, which),
            attribute("my-jobs", Tag.BOOLEAN, True),
            _wanted(JOB_ATTRIBUTES),
        )

    def get_job(self, request: int, number: int) -> Message:
        return self._message(
            Operation.GET_JOB, request, attribute("job-id", Tag.INTEGER, number), _wanted(JOB_ATTRIBUTES)
        )

    def cancel_job(self, request: int, number: int, *, purge: bool) -> Message:
        """``purge`` is a word of CUPS: the document and the memory of the job go, too, even if it is over."""
        extra = (attribute("purge-job", Tag.BOOLEAN, True),) if purge else ()
        return self._message(Operation.CANCEL_JOB, request, attribute("job-id", Tag.INTEGER, number), *extra)

    def close_job(self, request: int, number: int) -> Message:
        """No more documents come for this job (PWG 5100.11): CUPS then looks whether it can begin."""
        return self._message(Operation.CLOSE_JOB, request, attribute("job-id", Tag.INTEGER, number))

    def create_job(self, request: int, document: Document) -> Message:
        """A job without its document: until that comes, nothing can be printed."""
        message = self._message(Operation.CREATE_JOB, request, attribute("job-name", Tag.NAME, document.job))
        return _with_job(message, document)

    def send_document(self, request: int, number: int, document: Document) -> Message:
        return self._message(
            Operation.SEND_DOCUMENT,
            request,
            attribute("job-id", Tag.INTEGER, number),
            attribute("document-format", Tag.MIME, document.format),
            attribute("last-document", Tag.BOOLEAN, True),
        )

    def print_job(self, request: int, document: Document) -> Message:
        message = self._message(
            Operation.PRINT_JOB,
            request,
            attribute("job-name", Tag.NAME, document.job),
            attribute("document-format", Tag.MIME, document.format),
        )
        return _with_job(message, document)

    def _message(self, operation: Operation, request: int, *extra: Attribute) -> Message:
        # The first four in this order (RFC 8011, 4.1.4 to 4.1.8); the job's number belongs right behind the printer.
        first = [a for a in extra if a.name == "job-id"]
        rest = [a for a in extra if a.name != "job-id"]
        attributes = (
            attribute("attributes-charset", Tag.CHARSET, "utf-8"),
            attribute("attributes-natural-language", Tag.LANGUAGE, "en"),
            attribute("printer-uri", Tag.URI, self.uri),
            *first,
            attribute("requesting-user-name", Tag.NAME, self.owner),
            *rest,
        )
        return Message(operation, request, (Group(Tag.OPERATION, attributes),))


def _wanted(names: tuple[str, ...]) -> Attribute:
    return attribute("requested-attributes", Tag.KEYWORD, *names)


def _with_job(message: Message, document: Document) -> Message:
    """Adds how the sheets are to be."""
    attributes: list[Attribute] = []
    if document.copies != 1:
        attributes.append(attribute("copies", Tag.INTEGER, document.copies))
    if document.media:
        attributes.append(attribute("media", Tag.KEYWORD, document.media))
    attributes.append(attribute("sides", Tag.KEYWORD, document.sides.value))
    attributes.append(attribute("print-color-mode", Tag.KEYWORD, "color" if document.colour else "monochrome"))
    job = Group(Tag.JOB, tuple(attributes))
    return Message(message.code, message.request, (*message.groups, job), message.version)


# Answers.


def succeeded(answer: Message) -> bool:
    """Whether the request was obeyed; attributes that were ignored do not matter (RFC 8011, B.1.2)."""
    return answer.code < 0x0100


def refusal(answer: Message) -> DeviceError:
    """Why a request was not obeyed; an error inside of the printer leaves open whether it was."""
    fault = _STATUSES.get(answer.code, Fault.BAD_DATA)
    return DeviceError(fault, f"IPP status {answer.code:#06x}", uncertain=answer.code in (0x0500, 0x0405))


def jobs_of(answer: Message) -> tuple[Job, ...]:
    """The jobs in an answer; a group that does not say its number is left out (another's job)."""
    found = (_job(group) for group in answer.all(Tag.JOB))
    return tuple(job for job in found if job is not None)


def _job(group: Group) -> Job | None:
    number = group.number("job-id")
    if number is None:
        return None
    began = group.number("time-at-processing")
    said = group.contents("time-at-processing")
    pages = group.number("job-impressions-completed")
    return Job(
        number=number,
        name=group.text("job-name"),
        owner=group.text("job-originating-user-name"),
        state=_STATES.get(group.number("job-state") or 0, JobState.UNKNOWN),
        reasons=group.texts("job-state-reasons"),
        pages=pages or group.number("job-media-sheets-completed") or None,
        began=None if not said else began is not None,
        documents=group.number("number-of-documents"),
    )


def printer_of(answer: Message, *, spooler: bool) -> Printer:
    """``spooler`` says that the address is that of a CUPS queue; a printer may turn out to be one."""
    group = answer.group(Tag.PRINTER)
    state = group.number("printer-state")
    if state is None:
        raise DeviceError(Fault.BAD_DATA, "a printer without printer-state")
    spooler = spooler or bool(group.text("cups-version"))
    keywords = group.texts("printer-state-reasons")
    accepts = group.flag("printer-is-accepting-jobs") is not False
    way = group.text("device-uri")
    sides = group.texts("sides-supported")
    operations = frozenset(c for c in group.contents("operations-supported") if isinstance(c, int))
    capabilities = DocumentPrinterCapabilities(
        known=True,
        formats=group.texts("document-format-supported"),
        media=tuple(name for name in group.texts("media-supported") if "_" in name),
        duplex=Sides.LONG_EDGE in sides,
        colour=bool(group.flag("color-supported")),
        copies=group.upper("copies-supported") or 1,
        reports_status=bool(keywords) and (not spooler or way.startswith((*_PROVING, "usb:", "hp"))),
        proves=not spooler or way.startswith(_PROVING),
    )
    return Printer(
        finding=finding(state, keywords, accepts=accepts, remembers=spooler),
        capabilities=capabilities,
        operations=operations,
        model=group.text("printer-make-and-model"),
        spooler=spooler,
    )


def unsupported(document: Document, capabilities: DocumentPrinterCapabilities) -> str:
    """What of a document the printer does not have; empty when it has everything, or does not say."""
    formats, media = capabilities.formats, capabilities.media
    if formats and document.format not in formats:
        return f"format {document.format}"
    if not 1 <= document.copies <= capabilities.copies:
        return f"{document.copies} copies"
    if document.sides is not Sides.ONE and not capabilities.duplex:
        return f"sides {document.sides.value}"
    if document.media and media and document.media not in media:
        return f"media {document.media}"
    if document.colour and not capabilities.colour:
        return "colour"
    return ""
