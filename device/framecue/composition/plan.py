"""The smallest move that brings a composition into a look, and the next step of it worth saying.

A move is a change of some numbers, those that a mount lets change. `Planner.all_moves` finds the whole way, a
least-squares problem in tolerances of the look with a small price on moving; `Planner.steps` finds which one
or two parts of that way bring the picture nearest to the look if nothing else is done. A part is never larger
than the whole way wants it, so no step has to be undone by a later one.
"""

import functools
import itertools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.composition.axes import (
    AXES,
    MOUNTS,
    Axis,
    Values,
    Way,
    errors,
    level_enough,
    moved,
    values,
)
from framecue.composition.cue import CueName, Mount, Unit
from framecue.composition.look import Look
from framecue.composition.pose import Array, Lens, Pose, row

MEASURES: Final = ("head_top", "foot_line", "body_height", "centre_x", "heads", "roll_deg")
HEIGHTS_M: Final = (0.2, 2.1)  # where hands or a tripod can hold a camera
LAST_M: Final = 0.19  # of the way to the lowest or highest, which is not gone in small steps
PITCH_DEG: Final = 45.0
NEAREST_M: Final = 0.6
PRICE: Final = 0.06  # of a move as large as AXES says, in tolerances
UNREACHABLE_WEIGHT: Final = 0.4  # of a ratio that no move brings into the look
KNEEL_FOR: Final = 0.1  # share of what is missing of a ratio that must be won where not all of it can be
RATIO_SLACK: Final = 0.15  # tolerances of the ratio that a small tilt may spoil: nobody kneels for less
# A person out of the middle shows less than a cut toe, and the two lines already bound the body between them.
BROAD: Final = ("centre_x", "body_height")
COARSE: Final = 0.85  # tolerances within which the place across is right
NEARLY: Final = 1.3  # a ratio out of reach, so weighted, for which the lines give up some of their room
STRAIN: Final = 4.0  # times as much counts what lies beyond COARSE where no move mends everything
LOST: Final = 0.28  # shares of the width off the middle at which somebody is nearly out of the picture
ROUNDS: Final = 8
_NUDGE: Final = 1e-4
_LITTLE_LEFT: Final = 0.25  # share of moves planned a moment ago: where it is better, most of them are made
_SHARES: Final = np.array([1.0, 0.5, 0.2, 0.05])  # of a Gauss-Newton step
_PARTS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # of the whole way
_EDGE: Final = 0.5  # tolerances; a measure this near to its value after all moves counts as reached


class Planner:
    """Plans for one pose. mount says which axes may move; blocked: cues that were found to be in vain.

    share: as in `values`. complete: all that the look wants of the person is seen. ratio: whether the heads
    ratio is to be changed, for which somebody has to kneel or rise; without it height stays as it is.
    turns: what the camera turns by itself beside what the mount lets people move, from and to; where it can
    pan nobody is sent aside. residue: what is measured beyond what the pose explains, as in `axes.residue`;
    it stays through all moves.
    """

    def __init__(
        self,
        pose: Pose,
        lens: Lens,
        look: Look,
        mount: Mount,
        *,
        blocked: frozenset[CueName] = frozenset(),
        share: float = 1.0,
        complete: bool = True,
        ratio: bool = True,
        turns: Mapping[Axis, tuple[float, float]] = MappingProxyType({}),
        residue: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        self.pose, self.lens, self.look, self.share = pose, lens, look, share
        self.complete, self._residue = complete, residue
        self._from = row(pose)
        by_hand = (axis for axis in MOUNTS[mount] if axis != "aside" or "pan" not in turns)
        self.axes: tuple[Axis, ...] = (*by_hand, *turns)
        self._bounds = {axis: turns.get(axis) or self._bound(axis, blocked) for axis in self.axes}
        asked = ((name, getattr(look.measures, name)) for name in MEASURES)
        self._asked = [(name, want.value, want.tolerance) for name, want in asked if want is not None]
        self._weights: Values = {}
        self._strain = STRAIN if mount == "fixed" else 0.0
        roll = look.measures.roll_deg
        if roll is not None and abs(pose.roll_deg - roll.value) < level_enough(look):
            self._weigh("roll_deg", 0.0, "roll")
        if not ratio:
            self._weigh("heads", 0.0, "raise")

    def all_moves(self) -> Way:
        """The whole way. Where a ratio is out of reach the lines are not given up for it."""
        way = self._solve(PRICE)
        if "heads" in self._weights or self._ratio_after(way.moves) <= _EDGE:
            return way
        self._weigh("heads", UNREACHABLE_WEIGHT)
        way = self._solve(PRICE)
        if UNREACHABLE_WEIGHT * self._ratio_after(way.moves) < NEARLY:
            self._strain = STRAIN
            way = self._solve(PRICE)
        now = self._ratio_after({})
        if now - self._ratio_after(way.moves) < max(_EDGE, KNEEL_FOR * now):
            self._weigh("heads", 0.0, "raise")
            way = self._solve(PRICE)
        return way

    @property
    def here(self) -> float:
        """The distance to the look now, a sum of squared tolerances."""
        return float(self._distances(np.zeros((1, len(self.axes))))[0])

    def worsens(self, way: Way) -> bool:
        """Whether a way leads away from the look, ratio and all, while at most the ratio is outside it."""
        before = self._off
        if any(abs(error) > 1.0 for name, error in before.items() if name != "heads"):
            return False
        return sum(e * e for e in self._left(way.moves).values()) >= sum(e * e for e in before.values())

    def again(self, moves: Mapping[Axis, float]) -> Way:
        """Moves planned a moment ago as a way from here.

        They lead nowhere where one of them cannot be made now, or where a quarter of them is better.
        """
        for axis, amount in moves.items():
            low, high = self._bounds[axis]
            if not low <= amount <= high:
                return Way(moves, self.here, self.here)
        all_of_it, little = self._distances(np.outer((1.0, _LITTLE_LEFT), self._row(moves))).tolist()
        return Way(moves, self.here, all_of_it if all_of_it <= little else self.here)

    def near_enough(self, axis: Axis) -> bool:
        """Whether the place across, which an axis mends, is no reason to ask for it by itself."""
        return axis in ("pan", "aside") and abs(self._off.get("centre_x", 0.0)) < COARSE

    def loses(self, way: Way) -> bool:
        """Whether somebody would be nearly out of the picture after a way, and further than now."""
        want = self.look.measures.centre_x
        if want is None:
            return False
        now, then = (abs(off.get("centre_x", 0.0)) for off in (self._off, self._left(way.moves)))
        return then > now and then * want.tolerance > LOST

    def left_after(self, way: Way) -> float:
        """The largest error, in tolerances, that would be left after a way."""
        return max((abs(e) for e in self._left(way.moves).values()), default=0.0)

    def steps(self, whole: Way, least: Mapping[Axis, float], most: Mapping[Unit, float]) -> list[Way]:
        """Every one and two axes of the whole way on their own, as far along it as helps most by itself.

        least: moves smaller than this are left out. most: of two moves at least one is no larger.
        """
        worth = [i for i, a in enumerate(self.axes) if abs(whole.moves[a]) >= least[a]]
        if not worth:
            return []
        here = self.here
        kinds, shares = _grid(len(worth))
        moves = np.zeros((len(shares), len(self.axes)))
        moves[:, worth] = shares * np.array([whole.moves[self.axes[i]] for i in worth])
        after = self._distances(moves)
        large = np.abs(moves) > np.array([most[AXES[axis][2]] for axis in self.axes])
        never = large.sum(axis=1) > 1
        if not self.complete:  # how far to come closer is a guess until all that counts is seen
            closer = [axis in ("step", "come") for axis in self.axes]
            never |= (np.count_nonzero(moves, axis=1) > 1) & ((moves > 0) & large)[:, closer].any(axis=1)
            tilts = [axis == "tilt" for axis in self.axes]  # what is seen stays in the picture
            never |= (np.abs(moves[:, tilts]) > self.lens.half_deg[1]).any(axis=1)
        after[never] = np.inf
        found = []
        for kind in range(int(kinds[-1]) + 1):
            rows = np.flatnonzero(kinds == kind)
            best = rows[np.argmin(after[rows])]
            chosen = {self.axes[i]: float(moves[best, i]) for i in worth if moves[best, i] != 0.0}
            enough = all(abs(amount) >= least[a] for a, amount in chosen.items())
            if enough and np.isfinite(after[best]):
                found.append(Way(chosen, here, float(after[best])))
        return found

    def shortcuts(self, least: Mapping[Axis, float], step: Mapping[Unit, float]) -> list[Way]:
        """One or two moves that, made alone, leave as little as they can; in amounts that can be asked for.

        Least squares over the slopes here, so good near the look, where the whole way would be many small
        moves. step: what amounts are multiples of.
        """
        size = len(self.axes)
        unit = np.array([AXES[axis][3] for axis in self.axes])
        grain = np.array([step[AXES[axis][2]] for axis in self.axes])
        smallest = np.array([least[axis] for axis in self.axes])
        low, high = (np.array([self._bounds[axis][end] for axis in self.axes]) for end in (0, 1))
        off = self._errors(np.concatenate([np.zeros((1, size)), _NUDGE * np.diag(unit)]))
        slopes = (off[1:] - off[0]).T / _NUDGE
        tried = []
        for some in _choices(size):
            moves = np.zeros(size)
            columns = list(some)
            moves[columns] = np.linalg.lstsq(slopes[:, columns], -off[0], rcond=1e-6)[0] * unit[columns]
            moves = np.round(np.clip(moves, low, high) / grain) * grain
            if (np.abs(moves[columns]) >= smallest[columns]).all():
                tried.append(moves)
        if not tried:
            return []
        rows = np.array(tried)
        after = self._distances(rows).tolist()
        ways = [{a: float(m) for a, m in zip(self.axes, moves, strict=True) if m} for moves in rows]
        here = self.here
        return [Way(way, here, left) for way, left in zip(ways, after, strict=True)]

    def finishing(self, ways: list[Way], within: float) -> list[Way]:
        """Those ways after which nothing that counts is further off than so many tolerances."""
        if not ways:
            return []
        off = np.abs(self._errors(np.concatenate([self._row(way.moves) for way in ways])))
        broad = np.array([name in BROAD for name, *_ in self._asked])
        limits = np.where(broad, max(within, COARSE * within / 0.5), within)
        return [way for way, row_off in zip(ways, off, strict=True) if (row_off <= limits).all()]

    def _weigh(self, measure: str, weight: float, dropped: Axis | None = None) -> None:
        self._weights[measure] = weight
        self.axes = tuple(axis for axis in self.axes if axis != dropped)

    @functools.cached_property
    def _off(self) -> Values:
        """How far each measure is from the look now; asked for by every way that is weighed."""
        return self._left({})

    def _left(self, moves: Mapping[Axis, float]) -> Values:
        return errors({name: float(v[0]) for name, v in self._values(self._row(moves)).items()}, self.look)

    def _values(self, moves: Array) -> dict[str, Array]:
        """(n,) of each measure after (n, axes) moves."""
        found = values(moved(self._from, moves, self.axes), self.lens, self.look, self.share)
        return {name: value + self._residue.get(name, 0.0) for name, value in found.items()}

    def _row(self, moves: Mapping[Axis, float]) -> Array:
        """(1, axes) amounts of moves."""
        return np.array([[moves.get(axis, 0.0) for axis in self.axes]])

    def _ratio_after(self, moves: Mapping[Axis, float]) -> float:
        return abs(self._left(moves).get("heads", 0.0))

    def _bound(self, axis: Axis, blocked: frozenset[CueName]) -> tuple[float, float]:
        pose = self.pose
        low, high = {
            "step": (-30.0, max(pose.distance_m - NEAREST_M, 0.0)),
            "come": (-30.0, max(pose.distance_m - NEAREST_M, 0.0)),
            "raise": (-_room(pose.height_m - HEIGHTS_M[0]), _room(HEIGHTS_M[1] - pose.height_m)),
            "tilt": (min(-PITCH_DEG - pose.pitch_deg, 0.0), max(PITCH_DEG - pose.pitch_deg, 0.0)),
            "pan": (-90.0, 90.0),
            "roll": (-90.0, 90.0),
            "aside": (-10.0, 10.0),
        }[axis]
        upward, downward = AXES[axis][:2]
        return (0.0 if downward in blocked else low), (0.0 if upward in blocked else high)

    def _errors(self, moves: Array) -> Array:
        """(n, measures) weighted errors after (n, axes) moves."""
        found = self._values(moves)
        off = np.stack([(found[name] - value) / width for name, value, width in self._asked], axis=1)
        for column, (name, *_) in enumerate(self._asked):
            if name == "heads":
                off[:, column] -= np.clip(off[:, column], -RATIO_SLACK, RATIO_SLACK)
        weights = np.array([self._weights.get(name, 1.0) for name, *_ in self._asked])
        weighted: Array = np.clip(off, -60.0, 60.0) * weights
        return weighted

    def _distances(self, moves: Array) -> Array:
        """(n,) distances to the look, sums of squared errors, after (n, axes) moves."""
        if not self._asked:
            return np.zeros(len(moves))
        off = self._errors(moves)
        distances: Array = np.square(off).sum(axis=1) + np.square(self._beyond(off)).sum(axis=1)
        return distances

    def _beyond(self, off: Array) -> Array:
        """What is added where no move mends everything: then nothing may be far outside."""
        return self._strain * np.maximum(np.abs(off) - COARSE, 0.0)

    def _solve(self, price: float) -> Way:
        """Projected Gauss-Newton: the moves within bounds that bring all errors and their own price down."""
        unit = np.array([AXES[axis][3] for axis in self.axes])
        low, high = (np.array([self._bounds[axis][end] for axis in self.axes]) / unit for end in (0, 1))
        size = len(self.axes)
        nudges = np.concatenate([np.zeros((1, size)), _NUDGE * np.eye(size)])

        def residuals(tried: Array) -> Array:
            """(tries, 1 + axes, r) residuals of tries and of each nudged along every axis."""
            rows = (tried[:, None] + nudges).reshape(-1, size)
            off = self._errors(rows * unit)
            found = np.concatenate([off, self._beyond(off), price * rows], axis=1)
            return found.reshape(len(tried), size + 1, -1)

        at = np.zeros(size)
        local = residuals(at[None])[0]
        cost = float(local[0] @ local[0])
        for _ in range(ROUNDS if self._asked else 0):
            slopes = (local[1:] - local[0]).T / _NUDGE
            downhill = -slopes.T @ local[0]
            free = ~((at <= low) & (downhill < 0) | (at >= high) & (downhill > 0))
            if not free.any():
                break
            step = np.zeros(size)
            step[free] = _downhill(slopes[:, free], local[0])
            steps = [step]
            if ((at + step < low) | (at + step > high)).any():
                steps.append(_within(step, slopes, local[0], free, low - at, high - at))
            tried = np.clip(at + np.concatenate(_SHARES[:, None, None] * np.array(steps)), low, high)
            there = residuals(tried)
            costs = np.square(there[:, 0]).sum(axis=1)
            best, before = int(np.argmin(costs)), cost
            if costs[best] < cost:
                at, local, cost = tried[best], there[best], float(costs[best])
            if before - cost < 1e-3 * (1 + cost):
                break
        moves = dict(zip(self.axes, (at * unit).tolist(), strict=True))
        return Way(moves, self.here, float(self._distances((at * unit)[None])[0]))


def _downhill(slopes: Array, off: Array) -> Array:
    """The Gauss-Newton step."""
    normal = slopes.T @ slopes + 1e-6 * np.eye(slopes.shape[1])
    return np.asarray(np.linalg.solve(normal, -slopes.T @ off), np.float64)


def _within(
    step: Array, slopes: Array, off: Array, free: NDArray[np.bool_], low: Array, high: Array
) -> Array:
    """The same within bounds: what would go beyond its own stops there, and the rest make up for it."""
    while free.any():
        beyond = (step < low) | (step > high)
        if not beyond.any():
            break
        step, free = np.clip(step, low, high), free & ~beyond
        step[free] = _downhill(slopes[:, free], off + slopes[:, ~free] @ step[~free])
    return step


def _room(left_m: float) -> float:
    """How far hands can still go: whose camera is nearly at the end, as far as is known, is there."""
    return left_m if left_m > LAST_M else 0.0


def _choices(axes: int) -> list[tuple[int, ...]]:
    return [*itertools.combinations(range(axes), 1), *itertools.combinations(range(axes), 2)]


@functools.cache
def _grid(axes: int) -> tuple[NDArray[np.int64], Array]:
    """Shares of a whole way to try: (n,) number of the choice of axes, (n, axes) how much of each."""
    kinds, shares = [], []
    for kind, some in enumerate(_choices(axes)):
        for parts in itertools.product(_PARTS, repeat=len(some)):
            share = np.zeros(axes)
            share[list(some)] = parts
            kinds.append(kind)
            shares.append(share)
    return np.array(kinds), np.array(shares)
