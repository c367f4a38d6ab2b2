"""Whether a look can be reached at all, by trying: the judge of who gives up."""

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from framecue.composition.cue import Mount
from framecue.composition.geometry import Pinhole
from framecue.composition.look import Look
from framecue.simulate.place import HEIGHTS_M, NEAREST_M, Place
from framecue.simulate.run import AnyOutline, off, truth

FARTHEST_M: Final = 14.0
TURNS: Final = 3  # times that tilt and pan are mended for a place


def best_reachable(outline: AnyOutline, place: Place, look: Look, mount: Mount, head: bool = False) -> float:
    """The smallest worst error, in tolerances, of any place that the mount and the room allow.

    A grid of distances and heights (or places of the guests), the tilt and pan of each mended by what is
    still off, then ever smaller steps around the best. head: a fixed camera turns, whatever its limits.
    """
    if mount == "fixed":
        far = place.back_m - place.camera.z
        high = place.camera.y
        if head:
            camera = place.camera
            return _searched(lambda a, _: _free(outline, camera, look, a, high), (NEAREST_M, far), (0, 1))
        return _searched(lambda a, b: _fixed(outline, place, look, a, b), (NEAREST_M, far), (-2.5, 2.5))
    far = FARTHEST_M if mount == "tripod" else place.wall_m + place.guests[1]
    return _searched(lambda a, b: _free(outline, place.camera, look, a, b), (NEAREST_M, far), HEIGHTS_M)


def _searched(
    worst: Callable[[float, float], float], first: tuple[float, float], second: tuple[float, float]
) -> float:
    grid = itertools.product(np.geomspace(*first, 22).tolist(), np.linspace(*second, 9).tolist())
    best, a, b = min((worst(a, b), a, b) for a, b in grid)
    da, db = 0.1 * a, (second[1] - second[0]) / 12
    while da > 0.004 * a:
        around = ((a + i * da, b + j * db) for i in (-1, 0, 1) for j in (-1, 0, 1))
        inside = [(x, y) for x, y in around if first[0] <= x <= first[1] and second[0] <= y <= second[1]]
        found = min((worst(x, y), x, y) for x, y in inside)
        if found[0] < best - 1e-6:
            best, a, b = found
        else:
            da, db = da / 2, db / 2
    return best


def _free(outline: AnyOutline, camera: Pinhole, look: Look, far: float, high: float) -> float:
    """A camera that can be turned any way, so many metres from the person and over the floor."""
    roll = look.measures.roll_deg
    aimed = replace(
        camera, x=0.0, y=high, z=-far, pan_deg=0.0, roll_deg=0.0 if roll is None else roll.value,
        pitch_deg=math.degrees(math.atan2(0.85 - high, far)),
    )  # fmt: skip
    found: dict[str, float] = {}
    for _ in range(TURNS):
        found = truth(outline, aimed, look)
        if not found:
            return math.inf
        aimed = _turned(aimed, found, outline.fitted(look, aimed))
    return _worst(off(outline, aimed, look))


def _turned(camera: Pinhole, found: dict[str, float], look: Look) -> Pinhole:
    away = {name: value - getattr(look.measures, name).value for name, value in found.items()}
    lines = [away[name] for name in ("head_top", "foot_line") if name in away]
    down = float(np.mean(lines)) * camera.height if lines else 0.0
    right = away.get("centre_x", 0.0) * camera.width
    return replace(
        camera,
        pitch_deg=camera.pitch_deg - math.degrees(math.atan(down / camera.focal_px)),
        pan_deg=camera.pan_deg + math.degrees(math.atan(right / camera.focal_px)),
    )


def _fixed(outline: AnyOutline, place: Place, look: Look, far: float, aside: float) -> float:
    """Guests who stand so far before a fixed camera, and so far to its right."""
    camera = place.camera
    return _worst(off(outline, replace(camera, x=-aside, z=-far), look))


def _worst(found: dict[str, float]) -> float:
    return max((abs(e) for e in found.values()), default=math.inf)
