"""Where rendered people stand: photos without people, streets with theirs taken out, and plain walls."""

import json
from pathlib import Path

import cv2
import numpy as np
from models.training.folders import Folders, held_out
from models.training.teacher import taught
from numpy.typing import NDArray

_STREETS = 0.35  # share of photos that are streets, once the teacher has seen them
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
        if self._streets and rng.random() < _STREETS:
            image = self._street(self._streets[int(rng.integers(len(self._streets)))])
        else:
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

    def _street(self, name: str) -> NDArray[np.uint8]:
        """A labelled photo with what is round its people in their place."""
        image = _read(self._folders.ccp / "photos" / f"{name}.jpg", cv2.IMREAD_COLOR_RGB)
        label = _read(self._folders.ccp / "labels" / f"{name}.png", cv2.IMREAD_GRAYSCALE)
        person, _ = taught(self._folders, f"ccp-{name}")
        seen = cv2.resize(person, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR) > _SURE
        somebody = ((label > 0) | seen).astype(np.uint8)
        wide = max(3, image.shape[0] // 40)
        return filled(image, cv2.dilate(somebody, np.ones((wide, wide), np.uint8)) > 0)


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
