"""Printers of A4 pages on the bench."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import ClassVar, cast

from drivers.conformance.rig import Rig
from drivers.device import Cancel, Device, Secret
from drivers.document_printer.cups import make
from drivers.document_printer.file_spool import REASONS_FILE, FileSpool
from drivers.document_printer.ipp_printer import Settings
from drivers.document_printer.port import Document, DocumentPrinter, JobState
from drivers.document_printer.print_queue import Patience
from drivers.document_printer.twin import SimulatedIppPrinter
from drivers.loading import DeviceUrl, SharedPorts

PERSON = "ZhangSan110105199001020032"
PAGE = b"%PDF-1.4\n1 0 obj<</Type /Page>>endobj\n% " + PERSON.encode() + b"\n%%EOF\n"
IMPATIENT = Settings(
    patience=Patience(answer=1.0, document=1.0),
    open_seconds=1.0,
    poll_seconds=0.01,
    stuck_seconds=0.1,
    resend_seconds=0.1,
    take_back_seconds=0.2,
)


class PagesRig(Rig):
    """What every model of this kind is asked: one page, under a new number each time."""

    personal: ClassVar[tuple[str, ...]] = (PERSON,)
    spoils: ClassVar[bool] = False
    seconds: ClassVar[float] = 2.0

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(1)

    def act(self, device: Device, timeout: float, cancel: Cancel | None = None) -> object:
        document = Document(f"job-{next(self._numbers)}", Secret(PAGE))
        printed = cast("DocumentPrinter", device).print(document, timeout, cancel)
        return JobState.COMPLETED if printed.job == document.job else printed.job

    @property
    def expected(self) -> object:
        return JobState.COMPLETED


class IppOverTcp(PagesRig):
    """A printer that speaks IPP itself, on the network."""

    model: ClassVar[str] = "document_printer/cups"
    variant: ClassVar[str] = "ipp"
    cycles: ClassVar[int] = 100

    def __init__(self) -> None:
        super().__init__()
        self._twin = SimulatedIppPrinter(0.003, remembers=100, quiet=True)

    def start(self) -> None:
        self._twin.start()

    def stop(self) -> None:
        self._twin.stop()

    def make(self) -> Device:
        return make(DeviceUrl.parse(self._twin.url), {}, SharedPorts(), IMPATIENT)

    def prepare(self) -> None:
        self._twin.settle()

    def silence(self, silent: bool) -> None:
        self._twin.menu.silent = silent

    def unplug(self) -> None:
        self._twin.unplug()

    def plug_in(self) -> None:
        self._twin.plug_in()

    def settle(self) -> None:
        self._twin.settle()

    def effects(self) -> int | None:
        """Pages that are out; what is on its way is waited for, so that no page is counted for the next command."""
        self._twin.rest()
        return len(self._twin.printed)


class OldIppPrinter(IppOverTcp):
    """A printer that knows no job without its document: a lost answer leaves a doubt that stays one."""

    variant: ClassVar[str] = "ipp, print-job only"

    def start(self) -> None:
        self._twin.menu.only_print_job = True
        super().start()


class Folder(PagesRig):
    """Pages as files; the folder can be taken away, and a printer that does not answer is a word in a file."""

    model: ClassVar[str] = "document_printer/file_spool"

    def start(self) -> None:
        self._place = tempfile.TemporaryDirectory(prefix="pages-")
        self._folder = Path(self._place.name) / "pages"
        self._away = Path(self._place.name) / "away"
        self._folder.mkdir()

    def stop(self) -> None:
        self._place.cleanup()

    def make(self) -> Device:
        return FileSpool(self._folder, keep=True, poll_seconds=0.01)

    def prepare(self) -> None:
        """A folder needs nothing."""

    def silence(self, silent: bool) -> None:
        place = self._folder if self._folder.exists() else self._away
        reasons = place / REASONS_FILE
        if silent:
            reasons.write_text("timed-out", "utf-8")
        else:
            reasons.unlink(missing_ok=True)

    def unplug(self) -> None:
        if self._folder.exists():
            self._folder.rename(self._away)

    def plug_in(self) -> None:
        if self._away.exists():
            self._away.rename(self._folder)

    def effects(self) -> int | None:
        place = self._folder if self._folder.exists() else self._away
        return sum(1 for _ in place.glob("*.pdf"))


RIGS: tuple[type[Rig], ...] = (IppOverTcp, OldIppPrinter, Folder)
