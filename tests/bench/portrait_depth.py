"""Depth of field with true depth, against the studio seen through a real opening: many pinholes, averaged.

`python -m tests.bench.portrait_depth [--count 12] [--sheet OUT.png]`
"""

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import to_bytes, to_linear, to_srgb
from framecue.composition.geometry import Pinhole
from framecue.portrait import PortraitSettings
from framecue.portrait.depth import focus_distance, nearness
from framecue.portrait.make import Maker, opened_maker
from framecue.portrait.render import Portrayed, blur_background
from framecue.portrait.scene import Stage
from framecue.segmentation.segmenter import SegmenterSettings
from framecue.studio import Scene, Studio

WIDTH, HEIGHT, FOV_DEG = 480, 640, 48.0
OPENING_M = 0.06
VIEWS = 61
FINER = 2  # samples along a pixel's side, of each of the views
SAMPLES = 24  # renderings that make the photo, which has to be as free of jagged edges as their average


def main() -> None:
    """Run it and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--model", default="fine")
    parser.add_argument("--sheet", type=Path)
    arguments = parser.parse_args()
    settings = PortraitSettings(
        effect="blur", pets=False, lift_ev=0, bloom=0, grain=0, focal_mm=OPENING_M * 1000 * 1.8, aperture=1.8
    )
    rows, tiles = [], []
    with opened_maker(settings, SegmenterSettings(model=arguments.model)) as maker:
        for seed in range(arguments.count):
            found = judge(seed, maker, settings)
            if found is not None:
                rows.append(found[0])
                tiles.append(found[1])
    means = {key: round(float(np.mean([row[key] for row in rows])), 3) for key in rows[0]}
    print(json.dumps({"scenes": len(rows), **means}))
    if arguments.sheet:
        cv2.imwrite(str(arguments.sheet), cv2.cvtColor(np.vstack(tiles), cv2.COLOR_RGB2BGR))


def judge(
    seed: int, maker: Maker, settings: PortraitSettings
) -> tuple[dict[str, float], NDArray[np.uint8]] | None:
    """RMSE of ours, of a uniform blur and of none, grey levels: in all, behind people, clear of them."""
    scene = Scene.random(seed=300 + seed)
    if scene.room.outdoors:  # what is drawn there at endless distance stands at a finite one
        return None
    studio = Studio(scene)
    pinhole = Pinhole(WIDTH, HEIGHT, FOV_DEG, y=1.2, z=-3.0, pitch_deg=-3.0)
    view = studio.view(pinhole)
    view = replace(view, image=to_bytes(seen(studio, pinhole)))
    kept = maker.choose(view.image, view.depth_m)
    if not kept.anybody:
        return None
    matte = maker.matte(view.image, kept)
    people = (view.owner > 0).astype(np.float32)
    focus = focus_distance(view.depth_m, people)
    if focus is None:
        return None
    true = through_lens(studio, pinhole, focus)
    stage = Stage(pinhole.focal_px / focus, None, None)
    depth_m = np.where(view.depth_m > 0, view.depth_m, np.float32(1e4))
    # As the product does: around whom its own matte found.
    near = nearness(depth_m, focus, view.image, matte.coarse(1, WIDTH, HEIGHT))
    even = np.full((2, 2), float(np.median(near[people == 0])), np.float32)
    made = {}
    for name, depth in (("framecue", near), ("uniform", even)):
        made[name] = view.image.copy()
        blur_background(Portrayed(made[name], matte, stage, np.zeros((2, 2), np.float32), depth), settings)
    made["none"] = view.image
    # Clear of people: beside them it is the matte that counts, and what a lens sees around them.
    clear = cv2.dilate((people > 0).astype(np.uint8), np.ones((17, 17), np.uint8)) == 0
    row = {}
    for name, image in made.items():
        off = np.square(image - true).mean(axis=2)
        row[name] = float(np.sqrt(off.mean()))
        row[f"{name}_behind"] = float(np.sqrt(off[people == 0].mean()))
        row[f"{name}_clear"] = float(np.sqrt(off[clear].mean()))
    shown = [view.image, made["uniform"], made["framecue"], cv2.convertScaleAbs(true)]
    return row, np.hstack([np.asarray(each, np.uint8) for each in shown])


@dataclass(frozen=True, slots=True)
class Shifted(Pinhole):
    """A pinhole whose picture is moved, pixels: what a plane needs to be seen at the same place."""

    right_px: float = 0.0
    down_px: float = 0.0

    @property
    def centre(self) -> tuple[float, float]:
        """Principal point (x, y), pixels."""
        return (self.width - 1) / 2 + self.right_px, (self.height - 1) / 2 + self.down_px


def through_lens(studio: Studio, pinhole: Pinhole, focus_m: float) -> NDArray[np.float32]:
    """The scene through an opening in focus at a distance: sRGB of 0..255, float32."""
    total = np.zeros((pinhole.height, pinhole.width, 3), np.float32)
    for number in range(VIEWS):  # Vogel's spiral: even over the disc
        radius = 0.5 * OPENING_M * np.sqrt((number + 0.5) / VIEWS)
        angle = number * np.pi * (3 - np.sqrt(5))
        aside = radius * np.cos(angle), radius * np.sin(angle)
        total += view_from(studio, pinhole, number, aside, focus_m)
    return to_srgb(total / VIEWS)


def seen(studio: Studio, pinhole: Pinhole) -> NDArray[np.float32]:
    """Linear light of a view, as a sensor's pixels gather it."""
    total = np.zeros((pinhole.height, pinhole.width, 3), np.float32)
    for number in range(SAMPLES):
        total += view_from(studio, pinhole, number)
    return total / SAMPLES


def view_from(
    studio: Studio, pinhole: Pinhole, number: int, aside: tuple[float, float] = (0, 0), focus_m: float = 1
) -> NDArray[np.float32]:
    """Linear light seen from metres aside, what is focus_m away in the same place: nothing is resampled.

    A pixel is FINER x FINER samples, elsewhere in it for each number: over many, all of it counts.
    """
    right, up, _ = pinhole.axes()
    place = (float(each) for each in pinhole.position + aside[0] * right + aside[1] * up)
    # Evenly spread without a pattern (Roberts' R2 sequence), within a sample.
    within = (0.5 + (number + 1) * np.array([0.7548777, 0.5698403])) % 1 - 0.5
    shift = FINER * np.array([aside[0], -aside[1]]) * pinhole.focal_px / focus_m + within
    size = FINER * pinhole.width, FINER * pinhole.height
    moved = Shifted(
        *size, pinhole.fov_deg, *place, pinhole.pitch_deg, right_px=float(shift[0]), down_px=float(shift[1])
    )
    light = to_linear(studio.view(moved).image)
    return np.asarray(cv2.resize(light, (pinhole.width, pinhole.height), interpolation=cv2.INTER_AREA))


if __name__ == "__main__":
    main()
