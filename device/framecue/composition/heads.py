"""Whose body is whose, where a model points from every cell to a head: each cell belongs to the head that it
points to, as in Papandreou et al., PersonLab (ECCV 2018), and Cheng et al., Panoptic-DeepLab (CVPR 2020).
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.parts import nearest_numbers

Place = tuple[float, float]  # x, y, shares of the frame

_LIKELY: Final = 0.35  # probability of a head from which there is one
_AREA: Final = 3  # cells around a peak among which it is the brightest
_ASTRAY: Final = 0.35  # of the way to a head: how far off it cells may point
_CLOSE: Final = 0.06  # of the frame's height: and this much more
_SPECK: Final = 0.03  # share of a region's cells under which those that point to a head are astray too
_HEADLESS: Final = 0.3  # share of a region pointing to no head from which that is somebody without one


def find_heads(head: NDArray[np.float32]) -> list[Place]:
    """Middles of the heads in a map of their probability, the likeliest first.

    head: (h, w) float32 in 0..1, its cells covering the frame.
    """
    around = cv2.dilate(head, np.ones((2 * _AREA - 1, 2 * _AREA - 1), np.uint8))
    rows, columns = np.nonzero((head == around) & (head > _LIKELY))
    kept: list[tuple[int, int]] = []
    for index in np.argsort(-head[rows, columns], kind="stable"):
        row, column = int(rows[index]), int(columns[index])
        if all(max(abs(row - r), abs(column - c)) >= _AREA for r, c in kept):  # quantized peaks may be flat
            kept.append((row, column))
    return [_between_cells(head, row, column) for row, column in kept]


def share_out(
    regions: NDArray[np.uint16], large: list[int], ways: NDArray[np.float32], heads: list[Place]
) -> list[NDArray[np.bool_]]:
    """Cells (h, w) of each person: first those of each head in turn, none for a head that nobody points to,
    then those of people whose heads are not seen.

    regions: (h, w) connected cells of somebody, numbered; large: the numbers that count. ways: see
    Segmentation. Decided at the resolution of the ways.
    """
    coarse = _nearest(regions, ways.shape[1:])
    rows, columns = np.nonzero(np.isin(coarse, large))
    region = coarse[rows, columns]
    off, far = _misses(rows, columns, ways, heads)
    owner = np.argmin(off, axis=0)
    owner[off[owner, np.arange(len(rows))] > far] = -1
    persons = len(heads)
    for number in large:
        mine = np.flatnonzero(region == number)
        counts = np.bincount(owner[mine] + 1, minlength=len(heads) + 1)
        here = np.flatnonzero(counts[1:] > _SPECK * len(mine))
        astray = owner[mine] == -1
        if not len(here) or counts[0] >= _HEADLESS * len(mine):
            owner[mine[astray] if len(here) else mine] = persons
            persons += 1
        if len(here):
            lost = mine[~np.isin(owner[mine], [*here, persons - 1])]
            owner[lost] = here[np.argmin(off[np.ix_(here, lost)], axis=0)]
    numbers = np.zeros(coarse.shape, np.uint16)
    numbers[rows, columns] = owner + 1
    fine = _nearest(nearest_numbers(numbers), regions.shape) * np.isin(regions, large)
    return [fine == index + 1 for index in range(persons)]


def _misses(
    rows: NDArray[np.intp], columns: NDArray[np.intp], ways: NDArray[np.float32], heads: list[Place]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(heads, cells): how far from each head each cell points. (cells,): how far is astray. Frame heights."""
    _, height, width = ways.shape
    aspect = np.float32(width / height)
    down, across = ways[:, rows, columns]
    to_y = (rows.astype(np.float32) + 0.5) / height + down
    to_x = (columns.astype(np.float32) + 0.5) / width + across
    off = np.stack([np.hypot(to_y - y, (to_x - x) * aspect) for x, y in np.asarray(heads, np.float32)])
    return off, _CLOSE + _ASTRAY * np.hypot(down, across * aspect)


def _nearest(numbers: NDArray[np.uint16], shape: tuple[int, ...]) -> NDArray[np.uint16]:
    size = (shape[1], shape[0])
    return np.asarray(cv2.resize(numbers, size, interpolation=cv2.INTER_NEAREST), np.uint16)


def _between_cells(head: NDArray[np.float32], row: int, column: int) -> Place:
    """The centroid of the cells around a peak."""
    top, left = max(row - 1, 0), max(column - 1, 0)
    near = head[top : row + 2, left : column + 2]
    y = top + (near.sum(axis=1) * np.arange(near.shape[0])).sum() / near.sum()
    x = left + (near.sum(axis=0) * np.arange(near.shape[1])).sum() / near.sum()
    return float((x + 0.5) / head.shape[1]), float((y + 0.5) / head.shape[0])
