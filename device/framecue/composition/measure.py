"""From a segmentation and its picture to the composition: who is there, and where each one's lines are."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.composition.chin import face_edge, find_chin
from framecue.composition.edges import cut_edges, first_crossing, last_crossing
from framecue.composition.feet import find_feet
from framecue.composition.keypoints import keypoint_count
from framecue.composition.lines import find_line
from framecue.composition.people import Person, find_people
from framecue.composition.refine import refine_edge
from framecue.composition.subject import Composition, Subject
from framecue.parts import Part, Segmentation


@dataclass(frozen=True, slots=True)
class Levels:
    """Person probability at which each outline really lies; a model's own habit.

    BodyPix, on the photos of tests/bench/ccp.py, spreads over the hair line and falls short of the tips
    of shoes. cut: probability in the last cells before a frame edge above which the body is taken to go on,
    cut_head: the same for the top edge, where the model also sees a head that ends just below it.
    """

    head: float = 0.7
    foot: float = 0.35
    side: float = 0.5
    cut: float = 0.6
    cut_head: float = 0.9


BODYPIX: Final = Levels()
FIGURE: Final = Levels(head=0.6, foot=0.7)  # Framecue's own model spreads over floors, not over hair

# What tells people from cats, coats and crumbs. Among everyday photos, regions that BodyPix finds where
# there is nobody have a mean probability under .75 and fewer than 3 keypoints, nearly all.
_SURE_MEAN: Final = 0.85  # mean person probability of a region seen well
_BODY_KEYPOINTS: Final = 5  # a face without a body has as many
_BODY_PARTS: Final = 3  # of head, torso, arms, legs: where a model has no keypoints
_HEADLESS: Final = 0.6  # what is left of the confidence in a body without a head: flags and cats have none
_NO_DOUBT: Final = 0.9  # mean probability from which a body is one all the same
_SEEN: Final = 0.03  # share of a region that makes a part more than a speck
_LEAST_CONFIDENCE: Final = 0.3  # under which a region is no subject
_REFINED: Final = 3  # subjects whose edges are sought in the picture, the main one first: bounds the time
_WORTH: Final = 0.4  # of the main subject's weight: passers-by under it keep the edges of the maps
_INSIDE: Final = 1.0  # frame pixels from the frame's edge at which an edge found in the picture is one
_CLEAR: Final = 0.013  # of a person's height: so far above their lowest cell a foot line is none that is cut
_FEET: Final = 0.25  # of a person's height: how far above their lowest cell their feet may be
_CENTRAL: Final = 0.35  # of the frame's width: how far off its centre a main subject may well be


def measure(
    image: NDArray[np.uint8], segmentation: Segmentation, levels: Levels | None = None
) -> Composition:
    """Measure everybody in a picture.

    image: (h, w, 3) uint8 RGB, the picture that was segmented. Lines are in its pixels; a line is the
    centre of the first or last row or column that is still the person, and may lie between pixels.
    Subjects are in falling order of how much the picture seems to be of them, so the main one, if any,
    is the first. Roll and backlight are left unknown. levels: those of the model without them.
    """
    if levels is None:
        levels = FIGURE if segmentation.ways is not None else BODYPIX
    height, width = image.shape[:2]
    found = []
    for person in find_people(segmentation):
        confidence = _confidence(person, segmentation.heatmaps)
        if confidence >= _LEAST_CONFIDENCE:
            subject = replace(_coarse(person, segmentation, levels, height, width), confidence=confidence)
            found.append((_weight(person, subject, width), person, subject))
    found.sort(key=lambda entry: -entry[0])
    subjects = [
        _refined(image, person, subject, levels, segmentation.heatmaps)
        if rank < _REFINED and weight >= _WORTH * found[0][0]
        else subject
        for rank, (weight, person, subject) in enumerate(found)
    ]
    return Composition(width, height, tuple(subjects), 0 if subjects else None)


def _coarse(person: Person, segmentation: Segmentation, levels: Levels, height: int, width: int) -> Subject:
    """A subject from the maps alone."""
    rows, columns = person.own.shape
    down, across = height / rows, width / columns
    cut = cut_edges(person, {"top": levels.cut_head}, levels.cut)
    head_top = None if "top" in cut else _head_top(person, levels.head)
    foot = None if "bottom" in cut else _foot(person, levels.foot)
    chin = _chin(person, segmentation)
    outline = person.probability.max(axis=0)
    left, right = first_crossing(outline, levels.side) or 0.0, last_crossing(outline, levels.side) or 0.0
    return Subject(
        head_top_y=None if head_top is None else max((person.around[1] + head_top + 0.5) * down, 0.0),
        chin_y=None if chin is None else chin * height - 0.5,
        foot_y=None if foot is None else min((person.around[1] + foot + 0.5) * down, height) - 1,
        left_x=min(max((person.around[0] + left + 0.5) * across, 0.0), width - 1.0),
        right_x=min(max((person.around[0] + right + 0.5) * across - 1, 0.0), width - 1.0),
        cut=cut,
        middle_x=(person.around[0] + _middle(person.probability)) * across - 0.5,
        face_px2=float(np.count_nonzero(person.parts == Part.FACE)) * down * across,
        feet=tuple(
            ((person.around[0] + x + 0.5) * across - 0.5, (person.around[1] + y + 0.5) * down - 1)
            for x, y in find_feet(person)
        ),
    )


def _middle(probability: NDArray[np.float32]) -> float:
    """Columns from the left with half of a person on either side: an arm held out counts for little."""
    until = np.cumsum(probability.sum(axis=0))
    return float(np.interp(until[-1] / 2, np.append(0, until), np.arange(len(until) + 1)))


def _head_top(person: Person, level: float) -> float | None:
    """Upper end of the head, cells below the top of `around`; hands held above it are beside its columns."""
    if person.head is None:
        return None
    left, _, right, _ = person.head
    margin = round(0.15 * (right - left))
    first = max(left - margin - person.around[0], 0)
    profile = person.probability[:, first : right + margin - person.around[0]].max(axis=1)
    return first_crossing(profile, level)


def _foot(person: Person, level: float) -> float | None:
    """Lower end of the feet, cells below the top of `around`; None where no foot is seen."""
    columns = _foot_columns(person)
    if columns is None:
        return None
    profile = person.probability[:, max(columns[0] - 1, 0) : columns[1] + 1].max(axis=1)
    return last_crossing(profile, level)


def _foot_columns(person: Person) -> tuple[int, int] | None:
    """First column with a foot low down and the first after the last, from the left of `around`."""
    lowest = person.box[3] - person.around[1]
    first = lowest - max(2, round(_FEET * (person.box[3] - person.box[1])))
    columns = np.flatnonzero((person.parts[max(first, 0) : lowest] == Part.FOOT).any(axis=0))
    return (int(columns[0]), int(columns[-1]) + 1) if len(columns) else None


def _chin(person: Person, segmentation: Segmentation) -> float | None:
    """Chin as a share of the frame's height."""
    if person.head is None:
        return None
    rows, columns = person.own.shape
    if "chin" in segmentation.heatmaps:
        left, top, right, bottom = person.head
        below = bottom + 0.4 * (bottom - top)
        region = (left / columns, top / rows, right / columns, below / rows)
        line = find_line(segmentation.heatmaps["chin"], region)
        if line is not None:
            return line
    edge = face_edge(person)
    if edge is not None:
        return (edge + 0.5) / int(rows)
    return find_chin(segmentation.heatmaps, person.head, (rows, columns))


def _refined(
    image: NDArray[np.uint8],
    person: Person,
    subject: Subject,
    levels: Levels,
    heatmaps: Mapping[str, NDArray[np.float32]],
) -> Subject:
    """The same subject with head top and foot line sought in the picture, where it shows them.

    A head or foot that seemed cut is not when the picture shows it to end inside the frame.
    """
    height, cut = image.shape[0], dict(subject.cut)
    head_top, foot = subject.head_top_y, subject.foot_y
    if head_top is not None or cut.get("top") in (Part.FACE, Part.HAIR):
        found = _head_edge(image, person, head_top or 0.0, levels.head)
        if found is not None and ("top" not in cut or found > _INSIDE):
            head_top = found
            cut.pop("top", None)
    if foot is not None or cut.get("bottom") == Part.FOOT:
        told = foot if foot is not None else _told_foot(person, heatmaps, height)
        found = _foot_edge(image, person, height - 1.0 if told is None else told, levels.foot)
        found = told if found is None else found
        if found is not None and ("bottom" not in cut or found < height - 1 - _INSIDE):
            foot = found
            cut.pop("bottom", None)
    return replace(subject, head_top_y=head_top, foot_y=foot, cut=cut)


def _told_foot(person: Person, heatmaps: Mapping[str, NDArray[np.float32]], height: int) -> float | None:
    """Foot line by the model's own heatmap, pixels: a shadow that goes on below the shoes has none."""
    if "foot" not in heatmaps:
        return None
    rows, columns = person.own.shape
    left, top, right, bottom = person.box
    region = (left / columns, (bottom - _FEET * (bottom - top)) / rows, right / columns, bottom / rows)
    line = find_line(heatmaps["foot"], region)
    if line is None or line > bottom / rows - _CLEAR * (bottom - top) / rows:
        return None  # feet that the edge cuts look like feet that end at it
    return line * height - 0.5


def _head_edge(image: NDArray[np.uint8], person: Person, coarse: float, level: float) -> float | None:
    if person.head is None:
        return None
    across = image.shape[1] / person.own.shape[1]
    left, right = person.head[0] * across, person.head[2] * across
    size = right - left
    window = (left - 0.25 * size, coarse - 0.5 * size, right + 0.25 * size, coarse + 0.6 * size)
    return refine_edge(image, person, window, level, "top")


def _foot_edge(image: NDArray[np.uint8], person: Person, coarse: float, level: float) -> float | None:
    feet = _foot_columns(person)
    if feet is None:
        return None
    down, across = image.shape[0] / person.own.shape[0], image.shape[1] / person.own.shape[1]
    left, right = ((person.around[0] + column) * across for column in feet)
    size = 0.1 * (person.box[3] - person.box[1]) * down
    window = (left - 0.2 * size, coarse - 0.6 * size, right + 0.2 * size, coarse + 0.5 * size)
    return refine_edge(image, person, window, level, "bottom")


def _confidence(person: Person, heatmaps: Mapping[str, NDArray[np.float32]]) -> float:
    """How sure the model is of the region, times how much of a body it found there."""
    inside = person.probability[person.parts > 0]
    mean = float(inside.mean()) if inside.size else 0.0
    sure = min(max((mean - 0.5) / (_SURE_MEAN - 0.5), 0.0), 1.0)
    if "nose" in heatmaps:
        return sure * min(1.0, keypoint_count(heatmaps, person.own) / _BODY_KEYPOINTS)
    kinds = ((Part.HAIR, Part.FACE), (Part.TORSO,), (Part.ARM,), (Part.LEG,))
    doubt = _HEADLESS if person.head is None and mean < _NO_DOUBT else 1.0
    return doubt * sure * min(1.0, sum(person.share(*kind) > _SEEN for kind in kinds) / _BODY_PARTS)


def _weight(person: Person, subject: Subject, width: int) -> float:
    """How much the picture seems to be of a subject: large, near the middle, whole, surely a person."""
    size = (person.box[3] - person.box[1]) / int(person.own.shape[0])
    off_centre = abs(subject.centre_x - (width - 1) / 2) / width
    whole = (1.0 if person.head is not None else 0.5) * (0.7 if subject.cut else 1.0)
    central = math.exp(-((off_centre / _CENTRAL) ** 2))
    return size * central * whole * subject.confidence
