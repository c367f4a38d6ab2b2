"""Keypoints in the maps that a segmentation brings along."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

LIKELY: Final = 0.5  # a keypoint less probable than this is not seen


@dataclass(frozen=True, slots=True)
class Place:
    """A keypoint: x and y as shares of the frame (0..1), probability 0..1."""

    x: float
    y: float
    probability: float


def find_place(heatmap: NDArray[np.float32], region: tuple[float, float, float, float]) -> Place | None:
    """The likeliest place of a keypoint within a region (left, top, right, bottom as shares of the frame).

    Around the brightest 3 x 3 cells: their sum is the probability, their centroid the place. None where
    they are dark.
    """
    height, width = heatmap.shape
    left, top = max(int(region[0] * width), 0), max(int(region[1] * height), 0)
    right, bottom = int(np.ceil(region[2] * width)), int(np.ceil(region[3] * height))
    window = heatmap[top:bottom, left:right]
    if not window.size:
        return None
    row, column = divmod(int(np.argmax(window)), window.shape[1])
    row, column = row + top, column + left
    first_row, first_column = max(row - 1, 0), max(column - 1, 0)
    around = heatmap[first_row : row + 2, first_column : column + 2]
    by_row: list[float] = around.sum(axis=1).tolist()
    by_column: list[float] = around.sum(axis=0).tolist()
    total = sum(by_row)
    if total < 1e-3:
        return None
    y = first_row + sum(index * value for index, value in enumerate(by_row)) / total
    x = first_column + sum(index * value for index, value in enumerate(by_column)) / total
    return Place((x + 0.5) / width, (y + 0.5) / height, min(total, 1.0))


def keypoint_count(heatmaps: Mapping[str, NDArray[np.float32]], own: NDArray[np.bool_]) -> float:
    """How many keypoints lie on a person's cells or right beside them; each counts as much as it is probable.

    own: (h, w), of any size.
    """
    by_size: dict[tuple[int, ...], list[NDArray[np.float32]]] = {}
    for votes in heatmaps.values():
        by_size.setdefault(votes.shape, []).append(votes.ravel())
    count = 0.0
    for (rows, columns), votes_each in by_size.items():
        near = cv2.resize(own.astype(np.uint8), (columns, rows), interpolation=cv2.INTER_NEAREST)
        beside = cv2.dilate(near, np.ones((3, 3), np.uint8)).ravel().astype(np.float32)
        count += float(np.minimum(np.stack(votes_each) @ beside, 1.0).sum())
    return count
