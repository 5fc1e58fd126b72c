"""Whether the devices that the settings name are there, and speak at the speed that the settings say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from drivers.device import Action, DeviceError, DeviceState, Fault, Status
from drivers.seams.line_doctor import Diagnosis, Suspicion, diagnose
from drivers.seams.serial_port import SerialPort
from hall24.device_overview import ROOT, SAM_V, overview, url_of, usb_devices
from hall24.device_places import Place, named_devices
from hall24.device_session import ask
from hall24.device_words import words
from hall24.doctor_finding import Finding, good, problem, warning
from hall24.doctor_machine import holders

Ask = Callable[[Place], tuple[Status, Mapping[str, Any]]]
Examine = Callable[[Sequence[Place]], Diagnosis]

SPEEDS = (115200, 57600, 38400, 19200, 9600)
"""What the readers, printers, bars and buses of halls are set to."""
NEEDS = {
    "serial": "dialout", "modbus+serial": "dialout", "frame+serial": "dialout", "usb": "plugdev or lp",
    "input": "input", "camera": "video", "alsa": "audio",
}  # fmt: skip
_WELL = frozenset({DeviceState.READY, DeviceState.BUSY, DeviceState.IMPAIRED, DeviceState.DISABLED})


def named(config: Path | None, hall: Path | None) -> dict[str, Place]:
    """The devices of a kiosk's settings and of a hall description. Raises CONFIGURATION."""
    return named_devices(config, hall) if config is not None or hall is not None else {}


def devices(
    places: Mapping[str, Place], ask_one: Ask = ask, root: Path = ROOT, examine: Examine | None = None
) -> Iterator[Finding]:
    """Opens every device that is named, asks it how it is, and looks further where it does not answer."""
    heard: dict[str, dict[str, Heard]] = {}
    for name, place in places.items():
        if "${" in place.url:
            yield warning(name, f"{place.url}: the variable is not set here", "set it, or look where it is set")
            continue
        line = heard.setdefault(_line_of(place), {})
        try:
            status, _ = ask_one(place)
        except DeviceError as error:
            if error.fault is Fault.CHECKSUM:
                line[name] = Heard.NOISE
            else:
                yield _refused(name, place, error, root)
            continue
        if status.state is DeviceState.ABSENT:
            yield _absent(name, place, status, root)
        elif status.state is DeviceState.UNKNOWN and _may_answer(status):
            line[name] = Heard.NOTHING
        else:
            line[name] = Heard.SENSE
            yield _answered(name, status)
    for path, answers in heard.items():
        dumb = {name: places[name] for name, what in answers.items() if what is not Heard.SENSE}
        if dumb:
            yield from _dumb(dumb, path, set(answers.values()), ask_one, examine or examined)


class Heard(Enum):
    """What came back from a device that was asked."""

    SENSE = auto()
    NOTHING = auto()
    NOISE = auto()


BESIDE = {
    False: "has this one power, its own address, a loose wire?",
    True: "120 Ω at both ends and only there? ground connected? two nodes with one address?",
}
"""Whether there was noise → what to try where other nodes of the same line answer well."""
SUSPICIONS = {
    Suspicion.NONE: ("a node answers now, but not steadily", BESIDE[True]),
    Suspicion.WRONG_BAUD: (
        "a node answers at {baud} baud, not at what the settings say",
        "write {url} into the settings",
    ),
    Suspicion.SWAPPED: ("noise instead of answers at every speed", "swap A and B; then look for 120 Ω at both ends"),
    Suspicion.SECOND_MASTER: ("somebody speaks without being asked", "a line has one master: take the other one off"),
    Suspicion.ECHO_ONLY: ("the adapter hears only itself", "set echo=yes; and have the nodes power?"),
    Suspicion.SILENCE: ("nothing answers at any speed", "power? addresses? a broken wire? then swap A and B"),
}
"""What is suspected of a bus on which nobody answers as he should → what was found, what to do."""


def _may_answer(status: Status) -> bool:
    """Whether silence means anything: a scanner or a box that speaks only when somebody comes is well so far."""
    return not status.conditions or any(found.action is not Action.NONE for found in status.conditions)


def _answered(name: str, status: Status) -> Finding:
    if status.state in _WELL and not any(found.blocking for found in status.conditions):
        said = "; ".join(words(f"condition.{found.code}") for found in status.conditions)
        return good(name, " ".join(filter(None, (words(f"device.state.{status.state.value}"), status.detail, said))))
    codes = [words(f"condition.{found.code}") for found in status.conditions]
    acts = dict.fromkeys(words(f"action.{found.action.value}") for found in status.conditions)
    what = "; ".join(codes) or words(f"device.state.{status.state.value}")
    return problem(name, f"{what} {status.detail}".rstrip(), "; ".join(acts))


def _refused(name: str, place: Place, error: DeviceError, root: Path) -> Finding:
    scheme = urlsplit(place.url).scheme
    what = f"{words(f'fault.{error.fault.value}')}: {error.detail}".rstrip(": ")
    if error.fault is Fault.BUSY:
        programs = holders(urlsplit(place.url).path, root)
        by = f" ({', '.join(programs)})" if programs else ""
        return problem(name, f"held by another program{by}", "is the kiosk or the server running? then ask there")
    if error.fault is Fault.CONFIGURATION and "permission" in error.detail and scheme in NEEDS:
        return problem(name, what, f"the user must be in the group {NEEDS[scheme]}; are the udev rules installed?")
    return problem(name, what, f"look at `url`, `model` and `options` of {name} in the settings")


def _absent(name: str, place: Place, status: Status, root: Path) -> Finding:
    """Says what is there instead, when something of the sort is."""
    scheme = urlsplit(place.url).scheme
    what = f"not there: {place.url} {status.detail}".rstrip()
    if scheme == "usb":
        found = list(usb_devices(root))
        here = [url_of(one, found) for one in found if one.identity == urlsplit(place.url).netloc.lower()]
    else:
        key = {"camera": "cameras", "input": "input"}.get(scheme, "serial" if "serial" in scheme else "")
        here = [str(entry["url"]) for entry in overview(root).get(key, ())] if key else []
    remedy = f"plug it in; or is it now {' or '.join(here)}?" if here else "plug it in, switch it on, try its cable"
    return problem(name, what, remedy)


def _dumb(
    places: Mapping[str, Place], line: str, others: set[Heard], ask_one: Ask, examine: Examine
) -> Iterator[Finding]:
    """No sound answer. On a bus the line itself is looked at, elsewhere another speed may bring an answer."""
    first = next(iter(places.values()))
    names = ", ".join(places)
    if "serial" not in urlsplit(first.url).scheme:
        for name, place in places.items():
            yield problem(name, f"{place.url} is there and does not answer", "switch it off and on; try its cable")
    elif Heard.SENSE in others:
        yield problem(names, f"no sound answer on {line}, where others answer", BESIDE[Heard.NOISE in others])
    elif "unit" in _query(first):
        found = examine(list(places.values()))
        what, remedy = SUSPICIONS[found.suspicion]
        url = at_speed(first, found.baud).url if found.baud else ""
        yield problem(names, f"{line}: {what.format(baud=found.baud)}", remedy.format(url=url))
    else:
        for name, place in places.items():
            speed = next((baud for baud in SPEEDS if _answers(at_speed(place, baud), ask_one)), 0)
            if speed:
                what = f"answers at {speed} baud, not at what the settings say"
                yield problem(name, what, f"write {at_speed(place, speed).url} into the settings")
            else:
                yield problem(
                    name, f"{line} is there, and nothing answers at any usual speed", "has it power? its cable?"
                )


def examined(places: Sequence[Place]) -> Diagnosis:
    """Listens to the line of some nodes itself, at every speed. Raises what opening it raises."""
    first = places[0]
    options = {**_query(first), **first.options}
    path = urlsplit(first.url).path
    units = [int(unit) for place in places if (unit := _query(place).get("unit", "")).isdigit()][:3]
    port = SerialPort.from_options(path, options, 19200)

    def open_at(speed: int) -> SerialPort:
        return SerialPort.from_options(path, {**options, "baud": str(speed)})

    return diagnose(open_at, port.baud, units or [1])


def _answers(place: Place, ask_one: Ask) -> bool:
    try:
        status, _ = ask_one(place)
    except DeviceError:
        return False
    return status.state not in {DeviceState.UNKNOWN, DeviceState.ABSENT}


def at_speed(place: Place, baud: int) -> Place:
    """The same device at another speed."""
    parts = urlsplit(place.url)
    query = {**_query(place), "baud": str(baud)}
    options = {name: value for name, value in place.options.items() if name != "baud"}
    path = parts.path if not parts.netloc else parts.netloc + parts.path
    return replace(place, url=f"{parts.scheme}://{path}?{urlencode(query)}", options=options)


def _query(place: Place) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(place.url).query))


def _line_of(place: Place) -> str:
    parts = urlsplit(place.url)
    return f"{parts.netloc}{parts.path}" if "serial" in parts.scheme else place.url


def usb_names(places: Mapping[str, Place], root: Path = ROOT) -> Iterator[Finding]:
    """A URL that fits two devices on this machine opens neither."""
    found = list(usb_devices(root))
    for name, place in places.items():
        parts = urlsplit(place.url)
        alike = [device for device in found if device.identity == parts.netloc.lower()]
        if parts.scheme == "usb" and not parts.query and len(alike) > 1:
            which = " or ".join(url_of(device, found) for device in alike)
            yield problem(name, f"{len(alike)} devices are {parts.netloc}", f"say which one: {which}")


def wanted_groups(places: Mapping[str, Place]) -> set[str]:
    """The groups that the devices of the settings need, whether they are plugged in or not."""
    groups = set()
    for place in places.values():
        scheme = urlsplit(place.url).scheme
        if scheme == "usb":
            groups.add("plugdev" if urlsplit(place.url).netloc.lower() == SAM_V else "lp")
        elif scheme in NEEDS:
            groups.add(NEEDS[scheme])
    return groups
