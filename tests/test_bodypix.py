"""BodyPix's outputs come back as maps that lie where the frame's pixels lie."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from framecue.parts import Part, Segmentation
from framecue.segmentation import Tensor
from framecue.segmentation.bodypix import KEYPOINTS, STRIDE, BodyPix

SCALE, ZERO = 0.05, 128
cells = st.integers(3, 40)


def quantized(real: NDArray[np.float64], scale: float = SCALE) -> Tensor:
    """A real-valued output as the model would give it."""
    raw = np.clip(np.round(real / scale) + ZERO, 0, 255).astype(np.uint8)
    return Tensor(raw[np.newaxis], scale, ZERO)


def outputs(
    segments: NDArray[np.float64], parts: NDArray[np.float64] | None = None, with_points: bool = False
) -> dict[str, Tensor]:
    height, width = segments.shape
    found = {
        "float_segments": quantized(segments[..., np.newaxis]),
        "float_part_heatmaps": quantized(np.full((height, width, 24), -5.0) if parts is None else parts),
    }
    if with_points:
        found["float_heatmaps"] = quantized(np.full((height, width, 17), -6.0))
        found["float_short_offsets"] = quantized(np.zeros((height, width, 34)), 1.0)
    return found


def edges(line: NDArray[np.float32], frame: int) -> tuple[float, float]:
    """Where a profile rises over and falls under one half, in pixels of a frame that long."""
    above = np.flatnonzero(line >= 0.5)
    rise, fall = above[0], above[-1]
    positions = []
    for low, high in ((rise - 1, rise), (fall + 1, fall)):
        one, two = (np.log(line[index] / (1 - line[index])) for index in (low, high))
        positions.append(low + (high - low) * (0 - one) / (two - one))
    first, last = ((position + 0.5) * frame / len(line) - 0.5 for position in positions)
    return float(first), float(last)


@settings(deadline=None)
@given(st.integers(16, 5000), st.integers(16, 5000), st.sampled_from([257, 353, 481, 641]))
def test_input_keeps_the_aspect_in_whole_cells(height: int, width: int, long_side: int) -> None:
    size = BodyPix(long_side).input_size(height, width)
    assert max(size) == long_side
    assert all(side % STRIDE == 1 for side in size)
    wanted = (height * long_side / max(height, width), width * long_side / max(height, width))
    assert all(abs(a - b) <= 8.5 or a == 2 * STRIDE + 1 for a, b in zip(size, wanted, strict=True))


def test_input_of_a_preview() -> None:
    assert BodyPix().input_size(480, 640) == (353, 481)


@pytest.mark.parametrize("long_side", [480, 17, 0, -15])
def test_long_side_that_the_grid_cannot_have_is_refused(long_side: int) -> None:
    with pytest.raises(ValueError, match="16 n"):
        BodyPix(long_side)


@settings(deadline=None)
@given(cells, cells, st.floats(0.15, 0.4), st.floats(0.6, 0.85), st.sampled_from([1.0, 0.7, 2.3]))
def test_a_box_comes_back_in_its_place(
    rows: int, columns: int, begin: float, end: float, zoom: float
) -> None:
    """Edges given in logits that are linear in the distance are found again within a pixel of the input."""
    height, width = (rows - 1) * STRIDE + 1, (columns - 1) * STRIDE + 1
    assume((end - begin) * min(height, width) >= 3 * STRIDE)  # as much as the grid can show
    sides = []
    for cell_count, pixels in ((rows, height), (columns, width)):
        place = np.arange(cell_count) * STRIDE  # cell 0 is centred on pixel 0, the last on the last pixel
        sides.append(np.minimum(place - begin * pixels, end * pixels - place) / STRIDE)
    logits = np.clip(np.minimum(sides[0][:, None], sides[1][None, :]) * 3, -6, 6)
    person = BodyPix().decode(outputs(logits)).person
    assert person.dtype == np.float32
    profiles = ((person.max(axis=1), height), (person.max(axis=0), width))
    for profile, pixels in profiles:
        found = edges(profile, round(pixels * zoom))
        assert found == pytest.approx(
            [(side * pixels + 0.5) * zoom - 0.5 for side in (begin, end)], abs=1.0 * zoom + 0.5
        )


def test_parts_are_merged_to_their_ids() -> None:
    wanted = [Part.FACE] * 2 + [Part.ARM] * 10 + [Part.TORSO] * 2 + [Part.LEG] * 8 + [Part.FOOT] * 2
    for channel, part in enumerate(wanted):
        parts = np.full((4, 5, 24), -2.0)
        parts[:, :, channel] = 1.0
        decoded = BodyPix().decode(outputs(np.full((4, 5), 3.0), parts))
        assert decoded.parts.dtype == np.uint8
        assert (decoded.parts == part).all()
        assert decoded.parts.shape == decoded.person.shape


def test_nobody_has_no_parts() -> None:
    parts = np.full((4, 5, 24), 2.0)
    decoded = BodyPix().decode(outputs(np.full((4, 5), -0.5), parts))
    assert not decoded.parts.any()
    assert decoded.person.max() < 0.5


def pointing_at(rows: int, columns: int, y: float, x: float, point: int) -> dict[str, Tensor]:
    """Outputs in which all cells within 32 pixels of (y, x) point there, as the model was trained to."""
    found = outputs(np.zeros((rows, columns)), with_points=True)
    down = y - np.arange(rows)[:, None] * STRIDE + np.zeros((1, columns))
    across = x - np.arange(columns)[None, :] * STRIDE + np.zeros((rows, 1))
    near = np.full((rows, columns, 17), -6.0)
    near[np.hypot(down, across) <= 32, point] = 6.0
    offsets = np.zeros((rows, columns, 34))
    offsets[:, :, point], offsets[:, :, 17 + point] = down, across
    return found | {"float_heatmaps": quantized(near), "float_short_offsets": quantized(offsets, 0.8)}


@settings(deadline=None)
@given(st.floats(60, 300), st.floats(60, 200), st.integers(0, 16))
def test_a_keypoint_is_voted_into_its_place(y: float, x: float, point: int) -> None:
    rows, columns = 24, 18
    heatmaps = BodyPix().decode(pointing_at(rows, columns, y, x, point)).heatmaps
    assert tuple(heatmaps) == KEYPOINTS
    votes = heatmaps[KEYPOINTS[point]].astype(float)
    height, width = (rows - 1) * STRIDE + 1, (columns - 1) * STRIDE + 1
    row = (votes.sum(axis=1) @ np.arange(rows)) / votes.sum()
    column = (votes.sum(axis=0) @ np.arange(columns)) / votes.sum()
    assert (row + 0.5) * height / rows - 0.5 == pytest.approx(y, abs=0.6)
    assert (column + 0.5) * width / columns - 0.5 == pytest.approx(x, abs=0.6)
    assert votes.sum() == pytest.approx(1, abs=0.3)
    assert all(not other.any() for name, other in heatmaps.items() if name != KEYPOINTS[point])


def test_votes_off_the_frame_are_lost() -> None:
    heatmaps = BodyPix().decode(pointing_at(12, 12, -40, 90, 0)).heatmaps
    assert heatmaps["nose"].sum() < 0.01


@pytest.mark.parametrize("missing", ["float_heatmaps", "float_short_offsets"])
def test_a_model_without_keypoints_gives_none(missing: str) -> None:
    found = outputs(np.ones((5, 6)), with_points=True)
    del found[missing]
    assert BodyPix().decode(found).heatmaps == {}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), cells, cells)
def test_any_bytes_give_maps_in_range(seed: int, rows: int, columns: int) -> None:
    random = np.random.default_rng(seed)
    found = {
        name: Tensor(random.integers(0, 256, (1, rows, columns, count), dtype=np.uint8), scale, 120)
        for name, count, scale in (
            ("float_segments", 1, 0.1),
            ("float_part_heatmaps", 24, 0.1),
            ("float_heatmaps", 17, 0.1),
            ("float_short_offsets", 34, 1.2),
        )
    }
    decoded: Segmentation = BodyPix().decode(found)
    for values in (decoded.person, *decoded.heatmaps.values()):
        assert np.isfinite(values).all()
        assert values.min() >= 0
        assert values.max() <= 1
    assert decoded.parts.max() <= Part.FOOT


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("float_segments", (1, 5, 6, 2)),
        ("float_segments", (1, 1, 6, 1)),
        ("float_part_heatmaps", (1, 5, 7, 24)),
        ("float_heatmaps", (1, 5, 6, 16)),
        ("float_short_offsets", (5, 6, 34)),
    ],
)
def test_outputs_of_another_model_are_refused(name: str, shape: tuple[int, ...]) -> None:
    found = outputs(np.ones((5, 6)), with_points=True)
    found[name] = Tensor(np.zeros(shape, np.uint8), 0.1, 0)
    with pytest.raises(ValueError, match="shape"):
        BodyPix().decode(found)
