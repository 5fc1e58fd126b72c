"""A thread that looks now and then what a printer told by itself, and tells whoever wants to know."""

from __future__ import annotations

import threading
from collections.abc import Callable

from drivers.device import Status

LOOK_SECONDS = 0.5


class Listener:
    """Calls ``changed`` with what ``look`` gives whenever that is new; without ``changed`` it does not run."""

    def __init__(self, look: Callable[[], Status | None], seconds: float = LOOK_SECONDS) -> None:
        self._look = look
        self._seconds = seconds
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self.changed: Callable[[Status], None] | None = None

    def start(self) -> None:
        """Begins to look; nothing happens when it does already."""
        if self.changed is None or self._thread is not None:
            return
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(self.changed, self._stopping), name="printer listening", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Ends it; nothing is told any more once this has returned (unless it is called by who is being told)."""
        self._stopping.set()
        thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(2.0)

    def _run(self, changed: Callable[[Status], None], stopping: threading.Event) -> None:
        told: Status | None = None
        while not stopping.wait(self._seconds):
            found = self._look()
            if found is not None and found != told and not stopping.is_set():
                told = found
                changed(found)
