"""Who is who: tokens, codes and log-ins at the office."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from queue_server.contract.messages import (
    Enrolled,
    Role,
)
from queue_server.contract.refusals import Code, Refusal
from queue_server.storage import registry
from queue_server.storage.carrying_out import whole
from queue_server.storage.desk import Desk
from queue_server.storage.sql import Connection
from queue_server.usecases import accounts
from queue_server.usecases.log_in import log_in
from queue_server.usecases.ports import Actor, EnrolmentCode, IssuedToken

TOKEN_REMEMBERED = timedelta(seconds=5)
"""A revoked token of another process is good for at most so long."""

TOKENS_REMEMBERED = 5_000


@dataclass
class TokenDesk(Desk):
    """Remembers for some seconds whom a token belongs to."""

    _tokens: dict[str, tuple[Actor, datetime | None, datetime]] = field(default_factory=dict, repr=False)

    async def authenticate(self, token: str) -> Actor | None:
        now = self.clock.now()
        hashed = accounts.digest(token)
        known = self._tokens.get(hashed)
        if known is None or not timedelta() <= now - known[2] < TOKEN_REMEMBERED:
            holder = await self._read(lambda c: registry.holder_of(c, token))
            if holder is None:
                self._tokens.pop(hashed, None)
                return None
            if len(self._tokens) >= TOKENS_REMEMBERED:
                self._tokens.clear()
            actor = Actor(holder.hall, holder.role, holder.name, holder.window)
            known = self._tokens[hashed] = (actor, holder.expires_at, now)
        expires_at = known[1]
        return known[0] if expires_at is None or now < expires_at else None

    async def authenticate_citizen(self, token: str) -> Actor | None:
        try:
            hall, ticket = await self._ticket_of(token)
        except Refusal:
            return None
        return Actor(hall=hall, role=None, name=f"ticket-{ticket}", ticket=ticket)

    async def log_in(self, name: str, password: str, hall: str | None = None) -> IssuedToken:
        where = await self._only_hall(hall)
        account = await self._read(lambda c: registry.account(c, where, name))
        now = whole(self.clock.now())
        issued = await asyncio.to_thread(log_in, account, password, self.passwords, now)
        await self._open_engine().write(lambda c: registry.add_token(c, issued, now))
        return issued

    async def log_out(self, token: str) -> None:
        self._tokens.pop(accounts.digest(token), None)
        await self._open_engine().write(lambda c: registry.drop_token(c, token))

    async def enrol(self, code: str) -> Enrolled:
        now = whole(self.clock.now())

        def exchange(connection: Connection) -> IssuedToken:
            holder = registry.use_code(connection, code, now)
            if holder is None:
                raise Refusal(Code.UNAUTHENTICATED, "this code is wrong, was used, or is too old")
            issued = accounts.new_token(holder)
            registry.add_token(connection, issued, now)
            return issued

        issued = await self._open_engine().write(exchange)
        return Enrolled(name=issued.name, role=issued.role, hall=issued.hall, token=issued.token)

    async def make_enrolment_code(
        self, hall: str, name: str, role: Role, *, window: str | None = None, code: str | None = None
    ) -> EnrolmentCode:
        now = whole(self.clock.now())
        holder = accounts.device(await self.hall(hall), name, role, window, now + accounts.CODE_LASTS)
        made = accounts.new_code(holder, code)
        await self._open_engine().write(lambda c: registry.add_code(c, made, now))
        return made

    async def issue_token(
        self,
        name: str,
        role: Role,
        *,
        hall: str | None = None,
        window: str | None = None,
        expires_at: datetime | None = None,
    ) -> IssuedToken:
        described = await self.hall(await self._only_hall(hall))
        issued = accounts.new_token(accounts.device(described, name, role, window, expires_at))
        now = whole(self.clock.now())
        await self._open_engine().write(lambda c: registry.add_token(c, issued, now))
        return issued

    async def revoke_tokens(self, hall: str, name: str) -> int:
        self._tokens.clear()
        return await self._open_engine().write(lambda c: registry.drop_tokens_of(c, hall, name))
