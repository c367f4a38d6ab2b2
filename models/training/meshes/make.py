"""The step: pictures of people from meshes, in work/rendered beside the studio's, where training reads them.

python -m models.training.run meshes [--shared ../shared] [--work build/training] [--count N] [--seed S]
"""

import json
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from models.training.folders import Folders
from models.training.meshes.body import Array, bodies
from models.training.meshes.figure import Figure, Wardrobe, random_figure
from models.training.meshes.light import random_light
from models.training.meshes.places import Places
from models.training.meshes.render import Placed, corners, placed, rendered, seat_corners
from models.training.meshes.textures import Cloth
from models.training.teacher import write
from numpy.typing import NDArray

from framecue.composition.geometry import Pinhole
from framecue.studio import Scene, Studio
from framecue.studio.scene import Light

_VIEWS: Final = 2  # of the same people, from two cameras: dressing and lighting them takes most of the time
_COUNTS: Final = (0.46, 0.22, 0.14, 0.09, 0.05, 0.04)  # shares of pictures with 1 to 6 people
_SIZES: Final = ((640, 480), (480, 640))


def step(place: Folders, options: Namespace) -> int:
    """Make options.count pictures in the folder options.out, or in WORK/rendered where that names a file."""
    out = place.work / "rendered" if options.out.suffix else options.out
    make(place, options.shared / "data/makehuman", out, options.count, options.seed)
    return 0


def make(place: Folders, makehuman: Path, out: Path, count: int, seed: int = 1) -> None:
    """Make that many pictures: NAME.jpg, .png of parts, .json of lines. Those already there are kept."""
    out.mkdir(parents=True, exist_ok=True)
    groups = [first for first in range(0, count, _VIEWS)
              if not (out / f"mesh-{seed}-{min(first + _VIEWS, count) - 1:05}.json").exists()]  # fmt: skip
    if not groups:
        return
    wardrobe = Wardrobe(makehuman, bodies(place.work / "bodies.npz"), Cloth(place))
    places = Places(place)
    for first in groups:
        rng = np.random.default_rng([seed, first, 0x3E5E])
        group(wardrobe, places, rng, [f"mesh-{seed}-{number:05}" for number in
                                      range(first, min(first + _VIEWS, count))], out)  # fmt: skip


def group(wardrobe: Wardrobe, places: Places, rng: np.random.Generator, names: list[str], out: Path) -> None:
    """Pictures of the same people under the same light, from several cameras and in several places."""
    count = int(rng.choice(len(_COUNTS), p=_COUNTS)) + 1
    room = Scene.random(int(rng.integers(2**31)), 0) if rng.random() < 0.3 else None
    studio = Studio(room) if room else None
    light = room.light if room else random_light(rng)
    people, boxes = _crowd(wardrobe, count, light, rng)
    if rng.random() < 0.12:  # a counter or a table in front
        low = np.array([rng.normal(-0.6, 0.4), 0, rng.uniform(-0.85, -0.6)])
        boxes.append(corners(low, low + rng.uniform((0.3, 0.4, 0.15), (1.8, 1.1, 0.3))))
    for name in names:
        pinhole = random_pinhole(rng, count)
        if studio:
            view = studio.view(pinhole)
            behind = view.image
            near = np.where(view.depth_m > 0, 1 / np.maximum(view.depth_m, 0.05), 0).astype(np.float32)
            near[near > 1 / 2.5] = 0  # furniture may stand behind people, not on them
        else:
            behind = places.photo(rng, (pinhole.height, pinhole.width))
            near = np.zeros(behind.shape[:2], np.float32)
        gain = np.ones(3, np.float32) if studio else _suited(behind, rng)
        in_view = [replace(one, light=one.light * gain) for one in people if _ahead(one, pinhole)]
        picture, lines = rendered(behind, near, in_view, boxes, pinhole, light, rng)
        image = _photographed(picture.image, rng)
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(75, 97))]
        coded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), quality)[1]
        (out / f"{name}.jpg").write_bytes(coded.tobytes())
        write(out / f"{name}.png", picture.parts)
        (out / f"{name}.json").write_text(json.dumps(lines))


def _crowd(wardrobe: Wardrobe, count: int, light: Light,
           rng: np.random.Generator) -> tuple[list[Placed], list[Array]]:  # fmt: skip
    """People side by side and behind each other, most of them turned to the photographer, and their seats."""
    step = float(rng.uniform(0.5, 0.95))
    people, seats = [], []
    for number in range(count):
        figure: Figure = random_figure(wardrobe, rng)
        x = (number - (count - 1) / 2) * step + float(rng.normal(0, 0.08))
        z = float(rng.normal(0, 0.12) if count < 3 else rng.uniform(-0.4, 0.9))
        turn = float(rng.normal(0, 25) if rng.random() < 0.8 else rng.uniform(-180, 180))
        people.append(placed(figure, x, z, turn, light))
        if figure.seat is not None:
            seats.append(seat_corners(figure, x, z, turn))
    return people, seats


def random_pinhole(rng: np.random.Generator, people: int) -> Pinhole:
    """A camera 1.2 to 8 m before the people, from the knees' height to over their heads, tilted, leaning."""
    width, height = _SIZES[int(rng.integers(2))]
    fov = float(rng.uniform(32, 72))
    farthest = min(8.0, 1.7 / (0.33 * 2 * np.tan(np.radians(fov) / 2)))  # a third of the frame's height
    distance = float(np.exp(rng.uniform(np.log(1.2), np.log(farthest)))) + 0.25 * (people - 1)
    y = float(np.clip(rng.normal(1.25, 0.45), 0.3, 2.2))
    aim = float(rng.uniform(0.5, 1.5))
    pitch = float(np.degrees(np.arctan2(aim - y, distance)) + rng.normal(0, 3))
    aside = float(rng.normal(0, 0.12)) * distance
    return Pinhole(
        width,
        height,
        fov,
        x=aside,
        y=y,
        z=-distance,
        pitch_deg=float(np.clip(pitch, -40, 40)),
        pan_deg=float(np.degrees(np.arctan2(-aside, distance)) + rng.normal(0, 0.13) * fov),
        roll_deg=float(rng.normal(0, 5)),
    )


def _ahead(one: Placed, pinhole: Pinhole) -> bool:
    """Whether all of somebody is clearly before the camera."""
    return bool(pinhole.project(one.points[::50].astype(np.float64))[1].min() > 0.35)


def _suited(behind: NDArray[np.uint8], rng: np.random.Generator) -> Array:
    """(3,) factors that bring people's light nearer to that of the place, more or less."""
    mean = behind.reshape(-1, 3).mean(axis=0)
    bright = np.clip(np.sqrt(mean.mean() / 115), 0.55, 1.2) ** rng.uniform(0, 1.2)
    tint = (mean / max(float(mean.mean()), 1)) ** rng.uniform(0, 0.35)
    gain: Array = (bright * np.clip(tint, 0.75, 1.3)).astype(np.float32)
    return gain


def _photographed(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """What lens and sensor do to all of the picture alike."""
    value = image.astype(np.float32)
    if rng.random() < 0.6:
        value = cv2.GaussianBlur(value, (0, 0), float(rng.uniform(0.3, 0.9)))
    value += rng.standard_normal(value.shape, np.float32) * np.float32(rng.uniform(0, 5))
    return np.clip(value + 0.5, 0, 255).astype(np.uint8)
