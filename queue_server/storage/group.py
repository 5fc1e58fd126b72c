"""Jobs that go in one transaction, and how one of them can fail without the others.

A savepoint for each job costs a third of its time, and hardly any job fails after it has written. So a group runs
without them, and what its jobs leave is written at its end; if a job spoils it, all is undone and the group runs again
with savepoints, each job writing its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from queue_server.contract.refusals import Refusal
from queue_server.storage.draft import write_drafts
from queue_server.storage.floor_room import settle
from queue_server.storage.sql import Connection

AT_ONCE = 200
"""Jobs in one commit."""


class SpoiledError(Exception):
    """A job failed that had written something: the whole transaction must be undone."""


@dataclass
class Job:
    """Something to be done in a transaction, and where its answer goes."""

    work: Callable[[Connection], Any]
    refused: Callable[[Connection, Refusal], None] | None
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    answer: Any = None
    error: BaseException | None = None


def run(connection: Connection, jobs: Sequence[Job], fatal: type[Exception], *, apart: bool) -> None:
    """Runs jobs in the transaction under way, ``apart``: each behind a savepoint.

    Raises ``fatal`` errors of the database, after which nothing of the transaction is true, and ``SpoiledError``.
    """
    connection.learned, connection.drafts = {}, {}
    for job in jobs:
        _one(connection, job, fatal, apart)
    try:
        settle(connection)
    except fatal:
        raise
    except Exception as error:  # a row that one of the jobs left cannot be written: each will write its own
        if apart:
            raise
        raise SpoiledError from error


def _one(connection: Connection, job: Job, fatal: type[Exception], apart: bool) -> None:
    job.answer = job.error = None
    learned, written = connection.learned, connection.written
    if apart:
        connection.plain("SAVEPOINT job")
    try:
        job.answer = job.work(connection)
        if apart:
            write_drafts(connection)
    except fatal:
        raise
    except Exception as error:  # a fault of one job must not undo the others of its group
        job.error = error
        if apart:
            connection.plain("ROLLBACK TO SAVEPOINT job")
            connection.learned, connection.drafts = learned, {}
        elif connection.written != written:
            raise SpoiledError from error
    if job.refused is not None and isinstance(job.error, Refusal):
        job.refused(connection, job.error)
    if apart:
        write_drafts(connection)
        connection.plain("RELEASE SAVEPOINT job")


def fail(jobs: Sequence[Job], error: Exception) -> None:
    """Nothing of the group is on disk: each of its jobs hears so."""
    for job in jobs:
        job.answer, job.error = None, error


def deliver(jobs: Sequence[Job], committed: Callable[[Sequence[Any]], None]) -> None:
    """On the event loop: the answers of a transaction that is on disk, or what went wrong."""
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.answer)
    committed([job.answer for job in jobs if job.error is None])
