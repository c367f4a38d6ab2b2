"""Flat people with known lines, as a segmentation would show them and as a picture would."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from framecue.composition.chin import EYES, SHOULDERS
from framecue.composition.measure import Levels
from framecue.parts import Part, Segmentation

CELL = 4.0  # frame pixels per cell of the maps
POINT_CELL = 16.0  # and of the keypoint maps
PLAIN = Levels(head=0.5, foot=0.5, side=0.5)  # the figures' probability is one half right at the outline


@dataclass(frozen=True, slots=True)
class Figure:
    """A standing person, frame pixels, y down: the head an ellipse, the rest boxes.

    The outlines of the topmost and lowest parts lie at `top` and `top + height`, between pixels.
    """

    centre: float
    top: float
    height: float
    face: bool = True  # with keypoints
    hair: bool = False  # upper half of the head is hair

    @property
    def head(self) -> float:
        """Height of the head."""
        return self.height / 7

    @property
    def half(self) -> float:
        """Half the width of shoulders and arms."""
        return self.height * 0.14

    def moved(self, across: float, down: float) -> "Figure":
        """The same figure elsewhere."""
        return replace(self, centre=self.centre + across, top=self.top + down)

    def keypoints(self) -> dict[str, tuple[float, float]]:
        """(x, y) of the keypoints that the model would see."""
        nose, eye, shoulder = (self.top + share * self.head for share in (0.62, 0.45, 1.3))
        body = {
            "left_shoulder": (self.centre + 0.7 * self.half, shoulder),
            "right_shoulder": (self.centre - 0.7 * self.half, shoulder),
            "left_hip": (self.centre + 0.4 * self.half, self.top + 0.5 * self.height),
            "right_hip": (self.centre - 0.4 * self.half, self.top + 0.5 * self.height),
            "left_ankle": (self.centre + 0.4 * self.half, self.top + 0.95 * self.height),
            "right_ankle": (self.centre - 0.4 * self.half, self.top + 0.95 * self.height),
        }
        if not self.face:
            return body
        gap = 0.15 * self.head
        eyes = {"left_eye": (self.centre + gap, eye), "right_eye": (self.centre - gap, eye)}
        return body | eyes | {"nose": (self.centre, nose)}

    @property
    def chin(self) -> float:
        """Chin that belongs to the keypoints."""
        points = self.keypoints()
        nose, eye, shoulder = (points[name][1] for name in ("nose", "left_eye", "left_shoulder"))
        return nose + EYES * (nose - eye) + SHOULDERS * (shoulder - nose)

    def distances(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> dict[Part, NDArray[np.float64]]:
        """How far inside each part every point is, pixels; negative outside."""

        def box(left: float, top: float, right: float, bottom: float) -> NDArray[np.float64]:
            sides = (x - left, right - x, y - self.top - top, self.top + bottom - y)
            return np.minimum.reduce(np.broadcast_arrays(*sides))

        middle, head, half, height = self.centre, self.head, self.half, self.height
        tall = head if self.hair else 1.15 * head  # a face that is all of the head runs into the neck
        radius = np.hypot((x - middle) / (0.38 * head), (y - self.top - tall / 2) / (0.5 * tall))
        ellipse = (1 - radius) * tall / 2
        sides = [middle - half * 0.5, middle + half * 0.5]
        arms = [box(side - 0.16 * half, 1.3 * head, side + 0.16 * half, 0.5 * height)
                for side in (middle - 0.84 * half, middle + 0.84 * half)]  # fmt: skip
        legs = [box(side - 0.3 * half, 0.5 * height, side + 0.3 * half, 0.96 * height) for side in sides]
        feet = [box(side - 0.35 * half, 0.94 * height, side + 0.35 * half, height) for side in sides]
        found = {
            Part.FACE: ellipse,
            Part.TORSO: box(middle - 0.7 * half, 1.1 * head, middle + 0.7 * half, 0.54 * height),
            Part.ARM: np.maximum(*arms),
            Part.LEG: np.maximum(*legs),
            Part.FOOT: np.maximum(*feet),
        }
        if self.hair:
            found[Part.HAIR] = np.minimum(ellipse, self.top + head / 2 - y)
        return found


Bag = tuple[float, float, float, float, Part]  # left, top, right, bottom, and what the model calls it


def segmented(
    figures: list[Figure],
    width: int = 640,
    height: int = 480,
    points: bool = True,
    bags: tuple[Bag, ...] = (),
) -> Segmentation:
    """What a segmenter would say; bags are more boxes that it takes for people."""
    rows, columns = round(height / CELL), round(width / CELL)
    y = ((np.arange(rows) + 0.5) * height / rows - 0.5)[:, None]
    x = ((np.arange(columns) + 0.5) * width / columns - 0.5)[None, :]
    inside = np.full((rows, columns), -np.inf)
    deepest = np.full((rows, columns), -np.inf)
    parts = np.zeros((rows, columns), np.uint8)
    regions = [(part, far) for figure in figures for part, far in figure.distances(x, y).items()]
    for left, top, right, bottom, part in bags:
        regions.append(
            (part, np.minimum.reduce(np.broadcast_arrays(x - left, right - x, y - top, bottom - y)))
        )
    for part, far in regions:
        inside = np.maximum(inside, far)
        if part == Part.HAIR:
            parts[far > 0] = part
            continue
        nearer = (far > deepest) & (far > 0)
        parts[nearer & (parts != Part.HAIR)] = part
        deepest = np.maximum(deepest, far)
    person = (1 / (1 + np.exp(-np.clip(inside / 2, -30, 30)))).astype(np.float32)
    parts[person < 0.5] = 0
    return Segmentation(parts, person, heatmaps(figures, width, height) if points else {})


def heatmaps(figures: list[Figure], width: int, height: int) -> dict[str, NDArray[np.float32]]:
    """Keypoint maps with each keypoint spread over its four nearest cells; those off the frame are lost."""
    rows, columns = round(height / POINT_CELL), round(width / POINT_CELL)
    names = [name + end for name in ("_eye", "_shoulder", "_hip", "_ankle") for end in ("",)]
    maps = {
        side + name: np.zeros((rows, columns), np.float32) for name in names for side in ("left", "right")
    }
    maps["nose"] = np.zeros((rows, columns), np.float32)
    for figure in figures:
        for name, (x, y) in figure.keypoints().items():
            row, column = (y + 0.5) * rows / height - 0.5, (x + 0.5) * columns / width - 0.5
            for r in (int(np.floor(row)), int(np.floor(row)) + 1):
                for c in (int(np.floor(column)), int(np.floor(column)) + 1):
                    if 0 <= r < rows and 0 <= c < columns:
                        maps[name][r, c] += (1 - abs(row - r)) * (1 - abs(column - c))
    return maps


def pictured(
    figures: list[Figure], background: NDArray[np.uint8], colour: tuple[int, int, int] = (40, 60, 160)
) -> NDArray[np.uint8]:
    """A sharp picture of the figures, one colour, on a background (h, w, 3)."""
    height, width = background.shape[:2]
    y, x = np.arange(height)[:, None].astype(float), np.arange(width)[None, :].astype(float)
    picture = background.astype(np.float64)
    for figure in figures:
        inside = np.max(list(figure.distances(x, y).values()), axis=0)
        share = np.clip(inside + 0.5, 0, 1)[..., None]
        picture = picture * (1 - share) + np.array(colour) * share
    return np.round(picture).astype(np.uint8)


def flat(width: int = 640, height: int = 480, grey: int = 128) -> NDArray[np.uint8]:
    """A picture that shows nothing."""
    return np.full((height, width, 3), grey, np.uint8)
