"""Two views of one person tell where the camera stands, where one cannot."""

from dataclasses import replace

import numpy as np
import pytest

from framecue.composition.axes import moved
from framecue.composition.pose import Lens, Pose, Sight, project, row
from framecue.composition.whereabouts import Whereabouts

LENS = Lens.of(480, 640, 48.0)
FROM_ABOVE = Pose(distance_m=3.4, height_m=1.7, pitch_deg=-14.0, body_m=1.74, heads=7.3)
NEAR_CHILD = Pose(distance_m=2.3, height_m=1.2, pitch_deg=-8.0, body_m=1.3, heads=6.5)


def seen(pose: Pose, **known: float) -> Sight:
    marks = project(row(pose), LENS)
    top, chin, foot, middle = (float(v[0]) for v in (marks.head_top, marks.chin, marks.foot, marks.middle))
    foot_seen = foot < LENS.height
    return Sight(top, chin, foot if foot_seen else None, middle, roll_deg=pose.roll_deg,
                 beyond_bottom=not foot_seen, **known)  # fmt: skip


def after(pose: Pose, **moves: float) -> Pose:
    axes = tuple(moves)
    return Pose(*moved(row(pose), np.array([list(moves.values())]), axes)[0].tolist())


class Walk:
    """A camera that is moved as asked, or otherwise, and what is made of it."""

    def __init__(self, pose: Pose, mount: str = "handheld") -> None:
        self.where, self.pose, self._now_s = Whereabouts(mount), pose, 0.0
        self.look()

    def ask(self, done: float = 1.0, **moves: float) -> None:
        for _ in range(6):
            self.look(asked=moves)
        self.pose = after(self.pose, **{axis: done * amount for axis, amount in moves.items()})
        self.look(moving=True, asked=moves)
        for _ in range(6):
            self.look()

    def look(self, *, moving: bool = False, asked: dict | None = None, **known: float) -> None:
        self._now_s += 0.1
        self.where.asked(asked or {}, self._now_s)
        self.where.watch(moving, self._now_s)
        self.where.see(seen(self.pose, **known), LENS)

    @property
    def found(self):
        return self.where.found


def test_a_camera_held_high_is_known_better_once_it_was_moved():
    walk = Walk(FROM_ABOVE)
    before = walk.found.deviation.height_m
    walk.ask(step=1.0)
    walk.ask(**{"raise": -0.4, "tilt": 8.0})
    deviation = walk.found.deviation.height_m
    assert deviation < 0.75 * before
    assert walk.found.pose.height_m == pytest.approx(walk.pose.height_m, abs=3 * deviation)


def test_a_child_near_by_is_told_from_somebody_further_off_by_a_step():
    walk = Walk(NEAR_CHILD)
    tall, off = walk.found.pose.body_m, abs(walk.found.pose.distance_m / walk.pose.distance_m - 1)
    walk.ask(step=-0.8)
    walk.ask(step=0.6)
    assert abs(walk.found.pose.distance_m / walk.pose.distance_m - 1) < off
    assert walk.found.pose.body_m < tall


@pytest.mark.parametrize(
    "person", [Pose(2.6, 0.0, 1.3, -6.0, 0.0, 1.25, 5.3), Pose(2.6, 0.0, 1.3, -3.0, 0.0, 1.75, 7.2)]
)
def test_a_child_is_told_from_a_grown_up_by_what_lowering_the_camera_shows(person):
    walk = Walk(person)
    walk.ask(**{"raise": -0.5, "tilt": 8.0})
    walk.ask(step=0.4)
    assert walk.found.pose.body_m == pytest.approx(person.body_m, rel=0.1)
    assert walk.found.pose.height_m == pytest.approx(walk.pose.height_m, abs=0.2)


def test_nobody_is_taken_for_a_child_by_the_head_alone():
    """Without the feet there is no ratio, and a near child looks like a grown-up further off."""
    grown = Pose(1.5, 0.0, 1.5, 6.0, 0.0, 1.75, 7.0)
    walk = Walk(grown)
    walk.ask(-1.0, step=-0.3)
    walk.ask(0.0, tilt=-8.0)
    assert walk.found.pose.body_m > 1.5


def test_height_is_kept_in_mind_while_the_feet_are_out_of_the_picture():
    walk = Walk(FROM_ABOVE)
    walk.ask(**{"raise": -0.5, "tilt": 9.0})
    known = walk.found.pose.height_m
    walk.ask(tilt=8.0)
    assert walk.found.pose.height_m == pytest.approx(known, abs=0.1)


@pytest.mark.parametrize("done", [-1.0, 0.0, 2.5])
def test_who_does_something_else_is_found_again(done):
    walk = Walk(FROM_ABOVE)
    walk.ask(done, step=1.0)
    assert walk.found.pose.distance_m == pytest.approx(walk.pose.distance_m, rel=0.25)


def test_who_raises_the_camera_and_tilts_it_down_when_told_the_opposite_is_found_again():
    walk = Walk(FROM_ABOVE)
    walk.ask(step=0.6)
    walk.ask(-1.0, **{"raise": -0.4, "tilt": 9.0})
    assert walk.found.pose.pitch_deg == pytest.approx(walk.pose.pitch_deg, abs=9.0)
    assert walk.found.pose.height_m == pytest.approx(walk.pose.height_m, abs=0.5)


def test_one_view_counts_once_however_long_it_lasts():
    walk = Walk(FROM_ABOVE)
    before = walk.found.deviation.pitch_deg
    for _ in range(50):
        walk.look()
    assert walk.found.deviation.pitch_deg == pytest.approx(before, rel=0.05)


def test_a_camera_that_nobody_moves_stays_as_it_is():
    walk = Walk(Pose(distance_m=2.6, height_m=1.3, pitch_deg=-5.0), "fixed")
    first = walk.found
    walk.ask(come=-0.8)
    walk.ask(come=0.5)
    assert walk.found.deviation.height_m < first.deviation.height_m
    assert walk.found.deviation.pitch_deg < first.deviation.pitch_deg


def test_somebody_else_is_begun_with_afresh():
    walk = Walk(NEAR_CHILD)
    walk.where.forget()
    assert walk.found is None


@pytest.mark.parametrize("mount", ["handheld", "tripod"])
def test_a_roll_that_was_mended_unnoticed_is_believed_as_it_is_seen(mount):
    """Turning the camera about its lens hardly moves who stands in the middle."""
    walk = Walk(replace(FROM_ABOVE, roll_deg=4.0), mount)
    walk.ask(step=0.5)
    walk.pose = replace(walk.pose, roll_deg=-1.5)
    walk.look(roll_deviation_deg=1.9)
    assert walk.found.pose.roll_deg == pytest.approx(-1.5, abs=0.7)
