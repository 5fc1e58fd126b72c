"""The wired devices of a hall's description, and what no two things in one place may do."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl

from yaml.nodes import Node

from queue_server.domain.hall import Device, Screen
from queue_server.usecases.yaml_reading import Reading

SILENT = "none"
"""The model of a device that is not there."""

AT_A_WINDOW = frozenset({"window_display", "keypad", "rating_device"})


def read_device(r: Reading, node: Node, windows: frozenset[str], zones: frozenset[str]) -> Device:
    f = r.mapping(node, "device", ("id", "kind", "model", "url"), ("window", "zone"), others=True)
    known = {"id", "kind", "model", "url", "window", "zone"}
    name = r.identifier(f.get("id"), "id")
    kind = r.identifier(f.get("kind"), "kind")
    if kind in AT_A_WINDOW and "window" not in f:
        r.fault(node, f'device {name}: a {kind} belongs to a window: say which, such as window: "3"')
    return Device(
        id=name,
        kind=kind,
        model=r.identifier(f.get("model"), "model"),
        url=r.matching(f.get("url"), "url", r"[a-z0-9+.-]+:\S+", "a device URL such as tcp://host:9100"),
        window=r.known(f["window"], "window", windows) if "window" in f else None,
        zone=r.known(f["zone"], "zone", zones) if "zone" in f else None,
        options={key: r.scalar(value, key) for key, value in f.items() if key not in known},
    )


def check_addresses(r: Reading, devices: Sequence[tuple[Node, Device]]) -> None:
    """Two devices of windows at one address of one line would both answer, and both be heard as noise."""
    taken: dict[tuple[str, str], str] = {}
    for node, device in devices:
        if device.kind not in AT_A_WINDOW or device.model == SILENT:
            continue
        line, _, query = device.url.partition("?")
        said = {**device.options, **dict(parse_qsl(query))}
        address = (line.partition(":")[2], str(said.get("unit", said.get("address", ""))))
        if address in taken:
            r.fault(node, f"device {device.id}: {_said(*address)} is that of {taken[address]} already")
        taken.setdefault(address, device.id)


def check_voices(r: Reading, screens: Sequence[tuple[Node, Screen]], devices: Sequence[tuple[Node, Device]]) -> None:
    """A call that a screen and a loudspeaker say in one place is heard twice, one over the other."""
    for node, device in devices:
        if device.kind != "speaker" or device.model == SILENT:
            continue
        for _, screen in screens:
            if screen.speaks and device.zone in (None, screen.zone):
                r.fault(
                    node,
                    f"device {device.id}: screen {screen.id} speaks in zone {screen.zone} already,"
                    " so calls would be heard twice:"
                    f" take speaks: true away from {screen.id}, or this loudspeaker",
                )


def _said(line: str, unit: str) -> str:
    return f"address {unit} of {line}" if unit else line
