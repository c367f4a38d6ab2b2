"""How far off the guide's distance to a person is, without a depth sensor and with one.

`python -m tests.bench.depth`: 40 views of eight simulated people from five places, tilted by up to 14°,
with exact parts; what the sensors tell is as noisy, holed and short of range as the studio's sensor has it.
"""

import sys
from typing import Final

import numpy as np

from framecue.camera.studio import Driver as StudioCamera
from framecue.camera.studio import Settings as CameraSettings
from framecue.composition.guide import Guide, GuideSettings
from framecue.composition.look import load_look
from framecue.composition.measure import measure
from framecue.composition.subject import Composition
from framecue.depth.align import CameraView, DepthMap, aligned
from framecue.depth.alignment import Alignment
from framecue.depth.distance import distance_of
from framecue.depth.place import placed
from framecue.depth.studio import Driver, Settings
from framecue.studio.exact import ExactSegmenter

PEOPLE: Final = 8
PLACES: Final = ((2.6, 1.2, 0.0), (3.2, 1.0, 0.0), (3.5, 1.6, -14.0), (3.0, 0.5, 12.0), (4.5, 1.3, 3.0))
SENSORS: Final = {
    "240 x 180": Settings(width=240, height=180, fov_deg=50.4),
    "8 x 8": Settings(width=8, height=8, fov_deg=45.0, range_m=4.0),
}
FRAMES: Final = 12  # after which the guide is asked


class Map:
    """A watch that has one map, whenever it is asked."""

    view = CameraView(640 / 480, 48.0)

    def __init__(self, depth: DepthMap) -> None:
        self.depth = depth

    def at(self, _: float) -> DepthMap:
        return self.depth

    def compare(self, *_: object) -> None:
        """Nobody asks."""


def guided_m(composition: Composition) -> float:
    """The distance that the guide goes by."""
    guide = Guide(load_look("full-body", ()), 48.0, GuideSettings())
    for step in range(FRAMES):
        guide.update(composition, step / 30)
    assert guide.pose is not None
    return guide.pose.pose.distance_m


def main() -> None:
    guided: dict[str, list[float]] = {"none": [], **{name: [] for name in SENSORS}}
    told: dict[str, list[float]] = {name: [] for name in SENSORS}
    views = 0
    for seed in range(PEOPLE):
        for far, high, pitch in PLACES:
            settings = CameraSettings(seed=seed, distance_m=far, height_m=high, pitch_deg=pitch, noise=0)
            camera = StudioCamera(settings, wait=lambda _: None)
            frame = camera.read(1)
            segmentation = ExactSegmenter(lambda camera=camera: camera).segment(frame.image)  # type: ignore[misc]
            composition = measure(frame.image, segmentation)
            subject = composition.main_subject
            if subject is None:
                continue
            views += 1
            person = camera.studio.scene.people[0]
            true = float(np.hypot(person.x - camera.pinhole.x, person.z - camera.pinhole.z))
            guided["none"].append(abs(guided_m(composition) / true - 1))
            for name, sensor in SENSORS.items():
                driver = Driver(sensor, lambda _, frame=frame: frame, wait=lambda _: None)  # type: ignore[misc]
                depth = aligned(driver.read(1), Alignment(), Map.view)
                found = distance_of(subject, composition, segmentation, depth, Map.view)
                if found is not None:
                    told[name].append(abs(found.metres - true))
                known = placed(composition, segmentation, Map(depth), 0.0)  # type: ignore[arg-type]
                guided[name].append(abs(guided_m(known) / true - 1))
            print(f"{views} views", end="\r", file=sys.stderr)
    print("sensor      told in      off by, cm         the guide's distance off by, %")
    for name, errors in guided.items():
        middle, worst = 100 * np.percentile(errors, [50, 90])
        own = f"{'':<32}"
        if name in told:
            near, far = 100 * np.percentile(told[name], [50, 90])
            own = f"{len(told[name]):>3} of {views:<6}{near:5.1f} / {far:<14.1f}"
        print(f"{name:<12}{own}{middle:5.2f} / {worst:.2f}")


if __name__ == "__main__":
    main()
