"""The real lens of a camera: its field of view, and what its distortion does to measured points."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field, model_validator

from framecue.composition.geometry import focal_px
from framecue.composition.subject import Composition, Subject
from framecue.table import Table, read_table

_DIAGONAL_35MM: Final = math.hypot(36, 24)
_EXIF_IFD, _FOCAL_35MM = 0x8769, 0xA405
_FOV_DEG: Final = (2.0, 170.0)
_STEPS: Final = 60
_FARTHEST: Final = 16.0  # square of the largest tangent of a ray that distortion is followed to


class Lens(Table):
    """What `framecue calibrate lens` writes. Independent of the picture's size, not of its shape.

    Distortion is OpenCV's: radial k1, k2, k3 and tangential p1, p2, in the order k1, k2, p1, p2, k3.
    """

    fov_deg: float = Field(gt=5, lt=170, description="vertical field of view, degrees")
    shape: float = Field(gt=0.1, lt=10, description="width over height of the calibrated pictures")
    centre: tuple[float, float] = Field(
        (0.5, 0.5), description="optical axis, shares of width and height from the top left"
    )
    distortion: tuple[float, float, float, float, float] = Field(
        (0.0, 0.0, 0.0, 0.0, 0.0), description="k1, k2, p1, p2, k3"
    )
    error_px: float = Field(0.0, ge=0, description="root mean square of what the boards were off, pixels")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not all(math.isfinite(value) for value in (*self.centre, *self.distortion)):
            raise ValueError("centre and distortion must be numbers")
        if not all(0.2 < share < 0.8 for share in self.centre):
            raise ValueError(f"an optical axis at {self.centre} of the picture cannot be")
        half = math.tan(math.radians(self.fov_deg) / 2)
        radius = np.linspace(0, 1, 60) * half * math.hypot(1, self.shape)
        k1, k2, _, _, k3 = self.distortion
        seen = radius * (1 + k1 * radius**2 + k2 * radius**4 + k3 * radius**6)
        if (np.diff(seen) <= 0).any():
            raise ValueError("this distortion would fold the picture over itself")
        return self

    def matrix(self, width: int, height: int) -> NDArray[np.float64]:
        """(3, 3) OpenCV's camera matrix for a picture of that size."""
        focal = focal_px(height, self.fov_deg)
        across, down = self.centre[0] * width - 0.5, self.centre[1] * height - 0.5
        return np.array([[focal, 0, across], [0, focal, down], [0, 0, 1]])


def load_lens(path: Path | None) -> Lens | None:
    """Read a lens file; None for none. Raises SettingsError, one line, where it cannot be used."""
    if path is None:
        return None
    return read_table(
        Lens, path, "lens",
        strange="is not a lens file", make="calibrate the lens", again="calibrate the lens again",
    )  # fmt: skip


def straightened(composition: Composition, lens: Lens | None) -> Composition:
    """The composition as an ideal lens of the same field of view would have seen it.

    Lines are moved as points on the subject's middle, sides as points at half its height. Without a lens, or
    with one that does not distort, it is the same.
    """
    if lens is None or (not any(lens.distortion) and lens.centre == (0.5, 0.5)):
        return composition
    size = composition.width, composition.height
    subjects = tuple(_straight(subject, lens, *size) for subject in composition.subjects)
    return replace(composition, subjects=subjects)


def _straight(subject: Subject, lens: Lens, width: int, height: int) -> Subject:
    lines = [y for y in (subject.head_top_y, subject.foot_y, subject.chin_y) if y is not None]
    middle_y = (min(lines) + max(lines)) / 2 if lines else (height - 1) / 2
    x = subject.centre_x

    def line(y: float | None) -> float | None:
        return None if y is None else _point(x, y, lens, width, height)[1]

    return replace(
        subject,
        head_top_y=line(subject.head_top_y),
        chin_y=line(subject.chin_y),
        foot_y=line(subject.foot_y),
        left_x=_point(subject.left_x, middle_y, lens, width, height)[0],
        right_x=_point(subject.right_x, middle_y, lens, width, height)[0],
        middle_x=None if subject.middle_x is None else _point(x, middle_y, lens, width, height)[0],
    )


def _point(x: float, y: float, lens: Lens, width: int, height: int) -> tuple[float, float]:
    """Where an ideal lens, its axis in the middle, sees a point; pixels.

    The distortion is undone by fixed-point iteration, as OpenCV does it; its own function takes a limit to
    its steps in some versions only.
    """
    focal = focal_px(height, lens.fov_deg)
    seen_x = (x - lens.centre[0] * width + 0.5) / focal
    seen_y = (y - lens.centre[1] * height + 0.5) / focal
    k1, k2, p1, p2, k3 = lens.distortion
    ray_x, ray_y = seen_x, seen_y
    for _ in range(_STEPS):
        square = min(ray_x**2 + ray_y**2, _FARTHEST)
        radial = 1 + square * (k1 + square * (k2 + square * k3))
        aside_x = 2 * p1 * ray_x * ray_y + p2 * (square + 2 * ray_x**2)
        aside_y = p1 * (square + 2 * ray_y**2) + 2 * p2 * ray_x * ray_y
        ray_x, ray_y = (seen_x - aside_x) / radial, (seen_y - aside_y) / radial
    return ray_x * focal + (width - 1) / 2, ray_y * focal + (height - 1) / 2


def photo_fov(photo: Path) -> float | None:
    """Vertical field of view of an upright photo, degrees, from its EXIF; None where it does not tell.

    The focal length in 35 mm film is counted along the diagonal, as CIPA's guideline has it. A value no lens
    has counts as none.
    """
    try:
        with Image.open(photo) as image:
            exif = image.getexif()
            millimetres = float(exif.get_ifd(_EXIF_IFD).get(_FOCAL_35MM, 0))
            sides = image.size[::-1] if exif.get(0x0112, 1) in (5, 6, 7, 8) else image.size
    except Exception:  # noqa: BLE001  damaged EXIF beside sound pixels
        return None
    if not (math.isfinite(millimetres) and millimetres > 0):
        return None
    height_mm = _DIAGONAL_35MM * sides[1] / math.hypot(*sides)
    found = math.degrees(2 * math.atan(height_mm / 2 / millimetres))
    return found if _FOV_DEG[0] < found < _FOV_DEG[1] else None
