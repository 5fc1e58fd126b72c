"""The process in which a camera runs: ``drivers.camera.helper PLACE WIDTH HEIGHT MODULE:FUNCTION REPLY MEMORY``.

A camera's driver can hang in the kernel, and OpenCV can crash; a thread could not be ended then, and the camera would
stay taken. So it runs here, is killed when it hangs, and takes every picture of a visit with it when it ends.

On standard input each byte asks for one picture; it is read after it was asked for, put into the shared memory
(descriptor MEMORY) and announced on descriptor REPLY. End of file ends the process at once, also in the middle of a
hanging call. All pictures that nobody asks for are read and dropped, so that none is ever old.
"""

from __future__ import annotations

import importlib
import mmap
import os
import resource
import struct
import sys
import threading
import time
from typing import Any

from drivers.camera.capture import Capture

REPLY = struct.Struct("<cIIId")
"""Kind, number of the picture, height, width, ``time.monotonic()`` when it was taken (one clock for all processes)."""

FRAME, NO_FRAME, ODD_FRAME, BROKEN = b"F", b"N", b"O", b"B"
CAPACITY = 3 * 4096 * 3072
SMALLEST = 16


class Answering:
    """What was asked for on standard input, seen by a thread of its own."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    def listen(self) -> None:
        """Ends the process when the other side is gone."""
        while os.read(0, 64):
            self.asked.set()
        os._exit(0)


def main(place: str, width: str, height: str, factory: str, reply: str, memory: str) -> None:
    """Reads until there is no picture any more, and says why."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # should OpenCV crash, no picture is written to a file
    answering = Answering()
    threading.Thread(target=answering.listen, daemon=True).start()
    module, _, name = factory.partition(":")
    number = 0
    kind = BROKEN
    try:
        capture: Capture = getattr(importlib.import_module(module), name)(place, int(width), int(height))
        with mmap.mmap(int(memory), CAPACITY) as shared:
            while True:
                good, picture = capture.read()
                if not good or picture is None:
                    kind = NO_FRAME
                    break
                number += 1
                if answering.asked.is_set():
                    answering.asked.clear()
                    size = put(picture, shared)
                    if size is None:
                        kind = ODD_FRAME
                        break
                    os.write(int(reply), REPLY.pack(FRAME, number, *size, time.monotonic()))
    except Exception:  # noqa: BLE001  # whatever OpenCV raises when a cable is pulled: the same as no picture
        kind = BROKEN
    os.write(int(reply), REPLY.pack(kind, number, 0, 0, time.monotonic()))
    os._exit(0)  # no clean end: releasing a camera may hang, too


def put(picture: Any, shared: mmap.mmap) -> tuple[int, int] | None:
    """Copies a picture into the shared memory; None when it is no picture of a usable size."""
    view = memoryview(picture)
    shape = view.shape or ()
    if len(shape) != 3 or view.itemsize != 1 or shape[2] != 3 or min(shape[:2]) < SMALLEST or view.nbytes > CAPACITY:
        return None
    height, width, _ = shape
    shared[: view.nbytes] = view.tobytes() if not view.c_contiguous else view.cast("B")
    return height, width


if __name__ == "__main__":
    main(*sys.argv[1:])
