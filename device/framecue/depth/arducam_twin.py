"""A simulated twin of Arducam's library: the names of ArducamDepthCamera 0.1 that the driver uses.

It behaves as the real one was seen to: codes are enums that no number equals, frames have to be released, and
a camera that did not open takes the whole process with it when it is used; here that is a MisuseError.
"""

from enum import Enum
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from framecue.depth.tof import Tof

Fault = Literal["none", "absent", "no_start", "silent", "frozen", "nonsense", "lies", "torn", "other"]
_CACHE: Final = 2  # frames the library holds for who asked for them


class MisuseError(AssertionError):
    """The real library would have crashed here."""


class Connection(Enum):
    """How it is connected."""

    CSI = 0
    USB = 1


class FrameType(Enum):
    """What is asked for."""

    RAW = 0
    CONFIDENCE = 1
    DEPTH = 2
    AMPLITUDE = 3


class DeviceType(Enum):
    """Which camera it is; HQVGA is the B0410, 240 x 180."""

    VGA = 0
    HQVGA = 1


class Control(Enum):
    """What can be set and asked."""

    RANGE = 0
    INTRINSIC_FX = 10
    INTRINSIC_FY = 11
    INTRINSIC_CX = 12
    INTRINSIC_CY = 13


class TofErrorCode(Enum):
    """What calls return."""

    ArducamSuccess = 0
    ArducamInvalidParameter = 1
    ArducamSystemError = -2

    def __int__(self) -> int:
        return int(self.value)


class RawData:
    """A frame of another kind than was asked for."""


class DepthData:
    """A map; its arrays are the library's memory."""

    def __init__(self, depth_data: NDArray[np.float32], confidence_data: NDArray[np.float32]) -> None:
        self.depth_data, self.confidence_data = depth_data, confidence_data


class CameraInfo:
    """What it is."""

    device_type = DeviceType.HQVGA
    width, height = 240, 180


class TwinArducam:
    """The library, with one camera before a scene.

    scene_m: (180, 240) float32 true metres along the camera's axis, 0 endless. period_s: between two maps,
    by which `passes`, called with seconds, lets time pass while somebody waits. Fault lies: it tells 4/10.
    """

    Connection, FrameType, DeviceType, Control = Connection, FrameType, DeviceType, Control
    DepthData, RawData, TofErrorCode = DepthData, RawData, TofErrorCode

    def __init__(self, passes: Any = lambda _: None, seed: int = 0) -> None:
        self.scene_m = np.full((180, 240), 2.0, np.float32)
        self.fault: Fault = "none"
        self.period_s = 1 / 30
        self.passes = passes
        self.held = 0  # frames given and not yet released
        self.opened = 0  # cameras open now
        self.controls = {Control.RANGE: 2000, Control.INTRINSIC_FX: 19090, Control.INTRINSIC_FY: 19120}
        self.controls |= {Control.INTRINSIC_CX: 11950, Control.INTRINSIC_CY: 8950}
        self.rng = np.random.default_rng(seed)
        self.last: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None

    def ArducamCamera(self) -> "TwinCamera":  # noqa: N802  the library's name
        """A camera that is not open yet."""
        return TwinCamera(self)


class TwinCamera:
    """One camera of the library."""

    def __init__(self, library: TwinArducam) -> None:
        self._library = library
        self._open = self._started = False

    def open(self, mode: Connection, index: int = 0) -> TofErrorCode:
        """Open it."""
        if self._library.fault == "absent" or mode is not Connection.CSI or index != 0:
            return TofErrorCode.ArducamSystemError
        self._open = True
        self._library.opened += 1
        return TofErrorCode.ArducamSuccess

    def start(self, kind: FrameType) -> TofErrorCode:
        """Begin to stream."""
        self._require()
        if self._library.fault == "no_start" or kind is not FrameType.DEPTH:
            return TofErrorCode.ArducamSystemError
        self._started = True
        return TofErrorCode.ArducamSuccess

    def getCameraInfo(self) -> CameraInfo:  # noqa: N802
        """What it is."""
        self._require()
        return CameraInfo()

    def setControl(self, control: Control, value: int) -> TofErrorCode:  # noqa: N802
        """Set something."""
        self._require()
        if control is not Control.RANGE or value not in (2000, 4000):
            return TofErrorCode.ArducamInvalidParameter
        self._library.controls[control] = value
        return TofErrorCode.ArducamSuccess

    def getControl(self, control: Control) -> int:  # noqa: N802
        """Ask for something."""
        self._require()
        return self._library.controls[control]

    def requestFrame(self, timeout: int) -> DepthData | RawData | None:  # noqa: N802
        """Wait for a frame, milliseconds; None without one."""
        self._require()
        library = self._library
        if not self._started or library.fault == "silent" or library.held >= _CACHE:
            library.passes(timeout / 1000)
            return None
        library.passes(library.period_s)
        library.held += 1
        return RawData() if library.fault == "other" else self._map()

    def releaseFrame(self, frame: DepthData | RawData) -> TofErrorCode:  # noqa: N802
        """Give a frame's memory back: what is read from it now is something else."""
        self._require()
        self._library.held -= 1
        if isinstance(frame, DepthData):
            frame.depth_data[...] = -1
            frame.confidence_data[...] = -1
        return TofErrorCode.ArducamSuccess

    def stop(self) -> TofErrorCode:
        """Stop streaming."""
        self._require()
        self._started = False
        return TofErrorCode.ArducamSuccess

    def close(self) -> TofErrorCode:
        """Let it go."""
        self._require()
        self._open = False
        self._library.opened -= 1
        return TofErrorCode.ArducamSuccess

    def _map(self) -> DepthData:
        library = self._library
        if library.fault != "frozen" or library.last is None:
            tof = Tof(library.controls[Control.RANGE] / 1000)
            metres, sure = tof.sense(library.scene_m, library.rng)
            if library.fault == "lies":
                metres = metres * np.float32(0.4)
            if library.fault == "nonsense":
                metres = library.rng.uniform(-1e6, 1e6, metres.shape).astype(np.float32)
                metres[::2] = np.nan
            # What is unknown is told as a depth that means nothing, with no confidence.
            depth = np.where(sure > 0, metres * 1000, 3999).astype(np.float32)
            library.last = depth, (sure * 255).astype(np.float32)
        depth, confidence = (each.copy() for each in library.last)
        if library.fault == "torn":
            depth = depth[:90]
        return DepthData(depth, confidence)

    def _require(self) -> None:
        if not self._open:
            raise MisuseError("a camera that is not open was used: the real library crashes")
