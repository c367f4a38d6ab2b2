"""What the guide learns from what came of its cues: walls, going to and fro, pitches that are wrong."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framecue.composition.framing import framing
from framecue.composition.geometry import Pinhole
from framecue.composition.guide import Guide, GuideSettings
from framecue.composition.look import load_look
from framecue.composition.memory import Obstacles, StepsBack, ToAndFro
from framecue.composition.pose import Lens
from framecue.composition.sighting import Sighting
from framecue.simulate.report import Plan, one
from test_guide import FOV_DEG, LOOK, level_camera, run, seen

FAR_M = 1.6


def stepped(back: StepsBack, shrinks: float, times: int) -> list[bool]:
    """Whether a wall is found after each step of half a metre; shrinks: share of it that is gone."""
    found, size = [], math.log(0.14)
    for _ in range(times):
        back.watch({"step_back": 0.5}, FAR_M, size, moving=False)
        back.watch({"step_back": 0.5}, FAR_M, size, moving=True)
        size -= shrinks * math.log1p(0.5 / FAR_M)
        found.append(back.watch({"step_back": 0.5}, FAR_M, size, moving=False) == "step_back")
    return found


def test_somebody_at_a_wall_is_not_asked_a_third_time_to_step_back() -> None:
    assert stepped(StepsBack(), 0.0, 2) == [False, True]


@given(st.floats(0.6, 1.4))
def test_who_steps_back_more_or_less_as_asked_is_not_at_a_wall(obeyed: float) -> None:
    assert not any(stepped(StepsBack(), obeyed, 5))


def test_a_head_out_of_sight_proves_no_wall() -> None:
    back = StepsBack()
    for moving in (False, True) * 6:
        assert back.watch({"step_back": 0.5}, FAR_M, None, moving) is None


@given(st.floats(-12, 12))
def test_tilting_does_not_change_how_large_a_head_is(pitch: float) -> None:
    camera = Pinhole(480, 640, FOV_DEG, y=1.2, z=-3.0)
    lens, look = Lens.of(480, 640, FOV_DEG), load_look("full-body")
    sizes = []
    for tilted in (camera, replace(camera, pitch_deg=pitch)):
        sighting, composition = Sighting(), seen(tilted)
        framed = framing(composition, look)
        assert framed is not None
        sighting.update(framed, composition, lens, 0.0)
        sizes.append(sighting.head_size)
    if None not in sizes:
        assert sizes[1] == pytest.approx(sizes[0], abs=0.03)


def test_guests_who_are_sent_to_and_fro_by_a_hand_are_left_alone() -> None:
    obstacles = Obstacles()
    for turn in range(8):
        name = "guests_back" if turn % 2 else "guests_closer"
        obstacles.watch({name: 0.1}, 3.0, 0.0, turn * 4.0, 10.0)
        obstacles.watch({}, 3.0, 0.0, turn * 4.0 + 2.0, 10.0)
    assert obstacles.blocked == {"guests_back", "guests_closer"}
    assert not obstacles.second_chance()


def test_a_wall_is_found_though_the_amount_asked_for_goes_up_and_down() -> None:
    """Of somebody whose feet are cut nobody knows to the inch how far to step back."""
    obstacles = Obstacles()
    for turn in range(12):
        obstacles.watch({"step_back": 0.6 if turn % 2 else 0.4}, FAR_M, 0.0, float(turn), 6.0)
    assert obstacles.blocked == {"step_back"}


@pytest.mark.parametrize(("nearer", "blocked"), [(0.05, True), (0.4, False)])
def test_what_was_in_vain_is_tried_again_where_the_person_looks_larger_or_smaller(nearer, blocked) -> None:
    obstacles = Obstacles()
    for second in range(8):
        obstacles.watch({"step_back": 0.5}, FAR_M, 0.0, float(second), 6.0, size=-2.0)
    obstacles.watch({}, FAR_M, 0.0, 9.0, 6.0, size=-2.0 + nearer)
    assert bool(obstacles.blocked) == blocked


@given(st.lists(st.floats(0.0, 0.45), min_size=1, max_size=12), st.floats(0.1, 5.0))
def test_who_comes_nearer_with_every_turn_is_guided_on(left: list[float], first: float) -> None:
    """Every move leaves so much of itself, to the other side."""
    turns, amount = ToAndFro(), first
    for number, share in enumerate(left):
        assert not turns.ask("pan_left" if number % 2 else "pan_right", amount)
        amount *= share


@pytest.mark.parametrize("number", [55, 115, 235])
def test_an_honest_pitch_sensor_is_kept(number: int, caplog: pytest.LogCaptureFixture) -> None:
    """What the guide thought before was wrong in these runs, and it was the sensor that was left out."""
    assert one(Plan(11, mounts=("handheld",), sensor=True), number).result.ended != "late"
    assert not caplog.records


def test_a_picture_that_shows_a_wrong_pitch_spoils_nothing(caplog: pytest.LogCaptureFixture) -> None:
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    wrong = replace(seen(level_camera(pitch_deg=6.0)), pitch_deg=40.0, pitch_deviation_deg=0.8)
    cue = run(guide, [wrong] * 30)[-1]
    assert "tilt_down" in {cue.cue, None if cue.also is None else cue.also.cue}
    assert not caplog.records  # it is no sensor that would have to be mounted otherwise
