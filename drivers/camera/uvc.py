"""A USB camera through OpenCV: ``camera:///dev/v4l/by-id/…`` (the by-id path: numbers change at every start).

It runs in a process of its own (see ``helper``), from ``start`` to ``stop``: one that hangs is killed, and nothing of a
visit's pictures outlives it. A frame is read after it was asked for, so it is never old. A camera that stops or hangs
is opened again once. Pictures of a single colour and pictures that stand still are none.

Refused are virtual cameras (whatever program feeds them decides what is seen) and, under ``by-id``, two cameras that
are alike: ``/dev/v4l/by-path/…`` names the USB socket.
"""

from __future__ import annotations

import os
import threading
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.camera import helper
from drivers.camera.port import CameraCapabilities
from drivers.camera.watched import Reply, WatchedCapture
from drivers.device import Action, Cancel, Condition, DeviceError, DeviceState, Fault, Status
from drivers.loading import DeviceUrl, SharedPorts
from drivers.picture import Frame
from drivers.seams.sysfs import has_double

if TYPE_CHECKING:
    from drivers.picture import Picture

REAL = "drivers.camera.capture:open_v4l2"
SIMULATED = "drivers.camera.far_side:open_files"

_SLICE = 0.05
_FRESH = 0.3
_ATTEMPTS = 2

_TROUBLES = {
    "camera.silent": Action.STAFF,
    "camera.hung": Action.STAFF,
    "camera.blind": Action.STAFF,
    "camera.frozen": Action.STAFF,
    "camera.helper": Action.ENGINEER,
}


class UvcCamera:
    """One camera; the constructor opens nothing, and the light of the camera is off until ``start``.

    ``capture`` is the function that opens it in the helper process, ``module:function``. Seconds: a picture that is
    owed for ``hang`` means that the camera hangs (``first`` for the first one), ``patience`` without a good one that
    it is in trouble; after ``amends`` without being tried it may be well again.
    """

    def __init__(
        self,
        place: str,
        width: int = 640,
        height: int = 480,
        *,
        capture: str = REAL,
        sysfs: Path = Path("/sys"),
        first: float = 6.0,
        hang: float = 2.0,
        patience: float = 0.9,
        amends: float = 60.0,
    ) -> None:
        self._place = Path(place)
        self._size = (width, height)
        self._capture = capture
        self._sysfs = sysfs
        self._limits = (first, hang)
        self._patience = patience
        self._amends = amends
        self._lock = threading.Lock()
        self._opened = False
        self._run: object | None = None
        self._process: WatchedCapture | None = None
        self._stuck: list[WatchedCapture] = []
        self._attempts = 0
        self._numbered = 0
        self._last_sum = -1
        self._waits_since = 0.0
        self._seen = "camera.silent"
        self._broken: DeviceError | None = None
        self._trouble = ""
        self._trouble_at = 0.0

    @property
    def capabilities(self) -> CameraCapabilities:
        return CameraCapabilities(*self._size, real=self._capture == REAL)

    def open(self) -> None:
        """Looks whether the camera is there and real. Raises ABSENT, CONFIGURATION."""
        self._check()
        self._trouble = ""
        self._opened = True

    def close(self) -> None:
        self.stop()
        self._opened = False

    def forget(self) -> None:
        """Ends the process in which the pictures are."""
        self.stop()

    def probe(self) -> Status:
        """What the system and the last attempt say; never puts the camera's light on."""
        hindrance = self._hindrance()
        if hindrance is not None:
            code, fault, detail = hindrance
            if fault is Fault.ABSENT:
                return _status(DeviceState.ABSENT, code, Action.STAFF, detail)
            return _status(DeviceState.FAULT, code, Action.CONFIGURE, detail)
        trouble = self._trouble
        if not trouble:
            return Status(DeviceState.READY, detail=self._name())
        if time.monotonic() - self._trouble_at < self._amends:
            return _status(DeviceState.FAULT, trouble, _TROUBLES[trouble], self._name())
        return Status(DeviceState.IMPAIRED, (Condition(trouble, _TROUBLES[trouble]),), "it may be tried again")

    def start(self, timeout: float = 4.0, cancel: Cancel | None = None) -> None:
        """Opens the camera in its process and waits for the first picture, which nobody sees."""
        if not self._opened:
            raise DeviceError(Fault.ABSENT, "not open")
        with self._lock:
            if self._run is not None:
                return
            self._check()
            self._run = object()
            self._broken = None
            self._attempts = self._numbered = 0
            self._last_sum = -1
        try:
            self.frame(timeout, cancel).wipe()
        except DeviceError:
            self.stop()
            raise

    def stop(self) -> None:
        with self._lock:
            self._run = None
            self._end()

    def frame(self, timeout: float = 1.0, cancel: Cancel | None = None) -> Frame:
        """The next good picture. Raises NO_PICTURE (with a condition that says why), UNPLUGGED, CANCELLED."""
        cancel = cancel or Cancel()
        deadline = time.monotonic() + timeout
        with self._lock:
            run = self._run
            self._waits_since = time.monotonic()
        if run is None:
            raise DeviceError(Fault.NO_PICTURE, "the camera was not started")
        while True:
            cancel.check()
            with self._lock:
                if self._run is not run:
                    raise DeviceError(Fault.CANCELLED, "stopped")
                frame = self._step(min(deadline, time.monotonic() + _SLICE))
                now = time.monotonic()
                if frame is None and now >= deadline:
                    if now - self._waits_since >= self._patience:
                        self._in_trouble(self._seen)
                    raise DeviceError(Fault.NO_PICTURE, f"no good frame in time ({self._seen})")
            if frame is not None:
                return frame

    # With the lock held.

    def _step(self, until: float) -> Frame | None:
        """Waits a moment for a picture. Raises what ends the run."""
        if self._broken is not None:
            raise DeviceError(self._broken.fault, self._broken.detail)
        process = self._process or self._begin()
        process.ask()
        reply = process.wait(until)
        if reply is None and self._is_overdue(process):
            reply = process.wait(time.monotonic())  # what came while this machine was busy is no fault of the camera
            if reply is None:
                self._lost("camera.hung")
        if reply is None:
            return None
        now = time.monotonic()
        if reply.kind != helper.FRAME:
            self._lost("camera.silent")
            return None
        return self._judge(process.take(reply), reply, now)

    def _is_overdue(self, process: WatchedCapture) -> bool:
        limit = self._limits[1 if process.gave else 0]
        return process.asked_at is not None and time.monotonic() - process.asked_at >= limit

    def _judge(self, picture: Picture, reply: Reply, now: float) -> Frame | None:
        frame = Frame(picture, self._numbered + reply.number, reply.taken_at)
        total, last = zlib.crc32(picture.data), self._last_sum
        self._last_sum = total
        if now - reply.taken_at > _FRESH:
            useless = self._seen  # it was owed to a call that is over
        elif not (picture[::8, ::8] != picture[0, 0]).any():
            useless = "camera.blind"
        elif total == last:
            useless = "camera.frozen"
        else:
            self._attempts = 1
            self._trouble = ""
            self._seen = "camera.silent"
            return frame
        self._seen = useless
        frame.wipe()
        return None

    def _begin(self) -> WatchedCapture:
        self._stuck = [process for process in self._stuck if not process.end(0.1)]
        process = WatchedCapture(str(self._place.resolve()), self._size, self._capture)
        try:
            process.start()
        except OSError as error:
            self._in_trouble("camera.helper")
            self._broken = DeviceError(Fault.NO_PICTURE, type(error).__name__)
            raise self._broken from None
        self._process = process
        self._attempts += 1
        return process

    def _lost(self, trouble: str) -> None:
        """The camera stopped or hangs: it is opened again once. Raises UNPLUGGED, NO_PICTURE."""
        if self._process is not None:
            self._numbered += self._process.gave
        self._end()
        self._seen = trouble
        if not self._place.exists():
            self._broken = DeviceError(Fault.UNPLUGGED, "the camera is gone")
        elif self._attempts >= _ATTEMPTS:
            self._in_trouble(trouble)
            self._broken = DeviceError(Fault.NO_PICTURE, f"{trouble} after {self._numbered} frames")
        if self._broken is not None:
            raise DeviceError(self._broken.fault, self._broken.detail)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and not process.end():
            self._stuck.append(process)

    def _in_trouble(self, trouble: str) -> None:
        self._trouble, self._trouble_at = trouble, time.monotonic()

    # What the system knows about the camera.

    def _check(self) -> None:
        hindrance = self._hindrance()
        if hindrance is not None:
            raise DeviceError(*hindrance[1:])

    def _hindrance(self) -> tuple[str, Fault, str] | None:
        """Condition, fault and detail of what keeps this camera from being used at all."""
        if not self._place.exists():
            return "camera.absent", Fault.ABSENT, "no such camera"
        kind = self._sysfs / "class/video4linux"
        name = self._place.resolve().name
        if "/devices/virtual/" in str((kind / name).resolve()):
            return "camera.virtual", Fault.CONFIGURATION, "a virtual camera shows what a program makes up"
        if self._place.parent.name != "by-path" and has_double(kind, name):
            return "camera.alike", Fault.CONFIGURATION, "two cameras are alike: say which by /dev/v4l/by-path/…"
        if not os.access(self._place, os.R_OK):
            return "device.settings", Fault.CONFIGURATION, "no permission: the user needs the group video"
        return None

    def _name(self) -> str:
        try:
            return (self._sysfs / "class/video4linux" / self._place.resolve().name / "name").read_text("utf-8").strip()
        except OSError:
            return ""


def _status(state: DeviceState, code: str, action: Action, detail: str) -> Status:
    return Status(state, (Condition(code, action, blocking=True),), detail)


def make(url: DeviceUrl, options: Mapping[str, str], shared: SharedPorts) -> UvcCamera:
    """Options: ``width`` and ``height`` in pixels; 640 × 480 is enough for a face check. ``simulated=yes``: a twin."""
    del shared
    merged = {**url.options, **options}
    try:
        width, height = int(merged.pop("width", "640")), int(merged.pop("height", "480"))
        capture = {"yes": SIMULATED, "no": REAL}[merged.pop("simulated", "no")]
        if merged or not (16 <= width <= 4096 and 16 <= height <= 3072):
            raise ValueError
    except (KeyError, ValueError):
        raise DeviceError(
            Fault.CONFIGURATION, "a USB camera has width=16…4096, height=16…3072 (pixels) and simulated=yes|no"
        ) from None
    if url.scheme != "camera":
        raise DeviceError(Fault.CONFIGURATION, "a USB camera is camera:///dev/v4l/by-id/…")
    return UvcCamera(url.place, width, height, capture=capture)
