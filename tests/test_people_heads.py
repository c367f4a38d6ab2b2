"""People who stand close, before and behind one another, are told apart by the ways to their heads."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from figures import Figure, segmented
from framecue.composition.heads import find_heads
from framecue.composition.people import Person, find_people
from framecue.parts import Segmentation

WIDTH, HEIGHT = 640, 480
CELL = 8  # frame pixels per cell of heads and ways


def middle(figure: Figure) -> tuple[float, float]:
    return figure.centre, figure.top + 0.55 * figure.head


def owners(figures: list[Figure], step: int) -> NDArray[np.int8]:
    """Whose each cell is, -1 for nobody; the later figures stand before the earlier ones."""
    y, x = np.mgrid[step / 2 : HEIGHT : step, step / 2 : WIDTH : step]
    found = np.full(x.shape, -1, np.int8)
    for number, figure in enumerate(figures):
        inside = np.maximum.reduce(list(figure.distances(x, y).values()))
        found[inside >= 0] = number
    return found


def pointing(figures: list[Figure], noise: float = 0.0) -> Segmentation:
    """A segmentation of a model that knows the ways to heads. noise: share of a way that it is off."""
    rng = np.random.default_rng(1)
    own = owners(figures, CELL)
    rows, columns = np.mgrid[: own.shape[0], : own.shape[1]] + 0.5
    ways, heads = np.zeros((2, *own.shape), np.float32), np.zeros(own.shape, np.float32)
    for number, figure in enumerate(figures):
        x, y = middle(figure)
        down, across = y / CELL - rows, x / CELL - columns
        heads = np.maximum(heads, np.exp(-(down**2 + across**2) / 4.5).astype(np.float32))
        mine = own == number
        off = rng.normal(0, noise, (2, *own.shape)) * np.hypot(down, across)
        ways[:, mine] = ((np.stack([down, across]) + off) / [[[own.shape[0]]], [[own.shape[1]]]])[:, mine]
    plain = segmented(figures, WIDTH, HEIGHT, points=False)
    return replace(plain, heatmaps={"head": heads}, ways=ways)


def shares(people: list[Person], figures: list[Figure]) -> list[float]:
    """For every figure the overlap with the person found that is most like it."""
    own = owners(figures, 4)
    found = []
    for number in range(len(figures)):
        mine = own == number
        each = [np.count_nonzero(one.own & mine) / np.count_nonzero(one.own | mine) for one in people]
        found.append(max(each, default=0.0))
    return found


@given(apart=st.floats(50, 200), behind=st.floats(0, 60), noise=st.floats(0, 0.08))
@example(apart=80.0, behind=0.0, noise=0.0625)  # heads midway between cells: two cells are as bright
def test_two_people_are_two_however_much_they_overlap(apart: float, behind: float, noise: float) -> None:
    pair = [Figure(320 - apart / 2, 40 + behind, 300), Figure(320 + apart / 2, 60, 380)]
    people = find_people(pointing(pair, noise))
    assert len(people) == 2
    assert min(shares(people, pair)) > 0.7


@pytest.mark.parametrize("count", [3, 4, 5, 6])
def test_a_row_of_people_shoulder_to_shoulder_is_counted_right(count: int) -> None:
    row = [Figure(110 + 80 * number, 70 + 25 * (number % 2), 330) for number in range(count)]
    people = find_people(pointing(row, 0.05))
    assert len(people) == count
    assert min(shares(people, row)) > 0.85


def test_each_of_a_pair_has_a_head_of_their_own() -> None:
    pair = [Figure(290, 60, 360), Figure(350, 90, 360)]
    people = sorted(find_people(pointing(pair)), key=lambda person: person.box[0])
    for person, figure in zip(people, pair, strict=True):
        assert person.head is not None
        left, top, right, bottom = (4 * side for side in person.head)
        x, y = middle(figure)
        assert left < x < right
        assert top < y < bottom


def test_somebody_whose_head_is_above_the_frame_is_not_given_to_the_neighbour() -> None:
    near, whole = Figure(200, -120, 560), Figure(330, 60, 380)
    people = find_people(pointing([whole, near]))
    assert len(people) == 2
    assert min(shares(people, [whole, near])) > 0.8
    assert [person.head is None for person in people] == [False, True]


def test_legs_severed_by_a_table_stay_with_their_head() -> None:
    figure = Figure(320, 40, 400)
    whole = pointing([figure])
    person, parts = whole.person.copy(), whole.parts.copy()
    person[65:72], parts[65:72] = 0, 0
    assert len(find_people(replace(whole, person=person, parts=parts))) == 1


def test_nobody_has_no_head() -> None:
    assert find_heads(np.zeros((30, 40), np.float32)) == []
    assert find_people(pointing([])) == []
