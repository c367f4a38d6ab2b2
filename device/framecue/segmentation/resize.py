"""Other input sizes for models whose graph names its own.

LiteRT can change the input of a model of convolutions, but an op that enlarges a map to a size that is
written in the file then no longer fits. Here the file's sizes are rewritten along with its input; weights
stay the same bit for bit.
"""

from importlib import import_module
from typing import Any, Final

import numpy as np

_RESIZES: Final = ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR")
_MAGIC: Final = b"TFL3"


def resized(model: bytes, height: int, width: int) -> bytes:
    """The same model for pictures of height x width.

    model: a LiteRT flatbuffer whose maps shrink by strides of 2 with SAME padding and grow from n to 2 n - 1
    cells or by whole factors. Raises ValueError where it is another kind, ImportError without the schema
    that comes with ai-edge-litert.
    """
    schema: Any = import_module("ai_edge_litert.schema_py_generated")
    whole = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    if len(whole.subgraphs) != 1 or len(whole.subgraphs[0].inputs) != 1:
        raise ValueError("more than one graph or input")
    graph = whole.subgraphs[0]
    kinds = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    _reshape(graph.tensors[int(graph.inputs[0])], height, width)
    for operator in graph.operators:
        code = whole.operatorCodes[operator.opcodeIndex]
        kind = kinds[max(code.builtinCode, code.deprecatedBuiltinCode)]
        source, result = graph.tensors[int(operator.inputs[0])], graph.tensors[int(operator.outputs[0])]
        if kind in {"CONV_2D", "DEPTHWISE_CONV_2D"}:
            options = operator.builtinOptions
            if options.padding != schema.Padding.SAME:
                raise ValueError("a convolution without padding")
            size = (-(-source.shape[1] // options.strideH), -(-source.shape[2] // options.strideW))
        elif kind in _RESIZES:
            size = _grown(source.shape, result.shape, whole, graph, operator)
        elif kind in {"QUANTIZE", "ADD", "MUL", "RELU6", "TANH"}:
            size = (source.shape[1], source.shape[2])
        else:
            raise ValueError(f"an op that is not known here: {kind}")
        _reshape(result, int(size[0]), int(size[1]))
    builder = import_module("flatbuffers").Builder(len(model))
    builder.Finish(whole.Pack(builder), _MAGIC)
    return bytes(builder.Output())


def _reshape(tensor: Any, height: int, width: int) -> None:
    """Give an activation another height and width; what it had before is kept beside for `_grown`."""
    tensor.was = getattr(tensor, "was", tuple(int(length) for length in tensor.shape))
    tensor.shape = np.array([tensor.was[0], height, width, tensor.was[3]], np.int32)
    tensor.shapeSignature = None


def _grown(source: Any, result: Any, whole: Any, graph: Any, operator: Any) -> tuple[int, int]:
    """What an enlarged map measures now; its size in the file is rewritten."""
    constant = graph.tensors[int(operator.inputs[1])]
    was = graph.tensors[int(operator.inputs[0])].was
    size = []
    for now, before, then in zip(source[1:3], was[1:3], result[1:3], strict=True):
        if then == 2 * before - 1:
            size.append(2 * int(now) - 1)
        elif then % before == 0:
            size.append(int(now) * int(then // before))
        else:
            raise ValueError(f"a map grows from {before} to {then} cells")
    # Another op may share the constant: each gets its own.
    whole.buffers.append(type(whole.buffers[0])())
    whole.buffers[-1].data = np.frombuffer(np.array(size, np.int32).tobytes(), np.uint8)
    graph.tensors.append(type(constant)())
    new = graph.tensors[-1]
    new.name, new.type, new.shape = constant.name, constant.type, constant.shape
    new.buffer = len(whole.buffers) - 1
    operator.inputs = np.array([operator.inputs[0], len(graph.tensors) - 1], np.int32)
    return size[0], size[1]
