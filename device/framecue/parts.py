"""Parts of a picture, and the segmentation that says which pixel belongs to which."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray


class Part(IntEnum):
    """What a pixel belongs to. The numbers are the ids in every part map and `--parts` file."""

    BACKGROUND = 0
    HAIR = 1  # and headwear
    FACE = 2
    TORSO = 3
    ARM = 4  # and hand
    LEG = 5
    FOOT = 6  # and footwear
    CARRIED = 7  # bag, prop


Numbers = TypeVar("Numbers", NDArray[np.uint8], NDArray[np.uint16])
PERSON_LEVEL: Final = 0.5  # probability from which a pixel is somebody's


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """The part map and the person probability of one frame.

    parts: (h, w) uint8 part ids.
    person: (h, w) float32 in 0..1.
    heatmaps: named point probabilities, each (any h, any w) float32 in 0..1, such as "nose".
    ways: (2, any h, any w) float32, how far below and right of each cell the middle of the head is whose body
    is seen there, in shares of the frame's height and width; None where a model does not tell people apart.

    Every map covers the whole frame, at a resolution of its own: a map of (h, w) has its cell (r, c)
    centred on frame pixel ((c + .5) * frame_w / w - .5, (r + .5) * frame_h / h - .5).
    """

    parts: NDArray[np.uint8]
    person: NDArray[np.float32]
    heatmaps: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    ways: NDArray[np.float32] | None = None

    def at(self, width: int, height: int) -> "Segmentation":
        """The same part map and person probability at width x height, without heatmaps and ways.

        Parts are blended by their share of each new pixel, so outlines stay smooth when enlarged.
        """
        size = (width, height)
        person = np.asarray(cv2.resize(self.person, size, interpolation=cv2.INTER_LINEAR), np.float32)
        parts = np.zeros((height, width), np.uint8)
        most = np.zeros((height, width), np.float32)
        for part in np.unique(self.parts[self.parts > 0]):
            share = cv2.resize((self.parts == part).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
            larger = share > most
            parts[larger] = part
            most[larger] = share[larger]
        parts[person < PERSON_LEVEL] = Part.BACKGROUND
        return Segmentation(parts, person)


def of_somebody(parts: NDArray[np.uint8], person: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(h, w) parts where somebody is, and only there; where none was made out it is the nearest's."""
    there = person >= PERSON_LEVEL
    known = np.where(there, parts, np.uint8(Part.BACKGROUND))
    if np.array_equal(known > 0, there):  # as nearly everywhere; looking for the nearest is slow
        return known
    return np.where(there, nearest_numbers(known), known)


def nearest_numbers(numbers: Numbers) -> Numbers:
    """An (h, w) map with every 0 replaced by the number nearest to it."""
    empty = (numbers == 0).astype(np.uint8)
    if empty.all():
        return numbers
    _, index = cv2.distanceTransformWithLabels(empty, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    of_index = np.zeros(int(index.max()) + 1, numbers.dtype)
    of_index[index[empty == 0]] = numbers[empty == 0]
    return of_index[index]
