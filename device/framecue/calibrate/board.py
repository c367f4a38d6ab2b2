"""The lens from photos of a printed ChArUco board: a chessboard with markers, so that parts of it do."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from framecue.composition.lens import Lens
from framecue.errors import PhotoError
from framecue.photo import read_photo

SQUARES: Final = (8, 11)  # across and down
_SQUARE_MM: Final = 23.0  # on A4; for a lens it does not matter that a printer scales it
SQUARE_M: Final = _SQUARE_MM / 1000
_MARKER: Final = 0.74  # of a square
_A4_MM: Final = (210, 297)
_DPI: Final = 300
_LEAST_CORNERS: Final = 12
_LEAST_PHOTOS: Final = 5
_MOST_ERROR: Final = 1 / 400  # of the picture's diagonal


def board() -> cv2.aruco.CharucoBoard:
    """The board, in units of a square."""
    words = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    return cv2.aruco.CharucoBoard(SQUARES, 1.0, _MARKER, words)


def board_picture(dpi: int = _DPI) -> NDArray[np.uint8]:
    """(h, w) uint8: the board in the middle of an A4 sheet."""
    sheet = np.full((_dots(_A4_MM[1], dpi), _dots(_A4_MM[0], dpi)), 255, np.uint8)
    size = SQUARES[0] * _dots(_SQUARE_MM, dpi), SQUARES[1] * _dots(_SQUARE_MM, dpi)
    left, top = (sheet.shape[1] - size[0]) // 2, (sheet.shape[0] - size[1]) // 2
    sheet[top : top + size[1], left : left + size[0]] = board().generateImage(size)
    return sheet


def save_board(out: Path) -> None:
    """Write the board as a picture that prints at its size. Raises PhotoError."""
    try:
        Image.fromarray(board_picture()).save(out, dpi=(_DPI, _DPI))
    except (OSError, ValueError) as error:
        raise PhotoError(
            f"{out} cannot be written ({error}); choose another place, such as board.png"
        ) from None


def calibrated(pictures: Sequence[NDArray[np.uint8]]) -> tuple[Lens, list[int]]:
    """The lens that took these pictures of the board, and which of them showed enough of it.

    pictures: (h, w, 3) uint8 RGB, all of one size, upright. Zhang's method (2000) as in OpenCV, with square
    pixels. Raises PhotoError where fewer than five can be used, or no one lens fits them.
    """
    height, width = pictures[0].shape[:2]
    if any(picture.shape != pictures[0].shape for picture in pictures):
        raise PhotoError("photos of the board differ in size: take them all with one camera held one way")
    used, on_board, in_picture = [], [], []
    detector = cv2.aruco.CharucoDetector(board())
    for index, picture in enumerate(pictures):
        corners, ids, _, _ = detector.detectBoard(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
        if ids is not None and len(ids) >= _LEAST_CORNERS:
            points, pixels = board().matchImagePoints(corners, ids)  # type: ignore[call-overload]
            used.append(index)
            on_board.append(np.asarray(points, np.float32))
            in_picture.append(np.asarray(pixels, np.float32))
    if len(used) < _LEAST_PHOTOS:
        raise PhotoError(
            f"{len(used)} of {len(pictures)} photos show enough of the board, {_LEAST_PHOTOS} are needed; "
            "print it with `framecue calibrate board`, lay it flat, and photograph it from several sides"
        )
    guess = np.array([[width, 0, (width - 1) / 2], [0, width, (height - 1) / 2], [0, 0, 1.0]])
    flags = cv2.CALIB_FIX_ASPECT_RATIO | cv2.CALIB_USE_INTRINSIC_GUESS
    error, matrix, distortion, _, _ = cv2.calibrateCamera(
        on_board, in_picture, (width, height), guess, np.zeros(5), flags=flags
    )
    if not math.isfinite(error) or error > _MOST_ERROR * math.hypot(width, height):
        raise PhotoError(
            f"no lens fits these photos (off by {error:.1f} pixels); is the board flat, is autofocus still?"
        )
    try:
        lens = Lens(
            fov_deg=math.degrees(2 * math.atan(height / 2 / float(matrix[1, 1]))),
            shape=width / height,
            centre=((float(matrix[0, 2]) + 0.5) / width, (float(matrix[1, 2]) + 0.5) / height),
            distortion=tuple(float(value) for value in np.ravel(distortion)[:5]),
            error_px=float(error),
        )
    except ValueError:
        raise PhotoError(
            "these photos give a lens that cannot be; photograph the board tilted, near every edge"
        ) from None
    return lens, used


def read_pictures(photos: Sequence[Path]) -> list[NDArray[np.uint8]]:
    """The photos' pixels; raises PhotoError."""
    return [read_photo(photo) for photo in photos]


def lens_file(lens: Lens, photos: int) -> str:
    """A lens as the TOML that settings read."""
    numbers = ", ".join(f"{value:.6g}" for value in lens.distortion)
    return (
        f"# Written by `framecue calibrate lens` from {photos} photos of the board.\n"
        f"fov_deg = {lens.fov_deg:.4f}\nshape = {lens.shape:.5f}\n"
        f"centre = [{lens.centre[0]:.5f}, {lens.centre[1]:.5f}]\n"
        f"distortion = [{numbers}]\nerror_px = {lens.error_px:.3f}\n"
    )


def _dots(millimetres: float, dpi: int) -> int:
    return round(millimetres / 25.4 * dpi)
