"""The chin, from keypoints of the face and the shoulders.

BodyPix's face part is the whole head and runs into the neck, so its lower edge says little. The keypoints
are found to a fraction of a cell, and the chin lies below them by much the same share of the face in
everyone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.composition.people import Box

LIKELY: Final = 0.5  # a keypoint less probable than this is not seen

# chin - head top = sum of weight * (keypoint - head top), vertical, pairs averaged. Weights by least
# absolute error on the photos of tests/bench/fit_chin.py, which prints these tables.
WITH_SHOULDERS: Final = {"nose": 1.684, "eye": -0.756, "shoulder": 0.206}
WITHOUT_SHOULDERS: Final = {"nose": 1.9, "eye": -0.4}


@dataclass(frozen=True, slots=True)
class Place:
    """A keypoint: x and y as shares of the frame (0..1), probability 0..1."""

    x: float
    y: float
    probability: float


def find_place(heatmap: NDArray[np.float32], region: tuple[float, float, float, float]) -> Place | None:
    """The likeliest place of a keypoint within a region (left, top, right, bottom as shares of the frame).

    Around the brightest 3 x 3 cells: their sum is the probability, their centroid the place. None where
    they are dark.
    """
    height, width = heatmap.shape
    left, top = max(int(region[0] * width), 0), max(int(region[1] * height), 0)
    right, bottom = int(np.ceil(region[2] * width)), int(np.ceil(region[3] * height))
    window = heatmap[top:bottom, left:right]
    if not window.size:
        return None
    row, column = divmod(int(np.argmax(window)), window.shape[1])
    row, column = row + top, column + left
    first_row, first_column = max(row - 1, 0), max(column - 1, 0)
    around = heatmap[first_row : row + 2, first_column : column + 2]
    total = float(around.sum())
    if total < 1e-3:
        return None
    y = first_row + float(around.sum(axis=1) @ np.arange(around.shape[0])) / total
    x = first_column + float(around.sum(axis=0) @ np.arange(around.shape[1])) / total
    return Place((x + 0.5) / width, (y + 0.5) / height, min(total, 1.0))


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


def find_chin(places: Mapping[str, Place], head_top: float) -> float | None:
    """Chin as a share of the frame's height, from keypoints and a head top in the same unit.

    None without a nose or without an eye: no face to measure.
    """
    heights = {"nose": [places["nose"].y] if "nose" in places else []}
    for point in ("eye", "shoulder"):
        heights[point] = [place.y for name, place in places.items() if name.endswith(point)]
    if not heights["nose"] or not heights["eye"]:
        return None
    weights = WITH_SHOULDERS if len(heights["shoulder"]) == 2 else WITHOUT_SHOULDERS
    reach = sum(weight * (float(np.mean(heights[point])) - head_top) for point, weight in weights.items())
    return head_top + reach if reach > 0 else None
