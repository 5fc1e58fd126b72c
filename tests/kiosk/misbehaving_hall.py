"""A real HTTP server with the routes that a kiosk uses, which misbehaves on demand."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PATIENT, HURRIED = 30.0, 0.4
"""Seconds for an answer of the server: where it has to come, however slow this machine is, and where it does not."""


def estimate(likely: int) -> dict[str, int]:
    return {"low": likely // 2, "likely": likely, "high": likely * 2}


def catalogue(**changes: Any) -> dict[str, Any]:
    def queue(id_: str, name: str, **more: Any) -> dict[str, Any]:
        view = {
            "id": id_, "name": {"zh": name, "en": id_}, "prefix": id_, "open": True, "waiting": 3,
            "estimatedWaitSeconds": estimate(600), "windows": ["1"],
        }  # fmt: skip
        return {**view, **more}

    return {
        "version": "1", "hall": "test", "name": {"zh": "测试大厅", "en": "Test hall"},
        "notice": {"zh": "通知"}, "hours": {"zh": "全天"}, "timeZone": "Asia/Shanghai",
        "zones": [{"id": "Z1", "name": {"zh": "综合区", "en": "General"}, "floor": {"zh": "一楼", "en": "1"}}],
        "queues": [queue("A", "综合业务", bookable=True), queue("B", "社保", open=False, closedReason="out-of-hours")],
        "windows": [{"id": "1", "name": {"zh": "1号窗口", "en": "1"}, "zone": "Z1", "mode": "open", "queues": ["A"]}],
        "items": [
            {"id": "A-1", "name": {"zh": "居住证"}, "queue": "A", "department": {"zh": "公安局"}},
            {"id": "A-2", "name": {"zh": "户口本"}, "queue": "A", "department": {"zh": "公安局"}},
            {"id": "B-1", "name": {"zh": "社保卡"}, "queue": "B", "department": {"zh": "社保局"}},
        ],
        "levels": [],
        "providers": [{"provider": p, "available": True} for p in ("case-progress", "guides", "guide-list")],
        "personKey": "key-of-the-hall", "publicUrl": "http://hall.test", "demo": True,
        **changes,
    }  # fmt: skip


LOSE = frozenset({"/tickets", "/appointments"})
"""Where in the mode ``lost-answer`` everything is done and nothing answered."""


def slot_at(day: str, hour: int, minute: int = 0) -> str:
    return f"{day}T{hour:02d}:{minute:02d}:00+08:00"


def booked(id_: str, start: str, whose: str, **changes: Any) -> dict[str, Any]:
    """A booking of half an hour, to be checked in for from half an hour before to half an hour after it begins."""
    at = datetime.fromisoformat(start)
    half = timedelta(minutes=30)
    return {
        "id": id_, "queue": "A", "queueName": {"zh": "综合业务", "en": "General"}, "start": start,
        "end": (at + half).isoformat(), "state": "booked", "checkInFrom": (at - half).isoformat(),
        "checkInUntil": (at + half).isoformat(), "changeUntil": (at - timedelta(minutes=45)).isoformat(),
        "whose": whose, **changes,
    }  # fmt: skip


@dataclass
class HallServer:
    """A real HTTP server with the kiosk's routes. ``mode`` is how it behaves from now on."""

    mode: str = "well"
    catalogue: dict[str, Any] = field(default_factory=catalogue)
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)
    reported: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    letters: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    """Papers and numbers given back: path, body, key."""
    papers: dict[str, str] = field(default_factory=dict)
    bookings: dict[str, dict[str, Any]] = field(default_factory=dict)
    free: int = 2
    warning: str | None = None
    two_phase: bool = True
    refusal: tuple[int, str, dict[str, Any]] | None = None
    parks: str = ""
    clock_off: float = 0.0
    go_on: threading.Event = field(default_factory=threading.Event)
    """Set at the end of the mode ``held``, in which everything waits for its answer."""
    lease_size: int = 5
    answer: dict[str, Any] = field(default_factory=dict)
    leases_given: int = 0
    port: int = 0
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        hall = self

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64  # with five, one of many who come at once is let in a second later

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536  # head and body in one packet, else the client waits 40 ms for the second

            def log_message(self, *_: Any) -> None:
                """Silence."""

            def do_GET(self) -> None:
                hall._handle(self, b"")

            def do_POST(self) -> None:
                hall._handle(self, self.rfile.read(int(self.headers["Content-Length"])))

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        self.go_on.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _handle(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        path = request.path.removeprefix("/api/v1")
        self.requests.append((request.command, path))
        if self.mode == "down":
            request.close_connection = True
            request.connection.close()
            return
        if self.mode in {"slow", "held"}:
            self.go_on.wait(60)
        if self.mode == "500":
            self._send(request, 500, {"code": "internal", "message": "", "retryable": True, "detail": {}})
            return
        if self.mode in {"html", "wrong-shape", "half"}:
            raw = {"html": b"<html>Log in to the WLAN</html>", "wrong-shape": b'{"number": 7}', "half": b'{"id":"x"'}
            self._send(request, 200, raw[self.mode])
            return
        status, reply = self._answer(path, json.loads(body) if body else None, dict(request.headers))
        if self.mode == "lost-answer" and request.command == "POST" and path in LOSE:
            request.close_connection = True
            request.connection.close()
            return
        self._send(request, status, reply)

    def _send(self, request: BaseHTTPRequestHandler, status: int, reply: Any) -> None:
        raw = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        try:
            request.send_response(status)
            request.send_header("Content-Length", str(len(raw)))
            if status == 200 and request.path.endswith("/catalogue"):
                request.send_header("ETag", '"c"')
            request.end_headers()
            request.wfile.write(raw)
        except OSError:
            request.close_connection = True

    def _answer(self, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        if headers.get("Authorization") != "Bearer good":
            return 401, {"code": "unauthenticated", "message": "", "retryable": False, "detail": {}}
        if (path in {"/tickets", "/ask"} or path.startswith(("/appointments", "/slots"))) and self.refusal:
            status, code, detail = self.refusal
            return status, {"code": code, "message": "", "retryable": False, "detail": detail}
        if path.startswith(("/tickets/", "/leases/")):
            return self._letter(path, body, headers)
        if path.startswith(("/appointments", "/slots")):
            return self._booking(path, body, headers)
        return getattr(self, "_" + path.strip("/").replace("/", "_").replace("-", "_"))(body, headers)

    def _tickets(self, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        key = headers["Idempotency-Key"]
        number = self.tickets.setdefault(key, {**body, "number": f"A{len(self.tickets) + 1:03d}"})["number"]
        return 201, self._issued(number, body)

    def _issued(self, number: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
        waits_for_paper = body.get("awaitsPaper") and self.two_phase
        return {
            "id": "t" + number, "number": number, "queue": body["queue"], "ahead": 3,
            "estimatedWaitSeconds": estimate(600), "issuedAt": NOW.isoformat(), "statusUrl": "http://hall.test/t/abc",
            "queueName": {"zh": "综合业务"}, "windows": [], "priority": body.get("priority", "none"),
            "items": body.get("items") or [], "state": "issuing" if waits_for_paper else "waiting",
            "warning": self.warning, **more,
        }  # fmt: skip

    def _letter(self, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        """Papers are only told apart by their ticket; a ticket that was called hears nothing more of its paper."""
        self.letters.append((path, body, headers["Idempotency-Key"]))
        ticket = path.split("/")[2]
        if path.startswith("/leases/"):
            return 200, {"lease": ticket, "returned": 1}
        if self.papers.get(ticket) == "called":
            return 409, {"code": "wrong_state", "message": "", "retryable": False, "detail": {}}
        self.papers[ticket] = body["state"]
        return 200, {}

    def _booking(self, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        """Slots of today and tomorrow at 10:00 and 14:00 (Beijing), bookings by the person's token or phone."""
        if path.startswith("/slots"):
            day = path.partition("date=")[2]
            slots = [
                {"queue": "A", "start": slot_at(day, hour), "end": slot_at(day, hour, 30), "capacity": 2, "free": free}
                for hour, free in ((18, self.free), (20, 0))
            ]
            return 200, {"slots": slots if day else [], "days": ["2026-03-02", "2026-03-03"]}
        whose = str((body.get("person") or {}).get("token") or body.get("phone"))
        if path == "/appointments/find":
            return 200, {"appointments": [one for one in self.bookings.values() if one["whose"] == whose]}
        if path == "/appointments":
            key = headers["Idempotency-Key"]
            if key not in self.bookings:
                self.bookings[key] = booked(key, body["start"], whose)
            return 201, self.bookings[key]
        _, _, key, act = path.split("/")
        one = self.bookings.get(key)
        if one is None or one["whose"] != whose:
            return 409, {"code": "not_your_own", "message": "", "retryable": False, "detail": {}}
        if act == "check-in":
            one["state"] = "late" if self.mode == "late" else "checked-in"
            ticket = self._issued("YA001", {**body, "queue": "A"}, appointmentStart=one["start"])
            return 200, {"appointment": one, "ticket": ticket}
        one.update(state="cancelled") if act == "cancel" else one.update(booked(key, body["start"], whose))
        return 200, one

    def _catalogue(self, _: Any, headers: dict[str, str]) -> tuple[int, Any]:
        return 200, self.catalogue

    def _terminals_report(self, body: Any, _: Any) -> tuple[int, Any]:
        self.reported_conditions = body["conditions"]
        return 200, {"serverTime": NOW.isoformat(), "clockOffSeconds": self.clock_off, "catalogueVersion": "1"}

    def _leases(self, body: Any, _: Any) -> tuple[int, Any]:
        first = 700 + self.leases_given * self.lease_size
        self.leases_given += 1
        return 200, {
            "id": f"lease-{body['queue']}-{first}", "queue": body["queue"], "prefix": body["queue"], "digits": 3,
            "from": first, "to": first + self.lease_size - 1, "businessDay": date(2026, 3, 2).isoformat(),
            "expiresAt": (NOW + timedelta(hours=12)).isoformat(),
        }  # fmt: skip

    def _offline_tickets(self, body: Any, _: Any) -> tuple[int, Any]:
        results = []
        for ticket in body["tickets"]:
            self.reported.append(ticket)
            if self.parks:
                results.append({"key": ticket["key"], "result": "parked", "reason": self.parks})
            else:
                results.append({"key": ticket["key"], "result": "accepted", "ticket": "t"})
        return 200, {"results": results}

    def _events(self, _: Any, __: Any) -> tuple[int, Any]:
        return 404, {"code": "not_found", "message": "", "retryable": False, "detail": {}}

    def _ask(self, body: Any, _: Any) -> tuple[int, Any]:
        self.asked.append(body)
        if body["provider"] == "guide-list":
            option = {"kind": "option", "id": "A-1", "value": "居住证办理", "valueEn": "Permit", "lineZh": "公安局"}
            return 200, {"provider": "guide-list", "reference": "", "rows": [option]}
        row = {"kind": "row", "labelZh": "当前状态", "labelEn": "Status", "value": "审核中"}
        rows = [{"kind": "heading", "value": "1/1 居住证办理"}, row]
        return 200, {"provider": body["provider"], "reference": "Q1", "rows": rows, "demo": True}
