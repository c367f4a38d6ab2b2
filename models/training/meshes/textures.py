"""Tones of skin and hair, and squares of cloth: plain, patterned, or cut out of labelled photos."""

import json
from typing import Final

import cv2
import numpy as np
from models.training.folders import Folders, held_out
from numpy.typing import NDArray

SIDE: Final = 256  # pixels of a square; it repeats
Tile = NDArray[np.uint8]  # (SIDE, SIDE, 3), RGB
_CLOTHES: Final = (
    "blazer blouse cardigan coat dress hoodie jacket jeans jumper leggings pants romper shirt shorts skirt "
    "suit sweater sweatshirt t-shirt tights top vest scarf"
)
# Light to dark, after the Monk Skin Tone scale (Monk, 2022), a little rosier as skin is in photos.
_SKIN: Final = "f4dfd2 f0d5c2 ecc9ae e0b894 cf9f78 b98560 9b6a48 7c5238 5b3b2a 40291f 2c1d17"
_HAIR: Final = "14110f 1c1512 2a1d15 3a281c 4e3522 6b4a2b 8a6437 b28d57 d0b07a 7a3b1e 8d8a86 c9c6c1"


def skin_tone(rng: np.random.Generator) -> NDArray[np.float64]:
    """(3,) RGB 0..255: any tone of the whole human range, as likely as any other."""
    tones = _colours(_SKIN)
    place = float(rng.uniform(0, len(tones) - 1))
    low = int(place)
    mixed = tones[low] + (place - low) * (tones[min(low + 1, len(tones) - 1)] - tones[low])
    return np.clip(mixed * (1 + rng.normal(0, [0.03, 0.03, 0.04])), 8, 250)


def hair_tone(rng: np.random.Generator, dark: bool, old: bool) -> NDArray[np.float64]:
    """(3,) RGB 0..255. dark: as hair is with dark skin. old: mostly grey; now and then anybody's is dyed."""
    tones = _colours(_HAIR)
    chance = rng.random()
    if chance < 0.03:
        return rng.uniform(30, 220, 3)
    if old and chance < 0.75:
        return tones[rng.integers(10, 12)] * rng.uniform(0.75, 1.1)
    return np.clip(tones[rng.integers(4 if dark else 10)] * rng.uniform(0.85, 1.15), 6, 250)


def grain(colour: NDArray[np.float64], rng: np.random.Generator, depth: float, size: float) -> Tile:
    """A square of one colour with soft stains: depth in shares of the colour, size in pixels."""
    field = cv2.GaussianBlur(rng.standard_normal((SIDE, SIDE)).astype(np.float32), (0, 0), size)
    fine = rng.standard_normal((SIDE, SIDE)).astype(np.float32)
    field = depth * (field / max(float(field.std()), 1e-6) + 0.5 * fine)
    return _painted(colour * (1 + field[..., None]))


def strands(colour: NDArray[np.float64], rng: np.random.Generator) -> Tile:
    """Hair: streaks along the square's columns."""
    field = rng.standard_normal((SIDE, SIDE)).astype(np.float32)
    field = cv2.GaussianBlur(field, (0, 0), sigmaX=1.2, sigmaY=40)
    field = 0.22 * field / max(float(field.std()), 1e-6)
    return _painted(colour * (1 + field[..., None]))


class Cloth:
    """Squares of cloth. The photos they may be cut from are those that training may see."""

    def __init__(self, folders: Folders) -> None:
        self._folder = folders.ccp
        self._names = [name for name in folders.labelled() if not held_out(int(name))]
        labels = json.loads((folders.ccp / "labels.json").read_text())
        self._wanted = [number for number, name in enumerate(labels) if name in _CLOTHES.split()]

    def tile(self, rng: np.random.Generator) -> Tile:
        """Some cloth."""
        kind = rng.random()
        if kind < 0.4:
            return self._cut(rng)
        if kind < 0.72:
            return grain(_tone(rng), rng, float(rng.uniform(0.01, 0.09)), float(rng.uniform(1, 12)))
        return _patterned(rng)

    def _cut(self, rng: np.random.Generator) -> Tile:
        """The largest square of one garment in some photo, mirrored at its edges so that it repeats."""
        name = self._names[int(rng.integers(len(self._names)))]
        label = cv2.imread(str(self._folder / "labels" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
        image = cv2.imread(str(self._folder / "photos" / f"{name}.jpg"), cv2.IMREAD_COLOR_RGB)
        worn = [number for number in np.unique(label) if number in self._wanted] if label is not None else []
        if image is None or not worn:
            return grain(_tone(rng), rng, 0.03, 3.0)
        mask = (label == worn[int(rng.integers(len(worn)))]).astype(np.uint8)
        inside = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_C, 3)[1:-1, 1:-1]
        row, column = np.unravel_index(int(inside.argmax()), inside.shape)
        half = int(inside[row, column]) - 2
        if half < 5:
            return grain(image[row, column].astype(np.float64), rng, 0.03, 3.0)
        cut = image[row - half : row + half, column - half : column + half]
        cut = cv2.resize(cut, (SIDE // 2, SIDE // 2), interpolation=cv2.INTER_AREA)
        # Its own shading would not fit the body that wears it: the coarse part of it is taken out.
        coarse = cv2.GaussianBlur(cut.astype(np.float32), (0, 0), SIDE / 8).mean(axis=2, keepdims=True)
        cut = cut * (0.4 + 0.6 * coarse.mean() / np.maximum(coarse, 8))
        wide = np.hstack([cut, cut[:, ::-1]])
        return _painted(np.vstack([wide, wide[::-1]]))


def _patterned(rng: np.random.Generator) -> Tile:
    """Stripes, checks or spots in two tones."""
    tones = np.array([_tone(rng), _tone(rng)])
    count = int(rng.integers(2, 14))
    wave = (np.arange(SIDE) * count / SIDE) % 1 < rng.uniform(0.15, 0.6)
    kind = int(rng.integers(4))
    if kind == 0:
        share = np.tile(wave[:, None], (1, SIDE)).astype(float)
    elif kind == 1:
        share = np.tile(wave[None], (SIDE, 1)).astype(float)
    elif kind == 2:
        share = (wave[:, None].astype(float) + wave[None]) / 2
    else:
        field = cv2.GaussianBlur(rng.standard_normal((SIDE, SIDE)), (0, 0), float(rng.uniform(3, 16)))
        share = (field > field.std() * rng.uniform(0, 1.2)).astype(float)
    share = cv2.GaussianBlur(share, (0, 0), 0.8)[..., None]
    cloth = tones[0] * (1 - share) + tones[1] * share
    return _painted(cloth * (1 + rng.normal(0, 0.03, (SIDE, SIDE, 1))))


def _tone(rng: np.random.Generator) -> NDArray[np.float64]:
    """Any colour; black, white, grey and muted ones more often, as in clothes."""
    value, saturation = rng.uniform(0.06, 0.95), rng.beta(1, 2.2)
    hue = rng.uniform(0, 6, 1) + np.array([0, 2, 4])
    pure = np.clip(np.abs(hue % 6 - 3) - 1, 0, 1)
    return 255 * value * (1 - saturation * (1 - pure))


def _colours(words: str) -> NDArray[np.float64]:
    return np.array([[int(word[k : k + 2], 16) for k in (0, 2, 4)] for word in words.split()], np.float64)


def _painted(values: NDArray[np.floating]) -> Tile:  # type: ignore[type-arg]
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)
