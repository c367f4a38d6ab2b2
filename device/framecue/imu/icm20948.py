"""The ICM-20948; registers as in DS-000189. Its magnetometer is not used."""

import time
from collections.abc import Callable
from typing import Final, Literal

from pydantic import Field

from framecue.errors import ImuError
from framecue.imu import ImuSettings, Reading
from framecue.imu.bus import Bus, Chip

_BANK_SEL: Final = 0x7F
_WHO_AM_I, _PWR_MGMT_1, _PWR_MGMT_2, _ACCEL_XOUT_H = 0x00, 0x06, 0x07, 0x2D  # bank 0
_GYRO_SMPLRT_DIV, _GYRO_CONFIG_1, _ACCEL_SMPLRT_DIV_2, _ACCEL_CONFIG = 0x00, 0x01, 0x11, 0x14  # bank 2
_KNOWN: Final = frozenset({0xEA})
_SCALES: Final = (16384.0, 65.5)  # of +-2 g and +-500 degrees per second


class Settings(ImuSettings):
    """Where it is on the bus."""

    kind: Literal["icm20948"] = "icm20948"
    bus: int = Field(1, ge=0, le=31, description="I2C bus; 1 is on pins 3 and 5 of a Pi")
    address: int = Field(0x69, ge=0x68, le=0x69, description="I2C address: 105, or 104 with AD0 low")


class Driver:
    """One open sensor. bus: an open I2C bus to use; None opens the one of the settings."""

    def __init__(
        self, settings: Settings, bus: Bus | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._chip = Chip("ICM-20948", settings.bus, settings.address, bus, clock)
        try:
            self._chip.write(_BANK_SEL, 0x00)  # whoever used it before may have left another bank
            self._chip.require(_WHO_AM_I, _KNOWN)
            self._chip.write(_PWR_MGMT_1, 0x01)  # out of sleep, best clock
            self._chip.write(_PWR_MGMT_2, 0x00)  # all six axes on
            self._chip.write(_BANK_SEL, 0x20)
            self._chip.write(_GYRO_SMPLRT_DIV, 4)  # 225 readings a second
            self._chip.write(_GYRO_CONFIG_1, 0x1B)  # low-pass at 51 Hz, +-500 degrees per second
            self._chip.write(_ACCEL_SMPLRT_DIV_2, 4)
            self._chip.write(_ACCEL_CONFIG, 0x19)  # low-pass at 50 Hz, +-2 g
            self._chip.write(_BANK_SEL, 0x00)
        except ImuError:
            self._chip.close()
            raise

    def read(self) -> Reading:
        """As in Imu."""
        return self._chip.reading(_ACCEL_XOUT_H, 12, 6, _SCALES)

    def close(self) -> None:
        """As in Imu."""
        self._chip.close()
