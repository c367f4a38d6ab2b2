"""People cut out of their photos and put together in another place."""

from collections.abc import Sequence

import cv2
import numpy as np
from models.training.labels import UNKNOWN
from models.training.sample import HEAD_POINT, Point, Sample, moved, placed
from numpy.typing import NDArray

_HIDDEN = 4  # input pixels around a line's point within which its owner must be seen


def composite(
    people: Sequence[Sample], background: Sample, rng: np.random.Generator, tallest: float = 1.5
) -> Sample:
    """Put one person after the other, the far ones first, before a background of the frame's size.

    background: a place, and whoever is there already. tallest: of the frame's height, for one or two people.
    """
    size = background.codes.shape
    image, codes = background.image.copy(), background.codes.copy()
    owner = np.zeros(size, np.uint8) if background.owners is None else background.owners.copy()
    points, unknown = list(background.points), set(background.unknown)
    before = len(points)
    tall = (
        float(np.exp(rng.uniform(np.log(0.3), np.log(tallest if len(people) < 3 else min(tallest, 0.95)))))
        * size[0]
    )
    heights = np.sort(tall * np.exp(rng.normal(0, 0.12, len(people))))
    floor = size[0] * rng.uniform(0.75, 1.0) if tall < size[0] else size[0] * rng.uniform(0.9, 1.6)
    places = _spread(len(people), tall, size[1], rng)
    for number, (person, height, x) in enumerate(zip(people, heights, places, strict=True), start=before + 1):
        seen = _moved(person, float(height), (x, floor + float(rng.normal(0, 0.02)) * height), size, rng)
        own = (seen.codes > 0) & (seen.codes != UNKNOWN)
        alpha = cv2.GaussianBlur(own.astype(np.float32), (3, 3), 0.7)[..., None]
        image = (image * (1 - alpha) + seen.image * alpha + 0.5).astype(np.uint8)
        codes[own], owner[own] = seen.codes[own], number
        points += seen.points
        unknown |= seen.unknown
    visible = [
        {
            name: point if point and (name == HEAD_POINT or _seen(owner == number, point)) else None
            for name, point in person.items()
        }
        for number, person in enumerate(points, start=1)
    ]
    return Sample(image, codes, visible, frozenset(unknown), owner)


def _moved(
    person: Sample, height: float, feet: Point, size: tuple[int, int], rng: np.random.Generator
) -> Sample:
    rows, columns = np.nonzero((person.codes > 0) & (person.codes != UNKNOWN))
    middle = (float(columns.mean()), float(rows.max()))
    scale = height / float(rows.max() - rows.min() + 1)
    gain = rng.uniform(0.8, 1.2, (1, 1, 3)) * rng.uniform(0.8, 1.2)
    image = np.clip(person.image * gain, 0, 255).astype(np.uint8)
    matrix = placed(middle, scale, feet, float(rng.normal(0, 5)), bool(rng.random() < 0.5))
    return moved(Sample(image, person.codes, person.points, person.unknown), matrix, size, smooth=True)


def _spread(count: int, tall: float, width: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Where people's middles are, pixels: side by side, overlapping now and then, in any depth order."""
    step = tall * rng.uniform(0.18, 0.45)
    around = width * rng.uniform(0.3, 0.7)
    places = around + (np.arange(count) - (count - 1) / 2) * step + rng.normal(0, 0.15 * step, count)
    return rng.permutation(np.clip(places, -0.05 * width, 1.05 * width))


def _seen(own: NDArray[np.bool_], point: Point) -> bool:
    x, y = round(point[0]), round(point[1])
    if not (0 <= y < own.shape[0] and 0 <= x < own.shape[1]):
        return False
    return bool(own[max(y - _HIDDEN, 0) : y + _HIDDEN + 1, max(x - _HIDDEN, 0) : x + _HIDDEN + 1].any())
