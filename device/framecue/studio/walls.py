"""Pictures of walls, floors, ceilings and scenery, painted once per scene. All (h, w, 3) uint8 RGB."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.studio.fabrics import Image, noise, painted
from framecue.studio.scene import Colour

Rng = np.random.Generator
AA: Final = cv2.LINE_AA
PAINTS: Final[tuple[Colour, ...]] = (
    (226, 220, 208),
    (206, 214, 216),
    (188, 200, 186),
    (222, 200, 176),
    (160, 176, 190),
    (196, 170, 158),
    (108, 124, 122),
    (176, 178, 184),
)
WOODS: Final[tuple[Colour, ...]] = ((176, 132, 92), (140, 98, 66), (196, 160, 118), (108, 76, 56))


def plain(colour: Colour, rows: int, columns: int, rng: Rng, rough: float = 0.006) -> Image:
    """A painted surface, slightly uneven."""
    change = rough * noise(rng, rows, columns, (3, 3)) + 1.4 * rough * noise(rng, rows, columns, (90, 90))
    return painted(np.asarray(colour, np.float32) * (1 + change[..., None]))


def planks(rng: Rng, colour: Colour, size: int = 1024, boards: int = 24, along: bool = True) -> Image:
    """A wooden floor of boards that differ a little."""
    wide = size // boards
    image = np.zeros((size, size, 3), np.float32)
    grain = 0.035 * noise(rng, size, size, (60, 2)) + 0.02 * noise(rng, size, size, (12, 2))
    for i in range(boards):
        cut = int(rng.integers(size))
        for rows in (slice(0, cut), slice(cut, size)):
            image[rows, i * wide : (i + 1) * wide] = np.asarray(colour) * (1 + rng.normal(0, 0.055))
        image[max(cut - 1, 0) : cut + 1, i * wide : (i + 1) * wide] *= 0.72
        image[:, i * wide : i * wide + 2] *= 0.74
    image[:, boards * wide :] = image[:, : size - boards * wide]
    image *= 1 + grain[..., None]
    board = painted(image)
    return board if along else np.ascontiguousarray(board.transpose(1, 0, 2))


def tiles(rng: Rng, colour: Colour, size: int = 1024, count: int = 8, other: Colour | None = None) -> Image:
    """Square tiles or slabs with joints; a second colour makes a chequered floor."""
    step = size // count
    size = step * count
    image = np.zeros((size, size, 3), np.float32)
    for row in range(count):
        for column in range(count):
            base = other if other is not None and (row + column) % 2 else colour
            cell = (slice(row * step, (row + 1) * step), slice(column * step, (column + 1) * step))
            image[cell] = np.asarray(base) * (1 + rng.normal(0, 0.025))
    image *= 1 + (0.03 * noise(rng, size, size, (26, 26)) + 0.02 * noise(rng, size, size, (3, 3)))[..., None]
    for i in range(count):
        image[i * step : i * step + 3] *= 0.78
        image[:, i * step : i * step + 3] *= 0.78
    return painted(image)


def bricks(rng: Rng, rows: int, columns: int, per_metre: float, colour: Colour = (156, 92, 74)) -> Image:
    """A brick wall."""
    high, wide = 0.075 * per_metre, 0.24 * per_metre
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    row = np.floor(y / high)
    shifted = x + (row % 2) * wide / 2
    column = np.floor(shifted / wide)
    shades = rng.normal(1, 0.1, (int(row.max()) + 1, int(column.max()) + 2)).astype(np.float32)
    tone = shades[row.astype(int), column.astype(int)]
    joint = (y % high < 0.14 * high) | (shifted % wide < 0.05 * wide)
    tone = tone * (1 + 0.05 * noise(rng, rows, columns, (3, 3)))
    image = np.asarray(colour, np.float32) * tone[..., None]
    image[joint] = np.asarray((170, 160, 150), np.float32) * 0.9
    return painted(cv2.GaussianBlur(image, (0, 0), 0.6))


def shaded_edges(image: Image, strength: float = 0.22) -> Image:
    """Darken towards the edges, as corners of rooms are darker."""
    rows, columns = image.shape[:2]
    reach = 0.22 * rows
    y = np.minimum(np.arange(rows), np.arange(rows)[::-1])[:, None] / reach
    x = np.minimum(np.arange(columns), np.arange(columns)[::-1])[None, :] / reach
    factor = (1 - strength * np.exp(-y)) * (1 - strength * np.exp(-x))
    return painted(image * factor[..., None])


def art(rng: Rng, rows: int, columns: int) -> Image:
    """A framed picture: a landscape of bands, or shapes."""
    pale = rng.uniform(120, 235, 3)
    image = np.full((rows, columns, 3), pale, np.uint8)
    if rng.random() < 0.5:
        for share in np.sort(rng.uniform(0.25, 0.95, 4)):
            x = np.arange(columns)
            top = rows * share + rows * 0.06 * np.sin(x / columns * rng.uniform(3, 9) + rng.uniform(0, 6))
            shape = np.concatenate([np.column_stack([x, top]), [[columns, rows], [0, rows]]]).astype(np.int32)
            cv2.fillPoly(image, [shape], tuple(rng.uniform(40, 210, 3)), AA)
    else:
        for _ in range(int(rng.integers(3, 8))):
            centre = (int(rng.uniform(0, columns)), int(rng.uniform(0, rows)))
            axes = (int(rng.uniform(0.06, 0.35) * columns), int(rng.uniform(0.06, 0.35) * rows))
            cv2.ellipse(
                image, centre, axes, rng.uniform(0, 180), 0, 360, tuple(rng.uniform(30, 230, 3)), -1, AA
            )
    mat = max(2, min(rows, columns) // 9)
    framed = cv2.copyMakeBorder(image, mat, mat, mat, mat, cv2.BORDER_CONSTANT, value=(238, 236, 230))
    edge = max(2, mat // 3)
    dark = ((40, 34, 30), (120, 88, 56), (216, 214, 208))[int(rng.integers(3))]
    framed = cv2.copyMakeBorder(framed, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=dark)
    return cv2.resize(framed, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.uint8)


def hang(wall: Image, item: Image, x: int, y: int, shadow: int = 5) -> None:
    """Put a picture on a wall with its soft shadow; the part that lies outside is left off."""
    rows, columns = wall.shape[:2]
    high, wide = min(item.shape[0], rows - y), min(item.shape[1], columns - x)
    if min(x, y) < 0 or min(high, wide) < 2:
        return
    area = wall[max(0, y - 8) : y + high + 18, max(0, x - 8) : x + wide + 18]
    dark = np.zeros(area.shape[:2], np.float32)
    top, left = y - max(0, y - 8), x - max(0, x - 8)
    dark[top + shadow : top + high + shadow, left + shadow : left + wide + shadow] = 0.42
    soft = cv2.GaussianBlur(dark, (0, 0), 4)
    area[:] = (area * (1 - soft[..., None])).astype(np.uint8)
    wall[y : y + high, x : x + wide] = item[:high, :wide]


def window(rng: Rng, rows: int, columns: int) -> Image:
    """A bright window with sky and blurred trees behind its bars, curtains at both sides."""
    sky = np.linspace(1, 0, rows, dtype=np.float32)[:, None, None]
    image = sky * np.array([196, 220, 246], np.float32) + (1 - sky) * np.array([246, 248, 244], np.float32)
    image = np.repeat(image, columns, axis=1)
    leaves = np.clip(
        noise(rng, rows, columns, (rows / 7, rows / 7)) + np.linspace(-2.2, 1.4, rows)[:, None], 0, 1
    )
    image = image * (1 - 0.6 * leaves[..., None]) + np.array([120, 158, 96]) * 0.6 * leaves[..., None]
    glass = painted(image)
    white = (238, 238, 234)
    bar = max(2, columns // 40)
    for x in (0, columns // 2, columns - 1):
        cv2.line(glass, (x, 0), (x, rows), white, bar * 2)
    for y in (0, rows // 3, rows - 1):
        cv2.line(glass, (0, y), (columns, y), white, bar * 2)
    if rng.random() < 0.6:
        tint = rng.uniform(130, 235, 3).astype(np.float32)
        wide = int(columns * 0.2)
        pleat = 1 + 0.12 * np.sin(np.arange(wide) / wide * 2 * np.pi * 4)
        curtain = painted(tint * pleat[None, :, None])
        glass[:, :wide] = curtain
        glass[:, -wide:] = curtain[:, ::-1]
    return glass


def door(rng: Rng, rows: int, columns: int) -> Image:
    """A panelled door in its frame."""
    colour = ((232, 228, 220), (138, 98, 68), (96, 108, 120), (206, 200, 190))[int(rng.integers(4))]
    image = plain(colour, rows, columns, rng)
    dark, pale = tuple(int(c * 0.72) for c in colour), tuple(min(255, int(c * 1.08)) for c in colour)
    cv2.rectangle(image, (0, 0), (columns - 1, rows - 1), pale, columns // 10)
    for top, bottom in ((0.08, 0.30), (0.36, 0.60), (0.66, 0.94)):
        for left, right in ((0.16, 0.46), (0.54, 0.84)):
            corner = (int(left * columns), int(top * rows)), (int(right * columns), int(bottom * rows))
            cv2.rectangle(image, *corner, dark, 2, AA)
            cv2.rectangle(image, (corner[0][0] + 3, corner[0][1] + 3), corner[1], pale, 1, AA)
    cv2.circle(image, (int(columns * 0.87), int(rows * 0.52)), max(3, columns // 28), (200, 176, 110), -1, AA)
    return image


def shelf(rng: Rng, rows: int, columns: int) -> Image:
    """A bookcase with books."""
    wood = WOODS[int(rng.integers(len(WOODS)))]
    image = plain((wood[0] // 2, wood[1] // 2, wood[2] // 2), rows, columns, rng)
    levels = 5
    high = rows // levels
    for level in range(levels):
        x = 6
        while x < columns - 10:
            wide, tall = int(rng.integers(4, 10)), int(high * rng.uniform(0.55, 0.85))
            if rng.random() < 0.85:
                bottom = (level + 1) * high - 4
                book = tuple(rng.uniform(40, 220, 3))
                cv2.rectangle(image, (x, bottom - tall), (x + wide - 1, bottom), book, -1)
            x += wide + 1
        cv2.rectangle(image, (0, (level + 1) * high - 5), (columns, (level + 1) * high), wood, -1)
    cv2.rectangle(image, (0, 0), (columns - 1, rows - 1), wood, 8)
    return image


def scenery(rng: Rng, kind: str, rows: int, columns: int, horizon: float) -> Image:
    """Sky with clouds over far trees or facades; horizon: share of the rows above the ground's edge."""
    share = np.linspace(0, 1 / horizon, rows, dtype=np.float32)[:, None, None].clip(0, 1)
    image = (1 - share) * np.array([112, 160, 214], np.float32) + share * np.array(
        [214, 228, 238], np.float32
    )
    image = np.repeat(image, columns, axis=1)
    puffs = noise(rng, rows, columns, (rows / 6, rows / 2)) + 0.5 * noise(
        rng, rows, columns, (rows / 16, rows / 8)
    )
    cloud = np.clip(0.8 * puffs - 0.3, 0, 0.85)[..., None]
    image = image * (1 - cloud) + np.array([246, 246, 248], np.float32) * cloud
    view = painted(image)
    base = int(rows * horizon)
    if kind == "street":
        _facades(view, rng, base)
    else:
        _trees(view, rng, base)
    # What is far away is out of focus in a portrait.
    return cv2.GaussianBlur(view, (0, 0), 1.1).astype(np.uint8)


def _trees(image: Image, rng: Rng, base: int) -> None:
    """Three rows of round crowns, the nearer the darker."""
    rows, columns = image.shape[:2]
    for depth, tone in enumerate(((126, 152, 128), (92, 124, 84), (62, 92, 54))):
        x = 0.0
        while x < columns:
            tall, wide = rows * rng.uniform(0.10, 0.20 + 0.03 * depth), rows * rng.uniform(0.05, 0.1)
            for _ in range(70):
                spot = (int(x + rng.normal(0, wide * 0.5)), int(base - tall * rng.uniform(0.2, 1)))
                shade = tuple(np.clip(np.array(tone) * rng.uniform(0.78, 1.2), 0, 255))
                cv2.circle(image, spot, int(wide * rng.uniform(0.07, 0.24)), shade, -1, AA)
            x += wide * rng.uniform(0.7, 2.0)
        cv2.rectangle(image, (0, int(base - rows * 0.035)), (columns, rows), tuple(np.array(tone) * 0.85), -1)


def _facades(image: Image, rng: Rng, base: int) -> None:
    """House fronts with rows of windows."""
    rows, columns = image.shape[:2]
    x = 0
    while x < columns:
        wide, tall = int(rows * rng.uniform(0.2, 0.42)), int(rows * rng.uniform(0.28, 0.5))
        colour = np.array(
            ((196, 178, 152), (168, 120, 98), (204, 200, 190), (150, 154, 160))[int(rng.integers(4))]
        )
        cv2.rectangle(image, (x, base - tall), (x + wide, rows), tuple(colour * rng.uniform(0.85, 1.05)), -1)
        step = max(14, rows // 28)
        for top in range(base - tall + step // 2, base - step, int(step * 1.35)):
            for left in range(x + step // 3, x + wide - step // 2, step):
                glass = tuple(np.array([82, 96, 112]) * rng.uniform(0.7, 1.5))
                cv2.rectangle(image, (left, top), (left + step // 2, top + int(step * 0.8)), glass, -1)
        cv2.line(image, (x, base - tall), (x + wide, base - tall), tuple(colour * 0.6), 3)
        x += wide


def grass(rng: Rng, size: int = 1024) -> Image:
    """Lawn: blades and patches; repeats without a seam."""
    grain = cv2.GaussianBlur(rng.standard_normal((size, size)).astype(np.float32), (3, 9), 0)
    blades = grain / np.float32(grain.std())
    corner = noise(rng, size // 2, size // 2, (60, 60))
    patch = cv2.copyMakeBorder(corner, 0, size // 2, 0, size // 2, cv2.BORDER_REFLECT)
    image = np.array([98, 126, 62], np.float32) * (1 + 0.13 * blades + 0.09 * patch)[..., None]
    image[..., 0] += 8 * patch
    return painted(image)


def foliage(rng: Rng, rows: int, columns: int) -> tuple[Image, NDArray[np.uint8]]:
    """A pot plant's leaves and their mask."""
    image = np.zeros((rows, columns, 3), np.uint8)
    mask = np.zeros((rows, columns), np.uint8)
    root = (columns // 2, rows - 1)
    for _ in range(34):
        angle = rng.normal(0, 0.55)
        reach = rows * rng.uniform(0.35, 0.95)
        tip = np.array([root[0] + np.sin(angle) * reach * columns / rows, root[1] - np.cos(angle) * reach])
        tone = tuple(np.clip(np.array([52, 96, 50]) * rng.uniform(0.6, 1.6), 0, 255))
        way = np.degrees(np.arctan2(tip[1] - root[1], tip[0] - root[0]))
        cv2.line(image, root, (int(tip[0]), int(tip[1])), tone, 3, AA)
        cv2.line(mask, root, (int(tip[0]), int(tip[1])), 255, 3)
        size = (int(rows * rng.uniform(0.10, 0.17)), int(rows * rng.uniform(0.025, 0.05)))
        cv2.ellipse(image, (int(tip[0]), int(tip[1])), size, way, 0, 360, tone, -1, AA)
        cv2.ellipse(mask, (int(tip[0]), int(tip[1])), size, way, 0, 360, 255, -1)
    return image, mask
