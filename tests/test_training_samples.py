"""Training frames: labels and lines move with the picture, and nothing is taught where nothing is known."""

import sys
from pathlib import Path

import numpy as np
import pytest

from framecue.parts import Part
from framecue.segmentation.figure import LINES, STRIDE

sys.path.append(str(Path(__file__).parents[1]))
from models.training.labels import HEAD, SOMEBODY, UNKNOWN
from models.training.sample import Sample, guessed, moved, placed, target

SIZE = (97, 65)


def standing() -> Sample:
    """A white block on black, its head top at its upper edge."""
    image, codes = np.zeros((200, 150, 3), np.uint8), np.zeros((200, 150), np.uint8)
    image[60:160, 50:90], codes[60:160, 50:90] = 255, Part.TORSO
    return Sample(image, codes, [{"head_top": (70.0, 60.0), "chin": None, "foot": (55.0, 159.0)}])


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("smooth", [False, True])
def test_everything_moves_together(mirror: bool, smooth: bool) -> None:
    matrix = placed((70, 110), 0.5, (32, 48), 8.0, mirror)
    frame = moved(standing(), matrix, SIZE, smooth)
    assert frame.image.shape == (*SIZE, 3)
    bright = frame.image[..., 0] > 127
    inside = frame.codes == Part.TORSO
    assert np.count_nonzero(bright ^ inside) < 0.08 * np.count_nonzero(inside)
    top, foot = frame.points[0]["head_top"], frame.points[0]["foot"]
    assert top is not None
    assert foot is not None
    assert np.flatnonzero(inside.any(axis=1))[0] == pytest.approx(top[1], abs=4)
    assert (foot[0] > 32) is mirror  # its foot is on its left
    assert frame.points[0]["chin"] is None


def test_off_the_picture_nothing_is_known() -> None:
    frame = moved(standing(), placed((75, 100), 0.2, (32, 48), 0, False), SIZE, smooth=True)
    assert frame.codes[0, 0] == UNKNOWN
    known = target(frame)
    assert (known.weights[:, 0, 0] == 0).all()
    assert (known.weights[:, 12, 8] == 1).all()


def test_a_line_is_brightest_on_its_own_cell() -> None:
    known = target(Sample(np.zeros((*SIZE, 3), np.uint8), np.zeros(SIZE, np.uint8), [{"foot": (24.0, 60.0)}]))
    heat = known.lines[LINES.index("foot")]
    assert heat.shape == (25, 17)
    assert np.unravel_index(np.argmax(heat), heat.shape) == (60 // STRIDE, 24 // STRIDE)
    assert heat.max() == pytest.approx(1.0)
    assert known.lines[LINES.index("chin")].max() == 0
    assert known.codes.shape == (49, 33)


def test_lines_nobody_marked_are_not_taught_on_people_but_on_empty_ground() -> None:
    codes = np.zeros((97, 97), np.uint8)
    codes[40:60, 40:60] = SOMEBODY
    sample = Sample(np.zeros((97, 97, 3), np.uint8), codes, (), frozenset({"chin"}))
    weights = target(sample).weights
    assert weights[LINES.index("chin"), 12, 12] == 0
    assert weights[LINES.index("chin"), 0, 0] == 1
    assert (weights[LINES.index("foot")] == 1).all()


def test_the_teacher_alone_speaks_only_where_it_is_sure() -> None:
    person = np.zeros((40, 30), np.uint8)
    person[10:, 8:22], person[8:10, 8:22] = 255, 120
    parts = np.where(person > 0, Part.TORSO, 0).astype(np.uint8)
    parts[10:20, 8:22] = Part.FACE
    codes = guessed(person, parts, (160, 120))
    assert codes[60, 60] == HEAD
    assert codes[120, 60] == SOMEBODY
    assert codes[36, 60] == UNKNOWN
    assert codes[4, 4] == 0
