"""Where the constants of framecue/composition/chin.py come from.

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
            box = [edge * height / person.own.shape[0] for edge in (person.head[1], person.head[3])]
            lengths = (nose - eyes, shoulders - nose, photo.chin - nose, box[0] - nose, box[1] - box[0])
            rows.append([length / photo.body for length in lengths])
            held_out.append(int(photo.name) % 5 == 0)
    table, test = np.array(rows), np.array(held_out)
    eyes, shoulders, chin, top, head = table.T
    print(f"{np.count_nonzero(~test)} photos to fit on, {np.count_nonzero(test)} to report on;")
    print("chin errors are shares of body height in percent, median / p90, of fitted and of reported photos")
    alone = least_absolute(eyes[~test, None], chin[~test])
    report(f"EYES_ALONE = {alone[0]:.3f}", eyes * alone[0] - chin, test)
    weights = least_absolute(table[~test, :2], chin[~test])
    by_points = eyes * weights[0] + shoulders * weights[1]
    report(f"EYES, SHOULDERS = {weights[0]:.3f}, {weights[1]:.3f}", by_points - chin, test)
    in_head = float(np.median((chin - top)[~test] / head[~test]))
    by_box = top + in_head * head
    report(f"IN_HEAD = {in_head:.3f}", by_box - chin, test)
    for share in (0.1, 0.2, 0.3, 0.4, 0.5):
        report(f"BOX_SHARE = {share}", (1 - share) * by_points + share * by_box - chin, test)


def report(title: str, error: NDArray[np.float64], test: NDArray[np.bool_]) -> None:
    """One line of errors, on the photos fitted on and on the others."""
    spreads = [np.percentile(np.abs(error[chosen]) * 100, [50, 90]) for chosen in (~test, test)]
    print(f"{title:32s}", "   ".join(f"{median:.2f} / {high:.2f}" for median, high in spreads))


if __name__ == "__main__":
    main()
