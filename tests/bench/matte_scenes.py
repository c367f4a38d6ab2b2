"""Pictures whose true alpha is known: studio people with strands of hair and fur, put on real photos."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import to_linear, to_srgb
from framecue.composition.geometry import Pinhole
from framecue.parts import Part
from framecue.photo import is_photo, read_photo
from framecue.studio import Scene, Studio, View

Plane = NDArray[np.float32]
WIDTH, HEIGHT = 768, 1024
FINER = 2  # how many rendered pixels make one, along a side


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A picture and what it is made of. image: (h, w, 3) uint8. alpha: (h, w) float32. mine: light of the
    people times alpha, behind: of the place, (h, w, 3) float32, linear.
    """

    name: str
    image: NDArray[np.uint8]
    alpha: Plane
    mine: Plane
    behind: Plane


def scenes(backgrounds: Path, count: int, first: int = 0) -> Iterator[Truth]:
    """Pictures number first, first + 1, ...; backgrounds: a folder of photos without people."""
    files = sorted(path for path in backgrounds.iterdir() if is_photo(path))
    for number in range(first, first + count):
        yield scene(number, files[(7 * number) % len(files)])


def scene(number: int, background: Path) -> Truth:
    """One picture, the same for the same number: plain, with hair, or with fur, in turn."""
    rng = np.random.default_rng([number, 77])
    made = Scene.random(seed=900 + number)
    distance = float(rng.uniform(2.4, 3.6))
    pinhole = Pinhole(
        WIDTH * FINER, HEIGHT * FINER, 48.0, x=float(rng.uniform(-0.25, 0.25)),
        y=float(rng.uniform(0.9, 1.4)), z=-distance, pitch_deg=float(rng.uniform(-6, 2)),
    )  # fmt: skip
    view = Studio(made).view(pinhole)
    light = to_linear(view.image)
    solid = (view.owner > 0).astype(np.float32)
    colour, cover = light * solid[..., None], solid
    kind = ("plain", "hair", "fur")[number % 3]
    if kind != "plain":
        colour, cover = _with_strands(rng, view, colour, cover, kind)
    size = (WIDTH, HEIGHT)
    alpha = cv2.resize(cover, size, interpolation=cv2.INTER_AREA)
    mine = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
    # A lens and a sensor soften what a renderer draws with hard edges.
    alpha, mine = cv2.GaussianBlur(alpha, (0, 0), 0.6), cv2.GaussianBlur(mine, (0, 0), 0.6)
    behind = to_linear(_filling(read_photo(background)))
    noisy = to_srgb(mine + (1 - alpha[..., None]) * behind) + rng.normal(0, 1.2, (HEIGHT, WIDTH, 3))
    image = cv2.convertScaleAbs(np.clip(noisy, 0, 255))
    return Truth(f"{number:03d} {kind} {background.stem}", image, alpha, mine, behind)


def _with_strands(
    rng: np.random.Generator, view: View, colour: Plane, cover: Plane, kind: str
) -> tuple[Plane, Plane]:
    """Strands that grow from the outline outwards, thin and bent, in the colours they grow from."""
    wanted = (view.parts == Part.HAIR) if kind == "hair" else np.isin(view.parts, (Part.HAIR, Part.TORSO))
    if not wanted.any():
        wanted = view.parts == Part.TORSO
    outside = cv2.GaussianBlur(cover, (0, 0), 12)
    down, across = cv2.Sobel(outside, cv2.CV_32F, 0, 1), cv2.Sobel(outside, cv2.CV_32F, 1, 0)
    rim = (cv2.erode(wanted.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0) & wanted & (outside < 0.75)
    roots = np.argwhere(rim)
    if not len(roots):
        return colour, cover
    picked = roots[rng.integers(len(roots), size=900 if kind == "hair" else 2600)]
    longest = 0.05 * HEIGHT * FINER * (1.0 if kind == "hair" else 0.5)
    layer = np.zeros((*cover.shape, 4), np.float32)
    for row, column in picked:
        away = -np.array([across[row, column], down[row, column]])
        away = away / max(float(np.linalg.norm(away)), 1e-6)
        turn, bend = rng.normal(0, 0.6), rng.normal(0, 0.5)
        steps = np.linspace(0, 1, 8)
        angle = np.arctan2(away[1], away[0]) + turn + bend * steps + (0.5 * steps if kind == "hair" else 0)
        length = longest * rng.uniform(0.25, 1) / len(steps)
        path = np.array([column, row]) + np.cumsum(
            np.stack([np.cos(angle), np.sin(angle)], 1) * length, axis=0
        )
        tint = colour[row, column] * rng.uniform(0.7, 1.4)
        points = np.round(path * 16).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(layer, [points], False, (*map(float, tint), 1.0), 1, cv2.LINE_8, shift=4)
    share = layer[..., 3:]
    return colour * (1 - share) + layer[..., :3] * share, np.maximum(cover, layer[..., 3])


def _filling(photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of a photo, scaled to fill the picture."""
    scale = max(WIDTH / photo.shape[1], HEIGHT / photo.shape[0])
    size = (round(photo.shape[1] * scale), round(photo.shape[0] * scale))
    large = cv2.resize(photo, size, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    left, top = (size[0] - WIDTH) // 2, (size[1] - HEIGHT) // 2
    return np.ascontiguousarray(large[top : top + HEIGHT, left : left + WIDTH], np.uint8)
