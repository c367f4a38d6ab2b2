"""People in front of a camera: the picture, its parts, and the lines of each."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from models.training.meshes.body import Array, Triangles
from models.training.meshes.figure import Figure
from models.training.meshes.light import darkened, normals, shaded
from models.training.meshes.textures import SIDE
from numpy.typing import NDArray

from framecue.composition.geometry import Pinhole
from framecue.parts import Part
from framecue.studio.raster import Fragments, rasterise
from framecue.studio.scene import Light

Point = tuple[float, float]
Lines = dict[str, Point | None]
_NEAR_M: Final = 0.05
_REACH: Final = 0.12  # of a head's height: how near its own part must be seen for a line's point to count

_DEEP_M: Final = 0.05  # and how near in depth: a chin is not seen through the neck


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A person in the world of Pinhole. points: (n, 3) float32 metres. triangles: (t, 3), clockwise in a
    picture from outside. light: (n, 3) float32 factors. figure: what it looks like."""

    points: Array
    triangles: Triangles
    light: Array
    figure: Figure


def placed(figure: Figure, x: float, z: float, turn_deg: float, light: Light) -> Placed:
    """Put a person at (x, z) on the floor; at turn 0 it faces the photographer."""
    points = _there(figure.points, x, z, turn_deg)
    triangles = np.ascontiguousarray(figure.triangles[:, ::-1])
    mirrored = points * np.array([1, 1, -1], np.float32)  # in a right-handed room again
    outward = normals(mirrored, figure.triangles) * np.array([1, 1, -1], np.float32)
    return Placed(points, triangles, shaded(points, outward, triangles, light), figure)


def _there(points: Array, x: float, z: float, turn_deg: float) -> Array:
    sine, cosine = np.sin(np.radians(turn_deg)), np.cos(np.radians(turn_deg))
    side, front = points[:, 0], points[:, 2]
    return np.stack([x + cosine * side + sine * front, points[:, 1], z + sine * side - cosine * front],
                    axis=1).astype(np.float32)  # fmt: skip


@dataclass(slots=True, eq=False)
class Picture:
    """image: (h, w, 3) uint8 RGB. parts: (h, w) uint8. owner: (h, w) uint8, 0 nobody, n the n-th person.
    nearness: (h, w) float32, 1 / metres. All are drawn into."""

    image: NDArray[np.uint8]
    parts: NDArray[np.uint8]
    owner: NDArray[np.uint8]
    nearness: Array


def rendered(
    background: NDArray[np.uint8],
    nearness: Array,
    people: list[Placed],
    boxes: list[Array],
    pinhole: Pinhole,
    light: Light,
    rng: np.random.Generator,
) -> tuple[Picture, list[Lines]]:
    """Draw people before a background (h, w, 3) whose own nearness is (h, w). boxes: (8, 3) corners each."""
    shape = pinhole.height, pinhole.width
    picture = Picture(
        background.copy(), np.zeros(shape, np.uint8), np.zeros(shape, np.uint8), nearness.copy()
    )
    for one in people:
        darkened(picture.image, one.points, one.triangles, pinhole, light, rng)
    for box in boxes:
        _draw_box(picture, box, pinhole, light, rng)
    for number, one in enumerate(people, start=1):
        _draw(picture, one, number, pinhole)
    edge = cv2.morphologyEx(picture.owner * 8 + picture.parts, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    cv2.copyTo(cv2.GaussianBlur(picture.image, (3, 3), 0.75), edge, picture.image)
    return picture, [_lines(picture, one, number, pinhole) for number, one in enumerate(people, start=1)]


def _draw(picture: Picture, one: Placed, number: int, pinhole: Pinhole) -> None:
    figure = one.figure
    pixels, depth = pinhole.project(one.points.astype(np.float64))
    near = np.where(depth > _NEAR_M, 1 / np.maximum(depth - figure.over, _NEAR_M), 0).astype(np.float32)
    worn = figure.tiles > 0  # cloth and hair are thin: both sides are seen
    triangles = np.concatenate([one.triangles, one.triangles[worn][:, ::-1]])
    which = np.concatenate([np.arange(len(worn)), np.flatnonzero(worn)])
    found = rasterise(np.nan_to_num(pixels).astype(np.float32), near, triangles, picture.nearness)
    if len(found.pixel) == 0:
        return
    shine = _shine(one)
    values = np.column_stack([figure.uv, figure.tint, one.light, shine, figure.parts[:, 1:]])
    mixed = found.mix(values.astype(np.float32), triangles)
    tile = figure.tiles[which[found.triangle]]
    colour = _sampled(figure.sheet, tile, mixed[:, :2], _level(found, pinhole))
    lit = colour * mixed[:, 2:5] * mixed[:, 5:8] + 255 * mixed[:, 8:9]
    picture.image.reshape(-1, 3)[found.pixel] = np.clip(lit, 0, 255).astype(np.uint8)
    picture.parts.reshape(-1)[found.pixel] = 1 + np.argmax(mixed[:, 9:], axis=1)
    picture.owner.reshape(-1)[found.pixel] = number


def _shine(one: Placed) -> Array:
    """(n,) white added where light is strong on smooth things."""
    strong = np.clip(one.light.mean(axis=1) - 0.85, 0, 0.6)
    return (one.figure.gloss * strong**2).astype(np.float32)


def _level(found: Fragments, pinhole: Pinhole) -> int:
    """How often to halve the sheet: a square of it covers about .35 m."""
    ratio = SIDE / 0.35 * float(np.median(1 / found.nearness)) / pinhole.focal_px
    return int(np.clip(np.floor(np.log2(max(ratio, 1.0)) + 0.4), 0, 4))


def _sampled(sheet: NDArray[np.uint8], tile: NDArray[np.uint8], uv: Array, level: int) -> Array:
    """(n, 3) float32 colours of squares at (n, 2) places that repeat from 1 to 1."""
    side = SIDE >> level
    small = sheet if level == 0 else np.stack([
        cv2.resize(one, (side, side), interpolation=cv2.INTER_AREA) for one in sheet
    ])  # fmt: skip
    at = (uv % 1) * (side - 1.001)
    columns = 1024
    rows = -(-len(at) // columns)
    grid = np.zeros((rows * columns, 2), np.float32)
    grid[: len(at), 0] = at[:, 0]
    grid[: len(at), 1] = at[:, 1] + tile * np.float32(side)
    stacked = small.reshape(-1, side, 3)
    found = cv2.remap(stacked, grid.reshape(rows, columns, 2), None, cv2.INTER_LINEAR,
                      borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    colours: Array = found.reshape(-1, 3)[: len(at)].astype(np.float32)
    return colours


def seat_corners(figure: Figure, x: float, z: float, turn_deg: float) -> Array:
    """(8, 3) float32 corners of a person's seat in the world."""
    if figure.seat is None:
        raise ValueError("this person does not sit")
    return _there(corners(*figure.seat), x, z, turn_deg)


def corners(low: Array, high: Array) -> Array:
    """(8, 3) float32: of the box between two opposite corners, (3,) each."""
    ends = np.stack([low, high])
    return np.array([(a, b, c) for a in ends[:, 0] for b in ends[:, 1] for c in ends[:, 2]], np.float32)


def _draw_box(picture: Picture, box: Array, pinhole: Pinhole, light: Light, rng: np.random.Generator) -> None:
    """A plain box; it belongs to nobody."""
    sides = np.array([(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)])
    tone = rng.uniform(20, 220) * (1 + rng.normal(0, 0.15, 3))
    pixels, depth = pinhole.project(box.astype(np.float64))
    near = np.where(depth > _NEAR_M, 1 / np.maximum(depth, _NEAR_M), 0).astype(np.float32)
    for side in sides:
        across, along = box[side[1]] - box[side[0]], box[side[3]] - box[side[0]]
        outward = np.cross(across, along)
        outward /= max(float(np.linalg.norm(outward)), 1e-9)
        if outward @ (box[side].mean(axis=0) - box.mean(axis=0)) < 0:
            outward = -outward
        strength = light.ambient * (0.6 + 0.4 * outward[1]) + light.main * max(
            float(outward @ light.direction), 0
        )
        for way in ((0, 1, 2), (0, 2, 3), (2, 1, 0), (3, 2, 0)):
            triangle = np.array([side[list(way)]], np.int32)
            found = rasterise(np.nan_to_num(pixels).astype(np.float32), near, triangle, picture.nearness)
            picture.image.reshape(-1, 3)[found.pixel] = np.clip(tone * np.sqrt(strength), 0, 255)


def _lines(picture: Picture, one: Placed, number: int, pinhole: Pinhole) -> Lines:
    """Where head top, chin and foot are in the picture; None where they are not seen."""
    pixels, depth = pinhole.project(one.points.astype(np.float64))
    if depth.min() <= _NEAR_M:
        return {"head_top": None, "chin": None, "foot": None}
    wanted = {
        "head_top": ((Part.HAIR, Part.FACE), -1),
        "chin": ((Part.FACE,), 1),
        "foot": ((Part.FOOT,), 1),
    }
    points: Lines = {}
    which: dict[str, int] = {}
    main = np.argmax(one.figure.parts, axis=1)
    used = np.unique(one.triangles)
    for name, (parts, sign) in wanted.items():
        rows = used[np.isin(main[used], parts)]
        best = rows[np.argmax(sign * pixels[rows, 1])]
        which[name] = int(best)
        points[name] = (float(pixels[best, 0]), float(pixels[best, 1]))
    head = abs(points["chin"][1] - points["head_top"][1]) if points["chin"] and points["head_top"] else 0.0
    for name, (parts, _) in wanted.items():
        mine = (picture.owner == number) & np.isin(picture.parts, parts)
        point, metres = points[name], float(depth[which[name]])
        mine &= np.abs(1 / np.maximum(picture.nearness, 1e-6) - metres) < _DEEP_M
        if point and not _near(mine, point, max(3, round(_REACH * head))):
            points[name] = None
    return points


def _near(mine: NDArray[np.bool_], point: Point, reach: int) -> bool:
    x, y = round(point[0]), round(point[1])
    if not (0 <= y < mine.shape[0] and 0 <= x < mine.shape[1]):
        return False
    around = mine[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
    return bool(around.any())
