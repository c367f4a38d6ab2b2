"""The finishing crop: the rotation and the rectangle that bring a picture into a look, as far as it can be.

Places are in pixels, x to the right and y down, with pixel (0, 0) covering 0 to 1. The picture is turned
about its middle, the rectangle is then cut out upright. With u as 1 over the crop's height, and u times its
corner as two more unknowns, the measures of a look, the picture's edges and the subject's are all linear: a
linear program finds the rectangle whose worst measure is the least off, exactly.
"""

import functools
import itertools
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.composition.framing import Framing, framing, measured
from framecue.composition.look import Look
from framecue.composition.subject import Composition

Numbers = NDArray[np.float64]

LEVEL_DEG: Final = 0.3  # a picture that leans less is level
DONE: Final = 0.5  # tolerances within which a picture is as it should be
_TURNS: Final = 10  # parts of the whole rotation that are tried where the whole one asks too much
_LEAST: Final = 0.03  # share of the picture that a crop must take away to be worth one
_EPS: Final = 1e-7
_LARGER: Final = 1e-3  # how much a larger crop is worth, against the measures


@dataclass(frozen=True, slots=True)
class Crop:
    """What to cut out of a picture of `picture` (width, height) pixels.

    turn_deg: the picture is first turned about its middle by so much, clockwise. left, top, width, height: of
    the rectangle in the turned picture. error: the worst measure then, in tolerances of the look; 0 where the
    look could not be told. needed: False where the picture is as it should be and is better left alone.
    """

    picture: tuple[int, int]
    turn_deg: float
    left: float
    top: float
    width: float
    height: float
    error: float
    needed: bool

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the crop in whole pixels: none of the picture's is enlarged."""
        return max(1, int(self.width + _EPS)), max(1, int(self.height + _EPS))

    def matrix(self) -> Numbers:
        """(2, 3): from places in the picture to places in the crop of `size`."""
        turned = _turning(self.picture, self.turn_deg)
        spare = np.array([self.width, self.height]) - self.size
        turned[:, 2] -= np.array([self.left, self.top]) + spare / 2
        return turned


def crop_into(composition: Composition, look: Look, max_enlargement: float = 2.0) -> Crop:
    """The crop that levels a picture and brings it nearest to a look.

    composition: of the picture, in its pixels. An unknown roll levels nothing. max_enlargement: how many
    times smaller than the picture's long side the crop's may be, from 1; prints are enlarged by as much.

    The crop never leaves the picture and has its proportions, or, where the look is held the other way and
    the subject allows it, those of the picture on its side. Whoever is whole in the picture stays whole,
    but for feet that the look cuts off on purpose; rather than cut anybody, the picture stays a little
    oblique. Where a rectangle exists in which every measure is within its tolerance, such a one is found.
    """
    group = framing(composition, look)
    picture = (composition.width, composition.height)
    roll = look.measures.roll_deg
    lean = (
        0.0 if composition.roll_deg is None else composition.roll_deg - (0.0 if roll is None else roll.value)
    )
    allowed = 1.0 if roll is None else roll.tolerance
    parts = [1.0] if abs(lean) < LEVEL_DEG else [1 - part / _TURNS for part in range(_TURNS + 1)]
    lean = lean if len(parts) > 1 else 0.0
    for aspect in _aspects(picture, look):
        best: tuple[tuple[float, float], _Scene, float] | None = None
        for part in parts:
            oblique = (1 - part) * abs(lean) / allowed
            if best is not None and max(1.0, oblique) >= best[0][0]:
                break  # turning it less makes nothing better
            scene = _Scene(composition, look, group, lean, part * lean, aspect, max_enlargement)
            worst = scene.least_worst()
            if worst is None:
                continue
            rank = (max(1.0, worst, oblique), oblique)
            if best is None or rank < best[0]:
                best = rank, scene, worst
        crop = None if best is None else best[1].crop(best[2])
        if crop is not None:
            return crop
    # What is measured contradicts itself: leave the picture alone.
    return Crop(picture, 0.0, 0.0, 0.0, float(picture[0]), float(picture[1]), 0.0, False)


def _aspects(picture: tuple[int, int], look: Look) -> list[float]:
    """Width over height that the crop may have, the best first."""
    own = picture[0] / picture[1]
    held = "landscape" if own > 1 else "portrait"
    return [own] if own == 1 or look.orientation in ("any", held) else [1 / own, own]


def _turning(picture: tuple[int, int], turn_deg: float) -> Numbers:
    """(2, 3): turns places clockwise about the picture's middle."""
    turn, middle = math.radians(turn_deg), np.array(picture) / 2
    cos, sin = math.cos(turn), math.sin(turn)
    spin = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([spin, middle - spin @ middle])


class _Scene:
    """A picture turned by one angle: what is where in it, and the rectangle to find.

    Lengths are in the picture's long sides from here on.
    """

    def __init__(
        self,
        composition: Composition,
        look: Look,
        group: Framing | None,
        lean: float,
        turn: float,
        aspect: float,
        max_enlargement: float,
    ) -> None:
        self._picture = (composition.width, composition.height)
        self._unit = float(max(self._picture))
        self._turn, self._aspect = turn, aspect
        self._matrix = _turning(self._picture, turn)
        self._most = max(1.0, max_enlargement) * max(1.0, aspect)
        self._rows: list[tuple[list[float], float]] = []  # of (a, b): a . (u, P, Q) <= b
        self._inside()
        self._wishes: list[
            tuple[Numbers, float, float]
        ] = []  # of (a, value, tolerance): a . (u, P, Q) = value
        if group is not None:
            self._keep_whole(group, look)
            self._wish(group, look, lean)

    def crop(self, worst: float) -> Crop | None:
        """The crop with the least sum of errors, none of them larger than the worst, in tolerances."""
        best = self._least_sum(worst)
        if best is None:
            return None
        u, across, down = map(float, best)
        errors = [abs(float(a @ best) - value) / tolerance for a, value, tolerance in self._wishes]
        height = self._unit / u
        return Crop(
            self._picture,
            self._turn,
            across / u * self._unit,
            down / u * self._unit,
            height * self._aspect,
            height,
            max(errors, default=0.0),
            self._is_needed(height),
        )

    def _is_needed(self, height: float) -> bool:
        taken = height * self._aspect / self._picture[0]
        if self._turn or abs(self._aspect - self._picture[0] / self._picture[1]) > _EPS:
            return True
        whole = np.array([self._unit / self._picture[1], 0.0, 0.0])
        worst = max((abs(float(a @ whole) - value) / tol for a, value, tol in self._wishes), default=0.0)
        return bool(taken < 1 - _LEAST and worst > DONE)

    def _places(self, points: Numbers) -> Numbers:
        """(n, 2) places of the picture, turned, in this scene's lengths."""
        turned = points @ self._matrix[:, :2].T + self._matrix[:, 2]
        return np.asarray(turned / self._unit, np.float64)

    def _inside(self) -> None:
        """The rectangle stays within the turned picture's edges, and is not smaller than allowed."""
        width, height = self._picture
        corners = self._places(np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64))
        for first, second in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            along = (second - first) / np.linalg.norm(second - first)
            outward = np.array([along[1], -along[0]])
            far = max(outward[0], 0.0) * self._aspect + max(outward[1], 0.0)
            self._rows.append(([-float(outward @ first), *map(float, outward)], -far))
        self._rows.append(([1.0, 0.0, 0.0], self._most))

    def _keep_whole(self, group: Framing, look: Look) -> None:
        """Nobody who is whole is cut, but for feet that the look leaves out; the outermost of all count."""
        least, most = [math.inf, math.inf], [-math.inf, -math.inf]
        for member in group.members:
            top = 0.0 if member.head_top_y is None else member.head_top_y
            with_feet = look.measures.foot_line is not None and member.foot_y is not None
            low = member.foot_y if with_feet else member.chin_y
            sides = (member.left_x, member.right_x + 1)
            ends = (top, (top if low is None else low) + 1)
            places = self._places(np.array([[x, y] for x in sides for y in ends]))
            if "left" not in member.cut:
                least[0] = min(least[0], float(places[:, 0].min()))
            if "right" not in member.cut:
                most[0] = max(most[0], float(places[:, 0].max()))
            if "top" not in member.cut and member.head_top_y is not None:
                least[1] = min(least[1], float(places[:, 1].min()))
            if "bottom" not in member.cut or not with_feet:
                most[1] = max(most[1], float(places[:, 1].max()))
        rows = [
            ([-least[0], 1.0, 0.0], 0.0),
            ([-least[1], 0.0, 1.0], 0.0),
            ([most[0], -1.0, 0.0], self._aspect),
            ([most[1], 0.0, -1.0], 1.0),
        ]
        self._rows += [(a, b) for a, b in rows if math.isfinite(a[0])]

    def _wish(self, group: Framing, look: Look, lean: float) -> None:
        """What the look asks for, about the turned picture: who stands upright leans with the camera."""
        subject, (width, height) = group.subject, self._picture
        seen = measured(group, look, None, width, height)
        top = 0.0 if subject.head_top_y is None else subject.head_top_y + 0.5
        low = float(height) if subject.foot_y is None else subject.foot_y + 0.5
        ((middle_x, middle_y),) = self._places(np.array([[subject.centre_x + 0.5, (top + low) / 2]]))
        upright = math.cos(math.radians(lean - self._turn)) / math.cos(math.radians(lean)) / self._unit
        half = (low - top) / 2 * upright
        lines = {"head_top": middle_y - half, "foot_line": middle_y + half}
        for name, y in lines.items():
            if name in seen:
                self._ask(look, name, np.array([y, 0.0, -1.0]))
        if "body_height" in seen:
            self._ask(look, "body_height", np.array([seen["body_height"] * height * upright, 0.0, 0.0]))
        self._ask(look, "centre_x", np.array([middle_x, -1.0, 0.0]) / self._aspect)

    def _ask(self, look: Look, name: str, row: Numbers) -> None:
        measure = getattr(look.measures, name)
        if measure is not None:
            self._wishes.append((row, measure.value, measure.tolerance))

    def least_worst(self) -> float | None:
        """The least error, in tolerances, that the worst measure can have; None without any rectangle."""
        rows = [[*a, 0.0, b] for a, b in self._rows]
        for a, value, tolerance in self._wishes:
            rows += [[*a, -tolerance, value], [*-a, -tolerance, -value]]
        rows.append([0.0, 0.0, 0.0, -1.0, 0.0])
        found = _within(_corners(np.array(rows)), np.array(rows))
        return float(found[:, 3].min()) if len(found) else None

    def _least_sum(self, worst: float) -> Numbers | None:
        """(u, P, Q) with the least sum of errors, none of them larger than the worst."""
        rows = [[*a, b] for a, b in self._rows]
        for a, value, tolerance in self._wishes:
            rows += [[*a, value + worst * tolerance], [*-a, worst * tolerance - value]]
        exact = [[*a, value] for a, value, _ in self._wishes]
        found = _within(_corners(np.array([*rows, *exact])), np.array(rows))
        if not len(found):
            return None
        cost = _LARGER * found[:, 0]
        for a, value, tolerance in self._wishes:
            cost += np.abs(found @ a - value) / tolerance
        return np.asarray(found[np.argmin(cost)], np.float64)


@functools.lru_cache(maxsize=8)
def _choices(count: int, chosen: int) -> NDArray[np.intp]:
    """Every way to choose some of count things, a row each."""
    return np.array(list(itertools.combinations(range(count), chosen)), np.intp)


def _corners(planes: Numbers) -> Numbers:
    """(m, d): every place where d of the planes (a, b), on each of which a . x = b, meet in one point.

    planes: (n, d + 1), up to some twenty. For so few it is the plainest way to an exact and certain answer.
    """
    chosen = planes[_choices(len(planes), planes.shape[1] - 1)]
    sides, values = chosen[:, :, :-1], chosen[:, :, -1:]
    sharp = np.abs(np.linalg.det(sides)) > _EPS
    return np.asarray(np.linalg.solve(sides[sharp], values[sharp])[:, :, 0], np.float64)


def _within(places: Numbers, rows: Numbers) -> Numbers:
    """Those of the places x, (m, d), with a . x <= b for every one of the rows (a, b), (n, d + 1)."""
    return places[(places @ rows[:, :-1].T <= rows[:, -1] + _EPS).all(axis=1)]
