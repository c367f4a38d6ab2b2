"""What the published BodyPix sees in every photo: where labels are missing, and to tell skin from skin.

Writes work/teacher/NAME.png: 8-bit, two maps side by side at about a quarter of the photo's size, person
probability x 255 and part ids.
"""

from pathlib import Path

import cv2
import numpy as np
from models.training.folders import Folders
from numpy.typing import NDArray

from framecue.segmentation.models import Models
from framecue.segmentation.segmenter import SegmenterSettings, open_segmenter

LONG_SIDE = 849  # model input: the size at which its head tops and outlines are best on CCP


def teach(folders: Folders) -> None:
    """Run the teacher over every photo that it has not seen yet."""
    out = folders.work / "teacher"
    out.mkdir(parents=True, exist_ok=True)
    wanted = {name: path for name, path in folders.photos().items() if not (out / f"{name}.png").exists()}
    if not wanted:
        return
    settings = SegmenterSettings(model=str(folders.bodypix), long_side=LONG_SIDE, answer_limit_s=60)
    with open_segmenter(settings, models=Models(()), cache=folders.work / "cache") as segmenter:
        for name, path in wanted.items():
            seen = segmenter.segment(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB))
            person = np.round(seen.person * 255).astype(np.uint8)
            write(out / f"{name}.png", np.hstack([person, seen.parts]))


def taught(folders: Folders, name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Person probability x 255 and part ids that the teacher saw, (h, w) uint8 both."""
    both = cv2.imread(str(folders.work / "teacher" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
    if both is None:
        raise SystemExit(f"the teacher has not seen {name}: run the step `teach` first")
    half = both.shape[1] // 2
    return both[:, :half], both[:, half:]


def write(path: Path, image: NDArray[np.uint8]) -> None:
    """Write a picture whole or not at all, so that a stopped step can go on."""
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    if not cv2.imwrite(str(part), image):
        raise OSError(f"cannot write {path}")
    part.replace(path)
