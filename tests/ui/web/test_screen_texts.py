"""Every text of the pages exists in both languages, and none lies about unused."""

from __future__ import annotations

import json
import re
from itertools import chain

import pytest

from queue_server.contract.refusals import Code
from queue_server.contract.words import ClosedReason, Outcome, PassReason, PauseReason, Priority, WindowMode
from queue_server.domain import queue
from ui import I18N, WEB

OURS = ("screen", "window", "rating", "door", "wait", "list", "closed")
USED_KEY = re.compile(r"""["'`]([a-z][\w-]*(?:\.[\w-]+)+)["'`]""")


def texts(language: str) -> dict[str, str]:
    read: dict[str, str] = json.loads((I18N / language / "web.json").read_text("utf-8"))
    return read


def sources() -> str:
    files = chain.from_iterable(sorted(WEB.rglob(kind)) for kind in ("*.js", "*.html"))
    return "\n".join(path.read_text("utf-8") for path in files)


def test_both_languages_have_the_same_texts_with_the_same_places() -> None:
    zh, en = texts("zh_CN"), texts("en")
    assert zh.keys() == en.keys()
    places = re.compile(r"\{\w+\}")
    assert [
        key for key in zh if set(places.findall(zh[key])) != set(places.findall(en[key])) and key != "language"
    ] == []
    assert [key for key in zh if not zh[key].strip() or not en[key].strip()] == []


def test_every_word_of_the_hall_can_be_said() -> None:
    wanted = {
        *(f"refusal.{code}" for code in Code),
        *(f"closed.{reason}" for reason in ClosedReason),
        *(f"window.mode.{mode}" for mode in WindowMode),
        *(f"rating.mode.{mode}" for mode in WindowMode),
        *(f"window.pass.{reason}" for reason in PassReason),
        *(f"window.pause.{reason}" for reason in PauseReason),
        *(f"window.outcome.{outcome}" for outcome in Outcome),
        *(f"priority.{priority}" for priority in Priority if priority != Priority.NONE),
        *(f"why.{why}" for why in (queue.FIRST_IN_LINE, queue.PRIORITY, queue.SENT_HERE, queue.OTHER_QUEUE_EMPTY)),
    }
    assert wanted - texts("en").keys() == set()


@pytest.mark.parametrize("area", OURS)
def test_no_text_is_missing_and_none_is_left_over(area: str) -> None:
    source = sources()
    known = {key for key in texts("en") if key.startswith(f"{area}.")}
    named = {key for key in USED_KEY.findall(source) if key.startswith(f"{area}.")}
    begun = (*re.findall(r"`([\w.-]+\.)\$\{", source), f"{area}.refused.")
    files = {f"{area}.css", f"{area}.js", f"{area}.html"}
    assert named - known - files == set()
    assert {key for key in known - named if not key.startswith(begun)} == set()
