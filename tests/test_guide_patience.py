"""The guide waits for slow people and slow cameras, and calls those back who left by an edge."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framecue.composition.filter import Steady
from framecue.composition.guide import Guide, GuideSettings
from framecue.composition.lost import Lost
from framecue.composition.pace import IN_VAIN_S, LASTS_S, TRIES, UNKNOWN_S, Pace
from framecue.composition.pose import Lens
from framecue.composition.sighting import NOISE
from framecue.composition.subject import Composition, Subject
from framecue.simulate.report import Plan, one, simulate, summary
from test_guide import FOV_DEG, HEIGHT, LOOK, WIDTH, level_camera, moves_of, run, seen

LENS = Lens.of(WIDTH, HEIGHT, FOV_DEG)
EMPTY = Composition(WIDTH, HEIGHT)


def answered(pace: Pace, after_s: float, rate: float = 10.0, start_s: float = 0.0) -> float:
    """Ask for something new, let somebody move after so long for a second; the time then."""
    frames = int((after_s + 1.0) * rate) + 1
    for frame in range(frames):
        pace.watch({"tilt_up": 9.0}, frame / rate >= after_s, start_s + frame / rate)
    pace.watch({}, False, start_s + frames / rate)
    return start_s + (frames + 1) / rate


@given(st.floats(0.4, 6.0), st.sampled_from([1.0, 2.0, 5.0, 10.0, 30.0]))
def test_patience_is_a_multiple_of_what_somebody_takes(reaction_s: float, rate: float) -> None:
    pace = Pace()
    assert pace.patience_s == UNKNOWN_S
    start_s = 0.0
    for _ in range(3):
        start_s = answered(pace, reaction_s, rate, start_s)
    low, high = (TRIES * (reaction_s + more_s) for more_s in (0.0, LASTS_S + 1 / rate))
    assert max(IN_VAIN_S, low) - 1e-6 <= pace.patience_s <= max(IN_VAIN_S, high) + 1e-6


def test_a_twitch_answers_nothing() -> None:
    pace = Pace()
    for frame in range(60):
        pace.watch({"tilt_up": 9.0}, frame in (20, 21, 22, 40), frame / 10)
    assert pace.unanswered
    assert pace.patience_s == UNKNOWN_S


def test_who_is_still_moving_answers_an_older_cue() -> None:
    pace = Pace()
    for frame in range(30):
        pace.watch({"tilt_up": 9.0} | ({"raise": 0.5} if frame >= 10 else {}), frame > 4, frame / 10)
    assert pace.unanswered


@pytest.mark.parametrize(("left", "acted_on"), [(0.1, True), (0.4, True), (0.6, False), (1.0, False)])
def test_what_is_mostly_done_was_acted_on_though_nothing_seemed_to_move(left: float, acted_on: bool) -> None:
    """Lowering the camera and tilting it up leaves head and feet where they are in the picture."""
    pace = Pace()
    for frame in range(20):
        share = 1.0 if frame < 10 else left
        pace.watch({"lower": 0.5 * share, "tilt_up": 12.0 * share}, False, frame / 10)
    assert pace.unanswered != acted_on


def test_what_is_asked_for_stays_while_nobody_has_acted_on_it() -> None:
    """Near the look every tremble makes another move the best one; who hears them out sees but one."""
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    names = set()
    for frame in range(70):
        wobble = 0.25 if frame % 8 < 4 else -0.25
        camera = level_camera(pitch_deg=1.4 + wobble, pan_deg=-3.2 + wobble, roll_deg=1.2)
        cue = guide.update(replace(seen(camera), roll_deg=1.2 + wobble), frame / 10)
        names.add(frozenset(moves_of(cue)))
    assert len(names) == 1


def test_feet_at_the_very_edge_change_nothing_of_what_is_said() -> None:
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    edge = next(
        p / 20 for p in range(40, 200) if seen(level_camera(pitch_deg=p / 20)).main_subject.foot_y is None
    )
    said = [guide.update(seen(level_camera(pitch_deg=edge - 0.05 * (i % 3))), i / 10).cue for i in range(60)]
    assert sum(before != after for before, after in itertools.pairwise(said)) <= 1


def test_a_line_that_comes_into_sight_is_no_move_and_slow_frames_tell_one_as_well() -> None:
    steady = Steady(NOISE)
    for frame in range(4):
        steady.update({"head_top": 0.2, "foot": None if frame < 3 else 0.9}, frame / 10)
    assert steady.change("head_top", "foot") < 0.01
    slow = Steady(NOISE)
    for second in range(4):
        slow.update({"head_top": 0.2}, float(second))
    assert slow.change("head_top") < 0.01
    slow.update({"head_top": 0.26}, 4.0)
    assert slow.change("head_top") > 0.03


@pytest.mark.parametrize("rate", [1.0, 2.0, 3.0, 30.0])
def test_a_camera_of_any_speed_is_guided_to_ready(rate: float) -> None:
    cues = run(Guide(LOOK, FOV_DEG, GuideSettings()), [seen(level_camera())] * int(4 * rate + 1), rate)
    assert cues[-1].ready
    for number in (1, 4, 8):
        judged = one(Plan(5, mounts=("handheld",), rate=rate), number)
        assert judged.result.ended == "ready"
        assert judged.result.in_look


@pytest.mark.parametrize("reaction_s", [2.5, 4.0, 6.0])
def test_people_who_hear_a_cue_out_first_get_into_the_look_as_well(reaction_s: float) -> None:
    for number in (1, 2, 5):
        judged = one(Plan(5, mounts=("handheld",), reaction_s=reaction_s), number)
        assert judged.result.ended == "ready"
        assert judged.result.in_look


@pytest.mark.slow
def test_slow_people_and_slow_cameras_cost_few_cues_more() -> None:
    for plan in (Plan(4, reaction_s=4.0), Plan(4, rate=2.0)):
        found = summary(simulate(48, plan))
        print(plan, found)
        assert found["reached"] >= 0.93
        assert found["cues_p50"] <= 9
        assert found["wrong_way"] <= 0.03


def part(left: float, top: float | None, right: float, foot: float | None) -> Subject:
    return Subject(top, None, foot, left, right)


@pytest.mark.parametrize(
    ("subject", "cue"),
    [
        (part(0, 40, 30, 600), "pan_left"),
        (part(WIDTH - 25, None, WIDTH, None), "pan_right"),
        (part(200, None, 300, 60), "tilt_up"),
        (part(200, HEIGHT - 50, 300, None), "tilt_down"),
    ],
)
def test_who_left_by_an_edge_is_turned_after(subject: Subject, cue: str) -> None:
    lost = Lost()
    assert lost.turn_back("handheld") is None
    lost.see(subject, LENS, 0.0)
    back = lost.turn_back("tripod")
    assert back is not None
    assert back.names == {cue}
    assert lost.turn_back("fixed") is None  # guests cannot turn the camera


@given(st.floats(0.3, 0.7), st.floats(0.3, 0.7))
def test_who_vanished_in_the_middle_is_not_looked_for_at_an_edge(across: float, down: float) -> None:
    lost = Lost()
    x, y = across * WIDTH, down * HEIGHT
    lost.see(part(x - 40, y - 90, x + 40, y + 90), LENS, 0.0)
    assert lost.turn_back("handheld") is None


def test_who_is_lost_over_an_edge_is_called_back_for_a_while_and_never_against_what_was_just_said() -> None:
    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    asked = run(guide, [seen(level_camera(pan_deg=17.0))] * 20)
    assert "pan_left" in moves_of(asked[-1])
    gone = run(guide, [EMPTY] * 200, start_s=2.0)
    assert moves_of(gone[10]).keys() == {"pan_left"}
    assert gone[-1].cue == "nobody"

    guide = Guide(LOOK, FOV_DEG, GuideSettings())
    run(guide, [seen(level_camera(pan_deg=8.0))] * 10)
    run(guide, [seen(level_camera(pan_deg=-angle)) for angle in (2.0, 8.0, 14.0, 19.0)], start_s=1.0)
    gone = run(guide, [EMPTY] * 60, start_s=1.4)
    assert "pan_right" not in moves_of(gone[8])
    assert "pan_right" in moves_of(gone[45])
