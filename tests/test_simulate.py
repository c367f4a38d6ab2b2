"""The simulated photographer is honest, its judge is right, and the guide leads it into the look."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from framecue.composition.cue import Cue
from framecue.composition.geometry import Pinhole
from framecue.composition.look import load_look
from framecue.composition.subject import Composition
from framecue.composition.words import say
from framecue.errors import FramecueError
from framecue.simulate.group import Group
from framecue.simulate.level import TOLD, level_of
from framecue.simulate.outline import Outline
from framecue.simulate.person import Person
from framecue.simulate.place import Place
from framecue.simulate.reach import best_reachable
from framecue.simulate.report import Plan, simulate, summary
from framecue.simulate.run import far_from, points_wrong, strict
from framecue.simulate.watch import watch_run
from framecue.studio import Room, Scene, Studio

LOOK = strict(load_look("full-body"))
CAMERA = Pinhole(480, 640, 48.0, y=0.9, z=-2.4)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return replace(Scene.random(3), room=Room(furnished=False))


@pytest.fixture(scope="module")
def outline(scene) -> Outline:
    return Outline(scene.people[0])


def told(cue, amount=None, unit=None, also=None):
    return Cue(cue, say(cue, amount, unit), amount, unit, also)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"pitch_deg": 6.0, "z": -3.5},
        {"roll_deg": 9.0, "pan_deg": 5.0},
        {"y": 1.8, "pitch_deg": -14.0},
        {"pitch_deg": 12.0},
        {"z": -1.3, "y": 1.5},
        {"pan_deg": 16.0},
    ],
)
def test_an_outline_has_the_lines_of_the_rendered_person(scene, outline, change):
    camera = replace(CAMERA, **change)
    truth = Studio(scene).view(camera).people[0]
    top, chin, foot, left, right, _ = outline.lines(camera)
    assert top == pytest.approx(truth.head_top[1], abs=1.0)
    assert chin == pytest.approx(truth.chin[1], abs=1.0)
    assert foot == pytest.approx(truth.foot[1], abs=1.0)
    assert left == pytest.approx(truth.left_x, abs=2.5)
    assert right == pytest.approx(truth.right_x, abs=2.5)
    subject = outline.subject(camera)
    assert subject is not None
    assert set(subject.cut) == set(truth.cut)
    assert (subject.head_top_y is None) == (not -0.5 <= truth.head_top[1] <= 639.5)
    assert (subject.foot_y is None) == (not -0.5 <= truth.foot[1] <= 639.5)


def test_nobody_is_seen_by_a_camera_that_looks_away(outline):
    assert outline.subject(replace(CAMERA, pan_deg=90.0)) is None


def test_a_photographer_waits_then_goes_60_to_140_percent_of_the_way():
    went = []
    for seed in range(60):
        person = Person(Place(CAMERA), np.random.default_rng(seed), steady=True)
        cue, begun = told("pan_right", 10.0, "deg"), None
        for frame in range(30):
            taken = person.show(cue, frame / 10)
            begun = frame / 10 if taken and begun is None else begun
            if taken and frame / 10 > begun:
                break
        assert begun == pytest.approx(0.5)
        went.append(person.place.camera.pan_deg)
    right = [pan for pan in went if pan > 0]
    assert 6.0 <= min(right) < 8.0
    assert 12.0 < max(right) <= 14.0
    assert len(right) < 60  # and now and then does the wrong thing


def test_a_photographer_stops_at_the_wall():
    place = Place(CAMERA, wall_m=2.6).after("step_back", 3.0)
    assert place.camera.z == pytest.approx(-2.6)


def test_a_cue_that_leads_away_is_told_from_one_that_leads_there(outline):
    best = Place(replace(CAMERA, y=0.87))
    off = best.after("tilt_up", 6.0)
    assert far_from(outline, off.camera, LOOK) > far_from(outline, best.camera, LOOK)
    assert not points_wrong(told("tilt_down", 6.0, "deg"), off, outline, LOOK)
    assert points_wrong(told("tilt_up", 6.0, "deg"), off, outline, LOOK)


def test_a_wall_makes_a_look_unreachable_and_free_space_reachable(outline):
    plain = load_look("full-body")
    assert best_reachable(outline, Place(CAMERA), plain, "handheld") < 0.5
    assert best_reachable(outline, Place(CAMERA, wall_m=1.2), plain, "handheld") > 1.5


def test_a_level_sensor_always_tells_the_pitch_and_rooms_in_part():
    rngs = [np.random.default_rng([8, run]) for run in range(400)]
    assert all(level_of(rng, sensor=True) is not None for rng in rngs)
    told = [level_of(rng, sensor=False) for rng in rngs]
    assert sum(each is not None for each in told) / len(told) == pytest.approx(TOLD, abs=0.07)
    level = next(each for each in told if each is not None)
    composition = level.tell(Composition(480, 640), 7.0, rngs[0])
    assert composition.pitch_deg == pytest.approx(7, abs=3)
    assert composition.pitch_deviation_deg is not None


@pytest.mark.slow
def test_following_the_guide_reaches_the_look_under_every_mount():
    found = summary(simulate(24, Plan(seed=4)))
    print(json.dumps(found))
    assert found["reached"] >= 0.95
    assert found["cues_p50"] <= 8
    assert found["wrong_way"] <= 0.04
    assert found["reversals"] == 0
    assert found["line_error_p90"] <= 0.025
    assert found["ratio_error_p90"] <= 0.2


def test_a_group_steps_aside_and_apart_as_it_is_told():
    rng = np.random.default_rng(4)
    outlines = [Outline(Scene.random(seed, 1).people[0]) for seed in (3, 8)]
    group = Group([outlines[1], outlines[0], outlines[1]], rng)
    for each, (x, z) in zip(group.members, ((0.0, 0.0), (0.05, 0.6), (1.2, 0.0)), strict=True):
        each.x, each.z, each.goes_x = x, z, x
    camera = Pinhole(640, 480, 48.0, y=1.2, z=-4.0)
    assert group.faces_seen(camera) < 0.3
    said = Cue("head_hidden", "", detail="face_left")
    for frame in range(60):
        group.hear(said if group.faces_seen(camera) < 0.6 else told("hold"), camera, frame / 10)
    assert group.faces_seen(camera) >= 0.6
    wide = max(each.x for each in group.members) - min(each.x for each in group.members)
    for frame in range(60, 80):
        group.hear(Cue("guests_left", "", 0.4, "m", detail="apart"), camera, frame / 10)
    assert max(each.x for each in group.members) - min(each.x for each in group.members) > wide


def test_one_run_can_be_drawn_as_a_sheet_of_its_cues_or_as_an_animation(tmp_path, capsys):
    plan = Plan(seed=3, mounts=("handheld",))
    for name in ("run.png", "run.gif"):
        watch_run(plan, tmp_path / name, as_json=False)
        with Image.open(tmp_path / name) as drawn:
            assert min(drawn.size) > 200
            assert getattr(drawn, "n_frames", 1) > 5 or name == "run.png"
    assert "handheld: in the look after" in capsys.readouterr().out
    with pytest.raises(FramecueError, match=r"\.gif or \.png"):
        watch_run(plan, tmp_path / "run.jpg", as_json=False)


@pytest.mark.slow
def test_groups_are_led_into_their_look():
    found = summary(simulate(8, Plan(seed=3, look="group", people=5, mounts=("handheld", "tripod"))))
    print(json.dumps(found))
    assert found["reached"] >= 0.75
    assert found["cues_p50"] <= 6
    assert found["reversals"] <= 1
