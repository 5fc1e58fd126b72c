"""The halls of a database: read once for each version of a description and kept in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

import assets
from queue_server.contract.refusals import Code, Refusal
from queue_server.storage import repositories as r
from queue_server.storage.memory import fitting
from queue_server.storage.room import Ground, HallRecord
from queue_server.storage.rows import moment
from queue_server.storage.sql import Connection, Row
from queue_server.usecases.hall_description import parse
from queue_server.usecases.rating_profile import parse_profile


def unknown_hall(hall: str) -> Refusal:
    return Refusal(Code.NOT_FOUND, f"there is no hall {hall!r}", hall=hall)


def load(connection: Connection, hall: str) -> HallRecord:
    """Reads and parses a hall's description. Raises ``NOT_FOUND``."""
    row = connection.one(r.HALL_ROW, {"hall": hall})
    if row is None:
        raise unknown_hall(hall)
    described = parse(row[2])
    profile = (assets.RATING / f"{described.rating_profile}.yaml").read_text(encoding="utf-8")
    return HallRecord(hall=described, secret=bytes(row[3]), profile=parse_profile(profile), made_at=moment(row[4]))


@dataclass
class Halls:
    """Shared by the threads of one office; loading one twice does no harm."""

    _records: dict[str, HallRecord] = field(default_factory=dict)

    def at_version(self, connection: Connection, hall: str, version: str) -> HallRecord:
        record = self._records.get(hall)
        if record is None or record.hall.version != version:
            record = self._records[hall] = load(connection, hall)
        return record

    def now(self, connection: Connection, hall: str) -> HallRecord:
        """The hall as it is now. Raises ``NOT_FOUND``."""
        return self.at_version(connection, hall, self._row(connection, hall)[1])

    def ground(self, connection: Connection, hall: str, now: datetime) -> Ground:
        """The hall as it is now, for a reader, with what is known of it. Raises ``NOT_FOUND``."""
        seq, version, turn = self._row(connection, hall)
        kept = replace(fitting(connection.memory.of(hall), turn, version), seq=seq)
        return Ground(connection, self.at_version(connection, hall, version), kept, now)

    def _row(self, connection: Connection, hall: str) -> Row:
        row = connection.one(r.HALL_VERSION, {"hall": hall})
        if row is None:
            raise unknown_hall(hall)
        return row
