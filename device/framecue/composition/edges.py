"""Where a person ends: outlines between the cells of a probability map, and the frame edges that cut."""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.composition.people import Person
from framecue.composition.subject import Edge
from framecue.parts import Part

_SURE: Final = 1e-4  # probabilities are kept this far from 0 and 1 so that their logits stay finite


def first_crossing(profile: NDArray[np.float32], level: float) -> float | None:
    """Where a profile of probabilities first rises to `level`, in cells, between cells by their logits.

    It may lie before the first cell where the profile begins above the level: the fall over the first two
    cells is carried on, for one cell at most. None where the profile stays below the level.
    """
    above = np.flatnonzero(profile >= level)
    if not len(above):
        return None
    index = int(above[0])
    pair = profile[max(index - 1, 0) : max(index - 1, 0) + 2]
    if len(pair) < 2:
        return float(index) - 0.5
    low, high = (_logit(min(max(float(probability), _SURE), 1 - _SURE)) for probability in pair)
    wanted = _logit(level)
    if high <= low:
        return float(index) - 1.0
    return max(max(index - 1, 0) + (wanted - low) / (high - low), index - 1.0)


def _logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


def last_crossing(profile: NDArray[np.float32], level: float) -> float | None:
    """Where a profile last falls below `level`: `first_crossing` seen from the other end."""
    crossing = first_crossing(profile[::-1], level)
    return None if crossing is None else len(profile) - 1 - crossing


def cut_edges(person: Person, special: Mapping[Edge, float], level: float) -> dict[Edge, Part]:
    """Frame edges that cut the body, with the part that lies there most.

    An edge cuts when the person is still likelier in the map's last cells before it than that edge's level
    in `special`, or than `level`.
    """
    height, width = person.own.shape
    left, top, right, bottom = person.around
    sides: dict[Edge, tuple[bool, NDArray[np.float32], NDArray[np.uint8]]] = {
        "top": (top == 0, person.probability[0], person.parts[0]),
        "bottom": (bottom == height, person.probability[-1], person.parts[-1]),
        "left": (left == 0, person.probability[:, 0], person.parts[:, 0]),
        "right": (right == width, person.probability[:, -1], person.parts[:, -1]),
    }
    cut: dict[Edge, Part] = {}
    for edge, (reached, probability, parts) in sides.items():
        if reached and float(probability.max()) > special.get(edge, level):
            counts = np.bincount(parts[probability >= 0.5], minlength=len(Part))
            counts[Part.BACKGROUND] = 0
            if counts.any():
                cut[edge] = Part(int(np.argmax(counts)))
    return cut
