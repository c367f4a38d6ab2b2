"""The way into a look: complete, within what may move, and never made of steps that are undone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framecue.composition.axes import AXES, MOUNTS, Way, residue, values
from framecue.composition.look import Measure, load_look
from framecue.composition.plan import Planner
from framecue.composition.pose import Lens, Pose, row

LENS = Lens.of(480, 640, 48.0)
PLAIN = load_look("full-body")
EXACT = PLAIN.model_copy(
    update={"measures": PLAIN.measures.model_copy(update={"heads": Measure(value=7.2, tolerance=0.3)})}
)
LEAST = {axis: {"m": 0.05, "deg": 0.6}[unit] for axis, (_, _, unit, _) in AXES.items()}
MOST = {"m": 0.8, "deg": 15.0}
poses = st.builds(
    Pose,
    distance_m=st.floats(1.4, 8.0),
    bearing_deg=st.floats(-15, 15),
    height_m=st.floats(0.8, 1.8),
    pitch_deg=st.floats(-15, 15),
    roll_deg=st.floats(-12, 12),
    body_m=st.floats(1.6, 1.8),
    heads=st.floats(6.9, 7.5),
)


@settings(max_examples=40, deadline=None)
@given(poses)
def test_a_free_camera_is_led_all_the_way_into_the_look_ratio_and_all(pose):
    planner = Planner(pose, LENS, EXACT, "handheld")
    assert planner.left_after(planner.all_moves()) <= 0.75  # what lean is left alone


@settings(max_examples=30, deadline=None)
@given(poses, st.sampled_from(["handheld", "tripod", "fixed"]))
def test_only_axes_of_the_mount_move(pose, mount):
    assert set(Planner(pose, LENS, EXACT, mount).all_moves().moves) <= set(MOUNTS[mount])


@settings(max_examples=30, deadline=None)
@given(poses)
def test_a_step_goes_the_way_the_whole_way_goes_and_no_further(pose):
    planner = Planner(pose, LENS, EXACT, "handheld")
    whole = planner.all_moves()
    for way in planner.steps(whole, LEAST, MOST):
        for axis, amount in way.moves.items():
            assert amount * whole.moves[axis] > 0
            assert abs(amount) <= abs(whole.moves[axis]) + 1e-9


@settings(max_examples=30, deadline=None)
@given(poses)
def test_there_is_a_step_that_leads_nearer_wherever_the_look_is_not_reached(pose):
    planner = Planner(pose, LENS, EXACT, "handheld")
    far = planner.left_after(Way({}, planner.here, planner.here)) > 1.0
    whole = planner.all_moves()
    if far:
        assert max(way.gain for way in planner.steps(whole, LEAST, MOST)) > 0


@settings(max_examples=30, deadline=None)
@given(poses)
def test_of_two_moves_at_least_one_is_small(pose):
    planner = Planner(pose, LENS, EXACT, "handheld")
    for way in planner.steps(planner.all_moves(), LEAST, MOST):
        large = [axis for axis, amount in way.moves.items() if abs(amount) > MOST[AXES[axis][2]]]
        assert len(way.moves) == 1 or len(large) <= 1


def test_who_has_to_kneel_far_is_told_to_in_one_go_with_a_tilt():
    """Lowering alone, or tilting alone, would go in many small steps: each spoils what the other mends."""
    held_high = Pose(2.3, 0.0, 2.0, -26.0, 0.0, 1.65, 6.8)
    planner = Planner(held_high, LENS, EXACT, "handheld")
    best = max(planner.steps(planner.all_moves(), LEAST, MOST), key=lambda way: way.gain)
    assert set(best.moves) == {"raise", "tilt"}
    assert best.moves["raise"] < -0.4


def test_nobody_is_told_to_walk_far_up_to_somebody_not_seen_whole_while_they_tilt():
    far = Pose(6.0, 0.0, 1.5, 20.0, 0.0, 1.7, 7.0)
    planner = Planner(far, LENS, EXACT, "handheld", complete=False)
    steps = planner.steps(planner.all_moves(), LEAST, MOST)
    assert any(set(way.moves) == {"step"} for way in steps)
    assert all(way.moves.get("step", 0.0) <= MOST["m"] for way in steps if len(way.moves) > 1)


def test_a_camera_nearly_on_the_floor_is_not_lowered_inch_by_inch():
    for height_m, lower in ((0.9, True), (0.45, True), (0.38, False), (0.31, False)):
        child = Pose(2.0, 0.0, height_m, 8.0, 0.0, 1.5, 5.9)
        whole = Planner(child, LENS, EXACT, "handheld").all_moves()
        assert (whole.moves.get("raise", 0.0) < 0) == lower


def test_lines_within_the_look_are_not_mended_at_a_hopeless_ratio_s_cost():
    child = Planner(Pose(1.8, 0.0, 0.31, 11.9, 0.0, 1.2, 5.3), LENS, EXACT, "handheld")
    for way in child.steps(child.all_moves(), LEAST, MOST):
        before, after = child._left({}), child._left(way.moves)
        if all(abs(error) <= 1 for name, error in before.items() if name != "heads"):
            nearer = sum(e * e for e in after.values()) < sum(e * e for e in before.values())
            assert child.worsens(way) != nearer


def test_a_blocked_way_is_not_gone():
    pose = Pose(1.5, 0.0, 1.2, 0.0, 0.0, 1.7, 7.2)
    assert Planner(pose, LENS, PLAIN, "handheld").all_moves().moves["step"] < -0.3
    blocked = Planner(pose, LENS, PLAIN, "handheld", blocked=frozenset({"step_back"}))
    assert blocked.all_moves().moves["step"] >= 0


def test_for_a_ratio_out_of_reach_the_lines_are_not_given_up():
    child = Pose(2.0, 0.0, 1.0, 0.0, 0.0, 1.15, 4.9)
    planner = Planner(child, LENS, EXACT, "handheld")
    lines = {"head_top": 0.5, "foot_line": 0.5}
    left = planner._left(planner.all_moves().moves)
    assert all(abs(left[name]) < limit for name, limit in lines.items())


def test_a_low_ratio_is_mended_by_lowering_and_tilting_up():
    low = Pose(2.3, 0.0, 0.9, 0.0, 0.0, 1.7, 6.3)
    moves = Planner(low, LENS, EXACT, "handheld").all_moves().moves
    assert moves["raise"] < -0.1
    assert moves["tilt"] > 2
    assert moves["step"] == pytest.approx(0.0, abs=0.5)


def test_moves_asked_for_lead_nowhere_once_they_are_nearly_made():
    """Raising and tilting hardly change the picture, so that nobody sees them made; what is left tells."""
    asked = {"raise": -0.55, "tilt": 12.0}
    for made, leads in ((0.0, True), (0.8, False), (1.0, False)):
        pose = Pose(distance_m=2.4, height_m=1.5 - made * 0.55, pitch_deg=-14.0 + made * 12.0)
        assert (Planner(pose, LENS, EXACT, "handheld").again(asked).gain > 0) is leads


@settings(max_examples=30, deadline=None)
@given(poses, st.floats(-0.02, 0.02), st.floats(-0.4, 0.4))
def test_what_is_seen_is_brought_into_the_look_not_what_the_pose_explains(pose, lower, more):
    """No two people are built alike: what is measured of them differs from what a pose explains."""
    shown = {name: float(value[0]) for name, value in values(row(pose), LENS, EXACT).items()}
    seen = {"foot_line": shown["foot_line"] + lower, "heads": shown["heads"] + more}
    plain = Planner(pose, LENS, EXACT, "handheld")
    planner = Planner(pose, LENS, EXACT, "handheld", residue=residue(seen, pose, LENS, EXACT))
    want = EXACT.measures
    off = (seen["heads"] - want.heads.value) / want.heads.tolerance
    assert planner._left({})["heads"] == pytest.approx(off)
    left = planner._left(planner.all_moves().moves)
    if plain.finishing([plain.all_moves()], 0.3):
        assert abs(left["foot_line"]) < 0.6
        assert abs(left["heads"]) < 0.6
