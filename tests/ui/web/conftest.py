"""Chromium, the fake hall, and the eyes that look for clipped and overlapping text."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from queue_server.contract.codec import convert
from queue_server.contract.messages import LevelView
from queue_server.storage.init import init

HERE = Path(__file__).resolve().parent
PATIENCE = 30
"""Seconds that a test waits for something to happen on a machine that has other things to do; it costs nothing when
all is well."""
ROOT = HERE.parents[2]
CHROMIUM = [
    "--no-sandbox",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-gpu",
]


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"web_pages_{name}", HERE / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


fake_hall = _load("fake_hall")
fake_server = _load("fake_server")


def levels() -> list[LevelView]:
    rows = json.loads((HERE / "levels.json").read_text())
    for row in rows:
        row["reasons"] = [{"code": code, "text": {"zh": zh, "en": en}} for code, zh, en in row["reasons"]]
    return convert(rows, list[LevelView])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def hall() -> Iterator[Any]:
    """A quiet hall behind a real port; ``hall.url`` is its address."""
    fake = fake_hall.FakeHall(description=fake_hall.demo_description(ROOT), levels=levels())
    fake.tokens["T"] = "window"
    with fake_server.Running(fake) as running:
        fake.url = running.url
        yield fake


REAL_PASSWORD = "a password of this test"


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The real server of the demo hall in its own process: ``url``, ``codes`` of devices, ``password``, ``post``."""
    folder = tmp_path_factory.mktemp("real")
    db = f"sqlite:///{folder}/hall.db"
    text = (ROOT / "assets/samples/demo_hall.yaml").read_text("utf-8")
    people = [*(f"officer{number}" for number in range(1, 9)), "admin"]
    made = init(db, text, passwords=dict.fromkeys(people, REAL_PASSWORD))
    quiet = {"HALL_SERVER_GATEWAY": "false", "HALL_SERVER_ACCESS_LOG": "false"}
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "queue_server", "serve", "--db", db, "--port", "0"]
        server = subprocess.Popen(command, cwd=ROOT, env=os.environ | quiet, stdout=subprocess.PIPE, stderr=log)
        try:
            assert server.stdout is not None
            line = server.stdout.readline().decode()
            assert line.startswith("ready "), (folder / "log").read_text()
            url = line.split()[1]
            codes = {f"{code.role.value}:{code.name}": code.code for code in made.codes}
            yield SimpleNamespace(url=url, codes=codes, password=REAL_PASSWORD, post=_poster(url))
        finally:
            server.terminate()
            server.wait(PATIENCE)
            if server.stdout is not None:
                server.stdout.close()


def _poster(url: str) -> Callable[..., Any]:
    def post(path: str, body: dict[str, Any], token: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = httpx.post(f"{url}/api/v1{path}", json=body, headers=headers, timeout=PATIENCE)
        assert answer.status_code < 300, answer.text
        return answer.json()

    return post


class Glass:
    """Opens pages the way a device does, and holds them to account when the test ends."""

    def __init__(self, browser: Browser, hall: Any, folder: Path) -> None:
        self.browser, self.hall, self.folder = browser, hall, folder
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.expected: list[str] = []

    def open(
        self,
        path: str,
        size: tuple[int, int] = (1280, 800),
        *,
        lang: str = "zh",
        enrolled: bool = True,
        code: str = "",
        url: str = "",
        script: str = "",
        **more: Any,
    ) -> Page:
        """A page on a glass of its own; ``code`` enrols it, ``url`` is another hall than the fake one."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            base_url=url or self.hall.url,
            timezone_id="Asia/Shanghai",
            locale="zh-CN",
            **more,
        )
        self.contexts.append(context)
        place = path.split("?")[0].rstrip("/")
        if enrolled:
            keep = f"localStorage.setItem('hall.device:{place}', 'T')"
            context.add_init_script(keep)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"{path}: {error}"))
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={lang}{f'#enrol={code}' if code else ''}")
        return page

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning"} and not any(re.search(one, message.text) for one in self.expected):
            self.complaints.append(f"console {message.type}: {message.text}")

    def expect_complaint(self, pattern: str) -> None:
        """What the browser itself says about a request that this test makes fail on purpose."""
        self.expected.append(pattern)

    def settle(self, page: Page) -> None:
        """Until nothing moves. The pages forbid eval, so this asks again and again from outside."""
        self.at_rest(page, "true")

    def at_rest(self, page: Page, question: str) -> Any:
        """The answer of the page to ``question``, asked in a moment in which nothing moves."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            answer = page.evaluate(f"{STILL} ? [{question}] : null")
            if answer:
                return answer[0]
            page.wait_for_timeout(20)
        raise AssertionError("something moves for ever")

    def picture(self, page: Page, name: str) -> None:
        """Keeps what is on the glass and refuses text that is cut off, runs out or lies on other text."""
        page.evaluate("document.fonts.ready.then(() => true)")
        self.settle(page)
        page.screenshot(path=self.folder / f"{name}.png")
        faults = self.at_rest(page, EYES)
        assert faults == [], f"{name}: {faults}"

    def log_in(self, page: Page, name: str) -> None:
        page.fill("[name=name]", name)
        page.fill("[name=password]", "right horse")
        page.keyboard.press("Enter")

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        assert self.complaints == []


EYES = (HERE / "eyes.js").read_text()
STILL = "document.getAnimations().every((one) => one.playState !== 'running')"


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures go: HALL_SCREENSHOTS, else a folder that pytest throws away."""
    asked = os.environ.get("HALL_SCREENSHOTS")
    folder = Path(asked) / "web" if asked else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def glass(browser: Browser, hall: Any, screenshots: Path) -> Iterator[Glass]:
    glass = Glass(browser, hall, screenshots)
    yield glass
    glass.close()


@pytest.fixture
def until() -> Callable[[Page, Callable[[], bool]], None]:
    """Waits until something is true on the side of the hall, while the page goes on."""

    def wait(page: Page, true: Callable[[], bool]) -> None:
        late = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < late, "it did not happen"
            page.wait_for_timeout(20)

    return wait
