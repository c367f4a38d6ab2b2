"""Roll and pitch from the picture: what edges and bodies tell, how surely, and when they tell nothing."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.roll import found_roll, spread, turned_inside
from conftest import SHARED
from framecue.composition.geometry import Pinhole
from framecue.composition.tilt import find_tilt
from framecue.parts import Part, Segmentation
from framecue.photo import read_photo
from framecue.segmentation.segmenter import SegmenterSettings, open_segmenter
from framecue.studio import Scene, Studio

NOBODY = Segmentation(np.zeros((120, 160), np.uint8), np.zeros((120, 160), np.float32))


def posts(pinhole: Pinhole, slanted: int = 0) -> NDArray[np.uint8]:
    """A picture of seven posts and so many leaning boards."""
    picture = np.full((pinhole.height, pinhole.width, 3), 200, np.uint8)
    ends = [((x, 0.0, 4.0), (x, 3.0, 4.0)) for x in np.linspace(-1.8, 1.8, 7)]
    ends += [((x, 0.0, 5.0), (x + 0.8, 2.5, 5.0)) for x in np.linspace(-2, 2, max(slanted, 1))[:slanted]]
    for end in ends:
        pixels = pinhole.project(np.array(end))[0]
        (x0, y0), (x1, y1) = ([round(float(v) * 16) for v in pixel] for pixel in pixels)
        cv2.line(picture, (x0, y0), (x1, y1), (60, 60, 60), 5, cv2.LINE_AA, shift=4)
    return picture


@settings(max_examples=60, deadline=None)
@given(roll=st.floats(-15, 15), pitch=st.floats(-16, 16), height=st.floats(0.8, 1.8))
def test_posts_tell_roll_and_pitch_together(roll: float, pitch: float, height: float) -> None:
    pinhole = Pinhole(640, 480, 48, y=height, pitch_deg=pitch, roll_deg=roll)
    found = find_tilt(posts(pinhole), NOBODY, 48)
    assert found is not None
    assert found.roll_known
    assert found.pitch_known
    assert abs(found.roll_deg - roll) < 0.5
    assert abs(found.pitch_deg - pitch) < 2


def test_slabs_on_the_ground_are_not_taken_for_walls() -> None:
    """Their seams run together, too, and the kerb behind them is level and not the horizon."""
    camera = Pinhole(640, 480, 48, y=1.5, pitch_deg=-14)
    picture = np.full((480, 640, 3), 170, np.uint8)
    seams = [((x, 0.0, 2.5), (x, 0.0, 9.0)) for x in np.arange(-4.0, 4.1, 1.0)]
    seams += [((-5.0, 0.0, z), (5.0, 0.0, z)) for z in np.arange(3.0, 9.1, 1.0)]
    for seam in seams:
        (x0, y0), (x1, y1) = ([round(float(v) * 16) for v in p] for p in camera.project(np.array(seam))[0])
        cv2.line(picture, (x0, y0), (x1, y1), (90, 90, 90), 3, cv2.LINE_AA, shift=4)
    found = find_tilt(picture, NOBODY, 48)
    assert found is None or not found.pitch_known or abs(found.pitch_deg + 14) < 3


def test_boards_that_lean_do_not_change_it() -> None:
    found = find_tilt(posts(Pinhole(640, 480, 48, roll_deg=6), slanted=3), NOBODY, 48)
    assert found is not None
    assert abs(found.roll_deg - 6) < 0.5


def ground(pinhole: Pinhole) -> NDArray[np.uint8]:
    """A picture of a meadow and the sky: nothing in it is upright."""
    rows, columns = np.mgrid[: pinhole.height, : pinhole.width].astype(np.float64)
    across, down = columns - (pinhole.width - 1) / 2, rows - (pinhole.height - 1) / 2
    roll, pitch = np.radians(pinhole.roll_deg), np.radians(pinhole.pitch_deg)
    below = down * np.cos(roll) + across * np.sin(roll) - pinhole.focal_px * np.tan(pitch)
    share = np.clip(below + 0.5, 0, 1)[..., None]
    shades = np.random.default_rng(4).normal(0, 3, (*share.shape[:2], 1))
    return np.clip((1 - share) * (190, 210, 240) + share * (70, 130, 60) + shades, 0, 255).astype(np.uint8)


@settings(max_examples=30, deadline=None)
@given(roll=st.floats(-12, 12), pitch=st.floats(-8, 8))
def test_outdoors_the_horizon_tells_it(roll: float, pitch: float) -> None:
    found = find_tilt(ground(Pinhole(480, 640, 48, pitch_deg=pitch, roll_deg=roll)), NOBODY, 48)
    assert found is not None
    assert abs(found.roll_deg - roll) < 0.7


def test_a_blank_picture_tells_nothing() -> None:
    assert find_tilt(np.full((480, 640, 3), 128, np.uint8), NOBODY, 48) is None


def test_noise_is_not_taken_for_edges() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3)).astype(np.uint8)
    found = find_tilt(noise, NOBODY, 48)
    assert found is None or not (found.roll_known or found.pitch_known)


@pytest.mark.parametrize("seed", [2, 4, 6, 9, 11, 15])
def test_rooms_of_the_studio(seed: int) -> None:
    studio = Studio(Scene.random(seed))
    for roll in (-11.0, 4.0):
        view = studio.view(Pinhole(640, 480, 48, z=-3.2, pitch_deg=5, roll_deg=roll), noise=2)
        person = ((view.parts > 0) & (view.parts != Part.CARRIED)).astype(np.float32)
        found = find_tilt(view.image, Segmentation(view.parts, person), 48, side=320)
        assert found is not None
        assert abs(found.roll_deg - roll) < 2.5 * found.roll_sigma_deg
        assert found.roll_known
        assert abs(found.roll_deg - roll) < 1
        assert abs(found.pitch_deg - 5) < 3 * found.pitch_sigma_deg


def test_a_person_alone_tells_a_large_roll_and_no_small_one() -> None:
    """A figure before a blank wall: three degrees are within how people stand, fifteen are not."""
    for roll, known in ((3.0, False), (15.0, True)):
        figure = np.zeros((480, 640), np.uint8)
        cv2.rectangle(figure, (290, 140), (350, 280), Part.TORSO, -1)
        cv2.rectangle(figure, (292, 280), (348, 420), Part.LEG, -1)
        cv2.rectangle(figure, (285, 420), (355, 440), Part.FOOT, -1)
        cv2.circle(figure, (320, 110), 25, Part.FACE, -1)
        matrix = cv2.getRotationMatrix2D((319.5, 239.5), roll, 1)
        parts = cv2.warpAffine(figure, matrix, (640, 480), flags=cv2.INTER_NEAREST).astype(np.uint8)
        blank = np.full((480, 640, 3), 128, np.uint8)
        found = find_tilt(blank, Segmentation(parts, (parts > 0).astype(np.float32)), 48)
        assert found is not None
        assert found.roll_known == known
        assert abs(found.roll_deg - roll) < 2
        assert found.roll_sigma_deg > 2
        assert not found.pitch_known


@pytest.mark.slow
def test_photos_turned_by_known_angles(coral_models: Path, tmp_path: Path) -> None:
    """Every 40th; limits are those promised. What the photo's own tilt adds is measured in bench/roll.py."""
    folder = SHARED / "data" / "ccp" / "photos"
    if not folder.is_dir():
        pytest.skip(f"no {folder}: labelled photos are not part of the repository")
    rng = np.random.default_rng(3)
    settings_ = SegmenterSettings(folders=(coral_models,), answer_limit_s=30)
    errors, told = [], 0
    paths = [path for path in sorted(folder.glob("*.jpg")) if int(path.stem) % 40 == 0]
    with open_segmenter(settings_, cache=tmp_path) as segmenter:
        for path in paths:
            angle, image = float(rng.uniform(-15, 15)), read_photo(path)
            roll, _ = found_roll(turned_inside(image, angle), segmenter, 640)
            own, _ = found_roll(image, segmenter, 640)
            if roll is not None and own is not None and roll.roll_known:
                told += 1
                errors.append(roll.roll_deg - angle - own.roll_deg)
    assert told > 0.8 * len(paths)
    assert np.median(np.abs(errors)) < 1.0, spread(np.array(errors))
    assert np.percentile(np.abs(errors), 90) < 2.5, spread(np.array(errors))
