"""How often and how well upright edges in the picture tell the camera's pitch.

`python -m tests.bench.pitch [--rooms 60]`. Rooms and squares of the studio, three views of each from where a
run of `framecue simulate` may start; the people in them are known exactly.
"""

import argparse

import numpy as np
from tests.bench.roll import spread

from framecue.composition.tilt import find_tilt
from framecue.parts import Segmentation
from framecue.simulate.place import random_place
from framecue.simulate.report import FOV_DEG, SIZES
from framecue.studio import Scene, Studio

VIEWS = 3


def views(rooms: int, seed: int) -> list[tuple[float, float, bool]]:
    """Of every view: the pitch's error, its deviation, and whether it is told."""
    found = []
    for room in range(rooms):
        rng = np.random.default_rng([seed, room])
        studio = Studio(Scene.random(int(rng.integers(2**31)), 1))
        for _ in range(VIEWS):
            place = random_place(rng, "handheld", SIZES[room % 2], FOV_DEG)
            view = studio.view(place.seen_from, 2.0)
            person = (view.parts > 0).astype(np.float32)
            tilt = find_tilt(view.image, Segmentation(view.parts, person), FOV_DEG, side=320)
            if tilt is not None:
                error = tilt.pitch_deg - place.camera.pitch_deg
                found.append((error, tilt.pitch_sigma_deg, tilt.pitch_known))
            else:
                found.append((float("nan"), float("inf"), False))
    return found


def main() -> None:
    """Print the share of views that tell the pitch, and how far off it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rooms", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    found = views(options.rooms, options.seed)
    error, sigma, told = (np.array(column) for column in zip(*found, strict=True))
    print(f"{len(told)} views, pitch told in {told.mean():.0%}")
    print(f"error median / p90 {spread(error[told])}, largest {np.abs(error[told]).max():.1f} degrees")
    print(f"in its own deviation, root mean square: {np.sqrt(np.mean((error[told] / sigma[told]) ** 2)):.2f}")


if __name__ == "__main__":
    main()
