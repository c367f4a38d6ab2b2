"""What colours say: how much likelier each pixel's colour is among people than beside them.

Colours that are surely people's and surely not are counted in bands across the window, so that a shoe is
compared with the floor and not with the sky (the colour term of Rother et al., "GrabCut", SIGGRAPH 2004).
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_BITS: Final = 4  # of each colour channel
_SMOOTH: Final = 0.8  # blur of the counts, in bins
_FLOOR: Final = 2e-4  # share of the pixels added to every colour's count: keeps odds of rare ones modest
_FEWEST: Final = 40  # pixels of either kind, under which a band says nothing
_MOST: Final = 5.0


def colour_odds(
    image: NDArray[np.uint8], sure: NDArray[np.bool_], none: NDArray[np.bool_], band: int
) -> NDArray[np.float32]:
    """Logarithm of the odds, (h, w) float32 within -5..5; 0 where colours say nothing.

    image: (h, w, 3) uint8. sure, none: (h, w) bool, where surely somebody and surely nobody is.
    band: rows from the middle of one band to the next.
    """
    height = image.shape[0]
    bins = np.uint16(_BITS)
    levels = (image >> (8 - _BITS)).astype(np.uint16)
    colour = (levels[..., 0] << 2 * bins) | (levels[..., 1] << bins) | levels[..., 2]
    total, weight = np.zeros(image.shape[:2], np.float32), np.zeros((height, 1), np.float32)
    for middle in range(0, height + band, band):
        rows = slice(max(0, middle - band), min(height, middle + band))
        near = slice(max(0, middle - 3 * band // 2), min(height, middle + 3 * band // 2))
        if rows.start >= rows.stop:
            continue
        share = 1 - np.abs(np.arange(rows.start, rows.stop) - middle)[:, None] / np.float32(band)
        weight[rows] += share
        mine, other = colour[near][sure[near]], colour[near][none[near]]
        if len(mine) >= _FEWEST and len(other) >= _FEWEST:
            table = np.log(_shares(mine) / _shares(other)).astype(np.float32)
            total[rows] += share * table.take(colour[rows])
    return np.clip(total / np.maximum(weight, 1e-6), -_MOST, _MOST).astype(np.float32)


def _shares(colours: NDArray[np.uint16]) -> NDArray[np.float64]:
    """How often each colour comes, blurred over colours like it, with a floor."""
    bins = 1 << _BITS
    counts = np.bincount(colours, minlength=bins**3).astype(np.float32)
    for _ in range(3):  # blur along one channel, then turn to the next
        flat = np.asarray(cv2.GaussianBlur(counts.reshape(bins, -1), (1, 5), 0, sigmaY=_SMOOTH), np.float32)
        counts = flat.reshape(bins, bins, bins).transpose(1, 2, 0).reshape(-1)
    return np.asarray(counts / counts.sum() + _FLOOR, np.float64)
