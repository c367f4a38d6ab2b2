"""A camera that freezes, dies, errs, or gives torn or black frames: frames in 5 s, the button answered."""

import random
import threading
import time
from itertools import pairwise

import numpy as np
import pytest

from faults import PATIENCE_S, Lamp, jpeg, report, shots_of, times
from framecue.album import Album
from framecue.camera.feed import Feed
from framecue.errors import CameraError, CameraMissingError, CameraStalledError
from framecue.frame import Frame, Still

RATE = 30.0


class SimulatedTime:
    """Seconds that pass when the camera or the feed waits, and not otherwise."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if not event.is_set():
            self.now_s += seconds
        return event.is_set()


class FaultyCamera:
    """Gives noise at 30 frames a second, until told to fail; a fault lasts until it is opened again."""

    lively = True

    def __init__(self, clock: SimulatedTime) -> None:
        self.clock, self.chance = clock, np.random.default_rng(0)
        self.fault: str | None = None
        self.gone_until_s = 0.0
        self.opened = 0
        self.good_s: list[float] = []  # when good frames were given
        self.paused = threading.Event()  # keeps simulated time from running away between faults
        self.paused.set()
        self._last = self._noise()

    def open(self) -> "FaultyCamera":
        if self.clock() < self.gone_until_s:
            raise CameraMissingError("no camera at /dev/video0; plug it in")
        self.opened += 1
        self.fault = None
        return self

    def _noise(self) -> np.ndarray:
        return self.chance.integers(0, 255, (24, 32, 3), np.uint8)

    def read(self, timeout_s: float) -> Frame:
        self.paused.wait(PATIENCE_S)
        fault = self.fault
        if fault == "stalls":
            self.clock.now_s += timeout_s
            raise CameraStalledError("no picture within 2 s")
        if fault == "dies":
            self.gone_until_s = self.clock() + 1.5
            raise CameraError("No such device")
        if fault == "errors":
            raise RuntimeError("frontend timed out")
        self.clock.now_s += 1 / RATE
        time.sleep(0.0005)  # lets the other threads in; no result hangs on it
        if fault == "freezes":
            return Frame(self._last, self.clock(), 1)
        image = self._noise()
        if fault == "torn":
            image[12:] = self._last[12:]
        elif fault == "black":
            image[:] = image // 200  # what a capped sensor gives
        else:
            self.good_s.append(self.clock())
        self._last = image
        return Frame(image, self.clock(), 1)

    def still(self, timeout_s: float, ev: float = 0.0) -> Still:  # noqa: ARG002
        if self.fault in ("stalls", "dies", "errors"):
            self.read(timeout_s)
        return Still(self._last, self.clock(), jpeg(int(self.clock() * 1000)))

    def close(self) -> None:
        pass


FAULTS = ("freezes", "stalls", "dies", "errors", "torn", "black")


@pytest.mark.parametrize("fault", FAULTS)
def test_frames_come_again_within_five_seconds_and_the_button_is_answered(
    fault: str, tmp_path: object
) -> None:
    rounds, chance, worst_s = times(50), random.Random(1), 0.0
    clock = SimulatedTime()
    camera, lamp = FaultyCamera(clock), Lamp()
    album = Album(tmp_path, 10)  # type: ignore[arg-type]
    with Feed(camera.open, clock=clock, wait=clock.wait) as feed:
        shots = shots_of(feed, album, lamp)
        shots.start()
        for number in range(rounds):
            _frames(feed, 5 + chance.randrange(30))
            opened = camera.opened
            camera.fault = fault
            shots.press()
            assert lamp.count("shooting") == number + 1
            if fault in ("torn", "black"):  # a picture is a picture: it goes on, and nothing is opened anew
                _frames(feed, 10)
                assert camera.opened == opened
                camera.fault = None
            else:
                _until(lambda opened=opened: camera.opened > opened)  # type: ignore[misc]
            seen = len(camera.good_s)
            _until(lambda seen=seen: len(camera.good_s) > seen + 1)  # type: ignore[misc]
            if fault not in ("torn", "black"):  # those last as long as the test lets them
                worst_s = max(worst_s, *(after - before for before, after in pairwise(camera.good_s)))
                del camera.good_s[:-1]
            lamp.wait_for(number + 1, "saved", "not_saved")
        shots.stop(PATIENCE_S)
        kept = len(shots.kept)
    album.close()
    report(f"camera {fault}", rounds=rounds, kept=kept, longest_gap_s=round(worst_s, 2))
    assert worst_s <= 5.0
    assert kept == rounds


def _frames(feed: Feed, count: int) -> None:
    number = 0
    for _ in range(count):
        frame = feed.newest(number, PATIENCE_S)
        assert frame is not None
        number = frame.number


def _until(true) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.001)
