"""Stands in for the picamera2 package: behaves as its manual and source say, faults included.

A test sets `scene` and the faults on the module; nothing here waits. What is not known for certain behaves as
would be worst: controls stay set for as long as the camera is open, and take frames to come into force.
"""

from itertools import count

import cv2
import numpy as np

scene = np.zeros((120, 160, 3), np.uint8)  # RGB, what the sensor sees
cameras = [{"Model": "imx219", "Location": 2, "Rotation": 180, "Id": "/base/soc/i2c0mux/i2c@1/imx219@10"}]
controls = {
    "FrameDurationLimits": (47183, 66512, None),
    "AeEnable": (False, True, True),
    "AwbEnable": (False, True, None),
    "ExposureTime": (75, 1238765, None),
    "AnalogueGain": (1.0, 10.67, None),
    "ColourGains": (0.0, 32.0, None),
}
sensor_modes = [
    {
        "format": "SRGGB10",
        "bit_depth": 10,
        "size": (640, 480),
        "fps": 103.33,
        "crop_limits": (1000, 752, 1280, 960),
    },
    {
        "format": "SRGGB10",
        "bit_depth": 10,
        "size": (1640, 1232),
        "fps": 41.85,
        "crop_limits": (0, 0, 3280, 2464),
    },
    {
        "format": "SRGGB10",
        "bit_depth": 10,
        "size": (3280, 2464),
        "fps": 21.19,
        "crop_limits": (0, 0, 3280, 2464),
    },
    {
        "format": "SRGGB8",
        "bit_depth": 8,
        "size": (1640, 1232),
        "fps": 41.85,
        "crop_limits": (0, 0, 3280, 2464),
    },
]
OWN_EXPOSURE = (9999, 1.5)  # microseconds and gain that the camera's own exposure settles on
LENS_POSITION = 2.5  # where the lens finds its focus
busy = False  # another process has the camera
frontend_timed_out = False  # frames come no more
still_fails = False  # the switch to the still mode fails
dies_at_frame = 0  # the request of this frame fails with an error; 0 = none
scanning_frames = 0  # how many frames more the lens is searching
memory = 512_000_000  # bytes that cameras can use in one piece
now_ns = 0  # sensor time, advanced with every frame
opened: list["Picamera2"] = []

_ORDER = {
    "BGR888": slice(None),
    "RGB888": slice(None, None, -1),
}  # names read from the last byte to the first
_IN_PIPELINE = 3  # frames that are exposed already when a control is sent


class DmaAllocator:
    """Buffers of the configuration in use; those before are given back."""

    def __init__(self) -> None:
        self.allocations = 0
        self.held: dict[str, int] = {}  # bytes, by what they are for

    def allocate(self, configuration: dict, use_case: str) -> None:
        self.held.clear()
        self._allocate(configuration, use_case)

    def _allocate(self, configuration: dict, use_case: str) -> None:
        streams = [configuration[name] for name in ("main", "lores", "raw") if configuration.get(name)]
        wanted = configuration["buffer_count"] * sum(stream["framesize"] for stream in streams)
        if sum(self.held.values()) + wanted > memory:
            raise RuntimeError("failed to allocate capture buffers for stream 0")
        self.held[use_case] = wanted
        self.allocations += 1


class PersistentAllocator(DmaAllocator):
    """Buffers that are kept for each use, whatever the size of the first."""

    def allocate(self, configuration: dict, use_case: str) -> None:
        if use_case not in self.held:
            self._allocate(configuration, use_case)


class CompletedRequest:
    """A frame that is lent out until it is released."""

    def __init__(self, camera: "Picamera2", number: int) -> None:
        self._camera, self._number = camera, number
        self._configured = camera.configure_count
        self._references = 1
        self._metadata = camera.metadata()

    def make_array(self, name: str) -> np.ndarray:
        self._require_held()
        stream = self._camera.config[name]
        width, height = stream["size"]
        rows = np.arange(height) * scene.shape[0] // height
        columns = np.arange(width) * scene.shape[1] // width
        picture = scene[rows][:, columns]
        if stream["format"] == "YUV420":
            padded = np.pad(picture, ((0, 0), (0, stream["stride"] - width), (0, 0)))
            return np.asarray(cv2.cvtColor(padded, cv2.COLOR_RGB2YUV_I420))
        return np.ascontiguousarray(picture[..., _ORDER[stream["format"]]])

    def get_metadata(self) -> dict:
        self._require_held()
        return dict(self._metadata)

    def release(self) -> None:
        self._references -= 1
        if self._references < 0:
            raise RuntimeError("CompletedRequest: lock now has negative ref_count")
        self._camera.lent -= 1

    def _require_held(self) -> None:
        assert self._references == 1, "used after its release"
        assert self._configured == self._camera.configure_count, "its memory went with the configuration"


class Picamera2:
    """One open camera."""

    def __init__(self, camera_num: int = 0) -> None:
        if busy or camera_num >= len(cameras):
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.camera_num = camera_num
        self.allocator = DmaAllocator()
        self.config: dict | None = None
        self.configured: list[dict] = []
        self.started = self.closed = False
        self.configure_count = 0
        self.switches = 0
        self.lent = 0
        self.pending_jobs = 0
        self.set: dict = {"AeEnable": True}  # controls in force
        self._sent: list[tuple[int, dict]] = []  # controls on their way, and the frame they are for
        self._frame = 0
        self._numbers = count(1)
        opened.append(self)

    @staticmethod
    def global_camera_info() -> list:
        return cameras

    @property
    def camera_controls(self) -> dict:
        return controls

    @property
    def sensor_resolution(self) -> tuple[int, int]:
        return max(mode["size"] for mode in sensor_modes)

    @property
    def sensor_modes(self) -> list:
        if self.started:
            raise RuntimeError("Camera must be stopped before configuring")
        for _ in sensor_modes:  # configures it once for each
            self.allocator.allocate(
                {"main": {"framesize": 640 * 480 * 4}, "buffer_count": 4, "lores": None, "raw": None},
                "preview",
            )
        return sensor_modes

    def create_video_configuration(
        self,
        main,
        lores=None,
        raw=None,
        colour_space=None,
        buffer_count=6,
        controls=None,
        sensor=None,
        use_case="video",
    ) -> dict:
        return {
            "main": main,
            "lores": lores,
            "raw": raw,
            "colour_space": colour_space,
            "buffer_count": buffer_count,
            "controls": controls or {},
            "sensor": sensor or {},
            "use_case": use_case,
        }

    def create_still_configuration(self, main, buffer_count=1, use_case="still", **more) -> dict:
        return self.create_video_configuration(main, buffer_count=buffer_count, use_case=use_case, **more)

    def configure(self, config: dict) -> None:
        if self.started:
            raise RuntimeError("Camera must be stopped before configuring")
        config = {**config}
        for name in ("main", "lores"):
            if config[name] is not None:
                config[name] = self._checked(config[name])
        self._check_second_stream(config)
        self._check_controls(config["controls"])
        self.allocator.allocate(config, config["use_case"])
        self.config = config
        self.configured.append(config)
        self.configure_count += 1
        self.lent = 0

    def _checked(self, stream: dict) -> dict:
        width, height = stream["size"]
        if width % 2 or height % 2:
            raise RuntimeError("width and height should be even")
        yuv = stream["format"] == "YUV420"
        stride = -(-width // 128) * 128 if yuv else width * 3
        return {**stream, "stride": stride, "framesize": stride * height * (3 if yuv else 2) // 2}

    def _check_second_stream(self, config: dict) -> None:
        lores = config["lores"]
        if lores is None:
            return
        if any(small > large for small, large in zip(lores["size"], config["main"]["size"], strict=True)):
            raise RuntimeError("lores stream dimensions may not exceed main stream")
        if lores["format"] != "YUV420":
            raise RuntimeError("lores stream must be YUV")
        if not any("crop_limits" in mode for mode in sensor_modes):  # a USB camera has one stream
            raise RuntimeError("Invalid camera configuration")

    def _check_controls(self, wanted: dict) -> None:
        unknown = set(wanted) - set(controls)
        if unknown:
            raise RuntimeError(f"Control {unknown} is not advertised by libcamera")

    def start(self) -> None:
        if self.config is None:
            raise RuntimeError("Camera has not been configured")
        self.started = True
        self._apply(self.config["controls"])  # before its first frame
        self._sent.clear()

    def stop(self) -> None:
        self.started = False

    def set_controls(self, wanted: dict) -> None:
        self._check_controls(wanted)
        assert self.config is not None
        self._sent.append((self._frame + self.config["buffer_count"] + _IN_PIPELINE, dict(wanted)))

    def capture_request(self, wait=None) -> CompletedRequest:
        return self._job(wait, self.started and not frontend_timed_out)

    def switch_mode_capture_request_and_stop(self, camera_config, wait=None) -> CompletedRequest:
        self.switches += 1
        self.stop()
        self.configure(camera_config)
        self.start()
        request = self._job(wait, not (frontend_timed_out or still_fails))
        self.stop()
        return request

    def cancel_all_and_flush(self) -> None:
        self.pending_jobs = 0

    def close(self) -> None:
        assert not self.pending_jobs, "closing would wait for a frame that does not come"
        self.stop()
        self.allocator = DmaAllocator()
        self.closed = True

    def metadata(self) -> dict:
        """What is told of the frame that has just come."""
        time_us, gain = OWN_EXPOSURE
        if not self.set["AeEnable"]:
            time_us, gain = self.set["ExposureTime"], self.set["AnalogueGain"]
        told = {
            "SensorTimestamp": now_ns,
            "ExposureTime": time_us,
            "AnalogueGain": gain,
            "ColourGains": (1.9, 1.6),
            "Lux": np.float32(120.5),
            "SensorTemperature": 40.0,
            "ScalerCrop": (0, 0, 3280, 2464),
        }
        if "AfMode" in controls:
            searches = scanning_frames > 0 and self.set.get("AfMode") == 2
            told["AfState"] = 1 if searches else 2
            told["LensPosition"] = 9.0 if searches else self.set.get("LensPosition", LENS_POSITION)
        return told

    def _apply(self, wanted: dict) -> None:
        self.set.update(wanted)
        if "ExposureTime" in wanted:
            self.set["AeEnable"] = False
        if wanted.get("AfMode") == 2:
            self.set.pop("LensPosition", None)

    def _job(self, wait, frames_come: bool) -> CompletedRequest:
        global now_ns, scanning_frames  # noqa: PLW0603  the sensor's clock is everybody's
        assert self.config is not None
        assert wait not in (False, 0), "with these a job is returned, not its result"
        self.pending_jobs += 1
        if not frames_come or self.lent >= self.config["buffer_count"]:
            assert wait not in (None, True), "would wait for ever"
            raise TimeoutError
        self.pending_jobs -= 1
        self.lent += 1
        now_ns += 33_000_000
        self._frame += 1
        scanning_frames = max(scanning_frames - 1, 0)
        for frame, wanted in [each for each in self._sent if each[0] <= self._frame]:
            self._apply(wanted)
            self._sent.remove((frame, wanted))
        if self._frame == dies_at_frame:
            self.lent -= 1
            raise RuntimeError("failed to lock-sync-write dma buf")
        return CompletedRequest(self, next(self._numbers))
