"""``hall device``: an installer tries one device without the app.

The exit code says what came of it: 0 ok, 2 wrong usage or settings, 3 device absent, 4 no card, paper or
answer in time, 5 bad data. With ``--json`` exactly one JSON object is printed on standard output.
Only ``read id-card`` prints personal data, and only to the terminal that asked.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from drivers.device import Cancel, Device, DeviceError, DeviceState, Fault, Status
from drivers.loading import SharedPorts, make_device
from hall24.device_places import Place, candidates, find_named, overview
from hall24.device_words import words

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)

KINDS = {
    "id-card": "id_card_reader",
    "id_card_reader": "id_card_reader",
    "camera": "camera",
    "keypad": "keypad",
    "rating": "rating_device",
    "rating_device": "rating_device",
}

_EXIT = {
    **dict.fromkeys((Fault.ABSENT, Fault.UNPLUGGED), 3),
    **dict.fromkeys(
        (Fault.NO_CARD, Fault.CARD_REMOVED, Fault.SILENT, Fault.PAPER_OUT, Fault.COVER_OPEN, Fault.NO_PICTURE), 4
    ),
    **dict.fromkeys((Fault.CANCELLED, Fault.BUSY), 4),
    Fault.CONFIGURATION: 2,
}
"""Every fault that is not named here is bad data (5)."""

_STATE_EXIT = {DeviceState.ABSENT: 3, DeviceState.UNKNOWN: 4, DeviceState.FAULT: 5}

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Model = Annotated[str, typer.Option("--model", help="The driver, when the usual one for this URL does not fit.")]
Seconds = Annotated[float, typer.Option("--timeout", min=0.1, max=600, help="How long to wait, in seconds.")]


@app.command("list")
def list_devices(as_json: AsJson = False) -> None:
    """What is connected to this machine, and which drivers there are."""
    found = overview()
    if as_json:
        _print(found)
        return
    for line in found["serial"]:
        typer.echo(f"serial   {line['url']}  {line['description']}")
    for camera in found["cameras"]:
        typer.echo(f"camera   {camera['url']}  {camera['description']}")
    for reader in found["usbIdCardReaders"]:
        typer.echo(f"usb      {reader}  (ID-card reader; it needs its serial mode)")
    if found["pcsc"]["service"]:
        for name in found["pcsc"]["readers"] or ["(none)"]:
            typer.echo(f"pcsc     {name}")
    else:
        typer.echo("pcsc     no PC/SC service answers (is pcscd running?)")
    for kind, models in found["drivers"].items():
        typer.echo(f"driver   {kind}: {', '.join(models)}")


@app.command()
def probe(
    place: Annotated[str, typer.Argument(metavar="NAME|URL", help="A device URL, or a name from --config or --hall.")],
    as_json: AsJson = False,
    kind: Annotated[str, typer.Option("--kind", help="Kind of device, when the URL leaves it open.")] = "",
    model: Model = "",
    config: Annotated[Path | None, typer.Option("--config", help="A kiosk's settings file that names devices.")] = None,
    hall: Annotated[Path | None, typer.Option("--hall", help="A hall description that names devices.")] = None,
) -> None:
    """Asks a device how it is; nothing is printed, shown or read."""

    def ask() -> int:
        tried = [find_named(place, config, hall)] if "://" not in place else list(candidates(place, kind, model))
        best: tuple[Place, Status] | None = None
        refused: DeviceError | None = None
        for candidate in tried:
            try:
                status = _probe(candidate)
            except DeviceError as error:  # another kind of device is there, or none that says so
                refused = refused or error
                continue
            sure = status.state not in {DeviceState.UNKNOWN, DeviceState.FAULT}
            if best is None or sure:
                best = (candidate, status)
            if sure:
                break
        if best is None:
            raise refused or DeviceError(Fault.CONFIGURATION, "nothing to try")
        _print_status(*best, as_json=as_json)
        return _STATE_EXIT.get(best[1].state, 0)

    _run(ask, as_json)


@app.command()
def read(
    kind: Annotated[str, typer.Argument(help=f"One of: {', '.join(sorted(KINDS))}.")],
    url: Annotated[str, typer.Argument(help="The device URL.")],
    as_json: AsJson = False,
    timeout: Seconds = 10.0,
    model: Model = "",
) -> None:
    """Reads once: a card, a picture of a camera, a key, a rating."""
    folder = KINDS.get(kind)
    if folder is None:
        _fail(DeviceError(Fault.CONFIGURATION, f"cannot read {kind!r}; known: {', '.join(sorted(KINDS))}"), as_json)

    def act() -> int:
        from hall24 import device_reading

        options = {"lying": "yes"} if folder == "id_card_reader" else {}
        with _opened(next(candidates(url, folder, model)), options) as device:
            answer = device_reading.READ[folder](device, timeout, Cancel())
        if as_json:
            _print(answer)
        else:
            for name, value in answer.items():
                typer.echo(f"{name}: {value}")
        return 0

    _run(act, as_json)


@app.command("print")
def print_file(
    url: Annotated[str, typer.Argument(help="The printer's URL.")],
    file: Annotated[Path, typer.Argument(help="A PNG, PBM or text file.", exists=True, dir_okay=False)],
    as_json: AsJson = False,
    timeout: Seconds = 30.0,
    model: Model = "",
) -> None:
    """Prints one file on a ticket printer and waits for its word that paper came out."""

    def act() -> int:
        from hall24 import device_reading

        with _opened(next(candidates(url, "ticket_printer", model))) as device:
            answer = device_reading.print_file(device, file, timeout)
        _say(answer, as_json)
        return 0

    _run(act, as_json)


@app.command()
def show(
    url: Annotated[str, typer.Argument(help="The display's URL.")],
    text: Annotated[str, typer.Argument(help="One line; empty clears the display.")],
    as_json: AsJson = False,
    model: Model = "",
) -> None:
    """Shows one line of text on a window's LED bar."""

    def act() -> int:
        from hall24 import device_reading

        with _opened(next(candidates(url, "window_display", model))) as device:
            answer = device_reading.show(device, text)
        _say(answer, as_json)
        return 0

    _run(act, as_json)


@contextmanager
def _opened(place: Place, options: dict[str, str] | None = None) -> Iterator[Device]:
    shared = SharedPorts()
    device = make_device(place.kind, place.model, place.url, {**place.options, **(options or {})}, shared)
    try:
        device.open()
        yield device
    finally:
        device.close()
        shared.close()


def _probe(place: Place) -> Status:
    try:
        with _opened(place) as device:
            return device.probe()
    except DeviceError as error:
        if error.fault in {Fault.ABSENT, Fault.UNPLUGGED}:
            return Status(DeviceState.ABSENT, (), error.detail)
        if error.fault is Fault.SILENT:
            return Status(DeviceState.UNKNOWN, (), error.detail)
        raise


def _print_status(place: Place, status: Status, *, as_json: bool) -> None:
    if as_json:
        conditions = [
            {"code": found.code, "action": found.action.value, "blocking": found.blocking}
            for found in status.conditions
        ]
        shown: dict[str, Any] = {"url": place.url, "kind": place.kind, "model": place.model}
        _print({**shown, "state": status.state.value, "conditions": conditions, "detail": status.detail})
        return
    typer.echo(f"{place.kind} ({place.model}): {words(f'device.state.{status.state.value}')}  {status.detail}".rstrip())
    for found in status.conditions:
        typer.echo(f"  {words(f'condition.{found.code}')}: {words(f'action.{found.action.value}')}")


def _run(action: Callable[[], int], as_json: bool) -> None:
    try:
        code = action()
    except DeviceError as error:
        _fail(error, as_json)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    raise typer.Exit(code)


def _fail(error: DeviceError, as_json: bool) -> NoReturn:
    if as_json:
        _print({"error": error.fault.value, "detail": error.detail, "retryable": error.retryable})
    else:
        typer.echo(f"{words(f'fault.{error.fault.value}')}{f' ({error.detail})' if error.detail else ''}", err=True)
    raise typer.Exit(_EXIT.get(error.fault, 5))


def _say(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        _print(answer)
    else:
        typer.echo(", ".join(f"{name}: {value}" for name, value in answer.items()))


def _print(value: dict[str, Any]) -> None:
    """One line of JSON in UTF-8, whatever the terminal's locale says."""
    sys.stdout.buffer.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")
    sys.stdout.buffer.flush()
