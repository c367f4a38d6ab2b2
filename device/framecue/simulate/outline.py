"""A person of the studio without pixels: the lines an exact segmenter would give, in microseconds.

A picture's head top, chin, foot line and sides are extremes of points of the body's surface, so the points on
its hull are all that is needed. Lines are rows of pixels: the outermost whose middle the body covers. What
all that gives is checked against rendered views of the studio.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.composition.framing import Framing
from framecue.composition.geometry import Pinhole
from framecue.composition.look import Look
from framecue.composition.subject import Composition, Edge, Subject
from framecue.parts import Part
from framecue.studio.body import figure
from framecue.studio.scene import Person
from framecue.studio.surface import joined

DIRECTIONS: Final = 2500  # in which extreme points are looked for
AT_ONCE: Final = 25  # of them
SPREAD: Final = 400  # points spread evenly over the body, for its middle and for how much of it is seen
SEEN: Final = 0.06  # share of them that makes somebody visible
NEAR_M: Final = 0.05
INWARD: Final = 0.5  # pixels from a body's end to the middle of its last row, on average
GROUPS: Final = ((Part.HAIR, Part.FACE), (Part.FACE,), (Part.FOOT,), tuple(part for part in Part if part))

Array = NDArray[np.float64]


class Outline:
    """One person of the studio, standing where the scene puts them."""

    def __init__(self, person: Person) -> None:
        self.person = person
        points, _, triangles, parts, _ = joined(figure(person).surfaces)
        rng = np.random.default_rng(5)
        ways = rng.standard_normal((DIRECTIONS, 3)).astype(np.float32)
        chosen: list[Array] = []
        self._groups: list[slice] = []
        for group in GROUPS:
            mine = points[np.unique(triangles[np.isin(parts, group)])]
            self._keep(chosen, mine[_outermost(mine, ways)])
        body = triangles[parts != Part.CARRIED]
        corners = points[body]
        area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
        picked = rng.choice(len(body), SPREAD, p=area / area.sum())
        self._keep(chosen, corners[picked].mean(axis=1))
        self._points = np.concatenate(chosen)

    def _keep(self, chosen: list[Array], points: Array) -> None:
        first = sum(len(each) for each in chosen)
        self._groups.append(slice(first, first + len(points)))
        chosen.append(points)

    def lines(self, camera: Pinhole) -> tuple[float, float, float, float, float, float]:
        """Head top, chin, foot, left, right and middle, pixels, in the frame or not; nan beside it."""
        pixels, depth = camera.project(self._points)
        if depth.min() <= NEAR_M:
            return (float("nan"),) * 6
        head, face, foot, body, spread = (pixels[group] for group in self._groups)
        return (
            float(head[:, 1].min()) + INWARD, float(face[:, 1].max()) - INWARD,
            float(foot[:, 1].max()) - INWARD,
            float(body[:, 0].min()), float(body[:, 0].max()), float(np.median(spread[:, 0])),
        )  # fmt: skip

    def points(self, camera: Pinhole) -> tuple[Array, Array, Array]:
        """(n, 2) pixels of points around head and face, and spread over the body; those behind left out."""
        pixels, depth = camera.project(self._points)
        head, face, _, _, spread = (pixels[group][depth[group] > NEAR_M] for group in self._groups)
        return head, face, spread

    def framed(self, camera: Pinhole, look: Look) -> Framing | None:  # noqa: ARG002
        """What a look is about, as it really is, in the frame or not; None where part is beside it."""
        top, chin, foot, left, right, middle = self.lines(camera)
        if not np.isfinite(top) or chin <= top or foot <= chin:
            return None
        return Framing(Subject(top, chin, foot, left, right, middle_x=middle))

    def fitted(self, look: Look, camera: Pinhole) -> Look:  # noqa: ARG002
        """The look as it fits those who are there: one person always fits it."""
        return look

    def composition(self, camera: Pinhole, roll_deg: float) -> Composition:
        """What an exact segmenter and measure would make of the view of a camera."""
        subject = self.subject(camera)
        if subject is None:
            return Composition(camera.width, camera.height)
        return Composition(camera.width, camera.height, (subject,), 0, roll_deg)

    def subject(self, camera: Pinhole) -> Subject | None:
        """What is measurable of the person within the frame; None where too little of them is in it."""
        pixels, depth = camera.project(self._points)
        pixels = np.where((depth > NEAR_M)[:, None], pixels, np.nan)
        wide, high = camera.width - 0.5, camera.height - 0.5
        head, face, feet, body, spread = (pixels[group] for group in self._groups)
        inside = (spread > -0.5).all(axis=1) & (spread[:, 0] < wide) & (spread[:, 1] < high)
        if inside.mean() < SEEN:
            return None
        top, chin, foot = _row(head, wide, low=True), _row(face, wide), _row(feet, wide)
        cut: dict[Edge, Part] = {}
        rows = body[(body[:, 0] > -0.5) & (body[:, 0] < wide), 1]
        if rows.size and rows.min() < -0.5 and (top is None or top < 0):
            cut["top"] = Part.FACE if top is not None and chin is not None and chin >= 0 else Part.TORSO
        if rows.size and rows.max() > high and (foot is None or foot > high - INWARD):
            cut["bottom"] = Part.LEG
        columns = body[(body[:, 1] > -0.5) & (body[:, 1] < high), 0]
        left, right = float(spread[inside, 0].min()), float(spread[inside, 0].max())
        if columns.size:
            left, right = min(left, float(columns.min())), max(right, float(columns.max()))
        if left < -0.5:
            cut["left"] = Part.ARM
        if right > wide:
            cut["right"] = Part.ARM

        def seen(row: float | None) -> float | None:
            return row if row is not None and 0 <= row <= high - INWARD else None

        return Subject(
            head_top_y=seen(top), chin_y=seen(chin), foot_y=seen(foot),
            left_x=max(left, 0.0), right_x=min(right, camera.width - 1.0), cut=cut,
            middle_x=float(np.median(spread[inside, 0])),
        )  # fmt: skip


def _outermost(points: Array, ways: NDArray[np.float32]) -> NDArray[np.int64]:
    """Indices of the points farthest out in some way; few ways at a time, as a table of all fills memory."""
    narrow = points.astype(np.float32).T
    farthest = [(some @ narrow).argmax(axis=1) for some in np.array_split(ways, len(ways) // AT_ONCE)]
    indices: NDArray[np.int64] = np.unique(np.concatenate(farthest))
    return indices


def _row(points: Array, wide: float, low: bool = False) -> float | None:
    """Extreme row of the points whose column is in the frame."""
    rows = points[(points[:, 0] > -0.5) & (points[:, 0] < wide), 1]
    if not rows.size:
        return None
    return float(rows.min() + INWARD if low else rows.max() - INWARD)
