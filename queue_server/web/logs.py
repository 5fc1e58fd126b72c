"""Logs as lines of JSON, with a list of what may stand in them.

A key that is not on the list is dropped, whoever wrote it: no name, number, face or link can reach the
log by a careless line. Other libraries' messages come without their arguments for the same reason.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from queue_server.contract.codec import encode

ALLOWED = frozenset(
    {
        # every line
        "event", "level", "time", "logger",
        # requests
        "route", "method", "status", "ms", "role", "code",
        # who did what to which thing of the hall (ids of terminals, staff and places; never of citizens)
        "act", "by", "about", "hall", "window", "queue", "terminal", "zone",
        # devices
        "device", "kind", "model", "state", "condition", "action", "reason",
        # the program itself
        "error", "where", "receiver", "provider", "available", "seconds", "count", "seq", "port", "worker", "pid",
        "version", "revision", "database", "engine", "voice", "language", "key", "file", "exit",
    }
)  # fmt: skip

_OURS = ("drivers.", "queue_server.")


def only_allowed(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drops every key that is not on the list (a structlog processor)."""
    return {key: value for key, value in entry.items() if key in ALLOWED}


def _line(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> bytes:
    return encode({key: value if isinstance(value, (int, float, bool)) else str(value) for key, value in entry.items()})


def configure_logs(stream: TextIO | None = None) -> None:
    """Sends all logs of this process to standard error (or ``stream``) as JSON. Called once, by the program."""
    target = sys.stderr if stream is None else stream
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            only_allowed,
            _line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(target.buffer),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    for handler in tuple(root.handlers):
        root.removeHandler(handler)
    root.addHandler(_Foreign())
    root.setLevel(logging.WARNING)


class _Foreign(logging.Handler):
    """Lines of other libraries: who, how bad and which message, without what was put into it."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        log = structlog.get_logger()
        fixed = bool(record.args) or record.name.startswith(_OURS)  # a template, or words of our own
        reason = record.msg if isinstance(record.msg, str) and fixed else ""
        place = f"{record.module}:{record.lineno}"
        log.log(record.levelno, "library", logger=record.name, reason=reason, error=kind, where=place)
