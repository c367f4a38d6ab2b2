"""A published segmenter, trained on photos, sees the studio's people as people and its rooms as empty."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from framecue.composition.geometry import Pinhole
from framecue.studio import Scene, render

FRONT = Pinhole(353, 481, 48.0, y=1.0, z=-2.6, pitch_deg=-3.0)
Segment = Callable[[np.ndarray], np.ndarray]


@pytest.fixture(scope="module")
def person_mask(coral_models: Path) -> Segment:
    """(481, 353) bool: where BodyPix sees a person."""
    weights = coral_models / "bodypix_mobilenet_v1_075_720_1280_16_quant.tflite"
    if not weights.exists():
        pytest.skip(f"needs {weights.name}")
    model = Interpreter(str(weights), num_threads=1)
    entry = model.get_input_details()[0]["index"]
    model.resize_tensor_input(entry, [1, 481, 353, 3])
    model.allocate_tensors()
    output = next(d for d in model.get_output_details() if d["name"].startswith("float_segments"))

    def mask(image: np.ndarray) -> np.ndarray:
        model.set_tensor(entry, image[None])
        model.invoke()
        # Zero point 162 is probability one half; a cell of the map stands at every 16th pixel.
        above = model.get_tensor(output["index"])[0, ..., 0].astype(np.float32) - 162
        grow = np.float32([[16, 0, 0], [0, 16, 0]])
        return cv2.warpAffine(above, grow, (353, 481), borderMode=cv2.BORDER_REPLICATE) > 0

    return mask


@pytest.mark.slow
def test_bodypix_finds_the_people_where_they_are(person_mask: Segment) -> None:
    overlaps = []
    for seed in range(8):
        view = render(Scene.random(seed), FRONT, noise=2.0)
        truth, found = view.parts > 0, person_mask(view.image)
        overlaps.append((truth & found).sum() / (truth | found).sum())
    assert np.mean(overlaps) > 0.8
    assert min(overlaps) > 0.5


@pytest.mark.slow
def test_bodypix_finds_nobody_in_empty_rooms(person_mask: Segment) -> None:
    shares = [person_mask(render(Scene.random(seed, 0), FRONT, noise=2.0).image).mean() for seed in range(8)]
    assert max(shares) < 0.005
