"""Several simulated people: what is seen of each behind the others, and how they follow what a group is told.

Everybody is an outline of its own; who stands moved covers who stands behind. The group as a whole is moved
by its `Place`, as one person is; here its people move within it.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.composition.cue import Cue, Detail, Mount
from framecue.composition.framing import Framing, framing
from framecue.composition.geometry import Pinhole
from framecue.composition.group import fitted
from framecue.composition.look import Look
from framecue.composition.pose import Lens
from framecue.composition.subject import Composition, Subject
from framecue.simulate.outline import Outline
from framecue.simulate.person import OBEYS, REACTION_S
from framecue.simulate.place import Place

APART_M: Final = (0.55, 0.85)  # between neighbours who come to a photo
ROW_M: Final = 0.6  # from the first row to the second
IN_A_ROW: Final = 6
WALK_MPS: Final = 0.6
ASIDE_M: Final = 0.35  # a step to the side
LOST: Final = 0.25  # share of somebody that is seen, under which no segmenter finds them
HEADLESS: Final = 0.1  # share of a head that is seen, under which its top is no head's
FACES: Final[tuple[Detail, ...]] = ("face_left", "face_middle", "face_right")

Array = NDArray[np.float64]


@dataclass(slots=True)
class Member:
    """One of a group. x, z: where within it, metres; goes_x: where to."""

    outline: Outline
    x: float
    z: float
    goes_x: float = field(default=math.nan)

    def __post_init__(self) -> None:
        if math.isnan(self.goes_x):
            self.goes_x = self.x

    def camera(self, camera: Pinhole) -> Pinhole:
        """The camera as it stands to this one at the origin."""
        return replace(camera, x=camera.x - self.x, z=camera.z - self.z)


class Group:
    """Two people or more; stands in for an Outline."""

    def __init__(self, outlines: list[Outline], rng: np.random.Generator) -> None:
        self._rng = rng
        self.members = [
            Member(each, *spot) for each, spot in zip(outlines, _spots(len(outlines), rng), strict=True)
        ]
        self._read: tuple[Detail, float] | None = None  # what is being told, and since when
        self._last_s = 0.0

    def framed(self, camera: Pinhole, look: Look) -> Framing | None:
        """As in Outline: all of them, in the frame or not, nobody covered."""
        subjects = []
        for each in self.members:
            found = each.outline.framed(each.camera(camera), look)
            if found is None:
                return None
            subjects.append(found.subject)
        return framing(Composition(camera.width, camera.height, tuple(subjects), 0), look)

    def fitted(self, look: Look, camera: Pinhole) -> Look:
        """As in Outline: smaller where they stand too wide for it."""
        framed = self.framed(camera, look)
        if framed is None:
            return look
        return fitted(look, framed, Lens.of(camera.width, camera.height, camera.fov_deg))

    def begin(self, place: Place, mount: Mount) -> Place:
        """The place, further away and turned to them until part of everybody is in the picture.

        Nobody can tell from a picture who is wholly outside it; who photographs a group sees to that first.
        """
        for _ in range(60):
            if all(each.outline.subject(each.camera(place.seen_from)) is not None for each in self.members):
                break
            if mount == "fixed":
                x, z = place.guests
                place = replace(place, guests=(0.9 * x, min(z + 0.3, place.back_m)))
                continue
            camera = place.camera
            moved = replace(
                camera, z=camera.z - 0.3, pan_deg=0.9 * camera.pan_deg, pitch_deg=0.9 * camera.pitch_deg
            )
            place = replace(place, camera=moved, wall_m=max(place.wall_m, -moved.z))
        return place

    def composition(self, camera: Pinhole, roll_deg: float) -> Composition:
        """As in Outline; the largest is the main one."""
        found = []
        for each, (body, head, face, area) in zip(self.members, self.seen(camera), strict=True):
            subject = each.outline.subject(each.camera(camera))
            if subject is None or body < LOST:
                continue
            if head < HEADLESS:
                subject = replace(subject, head_top_y=None, chin_y=None)
            found.append(replace(subject, face_px2=face * area))
        found.sort(key=_main)
        roll = roll_deg if found else None
        return Composition(camera.width, camera.height, tuple(found), 0 if found else None, roll)

    def faces_seen(self, camera: Pinhole) -> float:
        """How much of the face that is hidden most is seen, as a share."""
        return min(face for _, _, face, _ in self.seen(camera))

    def seen(self, camera: Pinhole) -> list[tuple[float, float, float, float]]:
        """Of each: shares of body, head and face that nobody covers, and the whole face in square pixels."""
        cameras = [each.camera(camera) for each in self.members]
        points = [each.outline.points(one) for each, one in zip(self.members, cameras, strict=True)]
        covers = [_covered(*each) for each in points]
        far = [math.hypot(one.x, one.z) for one in cameras]
        found = []
        for mine, (head, face, body) in enumerate(points):
            before = [other for other in range(len(points)) if far[other] < far[mine] - 0.1]
            hulls = [hull for other in before for hull in covers[other]]
            area = float(cv2.contourArea(_hull(face))) if len(face) > 2 else 0.0
            found.append((_clear(body, hulls), _clear(head, hulls), _clear(face, hulls), area))
        return found

    def hear(self, cue: Cue, camera: Pinhole, now_s: float) -> None:
        """See a cue, and do about what it says after a moment; feed it every frame."""
        step = WALK_MPS * max(now_s - self._last_s, 0.0)
        self._last_s = now_s
        for each in self.members:
            each.x += min(max(each.goes_x - each.x, -step), step)
        if cue.detail is None or cue.detail in ("wait_head", "wait_feet", "foot_outside", "uneven"):
            self._read = None
            return
        if self._read is None or self._read[0] != cue.detail:
            self._read = (cue.detail, now_s)
        if now_s - self._read[1] < REACTION_S or any(each.goes_x != each.x for each in self.members):
            return
        self._read = (cue.detail, now_s)
        self._obey(cue, camera)

    def _obey(self, cue: Cue, camera: Pinhole) -> None:
        amount = float(self._rng.uniform(*OBEYS))
        middle = float(np.mean([each.x for each in self.members]))
        if cue.detail in FACES:
            self._step_aside(FACES.index(cue.detail), amount * ASIDE_M, camera)
            return
        wide = max(abs(each.x - middle) for each in self.members)
        by = (1 if cue.detail == "apart" else -1) * amount * (cue.amount or ASIDE_M) / max(wide, ASIDE_M)
        for each in self.members:
            each.goes_x = middle + (each.x - middle) * max(1 + by, 0.4)

    def _step_aside(self, third: int, metres: float, camera: Pinhole) -> None:
        """Who is hidden most in that third steps away from who stands before them."""
        first, last = min(each.x for each in self.members), max(each.x for each in self.members)
        edges = [first + (last - first) * (third + end) / 3 for end in (-0.2, 1.2)]
        faces = [face for _, _, face, _ in self.seen(camera)]
        there = [i for i, each in enumerate(self.members) if edges[0] <= each.x <= edges[1]]
        if not there:
            return
        hidden = self.members[min(there, key=lambda i: faces[i])]
        before = [each for each in self.members if each.z < hidden.z - 0.1]
        nearest = min(before, key=lambda each: abs(each.x - hidden.x), default=None)
        away = 1.0 if nearest is None or hidden.x >= nearest.x else -1.0
        hidden.goes_x = hidden.x + away * metres


def _spots(count: int, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Places in a row, or in two with the second between the first, about as people take them."""
    first = count if count <= IN_A_ROW else -(-count // 2)
    apart = float(rng.uniform(*APART_M))
    rows = [(i - (first - 1) / 2, 0) for i in range(first)]
    rows += [(i - (count - first - 1) / 2, 1) for i in range(count - first)]
    uneven = rng.normal(0, 1, (count, 2))
    return [
        (apart * i + 0.06 * float(x), ROW_M * row + 0.05 * float(z))
        for (i, row), (x, z) in zip(rows, uneven, strict=True)
    ]


def _main(subject: Subject) -> tuple[bool, float]:
    return subject.head_top_y is None, subject.left_x - subject.right_x


def _covered(head: Array, face: Array, body: Array) -> list[Array]:
    """Hulls of what somebody covers: the head, and all below the chin."""
    if len(head) < 3 or len(face) < 3:
        return []
    below = body[body[:, 1] > face[:, 1].max()]
    return [_hull(each) for each in (head, below) if len(each) > 2]


def _hull(points: Array) -> Array:
    return cv2.convexHull(points.astype(np.float32))  # type: ignore[return-value]


def _clear(points: Array, hulls: list[Array]) -> float:
    """Share of points outside all hulls; a few dozen of them are enough."""
    some = points[:: max(1, len(points) // 40)]
    if not len(some):
        return 0.0
    hidden = np.zeros(len(some), bool)
    for hull in hulls:
        low, high = hull[:, 0].min(axis=0), hull[:, 0].max(axis=0)
        for index in np.flatnonzero(((some >= low) & (some <= high)).all(axis=1) & ~hidden):
            x, y = some[index].tolist()
            hidden[index] = cv2.pointPolygonTest(hull, (x, y), False) >= 0
    return float(1 - hidden.mean())
