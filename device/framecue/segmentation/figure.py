"""Figure: Framecue's own model of people: their parts, the rows of chin, head top and foot line, and whose
body is whose.

It speaks once per 4 input pixels, of heads once per 8. Its cell (r, c) is centred on input pixel (4 r, 4 c),
so the first and last cells sit on the border pixels; a Segmentation's cells lie inside the frame instead.
Decoding resamples from one grid to the other, in logits, before anything is decided.

How the model is made: models/training/README.md.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.parts import PERSON_LEVEL, Part, Segmentation
from framecue.segmentation import Tensor
from framecue.segmentation.cells import Cells, check_long_side, fitting_size, sigmoid

STRIDE: Final = 4  # input pixels from one cell to the next
LINES: Final = ("chin", "head_top", "foot")
PARTS: Final = len(Part)
_HEAD_STRIDE: Final = 8  # input pixels from one cell of the heads' maps to the next
_CHANNELS: Final = {
    "framecue_parts": PARTS - 1, "framecue_lines": len(LINES), "framecue_ways": 2, "framecue_person": 1,
    "framecue_heads": 1,
}  # fmt: skip
OUTPUTS: Final = tuple(_CHANNELS)
_BODY: Final = np.array([part for part in Part if part is not Part.BACKGROUND], np.uint8)


class Figure:
    """Adapter of Framecue's own model, fully convolutional, for any input size.

    long_side: model input pixels along the frame's longer side, 16 n + 1; more is finer and slower.
    exact: two cells of person and parts for each of the model's, along a side, instead of one.
    """

    outputs = OUTPUTS

    def __init__(self, long_side: int = 481, exact: bool = True) -> None:
        check_long_side(long_side)
        self.long_side = long_side
        self._whole, self._outline = Cells(STRIDE, 1), Cells(STRIDE, 2 if exact else 1)
        self._heads = Cells(_HEAD_STRIDE, 1)

    def input_size(self, height: int, width: int, finer: float = 1.0) -> tuple[int, int]:
        """Model input (height, width) for pictures of that size: 16 n + 1 each, nearest to its aspect."""
        return fitting_size(finer * self.long_side, height, width)

    def decode(self, outputs: Mapping[str, Tensor]) -> Segmentation:
        """Make a segmentation of one invoke's outputs.

        outputs: "framecue_person" (1, gh, gw, 1), logits of somebody; "framecue_parts" (1, gh, gw, 7), scores
        of the parts from hair to carried; "framecue_lines" (1, gh, gw, 3), logits; "framecue_heads"
        (1, hh, hw, 1), logits; "framecue_ways" (1, hh, hw, 2), cells down and across to the head; int8, uint8
        or float. Raises ValueError for other shapes.

        Heatmaps and ways come back at one cell for each of the model's. The heatmap "chin" is bright around
        the lowest point of each face, 1.25 cells high at one deviation, twice that wide; "foot" around the
        lowest of each person's feet; "head" around each head's middle, 1.5 of its cells at one deviation.
        Outlines are more exact than "foot", which tells shoes from the shadow below them; the line of the
        head top was only taught.
        """
        odds, lines = _logits(outputs, "framecue_person"), _logits(outputs, "framecue_lines")
        scores = _checked(outputs, "framecue_parts").raw[0]
        if not odds.shape[1:] == lines.shape[1:] == scores.shape[:2]:
            raise ValueError(
                f"framecue_person has {odds.shape[1:]} cells, framecue_lines {lines.shape[1:]}, "
                f"framecue_parts {scores.shape[:2]}"
            )
        person = sigmoid(self._outline.finer(odds)[0])
        # Quantization keeps order, so raw scores do for comparing.
        ids = ((scores == scores.max(axis=2, keepdims=True)) * _BODY).max(axis=2)
        ids = self._outline.nearest(ids)
        ids[person < PERSON_LEVEL] = Part.BACKGROUND
        chin, foot = sigmoid(self._whole.finer(lines[[LINES.index("chin"), LINES.index("foot")]]))
        heads, ways = _logits(outputs, "framecue_heads"), _logits(outputs, "framecue_ways")
        head = sigmoid(self._heads.finer(heads)[0])
        cells = (np.array(ways.shape[1:], np.float32) - 1) + np.float32(1 / _HEAD_STRIDE)
        ways = self._heads.finer(ways) / cells[:, None, None]
        return Segmentation(ids, person, {"chin": chin, "foot": foot, "head": head}, ways)


def _checked(outputs: Mapping[str, Tensor], name: str) -> Tensor:
    """An output of the shape it should have."""
    tensor = outputs[name]
    shape = tensor.raw.shape
    if len(shape) != 4 or (shape[0], shape[3]) != (1, _CHANNELS[name]) or min(shape[1:3]) < 2:
        raise ValueError(f"{name} has shape {shape}, expected (1, h, w, {_CHANNELS[name]})")
    return tensor


def _logits(outputs: Mapping[str, Tensor], name: str) -> NDArray[np.float32]:
    """(channels, gh, gw)."""
    return np.ascontiguousarray(_checked(outputs, name).real()[0].transpose(2, 0, 1))
