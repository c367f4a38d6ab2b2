"""The lens: its field of view from files and cameras, its distortion found and taken back."""

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

from framecue.calibrate.board import SQUARES, board_picture, calibrated, lens_file
from framecue.calibrate.level import felt_level
from framecue.camera.picamera2 import Settings as PiSettings
from framecue.camera.v4l2 import Settings as UsbSettings
from framecue.cli import app
from framecue.composition.geometry import focal_px
from framecue.composition.lens import Lens, load_lens, photo_fov, straightened
from framecue.composition.subject import Composition, Subject
from framecue.errors import ImuError, PhotoError, SettingsError
from framecue.imu import ImuSettings, simulated
from standins.scenes import fresh_picamera2

WIDE = Lens(fov_deg=52.0, shape=4 / 3, centre=(0.51, 0.485), distortion=(-0.22, 0.06, 0.001, -0.0015, 0.0))
SIZE = 800, 600
Picture = NDArray[np.uint8]
Three = tuple[float, float, float]


def one_point(x: float, y: float) -> Composition:
    return Composition(*SIZE, (Subject(y, None, None, x, x, middle_x=x),), 0)


def undistorted(pixels: NDArray[np.float64], lens: Lens) -> NDArray[np.float64]:
    """(n, 2) rays of pixels, by OpenCV's most patient undoing."""
    stop = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 60, 1e-9)
    how = lens.matrix(*SIZE), np.array(lens.distortion)
    patient: Any = getattr(cv2, "undistortPointsIter", None)
    if patient is not None:
        return np.asarray(patient(pixels[:, None], *how, np.eye(3), np.eye(3), stop)[:, 0], np.float64)
    plain: Any = cv2.undistortPoints
    return np.asarray(plain(pixels[:, None], *how, None, None, None, stop)[:, 0], np.float64)


def board_photo(lens: Lens, turn: Three, at: Three) -> Picture:
    """The printed board through a lens: turned by degrees about x, y, z, its middle at (x, y, z) squares."""
    sheet = cv2.GaussianBlur(board_picture(60), (0, 0), 0.8)
    square = round(23 / 25.4 * 60)
    width, height = SIZE
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
    rays = undistorted(np.stack([columns.ravel(), rows.ravel()], 1), lens)
    turns = [cv2.Rodrigues(np.radians(angle) * axis)[0] for angle, axis in zip(turn, np.eye(3), strict=True)]
    rotation = turns[0] @ turns[1] @ turns[2]
    forward = np.column_stack([rays, np.ones(len(rays))])
    depth = (rotation[:, 2] @ np.array(at)) / (forward @ rotation[:, 2])
    flat = (forward * depth[:, None] - np.array(at)) @ rotation  # squares from the sheet's middle
    place = (flat[:, :2] * square + np.array(sheet.shape[::-1]) / 2 - 0.5).astype(np.float32)
    maps = [np.ascontiguousarray(place[:, axis].reshape(height, width)) for axis in (0, 1)]
    grey = cv2.remap(
        sheet, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=90
    )
    return np.asarray(cv2.cvtColor(grey.astype(np.uint8), cv2.COLOR_GRAY2RGB), np.uint8)


TURNS: list[Three] = [
    (0, 0, 0), (25, 0, 0), (-25, 5, 0), (0, 28, 5), (0, -28, 90), (20, 20, 45), (-20, 20, 80), (15, -25, 10),
]  # fmt: skip
PLACES: list[Three] = [
    (0, 0, 12), (1, 1, 13), (-3, 0, 12), (3, 1, 12), (0, 0, 10), (-2, -1, 13), (3, -2, 12), (-3, 2, 11),
]  # fmt: skip


@pytest.fixture(scope="module")
def photos() -> list[Picture]:
    return [board_photo(WIDE, turn, at) for turn, at in zip(TURNS, PLACES, strict=True)]


def test_a_known_lens_is_found_again(photos: list[Picture]) -> None:
    lens, used = calibrated(photos)
    assert len(used) >= 7
    assert lens.fov_deg == pytest.approx(WIDE.fov_deg, abs=0.5)
    assert lens.centre == pytest.approx(WIDE.centre, abs=0.01)
    assert lens.distortion[:2] == pytest.approx(WIDE.distortion[:2], abs=0.05)
    assert lens.error_px < 0.5
    # What matters: where points end up, over the whole picture.
    for x, y in ((20, 20), (780, 30), (400, 590), (30, 560), (400, 300)):
        found, true = (straightened(one_point(x, y), each).subjects[0] for each in (lens, WIDE))
        assert found.centre_x == pytest.approx(true.centre_x, abs=3)
        assert found.head_top_y == pytest.approx(true.head_top_y, abs=3)


@settings(max_examples=80, deadline=None)
@given(x=st.floats(0, 799), y=st.floats(0, 599), k1=st.floats(-0.25, 0.2), p1=st.floats(-0.003, 0.003))
def test_straightening_takes_back_what_the_lens_did(x: float, y: float, k1: float, p1: float) -> None:
    lens = Lens(fov_deg=48, shape=4 / 3, distortion=(k1, 0, p1, 0, 0))
    focal = focal_px(600, 48)
    ray = np.array([[(x - 399.5) / focal, (y - 299.5) / focal, 1.0]])
    bent, _ = cv2.projectPoints(ray, np.zeros(3), np.zeros(3), lens.matrix(*SIZE), np.array(lens.distortion))
    back = straightened(one_point(float(bent[0, 0, 0]), float(bent[0, 0, 1])), lens).subjects[0]
    # The side is undone at half the body's height, which for this one line is the line itself.
    assert back.centre_x == pytest.approx(x, abs=0.3)
    assert back.head_top_y == pytest.approx(y, abs=0.3)


def test_without_distortion_nothing_moves() -> None:
    plain = one_point(100, 200)
    assert straightened(plain, None) is plain
    assert straightened(plain, Lens(fov_deg=48, shape=4 / 3)) is plain


def test_too_few_boards_are_refused_with_what_to_do(photos: list[Picture]) -> None:
    blank = np.full((600, 800, 3), 128, np.uint8)
    with pytest.raises(PhotoError, match=r"2 of 4 photos show enough.*5 are needed.*calibrate board"):
        calibrated([*photos[:2], blank, blank])


def test_photos_of_two_cameras_are_refused(photos: list[Picture]) -> None:
    with pytest.raises(PhotoError, match="differ in size"):
        calibrated([*photos, np.zeros((600, 400, 3), np.uint8)])


def test_the_commands_write_board_and_lens(photos: list[Picture], tmp_path: Path) -> None:
    paths = []
    for index, photo in enumerate([*photos, np.full((600, 800, 3), 128, np.uint8)]):
        paths.append(str(tmp_path / f"{index}.png"))
        Image.fromarray(photo).save(paths[-1])
    run = CliRunner().invoke(app, ["calibrate", "lens", *paths, "--out", str(tmp_path / "lens.toml")])
    assert run.exit_code == 0, run.output
    assert "field of view 5" in run.output
    assert "8.png shows too little of the board; not used" in run.output
    lens = load_lens(tmp_path / "lens.toml")
    assert lens is not None
    assert lens.fov_deg == pytest.approx(52, abs=0.5)
    run = CliRunner().invoke(app, ["calibrate", "board", "--out", str(tmp_path / "board.png")])
    assert run.exit_code == 0
    with Image.open(tmp_path / "board.png") as picture:
        millimetres = [side / dpi * 25.4 for side, dpi in zip(picture.size, picture.info["dpi"], strict=True)]
    assert millimetres == pytest.approx((210, 297), abs=0.2)
    assert SQUARES[0] * 23 < 210


# Lens files


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fov_deg = 0.2\nshape = 1.3", "fov_deg: Input should be greater than 5"),
        ("fov_deg = 200\nshape = 1.3", "fov_deg: Input should be less than 170"),
        ("fov_deg = 48\nshape = 1.3\ndistortion = [-3.0, 0, 0, 0, 0]", "fold the picture over itself"),
        ("fov_deg = 48\nshape = 1.3\ncentre = [1.5, 0.5]", "optical axis"),
        ("fov_deg = 48\nshape = 1.3\ndistortion = [nan, 0, 0, 0, 0]", "must be numbers"),
        ("shape = 1.3", "fov_deg: Field required"),
        ("fov_deg = ", "is not a lens file"),
        ("\0\0", "is not a lens file"),
    ],
)
def test_impossible_lenses_are_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "lens.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as told:
        load_lens(path)
    assert said in str(told.value)
    assert "calibrate the lens" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_lens_file_that_is_gone_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_lens(tmp_path / "none.toml")


def test_a_lens_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "lens.toml"
    path.write_text(lens_file(WIDE, 8))
    read = load_lens(path)
    assert read is not None
    assert read.distortion == pytest.approx(WIDE.distortion)
    assert read.fov_deg == pytest.approx(WIDE.fov_deg)


# Fields of view that are told


def with_exif(path: Path, millimetres: float, orientation: int = 1) -> Path:
    """A photo of 300 x 200 pixels."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif.get_ifd(0x8769)[0xA405] = millimetres
    Image.new("RGB", (300, 200)).save(path, exif=exif)
    return path


def test_exif_tells_the_field_of_view(tmp_path: Path) -> None:
    full = photo_fov(with_exif(tmp_path / "a.jpg", 35))
    assert full == pytest.approx(math.degrees(2 * math.atan(12 / 35)), abs=0.01)
    upright = photo_fov(with_exif(tmp_path / "b.jpg", 35, orientation=6))
    assert upright == pytest.approx(math.degrees(2 * math.atan(18 / 35)), abs=0.01)


@pytest.mark.parametrize("millimetres", [0, 60000])
def test_exif_of_no_lens_tells_nothing(tmp_path: Path, millimetres: float) -> None:
    assert photo_fov(with_exif(tmp_path / "a.jpg", millimetres)) is None


def test_a_photo_without_exif_or_without_sense_tells_nothing(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8\xff damaged")
    assert photo_fov(tmp_path / "a.jpg") is None
    assert photo_fov(tmp_path / "b.jpg") is None


def test_a_camera_module_tells_its_own_unless_set(monkeypatch: pytest.MonkeyPatch) -> None:
    pi = fresh_picamera2(monkeypatch)
    assert PiSettings().fov_deg_with(None) == pytest.approx(48.8, abs=0.1)
    assert PiSettings(width=480, height=640, turn=90).fov_deg_with(None) == pytest.approx(62.2, abs=0.2)
    assert PiSettings(width=1280, height=720).fov_deg_with(None) == pytest.approx(37.6, abs=0.3)
    assert PiSettings(fov_deg=40).fov_deg_with(None) == 40
    assert PiSettings(fov_deg=40).fov_deg_with(WIDE) == 52
    pi.cameras[0]["Model"] = "imx477"  # takes any lens
    assert PiSettings().fov_deg_with(None) == 48
    pi.cameras.clear()
    assert PiSettings().fov_deg_with(None) == 48
    assert UsbSettings().fov_deg_with(None) == 48


# Zeroing the level sensor


def level_rig(**more: Any) -> tuple[simulated.Driver, ImuSettings, Any]:
    now = [10.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    settings_ = simulated.Settings(**more)
    return simulated.Driver(settings_, lambda: now[0]), settings_, sleep


def test_a_level_camera_tells_the_zeros() -> None:
    imu, settings_, sleep = level_rig(pitch_deg=3, roll_deg=-8, zero_roll_deg=5.0)
    level = felt_level(imu, settings_, sleep)
    assert (level.pitch_deg, level.roll_deg) == pytest.approx((3, -8), abs=0.4)


def test_a_camera_that_moves_or_lies_on_its_side_is_refused() -> None:
    imu, settings_, sleep = level_rig(sway_deg=6)
    with pytest.raises(ImuError, match="the camera moved"):
        felt_level(imu, settings_, sleep)
    imu, settings_, sleep = level_rig(roll_deg=90)
    with pytest.raises(ImuError, match=r"set imu\.right and imu\.up"):
        felt_level(imu, settings_, sleep)
    imu, settings_, sleep = level_rig()
    imu.chip.fault = "saturated"
    with pytest.raises(ImuError, match="no values"):
        felt_level(imu, settings_, sleep)
