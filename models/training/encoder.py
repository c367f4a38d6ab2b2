"""The published BodyPix encoder as real numbers: where the own network starts.

MobileNetV1 0.75 (Howard et al., 2017), its last stage neither strided nor widened, batch norm folded.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

CONVOLUTIONS: Final = 27  # one plain, then 13 pairs of a depthwise and a pointwise one
HEADS: Final = ("float_segments", "float_part_heatmaps", "float_heatmaps")  # read together, in this order
HEAD_CHANNELS: Final = 1 + 24 + 17


class Weights(NamedTuple):
    """One convolution: weight float32, (out, in, 3, 3), (out, in, 1, 1) or, depthwise, (channels, 1, 3, 3);
    bias (out,) float32."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


def read_encoder(path: Path) -> list[Weights]:
    """The 27 convolutions of a published BodyPix file, in order, dequantized."""
    found = [weights for name, weights in _convolutions(path) if not name.startswith("float_")][:CONVOLUTIONS]
    if len(found) < CONVOLUTIONS:
        raise ValueError(f"{path} is no BodyPix on MobileNetV1: {len(found)} convolutions")
    return found


def read_heads(path: Path) -> Weights:
    """Its heads for person (1 channel), parts (24) and keypoints (17), one below the other."""
    named = {name: weights for name, weights in _convolutions(path) if name in HEADS}
    missing = [name for name in HEADS if name not in named]
    if missing:
        raise ValueError(f"{path} has no {', '.join(missing)}")
    both = [named[name] for name in HEADS]
    return Weights(
        np.concatenate([each.weight for each in both]), np.concatenate([each.bias for each in both])
    )


def _convolutions(path: Path) -> Iterator[tuple[str, Weights]]:
    """Every convolution of a file with the name of its output, in order."""
    from ai_edge_litert.interpreter import Interpreter

    # Without a delegate the operators stay as they are, heads included.
    interpreter = Interpreter(str(path), experimental_op_resolver_type=_plain_operators())
    interpreter.allocate_tensors()
    details = {detail["index"]: detail for detail in interpreter.get_tensor_details()}

    def real(index: int) -> NDArray[np.float32]:
        scales = details[index]["quantization_parameters"]
        raw = interpreter.get_tensor(index).astype(np.float32)
        shape = [1] * raw.ndim
        if len(scales["scales"]) > 1:
            shape[scales["quantized_dimension"]] = -1
        return raw * scales["scales"].reshape(shape).astype(np.float32)

    for operator in interpreter._get_ops_details():
        if operator["op_name"] not in {"CONV_2D", "DEPTHWISE_CONV_2D"}:
            continue
        _, weight, bias = (int(index) for index in operator["inputs"])
        order = (0, 3, 1, 2) if operator["op_name"] == "CONV_2D" else (3, 0, 1, 2)
        name = details[int(operator["outputs"][0])]["name"].rstrip("1")
        yield name, Weights(real(weight).transpose(order).copy(), real(bias))


def _plain_operators() -> Any:
    from ai_edge_litert.interpreter import OpResolverType

    return OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
