"""``hall device``: an installer tries one device without the app.

The exit code says what came of it: 0 ok, 2 wrong usage or settings, 3 device absent, 4 no card, paper or
answer in time, 5 bad data. With ``--json`` exactly one JSON object is printed on standard output.
Only ``read`` prints personal data, and only to the terminal that asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from drivers.device import Cancel, DeviceError, Fault
from hall24 import device_output
from hall24.device_answer import STATE_EXIT, fail, print_json, run, say, say_status
from hall24.device_output import Switched
from hall24.device_places import KIND_NAMES, Asked, Place
from hall24.device_session import Recording, find, opened

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)

READABLE = (
    "id_card_reader", "card_reader", "code_scanner", "camera", "keypad", "rating_device", "sensors", "indicators",
)  # fmt: skip
READ_NAMES = sorted({*READABLE, *(short for short, folder in KIND_NAMES.items() if folder in READABLE)})

Where = Annotated[str, typer.Argument(metavar="NAME|URL", help="A device URL, or a name from --config or --hall.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Model = Annotated[str, typer.Option("--model", help="The driver, when the usual one for this URL does not fit.")]
Seconds = Annotated[float, typer.Option("--timeout", min=0.1, max=600, help="How long to wait, in seconds.")]
Record = Annotated[
    Path | None,
    typer.Option(
        "--record",
        dir_okay=False,
        help="Keep what passed the line in this file, with synthetic data in place of a person's. "
        "replay:///FILE then plays the device.",
    ),
]
Config = Annotated[Path | None, typer.Option("--config", help="A kiosk's settings file that names devices.")]
Hall = Annotated[Path | None, typer.Option("--hall", help="A hall description that names devices.")]


@app.command("list")
def list_devices(as_json: AsJson = False) -> None:
    """What is connected to this machine, under which URL, and which drivers there are."""
    from hall24.device_overview import overview, told

    found = overview()
    if as_json:
        print_json(found)
        return
    for line in told(found):
        typer.echo(line)


@app.command()
def probe(
    place: Where,
    as_json: AsJson = False,
    kind: Annotated[str, typer.Option("--kind", help="Kind of device, when the URL leaves it open.")] = "",
    model: Model = "",
    config: Config = None,
    hall: Hall = None,
    record: Record = None,
) -> None:
    """Asks a device how it is; nothing is printed, shown or read."""

    def act() -> int:
        places = Asked(place, kind, model, config, hall).places()
        recording = Recording(record)
        if recording.options and len(places) > 1:
            places = [find(places)[0]]
        found, status, capabilities = find(places, recording.options)
        say_status(found, status, capabilities, as_json=as_json, more=recording.told())
        return STATE_EXIT.get(status.state, 0)

    run(act, as_json=as_json)


@app.command()
def read(
    kind: Annotated[str, typer.Argument(help=f"One of: {', '.join(READ_NAMES)}.")],
    url: Where,
    as_json: AsJson = False,
    timeout: Seconds = 10.0,
    model: Model = "",
    fingerprint: Annotated[bool, typer.Option("--fingerprint", help="An ID card: with its fingerprints.")] = False,
    address: Annotated[bool, typer.Option("--address", help="An ID card: with its newest address.")] = False,
    config: Config = None,
    hall: Hall = None,
    record: Record = None,
) -> None:
    """Reads once: a card, a code, a picture of a camera, a key, a rating, sensors. Prints what is on the card."""
    if kind not in READ_NAMES:
        fail(DeviceError(Fault.CONFIGURATION, f"cannot read {kind!r}; known: {', '.join(READ_NAMES)}"), as_json=as_json)

    def act() -> int:
        from hall24 import device_reading

        recording = Recording(record)
        place = Asked(url, kind, model, config, hall).places()[0]
        wanted = device_reading.Wanted(timeout, Cancel(), fingerprint=fingerprint, address=address)
        with opened(place, {**device_reading.OPTIONS.get(place.kind, {}), **recording.options}) as device:
            answer = device_reading.READ[place.kind](device, wanted)
        say({**answer, **recording.told()}, as_json=as_json)
        return 0

    run(act, as_json=as_json)


@app.command("print")
def print_file(
    url: Where,
    file: Annotated[Path, typer.Argument(help="A PNG, PBM, text or PDF file.", exists=True, dir_okay=False)],
    as_json: AsJson = False,
    timeout: Seconds = 30.0,
    model: Model = "",
    kind: Annotated[str, typer.Option("--kind", help="ticket-printer or document-printer.")] = "",
    config: Config = None,
    hall: Hall = None,
    record: Record = None,
) -> None:
    """Prints one file on ticket paper or on A4 and waits for the printer's word that paper came out."""

    def act(place: Place, options: Mapping[str, str]) -> dict[str, Any]:
        with opened(place, options) as device:
            return device_output.PRINT[place.kind](device, file, timeout)

    asked = Asked(url, kind, model, config, hall, record)
    run(lambda: _put(asked, ("ticket_printer", "document_printer"), act, as_json=as_json), as_json=as_json)


@app.command()
def show(
    url: Where,
    text: Annotated[str, typer.Argument(help="One line; empty clears the display.")],
    as_json: AsJson = False,
    model: Model = "",
    config: Config = None,
    hall: Hall = None,
    record: Record = None,
) -> None:
    """Shows one line of text on a window's LED bar."""

    def act(place: Place, options: Mapping[str, str]) -> dict[str, Any]:
        with opened(place, options) as device:
            return device_output.show(device, text)

    asked = Asked(url, "", model, config, hall, record)
    run(lambda: _put(asked, ("window_display",), act, as_json=as_json), as_json=as_json)


@app.command("set")
def switch(
    url: Where,
    name: Annotated[str, typer.Argument(help="The output, as the settings name it.")],
    to: Annotated[Switched, typer.Argument(help="on, off or flash.")],
    as_json: AsJson = False,
    seconds: Annotated[float, typer.Option("--seconds", min=0, max=600, help="How long it stays so.")] = 3.0,
    model: Model = "",
    config: Config = None,
    hall: Hall = None,
    record: Record = None,
) -> None:
    """Switches a lamp, a lock or another output for some seconds; then it goes back to what is safe."""

    def act(place: Place, options: Mapping[str, str]) -> dict[str, Any]:
        with opened(place, options) as device:
            return device_output.switch(device, name, to, seconds)

    asked = Asked(url, "", model, config, hall, record)
    run(lambda: _put(asked, ("indicators",), act, as_json=as_json), as_json=as_json)


@app.command("say")
def play(
    url: Where,
    file: Annotated[Path, typer.Argument(help="A WAV file (16 bit).", exists=True, dir_okay=False)],
    as_json: AsJson = False,
    timeout: Seconds = 60.0,
    model: Model = "",
    config: Config = None,
    hall: Hall = None,
) -> None:
    """Plays one sound on a loudspeaker."""

    def act(place: Place, options: Mapping[str, str]) -> dict[str, Any]:
        with opened(place, options) as device:
            return device_output.play(device, file, timeout)

    asked = Asked(url, "", model, config, hall)
    run(lambda: _put(asked, ("speaker",), act, as_json=as_json), as_json=as_json)


def _put(
    asked: Asked, kinds: tuple[str, ...], act: Callable[[Place, Mapping[str, str]], dict[str, Any]], *, as_json: bool
) -> int:
    """What all commands share that put something out: find the device, act, say how it went."""
    recording = Recording(asked.record)
    answer = act(asked.places(kinds)[0], recording.options)
    say({**answer, **recording.told()}, as_json=as_json)
    return 0
