"""From what a sensor feels to pitch and roll.

A complementary filter on the direction of up (Mahony, Hamel and Pflimlin 2008, without heading): the gyro
turns it from reading to reading, the accelerometer pulls it back, and what remains of that pull teaches the
gyro's offset. Acceleration that is not gravity's is not believed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.composition.geometry import Pinhole
from framecue.imu import Axis, ImuSettings, Reading

_PULL: Final = 1.5  # per second: how fast the accelerometer corrects
_LEARN: Final = 0.1  # per second squared: how fast the gyro's offset is learnt
_MOST_OFFSET_DPS: Final = 15.0  # offsets beyond it are motion
_GRAVITY_G: Final = (0.9, 1.1)  # lengths of an acceleration that may be gravity alone
_GAP_S: Final = 0.5  # after a longer pause it starts afresh

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tilt:
    """How the camera is held. pitch_deg: up positive. roll_deg: clockwise positive, seen from behind.

    turning_dps: how fast it turns, degrees per second. time_s: when, on the driver's clock.
    """

    pitch_deg: float
    roll_deg: float
    turning_dps: float
    time_s: float


class Attitude:
    """Feed it readings in time order. Pitch and roll are the camera's: mounting and zero are applied."""

    def __init__(self, settings: ImuSettings) -> None:
        self._to_camera = _zero(settings) @ _mounting(settings.right, settings.up)
        self._up: Vector | None = None
        self._offset = np.zeros(3)  # radians per second
        self._time_s = 0.0

    def update(self, reading: Reading) -> Tilt | None:
        """The tilt after this reading; None until one can be believed."""
        accel = np.asarray(reading.accel_g, np.float64)
        turning = np.radians(np.asarray(reading.gyro_dps, np.float64))
        if not (np.isfinite(accel).all() and np.isfinite(turning).all()):
            return None
        length = float(np.linalg.norm(accel))
        believed = not reading.saturated and _GRAVITY_G[0] <= length <= _GRAVITY_G[1]
        step_s = reading.time_s - self._time_s
        self._time_s = reading.time_s
        if self._up is None or not 0 <= step_s <= _GAP_S:
            self._up = accel / length if believed else None
            if self._up is None:
                return None
        elif reading.saturated:
            return None  # nothing of it can be used, and what was before gets older
        else:
            self._turn(turning, accel / length if believed else None, step_s)
        right, up, back = self._to_camera @ self._up
        pitch, roll = np.arcsin(np.clip(-back, -1, 1)), np.arctan2(-right, up)
        speed = float(np.degrees(np.linalg.norm(turning - self._offset)))
        return Tilt(float(np.degrees(pitch)), float(np.degrees(roll)), speed, reading.time_s)

    def _turn(self, turning: Vector, felt: Vector | None, step_s: float) -> None:
        assert self._up is not None
        correction = np.zeros(3) if felt is None else np.cross(felt, self._up)
        self._offset = self._offset - _LEARN * correction * step_s
        limit = np.radians(_MOST_OFFSET_DPS)
        self._offset = np.clip(self._offset, -limit, limit)
        rate = turning - self._offset + _PULL * correction
        moved = self._up - np.cross(rate, self._up) * step_s  # what stands still turns against the sensor
        self._up = moved / np.linalg.norm(moved)


def _mounting(right: Axis, up: Axis) -> Vector:
    """(3, 3) from the sensor's axes to the camera's right, up and back."""
    across, upward = _axis(right), _axis(up)
    return np.stack([across, upward, np.cross(across, upward)])


def _axis(name: Axis) -> Vector:
    vector = np.zeros(3)
    vector["xyz".index(name[1])] = 1.0 if name[0] == "+" else -1.0
    return vector


def _zero(settings: ImuSettings) -> Vector:
    """(3, 3) the smallest turn that makes level of what is felt when the camera is level."""
    felt = Pinhole(2, 2, 60, pitch_deg=settings.zero_pitch_deg, roll_deg=settings.zero_roll_deg).axes()[:, 1]
    felt = felt * (1, 1, -1)  # back instead of forward
    across = np.cross(felt, (0.0, 1.0, 0.0))
    cross = np.array([[0, -across[2], across[1]], [across[2], 0, -across[0]], [-across[1], across[0], 0]])
    turn: Vector = np.eye(3) + cross + cross @ cross / (1 + felt[1])
    return turn
