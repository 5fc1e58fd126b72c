"""What the operator sees of requests: counters for Prometheus and one log line each.

Paths appear as templates, so neither a ticket's link nor a search nor an address of a person is ever kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Observer:
    """Counts and logs. One per program; it has a registry of its own."""

    def __init__(self, listeners: Callable[[], int], *, access_log: bool = True) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "hall_http_requests",
            "Requests by route, method and status.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "hall_http_request_seconds",
            "Time to the reply, streams left out.",
            ("route",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        Gauge("hall_push_listeners", "Pages that are connected to the feed.", registry=self._registry).set_function(
            listeners
        )
        self._refusals = Counter("hall_refusals", "Refusals by their code.", ("code",), registry=self._registry)
        self._access_log = access_log
        self._log = structlog.get_logger("web")
        self._count: dict[tuple[str, str, int], Callable[[], None]] = {}
        self._time: dict[str, Callable[[float], None]] = {}
        self._line: Callable[..., Any] | None = None

    def request(
        self, route: str, method: str, status: int, seconds: float, role: str, code: str, *, stream: bool = False
    ) -> None:
        """One request is over. Routes, methods and statuses are few, so what they count is looked up once."""
        count = self._count.get((route, method, status))
        if count is None:
            count = self._count[route, method, status] = self._requests.labels(route, method, str(status)).inc
        count()
        if code:
            self._refusals.labels(code).inc()
        if not stream:
            time = self._time.get(route)
            if time is None:
                time = self._time[route] = self._seconds.labels(route).observe
            time(seconds)
        if self._access_log:
            if self._line is None:
                self._line = self._log.bind().info
            self._line(
                "request", route=route, method=method, status=status, ms=round(seconds * 1000, 1), role=role, code=code
            )

    def mistake(self, route: str, error: BaseException) -> None:
        """An error that nobody foresaw: its kind and where it happened, never its text."""
        self._log.error("request.failed", route=route, error=type(error).__name__, where=where(error))

    def audit(self, act: str, by: str, about: str, role: str = "") -> None:
        """Who gave out or took away a right; kept with the log."""
        self._log.info("audit", act=act, by=by, about=about, role=role)

    def metrics(self) -> tuple[bytes, str]:
        """The Prometheus text and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST


def where(error: BaseException, depth: int = 4) -> str:
    """The last places of a traceback as ``file:line`` (texts of exceptions may hold what people typed)."""
    places: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{'/'.join(code.co_filename.split('/')[-2:])}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(places[-depth:])
