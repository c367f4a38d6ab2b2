"""Lines of people with known lines."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figures import CELL, PLAIN, Figure, flat, pictured, segmented
from framecue.composition.measure import measure
from framecue.composition.subject import Composition, Subject
from framecue.parts import Part, Segmentation

FINE = 0.25 * CELL  # what the maps alone must keep, pixels
STANDING = Figure(centre=320, top=60.3, height=350.4)


def only(composition: Composition) -> Subject:
    assert len(composition.subjects) == 1
    return composition.subjects[0]


def lines_of(figure: Figure) -> tuple[float, float, float]:
    """Head top, chin and foot as the figure has them: centres of its first and last pixels."""
    return figure.top + 0.5, figure.chin, figure.top + figure.height - 0.5


@settings(max_examples=60, deadline=None)
@given(st.floats(200, 440), st.floats(5, 120), st.floats(200, 340))
def test_lines_lie_between_the_cells(centre: float, top: float, height: float) -> None:
    """Wherever the person stands and however large, from the maps alone: the picture shows nothing."""
    figure = Figure(centre, top, height)
    subject = only(measure(flat(), segmented([figure]), PLAIN))
    head_top, chin, foot = lines_of(figure)
    assert subject.head_top_y == pytest.approx(head_top, abs=FINE)
    assert subject.chin_y == pytest.approx(chin, abs=0.4 * CELL)
    assert subject.foot_y == pytest.approx(foot, abs=FINE)
    assert subject.left_x == pytest.approx(centre - figure.half + 0.5, abs=FINE)
    assert subject.right_x == pytest.approx(centre + figure.half - 0.5, abs=FINE)
    assert not subject.cut
    assert subject.confidence > 0.9


@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 640), (1280, 960), (352, 288)])
def test_lines_scale_with_the_frame(width: int, height: int) -> None:
    figure = Figure(width / 2, height * 0.1, height * 0.75)
    maps = segmented([figure], width, height)
    subject = only(measure(flat(width, height), maps, PLAIN))
    assert subject.head_top_y == pytest.approx(lines_of(figure)[0], abs=FINE)
    assert subject.foot_y == pytest.approx(lines_of(figure)[2], abs=FINE)
    assert subject.foot_y is not None
    assert subject.chin_y is not None
    twice = only(measure(flat(2 * width, 2 * height), maps, PLAIN))
    assert twice.foot_y == pytest.approx(2 * subject.foot_y + 1, abs=0.1)
    assert twice.chin_y == pytest.approx(2 * subject.chin_y + 0.5, abs=0.1)


@pytest.mark.parametrize("off", [-4.0, -2.0, 0.0, 2.0, 4.0])
def test_the_picture_corrects_the_maps(off: float) -> None:
    seen = STANDING.moved(0, off)
    subject = only(measure(pictured([seen], flat()), segmented([STANDING]), PLAIN))
    head_top, _, foot = lines_of(seen)
    assert subject.head_top_y == pytest.approx(head_top, abs=1 + 0.25 * abs(off))
    assert subject.foot_y == pytest.approx(foot, abs=1 + 0.25 * abs(off))


@pytest.mark.parametrize("seed", range(4))
def test_a_textured_floor_does_not_mislead(seed: int) -> None:
    """Noise, stripes and shoes of the floor's own colours leave the line within a cell."""
    random = np.random.default_rng(seed)
    noise = random.integers(0, 256, (480, 640, 3), dtype=np.uint8)
    noise[::7] = (40, 60, 160)
    subject = only(measure(pictured([STANDING], noise), segmented([STANDING]), PLAIN))
    alike = only(measure(noise, segmented([STANDING]), PLAIN))
    for one in (subject, alike):
        assert one.head_top_y == pytest.approx(lines_of(STANDING)[0], abs=CELL)
        assert one.foot_y == pytest.approx(lines_of(STANDING)[2], abs=CELL)


def test_a_hand_above_the_head_is_not_its_top() -> None:
    raised = (STANDING.centre + 40, STANDING.top - 45, STANDING.centre + 52, STANDING.top + 90, Part.ARM)
    subject = only(measure(flat(), segmented([STANDING], bags=(raised,)), PLAIN))
    assert subject.head_top_y == pytest.approx(lines_of(STANDING)[0], abs=FINE)


@pytest.mark.parametrize(
    ("figure", "edge", "part"),
    [
        (STANDING.moved(0, 200), "bottom", Part.LEG),
        (STANDING.moved(0, 280), "bottom", Part.TORSO),
        (STANDING.moved(0, -85), "top", Part.FACE),
        (STANDING.moved(-300, 0), "left", Part.LEG),
        (STANDING.moved(275, 0), "right", Part.ARM),
    ],
)
def test_a_cut_names_the_edge_and_the_part(figure: Figure, edge: str, part: Part) -> None:
    subject = only(measure(flat(), segmented([figure]), PLAIN))
    assert dict(subject.cut) == {edge: part}
    assert (subject.head_top_y is None) == (edge == "top")
    assert (subject.foot_y is None) == (edge == "bottom")
    assert subject.heads is None or edge in ("left", "right")


@pytest.mark.parametrize("gap", [3.0, 5.0, 12.0])
def test_feet_right_above_the_edge_are_not_cut(gap: float) -> None:
    figure = STANDING.moved(0, 480 - STANDING.top - STANDING.height - gap)
    subject = only(measure(pictured([figure], flat()), segmented([figure]), PLAIN))
    assert not subject.cut
    assert subject.foot_y == pytest.approx(lines_of(figure)[2], abs=FINE)


def test_without_feet_there_is_no_foot_line() -> None:
    maps = segmented([STANDING])
    parts = maps.parts.copy()
    parts[parts == Part.FOOT] = Part.LEG
    subject = only(measure(flat(), replace(maps, parts=parts), PLAIN))
    assert subject.foot_y is None
    assert subject.head_top_y is not None


def test_a_face_turned_away_has_no_chin() -> None:
    subject = only(measure(flat(), segmented([replace(STANDING, face=False)]), PLAIN))
    assert subject.chin_y is None
    assert subject.heads is None
    assert subject.head_top_y == pytest.approx(lines_of(STANDING)[0], abs=FINE)


def test_a_model_that_tells_face_from_hair_gives_the_chin_by_the_face() -> None:
    figure = replace(STANDING, hair=True)
    subject = only(measure(flat(), segmented([figure], points=False), PLAIN))
    head_top, foot = lines_of(figure)[0], lines_of(figure)[2]
    assert subject.head_top_y == pytest.approx(head_top, abs=FINE)
    assert subject.foot_y == pytest.approx(foot, abs=FINE)
    assert subject.chin_y is not None
    assert 0.8 < (subject.chin_y - head_top) / figure.head < 1.02


def test_two_people_are_two_subjects() -> None:
    pair = [Figure(200, 80, 320), Figure(430, 110, 290)]
    found = sorted(measure(flat(), segmented(pair), PLAIN).subjects, key=lambda one: one.left_x)
    assert [one.head_top_y for one in found] == pytest.approx([80.5, 110.5], abs=FINE)
    assert [one.foot_y for one in found] == pytest.approx([399.5, 399.5], abs=FINE)
    assert [one.centre_x for one in found] == pytest.approx([200, 430], abs=FINE)


@pytest.mark.parametrize("apart", [75.0, 90.0, 150.0])
def test_people_who_touch_are_told_apart_by_their_heads(apart: float) -> None:
    pair = [Figure(320 - apart / 2, 80, 320), Figure(320 + apart / 2, 110, 290)]
    hands = (320 - apart / 2, 220, 320 + apart / 2, 240, Part.ARM)
    composition = measure(flat(), segmented(pair, bags=(hands,)), PLAIN)
    found = sorted(composition.subjects, key=lambda one: one.left_x)
    assert len(found) == 2
    for one, figure in zip(found, pair, strict=True):
        assert one.head_top_y == pytest.approx(lines_of(figure)[0], abs=CELL)
        assert one.chin_y == pytest.approx(lines_of(figure)[1], abs=CELL)
        assert one.foot_y == pytest.approx(lines_of(figure)[2], abs=CELL)
        assert one.centre_x == pytest.approx(figure.centre, abs=0.3 * apart)


def test_people_cheek_to_cheek_are_told_apart_by_their_noses() -> None:
    pair = [Figure(298, 40, 400), Figure(342, 40, 400)]
    found = sorted(measure(flat(), segmented(pair), PLAIN).subjects, key=lambda one: one.left_x)
    assert len(found) == 2
    for one, figure in zip(found, pair, strict=True):
        assert one.head_top_y == pytest.approx(lines_of(figure)[0], abs=CELL)
        assert one.chin_y == pytest.approx(lines_of(figure)[1], abs=CELL)
        assert one.left_x < figure.centre < one.right_x


def test_a_chin_outside_the_head_is_not_believed() -> None:
    maps = segmented([STANDING])
    elsewhere = segmented([STANDING.moved(0, 30)]).heatmaps
    shifted = maps.heatmaps | {"nose": elsewhere["nose"]}
    subject = only(measure(flat(), replace(maps, heatmaps=shifted), PLAIN))
    assert subject.chin_y is None
    assert subject.head_top_y is not None


def test_a_model_without_keypoints_has_a_chin_by_the_head() -> None:
    subject = only(measure(flat(), segmented([STANDING], points=False), PLAIN))
    assert subject.chin_y == pytest.approx(lines_of(STANDING)[1], abs=1.5 * CELL)


@pytest.mark.parametrize("centre", [110.0, 320.0, 500.0])
def test_a_passer_by_is_not_the_main_subject(centre: float) -> None:
    near, far = Figure(300, 60, 380), Figure(centre + 40, 150, 90)
    if abs(centre + 40 - 300) < 100:
        near = near.moved(-130, 0)
    composition = measure(flat(), segmented([far, near]), PLAIN)
    assert composition.main_subject is not None
    assert composition.main_subject.head_top_y == pytest.approx(60.5, abs=FINE)


def test_of_two_alike_the_one_in_the_middle_is_main() -> None:
    composition = measure(flat(), segmented([Figure(90, 80, 320), Figure(330, 80, 320)]), PLAIN)
    assert composition.main_subject is not None
    assert composition.main_subject.centre_x == pytest.approx(330, abs=FINE)


@pytest.mark.parametrize("out", [-1, 1])
def test_an_arm_held_out_does_not_move_where_somebody_stands(out: int) -> None:
    """Who waves stays in the middle: half of the body is on either side, however far one hand reaches."""
    maps = segmented([STANDING])
    row, column = round((STANDING.top + 0.25 * STANDING.height) / CELL), round(STANDING.centre / CELL)
    arm = (
        np.s_[row : row + 5, column : column + 42] if out > 0 else np.s_[row : row + 5, column - 42 : column]
    )
    person, parts = maps.person.copy(), maps.parts.copy()
    parts[arm] = np.where(parts[arm] == 0, Part.ARM, parts[arm])
    person[arm] = 1.0
    subject = only(measure(flat(), replace(maps, person=person, parts=parts), PLAIN))
    sides = (subject.left_x + subject.right_x) / 2
    assert abs(sides - STANDING.centre) > 50
    assert abs(subject.centre_x - STANDING.centre) < 15


@pytest.mark.parametrize("part", [Part.CARRIED, Part.ARM, Part.TORSO])
@pytest.mark.parametrize("gap", [-6.0, 30.0])
def test_a_bag_is_no_second_person(part: Part, gap: float) -> None:
    left = STANDING.centre + STANDING.half + gap
    subject = only(measure(flat(), segmented([STANDING], bags=((left, 200, left + 50, 280, part),)), PLAIN))
    widest = left + 50 if gap < 0 else STANDING.centre + STANDING.half
    assert subject.right_x == pytest.approx(widest - 0.5, abs=FINE)
    assert subject.head_top_y == pytest.approx(lines_of(STANDING)[0], abs=FINE)


def test_a_pattern_like_a_face_is_no_second_person() -> None:
    face = (STANDING.centre - 25, 220, STANDING.centre + 25, 280, Part.FACE)
    maps = segmented([STANDING], bags=(face,))
    parts = maps.parts.copy()
    parts[55:70, 74:86] = Part.FACE
    subject = only(measure(flat(), replace(maps, parts=parts), PLAIN))
    assert subject.foot_y == pytest.approx(lines_of(STANDING)[2], abs=FINE)


def test_legs_severed_by_a_belt_stay_with_their_body() -> None:
    maps = segmented([STANDING])
    parts, person = maps.parts.copy(), maps.person.copy()
    person[60:64], parts[60:64] = 0.05, 0
    subject = only(measure(flat(), replace(maps, parts=parts, person=person), PLAIN))
    assert subject.head_top_y == pytest.approx(lines_of(STANDING)[0], abs=FINE)
    assert subject.foot_y == pytest.approx(lines_of(STANDING)[2], abs=FINE)


def test_fur_without_keypoints_is_nobody() -> None:
    cat = ((200, 200, 400, 400, Part.TORSO), (260, 150, 330, 210, Part.FACE))
    maps = segmented([], bags=cat)
    assert measure(flat(), maps).subjects == ()


def test_nobody() -> None:
    composition = measure(flat(), segmented([]))
    assert composition == Composition(640, 480)
    assert composition.main is None


def test_somebody_everywhere() -> None:
    maps = Segmentation(np.full((30, 40), Part.TORSO, np.uint8), np.ones((30, 40), np.float32))
    subject = only(measure(flat(), maps))
    assert set(subject.cut) == {"top", "bottom", "left", "right"}
    assert (subject.head_top_y, subject.chin_y, subject.foot_y) == (None, None, None)
    assert (subject.left_x, subject.right_x) == (0, 639)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([(480, 640), (7, 5), (1, 1), (333, 41)]),
    st.booleans(),
)
def test_any_maps_give_finite_lines_in_the_frame(
    seed: int, rows: int, columns: int, size: tuple[int, int], points: bool
) -> None:
    random = np.random.default_rng(seed)
    person = random.random((rows, columns), np.float32)
    person[: rows // 2] = random.choice([0, 1, 0.5])
    parts = random.integers(0, len(Part), (rows, columns), dtype=np.uint8)
    names = ("nose", "left_eye", "right_eye", "left_shoulder", "right_shoulder", "left_hip")
    maps = {name: random.random((7, 9), np.float32) for name in names} if points else {}
    image = random.integers(0, 256, (*size, 3), dtype=np.uint8)
    composition = measure(image, Segmentation(parts, person, maps))
    assert (composition.main is None) == (not composition.subjects)
    for subject in composition.subjects:
        known = [y for y in (subject.head_top_y, subject.foot_y) if y is not None]
        assert all(-1 <= y <= size[0] for y in known)
        assert subject.left_x >= 0
        assert subject.right_x <= size[1] - 1
        assert subject.chin_y is None or np.isfinite(subject.chin_y)
        assert 0 <= subject.confidence <= 1
