"""Drives the wired devices of a hall: bars, keypads, rating boxes, loudspeakers, one thread per line.

The event loop keeps the state of the windows true and carries out what was pressed; the threads
talk to the devices. Neither ever waits for the other. A dead node, an absent bus or a lost server
is a status and a line in the log, nothing else.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime

import msgspec
import structlog

import ui
from drivers.device import Action, Condition, Device, DeviceError, DeviceState, Status
from drivers.loading import DeviceUrl, SharedPorts, make_device
from queue_server.contract import board
from queue_server.contract.codec import convert
from queue_server.contract.messages import CallView, Command, DeviceCondition, Event, ReportTerminal, Snapshot
from queue_server.contract.refusals import Code, Refusal
from queue_server.contract.words import Language
from queue_server.domain.hall import Device as WiredDevice
from queue_server.domain.hall import expand
from queue_server.relay.announcements import Announcement, announcement_of
from queue_server.relay.buttons import CarryOut, KeypadButtons, RaterButtons, new_nonce
from queue_server.relay.displays import Bar, SignTexts
from queue_server.relay.hall_link import HallLink, LinkDownError
from queue_server.relay.stations import Station
from queue_server.relay.voices import Voice, languages_of

KINDS = frozenset({"window_display", "keypad", "rating_device", "speaker"})
"""The kinds that a gateway drives."""
_AGAIN_SECONDS = 2.0
_LOOK_SECONDS = 2.0
_REPORT_SECONDS = 60.0
_JOIN_SECONDS = 2.0
_IDLE_SECONDS = 1.0


class Gateway:
    """All wired devices of one hall. ``start`` and ``stop`` belong to the event loop that it lives on.

    ``environment`` is what ``${NAME}`` in device URLs means; a device whose name is not set is disabled.
    """

    def __init__(
        self,
        devices: Sequence[WiredDevice],
        link: HallLink,
        environment: Mapping[str, str] | None = None,
        *,
        wall_clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._devices = tuple(device for device in devices if device.kind in KINDS)
        self._link = link
        self._environment = os.environ if environment is None else environment
        self._wall_clock = wall_clock or (lambda: datetime.now(UTC))
        self._shared = SharedPorts()
        self._buses: list[BusThread] = []
        self._stations: list[Station] = []
        self._disabled: dict[str, Status] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._log = structlog.get_logger("gateway")

    async def start(self) -> None:
        """Starts the threads of the buses; devices that are not there are waited for. Does not raise for devices."""
        self._loop = asyncio.get_running_loop()
        lines = await asyncio.to_thread(self._make_stations)
        for name, stations in lines.items():
            bus = BusThread(name, stations)
            self._buses.append(bus)
            bus.start()
        if self._stations:
            self._tasks.append(asyncio.create_task(self._follow(), name="gateway"))
            self._tasks.append(asyncio.create_task(self._report(), name="gateway report"))

    async def stop(self) -> None:
        """Ends the threads; a press on its way stays with its device and comes again. May be called twice."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        buses, self._buses = self._buses, []
        for bus in buses:
            bus.ask_to_stop()
        for bus in buses:
            await asyncio.to_thread(bus.join)
        self._shared.close()

    def statuses(self) -> dict[str, Status]:
        """How every device is, by its id."""
        return self._disabled | {station.device_id: station.status for station in self._stations}

    def _make_stations(self) -> dict[str, list[Station]]:
        """The stations by the line they hang on. What cannot be made is disabled, and said."""
        lines: dict[str, list[Station]] = {}
        unset: dict[str, list[str]] = {}
        nonce = new_nonce()
        for wired in self._devices:
            try:
                url = expand(wired.url, self._environment)
                station = self._station(wired, url, nonce)
            except KeyError as error:
                unset.setdefault(str(error.args[0]), []).append(wired.id)
                self._disabled[wired.id] = Status(DeviceState.DISABLED)
                continue
            except (DeviceError, ValueError, TypeError) as error:
                self._log.error(
                    "device.unusable", device=wired.id, kind=wired.kind, model=wired.model, reason=str(error)
                )
                condition = Condition("device.settings", Action.CONFIGURE, blocking=True)
                self._disabled[wired.id] = Status(DeviceState.FAULT, (condition,))
                continue
            if station is None:
                continue
            self._stations.append(station)
            lines.setdefault(DeviceUrl.parse(url).place, []).append(station)
        for name, ids in unset.items():
            self._log.info("devices.disabled", reason=f"{name} is not set", device=" ".join(ids))
        return lines

    def _station(self, wired: WiredDevice, url: str, nonce: str) -> Station | None:
        """What drives a device; None for one that says that it is none."""
        options = {name: str(value) for name, value in wired.options.items()}
        device: Device = make_device(wired.kind, wired.model, url, options, self._shared)
        if wired.kind == "speaker":
            languages = languages_of(options.get("language", "zh"))
            silent = device.probe().state is DeviceState.DISABLED
            return None if silent else Voice(wired.id, wired.zone, device, self._fetch, languages)  # type: ignore[arg-type]  # because make_device gives what the kind says
        window = wired.window
        if window is None:
            raise ValueError("no window")
        if wired.kind == "window_display":
            return Bar(wired.id, window, device, sign_texts(options.get("language", "zh_CN")))  # type: ignore[arg-type]  # because make_device gives what the kind says
        if wired.kind == "keypad":
            return KeypadButtons(wired.id, window, device, self._carry_out, nonce)  # type: ignore[arg-type]  # as above
        return RaterButtons(wired.id, window, device, self._carry_out, nonce, self._wall_clock)  # type: ignore[arg-type]  # as above

    @property
    def _carry_out(self) -> CarryOut:
        return self._hand_over

    def _hand_over(self, command: Command, key: str) -> Future[None]:
        """From a bus thread to the loop; the answer comes back in the future, which wakes the thread."""
        loop = self._loop
        if loop is None or loop.is_closed():
            failed: Future[None] = Future()
            failed.set_exception(LinkDownError("the gateway is stopping"))
            return failed
        answer: Future[None] = asyncio.run_coroutine_threadsafe(self._link.carry_out(command, key), loop)
        answer.add_done_callback(lambda _: self._wake())
        return answer

    def _fetch(self, call: Announcement, language: Language) -> Future[bytes]:
        """Asks the hall for a call as a sound; whoever plays it is woken when it is there. From any thread."""
        loop = self._loop
        if loop is None or loop.is_closed():
            failed: Future[bytes] = Future()
            failed.set_exception(LinkDownError("the gateway is stopping"))
            return failed
        sound: Future[bytes] = asyncio.run_coroutine_threadsafe(self._link.speech(call, language), loop)
        sound.add_done_callback(lambda _: self._wake())
        return sound

    def _wake(self) -> None:
        for bus in self._buses:
            bus.wake()

    async def _follow(self) -> None:
        """Keeps the windows' state true and shows it to the stations, for ever."""
        connected = True
        heard = 0
        while True:
            try:
                state = await self._link.snapshot()
                if not connected:
                    self._log.info("hall.reached")
                connected = True
                self._show(state)
                missed, heard = state.seq, min(heard or state.seq, state.seq)
                async for event in self._link.events(heard):
                    heard = event.seq
                    self._speak(event, live=event.seq > missed)
                    state = board.apply(state, event)
                    if "window" in event.data or "windows" in event.data:
                        self._show(state)
            except asyncio.CancelledError:
                raise
            except Refusal as refusal:
                if refusal.code is Code.SNAPSHOT_NEEDED:
                    heard = 0
                    continue
                self._say_once(connected, refusal.code.value)
                connected = False
            except Exception as error:  # noqa: BLE001  # because whatever ends the feed, the devices must get it back
                self._say_once(connected, type(error).__name__)
                connected = False
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _report(self) -> None:
        """Tells the hall how the devices are: when that changes, and every minute as a sign of life."""
        told: tuple[DeviceCondition, ...] | None = None
        told_at = 0.0
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            now = time.monotonic()
            conditions = self._conditions()
            if conditions == told and now - told_at < _REPORT_SECONDS:
                continue
            report = ReportTerminal(clock=self._wall_clock(), conditions=conditions)
            try:
                await self._link.carry_out(report, secrets.token_hex(8))
            except Exception as error:  # noqa: BLE001  # because whatever the hall says, the next report must be sent
                told, told_at = None, now
                self._log.info("report.failed", error=type(error).__name__)
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                told, told_at = conditions, now

    def _conditions(self) -> tuple[DeviceCondition, ...]:
        return tuple(
            DeviceCondition(device=device, code=condition.code, action=condition.action.value)
            for device, status in sorted(self.statuses().items())
            for condition in status.conditions
        )

    def _say_once(self, connected: bool, reason: str) -> None:
        if connected:
            self._log.warning("hall.lost", reason=reason)

    def _speak(self, event: Event, *, live: bool) -> None:
        """Hands a call to the loudspeakers, with the time for which it may be said.

        That is reckoned from its event, so that a wrong clock here makes nothing late; only calls from a time when the
        line to the hall was down are judged by our clock.
        """
        voices = [station for station in self._stations if isinstance(station, Voice)]
        call = announcement_of(event) if voices else None
        if call is not None:
            left = call.valid_until - (call.at if live else max(call.at, self._wall_clock()))
            for voice in voices:
                voice.say(call, time.monotonic(), left.total_seconds())
            self._wake()
        elif voices and "call" in event.data:
            withdrawn = convert(event.data["call"], CallView)
            for voice in voices if withdrawn.withdrawn else ():
                voice.withdraw(withdrawn)

    def _show(self, state: Snapshot) -> None:
        for station in self._stations:
            view = state.windows.get(station.window)
            if view is not None:
                station.see(view)
        self._wake()


class BusThread:
    """Gives the stations of one line their turns, one at a time, whoever is due."""

    def __init__(self, name: str, stations: Sequence[Station]) -> None:
        self._stations = tuple(stations)
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"bus {name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Somebody's state changed: look at once who is due."""
        self._woken.set()

    def ask_to_stop(self) -> None:
        self._stopping.set()
        for station in self._stations:
            station.ask_to_stop()
        self._woken.set()

    def join(self) -> None:
        self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            now = time.monotonic()
            for station in self._stations:
                if station.due(now) <= now and not self._stopping.is_set():
                    station.turn(time.monotonic())
            now = time.monotonic()
            wait = min((station.due(now) - now for station in self._stations), default=_IDLE_SECONDS)
            if wait > 0:
                self._woken.wait(min(wait, _IDLE_SECONDS))
        for station in self._stations:
            station.close()


def sign_texts(folder: str) -> SignTexts:
    """The words of bars in one language (a folder of ``ui/i18n``). Raises ``ValueError`` when there is none."""
    try:
        data = (ui.I18N / folder / "voice.json").read_bytes()
        return SignTexts(msgspec.json.decode(data, type=dict[str, str]))
    except (OSError, msgspec.MsgspecError) as error:
        raise ValueError(f"no texts in language {folder!r}") from error
