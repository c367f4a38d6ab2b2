"""Something that follows a picture's edges, as linear functions of colour in the windows around each pixel.

Alpha, depth or a probability changes where colours change: in a small window it is about a linear function of
colour. Fitted to something coarse, averaged over all windows that hold a pixel, and applied to the picture
itself, such functions give it the edges of the picture (He, Sun, Tang, "Guided image filtering", PAMI 2013).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import Plane

EPSILON: Final = 1e-5  # of colour variance, colours 0..1: how flat a window may be before it says nothing


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """In each pixel's surroundings, alpha as a linear function of colour: slope . colour + offset.

    slope: three (h, w) float32 planes, for red, green and blue of 0..1. offset: (h, w) float32.
    """

    slope: tuple[Plane, Plane, Plane]
    offset: Plane

    def of(self, image: NDArray[np.uint8] | Plane) -> Plane:
        """(h, w) float32: what they make of an RGB picture, bytes or 0..1, as large as theirs or larger."""
        size = (image.shape[1], image.shape[0])
        total = np.asarray(cv2.resize(self.offset, size, interpolation=cv2.INTER_LINEAR), np.float32)
        total = total.copy() if total is self.offset else total
        scale = np.float32(1 / 255 if image.dtype == np.uint8 else 1)
        for channel, plane in enumerate(self.slope):
            enlarged = cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR)
            total += enlarged * np.multiply(image[..., channel], scale, dtype=np.float32)
        return total


class Windows:
    """The windows of one picture: their colour means, and the inverses of their colour covariances.

    image: (h, w, 3) float32 RGB, 0..1. size: pixels along a window's side, odd. epsilon: added variance.
    """

    def __init__(self, image: Plane, size: int = 3, epsilon: float = EPSILON) -> None:
        self._size = (size, size)
        self.colour = [np.ascontiguousarray(image[..., channel]) for channel in range(3)]
        self.mean = [self._average(plane) for plane in self.colour]
        variance = [
            cv2.boxFilter(self.colour[i].astype(np.float64) * self.colour[j], -1, self._size)
            - cv2.boxFilter(self.colour[i].astype(np.float64), -1, self._size)
            * cv2.boxFilter(self.colour[j].astype(np.float64), -1, self._size)
            for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
        ]
        self.inverse = _inverted(variance, epsilon)

    def _average(self, plane: Plane) -> Plane:
        return np.asarray(cv2.boxFilter(plane, -1, self._size), np.float32)

    def fit(self, alpha: Plane) -> Linear:
        """The linear function of each single window that fits an (h, w) float32 alpha there best."""
        mean = self._average(alpha)
        across = [
            self._average(plane * alpha) - m * mean for plane, m in zip(self.colour, self.mean, strict=True)
        ]
        rr, rg, rb, gg, gb, bb = self.inverse
        red, green, blue = across
        slope = (
            rr * red + rg * green + rb * blue,
            rg * red + gg * green + gb * blue,
            rb * red + gb * green + bb * blue,
        )
        offset = mean - slope[0] * self.mean[0] - slope[1] * self.mean[1] - slope[2] * self.mean[2]
        return Linear(slope, offset)

    def smooth(self, linear: Linear) -> Linear:
        """The functions averaged over all windows that hold a pixel."""
        red, green, blue = (self._average(plane) for plane in linear.slope)
        return Linear((red, green, blue), self._average(linear.offset))


def _inverted(variance: list[NDArray[np.float64]], epsilon: float) -> list[Plane]:
    """Inverses of symmetric 3 x 3 matrices with epsilon on the diagonal: six planes in, six planes out."""
    rr, rg, rb, gg, gb, bb = variance
    rr, gg, bb = rr + epsilon, gg + epsilon, bb + epsilon
    first, second, third = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    share = 1 / (rr * first + rg * second + rb * third)
    planes = (
        first, second, third, rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    )  # fmt: skip
    return [(plane * share).astype(np.float32) for plane in planes]
