"""How well a predictor did: mean absolute errors, whether the range held the truth, and how far it jumped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hall_day.day import Day, Record
from hall_day.predictors import CLASSIC
from hall_day.profiles import Profile
from queue_server.domain.pace import Pace
from queue_server.domain.ticket import ORDINARY_RANK

LEARNING_DAYS = 4


@dataclass
class Verdict:
    """Sums over many days. ``errors`` are ours and then those of the classic predictors, in seconds."""

    count: int = 0
    errors: tuple[float, ...] = (0.0,) * (1 + len(CLASSIC))
    held: int = 0
    looks: int = 0
    looks_held: int = 0
    special: int = 0
    special_held: int = 0
    special_error: float = 0.0
    width: float = 0.0
    waited: float = 0.0
    bias: float = 0.0
    people: int = 0
    faults: int = 0
    """Ranges that are no ranges."""
    jumps: tuple[float, ...] = ()
    """Seconds by which what a waiting person saw differs from what was to be seen a minute later."""

    def share(self, place: int) -> float:
        """Our mean error against that of a classic predictor."""
        return self.errors[0] / self.errors[1 + place]

    @property
    def error(self) -> float:
        return self.errors[0] / self.count

    @property
    def coverage(self) -> float:
        return self.held / self.count

    @property
    def looks_coverage(self) -> float:
        return self.looks_held / max(1, self.looks)

    def __add__(self, other: Verdict) -> Verdict:
        summed = {
            name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__ if name != "errors"
        }
        return Verdict(**summed, errors=tuple(a + b for a, b in zip(self.errors, other.errors, strict=True)))


def judge(record: Record) -> Verdict:
    """Ordinary newcomers are compared with the classic predictors, which know no classes; the others only counted."""
    verdict = Verdict(people=record.people)
    errors = [0.0] * (1 + len(CLASSIC))
    for one in record.predictions:
        said = one.said
        verdict.faults += not 0 <= said.low <= said.likely <= said.high
        waited = record.waits.get(one.ticket)
        if waited is None:
            continue
        held = said.low <= waited <= said.high
        if one.rank != ORDINARY_RANK:
            verdict.special += 1
            verdict.special_held += held
            verdict.special_error += abs(said.likely - waited)
            continue
        verdict.count += 1
        verdict.held += held
        verdict.width += said.high - said.low
        verdict.waited += waited
        verdict.bias += said.likely - waited
        for place, guess in enumerate((said.likely, *one.others)):
            errors[place] += abs(guess - waited)
    verdict.errors = tuple(errors)
    _judge_looks(record, verdict)
    return verdict


def _judge_looks(record: Record, verdict: Verdict) -> None:
    before: dict[str, tuple[float, int, int]] = {}
    jumps = []
    for look in record.looks:
        called = record.called_at.get(look.ticket)
        if called is None:
            continue
        verdict.looks += 1
        verdict.looks_held += look.said.low <= called - look.at <= look.said.high
        last = before.get(look.ticket)
        if last is not None and last[2] == look.staffed:
            jumps.append(abs(look.said.likely - max(0.0, last[1] - 60)))
        before[look.ticket] = (look.at, look.said.likely, look.staffed)
    verdict.jumps = tuple(jumps)


def days(
    profile: Profile, seeds: Iterable[int], loads: tuple[float, ...], follow: float = 0.0, learning: int = LEARNING_DAYS
) -> list[Verdict]:
    """Some days to learn from at the expected load, then a day that counts for every load."""
    verdicts = [Verdict() for _ in loads]
    for seed in seeds:
        paces: dict[str, tuple[Pace, ...]] = {}
        for day in range(learning):
            paces = Day(profile, 1000 * seed + day, 1.0, paces, ()).run().paces
        for place, load in enumerate(loads):
            record = Day(profile, 1000 * seed + 999, load, paces, CLASSIC, follow).run()
            verdicts[place] += judge(record)
    return verdicts
