"""One segmenter for several threads: each waits its turn."""

import threading

import numpy as np
from numpy.typing import NDArray

from framecue.parts import Segmentation
from framecue.segmentation import Segmenter


class InTurns:
    """A Segmenter that may be called from several threads at once; it ends the one it is made of."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._turn = threading.Lock()

    @property
    def model(self) -> str:
        """The registry's name of the model in use."""
        return self._segmenter.model

    def segment(self, image: NDArray[np.uint8]) -> Segmentation:
        """As in Segmenter."""
        with self._turn:
            return self._segmenter.segment(image)

    def close(self) -> None:
        """As in Segmenter; does not wait for a picture in hand."""
        self._segmenter.close()
