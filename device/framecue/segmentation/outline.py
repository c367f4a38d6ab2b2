"""People's outlines where the picture has its edges, for masks that are looked at.

A segmentation's cells are several pixels wide, so arms, hands and gaps between them come out as blobs. The
person's probability, as a linear function of colour in windows of a few cells, is applied to the picture
itself. It takes a tenth of a second a megapixel: no part of the live path.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import Plane, unit
from framecue.parts import Segmentation, of_somebody
from framecue.photo import scaled_into
from framecue.segmentation.cells import sigmoid
from framecue.windows import Windows

_SIDE: Final = 820  # longer side, pixels, at which the functions are fitted
_WINDOW: Final = 0.027  # of the longer side: as far as an outline may be off
_EPSILON: Final = 3e-5
_DECIDED: Final = 12.0  # how steeply probabilities are drawn to yes or no between the two rounds


def outlined(found: Segmentation, image: NDArray[np.uint8]) -> Segmentation:
    """Parts and person at the size of the picture they were found in, with its edges.

    image: (h, w, 3) uint8 RGB. Without heatmaps and ways, as `Segmentation.at`.
    """
    height, width = image.shape[:2]
    person = np.clip(_fitted(found.person, image), 0, 1)
    parts = Segmentation(found.parts, person).at(width, height).parts
    return Segmentation(of_somebody(parts, person), person)


def _fitted(person: Plane, image: NDArray[np.uint8]) -> Plane:
    """The person's probability with the picture's edges. What a first round moves, a second follows."""
    small = scaled_into(image, (_SIDE, _SIDE))
    size = (small.shape[1], small.shape[0])
    windows = Windows(unit(small), 2 * round(_WINDOW * max(size) / 2) + 1, _EPSILON)
    coarse = np.asarray(cv2.resize(person, size, interpolation=cv2.INTER_LINEAR), np.float32)
    first = windows.smooth(windows.fit(coarse)).of(small)
    decided = sigmoid(np.asarray(_DECIDED * (np.clip(first, 0, 1) - 0.5), np.float32))
    return windows.smooth(windows.fit(decided)).of(image)
