"""The dispatcher of ``/api/v1``: finds the endpoint, asks who it is, reads the body, answers.

It is one plain ASGI callable, because these few lines run for every ticket of every hall.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import Any
from urllib.parse import parse_qsl

from queue_server.contract.messages import Command
from queue_server.contract.projection import Audience, audience_of
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Actor, Office
from queue_server.web.auth import admit, header
from queue_server.web.bodies import Reader
from queue_server.web.endpoints import ENDPOINTS, Endpoint, Media
from queue_server.web.observe import Observer
from queue_server.web.replies import Answered, failed, refused
from queue_server.web.routes import Routes

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFIX = "/api/v1"
_LONGEST_KEY = 64
_LONGEST_WORD = 64


class ClientGone(Exception):  # noqa: N818  # because it is no mistake of anybody
    """The caller hung up before the request was whole."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as a handler sees it. ``actor`` is None only behind open doors."""

    endpoint: Endpoint
    path: dict[str, str]
    command: Command | None
    actor: Actor | None
    key: str | None
    numbers: Mapping[str, int]
    days: Mapping[str, date]
    words: Mapping[str, str]
    scope: Scope
    receive: Receive
    send: Send

    @property
    def who(self) -> Actor:
        """The actor behind a door that lets nobody in without one."""
        if self.actor is None:
            raise Refusal(Code.UNAUTHENTICATED, "a valid token is needed")
        return self.actor

    @property
    def wish(self) -> Command:
        """The command of an endpoint that writes."""
        if self.command is None:
            raise Refusal(Code.BAD_REQUEST, "there is nothing to do")
        return self.command

    @property
    def audience(self) -> Audience:
        return audience_of(self.actor.role) if self.actor is not None and self.actor.role else Audience.PUBLIC

    def header(self, name: bytes) -> bytes | None:
        """A request header by its lower-case name."""
        return header(self.scope["headers"], name)


Handler = Callable[[Asked], Awaitable[Answered | None]]
"""Answers one endpoint; None when it has sent everything itself (streams)."""


class Api:
    """All of ``/api/v1``. ``handlers`` has one entry for each endpoint, by its name."""

    def __init__(self, office: Office, handlers: Mapping[str, Handler], observer: Observer) -> None:
        missing = {endpoint.name for endpoint in ENDPOINTS} ^ set(handlers)
        if missing:
            raise ValueError(f"endpoints and handlers do not fit: {sorted(missing)}")
        self._office = office
        self._handlers = dict(handlers)
        self._observer = observer
        self._routes = Routes(ENDPOINTS)
        self._readers = {e.name: Reader(e) for e in ENDPOINTS if e.command is not None}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        method = scope["method"]
        methods, path = self._routes.find(scope["path"][len(PREFIX) :])
        endpoint = methods.get(method)
        route = endpoint.template if endpoint is not None else "unknown"
        asked: Asked | None = None
        stream = False
        try:
            if endpoint is None:
                answered: Answered | None = _no_endpoint(methods)
            else:
                asked = await self._read(endpoint, path, scope, receive, send)
                stream = endpoint.media is Media.EVENTS
                answered = await self._handlers[endpoint.name](asked)
        except Refusal as refusal:
            answered = refused(refusal, 413 if refusal.detail.get("limit") == "body" else None)
            stream = False
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001  # because the last wall must hold and must not quote what was typed
            self._observer.mistake(route, error)
            answered = failed()
            stream = False
        status, code = 200, ""
        if answered is not None:
            status, code = answered.status, answered.code
            await send({"type": "http.response.start", "status": status, "headers": answered.head()})
            await send({"type": "http.response.body", "body": answered.body})
        role = asked.actor.role.value if asked and asked.actor and asked.actor.role else ""
        known = method if endpoint is not None else "-"
        self._observer.request(route, known, status, perf_counter() - started, role, code, stream=stream)

    async def _read(
        self, endpoint: Endpoint, path: dict[str, str], scope: Scope, receive: Receive, send: Send
    ) -> Asked:
        headers = scope["headers"]
        actor = await admit(self._office, endpoint, path, headers)
        command, key = None, None
        if endpoint.writes:
            body = await _body(headers, receive, endpoint.body_limit)
            key = _key(headers) if endpoint.keyed else None
            reader = self._readers.get(endpoint.name)
            command = None if reader is None else reader.read(body, path)
        numbers, days, words = _query(endpoint, scope["query_string"])
        return Asked(endpoint, path, command, actor, key, numbers, days, words, scope, receive, send)


def _no_endpoint(methods: Mapping[str, Endpoint]) -> Answered:
    if not methods:
        return refused(Refusal(Code.NOT_FOUND, "there is no such path"))
    answered = refused(Refusal(Code.BAD_REQUEST, "this path knows other methods"), status=405)
    allow = ", ".join(sorted(methods)).encode()
    return Answered(answered.status, answered.body, headers=((b"allow", allow),), code=answered.code)


async def _body(headers: list[tuple[bytes, bytes]], receive: Receive, limit: int) -> bytes:
    length = header(headers, b"content-length")
    if length is not None and length.isdigit() and int(length) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(limit: int) -> Refusal:
    return Refusal(Code.BAD_REQUEST, f"the body may not be larger than {limit} bytes", limit="body")


def _key(headers: list[tuple[bytes, bytes]]) -> str | None:
    value = header(headers, b"idempotency-key")
    if value is None:
        return None
    if not 0 < len(value) <= _LONGEST_KEY:
        raise Refusal(Code.BAD_REQUEST, f"Idempotency-Key has 1 to {_LONGEST_KEY} characters", field="Idempotency-Key")
    return value.decode("latin-1")


def _query(endpoint: Endpoint, query: bytes) -> tuple[dict[str, int], dict[str, date], dict[str, str]]:
    numbers: dict[str, int] = {}
    days: dict[str, date] = {}
    if not query or not (endpoint.query or endpoint.days or endpoint.words):
        return numbers, days, {}
    given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    for wanted in endpoint.query:
        text = given.get(wanted.name)
        if text is None:
            continue
        if not (text.isascii() and text.isdigit()) or len(text) > 16 or int(text) > wanted.most:
            raise Refusal(Code.BAD_REQUEST, f"{wanted.name} is a whole number up to {wanted.most}", field=wanted.name)
        numbers[wanted.name] = int(text)
    for name in endpoint.days:
        text = given.get(name)
        if text is None:
            continue
        try:
            days[name] = date.fromisoformat(text)
        except ValueError:
            raise Refusal(Code.BAD_REQUEST, f"{name} is a day like 2026-01-31", field=name) from None
    words = {name: given[name] for name in endpoint.words if name in given}
    for name, text in words.items():
        if not 0 < len(text) <= _LONGEST_WORD or "\0" in text:
            raise Refusal(Code.BAD_REQUEST, f"{name} has 1 to {_LONGEST_WORD} characters", field=name)
    return numbers, days, words
