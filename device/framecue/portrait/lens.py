"""The lens a portrait pretends to be taken with: how large a point becomes that is out of focus."""

from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from framecue.table import Table

Shape = Literal["disc", "hexagon", "cats_eye"]

_APART: Final = 1.0  # radii that the discs of a cat's eye are apart in the picture's corner


class LensSettings(Table):
    """The lens that blur imitates: a thin one, as on a full-frame camera."""

    focal_mm: float = Field(85.0, ge=10, le=400, description="focal length, millimetres")
    aperture: float = Field(1.8, ge=0.7, le=32, description="f-number: smaller blurs more")
    shape: Shape = Field(
        "disc",
        description="what a small bright point far away becomes; cats_eye: a disc clipped by the barrel, "
        "narrower towards the corners",
    )
    bloom: float = Field(
        2.0,
        ge=0,
        le=8,
        description="how far over white small lights were in truth, in stops: makes them bloom",
    )

    @property
    def opening_m(self) -> float:
        """Diameter of the opening, metres."""
        return self.focal_mm / self.aperture / 1000


def blur_radius(
    nearness: NDArray[np.float32], pixels_per_metre: float, opening_m: float
) -> NDArray[np.float32]:
    """Radius of the circle of confusion, pixels.

    nearness: focus distance over distance, 0 endless, 1 in focus, more is nearer. pixels_per_metre: how large
    a metre is in the picture at the focus distance. opening_m: diameter of the lens's opening.

    A thin lens's circle, carried back to the plane in focus, has the diameter opening . |1 - focus/distance|.
    """
    return np.abs(1 - nearness) * np.float32(0.5 * opening_m * pixels_per_metre)


def opening(
    radius: float, shape: Shape = "disc", aside: tuple[float, float] = (0.0, 0.0)
) -> NDArray[np.float32]:
    """A point's image, (2 n + 1, 2 n + 1) float32 that sums to 1, antialiased; radius in pixels.

    A hexagon has the disc's area. aside: for a cat's eye, how far right and down of the picture's middle the
    point is, in halves of the picture's diagonal.
    """
    reach = max(0, int(np.ceil(radius + 0.5 - 1e-6))) if radius > 0 else 0
    fine = 8
    side = 2 * reach + 1
    steps = (np.arange(side * fine) + 0.5) / fine - side / 2
    x, y = np.meshgrid(steps, steps)
    if shape == "hexagon":
        apothem = radius * np.sqrt(np.pi / (2 * np.sqrt(3)))
        turned = [np.abs(x * np.cos(a) + y * np.sin(a)) for a in np.radians([10.0, 70.0, 130.0])]
        inside = np.maximum.reduce(turned) <= apothem
    elif shape == "cats_eye":
        right, down = (0.5 * _APART * radius * each for each in aside)
        inside = (np.hypot(x - right, y - down) <= radius) & (np.hypot(x + right, y + down) <= radius)
    else:
        inside = np.hypot(x, y) <= radius
    kernel = cv2.resize(inside.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
    if kernel.sum() < 0.5:
        kernel = np.zeros((side, side), np.float32)
        kernel[reach, reach] = 1
    return np.asarray(kernel / kernel.sum(), np.float32)
