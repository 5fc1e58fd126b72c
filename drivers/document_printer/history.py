"""Which jobs a printer has finished: looked through once, afterwards only from the newest end. Pure.

A printer lists its finished jobs newest first (RFC 8011, 4.2.6.1) and keeps up to thousands of them. A page of that
list that ends among jobs which are known already says everything that is new, so looking for a job costs the same
however long the list has grown. Jobs that ended in the same second stand in any order (CUPS 2.4.2: the oldest first).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from drivers.document_printer.operations import Job

NEWEST = 16
"""How many finished jobs are asked for when the older ones are known."""
LOOK_BACK = 1000
"""How many at most. What has more than so many newer ones above it when it is first looked for is not found: it counts
as unknown to the printer."""


class FinishedJobs:
    """What is remembered of them: numbers, and of names only what tells two apart. Safe from several threads.

    Of a printer that does not keep owners apart these are other people's documents, too: their names stay nowhere.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._names: dict[int, int] = {}
        """Number → hash of the name, oldest first."""

    def joins(self, page: Sequence[Job]) -> bool:
        """Whether everything older than this page is known.

        So it is when the older half of it is: one job alone does not tell. A page whose first number is below its last
        may come from the wrong end of the list.
        """
        with self._guard:
            older = page[len(page) // 2 :]
            known = all(self._names.get(job.number) == hash(job.name) for job in older)
        return known and bool(page) and page[0].number >= page[-1].number

    def learn(self, page: Sequence[Job]) -> None:
        """Remembers a page, newest first; the oldest jobs are forgotten when there are too many."""
        with self._guard:
            for job in reversed(page):
                self._names.pop(job.number, None)
                self._names[job.number] = hash(job.name)
            while len(self._names) > 2 * LOOK_BACK:
                self._names.pop(next(iter(self._names)))

    def numbers(self, name: str) -> tuple[int, ...]:
        """The jobs of that name; the printer may have forgotten them, or given the number to another one."""
        with self._guard:
            return tuple(number for number, known in self._names.items() if known == hash(name))
