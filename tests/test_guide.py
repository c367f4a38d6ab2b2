"""The guide asks for the one right move, in metres or degrees, and does not flicker."""

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framecue.composition.geometry import Pinhole
from framecue.composition.guide import Guide, GuideSettings
from framecue.composition.look import Measure, load_look
from framecue.composition.subject import Composition, Subject
from framecue.errors import LookError
from framecue.parts import Part

FOV_DEG = 48.0
LOOK = load_look("full-body")
ADULT_M = 1.7
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


def first_cue(camera: Pinhole, **settings):
    return Guide(LOOK, FOV_DEG, GuideSettings(**settings)).update(seen(camera), 0.0)


def moves_of(cue):
    """Cue names and amounts of everything a cue asks for."""
    return {each.cue: each.amount for each in (cue, cue.also) if each is not None and each.amount}


def run(guide: Guide, compositions: list[Composition], rate: float = 10.0, start_s: float = 0.0):
    return [guide.update(c, start_s + i / rate) for i, c in enumerate(compositions)]


def test_a_body_in_the_look_needs_no_move():
    assert first_cue(level_camera()).cue == "hold"


@pytest.mark.parametrize(
    ("change", "cue", "amount"),
    [
        ({"pitch_deg": 6.0}, "tilt_down", 6.0),
        ({"pitch_deg": -4.0}, "tilt_up", 4.0),
        ({"pan_deg": 8.0}, "pan_left", 8.0),
        ({"pan_deg": -8.0}, "pan_right", 8.0),
    ],
)
def test_a_camera_turned_away_is_told_to_turn_back_by_as_many_degrees(change, cue, amount):
    said = first_cue(level_camera(**change))
    assert (said.cue, said.unit) == (cue, "deg")
    assert said.amount == pytest.approx(amount, rel=0.3)


@pytest.mark.parametrize(("further", "cue"), [(1.5, "step_closer"), (-0.25, "step_back")])
def test_a_wrong_distance_is_told_in_metres(further, cue):
    said = moves_of(first_cue(level_camera(z=level_camera().z - further)))
    assert said[cue] == pytest.approx(abs(further), rel=0.3)


@pytest.mark.parametrize("roll", [-7.0, 5.0])
def test_a_leaning_camera_is_told_to_level(roll):
    composition = replace(seen(level_camera(roll_deg=roll)), roll_deg=roll)
    said = Guide(LOOK, FOV_DEG, GuideSettings()).update(composition, 0.0)
    assert moves_of(said)["roll_left" if roll > 0 else "roll_right"] == pytest.approx(abs(roll), abs=1)


def test_feet_outside_the_frame_are_named_and_revealed_by_tilting_where_there_is_room_above():
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    cue = guide.update(seen(level_camera(pitch_deg=9.0)), 0.0)
    assert "feet" in cue.text
    assert "tilt_down" in moves_of(cue)


def test_feet_outside_the_frame_of_somebody_too_near_are_revealed_by_stepping_back():
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    camera = level_camera()
    cue = guide.update(seen(level_camera(z=camera.z + 1.0, pitch_deg=14.0)), 0.0)
    assert "feet" in cue.text
    assert moves_of(cue)["step_back"] == pytest.approx(1.0, abs=0.35)


def test_a_head_outside_the_frame_is_named_and_revealed():
    cue = Guide(LOOK, FOV_DEG, GuideSettings()).update(seen(level_camera(pitch_deg=-9.0)), 0.0)
    assert "head" in cue.text
    assert "tilt_up" in moves_of(cue)


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


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.floats(-0.012, 0.012), min_size=60, max_size=60), st.sampled_from([-2.5, -1.2, 0.0, 1.0, 4.0])
)
def test_a_still_scene_with_measuring_noise_never_flickers(noise, pitch):
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    base = seen(level_camera(pitch_deg=pitch))
    frames = [replace(base, subjects=(shifted(base.subjects[0], n * HEIGHT),)) for n in noise]
    cues = run(guide, frames)
    changes = [i for i in range(1, len(cues)) if cues[i].cue != cues[i - 1].cue]
    stayed = [b - a for a, b in itertools.pairwise(changes) if cues[a].cue != "hold"]
    assert all(frames >= 6 for frames in stayed)  # 0.6 s at 10 frames/s
    assert not {"tilt_up", "tilt_down"} <= {cue.cue for cue in cues}


def shifted(subject: Subject, by: float) -> Subject:
    foot_y = None if subject.foot_y is None else subject.foot_y + by
    return replace(subject, head_top_y=subject.head_top_y + by, foot_y=foot_y)


def test_an_unknown_look_names_those_there_are():
    with pytest.raises(LookError, match=r"'sideways'.*full-body"):
        load_look("sideways")


def test_amounts_never_are_zero_or_nan():
    for pitch in range(-8, 9):
        for amount in moves_of(first_cue(level_camera(pitch_deg=float(pitch)))).values():
            assert amount > 0
            assert math.isfinite(amount)


def test_a_low_ratio_is_mended_by_kneeling_and_tilting_up_together():
    exact = Measure(value=7.8, tolerance=0.3)
    look = LOOK.model_copy(update={"measures": LOOK.measures.model_copy(update={"heads": exact})})
    cue = Guide(look, FOV_DEG, GuideSettings()).update(seen(level_camera()), 0.0)
    assert set(moves_of(cue)) == {"lower", "tilt_up"}


@pytest.mark.parametrize("mount", ["handheld", "tripod", "fixed"])
def test_only_what_the_mount_lets_move_is_asked_for(mount):
    camera = level_camera(z=-0.5, pan_deg=4.0)
    allowed = {
        "handheld": {"step_closer", "pan_left", "raise", "lower", "tilt_up", "tilt_down"},
        "tripod": {"guests_closer", "pan_left", "raise", "lower", "tilt_up", "tilt_down"},
        "fixed": {"guests_closer", "guests_left", "guests_right"},
    }[mount]
    said = moves_of(first_cue(camera, mount=mount))
    assert said
    assert set(said) <= allowed


def test_the_opposite_of_a_cue_is_not_said_within_three_seconds():
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    said = [(i / 10, cue.cue) for i, cue in enumerate(run(guide, [seen(level_camera(pan_deg=8.0))] * 15))]
    later = run(guide, [seen(level_camera(pan_deg=-8.0))] * 45, start_s=1.5)
    said += [(1.5 + i / 10, cue.cue) for i, cue in enumerate(later)]
    last = max(t for t, name in said if name == "pan_left")
    assert min(t for t, name in said if name == "pan_right") - last > 3.0


def test_a_change_is_answered_within_four_tenths_of_a_second_at_ten_frames_a_second():
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    run(guide, [seen(level_camera(pan_deg=8.0))] * 20)
    later = run(guide, [seen(level_camera(pitch_deg=8.0))] * 5, start_s=2.0)
    assert "tilt_down" in moves_of(later[4])


def test_a_move_that_cannot_be_made_is_given_up_and_not_nagged_for():
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    names = [
        cue.cue for cue in run(guide, [seen(level_camera(z=level_camera().z + 0.3, pitch_deg=-2))] * 200)
    ]
    assert "step_back" in names
    assert names[-1] == "best_possible"
    assert set(names[names.index("best_possible") :]) == {"best_possible"}


def test_an_impossible_lens_is_refused_in_one_line():
    for fov in (0.0, -5.0, 180.0, math.nan):
        with pytest.raises(LookError, match="field of view"):
            Guide(LOOK, fov, GuideSettings())


def test_backlight_is_spoken_of_for_a_while_and_then_left():
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    dark = replace(seen(level_camera()), backlight_ev=3.0)
    names = [cue.cue for cue in run(guide, [dark] * 80)]
    assert names[0] == "light"
    assert names[-1] == "ready"


def test_a_pitch_sensor_that_lies_is_left_out_with_one_line(caplog):
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    run(guide, [replace(seen(level_camera()), pitch_deg=40.0)] * 40)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "pitch sensor" in caplog.text


def test_cues_can_be_spoken_in_korean():
    cue = first_cue(level_camera(pan_deg=6.0), language="ko")
    assert cue.text == "왼쪽으로 6° 돌리세요"


def test_a_camera_that_shakes_in_the_look_is_told_to_hold_still_and_is_not_ready_until_it_does():
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    shaking = [seen(level_camera(pitch_deg=1.2 * (-1) ** (i // 2))) for i in range(30)]
    told = {cue.cue for cue in run(guide, shaking)[3:]}
    assert "hold" in told
    assert "ready" not in told
    assert run(guide, [seen(level_camera())] * 20, start_s=3.0)[-1].cue == "ready"


def test_a_camera_that_leans_is_levelled_though_only_the_body_tells_how_much():
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    leaning = replace(
        seen(level_camera(roll_deg=8.0)), roll_deg=None, likely_roll_deg=7.0, roll_deviation_deg=3.0
    )
    assert "roll_left" in {name for cue in run(guide, [leaning] * 12) for name in moves_of(cue)}
    level = replace(seen(level_camera()), roll_deg=None, likely_roll_deg=0.5, roll_deviation_deg=3.0)
    assert run(Guide(LOOK, FOV_DEG, GuideSettings()), [level] * 20)[-1].cue == "ready"
