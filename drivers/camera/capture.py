"""The edge to OpenCV: what opens a camera and gives one picture after the other. Runs in the helper process only."""

from __future__ import annotations

from typing import Any, Protocol


class Capture(Protocol):
    """What ``cv2.VideoCapture`` is for us. Every call may hang for ever."""

    def read(self) -> tuple[bool, Any]:
        """Waits for the next picture: height × width × 3 bytes, blue-green-red; (False, None) when there is none."""
        ...

    def release(self) -> None: ...


def open_v4l2(place: str, width: int, height: int) -> Capture:
    """A camera of the kernel. MJPG, because uncompressed pictures of several cameras do not fit on one USB bus."""
    import cv2  # costs 400 ms and 60 MB, so only once a citizen has agreed, and in a process that ends with the visit

    capture = cv2.VideoCapture(place, cv2.CAP_V4L2)
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture
