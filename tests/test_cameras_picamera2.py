"""Raspberry Pi cameras: their faults, modes and metadata, on a stand-in for picamera2."""

import sys
from pathlib import Path
from typing import Any

import pytest

from framecue.camera import picamera2
from framecue.errors import CameraError, CameraMissingError, CameraStalledError
from standins.scenes import Clock, fresh_picamera2


@pytest.fixture
def pi(monkeypatch: pytest.MonkeyPatch) -> Any:
    return fresh_picamera2(monkeypatch)


def pi_camera(**settings: Any) -> picamera2.Driver:
    return picamera2.Driver(picamera2.Settings(**settings), Clock())


def test_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraMissingError, match=r"apt install python3-pi.*--system-site-packages"):
        pi_camera()


def test_built_for_another_numpy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "picamera2.py"
    package.write_text("raise ValueError('numpy.dtype size changed, may indicate binary incompatibility')")
    monkeypatch.delitem(sys.modules, "picamera2", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(CameraMissingError, match=r"numpy\.dtype size changed.*framecue\[pi\]"):
        pi_camera()


def test_too_old_to_have_time_limits(pi: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(pi.Picamera2, "cancel_all_and_flush")
    with pytest.raises(CameraMissingError, match="too old"):
        pi_camera()


def test_without_a_camera(pi: Any) -> None:
    pi.cameras.clear()
    with pytest.raises(CameraMissingError, match=r"no camera number 0.*ribbon cable"):
        pi_camera()


def test_in_use_elsewhere(pi: Any) -> None:
    pi.busy = True
    with pytest.raises(CameraError, match="close other programs"):
        pi_camera()


@pytest.mark.parametrize("call", ["read", "still"])
def test_frontend_timed_out(pi: Any, call: str) -> None:
    camera = pi_camera()
    camera.read(1)
    pi.frontend_timed_out = True
    with pytest.raises(CameraStalledError, match="check its ribbon cable"):
        getattr(camera, call)(0.5)
    camera.close()
    assert pi.opened[0].closed
    pi.frontend_timed_out = False
    assert pi_camera().read(1).number == 1  # opened anew it works


def test_failing_still(pi: Any) -> None:
    camera = pi_camera()
    pi.still_fails = True
    with pytest.raises(CameraStalledError):
        camera.still(0.5)
    camera.close()


def test_refusing_its_settings_is_closed_again(pi: Any) -> None:
    with pytest.raises(CameraError, match="refuses its settings: width and height should be even"):
        pi_camera(width=641)
    assert pi.opened[0].closed


def test_lends_no_buffer_for_ever(pi: Any) -> None:
    camera = pi_camera()
    for _ in range(20):
        camera.read(0)
    assert pi.opened[0].lent == 0


def test_previews_the_whole_view(pi: Any) -> None:
    pi_camera(rate=30)
    config = pi.opened[0].config
    assert config["sensor"] == {"output_size": (1640, 1232), "bit_depth": 10}  # not the cropped 640 x 480
    assert config["controls"]["FrameDurationLimits"] == (33333, 100000)
    pi_camera(rate=60)  # faster than any such mode: the fastest of them
    assert pi.opened[1].config["sensor"]["output_size"] == (1640, 1232)


@pytest.mark.usefixtures("pi")
def test_photos_have_the_previews_shape() -> None:
    assert pi_camera(width=640, height=360).still(1).image.shape == (1844, 3280, 3)
    assert pi_camera(width=480, height=640, turn=90).still(1).image.shape == (3280, 2460, 3)
    assert pi_camera(still_width=1640).still(1).image.shape == (1230, 1640, 3)


def test_keeps_the_lens_focused(pi: Any) -> None:
    pi.controls["AfMode"] = (0, 2, 0)
    pi_camera()
    assert pi.opened[0].config["controls"]["AfMode"] == 2


def test_with_a_usb_camera_has_no_sensor_modes(pi: Any) -> None:
    pi.sensor_modes[:] = [{"format": "MJPEG", "size": (1280, 960)}]
    assert pi_camera().read(1).number == 1
    assert pi.opened[0].config["sensor"] == {}


def test_metadata_and_time(pi: Any) -> None:
    pi.now_ns = 49_900_000_000
    frame = pi_camera().read(1)
    assert frame.metadata == {
        "SensorTimestamp": 49_933_000_000,
        "ExposureTime": 9999,
        "AnalogueGain": 1.5,
        "Lux": 120.5,
    }
    assert frame.time_s == 49.933


def test_a_photo_exposed_otherwise_has_it_set_before_its_first_frame(pi: Any) -> None:
    camera = pi_camera()
    assert "exposure_ev" not in camera.still(1, 2.0).metadata  # before the preview has metered anything
    camera.read(1)
    still = camera.still(1, 1.0)
    assert still.metadata["exposure_ev"] == 1.0
    assert pi.opened[0].configured[-2]["controls"] == {
        "ExposureTime": 19998,
        "AnalogueGain": 1.5,
        "ColourGains": (1.9, 1.6),
    }
    assert "ExposureTime" not in pi.opened[0].config["controls"]  # the preview goes on by itself


def test_beyond_a_thirtieth_of_a_second_gain_makes_it_brighter(pi: Any) -> None:
    camera = pi_camera()
    camera.read(1)
    assert camera.still(1, 3.0).metadata["exposure_ev"] == 3.0
    controls = pi.opened[0].configured[-2]["controls"]
    assert controls["ExposureTime"] == 33000
    assert controls["AnalogueGain"] == pytest.approx(1.5 * 8 * 9999 / 33000)
    assert camera.still(1, 9.0).metadata["exposure_ev"] == pytest.approx(4.55, abs=0.02)  # all it can
    assert camera.still(1, -1.0).metadata["exposure_ev"] == -1.0
