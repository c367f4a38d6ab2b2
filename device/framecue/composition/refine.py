"""Finer edges from the picture itself.

A segmentation's cells are some pixels wide and its edges are smooth, so a line read from it is off by a
few pixels. The colours of the picture are sharp, and right beside a known edge it is clear which colours
are the person's: what is surely inside and surely outside is counted, and each pixel between is decided
by both its colour and the segmentation (the colour term of Rother et al., "GrabCut", SIGGRAPH 2004, with
the segmentation's logits as the prior, and no graph cut). Where colours say nothing, as on a floor that
is like the shoes, their odds are near 1 and the segmentation's edge stays.
"""

import math
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.composition.people import Person

_MOST_PIXELS: Final = 5000  # a larger window is shrunk: bounds the time
_SURE: Final = 0.8  # probability from which a pixel is surely the person's; 1 - that: surely not
_FEWEST: Final = 20  # surely inside and surely outside pixels, under which colours are not counted
_BITS: Final = 3  # of each colour channel
_SMOOTH: Final = 0.6  # blur of the colour counts, in bins
_FLOOR: Final = 1e-3  # share of the pixels added to every colour's count: keeps odds of rare ones modest
_TRUST: Final = 0.5  # weight of the colours' logits beside the segmentation's
_WIDTH: Final = 0.05  # of the window's width: how wide the topmost or lowest piece must be to count


def refine_edge(
    image: NDArray[np.uint8],
    person: Person,
    window: tuple[float, float, float, float],
    level: float,
    end: Literal["top", "bottom"],
) -> float | None:
    """Row of the person's first or last pixels within a window, between pixels.

    image: (h, w, 3) uint8. window: left, top, right, bottom, frame pixels, with some of the person, of the
    surroundings and the edge between them. level: probability at which the segmentation has the edge.
    None where the window holds too little, or no edge.
    """
    height, width = int(image.shape[0]), int(image.shape[1])
    left, top = max(int(window[0]), 0), max(int(window[1]), 0)
    right, bottom = min(int(window[2]), width), min(int(window[3]), height)
    if right - left < 4 or bottom - top < 4:
        return None
    patch = image[top:bottom, left:right]
    step = max(1.0, math.sqrt(patch.shape[0] * patch.shape[1] / _MOST_PIXELS))
    size = (max(4, round(patch.shape[1] / step)), max(4, round(patch.shape[0] / step)))
    if step > 1:
        patch = cv2.resize(patch, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    down, across = (bottom - top) / size[1], (right - left) / size[0]
    probability = _probability(person, (left, top), (across, down), size, (height, width))
    inside, outside = probability > _SURE, probability < 1 - _SURE
    if np.count_nonzero(inside) < _FEWEST or np.count_nonzero(outside) < _FEWEST:
        return None
    kept = np.minimum(np.maximum(probability, 1e-4), 1 - 1e-4)
    odds: NDArray[np.float32] = np.log(kept / (1 - kept))
    odds += _TRUST * _colour_odds(patch, inside, outside) - np.float32(math.log(level / (1 - level)))
    piece = cv2.blur(odds, (max(3, round(size[0] * _WIDTH)), 3))
    row = _zero(piece.max(axis=1), end)
    if row is None:
        return None
    return float(top + (row + 0.5) * down + (0.0 if end == "top" else -1.0))


def _probability(
    person: Person,
    corner: tuple[int, int],
    step: tuple[float, float],
    size: tuple[int, int],
    frame: tuple[int, int],
) -> NDArray[np.float32]:
    """Person probability at each pixel of a window from `corner` on, `step` frame pixels (x, y) each."""
    cells = person.own.shape[1] / frame[1], person.own.shape[0] / frame[0]  # per frame pixel
    begins = [(corner[axis] + 0.5 * step[axis]) * cells[axis] - 0.5 - person.around[axis] for axis in (0, 1)]
    matrix = np.array([[step[0] * cells[0], 0, begins[0]], [0, step[1] * cells[1], begins[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(person.probability, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.float32)


def _colour_odds(
    patch: NDArray[np.uint8], inside: NDArray[np.bool_], outside: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Logarithm of how much likelier each pixel's colour is inside than outside."""
    bins = 1 << _BITS
    levels = (patch >> (8 - _BITS)).astype(np.uint16)
    colour = (levels[..., 0] << 2 * _BITS) | (levels[..., 1] << _BITS) | levels[..., 2]
    counts = np.stack([np.bincount(colour[sure], minlength=bins**3) for sure in (inside, outside)], axis=-1)
    shares = counts.astype(np.float32)
    for _ in range(3):  # blur along one channel, then turn to the next
        flat = shares.reshape(bins, bins * bins, 2)
        blurred = np.asarray(cv2.GaussianBlur(flat, (1, 3), 0, sigmaY=_SMOOTH), np.float32)
        shares = blurred.transpose(1, 0, 2).reshape(-1, 2)
    shares = shares / shares.sum(axis=0) + np.float32(_FLOOR)
    odds: NDArray[np.float32] = np.log(shares[:, 0] / shares[:, 1]).take(colour)
    return odds


def _zero(profile: NDArray[np.float32], end: Literal["top", "bottom"]) -> float | None:
    """Where a profile first (or last) crosses zero, between rows; None where it does so in no row."""
    ordered = profile if end == "top" else profile[::-1]
    above = np.flatnonzero(ordered > 0)
    if not len(above) or above[0] == 0:
        return None
    index = int(above[0])
    row = index - float(ordered[index] / (ordered[index] - ordered[index - 1]))
    return row if end == "top" else len(profile) - 1 - row
