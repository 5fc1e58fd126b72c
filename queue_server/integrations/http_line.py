"""HTTP to one outside system: signed, short of patience, and strict about what comes back.

Questions about people go in bodies, never in addresses; neither is logged.
"""

from __future__ import annotations

import secrets
import time
from typing import Any, TypeVar

import msgspec
import requests

from queue_server.contract.codec import decode, encode
from queue_server.contract.messages import Message
from queue_server.integrations.ports import DownReason, NoReason, ProviderDownError, ProviderRefusalError
from queue_server.integrations.signing import signed_headers

T = TypeVar("T")

CONNECT_SECONDS = 1.5
ANSWER_SECONDS = 5.0
PROBE_SECONDS = 2.0
"""A system that takes longer to say that it is alive counts as down."""

_LARGEST = 1_000_000


class ErrorBody(Message):
    """What the outside system says when it refuses."""

    code: str
    message: str = ""


_REFUSALS = {
    "code_wrong": NoReason.CODE_WRONG,
    "too_many_tries": NoReason.TOO_MANY_TRIES,
    "not_found": NoReason.NOT_FOUND,
    "bad_request": NoReason.BAD_INPUT,
}


class HttpLine:
    """Requests to ``url``, each on a connection of its own so that a hung one holds up nothing else."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url.rstrip("/")
        self._key = key

    def ask(self, path: str, question: Any, kind: type[T]) -> T:
        """The answer to a question. Raises ``ProviderDownError``, ``ProviderRefusalError``."""
        return self._send("POST", path, encode(question), kind, ANSWER_SECONDS)

    def probe(self, path: str) -> None:
        """Asks for a sign of life. Raises ``ProviderDownError``."""
        try:
            self._send("GET", path, b"", Alive, PROBE_SECONDS)
        except ProviderRefusalError:
            raise ProviderDownError(DownReason.BROKEN) from None

    def _send(self, method: str, path: str, body: bytes, kind: type[T], seconds: float) -> T:
        if not self._url:
            raise ProviderDownError(DownReason.NOT_CONFIGURED)
        headers = signed_headers(self._key, method, path, body, int(time.time()), secrets.token_hex(12))
        if body:
            headers["Content-Type"] = "application/json"
        deadline = time.monotonic() + seconds
        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy and no password file of this machine's user
                reply = session.request(
                    method,
                    self._url + path,
                    data=body,
                    headers=headers,
                    timeout=(CONNECT_SECONDS, seconds),
                    allow_redirects=False,
                    stream=True,
                )
                return _understood(reply.status_code, _read(reply, deadline), kind)
        except requests.Timeout:
            raise ProviderDownError(DownReason.SLOW) from None
        except (requests.RequestException, OSError, ValueError):
            raise ProviderDownError(DownReason.UNREACHABLE) from None


class Alive(Message):
    """A sign of life."""

    status: str


def _read(reply: requests.Response, deadline: float) -> bytes:
    """The whole body; a system that drips it is slow, one that never ends is nonsense."""
    data = b""
    for chunk in reply.iter_content(65536):
        data += chunk
        if len(data) > _LARGEST:
            raise ProviderDownError(DownReason.NONSENSE)
        if time.monotonic() > deadline:
            raise ProviderDownError(DownReason.SLOW)
    return data


def _understood(status: int, data: bytes, kind: type[T]) -> T:
    if status >= 500:
        raise ProviderDownError(DownReason.BROKEN)
    if status in {401, 407}:
        raise ProviderDownError(DownReason.NOT_AUTHORISED)
    try:
        if status == 200:
            return decode(data, kind)
        reason = _REFUSALS.get(decode(data, ErrorBody).code)
    except msgspec.MsgspecError:
        raise ProviderDownError(DownReason.NONSENSE) from None
    if reason is None:
        raise ProviderDownError(DownReason.NONSENSE)
    raise ProviderRefusalError(reason)
