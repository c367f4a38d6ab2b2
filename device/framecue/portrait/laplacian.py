"""Alpha between what is surely somebody and what surely is not: closed-form matting without its matrix.

In every 3 x 3 window alpha is taken to be a linear function of colour, and the alpha that bends these
functions least is sought (Levin, Lischinski and Weiss, "A closed-form solution to natural image matting",
PAMI 2008). The matting Laplacian is never assembled: its product with an alpha is a few box filters (He, Sun
and Tang, "Fast matting using large kernel matting Laplacian matrices", CVPR 2010). Conjugate gradients solve
it from coarse to fine; each size starts from the one before, carried over by its own linear functions.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import Plane
from framecue.windows import Windows

EPSILON: Final = 3e-6  # of colour variance, colours 0..1: how flat a window may be before it says nothing
_WINDOW: Final = 3  # pixels along a side of a window
_LEAST_SIDE: Final = 48  # pixels along the shorter side of the coarsest size, at least
_STEPS: Final = (60, 24)  # of conjugate gradients: at the coarsest size, at the others
_ENOUGH: Final = 2e-3  # residual against the first one's at which it is solved


class Laplacian:
    """The matting Laplacian of a picture: what it does to an alpha. Windows over the border do not count."""

    def __init__(self, image: Plane) -> None:
        self._windows = Windows(image, _WINDOW, EPSILON)
        inside = np.zeros(image.shape[:2], np.float32)
        inside[1:-1, 1:-1] = 1
        self._inside = inside
        self._count = self._sum(inside)
        self.diagonal = self._diagonal()

    def times(self, alpha: Plane) -> Plane:
        """The product with an (h, w) float32 alpha."""
        linear = self._windows.fit(alpha)
        result = self._count * alpha
        for plane, colour in zip(linear.slope, self._windows.colour, strict=True):
            result -= self._sum(plane * self._inside) * colour
        result -= self._sum(linear.offset * self._inside)
        return result

    def _sum(self, plane: Plane) -> Plane:
        summed = cv2.boxFilter(plane, -1, (_WINDOW, _WINDOW), normalize=False, borderType=cv2.BORDER_CONSTANT)
        return np.asarray(summed, np.float32)

    def _diagonal(self) -> Plane:
        """(h, w): how much of each pixel's own alpha is left in the product; at least a little."""
        colour, mean, inverse = self._windows.colour, self._windows.mean, self._windows.inverse
        distance = np.zeros_like(mean[0])
        turned = [np.zeros_like(mean[0]) for _ in range(3)]
        pairs = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
        middle = np.zeros_like(mean[0])
        for (i, j), plane in zip(pairs, inverse, strict=True):
            twice = 1.0 if i == j else 2.0
            kept = plane * self._inside
            distance += twice * self._sum(kept) * colour[i] * colour[j]
            middle += twice * kept * mean[i] * mean[j]
            turned[i] += kept * mean[j]
            if i != j:
                turned[j] += kept * mean[i]
        for plane, own in zip(turned, colour, strict=True):
            distance -= 2 * self._sum(plane) * own
        distance += self._sum(middle)
        size = _WINDOW * _WINDOW
        return np.maximum(self._count * (1 - 1 / size) - distance / size, 0.05)


def solve_alpha(image: Plane, guess: Plane, known: NDArray[np.bool_], trust: Plane) -> Plane:
    """Alpha of a picture where it is unknown.

    image: (h, w, 3) float32 RGB, 0..1. guess: (h, w) float32, 0..1, the alpha where it is known, and what it
    is likely to be elsewhere. known: (h, w) bool. trust: (h, w) float32, how strongly alpha is drawn to the
    guess where it is not known; 0 not at all, 1 about as strongly as by its neighbours.
    Returns (h, w) float32, 0..1, `guess` where known.
    """
    height, width = known.shape
    if known.all() or min(height, width) < _WINDOW:
        return guess.copy()
    if min(height, width) >= 2 * _LEAST_SIDE:
        start = _from_half(image, guess, known, trust)
        return _descend(Laplacian(image), start, guess, known, trust, _STEPS[1])
    return _descend(Laplacian(image), guess, guess, known, trust, _STEPS[0])


def _from_half(image: Plane, guess: Plane, known: NDArray[np.bool_], trust: Plane) -> Plane:
    """The guess that the picture at half its size leads to."""
    height, width = known.shape
    half = (width + 1) // 2, (height + 1) // 2
    small = np.asarray(cv2.resize(image, half, interpolation=cv2.INTER_AREA), np.float32)
    start = np.asarray(cv2.resize(guess, half, interpolation=cv2.INTER_AREA), np.float32)
    sure = cv2.resize(known.astype(np.float32), half, interpolation=cv2.INTER_AREA) > 0.99
    weights = np.asarray(cv2.resize(trust, half, interpolation=cv2.INTER_AREA), np.float32)
    solved = solve_alpha(small, start, sure, weights)
    windows = Windows(small, epsilon=1e-4)
    fine = windows.smooth(windows.fit(solved)).of(image)
    return np.where(known, guess, np.clip(fine, 0, 1)).astype(np.float32)


def _descend(
    laplacian: Laplacian, start: Plane, guess: Plane, known: NDArray[np.bool_], trust: Plane, steps: int
) -> Plane:
    """Conjugate gradients, preconditioned by the diagonal, over the unknown pixels alone."""
    free = (~known).astype(np.float32)
    alpha = start.copy()
    scale = free / (laplacian.diagonal + trust)
    rest = (trust * (guess - alpha) - laplacian.times(alpha)) * free
    first = float(np.vdot(rest, rest))
    toward = scale * rest
    direction = toward.copy()
    energy = float(np.vdot(rest, toward))
    for _ in range(steps):
        if energy <= 0 or float(np.vdot(rest, rest)) <= _ENOUGH**2 * first:
            break
        product = (laplacian.times(direction) + trust * direction) * free
        step = energy / max(float(np.vdot(direction, product)), 1e-12)
        alpha += np.float32(step) * direction
        rest -= np.float32(step) * product
        toward = scale * rest
        before, energy = energy, float(np.vdot(rest, toward))
        direction *= np.float32(energy / before)
        direction += toward
    return np.clip(alpha, 0, 1)
