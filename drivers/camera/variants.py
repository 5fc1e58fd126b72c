"""Changed copies of a picture, for camera frames made from one portrait: light, size, compression, place, noise."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.picture import Picture

CARD_SIZE = (102, 126)
CARD_BYTES = 1000


def variant(
    picture: Picture,
    *,
    light: float = 1.0,
    size: float = 1.0,
    quality: int = 95,
    shift: tuple[int, int] = (0, 0),
    seed: int = 0,
) -> Picture:
    """The picture under other light, ``size`` times as large, JPEG-compressed, moved by pixels, with its own noise."""
    import cv2
    import numpy as np

    changed = cv2.resize(picture, None, fx=size, fy=size, interpolation=cv2.INTER_AREA if size < 1 else cv2.INTER_CUBIC)
    moved = np.roll(changed, shift, axis=(1, 0)).astype(np.float32) * light
    noisy = moved + np.random.default_rng(seed).integers(-3, 4, moved.shape, dtype=np.int8)
    _, packed = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)


def card_photo(picture: Picture, face: tuple[float, float, float, float]) -> bytes:
    """The head around ``face`` (x, y, width, height) as a WebP that fits into a simulated card's photo block.

    Raises ``ValueError`` when it does not fit at any quality.
    """
    import cv2
    from PIL import Image

    x, y, width, height = face
    tall = height * 1.9
    wide = tall * CARD_SIZE[0] / CARD_SIZE[1]
    left, top = max(0, int(x + width / 2 - wide / 2)), max(0, int(y + height / 2 - tall / 2))
    head = picture[top : top + int(tall), left : left + int(wide)]
    small = cv2.cvtColor(cv2.resize(head, CARD_SIZE, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
    for quality in range(80, 0, -2):
        stream = io.BytesIO()
        Image.fromarray(small).save(stream, "WEBP", quality=quality, method=6)
        if stream.tell() <= CARD_BYTES:
            return stream.getvalue()
    raise ValueError("the picture does not fit into a card")
