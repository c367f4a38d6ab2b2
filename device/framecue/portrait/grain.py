"""The grain of a photo: how much there is, and the same put on what has none."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import Plane

_LEAST: Final = 0.45  # grey levels: enough that a smooth sky does not show steps
_MOST: Final = 9.0
_SIDE: Final = 512  # pixels of the pattern, which repeats


def measure_grain(image: NDArray[np.uint8]) -> float:
    """Deviation of the noise in an (h, w, 3) uint8 picture, grey levels.

    The median over small blocks of what a Laplacian leaves (Immerkær, "Fast noise variance estimation",
    1996), of the smoothest quarter of them, so that texture is not taken for noise.
    """
    height, width = image.shape[:2]
    patches = [
        image[y : y + 64, x : x + 64, 1].astype(np.float32)
        for y in range(0, max(1, height - 64), max(64, height // 12))
        for x in range(0, max(1, width - 64), max(64, width // 12))
    ]
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    found = [
        float(np.median(np.abs(cv2.filter2D(patch, -1, mask)))) / (6 * 0.6745)
        for patch in patches
        if min(patch.shape) > 8 and 12 < float(patch.mean()) < 243
    ]
    return float(np.clip(np.percentile(found, 25), _LEAST, _MOST)) if found else _LEAST


def pattern(deviation: float, seed: int = 0) -> Plane:
    """(512, 512, 3) float32 of grain, grey levels: mostly in brightness, a little in colour; repeats."""
    rng = np.random.default_rng(seed)
    grey = rng.standard_normal((_SIDE, _SIDE, 1), np.float32)
    colour = rng.standard_normal((_SIDE, _SIDE, 3), np.float32)
    mixed = 0.9 * grey + 0.436 * colour
    return np.asarray(np.float32(deviation) * mixed, np.float32)
