"""Green and blue screens: found by themselves, keyed by colour difference, their spill taken off people.

On a screen its own colour exceeds the other two by a known amount; in a pixel that is partly somebody's it
exceeds them by that share less (Vlahos's colour difference key).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.colour import Plane

_LEAST_EXCESS: Final = 0.13  # of sRGB 0..1, that a screen's colour exceeds the others by, at the median
_LEAST_SHARE: Final = 0.88  # of the background nearby that has to be the screen
_LEAST_PIXELS: Final = 200
_EVEN: Final = 0.45  # excess against the median from which a pixel is the screen, if in shadow
_CLEAN: Final = (0.08, 0.92)  # key below is nobody's, above somebody's: a screen is never quite even


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen behind people. channel: 1 green, 2 blue. excess: of its colour over the others, sRGB 0..1."""

    channel: int
    excess: float

    def key(self, image: Plane) -> Plane:
        """(h, w) float32 alpha of an (h, w, 3) float32 sRGB picture of 0..1."""
        share = 1 - self.over(image) / np.float32(self.excess)
        key = np.clip((share - _CLEAN[0]) / (_CLEAN[1] - _CLEAN[0]), 0, 1)
        return np.asarray(key, np.float32)

    def over(self, image: Plane) -> Plane:
        """By how much the screen's colour exceeds the larger of the others."""
        others = [channel for channel in range(3) if channel != self.channel]
        return np.asarray(
            image[..., self.channel] - np.maximum(image[..., others[0]], image[..., others[1]]), np.float32
        )


def find_screen(image: Plane, background: NDArray[np.bool_]) -> Screen | None:
    """The screen that a background is; None where it is none.

    image: (h, w, 3) float32 sRGB, 0..1. background: (h, w) bool, where surely nobody is.
    """
    pixels = image[background]
    if len(pixels) < _LEAST_PIXELS:
        return None
    for channel in (1, 2):
        screen = Screen(channel, 1.0)
        over = screen.over(pixels)
        middle = float(np.median(over))
        if middle >= _LEAST_EXCESS and float(np.mean(over > _EVEN * middle)) >= _LEAST_SHARE:
            return Screen(channel, middle)
    return None


def take_spill(image: NDArray[np.uint8], alpha: NDArray[np.uint8], screen: Screen) -> None:
    """Take the screen's light off people, in place: its colour is cut to what the others have.

    image: (h, w, 3) uint8. alpha: (h, w) uint8; nobody's pixels stay.
    """
    others = [channel for channel in range(3) if channel != screen.channel]
    for top in range(0, len(image), 256):
        rows = image[top : top + 256]
        one, two = rows[..., others[0]], rows[..., others[1]]
        larger = np.maximum(one, two)
        limit = larger // 2 + (one // 4 + two // 4) + 1
        own = rows[..., screen.channel]
        cut = np.minimum(own, np.minimum(limit, larger))
        rows[..., screen.channel] = np.where((alpha[top : top + 256] > 0) & (own > larger), cut, own)
