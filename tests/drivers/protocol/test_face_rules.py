"""What a good view of a face is, and what a living one does: rules without pictures."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.face_verifier.liveness import CHALLENGES, Challenge, Glimpse, NoLiveness, Verdict
from drivers.face_verifier.port import Hint
from drivers.face_verifier.quality import Face, Gate, only_face


def face(
    eyes: float = 80.0,
    yaw: float = 0.0,
    lean: float = 0.0,
    *,
    width: float = 160.0,
    at: tuple[float, float] = (200, 150),
) -> Face:
    x, y = at
    right, left = (x, y), (x + eyes, y + lean)
    nose = ((right[0] + left[0]) / 2 + yaw * eyes, y + 45)
    points = (*right, *left, *nose, x + 10, y + 90, x + eyes - 10, y + 90)
    return Face.from_row((x - 40, y - 60, width, width * 1.3, *points, 0.9))


def test_geometry_is_that_of_the_five_points() -> None:
    seen = face(80, yaw=0.4)
    assert seen.eye_distance == pytest.approx(80)
    assert seen.yaw == pytest.approx(0.4)
    assert seen.roll == pytest.approx(0)
    assert face(80, lean=80).roll == pytest.approx(45)


@given(st.floats(20, 200), st.floats(-0.6, 0.6), st.floats(0.1, 1.0))
def test_a_face_found_in_a_smaller_picture_is_the_same_face(eyes: float, yaw: float, scale: float) -> None:
    large = face(eyes, yaw)
    small = Face.from_row([*(number * scale for number in large.row[:14]), large.score], scale)
    assert small.eye_distance == pytest.approx(large.eye_distance)
    assert small.yaw == pytest.approx(large.yaw, abs=1e-6)
    assert small.overlap(large) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("seen", "hint"),
    [
        (face(80), None),
        (face(59), Hint.COME_CLOSER),
        (face(80, yaw=0.16), Hint.LOOK_HERE),
        (face(80, yaw=-0.16), Hint.LOOK_HERE),
        (face(80, lean=30), Hint.LOOK_HERE),
    ],
)
def test_the_gate_says_what_to_change_about_the_pose(seen: Face, hint: Hint | None) -> None:
    assert Gate().pose(seen) is hint


@pytest.mark.parametrize(
    ("light", "sharpness", "hint"),
    [(120, 100, None), (59, 100, Hint.MORE_LIGHT), (201, 100, Hint.LESS_LIGHT), (120, 5, Hint.HOLD_STILL)],
)
def test_the_gate_says_what_to_change_about_light_and_stillness(
    light: float, sharpness: float, hint: Hint | None
) -> None:
    assert Gate().view(light, sharpness) is hint


def test_one_person_stands_in_front_and_the_queue_behind_does_not_count() -> None:
    front, behind, beside = face(), face(width=60, at=(400, 100)), face(width=150, at=(450, 150))
    assert only_face([]) is Hint.NO_FACE
    assert only_face([behind, front]) is front
    assert only_face([front, beside]) is Hint.ONE_PERSON


def test_faces_in_other_places_do_not_overlap() -> None:
    assert face().overlap(face(at=(600, 400))) == 0
    assert face().overlap(face(at=(210, 150))) > 0.7


# Liveness.


def watch(challenge: Challenge, glimpses: Sequence[tuple[float, float]], start: float = 0.0) -> list[Verdict]:
    """Lets it see (yaw, openness) ten times a second."""
    return [
        challenge.observe(Glimpse(start + number / 10, yaw, openness, frontal=abs(yaw) <= 0.15))
        for number, (yaw, openness) in enumerate(glimpses)
    ]


def asking(hint: Hint) -> Challenge:
    return Challenge(lambda _: hint)


FRONT = [(0.01, 0.3), (0.02, 0.31), (0.0, 0.3)]


@pytest.mark.parametrize(
    ("hint", "answer"),
    [
        (Hint.TURN_LEFT, [(0.1, 0.3), (0.2, 0.3), (0.3, 0.3), (0.2, 0.3)]),
        (Hint.TURN_RIGHT, [(-0.1, 0.3), (-0.26, 0.3), (-0.1, 0.3)]),
        (Hint.BLINK, [(0.01, 0.1), (0.01, 0.09), (0.02, 0.3)]),
    ],
)
def test_who_does_what_is_asked_and_looks_here_again_is_alive(hint: Hint, answer: list[tuple[float, float]]) -> None:
    challenge = asking(hint)
    verdicts = watch(challenge, [*FRONT, *answer, *FRONT])
    assert challenge.hint is Hint.LOOK_HERE
    assert verdicts[-1] is Verdict.LIVE
    assert set(verdicts[: len(FRONT) + len(answer)]) == {Verdict.PENDING}


@pytest.mark.parametrize("hint", CHALLENGES)
def test_a_still_picture_is_a_spoof(hint: Hint) -> None:
    assert watch(asking(hint), [(0.01, 0.3), (0.012, 0.3)] * 60)[-1] is Verdict.SPOOF


@pytest.mark.parametrize("hint", CHALLENGES)
def test_who_moves_and_does_not_do_it_is_unsure_and_goes_to_a_person(hint: Hint) -> None:
    wobbling = [(0.05, 0.3), (-0.05, 0.28), (0.09, 0.3), (-0.02, 0.29)] * 30
    assert watch(asking(hint), wobbling)[-1] is Verdict.UNSURE


def test_who_mixes_up_left_and_right_gets_the_other_side_once() -> None:
    sides: list[Sequence[Hint]] = []

    def choose(hints: Sequence[Hint]) -> Hint:
        sides.append(hints)
        return Hint.TURN_LEFT if len(sides) == 1 else hints[0]

    challenge = Challenge(choose)
    watch(challenge, [*FRONT, (-0.3, 0.3)])
    assert challenge.hint is Hint.TURN_RIGHT
    assert list(sides[1]) == [Hint.TURN_RIGHT]
    assert watch(challenge, [(0.0, 0.3), (-0.3, 0.3), *FRONT], 1.0)[-1] is Verdict.LIVE


def test_the_challenge_is_chosen_among_all_three() -> None:
    seen: list[Sequence[Hint]] = []

    def choose(hints: Sequence[Hint]) -> Hint:
        seen.append(hints)
        return hints[0]

    watch(Challenge(choose), FRONT)
    assert tuple(seen[0]) == CHALLENGES


def test_eyes_that_cannot_be_measured_are_not_asked_to_blink() -> None:
    seen: list[Sequence[Hint]] = []

    def choose(hints: Sequence[Hint]) -> Hint:
        seen.append(hints)
        return hints[-1]

    watch(Challenge(choose), [(0.0, 0.0)] * 3)
    assert Hint.BLINK not in seen[0]


def test_without_liveness_everybody_counts_as_alive_and_the_name_says_so() -> None:
    assert NoLiveness().observe(Glimpse(0, 0, None, frontal=True)) is Verdict.LIVE
    assert NoLiveness.name == "none"
