"""From CCP's labels to what training may say of each pixel."""

import sys
from pathlib import Path

import numpy as np
import pytest

from framecue.parts import Part

sys.path.append(str(Path(__file__).parents[1]))
from models.training.labels import (
    BARE,
    CODES,
    HEAD,
    LOWER,
    SOMEBODY,
    TRUNK,
    UNKNOWN,
    UPPER,
    code_table,
    codes,
    sets,
)

NAMES = ["null", "skin", "hair", "shirt", "jeans", "shoes", "bag", "skirt", "accessories"]
SKIN, HAIR, SHIRT, JEANS, SHOES, BAG = 1, 2, 3, 4, 5, 6


def drawing() -> tuple[np.ndarray, np.ndarray]:
    """A person of 400 rows as CCP labels one, and as the teacher sees the same person."""
    label, seen = np.zeros((440, 200), np.uint8), np.zeros((440, 200), np.uint8)
    label[20:40, 85:115], label[40:80, 85:115] = HAIR, SKIN  # chin at row 69, neck below
    label[80:220, 70:130], seen[78:222, 70:130] = SHIRT, Part.TORSO
    label[80:230, 40:62], seen[78:232, 40:62] = SKIN, Part.ARM  # one bare arm
    label[220:400, 70:130], seen[222:396, 70:130] = JEANS, Part.LEG
    label[400:420, 70:130], seen[396:424, 70:130] = SHOES, Part.FOOT
    seen[15:78, 83:117] = Part.FACE
    return label, seen


def mapped(label: np.ndarray, seen: np.ndarray, chin: float | None = 69.0) -> np.ndarray:
    return codes(label, NAMES, chin, ((seen > 0) * 255).astype(np.uint8), seen)


def test_every_code_allows_its_own_part_and_unknown_allows_all() -> None:
    table = sets()
    assert table.shape == (CODES, len(Part))
    assert (table[: len(Part)] == np.eye(len(Part), dtype=bool)).all()
    assert table[UNKNOWN].all()
    assert not table[SOMEBODY, Part.BACKGROUND]
    assert table[SOMEBODY, 1:].all()
    for code in (HEAD, UPPER, LOWER, TRUNK, BARE):
        assert 2 <= table[code].sum() < 7


def test_names_become_codes() -> None:
    table = code_table(NAMES)
    assert list(table) == [0, BARE, Part.HAIR, UPPER, Part.LEG, Part.FOOT, Part.CARRIED, TRUNK, SOMEBODY]


def test_a_name_nobody_knows() -> None:
    with pytest.raises(ValueError, match="spacesuit"):
        code_table([*NAMES, "spacesuit"])


def test_skin_above_the_chin_is_face_and_below_it_is_none() -> None:
    found = mapped(*drawing())
    assert (found[42:68, 88:112] == Part.FACE).all()
    assert (found[71:79, 88:112] == Part.TORSO).all()


def test_bare_arms_are_arms() -> None:
    found = mapped(*drawing())
    assert (found[90:220, 42:60] == Part.ARM).all()


def test_without_a_chin_no_line_is_invented() -> None:
    found = mapped(*drawing(), chin=None)
    assert Part.FACE not in found[42:68, 88:112]
    assert sets()[found[42:68, 88:112], Part.FACE].all()  # but a face is allowed there


def test_what_garments_cover_is_told_by_the_teacher_only_where_it_is_sure() -> None:
    label, seen = drawing()
    label[80:200, 130:150], seen[78:200, 130:150] = SHIRT, Part.ARM  # a sleeve beside the body
    found = mapped(label, seen)
    assert (found[100:180, 140:148] == Part.ARM).all()
    assert (found[100:180, 90:110] == Part.TORSO).all()
    assert (found[100:180, 129:131] == UPPER).all()  # the seam may be either


def test_passers_by_are_no_background() -> None:
    label, seen = drawing()
    seen[100:300, 165:190] = Part.TORSO
    found = mapped(label, seen)
    assert (found[110:290, 168:188] == UNKNOWN).all()
    assert (found[100:300, 5:25] == Part.BACKGROUND).all()
    assert (found[label > 0] != UNKNOWN).all()


def test_the_teacher_spreading_over_an_outline_is_no_passer_by() -> None:
    label, seen = drawing()
    seen[90:210, 130:136] = Part.TORSO
    assert (mapped(label, seen)[100:200, 132:160] == Part.BACKGROUND).all()
