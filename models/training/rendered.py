"""People rendered in the studio, with exact parts and lines: work/rendered/SEED-VIEW.jpg, .png, .json."""

import json
from collections.abc import Iterator

import cv2
import numpy as np
from models.training.folders import Folders
from models.training.teacher import write
from numpy.typing import NDArray

from framecue.composition.geometry import Pinhole
from framecue.studio import Scene, Studio, View

VIEWS = 3  # of each scene: making a scene ready takes ten times as long as looking at it
_COUNTS = (0.06, 0.46, 0.22, 0.14, 0.06, 0.04, 0.02)  # shares of scenes with 0 to 6 people
_REACH = 3  # pixels around a line's point in which its owner must be seen


def render(folders: Folders, scenes: int) -> None:
    """Render that many scenes; those already there are left as they are."""
    out = folders.work / "rendered"
    out.mkdir(parents=True, exist_ok=True)
    for seed in range(scenes):
        if (out / f"{seed}-{VIEWS - 1}.json").exists():
            continue
        rng = np.random.default_rng([seed, 0x7EACE])
        people = int(rng.choice(len(_COUNTS), p=_COUNTS))
        studio = Studio(Scene.random(seed, people))
        for number in range(VIEWS):
            view = studio.view(random_pinhole(rng, people), noise=float(rng.uniform(0, 4)))
            name = f"{seed}-{number}"
            write(out / f"{name}.jpg", cv2.cvtColor(view.image, cv2.COLOR_RGB2BGR))
            write(out / f"{name}.png", view.parts)
            (out / f"{name}.json").write_text(json.dumps(list(lines(view))))


def random_pinhole(rng: np.random.Generator, people: int) -> Pinhole:
    """A camera somewhere in front of the people: low or high, tilted, leaning, near or far."""
    width, height = ((640, 480), (480, 640))[int(rng.integers(2))]
    fov = float(rng.uniform(38, 72))
    distance = float(rng.uniform(1.3, 5.5)) + 0.3 * max(people - 1, 0)
    y = float(np.clip(rng.normal(1.25, 0.4), 0.25, 2.4))
    aim = float(rng.uniform(0.5, 1.5))  # height at which the middle of the frame looks, metres
    pitch = float(np.degrees(np.arctan2(aim - y, distance)))
    return Pinhole(
        width,
        height,
        fov,
        x=float(rng.normal(0, 0.4)),
        y=y,
        z=-distance,
        pitch_deg=float(np.clip(pitch, -40, 40)),
        pan_deg=float(rng.normal(0, 6)),
        roll_deg=float(rng.normal(0, 5)),
    )


def lines(view: View) -> Iterator[dict[str, tuple[float, float] | None]]:
    """Of every person in a view the points (x, y) of head top, chin and foot, None where unseen."""
    for number, truth in enumerate(view.people, start=1):
        mine = view.owner == number
        points = {"head_top": truth.head_top, "chin": truth.chin, "foot": truth.foot}
        yield {name: point if point and _near(mine, point) else None for name, point in points.items()}


def _near(mine: NDArray[np.bool_], point: tuple[float, float]) -> bool:
    x, y = round(point[0]), round(point[1])
    if not (0 <= y < mine.shape[0] and 0 <= x < mine.shape[1]):
        return False
    rows, columns = slice(max(y - _REACH, 0), y + _REACH + 1), slice(max(x - _REACH, 0), x + _REACH + 1)
    return bool(mine[rows, columns].any())
