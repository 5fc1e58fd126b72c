"""What ``hall device`` says at the end: one JSON object or sentences, and the exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, NoReturn

import typer

from drivers.device import Device, DeviceError, DeviceState, Fault, Secret, Status
from hall24.device_places import Place
from hall24.device_words import words

EXIT = {
    **dict.fromkeys((Fault.ABSENT, Fault.UNPLUGGED), 3),
    **dict.fromkeys(
        (Fault.NO_CARD, Fault.CARD_REMOVED, Fault.SILENT, Fault.PAPER_OUT, Fault.COVER_OPEN, Fault.NO_PICTURE), 4
    ),
    **dict.fromkeys((Fault.NO_CODE, Fault.CANCELLED, Fault.BUSY), 4),
    Fault.CONFIGURATION: 2,
}
"""0 ok, 2 wrong usage or settings, 3 absent, 4 nothing in time; every fault that is not named here is bad data (5)."""

STATE_EXIT = {DeviceState.ABSENT: 3, DeviceState.UNKNOWN: 4, DeviceState.FAULT: 5}


def run(action: Callable[[], int], *, as_json: bool) -> NoReturn:
    """Carries out a command and ends the program with what came of it."""
    try:
        code = action()
    except DeviceError as error:
        fail(error, as_json=as_json)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    raise typer.Exit(code)


def fail(error: DeviceError, *, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"error": error.fault.value, "detail": error.detail, "retryable": error.retryable})
    else:
        typer.echo(f"{words(f'fault.{error.fault.value}')}{f' ({error.detail})' if error.detail else ''}", err=True)
    raise typer.Exit(EXIT.get(error.fault, 5))


def say(answer: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    for name, value in answer.items():
        typer.echo(f"{name}: {value}")


def say_status(place: Place, status: Status, capabilities: Mapping[str, Any], *, as_json: bool, more: Any) -> None:
    """How a device is: its state, what is not as it should be and who has to act, and what it can do."""
    if as_json:
        conditions = [
            {"code": found.code, "action": found.action.value, "blocking": found.blocking}
            for found in status.conditions
        ]
        shown: dict[str, Any] = {"url": place.url, "kind": place.kind, "model": place.model}
        shown |= {"state": status.state.value, "conditions": conditions, "detail": status.detail}
        print_json({**shown, "capabilities": capabilities, **more})
        return
    state = words(f"device.state.{status.state.value}")
    typer.echo(f"{words(f'device.kind.{place.kind}')} ({place.model}): {state}  {status.detail}".rstrip())
    for found in status.conditions:
        typer.echo(f"  {words(f'condition.{found.code}')}: {words(f'action.{found.action.value}')}")
    for name, value in capabilities.items():
        typer.echo(f"  {name}: {json.dumps(value, ensure_ascii=False)}")
    say(more, as_json=False)


def capabilities_of(device: Device) -> dict[str, Any]:
    """What a driver says that its device can do, as plain values with names in lowerCamelCase."""
    found = plain(getattr(device, "capabilities", None))
    return found if isinstance(found, dict) else {}


def plain(value: Any) -> Any:
    """A value of a driver as JSON can say it; a secret stays one."""
    if isinstance(value, Secret):
        return None
    if is_dataclass(value) and not isinstance(value, type):
        return {_camel(field.name): plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(entry) for key, entry in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(entry) for entry in value), key=str)
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, bytes | bytearray):
        return value.hex()
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def print_json(value: Mapping[str, Any]) -> None:
    """One line of JSON in UTF-8, whatever the terminal's locale says."""
    sys.stdout.buffer.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")
    sys.stdout.buffer.flush()
