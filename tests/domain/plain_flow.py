"""How a line moves on, written plainly: every step moves every queue. ``flow`` must say the same, only sooner."""

from __future__ import annotations

from queue_server.domain import pace
from queue_server.domain.fluid import ENTERS, Fluid
from queue_server.domain.surroundings import LAST_LEVEL, LONGEST, Group

STEPS, FIRST_STEP, GROWS = 9, 90.0, 1.7


class PlainFlow:
    """The queues around a person; ``served`` counts who was called of each of them."""

    def __init__(self, fluid: Fluid) -> None:
        self.fluid = fluid
        self.served = [0.0] * len(fluid.lines)
        self.arrivals = [pace.arrivals(line.learned, fluid.at) for line in fluid.lines]
        self.behind: dict[int, float] = {}

    def until(self, ahead: float, waited: float) -> tuple[float, float]:
        """As ``Fluid.until``."""
        around, own, served = self.fluid.around, self.fluid.lines[0], self.served
        _, over, booked = self.arrivals[0]
        target = ahead + ENTERS
        time, step = 0.0, FIRST_STEP
        for number in range(STEPS):
            age, overtake = waited + time, 0.0
            if age < around.interval:
                overtake = (over + 0.6 * booked) * step
            elif age < 2 * around.interval and around.cap:
                overtake = over * step
            before = served[0]
            self.move(number, step, time + step)
            if served[0] >= target + overtake:
                part = (target - before) / (served[0] - before - overtake)
                return max(0.0, time + step * part), target + part * overtake
            target += overtake
            time += step
            step *= GROWS
        rate = max(served[0] / time, 0.2 / own.mean)
        return min(LONGEST, time + (target - served[0]) / rate), target

    def move(self, number: int, step: float, end: float) -> None:
        for place, windows in self.fluid.helpers:
            line = self.fluid.lines[place]
            done = self.served[place] + windows * step / line.mean
            self.served[place] = min(line.waiting + self.arrivals[place][0] * end, done)
        classes = self.classes(end)
        for place, group in enumerate(self.fluid.around.groups):
            work = self.fluid.open[place] * step + self.behind.pop(place, 0.0)
            work += 0.0 if number else self.fluid.credit[place]
            work += sum(min(step, end - back) for back, where in self.fluid.back if where == place and end > back)
            if work > 0 and len(group.places) > 1:
                self.share(group, work, classes)
            elif len(group.places) == 1 or (group.places[0] == 0 and not group.turns):
                self.served[0] += work / self.fluid.lines[0].mean
            else:
                self.behind[place] = work

    def classes(self, end: float) -> list[list[float]]:
        """How many of each line will be in each class; the first line never ends."""
        found = []
        for level in range(LAST_LEVEL):
            rises = LAST_LEVEL - level
            needed = rises * self.fluid.around.interval if rises <= self.fluid.around.cap else LONGEST
            found.append([self.risen(place, needed, end) for place in range(len(self.served))])
        found.append([self.risen(place, 0.0, end) for place in range(len(self.served))])
        found[LAST_LEVEL][0] = LONGEST
        return found

    def risen(self, place: int, needed: float, end: float) -> float:
        line = self.fluid.lines[place]
        many = line.front - self.served[place]
        if end > needed:
            many += line.ordinary + self.arrivals[place][0] * (end - needed)
        elif line.ordinary and end + line.head_age > needed:
            many += line.ordinary * (1 - (needed - end) / line.head_age)
        return max(0.0, many)

    def share(self, group: Group, work: float, classes: list[list[float]]) -> None:
        means = [line.mean for line in self.fluid.lines]
        for level, found in enumerate(classes):
            tied = [one for one in group.places if found[one] > 0 and (level == 0 or one in group.turns)]
            weights = [(group.turns[one] if level else found[one]) * means[one] for one in tied]
            whole = work if level else min(work, sum(weights))
            for place, weight in zip(tied, weights, strict=True):
                work -= self.spend(place, whole * weight / sum(weights), classes, level)
            for place in group.places:
                if work > 0:
                    work -= self.spend(place, work, classes, level)

    def spend(self, place: int, work: float, classes: list[list[float]], level: int) -> float:
        """Calls as many people of a line and class as the time is enough for; returns the time it took."""
        many = min(work / self.fluid.lines[place].mean, classes[level][place])
        self.served[place] += many
        for found in classes[level:]:
            found[place] -= many
        return many * self.fluid.lines[place].mean
