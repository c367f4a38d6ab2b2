"""Zeroing a level sensor: what it feels while the camera is held level."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from framecue.errors import ImuError
from framecue.imu import Imu, ImuSettings
from framecue.imu.attitude import Attitude

_SECONDS: Final = 3.0
_STILL_DEG: Final = 0.5  # spread of what is felt beyond which somebody moves it
_MOST_DEG: Final = 40.0  # beyond which the axes are named wrongly


@dataclass(frozen=True, slots=True)
class Level:
    """What is felt when the camera is level, degrees: the settings' two zeros."""

    pitch_deg: float
    roll_deg: float


def felt_level(imu: Imu, settings: ImuSettings, sleep: Callable[[float], object] = time.sleep) -> Level:
    """Read a camera that is level and still for three seconds; raises ImuError where it is neither."""
    raw = settings.model_copy(update={"zero_pitch_deg": 0.0, "zero_roll_deg": 0.0})
    attitude, felt = Attitude(raw), []
    for _ in range(round(_SECONDS * settings.rate)):
        tilt = attitude.update(imu.read())
        if tilt is not None:
            felt.append((tilt.pitch_deg, tilt.roll_deg))
        sleep(1 / settings.rate)
    if len(felt) < 10:
        raise ImuError("the level sensor gives no values that can be used; check its cable")
    late = np.array(felt[len(felt) // 3 :])  # by then the filter has settled
    if late.std(axis=0).max() > _STILL_DEG:
        raise ImuError("the camera moved; put it level on something firm and try again")
    pitch, roll = (float(value) for value in late.mean(axis=0))
    if max(abs(pitch), abs(roll)) > _MOST_DEG:
        raise ImuError(
            f"a level camera feels {pitch:.0f} degrees of pitch and {roll:.0f} of roll: set imu.right and "
            "imu.up to the sensor axes that point right and up"
        )
    return Level(pitch, roll)
