"""The published BodyPix encoder as real numbers: where the own network starts.

MobileNetV1 0.75 (Howard et al., 2017), its last stage neither strided nor widened, batch norm folded.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CONVOLUTIONS = 27  # one plain, then 13 pairs of a depthwise and a pointwise one


class Weights(NamedTuple):
    """One convolution: weight float32, (out, in, 3, 3), (out, in, 1, 1) or, depthwise, (channels, 1, 3, 3);
    bias (out,) float32."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


def read_encoder(path: Path) -> list[Weights]:
    """The 27 convolutions of a published BodyPix file, in order, dequantized."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    details = {detail["index"]: detail for detail in interpreter.get_tensor_details()}

    def real(index: int) -> NDArray[np.float32]:
        scales = details[index]["quantization_parameters"]
        raw = interpreter.get_tensor(index).astype(np.float32)
        shape = [1] * raw.ndim
        if len(scales["scales"]) > 1:
            shape[scales["quantized_dimension"]] = -1
        return raw * scales["scales"].reshape(shape).astype(np.float32)

    found = []
    for operator in interpreter._get_ops_details():
        if operator["op_name"] not in {"CONV_2D", "DEPTHWISE_CONV_2D"} or len(found) == CONVOLUTIONS:
            continue
        _, weight, bias = (int(index) for index in operator["inputs"])
        order = (0, 3, 1, 2) if operator["op_name"] == "CONV_2D" else (3, 0, 1, 2)
        found.append(Weights(real(weight).transpose(order).copy(), real(bias)))
    if len(found) < CONVOLUTIONS:
        raise ValueError(f"{path} is no BodyPix on MobileNetV1: {len(found)} convolutions")
    return found
