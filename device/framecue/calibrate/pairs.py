"""Collecting walls for a depth sensor's calibration, while somebody turns the box before the board."""

import time
from collections.abc import Callable
from typing import Final

import numpy as np

from framecue.calibrate.walls import LEAST_PAIRS, Wall, alike, wall_of
from framecue.camera import Camera
from framecue.depth import DepthFrame, DepthSensor
from framecue.depth.align import CameraView
from framecue.errors import DepthError

PAIRS: Final = 12
_LIMIT_S: Final = 300.0
_MAPS: Final = 5  # averaged for one pair
_READ_S: Final = 5.0
_STILL_S: Final = 8.0
_APART: Final = 0.05  # share of the distance by which maps before and after a picture may differ
_WAYS: Final = (
    "straight",
    "from the left",
    "from the right",
    "from above",
    "from below",
    "from further away",
)


def collect(
    camera: Camera,
    sensor: DepthSensor,
    view: CameraView,
    *,
    say: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> list[Wall]:
    """Take pairs of picture and map until enough of them differ, or five minutes have passed.

    Raises CameraError and DepthError as its sensors do, and DepthError where too few pairs could be used.
    """
    walls: list[Wall] = []
    ends_s = clock() + _LIMIT_S
    said = ""
    say(f"hang the board on a bare wall, and look at it {_WAYS[0]}; hold still at each place")
    while len(walls) < PAIRS and clock() < ends_s:
        found = _pair(camera, sensor, view)
        if isinstance(found, Wall) and alike(found, walls):
            found = f"seen so already: now look at it {_WAYS[len(walls) % len(_WAYS)]}"
        if isinstance(found, Wall):
            walls.append(found)
            found = f"{len(walls)} of {PAIRS}: now look at it {_WAYS[len(walls) % len(_WAYS)]}"
        if found != said:
            say(found)
            said = found
    if len(walls) < LEAST_PAIRS:
        raise DepthError(f"{len(walls)} pairs in five minutes, {LEAST_PAIRS} are needed; the last: {said}")
    return walls


def _pair(camera: Camera, sensor: DepthSensor, view: CameraView) -> Wall | str:
    before = sensor.read(_READ_S)
    picture = camera.still(_STILL_S).image
    after = [sensor.read(_READ_S) for _ in range(_MAPS)]
    both = (before.depth_m > 0) & (after[-1].depth_m > 0)
    moved = np.abs(before.depth_m - after[-1].depth_m)[both] / np.maximum(after[-1].depth_m[both], 0.1)
    if both.any() and float(np.median(moved)) > _APART:
        return "the box moved: hold it still"
    return wall_of(picture, averaged(after), view)


def averaged(frames: list[DepthFrame]) -> DepthFrame:
    """One map of several of one thing: medians, where most of them know."""
    depths = np.stack([frame.depth_m for frame in frames])
    known = np.where(depths > 0, depths, np.nan)
    enough = np.isfinite(known).sum(axis=0) > len(frames) / 2
    median = np.zeros(depths.shape[1:], np.float32)
    median[enough] = np.nanmedian(known[:, enough], axis=0)
    last = frames[-1]
    return DepthFrame(median, np.where(enough, last.confidence, 0), last.time_s, last.number, last.optics)
