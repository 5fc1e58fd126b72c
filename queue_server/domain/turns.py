"""Turns between lines with weights: so many of one, then so many of the other, as long as both wait.

Stride scheduling in whole numbers (start-time fair queueing): every line has a counter; who has the lowest goes, and
its counter moves on by the stride, which is smaller the greater its weight. A line that does not compete is brought up
to the counter of the one that went, so that it earns no credit for the time when it was empty. All counters are kept
relative to the lowest and never exceed their stride: they stay small for ever. Over any run in which the same lines
compete, each gets its share within one turn.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping


def take(
    weights: Mapping[str, int], competing: Collection[str], counters: Mapping[str, int]
) -> tuple[str, dict[str, int]]:
    """Who of ``competing`` (keys of ``weights``, at least one) goes now, and the counters after it.

    Equal counters go in the order of ``weights``. Counters from before a change of the weights are cut to fit.
    """
    whole = math.lcm(*weights.values())
    now = {name: min(max(0, counters.get(name, 0)), whole // weight) for name, weight in weights.items()}
    chosen = min((name for name in now if name in competing), key=now.__getitem__)
    reached = now[chosen]
    after = {name: max(count, reached) for name, count in now.items()}
    after[chosen] = reached + whole // weights[chosen]
    lowest = min(after.values())
    return chosen, {name: count - lowest for name, count in after.items()}
