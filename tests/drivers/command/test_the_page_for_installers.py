"""The installers' page: every model stands in it, and every example of settings is one that the drivers take."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from drivers.loading import KINDS, SharedPorts, make_device
from hall24.device_overview import models
from hall24.device_places import named_devices

PAGE = (Path(__file__).resolve().parents[3] / "packaging/docs/installer.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return [text for text in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if "devices" in text]


def test_every_model_of_every_kind_is_in_the_page() -> None:
    there = {model for kind in KINDS for model in models(kind)}
    assert len(there) > 20
    assert {model for model in there if f"`{model}`" not in PAGE and f"`{model}" not in PAGE} == set()


@pytest.mark.parametrize("text", blocks("toml") + blocks("yaml"), ids=lambda text: text[:20].strip())
def test_every_example_of_settings_is_taken_by_its_driver(text: str, tmp_path: Path) -> None:
    is_toml = text.startswith("name =")
    file = tmp_path / ("kiosk.toml" if is_toml else "hall.yaml")
    file.write_text(text, "utf-8")
    places = named_devices(file if is_toml else None, None if is_toml else file)
    written = tomllib.loads(text)["devices"] if is_toml else yaml.safe_load(text)["devices"]
    assert len(places) == len(written) > 1
    shared = SharedPorts()
    for place in places.values():
        options = {name: value for name, value in place.options.items() if name != "language"}
        make_device(place.kind, place.model, place.url, options, shared)
    shared.close()


def test_every_command_of_the_page_is_one() -> None:
    from hall24.device import app

    known = {command.name for command in app.registered_commands}
    said = set(re.findall(r"hall device ([a-z]+)", PAGE))
    assert {"list", "probe", "read", "print", "show", "set", "say"} <= said
    assert {word for word in said if word not in {str(name) for name in known} | {"probe", "read", "show"}} == set()
