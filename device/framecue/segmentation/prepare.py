"""Cut a model down to what is read of it.

The published decoder models end in an op that plain LiteRT cannot run, and BodyPix computes heads that
nobody here reads. Both go: everything that no wanted tensor needs is taken out of the flatbuffer, and the
wanted tensors become the outputs, in the order they were asked for. What they hold stays the same bit
for bit.
"""

import hashlib
import struct
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from framecue.durable import write_durably
from framecue.errors import ModelCorruptError, ModelError

_DECODER: Final = b"PosenetDecoderOp"
_MAGIC: Final = b"TFL3"
_DIGEST: Final = hashlib.sha256
_RULES: Final = "1"  # of cutting; counts up when they change, so that older results are not used
# What reading a flatbuffer of random bytes was seen to raise.
_UNREADABLE: Final = (
    struct.error,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
    MemoryError,
)


def prepare(model: bytes, outputs: Sequence[str], cache: Path | None = None) -> bytes:
    """The model with exactly these outputs and only what they need.

    model: a LiteRT flatbuffer. outputs: names of outputs, or of what the decoder at its end reads.
    cache: folder that keeps results, by the model's SHA-256 and the outputs; None for no cache. One that
    cannot be written, or holds a damaged result, costs time and nothing else.

    Raises ModelCorruptError when the model cannot be read or has no such outputs, and ModelError when it
    needs cutting and the schema for that, part of ai-edge-litert, is not installed.
    """
    if model[4:8] != _MAGIC:
        raise ModelCorruptError("the model cannot be read: it is no LiteRT file; fetch it again")
    key = _DIGEST("\n".join([_RULES, _DIGEST(model).hexdigest(), *outputs]).encode()).hexdigest()
    kept = None if cache is None else cache / f"{key}.prepared"
    known = None if kept is None else _load(kept)
    if known is not None:
        return known
    schema = _schema()
    if schema is None:
        if _DECODER in model:
            raise ModelError(
                "the model ends in a decoder that has to be cut off first: pip install ai-edge-litert, "
                "or choose a model without decoder"
            )
        return model  # only slower; the runtime checks the outputs
    prepared = _cut(schema, model, outputs)
    if kept is not None:
        with suppress(OSError):  # read-only or full: the cache is a convenience
            _keep(kept, prepared)
    return prepared


def _schema() -> Any:
    try:
        return import_module("ai_edge_litert.schema_py_generated")
    except ImportError:
        return None


def _cut(schema: Any, model: bytes, outputs: Sequence[str]) -> bytes:
    try:
        whole = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
        if len(whole.subgraphs) != 1:
            raise ModelCorruptError("the model is another one: it has more than one graph")
        _cut_graph(whole, outputs)
    except _UNREADABLE as error:
        raise ModelCorruptError(f"the model cannot be read ({error}); fetch it again") from error
    builder = import_module("flatbuffers").Builder(len(model))
    builder.Finish(whole.Pack(builder), _MAGIC)
    return bytes(builder.Output())


def _cut_graph(whole: Any, outputs: Sequence[str]) -> None:
    """Keep what leads to the outputs; tensors and buffers keep their numbers, unused ones are emptied."""
    graph = whole.subgraphs[0]
    decoders = [number for number, code in enumerate(whole.operatorCodes) if code.customCode == _DECODER]
    offered = [int(number) for number in graph.outputs]
    for operator in graph.operators:
        if operator.opcodeIndex in decoders:
            offered += [int(number) for number in operator.inputs]
    numbers = {graph.tensors[number].name.decode(): number for number in offered}
    missing = [name for name in outputs if name not in numbers]
    if missing:
        raise ModelCorruptError(f"the model is another one: it has no output {', '.join(missing)}")
    graph.outputs = [numbers[name] for name in outputs]
    needed = {int(number) for number in graph.outputs}
    operators: list[Any] = []
    for operator in reversed(graph.operators):
        made = {int(number) for number in operator.outputs}
        if made & needed:
            operators.insert(0, operator)
            needed |= made | {int(number) for number in operator.inputs}
    graph.operators = operators
    # A custom op nobody uses any more must not be looked for when the model is loaded.
    codes = sorted({operator.opcodeIndex for operator in operators})
    whole.operatorCodes = [whole.operatorCodes[code] for code in codes]
    for operator in operators:
        operator.opcodeIndex = codes.index(operator.opcodeIndex)
    kept = {graph.tensors[number].buffer for number in needed if number >= 0}
    kept |= {entry.buffer for entry in whole.metadata or []}
    for number, buffer in enumerate(whole.buffers):
        if number not in kept:
            buffer.data = None
    whole.signatureDefs = None  # they name outputs that may be gone; nobody here calls by signature


def _load(kept: Path) -> bytes | None:
    """A kept result, or None where there is none or it is damaged."""
    try:
        content = kept.read_bytes()
    except OSError:
        return None
    digest, prepared = content[:32], content[32:]
    return prepared if _DIGEST(prepared).digest() == digest else None


def _keep(kept: Path, prepared: bytes) -> None:
    """Write a result, its digest in front, so that it is there whole or not at all."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_durably(kept, _DIGEST(prepared).digest() + prepared)
