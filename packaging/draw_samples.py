"""Draws the people of the demo: invented faces, drawn by this script, nobody's portrait.

    python packaging/draw_samples.py [FOLDER]

Writes for every person ``<person>.jpg`` (what a camera sees), ``_left``, ``_right`` (the head turned) and ``_blink``
(eyes closed), and ``<person>.webp`` (at most 1,000 bytes, 102 × 126, for the photo block of a simulated card).
The same numbers give the same pictures.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "samples" / "cards"
SIZE = (480, 592)
FINE = 2
CARD_SIZE = (102, 126)
CARD_BYTES = 1000

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Person:
    """What one drawn face looks like; lengths in parts of the face's half width."""

    name: str
    skin: Colour
    hair: Colour
    jaw: float
    length: float
    eye_gap: float
    eye_width: float
    eye_height: float
    brow: float
    brow_tilt: float
    nose_width: float
    nose_length: float
    mouth_width: float
    lips: Colour
    lip: float
    fringe: float
    long_hair: bool = False
    bald: bool = False
    glasses: bool = False
    beard: bool = False
    full_beard: bool = False
    coat: Colour = (40, 52, 84)
    eyes_closed: bool = False
    turn: float = 0.0
    """Degrees to the person's own left; only what lies in front (eyes, nose, mouth) moves."""


PERSONS = (
    Person(
        "li_hua", (176, 124, 92), (28, 24, 24), jaw=0.89, length=1.413, eye_gap=0.452, eye_width=0.24, eye_height=0.10,
        brow=0.139, brow_tilt=0.04, nose_width=0.146, nose_length=0.557, mouth_width=0.46,
        lips=(120, 70, 66), lip=0.139, fringe=0.516, bald=True, glasses=True, beard=True, full_beard=True,
    ),
    Person(
        "wang_fang", (226, 184, 154), (24, 20, 22), jaw=0.635, length=1.393, eye_gap=0.488, eye_width=0.208,
        eye_height=0.142, brow=0.033, brow_tilt=0.017, nose_width=0.179, nose_length=0.519, mouth_width=0.282,
        lips=(196, 70, 84), lip=0.146, fringe=0.609, long_hair=True, coat=(150, 62, 78),
    ),
    Person(
        "zhao_min", (206, 160, 126), (190, 190, 188), jaw=0.79, length=1.162, eye_gap=0.383, eye_width=0.288,
        eye_height=0.089, brow=0.064, brow_tilt=-0.074, nose_width=0.29, nose_length=0.604, mouth_width=0.447,
        lips=(176, 98, 92), lip=0.091, fringe=0.492, glasses=True, beard=True, coat=(72, 84, 72),
    ),
)  # fmt: skip


def portrait(person: Person) -> Image.Image:
    """The person, head and shoulders, on the light blue of an ID picture's background."""
    width, height = SIZE[0] * FINE, SIZE[1] * FINE
    image = Image.new("RGB", (width, height), (214, 226, 238))
    canvas = _Canvas(image, width / 2, height * 0.47, width * 0.25)
    _hair_behind(canvas, person)
    _shoulders(canvas, person)
    _head(canvas, person)
    canvas.turn(person.turn, person.nose_length)
    for side in (-1, 1):
        _eye(canvas, person, side)
    _nose(canvas, person)
    _mouth(canvas, person)
    if person.glasses:
        _glasses(canvas, person)
    canvas.turn(0.0, person.nose_length)
    _hair_in_front(canvas, person)
    image = image.filter(ImageFilter.GaussianBlur(FINE * 0.7)).resize(SIZE, Image.Resampling.LANCZOS)
    grain = np.random.default_rng(len(person.name)).normal(0, 2.0, (SIZE[1], SIZE[0], 3))
    return Image.fromarray(np.clip(np.asarray(image, dtype=np.float64) + grain, 0, 255).astype(np.uint8))


def card_photo(picture: Image.Image) -> bytes:
    """The head as a WebP of at most 1,000 bytes, as small as a chip's photo."""
    width, height = picture.size
    box = (int(width * 0.14), int(height * 0.08), int(width * 0.86), int(height * 0.97))
    small = picture.crop(box).resize(CARD_SIZE, Image.Resampling.LANCZOS)
    for quality in range(80, 0, -2):
        stream = io.BytesIO()
        small.save(stream, "WEBP", quality=quality, method=6)
        if stream.tell() <= CARD_BYTES:
            return stream.getvalue()
    raise ValueError("the picture does not fit into a card")


class _Canvas:
    """Draws in face units: x and y in half face widths from the middle of the face."""

    def __init__(self, image: Image.Image, x: float, y: float, unit: float) -> None:
        self.image = image
        self.x, self.y, self.unit = x, y, unit
        self._angle = self._tip = 0.0

    def turn(self, degrees: float, tip: float) -> None:
        """From now on everything is drawn on a ball with a nose at height ``tip``, turned by so much."""
        self._angle, self._tip = np.deg2rad(degrees), tip

    def points(self, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(self.x + self._turned(x, y) * self.unit, self.y + y * self.unit) for x, y in points]

    def _turned(self, x: float, y: float) -> float:
        if not self._angle:
            return x
        ball = np.sqrt(max(0.0, 1 - 0.9 * x * x - (y / 1.4) ** 2))
        nose = 0.6 * np.exp(-((x / 0.3) ** 2) - ((y - self._tip) / 0.3) ** 2)
        return float(x * np.cos(self._angle) + (0.55 * ball + nose) * np.sin(self._angle))

    def mask(self, points: list[tuple[float, float]], soft: float = 0.0, strength: float = 1.0) -> Image.Image:
        mask = Image.new("L", self.image.size, 0)
        ImageDraw.Draw(mask).polygon(self.points(points), fill=round(255 * strength))
        return mask.filter(ImageFilter.GaussianBlur(soft * self.unit)) if soft else mask

    def shape(
        self,
        points: list[tuple[float, float]],
        colour: Colour,
        *,
        soft: float = 0.0,
        strength: float = 1.0,
        within: Image.Image | None = None,
    ) -> None:
        """A filled outline; ``soft`` blurs its edge, ``strength`` lets what is below show through."""
        mask = self.mask(points, soft, strength)
        if within is not None:
            mask = ImageChops.multiply(mask, within)
        self.image.paste(Image.new("RGB", self.image.size, colour), mask=mask)

    def line(self, points: list[tuple[float, float]], colour: Colour, width: float) -> None:
        ImageDraw.Draw(self.image).line(self.points(points), fill=colour, width=round(width * self.unit), joint="curve")


def _oval(x: float, y: float, width: float, height: float, *, lower: float | None = None) -> list[tuple[float, float]]:
    """An ellipse, its lower half with another height if wished."""
    angles = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    below = height if lower is None else lower
    return [(x + width * np.cos(a), y + (below if np.sin(a) > 0 else height) * np.sin(a)) for a in angles]


def _smooth(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Rounds the corners of an outline (Chaikin, three times)."""
    for _ in range(3):
        rounded = []
        for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
            rounded += [(ax * 0.75 + bx * 0.25, ay * 0.75 + by * 0.25), (ax * 0.25 + bx * 0.75, ay * 0.25 + by * 0.75)]
        points = rounded
    return points


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (max(0, min(255, round(part * factor))) for part in colour)
    return red, green, blue


def _outline(person: Person) -> list[tuple[float, float]]:
    """The face: wide at the cheekbones, narrower at the jaw."""
    points = []
    for angle in np.linspace(0, 2 * np.pi, 120, endpoint=False):
        x, y = float(np.cos(angle)), float(np.sin(angle))
        if y > 0:
            x *= 1 - (1 - person.jaw) * y**1.5
            y *= person.length * (0.93 + 0.07 * abs(x))
        else:
            y *= 1.15
        points.append((x, y))
    return points


def _shoulders(canvas: _Canvas, person: Person) -> None:
    neck = _shade(person.skin, 0.80)
    body = [(-2.3, 3.2), (-2.0, 2.0), (-0.9, 1.62), (-0.4, 1.45), (0.4, 1.45), (0.9, 1.62), (2.0, 2.0), (2.3, 3.2)]
    canvas.shape(_smooth(body), person.coat, soft=0.01)
    canvas.shape([(-0.48, 0.9), (-0.5, 1.6), (0.0, 1.95), (0.5, 1.6), (0.48, 0.9)], neck, soft=0.04)
    canvas.shape([(-0.62, 1.5), (0.0, 2.1), (-0.25, 2.4)], (240, 242, 244), soft=0.01)
    canvas.shape([(0.62, 1.5), (0.0, 2.1), (0.25, 2.4)], (240, 242, 244), soft=0.01)


def _hair_behind(canvas: _Canvas, person: Person) -> None:
    if person.long_hair:
        canvas.shape(_oval(0, 0.1, 1.24, 1.5, lower=1.75), _shade(person.hair, 0.9), soft=0.05)
    elif not person.bald:
        canvas.shape(_oval(0, -0.25, 1.10, 1.18, lower=0.6), person.hair, soft=0.03)
    for side in (-1, 1):
        canvas.shape(_oval(side * 1.0, 0.08, 0.13, 0.26), _shade(person.skin, 0.86), soft=0.02)


def _head(canvas: _Canvas, person: Person) -> None:
    outline = _outline(person)
    face = canvas.mask(outline, soft=0.02)
    canvas.shape(outline, _shade(person.skin, 0.78), soft=0.02)
    canvas.shape([(x * 0.94, y * 0.95 - 0.03) for x, y in outline], person.skin, soft=0.10)
    canvas.shape(_oval(0, -0.55, 0.55, 0.28), _shade(person.skin, 1.06), soft=0.16, strength=0.8)
    for side in (-1, 1):
        canvas.shape(_oval(side * 0.56, 0.36, 0.24, 0.2), (224, 140, 124), soft=0.14, strength=0.35, within=face)
        canvas.shape(
            _oval(side * 0.80, 0.62, 0.14, 0.34), _shade(person.skin, 0.78), soft=0.12, strength=0.7, within=face
        )
        canvas.shape(
            _oval(side * person.eye_gap, -0.06, 0.30, 0.19),
            _shade(person.skin, 0.78),
            soft=0.09,
            strength=0.75,
            within=face,
        )
    if person.beard:
        beard = _shade(person.hair, 0.8)
        canvas.shape(_oval(0, 0.98, 0.55, 0.26), beard, soft=0.12, strength=0.6, within=face)
        canvas.shape(_oval(0, 0.62, 0.34, 0.05), beard, soft=0.04, strength=0.75)
    if person.full_beard:
        jaw = [(-1.0, 0.25), (-0.82, 0.55), (-0.5, 0.62), (0, 0.60), (0.5, 0.62), (0.82, 0.55), (1.0, 0.25)]
        chin = [(0.95, 1.0), (0.5, 1.55), (0, 1.7), (-0.5, 1.55), (-0.95, 1.0)]
        canvas.shape(_smooth([*jaw, *chin]), _shade(person.hair, 1.1), soft=0.03, strength=0.95, within=face)


def _eye(canvas: _Canvas, person: Person, side: int) -> None:
    x, width, height = side * person.eye_gap, person.eye_width, person.eye_height
    dark = (30, 22, 20)
    top = [(x + width * t, -height * (1 - t * t)) for t in np.linspace(-1, 1, 30)]
    bottom = [(x + width * t, height * 0.75 * (1 - t * t)) for t in np.linspace(1, -1, 30)]
    if person.eyes_closed:
        canvas.line([(px, -py * 0.5) for px, py in top], _shade(person.skin, 0.42), 0.035)
    else:
        canvas.shape(top + bottom, (244, 240, 238), soft=0.006)
        lid = Image.new("L", canvas.image.size, 0)
        ImageDraw.Draw(lid).polygon(canvas.points(top + bottom), fill=255)
        for radius, colour in ((0.135, (74, 48, 34)), (0.115, (52, 34, 26)), (0.062, (12, 10, 10))):
            iris = Image.new("L", canvas.image.size, 0)
            ImageDraw.Draw(iris).polygon(canvas.points(_oval(x, -0.01, radius, radius)), fill=255)
            canvas.image.paste(Image.new("RGB", canvas.image.size, colour), mask=ImageChops.multiply(iris, lid))
        canvas.shape(_oval(x + 0.04, -0.045, 0.022, 0.022), (250, 250, 250))
        canvas.line(top, dark, 0.04)
        canvas.line(bottom, _shade(person.skin, 0.62), 0.015)
    canvas.line([(px, py - 0.075) for px, py in top], _shade(person.skin, 0.70), 0.018)
    brow_top = -height - 0.27
    inner, outer = x - side * width * 1.05, x + side * width * 1.25
    canvas.shape(
        _smooth(
            [
                (inner, brow_top + person.brow_tilt + person.brow),
                (inner, brow_top + person.brow_tilt - person.brow * 0.4),
                (x + side * width * 0.4, brow_top - person.brow_tilt * 0.4 - person.brow),
                (outer, brow_top + 0.06),
                (x + side * width * 0.4, brow_top - person.brow_tilt * 0.4 + person.brow * 0.5),
            ]
        ),
        _shade(person.hair, 0.9),
        soft=0.018,
        strength=0.92,
    )


def _nose(canvas: _Canvas, person: Person) -> None:
    tip, half = person.nose_length, person.nose_width
    shadow = _shade(person.skin, 0.70)
    for side in (-1, 1):
        canvas.shape(
            [
                (side * 0.10, -0.10),
                (side * 0.17, -0.02),
                (side * half * 0.9, tip - 0.10),
                (side * half * 0.4, tip - 0.08),
            ],
            shadow,
            soft=0.06,
            strength=0.55,
        )
        canvas.shape(_oval(side * half * 0.85, tip - 0.05, 0.075, 0.07), shadow, soft=0.03, strength=0.7)
        canvas.shape(_oval(side * half * 0.5, tip + 0.015, 0.055, 0.026), (74, 40, 34), soft=0.012, strength=0.9)
    canvas.shape(
        [(-0.05, -0.05), (0.05, -0.05), (0.07, tip - 0.1), (-0.07, tip - 0.1)], _shade(person.skin, 1.12), soft=0.05
    )
    canvas.shape(_oval(0, tip - 0.08, half * 0.55, 0.09), _shade(person.skin, 1.10), soft=0.05, strength=0.8)
    canvas.shape(_oval(0, tip + 0.07, half * 0.9, 0.04), shadow, soft=0.04, strength=0.6)


def _mouth(canvas: _Canvas, person: Person) -> None:
    y, half, lip = person.nose_length + 0.30, person.mouth_width, person.lip
    upper = [(-half, y), (-half * 0.4, y - lip * 0.8), (0, y - lip * 0.55), (half * 0.4, y - lip * 0.8), (half, y)]
    lower = [(half, y), (half * 0.5, y + lip * 0.95), (0, y + lip * 1.2), (-half * 0.5, y + lip * 0.95), (-half, y)]
    canvas.shape(upper + lower, person.lips, soft=0.015)
    canvas.shape(_oval(0, y + lip * 0.6, half * 0.4, lip * 0.3), _shade(person.lips, 1.25), soft=0.03, strength=0.7)
    canvas.line(
        [(half * t, y + 0.03 * (1 - t * t) - 0.015) for t in np.linspace(-1, 1, 20)], _shade(person.lips, 0.45), 0.025
    )
    canvas.shape(_oval(0, y + lip * 1.2 + 0.06, half * 0.55, 0.035), _shade(person.skin, 0.72), soft=0.04, strength=0.6)


def _hair_in_front(canvas: _Canvas, person: Person) -> None:
    if person.bald:
        return
    top = -person.fringe
    points = [(-1.06, 0.05), (-1.14, -0.5), (-0.95, -1.2), (-0.35, -1.5), (0.35, -1.5), (0.95, -1.2), (1.14, -0.5)]
    points += [(1.06, 0.05), (0.97, -0.30), (0.80, top - 0.02), (0.3, top + 0.03), (-0.2, top - 0.18), (-0.8, top)]
    canvas.shape(_smooth([*points, (-0.97, -0.30)]), person.hair, soft=0.015)
    canvas.shape(_oval(-0.25, -1.12, 0.5, 0.10), _shade(person.hair, 1.9), soft=0.12, strength=0.45)


def _glasses(canvas: _Canvas, person: Person) -> None:
    frame = (38, 38, 42)
    for side in (-1, 1):
        ring = _oval(side * person.eye_gap, 0.02, 0.34, 0.25)
        canvas.line([*ring, ring[0]], frame, 0.035)
        canvas.line([(side * (person.eye_gap + 0.34), -0.03), (side * 1.0, -0.06)], frame, 0.035)
    canvas.line([(-person.eye_gap + 0.34, 0.0), (person.eye_gap - 0.34, 0.0)], frame, 0.035)


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if arguments else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for person in PERSONS:
        views = {"": person, "_left": replace(person, turn=62.0), "_right": replace(person, turn=-54.0)}
        views["_blink"] = replace(person, eyes_closed=True)
        for view, seen in views.items():
            portrait(seen).save(folder / f"{person.name}{view}.jpg", quality=88, optimize=True)
        photo = card_photo(portrait(person))
        (folder / f"{person.name}.webp").write_bytes(photo)
        print(f"{person.name}: {len(views)} views, card photo of {len(photo)} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
