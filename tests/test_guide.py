"""The guide asks for the one right move, in metres or degrees, and does not flicker."""

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framecue.composition.geometry import Pinhole
from framecue.composition.guide import Guide, GuideSettings
from framecue.composition.look import load_look
from framecue.composition.moves import ADULT_M, moves
from framecue.composition.subject import Composition, Subject
from framecue.errors import LookError
from framecue.parts import Part

FOV_DEG = 48.0
LOOK = load_look("full-body")
WIDTH, HEIGHT = 480, 640


def seen(camera: Pinhole, body_m: float = ADULT_M) -> Composition:
    """The composition of a flat standing figure at (0, 0, 4) as an exact measurement would give it."""
    heights = [body_m, body_m * (1 - 1 / 7.2), 0.0]
    pixels, _ = camera.project([[0.0, height, 4.0] for height in heights])
    top, chin, foot = (float(y) for y in pixels[:, 1])
    half = 0.25 * (foot - top) / 2
    cut = {}
    if top < 0:
        cut["top"] = Part.FACE
    if foot > HEIGHT - 1:
        cut["bottom"] = Part.LEG
    left, right = float(pixels[2, 0]) - half, float(pixels[2, 0]) + half
    subject = Subject(
        head_top_y=None if "top" in cut else top,
        chin_y=None if chin < 0 else chin,
        foot_y=None if "bottom" in cut else foot,
        left_x=left,
        right_x=right,
        cut=cut,
    )
    return Composition(WIDTH, HEIGHT, (subject,), 0)


def level_camera(**changes: float) -> Pinhole:
    """A camera from which the figure fills the look."""
    base = Pinhole(WIDTH, HEIGHT, FOV_DEG)
    far = base.focal_px * ADULT_M / (0.84 * HEIGHT)
    # The body's middle stands at 0.52 of the frame: 0.02 of it below the axis.
    high = ADULT_M / 2 + 0.02 * HEIGHT / base.focal_px * far
    pose = {"z": 4.0 - far, "y": high, **changes}
    return Pinhole(WIDTH, HEIGHT, FOV_DEG, **pose)


def first_move(camera: Pinhole):
    composition = seen(camera)
    needed = [m for m in moves(composition, composition.subjects[0], LOOK, FOV_DEG) if m.error > 1]
    return needed[0] if needed else None


def run(guide: Guide, compositions: list[Composition], rate: float = 10.0, start_s: float = 0.0):
    return [guide.update(c, start_s + i / rate) for i, c in enumerate(compositions)]


def test_a_body_in_the_look_needs_no_move():
    assert first_move(level_camera()) is None


@pytest.mark.parametrize(("pitch", "cue"), [(6.0, "tilt_down"), (-4.0, "tilt_up")])
def test_a_tilted_camera_is_told_to_tilt_back_by_as_many_degrees(pitch, cue):
    move = first_move(level_camera(pitch_deg=pitch))
    assert (move.cue, move.unit) == (cue, "deg")
    assert move.amount == pytest.approx(abs(pitch), rel=0.25)


@pytest.mark.parametrize(("pan", "cue"), [(8.0, "pan_left"), (-8.0, "pan_right")])
def test_a_camera_turned_away_is_told_to_turn_back(pan, cue):
    move = first_move(level_camera(pan_deg=pan))
    assert (move.cue, move.unit) == (cue, "deg")
    assert move.amount == pytest.approx(abs(pan), rel=0.1)


@pytest.mark.parametrize(("further", "cue"), [(1.5, "step_closer"), (-0.15, "step_back")])
def test_a_wrong_distance_is_told_in_metres(further, cue):
    camera = level_camera()
    moved = level_camera(z=camera.z - further)
    move = first_move(moved)
    assert (move.cue, move.unit) == (cue, "m")
    assert move.amount == pytest.approx(abs(further), rel=0.15)


def test_feet_outside_the_frame_are_named_and_revealed_by_tilting_where_there_is_room_above():
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    cue = guide.update(seen(level_camera(pitch_deg=9.0)), 0.0)
    assert cue.cue == "feet_hidden"
    assert cue.also is not None
    assert cue.also.cue == "tilt_down"


def test_feet_outside_the_frame_of_somebody_too_near_are_revealed_by_stepping_back():
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    camera = level_camera()
    cue = guide.update(seen(level_camera(z=camera.z + 1.0, pitch_deg=14.0)), 0.0)
    assert cue.cue == "feet_hidden"
    assert cue.also is not None
    assert cue.also.cue == "step_back"
    assert cue.also.amount == pytest.approx(1.0, abs=0.35)


def test_a_head_outside_the_frame_is_named_and_revealed():
    cue = Guide(LOOK, FOV_DEG, GuideSettings()).update(seen(level_camera(pitch_deg=-9.0)), 0.0)
    assert cue.cue == "head_hidden"
    assert cue.also is not None
    assert cue.also.cue == "tilt_up"


def test_feet_behind_something_are_waited_for():
    subject = Subject(64.0, 140.0, None, 180.0, 300.0)
    cue = Guide(LOOK, FOV_DEG, GuideSettings()).update(Composition(WIDTH, HEIGHT, (subject,), 0), 0.0)
    assert (cue.cue, cue.amount) == ("feet_hidden", None)


def test_nobody_is_said_at_once_at_first_and_after_a_grace_later():
    guide = Guide(LOOK, FOV_DEG, GuideSettings(min_cue_s=0.0, grace_s=0.5))
    empty = Composition(WIDTH, HEIGHT)
    assert guide.update(empty, 0.0).cue == "nobody"
    assert guide.update(seen(level_camera(pan_deg=8)), 1.0).cue == "pan_left"
    assert guide.update(empty, 1.2).cue == "pan_left"
    assert guide.update(empty, 1.6).cue == "nobody"


def test_ready_comes_after_holding_still_and_stays():
    guide = Guide(LOOK, FOV_DEG, GuideSettings(steady_s=0.5, min_cue_s=0.2))
    names = [cue.cue for cue in run(guide, [seen(level_camera())] * 20)]
    assert names[0] == "hold"
    assert names[-1] == "ready"
    assert names == sorted(names, key=["hold", "ready"].index)


@given(
    st.lists(st.floats(-0.012, 0.012), min_size=60, max_size=60), st.sampled_from([-2.5, -1.2, 0.0, 1.0, 4.0])
)
def test_a_still_scene_with_measuring_noise_never_flickers(noise, pitch):
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    base = seen(level_camera(pitch_deg=pitch))
    frames = [replace(base, subjects=(shifted(base.subjects[0], n * HEIGHT),)) for n in noise]
    cues = run(guide, frames)
    changes = [i for i in range(1, len(cues)) if cues[i].cue != cues[i - 1].cue]
    assert all(b - a >= 6 for a, b in itertools.pairwise(changes))  # 0.6 s at 10 frames/s
    opposite = {"tilt_up", "tilt_down"}
    assert not opposite <= {cue.cue for cue in cues}


def shifted(subject: Subject, by: float) -> Subject:
    foot_y = None if subject.foot_y is None else subject.foot_y + by
    return replace(subject, head_top_y=subject.head_top_y + by, foot_y=foot_y)


def test_following_the_cues_reaches_the_look_from_anywhere_near():
    for start in (
        {"pitch_deg": 7.0, "pan_deg": -9.0},
        {"pitch_deg": -6.0, "pan_deg": 5.0, "z": -2.0},
        {"z": 1.9, "pitch_deg": 3.0},
    ):
        camera, guide, time_s = level_camera(**start), Guide(LOOK, FOV_DEG, GuideSettings()), 0.0
        for _ in range(15):
            for _ in range(12):
                time_s += 0.1
                cue = guide.update(seen(camera), time_s)
            if cue.ready:
                break
            camera = obey(camera, cue.also or cue)
        assert cue.ready, (start, cue)


def obey(camera: Pinhole, cue) -> Pinhole:
    amount = cue.amount or 0.5
    change = {
        "tilt_up": {"pitch_deg": camera.pitch_deg + amount},
        "tilt_down": {"pitch_deg": camera.pitch_deg - amount},
        "pan_left": {"pan_deg": camera.pan_deg - amount},
        "pan_right": {"pan_deg": camera.pan_deg + amount},
        "step_back": {"z": camera.z - amount},
        "step_closer": {"z": camera.z + amount},
        "hold": {},
    }[cue.cue]
    pose = {name: getattr(camera, name) for name in ("x", "y", "z", "pitch_deg", "pan_deg", "roll_deg")}
    return Pinhole(WIDTH, HEIGHT, FOV_DEG, **{**pose, **change})


def test_an_unknown_look_names_those_there_are():
    with pytest.raises(LookError, match=r"'sideways'.*full-body"):
        load_look("sideways")


def test_amounts_never_are_zero_or_nan():
    for pitch in range(-8, 9):
        move = first_move(level_camera(pitch_deg=float(pitch)))
        assert move is None or move.amount is None or (move.amount > 0 and math.isfinite(move.amount))
