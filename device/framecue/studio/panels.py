"""Flat things: a textured rectangle in the room, and how it is seen."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.composition.geometry import Pinhole
from framecue.studio.surface import Array

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """A rectangle seen from the side its texture faces.

    corner: (3,) the texture's top left corner, metres; across, down: (3,) its sides. texture: (h, w, 3)
    uint8 RGB. mask: (h, w) uint8, 0 where there is nothing, or None. tile_m: the texture repeats every
    so many metres instead of filling the rectangle. endless: scenery, whose depth is unknown.
    fade_m: distance at which a repeated texture has half turned to its mean colour.
    """

    corner: Array
    across: Array
    down: Array
    texture: Image
    mask: Image | None = None
    tile_m: float | None = None
    endless: bool = False
    fade_m: float | None = None

    @property
    def normal(self) -> Array:
        """(3,) unit vector out of the side that is seen."""
        normal = np.cross(self.across, self.down)
        unit: Array = normal / np.linalg.norm(normal)
        return unit

    def nearness(self, pinhole: Pinhole) -> tuple[float, float, float] | None:
        """(a, b, c) of 1 / depth = a x + b y + c over the picture; None from behind or edge-on."""
        normal = self.normal
        distance = float(normal @ (self.corner - pinhole.position))
        if distance > -1e-6:
            return None
        right, up, forward = pinhole.axes() @ normal / distance
        centre_x, centre_y = pinhole.centre
        a, b = right / pinhole.focal_px, -up / pinhole.focal_px
        return float(a), float(b), float(forward - a * centre_x - b * centre_y)

    def homography(self, pinhole: Pinhole) -> Array:
        """(3, 3) from texture pixels to picture pixels."""
        rows, columns = self.texture.shape[:2]
        step_x, step_y = self.across / columns, self.down / rows
        if self.tile_m is not None:
            step_x = self.across / np.linalg.norm(self.across) * self.tile_m / columns
            step_y = self.down / np.linalg.norm(self.down) * self.tile_m / rows
        start = self.corner + 0.5 * step_x + 0.5 * step_y - pinhole.position
        seen = pinhole.axes() @ np.column_stack([step_x, step_y, start])
        centre_x, centre_y = pinhole.centre
        lens = np.array([[pinhole.focal_px, 0, centre_x], [0, -pinhole.focal_px, centre_y], [0, 0, 1]])
        matrix: Array = lens @ seen
        return matrix

    def outline(self, pinhole: Pinhole, near_m: float = 0.05) -> NDArray[np.float64]:
        """(n, 2) picture pixels of the rectangle's outline, clipped to what lies in front; n may be 0."""
        corners = self.corner + np.stack([0 * self.across, self.across, self.across + self.down, self.down])
        seen = (corners - pinhole.position) @ pinhole.axes().T
        kept: list[Array] = []
        for here, there in zip(seen, np.roll(seen, -1, axis=0), strict=True):
            if here[2] > near_m:
                kept.append(here)
            if (here[2] > near_m) != (there[2] > near_m):
                share = (near_m - here[2]) / (there[2] - here[2])
                kept.append(here + share * (there - here))
        if len(kept) < 3:
            return np.zeros((0, 2))
        points = np.stack(kept)
        scale = pinhole.focal_px / points[:, 2:]
        centre_x, centre_y = pinhole.centre
        pixels: Array = points[:, :2] * scale * (1, -1) + (centre_x, centre_y)
        return pixels


def warp(panel: Panel, image: Image, pinhole: Pinhole, box: tuple[int, int, int, int]) -> Image:
    """The texture, or another picture over the same rectangle, as seen in the box (x, y, w, h)."""
    x, y, wide, high = box
    shift = np.array([[1.0, 0, -x], [0, 1.0, -y], [0, 0, 1.0]])
    matrix = np.linalg.inv(shift @ panel.homography(pinhole))
    border = cv2.BORDER_REPLICATE if panel.tile_m is None else cv2.BORDER_WRAP
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(image, matrix, (wide, high), flags=flags, borderMode=border).astype(
        np.uint8, copy=False
    )


def plane(coefficients: tuple[float, float, float], box: tuple[int, int, int, int]) -> NDArray[np.float32]:
    """(h, w) float32 values of a x + b y + c over the box (x, y, w, h)."""
    a, b, c = coefficients
    x, y, wide, high = box
    row = (a * np.arange(x, x + wide)).astype(np.float32)
    column = (b * np.arange(y, y + high) + c).astype(np.float32)
    values: NDArray[np.float32] = column[:, None] + row[None, :]
    return values


def box(
    centre: tuple[float, float],
    size: tuple[float, float, float],
    bottom: float,
    front: Image,
    other: Image,
    light: Array,
) -> list[Panel]:
    """The five seen sides of a box on the floor or above it; size (x, y, z) metres.

    light: (5,) brightness of front, left, right, back and top.
    """
    (x, z), (wide, tall, deep) = centre, size
    high = bottom + tall
    left, right, near, far = x - wide / 2, x + wide / 2, z - deep / 2, z + deep / 2

    def at(*point: float) -> Array:
        return np.array(point, np.float64)

    down = at(0, -tall, 0)
    sides = (
        (at(left, high, near), at(wide, 0, 0), down, front),
        (at(left, high, far), at(0, 0, -deep), down, other),
        (at(right, high, near), at(0, 0, deep), down, other),
        (at(right, high, far), at(-wide, 0, 0), down, other),
        (at(left, high, far), at(wide, 0, 0), at(0, 0, -deep), other),
    )
    return [
        Panel(corner, across, way, np.clip(texture * bright, 0, 255).astype(np.uint8))
        for (corner, across, way, texture), bright in zip(sides, light, strict=True)
    ]
