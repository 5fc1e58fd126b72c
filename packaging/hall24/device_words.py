"""The words of ``hall device`` for people: translations of faults, conditions and states."""

from __future__ import annotations

import json
import os
from functools import lru_cache

import ui


def words(key: str) -> str:
    """The text for a key in the language of the terminal (``LC_ALL``, ``LANG``); the key itself if it has none."""
    return _texts().get(key, key)


@lru_cache(maxsize=1)
def _texts() -> dict[str, str]:
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    folder = "zh_CN" if locale.startswith("zh") else "en"
    texts: dict[str, str] = json.loads((ui.I18N / folder / "device.json").read_text("utf-8"))
    return texts
