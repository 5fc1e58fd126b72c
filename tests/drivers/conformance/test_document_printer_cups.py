"""A real CUPS with a queue that turns documents into files: started here, on a port of its own, without systemd."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from drivers.device import Cancel, DeviceError, DeviceState, Fault, Secret
from drivers.document_printer.cups import make
from drivers.document_printer.ipp_printer import IppPrinter, Settings
from drivers.document_printer.port import Document, JobState, Proof, Sides
from drivers.document_printer.twin import SimulatedIppPrinter
from drivers.document_printer.twin_menu import CANCELED, PROCESSING
from drivers.loading import DeviceUrl, SharedPorts, make_device
from hall24.ports import free_port

CUPSD = "/usr/sbin/cupsd"
PAGE = b"%PDF-1.4\n1 0 obj<</Type /Page>>endobj\n%%EOF\n"

BACKEND = """#!/bin/sh
# What CUPS runs for a job: number, owner, name, copies, options, file. The folder also says what is wrong.
if [ $# -eq 0 ]; then echo 'direct pages "Unknown" "Pages as files"'; exit 0; fi
folder=${DEVICE_URI#pages:}
echo "$3" >> "$folder/begun"
while [ -e "$folder/paper-out" ]; do echo "STATE: +media-empty-error" >&2; sleep 0.02; done
echo "STATE: -media-empty-error" >&2
while [ -e "$folder/hold" ]; do sleep 0.02; done
[ -e "$folder/broken" ] && exit 1
if [ $# -ge 6 ]; then cat "$6"; else cat; fi > "$folder/.$1"
mv "$folder/.$1" "$folder/$3.$1.pdf"
"""

PPD = """*PPD-Adobe: "4.3"
*FormatVersion: "4.3"
*FileVersion: "1.0"
*LanguageVersion: English
*LanguageEncoding: ISOLatin1
*PCFileName: "PAGES.PPD"
*Manufacturer: "Hall"
*Product: "(Pages)"
*ModelName: "Pages"
*ShortNickName: "Pages"
*NickName: "Pages as files"
*PSVersion: "(3010.000) 0"
*LanguageLevel: "3"
*ColorDevice: False
*DefaultColorSpace: Gray
*FileSystem: False
*cupsFilter2: "application/pdf application/pdf 0 -"
*OpenUI *PageSize/Media Size: PickOne
*DefaultPageSize: A4
*PageSize A4/A4: "<</PageSize[595 842]>>setpagedevice"
*CloseUI: *PageSize
*OpenUI *PageRegion: PickOne
*DefaultPageRegion: A4
*PageRegion A4/A4: "<</PageSize[595 842]>>setpagedevice"
*CloseUI: *PageRegion
*DefaultImageableArea: A4
*ImageableArea A4/A4: "12 12 583 830"
*DefaultPaperDimension: A4
*PaperDimension A4/A4: "595 842"
"""

FILES = """ServerRoot {root}/etc
ServerBin {root}/bin
DataDir /usr/share/cups
RequestRoot {root}/spool
TempDir {root}/spool/tmp
CacheDir {root}/cache
StateDir {root}/run
AccessLog {root}/access_log
ErrorLog {root}/error_log
PageLog {root}/page_log
Printcap {root}/printcap
SystemGroup root
User lp
Group lp
"""

STOCK = Path("/usr/share/cups/cupsd.conf.default")
"""What a new installation is set to: who may do what is left as it is."""
OWN = """DirtyCleanInterval 0
Listen 127.0.0.1:{port}
Listen {root}/run/cups.sock
"""


class RunningCups:
    """CUPS with everything it writes in one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = free_port()
        self.out = root / "out"
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("etc/ppd", "bin/backend", "bin/filter", "spool/tmp", "cache", "run", "out"):
            (root / name).mkdir(parents=True)
        for name in ("daemon", "notifier"):
            (root / "bin" / name).symlink_to(f"/usr/lib/cups/{name}")
        shutil.copy("/usr/lib/cups/backend/ipp", root / "bin/backend/ipp")
        (root / "bin/backend/pages").write_text(BACKEND, "utf-8")
        for name in ("ipp", "pages"):
            (root / "bin/backend" / name).chmod(0o700)  # CUPS runs such programs as root: nobody else may enter here
        (root / "etc/cups-files.conf").write_text(FILES.format(root=root), "utf-8")
        stock = [line for line in STOCK.read_text("utf-8").splitlines() if not line.startswith(("Listen", "Browsing"))]
        own = OWN.format(root=root, port=self.port)
        (root / "etc/cupsd.conf").write_text(own + "\n".join(stock) + "\n", "utf-8")
        (root / "pages.ppd").write_text(PPD, "utf-8")

    @property
    def socket(self) -> str:
        return str(self.root / "run/cups.sock")

    def start(self) -> None:
        files = ("-c", str(self.root / "etc/cupsd.conf"), "-s", str(self.root / "etc/cups-files.conf"))
        with (self.root / "said").open("ab") as said:
            self._process = subprocess.Popen((CUPSD, "-f", *files), stdout=said, stderr=said, start_new_session=True)

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(self.socket) == 0

    def kill(self) -> None:
        """As when the power is cut: CUPS and whatever it started are gone at once."""
        assert self._process is not None
        self._process.kill()  # first: it must not see its children die
        self._process.wait(5)
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # it ended by itself
                if int(stat.read_text("utf-8").rpartition(")")[2].split()[3]) == self._process.pid:
                    os.kill(int(stat.parent.name), signal.SIGKILL)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(5)

    def admin(self, *words: str) -> None:
        subprocess.run((words[0], "-h", self.socket, *words[1:]), check=True, capture_output=True, timeout=20)

    def add(self, queue: str, device: str) -> None:
        self.admin("lpadmin", "-p", queue, "-v", device, "-P", str(self.root / "pages.ppd"), "-E")

    def pages(self, job: str) -> list[bytes]:
        return [path.read_bytes() for path in self.out.glob(f"{job}.*.pdf")]

    def begun(self, job: str) -> int:
        path = self.out / "begun"
        return path.read_text("utf-8").split().count(job) if path.exists() else 0

    def kept(self) -> list[str]:
        """What is left of documents and jobs in the spool."""
        return sorted(path.name for path in (self.root / "spool").iterdir() if path.is_file())


@pytest.fixture(scope="module")
def cups(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCups]:
    assert Path(CUPSD).exists(), "the set-up installs cups-daemon"
    root = tmp_path_factory.mktemp("cups")
    running = RunningCups(root)
    running.start()
    give_up = threading.Event()
    for _ in range(200):
        if running.answers() or give_up.wait(0.05):
            break
    running.add("pages", f"pages:{running.out}")
    yield running
    running.stop()
    shutil.rmtree(root, ignore_errors=True)


def at(cups: RunningCups, queue: str = "pages") -> IppPrinter:
    """The real driver; it asks more often than in a hall and says sooner what keeps a job."""
    url = DeviceUrl.parse(f"cups://{queue}")
    hurried = Settings(poll_seconds=0.05, stuck_seconds=0.5, purge_seconds=0.3, nudge_seconds=0.3)
    return make(url, {"socket": cups.socket, "owner": "kiosk-1"}, SharedPorts(), hurried)


@pytest.fixture
def printer(cups: RunningCups) -> Iterator[IppPrinter]:
    """The driver on the queue, over the local socket; the queue is whole before and after."""
    driver = at(cups)
    driver.open()
    yield driver
    for name in ("paper-out", "hold", "broken"):
        (cups.out / name).unlink(missing_ok=True)
    if not cups.answers():
        cups.start()
    driver.forget()
    driver.close()


def document(job: str, content: bytes = PAGE) -> Document:
    return Document(job, Secret(content))


def failure(act: Callable[[], object]) -> DeviceError:
    with pytest.raises(DeviceError) as failed:
        act()
    return failed.value


def test_the_queue_says_what_it_can(printer: IppPrinter) -> None:
    found = printer.capabilities
    assert "application/pdf" in found.formats
    assert found.media == ("iso_a4_210x297mm",)
    assert not found.duplex
    assert not found.colour
    assert not found.proves, "a backend that writes files proves nothing"
    assert printer.probe().state is DeviceState.READY
    assert printer.probe().detail == "Pages as files"


def test_a_page_comes_out_as_it_was_sent_and_the_spool_keeps_nothing(cups: RunningCups, printer: IppPrinter) -> None:
    printed = printer.print(document("a-1"), 20)
    assert printed.proof is Proof.UNPROVEN
    assert cups.pages("a-1") == [PAGE]
    assert printer.progress("a-1").state is JobState.COMPLETED
    assert cups.kept() == []


def test_over_tcp_it_is_the_same_queue(cups: RunningCups) -> None:
    driver = make_device("document_printer", "cups", f"cups://127.0.0.1:{cups.port}/pages")
    assert isinstance(driver, IppPrinter)
    driver.open()
    driver.print(document("b-1"), 20)
    driver.close()
    assert cups.pages("b-1") == [PAGE]


def test_a_queue_that_does_not_exist_is_a_wrong_setting(cups: RunningCups) -> None:
    driver = make_device("document_printer", "cups", "cups://nothing", {"socket": cups.socket})
    assert failure(driver.open).fault is Fault.CONFIGURATION


def test_what_the_queue_does_not_have_is_not_sent(cups: RunningCups, printer: IppPrinter) -> None:
    both_sides = Document("c-1", Secret(PAGE), sides=Sides.LONG_EDGE)
    assert failure(lambda: printer.print(both_sides, 5)).fault is Fault.UNSUPPORTED
    assert cups.begun("c-1") == 0


def test_a_stopped_queue_is_said_and_nothing_is_sent_to_it(cups: RunningCups, printer: IppPrinter) -> None:
    cups.admin("cupsdisable", "pages")
    status = printer.probe()
    assert status.state is DeviceState.FAULT
    assert [condition.code for condition in status.conditions] == ["printer.paused"]
    failed = failure(lambda: printer.print(document("d-1"), 5))
    assert failed.fault is Fault.BUSY
    assert not failed.uncertain
    cups.admin("cupsenable", "pages")
    assert printer.probe().state is DeviceState.READY
    printer.print(document("d-1"), 20)
    assert cups.pages("d-1") == [PAGE]


def test_a_queue_that_takes_no_jobs_is_said(cups: RunningCups, printer: IppPrinter) -> None:
    cups.admin("cupsreject", "pages")
    assert "printer.refuses" in [condition.code for condition in printer.probe().conditions]
    assert failure(lambda: printer.print(document("e-1"), 5)).fault is Fault.BUSY
    cups.admin("cupsaccept", "pages")
    assert printer.probe().conditions == ()


def test_paper_that_ends_is_said_and_the_same_job_comes_out_once_after_the_refill(
    cups: RunningCups, printer: IppPrinter
) -> None:
    (cups.out / "paper-out").touch()
    failed = failure(lambda: printer.print(document("f-1"), 20))
    assert failed.fault is Fault.PAPER_OUT
    assert failed.uncertain, "CUPS keeps the job and prints it when there is paper"
    assert "paper.out" in [condition.code for condition in printer.progress("f-1").conditions]
    (cups.out / "paper-out").unlink()
    printer.print(document("f-1"), 20)
    assert cups.pages("f-1") == [PAGE]
    assert printer.probe().conditions == ()


def test_at_the_end_of_a_visit_what_is_held_never_comes_out(
    cups: RunningCups, printer: IppPrinter, wait_until: Callable[..., None]
) -> None:
    (cups.out / "paper-out").touch()
    assert failure(lambda: printer.print(document("g-1"), 20)).fault is Fault.PAPER_OUT
    printer.forget()
    (cups.out / "paper-out").unlink()
    printer.print(document("g-2"), 20)
    assert cups.pages("g-1") == []
    assert cups.pages("g-2") == [PAGE]
    wait_until(lambda: printer.probe().state is DeviceState.READY and cups.kept() == [])


def test_calling_off_takes_the_job_back(
    cups: RunningCups, printer: IppPrinter, wait_until: Callable[..., None]
) -> None:
    (cups.out / "hold").touch()
    cancel = Cancel()
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(printer.print, document("h-1"), 20, cancel)
        wait_until(lambda: cups.begun("h-1") == 1)
        assert printer.progress("h-1").state is JobState.PRINTING
        cancel.cancel()
        failed = printing.exception(5)
    assert isinstance(failed, DeviceError)
    assert failed.fault is Fault.CANCELLED
    (cups.out / "hold").unlink()
    wait_until(lambda: printer.probe().state is DeviceState.READY and cups.kept() == [])
    assert cups.pages("h-1") == []


def test_a_job_that_the_backend_cannot_print_is_an_error_and_not_a_page(cups: RunningCups, printer: IppPrinter) -> None:
    cups.admin("lpadmin", "-p", "pages", "-o", "printer-error-policy=abort-job")
    (cups.out / "broken").touch()
    failed = failure(lambda: printer.print(document("i-1"), 20))
    assert failed.fault is Fault.MECHANICAL
    assert failed.uncertain, "CUPS does not know how far it came"
    assert cups.pages("i-1") == []


def test_cups_killed_in_the_middle_of_a_job_and_started_again_prints_it_once(
    cups: RunningCups, printer: IppPrinter, wait_until: Callable[..., None]
) -> None:
    (cups.out / "hold").touch()
    with ThreadPoolExecutor(1) as pool:
        printing = pool.submit(printer.print, document("k-1"), 30)
        wait_until(lambda: cups.begun("k-1") == 1)
        cups.kill()
        assert printer.probe().state is DeviceState.ABSENT
        (cups.out / "hold").unlink()
        cups.start()
        assert printing.result(30).job == "k-1"
    assert cups.pages("k-1") == [PAGE]
    assert cups.begun("k-1") == 2, "the first attempt was killed"
    wait_until(lambda: printer.probe().state is DeviceState.READY and cups.kept() == [])


def test_a_kiosk_that_starts_again_finds_the_job_that_it_sent_before(
    cups: RunningCups, printer: IppPrinter, wait_until: Callable[..., None]
) -> None:
    (cups.out / "hold").touch()
    assert failure(lambda: printer.print(document("l-1"), 1.0)).uncertain
    printer.close()
    again = at(cups)
    again.open()
    (cups.out / "hold").unlink()
    again.print(document("l-1"), 20)
    again.close()
    assert cups.pages("l-1") == [PAGE]
    printer.open()


def test_a_job_of_an_earlier_run_is_taken_back_at_the_first_visits_end(
    cups: RunningCups, printer: IppPrinter, wait_until: Callable[..., None]
) -> None:
    (cups.out / "paper-out").touch()
    assert failure(lambda: printer.print(document("m-1"), 20)).uncertain
    printer.close()
    again = at(cups)
    again.open()
    again.forget()
    (cups.out / "paper-out").unlink()
    again.print(document("m-2"), 20)
    assert cups.pages("m-1") == []
    wait_until(lambda: again.probe().state is DeviceState.READY and cups.kept() == [])
    again.close()
    printer.open()


def test_a_printer_behind_cups_gives_its_own_word_and_what_a_visit_leaves_goes_from_it_too(
    cups: RunningCups, wait_until: Callable[..., None]
) -> None:
    with SimulatedIppPrinter(0.3, quiet=True) as twin:
        cups.add("network", twin.url)
        driver = at(cups, "network")
        driver.open()
        assert driver.capabilities.proves
        assert driver.print(document("n-1"), 20).proof is Proof.PROVEN
        assert [job.document for job in twin.printed] == [PAGE]
        with ThreadPoolExecutor(1) as pool:
            printing = pool.submit(driver.print, document("n-2"), 20)
            wait_until(lambda: any(job.state == PROCESSING for job in twin.jobs.values()), 15)
            twin.menu.paper_out = True
            failed = printing.exception(20)
        assert isinstance(failed, DeviceError)
        assert (failed.fault, failed.uncertain) == (Fault.PAPER_OUT, True)
        driver.forget()
        wait_until(lambda: all(job.state >= CANCELED for job in twin.jobs.values()))
        twin.menu.paper_out = False
        assert [job.name for job in twin.printed] == ["n-1"]
        driver.close()
