"""What exists only while one citizen stands here, and the devices' forgetting afterwards."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from kiosk.desk import Desk, Stage
from kiosk.flows.flow import NOTHING, Answers, Flow, Step

log = structlog.get_logger(__name__)

FORGETTING_SECONDS = 3.0
"""The longest that a visit waits for the devices to forget the one before."""


@dataclass(slots=True)
class Session:
    """What exists only while one citizen stands here."""

    id: str
    flow: Flow
    step: Step
    stage: Stage
    answers: Answers = field(default_factory=lambda: NOTHING)
    history: list[tuple[Step, Answers]] = field(default_factory=list)
    jobs: queue.SimpleQueue[Callable[[], None] | None] = field(default_factory=queue.SimpleQueue)
    seen: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """What the step's view said last, before its work changed anything of it."""
    waiting: bool = False
    """The work under way waits for the person and may be interrupted."""


class Forgetting:
    """Devices forget a visit on a thread of their own; the next one does no work before they have."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._under_way = 0
        self._done = threading.Event()
        self._done.set()

    def begin(self) -> None:
        """The visit is over. Returns at once."""
        with self._lock:
            self._under_way += 1
            self._done.clear()
        threading.Thread(target=self._forget, name="forget", daemon=True).start()

    def wait(self) -> None:
        """Until every visit before is forgotten, or a device takes too long for it."""
        if not self._done.wait(FORGETTING_SECONDS):
            log.error("devices take long to forget")

    def _forget(self) -> None:
        try:
            self._desk.forget()
        except Exception as error:  # noqa: BLE001  # a broken driver must not keep the next person out
            log.error("devices did not forget", kind=type(error).__name__)
        finally:
            with self._lock:
                self._under_way -= 1
                if self._under_way == 0:
                    self._done.set()
