"""Everybody and everything a scripted journey needs: the stage, the kiosk in this process, a browser, a timeline."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from hall24.demo.browser import Browser
from hall24.demo.citizen import Citizen
from hall24.demo.stage import Stage
from hall24.demo.timeline import Timeline

PORTRAIT, LANDSCAPE = (1080, 1920), (1920, 1080)
NOBODY_LEAVES = "900"
"""Seconds until a kiosk in a journey takes its citizen for gone: a slow machine is no citizen who left."""


class Troupe:
    """Starts all parts for one journey and ends them, whatever happens."""

    def __init__(self, out: Path, *, data: Path | None = None, port: int = 0, size: tuple[int, int] = PORTRAIT) -> None:
        self.out = out
        self.timeline = Timeline(out)
        self.stage = Stage(data, port)
        self._size = size
        self._exits = ExitStack()

    def __enter__(self) -> Troupe:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        os.environ.setdefault("QT_QUICK_BACKEND", "software")
        for limit in ("PAGE", "RESULT"):
            os.environ.setdefault(f"HALL_KIOSK_TIMEOUTS__{limit}", NOBODY_LEAVES)
        from PySide6.QtGui import QGuiApplication

        from kiosk.__main__ import make_program

        self._exits.enter_context(self.stage)
        self.program = make_program(self.stage.kiosk_config, windowed=True, size=self._size)
        self.program.show()
        self._exits.callback(self.program.finish)
        self.citizen = Citizen(self.program.stage.window, QGuiApplication.processEvents)
        self.browser = Browser(QGuiApplication.processEvents)
        self.browser.start()
        self._exits.callback(self.browser.stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    @property
    def page(self) -> str:
        """Which page the kiosk shows."""
        works = self.program.works
        return "" if works is None else works.visit.view.page

    @property
    def data(self) -> Mapping[str, Any]:
        """What that page was given to show."""
        works = self.program.works
        return {} if works is None else works.visit.view.data

    def kiosk_shows(self, page: str, timeout: float = 60.0) -> None:
        self.citizen.wait(lambda: self.page == page, timeout, f"the kiosk's page {page}")

    def kiosk_is_ready(self) -> None:
        """Its first page offers a ticket, the reader is open, numbers are borrowed."""
        self.kiosk_shows("Home")
        self.citizen.wait(lambda: self.citizen.sees("offer-take_ticket"), 60, "a ticket on offer")
        self.citizen.wait(self._all_open, 60, "all devices of the kiosk and numbers for every queue")

    def _all_open(self) -> bool:
        works = self.program.works
        told = {} if works is None else works.report()
        return bool(told.get("leases")) and not any(
            device["state"] in {"connecting", "absent", "unknown"} for device in told["devices"]
        )
