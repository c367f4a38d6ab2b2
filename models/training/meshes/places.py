"""Where rendered people stand: photos without people, streets with theirs taken out, and plain walls."""

import json
from pathlib import Path

import cv2
import numpy as np
from models.training.folders import Folders, held_out
from models.training.teacher import taught
from numpy.typing import NDArray

_STREETS = 0.55  # share of photos that are streets, once the teacher has seen them
_TRIES = 4
_BESIDE = 0.12  # least share of a street's width on each side of its people
_LOST = 0.03  # largest share of it that may be made up from nothing
_SURE = 60  # teacher's person probability x 255 from which somebody may be there


class Places:
    """Photos with nobody in them, and plain walls."""

    def __init__(self, place: Folders) -> None:
        entries = json.loads((place.coco / "people.json").read_text())
        self._photos = [place.coco / "photos" / Path(entry["file"]).name
                        for number, entry in enumerate(entries)
                        if not held_out(number) and not entry["people"]]  # fmt: skip
        self._folders = place
        known = {path.stem for path in (place.work / "teacher").glob("ccp-*.png")}
        self._streets = [name for name in place.labelled()
                         if not held_out(int(name)) and f"ccp-{name}" in known]  # fmt: skip

    def photo(self, rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.uint8]:
        """A piece of one, (h, w, 3) uint8, mirrored or not, in focus or not; now and then a plain wall."""
        if rng.random() < 0.12:
            shade = np.linspace(*rng.uniform(0.7, 1.2, 2), size[1])[None, :, None]
            wall = np.broadcast_to(rng.uniform(20, 240, 3), (*size, 3)) * shade
            wall[int(size[0] * rng.uniform(0.55, 1.05)) :] *= rng.uniform(0.5, 1.2)
            return np.clip(wall, 0, 255).astype(np.uint8)
        image = None
        wanted = rng.random() < _STREETS
        for _ in range(_TRIES if wanted and self._streets else 0):
            image = self._street(self._streets[int(rng.integers(len(self._streets)))])
            if image is not None:
                break
        if image is None:
            image = _read(self._photos[int(rng.integers(len(self._photos)))], cv2.IMREAD_COLOR_RGB)
        scale = max(size[0] / image.shape[0], size[1] / image.shape[1]) * float(np.exp(rng.uniform(0, 0.7)))
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else
                           cv2.INTER_CUBIC)  # fmt: skip
        top, left = (
            int(rng.integers(room + 1)) for room in (image.shape[0] - size[0], image.shape[1] - size[1])
        )
        image = image[top : top + size[0], left : left + size[1]]
        if rng.random() < 0.5:
            image = image[:, ::-1]
        blur = float(rng.uniform(0.3, 5)) if rng.random() < 0.5 else 0.0
        return cv2.GaussianBlur(image, (0, 0), blur).astype(np.uint8) if blur else np.ascontiguousarray(image)

    def _street(self, name: str) -> NDArray[np.uint8] | None:
        """A labelled photo with what is beside its people in their place; None where too little is."""
        image = _read(self._folders.ccp / "photos" / f"{name}.jpg", cv2.IMREAD_COLOR_RGB)
        label = _read(self._folders.ccp / "labels" / f"{name}.png", cv2.IMREAD_GRAYSCALE)
        person, _ = taught(self._folders, f"ccp-{name}")
        seen = cv2.resize(person, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR) > _SURE
        around = np.ones((max(3, image.shape[0] // 40),) * 2, np.uint8)
        own = np.flatnonzero(cv2.dilate((label > 0).astype(np.uint8), around).any(axis=0))
        beside = min(own[0], image.shape[1] - 1 - own[-1])
        if beside < _BESIDE * image.shape[1]:
            return None
        missing = cv2.dilate(((label > 0) | seen).astype(np.uint8), around) > 0
        image, missing = folded(image, missing, int(own[0]), int(own[-1]))
        return filled(image, missing) if missing.mean() < _LOST else None


def folded(
    image: NDArray[np.uint8], missing: NDArray[np.bool_], low: int, high: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Cover what is missing between two columns with the picture's two sides, mirrored to and fro.

    image: (h, w, 3). missing: (h, w). low, high: the columns, with something on both sides of them. Returns
    the picture and what still is missing.
    """
    width = image.shape[1]
    across = np.arange(width)
    left = low - 1 - _to_and_fro(across - low, low)
    right = high + 1 + _to_and_fro(high - across, width - 1 - high)
    share = np.clip((across - (low + high) / 2) / (0.15 * (high - low + 1)) + 0.5, 0, 1)[None, :, None]
    cover = image[:, left] * (1 - share) + image[:, right] * share
    hidden = np.where(share[..., 0] < 0.5, missing[:, left], missing[:, right])
    inside = missing & (across >= low) & (across <= high)
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 2)[..., None]
    soft[inside] = 1
    return (image * (1 - soft) + cover * soft + 0.5).astype(np.uint8), missing & (hidden | ~inside)


def _to_and_fro(steps: NDArray[np.int64], span: int) -> NDArray[np.int64]:
    """Where that many steps lead that turn back at 0 and at span."""
    rest = steps % (2 * span)
    return np.where(rest < span, rest, 2 * span - 1 - rest)


def filled(image: NDArray[np.uint8], missing: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The picture (h, w, 3) with what is missing (h, w) made up from its surroundings, blurred with distance.

    Pull and push (Gortler et al., "The Lumigraph", 1996): averages of what is known, at every scale.
    """
    levels = [(image * ~missing[..., None]).astype(np.float32)], [(~missing).astype(np.float32)]
    while min(levels[1][-1].shape) > 2:
        for level in levels:
            level.append(cv2.pyrDown(level[-1]))
    whole = levels[0][-1] / np.maximum(levels[1][-1], 1e-6)[..., None]
    for colour, known in zip(reversed(levels[0][:-1]), reversed(levels[1][:-1]), strict=True):
        above = cv2.resize(whole, (known.shape[1], known.shape[0]), interpolation=cv2.INTER_LINEAR)
        share = np.clip(known, 0, 1)[..., None]
        whole = above * (1 - share) + colour
    return np.clip(whole + 0.5, 0, 255).astype(np.uint8)


def _read(path: Path, mode: int) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), mode)
    if image is None:
        raise SystemExit(f"cannot read {path}: fetch the data again")
    return image
