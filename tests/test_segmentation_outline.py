"""Outlines drawn where the picture has its edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framecue.composition.geometry import Pinhole
from framecue.parts import Part, Segmentation
from framecue.segmentation.outline import outlined
from framecue.segmentation.segmenter import SegmenterSettings, open_segmenter
from framecue.studio import Scene, render


def overlap(found: np.ndarray, truth: np.ndarray) -> float:
    return np.count_nonzero(found & truth) / np.count_nonzero(found | truth)


def coarse(parts: np.ndarray, cell: int) -> Segmentation:
    """What a model with cells so many pixels wide would say of exact parts."""
    cells = parts[cell // 2 :: cell, cell // 2 :: cell]
    return Segmentation(cells.copy(), (cells > 0).astype(np.float32))


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_blobs_become_outlines(seed):
    view = render(Scene.random(seed, 1), Pinhole(640, 480, 55, y=1.3, z=-3.2, pitch_deg=-8), noise=2)
    blobs, truth = coarse(view.parts, 8), view.parts > 0
    before = overlap(blobs.at(640, 480).person >= 0.5, truth)
    after = outlined(blobs, view.image)
    assert overlap(after.person >= 0.5, truth) > before + 0.3 * (1 - before)
    assert ((after.parts > 0) == (after.person >= 0.5)).all()


def test_people_of_the_studio_are_found_to_their_hands_with_the_model_that_comes_along():
    found = []
    with open_segmenter(SegmenterSettings()) as segmenter:
        for seed in range(100_500, 100_530):
            view = render(Scene.random(seed, 1), Pinhole(640, 480, 55, y=1.3, z=-3.2, pitch_deg=-8), noise=2)
            seen = outlined(segmenter.segment(view.image), view.image)
            found.append(overlap(seen.person >= 0.5, view.parts > 0))
    assert np.mean(found) >= 0.95


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 90), st.integers(1, 90), st.floats(0, 1))
def test_any_picture_and_any_map_give_a_map_of_the_pictures_size(height, width, level):
    person = np.full((5, 7), level, np.float32)
    parts = np.full((5, 7), Part.TORSO if level >= 0.5 else Part.BACKGROUND, np.uint8)
    image = np.random.default_rng(3).integers(0, 255, (height, width, 3), dtype=np.uint8)
    found = outlined(Segmentation(parts, person), image)
    assert found.person.shape == found.parts.shape == (height, width)
    assert found.person.min() >= 0
    assert found.person.max() <= 1
    assert (found.person == pytest.approx(level, abs=0.5)) or level == pytest.approx(0.5, abs=0.1)
