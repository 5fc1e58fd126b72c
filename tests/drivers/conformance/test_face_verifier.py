"""The face check from frames to an outcome, with a public-domain portrait and drawn faces."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import skimage.data

from drivers.camera.scene import load
from drivers.camera.variants import card_photo, variant
from drivers.face_verifier.liveness import Challenge, Liveness
from drivers.face_verifier.models import SFACE, default_folder
from drivers.face_verifier.networks import Networks
from drivers.face_verifier.opencv import OpenCvFaceVerifier, Settings
from drivers.face_verifier.port import FaceCheck, FaceOutcome, Hint
from drivers.face_verifier.quality import Face, openness

sys.path.insert(0, str(Path(__file__).parent))  # the neighbour below is a module of no package

from faces import PEOPLE, Frames, card_of, check, drawn, lively, verifier

if TYPE_CHECKING:
    from drivers.picture import Picture


@pytest.fixture(scope="module")
def networks() -> Networks:
    return Networks(default_folder())


@pytest.fixture(scope="module")
def astronaut() -> Picture:
    """Eileen Collins, NASA, public domain; ships inside the scikit-image wheel."""
    portrait = load(Path(skimage.data.__file__).parent / "astronaut.png")
    return variant(np.ascontiguousarray(portrait[:300, 80:370]), size=1.8)


@pytest.fixture(scope="module")
def astronaut_card(networks: Networks, astronaut: Picture) -> bytes:
    (face,) = networks.faces(astronaut)
    return card_photo(astronaut, face.box)


@pytest.fixture(scope="module")
def query() -> Iterator[OpenCvFaceVerifier]:
    """As for a query: without liveness."""
    made = verifier()
    yield made
    made.close()


# One to one.


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"light": 0.65},
        {"light": 1.25},
        {"size": 0.9},
        {"size": 1.4},
        {"quality": 25},
        {"shift": (60, 30)},
        {"light": 0.75, "size": 1.2, "quality": 40},
    ],
)
def test_a_portrait_on_a_card_of_1000_bytes_matches_changed_copies_of_itself(
    query: OpenCvFaceVerifier, astronaut: Picture, astronaut_card: bytes, change: dict[str, float]
) -> None:
    assert len(astronaut_card) <= 1000
    frames = (variant(astronaut, seed=seed, **change) for seed in range(12))  # type: ignore[arg-type]  # because of **
    assert check(query, astronaut_card, frames).outcome is FaceOutcome.MATCH


@pytest.mark.parametrize("person", PEOPLE)
def test_a_drawn_person_is_the_one_on_the_card_and_not_the_astronaut(
    query: OpenCvFaceVerifier, astronaut: Picture, astronaut_card: bytes, person: str
) -> None:
    assert check(query, card_of(person), lively(drawn(person), 12)).outcome is FaceOutcome.MATCH
    assert check(query, card_of(person), lively(astronaut, 12)).outcome is FaceOutcome.NO_MATCH
    assert check(query, astronaut_card, lively(drawn(person), 12)).outcome is FaceOutcome.NO_MATCH


STRANGERS = [("wang_fang", "zhao_min"), ("zhao_min", "wang_fang"), ("li_hua", "wang_fang")]


@pytest.mark.parametrize(("card", "person"), STRANGERS)
def test_two_drawn_people_are_two_people(query: OpenCvFaceVerifier, card: str, person: str) -> None:
    assert check(query, card_of(card), lively(drawn(person), 12)).outcome is FaceOutcome.NO_MATCH


def test_likeness_in_the_grey_zone_goes_to_a_person() -> None:
    result = check(verifier(grey=0.20), card_of("li_hua"), lively(drawn("zhao_min"), 14))
    assert result.outcome is FaceOutcome.UNSURE
    assert "likeness" in result.reasons


def test_the_result_has_no_score_and_says_how_it_was_made(query: OpenCvFaceVerifier) -> None:
    result = check(query, card_of("li_hua"), lively(drawn("li_hua"), 14))
    assert result.reasons == ("liveness-none",)
    assert result.version == "yunet-2023mar+sface-2021dec/none/0.400/0.30"
    assert set(FaceCheck.__dataclass_fields__) == {"outcome", "reasons", "version"}


def test_a_higher_threshold_turns_a_weak_match_into_unsure() -> None:
    strict = verifier(threshold=0.9)
    assert check(strict, card_of("zhao_min"), lively(drawn("zhao_min"), 14)).outcome is FaceOutcome.UNSURE


# What must be seen, and what is said meanwhile.


def test_one_second_and_three_views_of_one_track_are_needed(query: OpenCvFaceVerifier) -> None:
    camera = Frames(lively(drawn("li_hua"), 40))
    assert query.check(card_of("li_hua"), camera, 20).outcome is FaceOutcome.MATCH
    assert len(camera.given) >= 11


def test_somebody_who_steps_in_begins_anew_and_decides_alone(query: OpenCvFaceVerifier) -> None:
    pictures = [*lively(drawn("wang_fang"), 8), *lively(drawn("zhao_min"), 14)]
    assert check(query, card_of("wang_fang"), pictures).outcome is FaceOutcome.NO_MATCH


def hints(pictures: Iterable[Picture], made: OpenCvFaceVerifier) -> list[Hint]:
    said: list[Hint] = []
    made.check(card_of("li_hua"), Frames(pictures), 20, on_hint=said.append)
    return said


def test_hints_tell_the_person_what_to_do(query: OpenCvFaceVerifier) -> None:
    portrait = drawn("li_hua")
    nobody = np.full_like(portrait, 128)
    two = np.hstack([portrait, portrait])
    assert hints(lively(nobody, 3), query)[-1] is Hint.NO_FACE
    assert hints(lively(two, 3), query)[-1] is Hint.ONE_PERSON
    assert hints([variant(portrait, size=0.5, seed=seed) for seed in range(3)], query)[-1] is Hint.COME_CLOSER
    assert hints([variant(portrait, light=0.3, seed=seed) for seed in range(3)], query)[-1] is Hint.MORE_LIGHT
    assert hints(lively(drawn("wang_fang_left"), 3), query)[-1] is Hint.LOOK_HERE
    blurred = cv2.GaussianBlur(portrait, (41, 41), 0)
    blurry = verifier(gate=Settings().gate.__class__(sharpness=60))
    assert hints([np.asarray(blurred, np.uint8) + np.uint8(seed) for seed in range(3)], blurry)[-1] is Hint.HOLD_STILL


def test_a_hint_is_said_once_until_it_changes(query: OpenCvFaceVerifier) -> None:
    said = hints(lively(np.full_like(drawn("li_hua"), 128), 10), query)
    assert said == [Hint.LOOK_HERE, Hint.NO_FACE]


def test_when_time_is_up_a_person_decides(query: OpenCvFaceVerifier) -> None:
    nobody = cycle(lively(np.full((480, 640, 3), 128, np.uint8), 4))
    result = check(query, card_of("li_hua"), nobody, timeout=2.0)
    assert result.outcome is FaceOutcome.UNSURE
    assert result.reasons == ("time", "no-face")


# Liveness.


def asked(hint: Hint) -> Callable[[], Liveness]:
    return lambda: Challenge(lambda _: hint, seconds=3.0)


@pytest.mark.parametrize(
    ("hint", "answer"),
    [(Hint.TURN_LEFT, "wang_fang_left"), (Hint.TURN_RIGHT, "wang_fang_right"), (Hint.BLINK, "wang_fang_blink")],
)
def test_who_answers_the_challenge_is_compared(hint: Hint, answer: str) -> None:
    front = drawn("wang_fang")
    said: list[Hint] = []
    camera = Frames([*lively(front, 5), *lively(drawn(answer), 3), *lively(front, 12, first=50)])
    result = verifier(asked(hint)).check(card_of("wang_fang"), camera, 20, on_hint=said.append)
    assert result.outcome is FaceOutcome.MATCH
    assert result.reasons == ()
    assert hint in said


@pytest.mark.parametrize("shown", [3, 6, 9])
def test_nobody_answers_the_challenge_for_a_picture_that_was_shown_before(shown: int) -> None:
    picture = lively(drawn("wang_fang"), shown)
    turned = (variant(drawn("zhao_min_left"), seed=seed, size=0.93) for seed in range(3))
    somebody = (variant(drawn("zhao_min"), seed=seed, size=0.93) for seed in range(8))
    result = check(verifier(asked(Hint.TURN_LEFT)), card_of("wang_fang"), [*picture, *turned, *somebody])
    assert result.outcome is not FaceOutcome.MATCH


def test_a_picture_held_before_the_camera_is_rejected_without_details() -> None:
    still = cycle(lively(drawn("wang_fang"), 12))
    result = check(verifier(asked(Hint.TURN_LEFT)), card_of("wang_fang"), still)
    assert result.outcome is FaceOutcome.REJECTED_SPOOF
    assert result.reasons == ("liveness-challenge",)


def test_eyes_open_and_closed_are_told_apart(networks: Networks) -> None:
    for person in ("wang_fang", "zhao_min"):
        values = []
        for view in (person, f"{person}_blink"):
            picture = drawn(view)
            (face,) = networks.faces(picture)
            crop = cv2.cvtColor(networks.crop(picture, face), cv2.COLOR_BGR2GRAY)
            values.append(openness(np.asarray(crop, dtype=np.uint8)))
        assert values[1] < 0.6 * values[0]


# The networks as we use them.


@pytest.mark.parametrize("view", ["li_hua", "wang_fang_left", "zhao_min_right", "wang_fang_blink"])
def test_our_alignment_is_that_of_opencv(networks: Networks, view: str) -> None:
    picture = drawn(view)
    (face,) = networks.faces(picture)
    aligner = cv2.FaceRecognizerSF.create(str(default_folder() / SFACE.name), "")
    theirs = aligner.alignCrop(picture, np.asarray([face.row], np.float32))
    ours = networks.crop(picture, face)
    assert int(np.abs(ours.astype(int) - theirs).max()) <= 2
    assert float(networks.vector(ours) @ networks.vector(np.asarray(theirs, np.uint8))) > 0.9999


def test_a_face_is_found_in_the_pixels_of_the_large_frame(networks: Networks) -> None:
    picture = drawn("li_hua")
    large = np.asarray(cv2.resize(picture, None, fx=2, fy=2), np.uint8)
    (small_face,), (large_face,) = networks.faces(picture), networks.faces(large)
    assert large_face.eye_distance == pytest.approx(2 * small_face.eye_distance, rel=0.05)
    assert isinstance(large_face, Face)
