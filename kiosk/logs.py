"""The kiosk's log: lines of JSON on standard error, with nothing in them that was not allowed beforehand."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog

ALLOWED_IN_LOGS = frozenset(
    {
        "event", "level", "time", "logger", "where",
        "step", "flow", "page", "reason", "detail", "device", "model", "kind", "state", "came", "went", "action",
        "fault", "uncertain", "queue", "stand", "number", "off", "enrolled",
    }
)  # fmt: skip
"""Every key that a line of the kiosk's log may have; all others are dropped, whoever wrote them."""


def configure_logs() -> None:
    """Sends the logs of this process to standard error as lines of JSON, unless its program has done so already."""
    if not structlog.is_configured():
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                _stamped,
                _only_allowed,
                structlog.processors.JSONRenderer(),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            logger_factory=lambda *_: _StandardError(),
        )
    if not logging.getLogger().handlers:
        logging.getLogger().addHandler(_Foreign(logging.WARNING))


def _stamped(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **entry}


def _only_allowed(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value for key, value in entry.items() if key in ALLOWED_IN_LOGS}


class _StandardError:
    """Finds standard error anew for every line: whoever tests or supervises may have changed it."""

    def msg(self, line: str) -> None:
        sys.stderr.write(f"{line}\n")

    log = debug = info = warning = error = critical = msg


class _Foreign(logging.Handler):
    """Lines of drivers and libraries: the message, but nothing that was put into a library's message."""

    def emit(self, record: logging.LogRecord) -> None:
        ours = record.name.startswith("drivers.")
        words = record.getMessage() if ours else record.msg if isinstance(record.msg, str) else ""
        structlog.get_logger().log(record.levelno, words, logger=record.name, where=f"{record.module}:{record.lineno}")
