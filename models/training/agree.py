"""Photos without labels: what the teachers and the best model so far agree on, work/agreed/NAME.png, codes.

BodyPix sees everybody, coarsely; MediaPipe the main person's outline; the own model knows parts. Where two
of them speak for somebody and none against, or all for nobody, it is said so; elsewhere nothing is.
"""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from models.training.folders import Folders, held_out
from models.training.labels import SOMEBODY, UNKNOWN
from models.training.masks import masked
from models.training.runner import open_runner
from models.training.teacher import taught, write
from numpy.typing import NDArray

from framecue.parts import Part, Segmentation

LONG_SIDE: Final = 481  # of the own model
_FOR, _AGAINST = 0.8, 0.15  # probabilities of somebody that count as saying so
_INNER: Final = 5  # pixels around a part's cell that must be the same part

Probability = NDArray[np.float32]


def agree(folders: Folders, model: Path) -> None:
    """Write the codes of every photo without a label that has none yet. model: the best so far."""
    out = folders.work / "agreed"
    out.mkdir(parents=True, exist_ok=True)
    runner = open_runner(model, LONG_SIDE)
    for name, path in unlabelled(folders).items():
        if (out / f"{name}.png").exists():
            continue
        image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
        size = (image.shape[1], image.shape[0])
        bodypix = _enlarged(taught(folders, name)[0], size)
        mask = _enlarged(masked(folders, name), size)
        write(out / f"{name}.png", agreed(bodypix, mask, runner.segment(image)))


def agreed(bodypix: Probability, mask: Probability, own: Segmentation) -> NDArray[np.uint8]:
    """Codes (h, w) uint8. bodypix, mask: (h, w) person probabilities. own: what the own model saw."""
    height, width = bodypix.shape
    three = np.stack([bodypix, mask, cv2.resize(own.person, (width, height))])
    codes = np.full((height, width), UNKNOWN, np.uint8)
    codes[(three < _AGAINST).all(axis=0)] = Part.BACKGROUND
    somebody = ((three > _FOR).sum(axis=0) >= 2) & (three > _AGAINST).all(axis=0)
    codes[somebody] = SOMEBODY
    parts = cv2.resize(own.parts, (width, height), interpolation=cv2.INTER_NEAREST)
    around = np.ones((_INNER, _INNER), np.uint8)
    inner = cv2.erode(parts, around) == cv2.dilate(parts, around)
    sure = somebody & inner & (parts > 0) & (three[2] > _FOR)
    codes[sure] = parts[sure]
    return codes


def unlabelled(folders: Folders) -> dict[str, Path]:
    """CCP's photos without a label that may be trained on."""
    known = set(folders.labelled())
    return {
        name: path
        for name, path in folders.photos().items()
        if name.startswith("ccp-") and name[4:] not in known and not held_out(int(name[4:]))
    }


def _enlarged(seen: NDArray[np.uint8], size: tuple[int, int]) -> Probability:
    return np.asarray(cv2.resize(seen, size, interpolation=cv2.INTER_LINEAR), np.float32) / np.float32(255)
