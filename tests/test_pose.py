"""From a few lines of a picture to where the camera stands, and how sure that is."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framecue.composition.geometry import Pinhole
from framecue.composition.pose import (
    CHIN,
    ROUND,
    Belief,
    Lens,
    Pose,
    Sight,
    estimate,
    poses_of,
    project,
    row,
    unknowns,
)
from framecue.simulate.outline import Outline
from framecue.studio import Scene  # fmt: skip

LENS = Lens.of(480, 640, 48.0)
poses = st.builds(
    Pose,
    distance_m=st.floats(2.2, 7.0),
    bearing_deg=st.floats(-12, 12),
    height_m=st.floats(0.7, 1.7),
    pitch_deg=st.floats(-8, 8),
    roll_deg=st.floats(-8, 8),
    body_m=st.floats(1.55, 1.85),
    heads=st.floats(6.5, 7.6),
)


def sight_of(pose: Pose, **known: float) -> Sight:
    seen = project(row(pose), LENS)
    top, chin, foot, middle = (float(v[0]) for v in (seen.head_top, seen.chin, seen.foot, seen.middle))
    return Sight(top, chin, foot, middle, roll_deg=pose.roll_deg, **known)


@settings(max_examples=30, deadline=None)
@given(poses)
def test_marks_are_where_the_pinhole_sees_them(pose):
    camera = Pinhole(
        480,
        640,
        48.0,
        y=pose.height_m,
        pitch_deg=pose.pitch_deg,
        pan_deg=-pose.bearing_deg,
        roll_deg=pose.roll_deg,
    )
    head = pose.body_m / pose.heads
    heading = math.radians(-pose.bearing_deg)
    towards = -np.array([math.sin(heading), 0.0, math.cos(heading)])
    chin = np.array([0.0, pose.body_m - head, pose.distance_m]) + CHIN * head * towards
    slant = math.atan2(pose.body_m - pose.height_m, pose.distance_m)
    crown = np.array([0.0, pose.body_m - ROUND * head * (1 - math.cos(slant)), pose.distance_m])
    crown += ROUND * head * math.sin(slant) * towards
    ball = np.random.default_rng(0).standard_normal((20_000, 3))
    ball *= ROUND * head / np.linalg.norm(ball, axis=1, keepdims=True)
    ball += [0.0, pose.body_m - ROUND * head, pose.distance_m]
    seen = project(row(pose), LENS)
    assert float(seen.chin[0]) == pytest.approx(camera.project(chin[None])[0][0, 1], abs=0.01)
    assert float(seen.head_top[0]) == pytest.approx(camera.project(crown[None])[0][0, 1], abs=0.01)
    assert float(seen.head_top[0]) == pytest.approx(camera.project(ball)[0][:, 1].min(), abs=1)


@settings(max_examples=30, deadline=None)
@given(poses)
def test_a_pose_found_shows_the_same_picture(pose):
    found = estimate(sight_of(pose), LENS)
    before, after = project(row(pose), LENS), project(row(found.pose), LENS)
    for name in ("head_top", "chin", "foot"):
        assert float(getattr(after, name)[0]) == pytest.approx(float(getattr(before, name)[0]), abs=4)


@settings(max_examples=30, deadline=None)
@given(poses)
def test_with_depth_and_pitch_known_the_whole_pose_is_found(pose):
    found = estimate(sight_of(pose, pitch_deg=pose.pitch_deg, distance_m=pose.distance_m), LENS)
    assert found.pose.height_m == pytest.approx(pose.height_m, abs=0.25)
    assert found.pose.body_m == pytest.approx(pose.body_m, rel=0.08)
    assert found.pose.heads == pytest.approx(pose.heads, abs=0.5)


@settings(max_examples=30, deadline=None)
@given(poses)
def test_the_truth_lies_within_a_few_deviations(pose):
    found = estimate(sight_of(pose), LENS)
    for name in ("distance_m", "height_m", "pitch_deg", "body_m", "heads"):
        off = abs(getattr(found.pose, name) - getattr(pose, name))
        assert off <= 4 * getattr(found.deviation, name) + 0.02


def test_a_sensor_makes_the_estimate_surer():
    pose = Pose(3.0, 0.0, 1.3, -4.0, 0.0, 1.7, 7.1)
    bare, known = estimate(sight_of(pose), LENS), estimate(sight_of(pose, pitch_deg=-4.0), LENS)
    assert known.deviation.pitch_deg < bare.deviation.pitch_deg / 3
    assert known.deviation.height_m < bare.deviation.height_m


def test_a_person_once_measured_is_placed_by_the_head_alone():
    pose = Pose(1.6, 0.0, 1.4, 0.0, 0.0, 1.2, 5.4)
    head_only = replace(sight_of(pose), foot=None, beyond_bottom=True)
    known = np.array([1.0, 25.0, 0.45, 10.0, 6.0, 0.03, 0.1])
    child = Belief(unknowns(row(replace(Pose(), body_m=1.2, heads=5.4)))[0], np.diag(known**2))
    told, guessed = estimate(head_only, LENS, child), estimate(head_only, LENS)
    assert told.pose.distance_m == pytest.approx(1.6, rel=0.1)
    assert abs(told.pose.distance_m - 1.6) < abs(guessed.pose.distance_m - 1.6)


def test_nothing_known_gives_the_priors_and_says_how_unsure_that_is():
    found = estimate(Sight(), LENS)
    assert found.pose.distance_m == pytest.approx(Pose().distance_m, rel=0.01)
    assert found.deviation.pitch_deg == pytest.approx(10.0, rel=0.05)


@settings(max_examples=30, deadline=None)
@given(poses)
def test_a_pose_and_its_unknowns_are_the_same_thing(pose):
    assert poses_of(unknowns(row(pose)))[0] == pytest.approx(row(pose)[0])


@pytest.mark.parametrize("seed", range(4))
def test_one_person_measured_once_is_expected_where_they_are_seen_from_any_height(seed):
    outline = Outline(Scene.random(seed, 1).people[0])
    cameras = [
        Pinhole(LENS.width, LENS.height, 48.0, y=y, z=-far, pitch_deg=math.degrees(math.atan2(0.85 - y, far)))
        for far in (2.2, 3.5) for y in (0.5, 1.0, 1.5)
    ]  # fmt: skip
    poses = [Pose(-c.z, 0.0, c.y, c.pitch_deg) for c in cameras]

    def expected(body_m: float, heads: float) -> np.ndarray:
        rows = np.concatenate([row(replace(pose, body_m=body_m, heads=heads)) for pose in poses])
        marks = project(rows, LENS)
        return np.stack([marks.head_top, marks.chin, marks.foot], axis=1)

    seen = np.array([outline.lines(camera)[:3] for camera in cameras])
    fits = [(body, heads) for body in np.arange(1.0, 2.0, 0.02) for heads in np.arange(4.5, 8.6, 0.1)]
    best = min(fits, key=lambda fit: float(np.square(expected(*fit) - seen).sum()))
    assert np.abs(expected(*best) - seen).max() < 0.012 * LENS.height
