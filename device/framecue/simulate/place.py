"""Where camera and guests stand in a simulated run, what may move, and what stands in the way."""

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from framecue.composition.axes import AXES
from framecue.composition.cue import Cue, CueName, Mount
from framecue.composition.geometry import Pinhole

HEIGHTS_M: Final = (0.25, 2.2)  # where a photographer can hold the camera
NEAREST_M: Final = 0.5
# What each cue about the camera changes of it, and which way.
TURNS: Final[dict[CueName, tuple[str, int]]] = {
    "tilt_up": ("pitch_deg", 1), "tilt_down": ("pitch_deg", -1), "pan_left": ("pan_deg", -1),
    "pan_right": ("pan_deg", 1), "roll_left": ("roll_deg", -1), "roll_right": ("roll_deg", 1),
    "raise": ("y", 1), "lower": ("y", -1),
}  # fmt: skip
MOVES: Final = frozenset(name for up, down, *_ in AXES.values() for name in (up, down))


@dataclass(frozen=True, slots=True)
class Place:
    """One moment of a run.

    camera: where it is in the room. guests: where they moved to from the origin (x, z), metres.
    wall_m: how far behind the origin, towards the photographer, the room ends; back_m: the other way.
    """

    camera: Pinhole
    guests: tuple[float, float] = (0.0, 0.0)
    wall_m: float = 11.0
    back_m: float = 3.0

    @property
    def seen_from(self) -> Pinhole:
        """The camera as it stands to the guests, for a scene in which they are at the origin."""
        return replace(self.camera, x=self.camera.x - self.guests[0], z=self.camera.z - self.guests[1])

    def after(self, cue: CueName, amount: float, astray_deg: float = 0.0) -> "Place":
        """The place after one move of so many metres or degrees, as far as the room lets it.

        astray_deg: by how much somebody who walks misses the direction.
        """
        if cue in ("step_back", "step_closer"):
            return self._walked(amount if cue == "step_closer" else -amount, astray_deg)
        if cue.startswith("guests_"):
            return self._guests_moved(cue, amount, astray_deg)
        name, sign = TURNS[cue]
        value = getattr(self.camera, name) + sign * amount
        if name == "y":
            value = min(max(value, HEIGHTS_M[0]), HEIGHTS_M[1])
        changed: dict[str, Any] = {name: value}
        return replace(self, camera=replace(self.camera, **changed))

    def between(self, other: "Place", share: float) -> "Place":
        """The place a share of the way to another."""
        names = ("x", "y", "z", "pitch_deg", "pan_deg", "roll_deg")
        mixed: dict[str, Any] = {
            n: _mix(getattr(self.camera, n), getattr(other.camera, n), share) for n in names
        }
        guests = tuple(_mix(a, b, share) for a, b in zip(self.guests, other.guests, strict=True))
        return replace(self, camera=replace(self.camera, **mixed), guests=(guests[0], guests[1]))

    def _walked(self, ahead: float, astray_deg: float) -> "Place":
        way = math.radians(self.camera.pan_deg + astray_deg)
        back = -ahead * math.cos(way)
        room = max(self.camera.z + self.wall_m, 0.0)
        if back > room:  # who meets the wall stops there
            ahead *= room / back
        x, z = self.camera.x + ahead * math.sin(way), self.camera.z + ahead * math.cos(way)
        x, z = self._kept_apart(x, z)
        return replace(self, camera=replace(self.camera, x=x, z=z))

    def _kept_apart(self, x: float, z: float) -> tuple[float, float]:
        """A photographer stops before the guests."""
        away = math.hypot(x - self.guests[0], z - self.guests[1])
        if away >= NEAREST_M and z < self.guests[1]:
            return x, z
        return self.camera.x, self.guests[1] - NEAREST_M

    def _guests_moved(self, cue: CueName, amount: float, astray_deg: float) -> "Place":
        camera, (x, z) = self.camera, self.guests
        turn = {"guests_closer": 180.0, "guests_back": 0.0, "guests_left": -90.0, "guests_right": 90.0}[cue]
        along = math.degrees(math.atan2(x - camera.x, z - camera.z))
        if cue in ("guests_left", "guests_right"):
            along = camera.pan_deg
        way = math.radians(along + turn + astray_deg)
        x, z = x + amount * math.sin(way), z + amount * math.cos(way)
        z = min(max(z, camera.z + NEAREST_M), self.back_m)
        return replace(self, guests=(x, z))


def asked(cue: Cue) -> list[Cue]:
    """The moves of a cue that change the place; who turns and walks turns first."""
    moves = [each for each in (cue, cue.also) if each is not None and each.cue in MOVES]
    moves = [each for each in moves if each.detail is None]  # what some of a group are asked moves not all
    return sorted(moves, key=lambda each: not each.cue.startswith("pan"))


def obeyed(place: Place, cue: Cue, share: float) -> Place | None:
    """The place after obeying a share of all that a cue asks for, exactly; None where it asks for no move."""
    moves = [each for each in asked(cue) if each.amount is not None]
    for each in moves:
        place = place.after(each.cue, share * (each.amount or 0.0))
    return place if moves else None


def random_place(rng: np.random.Generator, mount: Mount, size: tuple[int, int], fov_deg: float) -> Place:
    """Where a run starts: 1.2 to 8 m away, 0.8 to 1.8 m high, turned by up to 20 degrees, leaning up to 12.

    A fixed camera was put up by somebody who tried: level within 1.5 degrees and tilted at a grown-up within
    2; its guests come from anywhere in front of it. One start in six has a wall close behind.
    """
    far, high = float(rng.uniform(1.2, 8.0)), float(rng.uniform(0.8, 1.8))
    pitch, pan = (float(a) for a in rng.uniform(-20, 20, 2))
    roll = float(rng.uniform(-12, 12))
    wall = float(rng.uniform(9.0, 12.0)) if rng.random() > 1 / 6 else max(far, float(rng.uniform(1.6, 3.5)))
    camera = Pinhole(*size, fov_deg, 0.0, high, -far, pitch, pan, roll)
    if mount != "fixed":
        return Place(camera, wall_m=wall)
    focal = camera.focal_px
    fits = focal * 1.7 / (0.84 * size[1])
    pitch = math.degrees(math.atan2(0.85 - high, fits)) + float(rng.normal(0, 1.0))
    camera = replace(camera, z=-fits, pan_deg=0.0, roll_deg=float(rng.normal(0, 0.7)), pitch_deg=pitch)
    aside = far * math.tan(math.radians(pan))
    return Place(camera, (aside, far - fits), back_m=float(rng.uniform(5.0, 8.0)))


def _mix(a: float, b: float, share: float) -> float:
    return a + share * (b - a)
