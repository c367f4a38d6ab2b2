"""What training asks for: the right parts, or one of those a pixel may be, and the lines' heatmaps."""

from collections.abc import Sequence

import torch
from models.training.labels import BARE, HEAD, LOWER, SOMEBODY, TRUNK, UNKNOWN, UPPER, sets
from models.training.network import PARTS, Seen
from models.training.sample import GRID
from torch import Tensor
from torch.nn import functional

from framecue.parts import Part
from framecue.segmentation.figure import STRIDE

_EDGE = 2.0  # extra weight of labels next to another one
_BRIGHT = 30.0  # extra weight of a heatmap's bright cells, which are few
_LINES = 0.5  # of the heatmaps' loss beside the parts'
_WHERE = 0.3  # of the heads' places and the ways to them
_TAUGHT = 0.5  # of agreeing with the published heads
_SCALE = 10.0  # the teacher's surprise is small: most cells hold nobody
_KNOWN = 0.05  # weight of the teacher's word on outlines where the label has one
_CELLS = 4.0  # cells off the way to a head that cost as much as a wrong label
_FINE = {Part.HAIR: 1.5, Part.FACE: 1.5, Part.FOOT: 2.0, HEAD: 1.5, LOWER: 1.5}


class Loss:
    """Loss of a batch; `__call__` gives the sum, and the shares of parts, lines, heads and teacher."""

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

    def __call__(self, seen: Seen, target: Sequence[Tensor], teacher: Tensor) -> tuple[Tensor, ...]:
        """target: a batch of each of sample.Target's. teacher: (b, 42, ...) logits of the published heads,
        on a grid of its own."""
        codes, lines, weights, where, where_weights = target
        logits = seen.fine.float()
        size = (codes.shape[1], codes.shape[2])
        fine = functional.interpolate(logits[:, :PARTS], size=size, mode="bilinear", align_corners=True)
        nobody = torch.logsumexp(fine[:, 1:], 1, keepdim=True) - fine[:, :1]
        fine = torch.cat([nobody, fine[:, 1:]], 1)
        index = codes.long()
        forbidden = self._forbidden[index].permute(0, 3, 1, 2)
        surprise = torch.logsumexp(fine, 1) - torch.logsumexp(fine + forbidden, 1)
        weight = self._weight[index] * (1 + _EDGE * _edges(codes))
        parts = (surprise * weight).sum() / weight.sum().clamp(min=1)
        bits = functional.binary_cross_entropy_with_logits(logits[:, PARTS:], lines, reduction="none")
        strength = weights * (1 + _BRIGHT * lines)
        heat = (bits * strength).sum() / strength.sum().clamp(min=1)
        places = _places(seen, where, where_weights)
        taught = _echo(seen.published, teacher).mean()
        somebody = _echo(seen.fine[:, :1], teacher[:, :1])
        strength = torch.where(codes[:, None, :: STRIDE // GRID, :: STRIDE // GRID] == UNKNOWN, 1.0, _KNOWN)
        taught = _SCALE * taught + (somebody * strength).mean()
        total = parts + _LINES * heat * 10 / GRID + _WHERE * places + _TAUGHT * taught
        return total, parts.detach(), heat.detach(), places.detach(), taught.detach()


def _echo(logits: Tensor, teacher: Tensor) -> Tensor:
    """Cross entropy with what the teacher says, on the grid of the logits."""
    odds = functional.interpolate(
        torch.sigmoid(teacher), size=logits.shape[2:], mode="bilinear", align_corners=True
    )
    return functional.binary_cross_entropy_with_logits(logits.float(), odds, reduction="none")


def _places(seen: Seen, where: Tensor, weights: Tensor) -> Tensor:
    """How far off heads and the ways to them are."""
    bits = functional.binary_cross_entropy_with_logits(
        seen.heads[:, 0].float(), where[:, 0], reduction="none"
    )
    strength = weights[:, 0] * (1 + _BRIGHT * where[:, 0])
    heads = (bits * strength).sum() / strength.sum().clamp(min=1)
    off = functional.smooth_l1_loss(seen.ways.float() / _CELLS, where[:, 1:] / _CELLS, reduction="none").sum(
        1
    )
    ways = (off * weights[:, 1]).sum() / weights[:, 1].sum().clamp(min=1)
    return 5 * heads + ways


def _edges(codes: Tensor) -> Tensor:
    """1 where a label differs from one of its neighbours."""
    value = codes.float()[:, None]
    largest = functional.max_pool2d(value, 3, 1, 1)
    smallest = -functional.max_pool2d(-value, 3, 1, 1)
    return (largest != smallest)[:, 0].float()
