"""Devices behind the ports of the drivers that do what a test tells them."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import date
from typing import Any

from drivers.code_scanner.port import Code
from drivers.device import Cancel, DeviceError, DeviceState, Fault, Secret, Status
from drivers.document_printer.port import Document, Printed
from drivers.document_printer.port import Proof as PageProof
from drivers.face_verifier.port import FaceCheck, FaceOutcome, Hint
from drivers.id_card_reader.port import CardKind, IdCard, Sex
from drivers.indicators.port import IndicatorCapabilities
from drivers.ticket_printer.port import PrinterCapabilities, Proof, Slip

NAME = "欧阳测试者"
NUMBER = "110105194912310021"
PHONE = "13800001234"
CODE = "246810"
PERSONAL = (NAME, NUMBER, PHONE, CODE, "测试路五号")


class FakeDevice:
    def __init__(self) -> None:
        self.absent = False
        self.broken: Fault | None = None
        self.status = Status(DeviceState.READY)
        self.opened = 0

    def open(self) -> None:
        if self.absent:
            raise DeviceError(Fault.ABSENT)
        self.opened += 1

    def close(self) -> None:
        """Nothing is open."""

    def probe(self) -> Status:
        if self.absent:
            raise DeviceError(Fault.UNPLUGGED)
        return self.status


def a_card(**changes: Any) -> IdCard:
    card = IdCard(
        kind=CardKind.RESIDENT, name=Secret(NAME), number=Secret(NUMBER), sex=Sex.MALE,
        birth_date=Secret(date(1990, 1, 2)), address=Secret("测试路五号"), authority=Secret("某公安局"),
        valid_from=date(2015, 1, 2), valid_to=None, photo=Secret(b"photo"),
    )  # fmt: skip
    return replace(card, **changes)


class FakeReader(FakeDevice):
    """Reads what lies on it; ``fault`` is raised instead."""

    def __init__(self) -> None:
        super().__init__()
        self.card: IdCard | None = None
        self.fault: Fault | None = None
        self.reads = 0

    def read(self, timeout: float, cancel: Cancel | None = None) -> IdCard:
        cancel = cancel or Cancel()
        self.reads += 1
        deadline = time.monotonic() + min(timeout, 60)
        while time.monotonic() < deadline:
            cancel.check()
            if self.fault:
                raise DeviceError(self.fault, "made up")
            if self.card:
                return self.card
            cancel.wait(0.005)
        raise DeviceError(Fault.NO_CARD)


class FakeCardReader(FakeReader):
    """The same for social-security cards: ``card`` is what is in its slot."""


class FakeScanner(FakeDevice):
    """Sees what is held there, one after the other: text, or the fault that reading it ends with."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[str | Fault] = []
        self.armed = 0

    def read(self, timeout: float = 30.0, cancel: Cancel | None = None) -> Code:
        cancel = cancel or Cancel()
        self.armed += 1
        deadline = time.monotonic() + min(timeout, 60)
        while time.monotonic() < deadline:
            cancel.check()
            if self.held:
                seen = self.held.pop(0)
                if isinstance(seen, Fault):
                    raise DeviceError(seen, "made up")
                return Code(Secret(seen.encode()), Secret(seen), time.monotonic())
            cancel.wait(0.005)
        raise DeviceError(Fault.NO_CODE)


class FakePrinter(FakeDevice):
    """Prints into a list; ``fault`` is raised instead, ``uncertain`` as said, ``hold`` is awaited first."""

    def __init__(self) -> None:
        super().__init__()
        self.slips: list[Slip] = []
        self.fault: Fault | None = None
        self.uncertain = False
        self.proof = Proof.PROVEN
        self.hold = threading.Event()
        self.hold.set()

    @property
    def capabilities(self) -> PrinterCapabilities:
        return PrinterCapabilities(576, 8.0, True, True)

    def print(self, slip: Slip, timeout: float) -> Proof:
        self.hold.wait(60)
        if self.fault:
            raise DeviceError(self.fault, uncertain=self.uncertain)
        self.slips.append(slip)
        return self.proof


class FakePagePrinter(FakeDevice):
    """Prints pages into a list; ``fault`` is raised instead, ``uncertain`` as said."""

    def __init__(self) -> None:
        super().__init__()
        self.documents: list[Document] = []
        self.fault: Fault | None = None
        self.uncertain = False
        self.forgotten = 0

    def print(self, document: Document, timeout: float = 120.0, cancel: Cancel | None = None) -> Printed:
        self.documents.append(document)
        if self.fault:
            raise DeviceError(self.fault, uncertain=self.uncertain)
        return Printed(document.job, PageProof.PROVEN, 1)

    def forget(self) -> None:
        self.forgotten += 1


class FakeLamps(FakeDevice):
    """``lamps``: what each one does now, ``flashing``, ``on`` or ``off``."""

    def __init__(self, names: tuple[str, ...] = ("card-lamp", "paper-lamp"), *, flashes: bool = True) -> None:
        super().__init__()
        self.capabilities = IndicatorCapabilities(names, flashes=flashes)
        self.lamps: dict[str, str] = {}
        self.switched = 0

    def set(self, name: str, on: bool, timeout: float = 1.0, cancel: Cancel | None = None) -> None:
        self._switch(name, "on" if on else "off")

    def flash(self, name: str, period: float = 1.0, timeout: float = 1.0, cancel: Cancel | None = None) -> None:
        self._switch(name, "flashing")

    def _switch(self, name: str, state: str) -> None:
        if self.broken:
            raise DeviceError(self.broken)
        self.switched += 1  # first: who sees the lamp may count at once
        self.lamps[name] = state


class FakeCamera(FakeDevice):
    def __init__(self) -> None:
        super().__init__()
        self.running = False
        self.starts = 0

    def start(self, timeout: float = 4.0, cancel: Cancel | None = None) -> None:
        self.running = True
        self.starts += 1

    def stop(self) -> None:
        self.running = False

    def frame(self, timeout: float, cancel: Cancel | None = None) -> Any:
        raise DeviceError(Fault.NO_PICTURE)


class FakeVerifier(FakeDevice):
    def __init__(self) -> None:
        super().__init__()
        self.outcomes: list[FaceOutcome] = []
        self.checks = 0

    def check(
        self, card_picture: bytes, camera: Any, timeout: float, cancel: Any, on_hint: Any, on_preview: Any
    ) -> Any:
        self.checks += 1
        on_hint(Hint.COME_CLOSER)
        deadline = time.monotonic() + 60
        while not self.outcomes and time.monotonic() < deadline:
            cancel.check()
            time.sleep(0.005)
        return FaceCheck(self.outcomes.pop(0))


class Decoder:
    """Takes the block for the picture; ``fault`` is raised instead, as a decoder that is not set up does."""

    def __init__(self) -> None:
        self.fault: Fault | None = None

    def decode(self, block: bytes) -> bytes | None:
        if self.fault:
            raise DeviceError(self.fault, "the photo decoder's program is missing")
        return block or None
