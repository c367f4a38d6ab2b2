"""A thread that keeps reading a depth sensor, outlives its faults, and notices when it lies."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from framecue.depth import DEPTHS, DepthFrame, DepthSensor, DepthSettings, Seen
from framecue.depth.align import CameraView, DepthMap, aligned
from framecue.depth.alignment import alignment_of
from framecue.doubt import Doubt
from framecue.errors import DepthError

_log: Final = logging.getLogger(__name__)

_FIRST_WAIT_S: Final = 0.5  # before a sensor that failed is opened again; doubles up to the longest
_LONGEST_WAIT_S: Final = 60.0
_READ_S: Final = 3.0  # what one map may take, beside the time between two
_HANG_S: Final = 30.0  # how long opening or reading may run before the driver counts as hung
_STOP_S: Final = 0.5
_REPEATS: Final = 10  # identical maps in a row, noise and all, that only a stuck sensor gives


class DepthWatch:
    """Reads a sensor in a thread of its own; every method may be called from any thread.

    open_sensor: makes the driver; called again after each fault, and after a lie. view: the camera's, which
    maps are laid over. wait: waits for an event at most so many seconds; tests pass their own.
    Raises SettingsError where the settings' calibration cannot be used.
    """

    def __init__(
        self,
        settings: DepthSettings,
        open_sensor: Callable[[], DepthSensor],
        view: CameraView,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        self.view = view
        self._settings, self._open = settings, open_sensor
        self._alignment = alignment_of(settings)
        self._clock, self._wait = clock, wait
        self._map: DepthMap | None = None
        self._fault: str | None = None
        self._said = False  # whether this fault was logged: once, until the sensor has worked again
        self._lie: str | None = None  # told by the one who compares, taken up by the thread
        self._doubt = Doubt()
        self._agreed = False
        self._call_ends_s: float | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="depth", daemon=True)

    def start(self) -> None:
        """Start reading; returns at once, whether or not there is a sensor."""
        self._thread.start()

    def stop(self) -> None:
        """Stop reading; does not wait for a driver that hangs."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_S)

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

    def _run(self) -> None:
        wait_s = _FIRST_WAIT_S
        while not self._stopping.is_set():
            try:
                self._call_ends_s = self._clock() + _HANG_S
                sensor = self._open()
            except Exception as error:  # noqa: BLE001  whatever a driver throws, the booth goes on without it
                self._note(error)
            else:
                if self._read(sensor):
                    wait_s = _FIRST_WAIT_S
            finally:
                self._call_ends_s = None
            if self._stopping.is_set():
                return
            self._wait(self._stopping, wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    def _read(self, sensor: DepthSensor) -> bool:
        """Read until a fault, a lie or the end; returns whether the sensor can be said to have worked."""
        frozen, gave = _Frozen(getattr(sensor, "lively", False)), False
        self._lie, self._agreed, self._doubt = None, False, Doubt()
        try:
            while not self._stopping.is_set():
                self._call_ends_s = self._clock() + _HANG_S
                frame = sensor.read(_READ_S + 1 / self._settings.rate)
                frozen.check(frame)
                if self._lie is not None:
                    raise DepthError(self._lie)
                self._map = aligned(frame, self._alignment, self.view)
                if not gave:
                    _log.info("depth sensor: maps of %d x %d", *frame.depth_m.shape[::-1])
                gave, self._fault = True, None
                if self._agreed:
                    self._said = False
        except Exception as error:  # noqa: BLE001  as above
            self._note(error)
        finally:
            self._map = None  # what was measured before a fault is not what is there now
            try:
                sensor.close()
            except Exception:  # noqa: BLE001  it is being given up anyway
                _log.debug("closing the depth sensor failed", exc_info=True)
        return gave and self._lie is None

    def _note(self, error: Exception) -> None:
        text = str(error) if isinstance(error, DepthError) else f"{type(error).__name__}: {error}"
        if not self._said or (self._lie is None and self._fault is None):
            self._said = True
            _log.warning("depth sensor: %s; distances are told from sizes in the picture", text)
        self._fault = text


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
