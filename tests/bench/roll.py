"""How well the camera's roll is told on photos that were turned by known angles.

`python -m tests.bench.roll --photos DIR --models DIR`. Every fifth photo is turned by an angle between -15
and 15 degrees, its inside is cropped so that no corner gives the angle away, and its roll is found. Errors:

- against level: an unturned photo counts as 0. Photographers do not hold their cameras that level, so even a
  perfect method errs here; the floor is how far the photos themselves are tilted, where their edges tell.
- against the photo's own tilt: where its edges tell that to a degree.
- turned back: the difference between the turned photo's roll and its own, over all photos.
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.composition.tilt import SeenTilt, find_tilt
from framecue.photo import read_photo, scaled_into
from framecue.segmentation import Segmenter
from framecue.segmentation.segmenter import SegmenterSettings, open_segmenter

SIDE = 640  # longer side, pixels, of the pictures that are segmented
FOV_DEG = 45.0  # nobody wrote down the lenses
OWN_DEG = 1.0  # a photo's own tilt counts as known when found this exactly


def turned_inside(image: NDArray[np.uint8], roll_deg: float) -> NDArray[np.uint8]:
    """A photo as a camera rolled by that angle would have taken it, cut to the largest whole rectangle."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), roll_deg, 1)
    whole = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC)
    angle = np.radians(abs(roll_deg))
    longest = max(height / width, width / height)
    share = 1 / (np.cos(angle) + longest * np.sin(angle))
    rows, columns = int(height * share) - 2, int(width * share) - 2
    top, left = (height - rows) // 2, (width - columns) // 2
    return np.ascontiguousarray(whole[top : top + rows, left : left + columns])


def found_roll(image: NDArray[np.uint8], segmenter: Segmenter, side: int) -> tuple[SeenTilt | None, float]:
    """Roll of a picture, and the milliseconds that took after segmenting."""
    small = scaled_into(image, (SIDE, SIDE))
    segmentation = segmenter.segment(small)
    start = time.perf_counter()
    roll = find_tilt(small, segmentation, FOV_DEG, side=side)
    return roll, (time.perf_counter() - start) * 1e3


def spread(errors: NDArray[np.float64]) -> str:
    """Median and 90th percentile of the absolute errors."""
    if not len(errors):
        return "-"
    return f"{np.median(np.abs(errors)):.2f} / {np.percentile(np.abs(errors), 90):.2f} ({len(errors)})"


def main() -> None:
    """Turn, find, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True, help="folder with numbered photos")
    parser.add_argument("--models", type=Path, required=True, help="folder with the published models")
    parser.add_argument("--model", default="fine")
    parser.add_argument("--every", type=int, default=5)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--last", type=int, default=1004, help="highest photo number")
    parser.add_argument("--side", type=int, default=SIDE, help="longer side at which edges are sought")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    settings = SegmenterSettings(model=options.model, folders=(options.models,), answer_limit_s=30)
    rng = np.random.default_rng(1)
    rows, times = [], []
    with TemporaryDirectory() as cache, open_segmenter(settings, cache=Path(cache)) as segmenter:
        for path in sorted(options.photos.glob("*.jpg")):
            angle = float(rng.uniform(-15, 15))
            number = int(path.stem)
            if number > options.last or number % options.every != options.first:
                continue
            image = read_photo(path)
            roll, taken_ms = found_roll(turned_inside(image, angle), segmenter, options.side)
            own, _ = found_roll(image, segmenter, SIDE)
            times.append(taken_ms)
            if roll is not None and own is not None:
                rows.append(
                    (
                        angle,
                        roll.roll_deg,
                        roll.roll_sigma_deg,
                        roll.roll_known,
                        own.roll_deg,
                        own.roll_sigma_deg < OWN_DEG,
                    )
                )
    angle, roll_deg, sigma, known, own_deg, own_known = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    error, back = roll_deg - angle, roll_deg - angle - own_deg
    print(f"{len(times)} photos, {np.median(times):.1f} ms each; median / p90 of the error, degrees (photos)")
    print(f"roll told in {known.sum()}; photos' own tilt where known: {spread(own_deg[own_known])}")
    for name, which in (("all", np.ones_like(known)), ("told", known)):
        print(f"{name:<6} against level {spread(error[which])}, turned back {spread(back[which])}, "
              f"against own tilt {spread(back[which & own_known])}")  # fmt: skip
    within = np.abs(back[own_known]) <= sigma[own_known]
    print(f"within its own sigma of the photo's tilt: {within.mean():.0%}")


if __name__ == "__main__":
    main()
