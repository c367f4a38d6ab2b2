"""Stands in for cv2.VideoCapture with its V4L2 backend: a USB camera with some modes and faults."""

from collections.abc import Sequence

import cv2
import numpy as np


class UsbCamera:
    """The camera behind the device; `capture` is what takes cv2.VideoCapture's place."""

    def __init__(self, scene: np.ndarray, modes: Sequence[tuple[int, int]]) -> None:
        self.scene, self.modes = scene, modes  # scene: (h, w, 3) RGB
        self.busy = False
        self.silent = False  # streams nothing
        self.unplugged = False
        self.damaged = 0  # so many next pictures cannot be decoded
        self.exposure: float = -1.0  # of 100 microseconds; -1 where the device has no such control
        self.dark_after_switch = 0  # so many pictures after a switch are not yet exposed
        self.now_s = 0.0  # time stamps of its pictures; 0 where the driver gives none
        self.opened: list[UsbCapture] = []
        camera = self

        class Capture(UsbCapture):
            def __init__(self, device: str, api: int) -> None:
                super().__init__(camera, device, api)

        self.capture = Capture


class UsbCapture:
    """One opening of the device."""

    def __init__(self, camera: UsbCamera, device: str, api: int) -> None:
        assert api == cv2.CAP_V4L2
        self.camera, self.device = camera, device
        self.properties: dict[int, float] = {}
        self.size = camera.modes[0]
        self.asked: list[int] = []
        self.since_switch = 0
        self.open = not camera.busy
        camera.opened.append(self)

    def isOpened(self) -> bool:  # noqa: N802
        return self.open

    def release(self) -> None:
        self.open = False

    def set(self, name: int, value: float) -> bool:
        if name in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT):
            self.asked.append(int(value))  # the second of a pair changes the mode
            if len(self.asked) == 2:
                asked, self.asked = self.asked, []
                self.size = min(self.camera.modes, key=lambda mode: _apart(mode, asked))
                self.since_switch = 0
        if name in (cv2.CAP_PROP_EXPOSURE, cv2.CAP_PROP_AUTO_EXPOSURE) and self.camera.exposure < 0:
            return False
        self.properties[name] = value
        return True

    def get(self, name: int) -> float:
        if name == cv2.CAP_PROP_EXPOSURE and self.properties.get(cv2.CAP_PROP_AUTO_EXPOSURE, 3) == 3:
            return self.camera.exposure
        known = {
            cv2.CAP_PROP_FRAME_WIDTH: self.size[0],
            cv2.CAP_PROP_FRAME_HEIGHT: self.size[1],
            cv2.CAP_PROP_POS_MSEC: self.camera.now_s * 1000,
        }
        return float(known.get(name, self.properties.get(name, -1.0)))

    @staticmethod
    def waitAny(  # noqa: N802
        streams: "Sequence[UsbCapture]",
        timeoutNs: int = 0,  # noqa: N803
    ) -> tuple[bool, Sequence[int]]:
        (stream,) = streams
        assert stream.open, "cv2 crashes here"
        assert timeoutNs > 0, "would wait for ever"
        if stream.camera.unplugged:
            raise cv2.error("Error is reported for camera stream: 0 (handle = 3)")
        return (False, ()) if stream.camera.silent else (True, [0])

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        self.since_switch += 1
        if self.camera.damaged:
            self.camera.damaged -= 1
            return True, None
        bgr = self.camera.scene[..., ::-1]
        if self.since_switch <= self.camera.dark_after_switch:
            bgr = np.zeros_like(bgr)
        return True, cv2.resize(bgr, self.size, interpolation=cv2.INTER_NEAREST)


def _apart(mode: tuple[int, int], asked: Sequence[int]) -> int:
    """The pixels that only one of two sizes has: how the USB video driver picks the nearest."""
    common = min(mode[0], asked[0]) * min(mode[1], asked[1])
    return mode[0] * mode[1] + asked[0] * asked[1] - 2 * common
