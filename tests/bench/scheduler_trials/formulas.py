"""Mean waits that theory knows, and how sure a mean of replications is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

STUDENT_99 = 2.878
"""Two-sided 99 % quantile of Student's t with 18 degrees of freedom: 20 replications, one control."""
REPLICATIONS = 20


class Measured(NamedTuple):
    mean: float
    half_width: float
    """Of the 99 % confidence interval."""

    def agrees(self, formula: float) -> bool:
        return abs(self.mean - formula) <= self.half_width


def measured(replications: Sequence[float], controls: Sequence[float]) -> Measured:
    """The mean of 20 replications with a control variate.

    ``controls`` is how much busier than planned each replication happened to be; its expectation is 0. A straight
    line through the points takes out what that explains.
    """
    centre = statistics.fmean(controls)
    slope = statistics.covariance(controls, replications) / statistics.variance(controls)
    mean = statistics.fmean(replications) - slope * centre
    rests = [wait - mean - slope * busy for wait, busy in zip(replications, controls, strict=True)]
    variance = sum(rest**2 for rest in rests) / (REPLICATIONS - 2)
    spread = math.sqrt(variance * (1 / REPLICATIONS + centre**2 / (REPLICATIONS - 1) / statistics.variance(controls)))
    return Measured(mean, STUDENT_99 * spread)


def erlang_c(windows: int, load: float) -> float:
    """The share of people who wait at all; ``load`` is arrivals times mean service (erlangs), below ``windows``."""
    term, total = 1.0, 1.0
    for n in range(1, windows):
        term *= load / n
        total += term
    last = term * load / windows * windows / (windows - load)
    return last / (total + last)


def several_windows(windows: int, per_second: float, service: float) -> float:
    """M/M/c: the mean wait."""
    load = per_second * service
    return erlang_c(windows, load) * service / (windows - load)


def several_windows_two_classes(windows: int, first: float, second: float, service: float) -> tuple[float, float]:
    """M/M/c with two classes that do not interrupt (Kella and Yechiali 1985), the same service for both."""
    everybody = first + second
    residual = erlang_c(windows, everybody * service) * service / windows
    high = first * service / windows
    both = everybody * service / windows
    return residual / (1 - high), residual / ((1 - high) * (1 - both))


def one_window(per_second: float, service: float, squared: float) -> float:
    """M/G/1 (Pollaczek and Khinchine); ``squared`` is the mean of the squared service time."""
    return per_second * squared / (2 * (1 - per_second * service))


def one_window_classes(kinds: Sequence[tuple[float, float, float]]) -> list[float]:
    """M/G/1 with classes that do not interrupt (Cobham 1954): each (arrivals per second, mean, mean of squares)."""
    residual = sum(rate * squared for rate, _, squared in kinds) / 2
    waits, before = [], 0.0
    for rate, mean, _ in kinds:
        upto = before + rate * mean
        waits.append(residual / ((1 - before) * (1 - upto)))
        before = upto
    return waits
