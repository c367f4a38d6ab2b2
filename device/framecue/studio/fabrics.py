"""Textures of skin, face, hair and cloth, one tile each, made once per person.

Tiles are (rows, 512, 3) uint8 RGB: columns run round the body, the front in the middle, rows run down.
"""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.studio.scene import Colour, Pattern, Person

Image = NDArray[np.uint8]
Field = NDArray[np.float32]

WIDE: Final = 512


def noise(rng: np.random.Generator, rows: int, columns: int, grain: tuple[float, float]) -> Field:
    """(rows, columns) float32 smooth noise, mean 0, deviation 1; grain: pixels per bump down and across."""
    small = (max(2, round(rows / grain[0])), max(2, round(columns / grain[1])))
    field = cv2.resize(
        rng.standard_normal(small).astype(np.float32), (columns, rows), interpolation=cv2.INTER_CUBIC
    )
    result: Field = (field - field.mean()) / max(float(field.std()), 1e-6)
    return result


def tinted(colour: Colour, change: Field) -> Image:
    """A tile of one colour whose brightness changes by the factor 1 + change (rows, columns)."""
    image = np.asarray(colour, np.float32) * (1 + change[..., None])
    return painted(image)


def painted(values: NDArray[np.floating[Any]]) -> Image:
    """Float colours as uint8, clipped to 0..255."""
    colours: Image = np.clip(values, 0, 255).astype(np.uint8)
    return colours


def cloth(
    rng: np.random.Generator, colour: Colour, accent: Colour, pattern: Pattern, rows: int = 512
) -> Image:
    """Cloth with a pattern, faint folds and weave."""
    folds = 0.035 * noise(rng, rows, WIDE, (70, 26)) + 0.025 * noise(rng, rows, WIDE, (20, 60))
    weave = 0.02 * noise(rng, rows, WIDE, (2, 2))
    image = tinted(colour, folds + weave)
    y, x = np.mgrid[0:rows, 0:WIDE].astype(np.float32)
    period = float(rng.uniform(26, 46))
    if pattern == "stripes":
        ink = (y % period) < period * rng.uniform(0.2, 0.5)
    elif pattern == "pinstripes":
        ink = (x % (period / 2)) < 3
    elif pattern == "checks":
        ink = ((x % period) < period / 2) ^ ((y % period) < period / 2)
    elif pattern == "dots":
        shifted = x + (np.floor(y / period) % 2) * period / 2
        ink = np.hypot(shifted % period - period / 2, y % period - period / 2) < period * 0.2
    elif pattern == "knit":
        return tinted(colour, folds + 0.06 * np.sin(x * (2 * np.pi / 8)) * np.sin(y * 0.55 + np.cos(x * 0.8)))
    else:
        return image
    other = tinted(accent, folds + weave)
    strength = cv2.GaussianBlur(ink.astype(np.float32), (0, 0), 1.0)[..., None]
    strength = strength * (0.55 if pattern == "checks" else 0.9)
    return painted(image * (1 - strength) + other * strength)


def denim(rng: np.random.Generator, colour: Colour) -> Image:
    """Jeans: worn pale in front, twill grain, dark seams."""
    y, x = np.mgrid[0:512, 0:WIDE].astype(np.float32)
    worn = 0.16 * np.exp(-(((x - 256) / 70) ** 2)) * np.exp(-(((y - 190) / 150) ** 2))
    grain = 0.035 * noise(rng, 512, WIDE, (3, 2)) + 0.04 * noise(rng, 512, WIDE, (30, 50))
    image = tinted(colour, (worn + grain).astype(np.float32))
    for seam in (128, 384):
        cv2.line(image, (seam, 0), (seam, 511), tuple(int(c * 0.72) for c in colour), 3, cv2.LINE_AA)
    return image


def skin(rng: np.random.Generator, colour: Colour, rows: int = 256) -> Image:
    """Bare skin."""
    return tinted(colour, 0.02 * noise(rng, rows, WIDE, (40, 40)) + 0.012 * noise(rng, rows, WIDE, (4, 4)))


def hands(rng: np.random.Generator, colour: Colour) -> Image:
    """Skin with the gaps between four fingers on both sides of the hand."""
    image = skin(rng, colour, 128)
    dark = tuple(int(c * 0.62) for c in colour)
    for middle in (0, 256, 512):
        for gap in (-44, 0, 44):
            cv2.line(image, (middle + gap, 60), (middle + gap // 2, 127), dark, 5, cv2.LINE_AA)
    return image


def strands(rng: np.random.Generator, colour: Colour) -> Image:
    """Hair: fine strands that run down, lighter bands where it catches light."""
    contrast = 0.22 if max(colour) < 140 else 0.10
    streak = contrast * noise(rng, 256, WIDE, (90, 3)) + 0.5 * contrast * noise(rng, 256, WIDE, (60, 9))
    band = 0.22 * np.exp(-(((np.arange(256, dtype=np.float32) - 70) / 34) ** 2))
    return tinted(colour, (streak + band[:, None]).astype(np.float32))


def shoe(rng: np.random.Generator, colour: Colour, sole: Colour) -> Image:
    """Footwear, along the foot from heel (top row) to toe; the sole runs along both lower sides."""
    image = tinted(colour, 0.04 * noise(rng, 128, WIDE, (20, 20)))
    light = tuple(min(255, int(c * 0.6 + 70)) for c in colour)
    for row in range(58, 92, 9):
        cv2.line(image, (214, row), (298, row + 3), light, 3, cv2.LINE_AA)
    # The loft goes forward, so its "front" looks up and the sole is a third of the way round from it.
    image[:, :150] = sole
    image[:, 362:] = sole
    return image


def face(rng: np.random.Generator, person: Person) -> Image:
    """The whole head's skin, unrolled: columns by angle, rows from the skull's top to the chin."""
    colour = person.skin
    image = skin(rng, colour, 512).astype(np.float32)
    y, x = np.mgrid[0:512, 0:WIDE].astype(np.float32)

    def blush(column: float, row: float, wide: float, high: float, ink: Colour, strength: float) -> None:
        weight = strength * np.exp(-(((x - column) / wide) ** 2) - ((y - row) / high) ** 2)[..., None]
        image[:] = image * (1 - weight) + np.asarray(ink, np.float32) * weight

    red = (int(min(255, colour[0] * 0.98)), int(colour[1] * 0.72), int(colour[2] * 0.68))
    shade = (int(colour[0] * 0.6), int(colour[1] * 0.5), int(colour[2] * 0.48))
    for side in (-1, 1):
        blush(256 + side * 44, 330, 26, 46, red, 0.35)
        blush(256 + side * 36, 236, 30, 26, shade, 0.55)
        blush(256 + side * 15, 345, 7, 12, shade, 0.7)
    blush(256, 330, 13, 24, red, 0.3)
    blush(256, 436, 40, 12, shade, 0.3)
    if person.beard:
        jaw = np.clip((y - 330) / 70, 0, 1) * np.clip((112 - np.abs(x - 256)) / 12, 0, 1)
        lips = np.exp(-(((x - 256) / 30) ** 4) - ((y - 400) / 17) ** 4)
        weight = (0.8 * jaw * (1 - lips) * (0.85 + 0.1 * noise(rng, 512, WIDE, (5, 3))))[..., None]
        image = image * (1 - weight) + np.asarray(person.hair_colour, np.float32) * weight
    unrolled = painted(image)
    _features(unrolled, person, rng)
    return unrolled


def _features(image: Image, person: Person, rng: np.random.Generator) -> None:
    """Eyes, brows, nostrils, mouth and glasses, drawn over the skin."""
    hair = person.hair_colour if person.hair_colour[0] < 140 else (120, 92, 60)
    lip = (int(person.skin[0] * 0.78), int(person.skin[1] * 0.5), int(person.skin[2] * 0.5))
    if person.curve > 0.5:
        lip = (int(person.skin[0] * 0.8), int(person.skin[1] * 0.36), int(person.skin[2] * 0.4))
    iris = ((70, 46, 30), (56, 84, 60), (70, 96, 120))[int(rng.integers(3))]
    smile = int(rng.integers(0, 9))
    aa = cv2.LINE_AA
    for side in (-1, 1):
        eye = (256 + side * 36, 250)
        cv2.ellipse(image, eye, (15, 9), 0, 0, 360, (226, 220, 212), -1, aa)
        cv2.ellipse(image, (eye[0] + side, eye[1]), (7, 9), 0, 0, 360, iris, -1, aa)
        cv2.ellipse(image, (eye[0] + side, eye[1]), (3, 5), 0, 0, 360, (12, 10, 10), -1, aa)
        cv2.ellipse(image, (eye[0], eye[1] + 1), (16, 11), 0, 188, 352, (36, 24, 22), 4, aa)
        brow = np.array([(256 + side * 14, 216), (256 + side * 34, 203), (256 + side * 58, 214)])
        cv2.polylines(image, [brow.astype(np.int32)], False, hair, 7 if person.curve < 0.5 else 5, aa)
        cv2.ellipse(image, (256 + side * 9, 352), (5, 5), 0, 0, 360, tuple(int(c * 0.4) for c in lip), -1, aa)
    cv2.ellipse(image, (256, 398), (27, 9), 0, 180, 360, lip, -1, aa)
    cv2.ellipse(image, (256, 400), (25, 13), 0, 0, 180, lip, -1, aa)
    mouth = np.array([(228, 401 - smile), (244, 402), (256, 400), (268, 402), (284, 401 - smile)], np.int32)
    cv2.polylines(image, [mouth], False, tuple(int(c * 0.45) for c in lip), 3, aa)
    if person.glasses:
        for side in (-1, 1):
            cv2.ellipse(image, (256 + side * 37, 252), (28, 30), 0, 0, 360, (24, 22, 24), 4, aa)
            cv2.line(image, (256 + side * 65, 244), (256 + side * 130, 240), (24, 22, 24), 5, aa)
        cv2.line(image, (246, 246), (266, 246), (24, 22, 24), 5, aa)


def neckline(image: Image, skin_colour: Colour, deep: float, wide: float, pointed: bool) -> None:
    """Paint the bare skin over a garment's neck: a V or a round neck; shares of the tile's size."""
    rows = np.linspace(0, deep, 16)
    half = wide * (1 - rows / deep) if pointed else wide * np.sqrt(np.maximum(1 - (rows / deep) ** 2, 0))
    right = np.column_stack([0.5 + half, rows])
    outline = np.concatenate([right, (right * (-1, 1) + (1, 0))[::-1]]) * (WIDE, image.shape[0])
    edge = tuple(int(c) for c in image[image.shape[0] // 2, 10] * 0.75)
    cv2.fillPoly(image, [outline.astype(np.int32)], skin_colour, cv2.LINE_AA)
    cv2.polylines(image, [outline.astype(np.int32)], False, edge, 4, cv2.LINE_AA)


def placket(image: Image, colour: Colour, first_row: int, last_row: int) -> None:
    """A row of buttons down the front."""
    dark = tuple(int(c * 0.7) for c in colour)
    cv2.line(image, (264, first_row), (264, last_row), dark, 2, cv2.LINE_AA)
    for row in range(first_row + 20, last_row, 58):
        cv2.circle(image, (256, row), 4, tuple(int(c * 0.5) for c in colour), -1, cv2.LINE_AA)


def open_front(image: Image, inner: Image, top: float, bottom: float) -> None:
    """Show an inner garment between the open fronts of a jacket; half widths at neck and hem, shares."""
    rows = image.shape[0]
    half = np.linspace(top, bottom, rows)[:, None] * WIDE
    from_middle = np.abs(np.arange(WIDE)[None, :] - 256.0)
    shown = (from_middle < half)[..., None]
    lapel = np.linspace(0.075, 0.0, rows)[:, None].clip(0) * WIDE
    dark = ((from_middle >= half) & (from_middle < half + lapel))[..., None]
    edge = (np.abs(from_middle - half) < 3)[..., None]
    mixed = np.where(shown, inner[:rows], np.where(dark, (image * 0.86).astype(np.uint8), image))
    image[:] = np.where(edge, (mixed * 0.55).astype(np.uint8), mixed)
