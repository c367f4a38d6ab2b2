"""What may be behind somebody, tile by tile: the photo's own background out of focus, or another picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import Plane, to_linear, to_srgb
from framecue.portrait.compose import Around
from framecue.portrait.grain import pattern
from framecue.portrait.lens import opening
from framecue.portrait.matte import Tile

_SHARP, _SMALL, _SMOOTH = (
    0.12,
    0.55,
    1.3,
)  # radii, in pixels of the reduced size: as it is, a little, from there


class OutOfFocus:
    """The background that a lens spread, found at a reduced size.

    back: (h, w, 3) float32 linear light. radius: (h, w) float32, pixels of that size. scale: photo pixels per
    pixel of it, whole. grain: deviation of the photo's noise, grey levels.

    Where the radius is small the photo's own pixels go over into it: as they are, then spread at full size.
    """

    def __init__(self, back: Plane, radius: Plane, scale: int, grain: float) -> None:
        self._back, self._radius, self._scale = to_srgb(back), radius, scale
        self._grain = pattern(grain)
        self._kernel = opening(max(_SMALL * scale, 0.8))

    def __call__(self, around: Around) -> tuple[Plane, Plane | None]:
        """As Behind in compose."""
        tile = around.tile
        smooth = self._enlarged(self._back, around)
        self._add_grain(smooth, tile)
        rows, columns = (
            slice(max(0, first // self._scale - 1), last // self._scale + 2)
            for first, last in ((tile.top, tile.bottom), (tile.left, tile.right))
        )
        if float(self._radius[rows, columns].min()) >= _SMOOTH:
            return smooth, None
        reach = self._enlarged(self._radius, around)
        little = self._little(around)
        share = np.clip((reach - _SMALL) / (_SMOOTH - _SMALL), 0, 1)[..., None]
        smooth = little + share * (smooth - little)
        return smooth, np.clip((_SMALL - reach) / (_SMALL - _SHARP), 0, 1)

    def _add_grain(self, pixels: Plane, tile: Tile) -> None:
        """In place, the same for the same place in the photo."""
        side = len(self._grain)
        for top in range(tile.top // side * side, tile.bottom, side):
            for left in range(tile.left // side * side, tile.right, side):
                rows = slice(max(tile.top, top), min(tile.bottom, top + side))
                columns = slice(max(tile.left, left), min(tile.right, left + side))
                part = pixels[
                    rows.start - tile.top : rows.stop - tile.top,
                    columns.start - tile.left : columns.stop - tile.left,
                ]
                part += self._grain[
                    rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
                ]

    def _little(self, around: Around) -> Plane:
        """The photo's own pixels spread by the small radius, somebody's left out."""
        weight = 1 - around.alpha.astype(np.float32) / 255
        weight = np.maximum(weight * weight, 1e-3)[..., None]
        layer = np.concatenate([around.pixels * weight, weight], axis=2)
        layer = cv2.filter2D(layer, -1, self._kernel, borderType=cv2.BORDER_REFLECT_101)[around.inner]
        return np.asarray(layer[..., :3] / layer[..., 3:], np.float32)

    def _enlarged(self, values: Plane, around: Around) -> Plane:
        tile, step = around.tile, 1 / self._scale
        matrix = np.array([
            [step, 0, (tile.left + 0.5) * step - 0.5], [0, step, (tile.top + 0.5) * step - 0.5]
        ])  # fmt: skip
        size = tile.right - tile.left, tile.bottom - tile.top
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(
            cv2.warpAffine(values, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
        )


class Picture:
    """Another picture, (h, w, 3) uint8 sRGB of the photo's size."""

    def __init__(self, picture: NDArray[np.uint8]) -> None:
        self._picture = picture

    def __call__(self, around: Around) -> tuple[Plane, Plane | None]:
        """As Behind in compose."""
        return self._picture[around.tile.of].astype(np.float32), None


def reduced(image: NDArray[np.uint8], scale: int) -> Plane:
    """A photo's linear light at a whole fraction of its size, averaged, (h, w, 3) float32; rounded up."""
    height, width = image.shape[:2]
    columns, step = -(-width // scale), max(scale, 256 // scale * scale)
    strips = []
    for top in range(0, height, step):
        strip: NDArray[np.uint8] = image[top : top + step]
        below, beside = -len(strip) % scale, columns * scale - width
        if below or beside:
            strip = np.asarray(cv2.copyMakeBorder(strip, 0, below, 0, beside, cv2.BORDER_REPLICATE), np.uint8)
        light = to_linear(np.ascontiguousarray(strip))
        strips.append(cv2.resize(light, (columns, len(strip) // scale), interpolation=cv2.INTER_AREA))
    return np.concatenate(strips)
