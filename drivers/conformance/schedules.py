"""Random evenings: a driver, a device and a seed that decides what goes wrong, in which order.

A schedule fails when a command hangs, when anything but ``DeviceError`` comes out, when an answer is wrong, when an
effect is lost or doubled, or when the driver does not work again once everything is whole.
"""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

from drivers.conformance.rig import NotConformingError, Rig
from drivers.conformance.stopwatch import Stopwatch
from drivers.device import Cancel, Device, DeviceError, HoldsVisitData
from drivers.seams.faulty import LineFaults

COMMAND_SECONDS = 0.25
_TRIES = 4


@dataclass(slots=True)
class Tally:
    """What happened over many schedules; for whoever wants to see that the faults were felt."""

    schedules: int = 0
    commands: int = 0
    worked: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    longest: float = 0.0
    """Seconds of a command on the wall, with what a busy machine held it up."""


def run(rig: Rig, seed: int, tally: Tally | None = None) -> None:
    """Plays one schedule on a rig that was entered. Raises ``NotConformingError`` with the seed."""
    chance = random.Random(seed)  # noqa: S311  # because the same seed has to give the same evening
    tally = tally or Tally()
    tally.schedules += 1
    device = rig.driver()
    try:
        _play(rig, device, chance, tally)
    except NotConformingError as error:
        raise NotConformingError(f"schedule {seed} of {rig.model} {rig.variant}: {error}") from None
    except DeviceError as error:
        raise NotConformingError(
            f"schedule {seed} of {rig.model} {rig.variant}: {error} where it has to work"
        ) from None
    finally:
        device.close()
        rig.spoil(None)


def _play(rig: Rig, device: Device, chance: random.Random, tally: Tally) -> None:
    device.open()
    if rig.spoils:
        rig.spoil(LineFaults.drawn(chance), chance.randrange(1 << 30))
    plugged = True
    for _ in range(chance.randrange(2, 5)):
        what = chance.random()
        if what < 0.12 and rig.can_vanish:
            (rig.unplug if plugged else rig.plug_in)()
            plugged = not plugged
        elif what < 0.2:
            rig.silence(chance.random() < 0.5)
        elif what < 0.3:
            device.probe()
        elif what < 0.38:
            _reopened(device)
        elif what < 0.44 and isinstance(device, HoldsVisitData):
            device.forget()
        else:
            _command(rig, device, chance, tally)
    if not plugged:
        rig.plug_in()
    _works_again(rig, device)


def _works_again(rig: Rig, device: Device) -> None:
    """Whatever happened: once everything is whole, it works again, without a new driver."""
    rig.silence(False)
    rig.spoil(None)
    rig.settle()
    for left in range(_TRIES, 0, -1):
        device.close()
        try:
            device.open()
            rig.prepare()
            answer = rig.act(device, rig.seconds)
        except DeviceError:
            if left == 1:
                raise
            rig.settle()
            continue
        if answer != rig.expected:
            raise NotConformingError("a wrong answer after all faults had gone")
        return


def _reopened(device: Device) -> None:
    device.close()
    try:
        device.open()
    except DeviceError:
        return  # the next command says so, too


def _command(rig: Rig, device: Device, chance: random.Random, tally: Tally) -> None:
    if chance.random() < 0.85:
        rig.prepare()
    before = rig.effects()
    cancel = Cancel()
    disturber = _disturber(device, cancel, chance)
    seconds = chance.uniform(0.05, COMMAND_SECONDS)
    tally.commands += 1
    watch = Stopwatch()
    try:
        answer = rig.act(device, seconds, cancel)
        if answer != rig.expected:
            raise NotConformingError("a wrong answer")
        allowed = {1}
        tally.worked += 1
    except DeviceError as error:
        allowed = {0, 1} if error.uncertain else {0}
        tally.refused[error.fault.value] = tally.refused.get(error.fault.value, 0) + 1
    took, tally.longest = watch.seconds, max(tally.longest, watch.elapsed)
    if disturber is not None:
        disturber.join()
    if took > seconds + rig.grace:
        raise NotConformingError(f"a command of {seconds:.2f} s took {took:.2f} s")
    after = rig.effects()
    if before is not None and after is not None and after - before not in allowed:
        raise NotConformingError(f"{after - before} effects of one command, allowed {sorted(allowed)}")


def _disturber(device: Device, cancel: Cancel, chance: random.Random) -> threading.Timer | None:
    """Somebody who cancels, closes or asks in the middle of a command."""
    deeds = (cancel.cancel, device.close, device.probe)
    if chance.random() >= 0.3:
        return None
    timer = threading.Timer(chance.uniform(0.0, 0.1), chance.choice(deeds))
    timer.start()
    return timer
