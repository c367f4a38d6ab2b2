"""The camera's roll and pitch, seen in the picture: from edges around the people, and from how people stand.

Edges of doors, walls, poles and windows are vertical in the room. Their pictures meet in one point, the
zenith's, and the line from the picture's middle to that point leans by exactly the roll, whatever the pitch;
how fast they come together tells the pitch.
For each of a row of pitches every edge tells the roll it would need; the evidence of all is added up over
roll and pitch, in a way that lets edges which are not vertical at all cost little. For the roll, pitch is
summed out, and for the pitch, roll.
Outdoors the horizon tells more: a long level edge leans by exactly the roll where it lies as high as the
camera, whichever way it runs. One further below or above is less exact, for it may run into the picture.
People add a wide vote of their own: they stand upright, give or take three degrees.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.composition.geometry import focal_px
from framecue.composition.people import Person, find_people
from framecue.composition.verticals import Floats, Verticals, find_verticals
from framecue.parts import Part, Segmentation

LARGEST_DEG: Final = 25.0  # more roll than that is not looked for
_STEP_DEG: Final = 0.25
_MARGIN_DEG: Final = 5.0  # looked at beyond the largest, so that evidence there does not pile up at the end
_PITCHES_DEG: Final = np.arange(-34.0, 35.0, 2.0)
_PITCH_STEP_DEG: Final = 0.6  # deviation of a pitch that falls between two of these
_PITCH_DEG: Final = 6.0  # how far a camera is usually pitched, standard deviation
_ANY_PITCH_DEG: Final = 12.0  # and how far one is that is still being pointed at somebody
_ROLL_DEG: Final = 15.0  # and rolled
_EDGE_DEG: Final = 0.4  # how far an edge that should be vertical is from it
_CLEAR: Final = 5.0  # how much denser edges lie along true verticals than elsewhere
_UNIT: Final = 0.14  # length of an edge that counts as one observation, of the picture's longer side
_LONGEST: Final = 0.3  # of the longer side: a longer edge is still one thing that may not be vertical
_LEVELS: Final = 12  # level edges that count, the longest
_LEVEL: Final = 0.08  # of the longer side: shorter ones do not
_INTO: Final = 0.25  # how far level edges run into the picture, as a tangent
_FRONTAL: Final = 2.0  # how much denser, times degrees of deviation, edges lie along what is level
_WIDTHS_DEG: Final = (0.5, 0.75, 1.1, 1.8)  # directions this exactly known are added up together
_PERSON: Final = 0.3  # probability from which an edge may be somebody's clothes
_LEAN_DEG: Final = 3.0  # how far from upright a person stands who is seen whole
_PART_LEAN_DEG: Final = 6.0  # and one of whom less is seen
_LEANING: Final = 0.002  # density of people who do not stand upright at all, against one who just does
_ENDS: Final = ((Part.HAIR, Part.FACE), (Part.FOOT,), (Part.LEG,))
CERTAIN_DEG: Final = 1.5  # a roll known this well is told, however small
_CERTAIN_PITCH_DEG: Final = 2.0  # and a pitch


@dataclass(frozen=True, slots=True)
class SeenTilt:
    """How a picture shows that its camera is held: degrees with their standard deviations.

    roll_deg: clockwise positive as seen from behind. pitch_deg: up positive.
    """

    roll_deg: float
    roll_sigma_deg: float
    pitch_deg: float = 0.0
    pitch_sigma_deg: float = math.inf

    @property
    def roll_known(self) -> bool:
        """Whether the roll says something: exact, or so large that it is a roll even if not exact."""
        return self.roll_sigma_deg <= CERTAIN_DEG or abs(self.roll_deg) > 2.5 * self.roll_sigma_deg

    @property
    def pitch_known(self) -> bool:
        """Whether edges tell the pitch; people alone never do."""
        return self.pitch_sigma_deg <= _CERTAIN_PITCH_DEG


def find_tilt(
    image: NDArray[np.uint8],
    segmentation: Segmentation,
    fov_deg: float,
    *,
    side: int = 640,
    people: Sequence[Person] | None = None,
) -> SeenTilt | None:
    """The roll and pitch that a picture shows; None where neither edges nor people tell anything.

    image: (h, w, 3) uint8 RGB, the picture that was segmented. fov_deg: vertical field of view; the pitch
    is only as good as that, the roll hangs little on it. side: longer side, pixels, at which edges are
    sought; 320 costs 2 ms. people: those of the segmentation, where they have been found already.
    """
    grey = _grey(image, side)
    height, width = grey.shape
    belongs = np.maximum(segmentation.person, (segmentation.parts > 0).astype(np.float32))  # bags too
    around = np.asarray(cv2.resize(belongs, (width, height)) < _PERSON)
    verticals = find_verticals(grey, around)
    levels = _longest(find_verticals(np.ascontiguousarray(grey.T), np.ascontiguousarray(around.T)))
    seen = find_people(segmentation) if people is None else people
    bodies = [body for each in seen if (body := _body(each, width, height)) is not None]
    if not len(verticals.x) and not len(levels.x) and not bodies:
        return None
    focal = focal_px(height, fov_deg)
    upright = _upright_votes(verticals, bodies, focal)
    roll, roll_spread = _likeliest_roll(upright + _level_votes(levels, focal))
    pitch, pitch_spread = _likeliest_pitch(upright)
    return SeenTilt(
        roll, math.hypot(roll_spread, _EDGE_DEG), pitch, math.hypot(pitch_spread, _PITCH_STEP_DEG)
    )


def _grey(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Grey, shrunk (never enlarged) to that longer side."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scale = side / max(grey.shape)
    if scale < 1:
        size = round(grey.shape[1] * scale), round(grey.shape[0] * scale)
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(grey, np.uint8)


def _rolls() -> Floats:
    half = round((LARGEST_DEG + _MARGIN_DEG) / _STEP_DEG)
    return _STEP_DEG * np.arange(-half, half + 1, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Body:
    """Somebody's long axis: middle, pixels; pixels to the right for each pixel down; deviation, degrees."""

    x: float
    y: float
    lean: float
    sigma_deg: float


def _needed_rolls(x: Floats, y: Floats, lean: Floats, focal: float, pitches: Floats) -> Floats:
    """(p, n) roll in degrees at which each of n lines is vertical, at each of p pitches in radians.

    x, y: (n,) a point of each line, pixels from the picture's middle, y up. lean: (n,) pixels to the right
    for each pixel down. The plane through a line and the camera holds the zenith
    (-sin r cos p, cos r cos p, sin p).
    """
    depth = (x + y * lean) / focal  # the plane's normal is (1, lean, -depth)
    away = np.tan(pitches)[:, None] * depth / np.hypot(1, lean)
    needed: Floats = np.degrees(np.arctan(lean) - np.arcsin(np.clip(away, -1, 1)))
    return needed


def _longest(edges: Verticals) -> Verticals:
    """Those of the edges that are long enough to be the horizon or the foot of a wall."""
    side = max(edges.width, edges.height)
    order = np.argsort(-edges.length)[:_LEVELS]
    return edges.some(order[edges.length[order] >= _LEVEL * side])


def _upright_votes(edges: Verticals, bodies: Sequence[_Body], focal: float) -> Floats:
    """(p, rolls) log-likelihood of each roll at each pitch, by upright edges and bodies."""
    rolls, pitches = _rolls(), np.radians(_PITCHES_DEG)
    middle_x, middle_y = (edges.width - 1) / 2, (edges.height - 1) / 2
    needed = _needed_rolls(edges.x - middle_x, middle_y - edges.y, edges.lean, focal, pitches)
    total = _edge_votes(edges, needed)
    for body in bodies:
        place = np.array([body.x - middle_x]), np.array([middle_y - body.y])
        off = rolls - _needed_rolls(*place, np.array([body.lean]), focal, pitches)
        total += np.log(np.exp(-0.5 * (off / body.sigma_deg) ** 2) + _LEANING)
    return total - 0.5 * (rolls / _ROLL_DEG) ** 2


def _edge_votes(edges: Verticals, needed: Floats) -> Floats:
    """(p, rolls) log-likelihood of each roll at each pitch; needed: (p, n) the roll that each edge needs."""
    rolls = _rolls()
    place = np.rint((needed - rolls[0]) / _STEP_DEG).astype(np.intp)
    inside = (place >= 0) & (place < len(rolls))
    place += np.arange(len(place))[:, None] * len(rolls)
    side = max(edges.width, edges.height)
    weight = np.broadcast_to(np.minimum(edges.length / side, _LONGEST) / _UNIT, place.shape)
    exact = np.hypot(edges.sigma_deg, _EDGE_DEG)
    kind = np.searchsorted(np.convolve(_WIDTHS_DEG, (0.5, 0.5), "valid"), exact)
    total = np.zeros((len(place), len(rolls)))
    for index, width in enumerate(_WIDTHS_DEG):
        mine = inside & (kind == index)
        counts = np.bincount(place[mine], weight[mine], total.size).reshape(total.shape).astype(np.float64)
        off = np.arange(-round(4 * width / _STEP_DEG), round(4 * width / _STEP_DEG) + 1) * _STEP_DEG
        kernel = np.log1p(_CLEAR * np.exp(-0.5 * (off / width) ** 2))
        total += cv2.filter2D(counts, -1, kernel[None], borderType=cv2.BORDER_CONSTANT)
    return total


def _level_votes(levels: Verticals, focal: float) -> Floats:
    """(p, rolls) log-likelihood of each roll at each pitch, by level edges.

    levels: as upright edges of the picture with its sides swapped.
    """
    side = max(levels.width, levels.height)
    roll = -np.degrees(np.arctan(levels.lean))
    row = levels.x + levels.lean * ((levels.height - 1) / 2 - levels.y)  # in the middle of the picture
    horizon = (levels.width - 1) / 2 + focal * np.tan(np.radians(_PITCHES_DEG))
    below_deg = np.degrees(np.arctan((row - horizon[:, None]) / focal))
    sigma = np.sqrt(levels.sigma_deg**2 + _EDGE_DEG**2 + (_INTO * below_deg) ** 2)[..., None]
    weight = np.minimum(levels.length / side, _LONGEST) / _UNIT
    density = _FRONTAL / sigma * np.exp(-0.5 * ((_rolls() - roll[:, None]) / sigma) ** 2)
    votes: Floats = (weight[:, None] * np.log1p(density)).sum(axis=1)
    return votes


def _likeliest_roll(votes: Floats) -> tuple[float, float]:
    """Most likely roll and its deviation, pitch summed out."""
    usual = -0.5 * (_PITCHES_DEG / _PITCH_DEG) ** 2
    return _mean(_rolls(), _summed(votes + usual[:, None], 0), 3.0)


def _likeliest_pitch(votes: Floats) -> tuple[float, float]:
    """Most likely pitch and its deviation, roll summed out.

    votes: of what is upright alone. Level edges vote for the pitch that puts the horizon on them, and most
    of them are kerbs, shelves and the feet of walls.
    """
    return _mean(_PITCHES_DEG, _summed(votes, 1) - 0.5 * (_PITCHES_DEG / _ANY_PITCH_DEG) ** 2, 5.0)


def _summed(evidence: Floats, axis: int) -> Floats:
    """Log-likelihoods with one axis summed out."""
    best = float(evidence.max())
    summed: Floats = best + np.log(np.exp(evidence - best).sum(axis=axis) + 1e-300)
    return summed


def _mean(degrees: Floats, evidence: Floats, around: float) -> tuple[float, float]:
    """Mean about the likeliest of (n,) angles by their log-likelihoods, and its deviation."""
    likely = np.exp(evidence - evidence.max())
    likely /= likely.sum()
    near = np.abs(degrees - degrees[int(np.argmax(likely))]) <= around
    mean = float((likely[near] * degrees[near]).sum() / likely[near].sum())
    # About the likeliest, but with what lies elsewhere: two answers that compete are no answer.
    return mean, math.sqrt(float((likely * (degrees - mean) ** 2).sum()))


def _body(person: Person, width: int, height: int) -> _Body | None:
    """Somebody's axis in a picture of width x height pixels; None where it says nothing.

    Its lean is the median of three lines': the long axis of all cells, head to feet, head to legs.
    """
    rows, columns = person.own.shape
    across, down = width / columns, height / rows
    left, top, right, bottom = person.box
    tall = (bottom - top) * down / max((right - left) * across, 1e-6)
    moments = cv2.moments((person.parts > 0).view(np.uint8), binaryImage=True)
    cut_aside = left == 0 or right == columns
    if cut_aside or tall < 1.2 or moments["m00"] < 9:
        return None
    spread_x, spread_y = moments["mu20"] * across**2, moments["mu02"] * down**2
    leans = [math.tan(0.5 * math.atan2(2 * moments["mu11"] * across * down, spread_y - spread_x))]
    head, *lower = (_middle(person, *parts) for parts in _ENDS)
    for end in lower:
        if head is not None and end is not None and end[1] > head[1]:
            leans.append((end[0] - head[0]) * across / ((end[1] - head[1]) * down))
    if len(leans) < 2:  # neither legs nor feet: shoulders and arms say little of what is upright
        return None
    return _Body(
        x=(left + right) / 2 * across,
        y=(top + bottom) / 2 * down,
        lean=float(np.median(leans)),
        sigma_deg=_LEAN_DEG if tall >= 2 and len(leans) == 3 else _PART_LEAN_DEG,
    )


def _middle(person: Person, *parts: Part) -> tuple[float, float] | None:
    """Middle (x, y) of the cells that are one of those parts."""
    mine = person.parts == parts[0]
    for part in parts[1:]:
        mine |= person.parts == part
    moments = cv2.moments(mine.view(np.uint8), binaryImage=True)
    area = moments["m00"]
    return (moments["m10"] / area, moments["m01"] / area) if area > 3 else None
