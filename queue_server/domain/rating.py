"""好差评: five levels in the official words, reasons that belong to a level, and when a service may be rated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from queue_server.contract.messages import Level, Outcome, RatingChannel, RatingState, Text
from queue_server.contract.refusals import Code, Refusal

AT_THE_WINDOW = frozenset({RatingChannel.PAD, RatingChannel.DEVICE})
"""Channels that only take an answer while they invite; the others take a late one."""


@dataclass(frozen=True)
class Reason:
    """One official reason. ``hide_on`` names channels at which it makes no sense; its code stays valid."""

    code: str
    text: Text
    hide_on: frozenset[str] = frozenset()


@dataclass(frozen=True)
class LevelRule:
    level: Level
    text: Text
    bad: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class RatingProfile:
    """A dictionary of levels and reasons; dictionaries get replaced, so each has a version."""

    id: str
    version: str
    levels: Mapping[Level, LevelRule]


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What happened once at a window with one ticket: the unit that may be rated once (一次一评)."""

    id: str
    ticket: str
    window: str
    queue: str
    started_at: datetime
    officer: str | None = None
    item: str | None = None
    finished_at: datetime | None = None
    outcome: Outcome | None = None
    rating: RatingState = RatingState.NOT_YET
    rating_until: datetime | None = None
    level: Level | None = None
    reasons: tuple[str, ...] = ()
    text: str = ""
    channel: RatingChannel | None = None
    rated_at: datetime | None = None


def check_answer(
    profile: RatingProfile, level: Level, reasons: tuple[str, ...], text: str, channel: RatingChannel
) -> None:
    """A bad level says why; a reason belongs to its level. Raises ``REASON_REQUIRED`` or ``UNKNOWN_REASON``.

    A rating box has five keys and no way to say why: to refuse its bad ratings would lose just those.
    """
    rule = profile.levels[level]
    known = {reason.code for reason in rule.reasons}
    for code in reasons:
        if code not in known:
            raise Refusal(Code.UNKNOWN_REASON, f"{level.value} has no reason {code!r}", reason=code)
    if rule.bad and channel is not RatingChannel.DEVICE and not reasons and not text.strip():
        raise Refusal(Code.REASON_REQUIRED, "a bad rating says why: at least one reason or a text")


def check_time(service: Service, channel: RatingChannel, now: datetime, late_days: int) -> None:
    """Only a finished service, once, at the window while it invites, elsewhere for ``late_days`` days."""
    if service.rating is RatingState.SUBMITTED:
        raise Refusal(Code.RATING_EXISTS, "this service was rated already")
    if service.finished_at is None or service.outcome is None:
        raise Refusal(Code.RATING_NOT_POSSIBLE, "this service was not finished")
    if channel in AT_THE_WINDOW:
        if service.rating is not RatingState.INVITED or (service.rating_until and now >= service.rating_until):
            raise Refusal(Code.RATING_CLOSED, "the window does not invite to rate this service any more")
    elif now > service.finished_at + timedelta(days=late_days):
        raise Refusal(Code.RATING_CLOSED, f"ratings are possible for {late_days} days", days=late_days)
