"""Depth from two cameras side by side: rectified, then matched half-globally.

Matching is OpenCV's semi-global block matching (Hirschmüller, "Stereo processing by semiglobal matching and
mutual information", PAMI 2008). What has no clear match, or another one seen from the right, is unknown.
"""

import math
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from framecue.composition.lens import Lens
from framecue.table import Table, read_table

MATCHED: Final = (640, 640)  # pixels across and down that are matched, at most
_NEAREST_M: Final = 0.5
_FARTHEST_M: Final = 40.0
_WINDOW: Final = 5
_SUBPIXEL: Final = 16  # steps of OpenCV's disparities to a pixel

Picture = NDArray[np.uint8]


class Pair(Table):
    """What `framecue calibrate stereo` writes: two lenses, and where the right camera is to the left one.

    A point p of the left camera, metres, is turned(p) + offset_m to the right one: x right, y down, z ahead.
    """

    left: Lens
    right: Lens
    turn: tuple[float, float, float] = Field(description="rotation vector, radians, left camera to right")
    offset_m: tuple[float, float, float] = Field(description="the left camera as the right one sees it")
    error_px: float = Field(0.0, ge=0, description="root mean square of what the boards were off, pixels")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not all(math.isfinite(value) for value in (*self.turn, *self.offset_m)):
            raise ValueError("turn and offset_m must be numbers")
        if not (0.005 <= -self.offset_m[0] <= 2 and math.hypot(*self.turn) < 0.6):
            raise ValueError("the cameras must stand side by side, left one first, and look the same way")
        return self


def load_pair(path: Path) -> Pair:
    """Read a pair's file. Raises SettingsError, one line, where it cannot be used."""
    return read_table(
        Pair, path, "pair",
        strange="is no file of a pair", make="calibrate the cameras", again="calibrate the cameras again",
    )  # fmt: skip


def depth_of(left: Picture, right: Picture, pair: Pair) -> NDArray[np.float32]:
    """Depth of what the left camera sees, (h, w) float32 metres at a size of its own, 0 where unknown.

    left, right: (h, w, 3) uint8 RGB of any size, taken at the same moment.
    """
    scale = min(1.0, MATCHED[0] / left.shape[1], MATCHED[1] / left.shape[0])
    size = round(left.shape[1] * scale), round(left.shape[0] * scale)
    small = [cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (left, right)]
    lenses = (pair.left, pair.right)
    matrices = [lens.matrix(*size) for lens in lenses]
    bent = [np.array(lens.distortion) for lens in lenses]
    turn = cv2.Rodrigues(np.array(pair.turn))[0]
    found = cv2.stereoRectify(
        matrices[0], bent[0], matrices[1], bent[1], size, turn, np.array(pair.offset_m)[:, None]
    )
    rotations = [np.asarray(each, np.float64) for each in found[:4]]
    grey: list[Picture] = []
    for picture, matrix, distortion, rotation, projection in zip(
        small, matrices, bent, rotations[:2], rotations[2:], strict=True
    ):
        maps = cv2.initUndistortRectifyMap(matrix, distortion, rotation, projection, size, cv2.CV_32FC1)
        straight = cv2.remap(picture, *maps, cv2.INTER_LINEAR)
        grey.append(np.asarray(cv2.cvtColor(straight, cv2.COLOR_RGB2GRAY), np.uint8))
    focal, baseline = float(rotations[2][0, 0]), math.hypot(*pair.offset_m)
    disparity = _matched(grey[0], grey[1], focal * baseline)
    known = disparity > focal * baseline / _FARTHEST_M
    depth = np.where(known, focal * baseline / np.maximum(disparity, 1e-3), 0).astype(np.float32)
    return _as_seen(depth, size, matrices[0], bent[0], rotations[0], rotations[2])


def _matched(left: Picture, right: Picture, metres: float) -> NDArray[np.float32]:
    """Disparities of rectified grey pictures, pixels, 0 where unknown; metres: disparity times depth."""
    width = left.shape[1]
    most = min(max(16, -(-int(metres / _NEAREST_M) // 16) * 16), width // 32 * 16)
    matcher = cv2.StereoSGBM.create(
        minDisparity=0, numDisparities=most, blockSize=_WINDOW, P1=8 * _WINDOW**2, P2=32 * _WINDOW**2,
        disp12MaxDiff=1, uniquenessRatio=8, speckleWindowSize=80, speckleRange=2,
        mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY,
    )  # fmt: skip
    # What lies within the search range of the border has no partner on the other picture: give it room.
    wide = [cv2.copyMakeBorder(each, 0, 0, most, 0, cv2.BORDER_REPLICATE) for each in (left, right)]
    found = matcher.compute(*wide)[:, most:]
    return np.asarray(np.maximum(found, 0), np.float32) / np.float32(_SUBPIXEL)


def _as_seen(
    depth: NDArray[np.float32],
    size: tuple[int, int],
    matrix: NDArray[np.float64],
    distortion: NDArray[np.float64],
    rotation: NDArray[np.float64],
    projection: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Depth of the rectified left picture, brought back to the left picture's own pixels and axis."""
    columns, rows = np.meshgrid(np.arange(size[0], dtype=np.float64), np.arange(size[1], dtype=np.float64))
    pixels = np.stack([columns.ravel(), rows.ravel()], 1)[:, None]
    places = cv2.undistortPoints(pixels, matrix, distortion, R=rotation, P=projection)
    at = places.reshape(size[1], size[0], 2).astype(np.float32)
    found = cv2.remap(depth, at[..., 0], at[..., 1], cv2.INTER_NEAREST, borderValue=0)
    rays = np.stack(
        [
            (at[..., 0] - projection[0, 2]) / projection[0, 0],
            (at[..., 1] - projection[1, 2]) / projection[1, 1],
            np.ones(at.shape[:2]),
        ],
        axis=-1,
    )
    return np.asarray(found * (rays @ rotation[:, 2]), np.float32)
