"""Chin, head top and foot line from a model that was taught them: the bright spots of its heatmaps."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

LIKELY: Final = 0.2  # a line whose brightest cell is less probable than this is not seen
_DARKEST: Final = 1e-6  # probability that a logarithm is taken of
_REACH: Final = 7  # cells to both sides of the brightest one: a head that leans has a slanting chin


def find_line(heatmap: NDArray[np.float32], region: tuple[float, float, float, float]) -> float | None:
    """Row of a line as a share of the frame's height; None where it is not seen.

    heatmap: (h, w) probabilities. region: left, top, right, bottom as shares of the frame, in which the
    brightest cell lies. Spots are Gaussian, so the row is the peak of a parabola through the logarithms of
    the brightest row and its neighbours: it lies between cells, and no dim side of a spot draws it away.
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
    if not 0 < row < height - 1:
        return float(row + 0.5) / int(height)
    near = heatmap[row - 1 : row + 2, max(column - _REACH, 0) : column + _REACH + 1].max(axis=1)
    above, middle, below = np.log(np.maximum(near, _DARKEST)).tolist()
    bend = above - 2 * middle + below
    off = 0.5 * (above - below) / bend if bend < 0 else 0.0
    return float(row + min(max(off, -0.5), 0.5) + 0.5) / int(height)
