"""One device opened for one command of an installer, recorded if that is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drivers.device import Device, DeviceError, Fault, HoldsVisitData, Status
from drivers.device import DeviceState as State
from drivers.loading import SharedPorts, make_device
from drivers.seams.line import RECORD
from drivers.seams.recording import read_recording
from hall24.device_answer import capabilities_of
from hall24.device_places import Place
from hall24.device_words import words

PRINTERS = frozenset({"ticket_printer", "document_printer"})
"""What they still hold may be another program's: an installer's test takes nothing back that it did not print."""


class Recording:
    """The file of ``--record``; without one nothing is recorded. Raises CONFIGURATION for a place that will not do."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        if file is None:
            return
        if not file.parent.is_dir():
            raise DeviceError(Fault.CONFIGURATION, "the folder of the recording does not exist")
        if file.exists():
            try:
                self._before = len(read_recording(file))
            except DeviceError:
                raise DeviceError(Fault.CONFIGURATION, "that file exists and is no recording") from None
        else:
            self._before = 0

    @property
    def options(self) -> dict[str, str]:
        return {} if self._file is None else {RECORD: str(self._file)}

    def told(self) -> dict[str, Any]:
        """What to add to the answer, once the device is closed: a recording is written only then."""
        if self._file is None:
            return {}
        turns = len(read_recording(self._file)) - self._before if self._file.exists() else 0
        about = words("device.recorded" if turns else "device.not-recorded")
        return {"recording": {"file": str(self._file), "turns": turns, "about": about}}


@contextmanager
def opened(place: Place, options: Mapping[str, str] | None = None) -> Iterator[Device]:
    """The device, open; afterwards it is closed, and an input device has forgotten what passed through it."""
    shared = SharedPorts()
    device = make_device(place.kind, place.model, place.url, {**place.options, **(options or {})}, shared)
    try:
        device.open()
        yield device
    finally:
        if isinstance(device, HoldsVisitData) and place.kind not in PRINTERS:
            device.forget()
        device.close()
        shared.close()


def ask(place: Place, options: Mapping[str, str] | None = None) -> tuple[Status, dict[str, Any]]:
    """How a device is and what it can do. Raises what is neither absence nor silence."""
    try:
        with opened(place, options) as device:
            return device.probe(), capabilities_of(device)
    except DeviceError as error:
        if error.fault in {Fault.ABSENT, Fault.UNPLUGGED}:
            return Status(State.ABSENT, (), error.detail), {}
        if error.fault is Fault.SILENT:
            return Status(State.UNKNOWN, (), error.detail), {}
        raise


def find(places: list[Place], options: Mapping[str, str] | None = None) -> tuple[Place, Status, dict[str, Any]]:
    """The place whose device answers as what it is taken for, else the first that is at least there."""
    best: tuple[Place, Status, dict[str, Any]] | None = None
    refused: DeviceError | None = None
    for place in places:
        try:
            answer = (place, *ask(place, options))
        except DeviceError as error:  # another kind of device is there, or none that says so
            refused = refused or error
            continue
        if answer[1].state not in {State.UNKNOWN, State.FAULT}:
            return answer
        best = best or answer
    if best is None:
        raise refused or DeviceError(Fault.CONFIGURATION, "nothing to try")
    return best
