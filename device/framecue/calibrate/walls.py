"""Where a depth sensor sits beside a camera, from pictures and maps of the printed board on a bare wall.

The board tells the camera where the wall is; the sensor, however coarse, sees the same wall as a plane. Walls
seen at different angles fix the turn between both, walls facing different ways the place (Zhang and Pless,
"Extrinsic calibration of a camera and laser range finder", IROS 2004; Unnikrishnan and Hebert, 2005).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.calibrate.board import SQUARE_M, board
from framecue.depth import DepthFrame
from framecue.depth.align import CameraView, points_of
from framecue.depth.alignment import Alignment
from framecue.errors import DepthError

Array = NDArray[np.float64]

LEAST_PAIRS: Final = 6
_LEAST_CORNERS: Final = 8
_LEAST_POINTS: Final = 24
_TRIES: Final = 200
_FLAT: Final = 0.03  # share of the distance that a point of a wall may be off it, sensors being what they are
_MOSTLY: Final = 0.6  # of what a sensor sees has to be that wall
_SPREAD: Final = 0.02  # of the walls' ways of facing: below it they are too alike
_MOST_ERROR_M: Final = 0.05
_MOST_SCALE: Final = 0.15
_ROUNDS: Final = 20


@dataclass(frozen=True, slots=True)
class Wall:
    """One wall seen by both.

    camera: (4,) the plane in the camera's axes (right, down, forward), its normal and its distance in metres:
    normal @ point = distance. points: (n, 3) of it in the sensor's axes, metres.
    """

    camera: Array
    points: Array


def wall_of(picture: NDArray[np.uint8], frame: DepthFrame, view: CameraView) -> Wall | str:
    """The wall that a picture and a map taken with it show; or, in words, what they lack.

    picture: (h, w, 3) uint8 RGB, upright.
    """
    plane = board_plane(picture, view)
    if plane is None:
        return "the board is not seen well enough: closer, or more light"
    if frame.optics is None:
        return "these maps lie over the camera's view already: there is nothing to calibrate"
    points, _ = points_of(frame)
    if len(points) < _LEAST_POINTS:
        return "the depth sensor sees too little of the wall: closer"
    flat = _flattest(points)
    if flat.mean() < _MOSTLY:
        return "what the depth sensor sees is not one flat wall: clear it, or go closer"
    return Wall(plane, points[flat])


def board_plane(picture: NDArray[np.uint8], view: CameraView) -> Array | None:
    """(4,) the plane the board lies in, in the camera's axes; None where it is not seen."""
    height, width = picture.shape[:2]
    detector = cv2.aruco.CharucoDetector(board())
    corners, ids, _, _ = detector.detectBoard(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
    if ids is None or len(ids) < _LEAST_CORNERS:
        return None
    on_board, pixels = board().matchImagePoints(corners, ids)  # type: ignore[call-overload]
    lens = view.ideal()
    found, turn, place = cv2.solvePnP(
        np.asarray(on_board, np.float64) * SQUARE_M,
        np.asarray(pixels, np.float64),
        lens.matrix(width, height),
        np.array(lens.distortion),
        flags=cv2.SOLVEPNP_IPPE,
    )
    if not found:
        return None
    found, turn, place = cv2.solvePnP(
        np.asarray(on_board, np.float64) * SQUARE_M,
        np.asarray(pixels, np.float64),
        lens.matrix(width, height),
        np.array(lens.distortion),
        turn,
        place,
        useExtrinsicGuess=True,
    )
    normal = np.asarray(cv2.Rodrigues(turn)[0][:, 2], np.float64)
    distance = float(normal @ place[:, 0])
    if not math.isfinite(distance) or distance == 0:
        return None
    plane: Array = np.append(normal, distance) * math.copysign(1.0, distance)
    return plane


def alike(wall: Wall, others: Sequence[Wall]) -> bool:
    """Whether a wall faces the camera, from as far away, as one of the others did: it would teach nothing."""
    return any(
        wall.camera[:3] @ other.camera[:3] > math.cos(math.radians(6))
        and abs(wall.camera[3] / other.camera[3] - 1) < 0.15
        for other in others
    )


def fitted(walls: Sequence[Wall]) -> Alignment:
    """The alignment that lays the sensor's walls onto the camera's.

    Raises DepthError where there are too few, they are too alike, or no alignment fits them.
    """
    if len(walls) < LEAST_PAIRS:
        raise DepthError(
            f"{len(walls)} pairs show the board on a wall, {LEAST_PAIRS} are needed; hang it on a bare wall, "
            "look at it straight, from the left, the right, above and below"
        )
    normals = np.array([wall.camera[:3] for wall in walls])
    if np.linalg.svd(normals - normals.mean(axis=0), compute_uv=False)[1] < _SPREAD * len(walls):
        raise DepthError(
            "the walls were all seen at one angle; turn the camera left, right, up and down, too"
        )
    _refuse_other_scale(walls)
    rotation, offset = _refined(walls, *_first(walls))
    errors = np.concatenate([_off(wall, rotation, offset) for wall in walls])
    error = float(np.sqrt(np.mean(np.square(errors))))
    if not error < _MOST_ERROR_M:
        raise DepthError(
            f"no place of the sensor fits these walls (off by {error * 100:.0f} cm); is the board flat on "
            "the wall, is the lens calibrated?"
        )
    turned = np.degrees(cv2.Rodrigues(rotation)[0][:, 0])
    try:
        return Alignment(
            rotation_deg=tuple(float(value) for value in turned),
            offset_m=tuple(float(value) for value in offset),
            error_mm=error * 1000,
        )
    except ValueError:
        raise DepthError(
            f"these walls put the sensor {np.linalg.norm(offset):.1f} m from the camera; take more angles"
        ) from None


def _flattest(points: Array) -> NDArray[np.bool_]:
    """Which points lie on the plane that most of them lie on (RANSAC, then least squares)."""
    rng = np.random.default_rng(0)
    limit = _FLAT * np.maximum(points[:, 2], 0.3)
    best = np.zeros(len(points), np.bool_)
    few = points if len(points) <= 2000 else points[rng.choice(len(points), 2000, replace=False)]
    most = 0
    for _ in range(_TRIES):
        a, b, c = few[rng.choice(len(few), 3, replace=False)]
        normal = np.cross(b - a, c - a)
        length = float(np.linalg.norm(normal))
        if length < 1e-6:
            continue
        near = np.abs((few - a) @ (normal / length)) < _FLAT * np.maximum(few[:, 2], 0.3)
        if near.sum() > most:
            most, best = int(near.sum()), np.abs((points - a) @ (normal / length)) < limit
    for _ in range(3):
        if best.sum() < 3:
            break
        plane = _plane(points[best])
        best = np.abs(points @ plane[:3] - plane[3]) < limit
    return best


def _plane(points: Array) -> Array:
    """(4,) the plane nearest to points, facing away from the origin."""
    centre = points.mean(axis=0)
    normal = np.linalg.svd((points - centre).T @ (points - centre))[2][2]
    plane = np.append(normal, normal @ centre)
    return plane * (1.0 if plane[3] >= 0 else -1.0)


def _refuse_other_scale(walls: Sequence[Wall]) -> None:
    """Sensor and board must agree on what a metre is, as far as walls at several distances tell."""
    mine = np.array([wall.camera for wall in walls])
    its = np.array([_plane(wall.points)[3] for wall in walls])
    found, _, _, _ = np.linalg.lstsq(np.column_stack([-mine[:, :3], mine[:, 3]]), its, rcond=None)
    if abs(found[3] - 1) > _MOST_SCALE:
        raise DepthError(
            f"to the sensor walls are {found[3]:.2f} times as far as the board says; print the board on A4 "
            "at 100 %, go to different distances, and check the sensor's settings"
        )


def _first(walls: Sequence[Wall]) -> tuple[Array, Array]:
    """Rotation that turns the sensor's normals onto the camera's (Kabsch 1976), and the place for it."""
    mine = np.array([wall.camera for wall in walls])
    its = np.array([_plane(wall.points) for wall in walls])
    left, _, right = np.linalg.svd(mine[:, :3].T @ its[:, :3])
    sign = np.diag([1, 1, np.linalg.det(left @ right)])
    offset = np.linalg.lstsq(mine[:, :3], mine[:, 3] - its[:, 3], rcond=None)[0]
    return left @ sign @ right, offset


def _refined(walls: Sequence[Wall], rotation: Array, offset: Array) -> tuple[Array, Array]:
    """Gauss-Newton over all points, each wall with the same weight."""
    for _ in range(_ROUNDS):
        normal, downhill = np.zeros((6, 6)), np.zeros(6)
        for wall in walls:
            moved = wall.points @ rotation.T
            facing = np.broadcast_to(wall.camera[:3], moved.shape)
            slopes = np.hstack([np.cross(moved, facing), facing])
            off = _off(wall, rotation, offset)
            weight = 1 / (len(off) * np.maximum(1, np.abs(off) / 0.02))  # Huber's, for what hangs on the wall
            normal += slopes.T @ (slopes * weight[:, None])
            downhill += slopes.T @ (off * weight)
        step = np.linalg.solve(normal + 1e-9 * np.eye(6), -downhill)
        rotation = np.asarray(cv2.Rodrigues(step[:3])[0]) @ rotation
        offset = offset + step[3:]
        if np.abs(step).max() < 1e-7:
            break
    return rotation, offset


def _off(wall: Wall, rotation: Array, offset: Array) -> Array:
    """(n,) how far the sensor's points are behind the camera's wall, metres."""
    off: Array = (wall.points @ rotation.T + offset) @ wall.camera[:3] - wall.camera[3]
    return off
