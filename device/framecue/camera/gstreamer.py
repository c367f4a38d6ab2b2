"""Cameras through GStreamer and PyGObject: CSI cameras on a Jetson, libcamera, USB, or any pipeline.

PyGObject comes with the system: `apt install python3-gi gir1.2-gst-plugins-base-1.0`, and a virtual
environment made with --system-site-packages.
"""

import math
import time
from collections.abc import Callable
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from framecue.camera import CameraSettings
from framecue.camera.picture import before_turning, turned
from framecue.errors import CameraError, CameraMissingError, CameraStalledError, EndOfFramesError
from framecue.frame import Frame, Still

_SINK: Final = "framecue"
# {width}, {height}, {rate} and {device} are filled in; the appsink and its RGB caps follow.
_SOURCES: Final = {
    "nvargus": "nvarguscamerasrc sensor-id={device} ! video/x-raw(memory:NVMM),width={width},height={height},"
    "framerate={rate} ! nvvidconv ! video/x-raw,format=BGRx",
    "libcamera": "libcamerasrc {named} ! video/x-raw,width={width},height={height},framerate={rate}",
    "usb": "v4l2src device=/dev/video{device} ! decodebin",
    "test": "videotestsrc is-live=true ! video/x-raw,width={width},height={height},framerate={rate}",
}
_MISSING: Final = ("no element", "no such element", "Cannot identify device", "No cameras available")


class Settings(CameraSettings):
    """Which source. `pipeline` takes any GStreamer description that ends in raw video."""

    kind: Literal["gstreamer"] = "gstreamer"
    source: Literal["nvargus", "libcamera", "usb", "test"] = Field(
        "nvargus", description="CSI camera on a Jetson, libcamera, USB camera, or a test picture"
    )
    device: str = Field(
        "0", pattern=r"^[\w@./:-]*$", description="number of the camera, or its name for libcamera"
    )
    pipeline: str = Field("", description="a GStreamer pipeline to use instead of source, up to raw video")
    still_width: int = Field(
        0, ge=0, le=16384, description="photo width before turning, pixels; 0 = that of the preview"
    )
    settle_frames: int = Field(
        5, ge=0, le=60, description="frames passed over after starting anew, until exposure has settled"
    )

    def description(self, width: int, height: int) -> str:
        """The pipeline, in GStreamer's own words, for pictures of this size before turning."""
        rate = f"{round(self.rate * 1000)}/1000"
        named = f"camera-name={self.device}" if self.device and not self.device.isdigit() else ""
        source = self.pipeline or _SOURCES[self.source].format(
            width=width, height=height, rate=rate, device=self.device, named=named
        )
        # One buffer, and the oldest given up: a slow reader gets the newest picture, none waits.
        return (
            f"{source} ! videoconvert ! videoscale ! video/x-raw,format=RGB,width={width},height={height},"
            f"pixel-aspect-ratio=1/1 ! appsink name={_SINK} max-buffers=1 drop=true sync=false"
        )


class Driver:
    """One running pipeline. A photo of a larger size is taken by starting another one in its place.

    Pictures are copied once, and again only where lines are padded and for turning. Metadata: none.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._gst = _gstreamer()
        self._number = 0
        self._pipeline: Any = None
        self.lively = settings.source != "test" and not settings.pipeline
        self._start(*before_turning(settings))

    def read(self, timeout_s: float) -> Frame:
        """The next picture."""
        image, time_s = self._pull(timeout_s)
        self._number += 1
        return Frame(turned(image, self._settings.turn), time_s, self._number)

    def still(self, timeout_s: float, ev: float = 0.0) -> Still:  # noqa: ARG002
        """A picture of the photo's size; ev has no effect: sources expose as they like."""
        ends_s = self._clock() + timeout_s
        width, height = before_turning(self._settings)
        larger = self._settings.still_width
        if not larger or larger == width:
            image, time_s = self._pull(timeout_s)
            return Still(turned(image, self._settings.turn), time_s)
        self._stop()
        try:
            self._start(larger, math.ceil(larger * height / width / 2) * 2)
            for _ in range(self._settings.settle_frames + 1):
                image, time_s = self._pull(max(ends_s - self._clock(), 0.1))
        finally:
            self._stop()
            self._start(width, height)
        return Still(turned(image, self._settings.turn), time_s)

    def close(self) -> None:
        """Stop the pipeline and let the camera go. May be called twice, and after a fault."""
        self._stop()

    def _start(self, width: int, height: int) -> None:
        gst = self._gst
        try:
            self._pipeline = gst.parse_launch(self._settings.description(width, height))
        except Exception as error:  # GLib.Error, whose class comes with the library
            raise _told(str(getattr(error, "message", error))) from error
        self._sink = self._pipeline.get_by_name(_SINK)
        self._bus = self._pipeline.get_bus()
        if self._pipeline.set_state(gst.State.PLAYING) == gst.StateChangeReturn.FAILURE:
            fault = self._fault() or CameraError("the pipeline does not start; check the camera's cable")
            self._stop()
            raise fault

    def _stop(self) -> None:
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is not None:
            pipeline.set_state(self._gst.State.NULL)

    def _pull(self, timeout_s: float) -> tuple[NDArray[np.uint8], float]:
        if self._pipeline is None:
            raise CameraError("the camera is closed; open it again")
        sample = self._sink.try_pull_sample(max(int(timeout_s * 1e9), 1))
        fault = self._fault()
        if fault is not None:
            raise fault
        if sample is None:
            if self._sink.is_eos():
                raise EndOfFramesError("the pipeline's source has come to its end")
            raise CameraStalledError("the pipeline gave no picture in time; check the camera's cable")
        return _picture(self._gst, sample), self._taken_s(sample.get_buffer().pts)

    def _taken_s(self, stamp_ns: int) -> float:
        """When a buffer was taken, on our clock: its age on the pipeline's clock, back from now."""
        now_s = self._clock()
        clock = self._pipeline.get_clock()
        if clock is None or stamp_ns == self._gst.CLOCK_TIME_NONE:
            return now_s
        age_s = (clock.get_time() - self._pipeline.get_base_time() - stamp_ns) / 1e9
        return now_s - age_s if 0 <= age_s <= 1 else now_s

    def _fault(self) -> CameraError | None:
        """What the pipeline complains of, if it does."""
        message = self._bus.pop_filtered(self._gst.MessageType.ERROR)
        if message is None:
            return None
        error, _ = message.parse_error()
        return _told(str(error.message))


def _gstreamer() -> Any:
    """GStreamer's own module, ready to use."""
    try:
        import gi

        gi.require_version("Gst", "1.0")
        gi.require_version("GstApp", "1.0")
        from gi.repository import Gst, GstApp  # noqa: F401  GstApp teaches the sink its methods
    except (ImportError, ValueError) as error:
        raise CameraMissingError(
            f"GStreamer cannot be used ({error}); `apt install python3-gi gir1.2-gst-plugins-base-1.0` and "
            "make the virtual environment with --system-site-packages"
        ) from error
    Gst.init(None)
    return Gst


def _told(complaint: str) -> CameraError:
    text = " ".join(complaint.split()).rstrip(".")
    kind = CameraMissingError if any(word in text for word in _MISSING) else CameraError
    return kind(f"the camera's pipeline fails: {text}; check the camera and its settings")


def _picture(gst: Any, sample: Any) -> NDArray[np.uint8]:
    """A sample's pixels, (h, w, 3) RGB: copied out of GStreamer's few buffers, which it needs back."""
    caps = sample.get_caps().get_structure(0)
    width, height = caps.get_value("width"), caps.get_value("height")
    buffer = sample.get_buffer()
    there, mapped = buffer.map(gst.MapFlags.READ)
    if not there:
        raise CameraError("a picture of the pipeline cannot be read; open the camera again")
    try:
        data = bytes(mapped.data)  # no second copy where PyGObject has made it bytes already
    finally:
        buffer.unmap(mapped)
    stride = (width * 3 + 3) // 4 * 4  # GStreamer pads lines of RGB to four bytes
    if len(data) < stride * height:
        raise CameraError("the pipeline gave a part of a picture; check the camera's cable")
    lines = np.frombuffer(data, np.uint8, stride * height).reshape(height, stride)
    if stride != width * 3:
        lines = np.ascontiguousarray(lines[:, : width * 3])
    return lines.reshape(height, width, 3)
