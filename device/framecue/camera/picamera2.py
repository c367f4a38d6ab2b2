"""Raspberry Pi camera modules, through libcamera and picamera2."""

import math
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final, Literal

import numpy as np
from pydantic import Field

from framecue.camera import CameraSettings
from framecue.camera.picture import before_turning, taken_at, turned
from framecue.errors import CameraError, CameraMissingError, CameraStalledError
from framecue.frame import Frame, Still

# libcamera names pixel formats from the last byte to the first: this one is red, green, blue in memory.
_RGB: Final = "BGR888"
# Where it is dark the preview may slow down to this many microseconds a frame, to expose as a photo would.
_SLOWEST_FRAME_US: Final = 100_000
# Focal length, sensor width and height, millimetres, of Raspberry Pi's modules with a lens of their own.
_MODULES: Final = {
    "ov5647": (3.60, 3.629, 2.722),
    "imx219": (3.04, 3.674, 2.760),
    "imx708": (4.74, 6.451, 3.629),
    "imx708_wide": (2.75, 6.451, 3.629),
    "imx500": (4.74, 6.287, 4.712),
}
# A photo made brighter is exposed no longer than this for it: hands shake.
_LONGEST_EXPOSURE_US: Final = 33_000
_KEPT_METADATA: Final = (
    "ExposureTime",
    "AnalogueGain",
    "DigitalGain",
    "ColourTemperature",
    "Lux",
    "LensPosition",
    "SensorTimestamp",
)


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

    def own_fov_deg(self) -> float | None:
        """From the module's name and data sheet; None for those whose lens is the owner's choice."""
        try:
            found = _camera_class().global_camera_info()
        except CameraMissingError:  # opening it will say so
            return None
        model = str(found[self.camera].get("Model", "")) if self.camera < len(found) else ""
        if model.removesuffix("_noir") not in _MODULES:
            return None
        focal, across, down = _MODULES[model.removesuffix("_noir")]
        width, height = before_turning(self)
        scale = min(across / width, down / height)  # the preview is cut from the middle to its shape
        seen = (width if self.turn in (90, 270) else height) * scale
        return math.degrees(2 * math.atan(seen / 2 / focal))


class Driver:
    """One open camera. A photo is taken by switching the sensor to its full resolution and back.

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
        self._metered: Mapping[str, Any] = {}  # what the preview's own exposure was
        camera_class = _camera_class()
        if len(camera_class.global_camera_info()) <= settings.camera:
            raise CameraMissingError(
                f"there is no camera number {settings.camera} on this Pi; "
                "check its ribbon cable and `rpicam-hello --list-cameras`, then start again"
            )
        try:
            self._camera = camera_class(settings.camera)
        except RuntimeError as error:
            raise CameraError(
                f"camera {settings.camera} cannot be opened; close other programs that use it"
            ) from error
        try:
            self._preview = self._preview_configuration()
            self._still = self._still_configuration()
            self._start_preview()
        except RuntimeError as error:
            self._camera.close()
            raise CameraError(f"camera {settings.camera} refuses its settings: {error}") from error

    def read(self, timeout_s: float) -> Frame:
        """The next preview picture."""
        request = self._request(self._camera.capture_request, timeout_s)
        try:
            image, metadata = request.make_array("main"), request.get_metadata()
        finally:
            request.release()
        self._number += 1
        self._metered = metadata
        time_s = self._time(metadata)
        return Frame(turned(image, self._settings.turn), time_s, self._number, metadata=_kept(metadata))

    def still(self, timeout_s: float, ev: float = 0.0) -> Still:
        """A photo of the full resolution; the preview rests meanwhile.

        ev: libcamera has no metering window, and its ExposureValue takes many frames to settle, so time and
        gain of the last preview picture are set, brighter or darker, before the photo's first frame.
        """
        fixed, done_ev = self._exposed(ev)
        configuration = {**self._still, "controls": {**self._still.get("controls", {}), **fixed}}
        request = self._request(self._camera.switch_mode_capture_request_and_stop, timeout_s, configuration)
        try:
            image, metadata = request.make_array("main"), request.get_metadata()
        finally:
            request.release()  # before the preview starts: both need the little memory there is
        time_s = self._time(metadata)
        try:
            self._start_preview()
        except RuntimeError as error:
            raise self._broken(error) from error
        kept = {**_kept(metadata), "exposure_ev": done_ev} if fixed else _kept(metadata)
        return Still(turned(image, self._settings.turn), time_s, metadata=kept)

    def close(self) -> None:
        """Stop the camera and let it go."""
        if self._faulty:
            self._camera.cancel_all_and_flush()  # else closing waits for what will not come
        self._camera.close()

    def _exposed(self, ev: float) -> tuple[dict[str, Any], float]:
        """Controls that fix an exposure `ev` stops from the preview's, and how many stops it became.

        None of them for 0, and before the first preview picture. Time goes first, up to where hands blur
        the picture, then gain.
        """
        time_us, gain = self._metered.get("ExposureTime"), self._metered.get("AnalogueGain")
        limits = self._camera.camera_controls
        if ev == 0 or not time_us or not gain or "AnalogueGain" not in limits:
            return {}, 0.0
        wanted = time_us * gain * 2.0**ev
        longest = max(time_us, _LONGEST_EXPOSURE_US)
        new_us = min(max(time_us * 2.0**ev, limits["ExposureTime"][0]), longest)
        new_gain = min(max(wanted / new_us, limits["AnalogueGain"][0]), limits["AnalogueGain"][1])
        fixed = {"ExposureTime": round(new_us), "AnalogueGain": float(new_gain)}
        if "ColourGains" in self._metered:  # or the frames of a bracket would differ in colour
            fixed["ColourGains"] = self._metered["ColourGains"]
        return fixed, round(math.log2(new_us * new_gain / (time_us * gain)), 2)

    def _request(self, capture: Callable[..., Any], timeout_s: float, *args: object) -> Any:
        try:
            return capture(*args, wait=max(timeout_s, 0.001))  # 0 would mean not to wait for the result
        except TimeoutError as error:
            self._faulty = True
            raise CameraStalledError(
                f"camera {self._settings.camera} gave no picture in time; check its ribbon cable"
            ) from error
        except (RuntimeError, OSError) as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> CameraError:
        self._faulty = True
        return CameraError(f"camera {self._settings.camera} failed: {error}; check its ribbon cable")

    def _time(self, metadata: Mapping[str, Any]) -> float:
        return taken_at(metadata.get("SensorTimestamp", 0) / 1e9, self._clock())

    def _start_preview(self) -> None:
        self._camera.configure(self._preview)
        self._camera.start()

    def _preview_configuration(self) -> Any:
        frame_us = round(1e6 / self._settings.rate)
        controls: dict[str, Any] = {"FrameDurationLimits": (frame_us, max(frame_us, _SLOWEST_FRAME_US))}
        if "AfMode" in self._camera.camera_controls:  # or the lens would stay where it was
            controls["AfMode"] = import_module("libcamera").controls.AfModeEnum.Continuous
        mode = _whole_view_mode(self._camera.sensor_modes, self._settings.rate)
        sensor = {} if mode is None else {"output_size": mode["size"], "bit_depth": mode["bit_depth"]}
        main = {"size": before_turning(self._settings), "format": _RGB}
        return self._camera.create_video_configuration(main=main, sensor=sensor, controls=controls)

    def _still_configuration(self) -> Any:
        width, height = before_turning(self._settings)
        across, down = self._camera.sensor_resolution
        scale = min(across / width, down / height)
        if self._settings.still_width:
            scale = min(scale, self._settings.still_width / width)
        size = int(width * scale) // 2 * 2, int(height * scale) // 2 * 2  # libcamera wants even numbers
        return self._camera.create_still_configuration(main={"size": size, "format": _RGB})


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


def _whole_view_mode(modes: list[dict[str, Any]], rate: float) -> dict[str, Any] | None:
    """The sensor mode for the preview: one that sees as much as a photo does, and is fast enough.

    Left to itself libcamera takes the smallest mode, which on several sensors sees only the middle.
    """
    raw = [mode for mode in modes if "crop_limits" in mode]  # USB cameras have no such modes
    if not raw:
        return None

    def seen(mode: dict[str, Any]) -> int:
        return int(mode["crop_limits"][2] * mode["crop_limits"][3])

    widest = max(seen(mode) for mode in raw)
    whole = [mode for mode in raw if seen(mode) >= 0.98 * widest]
    fast = [mode for mode in whole if mode["fps"] >= rate]
    fastest = [max(whole, key=lambda mode: float(mode["fps"]))]
    return min(fast or fastest, key=lambda mode: (mode["size"], -mode["bit_depth"]))


def _kept(metadata: Mapping[str, Any]) -> dict[str, object]:
    """The part worth keeping, as plain JSON values."""
    return {
        key: value.item() if isinstance(value, np.generic) else value
        for key, value in metadata.items()
        if key in _KEPT_METADATA
    }
