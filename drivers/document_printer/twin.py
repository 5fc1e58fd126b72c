"""A simulated A4 printer that speaks IPP over HTTP, with a menu of faults.

It stands at the far end of a TCP port; a job goes through the states of RFC 8011 and stops where a real one stops. What
it printed stays in ``printed``, so that a test can look at the pages.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import threading
import time
from types import TracebackType

from drivers.document_printer import twin_ipp as ipp
from drivers.document_printer.twin_http import request_body
from drivers.document_printer.twin_ipp import Asked, Row
from drivers.document_printer.twin_menu import (
    ABORTED,
    CANCEL_JOB,
    CANCELED,
    COMPLETED,
    CREATE_JOB,
    PENDING,
    PRINT_JOB,
    PROCESSING,
    REASONS,
    SEND_DOCUMENT,
    STOPPED,
    Menu,
    TwinJob,
)

_SLICE = 0.002


class SimulatedIppPrinter:
    """A printer on a random port of this machine; ``job_seconds`` is how long one document takes, also one under way.

    Of jobs that are over it remembers the last ``remembers``, as real ones do.
    """

    def __init__(self, job_seconds: float = 0.01, *, remembers: int = 5000, quiet: bool = False) -> None:
        self.job_seconds = job_seconds
        self.remembers = remembers
        self.menu = Menu()
        self.printed: list[TwinJob] = []
        self.jobs: dict[int, TwinJob] = {}
        self.heard: list[Asked] = []
        self.listed: list[int] = []
        """How many jobs each answer to Get-Jobs told of."""
        self.complaints: list[str] = []
        self._quiet = quiet
        self._guard = threading.RLock()
        self._port = 0
        self._listener: socket.socket | None = None
        self._connections: set[socket.socket] = set()
        self._unheard: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()

    @property
    def url(self) -> str:
        return f"ipp://127.0.0.1:{self._port}/ipp/print"

    def __enter__(self) -> SimulatedIppPrinter:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        if not self._quiet:
            logging.getLogger("drivers.twins").warning("SIMULATED A4 printer: no paper comes out")
        self._stopping.clear()
        self.plug_in()
        self._run(self._work)

    def stop(self) -> None:
        self._stopping.set()
        self.unplug()
        for thread in self._threads:
            thread.join(5.0)
        self._threads.clear()

    def unplug(self) -> None:
        """The network cable is out: connections break, new ones are refused; what is inside goes on printing."""
        with self._guard:
            listener, self._listener = self._listener, None
            broken, self._connections = self._connections, set()
        for one in (*([listener] if listener else []), *broken):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def plug_in(self) -> None:
        with self._guard:
            if self._listener is not None:
                return
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self._port))
            listener.listen(64)
            self._port = listener.getsockname()[1]
            self._listener = listener
        self._run(lambda: self._accept(listener))

    def switch_off_and_on(self) -> None:
        """Power is cut: everything inside is lost."""
        self.unplug()
        with self._guard:
            self.jobs.clear()
        self.plug_in()

    def settle(self) -> None:
        """Throws away what has not come out, also a page that is on its way."""
        with self._guard:
            for job in self.jobs.values():
                if job.state < CANCELED:
                    job.end(CANCELED, ("job-canceled-by-operator",))

    def rest(self, seconds: float = 20.0) -> bool:
        """Waits until it has heard everything that was said and no page is coming out any more."""
        until = time.monotonic() + seconds
        while self._at_work():
            if time.monotonic() > until or self._stopping.wait(_SLICE):
                return False
        return True

    def _at_work(self) -> bool:
        with self._guard:
            listener = self._listener
            if listener is not None and select.select([listener], [], [], 0)[0]:
                return True
            return bool(self._unheard) or any(j.document and j.state < CANCELED for j in self.jobs.values())

    def add(self, name: str, owner: str) -> TwinJob:
        """Somebody else's job that waits for ever."""
        with self._guard:
            return self._new(name, owner)

    # The print engine.

    def _work(self) -> None:
        while not self._stopping.wait(_SLICE):
            with self._guard:
                job = next((j for j in self.jobs.values() if j.document is not None and j.state < CANCELED), None)
                blocked = self._blocking()
                if job is not None:
                    self._step(job, blocked)

    def _step(self, job: TwinJob, blocked: tuple[str, ...]) -> None:
        """One page at a time; a page that was stopped begins anew."""
        if self.menu.paused and job.began is None:
            job.reasons = ("printer-stopped",)
        elif blocked:
            job.state, job.reasons = STOPPED, ("printer-stopped",)
            job.began = job.began or int(time.monotonic()) + 1
        elif job.state != PROCESSING:
            job.state, job.reasons, job.prints_since = PROCESSING, ("job-printing",), time.monotonic()
            job.began = job.began or int(time.monotonic()) + 1
        elif time.monotonic() - job.prints_since >= self.job_seconds:
            self._finish(job)

    def _finish(self, job: TwinJob) -> None:
        if self.menu.spoils_documents:
            job.end(ABORTED, ("aborted-by-system", "document-format-error"))
            return
        job.pages = job.copies * max(
            1, (job.document or b"").count(b"/Type /Page") - (job.document or b"").count(b"/Type /Pages")
        )
        job.end(COMPLETED, ("job-completed-successfully",))
        self.printed.append(job)
        if self.menu.forgets:
            del self.jobs[job.number]

    def _blocking(self) -> tuple[str, ...]:
        return tuple(keyword for name, keyword, blocks in REASONS if blocks and getattr(self.menu, name))

    # The network.

    def _run(self, work: object) -> None:
        thread = threading.Thread(target=work, daemon=True)  # type: ignore[arg-type]  # because a callable is one
        self._threads = [one for one in self._threads if one.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._guard:
                if self._listener is not listener:
                    connection.close()
                    return
                self._connections.add(connection)
                self._unheard.add(connection)
            self._run(lambda one=connection: self._serve(one))

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            body = request_body(connection, hurries=self.menu.hurries)
            if body is not None:
                answer = self._answer(body)
                with self._guard:
                    self._unheard.discard(connection)
                self._reply(connection, answer)
        with self._guard:
            self._unheard.discard(connection)
            self._connections.discard(connection)
        connection.close()

    def _reply(self, connection: socket.socket, answer: bytes | None) -> None:
        menu = self.menu
        while menu.silent and not self._stopping.wait(_SLICE):
            if connection.fileno() < 0:
                return
        if answer is None:
            return
        status = 401 if menu.wants_password else menu.http_status
        fields = f"Content-Type: application/ipp\r\nConnection: close\r\nContent-Length: {len(answer)}"
        head = f"HTTP/1.1 {status} X\r\n{fields}\r\n\r\n".encode()
        data = menu.garbage or head + (answer if menu.cut_at is None else answer[: menu.cut_at])
        if not menu.drips:
            connection.sendall(data)
            return
        for index in range(len(data)):
            connection.sendall(data[index : index + 1])
            if self._stopping.wait(menu.drips):
                return

    def _answer(self, body: bytes) -> bytes | None:
        with self._guard:
            menu = self.menu
            if menu.wants_password or menu.http_status != 200:
                return b""
            try:
                asked = ipp.heard(body)
            except (ValueError, IndexError):
                self.complaints.append("no IPP")
                return ipp.told(0x0400, 1)
            self.heard.append(asked)
            if list(asked.said)[:3] != ["attributes-charset", "attributes-natural-language", "printer-uri"]:
                self.complaints.append(f"operation {asked.operation:#x} does not begin as RFC 8011 wants")
            if _spent(menu.deaf, asked.operation):
                return None
            if menu.wrong_number:
                asked.number += 1
            answer = menu.nonsense or self._obey(asked)
            return None if _spent(menu.loses, asked.operation) else answer

    # The operations.

    def _obey(self, asked: Asked) -> bytes:
        match asked.operation:
            case 0x0B:
                return ipp.told(0, asked.number, (ipp.PRINTER, self._printer()))
            case 0x0A:
                jobs = self._listed(asked)
                self.listed.append(len(jobs))
                hidden = asked.word("requesting-user-name") if self.menu.hides_others else None
                rows = (() if hidden not in (None, job.owner) else _job_rows(job, asked) for job in jobs)
                return ipp.told(0, asked.number, *((ipp.JOB, row) for row in rows))
            case 0x09 | 0x08 | 0x06:
                job = self.jobs.get(asked.whole("job-id"))
                if job is None:
                    return ipp.told(0x0406, asked.number)
                return self._to_job(asked, job)
            case 0x05 | 0x02:
                return self._make(asked)
            case _:
                return ipp.told(0x0501, asked.number)

    def _make(self, asked: Asked) -> bytes:
        if self.menu.refuses or self.menu.busy:
            return ipp.told(0x0506 if self.menu.refuses else 0x0507, asked.number)
        if self.menu.only_print_job and asked.operation == CREATE_JOB:
            return ipp.told(0x0501, asked.number)
        owner = "anonymous" if self.menu.anonymous else asked.word("requesting-user-name")
        job = self._new(asked.word("job-name"), owner)
        job.copies = asked.whole("copies") or 1
        job.sides, job.media = asked.word("sides"), asked.word("media")
        if asked.operation == PRINT_JOB:
            job.document, job.reasons = asked.document, ("none",)
        return ipp.told(0, asked.number, (ipp.JOB, _job_rows(job)))

    def _new(self, name: str, owner: str) -> TwinJob:
        job = TwinJob(max(self.jobs, default=0) + 1, name, owner)
        over = [one.number for one in self.jobs.values() if one.state >= CANCELED]
        for number in over[: max(0, len(over) - self.remembers)]:
            del self.jobs[number]
        self.jobs[job.number] = job
        return job

    def _to_job(self, asked: Asked, job: TwinJob) -> bytes:
        if asked.operation == SEND_DOCUMENT:
            if job.document is not None or job.state != PENDING:
                self.complaints.append("a second document for one job")
                return ipp.told(0x0404, asked.number)
            job.document, job.reasons = asked.document, ("none",)
        elif asked.operation == CANCEL_JOB:
            if self.menu.cannot_cancel:
                return ipp.told(0x0403, asked.number)
            if job.state >= CANCELED:
                return ipp.told(0x0404, asked.number)
            job.end(CANCELED, ("job-canceled-by-user",))
        return ipp.told(0, asked.number, (ipp.JOB, _job_rows(job)))

    def _listed(self, asked: Asked) -> list[TwinJob]:
        which, owner = asked.word("which-jobs"), asked.word("requesting-user-name")
        mine = asked.whole("my-jobs") and not self.menu.mixes_owners and not self.menu.anonymous
        found = [job for job in self.jobs.values() if not mine or job.owner == owner]
        if which == "all":
            return found
        found = [job for job in found if (job.state >= CANCELED) == (which == "completed")]
        if which == "completed":
            found.sort(key=lambda job: job.ended, reverse=not self.menu.oldest_first)
        return found if self.menu.ignores_limit else found[: asked.whole("limit") or None]

    def _printer(self) -> tuple[Row, ...]:
        menu = self.menu
        reasons = tuple(keyword for name, keyword, _ in REASONS if getattr(menu, name)) or ("none",)
        working = any(job.state == PROCESSING for job in self.jobs.values())
        operations = (2, 8, 9, 10, 11) if menu.only_print_job else (2, 5, 6, 8, 9, 10, 11)
        return (
            ("printer-state", ipp.ENUM, (5 if self._blocking() else 4 if working else 3,)),
            ("printer-state-reasons", ipp.KEYWORD, reasons),
            ("printer-is-accepting-jobs", ipp.BOOLEAN, (not menu.refuses,)),
            ("printer-make-and-model", ipp.TEXT, ("SIMULATED A4 printer",)),
            ("document-format-supported", ipp.MIME, ("application/pdf", "image/jpeg")),
            ("media-supported", ipp.KEYWORD, ("iso_a4_210x297mm", "iso_a5_148x210mm")),
            ("sides-supported", ipp.KEYWORD, ("one-sided", "two-sided-long-edge", "two-sided-short-edge")),
            ("color-supported", ipp.BOOLEAN, (False,)),
            ("copies-supported", ipp.RANGE, ((1, 99),)),
            ("operations-supported", ipp.ENUM, operations),
            (
                "which-jobs-supported",
                ipp.KEYWORD,
                ("completed", "not-completed") + (("all",) if not menu.only_print_job else ()),
            ),
        )


def _job_rows(job: TwinJob, asked: Asked | None = None) -> tuple[Row, ...]:
    """A job; of a list only the attributes that were asked for."""
    began: Row = ("time-at-processing", ipp.INTEGER, (job.began,))
    rows: tuple[Row, ...] = (
        ("job-id", ipp.INTEGER, (job.number,)),
        ("job-name", ipp.NAME, (job.name,)),
        ("job-originating-user-name", ipp.NAME, (job.owner,)),
        ("job-state", ipp.ENUM, (job.state,)),
        ("job-state-reasons", ipp.KEYWORD, job.reasons),
        ("job-impressions-completed", ipp.INTEGER, (job.pages,)),
        began if job.began is not None else ("time-at-processing", ipp.NO_VALUE, (None,)),
    )
    wanted = asked.said.get("requested-attributes") if asked is not None else None
    return tuple(row for row in rows if wanted is None or row[0].encode() in wanted)


def _spent(counts: dict[int, int], operation: int) -> bool:
    if counts.get(operation, 0) <= 0:
        return False
    counts[operation] -= 1
    return True
