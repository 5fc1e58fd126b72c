"""The whole hall on one machine: real programs and real drivers, simulated devices.

Used by ``hall demo``, by the scripted journeys and by the tests of the whole hall.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import requests

import assets
from drivers.camera.twin import SimulatedCamera
from drivers.code_scanner.twin import SimulatedScanner
from drivers.document_printer.twin import SimulatedIppPrinter
from drivers.id_card_reader.twin import SimulatedReader
from drivers.seams.modbus_twin import SimulatedBus
from drivers.seams.twin_nodes import SimulatedBar, SimulatedBox, SimulatedKeypad, SimulatedRater
from drivers.ticket_printer.twin import SimulatedPrinter
from drivers.window_display.bx_twin import SimulatedBxTcp
from drivers.window_display.bx_twin_card import SimulatedCard
from hall24.demo.faces import before_the_camera
from hall24.demo.processes import Program
from hall24.ports import free_port

OFFICERS = tuple(f"officer{n}" for n in range(1, 9))
PASSWORD = "demo-hall-24"  # noqa: S105  # the demo's own people, printed at every start
STAFF_PIN = "2424"
BAR_UNIT, KEYPAD_UNIT, RATER_UNIT, BOX_UNIT = 3, 8, 18, 40

CONNECT_SECONDS, READ_SECONDS = 5.0, 15.0
"""Longer than a kiosk's own: a machine that plays a whole hall may be slow, and that is no server that is away."""

CONTACTS = ("door", "cabinet", "on-battery", "battery-low")
LAMPS = ("card-lamp", "paper-lamp", "camera-lamp", "scan-lamp")
"""What hangs on the inputs and outputs of the kiosk's box, in their order."""


@dataclass
class Simulated:
    """The devices of the demo hall, each on the far side of a real line."""

    reader: SimulatedReader = field(default_factory=SimulatedReader)
    printer: SimulatedPrinter = field(default_factory=SimulatedPrinter)
    camera: SimulatedCamera = field(default_factory=lambda: SimulatedCamera(before_the_camera("p1")))
    bar: SimulatedBar = field(default_factory=SimulatedBar)
    keypad: SimulatedKeypad = field(default_factory=SimulatedKeypad)
    rater: SimulatedRater = field(default_factory=SimulatedRater)
    scanner: SimulatedScanner = field(default_factory=SimulatedScanner)
    pages: SimulatedIppPrinter = field(default_factory=lambda: SimulatedIppPrinter(job_seconds=1.5))
    card: SimulatedCard = field(default_factory=SimulatedCard)
    """What drives the bar of window 5."""
    box: SimulatedBox = field(default_factory=SimulatedBox)
    """Contacts and lamps of the kiosk, on a line of its own."""

    def __post_init__(self) -> None:
        self.bus = SimulatedBus({BAR_UNIT: self.bar, KEYPAD_UNIT: self.keypad, RATER_UNIT: self.rater})
        self.bar5 = SimulatedBxTcp(self.card)
        self.cabinet = SimulatedBus({BOX_UNIT: self.box})

    def start(self) -> None:
        self.reader.start()
        self.printer.start()
        self.camera.start()
        self.bus.start()
        self.scanner.start()
        self.pages.start()
        self.bar5.start()
        self.cabinet.start()

    def stop(self) -> None:
        self.cabinet.stop()
        self.bar5.stop()
        self.pages.stop()
        self.scanner.stop()
        self.bus.stop()
        self.camera.stop()
        self.printer.stop()
        self.reader.stop()


class Stage:
    """Starts everything in order and stops it in the opposite one; nothing is left behind.

    ``folder`` keeps the data over starts; without one a temporary folder is used and removed.
    """

    def __init__(self, folder: Path | None = None, port: int = 0, *, hall: Path = assets.DEMO_HALL) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="hall-demo-") if folder is None else None
        self.folder = folder or Path(self._temporary.name if self._temporary else ".")
        self.port = port or free_port()
        self.devices = Simulated()
        self.codes: dict[str, str] = {}
        self._hall = hall
        self._backend_port = free_port()
        self.backend = Program(
            "reference-backend",
            ["-m", "hall24", "reference-backend", "--port", str(self._backend_port)],
            self.folder,
        )
        self.server: Program | None = None

    def _new_server(self) -> Program:
        return Program(
            "serve",
            ["-m", "hall24", "serve", "--db", self.database, "--host", "127.0.0.1", "--port", str(self.port)],
            self.folder,
            {
                "BUS": self.devices.bus.path,
                "BAR5": self.devices.bar5.place,
                "HALL_SERVER_PROVIDERS__URL": self.backend_url,
            },
        )

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'hall.db'}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def backend_url(self) -> str:
        return f"http://127.0.0.1:{self._backend_port}"

    @property
    def kiosk_config(self) -> Path:
        return self.folder / "kiosk.toml"

    def page(self, path: str, code: str = "") -> str:
        """The address of a page; the enrolment code goes into the fragment, which no log sees."""
        return f"{self.url}{path}" + (f"#enrol={self.codes[code]}" if code in self.codes else "")

    def __enter__(self) -> Stage:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Devices, back end, database, server, and the kiosk's settings with its token."""
        from queue_server.storage.init import init

        self.folder.mkdir(parents=True, exist_ok=True)
        self.devices.start()
        self.backend.start()
        people = dict.fromkeys((*OFFICERS, "admin"), PASSWORD)
        credentials = init(self.database, self._hall.read_text(encoding="utf-8"), passwords=people)
        self.codes = {f"{code.role.value}:{code.name}": code.code for code in credentials.codes}
        self.start_server()
        if "kiosk:K1" in self.codes:
            self._write_kiosk_config(self.enrol("kiosk:K1"))

    def start_server(self) -> None:
        self.server = self._new_server()
        self.server.start()

    def kill_server(self) -> None:
        """``kill -9``, as a power cut would."""
        if self.server is not None:
            self.server.kill()

    @property
    def server_runs(self) -> bool:
        return self.server is not None and self.server.running

    def enrol(self, code: str) -> str:
        """Turns an enrolment code into a token, as a device does on its first day. Returns the token."""
        answer = requests.post(f"{self.url}/api/v1/enrol", json={"code": self.codes.pop(code)}, timeout=30)
        answer.raise_for_status()
        token: str = answer.json()["token"]
        return token

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()
        self.backend.stop()
        self.devices.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _write_kiosk_config(self, token: str) -> None:
        devices = self.devices
        self.kiosk_config.write_text(
            f"""name = "K1"
data = "{self.folder / "kiosk"}"
staff_pin = "{STAFF_PIN}"
photo_decoder = "synthetic"

[server]
url = "{self.url}"
token = "{token}"
connect_seconds = {CONNECT_SECONDS}
read_seconds = {READ_SECONDS}

[devices.id_card_reader]
model = "sam_v"
url = "{devices.reader.url}"

[devices.ticket_printer]
model = "escpos"
url = "{devices.printer.url}"

[devices.camera]
model = "images"
url = "{devices.camera.url}"

[devices.code_scanner]
model = "serial"
url = "{devices.scanner.url}"

[devices.document_printer]
model = "cups"
url = "{devices.pages.url}"

[devices.sensors]
model = "modbus_inputs"
url = "{devices.cabinet.url(BOX_UNIT)}"
options = {{ inputs = "{_numbered(CONTACTS)}" }}

[devices.indicators]
model = "modbus_coils"
url = "{devices.cabinet.url(BOX_UNIT)}"
options = {{ outputs = "{_numbered(LAMPS)}" }}

[devices.face_verifier]
model = "opencv"
url = "models://{assets.MODELS}"
options = {{ liveness = "none" }}
""",
            encoding="utf-8",
        )
        self.kiosk_config.chmod(0o600)


def _numbered(names: tuple[str, ...]) -> str:
    return " ".join(f"{name}={number}" for number, name in enumerate(names))
