"""A room as panels: the six faces of its box, and the furniture in it."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from framecue.studio import walls
from framecue.studio.fabrics import Image
from framecue.studio.panels import Panel, box
from framecue.studio.scene import CLOTHS, Colour, Light, Room
from framecue.studio.surface import Array

FLOOR = 4  # index of the floor among the faces
FAR_M = 45.0  # where scenery stands


@dataclass(frozen=True, slots=True, eq=False)
class RoomSet:
    """What is seen of a room. faces: back, left, right, front, floor, ceiling; furniture: all other panels.

    footprints: (x, z, wide, deep) metres of what stands on the floor.
    """

    faces: tuple[Panel, ...]
    furniture: tuple[Panel, ...]
    footprints: tuple[tuple[float, float, float, float], ...]


def furnish(room: Room, light: Light) -> RoomSet:
    """Paint and furnish a room."""
    rng = np.random.default_rng([room.seed, 7])
    if room.outdoors:
        return _outdoors(room, rng)
    pictures = _indoor_faces(room, rng)
    faces = _box_faces(room.half_width_m, room.front_m, room.back_m, room.ceiling_m, pictures)
    lit = tuple(replace(face, texture=_lit(face.texture, face.normal, light)) for face in faces)
    panels, footprints = _furniture(room, rng, light) if room.furnished else ([], [])
    return RoomSet(lit, tuple(panels), tuple(footprints))


def brightness(normal: Array, light: Light) -> float:
    """How bright a wall with that normal is painted; square root of light, as for people."""
    direct = light.main * max(0.0, float(normal @ light.direction))
    return float(np.sqrt(0.78 * light.ambient + 0.30 + 0.42 * direct))


def _lit(texture: Image, normal: Array, light: Light) -> Image:
    warm = 1 + 0.05 * light.warmth * np.array([1.0, 0.1, -1.0])
    return np.clip(texture * (brightness(normal, light) * warm), 0, 255).astype(np.uint8)


def _box_faces(half: float, front: float, back: float, high: float, pictures: tuple[Image, ...],
               endless: bool = False) -> list[Panel]:  # fmt: skip
    """The inside of a box around the origin; pictures in the order of RoomSet.faces."""

    def at(*point: float) -> Array:
        return np.array(point, np.float64)

    wide, deep, down = at(2 * half, 0, 0), at(0, 0, front + back), at(0, -high, 0)
    rectangles = (
        (at(-half, high, back), wide, down),
        (at(-half, high, -front), deep, down),
        (at(half, high, back), -deep, down),
        (at(half, high, -front), -wide, down),
        (at(-half, 0, back), wide, -deep),
        (at(-half, high, -front), wide, deep),
    )
    return [
        Panel(*rectangle, picture, endless=endless and i != FLOOR)
        for i, (rectangle, picture) in enumerate(zip(rectangles, pictures, strict=True))
    ]


def _indoor_faces(room: Room, rng: np.random.Generator) -> tuple[Image, ...]:
    wall_colour = walls.PAINTS[int(rng.integers(len(walls.PAINTS)))]
    if room.place == "gallery":
        wall_colour = (232, 231, 228)
    if room.place == "paper":
        wall_colour = ((178, 178, 176), (120, 132, 148), (206, 190, 172), (90, 92, 96), (150, 166, 150))[
            int(rng.integers(5))
        ]
    length = room.front_m + room.back_m
    painted = []
    for metres, per_metre in (
        (2 * room.half_width_m, 110),
        (length, 70),
        (length, 70),
        (2 * room.half_width_m, 60),
    ):
        painted.append(_wall(room, rng, wall_colour, metres, per_metre))
    painted.append(_floor(room, rng, wall_colour))
    painted.append(walls.shaded_edges(walls.plain((236, 234, 230), 512, 512, rng, 0.003)))
    return tuple(painted)


def _wall(room: Room, rng: np.random.Generator, colour: Colour, metres: float, per_metre: int) -> Image:
    rows, columns = int(room.ceiling_m * per_metre), int(metres * per_metre)
    if room.place == "paper":
        image = walls.plain(colour, rows, columns, rng, 0.006)
        return walls.shaded_edges(image, 0.25)
    style = rng.random()
    if room.place != "gallery" and style < 0.16:
        image = walls.bricks(
            rng, rows, columns, per_metre, (168, 116, 96) if style < 0.08 else (206, 200, 192)
        )
    else:
        image = walls.plain(colour, rows, columns, rng)
        if room.place == "lounge" and style > 0.8:
            stripe = (np.arange(columns) // max(2, int(0.12 * per_metre))) % 2 == 0
            image[:, stripe] = (image[:, stripe] * 0.95).astype(np.uint8)
    if room.place == "hall":
        _wainscot(image, colour, per_metre)
    image = walls.shaded_edges(image)
    _decorate(image, room, rng, per_metre)
    board = int(0.11 * per_metre)
    image[-board:] = (228, 226, 220)
    image[-board - 2 : -board] = (image[-board - 2 : -board] * 0.8).astype(np.uint8)
    return image


def _wainscot(image: Image, colour: Colour, per_metre: int) -> None:
    top = image.shape[0] - int(1.0 * per_metre)
    image[top:] = (image[top:] * 0.86).astype(np.uint8)
    dark, pale = tuple(int(c * 0.66) for c in colour), tuple(min(255, int(c * 0.98)) for c in colour)
    cv2.line(image, (0, top), (image.shape[1], top), pale, max(2, per_metre // 18))
    for x in range(int(0.1 * per_metre), image.shape[1], int(0.75 * per_metre)):
        corners = (
            (x, top + int(0.16 * per_metre)),
            (x + int(0.6 * per_metre), image.shape[0] - int(0.2 * per_metre)),
        )
        cv2.rectangle(image, *corners, dark, 2, cv2.LINE_AA)
        cv2.rectangle(image, (x + 3, corners[0][1] + 3), corners[1], pale, 1, cv2.LINE_AA)


def _decorate(image: Image, room: Room, rng: np.random.Generator, per_metre: int) -> None:
    """Hang or build something into every stretch of wall."""
    x = 0.25
    width = image.shape[1] / per_metre
    kinds = (
        ("art", "art", "window", "door", "shelf", "none")
        if room.place == "lounge"
        else ("art", "window", "door")
    )
    if room.place == "gallery":
        kinds = ("art", "art", "none")
    while x < width - 1.2:
        kind = kinds[int(rng.integers(len(kinds)))]
        if kind == "art":
            size = rng.uniform(0.5, 1.3 if room.place == "gallery" else 0.85), rng.uniform(0.45, 0.95)
            top = 1.62 + size[1] / 2
            item = walls.art(rng, int(size[1] * per_metre), int(size[0] * per_metre))
        elif kind == "window":
            size, top = (rng.uniform(1.0, 1.5), rng.uniform(1.2, 1.6)), 2.35
            item = walls.window(rng, int(size[1] * per_metre), int(size[0] * per_metre))
        elif kind == "door":
            size, top = (0.92, 2.06), 2.06
            item = walls.door(rng, int(size[1] * per_metre), int(size[0] * per_metre))
        elif kind == "shelf":
            size, top = (rng.uniform(0.8, 1.2), 1.95), 1.95
            item = walls.shelf(rng, int(size[1] * per_metre), int(size[0] * per_metre))
        else:
            x += 0.8
            continue
        walls.hang(
            image, item, int(x * per_metre), image.shape[0] - int(top * per_metre), max(2, per_metre // 25)
        )
        x += size[0] + rng.uniform(0.3, 0.9)


def _floor(room: Room, rng: np.random.Generator, colour: Colour) -> Image:
    if room.place == "paper":
        return walls.shaded_edges(walls.plain(colour, 1024, 1024, rng, 0.006), 0.15)
    wood = walls.WOODS[int(rng.integers(len(walls.WOODS)))]
    if room.place == "lounge":
        image = walls.planks(rng, wood, 1536, int(room.half_width_m * 2 / 0.16))
    elif room.place == "hall":
        other = (150, 142, 132) if rng.random() < 0.4 else None
        image = walls.tiles(rng, (190, 182, 170), 1536, 12, other)
    else:
        image = walls.plain((168, 166, 162), 1536, 1536, rng, 0.014)
    return walls.shaded_edges(image, 0.3)


def _furniture(
    room: Room, rng: np.random.Generator, light: Light
) -> tuple[list[Panel], list[tuple[float, float, float, float]]]:
    """Things along the back wall, beside the people, and a plant."""
    panels: list[Panel] = []
    footprints: list[tuple[float, float, float, float]] = []
    if room.place in {"paper", "gallery"} and rng.random() < 0.7:
        return panels, footprints
    normals = np.array([(0, 0, -1), (-1, 0, 0), (1, 0, 0), (0, 0, 1), (0, 1, 0)], np.float64)
    sides = np.array([brightness(normal, light) for normal in normals])

    def put(
        x: float, z: float, size: tuple[float, float, float], bottom: float, front: Image, other: Image
    ) -> None:
        panels.extend(box((x, z), size, bottom, front, other, sides))
        if bottom < 0.3:
            footprints.append((x, z, size[0], size[2]))

    def cloth(colour: Colour) -> Image:
        return walls.shaded_edges(walls.plain(colour, 96, 96, rng, 0.03), 0.3)

    for side in (-1, 1):
        if rng.random() < 0.25:
            continue
        kind = rng.choice(["sofa", "board", "plant", "lamp"])
        if kind == "sofa":
            x, z = side * max(1.35, room.half_width_m - 1.3), room.back_m - 0.52
            colour = cloth(CLOTHS[int(rng.integers(len(CLOTHS)))])
            put(x, z, (1.7, 0.30, 0.85), 0.10, colour, colour)
            put(x, z + 0.32, (1.7, 0.78, 0.22), 0.10, colour, colour)
            for arm in (-0.78, 0.78):
                put(x + arm, z, (0.18, 0.58, 0.86), 0.05, colour, colour)
            for seat in (-0.39, 0.39):
                put(x + seat, z - 0.02, (0.74, 0.12, 0.78), 0.40, colour, colour)
        elif kind == "board":
            x, z = side * max(1.3, room.half_width_m - 1.2), room.back_m - 0.25
            wood = walls.WOODS[int(rng.integers(len(walls.WOODS)))]
            front = walls.plain(wood, 120, 220, rng, 0.03)
            for left in (8, 80, 152):
                cv2.rectangle(front, (left, 8), (left + 62, 110), tuple(int(c * 0.6) for c in wood), 2)
            put(x, z, (1.4, 0.66, 0.42), 0.14, front, walls.plain(wood, 64, 64, rng, 0.03))
            pot = cloth((210, 206, 198))
            put(x + 0.3, z, (0.14, 0.26, 0.14), 0.80, pot, pot)
        elif kind == "lamp":
            x, z = side * max(1.1, room.half_width_m - 0.7), room.back_m - 0.45
            steel, shade = cloth((60, 58, 56)), cloth((250, 236, 204))
            put(x, z, (0.30, 0.03, 0.30), 0.0, steel, steel)
            put(x, z, (0.03, 1.45, 0.03), 0.03, steel, steel)
            put(x, z, (0.36, 0.30, 0.36), 1.42, shade, shade)
        else:
            x, z = side * max(1.15, room.half_width_m - 0.9), room.back_m - 0.5
            pot = cloth(((186, 108, 78), (226, 224, 218), (70, 72, 76))[int(rng.integers(3))])
            put(x, z, (0.34, 0.36, 0.34), 0.0, pot, pot)
            leaves, mask = walls.foliage(rng, 360, 300)
            leaves = np.clip(leaves * sides[0], 0, 255).astype(np.uint8)
            panels.append(
                Panel(
                    np.array([x - 0.5, 1.5, z]), np.array([1.0, 0, 0]), np.array([0, -1.18, 0]), leaves, mask
                )
            )
    return panels, footprints


def _outdoors(room: Room, rng: np.random.Generator) -> RoomSet:
    """Ground to the horizon, scenery all round, sky above."""
    high = 36.0
    horizon = 1 - 0.9 / high
    scenes = tuple(walls.scenery(rng, room.place, 620, 1400, horizon) for _ in range(4))
    ground = walls.grass(rng) if room.place == "park" else walls.tiles(rng, (158, 154, 148), 1024, 10)
    top = np.full((64, 64, 3), (112, 160, 214), np.uint8)
    faces = _box_faces(FAR_M, FAR_M, FAR_M, high, (*scenes, ground, top), endless=True)
    faces[FLOOR] = replace(faces[FLOOR], tile_m=3.0 if room.place == "park" else 5.0, fade_m=7.0)
    return RoomSet(tuple(faces), (), ())
