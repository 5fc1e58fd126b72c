"""Builds the server's objects and hands them on; the only file that knows them all."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import json
import signal
import socket
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import UTC, datetime
from multiprocessing.connection import Connection

import structlog

import ui
from drivers.device import DeviceState, Status
from queue_server.admin.back_office import HallBackOffice
from queue_server.contract.messages import DeviceCondition, ReportTerminal, Role
from queue_server.contract.refusals import Refusal
from queue_server.domain.hall import Device, Hall
from queue_server.integrations.providers import make_providers
from queue_server.relay.gateway import Gateway
from queue_server.relay.hall_link import HallLink, HttpLink, LinkDownError, OfficeLink
from queue_server.relay.push_hub import PushHub
from queue_server.relay.relay import Relay
from queue_server.relay.speech import Speech, SpeechAhead, open_speech
from queue_server.relay.timers import Timers
from queue_server.relay.voices import languages_in
from queue_server.settings import GatewaySettings, ServerSettings
from queue_server.storage.office import open_office
from queue_server.storage.sole_server import SoleServer
from queue_server.usecases.ports import Actor, Office, StorageError
from queue_server.web.app import Parts, WebApp
from queue_server.web.logs import configure_logs
from queue_server.web.observe import Observer
from queue_server.web.pages import read_files
from queue_server.web.serving import Serving, address_of, bind, cancelled, end_quietly
from queue_server.web.workers import Workers, die_with_parent

_SIGN_OF_LIFE_SECONDS = 60.0


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def version() -> str:
    """The installed version of the software."""
    return importlib.metadata.version("hall24")


class HallServer:
    """Everything behind one port: office, feed, timers, wired devices, outside systems, web.

    ``app`` answers requests once ``start`` has returned. ``leads`` says that this process does what only one
    may do: timers and wired devices (other workers of the same hall do not lead).
    """

    def __init__(
        self,
        settings: ServerSettings,
        public_url: str,
        *,
        leads: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._settings = settings
        self._leads = leads
        self._environment = environment
        clock = SystemClock()
        self.office: Office = open_office(settings.db, clock=clock, public_url=settings.public_url or public_url)
        self.hub = PushHub(self.office)
        self._timers = Timers(self.office, clock)
        self._providers = make_providers(settings.providers.url, settings.providers.token.get_secret_value())
        self._clock = clock
        self._stop = contextlib.AsyncExitStack()
        self.app: WebApp | None = None

    async def start(self) -> None:
        """Opens the database and everything that stands on it. Raises ``StorageError`` for the operator."""
        await self.office.start()
        self._stop.push_async_callback(self.office.close)
        halls = await self.office.halls()
        speech = open_speech(self._settings.voice.pack, self._settings.voice.cache)
        devices = [device for hall in halls for device in (await self.office.hall(hall)).devices]
        ahead = SpeechAhead(speech, [language.value for language in languages_in(devices)])
        self._stop.push_async_callback(ahead.stop)
        relay = Relay(self.office, [self.hub, self._timers, *([ahead] if self._leads else [])])
        await relay.start(halls)
        self._stop.push_async_callback(relay.stop)
        looking = asyncio.create_task(self._providers.start())  # an outside system that hangs must not hold us up
        self._stop.push_async_callback(self._providers.stop)
        self._stop.push_async_callback(cancelled, looking)
        self.app = WebApp(self._parts(speech))
        if self._leads:
            await self._timers.start(halls)
            self._stop.push_async_callback(self._timers.stop)
            if self._settings.gateway:
                for hall in halls:
                    await self._drive_devices(await self.office.hall(hall), speech)

    def say_goodbye(self) -> None:
        """Ends all streams: the pages notice and come back later."""
        self.hub.close()

    async def stop(self) -> None:
        """Closes everything in the opposite order. Safe to call when ``start`` failed half-way."""
        await self._stop.aclose()

    def _parts(self, speech: Speech) -> Parts:
        files = read_files(ui.WEB, ui.I18N, ui.THEME)
        return Parts(
            office=self.office,
            feed=self.hub,
            providers=self._providers,
            voice=speech,
            back_office=HallBackOffice(self.office),
            observer=Observer(lambda: self.hub.listeners, access_log=self._settings.access_log),
            clock=self._clock,
            monotonic=time.monotonic,
            files=files,
            version=version(),
        )

    async def _drive_devices(self, hall: Hall, speech: Speech) -> None:
        if not hall.devices:
            return
        link = OfficeLink(self.office, hall.id, Actor(hall.id, Role.GATEWAY, "gateway"), speech)
        gateway = Gateway(hall.devices, link, self._environment)
        await gateway.start()
        self._stop.push_async_callback(gateway.stop)
        telling = asyncio.create_task(tell_of_devices(link, gateway, self._clock), name="wired devices")
        self._stop.push_async_callback(cancelled, telling)
        structlog.get_logger("serve").info("gateway.started", hall=hall.id, count=len(hall.devices))


async def tell_of_devices(link: HallLink, gateway: Gateway, clock: SystemClock) -> None:
    """A sign of life of the wired devices every minute, so that admins see what is wrong with them."""
    while True:
        await asyncio.sleep(_SIGN_OF_LIFE_SECONDS)
        report = ReportTerminal(clock=clock.now(), conditions=conditions_of(gateway.statuses()))
        with contextlib.suppress(Refusal, LinkDownError):
            await link.carry_out(report, "")


@contextlib.asynccontextmanager
async def opened_office(db: str) -> AsyncGenerator[Office, None]:
    """The office alone, for commands that do one thing and end."""
    office = open_office(db, clock=SystemClock(), public_url="")
    await office.start()
    try:
        yield office
    finally:
        await office.close()


def conditions_of(statuses: Mapping[str, Status]) -> tuple[DeviceCondition, ...]:
    """What is not as it should be at the wired devices, for the back office."""
    found: list[DeviceCondition] = []
    for device, status in statuses.items():
        if status.conditions:
            found += [
                DeviceCondition(device=device, code=one.code, action=one.action.value) for one in status.conditions
            ]
        elif status.state is not DeviceState.READY:
            found.append(DeviceCondition(device=device, code=f"state.{status.state.value}"))
    return tuple(found)


def serve(settings: ServerSettings, say_ready: Callable[[str], None]) -> None:
    """Serves until told to end; ``say_ready`` gets the address once requests are answered.

    Raises ``PortTakenError``, ``StorageError``, ``WorkerFailedError`` with a sentence for the operator, and
    ``OnlyOneWriterError`` for several workers on SQLite.
    """
    if settings.workers > 1 and not settings.db.startswith("postgresql"):
        raise OnlyOneWriterError(
            "--workers needs PostgreSQL: a SQLite file has one writing process. Use --workers 1, which carries "
            "the largest hall, or --db postgresql+psycopg://…"
        )
    bound = bind(settings.host, settings.port)
    address = address_of(bound)
    if settings.workers > 1:
        filled = settings.model_copy(update={"public_url": settings.public_url or reachable(address)})
        Workers(_work, bound, _pack(filled), settings.workers).run(lambda: say_ready(address))
        return
    with SoleServer(settings.db):
        serving = Serving(HallServer(settings, reachable(address)), bound, lambda: say_ready(address))
        end_quietly(serving)
        serving.serve_until_told()


def run_gateway(settings: GatewaySettings, say_ready: Callable[[], None]) -> None:
    """Drives wired devices for a distant server until SIGTERM or SIGINT."""
    devices = [Device(**device.model_dump()) for device in settings.devices]
    link = HttpLink(settings.server, settings.token.get_secret_value(), settings.certificate or True)

    async def work() -> None:
        told = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        gateway = Gateway(devices, link)
        await gateway.start()
        telling = asyncio.create_task(tell_of_devices(link, gateway, SystemClock()), name="wired devices")
        try:
            say_ready()
            await told.wait()
        finally:
            await cancelled(telling)
            await gateway.stop()

    asyncio.run(work())


class OnlyOneWriterError(Exception):
    """Several workers were asked for on a database that has one writer."""


def reachable(address: str) -> str:
    """The address for other machines: a server that listens everywhere is printed with the name of its network card."""
    for everywhere in ("//0.0.0.0:", "//[::]:"):
        if everywhere in address:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
                probe.connect(("192.0.2.1", 9))  # an address of documentation: nothing is sent, only a card is chosen
                return address.replace(everywhere, f"//{probe.getsockname()[0]}:")
            return address.replace(everywhere, "//127.0.0.1:")
    return address


def _pack(settings: ServerSettings) -> str:
    values = settings.model_dump(mode="json")
    values["providers"]["token"] = settings.providers.token.get_secret_value()
    return json.dumps(values)


def _work(number: int, bound: socket.socket, news: Connection, packed: str) -> None:
    """One worker process."""
    die_with_parent()
    configure_logs()
    settings = ServerSettings(**json.loads(packed))
    serving = Serving(HallServer(settings, settings.public_url, leads=number == 0), bound, lambda: news.send("ready"))
    end_quietly(serving)
    try:
        serving.serve_until_told()
    except StorageError as error:
        news.send(str(error))
        raise SystemExit(1) from None
