"""Chin lines of labelled photos, measured with MediaPipe's dense face mesh on the enlarged head.

Writes data/ccp/chins.csv in the shared folder where there is none: photo, top row of the label, chin, bottom
row, in pixels. It is no part of the published data. Runs in the environment of masks.py; see README.md.
"""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from models.training.folders import Folders
from numpy.typing import NDArray

COLUMNS: Final = ("photo", "label_top_y", "chin_y", "label_bottom_y")
_HEAD: Final = frozenset({"hair", "hat", "skin", "glasses", "sunglasses", "earrings"})
_CHIN: Final = 152  # of the mesh's points
_TALL: Final = 0.2  # of the label's height, from its top: where the head is looked for
_SIDE: Final = 512  # pixels that piece is enlarged to
_HIGHEST, _LOWEST = 0.06, 0.24  # of the label's height: where a chin can be

Mesh = Callable[[NDArray[np.uint8]], NDArray[np.float64] | None]


def chins(folders: Folders) -> int:
    """Measure every labelled photo; returns how many chins were found. A chins.csv that is there is kept."""
    target: Path = folders.ccp / "chins.csv"
    if target.exists():
        raise SystemExit(f"{target} is there and is kept: move it away to measure chins again")
    names = json.loads((folders.ccp / "labels.json").read_text())
    head = np.array([name in _HEAD for name in names])
    with _opened() as mesh:
        rows = [row for name in folders.labelled() if (row := _measured(folders.ccp, name, head, mesh))]
    part = target.with_suffix(".part")
    with part.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])
    part.replace(target)
    return len(rows)


def _measured(
    ccp: Path, name: str, head: NDArray[np.bool_], mesh: Mesh
) -> tuple[str, int, float, int] | None:
    image = cv2.imread(str(ccp / "photos" / f"{name}.jpg"), cv2.IMREAD_COLOR)
    label = cv2.imread(str(ccp / "labels" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
    if image is None or label is None:
        raise SystemExit(f"photo or label {name} cannot be read: run the step `fetch` again")
    rows = np.flatnonzero((label > 0).any(axis=1))
    top, bottom = int(rows[0]), int(rows[-1])
    body = bottom - top + 1
    piece = head[label[top : top + round(_TALL * body)]]
    if not piece.any():
        return None
    middle = float(np.median(np.nonzero(piece)[1]))
    side = _TALL * body * 1.2
    left, high = middle - side / 2, top - 0.1 * side
    scale = _SIDE / side
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -high * scale]])
    enlarged = cv2.warpAffine(
        image, matrix, (_SIDE, _SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    points = mesh(np.ascontiguousarray(enlarged[..., ::-1], np.uint8))
    if points is None:
        return None
    chin = high + float(points[_CHIN, 1]) * side
    return (name, top, round(chin, 1), bottom) if _HIGHEST < (chin - top) / body < _LOWEST else None


@contextmanager
def _opened() -> Iterator[Mesh]:
    """What finds the points (n, 2) of a face, in shares of an (h, w, 3) RGB picture, or None."""
    try:
        from mediapipe.python.solutions import face_mesh
    except ImportError as error:
        raise SystemExit(
            f"chins are measured in the environment of `masks`, see README.md: {error}"
        ) from None
    with face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1, refine_landmarks=True) as network:

        def look(image: NDArray[np.uint8]) -> NDArray[np.float64] | None:
            faces = network.process(image).multi_face_landmarks
            return np.array([(point.x, point.y) for point in faces[0].landmark]) if faces else None

        yield look
