"""Depth maps: from a file or a sensor to nearness, holes filled along the picture's edges."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import Plane, unit
from framecue.depth.stored import read_map
from framecue.portrait.matte import shrunk
from framecue.windows import Windows

_LEAST: Final = 0.02  # share of known pixels under which a map says nothing
_FLYING: Final = 0.15  # relative step to every side from which a pixel hangs between two surfaces
_FINE: Final = 0.6  # of the picture's resolution: from there on a map's own edges are the better ones
_HOLE: Final = 0.03  # of a map's width: how far into the unknown what is around it goes on
_GUIDED_PX: Final = 160_000
_GUIDED_EPSILON: Final = 1e-3
_NEAREST: Final = 4.0


def read_depth(path: Path) -> NDArray[np.float32] | None:
    """Read a depth map as `read_map` does; None where nearly nothing in it is known.

    Raises PhotoError where it is no such file.
    """
    return useful(read_map(path))


def useful(depth_m: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """A depth map, (h, w) metres, 0 where unknown; None where nearly nothing in it is known."""
    return depth_m if np.count_nonzero(depth_m) >= _LEAST * depth_m.size else None


def nearness(
    depth_m: NDArray[np.float32],
    focus_m: float,
    image: NDArray[np.uint8],
    people: Plane,
    otherwise: Plane | None = None,
) -> Plane:
    """Focus distance over distance for a picture, 0 endlessly far; (h, w) float32 at a size of its own.

    depth_m: (any h, any w) float32 metres over the same view, 0 where unknown. image: (h, w, 3) uint8 RGB.
    people: (any h, any w) float32, 0..1, who is in focus: behind them the map goes on as beside them.
    otherwise: (any h, any w) float32 nearness where nothing around is known, such as beyond a sensor's range;
    None: the map goes on there, too.
    """
    rows, columns = depth_m.shape
    mine = cv2.resize(people, (columns, rows), interpolation=cv2.INTER_AREA)
    reach = np.ones((3, 3), np.uint8)
    known = (depth_m > 0) & ~_flying(depth_m)
    known &= cv2.dilate((mine > 0.05).astype(np.uint8), reach) == 0
    near = np.where(known, np.float32(focus_m) / np.maximum(depth_m, np.float32(0.05)), 0).astype(np.float32)
    near = np.minimum(near, np.float32(_NEAREST))
    if otherwise is not None:
        beyond = _far_from_known(depth_m)
        near = np.where(beyond, cv2.resize(otherwise, (columns, rows)), near).astype(np.float32)
        known |= beyond
    filled = _filled(near, known.astype(np.float32))
    if rows * columns >= _FINE * _GUIDED_PX:
        return filled
    small = shrunk(image, _GUIDED_PX, 640)
    enlarged = cv2.resize(filled, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_LINEAR)
    # As far as a cell of the map reaches, its edges are sought in the picture (He et al., "Guided image
    # filtering", PAMI 2013).
    cell = 2 * round(max(small.shape[0] / rows, 1.0)) + 1
    windows = Windows(unit(small), cell, _GUIDED_EPSILON)
    linear = windows.smooth(windows.fit(np.asarray(enlarged, np.float32)))
    return np.clip(linear.of(small), 0, _NEAREST)


def focus_distance(depth_m: NDArray[np.float32], people: Plane) -> float | None:
    """Median distance of those in focus, metres; None where the map does not know it."""
    rows, columns = depth_m.shape
    mine = cv2.resize(people, (columns, rows), interpolation=cv2.INTER_AREA) > 0.9
    seen = depth_m[mine & (depth_m > 0)]
    return float(np.median(seen)) if len(seen) >= 4 else None


def _flying(depth_m: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Pixels that hang between two surfaces, as time-of-flight sensors put them at edges."""
    reach = np.ones((3, 3), np.uint8)
    known = depth_m > 0
    far = cv2.dilate(depth_m, reach)
    near = cv2.erode(np.where(known, depth_m, np.float32(1e6)), reach)
    limit = np.float32(_FLYING) * depth_m
    return np.asarray(known & (far - depth_m > limit) & (depth_m - near > limit), np.bool_)


def _far_from_known(depth_m: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Pixels that are no hole in a map, but outside what its sensor can see or reach."""
    if not depth_m.all():
        gap = cv2.distanceTransform((depth_m <= 0).astype(np.uint8), cv2.DIST_L2, 3)
        return np.asarray(gap > max(_HOLE * depth_m.shape[1], 1.5), np.bool_)
    return np.zeros(depth_m.shape, np.bool_)


def _filled(values: Plane, weight: Plane) -> Plane:
    """Values where they are known, elsewhere what is around, from ever coarser averages."""
    if min(values.shape) < 2 or float(weight.min()) > 0:
        return values
    size = (values.shape[1] + 1) // 2, (values.shape[0] + 1) // 2
    total = cv2.resize(values * weight, size, interpolation=cv2.INTER_AREA)
    amount = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    coarse = _filled(np.asarray(total / np.maximum(amount, 1e-6), np.float32), np.asarray(amount, np.float32))
    enlarged = cv2.resize(coarse, (values.shape[1], values.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.where(weight > 0, values, enlarged), np.float32)
