"""What the windows of a queue will do next, in thought: whom they call, step by step.

Windows with the same queues are one group. In every step a group works on what it would call
(``queue_server.domain.next``: class and ageing, the order of its queues, turns). This runs for every ticket and every
call, so the other queues are moved on only in those steps in which they can take a window from this one, and numbers
stand in plain lists, one for each line.
"""

from __future__ import annotations

import operator
from itertools import accumulate
from typing import TYPE_CHECKING

from queue_server.domain import pace
from queue_server.domain.surroundings import LONGEST, Group

if TYPE_CHECKING:
    from queue_server.domain.fluid import Fluid

STEPS: tuple[float, ...] = tuple(accumulate([90.0] + 8 * [1.7], operator.mul))
"""Time passes in steps that grow: near things are seen sharper. They are the same for all, so that nobody overtakes."""

ENDS = tuple(accumulate(STEPS))


class Flow:
    """What the windows do from now on, step by step; ``served`` counts who was called of each line.

    Groups that ``lead`` call only people of the queue itself, unless somebody of another one is in a better class than
    the last. Only then, and for the other groups, the other queues are moved on: not before the instant ``quiet``.

    In a step, ``top``, ``middle`` and ``last`` are how many of each line will be in each class when it ends, with those
    whom waiting has lifted; None when nobody else is in that class, and nothing of ``last`` while all groups lead.
    """

    __slots__ = (
        "behind",
        "comes",
        "eldest",
        "fluid",
        "front",
        "fronts",
        "help",
        "helped",
        "last",
        "leading",
        "means",
        "middle",
        "oldest",
        "others",
        "quiet",
        "served",
        "top",
        "waiting",
    )

    def __init__(self, fluid: Fluid) -> None:
        self.fluid = fluid
        self.served = [0.0] * len(fluid.lines)
        self.leading = 0.0
        self.others = False
        for number, group in enumerate(fluid.around.groups):
            if group.leads:
                self.leading += fluid.open[number]
            elif fluid.open[number] or fluid.back:
                self.others = True
        self.fronts: list[int] = []
        self.oldest = 0.0
        for place, line in enumerate(fluid.lines):
            if place or self.others:
                if line.front:
                    self.fronts.append(place)
                if line.head_age > self.oldest:
                    self.oldest = line.head_age
        self.quiet = -1.0 if self.others or self.fronts else fluid.around.soonest - self.oldest
        self.helped = -1
        self.behind: dict[int, float] = {}
        self.last: list[float] = []

    def lead(self, number: int) -> None:
        """One step in which only groups that lead call anybody."""
        work = 0.0
        for place, group in enumerate(self.fluid.around.groups):
            if group.leads:
                work += self._work(place, number)
        self.served[0] += work / self.fluid.lines[0].mean

    def step(self, number: int) -> None:
        """One step in which other queues take some of the windows."""
        fluid, served, end = self.fluid, self.served, ENDS[number]
        if self.fronts:
            self.fronts = [place for place in self.fronts if fluid.lines[place].front > served[place]]
        rise = end + self.oldest > fluid.around.soonest
        if not rise and not self.fronts and not self.others:
            self.quiet = fluid.around.soonest - self.oldest
            self.lead(number)
            return
        if self.helped < 0:
            self._begin()
        self._help(number)
        self._line_up(end)
        for place, group in enumerate(fluid.around.groups):
            work = self._work(place, number)
            if work <= 0 and not group.leads:  # windows that still owe more than the step is long
                self.behind[place] = work
                continue
            if not group.alone:
                if self.top and work > 0:
                    work = self._call_top(group, work, self.top)
                if self.middle and work > 0:
                    work = self._call_middle(group, work, self.middle)
            if group.leads:
                served[0] += work / self.means[0]
            elif work > 0:
                self._call_last(group, work)

    def _work(self, group: int, number: int) -> float:
        """The seconds that the windows of a group work in this step, with those that come back from a break."""
        fluid, step = self.fluid, STEPS[number]
        work = fluid.open[group] * step
        if not number:
            work += fluid.credit[group]
        elif group in self.behind:
            work += self.behind.pop(group)
        for back, where in fluid.back:
            if where == group and ENDS[number] > back:
                work += min(step, ENDS[number] - back)
        return work

    def _begin(self) -> None:
        lines, at = self.fluid.lines, self.fluid.at
        self.means = [line.mean for line in lines]
        self.waiting = [line.waiting for line in lines]
        self.front = [line.front for line in lines]
        self.eldest = max([line.head_age for line in lines])
        self.comes = comes = [pace.arrivals(line.learned, at)[0] for line in lines]
        self.help = [
            (place, windows / lines[place].mean, lines[place].waiting, comes[place])
            for place, windows in self.fluid.helpers
        ]
        self.helped = 0

    def _help(self, number: int) -> None:
        """Windows that do not serve the queue of the person in question call some of the others, up to this step."""
        served = self.served
        for place, rate, waiting, comes in self.help:
            done = served[place]
            for past in range(self.helped, number + 1):
                done += rate * STEPS[past]
                there = waiting + comes * ENDS[past]
                if done > there:
                    done = there
            served[place] = done
        self.helped = number + 1

    def _line_up(self, end: float) -> None:
        """Who is in which class when the step ends."""
        served = self.served
        top, middle = self.fluid.around.needed
        self.top = self.middle = None
        if self.fronts and end + self.eldest <= top:
            self.top = top_now = []
            for place, front in enumerate(self.front):
                many = front - served[place]
                top_now.append(many if many > 0 else 0.0)
        elif self.fronts or end + self.oldest > top:
            self.top = self._risen(top - end)
        if end + self.oldest > middle:
            self.middle = self._risen(middle - end)
        if self.others:
            self.last = last = [LONGEST]  # the person in question stands in the first line, so that it never ends
            for place in range(1, len(served)):
                many = self.waiting[place] + self.comes[place] * end - served[place]
                last.append(many if many > 0 else 0.0)

    def _risen(self, left: float) -> list[float]:
        """How many of each line rise to a class for which somebody who came now must still wait so long."""
        found = []
        for place, line in enumerate(self.fluid.lines):
            many = line.front - self.served[place]
            if left < 0:
                many += line.ordinary - self.comes[place] * left
            elif line.head_age > left:
                many += line.ordinary * (1 - left / line.head_age)
            found.append(many if many > 0 else 0.0)
        return found

    def _call_top(self, group: Group, work: float, top: list[float]) -> float:
        """Calls people of the best class as if all queues were one line; returns the seconds that are left."""
        middle, last, served, means = self.middle, self.last, self.served, self.means
        whole = 0.0
        for place in group.places:
            whole += top[place] * means[place]
        if whole <= 0:
            return work
        part = 1.0 if whole <= work else work / whole
        for place in group.places:
            many = top[place] * part
            served[place] += many
            top[place] -= many
            if middle:
                middle[place] -= many
            if last:
                last[place] -= many
        return work - whole * part

    def _call_middle(self, group: Group, work: float, middle: list[float]) -> float:
        """Calls people between the best class and the last: by turns, then in order; returns the time left."""
        last, served, means = self.last, self.served, self.means
        if group.turns:
            work = self._take_turns(group, work, middle)
        for place in group.places:
            many = middle[place]
            if many > 0 and work > 0:
                many = min(many, work / means[place])
                served[place] += many
                middle[place] -= many
                if last:
                    last[place] -= many
                work -= many * means[place]
        return work

    def _call_last(self, group: Group, work: float) -> None:
        """Calls people of the last class in the same way."""
        last, served, means = self.last, self.served, self.means
        if group.turns:
            work = self._take_turns(group, work, last)
        for place in group.places:
            many, mean = last[place], means[place]
            time = many * mean
            if time >= work:
                many = work / mean
                served[place] += many
                last[place] -= many
                return
            served[place] += many
            last[place] = 0.0
            work -= time

    def _take_turns(self, group: Group, work: float, found: list[float]) -> float:
        """Calls people of those queues of a group that go by turns; returns the time left."""
        last, means, turns = self.last, self.means, group.turns
        tied = [place for place in turns if found[place] > 0]
        whole = sum([turns[place] * means[place] for place in tied])
        left = work
        for place in tied:
            many = min(work * turns[place] / whole, found[place])
            self.served[place] += many
            found[place] -= many
            if found is not last:
                last[place] -= many
            left -= many * means[place]
        return left
