"""Bytes of a request to a command of the hall; what the path says is not repeated in the body."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from queue_server.contract.messages import Command
from queue_server.contract.refusals import Code, Refusal
from queue_server.web.endpoints import Endpoint
from queue_server.web.replies import misread


def body_type(endpoint: Endpoint) -> type[msgspec.Struct]:
    """The command without the fields that the path gives, with the body's own names."""
    command = endpoint.command
    if command is None:
        raise ValueError(f"{endpoint.name} takes no body")
    if not endpoint.path and not endpoint.renamed:
        return command
    given = set(endpoint.path.values())
    fields: list[Any] = []
    for field in msgspec.structs.fields(command):
        if field.name in given:
            continue
        name = endpoint.renamed.get(field.name, field.encode_name)
        if field.required:
            fields.append((field.name, field.type, msgspec.field(name=name)))
        elif field.default_factory is not msgspec.NODEFAULT:
            fields.append((field.name, field.type, msgspec.field(name=name, default_factory=field.default_factory)))
        else:
            fields.append((field.name, field.type, msgspec.field(name=name, default=field.default)))
    return msgspec.defstruct(
        f"{command.__name__}Body", fields, frozen=True, kw_only=True, forbid_unknown_fields=True, module=__name__
    )


class Reader:
    """Reads the bodies of one endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._command = cast("type[Command]", endpoint.command)
        self._body = body_type(endpoint)
        self._whole = self._body is self._command
        self._path = dict(endpoint.path)
        self._fields = tuple(field.name for field in msgspec.structs.fields(self._body))
        self._decoder = msgspec.json.Decoder(self._body)
        self._bare = "tickets" if endpoint.name == "offline_tickets" else None

    def read(self, body: bytes, path: dict[str, str]) -> Command:
        """The command; an empty body counts as ``{}``. Raises ``bad_request`` naming the field."""
        if b"\\u0000" in body:
            raise Refusal(Code.BAD_REQUEST, "a text may not hold the NUL character")
        if not body:
            body = b"{}"
        elif self._bare is not None and body.lstrip()[:1] == b"[":
            body = b'{"%s":%s}' % (self._bare.encode(), body)
        try:
            decoded = self._decoder.decode(body)
            if self._whole:
                return cast("Command", decoded)
            given = {field: path[name] for name, field in self._path.items()}
            return self._command(**given, **{name: getattr(decoded, name) for name in self._fields})
        except msgspec.MsgspecError as error:
            raise misread(error) from None
        except (UnicodeError, RecursionError):
            raise Refusal(Code.BAD_REQUEST, "the body is not JSON in UTF-8") from None
