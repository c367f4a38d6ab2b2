"""People from meshes: clothes follow the body, bones what hangs on them, and parts and lines what is seen."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framecue.composition.geometry import Pinhole
from framecue.parts import Part
from framecue.studio.scene import Light

sys.path.append(str(Path(__file__).parents[1]))
from models.training.meshes.body import Bodies, bodies
from models.training.meshes.clothes import garment, pieces, skirt
from models.training.meshes.figure import Figure
from models.training.meshes.places import filled, folded
from models.training.meshes.pose import posed, random_turns, read_bvh, skinned, turn
from models.training.meshes.render import Placed, corners, placed, rendered
from models.training.meshes.textures import SIDE

MAKEHUMAN = Path(__file__).parents[2] / "shared/data/makehuman"
BOX = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


def small_bodies() -> Bodies:
    """One body of four vertices on two bones."""
    rest = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    weights = np.array([[1, 0], [1, 0], [0, 1], [1, 0]], np.float32)
    joints = np.array([[[0, 0, 0], [0, 0.5, 0]]], np.float32)
    parents = np.array([-1, 0], np.int32)
    shapes = (rest * 10000).astype(np.int16)[None]
    return Bodies(shapes, joints, np.zeros((1, 2), np.float32), weights, ("root", "head"), parents, {})


def person() -> Figure:
    """Four boxes on top of each other, feet, trunk, face and hair, each .4 m high."""
    points, triangles, parts = [], [], []
    for number, part in enumerate((Part.FOOT, Part.TORSO, Part.FACE, Part.HAIR)):
        low = np.array([-0.2, 0.4 * number, -0.2])
        quads = np.array(BOX) + 8 * number
        points.append(corners(low, low + 0.4))
        triangles += [quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]
        parts.append(np.tile(np.eye(len(Part), dtype=np.float32)[part], (8, 1)))
    everything, faces = np.concatenate(points), np.concatenate(triangles).astype(np.int32)
    zeros = np.zeros(len(everything), np.float32)
    return Figure(
        everything,
        faces,
        np.concatenate(parts),
        np.ones(len(faces), np.uint8),  # worn, so that both sides are drawn
        np.zeros((len(everything), 2), np.float32),
        np.ones((len(everything), 3), np.float32),
        zeros,
        zeros,
        np.full((2, SIDE, SIDE, 3), 200, np.uint8),
        None,
    )


def seen(*people: Placed) -> tuple[np.ndarray[Any, Any], list[dict[str, Any]]]:
    pinhole = Pinhole(160, 240, 40.0, y=1.0, z=-4.0)
    background = np.full((240, 160, 3), 90, np.uint8)
    empty = np.zeros((240, 160), np.float32)
    rng = np.random.default_rng(0)
    picture, lines = rendered(background, empty, list(people), [], pinhole, Light(), rng)
    return picture.parts, lines


def test_what_hangs_together_is_one_piece() -> None:
    triangles = np.array([[0, 1, 2], [2, 1, 3], [4, 5, 6]], np.int32)
    assert pieces(7, triangles).tolist() == [0, 0, 0, 0, 4, 4, 4]


def test_clothes_follow_the_body(tmp_path: Path) -> None:
    (tmp_path / "cap.obj").write_text("v 0 0 0\nv 0 0 0\nv 0 0 0\nvt 0 0\nf 1/1 2/1 3/1\n")
    (tmp_path / "cap.mhclo").write_text(
        "# a cap\nobj_file cap.obj\nx_scale 0 1 10.0\ny_scale 0 2 10.0\nz_scale 0 3 10.0\nverts 0\n"
        "0 1 2 0.5 0.5 0.0 0.0 1.0 0.0\n2\n3\n\ndelete_verts\n0 2 - 3\n"
    )
    cap = garment(tmp_path / "cap.mhclo", small_bodies())
    rest = small_bodies().rest(0)
    assert np.allclose(cap.fitted(rest)[0], (0.5, 0.1, 0), atol=1e-5)
    assert np.allclose(cap.fitted(2 * rest)[0], (1.0, 0.2, 0), atol=1e-5)
    assert np.allclose(cap.weights.sum(axis=1), 1)
    assert cap.hidden.tolist() == [0, 2, 3]


def test_clothes_of_another_mesh_are_refused(tmp_path: Path) -> None:
    (tmp_path / "cap.obj").write_text("v 0 0 0\nv 0 0 0\nv 0 0 0\nf 1 2 3\n")
    (tmp_path / "cap.mhclo").write_text(
        "obj_file cap.obj\nx_scale 0 1 1\ny_scale 0 2 1\nz_scale 0 3 1\nverts 0\n1\n"
    )
    with pytest.raises(ValueError, match="ties 1 vertices"):
        garment(tmp_path / "cap.mhclo", small_bodies())


def test_bones_carry_what_hangs_on_them() -> None:
    body = small_bodies()
    rest = body.rest(0)
    still = posed(body, body.joints[0], {})
    assert np.allclose(skinned(rest, body.weights, still), rest, atol=1e-6)
    nodding = posed(body, body.joints[0], {"head": turn(np.array([1.0, 0, 0]), 90)})
    moved = skinned(rest, body.weights, nodding)
    assert np.allclose(moved[2], (0, 0.5, 0.5), atol=1e-6)
    assert np.allclose(moved[[0, 1, 3]], rest[[0, 1, 3]], atol=1e-6)


def test_parts_and_lines_are_those_of_the_boxes() -> None:
    parts, lines = seen(placed(person(), 0, 0, 0, Light()))
    rows = [np.flatnonzero((parts == part).any(axis=1)) for part in (Part.HAIR, Part.FACE, Part.FOOT)]
    assert lines[0]["head_top"][1] == pytest.approx(rows[0][0], abs=1.5)
    assert lines[0]["chin"][1] == pytest.approx(rows[1][-1], abs=1.5)
    assert lines[0]["foot"][1] == pytest.approx(rows[2][-1], abs=1.5)
    assert set(np.unique(parts)) == {Part.BACKGROUND, Part.HAIR, Part.FACE, Part.TORSO, Part.FOOT}


def test_who_stands_behind_somebody_has_no_lines() -> None:
    near, far = placed(person(), 0, 0, 0, Light()), placed(person(), 0, 1.5, 0, Light())
    _, lines = seen(far, near)
    assert set(lines[0].values()) == {None}
    assert None not in lines[1].values()


def test_missing_places_are_made_up_and_known_ones_kept() -> None:
    image = np.full((64, 48, 3), 120, np.uint8)
    missing = np.zeros((64, 48), bool)
    missing[20:50, 15:35] = True
    image[missing] = 255
    whole = filled(image, missing)
    assert np.abs(whole.astype(int) - 120).max() <= 3


def test_missing_places_are_covered_by_what_is_beside_them() -> None:
    image = np.tile(np.arange(90, dtype=np.uint8)[None, :, None], (10, 1, 3))
    missing = np.zeros((10, 90), bool)
    missing[:, 30:60] = True
    image[missing] = 255
    whole, left = folded(image, missing, 30, 59)
    assert not left.any()
    assert whole[5, 31, 0] == pytest.approx(28, abs=1)
    assert whole[5, 58, 0] == pytest.approx(61, abs=1)
    assert (whole[:, :20] == image[:, :20]).all()


@pytest.mark.skipif(not MAKEHUMAN.is_dir(), reason="needs ../shared/data/makehuman")
def test_kept_poses_are_turns() -> None:
    turns = read_bvh(MAKEHUMAN / "poses/standing01.bvh")
    assert {"root", "upperarm01.L", "lowerleg01.R"} <= set(turns)
    for matrix in turns.values():
        assert np.allclose(matrix @ matrix.T, np.eye(3), atol=1e-9)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("anny") is None, reason="needs the train extra")
@pytest.mark.skipif(not MAKEHUMAN.is_dir(), reason="needs ../shared/data/makehuman")
def test_real_bodies_wear_real_clothes(tmp_path: Path) -> None:
    people = bodies(tmp_path / "bodies.npz", count=2)
    shirt = garment(MAKEHUMAN / "clothes/male_casualsuit04/male_casualsuit04.mhclo", people)
    rest = people.rest(1)
    body = np.unique(people.triangles["body"])
    skin = rest[body]
    worn = shirt.fitted(rest)
    assert (worn.min(axis=0) > skin.min(axis=0) - 0.06).all()
    assert (worn.max(axis=0) < skin.max(axis=0) + 0.06).all()
    assert np.allclose(shirt.weights.sum(axis=1), 1, atol=1e-3)
    long, short = skirt(people, 1.0), skirt(people, 0.4)
    assert np.allclose(long.fitted(rest), rest[long.corners[:, 0]])
    assert 0 < len(short.triangles) < len(long.triangles)
    seated = random_turns(people, people.joints[1], "sit", np.random.default_rng(1))
    moved = skinned(rest, people.weights, posed(people, people.joints[1], seated))
    assert np.ptp(moved[body, 1]) < 0.9 * np.ptp(skin[:, 1])
