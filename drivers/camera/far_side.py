"""What a simulated USB camera shows: stands for ``cv2.VideoCapture`` in the helper process, fed from a file.

The file (JSON) says what is before the lens and how the camera fails; it is read again when it changes. Pictures are
PPM files, so that the process needs neither OpenCV nor numpy. Without any it shows a test picture.
"""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

NOISY_ROW = 8
"""Where each picture has its number, so that no two are the same."""

_PPM = re.compile(rb"P6\s+(\d{1,5})\s+(\d{1,5})\s+255\s")


class CaptureFault(StrEnum):
    """How a camera fails at the edge to OpenCV."""

    NOT_OPEN = "not-open"
    """It cannot be opened: ``read`` gives nothing from the start."""
    HANGS = "hangs"
    """``read`` never comes back."""
    STOPS = "stops"
    """``read`` gives nothing any more."""
    RAISES = "raises"
    """``read`` raises, as OpenCV does with some cameras when their cable is pulled."""
    CRASHES = "crashes"
    """The process dies."""
    STALE = "stale"
    """The same picture again and again."""
    BLACK = "black"
    GREEN = "green"
    """All zeros in YUV: what cameras give before their first picture, or after a broken transfer."""
    SMALL = "small"
    """Pictures of 8 × 8."""
    GREY = "grey"
    """Pictures without colours."""


@dataclass(frozen=True, slots=True)
class View:
    """What is to be seen now."""

    pictures: tuple[str, ...] = ()
    fault: str = ""
    after: int = 0
    """So many good pictures come before the fault."""
    fps: float = 30.0


def read_view(place: Path) -> View:
    """Raises ``OSError`` when the camera is not there, ``ValueError`` for another file."""
    said = json.loads(place.read_text("utf-8"))
    return View(tuple(said["pictures"]), str(said["fault"]), int(said["after"]), float(said["fps"]))


class CaptureGoneError(Exception):
    """Stands for ``cv2.error``."""


class FileCapture:
    """One open camera."""

    def __init__(self, place: Path, width: int, height: int) -> None:
        self._place = place
        self._size = (width, height)
        self._view = read_view(place)
        self._changed_at = place.stat().st_mtime_ns
        self._number = 0
        self._pictures = [ppm(Path(name)) for name in self._view.pictures]

    def read(self) -> tuple[bool, memoryview | None]:
        time.sleep(1 / self._view.fps)
        try:
            changed_at = self._place.stat().st_mtime_ns
            if changed_at != self._changed_at:
                self._view, self._changed_at = read_view(self._place), changed_at
                self._pictures = [ppm(Path(name)) for name in self._view.pictures]
        except OSError:
            raise CaptureGoneError from None  # the plug was pulled
        self._number += 1
        return self._seen(self._view.fault if self._number > self._view.after else "")

    def release(self) -> None:
        self._pictures.clear()

    def _seen(self, fault: str) -> tuple[bool, memoryview | None]:
        width, height = self._size
        if fault == CaptureFault.HANGS:
            while True:
                time.sleep(60)
        if fault == CaptureFault.RAISES:
            raise CaptureGoneError
        if fault == CaptureFault.CRASHES:
            os._exit(139)
        if fault in {CaptureFault.STOPS, CaptureFault.NOT_OPEN}:
            return False, None
        if fault == CaptureFault.BLACK:
            return True, shaped(bytes(3 * width * height), width, height)
        if fault == CaptureFault.GREEN:
            return True, shaped(b"\x00\x87\x00" * (width * height), width, height)
        if fault == CaptureFault.SMALL:
            return True, shaped(bytes(range(192)), 8, 8)
        if fault == CaptureFault.GREY:
            return True, memoryview(bytes(width * height)).cast("B", (height, width))
        return True, self._picture(0 if fault == CaptureFault.STALE else self._number)

    def _picture(self, number: int) -> memoryview:
        if self._pictures:
            picture, width, height = self._pictures[number % len(self._pictures)]
        else:
            width, height = self._size
            picture = bytes(place * 255 // width for place in range(width) for _ in range(3)) * height
        noisy = bytearray(picture)
        place = 3 * width * NOISY_ROW
        noisy[place : place + 8] = number.to_bytes(8, "big")  # no two pictures of a sensor are the same
        return shaped(bytes(noisy), width, height)


def shaped(pixels: bytes, width: int, height: int) -> memoryview:
    """Bytes as the rows, columns and colours of a picture."""
    return memoryview(pixels).cast("B", (height, width, 3))


def ppm(file: Path) -> tuple[bytes, int, int]:
    """A picture file P6: blue-green-red bytes, width, height. Raises ``ValueError``."""
    data = file.read_bytes()
    head = _PPM.match(data)
    if head is None:
        raise ValueError("not a PPM file")
    width, height, pixels = int(head[1]), int(head[2]), data[head.end() :]
    if len(pixels) != 3 * width * height:
        raise ValueError("not a whole PPM file")
    turned = bytearray(pixels)
    turned[0::3], turned[2::3] = pixels[2::3], pixels[0::3]
    return bytes(turned), width, height


def open_files(place: str, width: int, height: int) -> FileCapture:
    """Opens what the file ``place`` describes."""
    return FileCapture(Path(place), width, height)
