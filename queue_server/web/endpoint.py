"""What a route of ``/api/v1`` is: who may, what goes in, what comes out. The table of them is ``endpoints``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from queue_server.contract import messages as m
from queue_server.contract.messages import Command, Role
from queue_server.usecases.permission import ALLOWED

BODY_LIMIT = 64 * 1024
LONG_BODY_LIMIT = 1024 * 1024


class Door(StrEnum):
    """How a caller shows who they are."""

    TOKEN = "token"  # noqa: S105  # because this is the word for a kind of door
    CITIZEN = "citizen"
    OPEN = "open"


class Media(StrEnum):
    JSON = "application/json"
    EVENTS = "text/event-stream"
    WAV = "audio/wav"
    YAML = "application/yaml"


@dataclass(frozen=True)
class Query:
    """A whole number in the query string, never negative."""

    name: str
    about: str
    most: int = 2**53


@dataclass(frozen=True)
class Endpoint:
    """One route. ``roles`` is empty only behind the doors CITIZEN and OPEN.

    ``command`` is what the body becomes; ``path`` says which of its fields come from the path
    (``{"id": "window"}``) and ``renamed`` which are called differently in the body.
    ``hot`` marks what a busy hall calls often: it comes first in the benchmarks.
    """

    name: str
    method: str
    template: str
    about: str
    roles: frozenset[Role]
    reply: Any
    door: Door = Door.TOKEN
    command: type[Command] | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    media: Media = Media.JSON
    query: tuple[Query, ...] = ()
    days: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """Short texts in the query string, such as the id of a queue."""
    keyed: bool = True
    at_window: bool = False
    body_limit: int = BODY_LIMIT
    hot: bool = False

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in braces of the path."""
        return tuple(part[1:].partition("}")[0] for part in self.template.split("/") if part.startswith("{"))


EVERYBODY = frozenset(Role)
AT_WINDOWS = frozenset({Role.WINDOW, Role.OFFICER, Role.ADMIN, Role.INTEGRATOR, Role.GATEWAY})
ASKERS = frozenset({Role.KIOSK, Role.INTEGRATOR})
ADMINS = frozenset({Role.ADMIN})
STAFF = frozenset({Role.WINDOW, Role.OFFICER, Role.ADMIN, Role.INTEGRATOR})
DESKS = frozenset({Role.OFFICER, Role.ADMIN})
"""People of the hall who have somebody before them; a terminal alone is not one."""
NOBODY: frozenset[Role] = frozenset()


def who_may(command: type[Command]) -> frozenset[Role]:
    """The roles that the office itself lets do this, so that the door and the desk never disagree."""
    return frozenset(role for role in ALLOWED[command] if role is not None)


def at_window(verb: str, about: str, command: type[Command], **more: Any) -> Endpoint:
    return Endpoint(
        name=f"window_{verb.replace('-', '_')}",
        method="POST",
        template=f"/windows/{{id}}/{verb}",
        about=about,
        roles=who_may(command),
        reply=more.pop("reply", m.WindowDone),
        command=command,
        path={"id": "window"},
        at_window=True,
        **more,
    )


def read(name: str, template: str, about: str, reply: Any, **more: Any) -> Endpoint:
    return Endpoint(name, "GET", template, about, more.pop("roles", EVERYBODY), reply, keyed=False, **more)


def of_appointment(verb: str, about: str, command: type[Command], reply: Any) -> Endpoint:
    return Endpoint(
        name=f"{verb.replace('-', '_')}_appointment",
        method="POST",
        template=f"/appointments/{{id}}/{verb}",
        about=about,
        roles=who_may(command),
        reply=reply,
        command=command,
        path={"id": "appointment"},
    )


def of_citizen(verb: str, about: str, reply: Any, command: type[Command]) -> Endpoint:
    """What the link on the paper allows."""
    return Endpoint(
        name=f"my_{verb}",
        method="POST",
        template=f"/my/{{token}}/{verb}",
        about=about,
        roles=NOBODY,
        reply=reply,
        door=Door.CITIZEN,
        command=command,
    )
