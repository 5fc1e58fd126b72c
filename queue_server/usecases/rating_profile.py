"""Reads a dictionary of rating levels and reasons (``assets/rating/*.yaml``)."""

from __future__ import annotations

from typing import Any

import yaml

from queue_server.contract.messages import Level, LevelView, ReasonView, Text
from queue_server.domain.rating import LevelRule, RatingProfile, Reason


def parse_profile(text: str) -> RatingProfile:
    """Raises ``ValueError`` when a level is missing or a code stands twice: these files ship with the program."""
    data = yaml.safe_load(text)
    rules = {}
    for row in data["levels"]:
        level = Level(row["level"])
        reasons = tuple(_reason(reason) for reason in row["reasons"])
        rules[level] = LevelRule(level=level, text=Text(**row["text"]), bad=row["bad"], reasons=reasons)
    codes = [reason.code for rule in rules.values() for reason in rule.reasons]
    if set(rules) != set(Level) or len(codes) != len(set(codes)):
        raise ValueError(f"the rating dictionary {data['id']} lacks a level or has a code twice")
    return RatingProfile(id=data["id"], version=data["version"], levels=rules)


def _reason(row: dict[str, Any]) -> Reason:
    return Reason(code=row["code"], text=Text(**row["text"]), hide_on=frozenset(row.get("hideOn", ())))


def level_views(profile: RatingProfile) -> tuple[LevelView, ...]:
    """The five levels, best first, with their reasons."""
    return tuple(
        LevelView(
            level=rule.level,
            text=rule.text,
            bad=rule.bad,
            reasons=tuple(_reason_view(reason) for reason in rule.reasons),
        )
        for rule in (profile.levels[level] for level in Level)
    )


def _reason_view(reason: Reason) -> ReasonView:
    return ReasonView(code=reason.code, text=reason.text, hide_on=tuple(sorted(reason.hide_on)))
