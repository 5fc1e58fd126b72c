"""CUPS itself with a queue that turns documents into files: on a port of its own, without systemd."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from hall24.ports import free_port

CUPSD = "/usr/sbin/cupsd"
START_SECONDS = 60.0

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
        self._process.wait(20)
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # it ended by itself
                if int(stat.read_text("utf-8").rpartition(")")[2].split()[3]) == self._process.pid:
                    os.kill(int(stat.parent.name), signal.SIGKILL)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(20)

    def admin(self, *words: str) -> None:
        subprocess.run((words[0], "-h", self.socket, *words[1:]), check=True, capture_output=True, timeout=60)

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


@contextlib.contextmanager
def running_cups(root: Path) -> Iterator[RunningCups]:
    """CUPS with one queue, ``pages``, in a folder that is gone afterwards."""
    assert Path(CUPSD).exists(), "the set-up installs cups-daemon"
    running = RunningCups(root)
    running.start()
    try:
        end, give_up = time.monotonic() + START_SECONDS, threading.Event()
        while not running.answers():
            assert time.monotonic() < end, f"CUPS does not start: {(root / 'said').read_text('utf-8')}"
            give_up.wait(0.05)
        running.add("pages", f"pages:{running.out}")
        yield running
    finally:
        running.stop()
        shutil.rmtree(root, ignore_errors=True)
