"""The table: models beside each other on labelled photos that no training saw, in one run.

Lines are those of `framecue measure`, errors in percent of body height, median / 90th percentile. The person
is the largest connected region, as in every number published for this set of photos, outlined in one look as
live frames get / in four as photos get.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from models.training.folders import HELD_OUT, Folders
from models.training.labels import SOMEBODY, UNKNOWN
from models.training.runner import Runner, likely, means, overlap
from models.training.sources import everyday, outlines
from numpy.typing import NDArray
from tests.bench.ccp import largest_region
from tests.bench.photos import Lines, Photo, errors, photos, spread

from framecue.composition.measure import measure


@dataclass
class Row:
    """What one model did: IoU (in one look, in four) and errors by photo, and IoU of everyday photos."""

    overlaps: dict[str, tuple[float, ...]] = field(default_factory=dict)
    errors: dict[str, dict[str, float | None]] = field(default_factory=dict)
    everyday: list[tuple[float, ...]] = field(default_factory=list)


def evaluate(folders: Folders, runners: Iterable[Runner], step: int = 1, worst: Path | None = None) -> str:
    """The table as Markdown, on every `step`-th held-out photo.

    worst: folder for pictures of where each model is furthest off; never inside the repository.
    """
    runners = list(runners)
    rows = {runner.name: Row() for runner in runners}
    for photo in list(photos(folders.ccp, HELD_OUT))[::step]:
        for runner in runners:
            _look(photo, runner, rows[runner.name])
    for name, entry in everyday(folders, wanted=True).items():
        if entry["people"]:
            image = cv2.imread(str(folders.photos()[name]), cv2.IMREAD_COLOR_RGB)
            truth = outlines(entry, image.shape[:2])
            for runner in runners:
                known = truth != UNKNOWN
                overlaps = (overlap(found & known, truth == SOMEBODY) for found in likely(runner, image))
                rows[runner.name].everyday.append(tuple(overlaps))
    if worst is not None:
        for runner in runners:
            _write_worst(worst, folders, runner, rows[runner.name])
    count = len(next(iter(rows.values())).overlaps)
    head = (
        f"{count} labelled and {len(rows[runners[0].name].everyday)} everyday photos held out\n\n"
        "| model, long side | person IoU, mean | head top, % | foot, % | chin, % | heads | not measurable "
        "| everyday IoU | invoke, ms |\n|---|---|---|---|---|---|---|---|---|\n"
    )
    return head + "\n".join(_row(runner, rows[runner.name]) for runner in runners)


def _look(photo: Photo, runner: Runner, row: Row) -> None:
    people = (largest_region(found) for found in likely(runner, photo.image))
    row.overlaps[photo.name] = tuple(overlap(person, photo.label > 0) for person in people)
    subject = measure(photo.image, runner.segment(photo.image)).main_subject
    lines = Lines(None, None, None)
    if subject is not None:
        lines = Lines(subject.head_top_y, subject.chin_y, subject.foot_y)
    row.errors[photo.name] = errors(photo, lines)


def _row(runner: Runner, row: Row) -> str:
    found = list(row.errors.values())
    cells = [
        " / ".join(f"{value:.2f}" for value in spread([one[key] for one in found]))
        for key in ("top", "foot", "chin", "heads")
    ]
    lost = float(np.mean([one["top"] is None or one["foot"] is None for one in found]))
    no_ratio = float(np.mean([one["heads"] is None for one in found]))
    return (
        f"| {runner.name} | {means(list(row.overlaps.values()))} | {' | '.join(cells)} "
        f"| {lost:.1%} ({no_ratio:.1%} without ratio) | {means(row.everyday)} "
        f"| {np.median(runner.invoke_s) * 1e3:.2f} |"
    )


def _write_worst(folder: Path, folders: Folders, runner: Runner, row: Row, count: int = 4) -> None:
    """Of IoU and each line the photos that are furthest off, lines as found, and true in white."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = {"iou": sorted(row.overlaps, key=lambda name: row.overlaps[name][-1])[:count]}
    for key in ("top", "foot", "chin"):
        far = sorted(row.errors, key=lambda name: -abs(row.errors[name][key] or 0))
        chosen[key] = far[:count]
    everything = {photo.name: photo for photo in photos(folders.ccp, HELD_OUT)}
    for key, names in chosen.items():
        pictures = [_drawn(everything[name], runner) for name in names]
        path = folder / f"{runner.name.replace(' ', '-')}-{key}.png"
        cv2.imwrite(str(path), cv2.cvtColor(np.hstack(pictures), cv2.COLOR_RGB2BGR))


def _drawn(photo: Photo, runner: Runner) -> NDArray[np.uint8]:
    segmentation = runner.segment(photo.image)
    picture = photo.image.copy()
    mask = likely(runner, photo.image)[-1]
    picture[mask] = picture[mask] // 2 + np.array((0, 90, 0), np.uint8)
    subject = measure(photo.image, segmentation).main_subject
    if subject is not None:
        found = (subject.head_top_y, subject.chin_y, subject.foot_y)
        for y, colour in zip(found, ((255, 0, 0), (255, 200, 0), (0, 0, 255)), strict=True):
            if y is not None:
                cv2.line(picture, (0, round(y)), (picture.shape[1] // 2, round(y)), colour, 2)
    for y in (photo.top, photo.chin, photo.foot):
        if y is not None:
            cv2.line(
                picture, (picture.shape[1] // 2, round(y)), (picture.shape[1], round(y)), (255, 255, 255), 2
            )
    return np.asarray(cv2.resize(picture, (400, 600), interpolation=cv2.INTER_AREA), np.uint8)
