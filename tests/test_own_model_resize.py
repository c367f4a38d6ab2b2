"""Models whose files name the sizes of their maps, rewritten for other pictures."""

from pathlib import Path

import numpy as np
import pytest

from framecue.segmentation.figure import Figure
from framecue.segmentation.resize import resized
from framecue.segmentation.runtime import Runtime

MODELS = Path(__file__).parents[1] / "models"


@pytest.fixture(scope="module")
def own() -> Path:
    found = next(iter(sorted(MODELS.glob("figure*.tflite"))), None)
    if found is None:
        pytest.skip("no model of our own yet")
    return found


def outputs(runtime: Runtime, picture: np.ndarray) -> dict[str, np.ndarray]:
    runtime.put(picture)
    runtime.invoke()
    return {name: runtime.tensor(name).raw for name in Figure.outputs}


def test_the_way_there_and_back_changes_nothing(own: Path) -> None:
    runtime = Runtime(own, Figure.outputs, 2)
    height, width = runtime.size
    picture = np.random.default_rng(1).integers(0, 256, (height, width, 3)).astype(np.uint8)
    before = outputs(runtime, picture)
    runtime.resize(193, 257)
    assert runtime.size == (193, 257)
    runtime.resize(height, width)
    after = outputs(runtime, picture)
    assert all((before[name] == after[name]).all() for name in before)


@pytest.mark.parametrize("size", [(257, 193), (193, 257), (353, 481)])
def test_maps_follow_the_picture(own: Path, size: tuple[int, int]) -> None:
    runtime = Runtime(own, Figure.outputs, 2)
    runtime.resize(*size)
    there = outputs(runtime, np.full((*size, 3), 90, np.uint8))
    cells = ((size[0] - 1) // 4 + 1, (size[1] - 1) // 4 + 1)
    assert there["framecue_parts"].shape == (1, *cells, 7)
    assert there["framecue_lines"].shape == (1, *cells, 3)
    assert there["framecue_parts"].dtype == np.int8


def test_another_kind_of_model(coral_models: Path) -> None:
    deeplab = (coral_models / "deeplabv3_mnv2_dm05_pascal_quant.tflite").read_bytes()
    with pytest.raises(ValueError, match="not known here"):
        resized(deeplab, 257, 257)
