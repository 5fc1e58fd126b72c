"""The kiosk's face under test: one window for all tests, drawn by software, before a visit that the test writes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QT_QUICK_BACKEND"] = "software"

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPointingDevice
from PySide6.QtQuick import QQuickItem
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from kiosk.viewmodels.stage import Stage, build_stage, choose_font
from kiosk.visit import View

NOON = datetime(2026, 3, 9, 1, 30, tzinfo=UTC)
SCENES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("scenes.json").read_text(encoding="utf-8"))
HALL = SCENES["home"]["data"]
SIZES = {"portrait": (1080, 1920), "landscape": (1920, 1080)}


class WrittenVisit:
    """A visit that shows what the test says and remembers what the screen asked for."""

    def __init__(self) -> None:
        self.view = View()
        self.calls: list[tuple[str, Any]] = []
        self._observers: list[Callable[[View], None]] = []
        self._previews: list[Callable[[Any], None]] = []

    def show(self, **changes: Any) -> None:
        self.view = replace(self.view, revision=self.view.revision + 1, **changes)
        for observer in self._observers:
            observer(self.view)

    def look(self, picture: Any) -> None:
        for preview in self._previews:
            preview(picture)

    def observe(self, callback: Callable[[View], None]) -> Callable[[], None]:
        self._observers.append(callback)
        callback(self.view)
        return lambda: self._observers.remove(callback)

    def observe_preview(self, callback: Callable[[Any], None]) -> Callable[[], None]:
        self._previews.append(callback)
        return lambda: self._previews.remove(callback)

    def start(self, flow: str) -> None:
        self.calls.append(("start", flow))

    def submit(self, given: Mapping[str, Any]) -> None:
        self.calls.append(("submit", dict(given)))

    def back(self) -> None:
        self.calls.append(("back", None))

    def cancel(self) -> None:
        self.calls.append(("cancel", None))

    def touch(self) -> None:
        self.calls.append(("touch", None))

    def set_manner(self, *, elder: bool | None = None, language: str | None = None) -> None:
        self.calls.append(("manner", (elder, language)))
        self.show(elder=self.view.elder if elder is None else elder, language=language or self.view.language)

    @property
    def asked(self) -> list[tuple[str, Any]]:
        """What was asked for, without touches."""
        return [call for call in self.calls if call[0] not in ("touch", "manner")]


@dataclass
class Screen:
    """The window, as a person in front of it uses it."""

    stage: Stage
    visit: WrittenVisit
    qtbot: QtBot
    finger: QPointingDevice
    report: dict[str, Any] = field(default_factory=dict)

    def settle(self) -> None:
        """Lets everything that was said arrive and be drawn."""
        for _ in range(3):
            self.qtbot.wait(1)

    def show(self, **view: Any) -> None:
        self.visit.show(**view)
        self.settle()

    def items(self, root: QQuickItem | None = None) -> Iterator[QQuickItem]:
        """Every item that is seen."""
        root = root or self.stage.window.contentItem()
        for child in root.childItems():
            if child.isVisible() and child.opacity() > 0:
                yield child
                yield from self.items(child)

    def find(self, name: str) -> QQuickItem:
        for item in self.items():
            if item.objectName() == name:
                return item
        raise AssertionError(f"{name} is not on the screen")

    def has(self, name: str) -> bool:
        return any(item.objectName() == name for item in self.items())

    def targets(self) -> list[QQuickItem]:
        """Everything on the screen that can be touched now."""
        return [item for item in self.items() if item.property("quick") is not None and item.isEnabled()]

    def box(self, item: QQuickItem) -> QRectF:
        return item.mapRectToScene(QRectF(0, 0, item.width(), item.height()))

    def middle(self, item: QQuickItem) -> QPoint:
        return item.mapToScene(QPointF(item.width() / 2, item.height() / 2)).toPoint()

    def click(self, name: str) -> None:
        """A mouse click, later than a second tap would be."""
        self.rest()
        QTest.mouseClick(
            self.stage.window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, self.middle(self.find(name))
        )
        self.settle()

    def touch(self, name: str) -> None:
        """A finger, later than a second tap would be."""
        self.rest()
        place = self.middle(self.find(name))
        QTest.touchEvent(self.stage.window, self.finger).press(0, place, self.stage.window).commit()
        QTest.touchEvent(self.stage.window, self.finger).release(0, place, self.stage.window).commit()
        self.settle()

    def key(self, key: Qt.Key) -> None:
        self.rest()
        QTest.keyClick(self.stage.window, key)
        self.settle()

    def keys(self, words: str) -> None:
        """Letters and digits of a real keyboard."""
        for letter in words:
            QTest.keyClick(self.stage.window, letter)
        self.settle()

    def rest(self) -> None:
        """As if the last tap were long ago."""
        self.stage.visit._last_tap = 0.0

    def texts(self) -> list[str]:
        return [
            str(item.property("text"))
            for item in self.items()
            if item.property("font") is not None and item.property("text")
        ]

    def dress(self, size: str, language: str, look: str) -> None:
        """Size of the window, language and look."""
        width, height = SIZES[size]
        window = self.stage.window
        if (window.width(), window.height()) != (width, height):
            window.resize(width, height)
        self.stage.theme.set_contrast(look == "contrast")
        self.stage.theme.set_low_reach(look == "low")

    @staticmethod
    def scene(name: str) -> dict[str, Any]:
        """A view as it stands in scenes.json."""
        return SCENES[name]

    @staticmethod
    def blank() -> dict[str, Any]:
        """A view's parts that scenes leave out."""
        return {
            "title_key": "",
            "flow": "",
            "step": 0,
            "steps": 0,
            "error": None,
            "error_values": {},
            "busy": False,
            "can_back": False,
            "offline": False,
            "warning_left": None,
        }

    def faults(self) -> list[str]:
        return faults_on(self)

    def save(self, folder: Path | None, name: str) -> None:
        """Draws the page; keeps the picture where HALL_SCREENSHOTS says."""
        image = self.stage.window.grabWindow()
        if folder is not None:
            image.save(str(folder / f"{name}.png"), "PNG", 80)


def faults_on(screen: Screen) -> list[str]:
    """What a person could stumble over on the page as it stands."""
    glass = window_box(screen.stage.window)
    found: list[str] = []
    targets: list[tuple[str, QRectF]] = []
    for item in screen.items():
        box = item.mapRectToScene(QRectF(0, 0, item.width(), item.height()))
        if "KText" in item.metaObject().className() and item.property("text"):
            found += text_faults(item, box, glass)
        if item.property("quick") is not None:
            found += target_faults(item, box, glass, screen.stage.theme.property("touch"))
            if not scrolled(item) and str(item.property("name")).strip():
                targets.append((str(item.property("name")), box))
    for index, (name, box) in enumerate(targets):
        found += [f"{name} and {other} overlap" for other, place in targets[index + 1 :] if box.intersects(place)]
    return found


def text_faults(item: QQuickItem, box: QRectF, glass: QRectF) -> list[str]:
    """A text that is cut, too wide or high for its place, off the glass, or sticking out of what it stands on."""
    text = str(item.property("text"))
    over = item.property("paintedWidth") - item.width(), item.property("paintedHeight") - item.height()
    seen = scrolled(item) or glass.contains(box)
    faults = {
        f"no text for {text}": "⟦" in text,
        f"cut short: {text}": item.property("truncated"),
        f"too wide by {over[0]:.0f}: {text}": over[0] > 1.5,
        f"too high by {over[1]:.0f}: {text}": over[1] > 2,
        f"off the screen: {text}": not seen,
    }
    return [fault for fault, there in faults.items() if there] + outside_parent(item, box, text)


def target_faults(item: QQuickItem, box: QRectF, glass: QRectF, least: int) -> list[str]:
    """Something to touch without a name, too small, or off the glass."""
    name = str(item.property("name"))
    if not name.strip():
        return ["a button without a name"] if item.isEnabled() else []
    found = []
    if not scrolled(item) and not glass.contains(box):
        found.append(f"button off the screen: {name}")
    if min(item.width(), item.height()) < least - 1.5:
        found.append(f"small target: {name} {item.width():.0f}x{item.height():.0f} < {least}")
    return found


HOLDERS = ("KButton", "KTile", "SwitchButton", "Notice", "Surface", "KField", "StatusLine")


def window_box(window: Any) -> QRectF:
    return QRectF(-1, -1, window.width() + 2, window.height() + 2)


def scrolled(item: QQuickItem) -> bool:
    """Whether it lies in something that scrolls, and so may be out of sight."""
    parent = item.parentItem()
    while parent is not None:
        if "Flickable" in parent.metaObject().className():
            return True
        parent = parent.parentItem()
    return False


def outside_parent(item: QQuickItem, box: QRectF, text: str) -> list[str]:
    """A word that sticks out of its button, tile or sheet; what scrolls may."""
    parent = item.parentItem()
    while parent is not None:
        kind = parent.metaObject().className()
        if "Flickable" in kind:
            return []
        if any(word in kind for word in HOLDERS):
            edge = parent.mapRectToScene(QRectF(-1.5, -1.5, parent.width() + 3, parent.height() + 3))
            return [] if edge.contains(box) else [f"sticks out of {kind.split('_')[0]}: {text}"]
        parent = parent.parentItem()
    return []


class _Backstage:
    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def report(self) -> dict[str, Any]:
        return self._screen.report


@pytest.fixture(scope="session")
def stage(qapp: Any) -> Iterator[Stage]:
    qapp.setFont(choose_font("Noto Sans CJK SC"))
    from zoneinfo import ZoneInfo

    stage = build_stage(clock=lambda: NOON.astimezone(ZoneInfo("Asia/Shanghai")))
    stage.theme.set_motion(False)
    stage.window.resize(*SIZES["portrait"])
    stage.window.show()
    yield stage
    stage.close()


@pytest.fixture(scope="session")
def finger() -> QPointingDevice:
    return QTest.createTouchDevice()


@pytest.fixture
def screen(stage: Stage, qtbot: QtBot, finger: QPointingDevice) -> Iterator[Screen]:
    """The window with a fresh visit on the first page."""
    visit = WrittenVisit()
    screen = Screen(stage, visit, qtbot, finger)
    stage.window.resize(*SIZES["portrait"])
    stage.theme.use_screen(None)
    stage.visit.attach(visit)
    stage.maintenance.attach(_Backstage(screen), "246810", lambda: None)
    stage.maintenance.close()
    stage.shell._after_visit()
    screen.show(page="Home", data=HALL)
    stage.window.requestActivate()
    said: list[str] = []
    stage.engine.warnings.connect(lambda warnings: said.extend(warning.toString() for warning in warnings))
    yield screen
    stage.engine.warnings.disconnect()
    assert not said, said
    stage.visit.close()
    screen.show(page="Home", elder=False, language="zh", error=None, busy=False, warning_left=None, offline=False)
    stage.visit.close()


@pytest.fixture(scope="session")
def album() -> Path | None:
    """Where pictures of every page go: HALL_SCREENSHOTS; None when nobody wants them."""
    told = os.environ.get("HALL_SCREENSHOTS")
    if not told:
        return None
    folder = Path(told) / "kiosk"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
