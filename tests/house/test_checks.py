"""The house keeps its own rules: style, types, arrows, sizes, words."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("kiosk", "queue_server", "drivers", "ui", "assets", "hall24")
FOLDERS = ("kiosk", "queue_server", "drivers", "ui", "assets", "packaging/hall24")
TOP_LEVEL = {
    "kiosk", "queue_server", "drivers", "ui", "assets", "tests", "packaging",
    "pyproject.toml", "README.md", "LICENSE", ".ci", ".gitignore",
}  # fmt: skip
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def tracked(*patterns: str) -> list[Path]:
    listing = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns).stdout
    return [ROOT / line for line in listing.splitlines() if (ROOT / line).is_file()]


def test_the_style_is_kept() -> None:
    checked = run(tool("ruff"), "check", "--no-cache", ".")
    assert checked.returncode == 0, checked.stdout


def test_the_layout_of_code_is_kept() -> None:
    formatted = run(tool("ruff"), "format", "--no-cache", "--check", ".")
    assert formatted.returncode == 0, formatted.stdout


@pytest.mark.xdist_group("mypy")
def test_the_types_hold() -> None:
    checked = run(tool("mypy"), *[part for package in PACKAGES for part in ("-p", package)])
    assert checked.returncode == 0, checked.stdout


def test_the_arrows_point_where_they_should() -> None:
    checked = run(tool("lint-imports"), "--no-cache")
    assert checked.returncode == 0, checked.stdout


def test_the_top_level_is_exactly_what_was_agreed() -> None:
    listing = run("git", "ls-files").stdout.splitlines()
    assert {line.split("/", 1)[0] for line in listing} <= TOP_LEVEL


def test_applications_know_a_driver_only_by_its_port() -> None:
    allowed = re.compile(r"^drivers\.(device|loading|picture|[a-z_]+\.port)$")
    wrong = []
    for path in tracked("kiosk/*.py", "queue_server/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
                if node.module == "drivers" or re.fullmatch(r"drivers\.[a-z_]+", node.module):
                    names = [
                        f"{node.module}.{alias.name}"
                        for alias in node.names
                        if node.module not in {"drivers.device", "drivers.loading", "drivers.picture"}
                    ] or [node.module]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            wrong += [
                f"{path.relative_to(ROOT)}: {name}"
                for name in names
                if name.startswith("drivers") and not allowed.match(name)
            ]
    assert wrong == []


def test_the_kiosk_knows_only_the_words_on_the_wire() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {match}"
        for path in tracked("kiosk/*.py")
        for match in re.findall(r"(?:from|import) (queue_server[\w.]*)", path.read_text(encoding="utf-8"))
        if not match.startswith("queue_server.contract")
    ]
    assert wrong == []


@pytest.mark.parametrize(("pattern", "most"), [("*.py", 400), ("*.qml", 300), ("*.js", 500)])
def test_no_room_is_too_long(pattern: str, most: int) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked(pattern)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > most * 1.1
    }
    assert long == {}


def texts_in(path: Path) -> list[str]:
    """Chinese in string constants of a Python file that are not docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    attribute_docs = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value[:30]}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CHINESE.search(node.value)
        and id(node) not in docs | attribute_docs
    ]


MAY_HOLD_CHINESE = re.compile(
    # Tables of a standard, spoken syllables, simulated citizens and devices, drawn samples: data, not interface.
    r"(ethnic|codec|twin|rigs|redaction|modbus_twin|layout|voice_pack|draw_samples|demo_data|speech|numerals)\.py$"
)


def test_no_text_of_the_interface_stands_in_code() -> None:
    found = [
        text
        for path in tracked("kiosk/*.py", "queue_server/*.py", "drivers/*.py", "packaging/hall24/*.py")
        if not MAY_HOLD_CHINESE.search(str(path))
        for text in texts_in(path)
    ]
    assert found == []


def test_both_languages_have_the_same_texts() -> None:
    chinese, english = (
        {p.name: json.loads(p.read_text(encoding="utf-8")) for p in (ROOT / "ui/i18n" / lang).glob("*.json")}
        for lang in ("zh_CN", "en")
    )
    assert chinese.keys() == english.keys()
    for area, texts in chinese.items():
        assert texts.keys() == english[area].keys(), area
        for key, text in texts.items():
            assert text.strip(), (area, key)
            assert english[area][key].strip(), (area, key)
            names = [sorted(re.findall(r"{(\w+)}", t)) for t in (text, english[area][key])]
            assert set(names[1]) <= set(names[0]) or set(names[0]) <= set(names[1]), (area, key, names)


def test_no_exception_to_a_check_goes_without_a_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"#\s*(noqa(:[\s\w,]+)?|type:\s*ignore(\[[\w, -]+\])?)\s*$", line)
    ]
    assert bare == []


def test_nothing_is_left_unfinished() -> None:
    words = re.compile("TO" + "DO|FIX" + "ME|XX" + "X:|raise NotImplemented" + "Error")
    left = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked("*.py", "*.qml", "*.js")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if words.search(line)
    ]
    assert left == []


def test_every_installed_version_is_pinned_without_saying_where_it_came_from() -> None:
    lines = (ROOT / "packaging/constraints.txt").read_text(encoding="utf-8").splitlines()
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+( ;.*)?", line)] == []


def test_pages_write_no_markup_from_data() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in tracked("ui/web/*.js", "ui/web/*.html")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(")
        if word in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_every_link_and_picture_of_the_documentation_is_there() -> None:
    missing = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in tracked("*.md")
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert missing == []
