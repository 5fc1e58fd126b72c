"""A real browser for the pages of the hall, in a thread of its own so that the kiosk lives on meanwhile."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Page, Playwright

T = TypeVar("T")

FLAGS = (
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
)


class NoBrowser(Exception):  # noqa: N818  # said like a person would
    """There is no Chromium on this machine."""


class Browser:
    """Pages by name; each lives in a context of its own, as on a machine of its own."""

    def __init__(self, pump: Callable[[], None]) -> None:
        self._pump = pump
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="browser")
        self._playwright: Playwright | None = None
        self._chromium: Chromium | None = None
        self._pages: dict[str, Page] = {}
        self.complaints: list[str] = []
        """What pages wrote to the console as errors."""

    def start(self) -> None:
        executable = shutil.which("chromium") or shutil.which("google-chrome")
        if executable is None:
            raise NoBrowser("Chromium is needed for this: apt-get install chromium")
        self._do(lambda: self._launch(executable))

    def stop(self) -> None:
        self._do(self._end)
        self._thread.shutdown()

    def open(self, name: str, url: str, width: int, height: int, *, touch: bool = False) -> None:
        """Opens a page on a screen of that size."""
        self._do(lambda: self._open(name, url, width, height, touch))

    def on(self, name: str, act: Callable[[Page], T]) -> T:
        """Does something on a page and returns what came of it; the kiosk goes on meanwhile."""
        return self._do(lambda: act(self._pages[name]))

    def picture(self, name: str, path: Path) -> None:
        self._do(lambda: self._pages[name].screenshot(path=str(path)))

    def _do(self, act: Callable[[], T]) -> T:
        future: Future[T] = self._thread.submit(act)
        while not future.done():
            self._pump()
            time.sleep(0.01)
        return future.result()

    def _launch(self, executable: str) -> None:
        from playwright.sync_api import sync_playwright

        self._playwright = sync_playwright().start()
        self._chromium = self._playwright.chromium.launch(executable_path=executable, args=list(FLAGS))

    def _open(self, name: str, url: str, width: int, height: int, touch: bool) -> None:
        assert self._chromium is not None  # noqa: S101  # start() comes first
        context = self._chromium.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Europe/Lisbon", has_touch=touch
        )
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.on("console", lambda message: self._hear(name, message.type, message.text))
        page.on("pageerror", lambda error: self._hear(name, "error", str(error)))
        page.goto(url)
        self._pages[name] = page

    def _hear(self, name: str, kind: str, text: str) -> None:
        if kind == "error":
            self.complaints.append(f"{name}: {text}")

    def _end(self) -> None:
        if self._chromium is not None:
            self._chromium.close()
        if self._playwright is not None:
            self._playwright.stop()
