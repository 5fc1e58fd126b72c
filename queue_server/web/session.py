"""Enrolling a device, logging in and out, and who am I."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from queue_server.contract.messages import Enrol, Enrolled, LogIn, Me
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Office
from queue_server.web.api import Asked, Handler
from queue_server.web.auth import bearer
from queue_server.web.limits import FailedTries
from queue_server.web.observe import Observer
from queue_server.web.replies import Answered, ok
from queue_server.web.shapes import Done

_FAILURES_PER_ADDRESS = 20
_FAILURES_PER_NAME = 8
_WINDOW_SECONDS = 60.0
_CHECKS_AT_ONCE = 2  # each password check holds tens of megabytes and a core for a moment


class Sessions:
    """Turns codes and passwords into tokens, and slows down those who guess."""

    def __init__(self, office: Office, observer: Observer, monotonic: Callable[[], float]) -> None:
        self._office = office
        self._observer = observer
        self._addresses = FailedTries(_FAILURES_PER_ADDRESS, _WINDOW_SECONDS, monotonic)
        self._names = FailedTries(_FAILURES_PER_NAME, _WINDOW_SECONDS, monotonic)
        self._checks = asyncio.Semaphore(_CHECKS_AT_ONCE)

    def handlers(self) -> dict[str, Handler]:
        """The handlers of this file, by the name of their endpoint."""
        return {"enrol": self._enrol, "login": self._login, "logout": self._logout, "me": self._me}

    async def _enrol(self, asked: Asked) -> Answered:
        command = asked.command
        if not isinstance(command, Enrol):
            raise Refusal(Code.BAD_REQUEST, "a code is needed")
        address = _address(asked)
        self._addresses.check(address)
        try:
            enrolled = await self._office.enrol(command.code)
        except Refusal as refusal:
            if refusal.code is Code.UNAUTHENTICATED:
                self._addresses.failed(address)
            raise
        self._observer.audit("enrolled", enrolled.name, enrolled.name, enrolled.role.value)
        return ok(enrolled)

    async def _login(self, asked: Asked) -> Answered:
        command = asked.command
        if not isinstance(command, LogIn):
            raise Refusal(Code.BAD_REQUEST, "a name and a password are needed")
        address = _address(asked)
        self._addresses.check(address)
        self._names.check(command.name)
        try:
            async with self._checks:
                issued = await self._office.log_in(command.name, command.password)
        except Refusal as refusal:
            if refusal.code is Code.UNAUTHENTICATED:
                self._addresses.failed(address)
                self._names.failed(command.name)
            raise
        self._observer.audit("logged-in", issued.name, issued.name, issued.role.value)
        return ok(Enrolled(name=issued.name, role=issued.role, hall=issued.hall, token=issued.token))

    async def _logout(self, asked: Asked) -> Answered:
        token = bearer(asked.scope["headers"])
        if token is not None:
            await self._office.log_out(token)
        self._observer.audit("logged-out", asked.who.name, asked.who.name)
        return ok(Done())

    async def _me(self, asked: Asked) -> Answered:
        actor = asked.who
        if actor.role is None:
            raise Refusal(Code.UNAUTHENTICATED, "a valid token is needed")
        hall = await self._office.hall(actor.hall)
        return ok(Me(name=actor.name, role=actor.role, hall=actor.hall, hall_name=hall.name, window=actor.window))


def _address(asked: Asked) -> str:
    client = asked.scope.get("client")
    return str(client[0]) if client else "unknown"
