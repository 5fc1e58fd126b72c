"""Turns between lines with weights: so many of one, then so many of the other, as long as both wait.

Stride scheduling in whole numbers (start-time fair queueing): every line has a counter; who has the lowest goes, and
its counter moves on by the stride, which is smaller the greater its weight. A line that does not compete is brought up
to the counter of the one that went, so that it earns no credit for the time when it was empty. All counters are kept
relative to the lowest and never exceed their stride: they stay small for ever. Over any run in which two lines compete,
neither is more than one turn of each ahead of the other; of two lines alone each gets its share of the run, give or
take one.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping


def whose(weights: Mapping[str, int], competing: Collection[str], counters: Mapping[str, int]) -> str:
    """Who of ``competing`` (keys of ``weights``, at least one) goes now; equal counters go in the order of weights."""
    return min((name for name in weights if name in competing), key=lambda name: counters.get(name, 0))


def after(weights: Mapping[str, int], gone: str, counters: Mapping[str, int]) -> dict[str, int]:
    """The counters when ``gone`` has had its turn. Counters from before a change of the weights are cut to fit."""
    whole = math.lcm(*weights.values())
    stride = whole // weights[gone]
    reached = min(counters.get(gone, 0), stride)
    moved = {}
    lowest = reached + whole
    for name, weight in weights.items():
        count = reached + stride if name == gone else max(reached, min(counters.get(name, 0), whole // weight))
        moved[name] = count
        if count < lowest:
            lowest = count
    return {name: count - lowest for name, count in moved.items()} if lowest else moved
