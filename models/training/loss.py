"""What training asks for: the right parts, or one of those a pixel may be, and the lines' heatmaps."""

import torch
from models.training.labels import BARE, HEAD, LOWER, SOMEBODY, TRUNK, UNKNOWN, UPPER, sets
from models.training.network import PARTS
from models.training.sample import GRID
from torch import Tensor
from torch.nn import functional

from framecue.parts import Part

_EDGE = 2.0  # extra weight of labels next to another one
_BRIGHT = 30.0  # extra weight of a heatmap's bright cells, which are few
_LINES = 0.5  # of the heatmaps' loss beside the parts'
_FINE = {Part.HAIR: 1.5, Part.FACE: 1.5, Part.FOOT: 2.0, HEAD: 1.5, LOWER: 1.5}


class Loss:
    """Loss of a batch; `__call__` gives the sum, the parts' share and the lines' share."""

    def __init__(self) -> None:
        allowed = torch.from_numpy(sets())
        self._forbidden = torch.where(allowed, 0.0, -1e4)
        self._weight = torch.ones(len(allowed))
        for code, weight in _FINE.items():
            self._weight[int(code)] = weight
        self._weight[UNKNOWN] = 0.0
        for code in (SOMEBODY, UPPER, TRUNK, BARE):
            self._weight[code] = 0.8

    def on(self, device: torch.device) -> "Loss":
        """The same loss for tensors of that device."""
        self._forbidden, self._weight = self._forbidden.to(device), self._weight.to(device)
        return self

    def __call__(
        self, logits: Tensor, codes: Tensor, lines: Tensor, weights: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """logits: (b, 11, h, w). codes: (b, 2 h - 1, 2 w - 1) uint8. lines, weights: (b, 3, h, w)."""
        size = (codes.shape[1], codes.shape[2])
        fine = functional.interpolate(logits[:, :PARTS], size=size, mode="bilinear", align_corners=True)
        index = codes.long()
        forbidden = self._forbidden[index].permute(0, 3, 1, 2)
        surprise = torch.logsumexp(fine, 1) - torch.logsumexp(fine + forbidden, 1)
        weight = self._weight[index] * (1 + _EDGE * _edges(codes))
        parts = (surprise * weight).sum() / weight.sum().clamp(min=1)
        bits = functional.binary_cross_entropy_with_logits(logits[:, PARTS:], lines, reduction="none")
        strength = weights * (1 + _BRIGHT * lines)
        heat = (bits * strength).sum() / strength.sum().clamp(min=1)
        return parts + _LINES * heat * 10 / GRID, parts.detach(), heat.detach()


def _edges(codes: Tensor) -> Tensor:
    """1 where a label differs from one of its neighbours."""
    value = codes.float()[:, None]
    largest = functional.max_pool2d(value, 3, 1, 1)
    smallest = -functional.max_pool2d(-value, 3, 1, 1)
    return (largest != smallest)[:, 0].float()
