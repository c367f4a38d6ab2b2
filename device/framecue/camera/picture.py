"""What camera drivers share: making a picture upright, and telling when it was taken."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.camera import CameraSettings

_TURNS: Final = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


def turned(image: NDArray[np.uint8], degrees: int) -> NDArray[np.uint8]:
    """Turn an (h, w, 3) uint8 picture clockwise by 0, 90, 180 or 270 degrees; 0 returns it as it is."""
    return image if degrees == 0 else np.asarray(cv2.rotate(image, _TURNS[degrees]), np.uint8)


def before_turning(settings: CameraSettings) -> tuple[int, int]:
    """Preview (width, height) in pixels to ask of the camera, whose picture is turned afterwards."""
    lying = settings.turn in (90, 270)
    return (settings.height, settings.width) if lying else (settings.width, settings.height)


def taken_at(stamp_s: float, now_s: float) -> float:
    """The camera's own time stamp if it can be on our clock and is at most a second old, else now.

    Drivers that do not know the time give 0, or count from their own start.
    """
    return stamp_s if 0 <= now_s - stamp_s <= 1 else now_s
