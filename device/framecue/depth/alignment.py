"""Where the depth sensor sits and looks, as the camera sees it: what `framecue calibrate depth` writes.

Axes are OpenCV's: right, down, forward.
"""

import math
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from framecue.depth import DepthSettings
from framecue.table import Table, read_table

_MOST_M = 1.0  # between sensor and camera: further apart they do not see the same


class Alignment(Table):
    """A point at p in the sensor's axes is at R p + offset in the camera's."""

    rotation_deg: tuple[float, float, float] = Field(
        (0.0, 0.0, 0.0), description="rotation vector: the axis times the degrees turned about it"
    )
    offset_m: tuple[float, float, float] = Field(
        (0.0, 0.0, 0.0), description="the sensor's place in the camera's axes, metres"
    )
    error_mm: float = Field(0.0, ge=0, description="root mean square of what the walls were off, millimetres")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not all(math.isfinite(value) for value in (*self.rotation_deg, *self.offset_m)):
            raise ValueError("rotation_deg and offset_m must be numbers")
        if math.hypot(*self.offset_m) > _MOST_M:
            raise ValueError(f"a sensor {math.hypot(*self.offset_m):.1f} m from the camera cannot be")
        return self

    @property
    def rotation(self) -> NDArray[np.float64]:
        """(3, 3) R."""
        return np.asarray(cv2.Rodrigues(np.radians(np.array(self.rotation_deg)))[0], np.float64)


def alignment_of(settings: DepthSettings) -> Alignment:
    """The calibrated alignment, or without one a sensor that looks where the camera does, from where it is
    set to be. Raises SettingsError, one line, for a file that cannot be used."""
    path = settings.calibration
    if path is None:
        return Alignment(offset_m=(settings.right_m, -settings.up_m, 0.0))
    return read_table(
        Alignment, path, "depth calibration",
        strange="is no such file", make="calibrate the depth sensor", again="calibrate again",
    )  # fmt: skip


def alignment_file(alignment: Alignment, pairs: int) -> str:
    """An alignment as the TOML that settings read."""
    rotation = ", ".join(f"{value:.4f}" for value in alignment.rotation_deg)
    offset = ", ".join(f"{value:.5f}" for value in alignment.offset_m)
    return (
        f"# Written by `framecue calibrate depth` from {pairs} pairs of picture and map.\n"
        f"rotation_deg = [{rotation}]\noffset_m = [{offset}]\nerror_mm = {alignment.error_mm:.2f}\n"
    )
