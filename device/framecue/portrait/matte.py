"""The matte: who is kept in a photo, pixel by pixel, hair included.

Matting is done on a window around the people, about half a thousand pixels high. What it finds there, alpha
as a linear function of colour in each place, is then applied to the photo's own pixels, tile by tile (He and
Sun, "Fast guided filter", 2015), and only where alpha is neither 0 nor 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import Plane, unit
from framecue.parts import Segmentation
from framecue.photo import scaled_into
from framecue.portrait.kept import Kept
from framecue.portrait.laplacian import solve_alpha
from framecue.portrait.screen import Screen, find_screen
from framecue.portrait.trimap import Trimap, find_window, make_trimap, with_colours
from framecue.windows import Linear, Windows

MATTED_PX: Final = 200_000  # pixels of the matted window: 512 x 390
MATTED_SIDE: Final = 640  # along its longer side, at most
_FLOOR, _CEILING = 0.01, 0.99  # alpha below is haze of the background, above is somebody
_UPSAMPLING: Final = 4e-5  # of colour variance: what tames the functions on a sensor's noise
_TILE: Final = 12  # pixels of the window along a tile's side
_CHANGING: Final = 0.004  # alpha this far from 0 and from 1 is found pixel by pixel


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of a photo, pixels; right and bottom are the first outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def of(self) -> tuple[slice, slice]:
        """Rows and columns, to index a picture with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """A photo's matte, before it is applied to the photo's pixels.

    box: left, top, right, bottom of the matted window, photo pixels (float). alpha: (h, w) float32, 0..1, of
    the window at its own resolution; outside of it alpha is 0. linear: alpha as a function of colour there.
    screen: the green or blue screen behind, where there is one.
    """

    width: int
    height: int
    box: tuple[float, float, float, float]
    alpha: Plane
    linear: Linear
    screen: Screen | None = None

    def tiles(self) -> list[Tile]:
        """Rectangles that hold every pixel whose alpha may be neither 0 nor 1."""
        changing = ((self.alpha > _CHANGING) & (self.alpha < 1 - _CHANGING)).astype(np.uint8)
        changing = np.asarray(cv2.dilate(changing, np.ones((5, 5), np.uint8)), np.uint8)
        return list(_tiles(changing, self._to_window(), self.width, self.height))

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(h, w) uint8 alpha of the photo itself, 255 is somebody; image: (h, w, 3) uint8 RGB of its size."""
        coarse = np.round(self.alpha * 255).astype(np.uint8)
        whole = self.resampled(coarse, Tile(0, 0, self.width, self.height))
        planes = cv2.merge([*self.linear.slope, self.linear.offset])
        gain = 1 / (_CEILING - _FLOOR)  # as in stretched
        summing = np.array([[gain, gain, gain, gain, -255 * _FLOOR * gain]], np.float32)
        for tile in self.tiles():
            found = self.resampled(planes, tile)
            opaque = np.asarray(cv2.cvtColor(image[tile.of], cv2.COLOR_RGB2RGBA), np.float32)
            found *= opaque  # the offset is the fourth plane, beside a 255
            whole[tile.of] = cv2.convertScaleAbs(np.maximum(cv2.transform(found, summing), 0))
        return whole

    def coarse(self, scale: float, width: int, height: int) -> Plane:
        """(height, width) float32 alpha of the whole photo, at `scale` photo pixels per pixel."""
        across, down, x, y = self._to_window()
        matrix = np.array([
            [across * scale, 0, x + across * (0.5 * scale - 0.5)],
            [0, down * scale, y + down * (0.5 * scale - 0.5)],
        ])  # fmt: skip
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(
            cv2.warpAffine(self.alpha, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE),
            np.float32,
        )

    def _to_window(self) -> tuple[float, float, float, float]:
        """Window pixels per photo pixel (x, y), and the window pixel of photo pixel (0, 0)."""
        rows, columns = self.alpha.shape
        across, down = columns / (self.box[2] - self.box[0]), rows / (self.box[3] - self.box[1])
        return across, down, (0.5 - self.box[0]) * across - 0.5, (0.5 - self.box[1]) * down - 0.5

    def resampled(self, values: NDArray[Any], tile: Tile) -> NDArray[Any]:
        """Values of the window at the photo's pixels."""
        across, down, x, y = self._to_window()
        matrix = np.array([[across, 0, x + across * tile.left], [0, down, y + down * tile.top]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = tile.right - tile.left, tile.bottom - tile.top
        # A window that ends at the photo's border goes on there; elsewhere its border holds zeros anyway.
        return cv2.warpAffine(values, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)


def find_matte(image: NDArray[np.uint8], segmentation: Segmentation, kept: Kept) -> Matte:
    """The matte of a photo: (h, w, 3) uint8 RGB; its segmentation, and whom of it to keep."""
    height, width = image.shape[:2]
    if not kept.anybody:
        nothing = np.zeros((2, 2), np.float32)
        return Matte(width, height, (0, 0, width, height), nothing, Linear((nothing,) * 3, nothing))
    left, top, right, bottom = find_window(kept)
    pixels = (
        int(left * width), int(top * height), int(np.ceil(right * width)), int(np.ceil(bottom * height))
    )  # fmt: skip
    small = shrunk(image[pixels[1] : pixels[3], pixels[0] : pixels[2]], MATTED_PX, MATTED_SIDE)
    box = (pixels[0] / width, pixels[1] / height, pixels[2] / width, pixels[3] / height)
    trimap = make_trimap(segmentation, kept, box, small.shape[1], small.shape[0])
    return Matte(width, height, pixels, *solve(small, trimap))


def solve(small: NDArray[np.uint8], trimap: Trimap) -> tuple[Plane, Linear, Screen | None]:
    """Alpha of a window, (h, w, 3) uint8 RGB, as pixels and as functions of colour; and the screen behind."""
    colours = unit(small)
    sure = trimap.sure
    screen = find_screen(colours, ~(sure | trimap.unknown))
    if screen is None:
        drawn = with_colours(trimap, small)
        sure = drawn.known & (drawn.guess > 0.5)
        alpha = solve_alpha(colours, drawn.guess, drawn.known, drawn.trust)
    else:
        alpha = np.maximum(screen.key(colours), sure)
    alpha = _held(alpha, sure)
    windows = Windows(colours, epsilon=_UPSAMPLING)
    linear = windows.smooth(windows.fit(alpha))
    return stretched(alpha), linear, screen


def stretched(alpha: Plane) -> Plane:
    """Alpha without the haze that matting leaves near 0 and near 1."""
    return np.asarray(np.clip((alpha - _FLOOR) * np.float32(1 / (_CEILING - _FLOOR)), 0, 1), np.float32)


def shrunk(image: NDArray[np.uint8], pixels: int, side: int) -> NDArray[np.uint8]:
    """A picture scaled down until it has no more than so many pixels in all and along its longer side."""
    height, width = image.shape[:2]
    scale = min(1.0, float(np.sqrt(pixels / (height * width))), side / max(height, width))
    return scaled_into(image, (max(1, round(width * scale)), max(1, round(height * scale))))


def shrunk_to(image: NDArray[np.uint8], matte: Matte) -> NDArray[np.uint8]:
    """A photo's pixels in a matte's window, at the matte's resolution: (h, w, 3) uint8."""
    left, top, right, bottom = (int(edge) for edge in matte.box)
    rows, columns = matte.alpha.shape
    small = cv2.resize(image[top:bottom, left:right], (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _held(alpha: Plane, sure: NDArray[np.bool_]) -> Plane:
    """Alpha without what hangs together with nobody: scraps of background like somebody's colours."""
    solid = (alpha > 0.3).astype(np.uint8)
    count, labels = cv2.connectedComponents(solid, connectivity=8)
    held = np.zeros(count, np.bool_)
    held[np.unique(labels[sure])] = True
    held[0] = True
    loose = ~held[labels]
    if not loose.any():
        return alpha
    around = cv2.dilate(loose.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.where(around & (labels * held[labels] == 0), 0, alpha).astype(np.float32)


def _tiles(
    changing: NDArray[np.uint8], to_window: tuple[float, float, float, float], width: int, height: int
) -> Iterator[Tile]:
    """Photo rectangles around the cells of a window that are set: rows of tiles, joined where they touch."""
    across, down, x, y = to_window
    rows, columns = changing.shape
    for top in range(0, rows, _TILE):
        filled = changing[top : top + _TILE].any(axis=0)
        blocks = np.add.reduceat(filled, np.arange(0, columns, _TILE)) > 0
        edges = np.flatnonzero(np.diff(np.concatenate([[False], blocks, [False]])))
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            left, right = first * _TILE - 0.5, min(last * _TILE, columns) - 0.5
            yield Tile(
                max(0, int(np.ceil((left - x) / across))),
                max(0, int(np.ceil((top - 0.5 - y) / down))),
                min(width, int(np.ceil((right - x) / across))),
                min(height, int(np.ceil((min(top + _TILE, rows) - 0.5 - y) / down))),
            )
