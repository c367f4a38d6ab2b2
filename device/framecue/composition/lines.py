"""Chin, head top and foot line from a model that was taught them: the bright spots of its heatmaps."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

LIKELY: Final = 0.2  # a line whose brightest cell is less probable than this is not seen
_SHARE: Final = 0.3  # of the brightest cell: darker ones around it say nothing about its place
_REACH: Final = 7  # cells around the brightest one that are looked at, up and down and to both sides


def find_line(heatmap: NDArray[np.float32], region: tuple[float, float, float, float]) -> float | None:
    """Row of a line as a share of the frame's height; None where it is not seen.

    heatmap: (h, w) probabilities. region: left, top, right, bottom as shares of the frame, in which the
    brightest cell lies. The row is the centre of mass of the spot around it, so it lies between cells.
    """
    height, width = heatmap.shape
    left, top = max(int(region[0] * width), 0), max(int(region[1] * height), 0)
    window = heatmap[top : int(np.ceil(region[3] * height)), left : int(np.ceil(region[2] * width))]
    if not window.size:
        return None
    row, column = divmod(int(np.argmax(window)), window.shape[1])
    brightest = float(window[row, column])
    if brightest < LIKELY:
        return None
    row, column = row + top, column + left
    first = max(row - _REACH, 0)
    near = heatmap[first : row + _REACH + 1, max(column - _REACH, 0) : column + _REACH + 1]
    weights = np.where(near > _SHARE * brightest, near, 0).sum(axis=1, dtype=np.float64)
    centre = float(weights @ np.arange(len(weights))) / float(weights.sum())
    return float(first + centre + 0.5) / int(height)
