"""From a model's cells to a Segmentation's.

Models whose input measures 16 n + 1 pixels have their cell (r, c) centred on input pixel (stride r,
stride c): the first and last cells sit on the border pixels. A Segmentation's cells lie inside the frame
and cover it. Half a cell is 8 pixels at stride 16, so one grid is resampled to the other before anything is
decided.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

COARSEST: Final = 16  # input pixels from one cell to the next where such a model sees the most


def fitting_size(long_side: float, height: int, width: int) -> tuple[int, int]:
    """Model input (height, width) for pictures of that size: 16 n + 1 each, nearest to its aspect."""
    scale = long_side / max(height, width)
    return _whole_cells(height * scale), _whole_cells(width * scale)


def check_long_side(long_side: int) -> None:
    """Raise ValueError where a long side, pixels, is none that such a model takes."""
    if long_side < 2 * COARSEST + 1 or long_side % COARSEST != 1:
        raise ValueError(f"long_side {long_side} is not 16 n + 1 with n >= 2")


class Cells:
    """Resamples maps linearly.

    stride: input pixels from one of the model's cells to the next. fineness: cells made of each of them.
    """

    def __init__(self, stride: int, fineness: int) -> None:
        self._stride, self._fineness = stride, fineness
        self._weights: dict[int, NDArray[np.float32]] = {}

    def finer(self, maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """(c, gh, gw) float32 on the model's cells as (c, h, w) on cells that cover the frame."""
        _, height, width = maps.shape
        down, across = self._weight(height), self._weight(width)
        finer: NDArray[np.float32] = np.matmul(np.matmul(down, maps), across.T)
        return finer

    def nearest(self, ids: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(gh, gw) ids on the model's cells as (h, w) on cells that cover the frame."""
        rows, columns = (np.rint(self._position(cells)).astype(np.intp) for cells in ids.shape)
        return ids[rows[:, None], columns]

    def _position(self, cells: int) -> NDArray[np.float64]:
        """Where each cell wanted lies among so many of the model's."""
        wanted = (cells - 1) * self._fineness + 1
        pixels = (cells - 1) * self._stride + 1
        position: NDArray[np.float64] = ((np.arange(wanted) + 0.5) * pixels / wanted - 0.5) / self._stride
        return position

    def _weight(self, cells: int) -> NDArray[np.float32]:
        """(wanted, cells): how much of each of the model's cells there is in each cell wanted."""
        if cells not in self._weights:
            distance = np.abs(self._position(cells)[:, None] - np.arange(cells)[None, :])
            self._weights[cells] = np.maximum(1.0 - distance, 0.0).astype(np.float32)
        return self._weights[cells]


def _whole_cells(pixels: float) -> int:
    return max(2, round((pixels - 1) / COARSEST)) * COARSEST + 1


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities of logits."""
    return np.float32(1) / (np.float32(1) + np.exp(-logits))


def logit(probability: NDArray[np.float32], sure: float) -> NDArray[np.float32]:
    """Logits of probabilities, which count no nearer to 0 and 1 than `sure`."""
    within = np.clip(probability, sure, 1 - sure)
    return np.asarray(np.log(within / (1 - within)), np.float32)
