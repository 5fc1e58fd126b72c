"""The window and everything that QML finds in the module ``Hall.Kiosk``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtQml import QQmlApplicationEngine, qmlRegisterSingletonInstance
from PySide6.QtQuick import QQuickWindow

import assets
import ui
from kiosk.viewmodels.maintenance import Maintenance
from kiosk.viewmodels.pictures import Drawings, Preview, QrCodes
from kiosk.viewmodels.services import Services
from kiosk.viewmodels.shell import Shell
from kiosk.viewmodels.theme import Theme, read_tokens
from kiosk.viewmodels.visit import Visit
from kiosk.viewmodels.words import Words

MODULE = "Hall.Kiosk"
SINGLETONS: tuple[tuple[str, type[QObject]], ...] = (
    ("Theme", Theme),
    ("Words", Words),
    ("Shell", Shell),
    ("Visit", Visit),
    ("Services", Services),
    ("Maintenance", Maintenance),
)
"""Every type of the module; the qmllint test describes exactly these."""

FONT_FILES = (
    assets.ROOT / "fonts" / "NotoSansCJKsc-Regular.otf",
    assets.ROOT / "fonts" / "NotoSansCJKsc-Bold.otf",
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"),
    Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc"),
)


class StageError(RuntimeError):
    """The kiosk's face cannot be shown; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The kiosk's face, with its view-models empty until somebody attaches the inner works."""

    engine: QQmlApplicationEngine
    window: QQuickWindow
    theme: Theme
    words: Words
    shell: Shell
    visit: Visit
    services: Services
    maintenance: Maintenance

    def close(self) -> None:
        """Takes the window down. QML goes first, while everything it is bound to is still there."""
        self.visit.close()
        self.window.close()
        shiboken6.delete(self.engine)


def choose_font(family: str) -> QFont:
    """The house's type face, loaded by its file when the system does not list it. Raises ``StageError`` without it."""
    if not QFontDatabase.hasFamily(family):
        for path in FONT_FILES:
            if path.is_file():
                QFontDatabase.addApplicationFont(str(path))
    if not QFontDatabase.hasFamily(family):
        raise StageError(f"font {family!r} is missing; on Debian: apt-get install fonts-noto-cjk")
    font = QFont(family)
    font.setStyleStrategy(QFont.StyleStrategy.PreferAntialias)
    return font


def build_stage(
    *,
    clock: Callable[[], datetime],
    tokens: Path = ui.THEME,
    texts: Path = ui.I18N,
    qml: Path = ui.KIOSK,
) -> Stage:
    """Loads ``Main.qml`` hidden. There is one stage in a process, as QML's singletons are the process's own."""
    read = read_tokens(tokens)
    theme = Theme(read)
    words = Words(texts)
    visit = Visit(int(read["motion"]["secondTap"]))
    shell = Shell(theme, words, visit, clock, read["timeouts"]["page"])
    services = Services()
    maintenance = Maintenance()
    visit.ended.connect(services.clear)
    made: dict[str, QObject] = {
        "Theme": theme,
        "Words": words,
        "Shell": shell,
        "Visit": visit,
        "Services": services,
        "Maintenance": maintenance,
    }
    register: Any = qmlRegisterSingletonInstance  # PySide's stub leaves out the overload for instances
    for name, type_ in SINGLETONS:
        register(type_, MODULE, 1, 0, name, made[name])
    engine = QQmlApplicationEngine()
    engine.addImageProvider("drawing", Drawings(qml, theme))
    engine.addImageProvider("qr", QrCodes(visit.qr_address))
    engine.addImageProvider("preview", Preview(visit.picture))
    engine.load(QUrl.fromLocalFile(str(qml / "Main.qml")))
    roots = engine.rootObjects()
    if not roots or not isinstance(roots[0], QQuickWindow):
        raise StageError("ui/kiosk/Main.qml could not be loaded; the lines above say why")
    shell.start()
    return Stage(engine, roots[0], theme, words, shell, visit, services, maintenance)
