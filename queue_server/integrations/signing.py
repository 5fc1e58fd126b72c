"""How a hall proves who it is to a government system: a keyed signature over every request.

``X-App-Id``, ``X-Timestamp`` (seconds, accepted within five minutes), ``X-Nonce`` (never twice) and ``X-Sign``:
HMAC-SHA-256 over method, path, hash of the body, timestamp and nonce, as the provinces' gateways have it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

APP = "X-App-Id"
TIME = "X-Timestamp"
NONCE = "X-Nonce"
SIGN = "X-Sign"
TOLERANCE_SECONDS = 300


def signed_headers(key: str, method: str, path: str, body: bytes, timestamp: int, nonce: str) -> dict[str, str]:
    """The headers that go with one request."""
    signature = _signature(key, method, path, body, str(timestamp), nonce)
    return {APP: "hall", TIME: str(timestamp), NONCE: nonce, SIGN: signature}


def is_signed(key: str, method: str, path: str, body: bytes, headers: Mapping[str, str], now: float) -> bool:
    """Whether a request is signed with ``key`` and fresh. The nonce has to be remembered by the caller."""
    timestamp = headers.get(TIME, "")
    if not timestamp.isdigit() or abs(now - int(timestamp)) > TOLERANCE_SECONDS or not headers.get(NONCE):
        return False
    expected = _signature(key, method, path, body, timestamp, headers[NONCE])
    return hmac.compare_digest(expected, headers.get(SIGN, ""))


def _signature(key: str, method: str, path: str, body: bytes, timestamp: str, nonce: str) -> str:
    said = "|".join((method, path, hashlib.sha256(body).hexdigest(), timestamp, nonce))
    return hmac.new(key.encode(), said.encode(), hashlib.sha256).hexdigest()
