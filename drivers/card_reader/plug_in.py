"""A city's own way of reading its cards, named in the settings and held on a short lead.

The option ``plugin=package.module`` (or ``package.module:function``) names a function, ``read_card`` unless said:

    def read_card(channel: RestrictedChannel, found: Found) -> Mapping[str, str] | ReadCard | None

It is called once for each card, after the standard reading, while the card is still connected. What it returns:

* a mapping: fields of its own, which are added to the card's ``extra`` (each as a ``Secret``);
* a whole card: taken instead of what was found, for files that only the city's way opens (``found.fault`` is
  NOT_AUTHORISED then, and ``found.card`` is None), or for cards of the city itself (``found.card`` is an
  ``OtherCard``);
* None: nothing to add. A fault then stays a fault.

Over the channel it can select and read (``apdu.demand_harmless`` says what that is) and nothing else: no PIN, no
writing, no bank. Nothing is read before it has selected an application by name: what a card has open of itself may be
the bank's. It must keep nothing and log nothing, and end when ``seconds_left`` is over. Whatever it raises ends as
BAD_DATA without its text, ``DeviceError`` as it is.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from drivers.card_reader import apdu
from drivers.card_reader.apdu import Answer
from drivers.card_reader.port import OtherCard, ReadCard, SocialSecurityCard
from drivers.card_reader.session import Session
from drivers.device import DeviceError, Fault, Secret

FUNCTION = "read_card"


@dataclass(frozen=True, slots=True)
class Found:
    """What the standard reading found: a card, or why it could not be read."""

    card: ReadCard | None
    fault: Fault | None = None


class RestrictedChannel:
    """What a plug-in may do with the card that is connected."""

    def __init__(self, session: Session, *, selected: bool) -> None:
        self._session = session
        self._selected = selected

    @property
    def seconds_left(self) -> float:
        """Time until the visitor is told that it did not work."""
        return self._session.seconds_left

    def ask(self, command: bytes) -> Answer:
        """One command and its whole answer (61xx and 6Cxx are followed). Raises UNSUPPORTED for what is not allowed."""
        apdu.demand_harmless(command)
        by_name = command[:3] == bytes([0x00, apdu.SELECT, 0x04])
        if not (by_name or self._selected or command[0] == 0xFF):
            raise DeviceError(Fault.UNSUPPORTED, "an application has to be selected by its name first")
        answer = self._session.ask(command)
        if by_name and answer.status == apdu.OK:
            self._selected = True
        return answer


Returned = Mapping[str, str] | ReadCard | None
PlugIn = Callable[[RestrictedChannel, Found], Returned]


def load_plug_in(place: str) -> PlugIn:
    """The function of that name. Raises CONFIGURATION when there is none."""
    module, _, name = place.partition(":")
    try:
        found: Any = getattr(importlib.import_module(module), name or FUNCTION)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise DeviceError(Fault.CONFIGURATION, f"no plug-in {place!r}: {type(error).__name__}") from None
    if not callable(found):
        raise DeviceError(Fault.CONFIGURATION, f"the plug-in {place!r} is no function")
    plug_in: PlugIn = found
    return plug_in


def with_plug_in(plug_in: PlugIn, session: Session, found: Found) -> ReadCard | None:
    """What is on the card when the plug-in has had its say. Raises BAD_DATA when it fails."""
    channel = RestrictedChannel(session, selected=isinstance(found.card, SocialSecurityCard))
    try:
        returned = plug_in(channel, found)
        if returned is None:
            return found.card
        if isinstance(returned, SocialSecurityCard | OtherCard):
            return returned
        extra = {str(key): Secret(str(value)) for key, value in returned.items()}
    except DeviceError:
        raise
    except Exception as error:  # noqa: BLE001  # because what a plug-in says may quote the card
        raise DeviceError(Fault.BAD_DATA, f"the plug-in failed: {type(error).__name__}") from None
    return None if found.card is None else replace(found.card, extra={**found.card.extra, **extra})
