"""One request to the queue server, with short time-outs, and every way in which it can fail as a reason.

After a failure of the network the link counts as *away*: taps no longer wait for it, and a background
probe (refresher.py) brings it back.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import requests
import structlog
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError

from drivers.device import Secret
from kiosk.errors import KioskError, Reason
from queue_server.contract import codec
from queue_server.contract.refusals import Code, RefusalBody

log = structlog.get_logger(__name__)

T = TypeVar("T")

LARGEST = 8_000_000
IDLE_SESSIONS = 4

REFUSED: dict[str, Reason] = {
    Code.QUEUE_CLOSED: Reason.QUEUE_CLOSED,
    Code.QUEUE_FULL: Reason.QUEUE_FULL,
    Code.ALREADY_WAITING: Reason.ALREADY_WAITING,
    Code.LIMIT_REACHED: Reason.LIMIT_REACHED,
    Code.NO_NUMBERS_LEFT: Reason.NO_NUMBERS_LEFT,
    Code.RESTRICTED: Reason.RESTRICTED,
    Code.ALREADY_BOOKED: Reason.ALREADY_BOOKED,
    Code.SLOT_FULL: Reason.SLOT_FULL,
    Code.SLOT_CLOSED: Reason.SLOT_CLOSED,
    Code.TOO_EARLY: Reason.TOO_EARLY,
    Code.TOO_LATE_TO_CHANGE: Reason.TOO_LATE_TO_CHANGE,
    Code.NOT_YOUR_OWN: Reason.BOOKING_GONE,
    Code.PROVIDER_UNAVAILABLE: Reason.PROVIDER_UNAVAILABLE,
    Code.PROVIDER_REFUSED: Reason.PROVIDER_REFUSED,
    Code.TOO_MANY_TRIES: Reason.LIMIT_REACHED,
    Code.UNAUTHENTICATED: Reason.NOT_ENROLLED,
    Code.FORBIDDEN: Reason.NOT_ENROLLED,
}
"""What a person reads when the server says no; other refusals are ``unexpected``."""

FINER: dict[str, Reason] = {"code-wrong": Reason.CODE_WRONG, "no-time-left": Reason.NO_TIME_LEFT}
"""Reasons inside of a refusal (``detail.reason``) that say more than its code."""

SHOWN = ("until", "from", "start")
"""What of a refusal's detail goes on the screen: instants."""

AWAY = frozenset({Reason.SERVER_UNREACHABLE, Reason.SERVER_SLOW, Reason.SERVER_ERROR, Reason.SERVER_NONSENSE})
"""Reasons after which nothing is known of what the server did, and tickets come from the lease."""


class RefusedError(KioskError):
    """The server understood and said no; nothing was done."""

    def __init__(self, reason: Reason, body: RefusalBody) -> None:
        shown = {name: str(body.detail[name]) for name in SHOWN if body.detail.get(name)}
        super().__init__(reason, body.code, shown)
        self.body = body


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, body and headers of an answer that can be trusted to come from the server."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Link:
    """The line to the server. Safe for several threads; each request borrows a connection that is kept open."""

    def __init__(
        self,
        url: str,
        token: Secret[str],
        connect_seconds: float = 1.0,
        read_seconds: float = 3.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url.rstrip("/") + "/api/v1"
        self._token = token
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._monotonic = monotonic
        self._sessions: queue.LifoQueue[requests.Session] = queue.LifoQueue()
        self._lock = threading.Lock()
        self._away: Reason | None = None
        self._enrolled = True
        self._watchers: list[Callable[[], None]] = []

    @property
    def away(self) -> Reason | None:
        """Why the server cannot be used now; None when the last word of it was good (or nothing was tried yet)."""
        return self._away

    @property
    def enrolled(self) -> bool:
        """False once the server has refused this kiosk's token."""
        return self._enrolled

    @contextmanager
    def stream(self, path: str, silence_seconds: float) -> Iterator[Iterator[bytes]]:
        """The lines of an answer that does not end. Raises ``KioskError`` when it does or falls silent."""
        sent = {"Authorization": f"Bearer {self._token.reveal()}", "Accept": "text/event-stream"}
        try:
            with (
                self._session() as session,
                session.get(
                    self._url + path,
                    headers=sent,
                    timeout=(self._connect_seconds, silence_seconds),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                if response.status_code != 200:
                    raise KioskError(Reason.SERVER_ERROR, str(response.status_code))
                yield response.iter_lines(chunk_size=65536)
        except requests.exceptions.RequestException:
            raise KioskError(Reason.SERVER_UNREACHABLE, "stream") from None

    def watch(self, callback: Callable[[], None]) -> None:
        """Calls back, on any thread, when the server goes away, comes back, or refuses the token."""
        self._watchers.append(callback)

    def get(self, path: str, kind: type[T]) -> T:
        """Fetches one message. Raises ``KioskError``."""
        return self.decoded(self.exchange("GET", path).body, kind)

    def post(self, path: str, message: Any, kind: type[T], *, key: str = "", read_seconds: float = 0.0) -> T:
        """Sends one command and returns the reply. Raises ``RefusedError`` for a no, else ``KioskError``."""
        headers = {"Idempotency-Key": key} if key else {}
        reply = self.exchange("POST", path, codec.encode(message), headers=headers, read_seconds=read_seconds)
        return self.decoded(reply.body, kind)

    def exchange(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        headers: dict[str, str] | None = None,
        read_seconds: float = 0.0,
    ) -> Reply:
        """One request. Raises ``RefusedError`` for a no of the server, else ``KioskError``.

        Whoever brings a patience of their own (``read_seconds``) waits for more than the server: that it takes long
        says nothing about the line.
        """
        try:
            reply = self._exchange(method, path, body, headers or {}, read_seconds or self._read_seconds)
            return self._judged(reply)
        except KioskError as error:
            if error.reason in AWAY and not (read_seconds and error.reason is Reason.SERVER_SLOW):
                self._see(error.reason)
            raise

    def decoded(self, body: bytes, kind: type[T]) -> T:
        """The message in a body. What is none counts as nonsense of the server: raises ``KioskError``."""
        try:
            return codec.decode(body, kind)
        except msgspec.DecodeError as error:  # ValidationError is one
            self._see(Reason.SERVER_NONSENSE)
            raise KioskError(Reason.SERVER_NONSENSE, type(error).__name__) from None

    def close(self) -> None:
        """Closes the connections that rest; the link may still be used afterwards."""
        while True:
            try:
                self._sessions.get_nowait().close()
            except queue.Empty:
                return

    # --- inside ---

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], read_seconds: float
    ) -> Reply:
        deadline = self._monotonic() + self._connect_seconds + read_seconds
        sent = {"Authorization": f"Bearer {self._token.reveal()}", "Accept": "application/json", **headers}
        if body is not None:
            sent["Content-Type"] = "application/json"
        try:
            with (
                self._session() as session,
                session.request(
                    method,
                    self._url + path,
                    data=body,
                    headers=sent,
                    timeout=(self._connect_seconds, read_seconds),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                content = self._read(response, deadline)
                return Reply(response.status_code, content, {k.lower(): v for k, v in response.headers.items()})
        except (requests.exceptions.ReadTimeout, ReadTimeoutError):
            raise KioskError(Reason.SERVER_SLOW) from None
        except (requests.exceptions.ConnectionError, requests.exceptions.Timeout) as error:
            raise KioskError(Reason.SERVER_UNREACHABLE, type(error).__name__) from None
        except (requests.exceptions.RequestException, HTTPError, ValueError) as error:
            raise KioskError(Reason.SERVER_NONSENSE, type(error).__name__) from None

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        """The whole body, but not for ever and not without end."""
        content = bytearray()
        while part := response.raw.read1(65536, decode_content=True):  # what is there, not waiting for more
            content += part
            if len(content) > LARGEST:
                raise KioskError(Reason.SERVER_NONSENSE, "too long")
            if self._monotonic() > deadline:
                raise KioskError(Reason.SERVER_SLOW, "trickle")
        return bytes(content)

    def _judged(self, reply: Reply) -> Reply:
        if reply.status in {200, 201, 304}:
            self._see(None)
            return reply
        refusal = _refusal(reply)
        if reply.status in {401, 403}:
            self._see(None, enrolled=False)
            raise KioskError(Reason.NOT_ENROLLED, str(reply.status))
        if refusal is not None and (reply.status < 500 or refusal.code == Code.PROVIDER_UNAVAILABLE):
            self._see(None)
            reason = REFUSED.get(refusal.code, Reason.UNEXPECTED)
            reason = FINER.get(str(refusal.detail.get("reason")), reason)
            raise RefusedError(reason, refusal)
        raise KioskError(Reason.SERVER_ERROR if reply.status >= 500 else Reason.SERVER_NONSENSE, str(reply.status))

    def _see(self, away: Reason | None, *, enrolled: bool = True) -> None:
        with self._lock:
            enrolled = self._enrolled if away is not None else enrolled
            changed = (away is None) != (self._away is None) or enrolled != self._enrolled
            self._away, self._enrolled = away, enrolled
        if changed:
            log.info("link changed", reason=away.value if away else "back", enrolled=enrolled)
            for watcher in self._watchers:
                watcher()

    @contextmanager
    def _session(self) -> Iterator[requests.Session]:
        try:
            session = self._sessions.get_nowait()
        except queue.Empty:
            session = requests.Session()
            session.trust_env = False
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=0, pool_connections=1, pool_maxsize=1))
        try:
            yield session
        except BaseException:
            session.close()
            raise
        if self._sessions.qsize() < IDLE_SESSIONS:
            self._sessions.put(session)
        else:
            session.close()


def _refusal(reply: Reply) -> RefusalBody | None:
    try:
        return codec.decode(reply.body, RefusalBody)
    except msgspec.DecodeError:
        return None
