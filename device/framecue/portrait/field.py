"""Cat's eyes: away from the middle of the picture a lens's barrel clips its opening from two sides.

What is seen of the opening there lies between two discs that move apart along the way from the middle; a
small light becomes as narrow as that, across this way. It changes from place to place, so the picture is
divided into patches that fade into each other, each spread by the opening that its middle sees.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import Plane
from framecue.portrait.lens import opening

_PATCHES: Final = 6  # along the longer side
_PLAIN: Final = 1.5  # pixels of radius under which no shape is seen


def spread_in_field(layer: Plane, radius: float, first: tuple[int, int], size: tuple[int, int]) -> Plane:
    """A layer spread by the opening as each of its places sees it.

    layer: (h, w, channels) float32, a part of the picture. radius: pixels. first: row and column of the
    picture where the part begins. size: rows and columns of the picture.
    """
    if radius < _PLAIN:
        return _filtered(layer, opening(radius), cv2.BORDER_REFLECT_101)
    reach = int(np.ceil(radius)) + 1
    border = (reach,) * 4
    around = np.asarray(cv2.copyMakeBorder(layer, *border, cv2.BORDER_REFLECT_101), np.float32)
    spread = np.zeros_like(around)
    step = max(size) / _PATCHES
    tents = [_tents(around.shape[axis], first[axis] - reach, size[axis], step) for axis in (0, 1)]
    half = 0.5 * float(np.hypot(*size))
    for row, down in tents[0]:
        rows = _where(down, reach)
        for column, across in tents[1]:
            columns = _where(across, reach)
            aside = (column - size[1] / 2) / half, (row - size[0] / 2) / half
            share = down[rows, None, None] * across[None, columns, None]
            patch = around[rows, columns] * share
            spread[rows, columns] += _filtered(patch, opening(radius, "cats_eye", aside), cv2.BORDER_CONSTANT)
    return spread[reach:-reach, reach:-reach]


def _tents(count: int, first: int, size: int, step: float) -> list[tuple[float, Plane]]:
    """Middles of patches along one side of the picture, and how much each place of a part belongs to them."""
    places = np.clip(np.arange(first, first + count, dtype=np.float32), 0, size - 1)
    number = max(1, round(size / step))
    wide = size / number
    middles = [wide * (index + 0.5) for index in range(number)]
    inside = np.clip(places, middles[0], middles[-1])
    found = [(middle, np.maximum(1 - np.abs(inside - middle) / np.float32(wide), 0)) for middle in middles]
    return [(middle, np.asarray(weight, np.float32)) for middle, weight in found if weight.any()]


def _where(weight: Plane, reach: int) -> slice:
    there = np.flatnonzero(weight)
    return slice(max(0, int(there[0]) - reach), int(there[-1]) + 1 + reach)


def _filtered(layer: Plane, kernel: NDArray[np.float32], border: int) -> Plane:
    return np.asarray(cv2.filter2D(layer, -1, kernel, borderType=border), np.float32)
