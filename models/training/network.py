"""The network: BodyPix's encoder, a light decoder with skips to stride 4, parts and lines side by side.

Pictures are 16 n + 1 pixels high and wide, so that symmetric padding puts cell (r, c) of every stride s
exactly on pixel (s r, s c), and doubling with aligned corners keeps it there.
"""

from collections.abc import Iterable

import torch
from models.training.encoder import Weights
from torch import Tensor, nn
from torch.nn import functional

from framecue.parts import Part
from framecue.segmentation.figure import LINES

PARTS = len(Part)  # logits; those of the lines follow

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
    return functional.relu6(pointwise(functional.relu6(depthwise(value))))


def separable(channels: int, out: int, size: int = 3) -> nn.Sequential:
    """A depthwise and a pointwise convolution, each with batch norm and ReLU6."""
    return nn.Sequential(
        nn.Conv2d(channels, channels, size, 1, size // 2, groups=channels, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU6(),
        nn.Conv2d(channels, out, 1, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU6(),
    )


def pointwise(channels: int, out: int) -> nn.Sequential:
    """A 1 x 1 convolution with batch norm and ReLU6."""
    return nn.Sequential(nn.Conv2d(channels, out, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU6())


class Network(nn.Module):
    """Logits at stride 4: 8 parts, then the lines."""

    def __init__(self, middle: int = 128, fine: int = 64) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.deep = nn.Sequential(pointwise(384, middle), separable(middle, middle, 5))
        self.skip8 = pointwise(192, middle)
        self.join8 = nn.Sequential(separable(middle, middle, 5), separable(middle, fine))
        self.skip4 = pointwise(96, fine)
        self.join4 = nn.Sequential(separable(fine, fine, 5), separable(fine, fine))
        self.head = nn.Conv2d(fine, PARTS + len(LINES), 1)
        nn.init.normal_(self.head.weight, std=0.01)
        with torch.no_grad():
            self.head.bias.zero_()
            self.head.bias[PARTS:] = -4.0

    def forward(self, picture: Tensor) -> Tensor:
        """picture: (b, 3, 16 n + 1, 16 m + 1) float32, -1..1; returns (b, 11, 4 n + 1, 4 m + 1) logits."""
        four, eight, sixteen = self.encoder(picture)
        value = _doubled(self.deep(sixteen)) + self.skip8(eight)
        value = _doubled(self.join8(value)) + self.skip4(four)
        logits: Tensor = self.head(self.join4(value))
        return logits


def _doubled(value: Tensor) -> Tensor:
    size = (2 * value.shape[2] - 1, 2 * value.shape[3] - 1)
    return functional.interpolate(value, size=size, mode="bilinear", align_corners=True)
