"""The pinhole camera: from points in the room to pixels and back.

World: metres, x to the right, y up, z away from the photographer; the floor is y = 0.
Picture: pixels, x to the right, y down, pixel (0, 0) has its centre at (0, 0).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Pinhole:
    """A camera in the room.

    width, height: picture size, pixels. fov_deg: vertical field of view.
    x, y, z: where it stands, metres; y is its height over the floor.
    pitch_deg: up positive. pan_deg: to the right positive.
    roll_deg: the camera turned clockwise as seen from behind it, so the picture leans the other way.
    """

    width: int
    height: int
    fov_deg: float
    x: float = 0.0
    y: float = 1.2
    z: float = 0.0
    pitch_deg: float = 0.0
    pan_deg: float = 0.0
    roll_deg: float = 0.0

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return focal_px(self.height, self.fov_deg)

    @property
    def centre(self) -> tuple[float, float]:
        """Principal point (x, y), pixels."""
        return (self.width - 1) / 2, (self.height - 1) / 2

    @property
    def position(self) -> NDArray[np.float64]:
        """(3,) where the camera stands, metres."""
        return np.array([self.x, self.y, self.z])

    def axes(self) -> NDArray[np.float64]:
        """(3, 3): the camera's right, up and forward as rows of unit vectors in the world."""
        pitch, pan, roll = np.radians([self.pitch_deg, self.pan_deg, self.roll_deg])
        forward = np.array([np.sin(pan) * np.cos(pitch), np.sin(pitch), np.cos(pan) * np.cos(pitch)])
        right = np.array([np.cos(pan), 0.0, -np.sin(pan)])
        up = np.array([-np.sin(pan) * np.sin(pitch), np.cos(pitch), -np.cos(pan) * np.sin(pitch)])
        leaning_right = np.cos(roll) * right - np.sin(roll) * up
        leaning_up = np.sin(roll) * right + np.cos(roll) * up
        return np.stack([leaning_right, leaning_up, forward])

    def project(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where points are seen.

        points: (..., 3) metres. Returns pixels (..., 2) and depth along the optical axis (...), metres;
        pixels are nan for points not in front of the camera.
        """
        seen = (np.asarray(points, np.float64) - self.position) @ self.axes().T
        depth = seen[..., 2]
        scale = self.focal_px / np.where(depth > 1e-9, depth, np.nan)
        centre_x, centre_y = self.centre
        pixels = np.stack([centre_x + seen[..., 0] * scale, centre_y - seen[..., 1] * scale], axis=-1)
        return pixels, depth

    def rays(self) -> NDArray[np.float64]:
        """(height, width, 3): per pixel the direction in the world whose forward component is 1.

        The point seen at depth d is `position + d * ray`.
        """
        centre_x, centre_y = self.centre
        across = (np.arange(self.width) - centre_x) / self.focal_px
        upward = (centre_y - np.arange(self.height)) / self.focal_px
        right, up, forward = self.axes()
        rays: NDArray[np.float64] = forward + across[None, :, None] * right + upward[:, None, None] * up
        return rays


def focal_px(height: int, fov_deg: float) -> float:
    """Focal length in pixels of a picture `height` pixels high with that vertical field of view."""
    return float(height / 2 / np.tan(np.radians(fov_deg) / 2))
