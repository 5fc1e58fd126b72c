"""The routes of the reference back end: cases, guides, signs of life and faults.

It plays government systems for demo and tests, and says so in every answer (``demo``: true). Questions about
people come in bodies; nothing of them is logged.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from queue_server.contract.codec import decode, encode
from queue_server.contract.messages import Command
from queue_server.integrations.http_line import Alive, ErrorBody
from queue_server.integrations.ports import CasesFound, GuideFound, GuideList
from queue_server.integrations.reference_backend.faults import Fault, FaultPlan, FaultyApp
from queue_server.integrations.reference_backend.store import Store, matching
from queue_server.integrations.signing import NONCE, TOLERANCE_SECONDS, is_signed

T = TypeVar("T", bound=Command)
Endpoint = Callable[[Request], Awaitable[Response]]


class CasesByPerson(Command):
    """``method`` face: the kiosk compared the face; code: the person says a code that the case knows."""

    id_number: str
    method: str
    name: str = ""
    code: str = ""


class CaseByNumber(Command):
    case_number: str
    code: str


class ListGuides(Command):
    query: str = ""
    department: str = ""


class GetGuide(Command):
    item: str


class Refused(Exception):  # noqa: N818  # because it is what the back end says, not a mistake
    """The back end says no, with an HTTP status and a code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


class ReferenceBackend:
    """The service behind the routes. ``key`` is what halls sign with."""

    def __init__(self, store: Store, key: str) -> None:
        self._store = store
        self._key = key
        self.faults = FaultPlan()

    def app(self) -> ASGIApp:
        """The ASGI application; the store has to be open."""
        routes = [
            Route("/v1/cases/health", self._alive, methods=["GET"]),
            Route("/v1/guides/health", self._alive, methods=["GET"]),
            self._question("/v1/cases/by-person", CasesByPerson, self._by_person),
            self._question("/v1/cases/by-number", CaseByNumber, self._by_number),
            self._question("/v1/guides/list", ListGuides, self._list_guides),
            self._question("/v1/guides/item", GetGuide, self._guide),
            Route("/faults", self._set_fault, methods=["POST"]),
            Route("/faults", self._clear_faults, methods=["DELETE"]),
        ]
        return FaultyApp(Starlette(routes=routes), self.faults)

    def _question(self, path: str, kind: type[T], answer: Callable[[T], msgspec.Struct]) -> Route:
        async def endpoint(request: Request) -> Response:
            body = await request.body()
            now = time.time()
            try:
                self._check_signature(request, body, now)
                return _json(200, answer(_understood(body, kind)))
            except Refused as refused:
                return _json(refused.status, ErrorBody(code=refused.code, message=refused.message))

        return Route(path, endpoint, methods=["POST"])

    def _check_signature(self, request: Request, body: bytes, now: float) -> None:
        headers = request.headers
        if not is_signed(self._key, request.method, request.url.path, body, headers, now):
            raise Refused(401, "unauthenticated", "the signature is missing or wrong")
        if not self._store.take_nonce(headers[NONCE], now, 2 * TOLERANCE_SECONDS):
            raise Refused(401, "unauthenticated", "this request was seen before")

    def _by_person(self, question: CasesByPerson) -> CasesFound:
        found = self._store.cases_of(question.id_number)
        if question.method == "code":
            self._check_code(question.id_number, question.code, {code for code, _ in found})
            found = [(code, case) for code, case in found if code == question.code]
        elif question.method != "face":
            raise Refused(400, "bad_request", "method is face or code")
        return CasesFound(reference=self._reference("cases"), cases=tuple(case for _, case in found), demo=True)

    def _by_number(self, question: CaseByNumber) -> CasesFound:
        found = self._store.case(question.case_number)
        self._check_code(question.case_number, question.code, {found[0]} if found else set())
        cases = (found[1],) if found else ()
        return CasesFound(reference=self._reference("cases"), cases=cases, demo=True)

    def _check_code(self, who: str, code: str, right: set[str]) -> None:
        """A wrong code and an unknown person get the same answer, so that nobody learns who has a case."""
        now = time.time()
        if self._store.tries_are_up(who, now):
            raise Refused(429, "too_many_tries", "too many wrong codes; try later")
        if code not in right:
            self._store.note_wrong_code(who, now)
            raise Refused(403, "code_wrong", "the code does not fit")

    def _list_guides(self, question: ListGuides) -> GuideList:
        items = matching(self._store.guides(), question.query, question.department)
        return GuideList(reference=self._reference("guides"), items=tuple(items), demo=True)

    def _guide(self, question: GetGuide) -> GuideFound:
        guide = self._store.guide(question.item)
        if guide is None:
            raise Refused(404, "not_found", "there is no such guide")
        return GuideFound(reference=self._reference("guide"), guide=guide, demo=True)

    def _reference(self, kind: str) -> str:
        return self._store.reference(kind, datetime.now(UTC).astimezone())

    async def _alive(self, request: Request) -> Response:
        del request
        return _json(200, Alive(status="ok"))

    async def _set_fault(self, request: Request) -> Response:
        try:
            self.faults.add(_understood(await request.body(), Fault))
        except Refused as refused:
            return _json(refused.status, ErrorBody(code=refused.code, message=refused.message))
        return Response(status_code=204)

    async def _clear_faults(self, request: Request) -> Response:
        del request
        self.faults.clear()
        return Response(status_code=204)


def _understood(body: bytes, kind: type[T]) -> T:
    try:
        return decode(body, kind)
    except msgspec.MsgspecError:
        raise Refused(400, "bad_request", "the question has another shape") from None


def _json(status: int, message: msgspec.Struct) -> Response:
    return Response(encode(message), status_code=status, media_type="application/json")
