"""Words stand in the translation files, in both languages, and nowhere else; QML is clean."""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMetaMethod, QObject

import ui
from drivers.device import Fault
from drivers.face_verifier.port import Hint
from kiosk.errors import Reason
from kiosk.sync.link import REFUSED
from kiosk.viewmodels.stage import SINGLETONS
from queue_server.contract.messages import Caution, ClosedReason, Priority
from queue_server.contract.refusals import Code

QML = sorted(ui.KIOSK.rglob("*.qml"))
TEXTS = {
    language: json.loads((ui.I18N / language / "kiosk.json").read_text(encoding="utf-8"))
    for language in ("zh_CN", "en")
}
CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def test_both_languages_have_the_same_texts() -> None:
    assert TEXTS["zh_CN"].keys() == TEXTS["en"].keys()


@pytest.mark.parametrize("key", sorted(TEXTS["en"]))
def test_a_text_is_written_in_its_language(key: str) -> None:
    chinese, english = TEXTS["zh_CN"][key], TEXTS["en"][key]
    assert chinese.strip()
    assert english.strip()
    if key != "switch.language":
        assert not CHINESE.search(english)
        assert not re.search(r"[\u4e00-\u9fff][,?:;]", chinese), "Chinese has its own punctuation"


def test_a_date_may_leave_out_parts_but_no_text_invents_a_placeholder() -> None:
    known = {"month", "day", "monthName", "weekday", "step", "steps", "title", "count", "low", "high", "seconds", "at",
             "all", "reference", "queue", "date", "time", "near", "from", "until", "name", "way"}  # fmt: skip
    used = {name for texts in TEXTS.values() for text in texts.values() for name in PLACEHOLDER.findall(text)}
    assert used <= known


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words(reason: Reason) -> None:
    assert f"error.{reason.value}" in TEXTS["zh_CN"]


AT_WINDOWS = {
    Code.WINDOW_BUSY, Code.WINDOW_NOT_OPEN, Code.WINDOW_TAKEN, Code.NO_CURRENT_TICKET, Code.RECALL_TOO_SOON,
    Code.RECALL_LIMIT, Code.NOTHING_TO_UNDO, Code.REASON_REQUIRED, Code.REACTIVATION_LIMIT, Code.TOO_LATE,
}  # fmt: skip
RATINGS = {Code.RATING_EXISTS, Code.RATING_NOT_POSSIBLE, Code.RATING_CLOSED, Code.UNKNOWN_REASON}
OF_THE_PROGRAM = {Code.BAD_REQUEST, Code.KEY_REUSED, Code.SNAPSHOT_NEEDED}
OF_A_SERVER_IN_TROUBLE = {Code.STORAGE_FULL, Code.BUSY, Code.INTERNAL}
OF_BOOKINGS_THAT_CHANGED = {Code.NOT_FOUND, Code.WRONG_STATE}


def test_every_refusal_of_the_hall_is_either_said_at_a_kiosk_or_never_meets_anybody_there() -> None:
    elsewhere = AT_WINDOWS | RATINGS | OF_THE_PROGRAM | OF_A_SERVER_IN_TROUBLE | OF_BOOKINGS_THAT_CHANGED
    assert set(REFUSED) | elsewhere == set(Code)
    assert not set(REFUSED) & elsewhere


def test_every_word_of_the_hall_that_a_page_shows_has_a_text() -> None:
    keys = TEXTS["zh_CN"]
    assert {f"face.hint.{hint.value}" for hint in Hint} <= keys.keys()
    assert {f"closed.{reason.value}" for reason in ClosedReason} <= keys.keys()
    assert {f"warning.{caution.value}" for caution in Caution} <= keys.keys()
    assert {f"priority.{priority.value}" for priority in Priority} <= keys.keys()
    assert {f"face.{state}" for state in ("looking", "match", "unsure", "no-match", "unavailable")} <= keys.keys()
    assert {f"weekday.{day}" for day in range(1, 8)} | {f"month.{month}" for month in range(1, 13)} <= keys.keys()


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_device_fault_has_words(language: str) -> None:
    texts = json.loads((ui.I18N / language / "device.json").read_text(encoding="utf-8"))
    assert {f"fault.{fault.value}" for fault in Fault} <= texts.keys()


@pytest.mark.parametrize("path", QML, ids=lambda path: path.stem)
def test_no_text_stands_in_a_qml_file(path: Path) -> None:
    """Only keys, names of icons and of kinds: lower case, no blanks."""
    code = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
    assert not CHINESE.search(code.replace("⟦", "").replace("⟧", ""))
    for shown in re.findall(r"\b(?:text|title|guidance|line|more|hint|label|name):\s*\"([^\"]*)\"", code):
        assert re.fullmatch(r"[a-z]*", shown), f"{shown!r} is a text"


@pytest.mark.parametrize("path", QML, ids=lambda path: path.stem)
def test_every_key_in_a_qml_file_has_a_text(path: Path) -> None:
    code = path.read_text(encoding="utf-8")
    for key in re.findall(r"T\.[tf]\(\"([^\"]+)\"[,)]", code):
        assert key in TEXTS["zh_CN"], key


@pytest.mark.parametrize("path", QML, ids=lambda path: path.stem)
def test_no_size_or_colour_stands_in_a_qml_file(path: Path) -> None:
    """All of them come from the theme: pixels are multiples of its unit, colours are its tokens."""
    code = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
    assert not re.search(r"#[0-9A-Fa-f]{3,8}\"", code)
    assert not re.search(
        r"pixelSize:\s*\d|(?:[wW]idth|[hH]eight|[mM]argins?|spacing|radius):\s*[1-9]\d*\s*$", code, re.MULTILINE
    )
    assert len(code.splitlines()) <= 300


def test_only_what_the_software_renderer_draws_is_used() -> None:
    for path in QML:
        code = path.read_text(encoding="utf-8")
        assert not re.search(
            r"ShaderEffect|MultiEffect|Particle|QtQuick\.Controls|layer\.enabled|GraphicalEffects", code
        )


def describe(name: str, kind: type[QObject]) -> str:
    """One view-model in the words of a .qmltypes file, from the class as it runs."""
    meta = kind.staticMetaObject  # type: ignore[attr-defined]  # every QObject has it; PySide's stub does not say so
    lines = [
        f'Component {{ name: "{kind.__name__}"; prototype: "QObject"; accessSemantics: "reference"',
        f'exports: ["Hall.Kiosk/{name} 1.0"]; isCreatable: false; isSingleton: true; exportMetaObjectRevisions: [256]',
    ]
    for at in range(meta.propertyOffset(), meta.propertyCount()):
        part = meta.property(at)
        notify = bytes(part.notifySignal().name().data()).decode()
        lines.append(
            f'Property {{ name: "{part.name()}"; type: "{part.typeName()}"; isReadonly: true; notify: "{notify}" }}'
        )
    for at in range(meta.methodOffset(), meta.methodCount()):
        method = meta.method(at)
        called = bytes(method.name().data()).decode()
        if called.startswith("_"):
            continue
        word = "Signal" if method.methodType() == QMetaMethod.MethodType.Signal else "Method"
        gives = "" if method.typeName() in ("", "void") else f'; type: "{method.typeName()}"'
        takes = [
            f'Parameter {{ name: "{given.data().decode() or f"value{place}"}"; type: "{type_.data().decode()}" }}'
            for place, (given, type_) in enumerate(zip(method.parameterNames(), method.parameterTypes(), strict=True))
        ]
        lines.append(f'{word} {{ name: "{called}"{gives}; {" ".join(takes)} }}')
    return "\n".join([*lines, "}"])


@pytest.fixture
def types(tmp_path: Path) -> Path:
    """The module Hall.Kiosk as qmllint wants it told."""
    module = tmp_path / "Hall" / "Kiosk"
    module.mkdir(parents=True)
    (module / "qmldir").write_text("module Hall.Kiosk\ntypeinfo kiosk.qmltypes\ndepends QtQuick\n")
    told = "\n".join(describe(name, kind) for name, kind in SINGLETONS)
    (module / "kiosk.qmltypes").write_text(f"import QtQuick.tooling 1.2\nModule {{\n{told}\n}}\n")
    return tmp_path


def lint(types: Path, files: list[Path]) -> Any:
    tool = Path(sysconfig.get_path("scripts")) / "pyside6-qmllint"
    return subprocess.run([tool, "-I", types, *files], capture_output=True, text=True, timeout=120, check=False)


def test_qmllint_finds_nothing(types: Path) -> None:
    found = lint(types, QML)
    assert "Warning" not in found.stdout + found.stderr, found.stdout + found.stderr
    assert found.returncode == 0


def test_qmllint_would_find_a_property_that_is_not_there(types: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "Wrong.qml"
    wrong.write_text("import QtQuick\nimport Hall.Kiosk\nText { color: Theme.papper }\n")
    found = lint(types, [wrong])
    assert "papper" in found.stdout + found.stderr
