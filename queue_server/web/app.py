"""The whole web application: ``/api/v1``, pages, health and metrics in one ASGI callable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from queue_server.contract.codec import encode
from queue_server.usecases.ports import Office
from queue_server.web import appointments, back_office, outside, push, ratings, staff, tickets, windows
from queue_server.web.api import PREFIX, Api, Receive, Scope, Send
from queue_server.web.hall import HallReads
from queue_server.web.observe import Observer
from queue_server.web.pages import HEADERS, Page, page_routes
from queue_server.web.ports import BackOffice, Clock, Feed, Providers, Voice
from queue_server.web.schema import openapi
from queue_server.web.session import Sessions


@dataclass(frozen=True)
class Parts:
    """All that the web stands on; made by the program's compose file."""

    office: Office
    feed: Feed
    providers: Providers
    voice: Voice
    back_office: BackOffice
    observer: Observer
    clock: Clock
    monotonic: Callable[[], float]
    files: Mapping[str, Page]
    version: str


class WebApp:
    """The ASGI application. Opening and closing the parts is the caller's business."""

    def __init__(self, parts: Parts) -> None:
        self._observer = parts.observer
        self._api = Api(
            parts.office,
            {
                **tickets.handlers(parts.office),
                **windows.handlers(parts.office),
                **appointments.handlers(parts.office),
                **staff.handlers(parts.office),
                **ratings.handlers(parts.office),
                **push.handlers(parts.office, parts.feed, parts.monotonic),
                **HallReads(parts.office, parts.providers).handlers(),
                **outside.handlers(parts.office, parts.providers, parts.voice, parts.clock),
                **Sessions(parts.office, parts.observer, parts.monotonic).handlers(),
                **back_office.handlers(parts.office, parts.back_office, parts.observer),
            },
            parts.observer,
        )
        self._rest = Starlette(routes=[*_own_routes(parts), *page_routes(parts.files)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if scope["path"].startswith(PREFIX + "/"):
                await self._api(scope, receive, send)
            else:
                await self._page(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A page or a file, with its line in the log; the line has the route, not the path."""
        started = perf_counter()
        status = 500

        async def remember(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._rest(scope, receive, remember)
        except Exception as error:  # noqa: BLE001  # because the answer is sent; what is left is to say so without a text
            self._observer.mistake("page", error)
        route = getattr(scope.get("route"), "path", "unknown")
        method = scope["method"] if scope["method"] in {"GET", "HEAD"} else "-"
        self._observer.request(route, method, status, perf_counter() - started, "", "")


def _own_routes(parts: Parts) -> list[Route]:
    document = encode(openapi(parts.version))

    async def description(request: Request) -> Response:
        del request
        return Response(document, media_type="application/json", headers={"Cache-Control": "no-cache"})

    async def healthz(request: Request) -> Response:
        del request
        return Response(encode({"status": "ok", "version": parts.version}), media_type="application/json")

    async def readyz(request: Request) -> Response:
        del request
        try:
            await parts.office.ready()
        except Exception as error:  # noqa: BLE001  # because any reason not to answer means: not ready
            parts.observer.mistake("/readyz", error)
            return Response(encode({"status": "not-ready"}), status_code=503, media_type="application/json")
        return Response(encode({"status": "ready"}), media_type="application/json")

    async def metrics(request: Request) -> Response:
        del request
        body, media = parts.observer.metrics()
        return Response(body, headers={"Content-Type": media, "Cache-Control": "no-store"})

    async def with_slash(request: Request) -> Response:
        return Response(status_code=308, headers={**HEADERS, "Location": f"{request.url.path}/"})

    return [
        Route("/api/openapi.json", description),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        Route("/admin", with_slash),
        Route("/desk", with_slash),
    ]
