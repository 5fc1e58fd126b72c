"""How a gateway reaches the hall: the office in the same process, or a distant server over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

import msgspec
import requests

from queue_server.contract import messages as m
from queue_server.contract.codec import decode, encode, plain
from queue_server.contract.messages import Command, Event, Snapshot
from queue_server.contract.refusals import Code, Refusal, RefusalBody
from queue_server.contract.words import Language
from queue_server.relay.announcements import Announcement
from queue_server.relay.push_hub import event_of
from queue_server.usecases.ports import Actor, Office

_PAGE = 200
_CHUNK = 65_536
_POLL_SECONDS = 1.0
_CONNECT_SECONDS = 3.0
_ANSWER_SECONDS = 10.0
_QUIET_SECONDS = 40.0
"""The server sends a ping every 15 s; after this much silence the line counts as dead."""

PATHS: dict[type[Command], str] = {
    m.OpenWindow: "/windows/{window}/open",
    m.PauseWindow: "/windows/{window}/pause",
    m.CloseWindow: "/windows/{window}/close",
    m.CallNext: "/windows/{window}/call-next",
    m.Recall: "/windows/{window}/recall",
    m.StartService: "/windows/{window}/start",
    m.PassOver: "/windows/{window}/pass",
    m.HoldService: "/windows/{window}/hold",
    m.ResumeService: "/windows/{window}/resume",
    m.FinishService: "/windows/{window}/finish",
    m.RateService: "/services/{service}/rating",
    m.ReportTerminal: "/terminals/report",
}
"""Where each command of a gateway is posted (interface, chapter 2)."""


class LinkDownError(Exception):
    """The hall cannot be reached, or answered nothing sensible; the same again may help."""


class HallLink(Protocol):
    """What a gateway needs of the hall."""

    async def carry_out(self, command: Command, key: str) -> None:
        """Does one command. Raises ``Refusal`` or ``LinkDownError``; then the same key may be sent again."""
        ...

    async def snapshot(self) -> Snapshot:
        """The hall as it is. Raises ``Refusal``, ``LinkDownError``."""
        ...

    def events(self, after: int) -> AsyncIterator[Event]:
        """Events with a greater sequence, for ever. Raises ``Refusal(SNAPSHOT_NEEDED)``, ``LinkDownError``."""
        ...

    async def speech(self, call: Announcement, language: Language) -> bytes:
        """A call as one WAV. Raises ``Refusal`` (TOO_LATE, NOT_FOUND), ``LinkDownError``."""
        ...


class Voice(Protocol):
    """Makes a call audible."""

    def call(self, number: str, window: str, language: str = "zh") -> bytes:
        """A complete WAV. Blocking for some milliseconds, or seconds while a new clip is made."""
        ...


class OfficeLink:
    """The office of the same process; ``voice`` makes the sounds of its loudspeakers."""

    def __init__(self, office: Office, hall: str, actor: Actor, voice: Voice | None = None) -> None:
        self._office = office
        self._hall = hall
        self._actor = actor
        self._voice = voice
        self._one_sound = asyncio.Lock()
        """A clip that is made takes seconds: those that wait for it must not take the threads of everybody else."""

    async def carry_out(self, command: Command, key: str) -> None:
        await self._office.carry_out(command, self._actor, key)

    async def snapshot(self) -> Snapshot:
        return await self._office.snapshot(self._hall)

    async def events(self, after: int) -> AsyncIterator[Event]:
        """As the relay reads them: woken by commits, and by a poll for what a wake-up missed."""
        woken = asyncio.Event()
        deaf = self._office.on_commit(lambda hall, _seq: woken.set() if hall == self._hall else None)
        try:
            while True:
                woken.clear()
                while rows := await self._office.events_after(self._hall, after, _PAGE):
                    for row in rows:
                        after = row.seq
                        yield event_of(row)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await woken.wait()
        finally:
            deaf()

    async def speech(self, call: Announcement, language: Language) -> bytes:
        if self._voice is None:
            raise Refusal(Code.NOT_FOUND, "there is no voice here")
        async with self._one_sound:
            return await asyncio.to_thread(
                self._voice.call, call.number, call.window_name.said_in(language), language.value
            )


@dataclass(frozen=True, slots=True)
class _Connection:
    """A line to the server that serves one request after the other."""

    session: requests.Session = field(default_factory=requests.Session)
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)


class HttpLink:
    """A server over HTTP with a gateway's token. Certificates are checked unless ``verify`` names another authority."""

    def __init__(self, url: str, token: str, verify: bool | str = True) -> None:
        self._base = url.rstrip("/") + "/api/v1"
        self._headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
        self._verify = verify
        self._commands = _Connection()
        self._sounds = _Connection()
        """Of its own: what an officer pressed does not wait until a clip was made."""
        self._one_sound = asyncio.Lock()

    async def carry_out(self, command: Command, key: str) -> None:
        await asyncio.to_thread(self._post, command, key)

    async def snapshot(self) -> Snapshot:
        body = await asyncio.to_thread(self._request, self._commands, "GET", "/snapshot", None, {})
        try:
            return decode(body, Snapshot)
        except msgspec.MsgspecError as error:
            raise LinkDownError("the snapshot makes no sense") from error

    async def events(self, after: int) -> AsyncIterator[Event]:
        """Server-sent events, read by a thread; ends with ``LinkDownError`` when the line is lost or quiet."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Event | Exception] = asyncio.Queue()
        reader = _EventReader(lambda item: loop.call_soon_threadsafe(queue.put_nowait, item))
        thread = threading.Thread(
            target=reader.run, args=(self._open_events, after), name="gateway-events", daemon=True
        )
        thread.start()
        try:
            while True:
                item = await queue.get()
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            reader.stop()

    async def speech(self, call: Announcement, language: Language) -> bytes:
        path = f"/speech/{call.seq}.wav?language={language.value}"
        async with self._one_sound:
            return await asyncio.to_thread(self._request, self._sounds, "GET", path, None, {})

    def close(self) -> None:
        self._commands.session.close()
        self._sounds.session.close()

    def _post(self, command: Command, key: str) -> None:
        body: dict[str, Any] = plain(command)
        path = PATHS[type(command)]
        for name in ("window", "service"):
            if "{" + name + "}" in path:
                path = path.replace("{" + name + "}", quote(str(body.pop(name)), safe=""))
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        self._request(self._commands, "POST", path, encode(body), headers)

    def _request(
        self, connection: _Connection, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> bytes:
        with connection.one_at_a_time:
            try:
                answer = connection.session.request(
                    method,
                    self._base + path,
                    data=body,
                    headers={**self._headers, **headers},
                    timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS),
                    verify=self._verify,
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                raise LinkDownError(type(error).__name__) from None
        if answer.status_code in (200, 201):
            return answer.content
        raise refusal_of(answer.status_code, answer.content)

    def _open_events(self, after: int) -> requests.Response:
        try:
            answer = requests.get(
                f"{self._base}/events",
                params={"after": str(after)},
                headers={**self._headers, "Accept": "text/event-stream"},
                timeout=(_CONNECT_SECONDS, _QUIET_SECONDS),
                verify=self._verify,
                stream=True,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise LinkDownError(type(error).__name__) from None
        if answer.status_code != requests.codes.ok:
            with contextlib.closing(answer):
                raise refusal_of(answer.status_code, answer.content)
        return answer


def refusal_of(status: int, body: bytes) -> Exception:
    """What an answer other than 200 and 201 means: the hall's own words, or that there is no hall behind it."""
    try:
        said = decode(body, RefusalBody)
        return Refusal(Code(said.code), said.message, **said.detail)
    except (msgspec.MsgspecError, ValueError, TypeError):
        return LinkDownError(f"status {status}")


class _EventReader:
    """Reads one stream of server-sent events on a thread and hands on each event, at last one exception."""

    def __init__(self, hand_on: Any) -> None:
        self._hand_on = hand_on
        self._stopped = threading.Event()
        self._answer: requests.Response | None = None

    def run(self, open_stream: Any, after: int) -> None:
        try:
            self._answer = open_stream(after)
            if self._stopped.is_set():  # it was stopped while the server made it wait
                self._answer.close()
                return
            raw = self._answer.raw
            with contextlib.closing(self._answer):
                for event in events_in(iter(lambda: raw.read1(_CHUNK), b"")):
                    if self._stopped.is_set():
                        return
                    self._tell(event)
            self._tell(LinkDownError("the stream ended"))
        except (LinkDownError, Refusal) as error:
            self._tell(error)
        except Exception as error:  # noqa: BLE001  # because a closed socket shows itself in many ways, all mean the same
            self._tell(LinkDownError(type(error).__name__))

    def stop(self) -> None:
        """Ends the reading: shuts the socket, so that the thread wakes up and closes it. Returns at once."""
        self._stopped.set()
        answer = self._answer
        if answer is not None:
            with contextlib.suppress(OSError, RuntimeError, ValueError):  # it may be closed already
                answer.raw.shutdown()

    def _tell(self, item: Event | Exception) -> None:
        if not self._stopped.is_set():
            with contextlib.suppress(RuntimeError):  # the loop may have ended meanwhile
                self._hand_on(item)


def events_in(chunks: Iterator[bytes]) -> Iterator[Event]:
    """The events in a stream of bytes, however it is cut; comments (pings) are skipped. Raises ``LinkDownError``."""
    rest = b""
    for chunk in chunks:
        rest = (rest + chunk).replace(b"\r\n", b"\n")
        while b"\n\n" in rest:
            block, rest = rest.split(b"\n\n", 1)
            data = b"\n".join(line[5:].lstrip() for line in block.split(b"\n") if line.startswith(b"data:"))
            if data:
                try:
                    yield decode(data, Event)
                except msgspec.MsgspecError as error:
                    raise LinkDownError("an event makes no sense") from error
