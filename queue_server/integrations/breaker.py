"""Whether an outside system counts as available: a rule of values, without a clock of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from queue_server.integrations.ports import DownReason

FAILURES_TO_OPEN = 2
"""One failure may be chance; the second one in a row closes the tile."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one outside system; ``since`` is when ``available`` changed last. Nothing asked yet: down."""

    available: bool = False
    since: datetime | None = None
    failures: int = 0
    reason: DownReason | None = None

    def after_success(self, at: datetime) -> Standing:
        return Standing(True, self.since if self.available else at)

    def after_failure(self, at: datetime, reason: DownReason) -> Standing:
        failures = self.failures + 1
        if self.available and failures < FAILURES_TO_OPEN:
            return replace(self, failures=failures, reason=reason)
        return Standing(False, at if self.available or self.since is None else self.since, failures, reason)
