"""During a face check and the print of a slip no file is written and no socket is opened but the printer's.

The whole of it runs in a process of its own, where Python itself reports every file, socket and program.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import assets

ROOT = Path(__file__).resolve().parents[3]

WATCHED = """
import json, os, sys
from pathlib import Path

from drivers.camera.images import ImagesCamera
from drivers.face_verifier.liveness import NoLiveness
from drivers.face_verifier.opencv import OpenCvFaceVerifier, Settings
from drivers.loading import make_device
from drivers.ticket_printer.port import Raster, Slip
from drivers.ticket_printer.twin import SimulatedPrinter

cards = Path(sys.argv[1])
verifier = OpenCvFaceVerifier(Settings(liveness=NoLiveness))
verifier.open()
camera = ImagesCamera(cards / "li_hua.jpg", 30.0, varied=True)
camera.open()
picture = (cards / "li_hua.webp").read_bytes()
printer = SimulatedPrinter()
printer.start()
driver = make_device("ticket_printer", "escpos", printer.url)
driver.open()
slip = Slip("1", Raster(576, 1, bytes(72)), ("# A001",), "https://hall.example.org/t/1")
seen = []

def visit():
    camera.start()
    outcome = verifier.check(picture, camera, 20).outcome.value
    camera.stop()
    driver.print(slip, 5)
    return outcome

visit()  # the first time loads what is loaded once: OpenCV, numpy, the networks

def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND):
            seen.append(["written", str(path)])
    elif event == "socket.connect":
        seen.append(["connected", str(arguments[1])])
    elif event in ("subprocess.Popen", "os.system", "os.fork", "os.exec", "os.mkdir", "os.rename", "shutil.copyfile"):
        seen.append([event, ""])

sys.addaudithook(watch)
outcome = visit()
watching = list(seen)
Path(os.devnull).open("w").close()
caught = seen[len(watching):]
driver.close()
printer.stop()
print(json.dumps({"outcome": outcome, "seen": watching, "port": printer.url, "proof": caught}))
"""


def test_a_face_check_and_a_print_write_no_file_and_call_nobody_else() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WATCHED, str(assets.SAMPLES / "cards")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["outcome"] == "match"
    assert report["proof"] == [["written", "/dev/null"]], "the watch itself works"
    host, _, port = report["port"].removeprefix("tcp://").partition(":")
    assert report["seen"] == [["connected", f"('{host}', {port})"]]


def test_drivers_load_without_opencv_and_pillow() -> None:
    names = "drivers.ticket_printer.escpos, drivers.camera.images, drivers.camera.uvc, drivers.face_verifier.opencv"
    code = f"import sys, {names}; print([name for name in ('cv2', 'PIL', 'numpy', 'segno') if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.strip() == "[]"
