"""A small hall that serves the pages and answers as the contract says, so that every state can be looked at.

It holds a Snapshot, publishes contract Events, and remembers what was asked of it.
It has no rules: a test says what happens.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import yaml

from queue_server.contract import board
from queue_server.contract.codec import convert, plain
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
    """Everything a test may set or look at.

    ``broken`` and ``lost`` name the path of each request that fails once before or after it happened; a request to
    another path, that a page sends on its own or a little later, never takes its turn. ``slow`` names the path of each
    request whose answer, once made, stays ``on_its_way`` until it is ``let_go``. ``clock`` is the time of day that the
    answers of this hall say; None: the time of this machine.
    """

    description: dict[str, Any]
    levels: list[LevelView]
    seconds_of_speech: float = 0.2
    asked: list[Asked] = field(default_factory=list)
    spoken: list[int] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    refusals: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    on_its_way: list[str] = field(default_factory=list)
    clock: datetime | None = None
    down: bool = False
    forget_before: int = 0
    status: dict[str, TicketStatus] = field(default_factory=dict)
    admin: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    because: dict[str, Any] = field(default_factory=dict)
    transferred: str = ""
    slots: Callable[..., Any] = field(default_factory=lambda: lambda *_: {"slots": [], "days": []})
    tokens: dict[str, str] = field(default_factory=lambda: {"officer-token": "officer", "admin-token": "admin"})

    def __post_init__(self) -> None:
        self.events: list[Event] = []
        self.changed = asyncio.Event()
        self.lock = threading.RLock()
        """The test and the pages both act: one after the other."""
        self.loop: asyncio.AbstractEventLoop | None = None
        self.snapshot = self._empty()
        self.streams = 0

    # --- what a test makes happen ------------------------------------------------------------

    def publish(self, kind: str, **data: Any) -> Event:
        """An event with the changed things as they are afterwards; everyone who listens gets it."""
        with self.lock:
            event = Event(seq=self.snapshot.seq + 1, type=kind, at=now(), data=plain(data))
            self.snapshot = board.apply(self.snapshot, event)
            self.events.append(event)
        self.wake()
        return event

    def record(self, path: str, key: str | None, body: dict[str, Any]) -> None:
        self.asked.append(Asked(path, key, body))

    def let_go(self, path: str) -> None:
        """The slow answer to this path arrives now."""
        self.on_its_way.remove(path)
        self.wake()

    def wake(self) -> None:
        if self.loop:
            self.loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    def ticket(self, number: str, state: str = "waiting", **more: Any) -> TicketView:
        queue = number.lstrip("YW")[0]
        row = {"id": f"T-{number}", "number": number, "queue": queue, "state": state, "channel": "kiosk", **more}
        issued = {"issuedAt": (now() - timedelta(minutes=12)).isoformat()}
        return convert(issued | row, TicketView)

    def queue(self, queue: str, **more: Any) -> QueueView:
        return msgspec.structs.replace(self.snapshot.queues[queue], **more)

    def window(self, window: str, **more: Any) -> WindowView:
        return msgspec.structs.replace(self.snapshot.windows[window], **more)

    def call(
        self,
        number: str,
        window: str,
        calls: int = 1,
        age: float = 0,
        because: dict[str, Any] | None = None,
        **more: Any,
    ) -> Event:
        """A ticket is called to a window ``age`` seconds ago."""
        at = now() - timedelta(seconds=age)
        place = self.snapshot.windows[window]
        ticket = self.ticket(number, "calling", window=window, calledAt=at.isoformat(), calls=calls, **more)
        view = CallView(
            ticket=ticket.id, number=number, window=window, window_name=place.name, zone=place.zone,
            at=at, calls=calls, valid_until=at + timedelta(seconds=20),
        )  # fmt: skip
        waiting = max(0, self.snapshot.queues[ticket.queue].waiting - (calls == 1))
        kind = "ticket.called" if calls == 1 else "ticket.recalled"
        window_view = self.window(window, ticket=ticket)
        queues = [self.queue(ticket.queue, waiting=waiting)]
        reason = {"because": because} if because else {}
        return self.publish(kind, ticket=ticket, call=view, window=window_view, queues=queues, **reason)

    def withdraw(self, called: Event) -> Event:
        """The window that made this call is closed by force."""
        call = convert(called.data["call"], CallView)
        taken_back = msgspec.structs.replace(call, withdrawn=True, valid_until=now())
        shut = self.window(call.window, mode="closed", officer=None, ticket=None)
        self.publish("ticket.call-withdrawn", ticket=self.ticket(call.number), call=taken_back, window=shut)
        return self.publish("window.closed", window=shut, reason="officer-left", forced=True)

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
        view: dict[str, Any] = plain(self.window(window, **more))
        return view | {"officer": self.officer()}

    def invite(self, window: str, service: str, for_: timedelta = timedelta(seconds=60)) -> None:
        state = {"rating": "invited", "service": service, "ratingUntil": (now() + for_).isoformat()}
        self.publish("rating.invited", window=self.manned(window, mode="open") | state)

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
                "version": "1",
                "hall": hall["id"],
                "timeZone": hall["time_zone"],
                "demo": True,
                "items": self.description["items"],
                "undoTransferSeconds": 300,
                "queues": [],
                "windows": [],
                "zones": plain(zones),
                "levels": plain(self.levels),
                "screens": plain(screens),
                "publicUrl": "http://hall.example",
                **{name: hall[name] for name in ("name", "notice", "hours")},
            },
            Catalogue,
        )

    def officer(self) -> dict[str, str]:
        row = self.description["officers"][2]
        return {"id": row["id"], "number": row["number"], "name": row["name"]}

    def act(self, path: str, body: dict[str, Any]) -> Any:
        """What a press does, without any rule; ``answers`` of the test come first."""
        with self.lock:
            return self._act(path, body)

    def _act(self, path: str, body: dict[str, Any]) -> Any:
        if path in self.answers:
            return self.answers[path](body)
        parts = path.strip("/").split("/")
        if parts[0] == "tickets" and parts[-1] == "reactivate":
            return self._reactivate(parts[1])
        if parts[0] != "windows":
            return {}
        window, deed = parts[1], parts[2]
        if deed == "call-next":
            return self._call_next(window)
        if deed in {"open", "pause", "close"}:
            self._turn(window, deed, body)
        elif deed in {"start", "resume", "undo-transfer"}:
            self._serving(window, deed, body)
        elif deed in {"call", "recall"}:
            self._calls(window, deed, body)
        elif deed in {"serve", "serve-passed"}:
            self._serve(window, deed, body)
        else:
            after = {"pass": "passed", "hold": "held", "finish": "done", "transfer": "waiting"}[deed]
            rating = RatingState.INVITED if deed == "finish" else RatingState.NOT_YET
            self._leave(window, after, rating, queue=body.get("queue"), window_to=body.get("window"))
        view = self.snapshot.windows[window]
        return {"window": plain(view), "ticket": plain(view.ticket), "service": view.service}

    def _turn(self, window: str, deed: str, body: dict[str, Any]) -> None:
        mode = {"open": "open", "pause": "paused", "close": "closed"}[deed]
        reason = body.get("reason") if mode == "paused" else None
        raw = plain(self.snapshot.windows[window]) | {"mode": mode, "officer": self.officer(), "pauseReason": reason}
        self.publish({"open": "window.opened", "paused": "window.paused", "closed": "window.closed"}[mode], window=raw)

    def _call_next(self, window: str) -> Any:
        state = self.snapshot.windows[window]
        if state.ticket:
            self._leave(window, "done", RatingState.INVITED)
        waiting = sorted(
            (t for t in self.snapshot.tickets.values() if t.state == "waiting" and t.queue in state.queues),
            key=lambda t: t.number,
        )
        if not waiting:
            return {"ticket": None, "window": plain(self.snapshot.windows[window])}
        why = self.because.get("code", "first-in-line")
        self.call(waiting[0].number, window, because=self.because, **self._kept(waiting[0]), why=why)
        called = self.snapshot.windows[window]
        return {"window": plain(called), "ticket": plain(called.ticket), "because": self.because or None}

    def _calls(self, window: str, deed: str, body: dict[str, Any]) -> None:
        current = self.snapshot.windows[window].ticket
        if deed == "call":
            chosen = self.snapshot.tickets[body["ticket"]]
            self.call(chosen.number, window, **self._kept(chosen), why="out-of-order")
        else:
            assert current is not None
            self.call(current.number, window, calls=current.calls + 1, maskedName="张*三")

    def _serving(self, window: str, deed: str, body: dict[str, Any]) -> None:
        state = self.snapshot.windows[window]
        held = state.held
        if deed == "start":
            begun = plain(state.ticket) | {"startedAt": now().isoformat()}
        elif deed == "resume":
            begun = plain(next(t for t in held if body.get("ticket") in {None, t.id}))
        else:
            begun = plain(self.snapshot.tickets[self.transferred]) | {"window": window, "startedAt": now().isoformat()}
        ticket = begun | {"state": "serving"}
        kept = [plain(t) for t in held if t.id != ticket["id"]]
        rest = {"ticket": ticket, "held": kept, "rating": "not-yet", "ratingUntil": None, "service": "S-1"}
        names = {"start": "ticket.started", "resume": "ticket.resumed", "undo-transfer": "ticket.transfer-undone"}
        self.publish(names[deed], ticket=ticket, window=plain(state) | rest)

    @staticmethod
    def _kept(ticket: TicketView) -> dict[str, Any]:
        """What a call does not change of a ticket."""
        raw = plain(ticket)
        kept = ("priority", "standing", "items", "nextQueues", "item", "appointmentStart", "offline", "clockOff")
        return {"maskedName": raw.get("maskedName") or "张*三", **{key: raw[key] for key in kept if key in raw}}

    def _serve(self, window: str, deed: str, body: dict[str, Any]) -> None:
        queue = body.get("queue") or "A"
        why = "without-ticket" if deed == "serve" else "passed-before"
        one = self.snapshot.tickets.get(body.get("ticket", "")) or self.ticket(f"W{queue}001", queue=queue)
        at = now().isoformat()
        ticket = plain(one) | {"state": "serving", "window": window, "startedAt": at, "why": why}
        self.publish("ticket.started", ticket=ticket, window=plain(self.window(window)) | {"ticket": ticket})

    def _reactivate(self, ticket: str) -> Any:
        one = plain(self.snapshot.tickets[ticket]) | {"state": "waiting", "standing": "returned", "reactivated": 1}
        queue = self.snapshot.queues[one["queue"]]
        self.publish("ticket.reactivated", ticket=one, queues=[self.queue(queue.id, waiting=queue.waiting + 1)])
        return {"ticket": one, "queueName": plain(queue.name), "ahead": 3}

    def _leave(
        self, window: str, state: str, rating: RatingState, queue: str | None = None, window_to: str | None = None
    ) -> None:
        view = self.snapshot.windows[window]
        assert view.ticket is not None
        moved_on = state == "done" and view.ticket.next_queues
        ticket = plain(view.ticket) | {"state": "waiting" if moved_on else state}
        if moved_on:
            ticket |= {"queue": view.ticket.next_queues[0], "nextQueues": view.ticket.next_queues[1:], "window": None}
        if state == "waiting":
            self.transferred = ticket["id"]
            ticket |= {"window": window_to, "queue": queue or ticket["queue"], "standing": "transferred"}
        until = now() + timedelta(seconds=60) if rating == RatingState.INVITED else None
        held = (*view.held, convert(ticket, TicketView)) if state == "held" else view.held
        after = msgspec.structs.replace(view, ticket=None, held=held, service="S-1", rating=rating, rating_until=until)
        names = {
            "passed": "ticket.passed",
            "held": "ticket.held",
            "done": "ticket.moved-on" if moved_on else "ticket.finished",
            "waiting": "ticket.transferred",
        }
        self.publish(names[state], ticket=ticket, window=after)


def demo_description(root: Path) -> dict[str, Any]:
    described: dict[str, Any] = yaml.safe_load((root / "assets/samples/demo_hall.yaml").read_text())
    return described
