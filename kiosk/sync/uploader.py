"""Tells the server of the tickets that were printed without it."""

from __future__ import annotations

import structlog

from kiosk.store.outbox import Outbox
from kiosk.sync.clock import HallClock
from kiosk.sync.link import Link, RefusedError
from queue_server.contract.messages import OfflineResult, OfflineResults, OfflineTicket, ReportOfflineTickets

log = structlog.get_logger(__name__)

BATCH = 50


class Uploader:
    """Empties the outbox, the oldest first. What the server cannot take is parked for staff, never dropped."""

    def __init__(self, link: Link, outbox: Outbox, clock: HallClock) -> None:
        self._link = link
        self._outbox = outbox
        self._clock = clock

    def run_once(self) -> int:
        """Sends what waits; returns how many arrived. Raises ``KioskError`` when the line fails: all of it stays."""
        arrived = 0
        while tickets := self._outbox.waiting(BATCH):
            results = self._send(tickets)
            settled = self._settle(tickets, results)
            arrived += settled
            if settled == 0:
                break
        return arrived

    def _send(self, tickets: list[OfflineTicket]) -> OfflineResults:
        try:
            return self._post(tickets)
        except RefusedError as refusal:
            if refusal.body.retryable:
                raise
            if len(tickets) == 1:
                return OfflineResults(results=(_not_taken(tickets[0], refusal),))
        # One of them spoils the whole message: find it by sending them one by one.
        return OfflineResults(results=tuple(self._send([ticket]).results[0] for ticket in tickets))

    def _post(self, tickets: list[OfflineTicket]) -> OfflineResults:
        report = ReportOfflineTickets(tickets=tuple(tickets), clock=self._clock.now())
        return self._link.post("/offline-tickets", report, OfflineResults)

    def _settle(self, tickets: list[OfflineTicket], results: OfflineResults) -> int:
        asked = {ticket.key: ticket for ticket in tickets}
        settled = 0
        for result in results.results:
            ticket = asked.get(result.key)
            if ticket is None:
                continue
            settled += 1
            if result.result == "parked":
                self._outbox.park(result.key, result.reason)
                log.warning("ticket parked", queue=ticket.queue, reason=result.reason)
            else:
                self._outbox.arrived(result.key)
        return settled


def _not_taken(ticket: OfflineTicket, refusal: RefusedError) -> OfflineResult:
    return OfflineResult(key=ticket.key, result="parked", reason=refusal.body.code)
