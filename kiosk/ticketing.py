"""A ticket now: from the server, else from a lease; one visit step = one idempotency key.

The server's numbers and the lent ones never meet (it keeps a range aside for lending), and whatever the server did with
a request whose answer was lost, it hears of the paper under the same key: one ticket in the end.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog

from drivers.device import Secret
from kiosk.errors import KioskError, Reason
from kiosk.store.catalogue import CatalogueStore
from kiosk.store.database import Database
from kiosk.store.journal import Entry, Journal, Stand
from kiosk.store.leases import Leases
from kiosk.store.letters import Letter, Letters
from kiosk.store.outbox import Outbox
from kiosk.sync.link import AWAY, Link
from queue_server.contract import codec
from queue_server.contract.messages import (
    AppointmentState,
    Catalogue,
    Caution,
    Channel,
    CheckedIn,
    CheckIn,
    ClosedReason,
    Command,
    Message,
    OfflineTicket,
    PaperState,
    PersonRef,
    Priority,
    TakeTicket,
    Text,
    TicketIssued,
    TicketState,
    WindowPlace,
)

log = structlog.get_logger(__name__)


class Ticket(Message):
    """A number as the kiosk holds it: what goes on paper and screen, and no person.

    ``ahead`` and the wait (seconds) are None when they are not known, as without the server.
    """

    key: str
    number: str
    queue: str
    queue_name: Text
    issued_at: datetime
    url: str
    windows: tuple[WindowPlace, ...] = ()
    ahead: int | None = None
    low: int | None = None
    high: int | None = None
    offline: bool = False
    priority: Priority = Priority.NONE
    id: str = ""
    """The server's; empty for a number that it did not give."""
    awaits_paper: bool = False
    """The server lets it wait only when it hears of the paper, or after a minute."""
    warning: Caution | None = None
    appointment_start: datetime | None = None
    late: bool = False
    """Somebody with an appointment came after the time for it and waits like everybody."""
    stops: tuple[Text, ...] = ()
    """The queues of several matters in their order; empty for a single one."""


PAPER: dict[Stand, tuple[PaperState, ...]] = {
    Stand.PRINTED: (PaperState.PRINTED,),
    Stand.UNPROVEN: (PaperState.SHOWN,),
    Stand.FAILED: (PaperState.FAILED, PaperState.SHOWN),
}
"""What the server hears of a paper. Without one the number stands large on the screen, with its code for the phone,
and whoever stood there keeps it: that is why a failure is followed by ``shown``."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a citizen asks for: ``person`` for a card, ``phone`` without one.

    ``offline_person`` stands for both in the outbox, so that no phone number is written to disk. ``items`` are several
    matters on one ticket, in the order in which they are done; the first belongs to ``queue``.
    """

    queue: str
    priority: Priority = Priority.NONE
    item: str | None = None
    person: PersonRef | None = None
    phone: Secret[str] | None = None
    offline_person: PersonRef | None = None
    items: tuple[str, ...] = ()


class Ticketing:
    """Issues numbers. The same key gives the same ticket for as long as the journal knows it (two days)."""

    def __init__(
        self,
        link: Link,
        database: Database,
        catalogue: CatalogueStore,
        *,
        now: Callable[[], datetime],
        new_token: Callable[[], str],
        on_letter: Callable[[], None] = lambda: None,
    ) -> None:
        self._link = link
        self._database = database
        self._catalogue = catalogue
        self._leases = Leases(database)
        self._outbox = Outbox(database)
        self._journal = Journal(database)
        self._letters = Letters(database)
        self._on_letter = on_letter
        self._now = now
        self._new_token = new_token

    def take(self, key: str, wish: Wish) -> Ticket:
        """One ticket for this key. Raises ``KioskError``: a refusal, or why there is no number at all."""
        known = self._known(key)
        if known is not None:
            return known
        away = self._link.away
        try:
            self._journal.begin(key, wish.queue, self._now())
        except KioskError:
            if away is not None:  # without the server a number that is not written down must not be given
                raise
        if away is None or not self._leases.left(self._now()).get(wish.queue):
            try:
                return self._from_server(key, wish)
            except KioskError as error:
                if error.reason not in AWAY:
                    self._journal.refused(key)
                    raise
                away = error.reason
        return self._from_lease(key, wish, away)

    def check_in(self, key: str, appointment: str, person: PersonRef | None, phone: Secret[str] | None) -> Ticket:
        """The ticket of an appointment: only with the server. Raises ``KioskError``."""
        known = self._known(key)
        if known is not None:
            return known
        with contextlib.suppress(KioskError):
            self._journal.begin(key, "", self._now())
        command = CheckIn(
            appointment=appointment,
            channel=Channel.KIOSK,
            person=person,
            phone=phone.reveal() if phone else None,
            awaits_paper=True,
        )
        path = f"/appointments/{appointment}/check-in"
        try:
            done = self._link.post(path, without(command, "appointment"), CheckedIn, key=key)
        except KioskError as error:
            if error.reason not in AWAY:
                with contextlib.suppress(KioskError):
                    self._journal.refused(key)
            raise
        return self._keep(key, done.ticket, late=done.appointment.state is AppointmentState.LATE)

    def paper_ended(self, ticket: Ticket, stand: Stand) -> None:
        """Writes down what the server has to hear of the paper of a ticket. Raises ``KioskError(STORAGE_FULL)``."""
        if ticket.awaits_paper and stand in PAPER:
            self._write(ticket.id, ticket.key, PAPER[stand])

    def recover(self, interrupted: Iterable[Entry]) -> None:
        """At the start: what the server has to hear of numbers that a power cut interrupted.

        One that was not yet on its way to paper was on no screen either: nobody knows it.
        """
        for entry in interrupted:
            ticket = codec.decode(entry.ticket, Ticket) if entry.ticket else None
            if ticket is not None and ticket.awaits_paper:
                known = entry.stand is Stand.PRINTING
                self._write(ticket.id, ticket.key, (PaperState.SHOWN if known else PaperState.ABANDONED,))

    def _write(self, ticket: str, key: str, states: Iterable[PaperState]) -> None:
        with self._database.transaction():
            for state in states:
                name = hashlib.sha256(f"{key} {state.value}".encode()).hexdigest()[:40]
                body = codec.encode({"state": state})
                self._letters.put(Letter(f"paper-{name}", f"/tickets/{ticket}/paper", body), self._now())
        self._on_letter()

    def _known(self, key: str) -> Ticket | None:
        entry = self._journal.find(key)
        if entry is None or not entry.ticket:
            return None
        return codec.decode(entry.ticket, Ticket)

    def _from_server(self, key: str, wish: Wish) -> Ticket:
        command = TakeTicket(
            queue=wish.queue,
            channel=Channel.KIOSK,
            priority=wish.priority,
            item=wish.item,
            items=wish.items,
            person=wish.person,
            phone=wish.phone.reveal() if wish.phone else None,
            awaits_paper=True,
        )
        return self._keep(key, self._link.post("/tickets", command, TicketIssued, key=key))

    def _keep(self, key: str, issued: TicketIssued, *, late: bool = False) -> Ticket:
        wait = issued.estimated_wait_seconds
        ticket = Ticket(
            key=key,
            number=issued.number,
            queue=issued.queue,
            queue_name=issued.queue_name,
            issued_at=issued.issued_at,
            url=self._address(issued.status_url),
            windows=issued.windows,
            ahead=issued.ahead,
            low=wait.low,
            high=wait.high,
            priority=issued.priority,
            id=issued.id,
            awaits_paper=issued.state in {TicketState.ISSUING, TicketState.PRINT_FAILED},
            warning=issued.warning,
            appointment_start=issued.appointment_start,
            late=late,
            stops=_stops(self._catalogue.current, issued.items),
        )
        with contextlib.suppress(KioskError):  # a full disk must not keep back a number that the server has given
            self._journal.issued(key, ticket.number, codec.encode(ticket))
        return ticket

    def _from_lease(self, key: str, wish: Wish, away: Reason) -> Ticket:
        catalogue = self._catalogue.current
        if catalogue is None:
            raise KioskError(away)
        self._check_open(wish.queue)
        now = self._now()
        token = self._new_token()
        with self._database.transaction():
            lent = self._leases.take(wish.queue, now)
            if lent is None:
                raise KioskError(away, "no lent number")
            ticket = Ticket(
                key=key,
                number=lent.number,
                queue=wish.queue,
                queue_name=self._name_of(catalogue, wish.queue),
                issued_at=now,
                url=f"{catalogue.public_url.rstrip('/')}/t/{token}",
                windows=places(catalogue, wish.queue),
                offline=True,
                priority=wish.priority,
            )
            self._outbox.put(
                OfflineTicket(
                    key=key,
                    lease=lent.lease,
                    queue=wish.queue,
                    number=lent.number,
                    issued_at=now,
                    status_token=token,
                    priority=wish.priority,
                    item=wish.item or next(iter(wish.items), None),
                    person=wish.offline_person,
                ),
                now,
            )
            self._journal.issued(key, ticket.number, codec.encode(ticket))
        log.info("ticket from lease", queue=wish.queue, reason=away.value)
        return ticket

    def _check_open(self, queue: str) -> None:
        """Without the server the last that was heard of a queue counts: nobody gets a number for a closed one."""
        view = self._catalogue.queue(queue)
        if view is None or view.open:
            return
        full = view.closed_reason is ClosedReason.FULL
        raise KioskError(Reason.QUEUE_FULL if full else Reason.QUEUE_CLOSED)

    def _name_of(self, catalogue: Catalogue, queue: str) -> Text:
        return next((one.name for one in catalogue.queues if one.id == queue), Text(zh=queue))

    def _address(self, url: str) -> str:
        catalogue = self._catalogue.current
        return f"{catalogue.public_url.rstrip('/')}{url}" if url.startswith("/") and catalogue else url


def without(command: Command, given: str) -> dict[str, object]:
    """A command as it travels when the address of the request says one field of it already."""
    return {name: value for name, value in codec.plain(command).items() if name != given and value is not None}


def _stops(catalogue: Catalogue | None, items: tuple[str, ...]) -> tuple[Text, ...]:
    """The queues that several matters lead through; empty when it is one queue alone."""
    if catalogue is None:
        return ()
    queue_of = {item.id: item.queue for item in catalogue.items}
    names = {queue.id: queue.name for queue in catalogue.queues}
    queues = [queue_of[item] for item in items if queue_of.get(item) in names]
    way = [queue for at, queue in enumerate(queues) if at == 0 or queue != queues[at - 1]]
    return tuple(names[queue] for queue in way) if len(way) > 1 else ()


def places(catalogue: Catalogue, queue: str) -> tuple[WindowPlace, ...]:
    """The windows that serve a queue, as the catalogue has them."""
    zones = {zone.id: zone for zone in catalogue.zones}
    nowhere = Text(zh="")
    return tuple(
        WindowPlace(
            id=window.id,
            name=window.name,
            zone=zones[window.zone].name if window.zone in zones else nowhere,
            floor=zones[window.zone].floor if window.zone in zones else nowhere,
        )
        for window in catalogue.windows
        if queue in window.queues
    )
