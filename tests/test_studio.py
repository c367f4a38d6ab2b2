"""The studio shows people where a pinhole camera would, and knows exactly what it shows."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framecue.composition.geometry import Pinhole
from framecue.parts import Part
from framecue.studio import Person, Room, Scene, Studio, View, render

FRONT = Pinhole(480, 640, 48.0, z=-3.0, y=1.0, pitch_deg=-2.0)


@pytest.fixture(scope="module")
def one() -> Studio:
    return Studio(Scene(people=(Person(bag="handbag"),), room=Room(furnished=False)))


@pytest.fixture(scope="module")
def three() -> Studio:
    return Studio(Scene.random(2, people=3))


def rows_of(view: View, *parts: Part, person: int = 1) -> np.ndarray:
    """Rows in which a person's parts are seen."""
    return np.flatnonzero((np.isin(view.parts, parts) & (view.owner == person)).any(axis=1))


def test_a_view_holds_picture_parts_and_depth_of_the_pinholes_size(one: Studio) -> None:
    view = one.view(FRONT)
    assert view.image.shape == (640, 480, 3)
    assert view.image.dtype == np.uint8
    assert view.parts.shape == view.owner.shape == view.depth_m.shape == (640, 480)
    assert view.parts.dtype == np.uint8
    assert view.depth_m.dtype == np.float32


def test_every_part_is_seen_on_somebody_who_carries_a_bag(one: Studio) -> None:
    view = one.view(FRONT)
    assert set(np.unique(view.parts)) == set(Part)
    assert set(view.people[0].pixels) == set(Part) - {Part.BACKGROUND}


def test_the_same_scene_and_pinhole_give_the_same_pixels() -> None:
    first, second = (render(Scene.random(11), FRONT, noise=2.0) for _ in range(2))
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.parts, second.parts)
    assert first.people == second.people


def test_other_seeds_give_other_people_and_rooms() -> None:
    scenes = [Scene.random(seed) for seed in range(40)]
    assert len({scene.people[0] for scene in scenes}) == 40
    assert len({scene.room.place for scene in scenes}) == 6
    assert len({scene.people[0].hair for scene in scenes}) >= 4


@pytest.mark.parametrize("people", range(7))
def test_nobody_to_six_people_can_stand_there(people: int) -> None:
    scene = Scene.random(5, people)
    assert len(scene.people) == people
    view = render(scene, dataclasses.replace(FRONT, z=-6.0, width=320, height=240))
    assert set(np.unique(view.owner)) == set(range(people + 1))
    assert len(view.people) == people
    assert all(truth.visible for truth in view.people)


def test_a_crowd_of_seven_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 6"):
        Scene.random(1, 7)


def test_an_empty_room_has_no_parts() -> None:
    view = render(Scene.random(3, 0), FRONT)
    assert not view.parts.any()
    assert view.people == ()


# Truth against the part map


@settings(max_examples=40, deadline=None)
@given(
    distance=st.floats(2.0, 6.0),
    height=st.floats(0.4, 2.0),
    pitch=st.floats(-14, 14),
    pan=st.floats(-8, 8),
    roll=st.floats(-10, 10),
)
def test_head_top_and_foot_line_are_the_part_maps_outermost_rows(
    one: Studio, distance: float, height: float, pitch: float, pan: float, roll: float
) -> None:
    view = one.view(Pinhole(320, 427, 75.0, 0.0, height, -distance, pitch, pan, roll))
    truth = view.people[0]
    assert truth.head_top is not None
    assert truth.foot is not None
    if 0 <= truth.head_top[1] <= 426:
        assert abs(rows_of(view, Part.HAIR, Part.FACE).min() - truth.head_top[1]) <= 1.5
    if 0 <= truth.foot[1] <= 426:
        assert abs(rows_of(view, Part.FOOT).max() - truth.foot[1]) <= 1.5


@settings(max_examples=30, deadline=None)
@given(distance=st.floats(1.6, 4.0), height=st.floats(0.8, 1.8), pitch=st.floats(-10, 10))
def test_the_chin_is_the_lowest_row_of_the_face(
    one: Studio, distance: float, height: float, pitch: float
) -> None:
    view = one.view(Pinhole(320, 427, 75.0, 0.0, height, -distance, pitch))
    truth = view.people[0]
    assert truth.chin is not None
    if 0 <= truth.chin[1] <= 426:
        assert abs(rows_of(view, Part.FACE).max() - truth.chin[1]) <= 2.0


def test_outermost_columns_hold_the_whole_person(one: Studio) -> None:
    view = one.view(FRONT)
    columns = np.flatnonzero(view.parts.any(axis=0))
    truth = view.people[0]
    assert columns.min() == pytest.approx(truth.left_x, abs=1.5)
    assert columns.max() == pytest.approx(truth.right_x, abs=1.5)


def test_lines_outside_the_frame_are_still_known_and_named_as_cut(one: Studio) -> None:
    view = one.view(dataclasses.replace(FRONT, z=-1.4, y=1.3, pitch_deg=0.0))
    truth = view.people[0]
    assert truth.foot is not None
    assert truth.foot[1] > 640
    assert truth.cut["bottom"] in {Part.LEG, Part.ARM}
    assert "top" not in truth.cut
    assert Part.FOOT not in truth.pixels


def test_a_whole_person_is_cut_by_no_edge(one: Studio) -> None:
    truth = one.view(FRONT).people[0]
    assert truth.cut == {}
    assert truth.hidden == 0


def test_who_stands_behind_somebody_is_hidden_by_so_much() -> None:
    scene = Scene(people=(Person(z=0.9), Person(z=0.0, x=0.12)), room=Room(furnished=False))
    front, behind = (render(scene, FRONT).people[i] for i in (1, 0))
    alone = render(dataclasses.replace(scene, people=scene.people[:1]), FRONT).people[0]
    assert front.hidden == 0
    assert behind.hidden == pytest.approx(1 - sum(behind.pixels.values()) / sum(alone.pixels.values()))
    assert 0.3 < behind.hidden < 1
    assert behind.head_top == alone.head_top


def test_nothing_is_claimed_of_people_behind_the_camera(one: Studio) -> None:
    truth = one.view(dataclasses.replace(FRONT, z=1.0)).people[0]
    assert truth.head_top is truth.chin is truth.foot is truth.left_x is truth.heads is None
    assert not truth.visible


def test_adults_are_seven_to_eight_heads_tall_without_hair_and_shoes() -> None:
    person = Person(height_m=1.75, heads=7.5, hair="bald")
    studio = Studio(Scene(people=(person,), room=Room(furnished=False)))
    truth = studio.view(Pinhole(480, 640, 20.0, y=1.0, z=-12.0)).people[0]
    assert truth.heads == pytest.approx(7.5, abs=0.3)


# Directions and ratios


@pytest.mark.parametrize(
    ("move", "axis", "sign"),
    [
        ({"pitch_deg": 3.0}, 1, 1),  # looking up moves people down
        ({"pan_deg": 3.0}, 0, -1),  # looking right moves people left
        ({"x": 0.2}, 0, -1),  # walking right moves people left
        ({"y": 1.3}, 1, 1),  # raising the camera moves people down
    ],
)
def test_people_move_against_the_camera(one: Studio, move: dict[str, float], axis: int, sign: int) -> None:
    before, after = (one.view(p).people[0] for p in (FRONT, dataclasses.replace(FRONT, **move)))
    assert before.head_top is not None
    assert after.head_top is not None
    assert sign * (after.head_top[axis] - before.head_top[axis]) > 5


def test_rolling_the_camera_clockwise_leans_people_to_the_left(one: Studio) -> None:
    view = one.view(dataclasses.replace(FRONT, roll_deg=8.0))
    (head_y, head_x), (foot_y, foot_x) = (
        np.argwhere(view.parts == part).mean(axis=0) for part in (Part.HAIR, Part.FOOT)
    )
    assert np.degrees(np.arctan2(foot_x - head_x, foot_y - head_y)) == pytest.approx(8.0, abs=1.5)


@pytest.mark.parametrize("facing", [-30, 30])
def test_turning_to_the_right_of_the_picture_turns_the_nose_there(facing: int) -> None:
    person = Person(facing_deg=facing, hair="bald")
    view = render(Scene(people=(person,), room=Room(furnished=False)), FRONT)
    columns = np.nonzero(view.parts == Part.FACE)[1]
    middle = (columns.min() + columns.max()) / 2
    nose_side = view.parts[rows_of(view, Part.FACE)[len(rows_of(view, Part.FACE)) * 6 // 10]]
    face = np.flatnonzero(nose_side == Part.FACE)
    assert np.sign(face.mean() - middle) == np.sign(facing) or abs(face.mean() - middle) < 2


def test_tilting_changes_the_heads_ratio_as_the_flat_figure_says() -> None:
    """Published for a flat figure of 1.70 m at 3 m: 6.51 heads at -10 degrees, 7.08 level, 7.73 at +10."""
    person = Person(hair="bald", facing_deg=0, bag="none")
    studio = Studio(Scene(people=(person,), room=Room(furnished=False)))
    ratio = {}
    for pitch in (-10, 0, 10):
        heads = studio.view(Pinhole(480, 640, 80.0, y=1.2, z=-3.0, pitch_deg=pitch)).people[0].heads
        assert heads is not None
        ratio[pitch] = heads
    assert ratio[-10] / ratio[0] == pytest.approx(6.51 / 7.08, abs=0.025)
    assert ratio[10] / ratio[0] == pytest.approx(7.73 / 7.08, abs=0.025)


# Depth


def test_depth_of_a_wall_is_its_distance_along_the_axis() -> None:
    scene = Scene(people=(), room=Room(back_m=2.0, half_width_m=4.0, ceiling_m=3.0, furnished=False))
    view = render(scene, Pinhole(161, 121, 40.0, y=1.5, z=-3.0))
    assert view.depth_m[60, 80] == pytest.approx(5.0, abs=1e-3)
    assert view.depth_m[60, 10] == pytest.approx(5.0, abs=1e-3)


def test_depth_of_the_floor_follows_from_height_and_angle() -> None:
    """Level at 1.2 m: the floor is seen below row c at depth 1.2 * focal / (row - c)."""
    pinhole = Pinhole(160, 121, 60.0, y=1.2, z=-3.0)
    view = render(Scene(people=(), room=Room(furnished=False)), pinhole)
    for row in (100, 110, 120):
        assert view.depth_m[row, 80] == pytest.approx(1.2 * pinhole.focal_px / (row - 60), rel=1e-3)


def test_depth_of_a_person_is_where_they_stand(one: Studio) -> None:
    view = one.view(FRONT)
    torso = view.depth_m[view.parts == Part.TORSO]
    assert 2.8 < torso.min() < torso.max() < 3.2
    assert (view.depth_m[view.parts == 0] > 0).all()


def test_the_sky_has_no_depth() -> None:
    scene = Scene(people=(), room=Room(place="park"))
    view = render(scene, Pinhole(160, 120, 50.0, y=1.5, z=-3.0, pitch_deg=20.0))
    assert (view.depth_m[:30] == 0).all()


# Room


@settings(max_examples=25, deadline=None)
@given(
    x=st.floats(-6, 6),
    y=st.floats(0.05, 4),
    z=st.floats(-14, 4),
    pitch=st.floats(-89, 89),
    pan=st.floats(-180, 180),
    roll=st.floats(-180, 180),
)
def test_any_camera_anywhere_gets_a_picture(
    three: Studio, x: float, y: float, z: float, pitch: float, pan: float, roll: float
) -> None:
    view = three.view(Pinhole(96, 64, 50.0, x, y, z, pitch, pan, roll))
    assert np.isfinite(view.depth_m).all()
    assert ((view.parts > 0) == (view.owner > 0)).all()


def test_noise_changes_the_picture_and_nothing_else(one: Studio) -> None:
    clean, noisy = one.view(FRONT), one.view(FRONT, noise=3.0)
    difference = noisy.image.astype(float) - clean.image
    assert 1.5 < difference.std() < 4.0
    assert np.array_equal(clean.parts, noisy.parts)
    assert np.array_equal(clean.depth_m, noisy.depth_m)
