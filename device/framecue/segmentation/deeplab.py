"""DeepLab v3 on Pascal VOC: who is a person, and who is a cat or a dog.

It says of each pixel only which of 21 classes it belongs to. So the person probability is 0 or 1, and as
the parts of the body are not known, every person pixel is TORSO in the part map: it shows where people
are, cut edges are seen, and what needs a head or feet stays unmeasured.

Model: Chen et al., "Rethinking Atrous Convolution for Semantic Image Segmentation", 2017.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from framecue.parts import Part, Segmentation
from framecue.segmentation import Tensor

SIDE: Final = 513  # the input is square and fixed; frames are squeezed into it
PERSON: Final = 15  # class numbers of Pascal VOC
ANIMALS: Final = {"cat": 8, "dog": 12}


class DeepLab:
    """Adapter of DeepLab v3 with ArgMax at its end; it has one input size, so settings change nothing."""

    outputs = ("ArgMax",)

    def __init__(self, _long_side: int = SIDE, _exact: bool = True) -> None:
        pass

    def input_size(self, _height: int, _width: int, _finer: float = 1.0) -> tuple[int, int]:
        """Always (513, 513)."""
        return SIDE, SIDE

    def decode(self, outputs: Mapping[str, Tensor]) -> Segmentation:
        """Make a segmentation of "ArgMax", (1, h, w) integer class numbers.

        The heatmaps "cat" and "dog" are 0 or 1, as is the person probability. Raises ValueError for
        another shape.
        """
        classes = outputs["ArgMax"].raw
        if classes.ndim != 3 or classes.shape[0] != 1:
            raise ValueError(f"ArgMax has shape {classes.shape}, expected (1, h, w)")
        person = classes[0] == PERSON
        return Segmentation(
            parts=np.where(person, np.uint8(Part.TORSO), np.uint8(Part.BACKGROUND)),
            person=person.astype(np.float32),
            heatmaps={name: (classes[0] == number).astype(np.float32) for name, number in ANIMALS.items()},
        )
