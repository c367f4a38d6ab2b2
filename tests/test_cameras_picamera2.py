"""Raspberry Pi cameras: their faults, modes and metadata, on a stand-in for picamera2."""

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from framecue.camera import picamera2
from framecue.camera.feed import Feed
from framecue.errors import CameraError, CameraMissingError, CameraStalledError
from standins.scenes import Clock, fresh_picamera2, quarters


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
    camera = pi_camera(photos="switched")
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
    pi_camera(rate=30, photos="switched")
    config = pi.opened[0].config
    assert config["sensor"] == {"output_size": (1640, 1232), "bit_depth": 10}  # not the cropped 640 x 480
    assert config["controls"]["FrameDurationLimits"] == (33333, 100000)
    pi_camera(rate=60, photos="switched")  # faster than any such mode: the fastest of them
    assert pi.opened[1].config["sensor"]["output_size"] == (1640, 1232)


def test_a_photo_beside_the_preview_switches_nothing(pi: Any) -> None:
    camera = pi_camera(rate=30)
    config = pi.opened[0].config
    assert config["sensor"] == {"output_size": (3280, 2464), "bit_depth": 10}
    assert config["controls"]["FrameDurationLimits"][0] == round(1e6 / 21.19)  # as fast as that mode is
    for _ in range(3):
        camera.read(1)
        assert camera.still(1).image.shape == (2460, 3280, 3)
    assert pi.opened[0].switches == 0
    assert pi.opened[0].configure_count == 1


def test_lines_that_are_padded_are_taken_as_long_as_they_are(pi: Any) -> None:
    frame = pi_camera(width=200, height=150).read(1)  # padded to 256
    assert frame.image.shape == (150, 200, 3)
    assert quarters(frame.image) == quarters(pi.scene)


def test_a_sensor_slow_at_full_size_is_switched_to_it(pi: Any) -> None:
    pi.sensor_modes[2]["fps"] = 2.7
    camera = pi_camera()
    assert pi.opened[0].config["lores"] is None
    assert camera.still(1).image.shape == (2460, 3280, 3)
    assert pi.opened[0].switches == 1
    assert len(pi.opened) == 1


def test_with_too_little_memory_for_both_streams_photos_are_switched_to(pi: Any) -> None:
    pi.memory = 60_000_000
    camera = pi_camera()
    assert pi.opened[0].closed  # and with it what it had of the memory
    assert camera.read(1).image.shape == (480, 640, 3)
    assert camera.still(1).image.shape == (2460, 3280, 3)
    pi.memory = 10_000_000
    with pytest.raises(CameraError, match="refuses its settings: failed to allocate"):
        pi_camera()
    assert all(each.closed for each in pi.opened[2:])
    with pytest.raises(CameraError, match="refuses its settings: failed to allocate"):
        pi_camera(photos="beside")


def test_a_day_of_switched_photos_allocates_its_memory_once(pi: Any) -> None:
    camera = pi_camera(photos="switched")
    for _ in range(5):
        camera.read(1)
        camera.still(1)
    assert isinstance(pi.opened[0].allocator, pi.PersistentAllocator)
    assert sorted(pi.opened[0].allocator.held) == ["still", "video"]
    assert pi.opened[0].allocator.allocations == 2


@pytest.mark.usefixtures("pi")
def test_photos_have_the_previews_shape() -> None:
    assert pi_camera(width=640, height=360).still(1).image.shape == (1844, 3280, 3)
    assert pi_camera(width=480, height=640, turn=90).still(1).image.shape == (3280, 2460, 3)
    assert pi_camera(still_width=1640).still(1).image.shape == (1230, 1640, 3)


@pytest.mark.parametrize("photos", ["beside", "switched"])
def test_a_photo_waits_for_the_focus_and_then_the_lens_rests(pi: Any, photos: str) -> None:
    pi.controls.update(AfMode=(0, 2, 0), LensPosition=(0.0, 15.0, 1.0))
    camera = pi_camera(photos=photos)
    assert pi.opened[0].config["controls"]["AfMode"] == 2  # by itself, all the time
    camera.read(1)
    pi.scanning_frames = 7
    camera.read(1)
    assert camera.still(3).metadata["LensPosition"] == pi.LENS_POSITION
    if photos == "switched":
        held = pi.opened[0].configured[-2]["controls"]
        assert (held["AfMode"], held["LensPosition"]) == (0, pi.LENS_POSITION)
    assert pi.opened[0].set["AfMode"] == 2


@pytest.mark.parametrize("photos", ["beside", "switched"])
def test_a_lens_that_finds_no_focus_holds_up_no_photo_for_long(pi: Any, photos: str) -> None:
    pi.controls.update(AfMode=(0, 2, 0), LensPosition=(0.0, 15.0, 1.0))
    clock = Clock()
    settings = picamera2.Settings(photos=photos, focus_limit_s=0.5)
    camera = picamera2.Driver(settings, clock)
    pi.scanning_frames = 100_000
    began_s = clock.now_s
    assert camera.still(3).image.shape == (2460, 3280, 3)
    assert clock.now_s - began_s < 0.8


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


@pytest.mark.parametrize("photos", ["beside", "switched"])
def test_a_photo_exposed_otherwise_has_it_and_the_preview_goes_on_by_itself(pi: Any, photos: str) -> None:
    camera = pi_camera(photos=photos)
    assert "exposure_ev" not in camera.still(1, 2.0).metadata  # before the preview has metered anything
    own = camera.read(1).metadata["ExposureTime"]
    for ev in (1.0, -1.0, -2.0):  # as in a bracket: against the camera's own, not against the one before
        still = camera.still(3, ev)
        assert still.metadata["exposure_ev"] == pytest.approx(ev, abs=0.01)
        assert still.metadata["ExposureTime"] == pytest.approx(own * 2**ev, rel=0.01)
    for _ in range(10):
        frame = camera.read(1)
    assert frame.metadata["ExposureTime"] == own
    assert pi.opened[0].set["AeEnable"] is True


def test_colours_of_a_bracket_are_held(pi: Any) -> None:
    camera = pi_camera(photos="switched")
    camera.read(1)
    camera.still(1, 1.0)
    controls = pi.opened[0].configured[-2]["controls"]
    assert controls == {"ExposureTime": 19998, "AnalogueGain": 1.5, "ColourGains": (1.9, 1.6)}


def test_a_newer_libcamera_is_told_that_time_and_gain_are_set_by_hand(pi: Any) -> None:
    pi.controls.update(ExposureTimeMode=(0, 1, 0), AnalogueGainMode=(0, 1, 0))
    camera = pi_camera(photos="switched")
    camera.read(1)
    camera.still(1, 1.0)
    photo, preview = (each["controls"] for each in pi.opened[0].configured[-2:])
    assert (photo["ExposureTimeMode"], photo["AnalogueGainMode"]) == (1, 1)
    assert (preview["ExposureTimeMode"], preview["AnalogueGainMode"]) == (0, 0)


def test_beyond_a_thirtieth_of_a_second_gain_makes_it_brighter(pi: Any) -> None:
    camera = pi_camera(photos="switched")
    camera.read(1)
    assert camera.still(1, 3.0).metadata["exposure_ev"] == 3.0
    controls = pi.opened[0].configured[-2]["controls"]
    assert controls["ExposureTime"] == 33000
    assert controls["AnalogueGain"] == pytest.approx(1.5 * 8 * 9999 / 33000)
    assert camera.still(1, 9.0).metadata["exposure_ev"] == pytest.approx(4.55, abs=0.02)  # all it can
    assert camera.still(1, -1.0).metadata["exposure_ev"] == -1.0


@pytest.mark.parametrize("call", ["read", "still"])
def test_a_request_that_fails_is_a_camera_fault_and_the_camera_can_be_closed(pi: Any, call: str) -> None:
    camera = pi_camera()
    pi.dies_at_frame = 1
    with pytest.raises(CameraError, match="dma buf; check its ribbon cable"):
        getattr(camera, call)(1)
    camera.close()


def test_after_a_front_end_that_timed_out_the_feed_has_frames_again(pi: Any) -> None:
    clock, reopening = Clock(), threading.Event()

    def wait(event: threading.Event, seconds: float) -> bool:
        clock.sleep(seconds)
        pi.frontend_timed_out = False  # the cable sits again
        reopening.set()
        return event.is_set()

    with Feed(lambda: picamera2.Driver(picamera2.Settings(), clock), clock=clock, wait=wait) as feed:
        assert feed.newest(0, 10) is not None
        pi.frontend_timed_out = True
        assert reopening.wait(10)
        assert feed.newest(0, 10) is not None
        assert feed.status().reopened >= 1
    assert pi.opened[0].closed
