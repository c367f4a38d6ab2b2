"""The simulated camera keeps the camera protocol, with time passed in."""

import dataclasses

import numpy as np
import pytest

from framecue.camera import CAMERAS
from framecue.camera.studio import Driver, Settings
from framecue.errors import CameraError, CameraStalledError
from framecue.parts import Part


class Clock:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def camera(clock: Clock) -> Driver:
    settings = Settings(width=160, height=120, rate=10, distance_m=4.0, still_width=320, still_height=240)
    return Driver(settings, clock, clock.wait)


def test_it_is_found_by_its_name() -> None:
    assert "studio" in CAMERAS.kinds()
    settings = CAMERAS.settings({"kind": "studio", "seed": 3, "people": 2})
    assert isinstance(settings, Settings)
    assert settings.people == 2


@pytest.mark.parametrize("wrong", [{"people": 7}, {"people": -1}, {"distance_m": 0}, {"colour": "red"}])
def test_settings_out_of_range_or_unknown_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CAMERAS.settings({"kind": "studio", **wrong})


def test_frames_come_at_the_rate_asked_for(camera: Driver) -> None:
    times = [camera.read(1.0).time_s for _ in range(4)]
    assert np.diff(times) == pytest.approx([0.1, 0.1, 0.1])


def test_a_late_reader_gets_one_new_frame_and_no_old_ones(camera: Driver, clock: Clock) -> None:
    camera.read(1.0)
    clock.wait(0.75)
    assert camera.read(1.0).time_s == pytest.approx(100.75)
    assert camera.read(1.0).time_s == pytest.approx(100.8)


def test_frames_are_numbered_upright_read_only_and_have_depth(camera: Driver) -> None:
    first, second = camera.read(1.0), camera.read(1.0)
    assert (first.number, second.number) == (1, 2)
    assert first.image.shape == (120, 160, 3)
    assert first.depth_m is not None
    assert first.depth_m.shape == (120, 160)
    assert not first.image.flags.writeable


def test_metadata_says_where_the_camera_was(camera: Driver) -> None:
    pose = camera.read(1.0).metadata["pose"]
    assert isinstance(pose, dict)
    assert pose["z_m"] == -4.0
    assert pose["fov_deg"] == 48.0


def test_a_still_has_its_own_size_and_shows_the_same(camera: Driver) -> None:
    camera.read(1.0)
    frame_view = camera.last_view
    still = camera.still(1.0)
    still_view = camera.last_view
    assert still.image.shape == (240, 320, 3)
    assert frame_view is not None
    assert still_view is not None
    small, large = frame_view.people[0], still_view.people[0]
    assert small.foot is not None
    assert large.foot is not None
    assert (large.foot[1] + 0.5) / 240 == pytest.approx((small.foot[1] + 0.5) / 120, abs=1e-6)


def test_moving_the_pinhole_moves_the_next_frame(camera: Driver) -> None:
    camera.read(1.0)
    before = camera.last_view
    camera.pinhole = dataclasses.replace(camera.pinhole, pitch_deg=5.0, width=7, height=9)
    camera.read(1.0)
    after = camera.last_view
    assert before is not None
    assert after is not None
    assert (camera.pinhole.width, camera.pinhole.height) == (160, 120)
    assert after.people[0].foot[1] > before.people[0].foot[1] + 5  # type: ignore[index]


def test_the_last_view_is_the_exact_truth_of_the_frame(camera: Driver) -> None:
    assert camera.last_view is None
    frame = camera.read(1.0)
    view = camera.last_view
    assert view is not None
    assert view.image is frame.image
    assert Part.TORSO in view.people[0].pixels


def test_recent_pictures_find_their_views_and_copies_do_not(camera: Driver) -> None:
    frames = [camera.read(1.0) for _ in range(3)]
    view = camera.view_of(frames[1].image)
    assert view is not None
    assert view.image is frames[1].image
    assert camera.view_of(frames[1].image.copy()) is None


def test_a_frame_that_is_not_due_in_time_is_a_stall(clock: Clock) -> None:
    slow = Driver(Settings(width=64, height=64, rate=0.5, people=0), clock, clock.wait)
    slow.read(1.0)
    with pytest.raises(CameraStalledError):
        slow.read(0.5)
    assert clock.now_s == pytest.approx(100.5)


def test_a_staged_stall_takes_the_whole_timeout_and_then_passes(camera: Driver, clock: Clock) -> None:
    camera.fail_next(CameraStalledError("stalled"))
    with pytest.raises(CameraStalledError):
        camera.read(2.0)
    assert clock.now_s == pytest.approx(102.0)
    assert camera.read(1.0).number == 1


def test_staged_faults_come_in_order_and_hit_stills_too(camera: Driver) -> None:
    camera.fail_next(CameraError("first"))
    camera.fail_next(CameraError("second"))
    with pytest.raises(CameraError, match="first"):
        camera.still(1.0)
    with pytest.raises(CameraError, match="second"):
        camera.read(1.0)


def test_a_closed_camera_gives_nothing_and_may_be_closed_twice(camera: Driver) -> None:
    camera.close()
    camera.close()
    with pytest.raises(CameraError, match="closed"):
        camera.read(1.0)
