"""The feed: newest frame only, every still served, and a camera that fails in every way it can."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest

from framecue.camera.feed import Feed, FeedState
from framecue.errors import (
    CameraError,
    CameraMissingError,
    CameraStalledError,
    EndOfFramesError,
)
from framecue.frame import Frame, Still

SOON = 5.0  # how long a test waits for a thread that should answer at once


class Clock:
    """Time that passes only when told to, or when the feed pauses."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if event.is_set():
            return True
        self.pauses.append(seconds)
        self.now_s += seconds
        return event.is_set()


def picture(value: int = 0) -> np.ndarray:
    return np.full((6, 8, 3), value % 256, np.uint8)


@dataclass
class Script:
    """A camera that does what the test tells it, one read at a time.

    Each read takes a step: a value makes a picture of it, an exception is raised. Without steps it blocks
    until there is one, or until `release`, as a stuck driver does.
    """

    clock: Clock
    lively: bool = False
    steps: list[int | Exception] = field(default_factory=list)
    still_steps: list[int | Exception] = field(default_factory=list)
    open_steps: list[Exception] = field(default_factory=list)
    opened: int = 0
    closed: int = 0
    stills: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)
    released: bool = False
    threads: set[str] = field(default_factory=set)

    def open(self) -> "Script":
        with self.changed:
            if self.open_steps:
                raise self.open_steps.pop(0)
            self.opened += 1
            self.number = 0
            return self

    def give(self, *steps: int | Exception) -> None:
        with self.changed:
            self.steps.extend(steps)
            self.changed.notify_all()

    def release(self) -> None:
        with self.changed:
            self.released = True
            self.changed.notify_all()

    def read(self, timeout_s: float) -> Frame:  # noqa: ARG002
        self.threads.add(threading.current_thread().name)
        with self.changed:
            self.changed.wait_for(lambda: self.steps or self.released, SOON)
            if not self.steps:
                raise CameraStalledError("the camera gives no picture; check its cable")
            step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        self.number += 1
        return Frame(picture(step), self.clock(), self.number)

    def still(self, timeout_s: float, ev: float = 0.0) -> Still:  # noqa: ARG002
        self.threads.add(threading.current_thread().name)
        self.stills += 1
        step = self.still_steps.pop(0) if self.still_steps else self.stills
        if isinstance(step, Exception):
            raise step
        return Still(picture(step), self.clock())

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def camera(clock: Clock) -> Script:
    return Script(clock)


@pytest.fixture
def feed(camera: Script, clock: Clock) -> Iterator[Feed]:
    feed = Feed(camera.open, clock=clock, wait=clock.wait)
    yield feed
    camera.release()
    feed.stop()


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does at once."""
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.001)


def is_(feed: Feed, state: FeedState) -> bool:
    return feed.state == state


def test_newest_waits_for_a_frame_and_numbers_rise(feed: Feed, camera: Script) -> None:
    assert is_(feed, "opening")
    assert feed.newest() is None
    feed.start()
    camera.give(1)
    first = feed.newest(0, SOON)
    camera.give(2)
    second = feed.newest(1, SOON)
    assert first is not None
    assert second is not None
    assert (first.number, second.number) == (1, 2)
    assert second.image[0, 0, 0] == 2
    assert feed.newest(2) is None
    assert is_(feed, "live")
    assert feed.fault is None


def test_a_slow_reader_skips_frames(feed: Feed, camera: Script) -> None:
    feed.start()
    camera.give(*range(1, 21))
    until(lambda: feed.status().frames == 20)
    frame = feed.newest(0, SOON)
    assert frame is not None
    assert frame.number == 20
    assert frame.image[0, 0, 0] == 20
    assert feed.status().dropped == 19


def test_a_still_is_taken_in_the_cameras_thread_between_reads(feed: Feed, camera: Script) -> None:
    feed.start()
    camera.give(1)
    feed.newest(0, SOON)
    taker = Taker(feed)
    camera.give(2)  # ends the read under way
    assert taker.still().image.shape == (6, 8, 3)
    assert camera.threads == {"feed"}


class Taker(threading.Thread):
    """Somebody who presses: asks for a still in a thread of its own."""

    def __init__(self, feed: Feed, timeout_s: float = SOON) -> None:
        super().__init__()
        self.feed, self.timeout_s = feed, timeout_s
        self.result: Still | Exception | None = None
        before = len(feed._stills)
        self.start()
        until(lambda: len(feed._stills) > before or not self.is_alive())

    def run(self) -> None:
        try:
            self.result = self.feed.still(self.timeout_s)
        except CameraError as error:
            self.result = error

    def still(self) -> Still:
        self.join(SOON)
        assert isinstance(self.result, Still), self.result
        return self.result


def test_every_waiting_still_is_served(feed: Feed) -> None:
    takers = [Taker(feed) for _ in range(5)]
    feed.start()
    values = {int(taker.still().image[0, 0, 0]) for taker in takers}
    assert values == {1, 2, 3, 4, 5}  # a picture of its own for each


def test_a_still_survives_a_fault(feed: Feed, camera: Script) -> None:
    camera.still_steps = [CameraStalledError("stalled"), RuntimeError("driver bug"), 7]
    taker = Taker(feed)
    feed.start()
    assert taker.still().image[0, 0, 0] == 7
    assert camera.opened == 3
    assert camera.closed == 2


def test_a_still_gives_up_in_time_and_says_why(camera: Script, clock: Clock) -> None:
    camera.open_steps = [CameraMissingError("no camera at /dev/video0")] * 1000
    feed = Feed(camera.open, clock=clock)
    with feed:
        until(lambda: feed.state == "fault")
        with pytest.raises(CameraError, match=r"no picture within 0\.01 s: no camera at /dev/video0"):
            feed.still(0.01)


def test_an_abandoned_still_is_not_taken_later(feed: Feed, camera: Script) -> None:
    feed.start()
    camera.give(1)
    feed.newest(0, SOON)
    with pytest.raises(CameraError, match="too slow"):
        feed.still(0.01)
    camera.give(2)
    feed.newest(1, SOON)
    assert camera.stills == 0


def test_pressing_ends_the_pause_between_openings(camera: Script, clock: Clock) -> None:
    camera.open_steps = [CameraMissingError("no camera")]
    feed = Feed(camera.open, clock=clock, first_wait_s=3600, longest_wait_s=3600)  # real waits
    with feed:
        until(lambda: feed.state == "fault")
        assert feed.still(SOON).image.size
        camera.release()


def test_reopens_after_a_fault_with_growing_pauses(feed: Feed, camera: Script, clock: Clock) -> None:
    camera.open_steps = [CameraMissingError("no camera")] * 8
    feed.start()
    camera.give(1)
    assert feed.newest(0, SOON) is not None
    assert clock.pauses == pytest.approx([0.2, 0.4, 0.8, 1.6, 3, 3, 3, 3])
    assert feed.status().reopened == 0  # it was never open before


def test_pauses_start_short_again_once_opening_it_has_helped(
    feed: Feed, camera: Script, clock: Clock
) -> None:
    camera.open_steps = [CameraMissingError("no camera")] * 4
    feed.start()
    camera.give(1, 2, 3)
    feed.newest(2, SOON)
    clock.pauses.clear()
    camera.give(CameraStalledError("stalled"), 4)
    feed.newest(3, SOON)
    assert clock.pauses == [0.2]


def test_a_camera_that_fails_with_its_first_frames_each_time_is_asked_less_and_less(
    feed: Feed, camera: Script, clock: Clock
) -> None:
    feed.start()
    for number in range(1, 4):
        camera.give(number, CameraError("failed"))
    camera.give(4)
    feed.newest(3, SOON)
    assert clock.pauses == pytest.approx([0.2, 0.4, 0.8])


def test_numbers_go_on_and_old_frames_are_gone_after_a_fault(feed: Feed, camera: Script) -> None:
    feed.start()
    camera.give(1, 2, CameraStalledError("stalled"))
    until(lambda: camera.opened == 2)
    assert is_(feed, "fault")
    assert feed.fault == "stalled"
    assert feed.newest() is None
    camera.give(3)
    frame = feed.newest(0, SOON)
    assert frame is not None
    assert frame.number == 3
    assert is_(feed, "live")
    assert feed.status().reopened == 1
    assert camera.closed == 1


@pytest.mark.parametrize("bug", [ValueError("bad value"), ZeroDivisionError(), KeyError("x")])
def test_a_bug_in_a_driver_is_a_fault(feed: Feed, camera: Script, bug: Exception) -> None:
    feed.start()
    camera.give(bug)
    until(lambda: feed.state == "fault")
    assert type(bug).__name__ in (feed.fault or "")
    camera.give(1)
    assert feed.newest(0, SOON) is not None


def test_a_failing_close_does_not_end_the_feed(
    feed: Feed, camera: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close() -> None:
        raise OSError("device busy")

    monkeypatch.setattr(camera, "close", close)
    feed.start()
    camera.give(CameraStalledError("stalled"), 1)
    assert feed.newest(0, SOON) is not None
    assert is_(feed, "live")


def test_a_fault_is_logged_once_not_for_every_retry(
    feed: Feed, camera: Script, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "framecue.camera.feed")
    camera.open_steps = [CameraMissingError("no camera"), CameraError("busy")] * 10
    feed.start()
    camera.give(1)
    feed.newest(0, SOON)
    until(lambda: len(caplog.messages) == 3)
    assert caplog.messages == ["camera: no camera", "camera: busy", "camera: live after fault, 8 x 6"]


def test_a_source_that_plays_once_ends(feed: Feed, camera: Script) -> None:
    feed.start()
    camera.give(1, EndOfFramesError("shown"))
    until(lambda: feed.state == "ended")
    assert camera.opened == camera.closed == 1
    last = feed.newest()
    assert last is not None
    assert last.number == 1
    assert feed.newest(1, timeout_s=60) is None  # at once
    with pytest.raises(EndOfFramesError):
        feed.still(60)


def test_waiting_stills_are_told_when_it_ends(feed: Feed, camera: Script) -> None:
    feed.start()
    camera.give(1)
    feed.newest(0, SOON)
    taker = Taker(feed, timeout_s=60)
    camera.still_steps = [EndOfFramesError("shown")]
    camera.give(2)
    taker.join(SOON)
    assert isinstance(taker.result, EndOfFramesError)


def test_stop_is_quick_and_closes_the_camera(feed: Feed, camera: Script) -> None:
    feed.start()
    camera.give(*range(100))
    feed.newest(0, SOON)
    camera.release()
    feed.stop()
    assert camera.closed == camera.opened
    assert is_(feed, "ended")
    feed.stop()  # twice


def test_stop_does_not_wait_for_a_stuck_driver(clock: Clock) -> None:
    camera = Script(clock)
    feed = Feed(camera.open, clock=clock, wait=clock.wait)
    feed.start()
    until(lambda: bool(camera.threads))
    before = time.monotonic()
    feed.stop()
    assert time.monotonic() - before < 1.0
    assert is_(feed, "ended")
    camera.release()


def test_stop_ends_a_pause_at_once(camera: Script, clock: Clock) -> None:
    camera.open_steps = [CameraMissingError("no camera")] * 3
    feed = Feed(camera.open, clock=clock, first_wait_s=3600, longest_wait_s=3600)  # real waits
    feed.start()
    until(lambda: feed.state == "fault")
    feed.stop()
    assert not feed._thread.is_alive()


def test_a_driver_stuck_in_a_call_shows_as_a_fault(feed: Feed, camera: Script, clock: Clock) -> None:
    feed.start()
    camera.give(1)
    feed.newest(0, SOON)
    until(lambda: feed._call_ends_s is not None)
    assert is_(feed, "live")
    clock.now_s += 60
    assert is_(feed, "fault")
    assert "does not answer" in (feed.fault or "")


def test_a_frozen_camera_is_reopened(camera: Script, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    camera.lively = True
    with Feed(camera.open, clock=clock, wait=clock.wait, frozen_limit_s=3) as feed:
        play(feed, camera, clock, [1, 1, 1, 2, 2, 2])
        assert camera.opened == 1  # the picture changed in time
        play(feed, camera, clock, [2])
        assert camera.opened == 2
        assert any("repeats one picture" in message for message in caplog.messages)
        play(feed, camera, clock, [3, 4, 5, 6, 7])
        assert camera.opened == 2
        camera.release()


def test_a_camera_that_stays_frozen_is_reopened_less_and_less(camera: Script, clock: Clock) -> None:
    camera.lively = True
    with Feed(camera.open, clock=clock, wait=clock.wait, frozen_limit_s=3) as feed:
        play(feed, camera, clock, [1] * 60)
        assert 3 <= camera.opened <= 6  # after 3, 6, 12, 24 seconds
        camera.release()


@pytest.mark.parametrize(("lively", "limit_s"), [(False, 3.0), (True, 0.0)])
def test_still_pictures_and_a_switched_off_limit_are_left_alone(
    camera: Script, clock: Clock, lively: bool, limit_s: float
) -> None:
    camera.lively = lively
    with Feed(camera.open, clock=clock, wait=clock.wait, frozen_limit_s=limit_s) as feed:
        play(feed, camera, clock, [1] * 30)
        assert camera.opened == 1
        camera.release()


def play(feed: Feed, camera: Script, clock: Clock, values: list[int]) -> None:
    """A picture a second."""
    for value in values:
        clock.now_s += 1
        came = camera.opened + feed.status().frames
        camera.give(value)
        until(partial(happened, feed, camera, came))


def happened(feed: Feed, camera: Script, before: int) -> bool:
    return camera.opened + feed.status().frames > before


def test_many_readers_and_takers_at_once(clock: Clock) -> None:
    camera = Script(clock, steps=list(range(400)))
    camera.steps[50] = CameraStalledError("stalled")
    camera.steps[200] = ValueError("bug")
    with Feed(camera.open, clock=clock, wait=clock.wait) as feed:
        seen: list[list[int]] = [[] for _ in range(4)]

        def watch(numbers: list[int]) -> None:
            last = 0
            while last < 398:
                frame = feed.newest(last, SOON)
                assert frame is not None
                last = frame.number
                numbers.append(last)

        watchers = [threading.Thread(target=watch, args=(numbers,)) for numbers in seen]
        for watcher in watchers:
            watcher.start()
        takers = [Taker(feed) for _ in range(8)]
        camera.give(*range(20))  # a still waits for the read under way
        assert all(taker.still().image.size for taker in takers)
        for watcher in watchers:
            watcher.join(SOON)
            assert not watcher.is_alive()
        assert all(numbers == sorted(set(numbers)) for numbers in seen)
        camera.release()
