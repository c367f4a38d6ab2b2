"""Two cameras side by side: calibrated with the board, matched to depth, and a portrait made by it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

from framecue.calibrate.board import SQUARE_M
from framecue.calibrate.stereo import pair_file, paired
from framecue.cli import app
from framecue.composition.geometry import Pinhole
from framecue.composition.lens import Lens
from framecue.depth.stereo import Pair, depth_of, load_pair
from framecue.errors import PhotoError, SettingsError
from framecue.portrait.make import Wanted
from framecue.studio import Scene, View, render
from portraits import maker
from test_lens import PLACES, TURNS, WIDE, board_photo

Picture = NDArray[np.uint8]
APART = 2.0  # squares of the board
STRAIGHT = Lens(fov_deg=48.0, shape=3 / 4)
BASE_M = 0.12
STANDING = Pair(left=STRAIGHT, right=STRAIGHT, turn=(0, 0, 0), offset_m=(-BASE_M, 0, 0))


@pytest.fixture(scope="module")
def boards() -> tuple[list[Picture], list[Picture]]:
    """What both of two parallel cameras see of the board."""
    lefts = [board_photo(WIDE, turn, at) for turn, at in zip(TURNS, PLACES, strict=True)]
    moved = [(x - APART, y, z) for x, y, z in PLACES]
    return lefts, [board_photo(WIDE, turn, at) for turn, at in zip(TURNS, moved, strict=True)]


@pytest.fixture(scope="module")
def views() -> list[View]:
    scene = Scene.random(48)
    return [
        render(scene, Pinhole(480, 640, 48.0, x=x, y=1.1, z=-2.9, pitch_deg=-3.0), 1.0) for x in (0.0, BASE_M)
    ]


def test_pairs_of_the_board_tell_how_two_cameras_stand(boards: tuple[list[Picture], list[Picture]]) -> None:
    pair = paired(*boards)
    assert pair.offset_m == pytest.approx((-APART * SQUARE_M, 0, 0), abs=0.03 * APART * SQUARE_M)
    assert np.abs(pair.turn).max() < np.radians(0.4)
    assert pair.left.fov_deg == pytest.approx(WIDE.fov_deg, abs=0.5)
    assert paired(*boards, square_m=0.046).offset_m[0] == pytest.approx(2 * pair.offset_m[0])


def test_the_command_writes_a_file_that_is_read_again(
    boards: tuple[list[Picture], list[Picture]], tmp_path: Path
) -> None:
    for name, pictures in zip(("left", "right"), boards, strict=True):
        (tmp_path / name).mkdir()
        for number, picture in enumerate(pictures):
            Image.fromarray(picture).save(tmp_path / name / f"{number}.png")
    out = tmp_path / "pair.toml"
    folders = [str(tmp_path / name) for name in ("left", "right")]
    done = CliRunner().invoke(app, ["calibrate", "stereo", *folders, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "4.6 cm apart" in done.output
    assert load_pair(out).offset_m[0] == pytest.approx(-APART * SQUARE_M, rel=0.03)
    swapped = CliRunner().invoke(app, ["calibrate", "stereo", *folders[::-1], "--out", str(tmp_path / "no")])
    assert isinstance(swapped.exception, PhotoError)
    assert "left camera" in str(swapped.exception)


def test_pairs_that_are_none_are_one_line(boards: tuple[list[Picture], list[Picture]]) -> None:
    lefts, rights = boards
    with pytest.raises(PhotoError, match="pairs are needed"):
        paired(lefts, rights[1:])
    with pytest.raises(PhotoError, match="at the same moment"):
        paired(lefts, [*rights[1:], rights[0]])


def test_depth_of_two_views_is_the_studios(views: list[View]) -> None:
    left, right = views
    depth = cv2.resize(
        depth_of(left.image, right.image, STANDING), (480, 640), interpolation=cv2.INTER_NEAREST
    )
    # At outlines a window sees both; inside, people are told to a few percent.
    people = cv2.erode((left.parts > 0).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    known = depth > 0
    assert known[people].mean() > 0.7
    off = np.abs(depth / np.maximum(left.depth_m, 0.1) - 1)
    assert np.median(off[people & known]) < 0.03
    assert np.percentile(off[people & known], 90) < 0.08
    floor = known & (left.parts == 0) & (left.depth_m > 0)
    assert np.median(off[floor]) < 0.05


def test_a_camera_that_is_turned_and_bent_measures_the_same(views: list[View]) -> None:
    """The right picture taken by a camera that is toed in, and pitched a little."""
    turn = np.radians([0.6, -1.5, 0.4])
    matrix = STRAIGHT.matrix(480, 640)
    warp = matrix @ cv2.Rodrigues(turn)[0] @ np.linalg.inv(matrix)
    right = np.asarray(cv2.warpPerspective(views[1].image, warp, (480, 640)), np.uint8)
    offset = cv2.Rodrigues(turn)[0] @ np.array([-BASE_M, 0, 0])
    pair = Pair(
        left=STRAIGHT,
        right=STRAIGHT,
        turn=(float(turn[0]), float(turn[1]), float(turn[2])),
        offset_m=(float(offset[0]), float(offset[1]), float(offset[2])),
    )
    depth = cv2.resize(depth_of(views[0].image, right, pair), (480, 640), interpolation=cv2.INTER_NEAREST)
    people = cv2.erode((views[0].parts > 0).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    off = np.abs(depth / np.maximum(views[0].depth_m, 0.1) - 1)[people & (depth > 0)]
    assert np.median(off) < 0.03


def test_a_portrait_goes_by_the_second_camera(views: list[View], tmp_path: Path) -> None:
    photos = [tmp_path / f"{name}.png" for name in ("left", "right")]
    for path, seen in zip(photos, views, strict=True):
        Image.fromarray(seen.image).save(path)
    (tmp_path / "pair.toml").write_text(pair_file(STANDING, 8))
    made = maker(pair=tmp_path / "pair.toml")
    plain, deep = tmp_path / "plain.png", tmp_path / "deep.png"
    assert made.make(Wanted(photos[0], plain)).notes == ()
    assert made.make(Wanted(photos[0], deep, second=photos[1])).notes == ()
    assert (np.asarray(Image.open(plain)) != np.asarray(Image.open(deep))).any()
    with pytest.raises(SettingsError, match="calibrate stereo"):
        maker().make(Wanted(photos[0], plain, second=photos[1]))


@pytest.mark.parametrize("content", ["", "turn = [0, 0, 0]", "\x00", "offset_m = [0.1, 0, 0]"])
def test_a_damaged_file_of_a_pair_is_one_line(content: str, tmp_path: Path) -> None:
    path = tmp_path / "pair.toml"
    path.write_text(content)
    with pytest.raises(SettingsError, match="calibrate the cameras"):
        load_pair(path)
