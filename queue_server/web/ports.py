"""What the web asks of its neighbours; the program's compose file says who they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from queue_server.contract.messages import Answer, AskProvider, ParkedTicket, ProviderView, Role, TerminalView
from queue_server.contract.projection import Audience
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import Actor, EnrolmentCode, News, RatingRow


class Clock(Protocol):
    """Aware time, given from outside so that tests can say what it is."""

    def now(self) -> datetime: ...


class Notice(Protocol):
    """An event on its way to many."""

    @property
    def event(self) -> News: ...

    def frame(self, audience: Audience) -> bytes:
        """The event as a server-sent event for this audience."""

    def frames_with(self, notices: Sequence[Any], audience: Audience) -> bytes:
        """All of ``notices``, which begin with this one, as one piece."""


class Stream(Protocol):
    """What one listener still has to be told."""

    async def take(self, seconds: float) -> Sequence[Notice] | None:
        """All that waits, an empty list if nothing came in time, None once it is over."""

    def close(self) -> None: ...


class Feed(Protocol):
    """The push feed of all halls."""

    async def subscribe(self, hall: str, after: int | None) -> Stream:
        """Raises ``snapshot_needed`` when the events after that number are not there any more."""


class Providers(Protocol):
    """The outside systems."""

    async def ask(self, ask: AskProvider) -> Answer:
        """Raises ``provider_unavailable`` or ``provider_refused``."""

    def states(self) -> tuple[ProviderView, ...]: ...


class NoProviders:
    """A hall that is connected to no outside system."""

    async def ask(self, ask: AskProvider) -> Answer:
        raise Refusal(Code.PROVIDER_UNAVAILABLE, "this hall has no such provider", provider=ask.provider)

    def states(self) -> tuple[ProviderView, ...]:
        return ()


class Voice(Protocol):
    """Makes a call audible."""

    def call(self, number: str, window: str, language: str = "zh") -> bytes:
        """A complete WAV. Blocking for some milliseconds."""


class BackOffice(Protocol):
    """What only admins may see and do."""

    async def terminals(self, hall: str) -> list[TerminalView]: ...

    async def parked(self, hall: str) -> list[ParkedTicket]: ...

    async def ratings(self, hall: str, start: datetime | None, end: datetime | None) -> list[RatingRow]: ...

    async def description(self, hall: str) -> str: ...

    async def code(self, actor: Actor, name: str, role: Role, window: str | None) -> EnrolmentCode: ...
