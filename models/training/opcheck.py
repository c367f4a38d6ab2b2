"""Would the Edge TPU's compiler map every op of a model? It cannot run here; its published limits can.

Limits as documented at coral.ai/docs/edgetpu/models-intro (supported operations and model requirements).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

_EIGHT_BIT: Final = {"INT8", "UINT8"}


def check(path: Path) -> tuple[list[str], list[str]]:
    """Lines that list every op with its shape, and what the compiler would not map; the second is empty
    for a model that runs on the Edge TPU as a whole."""
    from ai_edge_litert import schema_py_generated as schema

    content = path.read_bytes()
    if content[4:8] != b"TFL3":
        return [], [f"{path} is no LiteRT file"]
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    if len(model.subgraphs) != 1:
        return [], ["more than one graph"]
    graph = model.subgraphs[0]
    ops = _names(schema.BuiltinOperator)
    types = _names(schema.TensorType)
    listed, wrong = [], []
    for tensor in graph.tensors:
        name = tensor.name.decode() if tensor.name else "?"
        if tensor.shapeSignature is not None and (np.asarray(tensor.shapeSignature) < 0).any():
            wrong.append(f"tensor {name} has no fixed shape")
    for number, operator in enumerate(graph.operators):
        code = model.operatorCodes[operator.opcodeIndex]
        name = ops[max(code.builtinCode, code.deprecatedBuiltinCode)]
        inputs = [graph.tensors[i] for i in operator.inputs if i >= 0]
        outputs = [graph.tensors[i] for i in operator.outputs]
        listed.append(f"{number:3} {name:20} {_shape(inputs[0])} -> {_shape(outputs[0])}")
        where = f"op {number} ({name})"
        if name not in _LIMITS:
            wrong.append(f"{where} is not on the Edge TPU's list")
            continue
        for tensor in [inputs[0], *outputs]:
            if types[tensor.type] not in _EIGHT_BIT:
                wrong.append(f"{where} works on {types[tensor.type]}, not on 8-bit integers")
            if sum(length > 1 for length in tensor.shape) > 3 or (
                len(tensor.shape) > 3 and tensor.shape[0] != 1
            ):
                wrong.append(f"{where} has a tensor of more than 3 dimensions")
        problem = _LIMITS[name](model, operator, inputs)
        if problem:
            wrong.append(f"{where}: {problem}")
    return listed, wrong


def _anything(model: Any, operator: Any, inputs: list[Any]) -> str:  # noqa: ARG001
    return ""


def _convolution(model: Any, operator: Any, inputs: list[Any]) -> str:
    options = operator.builtinOptions
    if options.dilationHFactor != options.dilationWFactor:
        return "its dilation differs across and down"
    return _constant(model, inputs[1:])


def _depthwise(model: Any, operator: Any, inputs: list[Any]) -> str:
    options = operator.builtinOptions
    if (options.dilationHFactor, options.dilationWFactor) != (1, 1):
        return "it is dilated"
    return _constant(model, inputs[1:])


def _resize(model: Any, operator: Any, inputs: list[Any]) -> str:
    options = operator.builtinOptions
    if options.alignCorners and options.halfPixelCenters:
        return "corners and half-pixel centres at once"
    return _constant(model, inputs[1:])


def _join(model: Any, operator: Any, inputs: list[Any]) -> str:  # noqa: ARG001
    return "it has an activation" if operator.builtinOptions.fusedActivationFunction else ""


def _pad(model: Any, operator: Any, inputs: list[Any]) -> str:  # noqa: ARG001
    values = _values(model, inputs[1])
    return "it pads the batch" if values is None or np.any(values.reshape(-1, 2)[0]) else ""


def _constant(model: Any, inputs: list[Any]) -> str:
    return "a weight or size is not constant" if any(_values(model, one) is None for one in inputs) else ""


def _values(model: Any, tensor: Any) -> Any:
    """A constant tensor's int32 values, or its bytes; None where it is no constant."""
    data = model.buffers[tensor.buffer].data
    if data is None or not len(data):
        return None
    return np.frombuffer(bytes(data), np.int32) if tensor.type == 2 else np.asarray(data)


_LIMITS: Final[dict[str, Callable[[Any, Any, list[Any]], str]]] = {
    "ADD": _anything,
    "AVERAGE_POOL_2D": _join,
    "CONCATENATION": _join,
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "LOGISTIC": _anything,
    "MAX_POOL_2D": _join,
    "MUL": _anything,
    "PAD": _pad,
    "QUANTIZE": _anything,
    "RELU": _anything,
    "RELU6": _anything,
    "RESIZE_BILINEAR": _resize,
    "RESIZE_NEAREST_NEIGHBOR": _resize,
    "SUB": _anything,
    "TANH": _anything,
}


def _names(kind: Any) -> dict[int, str]:
    return {value: name for name, value in vars(kind).items() if isinstance(value, int)}


def _shape(tensor: Any) -> str:
    return "x".join(str(length) for length in tensor.shape)


def main(path: Path) -> int:
    """Print the list; exit status 1 when something would not be mapped."""
    listed, wrong = check(path)
    print("\n".join(listed))
    for problem in wrong:
        print(f"NOT MAPPED: {problem}")
    print(f"{len(listed)} ops, {len(wrong)} problems")
    return 1 if wrong else 0
