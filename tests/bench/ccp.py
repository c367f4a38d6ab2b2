"""How well BodyPix and `measure` find the lines of people in labelled photos.

    python -m tests.bench.ccp --data ../shared/data/ccp --models ../shared/models/coral

prints one table, lines as percent of body height, median / 90th percentile. "coarse mask" is what one
gets without this project's measuring: the largest region of the same probability over one half, its first
and last row, and the last row of its face part. "not measurable" counts photos without head top or foot.
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.bench.photos import Lines, Photo, errors, photos, spread

from framecue.composition.measure import measure
from framecue.parts import Part, Segmentation
from framecue.segmentation.segmenter import SegmenterSettings, open_segmenter


def largest_region(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest connected region of a mask."""
    _, regions, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return regions == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])) if len(stats) > 1 else mask


def upsampled(segmentation: Segmentation, photo: Photo) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Person mask and face mask at the photo's size: the largest region, and the face within it."""
    size = (photo.image.shape[1], photo.image.shape[0])
    person = largest_region(cv2.resize(segmentation.person, size) >= 0.5)
    face = cv2.resize((segmentation.parts == Part.FACE).astype(np.float32), size) >= 0.5
    return person, face & person


def coarse(person: NDArray[np.bool_], face: NDArray[np.bool_]) -> Lines:
    """First and last row of the person and last of the face; None where they touch the frame's edge."""
    rows, face_rows = np.flatnonzero(person.any(axis=1)), np.flatnonzero(face.any(axis=1))
    if not len(rows):
        return Lines(None, None, None)
    return Lines(
        float(rows[0]) if rows[0] > 0 else None,
        float(face_rows[-1]) if len(face_rows) else None,
        float(rows[-1]) if rows[-1] < len(person) - 1 else None,
    )


def row(name: str, found: list[dict[str, float | None]], milliseconds: list[float]) -> str:
    """One line of the table."""
    cells = [
        f"{' / '.join(f'{value:.2f}' for value in spread([one[key] for one in found]))}" for key in found[0]
    ]
    lost = np.mean([one["top"] is None or one["foot"] is None for one in found])
    return f"| {name} | {' | '.join(cells)} | {lost:.1%} | {np.median(milliseconds):.2f} |"


def main() -> None:
    """Run the segmenter and both ways of measuring on every photo asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with photos, labels and chins.csv")
    parser.add_argument("--models", type=Path, required=True, help="folder with the published models")
    parser.add_argument("--model", default="fine")
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--long-side", type=int, default=481)
    parser.add_argument("--worst", type=int, default=0, help="also name that many worst photos of each line")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    settings = SegmenterSettings(
        model=options.model, folders=(options.models,), long_side=options.long_side, answer_limit_s=30
    )
    names, overlaps, invokes, decodes = [], [], [], []
    plain: tuple[list[dict[str, float | None]], list[float]] = ([], [])
    fine: tuple[list[dict[str, float | None]], list[float]] = ([], [])
    with TemporaryDirectory() as cache, open_segmenter(settings, cache=Path(cache)) as segmenter:
        for photo in photos(options.data, options.every):
            segmentation = segmenter.segment(photo.image)
            assert segmenter.last_timing is not None
            invokes.append(segmenter.last_timing.invoke_s * 1e3)
            decodes.append(segmenter.last_timing.decode_s * 1e3)
            start = time.perf_counter()
            person, face = upsampled(segmentation, photo)
            plain[0].append(errors(photo, coarse(person, face)))
            plain[1].append((time.perf_counter() - start) * 1e3)
            start = time.perf_counter()
            subject = measure(photo.image, segmentation).main_subject
            fine[1].append((time.perf_counter() - start) * 1e3)
            lines = (
                Lines(subject.head_top_y, subject.chin_y, subject.foot_y)
                if subject
                else Lines(None, None, None)
            )
            fine[0].append(errors(photo, lines))
            true = photo.label > 0
            overlaps.append(np.count_nonzero(person & true) / np.count_nonzero(person | true))
            names.append(photo.name)
    print(f"{len(names)} photos, long side {options.long_side}: invoke {np.median(invokes):.1f} ms,")
    print(
        f"decode {np.median(decodes):.2f} ms, person IoU {np.mean(overlaps):.3f} / {np.median(overlaps):.3f}"
    )
    print(
        "| | head top, % | chin, % | foot, % | heads | not measurable | ms |\n|---|---|---|---|---|---|---|"
    )
    print(row("coarse mask", *plain))
    print(row("measure", *fine))
    for key in ("top", "chin", "foot") if options.worst else ():
        worst = sorted(zip(fine[0], names, strict=True), key=lambda one: -abs(one[0][key] or 0))[
            : options.worst
        ]
        print(key, ", ".join(f"{name} {one[key]:+.1f}" for one, name in worst if one[key] is not None))


if __name__ == "__main__":
    main()
