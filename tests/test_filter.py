"""Lines, angles and distances made steady, and no later for it."""

import numpy as np
import pytest

from framecue.composition.filter import Steady
from framecue.composition.sighting import NOISE


@pytest.mark.parametrize("name", NOISE)
def test_a_small_change_of_anything_is_followed_within_half_a_second(name):
    steady, noise = Steady(NOISE), NOISE[name]
    for frame in range(20):
        steady.update({name: 0.0}, frame / 10)
    for frame in range(20, 25):
        found = steady.update({name: 3 * noise}, frame / 10)[name]
    assert found == pytest.approx(3 * noise, abs=noise)


@pytest.mark.parametrize("name", NOISE)
def test_noise_is_made_smaller(name):
    steady, rng = Steady(NOISE), np.random.default_rng(4)
    found = [steady.update({name: float(rng.normal(0, NOISE[name]))}, i / 10)[name] for i in range(300)]
    assert np.std(found[20:]) < 0.8 * NOISE[name]
