"""Where the camera stands to a person: least squares over what the picture and the sensors tell, with priors.

A person is an upright line on the floor with three marks on it: the top of a round head, a chin that stands
forward, the soles. Seen through a pinhole they give rows and a column; three rows cannot tell distance, tilt,
height and the person's own size at once, so every unknown has a prior (how tall people are, how cameras are
held), and what is known beside the picture, such as a depth or a pitch sensor, comes in as one more equation
with its own deviation.
"""

import math
from dataclasses import dataclass, fields, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from framecue.composition.geometry import focal_px

Array = NDArray[np.float64]

STANCE_M: Final = 0.11  # from the body's middle to the outer edge of a foot, across the picture
CHIN: Final = 0.25  # head heights that the chin stands before the body's middle
ROUND: Final = 0.55  # radius of the top of a head, in head heights
TOE_M: Final = 0.2  # how far the lowest point of a foot stands before the body's middle
BODY_WIDTH_M: Final = 0.52  # of a person with arms hanging
STEPS: Final = 12  # at most, of the solver
_LEAST: Final = np.array([-2.9, -85.0, -8.0, -80.0, -90.0, -2.0, 2.0])  # of the unknowns
_MOST: Final = np.array([5.1, 85.0, 10.0, 80.0, 90.0, 2.0, 16.0])
_NUDGE: Final = 1e-5
_NUDGES: Final = np.concatenate([np.zeros((1, 7)), _NUDGE * np.eye(7)])
_RAD: Final = math.pi / 180
_NEAR: Final = 0.05  # metres; nothing is projected from nearer
_SMALL: Final = 1e-4  # a step this small, in priors' deviations, ends the search


@dataclass(frozen=True, slots=True)
class Lens:
    """An ideal lens: picture size and focal length, pixels."""

    width: int
    height: int
    focal: float

    @staticmethod
    def of(width: int, height: int, fov_deg: float) -> "Lens":
        """The lens of a picture with that vertical field of view."""
        return Lens(width, height, focal_px(height, fov_deg))

    @property
    def half_deg(self) -> tuple[float, float]:
        """Degrees from the middle of the picture to its side and to its upper edge."""
        aside, up = (math.degrees(math.atan(size / 2 / self.focal)) for size in (self.width, self.height))
        return aside, up


@dataclass(frozen=True, slots=True)
class Pose:
    """A camera and the person in front of it.

    distance_m: along the floor. bearing_deg: where the person stands, right of where the camera heads.
    height_m: camera over the floor. pitch_deg: up positive. roll_deg: clockwise positive from behind.
    body_m: the person, soles to top of hair or hat. heads: body-to-head ratio as a level camera sees it.
    """

    distance_m: float = 3.0
    bearing_deg: float = 0.0
    height_m: float = 1.2
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    body_m: float = 1.7
    heads: float = 7.0


NAMES: Final = tuple(each.name for each in fields(Pose))


@dataclass(frozen=True, slots=True)
class Kind:
    """Who may be there: heads with its deviation, and the misfit that speaks against them beforehand."""

    heads: float
    deviation: float
    doubt: float


KINDS: Final = (Kind(7.05, 0.4, 0.0), Kind(5.4, 0.45, 3.8))  # grown-ups; children, one guest in eight

# What is likely before anything is seen, and deviations of the unknowns, distance and build as logarithms.
PRIOR: Final = Pose()
SPREAD_OF_UNKNOWNS: Final = (0.9, 25.0, 0.45, 10.0, 6.0, 0.08, 0.55)


GROWN_HEADS: Final = 6.4  # children are fewer heads tall, about 6 at 1.4 m, 5.3 at 1.15 m
SHRINK: Final = 0.3


def child_shrink(heads: Array) -> Array:
    """How much shorter than adults people of (n,) ratios are likely to be, as logarithms, 0 or less."""
    shrinks: Array = -SHRINK * np.maximum(GROWN_HEADS - heads, 0.0)
    return shrinks


class Projected(NamedTuple):
    """Rows of head top, chin and soles, the column of the body's middle and its width, each (n,) pixels.

    They are where the marks would be seen, in the frame or not; they run far away beside the camera.
    """

    head_top: Array
    chin: Array
    foot: Array
    middle: Array
    width: Array


def project(poses: Array, lens: Lens) -> Projected:
    """Where the marks of a person are seen from each of (n, 7) poses, columns as in NAMES."""
    distance, bearing, height, pitch, roll, body, heads = poses.T
    bearing, pitch, roll = bearing * _RAD, pitch * _RAD, roll * _RAD
    ahead, aside = distance * np.cos(bearing), distance * np.sin(bearing)
    cos_p, sin_p, cos_r, sin_r = np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    head, toe = body / heads, TOE_M / 1.7 * body
    slant = np.arctan2(body - height, distance)  # from below the outline of a head is its brow, not its crown
    crown, brow = body - ROUND * head * (1 - np.cos(slant)), ROUND * head * np.sin(slant)
    # Rows: head top, chin, soles, middle of the body.
    rise = np.stack([crown, body - head, 0 * body, body / 2]) - height
    far = np.stack([ahead - brow, ahead - CHIN * head, ahead - toe, ahead])
    scale = lens.focal / np.maximum(far * cos_p + rise * sin_p, _NEAR)
    up = rise * cos_p - far * sin_p
    rows = (lens.height - 1) / 2 - scale * (sin_r * aside + cos_r * up)
    columns = (lens.width - 1) / 2 + scale * (cos_r * aside - sin_r * up)
    foot = rows[2] + np.abs(sin_r) * STANCE_M * scale[2]
    return Projected(
        rows[0], rows[1], foot, (columns[0] + columns[2]) / 2, BODY_WIDTH_M / 1.7 * body * scale[3]
    )


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of one frame: values with deviations, pixels, degrees and metres; None where not.

    beyond_top, beyond_bottom: the head or the feet are outside the frame's edge.
    """

    head_top: float | None = None
    chin: float | None = None
    foot: float | None = None
    middle: float | None = None
    width: float | None = None
    roll_deg: float | None = None
    pitch_deg: float | None = None
    distance_m: float | None = None
    beyond_top: bool = False
    beyond_bottom: bool = False
    line_px: float = 2.0  # deviation of a line
    distance_deviation_m: float | None = None  # a sensor's own; None for a tape measure's
    roll_deviation_deg: float = 1.0
    pitch_deviation_deg: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """What is thought of the unknowns before a frame is looked at: a normal distribution.

    mean: (7,), covariance: (7, 7), of the logarithm of distance_m, bearing_deg, height_m, pitch_deg,
    roll_deg, build, and heads. build: logarithm of the body's metres over those usual for such a ratio.
    """

    mean: Array
    covariance: Array

    def wider(self, deviations: Array) -> "Belief":
        """The same with these (7,) deviations added, each on its own."""
        return Belief(self.mean, self.covariance + np.diag(np.square(deviations)))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A pose with the deviation of each of its values, and how badly it fits what is known.

    misfit: sum of squared residuals, prior ones included, each in its own deviation. belief: what is thought
    after the frame.
    """

    pose: Pose
    deviation: Pose
    misfit: float
    belief: Belief


def first_belief(kind: Kind | None = None) -> Belief:
    """What is likely before anything is seen. kind: of whom; None: of whoever it may be."""
    mean, spread = unknowns(row(PRIOR))[0], np.array(SPREAD_OF_UNKNOWNS)
    if kind is not None:
        mean[NAMES.index("heads")], spread[NAMES.index("heads")] = kind.heads, kind.deviation
    return Belief(mean, np.diag(np.square(spread)))


def unknowns(poses: Array) -> Array:
    """(n, 7) unknowns of (n, 7) poses."""
    found = poses.copy()
    found[:, 0] = np.log(poses[:, 0])
    found[:, 5] = np.log(poses[:, 5] / PRIOR.body_m) - child_shrink(poses[:, 6])
    return found


def poses_of(found: Array) -> Array:
    """(n, 7) poses of (n, 7) unknowns, as far as a pose can be."""
    poses: Array = np.clip(found, _LEAST, _MOST)
    poses[:, 0] = np.exp(poses[:, 0])
    poses[:, 5] = PRIOR.body_m * np.exp(poses[:, 5] + child_shrink(poses[:, 6]))
    return poses


def estimate(sight: Sight, lens: Lens, belief: Belief | None = None, start: Pose | None = None) -> Estimate:
    """The likeliest pose for what is seen. belief: `first_belief` if None. start: a pose near it.

    Damped Gauss-Newton on the sum of squared residuals over their deviations (Levenberg 1944); the
    covariance comes from the inverse of its normal matrix at the end.
    """
    problem = _Problem(sight, lens, first_belief() if belief is None else belief)
    at = problem.packed(_first_guess(sight, lens, problem.belief) if start is None else start)
    residuals, slopes = problem.residuals(at)
    cost, damping = float(residuals @ residuals), 1e-3
    for _ in range(STEPS):
        normal, downhill = slopes.T @ slopes, slopes.T @ residuals
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), -downhill)
        moved = at + np.clip(step, -2.0, 2.0)
        tried, tried_slopes = problem.residuals(moved)
        lower = float(tried @ tried)
        if lower <= cost:
            done = float(np.abs(step).max()) < _SMALL or cost - lower < 1e-3 * (1 + cost)
            at, residuals, slopes, cost, damping = moved, tried, tried_slopes, lower, damping * 0.2
            if done:
                break
        else:
            damping *= 8
            if damping > 1e6:
                break
    after = problem.after(at, slopes)
    pose = poses_of(after.mean[None])[0]
    spread = np.sqrt(np.diag(after.covariance))
    spread[[0, 5]] *= pose[[0, 5]]
    return Estimate(_pose(pose), _pose(spread), cost, after)


def ratio_deviation(found: Estimate, lens: Lens) -> float:
    """Deviation of the heads ratio that the picture shows, or would show with head and feet in the frame."""
    tried = found.belief.mean + _NUDGES
    seen = project(poses_of(tried), lens)
    ratio = (seen.foot - seen.head_top) / np.maximum(seen.chin - seen.head_top, 1e-6)
    slope = (ratio[1:] - ratio[0]) / _NUDGE
    return math.sqrt(float(slope @ found.belief.covariance @ slope))


class _Problem:
    """Residuals over the unknowns, turned and scaled so that the belief's mean is 0, its deviations 1."""

    def __init__(self, sight: Sight, lens: Lens, belief: Belief) -> None:
        self._lens, self._sight, self.belief = lens, sight, belief
        self._root = np.linalg.cholesky(belief.covariance)

    def packed(self, pose: Pose) -> Array:
        """A pose as it is searched for."""
        packed: Array = np.linalg.solve(self._root, unknowns(row(pose))[0] - self.belief.mean)
        return packed

    def after(self, at: Array, slopes: Array) -> Belief:
        """What is thought once the search has ended."""
        shape = self._root @ np.linalg.inv(slopes.T @ slopes) @ self._root.T
        return Belief(self.belief.mean + self._root @ at, shape)

    def residuals(self, at: Array) -> tuple[Array, Array]:
        """(r,) residuals at the unknowns, and their (r, 7) slopes by forward differences."""
        tried = at + _NUDGES
        poses = poses_of(self.belief.mean + tried @ self._root.T)
        found = np.concatenate([tried, self._told(poses)], axis=1)
        return found[0], (found[1:] - found[0]).T / _NUDGE

    def _told(self, poses: Array) -> Array:
        """(n, t) residuals of all that is known of the frame."""
        sight, seen = self._sight, project(poses, self._lens)
        line = sight.line_px
        found = []
        for want, have, deviation in (
            (sight.head_top, seen.head_top, line),
            (sight.chin, seen.chin, line),
            (sight.foot, seen.foot, line),
            (sight.middle, seen.middle, 3 * line),
            (sight.roll_deg, poses[:, 4], sight.roll_deviation_deg),
            (sight.pitch_deg, poses[:, 3], sight.pitch_deviation_deg),
        ):
            if want is not None:
                found.append((have - want) / deviation)
        if sight.width is not None:  # arms, coats and bags: no more than a hint
            found.append(np.log(max(sight.width, 1.0) / np.maximum(seen.width, 1.0)) / 0.35)
        if sight.distance_m is not None:
            deviation = sight.distance_deviation_m or 0.03 + 0.03 * sight.distance_m
            found.append((poses[:, 0] - sight.distance_m) / deviation)
        soft = 0.02 * self._lens.height
        if sight.beyond_top:
            found.append(np.maximum(seen.head_top, 0.0) / soft)
        if sight.beyond_bottom:
            found.append(np.maximum(self._lens.height - 1 - seen.foot, 0.0) / soft)
        return np.stack(found, axis=1) if found else np.zeros((len(poses), 0))


def row(pose: Pose) -> Array:
    """A pose as a (1, 7) array."""
    return np.array([[getattr(pose, name) for name in NAMES]])


def _pose(values: Array) -> Pose:
    return Pose(*values.tolist())


def _first_guess(sight: Sight, lens: Lens, belief: Belief) -> Pose:
    """Distance and bearing from whatever tells size and place, the rest as it is believed to be."""
    likely = _pose(poses_of(belief.mean[None])[0])
    size = None
    if sight.head_top is not None and sight.foot is not None:
        size = (sight.foot - sight.head_top) / likely.body_m
    elif sight.head_top is not None and sight.chin is not None:
        size = (sight.chin - sight.head_top) * likely.heads / likely.body_m
    elif sight.width is not None:
        size = sight.width / BODY_WIDTH_M
    far = likely.distance_m if size is None else lens.focal / max(size, 1.0)
    bearing = likely.bearing_deg
    if sight.middle is not None:
        bearing = math.degrees(math.atan((sight.middle - (lens.width - 1) / 2) / lens.focal))
    return replace(
        likely,
        distance_m=min(max(far, 0.4), 60.0),
        bearing_deg=bearing,
        pitch_deg=likely.pitch_deg if sight.pitch_deg is None else sight.pitch_deg,
        roll_deg=likely.roll_deg if sight.roll_deg is None else sight.roll_deg,
    )
