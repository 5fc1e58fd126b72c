"""Whatever a driver can say has words in both languages: conditions, faults, actions, states and kinds."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import drivers
import kiosk
import queue_server
import ui
from drivers.device import Action, DeviceState, Fault
from drivers.loading import KINDS

FOLDERS = tuple(Path(str(package.__file__)).parent for package in (drivers, kiosk, queue_server))
CODE = re.compile(r"[a-z][a-z-]*(\.[a-z][a-z-]*)+")


def codes_in(path: Path) -> Iterator[str]:
    """What is given to ``Condition`` as its code: a word, or one of the words of a table of the same file."""
    text = path.read_text("utf-8")
    if "Condition(" not in text:
        return
    tree = ast.parse(text)
    named, from_a_table = [], False
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Condition":
            code = node.args[0] if node.args else next(k.value for k in node.keywords if k.arg == "code")
            if isinstance(code, ast.Constant):
                named.append(str(code.value))
            else:
                from_a_table = True
    yield from named
    if from_a_table:
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                yield node.value


def test_codes_are_found_as_words_and_in_tables(tmp_path: Path) -> None:
    file = tmp_path / "driver.py"
    file.write_text('CODES = {0x60: "sam.broken"}\nA = Condition("paper.out", 1)\nB = Condition(CODES[0x60], 2)\n')
    assert set(codes_in(file)) == {"paper.out", "sam.broken"}


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_condition_of_every_driver_has_words(language: str) -> None:
    texts = json.loads((ui.I18N / language / "device.json").read_text("utf-8"))
    codes = {code: path for folder in FOLDERS for path in folder.rglob("*.py") for code in codes_in(path)}
    assert len(codes) > 20, "the drivers are looked at"
    missing = {f"condition.{code}": str(path) for code, path in codes.items() if not texts.get(f"condition.{code}")}
    assert missing == {}


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_fault_action_state_and_kind_has_words(language: str) -> None:
    texts = json.loads((ui.I18N / language / "device.json").read_text("utf-8"))
    keys = [f"fault.{fault.value}" for fault in Fault]
    keys += [f"action.{action.value}" for action in Action]
    keys += [f"device.state.{state.value}" for state in DeviceState]
    keys += [f"device.kind.{kind}" for kind in KINDS]
    assert [key for key in keys if not texts.get(key)] == []
