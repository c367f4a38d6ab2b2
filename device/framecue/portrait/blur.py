"""Depth of field: what is out of focus, spread as a lens spreads it.

The scene is cut into layers of like circles of confusion, which for a thin lens are layers of like inverse
depth. Each is spread in linear light by the opening's shape, and they are laid over each other from the
furthest to the nearest. Colours are spread together with how much there is of them, and divided by it at the
end, blur(light . weight) / blur(weight): what is not there, people before all, adds no light to what is
beside it.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import Plane
from framecue.portrait.field import spread_in_field
from framecue.portrait.lens import LensSettings, opening

_STEP: Final = 1.5  # ratio of the radii of neighbouring layers
_SMALLEST: Final = 0.7  # pixels: the smallest radius that is not none
_LITTLE: Final = 1e-4  # of a layer, under which it is not there
_WHITE: Final = 0.86  # linear light from which a sensor may have been full
_SMALL_LIGHT: Final = 0.25  # share of white around a light, over which it is no small one
_DARK: Final = 0.4  # linear light around a light, over which it hardly stands out
_COARSE: Final = 8  # pixels to one, where what nothing reached is filled from around


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """A picture spread by a lens, linear light, float32.

    back: (h, w, 3), all that is not nearer than who is in focus. front: (h, w, 3), what is nearer, times
    cover, (h, w), how much of each pixel it covers; both None where there is nothing nearer.
    """

    back: Plane
    front: Plane | None = None
    cover: Plane | None = None


def spread(
    light: Plane, radius: Plane, weight: Plane, lens: LensSettings, nearer: NDArray[np.bool_] | None = None
) -> Spread:
    """Spread a picture as a lens does.

    light: (h, w, 3) float32 linear light. radius: (h, w) float32, of each pixel's circle of confusion,
    pixels. weight: (h, w) float32, 0..1, how much of each pixel is no one in focus. nearer: (h, w) bool,
    pixels nearer than who is in focus, which cover them; None where they do not count as such.
    """
    bright = bloomed(light, lens.bloom, float(radius.max(initial=0)))
    if nearer is None or not nearer.any():
        return Spread(_laid(bright, radius, weight, lens)[0])
    front, cover = _laid(bright, radius, weight * nearer, lens)
    return Spread(_laid(bright, radius, weight * ~nearer, lens)[0], front * cover[..., None], cover)


def bloomed(light: Plane, stops: float, radius: float) -> Plane:
    """Light with small white spots as bright as they may have been before the sensor was full."""
    if stops <= 0 or radius < 1:
        return light
    peak = light.max(axis=2)
    white = np.clip((peak - _WHITE) / (1 - _WHITE), 0, 1)
    side = 2 * max(3, round(2.5 * radius)) + 1
    around = cv2.blur(white, (side, side))
    small = np.clip(1 - around / _SMALL_LIGHT, 0, 1) * np.clip(1 - cv2.blur(peak, (side, side)) / _DARK, 0, 1)
    gain = 1 + np.float32(2**stops - 1) * white * white * small
    return np.asarray(light * gain[..., None], np.float32)


def radii(largest: float) -> list[float]:
    """Radii of the layers, from the largest down to none, pixels."""
    found = []
    while largest >= _SMALLEST:
        found.append(largest)
        largest /= _STEP
    return [*found, 0.0]


def _laid(light: Plane, radius: Plane, weight: Plane, lens: LensSettings) -> tuple[Plane, Plane]:
    """Layers of the pixels that weigh, the most blurred first; their light, and how much they cover, 0..1."""
    covered = np.zeros(radius.shape, np.float32)
    nodes = radii(float(radius[weight > _LITTLE].max(initial=0)))
    total = np.zeros((*radius.shape, 4), np.float32)
    for index, node in enumerate(nodes):
        share = _share(radius, nodes, index) * weight
        box = _filled(share, node)
        if box is None:
            continue
        part = share[box][..., None]
        layer = np.concatenate([light[box] * part, part], axis=2)
        if node > 0:
            layer = _through(layer, node, lens, (box[0].start, box[1].start), radius.shape)
        there = total[box]
        there *= 1 - np.clip(layer[..., 3:], 0, 1)
        there += layer
        covered[box] += layer[..., 3]
    return _divided(total), np.minimum(covered, 1)


def _through(
    layer: Plane, radius: float, lens: LensSettings, first: tuple[int, int], size: tuple[int, int]
) -> Plane:
    if lens.shape == "cats_eye":
        return spread_in_field(layer, radius, first, size)
    kernel = opening(radius, lens.shape)
    return np.asarray(cv2.filter2D(layer, -1, kernel, borderType=cv2.BORDER_REFLECT_101), np.float32)


def _share(radius: Plane, nodes: list[float], index: int) -> Plane:
    """How much each pixel belongs to a layer: all at its radius, none at its neighbours'."""
    node = nodes[index]
    above = nodes[index - 1] if index else np.inf
    below = nodes[index + 1] if index + 1 < len(nodes) else -np.inf
    falling = 1 - (radius - node) / np.float32(above - node) if np.isfinite(above) else np.ones_like(radius)
    rising = 1 - (node - radius) / np.float32(node - below) if np.isfinite(below) else np.ones_like(radius)
    return np.clip(np.minimum(falling, rising), 0, 1)


def _filled(share: Plane, reach: float) -> tuple[slice, slice] | None:
    """Rows and columns where a layer is, and where it spreads to; None where it is nowhere."""
    rows, columns = (
        np.flatnonzero((share > _LITTLE).any(axis=1)),
        np.flatnonzero((share > _LITTLE).any(axis=0)),
    )
    if not len(rows):
        return None
    more = int(np.ceil(reach)) + 1
    return (
        slice(max(0, int(rows[0]) - more), int(rows[-1]) + 1 + more),
        slice(max(0, int(columns[0]) - more), int(columns[-1]) + 1 + more),
    )


def _divided(total: Plane) -> Plane:
    """Light over weight; where nothing reached, the colours around, from ever further away."""
    light, weight = total[..., :3], total[..., 3]
    if float(weight.min()) > 0.05:
        return light / weight[..., None]
    size = weight.shape[1], weight.shape[0]
    small = np.asarray(
        cv2.resize(total, (-(-size[0] // _COARSE), -(-size[1] // _COARSE)), interpolation=cv2.INTER_AREA)
    )
    for side in (5, 21, 2 * max(small.shape[:2]) + 1):
        small = small + np.float32(1e-3) * cv2.blur(small, (side, side))
    total = total + np.float32(1e-3) * cv2.resize(small, size)
    return np.asarray(total[..., :3] / np.maximum(total[..., 3:], 1e-9), np.float32)
