"""Whose body is whose, where a model points from every cell to a head: each cell belongs to the head that it
points to, as in Papandreou et al., PersonLab (ECCV 2018), and Cheng et al., Panoptic-DeepLab (CVPR 2020).
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

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
    order = np.argsort(-head[rows, columns], kind="stable")
    return [_between_cells(head, int(rows[index]), int(columns[index])) for index in order]


def share_out(
    regions: NDArray[np.uint16], large: list[int], ways: NDArray[np.float32], heads: list[Place]
) -> list[NDArray[np.bool_]]:
    """Cells (h, w) of each person: first those of each head in turn, none for a head that nobody points to,
    then those of people whose heads are not seen.

    regions: (h, w) connected cells of somebody, numbered; large: the numbers that count. ways: see
    Segmentation.
    """
    rows, columns = np.nonzero(np.isin(regions, large))
    region = regions[rows, columns]
    off, far = _misses(rows, columns, regions.shape, ways, heads)
    nearest = np.argmin(off, axis=0)
    astray = off[nearest, np.arange(len(rows))] > far
    owner = np.where(astray, -1, nearest)
    alone = []
    for number in large:
        mine = np.flatnonzero(region == number)
        counts = np.bincount(owner[mine] + 1, minlength=len(heads) + 1)
        here = np.flatnonzero(counts[1:] >= _SPECK * len(mine))
        lost = ~np.isin(owner[mine], here)
        if not len(here) or counts[0] >= _HEADLESS * len(mine):
            loose = owner[mine] == -1 if len(here) else np.ones(len(mine), bool)
            alone.append(mine[loose])
            owner[mine[loose]] = -1
            lost &= ~loose
        if len(here):
            owner[mine[lost]] = here[np.argmin(off[np.ix_(here, mine[lost])], axis=0)]
    cells = [np.flatnonzero(owner == index) for index in range(len(heads))] + alone
    return [_mask(regions.shape, rows[each], columns[each]) for each in cells]


def _misses(
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    shape: tuple[int, ...],
    ways: NDArray[np.float32],
    heads: list[Place],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(heads, cells): how far from each head each cell points. (cells,): how far is astray. Frame heights."""
    size, aspect = (shape[1], shape[0]), np.float32(shape[1] / shape[0])
    down = cv2.resize(ways[0], size, interpolation=cv2.INTER_LINEAR)[rows, columns]
    across = cv2.resize(ways[1], size, interpolation=cv2.INTER_LINEAR)[rows, columns]
    to_y = (rows.astype(np.float32) + 0.5) / shape[0] + down
    to_x = (columns.astype(np.float32) + 0.5) / shape[1] + across
    off = np.stack([np.hypot(to_y - y, (to_x - x) * aspect) for x, y in np.asarray(heads, np.float32)])
    return off, _CLOSE + _ASTRAY * np.hypot(down, across * aspect)


def _mask(shape: tuple[int, ...], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, bool)
    mask[rows, columns] = True
    return mask


def _between_cells(head: NDArray[np.float32], row: int, column: int) -> Place:
    """The centroid of the cells around a peak."""
    top, left = max(row - 1, 0), max(column - 1, 0)
    near = head[top : row + 2, left : column + 2]
    y = top + (near.sum(axis=1) * np.arange(near.shape[0])).sum() / near.sum()
    x = left + (near.sum(axis=0) * np.arange(near.shape[1])).sum() / near.sum()
    return float((x + 0.5) / head.shape[1]), float((y + 0.5) / head.shape[0])
