"""The OpenAPI 3.1 document, made from the table of endpoints and the types of the wire."""

from __future__ import annotations

from typing import Any

import msgspec

from queue_server.contract.messages import Message
from queue_server.contract.refusals import STATUS, Code, RefusalBody
from queue_server.web.bodies import body_type
from queue_server.web.endpoints import ENDPOINTS, Door, Endpoint, Media

_REFERENCE = "#/components/schemas/{name}"
_PREFIX = "/api/v1"
_MEANING = {
    401: "No token, or one that is unknown or expired.",
    403: "The token is good, but this role or this window may not.",
    404: "There is no such thing.",
    409: "The hall says no; the code says why.",
    410: "What was asked for is over.",
    413: "The body is too large.",
    422: "The request cannot be understood; detail.field says where.",
    429: "Too many failed tries.",
    500: "A mistake of the server.",
    503: "Not now; trying again helps.",
}


def openapi(version: str) -> dict[str, Any]:
    """The whole document."""
    bodies = {e.name: body_type(e) for e in ENDPOINTS if e.command is not None}
    replies = {e.name: e.reply for e in ENDPOINTS if _is_message(e.reply)}
    kinds = [*bodies.values(), *replies.values(), RefusalBody]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    of_body = dict(zip(bodies, schemas, strict=False))
    of_reply = dict(zip(replies, schemas[len(bodies) :], strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        operation = _operation(endpoint, of_body.get(endpoint.name), of_reply.get(endpoint.name))
        paths.setdefault(_PREFIX + endpoint.template, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "hall", "version": version, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _is_message(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Message)


def _operation(endpoint: Endpoint, body: Any, reply: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.about,
        "parameters": _parameters(endpoint),
        "responses": {str(endpoint.status): _good(endpoint, reply), **_refusals(endpoint)},
        "security": [{"token": []}] if endpoint.door is Door.TOKEN else [],
    }
    if endpoint.roles:
        operation["x-roles"] = sorted(role.value for role in endpoint.roles)
    if body is not None:
        operation["requestBody"] = {"required": False, "content": {Media.JSON.value: {"schema": body}}}
        if endpoint.name == "offline_tickets":
            rows = {"type": "array", "items": {"$ref": _REFERENCE.format(name="OfflineTicket")}, "maxItems": 500}
            operation["requestBody"]["content"][Media.JSON.value]["schema"] = {"anyOf": [body, rows]}
    return operation


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": 64},
        }
        for name in endpoint.parameters
    ]
    rows += [
        {
            "name": query.name,
            "in": "query",
            "description": query.about,
            "schema": {"type": "integer", "minimum": 0, "maximum": query.most},
        }
        for query in endpoint.query
    ]
    rows += [{"name": name, "in": "query", "schema": {"type": "string", "format": "date"}} for name in endpoint.days]
    rows += [
        {"name": name, "in": "query", "schema": {"type": "string", "minLength": 1, "maxLength": 64}}
        for name in endpoint.words
    ]
    if endpoint.writes and endpoint.keyed:
        rows.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "The same key gives the same reply, status and body.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"},
            }
        )
    return rows


def _good(endpoint: Endpoint, reply: Any) -> dict[str, Any]:
    media = endpoint.media.value
    if endpoint.media is Media.JSON:
        return {"description": "Done.", "content": {media: {"schema": reply}}}
    kind: dict[str, Any] = {"type": "string"}
    if endpoint.media is Media.WAV:
        kind["format"] = "binary"
    elif endpoint.media is Media.YAML:
        kind["type"] = "object"
    return {"description": "Done.", "content": {media: {"schema": kind}}}


def _refusals(endpoint: Endpoint) -> dict[str, Any]:
    statuses = {404, 422, 500, 503}
    if endpoint.door is Door.TOKEN:
        statuses |= {401, 403}
    if endpoint.door is Door.OPEN and endpoint.writes:
        statuses |= {401, 429}
    if endpoint.writes:
        statuses |= {409, 410, 413, 429}
    if endpoint.media in {Media.EVENTS, Media.WAV}:
        statuses |= {STATUS[Code.SNAPSHOT_NEEDED]}
    if endpoint.name == "rating":
        statuses |= {409}
    body = {"schema": {"$ref": _REFERENCE.format(name="RefusalBody")}}
    refusals: dict[str, Any] = {
        str(status): {"description": _MEANING[status], "content": {Media.JSON.value: body}}
        for status in sorted(statuses)
    }
    if endpoint.name == "catalogue":
        refusals["304"] = {"description": "Nothing changed since that ETag."}
    return refusals
