"""Putting people and what is behind them together again, at the photo's own size and in place.

Pixels that are somebody's stay as they are, pixels that are nobody's come from behind; only those between are
worked out, in linear light, with somebody's own colours. Strips keep the memory small.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import Plane, decode, luma, to_bytes, to_linear, unit
from framecue.portrait.foreground import Colours, own
from framecue.portrait.matte import Matte, Tile

STRIP_PX: Final = 500_000  # pixels of a strip, about
MARGIN: Final = 16  # rows and columns around a tile that a background may look at
_FLAT: Final = 0.02  # difference of brightness, sRGB, under which light and sRGB mix alike
_THREADS: Final = 2

# What is behind a tile, (h, w, 3) float32 sRGB of 0..255, and (h, w) float32, 0..1, how much of each of the
# photo's own pixels stays as it is, somebody's or not; None for nothing.
Behind = Callable[["Around"], tuple[Plane, Plane | None]]


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """A tile of a photo, and the photo's pixels and alpha, uint8, there and MARGIN around it.

    The margin may be less at the photo's border: above and left are what there is of it.
    """

    tile: Tile
    pixels: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    above: int
    left: int

    @property
    def inner(self) -> tuple[slice, slice]:
        """Where the tile itself is in pixels and alpha."""
        tile = self.tile
        return (
            slice(self.above, self.above + tile.bottom - tile.top),
            slice(self.left, self.left + tile.right - tile.left),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """What a portrait is made of.

    matte: of the photo. alpha: (h, w) uint8, the matte applied. colours: of the matte's window. behind: what
    is behind a tile. curve: (256,) uint8 that every value of somebody's pixels is replaced by; None for as it
    is. before: light in front of everybody, (h, w, 3), times how much it covers, (h, w), linear, of any size.
    """

    matte: Matte
    alpha: NDArray[np.uint8]
    colours: Colours
    behind: Behind
    curve: NDArray[np.uint8] | None = None
    before: tuple[Plane, Plane] | None = None


def compose(image: NDArray[np.uint8], layers: Layers) -> None:
    """Make a portrait of a photo, (h, w, 3) uint8 RGB, in place."""
    height, width = image.shape[:2]
    fine = layers.matte.tiles()
    rows = max(4 * MARGIN, STRIP_PX // width)
    above = image[:0].copy()
    columns = np.linspace(0, width, _THREADS + 1).astype(int)
    with ThreadPoolExecutor(_THREADS) as threads:
        for top in range(0, height, rows):
            bottom = min(top + rows, height)
            source = np.concatenate([above, image[top : min(bottom + MARGIN, height)]])
            cut = len(above)
            blocks = [Tile(int(left), top, int(right), bottom) for left, right in pairwise(columns)]
            list(threads.map(lambda block: _block(image, source, cut, block, fine, layers), blocks))  # noqa: B023
            above = source[max(0, cut + bottom - top - MARGIN) : cut + bottom - top].copy()


def _block(
    image: NDArray[np.uint8],
    source: NDArray[np.uint8],
    above: int,
    block: Tile,
    fine: list[Tile],
    layers: Layers,
) -> None:
    """One block of a strip; source holds the strip's photo pixels after `above` rows of the strip before."""
    left, right = max(0, block.left - MARGIN), min(image.shape[1], block.right + MARGIN)
    first = block.top - above
    around = Around(
        block,
        source[:, left:right],
        layers.alpha[first : first + len(source), left:right],
        above,
        block.left - left,
    )
    mine, alpha, out = around.pixels[around.inner], layers.alpha[block.of], image[block.of]
    sharp = mine if layers.curve is None else np.asarray(cv2.LUT(mine, layers.curve), np.uint8)
    if layers.before is None and bool((alpha == 255).all()):
        out[...] = sharp
        return
    behind, staying = layers.behind(around)
    whole = np.asarray(cv2.convertScaleAbs(behind), np.uint8)
    for tile in fine:
        part = Tile(
            max(tile.left, block.left), max(tile.top, block.top),
            min(tile.right, block.right), min(tile.bottom, block.bottom),
        )  # fmt: skip
        if part.left < part.right and part.top < part.bottom:
            _edge(whole, mine, behind, part, block, layers)
    if staying is not None:
        kept = mine if layers.curve is None else _lifted(mine, sharp, alpha)
        mixed = whole + staying[..., None] * (kept.astype(np.float32) - whole)
        whole = np.asarray(cv2.convertScaleAbs(mixed), np.uint8)
    cv2.copyTo(sharp, (alpha == 255).astype(np.uint8), whole)
    if layers.before is not None:
        _cover(whole, block, layers.before, image.shape)
    out[...] = whole


def _lifted(mine: NDArray[np.uint8], sharp: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> Plane:
    share = alpha.astype(np.float32)[..., None] / 255
    return np.asarray(mine + share * (sharp.astype(np.float32) - mine), np.float32)


def _edge(
    whole: NDArray[np.uint8],
    mine: NDArray[np.uint8],
    behind: Plane,
    part: Tile,
    block: Tile,
    layers: Layers,
) -> None:
    """The pixels of a tile that are partly somebody's, into `whole`."""
    inner = np.s_[
        part.top - block.top : part.bottom - block.top, part.left - block.left : part.right - block.left
    ]
    alpha = layers.alpha[part.of]
    between = ((alpha > 0) & (alpha < 255)).astype(np.uint8)
    if not between.any():
        return
    share = unit(alpha)
    around = Colours(
        layers.matte.resampled(layers.colours.mine, part), layers.matte.resampled(layers.colours.behind, part)
    )
    colour = own(unit(mine[inner]), share, around)
    lit = true_share(share, colour, around.behind)[..., None]
    if layers.curve is not None:
        colour = unit(np.asarray(cv2.LUT(np.asarray(colour * 255 + 0.5, np.uint8), layers.curve), np.uint8))
    mixed = lit * decode(colour) + (1 - lit) * decode(behind[inner] * np.float32(1 / 255))
    cv2.copyTo(to_bytes(mixed), between, whole[inner])


def true_share(share: Plane, colour: Plane, behind: Plane) -> Plane:
    """How much of the light in each pixel is somebody's, of alpha that was found in sRGB.

    Matting takes a pixel for alpha . colour + (1 - alpha) . behind in sRGB; light mixes linearly. What gives
    the same brightness is sought: then nothing changes where the background does not. (h, w) float32 each,
    and (h, w, 3) sRGB of 0..1.
    """
    mine, back = luma(colour), luma(behind)
    light, dark, mixed = decode(mine), decode(back), decode(back + share * (mine - back))
    flat = np.abs(mine - back) < _FLAT
    return np.clip(np.where(flat, share, (mixed - dark) / np.where(flat, 1, light - dark)), 0, 1)


def _cover(whole: NDArray[np.uint8], block: Tile, before: tuple[Plane, Plane], size: tuple[int, ...]) -> None:
    """Lay what is nearer than everybody over a block, in place."""
    light, cover = before
    rows, columns = cover.shape
    down, across = rows / size[0], columns / size[1]
    matrix = np.array([
        [across, 0, (block.left + 0.5) * across - 0.5], [0, down, (block.top + 0.5) * down - 0.5]
    ])  # fmt: skip
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shape = block.right - block.left, block.bottom - block.top
    share = cv2.warpAffine(cover, matrix, shape, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    if float(share.max()) < 1 / 512:
        return
    added = cv2.warpAffine(light, matrix, shape, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    mixed = to_linear(whole) * (1 - share[..., None]) + added
    whole[...] = to_bytes(mixed)
