"""Where training pictures come from, and how often: labelled photos, composites, everyday scenes, rendered
people, photos with nothing but a teacher, and pictures with nobody in them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from models.training.compose import composite
from models.training.folders import Folders, held_out
from models.training.labels import HEAD, SOMEBODY, UNKNOWN
from models.training.photometry import spoiled
from models.training.sample import HEAD_POINT, Point, Points, Sample, guessed, moved, placed
from models.training.teacher import taught
from numpy.typing import NDArray

from framecue.parts import Part
from framecue.segmentation.figure import LINES

ANIMALS: Final = ("other-cat_1080p", "other-pets", "other-dog_segmentation", "other-bird_segmentation")
_SHARES: Final = {
    "labelled": 0.19, "composite": 0.2, "everyday": 0.25, "rendered": 0.16, "agreed": 0.09, "nobody": 0.11,
}  # fmt: skip
_ALL_LINES: Final = frozenset(LINES)
_SLOPPY: Final = 5  # pixels: COCO's annotators are this far off, so nothing is said so close to an outline
_CROWDED: Final = 0.4  # share of composites put among the people of everyday photos
_SPECK: Final = 20  # pixels under which a head is none


class Sources:
    """Makes training frames; the same seed and number give the same frame."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._photos = folders.photos()
        everybody = folders.labelled()
        self._labelled = [f"ccp-{name}" for name in everybody if not held_out(int(name))]
        self._agreed = sorted((folders.work / "agreed").glob("*.png"))
        self._lines: dict[str, dict[str, Point | None]] = json.loads(
            (folders.work / "codes" / "lines.json").read_text()
        )
        scenes = everyday(folders, wanted=False)
        self._people = {name: entry for name, entry in scenes.items() if entry["people"]}
        self._nobody = [name for name, entry in scenes.items() if not entry["people"]]
        rendered = sorted((folders.work / "rendered").glob("*.json"))
        self._meshes = [path for path in rendered if path.name.startswith("mesh")]
        self._rendered = [path for path in rendered if not path.name.startswith("mesh")]
        self._empty = [path for path in self._rendered if path.read_text() == "[]"]
        self._makers: dict[str, Callable[[np.random.Generator, tuple[int, int]], Sample]] = {
            "labelled": self._framed_labelled,
            "composite": self._framed_composite,
            "everyday": self._framed_everyday,
            "rendered": self._framed_rendered,
            "agreed": self._framed_agreed,
            "nobody": self._framed_nobody,
        }

    def frame(self, seed: int, number: int, size: tuple[int, int]) -> Sample:
        """A frame of (height, width), spoiled as cameras do."""
        rng = np.random.default_rng([seed, number])
        kind = str(rng.choice(list(_SHARES), p=list(_SHARES.values())))
        sample = self._makers[kind](rng, size)
        people = (sample.codes > 0) & (sample.codes != UNKNOWN)
        return replace(sample, image=spoiled(sample.image, people, rng))

    def labelled(self, name: str) -> Sample:
        """A labelled photo as it is."""
        codes = _read(self._folders.work / "codes" / f"{name}.png", cv2.IMREAD_GRAYSCALE)
        lines = self._lines[name]
        unknown = frozenset(key for key, point in lines.items() if point is None)
        own = (codes > 0) & (codes != UNKNOWN)
        head = _between(lines) or _head(codes)
        points = [{**lines, HEAD_POINT: head}]
        return Sample(_read(self._photos[name]), codes, points, unknown, own.astype(np.uint8))

    def _framed_labelled(self, rng: np.random.Generator, size: tuple[int, int]) -> Sample:
        sample = self.labelled(_pick(rng, self._labelled))
        own = (sample.codes > 0) & (sample.codes != UNKNOWN)
        rows, columns = np.nonzero(own)
        height, width = sample.codes.shape
        fit = max(size[0] / height, size[1] / width)
        chance = rng.random()
        if chance < 0.45:  # the whole photo, more or less
            scale = fit * rng.uniform(0.85, 1.15)
            centre = (width / 2 + rng.normal(0, 0.04) * width, height / 2 + rng.normal(0, 0.03) * height)
        else:  # closer, on some point of the body; heads and feet more often
            point = int(rng.integers(len(rows)))
            if chance > 0.65:
                ends = np.flatnonzero(np.isin(sample.codes[rows, columns], (1, 2, 6)))
                point = int(rng.choice(ends)) if len(ends) else point
            scale = fit * rng.uniform(1.0, 3.5)
            jitter = rng.normal(0, 0.2, 2) * (size[1], size[0]) / scale
            centre = (columns[point] + jitter[0], rows[point] + jitter[1])
        return _view(sample, centre, scale, size, rng, turn=4.0 if chance < 0.45 else 8.0)

    def _framed_composite(self, rng: np.random.Generator, size: tuple[int, int]) -> Sample:
        count = int(rng.choice(6, p=(0.3, 0.26, 0.2, 0.12, 0.07, 0.05))) + 1
        people = [self.labelled(_pick(rng, self._labelled)) for _ in range(count)]
        if rng.random() < _CROWDED:
            return composite(people, self._framed_everyday(rng, size), rng)
        return composite(people, self.background(rng, size), rng)

    def _framed_everyday(self, rng: np.random.Generator, size: tuple[int, int]) -> Sample:
        name = _pick(rng, list(self._people))
        image = _read(self._photos[name])
        codes, owners = outlines(self._people[name], image.shape[:2]), np.zeros(image.shape[:2], np.uint8)
        hint = guessed(*taught(self._folders, name), image.shape[:2])
        heads: list[Points] = []
        for person in self._people[name]["people"]:
            if not person["crowd"]:
                mine = outlines({"people": [person]}, image.shape[:2]) == SOMEBODY
                heads.append({HEAD_POINT: _middle(mine & (hint == HEAD))})
                owners[mine] = len(heads)
        codes[(codes == SOMEBODY) & (hint == HEAD)] = HEAD
        somebody = ((codes > 0) & (codes != UNKNOWN)).astype(np.uint8)
        codes[cv2.morphologyEx(somebody, cv2.MORPH_GRADIENT, np.ones((_SLOPPY, _SLOPPY))) > 0] = UNKNOWN
        return self._anywhere(Sample(image, codes, heads, _ALL_LINES, owners), rng, size)

    def _framed_agreed(self, rng: np.random.Generator, size: tuple[int, int]) -> Sample:
        path: Path = _pick(rng, self._agreed)
        image, codes = _read(self._photos[path.stem]), _read(path, cv2.IMREAD_GRAYSCALE)
        return self._anywhere(Sample(image, codes, (), _ALL_LINES), rng, size)

    def _framed_rendered(self, rng: np.random.Generator, size: tuple[int, int]) -> Sample:
        path: Path = _pick(rng, self._rendered if rng.random() < 0.4 or not self._meshes else self._meshes)
        image, codes = _read(path.with_suffix(".jpg")), _read(path.with_suffix(".png"), cv2.IMREAD_GRAYSCALE)
        people = json.loads(path.read_text())
        points = [{**lines, HEAD_POINT: _between(lines)} for lines in people]
        owners = None
        if len(people) < 2:  # of several it was not kept who is where
            owners = (codes > 0).astype(np.uint8)
            points = [{**lines, HEAD_POINT: _between(lines) or _head(codes)} for lines in people]
        return self._anywhere(Sample(image, codes, points, frozenset(), owners), rng, size)

    def _framed_nobody(self, rng: np.random.Generator, size: tuple[int, int]) -> Sample:
        return self.background(rng, size, animals=True)

    def _anywhere(self, sample: Sample, rng: np.random.Generator, size: tuple[int, int]) -> Sample:
        """A piece of a picture: nearly all of it, or up to 2.5 times closer."""
        height, width = sample.codes.shape
        scale = max(size[0] / height, size[1] / width) * float(np.exp(rng.uniform(-0.1, 0.9)))
        room = np.maximum(np.array([width - size[1] / scale, height - size[0] / scale]), 0) / 2
        centre = np.array([width, height]) / 2 + rng.uniform(-1, 1, 2) * room
        return _view(sample, (float(centre[0]), float(centre[1])), scale, size, rng, turn=5.0)

    def background(self, rng: np.random.Generator, size: tuple[int, int], animals: bool = False) -> Sample:
        """A place with nobody in it."""
        nobody = np.zeros(size, np.uint8)
        kind = rng.random()
        if kind < 0.15:
            return Sample(_wall(rng, size), nobody, (), frozenset(), nobody)
        if kind < 0.3 and self._empty:
            image = _read(_pick(rng, self._empty).with_suffix(".jpg"))
        elif animals and kind < 0.6:
            image = _read(self._photos[_pick(rng, ANIMALS)])
        else:
            image = _read(self._photos[_pick(rng, self._nobody)])
        found = self._anywhere(Sample(image, np.zeros(image.shape[:2], np.uint8)), rng, size)
        return Sample(found.image, nobody, (), frozenset(), nobody)


def _between(lines: Points) -> Point | None:
    """The middle of a head from its top and its chin."""
    top, chin = lines["head_top"], lines["chin"]
    return None if top is None or chin is None else ((top[0] + chin[0]) / 2, (top[1] + chin[1]) / 2)


def _head(codes: NDArray[np.uint8]) -> Point | None:
    return _middle(np.isin(codes, (Part.HAIR, Part.FACE, HEAD)))


def _middle(head: NDArray[np.bool_]) -> Point | None:
    rows, columns = np.nonzero(head)
    return (float(columns.mean()), float(rows.mean())) if len(rows) > _SPECK else None


def everyday(folders: Folders, wanted: bool) -> dict[str, dict[str, Any]]:
    """COCO's entries by photo name; those held out (every fifth) or those trained on."""
    entries = json.loads((folders.coco / "people.json").read_text())
    return {
        f"coco-{Path(entry['file']).stem}": entry
        for number, entry in enumerate(entries)
        if held_out(number) == wanted
    }


def outlines(entry: dict[str, Any], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Codes (h, w) of one of COCO's photos: somebody, nobody, and unknown in a crowd."""
    codes = np.zeros(size, np.uint8)
    for person in entry["people"]:
        shape = person["segmentation"]
        if isinstance(shape, dict):
            codes[_runs(shape) & (codes == 0)] = UNKNOWN if person["crowd"] else SOMEBODY
            continue
        for polygon in shape:
            points = np.round(np.array(polygon, np.float64).reshape(-1, 2)).astype(np.int32)
            cv2.fillPoly(codes, [points], SOMEBODY)
    return codes


def _runs(shape: dict[str, Any]) -> NDArray[np.bool_]:
    """COCO's uncompressed run lengths: columns one after the other, nobody first."""
    counts = shape["counts"]
    if not isinstance(counts, list):
        raise ValueError("compressed run lengths are not read")
    flat = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    height, width = shape["size"]
    return flat.reshape(width, height).T


def _view(
    sample: Sample, centre: Point, scale: float, size: tuple[int, int], rng: np.random.Generator, turn: float
) -> Sample:
    matrix = placed(
        centre,
        scale,
        ((size[1] - 1) / 2, (size[0] - 1) / 2),
        float(rng.normal(0, turn)),
        bool(rng.random() < 0.5),
        float(np.exp(rng.normal(0, 0.05))),
    )
    return moved(sample, matrix, size, smooth=bool(rng.random() < 0.7))


def _wall(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A plain wall over a plain floor, lit from one side."""
    wall, floor = rng.uniform(20, 245, (2, 1, 1, 3))
    image = np.broadcast_to(wall, (*size, 3)).copy()
    image[int(size[0] * rng.uniform(0.55, 1.05)) :] = floor
    shade = np.linspace(*rng.uniform(0.7, 1.2, 2), size[1])[None, :, None]
    return np.clip(image * shade, 0, 255).astype(np.uint8)


def _read(path: Path, mode: int = cv2.IMREAD_COLOR_RGB) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), mode)
    if image is None:
        raise SystemExit(f"cannot read {path}: fetch the data again, or run the step that makes it")
    return image


def _pick(rng: np.random.Generator, choices: Any) -> Any:
    return choices[int(rng.integers(len(choices)))]
