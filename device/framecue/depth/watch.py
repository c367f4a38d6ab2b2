"""Keeps reading a depth sensor, and notices when it hangs, sticks or lies."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from framecue.depth import DEPTHS, DepthFrame, DepthSensor, DepthSettings, Seen
from framecue.depth.align import CameraView, DepthMap, aligned
from framecue.depth.alignment import alignment_of
from framecue.doubt import Doubt
from framecue.errors import DepthError
from framecue.sensor import SensorWatch, Wait

_log: Final = logging.getLogger(__name__)

_LONGEST_WAIT_S: Final = 60.0  # before a sensor that failed is opened again
_READ_S: Final = 3.0  # what one map may take, beside the time between two
_HANG_S: Final = 30.0  # how long opening or reading may run before the driver counts as hung
_REPEATS: Final = 10  # identical maps in a row, noise and all, that only a stuck sensor gives


class DepthWatch(SensorWatch[DepthSensor]):
    """Reads a sensor in a thread of its own; every method may be called from any thread.

    open_sensor and wait: as in SensorWatch; a lie is a fault. view: the camera's, which maps are laid over.
    Raises SettingsError where the settings' calibration cannot be used.
    """

    def __init__(
        self,
        settings: DepthSettings,
        open_sensor: Callable[[], DepthSensor],
        view: CameraView,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Wait = threading.Event.wait,
    ) -> None:
        instead = "distances are told from sizes in the picture"
        super().__init__("depth sensor", instead, self._opened, _LONGEST_WAIT_S, wait)
        self.view = view
        self._settings, self._open_sensor, self._clock = settings, open_sensor, clock
        self._alignment = alignment_of(settings)
        self._map: DepthMap | None = None
        self._lie_said = False
        self._lie: str | None = None  # told by the one who compares, taken up by the thread
        self._doubt = Doubt()
        self._agreed = False
        self._call_ends_s: float | None = None

    @property
    def fault(self) -> str | None:
        """What is wrong, one line, or None."""
        ends_s = self._call_ends_s
        if ends_s is not None and self._clock() > ends_s:
            return "the depth sensor's driver does not answer; unplug the sensor and plug it in again"
        return self._fault

    def at(self, time_s: float) -> DepthMap | None:
        """The newest map, if it was measured near enough to that time; None after a fault or a lie."""
        newest = self._map
        if newest is None or abs(time_s - newest.time_s) > self._settings.age_limit_s:
            return None
        return newest

    def age_s(self) -> float | None:
        """Seconds since the newest map was measured; None with none."""
        newest = self._map
        return None if newest is None else self._clock() - newest.time_s

    def compare(self, agrees: bool, told_m: float, time_s: float) -> None:
        """Tell whether a picture of that time can be of somebody as far away as the sensor says.

        After some seconds without a picture that agrees the sensor is left out, and tried again later.
        """
        if agrees:
            self._agreed = True
        if self._doubt.lies(not agrees, time_s):
            self._lie = (
                f"the depth sensor says {told_m:.1f} m, where nobody could be as large as the picture shows: "
                "it is left out; check how it is mounted and set, then `framecue calibrate depth`"
            )
            self._map = None

    # What follows runs in the sensor's thread.

    def _opened(self) -> DepthSensor:
        with self._expected():
            sensor = self._open_sensor()
        self._lie, self._agreed, self._doubt = None, False, Doubt()
        return sensor

    def _read(self, sensor: DepthSensor) -> None:
        frozen = _Frozen(getattr(sensor, "lively", False))
        try:
            while not self._stopping.is_set():
                with self._expected():
                    frame = sensor.read(_READ_S + 1 / self._settings.rate)
                frozen.check(frame)
                if self._lie is not None:
                    self._worked = False
                    raise DepthError(self._lie)
                self._map = aligned(frame, self._alignment, self.view)
                if not self._worked:
                    _log.info("depth sensor: maps of %d x %d", *frame.depth_m.shape[::-1])
                self._works()
                if self._agreed:
                    self._lie_said = False
        finally:
            self._map = None  # what was measured before a fault is not what is there now

    @contextmanager
    def _expected(self) -> Iterator[None]:
        """A call of the driver, which counts as hung when it takes too long."""
        self._call_ends_s = self._clock() + _HANG_S
        yield
        self._call_ends_s = None

    def _is_news(self, fault: str) -> bool:
        """As in SensorWatch; a lie is told once, until a picture has agreed."""
        if self._lie is None:
            return super()._is_news(fault)
        said, self._lie_said = self._lie_said, True
        return not said


def watched(
    settings: DepthSettings | None, seen: Seen, view: CameraView, clock: Callable[[], float]
) -> DepthWatch | None:
    """A watch over the settings' sensor; None where there is none. Raises SettingsError as DepthWatch."""
    if settings is None:
        return None
    return DepthWatch(settings, lambda: cast(DepthSensor, DEPTHS.driver(settings, seen)), view, clock=clock)


class _Frozen:
    """Tells when a sensor repeats one map, as some drivers do instead of failing."""

    def __init__(self, lively: bool) -> None:
        self._lively = lively
        self._last: NDArray[np.float32] | None = None
        self._repeats = 0

    def check(self, frame: DepthFrame) -> None:
        """Raise DepthError when maps that know anything have been identical for too long."""
        if not self._lively or not frame.depth_m.any():
            return
        same = self._last is not None and np.array_equal(frame.depth_m, self._last)
        self._last = frame.depth_m
        self._repeats = self._repeats + 1 if same else 0
        if self._repeats >= _REPEATS:
            raise DepthError("the depth sensor repeats one map; switch the power off and on, check its cable")
