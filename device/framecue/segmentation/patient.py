"""Photos are looked at more than once: as they are and mirrored, at two sizes, and the mean is taken.

What a model is unsure of differs from look to look; what is there stays. Four looks take six times as long as
one, which a photo can wait for and a live frame cannot. Where a mask is wanted, and no matte, somebody who is
doubtful in every look is believed: half of the surest probability nearby counts.
"""

import math
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.colour import Plane
from framecue.parts import PERSON_LEVEL, Part, Segmentation, of_somebody
from framecue.segmentation import Segmenter
from framecue.segmentation.cells import logit, sigmoid

_FINER: Final = (1.0, 4 / 3)  # sizes of the model's input, of the settings' own
_FAINTEST: Final = 0.29  # probability below which nobody is seen however unsure the looks are
_NEARBY: Final = 0.05  # of the longer side: as far as the surest cell counts
_SURE: Final = 1e-3  # probabilities count no nearer to 0 and 1 than that


class ManySized(Segmenter, Protocol):
    """A segmenter whose model can be given pictures at several sizes."""

    def input_size(self, height: int, width: int, finer: float = 1.0) -> tuple[int, int]:
        """As in Adapter."""

    def segment(self, image: NDArray[np.uint8], size: tuple[int, int] | None = None) -> Segmentation:
        """As in Segmenter; size: of the model's input, one that `input_size` gives."""


class Patient:
    """A Segmenter that looks four times; twice where the model takes one size only.

    Parts and person are made of all looks, on the finest of their grids; heatmaps and ways are those of the
    first.
    """

    def __init__(self, segmenter: ManySized) -> None:
        self._segmenter = segmenter

    @property
    def model(self) -> str:
        """The registry's name of the model in use."""
        return self._segmenter.model

    def segment(self, image: NDArray[np.uint8]) -> Segmentation:
        """As in Segmenter."""
        height, width = image.shape[:2]
        mirrored = np.ascontiguousarray(image[:, ::-1])
        sizes = dict.fromkeys(self._segmenter.input_size(height, width, finer) for finer in _FINER)
        looks: list[Segmentation] = []
        for size in sizes:
            looks += self._segmenter.segment(image, size), _mirrored(self._segmenter.segment(mirrored, size))
        return _mean(looks)

    def close(self) -> None:
        """End the model's process."""
        self._segmenter.close()


def believed(found: Segmentation) -> Segmentation:
    """What a Patient found, with the person's probability at .5 where half of the surest nearby lies.

    No less than _FAINTEST is believed, and beside somebody who is sure nothing changes.
    """
    reach = max(round(_NEARBY * max(found.person.shape)), 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    surest = cv2.dilate(cv2.GaussianBlur(found.person, (0, 0), max(reach / 3, 0.5)), disc)
    level = np.asarray(np.clip(surest / 2, _FAINTEST, PERSON_LEVEL), np.float32)
    person = sigmoid(logit(found.person, _SURE) - logit(level, _SURE))
    return Segmentation(of_somebody(found.parts, person), person, found.heatmaps, found.ways)


def _mirrored(found: Segmentation) -> Segmentation:
    return Segmentation(found.parts[:, ::-1], found.person[:, ::-1])


def _mean(looks: list[Segmentation]) -> Segmentation:
    size = max((look.person.shape[::-1] for look in looks), key=math.prod)
    odds = np.mean([_resized(logit(look.person, _SURE), size) for look in looks], axis=0)
    person = sigmoid(odds)
    votes = np.zeros((len(Part), size[1], size[0]), np.float32)
    for look in looks:
        for part in np.unique(look.parts[look.parts > 0]):
            votes[part] += _resized((look.parts == part).astype(np.float32), size)
    parts = of_somebody(votes.argmax(axis=0).astype(np.uint8), person)
    return Segmentation(parts, person, looks[0].heatmaps, looks[0].ways)


def _resized(values: Plane, size: tuple[int, int]) -> Plane:
    return np.asarray(cv2.resize(np.ascontiguousarray(values), size), np.float32)
