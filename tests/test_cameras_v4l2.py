"""USB cameras: their faults, sizes and times, on a stand-in for OpenCV's capture."""

from pathlib import Path
from typing import Any

import cv2
import pytest

from framecue.camera import v4l2
from framecue.errors import CameraError, CameraMissingError, CameraStalledError
from standins.capture import UsbCamera
from standins.scenes import BLUE, GREEN, GREY, RED, Clock, quarters, scene


@pytest.fixture
def usb() -> UsbCamera:
    return UsbCamera(scene(), [(640, 480), (320, 240), (1280, 720), (1600, 1200), (1920, 1080)])


@pytest.fixture
def device(tmp_path: Path) -> str:
    """A file where the device would be."""
    path = tmp_path / "video0"
    path.touch()
    return str(path)


def test_without_its_device_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CameraMissingError, match=r"there is no camera at .*video7; plug it in"):
        v4l2.Driver(v4l2.Settings(device=str(tmp_path / "video7")))


def test_with_something_else_at_its_place(device: str) -> None:
    with pytest.raises(CameraError, match="cannot be opened as a camera"):
        v4l2.Driver(v4l2.Settings(device=device))  # the real OpenCV


def test_busy(usb: UsbCamera, device: str) -> None:
    usb.busy = True
    with pytest.raises(CameraError, match="close what else uses it"):
        v4l2.Driver(v4l2.Settings(device=device), capture=usb.capture)


def usb_camera(usb: UsbCamera, device: str, **settings: Any) -> v4l2.Driver:
    return v4l2.Driver(v4l2.Settings(device=device, **settings), Clock(), usb.capture)


def test_silent_is_stalled(usb: UsbCamera, device: str) -> None:
    camera = usb_camera(usb, device)
    usb.silent = True
    with pytest.raises(CameraStalledError, match="gave no picture in time"):
        camera.read(0.1)
    with pytest.raises(CameraStalledError):
        camera.still(0.1)
    with pytest.raises(CameraStalledError):
        camera.read(0)


def test_unplugged(usb: UsbCamera, device: str) -> None:
    camera = usb_camera(usb, device)
    usb.unplugged = True
    with pytest.raises(CameraError, match="gives no more pictures; check its cable"):
        camera.read(1)


def test_passes_over_a_damaged_picture(usb: UsbCamera, device: str) -> None:
    camera = usb_camera(usb, device)
    usb.damaged = 2
    assert camera.read(1).number == 1
    usb.damaged = 100
    with pytest.raises(CameraError, match="damaged"):
        camera.read(1)


def test_waits_until_a_photo_is_exposed(usb: UsbCamera, device: str) -> None:
    usb.dark_after_switch = 3
    camera = usb_camera(usb, device)
    assert quarters(camera.still(3).image) == [RED, GREEN, BLUE, GREY]


def test_uses_the_set_still_size(usb: UsbCamera, device: str) -> None:
    camera = usb_camera(usb, device, still_width=1280, still_height=720)
    assert camera.still(3).image.shape == (720, 1280, 3)


def test_without_a_larger_mode_keeps_the_preview(usb: UsbCamera, device: str) -> None:
    usb.modes = [(640, 480), (1280, 720)]  # the larger one shows something else
    camera = usb_camera(usb, device)
    assert camera.still(3).image.shape == (480, 640, 3)


def test_says_when_it_gives_another_size(
    usb: UsbCamera, device: str, caplog: pytest.LogCaptureFixture
) -> None:
    usb.modes = [(640, 480)]
    camera = usb_camera(usb, device, width=800, height=600)
    assert camera.read(1).image.shape == (480, 640, 3)
    assert "gives 640 x 480 instead of 800 x 600" in caplog.text


def test_uses_the_cameras_time_where_it_is_ours(usb: UsbCamera, device: str) -> None:
    camera = usb_camera(usb, device)
    usb.now_s = 49.9
    assert camera.read(1).time_s == 49.9
    usb.now_s = 0
    assert camera.read(1).time_s > 50


def test_a_photo_exposed_otherwise_where_the_device_can(usb: UsbCamera, device: str) -> None:
    usb.exposure = 100.0
    camera = usb_camera(usb, device)
    assert camera.still(3, 1.0).metadata == {"exposure_ev": 1.0}
    assert camera.still(3, -2.0).metadata == {"exposure_ev": -2.0}
    assert camera.still(3, 4.0).metadata["exposure_ev"] == pytest.approx(1.74, abs=0.01)  # hands shake
    assert usb.opened[0].properties[cv2.CAP_PROP_AUTO_EXPOSURE] == 3  # the preview goes on by itself
    assert camera.still(3).metadata == {}


def test_a_device_without_such_controls_says_so(usb: UsbCamera, device: str) -> None:
    camera = usb_camera(usb, device)
    assert camera.still(3, 1.0).metadata == {"exposure_ev": 0.0}
