"""A simulated sensor: the MPU-6050's own driver on the twin's bus; needs no hardware."""

import time
from collections.abc import Callable
from typing import Literal

from pydantic import Field

from framecue.imu import ImuSettings, Reading, mpu6050
from framecue.imu.twin import TwinBus, TwinMpu6050, swaying


class Settings(ImuSettings):
    """How the camera is held."""

    kind: Literal["simulated"] = "simulated"
    pitch_deg: float = Field(0.0, gt=-90, lt=90, description="camera pitch, up positive, degrees")
    roll_deg: float = Field(0.0, ge=-180, le=180, description="camera roll, clockwise, degrees")
    sway_deg: float = Field(0.0, ge=0, le=10, description="how far the hand sways, degrees")


class Driver:
    """The simulated sensor; tests turn and break its `chip`."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings, self._clock = settings, clock
        self.chip = TwinMpu6050()
        self._driver = mpu6050.Driver(mpu6050.Settings(), TwinBus(self.chip), clock)
        self.chip.tilt(settings.pitch_deg, settings.roll_deg)

    def read(self) -> Reading:
        """As in Imu."""
        if self.settings.sway_deg > 0:
            pitch, roll = swaying(self._clock(), self.settings.sway_deg)
            self.chip.tilt(self.settings.pitch_deg + pitch, self.settings.roll_deg + roll)
        return self._driver.read()

    def close(self) -> None:
        """As in Imu."""
        self._driver.close()
