"""USB cameras and whatever else Linux shows as /dev/video, through OpenCV."""

import logging
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from framecue.camera import CameraSettings
from framecue.camera.picture import before_turning, taken_at, turned
from framecue.errors import CameraError, CameraMissingError, CameraStalledError
from framecue.frame import Frame, Still

_log: Final = logging.getLogger(__name__)

# Heights of common camera modes, tried from the largest when no still size is set.
_STILL_HEIGHTS: Final = (3120, 2448, 1944, 1536, 1200, 1080, 960, 768, 720, 600)

# V4L2_CID_EXPOSURE_AUTO as USB cameras have it: by hand, and with the time chosen by the camera.
_MANUAL: Final = 1
_AUTOMATIC: Final = 3
_LONGEST_EXPOSURE: Final = 333  # of 100 microseconds: hands shake

# Damaged pictures in a row that are no fault yet: USB cameras send one now and then.
_DAMAGED_PASSED_OVER: Final = 4


class Settings(CameraSettings):
    """A camera as Linux numbers or names it. A name under /dev/v4l/by-id survives another socket."""

    kind: Literal["v4l2"] = "v4l2"
    device: str = Field("/dev/video0", min_length=1, description="path or number of the video device")
    fourcc: str = Field(
        "MJPG",
        pattern=r"^[ -~]{4}$",
        description="pixel format asked for; MJPG lets USB 2 carry large pictures",
    )
    still_width: int = Field(
        0,
        ge=0,
        le=16384,
        description="photo width before turning, pixels; 0 = largest of the preview's shape",
    )
    still_height: int = Field(
        0, ge=0, le=16384, description="photo height before turning, pixels; 0 = as still_width"
    )
    settle_frames: int = Field(
        3, ge=0, le=60, description="frames passed over after changing size, until exposure has settled"
    )


class Driver:
    """One open device. A photo is taken by switching it to its larger size and back.

    Frames have the size the device gives, which may differ from the one asked for; that is logged.
    Metadata: none, but "exposure_ev" of a photo that was asked for with another exposure.
    """

    lively: Final = True

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
        capture: Any = cv2.VideoCapture,
    ) -> None:
        """capture: the class to open the device with, cv2.VideoCapture or one that behaves like it."""
        self._settings = settings
        self._clock = clock
        self._capture_class = capture
        self._device = _device(settings.device)
        self._number = 0
        # OpenCV would wait 10 s for the very first frame of a silent camera; whole seconds only.
        os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")
        _require_device(self._device)
        self._capture = capture(self._device, cv2.CAP_V4L2)
        if not self._capture.isOpened():
            raise CameraError(
                f"{self._device} cannot be opened as a camera; close what else uses it, "
                "or name the camera's other /dev/video number"
            )
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*settings.fourcc))
        self._still_size = self._find_still_size()
        self._preview_size = self._resize(before_turning(settings))
        self._capture.set(cv2.CAP_PROP_FPS, settings.rate)
        if self._preview_size != before_turning(settings):
            _log.warning(
                "%s gives %d x %d instead of %d x %d",
                self._device,
                *self._preview_size,
                *before_turning(settings),
            )

    def read(self, timeout_s: float) -> Frame:
        """The next picture of the device."""
        image, time_s = self._grab(timeout_s)
        self._number += 1
        return Frame(turned(image, self._settings.turn), time_s, self._number)

    def still(self, timeout_s: float, ev: float = 0.0) -> Still:
        """A picture of the larger size, or a preview picture where the device has none.

        ev: where the device tells its exposure time and lets it be set, as the USB video class foresees.
        """
        ends_s = self._clock() + timeout_s
        done_ev = self._expose(ev)
        larger = self._still_size != self._preview_size
        try:
            if larger:
                self._resize(self._still_size)
            for _ in range(self._settings.settle_frames if larger or done_ev else 0):
                self._grab(ends_s - self._clock())
            image, time_s = self._grab(ends_s - self._clock())
        finally:
            if larger:
                self._resize(self._preview_size)
            if done_ev:
                self._capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _AUTOMATIC)
        metadata = {"exposure_ev": done_ev} if ev else {}
        return Still(turned(image, self._settings.turn), time_s, metadata=metadata)

    def close(self) -> None:
        """Let the device go."""
        self._capture.release()

    def _expose(self, ev: float) -> float:
        """Fix the exposure `ev` stops from what it is; returns what it became, 0 where it cannot."""
        if ev == 0:
            return 0.0
        time_before = self._capture.get(cv2.CAP_PROP_EXPOSURE)  # of 100 microseconds
        if time_before <= 0 or not self._capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _MANUAL):
            return 0.0
        wanted = max(1, min(round(time_before * 2.0**ev), max(_LONGEST_EXPOSURE, round(time_before))))
        self._capture.set(cv2.CAP_PROP_EXPOSURE, wanted)
        done_ev = round(math.log2(max(self._capture.get(cv2.CAP_PROP_EXPOSURE), 1.0) / time_before), 2)
        if done_ev == 0:
            self._capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _AUTOMATIC)
        return done_ev

    def _grab(self, timeout_s: float) -> tuple[NDArray[np.uint8], float]:
        ends_s = self._clock() + timeout_s
        for _ in range(_DAMAGED_PASSED_OVER + 1):
            bgr = self._retrieve(ends_s - self._clock())
            if bgr is not None:
                time_s = taken_at(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000, self._clock())
                return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8), time_s
        raise CameraError(f"{self._device} gives damaged pictures only; check its cable")

    def _retrieve(self, timeout_s: float) -> Any:
        """The next picture as OpenCV gives it, None if it is damaged."""
        if timeout_s <= 0:
            raise self._stalled()
        if not self._capture.isOpened():  # waitAny crashes the process on a closed device
            raise CameraError(f"{self._device} is closed; open the camera again")
        try:
            # Unlike grab(), this keeps to a time limit.
            _, ready = self._capture_class.waitAny([self._capture], max(1, int(timeout_s * 1e9)))
            if len(ready) == 0:
                raise self._stalled()
            there, bgr = self._capture.retrieve()
        except cv2.error as error:  # pulled out, or a broken stream
            raise CameraError(f"{self._device} gives no more pictures; check its cable") from error
        return bgr if there and bgr is not None and bgr.size else None

    def _stalled(self) -> CameraStalledError:
        return CameraStalledError(f"{self._device} gave no picture in time; check its cable")

    def _resize(self, size: tuple[int, int]) -> tuple[int, int]:
        """Ask for (width, height); returns what the device chose."""
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
        width = int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        return width, int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT))

    def _find_still_size(self) -> tuple[int, int]:
        """The set size, or the largest of the preview's shape: another shape would show another view."""
        width, height = before_turning(self._settings)
        if self._settings.still_width and self._settings.still_height:
            return self._resize((self._settings.still_width, self._settings.still_height))
        for still_height in _STILL_HEIGHTS:
            found = self._resize((round(still_height * width / height), still_height))
            if found[0] > width and abs(found[0] * height / (found[1] * width) - 1) < 0.01:
                return found
        return self._resize((width, height))


def _device(name: str) -> str:
    return f"/dev/video{name}" if name.isdigit() else name


def _require_device(device: str) -> None:
    if not Path(device).exists():
        raise CameraMissingError(f"there is no camera at {device}; plug it in, or set the camera's device")
    if not os.access(device, os.R_OK | os.W_OK):
        raise CameraError(f"{device} may not be used by this user; add the user to the group video")
