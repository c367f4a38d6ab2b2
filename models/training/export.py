"""From float weights to a full-int8 LiteRT model: uint8 pictures in, int8 logits out, one static size.

The network is built once more from its weights, channels last and batch norm folded, and quantized after
training with activation ranges of training frames (Jacob et al., CVPR 2018).
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from models.training.network import FAR, SAY, Network
from models.training.sources import Sources
from numpy.typing import NDArray
from torch import nn

from framecue.segmentation.figure import OUTPUTS, PARTS

CALIBRATION: Final = 160  # frames

Kernel = tuple[NDArray[np.float32], NDArray[np.float32]]  # weights channels last, and bias


def export(network: Network, size: tuple[int, int], pictures: Iterable[NDArray[np.uint8]]) -> bytes:
    """The model's file for pictures of (height, width), 16 n + 1 each.

    pictures: (h, w, 3) uint8 of that size, for the ranges of activations.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    forward = _graph(network, tf)
    shape = tf.TensorSpec([1, *size, 3], tf.float32)
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [tf.function(forward).get_concrete_function(shape)]
    )
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.int8

    def representative() -> Iterator[list[NDArray[np.float32]]]:
        ends = np.zeros((1, *size, 3), np.float32)
        ends[:, ::2], ends[:, 1::2] = -1, 127 / 128  # the whole range, so that a grey level is a step
        yield [ends]
        for picture in pictures:
            yield [((picture.astype(np.float32) - 128) / 128)[None]]

    converter.representative_dataset = representative
    return _named(converter.convert())


def calibration(
    sources: Sources, size: tuple[int, int], count: int = CALIBRATION
) -> Iterator[NDArray[np.uint8]]:
    """Training frames, (h, w, 3) uint8; none of them is ever trained on in just this shape."""
    for number in range(count):
        yield sources.frame(99, number, size).image


def _graph(network: Network, tf: Any) -> Any:
    """The network as a function of a (1, h, w, 3) tensor, -1..1, that gives all that Figure reads."""
    encoder = network.encoder
    first = _kernel(encoder.first)
    pairs = [tuple(_kernel(layer) for layer in pair) for pair in encoder.pairs]
    strides = [pair[0].stride[0] for pair in encoder.pairs]
    blocks = {
        name: _folded(module)
        for name, module in network.named_children()
        if isinstance(module, nn.Sequential)
    }
    weight, bias = _kernel(network.head)
    parts, lines = (weight[..., :PARTS], bias[:PARTS]), (weight[..., PARTS:], bias[PARTS:])
    somebody, part = (parts[0][..., :1], parts[1][:1]), (parts[0][..., 1:], parts[1][1:])
    heads = _kernel(network.heads)
    known = heads[0][..., :1], heads[1][:1]
    where = _kernel(network.where)
    way: Kernel = tuple(FAR * values for values in _kernel(network.way))  # type: ignore[assignment]

    def plain(value: Any, kernel: Kernel, stride: int = 1) -> Any:
        return tf.nn.bias_add(tf.nn.conv2d(value, kernel[0], stride, "SAME"), kernel[1])

    def depthwise(value: Any, kernel: Kernel, stride: int = 1) -> Any:
        done = tf.nn.depthwise_conv2d(value, kernel[0], [1, stride, stride, 1], "SAME")
        return tf.nn.bias_add(done, kernel[1])

    def through(value: Any, layers: list[tuple[bool, Kernel]]) -> Any:
        for each, kernel in layers:
            value = tf.nn.relu6((depthwise if each else plain)(value, kernel))
        return value

    def doubled(value: Any) -> Any:
        size = [2 * value.shape[1] - 1, 2 * value.shape[2] - 1]
        return tf.compat.v1.image.resize_bilinear(value, size, align_corners=True)

    def forward(picture: Any) -> list[Any]:
        value = tf.nn.relu6(plain(picture, first, 2))
        kept = []
        for stride, (each, point) in zip(strides, pairs, strict=True):
            value = tf.nn.relu6(plain(tf.nn.relu6(depthwise(value, each, stride)), point))
            kept.append(value)
        published = doubled(doubled(plain(value, known)))
        value = doubled(through(value, blocks["deep"])) + through(kept[4], blocks["skip8"])
        half = through(value, blocks["join8"])
        value = through(doubled(half) + through(kept[2], blocks["skip4"]), blocks["join4"])
        person = published + SAY * tf.math.tanh(plain(value, somebody))
        return [plain(value, part), plain(value, lines), plain(half, way), person, plain(half, where)]

    return forward


def _kernel(layer: nn.Conv2d, norm: nn.BatchNorm2d | None = None) -> Kernel:
    """Weights as TensorFlow wants them, (h, w, in, out) or, depthwise, (h, w, channels, 1); and bias."""
    weight = layer.weight.detach().cpu().numpy()
    bias = np.zeros(len(weight), np.float32) if layer.bias is None else layer.bias.detach().cpu().numpy()
    if norm is not None:
        mean, variance = norm.running_mean, norm.running_var
        assert mean is not None
        assert variance is not None
        gain = (norm.weight / (variance + norm.eps).sqrt()).detach().cpu().numpy()
        bias = norm.bias.detach().cpu().numpy() + (bias - mean.cpu().numpy()) * gain
        weight = weight * gain[:, None, None, None]
    order = (2, 3, 0, 1) if layer.groups > 1 else (2, 3, 1, 0)
    return weight.transpose(order).astype(np.float32), bias.astype(np.float32)


def _folded(block: nn.Module) -> list[tuple[bool, Kernel]]:
    """Convolutions of a decoder block in order, each with whether it is depthwise; all end in ReLU6."""
    layers = [layer for layer in block.modules() if isinstance(layer, nn.Conv2d | nn.BatchNorm2d)]
    return [
        (layer.groups > 1, _kernel(layer, norm))
        for layer, norm in zip(layers[::2], layers[1::2], strict=True)
    ]


def _named(model: bytes) -> bytes:
    """The same model, its outputs named so that they are known by name, told by their channels."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    whole = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    graph = whole.subgraphs[0]
    graph.outputs = sorted(
        (int(number) for number in graph.outputs),
        key=lambda number: (-graph.tensors[number].shape[3], -graph.tensors[number].shape[1]),
    )
    for number, name in zip(graph.outputs, OUTPUTS, strict=True):
        graph.tensors[number].name = name
    graph.tensors[int(graph.inputs[0])].name = "picture"
    whole.signatureDefs = None
    whole.description = "Framecue's own segmenter"
    builder = flatbuffers.Builder(len(model))
    builder.Finish(whole.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def write_model(model: bytes, path: Path) -> None:
    """Write a model whole or not at all."""
    part = path.with_suffix(".part")
    part.write_bytes(model)
    part.replace(path)
