"""Settings know where they came from; definition files say all that is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

import assets
from kiosk.compose import build
from kiosk.errors import KioskError
from kiosk.settings import SettingsError, load
from kiosk.transactions import DefinitionError, FieldOfForm, checked, read_definitions
from queue_server.contract.messages import Text


def test_every_value_knows_where_it_came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text(
        'name = "K7"\n[server]\nurl = "http://one"\ntoken = "secret-of-the-file"\n'
        '[devices.ticket_printer]\nmodel = "escpos"\nurl = "tcp://127.0.0.1:9100"\noptions = { cut = "no" }\n'
    )
    monkeypatch.setenv("HALL_KIOSK_SERVER__URL", "http://two")
    monkeypatch.setenv("HALL_KIOSK_TIMEOUTS__PAGE", "90")
    loaded = load(file, {"server.read_seconds": 2.0})
    settings = loaded.settings
    assert (settings.name, settings.server.url, settings.timeouts.page) == ("K7", "http://two", 90.0)
    assert settings.devices["ticket_printer"].options == {"cut": "no"}
    origins = {one.name: (one.value, one.origin) for one in loaded.origins}
    assert origins["name"] == ("K7", f"file {file}")
    assert origins["server.url"] == ("http://two", "environment")
    assert origins["timeouts.page"] == ("90.0", "environment")
    assert origins["server.read_seconds"] == ("2.0", "argument")
    assert origins["server.connect_seconds"] == ("1.0", "default")
    assert origins["server.token"] == ("******", f"file {file}")
    assert "secret-of-the-file" not in repr(loaded)


def test_every_wrong_value_is_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text('nmae = "K7"\n[timeouts]\npage = -1\n[server]\ntoken = "secret"\nread_seconds = "soon"\n')
    with pytest.raises(SettingsError) as error:
        load(file)
    text = str(error.value)
    assert all(name in text for name in ("nmae", "timeouts.page", "server.read_seconds"))
    assert "secret" not in text


@pytest.mark.parametrize("text", ["name = ", "\x00"])
def test_a_file_that_is_no_toml_is_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"kiosk\.toml"):
        load(file)
    with pytest.raises(SettingsError, match="No such file"):
        load(tmp_path / "none.toml")


def test_an_unknown_kind_of_device_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="coffee_machine"):
        build(load(None, {"devices.coffee_machine.model": "x", "data": tmp_path}))


def test_building_touches_neither_disk_nor_devices(tmp_path: Path) -> None:
    loaded = load(
        None,
        {
            "data": tmp_path / "data",
            "devices.ticket_printer.model": "nothing",
            "devices.ticket_printer.url": "tcp://127.0.0.1:1",
        },
    )
    build(loaded)
    assert list(tmp_path.iterdir()) == []


def test_the_definitions_that_come_along_are_sound() -> None:
    found = {one.id: one for one in read_definitions([assets.TRANSACTIONS])}
    assert {"case-progress", "guide-print"} <= set(found)
    for one in found.values():
        assert one.name.zh
        assert one.name.en
        assert one.line.en


def test_every_fault_of_every_definition_is_named_at_once(tmp_path: Path) -> None:
    head = "version: 1\nname: {zh: x}\nline: {zh: x}\nicon: x\nprovider: p\nprint: {title: {zh: x}}\n"
    (tmp_path / "a.yaml").write_text(f"id: a\nlevel: money\n{head}identify: true\nproof: [face, soul]\n")
    (tmp_path / "b.yaml").write_text(f"id: b\nlevel: query\n{head}colour: red\n")
    (tmp_path / "c.yaml").write_text("id: [c\n")
    (tmp_path / "d.yaml").write_text(
        f"id: d\nlevel: query\n{head}fields:\n"
        "- {id: f, kind: choice, label: {zh: x}}\n- {id: g, kind: soul, label: {zh: x}}\n"
    )
    with pytest.raises(DefinitionError) as error:
        read_definitions([tmp_path])
    text = str(error.value)
    for part in (
        "a.yaml: level 'money'",
        "a.yaml: proof must offer 'code'",
        "a.yaml: proof 'soul'",
        "a.yaml: a face check needs a consent",
        "b.yaml",
        "colour",
        "c.yaml",
        "d.yaml: field 'f'",
        "d.yaml: field 'g'",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("value", "good"),
    [("123456", True), (" 123456 ", True), ("12345", False), ("", False), (None, False), ("1" * 300, False)],
)
def test_a_forms_value_is_checked_by_its_definition(value: str | None, good: bool) -> None:
    field = FieldOfForm(id="f", label=Text(zh="x"), pattern="[0-9]{6}")
    if good:
        assert checked(field, value) == "123456"
    else:
        with pytest.raises(KioskError, match="field-invalid"):
            checked(field, value)
    assert checked(FieldOfForm(id="f", label=Text(zh="x"), required=False), "") == ""
