"""Depth sensors: they measure how far away what the camera sees is.

A driver reads maps in the sensor's own view and at its own rate; `watch` keeps reading in a thread of its own
and outlives faults, `align` lays the maps over the camera's picture, `distance` finds people's in them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from framecue.drivers import DriverSettings, Room
from framecue.frame import Frame

DEPTHS = Room("framecue.depth")

# The camera's newest frame, waited for at most so many seconds: what a sensor without hardware goes by.
Seen = Callable[[float], Frame | None]


class DepthSettings(DriverSettings):
    """What every sensor has; a driver's Settings extends it."""

    rate: float = Field(
        10.0, ge=0.5, le=60, description="maps per second asked for, whatever the camera's rate"
    )
    age_limit_s: float = Field(
        0.5, gt=0, le=10, description="seconds after which a map is too old to be used"
    )
    calibration: Path | None = Field(
        None, description="file of `framecue calibrate depth`; without one, the two lines below count"
    )
    right_m: float = Field(
        0.0, ge=-1, le=1, description="sensor to the right of the camera, seen from behind, metres"
    )
    up_m: float = Field(0.0, ge=-1, le=1, description="sensor above the camera, metres")


class Optics(NamedTuple):
    """The pinhole of a map of one size: focal lengths and centre, pixels of the map."""

    focal_x: float
    focal_y: float
    centre_x: float
    centre_y: float


@dataclass(frozen=True, slots=True, eq=False)
class DepthFrame:
    """One map, upright, as the sensor sees it.

    depth_m: (h, w) float32 metres along the sensor's axis, 0 where unknown.
    confidence: (h, w) float32, 0..1, 0 where unknown.
    time_s: seconds on the driver's clock (monotonic). number: counts up from 1 within one opening.
    optics: of these pixels; None where the map covers the camera's own view.
    """

    depth_m: NDArray[np.float32]
    confidence: NDArray[np.float32]
    time_s: float
    number: int
    optics: Optics | None


class DepthSensor(Protocol):
    """A sensor that is open from its making to `close`; after a fault it is closed and made anew.

    Making it raises DepthError where there is no such sensor or it answers as another one. One thread owns
    it: no call is made while another is under way.
    A driver of a real sensor, whose noise makes every map differ, says so with a class attribute
    `lively = True`: maps that stay identical then count as a fault.
    """

    def read(self, timeout_s: float) -> DepthFrame:
        """Wait for the next map, at the settings' rate; raises DepthError when none came in time."""

    def close(self) -> None:
        """Let the hardware go. May be called twice, and after a fault."""


def field_optics(width: int, height: int, across_deg: float, down_deg: float) -> Optics:
    """The optics of a width x height map over a field of view, its axis in the middle."""
    across, down = np.tan(np.radians([across_deg, down_deg]) / 2)
    return Optics(float(width / 2 / across), float(height / 2 / down), (width - 1) / 2, (height - 1) / 2)
