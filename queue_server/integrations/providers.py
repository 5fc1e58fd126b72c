"""All outside systems of a hall behind one door: ask one, and know at any time which ones answer.

Every system is asked for a sign of life every few seconds, so that the kiosk can close a tile before a
citizen begins. Blocking calls run on threads of their own; nothing personal is logged or kept.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import structlog

import ui
from queue_server.contract.messages import Answer, AskProvider, Identity, ProviderView
from queue_server.contract.refusals import Code, Refusal
from queue_server.integrations.acceptance import HttpCases, HttpGuides
from queue_server.integrations.breaker import Standing
from queue_server.integrations.http_line import HttpLine
from queue_server.integrations.ports import (
    CaseProvider,
    CasesFound,
    DownReason,
    GuideProvider,
    NoReason,
    ProviderDownError,
    ProviderRefusalError,
)
from queue_server.integrations.rows import Labels, case_rows, guide_rows, option_rows

T = TypeVar("T")

CASES = "case-progress"
GUIDES = "guides"
GUIDE_LIST = "guide-list"

_SYSTEMS = {CASES: "cases", GUIDES: "guides", GUIDE_LIST: "guides"}
"""Which system stands behind which provider that definitions name."""

ASK_SECONDS = 6.5
"""Longer than the adapter's own patience, shorter than a kiosk waits (8 s)."""

PROBE_EVERY_SECONDS = 3.0
_DOUBT_SECONDS = 0.5
"""After a first failure the second look comes soon."""

_THREADS = 8
_METHODS = frozenset({"face", "code"})
_LONGEST_INPUT = 200


@dataclass(frozen=True, slots=True)
class Systems:
    """The adapters; tests and other halls bring their own."""

    cases: CaseProvider
    guides: GuideProvider


class Providers:
    """Asks outside systems for terminals. ``start`` before use, ``stop`` at the end; both on the event loop."""

    def __init__(self, systems: Systems, *, probe_every: float = PROBE_EVERY_SECONDS) -> None:
        self._systems = systems
        self._probe_every = probe_every
        self._alive: Mapping[str, Callable[[], None]] = {"cases": systems.cases.alive, "guides": systems.guides.alive}
        self._standing = dict.fromkeys(self._alive, Standing())
        self._labels = Labels({}, {})
        self._asking: ThreadPoolExecutor | None = None
        self._probing: ThreadPoolExecutor | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._listeners: list[Callable[[], None]] = []
        self._log = structlog.get_logger("queue_server.integrations")

    async def start(self) -> None:
        """Reads the words, asks every system once (at most two seconds) and goes on asking in the background."""
        self._labels = await asyncio.to_thread(load_labels)
        self._asking = ThreadPoolExecutor(_THREADS, "provider")
        self._probing = ThreadPoolExecutor(len(self._alive), "provider-probe")
        await asyncio.gather(*(self._probe(system) for system in self._alive))
        self._tasks = [asyncio.create_task(self._go_on_probing(system)) for system in self._alive]

    async def stop(self) -> None:
        """Ends the background; questions under way are not waited for."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        for pool in (self._asking, self._probing):
            if pool is not None:
                pool.shutdown(wait=False, cancel_futures=True)
        self._asking = self._probing = None

    def on_change(self, callback: Callable[[], None]) -> None:
        """``callback`` is called on the event loop whenever a provider became available or unavailable."""
        self._listeners.append(callback)

    def states(self) -> tuple[ProviderView, ...]:
        """Which providers answer now."""
        return tuple(
            ProviderView(provider=name, available=standing.available, since=standing.since)
            for name, system in _SYSTEMS.items()
            for standing in (self._standing[system],)
        )

    async def ask(self, ask: AskProvider) -> Answer:
        """The masked answer. Raises provider_unavailable, provider_refused, too_many_tries, bad_request, not_found."""
        system = _SYSTEMS.get(ask.provider)
        if system is None:
            raise Refusal(Code.NOT_FOUND, "there is no such provider", provider=ask.provider)
        question = self._question(ask)
        if not self._standing[system].available or self._asking is None:
            raise _unavailable(ask.provider)
        try:
            answer = await self._on_thread(self._asking, question, ASK_SECONDS)
        except ProviderDownError as down:
            self._log.warning("provider.failed", provider=ask.provider, reason=down.reason.value)
            self._settle(system, self._standing[system].after_failure(_now(), down.reason))
            self._tasks.append(asyncio.create_task(self._probe(system)))
            raise _unavailable(ask.provider) from None
        except ProviderRefusalError as no:
            self._settle(system, self._standing[system].after_success(_now()))
            code = Code.TOO_MANY_TRIES if no.reason is NoReason.TOO_MANY_TRIES else Code.PROVIDER_REFUSED
            raise Refusal(code, "the provider refuses", provider=ask.provider, reason=no.reason.value) from None
        self._settle(system, self._standing[system].after_success(_now()))
        return answer

    def _question(self, ask: AskProvider) -> Callable[[], Answer]:
        """What has to be done on a thread. Raises ``bad_request`` before anything is sent."""
        inputs = ask.inputs
        if any(len(name) > _LONGEST_INPUT or len(value) > _LONGEST_INPUT for name, value in inputs.items()):
            raise Refusal(Code.BAD_REQUEST, "an input is too long")
        if ask.provider == GUIDE_LIST:
            return lambda: self._list(inputs.get("query", ""), inputs.get("department", ""))
        if ask.provider == GUIDES:
            if not inputs.get("item"):
                raise Refusal(Code.BAD_REQUEST, "inputs.item is needed")
            return lambda: self._guide(inputs["item"])
        identity = ask.identity
        if identity is None:
            number, code = inputs.get("caseNumber", ""), inputs.get("code", "")
            if not number or not code:
                raise Refusal(Code.BAD_REQUEST, "an identity, or inputs.caseNumber and inputs.code are needed")
            return lambda: self._cases(self._systems.cases.query_by_number(number, code))
        _check(identity)
        return lambda: self._cases(self._systems.cases.query_by_person(identity))

    def _cases(self, found: CasesFound) -> Answer:
        rows = case_rows(found.cases, self._labels)
        return Answer(provider=CASES, reference=found.reference, rows=rows, demo=found.demo)

    def _list(self, query: str, department: str) -> Answer:
        found = self._systems.guides.list_items(query, department)
        rows = option_rows(found.items, self._labels)
        return Answer(provider=GUIDE_LIST, reference=found.reference, rows=rows, demo=found.demo)

    def _guide(self, item: str) -> Answer:
        found = self._systems.guides.get_item(item)
        rows = guide_rows(found.guide, self._labels)
        return Answer(provider=GUIDES, reference=found.reference, rows=rows, demo=found.demo)

    async def _go_on_probing(self, system: str) -> None:
        while True:
            doubtful = self._standing[system].available and self._standing[system].failures > 0
            await asyncio.sleep(min(self._probe_every, _DOUBT_SECONDS) if doubtful else self._probe_every)
            await self._probe(system)

    async def _probe(self, system: str) -> None:
        if self._probing is None:
            return
        try:
            await self._on_thread(self._probing, self._alive[system], ASK_SECONDS)
        except ProviderDownError as down:
            self._settle(system, self._standing[system].after_failure(_now(), down.reason))
        else:
            self._settle(system, self._standing[system].after_success(_now()))

    async def _on_thread(self, pool: ThreadPoolExecutor, work: Callable[[], T], seconds: float) -> T:
        try:
            # Not wait_for: before Python 3.12 it swallows the cancellation that comes together with the answer, and
            # ``stop`` would wait for ever.
            async with asyncio.timeout(seconds):
                return await asyncio.get_running_loop().run_in_executor(pool, work)
        except TimeoutError:
            raise ProviderDownError(DownReason.SLOW) from None

    def _settle(self, system: str, standing: Standing) -> None:
        before, self._standing[system] = self._standing[system], standing
        self._tasks = [task for task in self._tasks if not task.done()]
        if before.available != standing.available:
            reason = standing.reason.value if standing.reason else ""
            self._log.info("provider.changed", provider=system, available=standing.available, reason=reason)
            for listener in self._listeners:
                listener()


def _check(identity: Identity) -> None:
    if identity.method not in _METHODS:
        raise Refusal(Code.BAD_REQUEST, "identity.method is face or code")
    if identity.method == "code" and not identity.code:
        raise Refusal(Code.BAD_REQUEST, "identity.code is needed")
    if not identity.id_number.strip():
        raise Refusal(Code.BAD_REQUEST, "identity.idNumber is needed")


def _unavailable(provider: str) -> Refusal:
    return Refusal(Code.PROVIDER_UNAVAILABLE, "the provider does not answer now", provider=provider)


def _now() -> datetime:
    return datetime.now(UTC)


def load_labels() -> Labels:
    """The words of answers in both languages."""
    texts = [json.loads((ui.I18N / folder / "providers.json").read_text("utf-8")) for folder in ("zh_CN", "en")]
    return Labels(*texts)


def make_providers(
    url: str,
    token: str = "demo-key",  # noqa: S107  # because the reference back end knows it, and only that
    *,
    probe_every: float = PROBE_EVERY_SECONDS,
) -> Providers:
    """The providers of a hall at one address; no address means that none is ever available. Opens nothing."""
    line = HttpLine(url, token)
    return Providers(Systems(HttpCases(line), HttpGuides(line)), probe_every=probe_every)
