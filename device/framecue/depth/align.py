"""A sensor's map as the camera would see it: every point moved to the pixel where the camera has it."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.composition.lens import Lens
from framecue.depth import DepthFrame
from framecue.depth.alignment import Alignment

_FINER: Final = 0.9  # cells of the result for one of the sensor's: a little coarser, so that no cracks appear
_MOST_ROWS: Final = 480
_LEAST_ROWS: Final = 4
_NEAR_M: Final = 0.05  # nothing nearer to the camera is believed
_ENOUGH: Final = 5  # of eight cells around a hole that have to be known for it to be filled


@dataclass(frozen=True, slots=True, eq=False)
class DepthMap:
    """Depth over the camera's whole view, at a resolution of its own.

    depth_m: (h, w) float32 metres along the camera's axis, 0 where unknown. confidence: (h, w) float32, 0..1.
    time_s: when the sensor measured it.
    """

    depth_m: NDArray[np.float32]
    confidence: NDArray[np.float32]
    time_s: float


@dataclass(frozen=True, slots=True)
class CameraView:
    """What a map is laid over. shape: width over height. lens: with distortion, where it was calibrated."""

    shape: float
    fov_deg: float
    lens: Lens | None = None

    def ideal(self) -> Lens:
        """The calibrated lens, or one of that field of view that does not distort."""
        return _ideal(self.fov_deg, self.shape) if self.lens is None else self.lens


@cache
def _ideal(fov_deg: float, shape: float) -> Lens:
    return Lens(fov_deg=fov_deg, shape=shape)


def aligned(frame: DepthFrame, alignment: Alignment, view: CameraView) -> DepthMap:
    """Lay a sensor's map over the camera's view.

    The nearest of the points that meet in a cell is kept: it is what the camera sees. Single cells between
    known ones are filled with their median; what the sensor cannot see stays 0.
    """
    if frame.optics is None:
        return DepthMap(frame.depth_m, frame.confidence, frame.time_s)
    down = 2 * np.tan(np.radians(view.fov_deg) / 2)
    rows = round(down * min(frame.optics.focal_x, frame.optics.focal_y) * _FINER)
    rows = min(max(rows, _LEAST_ROWS), _MOST_ROWS)
    columns = max(round(rows * view.shape), 2)
    points, confidence = points_of(frame)
    seen = points @ alignment.rotation.T + np.array(alignment.offset_m)
    ahead = seen[:, 2] > _NEAR_M
    seen, confidence = seen[ahead], confidence[ahead]
    at = _pixels(seen, view, columns, rows)
    inside = ((at >= 0) & (at < (columns, rows))).all(axis=1)
    cell = at[inside, 1] * columns + at[inside, 0]
    metres, sure = seen[inside, 2], confidence[inside]
    order = np.argsort(-metres)  # of two assignments to a cell the later one, the nearer, stays
    depth_m, known = np.zeros(rows * columns, np.float32), np.zeros(rows * columns, np.float32)
    depth_m[cell[order]], known[cell[order]] = metres[order], sure[order]
    return DepthMap(*_mended(depth_m.reshape(rows, columns), known.reshape(rows, columns)), frame.time_s)


def points_of(frame: DepthFrame) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """(n, 3) known points in the sensor's axes, metres, and their confidence."""
    assert frame.optics is not None
    y, x = np.nonzero(frame.depth_m > 0)
    metres = frame.depth_m[y, x].astype(np.float64)
    optics = frame.optics
    across = (x - optics.centre_x) / optics.focal_x * metres
    downward = (y - optics.centre_y) / optics.focal_y * metres
    return np.stack([across, downward, metres], axis=1), frame.confidence[y, x]


def _pixels(points: NDArray[np.float64], view: CameraView, columns: int, rows: int) -> NDArray[np.int64]:
    """(n, 2) columns and rows of the cells in which the camera sees (n, 3) points before it."""
    lens = view.ideal()
    if not len(points):
        return np.zeros((0, 2), np.int64)
    # Far outside the view a distortion's polynomial comes back into it: such points are left out.
    far = np.abs(points[:, :2] / points[:, 2:]).max(axis=1) > 2 * np.tan(np.radians(lens.fov_deg) / 2) * max(
        view.shape, 1
    )
    nothing = np.zeros(3)
    found, _ = cv2.projectPoints(
        points, nothing, nothing, lens.matrix(columns, rows), np.array(lens.distortion)
    )
    found = np.clip(np.nan_to_num(found[:, 0], nan=-1e6), -1e6, 1e6)
    found[far] = -1e6
    return np.rint(found).astype(np.int64)


def _mended(
    depth_m: NDArray[np.float32], confidence: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Holes of one cell filled from around them, with half the confidence of what is there."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(depth_m, 1), (3, 3))
    y, x = np.nonzero((depth_m == 0) & (np.count_nonzero(around, axis=(2, 3)) >= _ENOUGH))
    if not len(y):
        return depth_m, confidence
    beside = around[y, x].reshape(len(y), 9)
    filled, sure = depth_m.copy(), confidence.copy()
    filled[y, x] = np.nanmedian(np.where(beside > 0, beside, np.nan), axis=1)
    near = np.lib.stride_tricks.sliding_window_view(np.pad(confidence, 1), (3, 3))[y, x].reshape(len(y), 9)
    sure[y, x] = 0.5 * near.sum(axis=1) / np.maximum((near > 0).sum(axis=1), 1)
    return filled, sure
