"""The chin, from keypoints of the face and the shoulders, and from the head's box.

BodyPix's face part is the whole head and runs into the neck, so its lower edge is no chin. But keypoints
are found to a fraction of a cell, and the chin lies below them by much the same share of the face in
everyone; the head's box says nearly as much, and is wrong in other photos.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.composition.keypoints import LIKELY, Place, find_place
from framecue.composition.people import Box, Person
from framecue.parts import Part

# tests/bench/fit_chin.py prints these numbers: least absolute errors over labelled photos. By keypoints,
# chin - nose = EYES * (nose - eyes) + SHOULDERS * (shoulders - nose), vertical, pairs averaged; the first
# alone where the shoulders are hidden. The head top adds nothing there, and hats would move the chin. By
# the head's box, the chin is IN_HEAD of its height below its top. BOX_SHARE weighs the second.
EYES: Final = 1.44
SHOULDERS: Final = 0.216
EYES_ALONE: Final = 2.83
IN_HEAD: Final = 0.872
BOX_SHARE: Final = 0.3
_POSSIBLE: Final = (0.6, 1.25)  # heights of the head's box in which a chin may lie; all photos: 0.7 to 1.1


def find_places(
    heatmaps: Mapping[str, NDArray[np.float32]], head: Box, size: tuple[int, int]
) -> dict[str, Place]:
    """Keypoints of the head in that box, and its shoulders; those not seen are left out.

    head: cells of a map of `size` (height, width).
    """
    height, width = size
    left, top, right, bottom = head[0] / width, head[1] / height, head[2] / width, head[3] / height
    across, along = right - left, bottom - top
    face = (left - 0.2 * across, top - 0.1 * along, right + 0.2 * across, bottom + 0.1 * along)
    chest = (left - 1.5 * across, top + 0.5 * along, right + 1.5 * across, bottom + 1.0 * along)
    places: dict[str, Place] = {}
    for point in ("nose", "eye", "shoulder"):
        for name in (point,) if point == "nose" else (f"left_{point}", f"right_{point}"):
            if name in heatmaps:
                place = find_place(heatmaps[name], chest if point == "shoulder" else face)
                if place is not None and place.probability >= LIKELY:
                    places[name] = place
    return places


def find_chin(heatmaps: Mapping[str, NDArray[np.float32]], head: Box, size: tuple[int, int]) -> float | None:
    """Chin as a share of the frame's height, of the head in that box of a map of `size` (height, width).

    None without the nose or both eyes, and where keypoints and box do not go together: no face to measure.
    By the box alone for a model without keypoints, and by keypoints alone for a head cut by the frame.
    """
    top, bottom = head[1] / size[0], head[3] / size[0]
    by_box = top + IN_HEAD * (bottom - top)
    if not heatmaps:
        return by_box if head[1] > 0 else None
    by_points = chin_by_points(find_places(heatmaps, head, size))
    if by_points is None:
        return None
    share = (by_points - top) / (bottom - top)
    if head[1] == 0:
        return by_points if share <= _POSSIBLE[1] else None
    if not _POSSIBLE[0] <= share <= _POSSIBLE[1]:
        return None
    return (1 - BOX_SHARE) * by_points + BOX_SHARE * by_box


def chin_by_points(places: Mapping[str, Place]) -> float | None:
    """Chin by keypoints alone, as a share of the frame's height; None without the nose or both eyes."""
    eyes, shoulders = _heights(places, "eye"), _heights(places, "shoulder")
    if "nose" not in places or not eyes:
        return None
    nose = places["nose"].y
    length = max(nose - sum(eyes) / len(eyes), 0.0)
    if len(shoulders) < 2:
        return nose + EYES_ALONE * length
    return nose + EYES * length + SHOULDERS * max(sum(shoulders) / 2 - nose, 0.0)


def face_edge(person: Person) -> float | None:
    """Lower edge of the face in cells of the map, for models that tell it from hair and neck; else None.

    The mean over the middle half of the face's columns, so it lies between cells.
    """
    if not (person.parts == Part.HAIR).any():
        return None
    face = person.parts == Part.FACE
    columns = np.flatnonzero(face.any(axis=0))
    if len(columns) < 2:
        return None
    quarter = len(columns) // 4
    middle = face[:, columns[quarter : len(columns) - quarter]]
    lowest = len(face) - 1 - np.argmax(middle[::-1], axis=0)
    return person.around[1] + float(lowest.mean()) + 0.5


def _heights(places: Mapping[str, Place], point: str) -> list[float]:
    return [place.y for name, place in places.items() if name.endswith(point)]
