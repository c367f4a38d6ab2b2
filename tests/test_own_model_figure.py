"""The adapter of Framecue's own model, on outputs made by hand."""

import numpy as np
import pytest

from framecue.composition.lines import find_line
from framecue.parts import Part
from framecue.segmentation import Tensor
from framecue.segmentation.figure import LINES, Figure

ROWS, COLUMNS = 97, 65  # cells of an input of 385 x 257
HEIGHT, WIDTH = 770, 514  # a picture of twice the input's size


def outputs(parts: np.ndarray, lines: np.ndarray) -> dict[str, Tensor]:
    """As the model gives them: int8, a tenth of a logit a step."""

    def stored(values: np.ndarray) -> Tensor:
        return Tensor(np.clip(np.round(values * 10), -128, 127).astype(np.int8)[None], 0.1, 0)

    return {"framecue_parts": stored(parts), "framecue_lines": stored(lines)}


def flat() -> tuple[np.ndarray, np.ndarray]:
    """Nobody there, and no lines."""
    parts = np.zeros((ROWS, COLUMNS, len(Part)), np.float32)
    parts[..., 0] = 8
    return parts, np.full((ROWS, COLUMNS, len(LINES)), -8, np.float32)


def pixel(cell: float, cells: int, pixels: int) -> float:
    """Picture pixel on which a cell of the model is centred: its input has 4 (cells - 1) + 1 pixels."""
    return (4 * cell + 0.5) * pixels / (4 * (cells - 1) + 1) - 0.5


def test_an_edge_lies_where_the_model_puts_it() -> None:
    parts, lines = flat()
    parts[40:, :, Part.TORSO] = 16  # as sure of somebody below as of nobody above: the edge is at 39.5
    found = Figure().decode(outputs(parts, lines))
    cells = found.person.shape[0]
    profile = found.person[:, found.person.shape[1] // 2]
    after = int(np.argmax(profile >= 0.5))
    share = (0.5 - profile[after - 1]) / (profile[after] - profile[after - 1])
    edge = (after - 1 + share + 0.5) * HEIGHT / cells - 0.5
    assert edge == pytest.approx(pixel(39.5, ROWS, HEIGHT), abs=1.0)
    assert set(np.unique(found.parts)) == {Part.BACKGROUND, Part.TORSO}


def test_somebody_is_as_likely_as_all_parts_together() -> None:
    parts, lines = flat()
    parts[..., 0] = 0
    parts[..., Part.ARM], parts[..., Part.TORSO] = 0.5, 0.2
    parts[..., [Part.HAIR, Part.FACE, Part.LEG, Part.FOOT, Part.CARRIED]] = -12
    found = Figure().decode(outputs(parts, lines))
    odds = np.exp(0.5) + np.exp(0.2)
    assert found.person == pytest.approx(np.full_like(found.person, odds / (1 + odds)), abs=1e-3)
    assert (found.parts == Part.ARM).all()  # less likely than nobody by itself, but the likeliest part


@pytest.mark.parametrize(("row", "column"), [(20.3, 30.0), (0.0, 5.0), (70.75, 63.0)])
def test_a_line_is_found_between_cells(row: float, column: float) -> None:
    parts, lines = flat()
    down = ((np.arange(ROWS) - row) / 1.25) ** 2 / 2
    across = ((np.arange(COLUMNS) - column) / 2.5) ** 2 / 2
    bright = 0.97 * np.exp(-down[:, None] - across) + 1e-4
    lines[..., 0] = np.log(bright / (1 - bright))
    found = Figure().decode(outputs(parts, lines))
    share = find_line(found.heatmaps["chin"], (0, 0, 1, 1))
    assert share is not None
    # At the very edge half the spot is off the picture, which pulls its centre inwards.
    limit = 1.0 if row > 3 else 10.0
    assert share * HEIGHT - 0.5 == pytest.approx(pixel(row, ROWS, HEIGHT), abs=limit)


def test_a_dark_heatmap_has_no_line() -> None:
    found = Figure().decode(outputs(*flat()))
    assert set(found.heatmaps) == set(LINES)
    assert all(find_line(found.heatmaps[name], (0, 0, 1, 1)) is None for name in LINES)
    assert (found.parts == Part.BACKGROUND).all()


def test_maps_cover_the_frame_at_twice_the_cells() -> None:
    found = Figure().decode(outputs(*flat()))
    assert found.person.shape == found.parts.shape == (2 * ROWS - 1, 2 * COLUMNS - 1)
    assert found.person.dtype == np.float32
    assert found.parts.dtype == np.uint8


@pytest.mark.parametrize(
    ("size", "wanted"), [((825, 550), (481, 321)), ((480, 640), (353, 481)), ((10, 1000), (33, 481))]
)
def test_input_keeps_the_aspect(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert Figure(481).input_size(*size) == wanted


@pytest.mark.parametrize("long_side", [480, 17, 0, -15])
def test_a_long_side_that_does_not_suit(long_side: int) -> None:
    with pytest.raises(ValueError, match="16 n"):
        Figure(long_side)


def test_outputs_of_another_model() -> None:
    parts, lines = flat()
    for wrong in (outputs(parts[..., :7], lines), outputs(parts, lines[:90]), outputs(parts[:1], lines[:1])):
        with pytest.raises(ValueError, match="framecue_"):
            Figure().decode(wrong)
