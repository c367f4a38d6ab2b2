"""Laying depth over the picture: a sensor's place is found from the board on a wall, and used."""

import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from depths import Clock
from framecue.calibrate.pairs import PAIRS, averaged, collect
from framecue.calibrate.walls import Wall, board_plane, fitted, wall_of
from framecue.camera.studio import Driver as StudioCamera
from framecue.camera.studio import Settings as CameraSettings
from framecue.cli import app
from framecue.composition.lens import Lens
from framecue.depth import DepthFrame, field_optics
from framecue.depth import studio as simulated
from framecue.depth.align import CameraView, aligned
from framecue.depth.alignment import Alignment, alignment_file, alignment_of
from framecue.depth.tof import Tof
from framecue.errors import DepthError, SettingsError
from framecue.frame import Frame, Still
from test_lens import SIZE, WIDE, Picture, Three, board_photo

VIEW = CameraView(SIZE[0] / SIZE[1], WIDE.fov_deg, WIDE)
SQUARE_M = 0.023
# Turned about x, y, z by degrees, and how far away, in squares of the board.
POSES: list[tuple[Three, float]] = [
    ((0, 0, 0), 20), ((24, 0, 3), 20), ((-24, 5, 0), 18), ((0, 26, 0), 22), ((3, -26, 8), 18),
    ((18, 18, 0), 19), ((-18, 16, -5), 24), ((14, -20, 0), 16), ((-12, -22, 4), 21), ((0, 10, 0), 26),
]  # fmt: skip


def turned(pitch: float, pan: float, roll: float) -> np.ndarray:
    """A rotation by degrees about the axes right, down and forward."""
    turns = [
        cv2.Rodrigues(math.radians(angle) * axis)[0]
        for angle, axis in zip((pitch, pan, roll), np.eye(3), strict=True)
    ]
    return turns[0] @ turns[1] @ turns[2]


@cache
def photo(lens: Lens, turn: Three, far: float) -> Picture:
    """The board on a wall, seen through a lens; taken once for each pose."""
    return board_photo(lens, turn, (0, 0, far))


class Box:
    """A camera and a sensor beside it, before a wall with the board in its middle."""

    def __init__(self, alignment: Alignment, coarse: bool = False, lens: Lens = WIDE) -> None:
        self.alignment, self.lens = alignment, lens
        self.size = (8, 8) if coarse else (120, 90)
        field = (45.0, 45.0) if coarse else (64.3, 50.4)
        self.optics = field_optics(*self.size, *field)
        self.rng = np.random.default_rng(4)
        self.pose: tuple[Three, float] = POSES[0]

    def picture(self) -> Picture:
        return photo(self.lens, *self.pose)

    def frame(self, number: int = 1, time_s: float = 0.0) -> DepthFrame:
        """What the sensor makes of the wall."""
        wall = turned(*self.pose[0])[:, 2]  # its normal, in the camera's axes
        far = wall @ np.array([0, 0, self.pose[1] * SQUARE_M])
        x, y = np.meshgrid(np.arange(self.size[0]), np.arange(self.size[1]))
        optics = self.optics
        rays = np.stack(
            [
                (x - optics.centre_x) / optics.focal_x,
                (y - optics.centre_y) / optics.focal_y,
                np.ones(x.shape),
            ],
            -1,
        )
        towards = rays @ self.alignment.rotation.T @ wall
        true = (far - wall @ np.array(self.alignment.offset_m)) / np.where(towards > 0.05, towards, np.nan)
        depth_m, sure = Tof(4.0).sense(np.nan_to_num(true).astype(np.float32), self.rng)
        return DepthFrame(depth_m, sure, time_s, number, optics)


def apart(found: Alignment, true: Alignment) -> tuple[float, float]:
    """Degrees and millimetres between two alignments."""
    turn = cv2.Rodrigues(found.rotation @ true.rotation.T)[0]
    off = np.subtract(found.offset_m, true.offset_m)
    return math.degrees(float(np.linalg.norm(turn))), 1000 * float(np.linalg.norm(off))


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    return [photo(WIDE, turn, far) for turn, far in POSES]


def walls_of(box: Box, pictures: list[Picture]) -> Iterator[Wall]:
    for box.pose, picture in zip(POSES, pictures, strict=True):
        found = wall_of(picture, averaged([box.frame() for _ in range(5)]), VIEW)
        assert isinstance(found, Wall), found
        yield found


def test_the_board_tells_where_the_wall_is(pictures: list[Picture]) -> None:
    for (turn, far), picture in zip(POSES, pictures, strict=True):
        plane = board_plane(picture, VIEW)
        assert plane is not None
        normal = turned(*turn)[:, 2]
        assert math.degrees(math.acos(min(plane[:3] @ normal, 1))) < 0.5
        assert plane[3] == pytest.approx(far * SQUARE_M * normal[2], rel=0.01)


@pytest.mark.parametrize("coarse", [False, True], ids=["120x90", "8x8"])
def test_a_known_place_is_found_again(pictures: list[Picture], coarse: bool) -> None:
    true = Alignment(rotation_deg=(-4.0, 6.0, 2.5), offset_m=(0.06, -0.03, 0.01))
    degrees, millimetres = apart(fitted(list(walls_of(Box(true, coarse), pictures))), true)
    print(f"off by {degrees:.2f} degrees, {millimetres:.1f} mm")
    assert degrees < (1.2 if coarse else 0.4)
    assert millimetres < (9 if coarse else 4)


@settings(max_examples=15, deadline=None)
@given(
    turn=st.tuples(st.floats(-15, 15), st.floats(-15, 15), st.floats(-180, 180)),
    place=st.tuples(st.floats(-0.15, 0.15), st.floats(-0.15, 0.15), st.floats(-0.05, 0.05)),
)
def test_any_place_and_turn_is_found_again(turn: Three, place: Three) -> None:
    """Even a sensor screwed on upside down, from the walls alone."""
    vector = np.degrees(cv2.Rodrigues(turned(*turn))[0][:, 0])
    true = Alignment(rotation_deg=tuple(vector), offset_m=place)
    box = Box(true)
    walls = []
    for box.pose in POSES:
        normal = turned(*box.pose[0])[:, 2]
        frame = box.frame()
        known = frame.depth_m > 0
        y, x = np.nonzero(known)
        metres = frame.depth_m[known].astype(float)
        points = np.column_stack(
            [
                (x - box.optics.centre_x) / box.optics.focal_x * metres,
                (y - box.optics.centre_y) / box.optics.focal_y * metres,
                metres,
            ]
        )
        walls.append(Wall(np.append(normal, normal[2] * box.pose[1] * SQUARE_M), points))
    degrees, millimetres = apart(fitted(walls), true)
    assert degrees < 0.4
    assert millimetres < 4


def test_too_few_pairs_and_pairs_too_alike_are_refused(pictures: list[Picture]) -> None:
    walls = list(walls_of(Box(Alignment()), pictures))
    with pytest.raises(DepthError, match="5 pairs show the board on a wall, 6 are needed"):
        fitted(walls[:5])
    with pytest.raises(DepthError, match="seen at one angle"):
        fitted([walls[0]] * 8)


def test_a_board_printed_at_another_scale_is_refused(pictures: list[Picture]) -> None:
    walls = [Wall(wall.camera * (1, 1, 1, 1.6), wall.points) for wall in walls_of(Box(Alignment()), pictures)]
    with pytest.raises(
        DepthError, match=r"walls are 0\.6\d times as far .* print the board on A4 at\s+100 %"
    ):
        fitted(walls)


def test_what_hangs_beside_the_board_is_left_out(pictures: list[Picture]) -> None:
    true = Alignment(rotation_deg=(2.0, -3.0, 0.0), offset_m=(0.05, 0.02, 0.0))
    box = Box(true)
    walls = []
    for box.pose, picture in zip(POSES, pictures, strict=True):
        frame = box.frame()
        frame.depth_m[60:, :40] *= 0.7  # a chair
        found = wall_of(picture, frame, VIEW)
        assert isinstance(found, Wall), found
        walls.append(found)
    degrees, millimetres = apart(fitted(walls), true)
    assert degrees < 0.5
    assert millimetres < 6


def test_what_is_no_wall_is_told_in_words(pictures: list[Picture]) -> None:
    box = Box(Alignment())
    frame = box.frame()
    blank = np.full((600, 800, 3), 128, np.uint8)
    assert "board is not seen" in str(wall_of(blank, frame, VIEW))
    rough = DepthFrame(
        np.random.default_rng(1).uniform(0.5, 3, (90, 120)).astype(np.float32),
        frame.confidence,
        0,
        1,
        box.optics,
    )
    assert "not one flat wall" in str(wall_of(pictures[0], rough, VIEW))
    dark = DepthFrame(np.zeros((8, 8), np.float32), np.zeros((8, 8), np.float32), 0, 1, box.optics)
    assert "too little of the wall" in str(wall_of(pictures[0], dark, VIEW))
    over = DepthFrame(frame.depth_m, frame.confidence, 0, 1, None)
    assert "nothing to calibrate" in str(wall_of(pictures[0], over, VIEW))


# The command


class Walker:
    """A box that somebody carries from pose to pose, some of them useless: both its camera and its sensor."""

    def __init__(self, box: Box, clock: Clock) -> None:
        self.box, self.clock, self.step = box, clock, 0
        self.closed = 0

    def read(self, _: float) -> DepthFrame:
        self.clock.wait(0.8)
        return self.box.frame()

    def still(self, _: float, ev: float = 0.0) -> Still:
        del ev
        picture = self.box.picture() if self.step % 3 else np.full((600, 800, 3), 90, np.uint8)
        return Still(picture, self.clock())

    def walk(self, said: str) -> None:
        self.step += 1
        turn, far = POSES[self.step % len(POSES)]
        self.box.pose = turn, far + 5 * (self.step // len(POSES))
        assert said

    def close(self) -> None:
        self.closed += 1


def test_pairs_are_collected_while_somebody_walks_about() -> None:
    true = Alignment(rotation_deg=(1.0, 4.0, 0.0), offset_m=(0.05, -0.01, 0.0))
    walker, said = Walker(Box(true), Clock()), list[str]()

    def say(text: str) -> None:
        said.append(text)
        walker.walk(text)

    walls = collect(walker, walker, VIEW, say=say, clock=walker.clock)  # type: ignore[arg-type]
    assert len(walls) >= 6
    degrees, millimetres = apart(fitted(walls), true)
    assert degrees < 0.5
    assert millimetres < 6
    assert "board on a bare wall" in said[0]
    assert any(f"1 of {PAIRS}" in each for each in said)
    assert any("board is not seen" in each for each in said)


def test_nothing_to_be_seen_ends_by_itself() -> None:
    walker = Walker(Box(Alignment()), Clock())
    with pytest.raises(
        DepthError, match="0 pairs in five minutes, 6 are needed; the last: the board is not seen"
    ):
        collect(walker, walker, VIEW, say=lambda _: None, clock=walker.clock)  # type: ignore[arg-type]


def test_the_command_needs_a_sensor_in_the_settings(tmp_path: Path) -> None:
    config = tmp_path / "framecue.toml"
    config.write_text('[camera]\nkind = "studio"\n')
    run = CliRunner().invoke(app, ["calibrate", "depth", "--config", str(config)])
    assert run.exit_code == 1
    assert "there is no [depth] in the settings" in str(run.exception)


def test_the_command_writes_what_the_booth_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true = Alignment(rotation_deg=(1.0, 4.0, 0.0), offset_m=(0.05, -0.01, 0.0))
    clock = Clock()
    walker = Walker(Box(true, lens=Lens(fov_deg=52.0, shape=4 / 3)), clock)
    config, out = tmp_path / "framecue.toml", tmp_path / "depth.toml"
    config.write_text('[camera]\nkind = "studio"\nfov_deg = 52.0\n\n[depth]\nkind = "vl53"\n')
    monkeypatch.setattr("framecue.camera.CAMERAS.driver", lambda *_: walker)
    monkeypatch.setattr("framecue.depth.DEPTHS.driver", lambda *_: walker)

    def pair(*_: Any) -> Any:
        walker.walk("on")
        return wall_of(walker.box.picture(), walker.box.frame(), CameraView(4 / 3, 52.0))

    monkeypatch.setattr("framecue.calibrate.pairs._pair", pair)
    run = CliRunner().invoke(app, ["calibrate", "depth", "--config", str(config), "--out", str(out)])
    assert run.exit_code == 0, run.output
    assert "5.0 cm right of the camera" in run.output
    assert f'calibration = "{out}"' in run.output
    assert walker.closed == 2
    degrees, millimetres = apart(alignment_of(simulated.Settings(calibration=out)), true)
    assert degrees < 0.5
    assert millimetres < 6


# The file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rotation_deg = [0, 0]", "rotation_deg"),
        ("offset_m = [3.0, 0, 0]", "3.0 m from the camera cannot be"),
        ("offset_m = [nan, 0, 0]", "must be numbers"),
        ("turned = 3", "no such key"),
        ("\0", "is no such file"),
    ],
)
def test_impossible_calibrations_are_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "depth.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as told:
        alignment_of(simulated.Settings(calibration=path))
    assert said in str(told.value)
    assert "calibrate again" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_calibration_survives_its_file_and_one_that_is_gone_is_told(tmp_path: Path) -> None:
    true = Alignment(rotation_deg=(1.5, -2.25, 179.0), offset_m=(0.06, -0.03, 0.01), error_mm=3.0)
    path = tmp_path / "depth.toml"
    path.write_text(alignment_file(true, 9))
    assert alignment_of(simulated.Settings(calibration=path)) == true
    with pytest.raises(SettingsError, match="cannot be read"):
        alignment_of(simulated.Settings(calibration=tmp_path / "none.toml"))
    assert alignment_of(simulated.Settings(right_m=0.05, up_m=0.02)).offset_m == (0.05, -0.02, 0.0)


# Laying maps over the picture


def scene(**where: float) -> tuple[StudioCamera, Frame]:
    camera = StudioCamera(CameraSettings(seed=3, people=2, noise=0, **where), wait=lambda _: None)  # type: ignore[arg-type]
    return camera, camera.read(1)


@pytest.fixture(scope="module")
def room() -> tuple[StudioCamera, Frame]:
    return scene(pitch_deg=-6.0, roll_deg=5.0, distance_m=2.6, height_m=1.5)


@pytest.mark.parametrize(
    ("pan", "pitch", "right", "up"), [(0, 0, 0, 0), (4, -3, 0.06, -0.03), (-5, 4, -0.1, 0.05)]
)
def test_a_map_lies_where_the_camera_sees_it(
    room: tuple[StudioCamera, Frame], pan: float, pitch: float, right: float, up: float
) -> None:
    camera, frame = room
    told = simulated.Settings(
        width=240,
        height=180,
        noise=0.2,
        true_right_m=right,
        true_up_m=up,
        true_pan_deg=pan,
        true_pitch_deg=pitch,
    )
    sensor = simulated.Driver(told, lambda _: frame, wait=lambda _: None)
    mirror = np.diag([1.0, -1.0, 1.0])  # up to down
    turn = mirror @ simulated.beside(pitch, pan).T @ mirror
    alignment = Alignment(
        rotation_deg=tuple(np.degrees(cv2.Rodrigues(turn)[0][:, 0])), offset_m=(right, -up, 0.0)
    )
    found = aligned(sensor.read(1), alignment, CameraView(640 / 480, 48))
    view = camera.view_of(frame.image)
    assert view is not None
    rows, columns = found.depth_m.shape
    people = (
        cv2.resize((view.parts > 0).astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA) > 0.999
    )
    true = cv2.resize(view.depth_m, (columns, rows), interpolation=cv2.INTER_AREA)
    known = people & (found.depth_m > 0)
    assert known.sum() > 0.85 * people.sum()
    off = np.abs(found.depth_m - true)[known]
    assert np.median(off) < 0.015
    assert np.percentile(off, 90) < 0.08
    assert found.confidence[known].min() > 0


def test_a_lens_that_distorts_is_followed() -> None:
    """The edge of a post lands where that lens shows it, with distortion and without."""
    optics = field_optics(240, 180, 70, 54)
    depth_m = np.full((180, 240), 3.0, np.float32)
    depth_m[:, 200:] = 1.5
    edge = (199.5 - optics.centre_x) / optics.focal_x
    frame = DepthFrame(depth_m, np.ones_like(depth_m), 0.0, 1, optics)
    for lens in (None, WIDE):
        view = CameraView(4 / 3, 52.0, lens)
        found = aligned(frame, Alignment(), view).depth_m
        rows, columns = found.shape
        middle = found[rows // 2]
        shown = float(np.nonzero((middle > 0) & (middle < 2))[0][0]) - 0.5
        ideal, nothing = view.ideal(), np.zeros(3)
        matrix, bend = ideal.matrix(columns, rows), np.array(ideal.distortion)
        true = cv2.projectPoints(np.array([[edge, 0.0, 1.0]]), nothing, nothing, matrix, bend)[0][0, 0, 0]
        assert shown == pytest.approx(float(true), abs=1.0)


def test_the_nearer_covers_the_farther_and_lone_holes_are_filled() -> None:
    depth_m = np.full((90, 120), 3.0, np.float32)
    depth_m[30:60, 40:80] = 1.0
    depth_m[45, 60] = 0.0
    depth_m[:10] = 0.0
    frame = DepthFrame(depth_m, (depth_m > 0).astype(np.float32), 5.0, 1, field_optics(120, 90, 64, 50))
    found = aligned(frame, Alignment(offset_m=(0.2, 0, 0)), CameraView(4 / 3, 48))
    middle = found.depth_m.shape[0] // 2
    row = found.depth_m[middle]
    assert set(np.unique(np.round(row[row > 0]))) <= {1.0, 3.0}
    near = np.nonzero(np.round(row) == 1.0)[0]
    assert (np.diff(near) == 1).all()  # nothing shines through, and no hole
    assert found.time_s == 5.0
    assert not found.depth_m[0].any()


def test_maps_that_lie_over_the_view_stay_as_they_are() -> None:
    frame = DepthFrame(np.ones((3, 4), np.float32), np.ones((3, 4), np.float32), 1.0, 1, None)
    assert aligned(frame, Alignment(offset_m=(0.2, 0, 0)), CameraView(4 / 3, 48)).depth_m is frame.depth_m


def test_a_map_that_knows_nothing_is_laid_over_all_the_same() -> None:
    nothing = np.zeros((8, 8), np.float32)
    found = aligned(
        DepthFrame(nothing, nothing, 1.0, 1, field_optics(8, 8, 45, 45)), Alignment(), CameraView(4 / 3, 48)
    )
    assert not found.depth_m.any()
