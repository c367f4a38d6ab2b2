"""The demo: a photographer who only follows cues ends with a shot in the look, and something to look at."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from framecue.composition.cue import Cue
from framecue.composition.geometry import Pinhole
from framecue.composition.look import load_look
from framecue.composition.subject import Composition, Subject
from framecue.composition.words import say
from framecue.indicators import Notice
from framecue.photographer import Photographer
from framecue.sketch import MEASURED, TARGET, save_animation, sketch

LOOK = load_look("full-body")


def demo(tmp_path, env):
    words = [sys.executable, "-m", "framecue", "demo", "--out", str(tmp_path / "demo")]
    return subprocess.run(words, env=env, capture_output=True, text=True, timeout=120, check=False)


def promised(done, folder):
    """Paths printed on stdout lead to a shot in the look and an animation of the way there."""
    assert done.returncode == 0, done.stderr
    told = dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if str(folder) in line)
    with Image.open(told["shot"]) as shot:
        assert shot.height > shot.width > 1000
    measured = json.loads(open(told["measures"]).read())["composition"]  # noqa: SIM115, PTH123
    subject = measured["subjects"][measured["main"]]
    for line, want in (("head_top_y", LOOK.measures.head_top), ("foot_y", LOOK.measures.foot_line)):
        assert abs(subject[line] / measured["height"] - want.value) <= 1.3 * want.tolerance
    with Image.open(told["animation"]) as animation:
        assert animation.n_frames > 10
        assert animation.format == "GIF"


@pytest.mark.slow
def test_with_nothing_fetched_the_demo_ends_with_a_shot_in_the_look(tmp_path, env):
    promised(demo(tmp_path, env), tmp_path)


class Tripod:
    pinhole = Pinhole(480, 640, 48)


class Clock:
    now = 0.0

    def __call__(self):
        self.now += 0.1
        return self.now


def told(cue, amount=None, unit=None):
    return Cue(cue, say(cue, amount, unit), amount, unit)


@pytest.mark.parametrize(
    ("cue", "changed", "sign"),
    [
        (told("tilt_up", 5, "deg"), "pitch_deg", 1),
        (told("tilt_down", 5, "deg"), "pitch_deg", -1),
        (told("pan_left", 5, "deg"), "pan_deg", -1),
        (told("pan_right", 5, "deg"), "pan_deg", 1),
        (told("step_closer", 0.5, "m"), "z", 1),
        (told("step_back", 0.5, "m"), "z", -1),
        (told("lower", 0.5, "m"), "y", -1),
        (told("nobody"), "pan_deg", 1),
    ],
)
def test_the_photographer_does_what_the_cue_says_about_as_far_as_it_says(cue, changed, sign):
    tripod = Tripod()
    before = getattr(tripod.pinhole, changed)
    photographer = Photographer(lambda: tripod, lambda _: None, Clock(), np.random.default_rng(1))
    while photographer.moves == 0 or tripod.pinhole == Tripod.pinhole:
        photographer.show(cue)
    for _ in range(5):  # the rest of the move
        photographer.show(told("hold"))
    moved = sign * (getattr(tripod.pinhole, changed) - before)
    asked = cue.amount or 5.0
    assert 0.8 * asked <= moved <= 1.15 * asked


def test_the_photographer_shoots_once_on_ready_and_goes_home_when_it_is_kept():
    asked = []
    photographer = Photographer(Tripod, asked.append, Clock(), np.random.default_rng(1))
    for _ in range(30):
        photographer.show(told("ready"))
    assert asked == ["shoot"]
    photographer.notice(Notice("saved", "Saved"))
    assert asked == ["shoot", "stop"]
    assert photographer.kept


def test_a_lost_shot_is_not_called_kept():
    photographer = Photographer(Tripod, lambda _: None, Clock(), np.random.default_rng(1))
    photographer.notice(Notice("not_saved", "NOT SAVED"))
    assert not photographer.kept


def test_a_sketch_shows_the_looks_lines_and_the_measured_lines_where_they_are():
    image = np.zeros((640, 480, 3), np.uint8)
    subject = Subject(100.0, 160.0, 500.0, 180.0, 300.0)
    page = sketch(image, Composition(480, 640, (subject,), 0), LOOK, told("tilt_up", 3, "deg"), width=480)
    assert page.shape == (640 + 96, 480, 3)

    def rows(colour):
        return set(np.flatnonzero((page[:640] == colour).all(axis=2).sum(axis=1) > 80))

    for measure in (LOOK.measures.head_top, LOOK.measures.foot_line):
        assert rows(TARGET) & set(range(round(measure.value * 640) - 2, round(measure.value * 640) + 3))
    for line in (100, 160, 500):
        assert rows(MEASURED) & set(range(line - 2, line + 3))


@pytest.mark.parametrize("cue", ["nobody", "ready", "feet_hidden", "best_possible"])
def test_a_sketch_can_be_made_of_every_kind_of_cue_and_of_nobody(cue):
    page = sketch(np.zeros((120, 160, 3), np.uint8), Composition(160, 120), LOOK, told(cue), width=200)
    assert page.shape == (150 + 40, 200, 3)


def test_an_animation_keeps_its_colours_and_times(tmp_path):
    pages = [
        np.full((40, 30, 3), colour, np.uint8) for colour in ((200, 30, 40), (30, 200, 40), (30, 40, 200))
    ]
    save_animation(tmp_path / "a.gif", pages, [0.1, 0.2, 3.0])
    with Image.open(tmp_path / "a.gif") as animation:
        assert animation.n_frames == 3
        for number, page in enumerate(pages):
            animation.seek(number)
            assert abs(np.asarray(animation.convert("RGB")).astype(int) - page).max() <= 8
        assert animation.info["duration"] == 3000
