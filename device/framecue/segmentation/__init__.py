"""Segmenters: from a picture to its segmentation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # the model's own process lives without it
    from framecue.parts import Segmentation


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """One output of a model: raw values, and the scale and zero point that make real numbers of them.

    scale 0 means that the values are real numbers or ids already.
    """

    raw: NDArray[Any]
    scale: float = 0.0
    zero_point: int = 0

    def real(self) -> NDArray[np.float32]:
        """The values as float32 real numbers, same shape."""
        values = self.raw.astype(np.float32)
        return values if self.scale == 0 else (values - self.zero_point) * np.float32(self.scale)


class Adapter(Protocol):
    """What one family of models needs around its invoke; pure functions, no hardware."""

    outputs: tuple[str, ...]  # names of the output tensors that decode reads

    def input_size(self, height: int, width: int, finer: float = 1.0) -> tuple[int, int]:
        """Model input (height, width) for pictures of that size; finer: so many times as many pixels a side,
        where the model takes other sizes than its own.
        """

    def decode(self, outputs: Mapping[str, Tensor]) -> "Segmentation":
        """Make a segmentation of the outputs of one invoke, batch dimension included."""


class Segmenter(Protocol):
    """Segments pictures one at a time."""

    @property
    def model(self) -> str:
        """The registry's name of the model in use."""

    def segment(self, image: NDArray[np.uint8]) -> "Segmentation":
        """Segment an (h, w, 3) uint8 RGB picture.

        Raises SegmenterError when the model's process died, hung or answered nonsense; the next call
        finds it replaced.
        """

    def close(self) -> None:
        """End the model's process."""
