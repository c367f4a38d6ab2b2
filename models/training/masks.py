"""Who is in every photo, more exactly than BodyPix says: MediaPipe's two masks, averaged.

Writes work/masks/NAME.png: 8-bit person probability x 255, at most 512 pixels on the longer side. MediaPipe
wants an older numpy than training does, so this step runs in an environment of its own; see README.md.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from models.training.folders import Folders
from models.training.teacher import write
from numpy.typing import NDArray

LONG_SIDE: Final = 512  # both networks see 256 pixels: more would say nothing more
_GENERAL: Final = 0  # of the two selfie networks the better one here: IoU .928 against .916 on CCP
_FULL: Final = 1  # the one pose network that the package brings along; others would be fetched

Mask = NDArray[np.float32]


def masks(folders: Folders) -> None:
    """Look at every photo that has no mask yet."""
    out = folders.work / "masks"
    out.mkdir(parents=True, exist_ok=True)
    wanted = {name: path for name, path in folders.photos().items() if not (out / f"{name}.png").exists()}
    if not wanted:
        return
    with _opened() as look:
        for name, path in wanted.items():
            image = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if image is None:
                raise SystemExit(f"cannot read {path}: fetch the data again")
            write(out / f"{name}.png", _small(look(np.ascontiguousarray(image[..., ::-1], np.uint8))))


def masked(folders: Folders, name: str) -> NDArray[np.uint8]:
    """Person probability x 255 that MediaPipe saw, (h, w) uint8 of about half the photo's size."""
    path: Path = folders.work / "masks" / f"{name}.png"
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise SystemExit(f"no mask of {name}: run the step `masks` first")
    return np.asarray(mask, np.uint8)


@contextmanager
def _opened() -> Iterator[Callable[[NDArray[np.uint8]], Mask]]:
    """What makes person probabilities (h, w) of an (h, w, 3) RGB picture."""
    try:
        from mediapipe.python.solutions import pose, selfie_segmentation
    except ImportError as error:
        raise SystemExit(f"masks are made in an environment of their own, see README.md: {error}") from None
    with (
        selfie_segmentation.SelfieSegmentation(model_selection=_GENERAL) as selfie,
        pose.Pose(static_image_mode=True, model_complexity=_FULL, enable_segmentation=True) as body,
    ):

        def look(image: NDArray[np.uint8]) -> Mask:
            size = (image.shape[1], image.shape[0])
            rough: Mask = cv2.resize(selfie.process(image).segmentation_mask, size)
            exact = body.process(image).segmentation_mask  # of one person; None where it finds nobody
            return rough if exact is None else np.asarray((rough + exact) / 2, np.float32)

        yield look


def _small(mask: Mask) -> NDArray[np.uint8]:
    scale = min(1.0, LONG_SIDE / max(mask.shape))
    size = (max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale)))
    smaller = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    return np.asarray(np.round(np.clip(smaller, 0, 1) * 255), np.uint8)
