"""Two cameras side by side, from pairs of photos of the board taken at the same moment."""

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.calibrate.board import SQUARE_M, board, calibrated
from framecue.composition.lens import Lens
from framecue.depth.stereo import Pair
from framecue.errors import PhotoError

_LEAST_CORNERS: Final = 12  # seen by both cameras
_LEAST_PAIRS: Final = 5
_MOST_ERROR: Final = 1 / 300  # of the picture's diagonal

Picture = NDArray[np.uint8]


def paired(lefts: Sequence[Picture], rights: Sequence[Picture], square_m: float = SQUARE_M) -> Pair:
    """Where two cameras stand to each other, and their lenses.

    lefts, rights: (h, w, 3) uint8 RGB, a pair at each index, each camera's of one size. square_m: side of a
    square of the printed board, metres, on which distances hang. Raises PhotoError where fewer than five
    pairs can be used, where nothing fits them, or where the cameras are not side by side, left one first.
    """
    if len(lefts) != len(rights):
        raise PhotoError(
            f"{len(lefts)} photos of the left camera, {len(rights)} of the right: pairs are needed"
        )
    if not lefts:
        raise PhotoError("there are no photos of the board; take pairs with both cameras at the same moment")
    lenses = [_lens(pictures, name) for pictures, name in ((lefts, "left"), (rights, "right"))]
    points, in_left, in_right = _common(lefts, rights)
    if len(points) < _LEAST_PAIRS:
        raise PhotoError(
            f"{len(points)} of {len(lefts)} pairs show enough of the board to both cameras, "
            f"{_LEAST_PAIRS} are needed; hold it where both see it"
        )
    sizes = [(pictures[0].shape[1], pictures[0].shape[0]) for pictures in (lefts, rights)]
    matrices = [lens.matrix(*size) for lens, size in zip(lenses, sizes, strict=True)]
    bent = [np.array(lens.distortion) for lens in lenses]
    error, *_, turn, move, _, _ = cv2.stereoCalibrate(
        points, in_left, in_right, matrices[0], bent[0], matrices[1], bent[1], sizes[0],
        flags=cv2.CALIB_FIX_INTRINSIC,
    )  # fmt: skip
    if not math.isfinite(error) or error > _MOST_ERROR * math.hypot(*sizes[0]):
        raise PhotoError(
            f"these pairs do not fit together (off by {error:.1f} pixels); take both at the same moment"
        )
    offset = [float(value) * square_m for value in np.ravel(move)]
    if -offset[0] < 2 * abs(offset[1]) or -offset[0] < 0.005:
        raise PhotoError(
            f"the right camera is {-100 * offset[0]:.1f} cm right of the left one; "
            "name the left camera's photos first, and mount the two side by side"
        )
    vector = np.ravel(cv2.Rodrigues(np.asarray(turn))[0])
    return Pair(
        left=lenses[0],
        right=lenses[1],
        turn=(float(vector[0]), float(vector[1]), float(vector[2])),
        offset_m=(offset[0], offset[1], offset[2]),
        error_px=float(error),
    )


def pair_file(pair: Pair, photos: int) -> str:
    """A pair as the TOML that settings read."""
    lines = [
        f"# Written by `framecue calibrate stereo` from {photos} pairs of photos of the board.",
        f"turn = {_numbers(pair.turn)}",
        f"offset_m = {_numbers(pair.offset_m)}",
        f"error_px = {pair.error_px:.3f}",
    ]
    for name, lens in (("left", pair.left), ("right", pair.right)):
        lines += [
            f"\n[{name}]",
            f"fov_deg = {lens.fov_deg:.4f}\nshape = {lens.shape:.5f}\ncentre = {_numbers(lens.centre)}",
            f"distortion = {_numbers(lens.distortion)}\nerror_px = {lens.error_px:.3f}",
        ]
    return "\n".join(lines) + "\n"


def _numbers(values: Sequence[float]) -> str:
    return "[" + ", ".join(f"{value:.7f}" for value in values) + "]"


def _lens(pictures: Sequence[Picture], name: str) -> Lens:
    try:
        return calibrated(pictures)[0]
    except PhotoError as error:
        raise PhotoError(f"{name} camera: {error}") from None


def _common(
    lefts: Sequence[Picture], rights: Sequence[Picture]
) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]], list[NDArray[np.float32]]]:
    """Corners of the board that both pictures of a pair show: on the board, in the left, in the right."""
    detector = cv2.aruco.CharucoDetector(board())
    on_board, in_left, in_right = [], [], []
    for left, right in zip(lefts, rights, strict=True):
        seen: list[dict[int, NDArray[np.float32]]] = []
        for picture in (left, right):
            corners, ids, _, _ = detector.detectBoard(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
            found = [] if ids is None else list(zip(np.ravel(ids), np.reshape(corners, (-1, 2)), strict=True))
            seen.append({int(number): np.asarray(place, np.float32) for number, place in found})
        both = sorted(seen[0].keys() & seen[1].keys())
        if len(both) >= _LEAST_CORNERS:
            on_board.append(np.asarray(board().getChessboardCorners(), np.float32)[both])
            in_left.append(np.stack([seen[0][number] for number in both]))
            in_right.append(np.stack([seen[1][number] for number in both]))
    return on_board, in_left, in_right
