"""Labels of CCP as codes, and where each person's lines are: work/codes/NAME.png and lines.json."""

import csv
import json

import cv2
import numpy as np
from models.training.folders import Folders
from models.training.labels import codes
from models.training.teacher import taught, write
from numpy.typing import NDArray

from framecue.parts import Part

Point = tuple[float, float]


def prepare(folders: Folders) -> None:
    """Map every labelled photo that is not mapped yet."""
    out = folders.work / "codes"
    out.mkdir(parents=True, exist_ok=True)
    names = json.loads((folders.ccp / "labels.json").read_text())
    measured = folders.ccp / "chins.csv"
    if not measured.exists():
        raise SystemExit(f"no chin lines at {measured}: copy them there, or run the step `chins`")
    with measured.open(newline="") as file:
        chins = {row["photo"]: float(row["chin_y"]) for row in csv.DictReader(file)}
    lines = {}
    for name in folders.labelled():
        path = out / f"ccp-{name}.png"
        label = cv2.imread(str(folders.ccp / "labels" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
        if label is None:
            raise SystemExit(f"label {name}.png cannot be read: fetch the data again")
        if not (folders.ccp / "photos" / f"{name}.jpg").exists():
            raise SystemExit(f"label {name}.png has no photo: fetch the data again")
        if not path.exists():
            write(path, codes(label, names, chins.get(name), *taught(folders, f"ccp-{name}")))
        mapped = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        lines[f"ccp-{name}"] = find_lines(label > 0, mapped, chins.get(name))
    (out / "lines.json").write_text(json.dumps(lines))


def find_lines(
    own: NDArray[np.bool_], mapped: NDArray[np.uint8], chin: float | None
) -> dict[str, Point | None]:
    """Points (x, y) in pixels, None where unknown, of the head top, the chin and the foot line.

    own: (h, w) the person. mapped: (h, w) codes. chin: its row, or None.
    """
    head = (mapped == Part.HAIR) | (mapped == Part.FACE)
    rows = np.flatnonzero(own.any(axis=1))
    top, bottom = int(rows[0]), int(rows[-1])
    found: dict[str, Point | None] = {"head_top": None, "chin": None, "foot": None}
    body = bottom - top + 1
    if head[top : top + max(2, body // 100)].any():  # else a raised hand is the top
        found["head_top"] = (_middle(own[top : top + max(2, body // 150)]), float(top))
    if (mapped[bottom - max(2, body // 50) : bottom + 1] == Part.FOOT).any():
        found["foot"] = (_middle(own[bottom - max(2, body // 150) : bottom + 1]), float(bottom))
    face = mapped[: int(chin) + 1] == Part.FACE if chin is not None else np.zeros((0, 0), bool)
    if chin is not None and face[-max(3, body // 40) :].any():
        found["chin"] = (_middle(face[-max(3, body // 40) :]), chin)
    return found


def _middle(strip: NDArray[np.bool_]) -> float:
    return float(np.median(np.nonzero(strip)[1]))
