"""One citizen's visit: step, answers, back, idle time-out, forgetting.

A ``Visit`` object lives as long as the kiosk; each citizen's visit is a session inside it that is thrown away as a
whole. No Qt: whoever draws it observes ``view`` and calls ``start``, ``submit``, ``back``, ``cancel``, ``touch``.
Every work of a step runs on the session's own worker thread, so no call here blocks. ``tick`` is called a few times a
second by whoever owns the clock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import structlog

from drivers.device import Cancel, DeviceError, Fault, Secret
from kiosk.desk import Desk, Stage
from kiosk.errors import KioskError, Reason
from kiosk.flows import FLOWS
from kiosk.flows.flow import NOTHING, Answers, Flow, Page, Step, merged
from kiosk.visit.session import Forgetting, Session
from kiosk.visit.view import IdleLimits, View, forget, said

if TYPE_CHECKING:
    from drivers.picture import Picture

log = structlog.get_logger(__name__)


class Visit:
    """What happens at this kiosk now. All methods may be called from any thread and return at once."""

    def __init__(
        self,
        desk: Desk,
        limits: IdleLimits | None = None,
        flows: tuple[Flow, ...] = FLOWS,
    ) -> None:
        self._desk = desk
        self._limits = limits or IdleLimits()
        self._flows = {flow.name: flow for flow in flows}
        self._lock = threading.RLock()
        self._view = View()
        self._session: Session | None = None
        self._observers: list[Callable[[View], None]] = []
        self._previews: list[Callable[[Picture | None], None]] = []
        self._touched = 0.0
        self._submitted = float("-inf")
        self._forgetting = Forgetting(desk)

    # --- what the screen reads ---

    @property
    def view(self) -> View:
        return self._view

    @property
    def page(self) -> str:
        return self._view.page

    @property
    def data(self) -> Mapping[str, Any]:
        return self._view.data

    @property
    def error(self) -> str | None:
        return self._view.error

    @property
    def busy(self) -> bool:
        return self._view.busy

    def observe(self, callback: Callable[[View], None]) -> Callable[[], None]:
        """Calls back with every new view, in order, on whatever thread made it; returns how to stop that.

        The callback must be quick (a queued signal).
        """
        with self._lock:
            self._observers.append(callback)
            callback(self._view)

        def stop() -> None:
            with self._lock:
                self._observers.remove(callback)

        return stop

    def observe_preview(self, callback: Callable[[Picture | None], None]) -> Callable[[], None]:
        """Calls back with each camera picture of a face check, and with None when it is over.

        The picture is overwritten afterwards: copy what is drawn, and drop it on None.
        """
        with self._lock:
            self._previews.append(callback)

        def stop() -> None:
            with self._lock:
                self._previews.remove(callback)

        return stop

    # --- what a person does ---

    def start(self, flow: str) -> None:
        """Begins a flow from the first page; says why when it is not offered now."""
        with self._lock:
            if self._session is not None or not self._first_tap():
                return
            chosen = self._flows[flow]
            self._touched = self._desk.monotonic()
            hindrance = chosen.hindrance(self._desk)
            if hindrance is not None:
                self._publish(**said(KioskError(hindrance), self._desk.moment))
                return
            stage = Stage(visit=self._desk.new_id(), elder=self._view.elder, language=self._view.language)
            session = Session(stage.visit, chosen, chosen.steps[0], stage)
            self._session = session
            threading.Thread(target=self._work, args=(session,), name="visit", daemon=True).start()
            self._publish(busy=True, error=None)
            self._enter(session, chosen.steps[0])

    def submit(self, given: Mapping[str, Any]) -> None:
        """A tap on the page's own buttons. While busy, or twice within 400 ms, it counts once."""
        with self._lock:
            session = self._session
            if session is None or (self._view.busy and not session.waiting) or not self._first_tap():
                return
            self._touched = self._desk.monotonic()
            session.stage.cancel.cancel()
            self._perform(session, given, by_person=True)

    def back(self) -> None:
        """One step back with the answers of then; from the first step it goes home."""
        with self._lock:
            session = self._session
            if session is None or (self._view.busy and not session.waiting) or not self._first_tap():
                return
            self._touched = self._desk.monotonic()
            if session.step.final:
                return
            if not session.history:
                self._go_home()
                return
            step, answers = session.history.pop()
            forget({key: value for key, value in session.answers.items() if answers.get(key) is not value})
            session.answers = answers
            session.stage.cancel.cancel()
            self._publish(busy=True, error=None)
            self._enter(session, step)

    def cancel(self) -> None:
        """首页: ends the visit and forgets it. Work that must not be torn (a number being issued) is awaited."""
        with self._lock:
            session = self._session
            if session is not None and self._view.busy and not session.waiting:
                return
            self._go_home()

    def touch(self) -> None:
        """Any touch, also 还需要时间: restarts the idle clock."""
        with self._lock:
            self._touched = self._desk.monotonic()
            if self._view.warning_left is not None:
                self._publish(warning_left=None)

    def set_manner(self, *, elder: bool | None = None, language: str | None = None) -> None:
        """长者版 and the language; both go back to normal with the first page's time-out."""
        with self._lock:
            self._touched = self._desk.monotonic()
            elder = self._view.elder if elder is None else elder
            language = language or self._view.language
            if self._session is not None:
                self._session.stage = replace(self._session.stage, elder=elder, language=language)
            self._publish(elder=elder, language=language, warning_left=None)

    # --- what the kiosk does ---

    def tick(self) -> None:
        """Looks at the idle clock: warns, and goes home. Also brings a changed network into the view."""
        with self._lock:
            view = self._view
            step = self._session.step if self._session is not None else None
            resting = view.page == Page.HOME and self._session is None
            if resting and not view.elder and view.language == "zh" and view.error is None:
                if view.offline != self._desk.offline():
                    self._publish()
                return
            limit = self._limits.of(step, view.data, elder=view.elder)
            left = limit - (self._desk.monotonic() - self._touched)
            if left <= 0:
                log.info("visit idle", flow=view.flow, page=str(view.page))
                self._go_home()
                return
            warning = max(1, round(left)) if left <= self._limits.warning and not resting else None
            if warning != view.warning_left or view.offline != self._desk.offline():
                self._publish(warning_left=warning)

    def refresh(self) -> None:
        """Shows what has changed outside: devices, the network, people waiting."""
        with self._lock:
            session = self._session
            if session is None:
                self._publish_if_new(self._desk.home())
            elif session.step.view is not None and not session.step.final and not self._view.busy:
                step, answers, stage = session.step, session.answers, session.stage
                session.jobs.put(lambda: self._review(session, step, answers, stage))

    def close(self) -> None:
        """Ends what is under way; for the end of the program."""
        with self._lock:
            self._go_home()
            self._observers.clear()
            self._previews.clear()

    # --- inside ---

    def _first_tap(self) -> bool:
        now = self._desk.monotonic()
        if now - self._submitted < self._limits.second_tap:
            return False
        self._submitted = now
        return True

    def _publish(self, **changes: Any) -> None:
        changes.setdefault("offline", self._desk.offline())
        if "data" in changes:
            changes["data"] = MappingProxyType(dict(changes["data"]))
        self._view = replace(self._view, revision=self._view.revision + 1, **changes)
        for observer in self._observers:
            observer(self._view)

    def _publish_if_new(self, data: Mapping[str, Any]) -> None:
        if dict(data) != dict(self._view.data) or self._view.offline != self._desk.offline():
            self._publish(data=data)

    def _go_home(self) -> None:
        """Ends the session, if any, and forgets everything of the person."""
        session, self._session = self._session, None
        if session is not None:
            session.stage.cancel.cancel()
            session.jobs.put(None)
            forget(session.answers)
            for _, answers in session.history:
                forget(answers)
            session.answers = NOTHING
            session.history.clear()
            for preview in self._previews:
                preview(None)
            self._forgetting.begin()
        self._submitted = float("-inf")
        self._view = View(revision=self._view.revision)
        self._publish(data=self._desk.home())

    def _work(self, session: Session) -> None:
        self._forgetting.wait()
        while (job := session.jobs.get()) is not None:
            job()

    def _enter(self, session: Session, step: Step) -> None:
        """Shows a step once its page is ready and begins what it does by itself."""
        stage = replace(session.stage, cancel=Cancel(), notes={})
        session.stage, session.waiting = stage, False
        answers = session.answers
        session.jobs.put(lambda: self._arrive(session, step, answers, stage))

    def _arrive(self, session: Session, step: Step, answers: Answers, stage: Stage) -> None:
        data, failure = self._seen(step, answers, stage)
        with self._lock:
            if self._session is not session or session.stage.cancel is not stage.cancel:
                return
            session.step, session.seen = step, data
            if step.final:
                session.history.clear()
            self._touched = self._desk.monotonic()
            behind = len(session.history) + 1
            if step.final:
                behind = max(1, self._view.steps)
            self._publish(
                page=step.page,
                data=data,
                flow=session.flow.name,
                step=behind,
                steps=behind + session.flow.ahead(step, answers),
                title_key=f"title.{session.flow.name}.{step.name}",
                **said(failure, self._desk.moment),
                busy=False,
                can_back=not step.final,
                warning_left=None,
            )
            if step.auto is not None and failure is None:
                self._perform(session, step.auto, by_person=False)

    def _review(self, session: Session, step: Step, answers: Answers, stage: Stage) -> None:
        data, failure = self._seen(step, answers, stage)
        with self._lock:
            if self._session is session and session.step is step and not self._view.busy and failure is None:
                # What the step's work has shown meanwhile stays: only what changed outside is new.
                news = {key: value for key, value in data.items() if session.seen.get(key) != value}
                session.seen = data
                self._publish_if_new({**self._view.data, **news})

    def _seen(self, step: Step, answers: Answers, stage: Stage) -> tuple[Mapping[str, Any], KioskError | None]:
        if step.view is None:
            return NOTHING, None
        try:
            return step.view(replace(self._desk, stage=stage), answers), None
        except Exception as error:  # noqa: BLE001  # whatever goes wrong, the page must come and say so
            return NOTHING, self._reason(step, error)

    def _perform(self, session: Session, given: Mapping[str, Any], *, by_person: bool) -> None:
        """Queues a step's work; its outcome counts only while nothing newer was asked for."""
        step, answers = session.step, session.answers
        kept = {key: Secret(value) if key in step.secret else value for key, value in given.items()}
        cancel = Cancel()
        stage = replace(session.stage, cancel=cancel)

        def show(*, lively: bool = False, **changes: Any) -> None:
            with self._lock:
                if self._session is session and session.stage.cancel is cancel:
                    if lively:
                        self._touched = self._desk.monotonic()
                    self._publish(data={**self._view.data, **changes})

        def preview(picture: Picture | None) -> None:
            with self._lock:
                if self._session is session and session.stage.cancel is cancel:
                    for observer in self._previews:
                        observer(picture)

        stage = replace(stage, show=show, preview=preview)
        waits = step.waits_for_person(given)
        session.stage, session.waiting = stage, waits
        if by_person or not waits:
            self._publish(busy=not waits, error=None, warning_left=None)
        session.jobs.put(lambda: self._carry_out(session, step, merged(answers, kept), kept, stage))

    def _carry_out(self, session: Session, step: Step, answers: Answers, kept: Answers, stage: Stage) -> None:
        result: Answers | None = None
        failure: KioskError | None = None
        if stage.cancel.cancelled:
            forget(kept)
            return
        try:
            result = step.perform(replace(self._desk, stage=stage), answers) if step.perform else kept
        except Exception as error:  # noqa: BLE001  # the kiosk always goes on
            failure = self._reason(step, error)
        with self._lock:
            if self._session is not session or session.stage.cancel is not stage.cancel:
                forget(result or NOTHING)
                return
            session.waiting = False
            if failure is not None:
                self._touched = self._desk.monotonic()
                self._publish(busy=False, **said(failure, self._desk.moment))
            elif result is None:
                self._touched = self._desk.monotonic()
                self._publish(busy=False)
            else:
                self._go_on(session, step, result)

    def _go_on(self, session: Session, step: Step, result: Answers) -> None:
        answers = merged(session.answers, result)
        following = step.following(answers)
        if following is None:
            session.answers = answers
            tapped = self._submitted
            self._go_home()
            self._submitted = tapped  # the second half of a double tap must not land on the first page
            return
        session.history.append((step, session.answers))
        session.answers = answers
        self._publish(busy=True)
        self._enter(session, session.flow.step(following))

    def _reason(self, step: Step, error: Exception) -> KioskError:
        if isinstance(error, KioskError):
            log.info("step failed", step=step.name, reason=error.reason.value, detail=error.detail)
            return error
        if not (isinstance(error, DeviceError) and error.fault is Fault.CANCELLED):
            log.error("step broke", step=step.name, kind=type(error).__name__)
        return KioskError(Reason.UNEXPECTED)
