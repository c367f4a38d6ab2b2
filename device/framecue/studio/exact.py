"""The segmenter's simulated twin: answers with the studio's own exact parts."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from framecue.errors import SegmenterError
from framecue.parts import Part, Segmentation
from framecue.studio.render import View


class StudioCamera(Protocol):
    """What it needs of the simulated camera."""

    def view_of(self, image: NDArray[np.uint8]) -> View | None:
        """The view whose picture this very array is; None if it is too long ago."""


class ExactSegmenter:
    """A Segmenter for pictures of the simulated camera, and for nothing else.

    camera: gives the camera that is open now, or None.
    """

    model = "studio-exact"

    def __init__(self, camera: Callable[[], StudioCamera | None]) -> None:
        self._camera = camera

    def segment(self, image: NDArray[np.uint8]) -> Segmentation:
        """The exact parts of a picture; raises SegmenterError for one that the camera does not remember."""
        camera = self._camera()
        view = None if camera is None else camera.view_of(image)
        if view is None:
            raise SegmenterError("the studio knows the parts of its own newest pictures only")
        person = ((view.parts != Part.BACKGROUND) & (view.parts != Part.CARRIED)).astype(np.float32)
        return Segmentation(view.parts, person)

    def close(self) -> None:
        """Nothing to end."""
