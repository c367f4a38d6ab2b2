"""Stands in for the picamera2 package: behaves as its manual and source say, faults included.

A test sets `scene` and the faults on the module; nothing here waits.
"""

from itertools import count

import numpy as np

scene = np.zeros((120, 160, 3), np.uint8)  # RGB, what the sensor sees
cameras = [{"Model": "imx219", "Location": 2, "Rotation": 180, "Id": "/base/soc/i2c0mux/i2c@1/imx219@10"}]
controls = {
    "FrameDurationLimits": (47183, 66512, None),
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
busy = False  # another process has the camera
frontend_timed_out = False  # frames come no more
still_fails = False  # the switch to the still mode fails
now_ns = 0  # sensor time, advanced with every frame
opened: list["Picamera2"] = []

_ORDER = {
    "BGR888": slice(None),
    "RGB888": slice(None, None, -1),
}  # names read from the last byte to the first


class CompletedRequest:
    """A frame that is lent out until it is released."""

    def __init__(self, camera: "Picamera2", number: int) -> None:
        self._camera, self._number = camera, number
        self._configured = camera.configure_count
        self._references = 1

    def make_array(self, name: str) -> np.ndarray:
        self._require_held()
        stream = self._camera.config[name]
        width, height = stream["size"]
        rows = np.arange(height) * scene.shape[0] // height
        columns = np.arange(width) * scene.shape[1] // width
        picture = scene[rows][:, columns]
        return np.ascontiguousarray(picture[..., _ORDER[stream["format"]]])

    def get_metadata(self) -> dict:
        self._require_held()
        return {
            "SensorTimestamp": now_ns,
            "ExposureTime": 9999,
            "AnalogueGain": 1.5,
            "ColourGains": (1.9, 1.6),
            "Lux": np.float32(120.5),
            "SensorTemperature": 40.0,
            "ScalerCrop": (0, 0, 3280, 2464),
        }

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
        self.config: dict | None = None
        self.configured: list[dict] = []
        self.started = self.closed = False
        self.configure_count = 0
        self.lent = 0
        self.pending_jobs = 0
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
        return sensor_modes

    def create_video_configuration(self, main, controls, sensor, buffer_count=6) -> dict:
        return {"main": main, "controls": controls, "sensor": sensor, "buffer_count": buffer_count}

    def create_still_configuration(self, main, buffer_count=1) -> dict:
        return {"main": main, "controls": {}, "sensor": {}, "buffer_count": buffer_count}

    def configure(self, config: dict) -> None:
        if self.started:
            raise RuntimeError("Camera must be stopped before configuring")
        if any(side % 2 for side in config["main"]["size"]):
            raise RuntimeError("width and height should be even")
        unknown = set(config["controls"]) - set(controls)
        if unknown:
            raise RuntimeError(f"Control {unknown} is not advertised by libcamera")
        self.config = config
        self.configured.append(config)
        self.configure_count += 1
        self.lent = 0

    def start(self) -> None:
        if self.config is None:
            raise RuntimeError("Camera has not been configured")
        self.started = True

    def stop(self) -> None:
        self.started = False

    def capture_request(self, wait=None) -> CompletedRequest:
        return self._job(wait, self.started and not frontend_timed_out)

    def switch_mode_capture_request_and_stop(self, camera_config, wait=None) -> CompletedRequest:
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
        self.closed = True

    def _job(self, wait, frames_come: bool) -> CompletedRequest:
        global now_ns  # noqa: PLW0603  the sensor's clock is everybody's
        assert self.config is not None
        assert wait not in (False, 0), "with these a job is returned, not its result"
        self.pending_jobs += 1
        if not frames_come or self.lent >= self.config["buffer_count"]:
            assert wait not in (None, True), "would wait for ever"
            raise TimeoutError
        self.pending_jobs -= 1
        self.lent += 1
        now_ns += 33_000_000
        return CompletedRequest(self, next(self._numbers))
