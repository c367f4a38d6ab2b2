"""Cutting models down: what stays is bit for bit what it was."""

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import given, settings
from hypothesis import strategies as st

from framecue.errors import ModelCorruptError, ModelError
from framecue.segmentation.prepare import prepare
from framecue.segmentation.runtime import Runtime

HEADS = ("float_segments", "float_part_heatmaps")
FED = ("float_heatmaps", "float_short_offsets", "float_mid_offsets", "float_long_offsets")


@pytest.fixture(scope="module")
def plain(coral_models: Path) -> bytes:
    return (coral_models / "bodypix_mobilenet_v1_075_720_1280_16_quant.tflite").read_bytes()


def opened(model: bytes) -> Any:
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))


def packed(model: Any) -> bytes:
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def with_decoder(plain: bytes) -> bytes:
    """The plain model with a custom op that swallows the pose heads, as the published ones have it."""
    model = opened(plain)
    graph = model.subgraphs[0]
    names = [tensor.name.decode() for tensor in graph.tensors]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    code.customCode = b"PosenetDecoderOp"
    model.operatorCodes.insert(0, code)  # the others' numbers shift, as a cut must undo
    for operator in graph.operators:
        operator.opcodeIndex += 1
    poses = schema.TensorT()
    poses.name, poses.shape, poses.type = b"poses", [], schema.TensorType.FLOAT32
    graph.tensors.append(poses)
    decoder = schema.OperatorT()
    decoder.opcodeIndex = 0
    decoder.inputs = [names.index(name) for name in FED]
    decoder.outputs = [len(graph.tensors) - 1]
    graph.operators.append(decoder)
    graph.outputs = [len(graph.tensors) - 1, *(names.index(name) for name in HEADS)]
    return packed(model)


def answers(model: bytes, names: Sequence[str], folder: Path) -> dict[str, Any]:
    file = folder / f"{hashlib.sha256(model).hexdigest()}.tflite"
    file.write_bytes(model)
    runtime = Runtime(file, names, 2)
    runtime.resize(161, 129)
    runtime.put(np.random.default_rng(7).integers(0, 256, (161, 129, 3), np.uint8))
    runtime.invoke()
    return {name: runtime.tensor(name) for name in names}


@pytest.mark.parametrize("names", [HEADS, ("float_part_heatmaps", "float_heatmaps", "float_segments")])
def test_a_decoder_is_cut_off_and_the_heads_stay_as_they_were(
    plain: bytes, tmp_path: Path, names: tuple[str, ...]
) -> None:
    decoding = with_decoder(plain)
    with pytest.raises(ModelCorruptError):
        answers(decoding, HEADS, tmp_path)  # as published, plain LiteRT cannot run it
    expected = answers(plain, names, tmp_path)
    for cut in (prepare(decoding, names), prepare(plain, names)):
        got = answers(cut, names, tmp_path)
        for name in names:
            np.testing.assert_array_equal(got[name].raw, expected[name].raw)
            assert (got[name].scale, got[name].zero_point) == (
                expected[name].scale,
                expected[name].zero_point,
            )
        graph = opened(cut).subgraphs[0]
        assert [graph.tensors[number].name.decode() for number in graph.outputs] == list(names)
        assert b"PosenetDecoderOp" not in cut


def test_heads_nobody_reads_are_gone(plain: bytes) -> None:
    before, after = opened(plain).subgraphs[0], opened(prepare(plain, HEADS)).subgraphs[0]
    assert len(before.operators) - len(after.operators) == 10  # four heads, one in two halves
    assert len(prepare(plain, HEADS)) < len(plain) - 50_000


@pytest.mark.parametrize("size", ["480_352", "640_480"])
def test_published_decoder_models_keep_their_compiled_part(coral_models: Path, size: str) -> None:
    names = (*HEADS, "float_heatmaps")
    file = coral_models / f"bodypix_mobilenet_v1_075_{size}_16_quant_decoder_edgetpu.tflite"
    model = file.read_bytes()
    cut = opened(prepare(model, names))
    graph = cut.subgraphs[0]
    assert [code.customCode for code in cut.operatorCodes] == [b"edgetpu-custom-op"]
    assert [operator.opcodeIndex for operator in graph.operators] == [0]
    before = opened(model).subgraphs[0].operators[0]
    np.testing.assert_array_equal(graph.operators[0].customOptions, before.customOptions)
    np.testing.assert_array_equal(graph.operators[0].outputs, before.outputs)
    assert [graph.tensors[number].name.decode() for number in graph.outputs] == list(names)
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    interpreter = litert.Interpreter(model_content=prepare(model, names))
    assert [detail["name"] for detail in interpreter.get_output_details()] == list(names)
    with pytest.raises(RuntimeError, match="edgetpu-custom-op"):  # the one thing left that needs the device
        interpreter.allocate_tensors()


def test_deeplab_needs_no_cut_and_answers_the_same(coral_models: Path, tmp_path: Path) -> None:
    model = (coral_models / "deeplabv3_mnv2_dm05_pascal_quant.tflite").read_bytes()
    results = []
    for content in (model, prepare(model, ("ArgMax",))):
        file = tmp_path / "model.tflite"
        file.write_bytes(content)
        runtime = Runtime(file, ("ArgMax",), 2)
        runtime.put(np.random.default_rng(1).integers(0, 256, (513, 513, 3), np.uint8))
        runtime.invoke()
        results.append(runtime.tensor("ArgMax").raw)
    np.testing.assert_array_equal(results[0], results[1])


def test_results_are_kept_and_used_again(
    plain: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "deep" / "cache"
    first = prepare(plain, HEADS, cache)
    (kept,) = cache.iterdir()
    other = prepare(plain, HEADS[:1], cache)
    assert other != first
    assert len(list(cache.iterdir())) == 2
    monkeypatch.setitem(sys.modules, "ai_edge_litert.schema_py_generated", None)  # not needed now
    assert prepare(plain, HEADS, cache) == first
    monkeypatch.undo()
    for damage in (b"", kept.read_bytes()[:-1], kept.read_bytes()[:-1] + b"?"):
        kept.write_bytes(damage)
        assert prepare(plain, HEADS, cache) == first
        assert prepare(plain, HEADS, cache) == first


def test_an_unwritable_cache_costs_nothing_but_time(plain: bytes, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert prepare(plain, HEADS, blocked / "cache") == prepare(plain, HEADS)


def test_without_a_schema_only_what_needs_cutting_is_refused(
    plain: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoding = with_decoder(plain)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.schema_py_generated", None)
    assert prepare(plain, HEADS) == plain
    with pytest.raises(ModelError, match="pip install ai-edge-litert"):
        prepare(decoding, HEADS)


def test_another_model_is_named_as_such(coral_models: Path) -> None:
    movenet = (coral_models / "movenet_single_pose_lightning_ptq.tflite").read_bytes()
    for names in (HEADS, ("ArgMax",)):  # the latter is in it, but not what it gives
        with pytest.raises(ModelCorruptError, match=f"no output {names[0]}"):
            prepare(movenet, names)


@given(st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_no_bytes_break_it(noise: bytes) -> None:
    for content in (noise, b"\x08\x00\x00\x00TFL3" + noise):
        with pytest.raises(ModelCorruptError):
            prepare(content, HEADS)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.99])
def test_a_torn_file_is_corrupt(plain: bytes, share: float) -> None:
    with pytest.raises(ModelCorruptError):
        prepare(plain[: int(len(plain) * share)], HEADS)
