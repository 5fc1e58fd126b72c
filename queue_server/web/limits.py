"""Slows down those who guess codes and passwords."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable

from queue_server.contract.refusals import Code, Refusal

_REMEMBERED = 10_000


class FailedTries:
    """Counts failures per caller in a sliding window of time; those who get it right are not counted.

    ``monotonic`` gives seconds. What is remembered is bounded: the caller that was quiet longest is forgotten.
    """

    def __init__(self, allowed: int, seconds: float, monotonic: Callable[[], float]) -> None:
        self._allowed = allowed
        self._seconds = seconds
        self._monotonic = monotonic
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, who: str) -> None:
        """Raises ``too_many_tries`` with the seconds to wait."""
        times = self._recent(who)
        if len(times) >= self._allowed:
            wait = int(self._seconds - (self._monotonic() - times[0])) + 1
            raise Refusal(Code.TOO_MANY_TRIES, "too many failed tries; wait", retryAfterSeconds=wait)

    def failed(self, who: str) -> None:
        """One more failure."""
        times = self._recent(who)
        times.append(self._monotonic())
        self._failures[who] = times
        self._failures.move_to_end(who)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def _recent(self, who: str) -> deque[float]:
        times = self._failures.get(who)
        if times is None:
            return deque()
        since = self._monotonic() - self._seconds
        while times and times[0] <= since:
            times.popleft()
        if not times:
            del self._failures[who]
        return times
