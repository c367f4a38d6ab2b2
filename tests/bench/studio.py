"""How long the studio takes to render a 640x480 frame on one core.

python -m tests.bench.studio [--seeds 8]
"""

import argparse
import time

import cv2
import numpy as np

from framecue.composition.geometry import Pinhole
from framecue.studio import Scene, Studio

VIEWS = {
    "empty room, 3.0 m": (0, 3.0),
    "one person, 3.0 m": (1, 3.0),
    "one person filling the frame, 2.1 m": (1, 2.1),
    "three people, 3.5 m": (3, 3.5),
    "six people, 4.5 m": (6, 4.5),
}


def milliseconds(people: int, distance_m: float, seeds: int) -> list[float]:
    """One figure a frame, three frames a scene, the first of each scene left out."""
    found = []
    for seed in range(seeds):
        studio = Studio(Scene.random(seed, people))
        for pan in (0.0, 1.0, 2.0):
            start = time.perf_counter()
            studio.view(Pinhole(640, 480, 48.0, y=1.0, z=-distance_m, pan_deg=pan), noise=2.0)
            if pan > 0:
                found.append((time.perf_counter() - start) * 1000)
    return found


def main() -> None:
    """Print a row a view: median and 90th percentile."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=8)
    seeds = parser.parse_args().seeds
    cv2.setNumThreads(1)
    print("| 640x480, one core, with sensor noise | ms, median / p90 |\n|---|---|")
    for name, (people, distance_m) in VIEWS.items():
        median, high = np.percentile(milliseconds(people, distance_m, seeds), [50, 90])
        print(f"| {name} | {median:.0f} / {high:.0f} |")


if __name__ == "__main__":
    main()
