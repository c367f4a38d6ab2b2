"""Raspberry Pi camera modules, through libcamera and picamera2."""

import logging
import math
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from framecue.camera import CameraSettings
from framecue.camera.pi_controls import (
    Controls,
    automatic,
    exposed,
    held_focus,
    is_exposed,
    is_focusing,
    kept,
    stops_between,
)
from framecue.camera.pi_sensor import module_fov_deg, whole_view_mode
from framecue.camera.picture import before_turning, taken_at, turned
from framecue.errors import CameraError, CameraMissingError, CameraStalledError
from framecue.frame import Frame, Still

_log: Final = logging.getLogger(__name__)

_Taken = tuple[Any, Mapping[str, Any]]  # (h, w, 3) uint8 RGB or None, and what was told of it

# libcamera names pixel formats from the last byte to the first: this one is red, green, blue in memory.
_RGB: Final = "BGR888"
_YUV: Final = "YUV420"  # all that a second stream can be on a Pi 4
# Where it is dark the preview may slow down to this many microseconds a frame, to expose as a photo would.
_SLOWEST_FRAME_US: Final = 100_000
_LEAST_RATE: Final = 8.0  # frames a second under which cues would come late: photos are switched to then
_SETTLE_FRAMES: Final = 12  # after which an exposure that was set has come, or will not
_BACK_S: Final = 1.0  # after a photo exposed otherwise, until the camera's own exposure is back
_BESIDE_BUFFERS: Final = 4  # one in the sensor, one in the image processor, one to take, one on its way back


class Settings(CameraSettings):
    """A camera on the Pi's ribbon cable.

    Photos have the preview's shape, so that they show what the preview showed: choose width x height in
    the shape the photos shall have.
    """

    kind: Literal["picamera2"] = "picamera2"
    camera: int = Field(0, ge=0, le=7, description="number of the camera, as `rpicam-hello --list` shows it")
    still_width: int = Field(
        0, ge=0, le=16384, description="photo width before turning, pixels; 0 = all the sensor has"
    )
    photos: Literal["auto", "beside", "switched"] = Field(
        "auto",
        description="beside the preview, at once, and the preview as fast as the sensor is for photos; "
        "switched to, with a rest of the preview; or beside where that is 8 frames a second or more",
    )
    focus_limit_s: float = Field(
        1.0, ge=0, le=5, description="seconds a photo may wait until the lens has found its focus"
    )

    def own_fov_deg(self) -> float | None:
        """From the module's name and data sheet; None for those whose lens is the owner's choice."""
        try:
            found = _camera_class().global_camera_info()
        except CameraMissingError:  # opening it will say so
            return None
        model = str(found[self.camera].get("Model", "")) if self.camera < len(found) else ""
        return module_fov_deg(model, before_turning(self), self.turn)


class Driver:
    """One open camera.

    Photos come in one of two ways. *Beside*: one configuration has both streams, and a photo is the full
    picture of a preview frame, so nothing is switched. *Switched*: the sensor goes to its full resolution and
    back, between buffers that are allocated once and kept, so that a day of photos does not fragment the
    little memory cameras can use.

    Metadata: those of ExposureTime (microseconds), AnalogueGain, DigitalGain, ColourTemperature (kelvin),
    Lux, LensPosition (dioptres) and SensorTimestamp (nanoseconds) that the sensor reports, and in a photo
    taken with another exposure than the camera's own "exposure_ev".
    """

    lively: Final = True

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._number = 0
        self._faulty = False
        self._newest: Mapping[str, Any] = {}  # what was told of the newest picture
        self._metered: Mapping[str, Any] = {}  # of the newest that was exposed as the camera itself would
        self._metered_from_s = 0.0
        camera_class = _camera_class()
        if len(camera_class.global_camera_info()) <= settings.camera:
            raise CameraMissingError(
                f"there is no camera number {settings.camera} on this Pi; "
                "check its ribbon cable and `rpicam-hello --list-cameras`, then start again"
            )
        for beside in {"auto": (True, False), "beside": (True,), "switched": (False,)}[settings.photos]:
            self._camera = self._opened(camera_class)
            try:
                self._begin(beside)
            except (RuntimeError, OSError, ValueError) as error:
                self._camera.close()  # with it go its buffers
                refusal = error
                _log.info("camera %s with photos beside: %s, %s", settings.camera, beside, error)
            else:
                return
        raise CameraError(f"camera {settings.camera} refuses its settings: {refusal}") from refusal

    def read(self, timeout_s: float) -> Frame:
        """The next preview picture."""
        image, metadata = self._taken(
            self._camera.capture_request, timeout_s, stream="lores" if self._beside else "main"
        )
        self._number += 1
        self._note(metadata)
        time_s = self._time(metadata)
        return Frame(turned(image, self._settings.turn), time_s, self._number, metadata=kept(metadata))

    def still(self, timeout_s: float, ev: float = 0.0) -> Still:
        """A photo of the full resolution, once the lens has found its focus or had its time to.

        ev: exposes for the person; the booth tells it from what it measured on them (framecue.exposure).
        """
        ends_s = self._clock() + timeout_s
        self._await_focus(ends_s)
        fixed = exposed(ev, self._camera.camera_controls, self._metered)
        take = self._still_beside if self._beside else self._still_switched
        image, metadata = take(fixed, ends_s)
        told = kept(metadata)
        if fixed:
            self._metered_from_s = self._clock() + _BACK_S
            told["exposure_ev"] = round(stops_between(self._metered, metadata) or 0.0, 2)
        return Still(turned(image, self._settings.turn), self._time(metadata), metadata=told)

    def close(self) -> None:
        """Stop the camera and let it go."""
        if self._faulty:
            self._camera.cancel_all_and_flush()  # else closing waits for what will not come
        self._camera.close()

    def _await_focus(self, ends_s: float) -> None:
        """Wait until the lens rests, no longer than its limit."""
        if "AfMode" not in self._camera.camera_controls:
            return
        limit_s = min(self._clock() + self._settings.focus_limit_s, ends_s)
        while (not self._newest or is_focusing(self._newest)) and self._clock() < limit_s:
            self._note(self._taken(self._camera.capture_request, ends_s - self._clock())[1])

    def _note(self, metadata: Mapping[str, Any]) -> None:
        self._newest = metadata
        if self._clock() >= self._metered_from_s:
            self._metered = metadata

    def _still_beside(self, fixed: Controls, ends_s: float) -> _Taken:
        """The next picture in full; where an exposure is set, the first one that has it."""
        capture = self._camera.capture_request
        if not fixed:
            return self._taken(capture, ends_s - self._clock(), stream="main")
        self._camera.set_controls(fixed)
        try:
            for _ in range(_SETTLE_FRAMES):
                if is_exposed(fixed, self._taken(capture, ends_s - self._clock())[1]):
                    break
            return self._taken(capture, ends_s - self._clock(), stream="main")
        finally:
            self._camera.set_controls(automatic(self._camera.camera_controls))

    def _still_switched(self, fixed: Controls, ends_s: float) -> _Taken:
        """The first picture of the still configuration; the preview rests meanwhile."""
        known = self._camera.camera_controls
        controls = {**self._still.get("controls", {}), **held_focus(known, self._newest), **fixed}
        found = self._taken(
            self._camera.switch_mode_capture_request_and_stop,
            ends_s - self._clock(),
            {**self._still, "controls": controls},
            stream="main",
        )
        try:
            self._start(self._preview)
        except RuntimeError as error:
            raise self._broken(error) from error
        return found

    def _taken(
        self, capture: Callable[..., Any], timeout_s: float, *args: object, stream: str | None = None
    ) -> _Taken:
        """What a request brought: (h, w, 3) RGB of the stream, None for no stream, and the metadata."""
        try:
            request = capture(*args, wait=max(timeout_s, 0.001))  # 0 would mean not to wait for the result
            try:
                image = None if stream is None else request.make_array(stream)
                metadata = request.get_metadata()
            finally:
                request.release()  # both ways of taking photos need the little memory there is
        except TimeoutError as error:
            self._faulty = True
            raise CameraStalledError(
                f"camera {self._settings.camera} gave no picture in time; check its ribbon cable"
            ) from error
        except (RuntimeError, OSError) as error:
            raise self._broken(error) from error
        if stream == "lores":
            image = _rgb(image, before_turning(self._settings)[0])
        return image, metadata

    def _broken(self, error: Exception) -> CameraError:
        self._faulty = True
        return CameraError(f"camera {self._settings.camera} failed: {error}; check its ribbon cable")

    def _time(self, metadata: Mapping[str, Any]) -> float:
        return taken_at(metadata.get("SensorTimestamp", 0) / 1e9, self._clock())

    def _opened(self, camera_class: Any) -> Any:
        try:
            return camera_class(self._settings.camera)
        except RuntimeError as error:
            raise CameraError(
                f"camera {self._settings.camera} cannot be opened; close other programs that use it"
            ) from error

    def _begin(self, beside: bool) -> None:
        """Start one of the two ways; raises what picamera2 does where it is refused."""
        modes = self._camera.sensor_modes  # configures the camera once for each: before buffers are kept
        photo = self._photo_size()
        mode = whole_view_mode(modes, photo, self._settings.rate)
        rate = 0.0 if mode is None else float(mode["fps"])
        self._beside = beside and (rate >= _LEAST_RATE or self._settings.photos == "beside")
        if self._beside:
            self._start(self._beside_configuration(photo, mode, min(self._settings.rate, rate or math.inf)))
            return
        self._camera.allocator = import_module("picamera2.allocators").PersistentAllocator()
        preview = whole_view_mode(modes, before_turning(self._settings), self._settings.rate)
        self._preview = self._camera.create_video_configuration(
            main={"size": before_turning(self._settings), "format": _RGB},
            raw=None,
            sensor=_sensor(preview),
            controls=self._preview_controls(self._settings.rate),
        )
        self._still = self._camera.create_still_configuration(
            main={"size": photo, "format": _RGB}, raw=None, sensor=_sensor(mode)
        )
        self._camera.configure(self._still)  # takes its memory now, not at the first press
        self._start(self._preview)

    def _start(self, configuration: Any) -> None:
        self._camera.configure(configuration)
        self._camera.start()

    def _beside_configuration(
        self, photo: tuple[int, int], mode: Mapping[str, Any] | None, rate: float
    ) -> Any:
        return self._camera.create_video_configuration(
            main={"size": photo, "format": _RGB},
            lores={"size": before_turning(self._settings), "format": _YUV},
            raw=None,
            # What OpenCV takes YUV for.
            colour_space=import_module("libcamera").ColorSpace.Smpte170m(),
            buffer_count=_BESIDE_BUFFERS,
            sensor=_sensor(mode),
            controls=self._preview_controls(rate),
        )

    def _preview_controls(self, rate: float) -> dict[str, Any]:
        frame_us = round(1e6 / rate)
        controls: dict[str, Any] = {"FrameDurationLimits": (frame_us, max(frame_us, _SLOWEST_FRAME_US))}
        return {**controls, **automatic(self._camera.camera_controls)}

    def _photo_size(self) -> tuple[int, int]:
        """(width, height) of photos before turning: the preview's shape, as large as the sensor or set."""
        width, height = before_turning(self._settings)
        across, down = self._camera.sensor_resolution
        scale = min(across / width, down / height)
        if self._settings.still_width:
            scale = min(scale, self._settings.still_width / width)
        return int(width * scale) // 2 * 2, int(height * scale) // 2 * 2  # libcamera wants even numbers


def _sensor(mode: Mapping[str, Any] | None) -> dict[str, Any]:
    return {} if mode is None else {"output_size": mode["size"], "bit_depth": mode["bit_depth"]}


def _rgb(yuv: Any, width: int) -> NDArray[np.uint8]:
    """(3 h / 2, stride) YUV420 as picamera2 gives it, lines padded, as (h, width, 3) RGB."""
    image = np.asarray(cv2.cvtColor(yuv, cv2.COLOR_YUV2RGB_I420), np.uint8)
    return image if image.shape[1] == width else np.ascontiguousarray(image[:, :width])


def _camera_class() -> Any:
    try:
        camera_class = import_module("picamera2").Picamera2
    except ImportError as error:
        raise CameraMissingError(
            "picamera2 is not installed; `apt install python3-picamera2` and make the virtual environment "
            "with --system-site-packages"
        ) from error
    except ValueError as error:  # "numpy.dtype size changed": its simplejpeg was built for the system's numpy
        raise CameraMissingError(
            f"picamera2 does not fit this numpy ({error}); install the extra that brings a simplejpeg which "
            "does: pip install 'framecue[pi]'"
        ) from error
    if not hasattr(camera_class, "cancel_all_and_flush"):  # came with the time limits of its calls
        raise CameraMissingError("picamera2 is too old to notice a silent camera; run `apt full-upgrade`")
    return camera_class
