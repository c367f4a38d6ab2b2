"""The camera protocol, kept by every driver."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from framecue.camera import CAMERAS, files, gstreamer, v4l2
from framecue.camera import picamera2 as picamera2_driver
from framecue.camera.picture import taken_at, turned
from framecue.errors import CameraError, CameraStalledError
from standins.capture import UsbCamera
from standins.scenes import BLUE, GREEN, GREY, RED, Clock, fresh_picamera2, quarters, scene, video

MODES = [(640, 480), (320, 240), (1280, 720), (1600, 1200), (1920, 1080)]


class Rig:
    """One kind of camera with its hardware.

    open: makes the driver from settings. silence: its frames stop. shows_scene: what it sees is `scene()`.
    """

    def __init__(
        self, open_: Callable[..., Any], silence: Callable[[], object], shows_scene: bool = True
    ) -> None:
        self.open, self.silence, self.shows_scene = open_, silence, shows_scene


def v4l2_rig(tmp_path: Path) -> Rig:
    usb = UsbCamera(scene(), MODES)
    (tmp_path / "video0").touch()

    def open_(**settings: Any) -> v4l2.Driver:
        return v4l2.Driver(v4l2.Settings(device=str(tmp_path / "video0"), **settings), Clock(), usb.capture)

    return Rig(open_, lambda: setattr(usb, "silent", True))


def picamera2_rig(monkeypatch: pytest.MonkeyPatch) -> Rig:
    module = fresh_picamera2(monkeypatch)

    def open_(**settings: Any) -> picamera2_driver.Driver:
        return picamera2_driver.Driver(picamera2_driver.Settings(**settings), Clock())

    return Rig(open_, lambda: setattr(module, "frontend_timed_out", True))


def files_rig(path: Path) -> Rig:
    def open_(**settings: Any) -> files.Driver:
        clock = Clock()
        return files.Driver(files.Settings(path=path, **settings), clock, clock.sleep)

    return Rig(open_, path.unlink)


def studio_rig() -> Rig:
    studio = pytest.importorskip("framecue.camera.studio")
    clock = Clock()
    made: list[Any] = []

    def open_(**settings: Any) -> Any:
        made.append(studio.Driver(studio.Settings(**settings), clock, clock.sleep))
        return made[-1]

    return Rig(open_, lambda: made[-1].fail_next(CameraStalledError("silent")), shows_scene=False)


def real_picamera2_rig() -> Rig:
    """The real picamera2 and its first camera, where there are both: on a Pi, `make test` tries them."""
    made: list[picamera2_driver.Driver] = []

    def open_(**settings: Any) -> picamera2_driver.Driver:
        try:
            made.append(picamera2_driver.Driver(picamera2_driver.Settings(**settings)))
        except CameraError as error:
            pytest.skip(str(error))
        return made[-1]

    def stop() -> None:
        made[-1]._camera.stop()

    return Rig(open_, stop, shows_scene=False)


def gstreamer_rig(source: str) -> Rig:
    """Its own test picture; or libcamera's first camera, where there is one, and be it a virtual one."""
    pytest.importorskip("gi", reason="no PyGObject: apt install python3-gi gir1.2-gst-plugins-base-1.0")
    made: list[gstreamer.Driver] = []

    def open_(**settings: Any) -> gstreamer.Driver:
        try:
            made.append(gstreamer.Driver(gstreamer.Settings(source=source, still_width=1600, **settings)))  # type: ignore[arg-type]
        except CameraError as error:
            pytest.skip(str(error))
        return made[-1]

    def silence() -> None:
        made[-1]._pipeline.set_state(made[-1]._gst.State.PAUSED)
        made[-1]._pipeline.get_state(10**10)
        made[-1]._sink.try_pull_sample(1)  # what had come before

    return Rig(open_, silence, shows_scene=False)


KINDS = ("photo", "video", "v4l2", "picamera2", "studio", "gstreamer", "libcamera", "real picamera2")


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    rigs: dict[str, Callable[[], Rig]] = {
        "v4l2": lambda: v4l2_rig(tmp_path),
        "studio": studio_rig,
        "gstreamer": lambda: gstreamer_rig("test"),
        "libcamera": lambda: gstreamer_rig("libcamera"),
        "picamera2": lambda: picamera2_rig(monkeypatch),
        "real picamera2": real_picamera2_rig,
        "video": lambda: files_rig(video(tmp_path / "shown.avi", [scene(1280, 960)] * 3)),
        "photo": lambda: files_rig(photo(tmp_path / "shown.jpg")),
    }
    return rigs[request.param]()


def photo(path: Path) -> Path:
    Image.fromarray(scene(1600, 1200)).save(path)
    return path


def test_frames_have_the_previews_size_and_rise(rig: Rig) -> None:
    camera = rig.open(width=320, height=240)
    frames = [camera.read(1.0) for _ in range(8)]
    assert [frame.number for frame in frames] == list(range(1, 9))
    times = [frame.time_s for frame in frames]
    assert times == sorted(times)
    for frame in frames:
        assert frame.image.shape == (240, 320, 3)
        assert frame.image.dtype == np.uint8
        assert frame.depth_m is None or frame.depth_m.shape == (240, 320)
        json.dumps(dict(frame.metadata))
    assert not rig.shows_scene or quarters(frames[0].image) == [RED, GREEN, BLUE, GREY]
    camera.close()


@pytest.mark.parametrize(
    ("turn", "expected"),
    [(90, [BLUE, RED, GREY, GREEN]), (180, [GREY, BLUE, GREEN, RED]), (270, [GREEN, GREY, RED, BLUE])],
)
def test_the_picture_is_turned_and_the_size_is_that_after_turning(
    rig: Rig, turn: int, expected: list[tuple[int, ...]]
) -> None:
    if not rig.shows_scene:
        pytest.skip("the simulated camera is always upright")
    size = (320, 240) if turn == 180 else (240, 320)
    camera = rig.open(width=size[0], height=size[1], turn=turn)
    frame, still = camera.read(1.0), camera.still(3.0)
    assert frame.image.shape == (size[1], size[0], 3)
    assert quarters(frame.image) == expected
    assert quarters(still.image) == expected
    assert (still.image.shape[0] > still.image.shape[1]) == (size[1] > size[0])


def test_a_still_is_larger_and_shows_the_same(rig: Rig) -> None:
    camera = rig.open(width=320, height=240)
    still = camera.still(3.0)  # before the first frame
    frame = camera.read(1.0)
    assert frame.number == 1
    assert still.image.shape[1] >= 1280
    assert still.image.shape[1] / still.image.shape[0] == pytest.approx(4 / 3, rel=0.01)
    assert still.image.dtype == np.uint8
    assert not rig.shows_scene or quarters(still.image) == [RED, GREEN, BLUE, GREY]
    json.dumps(dict(still.metadata))
    assert camera.read(1.0).image.shape == (240, 320, 3)  # and the preview goes on
    for _ in range(3):
        assert camera.still(3.0).image.shape == still.image.shape


def test_closing_twice_and_after_a_fault(rig: Rig) -> None:
    camera = rig.open()
    camera.read(1.0)
    rig.silence()
    for call in (camera.still, camera.read):
        with contextlib.suppress(CameraError):  # files may still show what they have read
            call(0.5)
    camera.close()
    camera.close()


def test_a_closed_camera_raises_only_camera_errors(rig: Rig) -> None:
    camera = rig.open()
    camera.close()
    for call in (camera.read, camera.still):
        with contextlib.suppress(CameraError):
            call(0.5)


def test_every_kind_is_found_by_name() -> None:
    assert {"files", "gstreamer", "picamera2", "v4l2"} <= set(CAMERAS.kinds())
    settings = CAMERAS.settings({"kind": "v4l2", "turn": 90, "device": "3"})
    assert isinstance(settings, v4l2.Settings)
    with pytest.raises(ValueError, match="turn"):
        CAMERAS.settings({"kind": "v4l2", "turn": 45})


@pytest.mark.parametrize("stamp_s", [0.0, 98.9, 100.1, 1e9])
def test_a_time_stamp_of_another_clock_is_not_used(stamp_s: float) -> None:
    assert taken_at(stamp_s, 100.0) == 100.0
    assert taken_at(99.9, 100.0) == 99.9


def test_turning_by_nothing_copies_nothing() -> None:
    image = scene()
    assert turned(image, 0) is image
