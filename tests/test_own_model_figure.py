"""The adapter of Framecue's own model, on outputs made by hand."""

import numpy as np
import pytest

from framecue.composition.heads import find_heads
from framecue.composition.lines import find_line
from framecue.parts import Part
from framecue.segmentation import Tensor
from framecue.segmentation.figure import LINES, PARTS, Figure

ROWS, COLUMNS = 97, 65  # cells of an input of 385 x 257
HEAD_ROWS, HEAD_COLUMNS = 49, 33  # and of heads and ways
HEIGHT, WIDTH = 770, 514  # a picture of twice the input's size


def outputs(**changed: np.ndarray) -> dict[str, Tensor]:
    """As the model gives them, int8, a tenth of a logit a step: nobody there, but for what is changed."""
    values = {
        "person": np.full((ROWS, COLUMNS, 1), -8.0),
        "parts": np.zeros((ROWS, COLUMNS, PARTS - 1)),
        "lines": np.full((ROWS, COLUMNS, len(LINES)), -8.0),
        "heads": np.full((HEAD_ROWS, HEAD_COLUMNS, 1), -8.0),
        "ways": np.zeros((HEAD_ROWS, HEAD_COLUMNS, 2)),
    } | changed
    return {
        f"framecue_{name}": Tensor(np.clip(np.round(each * 10), -128, 127).astype(np.int8)[None], 0.1, 0)
        for name, each in values.items()
    }


def spot(rows: int, columns: int, row: float, column: float, wide: float) -> np.ndarray:
    """Logits of a bright spot between cells."""
    down = ((np.arange(rows) - row) / 1.25) ** 2 / 2
    across = ((np.arange(columns) - column) / wide) ** 2 / 2
    bright = 0.97 * np.exp(-down[:, None] - across) + 1e-4
    return np.asarray(np.log(bright / (1 - bright)))


def pixel(cell: float, cells: int, pixels: int, stride: int = 4) -> float:
    """Picture pixel on which a cell of the model is centred: its input has stride (cells - 1) + 1 pixels."""
    return (stride * cell + 0.5) * pixels / (stride * (cells - 1) + 1) - 0.5


@pytest.mark.parametrize("exact", [True, False])
def test_an_edge_lies_where_the_model_puts_it(exact: bool) -> None:
    person, parts = np.full((ROWS, COLUMNS, 1), -8.0), np.zeros((ROWS, COLUMNS, PARTS - 1))
    person[40:], parts[..., Part.TORSO - 1] = 8, 5  # as sure below as above: the edge is at 39.5
    found = Figure(exact=exact).decode(outputs(person=person, parts=parts))
    cells = found.person.shape[0]
    profile = found.person[:, found.person.shape[1] // 2]
    after = int(np.argmax(profile >= 0.5))
    share = (0.5 - profile[after - 1]) / (profile[after] - profile[after - 1])
    edge = (after - 1 + share + 0.5) * HEIGHT / cells - 0.5
    assert edge == pytest.approx(pixel(39.5, ROWS, HEIGHT), abs=1.0 if exact else 2.0)
    assert set(np.unique(found.parts)) == {Part.BACKGROUND, Part.TORSO}


def test_somebody_is_of_the_likeliest_part() -> None:
    parts = np.zeros((ROWS, COLUMNS, PARTS - 1))
    parts[..., Part.ARM - 1], parts[..., Part.TORSO - 1] = 0.5, 0.2
    found = Figure().decode(outputs(person=np.full((ROWS, COLUMNS, 1), 0.4), parts=parts))
    assert found.person == pytest.approx(np.full_like(found.person, 1 / (1 + np.exp(-0.4))), abs=1e-3)
    assert (found.parts == Part.ARM).all()


@pytest.mark.parametrize(("row", "column"), [(20.3, 30.0), (0.0, 5.0), (70.75, 63.0)])
def test_a_line_is_found_between_cells(row: float, column: float) -> None:
    lines = np.full((ROWS, COLUMNS, len(LINES)), -8.0)
    lines[..., LINES.index("chin")] = spot(ROWS, COLUMNS, row, column, 2.5)
    found = Figure().decode(outputs(lines=lines))
    share = find_line(found.heatmaps["chin"], (0, 0, 1, 1))
    assert share is not None
    # At the very edge half the spot is off the picture, which pulls its centre inwards.
    limit = 1.0 if row > 3 else 10.0
    assert share * HEIGHT - 0.5 == pytest.approx(pixel(row, ROWS, HEIGHT), abs=limit)


@pytest.mark.parametrize(("row", "column"), [(20.3, 17.0), (40.0, 5.6)])
def test_every_cell_points_to_the_head_that_is_found(row: float, column: float) -> None:
    heads = spot(HEAD_ROWS, HEAD_COLUMNS, row, column, 1.25)[..., None]
    down, across = np.mgrid[:HEAD_ROWS, :HEAD_COLUMNS].astype(float)
    ways = np.clip(np.stack([row - down, column - across], axis=2), -12.7, 12.7)
    found = Figure().decode(outputs(heads=heads, ways=ways))
    ((x, y),) = find_heads(found.heatmaps["head"])
    assert y * HEIGHT - 0.5 == pytest.approx(pixel(row, HEAD_ROWS, HEIGHT, 8), abs=6)
    assert x * WIDTH - 0.5 == pytest.approx(pixel(column, HEAD_COLUMNS, WIDTH, 8), abs=6)
    assert found.ways is not None
    for at in ((int(row) + 5, int(column) + 3), (int(row) - 9, int(column))):
        to_y = (at[0] + 0.5) / HEAD_ROWS + found.ways[0][at]
        to_x = (at[1] + 0.5) / HEAD_COLUMNS + found.ways[1][at]
        assert to_y == pytest.approx(y, abs=0.01)
        assert to_x == pytest.approx(x, abs=0.015)


def test_nobody_has_no_lines_and_no_head() -> None:
    found = Figure().decode(outputs())
    assert find_line(found.heatmaps["chin"], (0, 0, 1, 1)) is None
    assert find_heads(found.heatmaps["head"]) == []
    assert (found.parts == Part.BACKGROUND).all()


@pytest.mark.parametrize(("exact", "cells"), [(True, (193, 129)), (False, (97, 65))])
def test_maps_cover_the_frame_as_finely_as_asked(exact: bool, cells: tuple[int, int]) -> None:
    found = Figure(exact=exact).decode(outputs())
    assert found.person.shape == found.parts.shape == cells
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


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("parts", (ROWS, COLUMNS, 8)),
        ("lines", (90, COLUMNS, 3)),
        ("person", (1, 1, 1)),
        ("ways", (49, 33, 1)),
    ],
)
def test_outputs_of_another_model(name: str, shape: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="framecue_"):
        Figure().decode(outputs(**{name: np.zeros(shape)}))
