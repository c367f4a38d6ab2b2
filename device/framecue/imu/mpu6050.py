"""The MPU-6050, and the MPU-6500 and MPU-9250 that are sold in its place; registers as in RM-MPU-6000A."""

import time
from collections.abc import Callable
from typing import Final, Literal

from pydantic import Field

from framecue.errors import ImuError
from framecue.imu import ImuSettings, Reading
from framecue.imu.bus import Bus, Chip

_SMPLRT_DIV, _CONFIG, _GYRO_CONFIG, _ACCEL_CONFIG = 0x19, 0x1A, 0x1B, 0x1C
_ACCEL_XOUT_H, _PWR_MGMT_1, _WHO_AM_I = 0x3B, 0x6B, 0x75
_KNOWN: Final = frozenset({0x68, 0x70, 0x71})  # MPU-6050, MPU-6500, MPU-9250
_SCALES: Final = (16384.0, 65.5)  # of +-2 g and +-500 degrees per second


class Settings(ImuSettings):
    """Where it is on the bus."""

    kind: Literal["mpu6050"] = "mpu6050"
    bus: int = Field(1, ge=0, le=31, description="I2C bus; 1 is on pins 3 and 5 of a Pi")
    address: int = Field(0x68, ge=0x68, le=0x69, description="I2C address: 104, or 105 with AD0 high")


class Driver:
    """One open sensor. bus: an open I2C bus to use; None opens the one of the settings."""

    def __init__(
        self, settings: Settings, bus: Bus | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._chip = Chip("MPU-6050", settings.bus, settings.address, bus, clock)
        try:
            self._chip.require(_WHO_AM_I, _KNOWN)
            self._chip.write(_PWR_MGMT_1, 0x01)  # out of sleep, clock from a gyro
            self._chip.write(_SMPLRT_DIV, 4)  # 200 readings a second
            self._chip.write(_CONFIG, 3)  # low-pass at 44 Hz
            self._chip.write(_GYRO_CONFIG, 0x08)
            self._chip.write(_ACCEL_CONFIG, 0x00)
        except ImuError:
            self._chip.close()
            raise

    def read(self) -> Reading:
        """As in Imu. Between acceleration and turning lie two bytes of temperature."""
        return self._chip.reading(_ACCEL_XOUT_H, 14, 8, _SCALES)

    def close(self) -> None:
        """As in Imu."""
        self._chip.close()
