"""Gives lent numbers back that were never on paper, so that the server may use them again."""

from __future__ import annotations

from datetime import datetime

from kiosk.store.database import Database
from kiosk.store.leases import Leases
from kiosk.store.letters import Letter, Letters
from queue_server.contract import codec


class Returning:
    """Forgets blocks of numbers and writes in the same breath what of them goes back."""

    def __init__(self, database: Database, leases: Leases, letters: Letters) -> None:
        self._database = database
        self._leases = leases
        self._letters = letters

    def give_back(self, now: datetime, *, every: bool = False) -> int:
        """Those of earlier days, or every one; returns how many letters were written. Raises ``KioskError``.

        Letters that nobody could take for a week are forgotten with the old blocks.
        """
        with self._database.transaction():
            self._letters.drop_old(now)
            unused = self._leases.give_up(None if every else now)
            for rest in unused:
                body = codec.encode({"next": rest.next})
                self._letters.put(Letter(f"return-{rest.lease}"[:64], f"/leases/{rest.lease}/return", body), now)
        return len(unused)
