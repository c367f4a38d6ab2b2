"""Labelled full-length photos (Clothing Co-Parsing) and how far measured lines are from their labels."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

EMPTY = {"0536"}  # the source has no label for it


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One photo with its truth: lines in pixels, chin None where no face mesh found it."""

    name: str
    image: NDArray[np.uint8]
    label: NDArray[np.uint8]
    top: float
    chin: float | None
    foot: float

    @property
    def body(self) -> float:
        """Height of the person, pixels."""
        return self.foot - self.top


def photos(folder: Path, every: int = 1, first: int = 0) -> Iterator[Photo]:
    """Photos of a CCP folder whose number divided by `every` leaves `first`."""
    with (folder / "chins.csv").open(newline="") as file:
        chins = {row["photo"]: float(row["chin_y"]) for row in csv.DictReader(file)}
    for path in sorted((folder / "labels").glob("*.png")):
        if path.stem in EMPTY or int(path.stem) % every != first:
            continue
        label = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        image = cv2.imread(str(folder / "photos" / f"{path.stem}.jpg"), cv2.IMREAD_COLOR_RGB)
        rows = np.flatnonzero((label > 0).any(axis=1))
        yield Photo(path.stem, image, label, float(rows[0]), chins.get(path.stem), float(rows[-1]))


@dataclass(frozen=True, slots=True)
class Lines:
    """What a method says of one photo; None where it does not know."""

    top: float | None
    chin: float | None
    foot: float | None

    @property
    def heads(self) -> float | None:
        """Body-to-head ratio."""
        if self.top is None or self.chin is None or self.foot is None or self.chin <= self.top:
            return None
        return (self.foot - self.top) / (self.chin - self.top)


def errors(photo: Photo, lines: Lines) -> dict[str, float | None]:
    """Signed errors of one photo: lines as percent of body height, heads in heads; None where unknown."""

    def share(measured: float | None, true: float | None) -> float | None:
        return None if measured is None or true is None else (measured - true) / photo.body * 100

    true_heads = Lines(photo.top, photo.chin, photo.foot).heads
    heads = None if lines.heads is None or true_heads is None else lines.heads - true_heads
    return {
        "top": share(lines.top, photo.top),
        "chin": share(lines.chin, photo.chin),
        "foot": share(lines.foot, photo.foot),
        "heads": heads,
    }


def spread(values: list[float | None]) -> tuple[float, float]:
    """Median and 90th percentile of the absolute errors that are known."""
    known = np.abs([value for value in values if value is not None])
    return (float(np.median(known)), float(np.percentile(known, 90))) if known.size else (np.nan, np.nan)
