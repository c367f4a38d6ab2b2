"""One training picture with what is known of it, and how it is moved into a frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from models.training.labels import HEAD, SOMEBODY, UNKNOWN
from numpy.typing import NDArray

from framecue.segmentation.figure import LINES, STRIDE

Point = tuple[float, float]
Points = Mapping[str, Point | None]
HEAD_POINT: Final = "head"  # its middle, beside the lines' points; may be hidden or outside the frame
GRID: Final = 2  # input pixels from one label to the next
_SPREAD: Final = (2.5, 1.25)  # deviation of a line's point, cells across and down: only its row matters
_WHERE: Final = 8  # input pixels from one cell of the heads' maps to the next
_HEAD_SPREAD: Final = 1.5  # deviation of a head's place, cells
_FARTHEST: Final = 60.0  # cells: longest way to a head that is asked for
_AROUND: Final = 25  # input pixels around people whose lines are unknown, where nothing is said of lines


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """image: (h, w, 3) uint8 RGB. codes: (h, w) uint8, see labels.py. points: pixels (x, y) of each person's
    lines and "head", None where there is none to see. unknown: lines nobody marked on these people.
    owners: (h, w) uint8, whose each pixel is, 1 for the first in points, 0 for nobody or who knows;
    None where nobody is told from anybody else."""

    image: NDArray[np.uint8]
    codes: NDArray[np.uint8]
    points: Sequence[Points] = ()
    unknown: frozenset[str] = frozenset()
    owners: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """What a frame of (4 n + 1) cells is trained on.

    codes: (h, w) uint8 at every second pixel. lines: (lines, cells) float32 in 0..1. weights: the same
    shape, 0 where nothing is known. where: (3, cells of heads) float32: heads in 0..1, cells down and across
    to one's own. where_weights: (2, cells of heads), of heads and of ways.
    """

    codes: NDArray[np.uint8]
    lines: NDArray[np.float32]
    weights: NDArray[np.float32]
    where: NDArray[np.float32]
    where_weights: NDArray[np.float32]


def moved(sample: Sample, matrix: NDArray[np.float64], size: tuple[int, int], smooth: bool) -> Sample:
    """The sample seen through a (2, 3) matrix from its pixels to those of a frame of (height, width).

    smooth: average where the picture is shrunk, instead of skipping pixels. Off the picture nothing is known.
    """
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    image, to_frame = sample.image, matrix
    if smooth and scale < 0.7:
        step = max(scale, 0.05) / 0.85
        small = (max(8, round(image.shape[1] * step)), max(8, round(image.shape[0] * step)))
        x, y = image.shape[1] / small[0], image.shape[0] / small[1]
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        back = np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])
        to_frame = matrix @ back
    wanted = (size[1], size[0])
    picture = cv2.warpAffine(image, to_frame, wanted, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    codes = cv2.warpAffine(
        sample.codes,
        matrix,
        wanted,
        flags=cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=UNKNOWN,
    )
    points = [
        {name: None if point is None else _through(matrix, point) for name, point in person.items()}
        for person in sample.points
    ]
    owners = sample.owners
    if owners is not None:
        owners = cv2.warpAffine(owners, matrix, wanted, flags=cv2.INTER_NEAREST)
    return Sample(picture, codes, points, sample.unknown, owners)


def placed(
    centre: Point, scale: float, to: Point, degrees: float, mirror: bool, stretch: float = 1.0
) -> NDArray[np.float64]:
    """Matrix (2, 3) that takes `centre` to `to`, scaled, turned, and mirrored if asked."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    linear = (
        scale * np.array([[cosine, -sine], [sine, cosine]]) @ np.diag([-stretch if mirror else stretch, 1.0])
    )
    return np.column_stack([linear, np.asarray(to) - linear @ np.asarray(centre)])


def target(sample: Sample) -> Target:
    """What a frame teaches."""
    height, width = sample.codes.shape
    cells = ((height - 1) // STRIDE + 1, (width - 1) // STRIDE + 1)
    rows, columns = np.arange(cells[0], dtype=np.float32), np.arange(cells[1], dtype=np.float32)
    lines = np.zeros((len(LINES), *cells), np.float32)
    for person in sample.points:
        for number, name in enumerate(LINES):
            point = person.get(name)
            if point is None or not (-2 <= point[0] < width + 2 and -2 <= point[1] < height + 2):
                continue
            across = np.exp(-(((columns - point[0] / STRIDE) / _SPREAD[0]) ** 2) / 2)
            down = np.exp(-(((rows - point[1] / STRIDE) / _SPREAD[1]) ** 2) / 2)
            np.maximum(lines[number], down[:, None] * across, out=lines[number])
    weights = np.ones_like(lines)
    vague = sample.codes == UNKNOWN
    if sample.unknown:
        near = cv2.dilate((sample.codes > 0).astype(np.uint8), np.ones((_AROUND, _AROUND), np.uint8))
        for number, name in enumerate(LINES):
            weights[number] = near[::STRIDE, ::STRIDE] == 0 if name in sample.unknown else 1
    weights[:, vague[::STRIDE, ::STRIDE]] = 0
    return Target(np.ascontiguousarray(sample.codes[::GRID, ::GRID]), lines, weights, *_where(sample))


def _where(sample: Sample) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where heads are, the ways to them, and the weights of both."""
    codes = sample.codes[::_WHERE, ::_WHERE]
    where, weights = np.zeros((3, *codes.shape), np.float32), np.zeros((2, *codes.shape), np.float32)
    people = (codes > 0) & (codes != UNKNOWN)
    weights[0] = codes != UNKNOWN
    if sample.owners is None:
        near = cv2.dilate(people.astype(np.uint8), np.ones((5, 5), np.uint8))
        weights[0] *= near == 0
        return where, weights
    rows, columns = np.mgrid[: codes.shape[0], : codes.shape[1]].astype(np.float32)
    own = sample.owners[::_WHERE, ::_WHERE]
    weights[0] *= ~people | (own > 0)
    for number, person in enumerate(sample.points, start=1):
        mine, point = own == number, person.get(HEAD_POINT)
        if point is None:
            weights[0] *= ~mine
            continue
        down, across = point[1] / _WHERE - rows, point[0] / _WHERE - columns
        if _owned(sample.owners, number, point):
            np.maximum(where[0], np.exp(-(down**2 + across**2) / (2 * _HEAD_SPREAD**2)), out=where[0])
        where[1][mine], where[2][mine] = down[mine], across[mine]
        weights[1][mine & (np.abs(down) < _FARTHEST) & (np.abs(across) < _FARTHEST)] = 1
    return where, weights


def _owned(owners: NDArray[np.uint8], number: int, point: Point) -> bool:
    """Whether what is seen at a point is that person."""
    x, y = round(point[0]), round(point[1])
    return 0 <= y < owners.shape[0] and 0 <= x < owners.shape[1] and bool(owners[y, x] == number)


def guessed(person: NDArray[np.uint8], parts: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Codes (h, w) by the teacher alone: it knows somebody from nobody, and heads, but no outlines."""
    wanted = (size[1], size[0])
    likely = cv2.resize(person, wanted, interpolation=cv2.INTER_LINEAR)
    codes = np.full(size, UNKNOWN, np.uint8)
    codes[likely < 20] = 0
    codes[likely > 225] = SOMEBODY
    head = cv2.erode((parts == 2).astype(np.uint8), np.ones((5, 5), np.uint8))
    codes[(cv2.resize(head, wanted, interpolation=cv2.INTER_NEAREST) > 0) & (codes == SOMEBODY)] = HEAD
    return codes


def _through(matrix: NDArray[np.float64], point: Point) -> Point:
    x, y = matrix @ np.array([point[0], point[1], 1.0])
    return float(x), float(y)
