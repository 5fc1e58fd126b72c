"""All that a terminal keeps of a hall, items searchable by Chinese, pinyin and initials."""

from __future__ import annotations

from collections.abc import Iterable

from queue_server.contract.messages import Catalogue, ItemView, QueueView, ScreenView, WindowView, ZoneView
from queue_server.domain.hall import Hall, Item
from queue_server.domain.rating import RatingProfile
from queue_server.usecases.rating_profile import level_views


def item_views(items: Iterable[Item]) -> tuple[ItemView, ...]:
    """The items with their pinyin. Slow the first time (a dictionary is loaded): keep the result."""
    from pypinyin import Style, lazy_pinyin  # because it takes 0.2 s and memory that only this needs

    return tuple(
        ItemView(
            id=item.id,
            name=item.name,
            queue=item.queue,
            department=item.department,
            initials="".join(lazy_pinyin(item.name.zh, style=Style.FIRST_LETTER)).lower(),
            pinyin="".join(lazy_pinyin(item.name.zh)).lower(),
            hot=item.hot,
        )
        for item in items
    )


def catalogue(
    hall: Hall,
    profile: RatingProfile,
    items: tuple[ItemView, ...],
    queues: Iterable[QueueView],
    windows: Iterable[WindowView],
    public_url: str,
    person_key: str,
) -> Catalogue:
    return Catalogue(
        version=hall.version,
        hall=hall.id,
        name=hall.name,
        notice=hall.notice,
        hours=hall.hours,
        time_zone=hall.time_zone,
        zones=tuple(ZoneView(id=zone.id, name=zone.name, floor=zone.floor) for zone in hall.zones),
        queues=tuple(queues),
        windows=tuple(windows),
        items=items,
        levels=level_views(profile),
        person_key=person_key,
        public_url=public_url,
        demo=hall.demo,
        screens=tuple(ScreenView(id=screen.id, zones=screen.zones, speaks=screen.speaks) for screen in hall.screens),
        undo_transfer_seconds=hall.rules.undo_transfer_seconds,
    )
