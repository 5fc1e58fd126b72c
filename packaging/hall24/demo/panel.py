"""The panel of simulated devices: a page on which a person does what citizens and accidents do to devices."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import requests
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

import ui
from hall24.demo.faces import OTHERS, before_the_camera
from hall24.demo.people import card, cards
from hall24.demo.stage import CONTACTS, LAMPS, Stage
from queue_server.web.theme import theme_css

Act = Callable[[Any], object]


class Panel:
    """Serves the page on ``listener`` from a thread of its own: whoever asks before that waits."""

    def __init__(self, stage: Stage, listener: socket.socket) -> None:
        self._stage = stage
        self._listener = listener
        self._card = ""
        self._other = False
        self._backend_down = False
        self._acts = self._make_acts()
        routes = [
            Route("/", lambda _: FileResponse(ui.WEB / "devices" / "index.html")),
            Route("/state", self._state),
            Route("/act", self._act, methods=["POST"]),
            Route("/bar.png", self._bar),
            Route("/bar5.png", self._bar5),
            Route("/slips/{number:int}.png", self._slip),
            Route("/pages/{number:int}.pdf", self._page),
            Route("/static/theme.css", self._theme),
            Route("/static/i18n/{language}.json", self._texts),
            Mount("/static", StaticFiles(directory=ui.WEB)),
        ]
        self._server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="warning", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, args=([listener],), name="panel", daemon=True)
        host, port = listener.getsockname()
        self.url = f"http://{host}:{port}/"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(5)
        self._listener.close()

    def _make_acts(self) -> dict[tuple[str, str], Act]:
        devices, stage = self._stage.devices, self._stage

        def lay(who: Any) -> None:
            devices.reader.lay(card(str(who)))
            devices.camera.show(*before_the_camera(str(who)))
            self._card = str(who)

        def take_away(_: Any) -> None:
            devices.reader.take_away()
            self._card = ""

        def somebody_else(other: Any) -> None:
            self._other = bool(other)
            devices.camera.show(*before_the_camera(OTHERS.get(self._card, "p2") if other else self._card or "p1"))

        def noise(noisy: Any) -> None:
            devices.bus.noise, devices.bus.noisy = b"\x00\x5a\xff", ENDLESS if noisy else 0

        def backend(down: Any) -> None:
            self._backend_down = bool(down)
            if down:
                stage.backend.kill()
            else:
                stage.backend.start()

        def fault(owner: object, name: str) -> Act:
            return lambda value: setattr(owner, name, bool(value))

        acts: dict[tuple[str, str], Act] = {
            ("reader", "lay"): lay,
            ("reader", "take_away"): take_away,
            ("keypad", "press"): lambda key: devices.keypad.press(str(key)),
            ("rater", "press"): lambda level: devices.rater.press(str(level)),
            ("server", "kill"): lambda _: stage.kill_server(),
            ("server", "start"): lambda _: stage.start_server(),
            ("backend", "down"): backend,
            ("bus", "noise"): noise,
            ("camera", "other"): somebody_else,
            ("camera", "black"): fault(devices.camera, "black"),
        }
        acts |= {
            ("scanner", "hold"): lambda what: devices.scanner.hold(CODES[str(what)]),
            ("scanner", "take_away"): lambda _: devices.scanner.take_away(),
            ("scanner", "silent"): fault(devices.scanner, "silent"),
            ("bar5", "silent"): fault(devices.card.faults, "silent"),
            ("bar5", "power_cut"): lambda _: devices.card.power_cut(),
        }
        acts |= {("box", name): self._contact(number) for number, name in enumerate(CONTACTS)}
        acts |= {("pages", name): fault(devices.pages.menu, name) for name in PAGES_FAULTS}
        acts |= {("reader", name): fault(devices.reader, name) for name in READER_FAULTS}
        acts |= {("printer", name): fault(devices.printer, name) for name in PRINTER_FAULTS}
        return acts

    def _contact(self, number: int) -> Act:
        contacts = self._stage.devices.box.contacts

        def change(is_closed: Any) -> None:
            contacts[number] = bool(is_closed)

        return change

    def _now(self) -> dict[str, Any]:
        devices = self._stage.devices
        return {
            "reader": {
                "card": self._card,
                "cards": cards(),
                "faults": {name: bool(getattr(devices.reader, name)) for name in READER_FAULTS},
            },
            "printer": {
                "slips": len(devices.printer.slips),
                "faults": {name: bool(getattr(devices.printer, name)) for name in PRINTER_FAULTS},
            },
            "camera": {"faults": {"other": self._other, "black": devices.camera.black}},
            "scanner": {"codes": list(CODES), "faults": {"silent": devices.scanner.silent}},
            "pages": {
                "count": len(devices.pages.printed),
                "faults": {name: bool(getattr(devices.pages.menu, name)) for name in PAGES_FAULTS},
            },
            "bar": {"text": devices.bar.text},
            "bar5": {"text": devices.card.text, "faults": {"silent": devices.card.faults.silent}},
            "box": {
                "faults": dict(zip(CONTACTS, devices.box.contacts, strict=False)),
                "lamps": dict(zip(LAMPS, devices.box.outputs, strict=False)),
            },
            "bus": {"faults": {"noise": devices.bus.noisy > 0}},
            "rater": {"invited": devices.rater.invited},
            "server": {"running": self._stage.server_runs},
            "backend": {"faults": {"down": self._backend_down}},
        }

    async def _state(self, request: Request) -> Response:  # noqa: ARG002  # the shape of an endpoint
        return JSONResponse(self._now())

    async def _act(self, request: Request) -> Response:
        asked = json.loads(await request.body())
        act = self._acts.get((str(asked.get("device")), str(asked.get("act"))))
        if act is None:
            return PlainTextResponse("no such act", 404)
        await asyncio.to_thread(act, asked.get("value"))
        return JSONResponse(self._now())

    async def _bar(self, request: Request) -> Response:  # noqa: ARG002  # the shape of an endpoint
        return _png(await asyncio.to_thread(self._stage.devices.bar.picture))

    async def _bar5(self, request: Request) -> Response:  # noqa: ARG002  # the shape of an endpoint
        return _png(await asyncio.to_thread(self._stage.devices.card.picture))

    async def _page(self, request: Request) -> Response:
        printed = self._stage.devices.pages.printed
        number = request.path_params["number"]
        if number >= len(printed):
            return PlainTextResponse("no such page", 404)
        return Response(printed[number].document or b"", media_type="application/pdf")

    async def _slip(self, request: Request) -> Response:
        slips = self._stage.devices.printer.slips
        number = request.path_params["number"]
        if number >= len(slips):
            return PlainTextResponse("no such slip", 404)
        return _png(slips[number].image)

    async def _theme(self, request: Request) -> Response:  # noqa: ARG002  # the shape of an endpoint
        return Response(theme_css(json.loads(ui.THEME.read_text(encoding="utf-8"))), media_type="text/css")

    async def _texts(self, request: Request) -> Response:
        language = "en" if request.path_params["language"] == "en" else "zh_CN"
        return FileResponse(ui.I18N / language / "demo.json")


ENDLESS = 10**9
READER_FAULTS = ("silent", "wrong_checksum", "self_test_failed")
PRINTER_FAULTS = ("paper_out", "cover_open", "near_end", "silent")
PAGES_FAULTS = ("paper_out", "jam", "toner_low", "offline")
CODES: dict[str, bytes | str] = {
    "query": "246810",
    "address": "https://example.invalid/menu?table=4",
    "no_text": b"\xff\xfe\x80\x81\x00",
}
"""What may be held before the scanner: the query code of the demo's cases, an address that is none, no text at all."""


def _png(picture: Image.Image) -> Response:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return Response(buffer.getvalue(), media_type="image/png", headers={"Cache-Control": "no-store"})


def fault_of_backend(stage: Stage, route: str, **fault: Any) -> None:
    """Tells the reference back end to misbehave on one route (latency, status, nonsense, drop)."""
    requests.post(f"{stage.backend_url}/faults", json={"route": route, **fault}, timeout=5).raise_for_status()
