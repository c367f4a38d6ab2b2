"""Where EYES, SHOULDERS and EYES_ALONE of framecue/composition/chin.py come from.

    python -m tests.bench.fit_chin --data ../shared/data/ccp --models ../shared/models/coral

fits them on photos whose number is not divisible by 5, by least absolute errors relative to body height
(iteratively reweighted least squares), and prints the errors on the others.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from tests.bench.photos import photos

from framecue.composition.chin import find_places
from framecue.composition.people import find_people
from framecue.segmentation.segmenter import SegmenterSettings, open_segmenter


def least_absolute(features: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights w that make |features @ w - wanted| small on average."""
    trust = np.ones(len(wanted))
    for _ in range(100):
        weights = np.linalg.lstsq(features * trust[:, None], wanted * trust, rcond=None)[0]
        trust = 1 / np.sqrt(np.abs(features @ weights - wanted) + 1e-4)
    return weights


def main() -> None:
    """Collect keypoints of every photo with a known chin, fit, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with photos, labels and chins.csv")
    parser.add_argument("--models", type=Path, required=True, help="folder with the published models")
    options = parser.parse_args()
    settings = SegmenterSettings(folders=(options.models,), answer_limit_s=30)
    rows, held_out = [], []
    with TemporaryDirectory() as cache, open_segmenter(settings, cache=Path(cache)) as segmenter:
        for photo in photos(options.data):
            segmentation = segmenter.segment(photo.image)
            people = find_people(segmentation)
            person = max(people, key=lambda one: one.own.sum(), default=None)
            if photo.chin is None or person is None or person.head is None:
                continue
            places = find_places(segmentation.heatmaps, person.head, person.own.shape)
            names = ("nose", "left_eye", "right_eye", "left_shoulder", "right_shoulder")
            if not all(name in places for name in names):
                continue
            height = photo.image.shape[0]
            nose, *pairs = (places[name].y * height - 0.5 for name in names)
            eyes, shoulders = sum(pairs[:2]) / 2, sum(pairs[2:]) / 2
            face = (nose - eyes, shoulders - nose, photo.chin - nose)
            rows.append([length / photo.body for length in face])
            held_out.append(int(photo.name) % 5 == 0)
    table, test = np.array(rows), np.array(held_out)
    print(f"{np.count_nonzero(~test)} photos to fit on, {np.count_nonzero(test)} to report on")
    for title, columns in (("EYES, SHOULDERS", [0, 1]), ("EYES_ALONE", [0])):
        weights = least_absolute(table[~test][:, columns], table[~test, 2])
        left = np.abs(table[test][:, columns] @ weights - table[test, 2]) * 100
        print(f"{title} = {', '.join(f'{weight:.3f}' for weight in weights)}")
        print(
            f"  chin error, % of body height: median {np.median(left):.2f}, p90 {np.percentile(left, 90):.2f}"
        )


if __name__ == "__main__":
    main()
