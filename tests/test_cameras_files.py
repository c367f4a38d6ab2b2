"""The camera that shows photos and videos."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from framecue.camera import files
from framecue.camera.feed import Feed
from framecue.errors import CameraError, CameraMissingError, EndOfFramesError
from standins.scenes import BLUE, GREEN, RED, Clock, video


def files_camera(path: Path, clock: Clock | None = None, **settings: Any) -> files.Driver:
    clock = clock or Clock()
    return files.Driver(files.Settings(path=path, **settings), clock, clock.sleep)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", (1000, 500), RED).save(folder / "b.jpg", quality=95)
    Image.new("RGB", (300, 600), GREEN).save(folder / "a.png")
    Image.new("RGB", (32, 32), BLUE).save(folder / "c.bmp")
    (folder / "notes.txt").write_text("no photo")
    (folder / "._b.jpg").write_bytes(b"resource fork")
    return folder


def test_they_go_by_name_each_in_its_own_shape(folder: Path) -> None:
    camera = files_camera(folder, loop=False)
    frames = [camera.read(1) for _ in range(3)]
    assert [Path(str(frame.metadata["photo"])).name for frame in frames] == ["a.png", "b.jpg", "c.bmp"]
    assert [frame.image.shape[:2] for frame in frames] == [(480, 240), (320, 640), (32, 32)]
    for _ in range(2):
        with pytest.raises(EndOfFramesError, match="has been shown"):
            camera.read(1)


def test_they_loop_and_find_new_photos(folder: Path) -> None:
    camera = files_camera(folder)
    for _ in range(3):
        camera.read(1)
    Image.new("L", (64, 64)).save(folder / "0.png")
    assert str(camera.read(1).metadata["photo"]).endswith("0.png")


def test_they_give_a_jpegs_own_bytes(folder: Path) -> None:
    camera = files_camera(folder)
    camera.read(1)
    assert camera.still(1).jpeg is None  # a PNG
    camera.read(1)
    still = camera.still(1)
    assert still.jpeg == (folder / "b.jpg").read_bytes()
    assert still.image.shape == (500, 1000, 3)
    assert still.metadata == {"photo": str(folder / "b.jpg")}
    turned_still = files_camera(folder / "b.jpg", turn=90).still(1)
    assert turned_still.image.shape == (1000, 500, 3)
    assert turned_still.jpeg is None  # its pixels are other than the file's


def test_they_pass_over_what_cannot_be_read(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    (folder / "a.png").write_bytes((folder / "a.png").read_bytes()[:60])
    camera = files_camera(folder)
    names = [Path(str(camera.read(1).metadata["photo"])).name for _ in range(4)]
    assert names == ["b.jpg", "c.bmp", "b.jpg", "c.bmp"]
    assert camera.read(1).metadata["unreadable"] == 1
    assert len(caplog.messages) == 1  # once, not each time round
    assert "a.png" in caplog.text


def test_they_with_nothing_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"\xff\xd8\xff but no more")
    for path in (tmp_path, tmp_path / "x.jpg"):
        for loop in (True, False):
            camera = files_camera(path, loop=loop)
            with pytest.raises(CameraError, match=r"can be read: .*x\.jpg"):
                camera.read(1)
            with pytest.raises(CameraError):
                camera.read(1)


def test_they_missing_or_none(tmp_path: Path) -> None:
    with pytest.raises(CameraMissingError, match="does not exist"):
        files_camera(tmp_path / "nothing")
    with pytest.raises(CameraMissingError, match="holds no photos"):
        files_camera(tmp_path)
    (tmp_path / "text.txt").write_text("hello")
    with pytest.raises(CameraError, match="neither a photo nor a video"):
        files_camera(tmp_path / "text.txt")


def test_they_whose_photo_goes_away(folder: Path) -> None:
    camera = files_camera(folder)
    camera.read(1)
    (folder / "a.png").unlink()
    with pytest.raises(CameraError, match=r"a\.png does not exist"):
        camera.still(1)


def test_they_keep_the_rate(folder: Path) -> None:
    clock = Clock()
    camera = files_camera(folder, clock, rate=2)
    times = [camera.read(5).time_s for _ in range(9)]
    assert np.allclose(np.diff(times), 0.5, atol=0.05)
    clock.now_s += 60  # after a pause nothing is hurried
    slept = len(clock.slept)
    camera.read(5)
    camera.read(5)
    camera.read(5)
    assert len(clock.slept) >= slept + 1
    assert camera.read(0.1).number == 13
    assert clock.slept[-1] == 0.1  # never longer than the time limit


def test_they_stay_for_their_seconds(folder: Path) -> None:
    camera = files_camera(folder, rate=10, seconds_per_photo=0.5)
    names = [Path(str(camera.read(1).metadata["photo"])).name for _ in range(12)]
    assert names == ["a.png"] * 5 + ["b.jpg"] * 5 + ["c.bmp"] * 2


def test_a_video_plays_once_or_again(tmp_path: Path) -> None:
    path = video(tmp_path / "v.avi", [np.full((480, 960, 3), value, np.uint8) for value in (0, 100, 200)])
    camera = files_camera(path, loop=False, width=320, height=240)
    frames = [camera.read(1) for _ in range(3)]
    assert [round(float(frame.image.mean()), -2) for frame in frames] == [0, 100, 200]
    assert frames[0].image.shape == (160, 320, 3)
    assert camera.still(1).image.shape == (480, 960, 3)
    with pytest.raises(EndOfFramesError):
        camera.read(1)
    camera = files_camera(path)
    assert [camera.read(1).metadata["position"] for _ in range(5)] == [1, 2, 3, 1, 2]
    camera.close()


def test_a_feed_of_files_ends_and_one_of_many_goes_on(folder: Path) -> None:
    once = files.Settings(path=folder, loop=False, rate=240)
    with Feed(lambda: files.Driver(once)) as feed:
        assert feed.still(5).image.shape[2] == 3
        numbers: list[int] = []
        while (frame := feed.newest(numbers[-1] if numbers else 0, 5)) is not None:
            numbers.append(frame.number)
        assert numbers[-1] == 3
        assert feed.state == "ended"
    again = files.Settings(path=folder, rate=240)
    with Feed(lambda: files.Driver(again)) as feed:
        assert feed.newest(7, 5) is not None
