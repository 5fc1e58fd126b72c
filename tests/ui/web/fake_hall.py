"""A small hall that serves the pages and answers like the contract says, so that every state can be put on the glass.

It holds a Snapshot, publishes contract Events, and remembers what was asked of it. It has no rules: a test says what happens.
"""

from __future__ import annotations

import asyncio
import io
import json
import threading
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from queue_server.contract import board
from queue_server.contract.codec import convert, encode, plain
from queue_server.contract.messages import (
    CallView,
    Catalogue,
    Estimate,
    Event,
    LevelView,
    QueueView,
    RatingState,
    ScreenView,
    Snapshot,
    TicketStatus,
    TicketView,
    WindowView,
    ZoneView,
)
from queue_server.web.theme import theme_css
from ui import I18N, THEME, WEB

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
PAGES = {"screen": "screen", "window": "window", "rate": "rating", "t": "ticket"}


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Asked:
    """One write that a page sent."""

    path: str
    key: str | None
    body: dict[str, Any]


@dataclass
class FakeHall:
    """Everything a test may set or look at."""

    description: dict[str, Any]
    levels: list[LevelView]
    seconds_of_speech: float = 0.2
    asked: list[Asked] = field(default_factory=list)
    spoken: list[int] = field(default_factory=list)
    refusals: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    broken: int = 0
    lost_answers: int = 0
    down: bool = False
    forget_before: int = 0
    status: dict[str, TicketStatus] = field(default_factory=dict)
    admin: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=lambda: {"officer-token": "officer", "admin-token": "admin"})

    def __post_init__(self) -> None:
        self.events: list[Event] = []
        self.changed = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.snapshot = self._empty()
        self.streams = 0

    # --- what a test makes happen ------------------------------------------------------------

    def publish(self, kind: str, **data: Any) -> Event:
        """An event with the changed things as they are afterwards; everyone who listens gets it."""
        event = Event(seq=self.snapshot.seq + 1, type=kind, at=now(), data=plain(data))
        self.snapshot = board.apply(self.snapshot, event)
        self.events.append(event)
        self.wake()
        return event

    def wake(self) -> None:
        if self.loop:
            self.loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    def ticket(self, number: str, state: str = "waiting", **more: Any) -> TicketView:
        row = {"id": f"T-{number}", "number": number, "queue": number[0], "state": state, "channel": "kiosk", **more}
        issued = {"issuedAt": (now() - timedelta(minutes=12)).isoformat()}
        return convert(issued | row, TicketView)

    def queue(self, queue: str, **more: Any) -> QueueView:
        return msgspec.structs.replace(self.snapshot.queues[queue], **more)

    def window(self, window: str, **more: Any) -> WindowView:
        return msgspec.structs.replace(self.snapshot.windows[window], **more)

    def call(self, number: str, window: str, calls: int = 1, age: float = 0, **more: Any) -> Event:
        """A ticket is called to a window ``age`` seconds ago."""
        at = now() - timedelta(seconds=age)
        place = self.snapshot.windows[window]
        ticket = self.ticket(number, "calling", window=window, calledAt=at.isoformat(), calls=calls, **more)
        view = CallView(
            ticket=ticket.id, number=number, window=window, window_name=place.name, zone=place.zone,
            at=at, calls=calls, valid_until=at + timedelta(seconds=20),
        )  # fmt: skip
        waiting = max(0, self.snapshot.queues[number[0]].waiting - (calls == 1))
        kind = "ticket.called" if calls == 1 else "ticket.recalled"
        window_view = self.window(window, ticket=ticket)
        return self.publish(
            kind, ticket=ticket, call=view, window=window_view, queues=[self.queue(number[0], waiting=waiting)]
        )

    def crowd(self) -> None:
        """A busy morning."""
        for queue, waiting, low, high in (
            ("A", 12, 15, 35),
            ("B", 4, 8, 20),
            ("C", 7, 40, 90),
            ("D", 0, 0, 0),
            ("E", 23, 5, 15),
        ):
            estimate = Estimate(low=low * 60, likely=(low + high) * 30, high=high * 60)
            self.publish("hall.changed", queues=[self.queue(queue, waiting=waiting, estimated_wait_seconds=estimate)])
        for number, window in (
            ("A009", "1"),
            ("C004", "6"),
            ("E031", "2"),
            ("D002", "8"),
            ("A010", "3"),
            ("E032", "1"),
            ("C005", "6"),
            ("D003", "7"),
            ("B007", "4"),
            ("A011", "2"),
        ):
            self.call(number, window, age=60)

    def lose(self) -> None:
        """The server is gone, as after a power cut."""
        self.down = True
        self.wake()

    def come_back(self) -> None:
        self.down = False
        self.wake()

    def manned(self, window: str, **more: Any) -> dict[str, Any]:
        """The window with its officer."""
        return plain(self.window(window, **more)) | {"officer": self.officer()}

    def invite(self, window: str, service: str, for_: timedelta = timedelta(seconds=60)) -> None:
        state = {"rating": "invited", "service": service, "ratingUntil": (now() + for_).isoformat()}
        self.publish("rating.invited", window=self.manned(window, mode="open") | state)

    def my(self, token: str, number: str, state: str, **more: Any) -> None:
        """What the holder of a link sees now."""
        window, rating = more.pop("window", None), more.pop("rating", "not-yet")
        ticket = self.ticket(number, state, window=window, calledAt=now().isoformat(), calls=1)
        zones = {zone["id"]: zone for zone in self.description["zones"]}
        places = [
            {"id": w["id"], "name": w["name"], "zone": zones[w["zone"]]["name"], "floor": zones[w["zone"]]["floor"]}
            for w in self.description["windows"]
            if number[0] in w["queues"]
        ]
        names = {"queueName": self.snapshot.queues[number[0]].name, "hallName": self.description["hall"]["name"]}
        wait = {"estimatedWaitSeconds": {"low": 600, "likely": 900, "high": 1500}} if state == "waiting" else {}
        row = {
            "ticket": plain(ticket),
            "windows": places,
            "rating": rating,
            "service": "S-1",
            **plain(names),
            **wait,
            **more,
        }
        self.status[token] = convert(row, TicketStatus)
        self.wake()

    def fill_back_office(self) -> None:
        """Terminals, parked tickets and ratings to look at."""
        seen, old = now().isoformat(), (now() - timedelta(hours=2)).isoformat()
        paper = [{"device": "ticket-printer", "code": "paper.out", "action": "staff"}]
        rows = [
            ("K1", "kiosk", seen, paper, 0),
            ("K2", "kiosk", old, [], 4),
            ("S1", "screen", seen, [], 0),
            ("window-3", "window", seen, [], 0),
        ]
        terminals = [
            {
                "name": name,
                "role": role,
                "lastSeen": at,
                "conditions": conditions,
                "waitingUploads": uploads,
                "clockOffSeconds": 0.2,
            }
            for name, role, at, conditions, uploads in rows
        ]
        terminals[2]["clockOffSeconds"] = 3600.0
        terminals.append(
            {
                "name": "pad-3",
                "role": "pad",
                "lastSeen": None,
                "conditions": [],
                "waitingUploads": 0,
                "clockOffSeconds": 0,
            }
        )
        self.admin["terminals"] = {"terminals": terminals}
        parked = {"key": "k", "kiosk": "K2", "queue": "A", "number": "A705", "issuedAt": old, "reason": "expired-lease"}
        self.admin["parked"] = {"tickets": [parked]}
        rated = [
            ("1", "very-satisfied", []),
            ("1", "satisfied", ["411"]),
            ("3", "dissatisfied", ["212", "214"]),
            ("3", "very-satisfied", ["517"]),
        ]
        self.admin["ratings"] = {
            "rows": [
                {"service": f"S-{n}", "ticket": f"T-{n}", "number": f"A{n:03}", "window": window, "officer": None, "queue": "A",
                 "level": level, "reasons": reasons, "text": "", "channel": "pad", "at": seen, "state": "submitted"}
                for n, (window, level, reasons) in enumerate(rated)
            ]
        }  # fmt: skip

    # --- the hall ----------------------------------------------------------------------------

    def _empty(self) -> Snapshot:
        rows = self.description
        served = {
            queue["id"]: [w["id"] for w in rows["windows"] if queue["id"] in w["queues"]] for queue in rows["queues"]
        }
        nothing = {"low": 0, "likely": 0, "high": 0}
        queues = {
            q["id"]: convert(
                {k: q[k] for k in ("id", "name", "prefix")}
                | {"open": True, "waiting": 0, "estimatedWaitSeconds": nothing, "windows": served[q["id"]]},
                QueueView,
            )
            for q in rows["queues"]
        }
        windows = {
            w["id"]: convert({k: w[k] for k in ("id", "name", "zone", "queues")} | {"mode": "closed"}, WindowView)
            for w in rows["windows"]
        }
        return Snapshot(seq=1, at=now(), queues=queues, windows=windows, tickets={}, calls=())

    def catalogue(self) -> Catalogue:
        hall = self.description["hall"]
        zones = tuple(convert(zone, ZoneView) for zone in self.description["zones"])
        screens = tuple(
            ScreenView(id=s["id"], zones=tuple(s["zones"]), speaks=s["speaks"]) for s in self.description["screens"]
        )
        return convert(
            {
                "version": "1", "hall": hall["id"], "name": hall["name"], "notice": hall["notice"], "hours": hall["hours"],
                "timeZone": hall["time_zone"], "demo": True, "items": [], "queues": [], "windows": [], "zones": plain(zones),
                "levels": plain(self.levels), "screens": plain(screens), "publicUrl": "http://hall.example",
            },
            Catalogue,
        )  # fmt: skip

    def officer(self) -> dict[str, str]:
        row = self.description["officers"][2]
        return {"id": row["id"], "number": row["number"], "name": row["name"]}

    # --- HTTP --------------------------------------------------------------------------------

    def app(self) -> Starlette:
        pages = [Route(f"/{path}/{{id}}", self._page(folder)) for path, folder in PAGES.items()]
        api = [
            Route("/surfaces", self._surfaces),
            Route("/levels", lambda _: _json({"levels": plain(self.levels)})),
            Route("/enrol", self._enrol, methods=["POST"]),
            Route("/login", self._log_in, methods=["POST"]),
            Route("/my/{token}", self._my),
            Route("/my/{token}/events", self._my_events),
            Route("/catalogue", self._as_member(lambda _: _json(plain(self.catalogue())))),
            Route("/me", self._as_member(self._me)),
            Route("/snapshot", self._as_member(lambda _: _json(plain(self.snapshot)))),
            Route("/events", self._as_member(self._events)),
            Route("/speech/{name}", self._as_member(self._speech)),
            Route("/windows/{id}/waiting", self._as_member(self._waiting)),
            Route("/admin/{name:path}", self._as_member(self._admin)),
            Route("/{rest:path}", self._write, methods=["POST"]),
        ]
        routes = [
            *pages,
            Route("/", self._page("index")),
            Route("/admin/", self._page("admin")),
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
            if self.down:
                return Response(status_code=503)
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            if token not in self.tokens:
                return _refuse(401, "unauthenticated")
            reply = answer(request)
            return await reply if asyncio.iscoroutine(reply) else reply

        return guarded

    def _surfaces(self, request: Request) -> Response:
        rows = self.description
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
        self.tokens["device-token"] = "device"
        return _json({"name": "S1", "role": "screen", "hall": "demo", "token": "device-token"})

    async def _log_in(self, request: Request) -> Response:
        body = await request.json()
        if body["password"] != "right horse":
            return _refuse(401, "unauthenticated")
        role = "admin" if body["name"] == "admin" else "officer"
        return _json({"name": body["name"], "role": role, "hall": "demo", "token": f"{role}-token"})

    def _me(self, request: Request) -> Response:
        role = self.tokens[request.headers["authorization"].removeprefix("Bearer ")]
        return _json(
            {
                "name": "officer3" if role == "officer" else "3",
                "role": role,
                "hall": "demo",
                "hallName": self.description["hall"]["name"],
                "window": None,
            }
        )

    def _waiting(self, request: Request) -> Response:
        queues = self.snapshot.windows[request.path_params["id"]].queues
        rows = [t for t in self.snapshot.tickets.values() if t.state == "waiting" and t.queue in queues]
        return _json({"tickets": plain(sorted(rows, key=lambda t: t.number)[:5])})

    def _speech(self, request: Request) -> Response:
        self.spoken.append(int(request.path_params["name"].removesuffix(".wav")))
        return Response(silence(self.seconds_of_speech), media_type="audio/wav")

    def _admin(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name == "hall.yaml":
            return Response("hall: {}\n", media_type="application/yaml")
        return _json(self.admin[name])

    async def _write(self, request: Request) -> Response:
        path, body = "/" + request.path_params["rest"], json.loads(await request.body() or b"{}")
        if path != "/terminals/report":
            self.asked.append(Asked(path, request.headers.get("idempotency-key"), body))
        if self.broken > 0:
            self.broken -= 1
            return Response("<h1>Bad gateway</h1>", status_code=502)
        if self.lost_answers > 0:
            self.lost_answers -= 1
            self.act(path, body)
            return Response("<h1>Gateway timeout</h1>", status_code=504)
        if path in self.refusals:
            status, refusal = self.refusals[path]
            return _json(refusal, status)
        if path == "/admin/enrolment-codes":
            return _json(
                {
                    "code": "K7QX-42MP",
                    "name": body["name"],
                    "role": body["role"],
                    "expiresAt": (now() + timedelta(hours=24)).isoformat(),
                }
            )
        return _json(self.act(path, body))

    def act(self, path: str, body: dict[str, Any]) -> Any:
        """What a window's buttons do, without any rule."""
        parts = path.strip("/").split("/")
        if parts[0] != "windows":
            return {}
        window, deed = parts[1], parts[2]
        state = self.snapshot.windows[window]
        if deed in {"open", "pause", "close"}:
            mode = {"open": "open", "pause": "paused", "close": "closed"}[deed]
            raw = plain(state) | {
                "mode": mode,
                "officer": self.officer(),
                "pauseReason": body.get("reason") if mode == "paused" else None,
            }
            self.publish(
                {"open": "window.opened", "paused": "window.paused", "closed": "window.closed"}[mode], window=raw
            )
        elif deed == "call-next":
            if state.ticket:
                self._leave(window, "done", RatingState.INVITED)
            waiting = sorted(
                (t for t in self.snapshot.tickets.values() if t.state == "waiting" and t.queue in state.queues),
                key=lambda t: t.number,
            )
            if not waiting:
                return {"ticket": None, "window": plain(self.snapshot.windows[window])}
            self.call(waiting[0].number, window, maskedName="张*三", why="first-in-line")
        elif deed == "start":
            ticket = plain(state.ticket) | {"state": "serving", "startedAt": now().isoformat()}
            asked_nobody = {"rating": "not-yet", "ratingUntil": None, "service": "S-1"}
            self.publish("ticket.started", ticket=ticket, window=plain(state) | {"ticket": ticket} | asked_nobody)
        elif deed == "resume":
            ticket = plain(next(t for t in state.held if body.get("ticket") in {None, t.id})) | {"state": "serving"}
            held = [plain(t) for t in state.held if t.id != ticket["id"]]
            self.publish("ticket.resumed", ticket=ticket, window=plain(state) | {"ticket": ticket, "held": held})
        elif deed == "recall":
            self.call(state.ticket.number, window, calls=state.ticket.calls + 1, maskedName="张*三")
        else:
            self._leave(
                window,
                {"pass": "passed", "hold": "held", "finish": "done", "transfer": "waiting"}[deed],
                RatingState.INVITED if deed == "finish" else RatingState.NOT_YET,
            )
        view = self.snapshot.windows[window]
        return {"window": plain(view), "ticket": plain(view.ticket), "service": view.service}

    def _leave(self, window: str, state: str, rating: RatingState) -> None:
        view = self.snapshot.windows[window]
        ticket = plain(view.ticket) | {"state": state}
        until = now() + timedelta(seconds=60) if rating == RatingState.INVITED else None
        held = (*view.held, convert(ticket, TicketView)) if state == "held" else view.held
        after = msgspec.structs.replace(view, ticket=None, held=held, service="S-1", rating=rating, rating_until=until)
        names = {
            "passed": "ticket.passed",
            "held": "ticket.held",
            "done": "ticket.finished",
            "waiting": "ticket.transferred",
        }
        self.publish(names[state], ticket=ticket, window=after)

    # --- push --------------------------------------------------------------------------------

    async def _events(self, request: Request) -> Response:
        after = int(request.query_params["after"])
        if after < self.forget_before:
            return _refuse(410, "snapshot_needed")
        return _stream(self._follow(after))

    async def _follow(self, after: int) -> AsyncIterator[bytes]:
        self.streams += 1
        try:
            yield b": hello\n\n"
            while not self.down:
                bell = self.changed
                for event in [e for e in self.events if e.seq > after]:
                    after = event.seq
                    yield b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, event.type.encode(), encode(event))
                await bell.wait()
        finally:
            self.streams -= 1

    async def _my(self, request: Request) -> Response:
        if self.down:
            return Response(status_code=503)
        status = self.status.get(request.path_params["token"])
        return _json(plain(status)) if status else _refuse(404, "not_found")

    async def _my_events(self, request: Request) -> Response:
        token = request.path_params["token"]
        if self.down or token not in self.status:
            return _refuse(404, "not_found") if not self.down else Response(status_code=503)
        return _stream(self._follow_mine(token))

    async def _follow_mine(self, token: str) -> AsyncIterator[bytes]:
        sent = None
        while not self.down:
            bell = self.changed
            if self.status[token] != sent:
                sent = self.status[token]
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

    def __init__(self, hall: FakeHall) -> None:
        self.hall = hall
        self.server = uvicorn.Server(
            uvicorn.Config(hall.app(), port=0, log_level="warning", timeout_graceful_shutdown=1, lifespan="off")
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


def demo_description(root: Path) -> dict[str, Any]:
    described: dict[str, Any] = yaml.safe_load((root / "assets/samples/demo_hall.yaml").read_text())
    return described
