"""A thread that keeps reading an inertial sensor, outlives its faults, and notices when it lies."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from framecue.composition.roll import Roll
from framecue.doubt import Doubt
from framecue.errors import ImuError
from framecue.imu import Imu, ImuSettings
from framecue.imu.attitude import Attitude, Tilt

_log: Final = logging.getLogger(__name__)

_FIRST_WAIT_S: Final = 0.5  # before a sensor that failed is opened again; doubles up to the longest
_LONGEST_WAIT_S: Final = 30.0
_STOP_S: Final = 0.5
_APART_DEG: Final = 4.0  # from the picture's roll, beyond the picture's own doubt: one of them is wrong
_SURE_DEG: Final = 1.0  # pictures that know their roll less well are no witnesses
_STILL_DPS: Final = 15.0  # while the camera turns faster, picture and sensor may be of different moments


class ImuWatch:
    """Reads a sensor in a thread of its own; every method may be called from any thread.

    open_imu: makes the driver; called again after each fault. on_lie: told once, in a line, when the sensor
    disagrees with the picture for so long that it is used no more. wait: waits for an event at most so many
    seconds; tests pass their own.
    """

    def __init__(
        self,
        settings: ImuSettings,
        open_imu: Callable[[], Imu],
        *,
        on_lie: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        self._settings, self._open, self._on_lie = settings, open_imu, on_lie
        self._clock, self._wait = clock, wait
        self._tilt: Tilt | None = None
        self._fault: str | None = None  # the sensor thread's
        self._lie: str | None = None  # the one who compares'
        self._doubt = Doubt()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="imu", daemon=True)

    def start(self) -> None:
        """Start reading; returns at once, whether or not there is a sensor."""
        self._thread.start()

    def stop(self) -> None:
        """Stop reading; does not wait for a bus that hangs."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_S)

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

    def compare(self, picture: Roll | None, time_s: float) -> None:
        """Hold the sensor against the roll that a picture of that time shows, None where it shows none."""
        tilt = self.tilt
        if tilt is None or picture is None:
            return
        if picture.sigma_deg > _SURE_DEG or tilt.turning_dps > _STILL_DPS:
            return
        apart = abs(tilt.roll_deg - picture.deg)
        if not self._doubt.lies(apart > _APART_DEG + 2 * picture.sigma_deg, time_s):
            return
        lie = (
            f"the level sensor says {tilt.roll_deg:.0f} degrees of roll, the picture {picture.deg:.0f}: the "
            "sensor is left out; check how it is mounted, then `framecue calibrate imu`"
        )
        self._lie = lie
        self._stopping.set()
        _log.error("%s", lie)
        self._on_lie(lie)

    # What follows runs in the sensor's thread.

    def _run(self) -> None:
        wait_s = _FIRST_WAIT_S
        while not self._stopping.is_set():
            try:
                imu = self._open()
            except Exception as error:  # noqa: BLE001  whatever a driver throws, the booth goes on without it
                self._note(error)
            else:
                if self._read(imu):
                    wait_s = _FIRST_WAIT_S
            if self._stopping.is_set():
                return
            self._wait(self._stopping, wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    def _read(self, imu: Imu) -> bool:
        """Read until a fault or the end; returns whether the sensor ever gave a tilt."""
        attitude, worked = Attitude(self._settings), False
        try:
            while not self._stopping.is_set():
                tilt = attitude.update(imu.read())
                if tilt is not None:
                    if not worked:
                        _log.info(
                            "level sensor: pitch %.1f, roll %.1f degrees", tilt.pitch_deg, tilt.roll_deg
                        )
                    worked, self._tilt, self._fault = True, tilt, None
                self._wait(self._stopping, 1 / self._settings.rate)
        except Exception as error:  # noqa: BLE001  as above
            self._note(error)
        finally:
            try:
                imu.close()
            except Exception:  # noqa: BLE001  it is being given up anyway
                _log.debug("closing the level sensor failed", exc_info=True)
        return worked

    def _note(self, error: Exception) -> None:
        text = str(error) if isinstance(error, ImuError) else f"{type(error).__name__}: {error}"
        if self._fault is None:  # once, until it has worked again
            _log.warning("level sensor: %s; roll is taken from the picture", text)
        self._fault = text
