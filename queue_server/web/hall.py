"""The hall as it is: queues, state, catalogue."""

from __future__ import annotations

import hashlib

import msgspec

from queue_server.contract import projection
from queue_server.contract.codec import encode
from queue_server.contract.messages import Levels, Role, Surfaces, SurfaceWindow
from queue_server.contract.refusals import Code, Refusal
from queue_server.domain.hall import Hall
from queue_server.usecases.ports import Office
from queue_server.web.api import Asked, Handler
from queue_server.web.ports import Providers
from queue_server.web.replies import Answered, ok
from queue_server.web.shapes import Queues


class HallReads:
    """Reads that many ask for."""

    def __init__(self, office: Office, providers: Providers) -> None:
        self._office = office
        self._providers = providers

    def handlers(self) -> dict[str, Handler]:
        """The handlers of this file, by the name of their endpoint."""
        return {
            "queues": self._queues,
            "snapshot": self._snapshot,
            "catalogue": self._catalogue,
            "levels": self._levels,
            "surfaces": self._surfaces,
        }

    async def _queues(self, asked: Asked) -> Answered:
        return ok(Queues(queues=tuple(await self._office.queues(asked.who.hall))))

    async def _snapshot(self, asked: Asked) -> Answered:
        return ok(projection.snapshot(await self._office.snapshot(asked.who.hall), asked.audience))

    async def _catalogue(self, asked: Asked) -> Answered:
        hall, kiosk = asked.who.hall, asked.who.role is Role.KIOSK
        found = await self._office.catalogue(hall, with_person_key=kiosk)
        windows = tuple(projection.window(one, asked.audience) for one in found.windows)
        body = encode(msgspec.structs.replace(found, providers=self._providers.states(), windows=windows))
        etag = b'"' + hashlib.sha256(body).hexdigest()[:32].encode() + b'"'
        headers = ((b"etag", etag),)
        if asked.header(b"if-none-match") == etag:
            return Answered(304, b"", headers=headers)
        return Answered(200, body, headers=headers)

    async def _levels(self, asked: Asked) -> Answered:
        del asked
        return ok(Levels(levels=(await self._office.catalogue(await self._only_hall())).levels))

    async def _surfaces(self, asked: Asked) -> Answered:
        del asked
        return ok(_surfaces(await self._office.hall(await self._only_hall())))

    async def _only_hall(self) -> str:
        """The hall of a server that has one; asked by those who have no token yet."""
        halls = await self._office.halls()
        if len(halls) != 1:
            raise Refusal(Code.NOT_FOUND, "this server has several halls; ask with a token")
        return halls[0]


def _surfaces(hall: Hall) -> Surfaces:
    return Surfaces(
        hall_name=hall.name,
        demo=hall.demo,
        screens=tuple(screen.id for screen in hall.screens),
        windows=tuple(SurfaceWindow(id=window.id, name=window.name) for window in hall.windows),
        pads=tuple(window.id for window in hall.windows if window.pad),
        kiosks=tuple(kiosk.id for kiosk in hall.kiosks),
    )
