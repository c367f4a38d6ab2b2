"""Arrows drawn as polygons, so that they are crisp at any size.

Each fills a square from (0, 0) to (1, 1), y down.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from PIL import ImageDraw

from framecue.indicators.table import Arrow

Point = tuple[float, float]
Shape = Sequence[Point]

_UP: Final[Shape] = (
    (0.5, 0.0), (0.95, 0.5), (0.66, 0.5), (0.66, 1.0), (0.34, 1.0), (0.34, 0.5), (0.05, 0.5),
)  # fmt: skip
_HEAD: Final[Shape] = ((0.5, 0.0), (1.0, 0.42), (0.0, 0.42))
_LIFT: Final[Shape] = ((0.5, 0.44), (1.0, 0.86), (0.0, 0.86))
_FLOOR: Final[Shape] = ((0.0, 0.9), (1.0, 0.9), (1.0, 1.0), (0.0, 1.0))
_INWARD: Final[Shape] = (
    (0.47, 0.5), (0.22, 0.85), (0.22, 0.62), (0.0, 0.62), (0.0, 0.38), (0.22, 0.38), (0.22, 0.15),
)  # fmt: skip
_OUTWARD: Final[Shape] = (
    (0.0, 0.5), (0.25, 0.15), (0.25, 0.38), (0.45, 0.38), (0.45, 0.62), (0.25, 0.62), (0.25, 0.85),
)  # fmt: skip


def _arc() -> list[Point]:
    """Three quarters of a ring, open at the right, and its head: clockwise."""
    angles = [math.radians(40 + step * 10) for step in range(27)]  # from the lower right round to the top
    outer = [(0.5 + 0.46 * math.cos(a), 0.54 + 0.46 * math.sin(a)) for a in angles]
    inner = [(0.5 + 0.24 * math.cos(a), 0.54 + 0.24 * math.sin(a)) for a in reversed(angles)]
    end = angles[-1]
    ahead = (-math.sin(end), math.cos(end))  # the way it turns
    out = (math.cos(end), math.sin(end))
    middle = (0.5 + 0.35 * out[0], 0.54 + 0.35 * out[1])
    wide, long = 0.27, 0.35
    head = [
        (middle[0] + wide * out[0], middle[1] + wide * out[1]),
        (middle[0] + long * ahead[0], middle[1] + long * ahead[1]),
        (middle[0] - wide * out[0], middle[1] - wide * out[1]),
    ]
    return [*outer, *head, *inner]


def _down(shapes: Sequence[Shape]) -> list[Shape]:
    return [[(x, 1 - y) for x, y in shape] for shape in shapes]


def _mirrored(shapes: Sequence[Shape]) -> list[Shape]:
    return [[(1 - x, y) for x, y in shape] for shape in shapes]


def _right(shapes: Sequence[Shape]) -> list[Shape]:
    return [[(1 - y, x) for x, y in shape] for shape in shapes]


_SHAPES: Final[Mapping[Arrow, Sequence[Shape]]] = {
    Arrow.UP: [_UP],
    Arrow.DOWN: _down([_UP]),
    Arrow.RAISE: [_HEAD, _LIFT, _FLOOR],
    Arrow.LOWER: _down([_HEAD, _LIFT, _FLOOR]),
    Arrow.RIGHT: _right([_UP]),
    Arrow.LEFT: _mirrored(_right([_UP])),
    Arrow.CLOSER: [_INWARD, *_mirrored([_INWARD])],
    Arrow.APART: [_OUTWARD, *_mirrored([_OUTWARD])],
    Arrow.CLOCKWISE: [_arc()],
    Arrow.ANTICLOCKWISE: _mirrored([_arc()]),
}

CHECK: Final[Sequence[Shape]] = [
    ((0.0, 0.55), (0.14, 0.4), (0.38, 0.64), (0.86, 0.12), (1.0, 0.26), (0.39, 0.92)),
]
CROSS: Final[Sequence[Shape]] = [
    (
        (0.16, 0.02), (0.5, 0.35), (0.84, 0.02), (0.98, 0.16), (0.65, 0.5), (0.98, 0.84),
        (0.84, 0.98), (0.5, 0.65), (0.16, 0.98), (0.02, 0.84), (0.35, 0.5), (0.02, 0.16),
    ),
]  # fmt: skip
MARK: Final[Sequence[Shape]] = [
    ((0.36, 0.0), (0.64, 0.0), (0.58, 0.66), (0.42, 0.66)),
    ((0.37, 0.78), (0.63, 0.78), (0.63, 1.0), (0.37, 1.0)),
]


def shapes_of(arrow: Arrow) -> Sequence[Shape]:
    """The polygons of an arrow; none for Arrow.NONE and Arrow.BOTH."""
    return _SHAPES.get(arrow, ())


def draw_shapes(
    draw: ImageDraw.ImageDraw, shapes: Sequence[Shape], box: tuple[int, int, int, int], colour: object
) -> None:
    """Fill polygons of the unit square into a box (left, top, right, bottom), pixels, inclusive."""
    left, top, right, bottom = box
    for shape in shapes:
        points = [(left + x * (right - left), top + y * (bottom - top)) for x, y in shape]
        draw.polygon(points, fill=colour)  # type: ignore[arg-type]
