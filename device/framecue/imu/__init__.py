"""Inertial sensors: they feel which way is up, and so the camera's pitch and roll.

A driver reads raw values; `attitude` makes pitch and roll of them, `watch` keeps reading in a thread of its
own and outlives their faults.
"""

from dataclasses import dataclass
from typing import Literal, Protocol, Self

from pydantic import Field, model_validator

from framecue.drivers import DriverSettings, Room

IMUS = Room("framecue.imu")

Axis = Literal["+x", "-x", "+y", "-y", "+z", "-z"]
Triple = tuple[float, float, float]


class ImuSettings(DriverSettings):
    """What every sensor has; a driver's Settings extends it.

    The two axes are those printed on the sensor's board, as seen from behind the camera.
    """

    right: Axis = Field("+x", description="sensor axis that points to the camera's right")
    up: Axis = Field("+y", description="sensor axis that points up when the camera is level")
    zero_pitch_deg: float = Field(
        0.0, gt=-45, lt=45, description="pitch felt when the camera is level, degrees; `calibrate imu` tells"
    )
    zero_roll_deg: float = Field(
        0.0, gt=-45, lt=45, description="roll felt when the camera is level, degrees; `calibrate imu` tells"
    )
    rate: float = Field(50.0, ge=5, le=200, description="readings per second")
    age_limit_s: float = Field(
        0.3, gt=0, le=5, description="seconds after which a reading is too old to be used"
    )

    @model_validator(mode="after")
    def _across(self) -> Self:
        if self.right[1] == self.up[1]:
            raise ValueError(f"right {self.right!r} and up {self.up!r} are one axis; name two different ones")
        return self


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading, in the sensor's own axes.

    accel_g: acceleration felt, in g; at rest it points up. gyro_dps: turning, degrees per second, right-hand.
    time_s: seconds on the driver's clock (monotonic).
    saturated: whether any value is at the end of its range, so that it may be larger in truth.
    """

    accel_g: Triple
    gyro_dps: Triple
    time_s: float
    saturated: bool = False


class Imu(Protocol):
    """A sensor that is open from its making to `close`; after a fault it is closed and made anew.

    Making it raises ImuError where there is no such sensor or it answers as another one.
    """

    def read(self) -> Reading:
        """The newest values, within milliseconds; raises ImuError when the sensor does not answer."""

    def close(self) -> None:
        """Let the bus go. May be called twice, and after a fault."""
