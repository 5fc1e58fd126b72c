"""One event, encoded once per audience, to every connected page.

The hub is a receiver of the relay. A subscriber first gets what it missed, read from the event table,
then what happens now; the seam between both is the sequence number, so nothing is doubled or lost.
A subscriber that does not keep up is dropped: it will come back with its last number.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from queue_server.contract import projection
from queue_server.contract.codec import decode, encode
from queue_server.contract.messages import Event
from queue_server.contract.projection import Audience
from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.ports import EventRow, News, Office

_PAGE = 500

JOINED_SECONDS_PER_LISTENER = 50e-6
JOINED_SECONDS_MOST = 0.05
"""When many listen, what comes so shortly one after the other goes out together: each sending costs every listener."""

AT_ONCE_BELOW = 100
"""With fewer listeners everything goes out at once."""


def event_of(row: EventRow) -> Event:
    """A row of the event table as the message on the wire."""
    return Event(seq=row.seq, type=row.type, at=row.at, data=decode(row.data_json, dict))


@dataclass
class Notice:
    """An event on its way to many; each audience's bytes are made once."""

    event: News
    _frames: dict[Audience, bytes] = field(default_factory=dict)
    _together: dict[tuple[int, int, Audience], bytes] = field(default_factory=dict)

    def frame(self, audience: Audience) -> bytes:
        """The event as a server-sent event."""
        known = self._frames.get(audience)
        if known is None:
            event = self.event
            seen = Event(seq=event.seq, type=event.type, at=event.at, data=projection.event_data(event.data, audience))
            known = self._frames[audience] = b"id: %d\nevent: %s\ndata: %s\n\n" % (
                event.seq,
                event.type.encode(),
                encode(seen),
            )
        return known

    def frames_with(self, notices: Sequence[Notice], audience: Audience) -> bytes:
        """All of ``notices``, which begin with this one; listeners who get the same ones share the same bytes."""
        if len(notices) < 2:
            return self.frame(audience)
        key = (len(notices), notices[-1].event.seq, audience)
        known = self._together.get(key)
        if known is None:
            known = self._together[key] = b"".join([notice.frame(audience) for notice in notices])
        return known


class Subscription:
    """What one page still has to be told. Used from one task; closed by either side."""

    def __init__(self, limit: int, after: int, leave: Callable[[Subscription], None]) -> None:
        self._limit = limit
        self._replayed = 0
        self._waiting: deque[Notice] = deque()
        self._after = after
        self._leave = leave
        self._news = asyncio.Event()
        self.closed = False
        self.dropped = False

    def offer(self, notice: Notice) -> None:
        """Called by the hub; drops the subscriber that has too much waiting."""
        if self.closed:
            return
        if len(self._waiting) >= self._limit + self._replayed:
            self.dropped = True
            self.close()
            return
        self._waiting.append(notice)
        self._news.set()

    async def take(self, seconds: float) -> list[Notice] | None:
        """All that waits, an empty list if nothing came in that many seconds, None once it is over."""
        if not self._waiting and not self.closed:
            self._news.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._news.wait()
            except TimeoutError:
                return []
        if self.closed:
            return None
        taken = []
        for notice in self._waiting:
            if notice.event.seq > self._after:
                taken.append(notice)
                self._after = notice.event.seq
        self._waiting.clear()
        self._replayed = 0
        return taken

    def prepend(self, missed: list[Notice]) -> None:
        """What the event table had, before what the feed brought meanwhile."""
        self._waiting.extendleft(reversed(missed))
        self._replayed = len(missed)
        self._news.set()

    def close(self) -> None:
        """No more events; safe to call again."""
        if not self.closed:
            self.closed = True
            self._news.set()
            self._leave(self)


class PushHub:
    """Knows who listens to which hall. Lives on the event loop; no locks."""

    def __init__(self, office: Office, *, limit: int = 1000, replay_limit: int = 5000, most: int = 20_000) -> None:
        self._office = office
        self._limit = limit
        self._replay_limit = replay_limit
        self._most = most
        self._listeners: dict[str, set[Subscription]] = {}
        self._joined: dict[str, list[Notice]] = {}
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many pages are connected now."""
        return sum(len(group) for group in self._listeners.values())

    async def receive(self, hall: str, event: News) -> None:
        """One event from the relay, to all who listen to this hall."""
        count = len(self._listeners.get(hall, ()))
        joined = self._joined.get(hall)
        if not count and joined is None:
            return
        notice = Notice(event)
        if joined is not None:
            joined.append(notice)
            return
        if count < AT_ONCE_BELOW:
            self._offer(hall, [notice])
            return
        self._joined[hall] = [notice]
        seconds = min(JOINED_SECONDS_MOST, count * JOINED_SECONDS_PER_LISTENER)
        asyncio.get_running_loop().call_later(seconds, self._send_joined, hall)

    def _send_joined(self, hall: str) -> None:
        self._offer(hall, self._joined.pop(hall, []))

    def _offer(self, hall: str, notices: list[Notice]) -> None:
        for listener in tuple(self._listeners.get(hall, ())):
            for notice in notices:
                listener.offer(notice)

    async def subscribe(self, hall: str, after: int | None) -> Subscription:
        """Follow a hall from after a sequence number (None: from now on).

        Raises ``snapshot_needed`` when the event table no longer reaches back that far, or when so much was
        missed that fetching the state anew is cheaper.
        """
        if after is None:
            return self._join(hall, 0)
        # 1. listen first, so that nothing falls between the table and the feed
        subscription = self._join(hall, after)
        # 2. then read what was missed; what the feed brought meanwhile is newer or a repetition
        try:
            missed = await self._missed(hall, after)
        except BaseException:
            subscription.close()
            raise
        subscription.prepend(missed)
        return subscription

    def close(self) -> None:
        """The server stops: everybody is told to come back."""
        self._closed = True
        for group in tuple(self._listeners.values()):
            for listener in tuple(group):
                listener.close()

    def _join(self, hall: str, after: int) -> Subscription:
        if self.listeners >= self._most:
            raise Refusal(Code.BUSY, "too many pages listen here")

        def leave(subscription: Subscription) -> None:
            self._listeners.get(hall, set()).discard(subscription)

        subscription = Subscription(self._limit, after, leave)
        self._listeners.setdefault(hall, set()).add(subscription)
        if self._closed:
            subscription.close()
        return subscription

    async def _missed(self, hall: str, after: int) -> list[Notice]:
        oldest, last = await self._office.oldest_seq(hall), await self._office.last_seq(hall)
        if after + 1 < oldest or after > last:
            raise Refusal(
                Code.SNAPSHOT_NEEDED, "those events are not there; fetch /api/v1/snapshot", oldest=oldest, last=last
            )
        missed: list[Notice] = []
        while True:
            rows = await self._office.events_after(hall, after, _PAGE)
            missed.extend(Notice(row) for row in rows)
            if len(rows) < _PAGE:
                return missed
            after = rows[-1].seq
            if len(missed) >= self._replay_limit:
                raise Refusal(Code.SNAPSHOT_NEEDED, "too much was missed; fetch /api/v1/snapshot", last=last)
