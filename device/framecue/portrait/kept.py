"""Whom a portrait is of: which cells of a segmentation are kept sharp, and which people only passed by."""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.composition.measure import measure
from framecue.composition.people import Person, find_people
from framecue.composition.subject import Composition, Subject
from framecue.parts import PERSON_LEVEL, Part, Segmentation
from framecue.segmentation.cells import logit, sigmoid

_BEHIND: Final = 0.6  # of the tallest head: whose head is smaller stands far behind
_HEAD: Final = 1 / 7.5  # of a person, where no head is seen
_NEAR: Final = 0.4  # of a head: how far from somebody kept a severed piece of them, or their bag, may be
_TOUCHING: Final = 0.3  # of a piece's outline along somebody kept, from which it is theirs
_BELOW: Final = 0.5  # of a piece's columns under somebody kept, from which it is theirs however far below
_SAME: Final = 4.0  # cells by which the sides of a person and of the subject measured from it may differ
_FINE: Final = 0.2  # cells of a depth map for each of the segmentation, under which it tells no outline
_CLEARLY: Final = 0.9  # probability
_BEHIND_M: Final = 0.35  # further away than nine in ten of their cells are: not theirs
_DEPTH_ODDS: Final = 5.0  # of the logarithm of the odds, that a depth behind people takes, or theirs gives
_LIMB: Final = 0.4  # of a head: half as wide as an arm, and some more
_LIMB_AREA: Final = 0.8  # of a head's height squared: more than a hand, less than a chair
_RING: Final = np.ones((3, 3), np.uint8)
_FEWEST: Final = 12  # cells whose depth is known, under which people's distance is not
_DEEPER_M: Final = 0.9  # further behind the nearest of the main ones than this is behind


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What a portrait keeps, in a segmentation's cells.

    mask: (h, w) bool, the people (and pets) the portrait is of, with what they carry. others: (h, w) bool,
    people who are not kept. head: height of the largest kept head, cells. fur: (h, w) bool, the pets of mask.
    composition: everybody measured, frame pixels; whom: indices in it of those who are kept. told: (any h,
    any w) float32 of what a depth map tells, 1 somebody kept, -1 what is behind, 0 neither; None without one.
    """

    mask: NDArray[np.bool_]
    others: NDArray[np.bool_]
    head: float
    fur: NDArray[np.bool_]
    composition: Composition
    whom: tuple[int, ...]
    told: NDArray[np.float32] | None = None

    @property
    def anybody(self) -> bool:
        """Whether there is anybody, or any pet, to keep."""
        return bool(self.mask.any())


def choose(
    image: NDArray[np.uint8], segmentation: Segmentation, depth_m: NDArray[np.float32] | None = None
) -> Kept:
    """Choose whom a portrait of a picture is of: the main subject, and who stands with it.

    Whoever's head is much smaller than the main ones', or who stands clearly further away by the depth map,
    is behind. image: (h, w, 3) uint8 RGB, the picture that was segmented. depth_m: (any h, any w) float32
    metres over the same view, 0 where unknown.
    """
    composition = measure(image, segmentation)
    people = find_people(segmentation)
    size = segmentation.person.shape
    subjects = [_subject_of(person, composition, image.shape) for person in people]
    main = next((i for i, s in enumerate(subjects) if s is not None and s == composition.main), None)
    mask = np.zeros(size, np.bool_)
    others = np.zeros(size, np.bool_)
    whom: list[int] = []
    if main is not None:
        tallest = _head_height(people[main])
        metres = [_distance(person, depth_m) for person in people]
        for person, subject, away in zip(people, subjects, metres, strict=True):
            near = _head_height(person) >= _BEHIND * tallest and not _deeper(away, metres[main])
            if subject is not None and near:
                mask |= person.own
                whom.append(subject)
        head = max(_head_height(people[i]) for i, s in enumerate(subjects) if s in whom)
        for person, subject in zip(people, subjects, strict=True):
            if subject is None and _belongs(person, mask, head):
                mask |= person.own
            else:
                others |= person.own
        heads = np.isin(segmentation.parts, (Part.HAIR, Part.FACE))
        mask = _whole(mask, others & ~mask, heads, head)
    else:
        head = 0.0
    return Kept(mask, others & ~mask, head, np.zeros(size, np.bool_), composition, tuple(sorted(whom)))


def with_depth(
    kept: Kept, segmentation: Segmentation, depth_m: NDArray[np.float32]
) -> tuple[Kept, Segmentation]:
    """The same by what a depth map sees: not the gap between an arm and a body, but the hand that was missed.

    depth_m: (any h, any w) float32 metres over the same view, 0 where unknown.
    """
    rows, columns = kept.mask.shape
    if min(depth_m.shape) < 2 or depth_m.size < _FINE * kept.mask.size:
        return kept, segmentation
    inner = cv2.erode(kept.mask.astype(np.uint8), _RING) > 0
    depth = np.asarray(cv2.resize(depth_m, (columns, rows), interpolation=cv2.INTER_NEAREST), np.float32)
    mine = depth[inner & (depth > 0) & (segmentation.person > _CLEARLY)]
    if len(mine) < _FEWEST:
        return kept, segmentation
    near, far = np.percentile(mine, (10, 90)) + np.array([-_BEHIND_M, _BEHIND_M])
    # Where every pixel around says so: at edges a sensor's pixels see both.
    nearest, furthest = cv2.erode(depth_m, _RING), cv2.dilate(depth_m, _RING)
    behind, theirs = nearest > far, (nearest > near) & (furthest <= far)
    # Against something further to the left or right: the floor they stand on is as far there.
    reach = max(1, round(_LIMB * kept.head * depth_m.shape[0] / rows))
    beside = cv2.dilate(depth_m, np.ones((1, 2 * reach + 1), np.uint8))
    theirs &= beside - depth_m > _BEHIND_M
    told = np.where(behind, -1, theirs).astype(np.float32)
    cells = np.asarray(cv2.resize(told, (columns, rows), interpolation=cv2.INTER_NEAREST), np.float32)
    limbs = _limbs(kept, cells > 0)
    person = np.where(limbs, np.float32(_CLEARLY), segmentation.person)
    person = sigmoid(logit(person, 1e-4) + np.float32(_DEPTH_ODDS) * cells)
    mask = (kept.mask | limbs) & ((person >= PERSON_LEVEL) | kept.fur)
    return replace(kept, mask=mask, told=told), replace(segmentation, person=person)


def _limbs(kept: Kept, solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Small whole pieces, as near as those kept and touching them, that the model missed: a hand, a hat."""
    limbs = np.zeros_like(kept.mask)
    touching = cv2.dilate(kept.mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    for piece in _pieces(solid & ~kept.mask & ~kept.others):
        if np.count_nonzero(piece) > _LIMB_AREA * kept.head**2:
            continue
        if (piece & touching).any():
            limbs |= piece
    return limbs


def with_pets(kept: Kept, animals: NDArray[np.float32]) -> Kept:
    """The same with cats and dogs kept too; animals: (any h, any w) float32, 1 where there is one."""
    rows, columns = kept.mask.shape
    found = cv2.resize(animals, (columns, rows), interpolation=cv2.INTER_LINEAR) >= PERSON_LEVEL
    count, labels, stats, _ = cv2.connectedComponentsWithStats(found.astype(np.uint8))
    areas = stats[1:count, cv2.CC_STAT_AREA]
    if not len(areas) or areas.max() < 0.004 * found.size:
        return kept
    large = [i + 1 for i, area in enumerate(areas) if area >= max(0.15 * areas.max(), 0.004 * found.size)]
    fur = np.isin(labels, large) & ~kept.mask
    tallest = max(int(stats[i, cv2.CC_STAT_HEIGHT]) for i in large)
    return replace(kept, mask=kept.mask | fur, fur=fur, head=kept.head or 0.35 * tallest)


def _whole(
    mask: NDArray[np.bool_], others: NDArray[np.bool_], heads: NDArray[np.bool_], head: float
) -> NDArray[np.bool_]:
    """Those kept with pieces of them that somebody else was given, and without what lies far from them.

    A piece without a head that is wedged into somebody kept is theirs. What hangs together with no head
    stays only near those who have one, or below them: feet under a table.
    """
    ring = np.ones((3, 3), np.uint8)
    beside = cv2.dilate(mask.astype(np.uint8), ring) > 0
    whole = mask.copy()
    for piece in _pieces(others):
        rim = piece & (cv2.erode(piece.astype(np.uint8), ring) == 0)
        if not (piece & heads).any() and np.mean(beside[rim]) >= _TOUCHING:
            whole |= piece
    pieces = _pieces(whole)
    headed = [piece for piece in pieces if (piece & heads).any()] or pieces[:1]
    reach = max(1, round(_NEAR * head))
    solid = np.sum(headed, axis=0, dtype=np.uint8) if headed else np.zeros(whole.shape, np.uint8)
    near = np.asarray(cv2.dilate(np.asarray(solid), np.ones((1, 2 * reach + 1), np.uint8)), np.uint8)
    for piece in pieces:
        columns, rows = piece.any(axis=0), np.flatnonzero(piece.any(axis=1))
        below = np.mean(near[: rows[-1] + 1].max(axis=0)[columns]) >= _BELOW
        if not below and not near[piece].any():
            whole &= ~piece
    return whole


def _pieces(mask: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Connected pieces of a mask, the largest first."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    order = np.argsort(-stats[1:count, cv2.CC_STAT_AREA], kind="stable") + 1
    return [np.asarray(labels == label) for label in order]


def _subject_of(person: Person, composition: Composition, frame: tuple[int, ...]) -> int | None:
    """Which subject was measured from a person; None where the person was not taken for one."""
    rows, columns = person.own.shape
    across, down = columns / frame[1], rows / frame[0]

    def apart(subject: Subject) -> float:
        left, right = (subject.left_x + 0.5) * across, (subject.right_x + 1.5) * across
        away = max(abs(left - person.box[0]), abs(right - person.box[2]))
        if subject.head_top_y is not None and person.head is not None:
            away = max(away, 0.5 * abs((subject.head_top_y + 0.5) * down - person.head[1]))
        return float(away)

    ranked = sorted((apart(subject), index) for index, subject in enumerate(composition.subjects))
    return ranked[0][1] if ranked and ranked[0][0] < _SAME else None


def _head_height(person: Person) -> float:
    """Height of a head, cells; long hair does not make it longer."""
    whole = float(person.box[3] - person.box[1])
    if person.head is None:
        return whole * _HEAD
    left, top, right, bottom = person.head
    return min(float(bottom - top), 1.4 * float(right - left))


def _distance(person: Person, depth_m: NDArray[np.float32] | None) -> float | None:
    """Median depth of a person, metres; None without a depth map there."""
    if depth_m is None:
        return None
    rows, columns = person.own.shape
    seen = cv2.resize(depth_m, (columns, rows), interpolation=cv2.INTER_NEAREST)[person.own]
    seen = seen[seen > 0]
    return float(np.median(seen)) if len(seen) else None


def _deeper(away: float | None, main: float | None) -> bool:
    return away is not None and main is not None and away > main + _DEEPER_M


def _belongs(person: Person, mask: NDArray[np.bool_], head: float) -> bool:
    """Whether a region that is nobody is a severed piece of somebody kept, or what they carry."""
    if person.head is not None and person.share(Part.CARRIED) < 0.5:
        return False
    reach = max(1, round(_NEAR * head))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    near = cv2.dilate(mask.astype(np.uint8), kernel) > 0
    small = np.count_nonzero(person.own) < 0.4 * np.count_nonzero(mask)
    return bool(small and (near & person.own).any())
