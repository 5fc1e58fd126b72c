"""QML, web pages and translations. The Python side is only where they lie."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent
KIOSK = ROOT / "kiosk"
WEB = ROOT / "web"
I18N = ROOT / "i18n"
THEME = ROOT / "theme.json"
