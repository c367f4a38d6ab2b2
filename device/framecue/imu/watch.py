"""Keeps reading an inertial sensor, and notices when it lies."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from framecue.composition.tilt import SeenTilt
from framecue.doubt import Doubt
from framecue.imu import Imu, ImuSettings
from framecue.imu.attitude import Attitude, Tilt
from framecue.sensor import SensorWatch, Wait

_log: Final = logging.getLogger(__name__)

_LONGEST_WAIT_S: Final = 30.0  # before a sensor that failed is opened again
_APART_DEG: Final = 4.0  # from the picture's roll, beyond the picture's own doubt: one of them is wrong
_SURE_DEG: Final = 1.0  # pictures that know their roll less well are no witnesses
_STILL_DPS: Final = 15.0  # while the camera turns faster, picture and sensor may be of different moments


class ImuWatch(SensorWatch[Imu]):
    """Reads a sensor in a thread of its own; every method may be called from any thread.

    open_imu and wait: as in SensorWatch. on_lie: told once, in a line, when the sensor disagrees with the
    picture for so long that it is used no more.
    """

    def __init__(
        self,
        settings: ImuSettings,
        open_imu: Callable[[], Imu],
        *,
        on_lie: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        wait: Wait = threading.Event.wait,
    ) -> None:
        super().__init__("level sensor", "roll is taken from the picture", open_imu, _LONGEST_WAIT_S, wait)
        self._settings, self._on_lie, self._clock = settings, on_lie, clock
        self._tilt: Tilt | None = None
        self._lie: str | None = None  # told by the one who compares
        self._doubt = Doubt()

    @property
    def fault(self) -> str | None:
        """What is wrong, one line, or None."""
        return self._lie or self._fault

    @property
    def tilt(self) -> Tilt | None:
        """How the camera is held now; None without a reading that is young enough, or after a lie."""
        tilt = self._tilt
        if tilt is None or self._lie is not None or self._clock() - tilt.time_s > self._settings.age_limit_s:
            return None
        return tilt

    def compare(self, picture: SeenTilt | None, time_s: float) -> None:
        """Hold the sensor against the roll that a picture of that time shows, None where it shows none."""
        tilt = self.tilt
        if tilt is None or picture is None:
            return
        if picture.roll_sigma_deg > _SURE_DEG or tilt.turning_dps > _STILL_DPS:
            return
        apart = abs(tilt.roll_deg - picture.roll_deg)
        if not self._doubt.lies(apart > _APART_DEG + 2 * picture.roll_sigma_deg, time_s):
            return
        lie = (
            f"the level sensor says {tilt.roll_deg:.0f} degrees of roll, the picture {picture.roll_deg:.0f}: "
            "the sensor is left out; check how it is mounted, then `framecue calibrate imu`"
        )
        self._lie = lie
        self._stopping.set()
        _log.error("%s", lie)
        self._on_lie(lie)

    # What follows runs in the sensor's thread.

    def _read(self, sensor: Imu) -> None:
        attitude = Attitude(self._settings)
        while not self._stopping.is_set():
            tilt = attitude.update(sensor.read())
            if tilt is not None:
                if not self._worked:
                    _log.info("level sensor: pitch %.1f, roll %.1f degrees", tilt.pitch_deg, tilt.roll_deg)
                self._tilt = tilt
                self._works()
            self._wait(self._stopping, 1 / self._settings.rate)
