"""BodyPix: person, 24 body parts and 17 keypoints, as published for Coral boards.

The heads of the model speak once per 16 input pixels. Their cell (r, c) is centred on input pixel
(16 r, 16 c), so the first and last cells sit on the border pixels; a Segmentation's cells lie inside
the frame instead. Decoding resamples from one grid to the other, in logits, before anything is decided.

Model: Papandreou et al., "PersonLab", ECCV 2018; part order as in tensorflow/tfjs-models, body-pix.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.parts import Part, Segmentation
from framecue.segmentation import Tensor
from framecue.segmentation.cells import Cells, check_long_side, fitting_size, sigmoid

STRIDE: Final = 16  # input pixels from one cell of the heads to the next
KEYPOINTS: Final = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
)

# First channel of each run of the 24 parts (faces, arms with hands, torso, legs, feet), and what it is here.
# The model's face is the whole head, hair included.
_RUNS: Final = (0, 2, 12, 14, 22)
_RUN_PARTS: Final = np.array([Part.FACE, Part.ARM, Part.TORSO, Part.LEG, Part.FOOT], np.uint8)
_CHANNELS: Final = {
    "float_segments": 1,
    "float_part_heatmaps": 24,
    "float_heatmaps": len(KEYPOINTS),
    "float_short_offsets": 2 * len(KEYPOINTS),
}
_FINENESS: Final = 4  # cells of the decoded maps per cell of the heads
_DISC: Final = np.pi * (32 / STRIDE) ** 2  # cells within 32 input pixels of a keypoint, all trained to vote
_FEEBLE: Final = 0.1  # probability under which a cell has no vote


class BodyPix:
    """Adapter of BodyPix on MobileNet v1, stride 16, with resizable or fixed input.

    long_side: model input pixels along the frame's longer side, 16 n + 1; more is finer and slower.
    """

    outputs = ("float_segments", "float_part_heatmaps", "float_heatmaps", "float_short_offsets")

    def __init__(self, long_side: int = 481, _exact: bool = True) -> None:
        check_long_side(long_side)
        self.long_side = long_side
        self._cells = Cells(STRIDE, _FINENESS)

    def input_size(self, height: int, width: int, finer: float = 1.0) -> tuple[int, int]:
        """Model input (height, width) for pictures of that size: 16 n + 1 each, nearest to its aspect."""
        return fitting_size(finer * self.long_side, height, width)

    def decode(self, outputs: Mapping[str, Tensor]) -> Segmentation:
        """Make a segmentation of one invoke's outputs.

        outputs: "float_segments" (1, gh, gw, 1) and "float_part_heatmaps" (1, gh, gw, 24), logits, uint8
        or float; and, where the model has them, "float_heatmaps" (1, gh, gw, 17), logits, and
        "float_short_offsets" (1, gh, gw, 34), input pixels, first all y, then all x. Raises ValueError
        for other shapes.

        Person and parts come back at four cells for each of the model's. Keypoint maps are (gh, gw): every
        cell near a keypoint votes for the place it points to, so a map holds few bright cells; their sum
        (up to 1) is the probability of a keypoint there, and their centroid is its place, much finer
        than a cell. Without heatmaps and offsets there are no keypoint maps.
        """
        finer = self._cells.finer(_grid(outputs))
        person = sigmoid(finer[0])
        parts = _likeliest(finer[1:])
        parts[finer[0] < 0] = Part.BACKGROUND
        if "float_heatmaps" not in outputs or "float_short_offsets" not in outputs:
            return Segmentation(parts, person)
        near = _probability(_checked(outputs, "float_heatmaps"))[0]
        offsets = _checked(outputs, "float_short_offsets")
        return Segmentation(parts, person, _votes(near, offsets))


def _grid(outputs: Mapping[str, Tensor]) -> NDArray[np.float32]:
    """(6, gh, gw): the person's logits, then the best raw score of each run of parts.

    Quantization keeps order, so raw values do for comparing.
    """
    segments = _checked(outputs, "float_segments").real()[0]
    height, width, _ = segments.shape
    parts = _checked(outputs, "float_part_heatmaps").raw.reshape(height * width, -1).T.copy()
    grid = np.empty((1 + len(_RUNS), height, width), np.float32)
    grid[0] = segments[..., 0]
    for scores, (first, end) in zip(grid[1:], pairwise((*_RUNS, len(parts))), strict=True):
        scores[:] = parts[first:end].max(axis=0).reshape(height, width)
    return grid


def _likeliest(scores: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Part ids (h, w) uint8 of the highest of the runs' (runs, h, w) scores."""
    highest = scores == scores.max(axis=0)
    ids: NDArray[np.uint8] = (highest * _RUN_PARTS[:, None, None]).max(axis=0)
    return ids


def _votes(near: NDArray[np.float32], offsets: Tensor) -> dict[str, NDArray[np.float32]]:
    """Keypoint maps (gh, gw) by Hough voting (PersonLab, equation 1), spread over the nearest four cells.

    near: (gh, gw, 17) probability that the keypoint lies within the disc. Votes off the frame are lost.
    """
    height, width, count = near.shape
    voters = np.flatnonzero(near > _FEEBLE)
    place, point = np.divmod(voters, count)
    row, column = np.divmod(place, width)
    raw = offsets.raw.reshape(-1)
    first = place * (2 * count) + point
    offset = Tensor(raw[np.stack([first, first + count])], offsets.scale, offsets.zero_point).real()
    size = np.array([[height], [width]], np.float32)
    # Cells (y, x) pointed to, in maps with a margin of one cell that takes what falls off the frame.
    pixel = np.stack([row, column]).astype(np.float32) * STRIDE + offset
    at = (pixel + np.float32(0.5)) * (size / ((size - 1) * STRIDE + 1)) + np.float32(0.5)
    at = np.minimum(np.maximum(at, 0), size + np.float32(0.99))
    corner = at.astype(np.intp)
    (y, x), (top, left) = at - corner, corner
    weight = near.reshape(-1)[voters] / np.float32(_DISC)
    lower, upper = y * weight, (1 - y) * weight
    cell = (point * (height + 2) + top) * (width + 2) + left
    cells = np.concatenate([cell, cell + 1, cell + width + 2, cell + width + 3])
    shares = np.concatenate([upper * (1 - x), upper * x, lower * (1 - x), lower * x])
    votes = np.bincount(cells, shares, count * (height + 2) * (width + 2))
    maps = np.minimum(votes.reshape(count, height + 2, width + 2)[:, 1:-1, 1:-1], 1).astype(np.float32)
    return dict(zip(KEYPOINTS, maps, strict=True))


def _checked(outputs: Mapping[str, Tensor], name: str) -> Tensor:
    tensor = outputs[name]
    shape = tensor.raw.shape
    expected = (1, *outputs["float_segments"].raw.shape[1:3], _CHANNELS[name])
    if shape != expected or min(shape[1:3]) < 2:
        raise ValueError(f"{name} has shape {shape}, expected {expected}")
    return tensor


def _probability(tensor: Tensor) -> NDArray[np.float32]:
    """Probabilities of a tensor of logits, same shape; of 8-bit values by a table of all there are."""
    if tensor.raw.dtype != np.uint8:
        return sigmoid(tensor.real())
    table = sigmoid(replace(tensor, raw=np.arange(256, dtype=np.uint8)).real())
    return np.asarray(table.take(tensor.raw), np.float32)
