"""The Arducam ToF camera (B0410 and its kin) on a CSI connector, through Arducam's own library.

Its library has no way to be asked twice: used after an opening that failed it brings the process down, so a
camera that did not open is never touched again.
"""

import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, requires
from typing import Any, Final, Literal

import numpy as np
from pydantic import Field

from framecue.depth import DepthFrame, DepthSettings, Optics, Seen, field_optics
from framecue.errors import DepthError

_PACKAGE: Final = "ArducamDepthCamera"
_FIELD_DEG: Final = (64.3, 50.4)  # across and down, as Arducam's examples have it
_SCALE: Final = 100  # the library gives focal lengths and centre in hundredths of a pixel
_TRY_MS: Final = 500
_BEYOND: Final = 1.25  # of its range: what it says from there on is not measured
_SURE: Final = 255.0  # its largest confidence


class Settings(DepthSettings):
    """Which camera, how far it measures, and what it has to be sure of."""

    kind: Literal["arducam"] = "arducam"
    index: int = Field(0, ge=0, le=63, description="number of its video device: 0 is /dev/video0")
    range_m: int = Field(
        4, ge=2, le=4, multiple_of=2, description="metres it measures up to; the shorter range is the finer"
    )
    least_confidence: float = Field(
        30.0, ge=0, le=255, description="confidence, 0 to 255, below which a pixel is unknown"
    )


class Driver:
    """One open camera. library: stands in for ArducamDepthCamera; None imports it."""

    lively: Final = True

    def __init__(
        self,
        settings: Settings,
        _seen: Seen | None = None,
        *,
        library: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._clock = settings, clock
        self._library = _imported() if library is None else library
        camera = self._library.ArducamCamera()
        self._must(
            camera.open(self._library.Connection.CSI, settings.index),
            f"no Arducam ToF camera at /dev/video{settings.index}; check its cable and its dtoverlay",
        )
        self._camera: Any = camera
        self._number, self._taken_s = 0, -1e9
        try:
            self._must(camera.start(self._library.FrameType.DEPTH), "the Arducam ToF camera does not start")
            if camera.getCameraInfo().device_type == self._library.DeviceType.HQVGA:
                self._must(
                    camera.setControl(self._library.Control.RANGE, settings.range_m * 1000),
                    f"the Arducam ToF camera takes no range of {settings.range_m} m",
                )
        except BaseException:
            self.close()
            raise

    def read(self, timeout_s: float) -> DepthFrame:
        """As in DepthSensor. Maps that come faster than the rate are let go."""
        due_s, ends_s = self._taken_s + 1 / self._settings.rate, self._clock() + timeout_s
        while self._camera is not None:
            frame = self._camera.requestFrame(_TRY_MS)
            now_s = self._clock()
            if frame is not None:
                try:
                    if now_s >= due_s and isinstance(frame, self._library.DepthData):
                        return self._taken(frame, now_s)
                finally:
                    self._camera.releaseFrame(frame)
            if now_s >= ends_s:
                raise DepthError(
                    f"the Arducam ToF camera gave no map in {timeout_s:.0f} s; check its cable and its supply"
                )
        raise DepthError("the Arducam ToF camera is closed; open it again")

    def close(self) -> None:
        """As in DepthSensor."""
        camera, self._camera = getattr(self, "_camera", None), None
        if camera is not None:
            try:
                camera.stop()
            finally:
                camera.close()

    def _taken(self, frame: Any, now_s: float) -> DepthFrame:
        """A map of the library's own memory, which is gone once the frame is released."""
        metres = np.array(frame.depth_data, np.float32) / np.float32(1000)
        sure = np.array(frame.confidence_data, np.float32)
        if metres.ndim != 2 or metres.shape != sure.shape or min(metres.shape) < 2:
            raise DepthError(f"the Arducam ToF camera gave a map of {metres.shape}; restart the board")
        known = np.isfinite(sure) & (sure >= self._settings.least_confidence)
        known &= (metres > 0) & (metres <= _BEYOND * self._settings.range_m)
        self._number, self._taken_s = self._number + 1, now_s
        return DepthFrame(
            np.where(known, metres, 0).astype(np.float32),
            np.where(known, np.clip(sure / _SURE, 0, 1), 0).astype(np.float32),
            now_s,
            self._number,
            self._optics(metres.shape[1], metres.shape[0]),
        )

    def _optics(self, width: int, height: int) -> Optics:
        """What the camera knows of its lens, or its field of view from the data sheet."""
        control = self._library.Control
        names = (control.INTRINSIC_FX, control.INTRINSIC_FY, control.INTRINSIC_CX, control.INTRINSIC_CY)
        told = Optics(*(self._camera.getControl(name) / _SCALE for name in names))
        likely = field_optics(width, height, *_FIELD_DEG)
        sound = all(0.5 < mine / its < 2 for mine, its in zip(told, likely, strict=True))
        return told if sound else likely

    def _must(self, code: Any, otherwise: str) -> None:
        """Its codes are enums, which no number equals."""
        if int(code) != 0:
            raise DepthError(f"{otherwise} ({getattr(code, 'name', code)})")


def _imported() -> Any:
    """The library; raises DepthError where it is missing, or was made for another numpy."""
    try:
        import ArducamDepthCamera
    except ImportError as error:
        raise DepthError(f"{_PACKAGE} is not installed; pip install 'framecue[arducam]'") from error
    try:
        wanted = requires(_PACKAGE) or []
    except PackageNotFoundError:
        wanted = []
    old = any("numpy" in each and "<2" in each for each in wanted)
    if old and not np.__version__.startswith("1."):  # its arrays would be read from the wrong memory
        raise DepthError(f"{_PACKAGE} needs numpy 1, not {np.__version__}; pip install 'framecue[arducam]'")
    return ArducamDepthCamera
