"""No segmenter at all: what a booth in safe mode has."""

import numpy as np
from numpy.typing import NDArray

from framecue.errors import SegmenterError
from framecue.parts import Segmentation


class AbsentSegmenter:
    """A Segmenter that segments nothing."""

    model = "none"

    def segment(self, image: NDArray[np.uint8]) -> Segmentation:  # noqa: ARG002 as in Segmenter
        """Raises SegmenterError."""
        raise SegmenterError("safe mode: no model runs")

    def close(self) -> None:
        """As in Segmenter."""
