"""From a segmentation and its picture to the composition: who is there, and where each one's lines are."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.composition.chin import Place, find_chin, find_places
from framecue.composition.edges import cut_edges, first_crossing, last_crossing
from framecue.composition.people import Person, find_people
from framecue.composition.subject import Composition, Edge, Subject
from framecue.parts import Part, Segmentation

# The probability at which each outline really lies, BodyPix on the photos of tests/bench/ccp.py: its
# probability spreads over the hair line and falls short of the tips of shoes.
HEAD_LEVEL: Final = 0.7
FOOT_LEVEL: Final = 0.35
SIDE_LEVEL: Final = 0.5
CUT_LEVEL: Final = 0.5

_LEAST_CONFIDENCE: Final = 0.3  # under which a region is no subject


def measure(image: NDArray[np.uint8], segmentation: Segmentation) -> Composition:
    """Measure everybody in a picture.

    image: (h, w, 3) uint8 RGB, the picture that was segmented. Lines are in its pixels; a line is the
    centre of the first or last row or column that is still the person, between pixels where the maps say so.
    Roll and backlight are left unknown.
    """
    height, width = image.shape[:2]
    people = find_people(segmentation)
    measured = [_subject(image, person, segmentation) for person in people]
    subjects = [subject for subject in measured if subject.confidence >= _LEAST_CONFIDENCE]
    return Composition(width, height, tuple(subjects), _main(subjects, width, height))


def _subject(image: NDArray[np.uint8], person: Person, segmentation: Segmentation) -> Subject:
    height, width = image.shape[:2]
    rows, columns = segmentation.person.shape
    down, across = height / rows, width / columns
    cut = cut_edges(person, CUT_LEVEL)
    head_top = None if "top" in cut else _head_top(person)
    foot = None if "bottom" in cut else _foot(person)
    left = first_crossing(person.probability.max(axis=0), SIDE_LEVEL) or 0.0
    right = last_crossing(person.probability.max(axis=0), SIDE_LEVEL) or 0.0
    places: dict[str, Place] = {}
    if person.head is not None:
        places = find_places(segmentation.heatmaps, person.head, (rows, columns))
    head_top_y = None if head_top is None else (person.around[1] + head_top + 0.5) * down
    chin = None if head_top_y is None else find_chin(places, head_top_y / height)
    return Subject(
        head_top_y=head_top_y,
        chin_y=None if chin is None else chin * height,
        foot_y=None if foot is None else (person.around[1] + foot + 0.5) * down - 1,
        left_x=float(np.clip((person.around[0] + left + 0.5) * across, 0, width - 1)),
        right_x=float(np.clip((person.around[0] + right + 0.5) * across - 1, 0, width - 1)),
        cut=cut,
        confidence=_confidence(person, places, cut),
    )


def _head_top(person: Person) -> float | None:
    """Upper end of the head, cells below the top of `around`; hands held above it are beside its columns."""
    if person.head is None:
        return None
    left, _, right, _ = person.head
    margin = round(0.15 * (right - left))
    first = max(left - margin - person.around[0], 0)
    profile = person.probability[:, first : right + margin - person.around[0]].max(axis=1)
    return first_crossing(profile, HEAD_LEVEL)


def _foot(person: Person) -> float | None:
    """Lower end of the feet, cells below the top of `around`; None where no foot is seen."""
    columns = np.flatnonzero((person.parts == Part.FOOT).any(axis=0))
    if not len(columns):
        return None
    profile = person.probability[:, max(columns[0] - 1, 0) : columns[-1] + 2].max(axis=1)
    return last_crossing(profile, FOOT_LEVEL)


def _confidence(person: Person, places: dict[str, Place], cut: dict[Edge, Part]) -> float:
    inside = person.probability[person.parts > 0]
    sure = float(np.clip(2 * inside.mean() - 1, 0, 1)) if inside.size else 0.0
    seen = "nose" in places or person.share(Part.FACE, Part.TORSO, Part.HAIR) > 0.15
    return sure * (1.0 if seen else 0.3) * (0.9 if cut else 1.0)


def _main(subjects: list[Subject], width: int, height: int) -> int | None:
    """The subject the picture is of: large, near the middle, whole."""
    if not subjects:
        return None

    def weight(subject: Subject) -> float:
        top = 0.0 if subject.head_top_y is None else subject.head_top_y
        bottom = float(height) if subject.foot_y is None else subject.foot_y
        off_centre = abs(subject.centre_x - (width - 1) / 2) / width
        whole = 1.0 if subject.head_top_y is not None else 0.5
        return (
            (bottom - top) / height * float(np.exp(-((off_centre / 0.35) ** 2))) * subject.confidence * whole
        )

    return int(np.argmax([weight(subject) for subject in subjects]))
