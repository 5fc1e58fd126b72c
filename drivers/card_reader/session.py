"""The conversation with one card that is in the reader: from its answer to reset to what is on it.

Which card it is only SELECT tells: a card without the social-security application is an ``OtherCard``. Cards of
different makers are asked in different ways, each known from the field: a file is selected with P1 02, else 00, else
read by its short identifier; records by number, else by tag. 61xx is fetched with GET RESPONSE, 6Cxx repeated with the
length asked for; the service does neither. A file that asks for an authority (6982) ends as NOT_AUTHORISED: a PIN is
never tried.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

from drivers.card_reader import apdu
from drivers.card_reader.apdu import Answer
from drivers.card_reader.port import OtherCard, ReadCard
from drivers.card_reader.social_security import HOLDER_TAGS, ISSUER_TAGS, LENGTHS, decode_card, values_of
from drivers.device import Cancel, DeviceError, Fault, Secret
from drivers.seams.card_channel import CardChannel

_PARTS: Final = 16
"""So many times 61xx is followed; a record has 255 bytes at most."""
_LONGEST: Final = 1024
_RECORDS: Final = 32
"""No file is read further; the ones of the table have seven records."""


class Session:
    """One connected card. ``slowest`` is how long one answer may take, ``deadline`` ends the whole."""

    def __init__(self, channel: CardChannel, deadline: float, cancel: Cancel, slowest: float = 2.0) -> None:
        self._channel = channel
        self._deadline = deadline
        self._cancel = cancel
        self._slowest = slowest

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._deadline - time.monotonic())

    def ask(self, command: bytes) -> Answer:
        """One command, followed until it is answered whole. Raises UNSUPPORTED for whatever is no reading."""
        answer = self._ask_once(command)
        if answer.status >> 8 == 0x6C:
            answer = self._ask_once(apdu.corrected(command, answer.status & 0xFF))
        data = answer.data
        for _ in range(_PARTS):
            if answer.status >> 8 != 0x61:
                return Answer(data, answer.status)
            answer = self._ask_once(apdu.get_response(answer.status & 0xFF))
            data += answer.data
            if len(data) > _LONGEST:
                break
        raise DeviceError(Fault.BAD_DATA, "an answer without end")

    def _ask_once(self, command: bytes) -> Answer:
        apdu.demand_harmless(command)
        self._cancel.check()
        deadline = min(self._deadline, time.monotonic() + self._slowest)
        return apdu.answer_of(self._channel.transmit(command, deadline, self._cancel))


def read_card(session: Session, atr: bytes) -> ReadCard:
    """What the card is and says. Raises NOT_AUTHORISED, BAD_DATA and what the channel raises."""
    answer = session.ask(apdu.select_name(apdu.SSSE))
    if answer.status == apdu.CLOSED:
        raise DeviceError(Fault.NOT_AUTHORISED, "the card's application was closed by its issuer")
    if answer.status != apdu.OK:
        return _other_card(session, atr)
    issuer = values_of(_records(session, apdu.ISSUER_FILE, ISSUER_TAGS))
    holder = values_of(_records(session, apdu.HOLDER_FILE, HOLDER_TAGS))
    return decode_card(issuer, holder)


def _other_card(session: Session, atr: bytes) -> OtherCard:
    card = OtherCard(Secret(atr))
    if not apdu.is_contactless(atr):
        return card
    answer = session.ask(apdu.GET_UID)
    return replace(card, uid=Secret(answer.data)) if answer.status == apdu.OK else card


def _records(session: Session, file: int, tags: tuple[int, ...]) -> list[bytes]:
    """All records of a file, in whichever way this card gives them."""
    short = 0
    for how in (0x02, 0x00):
        answer = session.ask(apdu.select_file(file, how))
        if answer.status == apdu.OK:
            break
        _demand_unlocked(answer, file)
    else:
        short = file & 0x1F
    records: list[bytes] = []
    for number in range(1, _RECORDS):
        expected = 2 + LENGTHS[tags[number - 1]] if number <= len(tags) else 0
        answer = _record(session, file, apdu.read_record(number, short_file=short), expected)
        if answer.status == apdu.OK:
            records.append(answer.data)
            continue
        if records and expected and answer.status not in {apdu.NO_RECORD, apdu.NOT_FOUND}:
            raise DeviceError(Fault.BAD_DATA, f"record {number} of {file:04X} cannot be read: {answer.status:04X}")
        break
    return records or _tagged_records(session, file, tags, short)


def _tagged_records(session: Session, file: int, tags: tuple[int, ...], short: int) -> list[bytes]:
    records: list[bytes] = []
    answer = Answer(b"", apdu.NO_RECORD)
    for tag in tags:
        answer = _record(session, file, apdu.read_tagged(tag, short_file=short), 2 + LENGTHS[tag])
        if answer.status == apdu.OK:
            records.append(answer.data)
    if not records:
        raise DeviceError(Fault.BAD_DATA, f"the file {file:04X} cannot be read: {answer.status:04X}")
    return records


def _record(session: Session, file: int, command: bytes, expected: int) -> Answer:
    answer = session.ask(command)
    if answer.status == apdu.WRONG_LENGTH and expected:
        answer = session.ask(apdu.corrected(command, expected))
    if expected:  # what lies behind the table's records may be locked
        _demand_unlocked(answer, file)
    return answer


def _demand_unlocked(answer: Answer, file: int) -> None:
    if answer.status == apdu.LOCKED:
        raise DeviceError(Fault.NOT_AUTHORISED, f"the file {file:04X} needs the authority's own library")
