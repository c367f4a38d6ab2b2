"""The network: BodyPix's encoder and heads, a light decoder with skips to stride 4, parts, lines and heads.

Pictures are 16 n + 1 pixels high and wide, so that symmetric padding puts cell (r, c) of every stride s
exactly on pixel (s r, s c), and doubling with aligned corners keeps it there.
"""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from models.training.encoder import HEAD_CHANNELS, Weights
from torch import Tensor, nn
from torch.nn import functional

from framecue.parts import Part
from framecue.segmentation.figure import LINES

PARTS = len(Part)  # logits; those of the lines follow
FAR = 16.0  # cells: ways to heads are long, and are learnt faster in such units
SAY = 6.0  # logits by which the decoder may overrule the published head on whether somebody is there

# Output channels and stride of the 13 pairs of MobileNetV1 0.75; BodyPix keeps stride 16 and 384 channels.
_PAIRS = (
    (48, 1), (96, 2), (96, 1), (192, 2), (192, 1), (384, 2), (384, 1), (384, 1), (384, 1), (384, 1), (384, 1),
    (384, 1), (384, 1),
)  # fmt: skip
_FIXED = 1  # pairs that stay as published
_FOUR, _EIGHT = 2, 4  # indices of the last pairs at strides 4 and 8


class Encoder(nn.Module):
    """Features at strides 4, 8 and 16 with 96, 192 and 384 channels."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 24, 3, 2, 1)
        pairs, channels = [], 24
        for out, stride in _PAIRS:
            depthwise = nn.Conv2d(channels, channels, 3, stride, 1, groups=channels)
            pairs.append(nn.ModuleList([depthwise, nn.Conv2d(channels, out, 1)]))
            channels = out
        self.pairs = nn.ModuleList(pairs)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """picture: (b, 3, h, w) float32, -1..1."""
        kept = []
        with torch.no_grad():  # edges and colours are the same everywhere, and take most of the time
            value = functional.relu6(self.first(picture), inplace=True)
            for depthwise, pointwise in self.pairs[:_FIXED]:
                value = _pair(value, depthwise, pointwise)
        for number, (depthwise, pointwise) in enumerate(self.pairs[_FIXED:], start=_FIXED):
            value = _pair(value, depthwise, pointwise)
            if number in (_FOUR, _EIGHT):
                kept.append(value)
        return kept[0], kept[1], value

    def start_from(self, weights: Iterable[Weights]) -> None:
        """Take the published weights."""
        layers = [self.first, *(layer for pair in self.pairs for layer in pair)]
        with torch.no_grad():
            for layer, (weight, bias) in zip(layers, weights, strict=True):
                layer.weight.copy_(torch.from_numpy(weight))
                layer.bias.copy_(torch.from_numpy(bias))


def _pair(value: Tensor, depthwise: nn.Module, pointwise: nn.Module) -> Tensor:
    value = functional.relu6(depthwise(value), inplace=True)
    return functional.relu6(pointwise(value), inplace=True)


def separable(channels: int, out: int, size: int = 3) -> nn.Sequential:
    """A depthwise and a pointwise convolution, each with batch norm and ReLU6."""
    return nn.Sequential(
        nn.Conv2d(channels, channels, size, 1, size // 2, groups=channels, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU6(inplace=True),
        nn.Conv2d(channels, out, 1, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU6(inplace=True),
    )


def pointwise(channels: int, out: int) -> nn.Sequential:
    """A 1 x 1 convolution with batch norm and ReLU6."""
    return nn.Sequential(nn.Conv2d(channels, out, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU6(inplace=True))


class Published(nn.Module):
    """The published encoder with its heads for person, parts and keypoints: the teacher, and a start."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.heads = nn.Conv2d(384, HEAD_CHANNELS, 1)

    def forward(self, picture: Tensor) -> Tensor:
        """picture: (b, 3, 16 n + 1, 16 m + 1) float32, -1..1; returns (b, 42, n + 1, m + 1) logits."""
        logits: Tensor = self.heads(self.encoder(picture)[2])
        return logits

    def start_from(self, encoder: Iterable[Weights], heads: Weights) -> None:
        """Take the published weights."""
        self.encoder.start_from(encoder)
        with torch.no_grad():
            self.heads.weight.copy_(torch.from_numpy(heads.weight))
            self.heads.bias.copy_(torch.from_numpy(heads.bias))


class Seen(NamedTuple):
    """What the network says of a batch of (16 n + 1) x (16 m + 1) pixels; logits but for `ways`.

    fine: (b, 11, 4 n + 1, 4 m + 1), somebody against nobody, which of 7 parts, and 3 lines.
    heads: (b, 1, 2 n + 1, 2 m + 1), where heads are centred. ways: (b, 2, 2 n + 1, 2 m + 1), cells down and
    across from each cell to the head of whoever is there. published: (b, 42, n + 1, m + 1), what the
    published heads say.
    """

    fine: Tensor
    heads: Tensor
    ways: Tensor
    published: Tensor


class Network(Published):
    """Parts and lines at stride 4, heads and the ways to them at stride 8.

    The published heads stay within it. Whether somebody is there is what the published head says, enlarged,
    and the decoder may add or take away 6 logits: it draws outlines, and cannot overrule what is sure.
    """

    def __init__(self, middle: int = 128, fine: int = 64) -> None:
        super().__init__()
        self.deep = nn.Sequential(pointwise(384, middle), separable(middle, middle, 5))
        self.skip8 = pointwise(192, middle)
        self.join8 = nn.Sequential(separable(middle, middle, 5), separable(middle, fine))
        self.skip4 = pointwise(96, fine)
        self.join4 = nn.Sequential(separable(fine, fine, 5), separable(fine, fine))
        self.head = nn.Conv2d(fine, PARTS + len(LINES), 1)
        self.where = nn.Conv2d(fine, 1, 1)
        self.way = nn.Conv2d(fine, 2, 1)
        for layer in (self.head, self.where, self.way):
            nn.init.normal_(layer.weight, std=0.01)
        with torch.no_grad():
            self.head.bias.zero_()
            self.head.bias[PARTS:] = -4.0
            self.where.bias.fill_(-4.0)
            self.way.bias.zero_()

    def forward(self, picture: Tensor) -> Seen:  # type: ignore[override]
        """picture: (b, 3, 16 n + 1, 16 m + 1) float32, -1..1."""
        four, eight, sixteen = self.encoder(picture)
        published = self.heads(sixteen)
        known = _doubled(_doubled(published[:, :1]))
        value = _doubled(self.deep(sixteen)) + self.skip8(eight)
        half = self.join8(value)
        value = self.join4(_doubled(half) + self.skip4(four))
        logits = self.head(value)
        somebody = known + SAY * torch.tanh(logits[:, :1])
        fine = torch.cat([somebody, logits[:, 1:]], 1)
        return Seen(fine, self.where(half), FAR * self.way(half), published)


def _doubled(value: Tensor) -> Tensor:
    size = (2 * value.shape[2] - 1, 2 * value.shape[3] - 1)
    return functional.interpolate(value, size=size, mode="bilinear", align_corners=True)
