"""GStreamer cameras: pipelines of the real library, on its own test picture, and their faults."""

import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from framecue.camera import CAMERAS, gstreamer
from framecue.camera.feed import Feed
from framecue.errors import CameraError, CameraMissingError, CameraStalledError, EndOfFramesError

SOON = 10.0
TEST = "videotestsrc is-live=true pattern={}"
Open = Callable[..., gstreamer.Driver]


@pytest.fixture
def open_camera() -> Iterator[Open]:
    """Opens cameras and closes them again; skips where the library is not there."""
    pytest.importorskip("gi", reason="no PyGObject: apt install python3-gi gir1.2-gst-plugins-base-1.0")
    made: list[gstreamer.Driver] = []

    def open_(**settings: Any) -> gstreamer.Driver:
        made.append(gstreamer.Driver(gstreamer.Settings(**{"source": "test", **settings})))
        return made[-1]

    try:
        open_().close()
    except CameraMissingError as error:
        pytest.skip(str(error))
    yield open_
    for camera in made:
        camera.close()


def read_all(camera: gstreamer.Driver) -> None:
    """Read on until it fails."""
    for _ in range(20):
        camera.read(SOON)


def test_colours_are_red_green_blue(open_camera: Open) -> None:
    for pattern, colour in (("red", (255, 0, 0)), ("green", (0, 255, 0)), ("blue", (0, 0, 255))):
        image = open_camera(pipeline=TEST.format(pattern)).read(SOON).image
        assert np.abs(image.reshape(-1, 3).mean(0) - colour).max() < 3


@pytest.mark.parametrize("width", [320, 321, 322, 323])
def test_lines_that_are_padded_stay_straight(width: int, open_camera: Open) -> None:
    whole = TEST.format("gamut") + f" ! video/x-raw,format=RGB,width={width},height=240"
    image = open_camera(pipeline=whole, width=width, height=240).read(SOON).image
    assert image.shape == (240, width, 3)
    bars = image[:60].astype(int)
    assert np.abs(bars - bars[:1]).max() <= 1  # each column is one colour: nothing is sheared


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_picture_is_turned(turn: int, open_camera: Open) -> None:
    size = {"width": 240, "height": 320} if turn in (90, 270) else {"width": 320, "height": 240}
    camera = open_camera(turn=turn, still_width=640, **size)
    frame, still = camera.read(SOON), camera.still(SOON)
    assert frame.image.shape == (size["height"], size["width"], 3)
    assert still.image.shape == ((640, 480, 3) if turn in (90, 270) else (480, 640, 3))
    upright = np.rot90(frame.image, turn // 90)
    assert upright[10, 10].min() > 150  # the test picture's first bar is white


def test_a_slow_reader_gets_the_newest_picture_and_its_time(open_camera: Open) -> None:
    camera = open_camera(rate=50)
    camera.read(SOON)
    threading.Event().wait(0.5)
    first, second = camera.read(SOON), camera.read(SOON)
    assert second.time_s > first.time_s
    assert camera._clock() - second.time_s < 0.3


def test_the_end_of_a_source_ends_the_frames(open_camera: Open) -> None:
    camera = open_camera(pipeline="videotestsrc num-buffers=3")
    with pytest.raises(EndOfFramesError):
        read_all(camera)


def test_a_silent_source_is_a_stall_in_time(open_camera: Open) -> None:
    camera = open_camera(pipeline="videotestsrc ! valve drop=true")
    with pytest.raises(CameraStalledError, match="no picture in time"):
        camera.read(0.1)


def test_a_source_that_fails_says_why_in_one_line(open_camera: Open) -> None:
    camera = open_camera(pipeline="videotestsrc is-live=true ! identity error-after=3")
    with pytest.raises(
        CameraError, match=r"^the camera's pipeline fails: [^\n]+; check the camera"
    ) as caught:
        read_all(camera)
    assert not isinstance(caught.value, CameraMissingError | EndOfFramesError)


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"pipeline": "nosuchsrc"}, CameraMissingError),
        ({"pipeline": "videotestsrc pattern=nonsense"}, CameraError),
        ({"source": "nvargus"}, CameraMissingError),
        ({"source": "usb", "device": "63"}, CameraMissingError),
    ],
)
def test_a_camera_that_is_not_there_is_told(
    settings: dict[str, Any], fault: type[CameraError], open_camera: Open
) -> None:
    with pytest.raises(fault, match=r"^the camera's pipeline fails: [^\n]+$"):
        open_camera(**settings).read(2.0)


def test_a_pipeline_that_fails_is_opened_again_by_the_feed(open_camera: Open) -> None:
    opened = 0

    def again() -> gstreamer.Driver:
        nonlocal opened
        opened += 1
        broken = " ! identity error-after=5" if opened < 3 else ""
        return open_camera(pipeline=TEST.format("ball") + broken)

    with Feed(again, first_wait_s=0.01) as feed:
        number = 0
        while feed.status().reopened < 2 or feed.state != "live":
            frame = feed.newest(number, SOON)
            assert frame is not None or feed.state != "ended"
            number = number if frame is None else frame.number
        assert feed.newest(number, SOON) is not None
        assert feed.fault is None


def test_csi_cameras_are_asked_for_in_their_own_words() -> None:
    text = gstreamer.Settings(device="1", width=1280, height=720, rate=29.97).description(1280, 720)
    assert text.startswith("nvarguscamerasrc sensor-id=1 ! video/x-raw(memory:NVMM),width=1280,height=720,")
    assert "framerate=29970/1000 ! nvvidconv" in text
    assert text.endswith("appsink name=framecue max-buffers=1 drop=true sync=false")
    named = gstreamer.Settings(source="libcamera", device="/base/soc/i2c0mux/i2c@1/imx219@10")
    assert "libcamerasrc camera-name=/base/soc/i2c0mux/i2c@1/imx219@10 !" in named.description(640, 480)
    assert "libcamerasrc  !" in gstreamer.Settings(source="libcamera").description(640, 480)


def test_without_the_library_the_camera_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gi", None)
    with pytest.raises(CameraMissingError, match=r"`apt install python3-gi gir1\.2-gst-plugins-base-1\.0`"):
        gstreamer.Driver(gstreamer.Settings())


@pytest.mark.parametrize("wrong", [{"source": "webcam"}, {"device": "0 ! filesink"}, {"speed": 1}])
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CAMERAS.settings({"kind": "gstreamer", **wrong})
