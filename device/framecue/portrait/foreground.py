"""Somebody's own colours: in hair and along outlines a pixel is part background, which has to go.

Blur fusion (Forte, "Approximate fast foreground colour estimation", ICIP 2021): colours of somebody and of
the background are averaged around each pixel by how much there is of either, and what the pixel's own colour
leaves unexplained is given back to somebody.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from framecue.colour import Plane

_WIDE: Final = 0.05  # radius of the first averaging, of the window's shorter side
_NARROW: Final = 1  # pixels of the second
_LITTLE: Final = 1e-4  # weight under which an average is not one


@dataclass(frozen=True, slots=True, eq=False)
class Colours:
    """Smooth colours around each pixel of a window: (h, w, 3) float32, sRGB of 0..1."""

    mine: Plane
    behind: Plane


def estimate(image: Plane, alpha: Plane) -> Colours:
    """Colours of somebody and of the background around each pixel.

    image: (h, w, 3) float32 sRGB, 0..1. alpha: (h, w) float32, 0..1.
    """
    wide = max(3, round(_WIDE * min(alpha.shape)))
    first = _averaged(image, image, alpha, wide)
    first = Colours(own(image, alpha, first), first.behind)
    return _averaged(first.mine, first.behind, alpha, _NARROW)


def own(image: Plane, alpha: Plane, around: Colours) -> Plane:
    """Each pixel's own colour of somebody, (h, w, 3) float32 sRGB, 0..1."""
    share = alpha[..., None]
    rest = image - share * around.mine - (1 - share) * around.behind
    return np.asarray(np.clip(around.mine + share * rest, 0, 1), np.float32)


def _averaged(mine: Plane, behind: Plane, alpha: Plane, radius: int) -> Colours:
    return Colours(_weighted(mine, alpha, radius), _weighted(behind, 1 - alpha, radius))


def _weighted(colours: Plane, weight: Plane, radius: int) -> Plane:
    """Average by weight; where there is none near, from ever further away."""
    size = (2 * radius + 1, 2 * radius + 1)
    summed = cv2.blur(colours * weight[..., None], size)
    amount = cv2.blur(weight, size)
    far = (4 * radius + 1, 4 * radius + 1)
    further = cv2.blur(summed, far) / (cv2.blur(amount, far)[..., None] + _LITTLE)
    return np.asarray((summed + _LITTLE * further) / (amount[..., None] + _LITTLE), np.float32)
