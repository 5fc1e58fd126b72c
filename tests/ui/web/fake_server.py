"""The fake hall behind a real port: its pages, and answers as the contract says."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import wave
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from queue_server.contract.codec import encode, plain
from queue_server.web.theme import theme_css
from ui import I18N, THEME, WEB

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
PAGES = {"screen": "screen", "window": "window", "rate": "rating", "t": "ticket"}


class FakeServer:
    """Answers for one fake hall."""

    def __init__(self, hall: Any) -> None:
        self.hall = hall

    def app(self) -> ASGIApp:
        """The pages and the answers, each with the time of the hall, and late where the hall is slow."""
        routes = self._routes()

        async def in_time(scope: Scope, receive: Receive, send: Send) -> None:
            async def say(message: Message) -> None:
                if message["type"] == "http.response.start":
                    await self._arrive(scope["path"].removeprefix("/api/v1"))
                    date = format_datetime(self.hall.clock or datetime.now(UTC), usegmt=True).encode()
                    message = {**message, "headers": [*message["headers"], (b"date", date)]}
                await send(message)

            await routes(scope, receive, say)

        return in_time

    async def _arrive(self, path: str) -> None:
        if path not in self.hall.slow:
            return
        self.hall.slow.remove(path)
        self.hall.on_its_way.append(path)
        while path in self.hall.on_its_way and not self.hall.down:
            await self.hall.changed.wait()

    def _routes(self) -> Starlette:
        pages = [Route(f"/{path}/{{id}}", self._page(folder)) for path, folder in PAGES.items()]
        api = [
            Route("/surfaces", self._surfaces),
            Route("/levels", lambda _: _json({"levels": plain(self.hall.levels)})),
            Route("/enrol", self._enrol, methods=["POST"]),
            Route("/login", self._log_in, methods=["POST"]),
            Route("/my/{token}", self._my),
            Route("/my/{token}/events", self._my_events),
            Route("/catalogue", self._as_member(lambda _: _json(plain(self.hall.catalogue())))),
            Route("/me", self._as_member(self._me)),
            Route("/snapshot", self._as_member(lambda _: _json(plain(self.hall.snapshot)))),
            Route("/events", self._as_member(self._events)),
            Route("/speech/{name}", self._as_member(self._speech)),
            Route("/windows/{id}/waiting", self._as_member(self._waiting)),
            Route("/alerts", self._as_member(lambda _: _json(self.hall.admin.get("alerts", {"alerts": []})))),
            Route("/slots", self._as_member(self._slots)),
            Route("/appointments", self._as_member(self._appointments)),
            Route("/admin/{name:path}", self._as_member(self._admin), methods=["GET"]),
            Route("/{rest:path}", self._write, methods=["POST"]),
        ]
        routes = [
            *pages,
            Route("/", self._page("index")),
            Route("/admin/", self._page("admin")),
            Route("/desk/", self._page("desk")),
            Route(
                "/static/theme.css", lambda _: Response(theme_css(json.loads(THEME.read_text())), media_type="text/css")
            ),
            Mount("/static/i18n", StaticFiles(directory=I18N)),
            Mount("/static", StaticFiles(directory=WEB)),
            Mount("/api/v1", routes=api),
        ]
        return Starlette(routes=routes)

    def _page(self, folder: str) -> Any:
        def page(request: Request) -> Response:
            return FileResponse(
                WEB / folder / "index.html", headers={"Content-Security-Policy": CSP, "Cache-Control": "no-cache"}
            )

        return page

    def _as_member(self, answer: Any) -> Any:
        """Only with a token that this hall gave out."""

        async def guarded(request: Request) -> Response:
            if self.hall.down:
                return Response(status_code=503)
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            if token not in self.hall.tokens:
                return _refuse(401, "unauthenticated")
            path = request.url.path.removeprefix("/api/v1")
            if path in self.hall.broken:
                self.hall.broken.remove(path)
                return Response("<h1>Bad gateway</h1>", status_code=502)
            reply = answer(request)
            said: Response = await reply if asyncio.iscoroutine(reply) else reply
            return said

        return guarded

    def _surfaces(self, request: Request) -> Response:
        rows = self.hall.description
        windows = [{"id": w["id"], "name": w["name"]} for w in rows["windows"]]
        pads = [w["id"] for w in rows["windows"] if w.get("pad")]
        screens, kiosks = [s["id"] for s in rows["screens"]], [k["id"] for k in rows["kiosks"]]
        return _json(
            {
                "hallName": rows["hall"]["name"],
                "demo": True,
                "screens": screens,
                "windows": windows,
                "pads": pads,
                "kiosks": kiosks,
            }
        )

    async def _enrol(self, request: Request) -> Response:
        body = await request.json()
        if body["code"] != "ENROL-ME":
            return _refuse(401, "unauthenticated")
        self.hall.tokens["device-token"] = "device"
        return _json({"name": "S1", "role": "screen", "hall": "demo", "token": "device-token"})

    async def _log_in(self, request: Request) -> Response:
        body = await request.json()
        if body["password"] != "right horse":
            return _refuse(401, "unauthenticated")
        role = "admin" if body["name"] == "admin" else "officer"
        return _json({"name": body["name"], "role": role, "hall": "demo", "token": f"{role}-token"})

    def _me(self, request: Request) -> Response:
        role = self.hall.tokens[request.headers["authorization"].removeprefix("Bearer ")]
        return _json(
            {
                "name": "officer3" if role == "officer" else "3",
                "role": role,
                "hall": "demo",
                "hallName": self.hall.description["hall"]["name"],
                "window": None,
            }
        )

    def _waiting(self, request: Request) -> Response:
        queues = self.hall.snapshot.windows[request.path_params["id"]].queues
        rows = [t for t in self.hall.snapshot.tickets.values() if t.state == "waiting" and t.queue in queues]
        limit = int(request.query_params["limit"])
        return _json({"tickets": plain(sorted(rows, key=lambda t: t.number)[:limit])})

    def _speech(self, request: Request) -> Response:
        self.hall.spoken.append(int(request.path_params["name"].removesuffix(".wav")))
        return Response(silence(self.hall.seconds_of_speech), media_type="audio/wav")

    def _admin(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name == "hall.yaml":
            return Response("hall: {}\n", media_type="application/yaml")
        return _json(self.hall.admin.get(name, {name: []} if name != "audit" else {"rows": []}))

    def _slots(self, request: Request) -> Response:
        self.hall.days.append(request.query_params.get("date", ""))
        return _json(self.hall.slots(request.query_params["queue"], request.query_params.get("date")))

    def _appointments(self, request: Request) -> Response:
        self.hall.days.append(request.query_params["date"])
        return _json(self.hall.admin.get("appointments", {"appointments": []}))

    async def _write(self, request: Request) -> Response:
        path, body = "/" + request.path_params["rest"], json.loads(await request.body() or b"{}")
        if path != "/terminals/report":
            self.hall.record(path, request.headers.get("idempotency-key"), body)
        if path in self.hall.broken:
            self.hall.broken.remove(path)
            return Response("<h1>Bad gateway</h1>", status_code=502)
        if path in self.hall.lost:
            self.hall.lost.remove(path)
            self.hall.act(path, body)
            return Response("<h1>Gateway timeout</h1>", status_code=504)
        if path in self.hall.refusals:
            status, refusal = self.hall.refusals[path]
            return _json(refusal, status)
        if path == "/admin/enrolment-codes":
            return _json(
                {
                    "code": "K7QX-42MP",
                    "name": body["name"],
                    "role": body["role"],
                    "expiresAt": (datetime.now(UTC) + timedelta(hours=24)).isoformat(),
                }
            )
        return _json(self.hall.act(path, body))

    async def _events(self, request: Request) -> Response:
        after = int(request.query_params["after"])
        if after < self.hall.forget_before:
            return _refuse(410, "snapshot_needed")
        return _stream(self._follow(after))

    async def _follow(self, after: int) -> AsyncIterator[bytes]:
        self.hall.streams += 1
        try:
            yield b": hello\n\n"
            while not self.hall.down:
                bell = self.hall.changed
                for event in [e for e in self.hall.events if e.seq > after]:
                    after = event.seq
                    yield b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, event.type.encode(), encode(event))
                await bell.wait()
        finally:
            self.hall.streams -= 1

    async def _my(self, request: Request) -> Response:
        if self.hall.down:
            return Response(status_code=503)
        status = self.hall.status.get(request.path_params["token"])
        return _json(plain(status)) if status else _refuse(404, "not_found")

    async def _my_events(self, request: Request) -> Response:
        token = request.path_params["token"]
        if self.hall.down or token not in self.hall.status:
            return _refuse(404, "not_found") if not self.hall.down else Response(status_code=503)
        return _stream(self._follow_mine(token))

    async def _follow_mine(self, token: str) -> AsyncIterator[bytes]:
        sent = None
        while not self.hall.down:
            bell = self.hall.changed
            if self.hall.status[token] != sent:
                sent = self.hall.status[token]
                yield b"event: status\ndata: %s\n\n" % encode(sent)
            await bell.wait()


def _json(body: Any, status: int = 200) -> Response:
    return JSONResponse(body, status_code=status)


def _refuse(status: int, code: str, **detail: Any) -> Response:
    return _json({"code": code, "message": code, "retryable": False, "detail": detail}, status)


def _stream(rows: AsyncIterator[bytes]) -> Response:
    return StreamingResponse(rows, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def silence(seconds: float) -> bytes:
    """A WAV of nothing."""
    data = io.BytesIO()
    with wave.open(data, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * int(8000 * seconds))
    return data.getvalue()


class Running:
    """The hall behind a real port, in a thread of its own."""

    def __init__(self, hall: Any) -> None:
        self.hall = hall
        self.server = uvicorn.Server(
            uvicorn.Config(
                FakeServer(hall).app(),
                port=0,
                log_level="warning",
                timeout_graceful_shutdown=1,
                lifespan="off",
                date_header=False,
            )
        )
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.url = ""

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self.hall.loop = asyncio.get_running_loop()
        await self.server.serve()

    def __enter__(self) -> Running:
        self.thread.start()
        while not self.server.started:
            if not self.thread.is_alive():
                raise RuntimeError("the fake hall did not start")
            threading.Event().wait(0.01)
        self.url = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self.hall.down = True
        self.hall.wake()
        self.server.should_exit = True
        self.thread.join(5)
