"""Who is there: the cells of a segmentation that belong to each person.

Everything here is in cells of the segmentation's own maps.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.composition.heads import Place, find_heads, share_out
from framecue.composition.keypoints import LIKELY, find_place
from framecue.parts import Part, Segmentation

Box = tuple[int, int, int, int]  # left, top, right, bottom; right and bottom are the first cells outside

_SMALLEST: Final = 0.002  # share of the frame under which a region is nobody
_SMALLEST_HEAD: Final = 0.15  # share of the region's largest head under which a second one is noise
_FEATURES: Final = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
_LIKELY_FEATURE: Final = 0.5  # probability of the likeliest of them, added up over a head's cells
_WIDE: Final = 1.05  # width of a head over its height, from which it may be two
_NOSES_APART: Final = 0.35  # of a head's height: how far apart two noses are at least
_MOST: Final = 12  # regions looked at, largest first: bounds the time a crowd takes
_FALLOFF: Final = 4  # cells around a person's own, over which the probability falls to nothing
_LOOSE_GAP: Final = 0.15  # of the upper region's height: how far below it severed legs may begin


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One person's cells.

    box: around the cells that are this person's. own: (h, w) bool over the whole map.
    head: box of hair and face, or None where none is seen.
    around: box grown by the falloff, within the map. probability: person probability within `around`, 0
    where it is somebody else's. parts: part ids within `around`, 0 outside `own`.
    """

    box: Box
    own: NDArray[np.bool_]
    head: Box | None
    around: Box
    probability: NDArray[np.float32]
    parts: NDArray[np.uint8]

    def share(self, *wanted: Part) -> float:
        """Share of the person's cells that are one of those parts."""
        counts = np.bincount(self.parts.ravel(), minlength=len(Part))
        return float(counts[list(wanted)].sum() / max(1, counts[1:].sum()))


def find_people(segmentation: Segmentation) -> list[Person]:
    """Everybody in the segmentation, the largest region first.

    A connected region is one person for each head in it, and what hangs right below it in another region
    without a head of its own is that person's too. Whether a region looks like a person is not judged here.
    """
    solid = (segmentation.person >= 0.5).astype(np.uint8)
    count, regions, stats = _regions(solid)
    order = np.argsort(-stats[1:count, cv2.CC_STAT_AREA], kind="stable")[:_MOST] + 1
    least = max(4.0, _SMALLEST * solid.size)
    large = [int(index) for index in order if stats[index, cv2.CC_STAT_AREA] >= least]
    blobs = (segmentation.parts == Part.FACE) | (segmentation.parts == Part.HAIR)
    middles = find_heads(segmentation.heatmaps["head"]) if "head" in segmentation.heatmaps else []
    owners: list[tuple[NDArray[np.bool_], Box | None]] = []
    if segmentation.ways is not None and middles:
        shares = share_out(regions, large, segmentation.ways, middles)
        places: list[Place | None] = [*middles, *[None] * (len(shares) - len(middles))]
        for own, place in zip(shares, places, strict=True):
            if np.count_nonzero(own) >= least:
                owners.append((own, _head_at(own & blobs, place)))
        return [_person(own, head, segmentation, solid) for own, head in owners]
    heads, noses = _heads(blobs, regions), segmentation.heatmaps.get("nose")
    _join_severed(regions, stats, large, heads)
    for index in large:
        own = regions == index
        found = _distinct(_with_features(heads.get(index, []), segmentation, own.shape))
        if noses is not None:
            found = [part for head in found for part in _by_noses(head, blobs, noses)]
        owners += _split(own, found) if len(found) > 1 else [(own, found[0] if found else None)]
    return [_person(own, head, segmentation, solid) for own, head in owners if own.any()]


def _head_at(blobs: NDArray[np.bool_], place: Place | None) -> Box | None:
    """Box of the hair and face around a place, or of the largest there is without one."""
    count, labels, stats = _regions(blobs.astype(np.uint8))
    if count < 2:
        return None
    index = int(np.argmax(stats[1:, cv2.CC_STAT_AREA])) + 1
    if place is not None:
        row, column = int(place[1] * blobs.shape[0]), int(place[0] * blobs.shape[1])
        index = int(labels[min(row, len(blobs) - 1), min(column, blobs.shape[1] - 1)]) or index
    left, top, width, height, _ = (int(value) for value in stats[index])
    return left, top, left + width, top + height


def _regions(solid: NDArray[np.uint8]) -> tuple[int, NDArray[np.uint16], NDArray[np.int32]]:
    """Connected regions: how many with the background, their map, and OpenCV's statistics of each."""
    # Labels of 16 bits are counted in less than half the time, and no map has that many regions.
    count, regions, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8, ltype=cv2.CV_16U)
    return count, np.asarray(regions, np.uint16), np.asarray(stats, np.int32)


def _heads(blobs: NDArray[np.bool_], regions: NDArray[np.uint16]) -> dict[int, list[Box]]:
    """Boxes of the connected blobs of hair and face, by the region they lie in."""
    count, labels, stats = _regions((blobs & (regions > 0)).astype(np.uint8))
    heads: dict[int, list[Box]] = {}
    for label in range(1, count):
        left, top, width, height, _ = (int(value) for value in stats[label])
        row = labels[top, left : left + width]
        region = int(regions[top, left + int(np.argmax(row == label))])
        heads.setdefault(region, []).append((left, top, left + width, top + height))
    return heads


def _by_noses(head: Box, blobs: NDArray[np.bool_], noses: NDArray[np.float32]) -> list[Box]:
    """The box itself, or where it is wide and has two noses side by side, one for each: cheek to cheek."""
    left, top, right, bottom = head
    height, width = blobs.shape
    if right - left < _WIDE * (bottom - top):
        return [head]
    rows, columns = noses.shape
    window = np.s_[
        top * rows // height : -(-bottom * rows // height),
        left * columns // width : -(-right * columns // width),
    ]
    votes = np.zeros_like(noses)
    votes[window] = noses[window]
    found = []
    for _ in range(2):
        nose = find_place(votes, (0.0, 0.0, 1.0, 1.0))
        if nose is None or nose.probability < LIKELY:
            return [head]
        found.append(nose.x * width)
        row, column = int(nose.y * rows), int(nose.x * columns)
        votes[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2] = 0
    if abs(found[0] - found[1]) < _NOSES_APART * (bottom - top):
        return [head]
    middle = min(max(round((found[0] + found[1]) / 2), left + 1), right - 1)
    heads: list[Box] = []
    for begin, end in ((left, middle), (middle, right)):
        filled = np.flatnonzero(blobs[top:bottom, begin:end].any(axis=1))
        if len(filled):
            half = (begin, top + int(filled[0]), end, top + int(filled[-1]) + 1)
            heads += _by_noses(half, blobs, noses)
    return heads


def _with_features(heads: list[Box], segmentation: Segmentation, size: tuple[int, ...]) -> list[Box]:
    """Of several heads, those with a nose, an eye or an ear in them; all of them where none has any.

    A pattern on a dress may look like a head, but not like its features.
    """
    if len(heads) < 2 or not segmentation.heatmaps:
        return heads
    kept = []
    for left, top, right, bottom in heads:
        likeliest = 0.0
        for name in _FEATURES:
            votes = segmentation.heatmaps.get(name, np.zeros((1, 1), np.float32))
            down, across = votes.shape[0] / size[0], votes.shape[1] / size[1]
            rows = slice(int(top * down), int(np.ceil(bottom * down)))
            columns = slice(int(left * across), int(np.ceil(right * across)))
            likeliest = max(likeliest, float(votes[rows, columns].sum()))
        if likeliest >= _LIKELY_FEATURE:
            kept.append((left, top, right, bottom))
    return kept or heads


def _distinct(heads: list[Box]) -> list[Box]:
    """Heads that are not specks beside the largest, and not one head in pieces."""
    largest_first = sorted(heads, key=_area, reverse=True)
    kept: list[Box] = []
    for head in largest_first:
        if _area(head) < _SMALLEST_HEAD * _area(largest_first[0]):
            continue
        if all(_apart(head, other) for other in kept):
            kept.append(head)
    return kept


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _largest(heads: list[Box]) -> int:
    return max((_area(head) for head in heads), default=0)


def _apart(one: Box, other: Box) -> bool:
    """Whether two head boxes are further apart than the parts of one head could be."""
    size = max(other[2] - other[0], other[3] - other[1])
    across = abs(one[0] + one[2] - other[0] - other[2]) / 2
    along = abs(one[1] + one[3] - other[1] - other[3]) / 2
    return float(np.hypot(across, along)) > 0.9 * size


def _join_severed(
    regions: NDArray[np.uint16], stats: NDArray[np.int32], large: list[int], heads: dict[int, list[Box]]
) -> None:
    """Give regions that hang right below one with a head to it, in place: legs behind a dark belt.

    Such a region has no head, or only ones too small to go with that body: a passer-by behind the legs.
    """
    for lower in list(large):
        left, top, width, _, _ = (int(value) for value in stats[lower])
        for upper in large:
            if upper not in heads or upper == lower:
                continue
            if _largest(heads.get(lower, [])) >= _SMALLEST_HEAD * _largest(heads[upper]):
                continue
            x, y, across, height, _ = (int(value) for value in stats[upper])
            overlap = min(left + width, x + across) - max(left, x)
            below = (top - (y + height)) / height
            if overlap >= 0.5 * min(width, across) and -0.5 <= below <= _LOOSE_GAP:
                regions[regions == lower] = upper
                heads[upper] += heads.pop(lower, [])
                large.remove(lower)
                break


def _split(own: NDArray[np.bool_], heads: list[Box]) -> list[tuple[NDArray[np.bool_], Box | None]]:
    """Share a region among its heads: each cell goes to the head it most likely hangs below."""
    rows, columns = np.nonzero(own)
    distances = []
    for left, top, right, bottom in heads:
        size = max(right - left, 0.8 * (bottom - top), 1.0)
        across = (columns - (left + right - 1) / 2) / size
        below = (rows - (top + bottom - 1) / 2) / size
        distances.append(across**2 + np.where(below > 0, 0.15 * below, below) ** 2)
    nearest = np.argmin(distances, axis=0)
    shares: list[tuple[NDArray[np.bool_], Box | None]] = []
    for index, head in enumerate(heads):
        share = np.zeros_like(own)
        share[rows[nearest == index], columns[nearest == index]] = True
        shares.append((share, head))
    return shares


def _person(
    own: NDArray[np.bool_], head: Box | None, segmentation: Segmentation, solid: NDArray[np.uint8]
) -> Person:
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    height, width = own.shape
    around = (
        max(box[0] - _FALLOFF, 0),
        max(box[1] - _FALLOFF, 0),
        min(box[2] + _FALLOFF, width),
        min(box[3] + _FALLOFF, height),
    )
    window = np.s_[around[1] : around[3], around[0] : around[2]]
    mine = own[window].astype(np.uint8)
    near = cv2.dilate(mine, np.ones((2 * _FALLOFF + 1, 2 * _FALLOFF + 1), np.uint8))
    others = (solid[window] > 0) & (mine == 0)
    probability = segmentation.person[window] * ((near > 0) & ~others)
    return Person(box, own, head, around, probability, segmentation.parts[window] * mine)
