"""Head, hair and headwear."""

import numpy as np

from framecue.parts import Part
from framecue.studio.scene import Person
from framecue.studio.surface import (
    Array,
    Surface,
    angles,
    ellipsoid,
    grid_surface,
    loft,
    smooth,
)

# Down the head: place (0 skull top .. 1 chin), half width, reach to the front and to the back, in heads.
OUTLINE = np.array(
    [
        (0.000, 0.010, 0.010, 0.010),
        (0.012, 0.090, 0.085, 0.110),
        (0.040, 0.160, 0.160, 0.200),
        (0.100, 0.235, 0.250, 0.300),
        (0.200, 0.300, 0.335, 0.390),
        (0.320, 0.330, 0.375, 0.430),
        (0.450, 0.335, 0.380, 0.430),
        (0.560, 0.325, 0.385, 0.390),
        (0.660, 0.305, 0.385, 0.310),
        (0.760, 0.275, 0.380, 0.200),
        (0.860, 0.225, 0.372, 0.080),
        (0.930, 0.165, 0.362, -0.030),
        (0.975, 0.105, 0.345, -0.110),
        (0.995, 0.050, 0.315, -0.180),
        (1.000, 0.010, 0.270, -0.230),
    ]
)
PLACES = np.concatenate([[0, 0.012, 0.03, 0.06], np.linspace(0.1, 0.95, 32), [0.965, 0.98, 0.99, 0.996, 1.0]])


def head(person: Person) -> list[Surface]:
    """The head of a person, its skull's top at the origin, facing -z, axis over the neck."""
    tall = person.height_m / person.heads
    theta = angles(52, dense_front=0.5)
    surfaces = [_skull(person, tall, theta)]
    for side in (-1.0, 1.0):
        centre = np.array([side * 0.335, -0.56, 0.03]) * tall
        surfaces.append(ellipsoid(centre, np.array([0.035, 0.1, 0.055]) * tall, Part.FACE, "skin"))
    surfaces += _hair(person, tall, theta)
    surfaces += _headwear(person, tall, theta)
    return surfaces


def _shell(theta: Array, places: Array, tall: float, grow: Array) -> tuple[Array, Array]:
    """Grid of head points pushed out by `grow` (rings, around) heads, and the rings' centres."""
    wide, front, back = (
        smooth(np.interp(places, OUTLINE[:, 0], OUTLINE[:, i])[:, None])[:, 0] for i in (1, 2, 3)
    )
    middle, depth = (back - front) / 2, (front + back) / 2
    x = wide[:, None] * np.sin(theta)
    z = middle[:, None] - depth[:, None] * np.cos(theta)
    y = np.broadcast_to(-places[:, None], x.shape)
    # Growth pushes away from a point inside the skull, so that the top grows upward as well.
    inside = np.array([0.0, -0.45, 0.03])
    points = np.stack([x, y, z], axis=2)
    away = points - inside
    points = points + away / np.linalg.norm(away, axis=2, keepdims=True) * grow[..., None]
    centres = np.column_stack([np.zeros_like(places), -places, middle])
    grid: Array = points * tall
    middles: Array = centres * tall
    return grid, middles


def _bump(theta: Array, places: Array, at: float, row: float, wide: float, high: float) -> Array:
    across = np.exp(-(((theta - np.radians(at)) / np.radians(wide)) ** 2))
    bump: Array = np.exp(-(((places - row) / high) ** 2))[:, None] * across[None, :]
    return bump


def _skull(person: Person, tall: float, theta: Array) -> Surface:
    """Skull and face: nose, eye sockets, cheeks, lips and chin are bumps on a smooth head."""
    soft = 1.0 - 0.35 * person.curve
    rise = np.where(PLACES < 0.655, (PLACES - 0.44) / 0.215, (0.70 - PLACES) / 0.045).clip(0, 1) ** 1.3
    ridge = rise[:, None] * np.exp(-((theta / np.radians(8.5)) ** 2))[None, :]
    relief = 0.085 * ridge
    relief = relief + 0.022 * _bump(theta, PLACES, 0, 0.655, 14, 0.03)
    for side in (-1, 1):
        relief = relief - 0.03 * _bump(theta, PLACES, side * 24, 0.48, 13, 0.05)
        relief = relief + 0.012 * soft * _bump(theta, PLACES, side * 22, 0.415, 18, 0.03)
        relief = relief + 0.016 * _bump(theta, PLACES, side * 34, 0.60, 15, 0.06)
    relief = relief + 0.018 * _bump(theta, PLACES, 0, 0.785, 17, 0.028)
    relief = relief - 0.012 * _bump(theta, PLACES, 0, 0.855, 14, 0.022)
    relief = relief + 0.018 * soft * _bump(theta, PLACES, 0, 0.93, 14, 0.04)
    grid, centres = _shell(theta, PLACES, tall, np.zeros((len(PLACES), len(theta))))
    # The relief goes forward: a nose points ahead, not away from the middle of the head.
    grid[..., 2] -= relief * tall
    surface = grid_surface(grid, centres, PLACES, (theta + np.pi) / (2 * np.pi), Part.FACE, "face", 0.1)
    # Skin under the jaw and behind it is neck, so that the chin is the face's lowest point.
    middle = surface.points[surface.triangles].mean(axis=1) / tall
    under = (middle[:, 1] < -0.72) & (middle[:, 2] > -0.12 - 0.9 * (middle[:, 1] + 0.72))
    surface.parts[under] = Part.TORSO
    return surface


def _hair(person: Person, tall: float, theta: Array) -> list[Surface]:
    """Hair as a shell that dives under the skin at the hairline."""
    if person.hair == "bald":
        return []
    rng = np.random.default_rng([person.seed, 1])
    away = np.abs(np.degrees(theta))
    lines = {
        "crop": ((0, 0.17), (35, 0.15), (55, 0.30), (75, 0.48), (100, 0.52), (130, 0.72), (180, 0.8)),
        "short": ((0, 0.19), (35, 0.17), (58, 0.32), (74, 0.54), (100, 0.55), (130, 0.8), (180, 0.86)),
        "bun": ((0, 0.17), (35, 0.17), (60, 0.33), (80, 0.52), (100, 0.55), (130, 0.76), (180, 0.8)),
    }
    line = lines.get(
        person.hair, ((0, 0.15), (25, 0.17), (45, 0.30), (62, 0.58), (85, 0.64), (120, 0.8), (180, 0.86))
    )
    hairline = np.interp(away, [place for place, _ in line], [edge for _, edge in line])
    hairline = hairline + 0.012 * smooth(rng.standard_normal((len(theta), 1)), 1)[:, 0]
    hairline[-1] = hairline[0]
    thick = {"crop": 0.022, "short": 0.055, "bob": 0.06, "long": 0.055, "bun": 0.035}[person.hair]
    if person.headwear != "none":
        thick = min(thick, 0.03)
    inside = np.clip((hairline[None, :] - PLACES[:, None]) / 0.07, -1, 1)
    grow = np.where(inside > 0, thick * np.maximum(inside, 0) ** 0.6, 0.05 * inside)
    crest = thick * 0.55 * np.exp(-(((PLACES - 0.08) / 0.16) ** 2))[:, None] * np.cos(theta / 2.2)[None, :]
    grow = grow + np.where(inside > 0, crest * inside + _tufts(rng, len(PLACES), len(theta), thick * 0.16), 0)
    grid, centres = _shell(theta, PLACES, tall, grow)
    shell = grid_surface(grid, centres, PLACES, (theta + np.pi) / (2 * np.pi), Part.HAIR, "hair", 0.2)
    surfaces = [shell]
    if person.hair in {"bob", "long"}:
        surfaces.append(_fall(person, tall, rng))
    if person.hair == "bun" and person.headwear == "none":
        size = np.array([0.15, 0.14, 0.15]) * tall
        surfaces.append(ellipsoid(np.array([0, 0.01, 0.30]) * tall, size, Part.HAIR, "hair", 0.2))
    return surfaces


def _tufts(rng: np.random.Generator, rings: int, columns: int, amount: float) -> Array:
    field = smooth(rng.standard_normal((rings, columns)), 4)
    field = smooth(field.T, 1).T * amount * 2
    field[:, -1] = field[:, 0]
    return field


def _fall(person: Person, tall: float, rng: np.random.Generator) -> Surface:
    """Hair that hangs from the skull behind the ears to the jaw or over the shoulders."""
    end = 0.98 if person.hair == "bob" else float(rng.uniform(1.3, 1.75))
    places = np.linspace(0.16, end, 22)
    share = (places - 0.16) / (end - 0.16)
    full = 0.375 if person.hair == "bob" else 0.385
    wide = np.interp(places, [0.16, 0.4, 0.8, 1.1, 1.8], [0.25, full, full + 0.03, full + 0.01, 0.34])
    back = np.interp(places, [0.16, 0.4, 0.8, 1.2, 1.8], [0.33, 0.47, 0.44, 0.40, 0.36])
    front = np.interp(places, [0.16, 0.45, 0.9, 1.2, 1.8], [0.05, 0.06, 0.09, 0.10, 0.06])
    taper = np.where(share > 0.85, 1 - 0.35 * ((share - 0.85) / 0.15) ** 2, 1.0)
    path = np.column_stack([np.zeros_like(places), -places, np.full_like(places, 0.05)]) * tall
    relief = _tufts(rng, len(places), 33, 0.02 * tall)
    return loft(
        path,
        np.array([1.0, 0, 0]),
        wide * taper * tall,
        front * tall,
        Part.HAIR,
        "hair",
        around=32,
        back=back * taper * tall,
        square=0.8,
        relief=relief,
        cap=0.3,
        shine=0.2,
    )


def _headwear(person: Person, tall: float, theta: Array) -> list[Surface]:
    if person.headwear == "none":
        return []
    edge = {"beanie": 0.27, "cap": 0.22, "hat": 0.24}[person.headwear]
    rim = edge + (0.16 if person.headwear == "beanie" else 0.1) * (1 - np.cos(theta)) / 2
    inside = np.clip((rim[None, :] - PLACES[:, None]) / 0.02, -1, 1)
    thick = np.full_like(inside, {"beanie": 0.075, "cap": 0.055, "hat": 0.06}[person.headwear])
    if person.headwear == "beanie":
        band = (rim[None, :] - PLACES[:, None] < 0.15) & (inside > 0)
        thick = thick + np.where(band, 0.022, 0.06 * np.exp(-((PLACES / 0.12) ** 2))[:, None])
    if person.headwear == "hat":
        thick = thick + 0.13 * np.exp(-((PLACES / 0.2) ** 4))[:, None]
    grow = np.where(inside > 0, thick, 0.06 * inside)
    grid, centres = _shell(theta, PLACES, tall, grow)
    u = (theta + np.pi) / (2 * np.pi)
    surfaces = [grid_surface(grid, centres, PLACES, u, Part.HAIR, "headwear")]
    if person.headwear == "beanie":
        return surfaces
    brim = np.linspace(0.16, 1.0, 8)
    reach = np.array([0.40, 0.66]) if person.headwear == "cap" else np.array([0.66, 0.72])
    back = 0.1 if person.headwear == "cap" else 0.72
    ring = np.stack(
        [
            np.sin(theta) * reach[0],
            np.zeros_like(theta),
            -np.where(np.cos(theta) > 0, reach[1], back) * np.cos(theta),
        ],
        axis=1,
    )
    shares = np.concatenate([brim, [1.0], brim[::-1]])
    height = np.concatenate([np.full(8, 0.014), [0.0], np.full(8, -0.014)])
    grid = shares[:, None, None] * ring + height[:, None, None] * np.array([0, 1.0, 0])
    droop = 0.22 * (grid[..., 0] ** 2) if person.headwear == "cap" else -0.1 * (grid[..., 0] ** 2)
    level = -edge + 0.02 + (0.10 * np.minimum(grid[..., 2], 0) if person.headwear == "cap" else 0.0)
    grid[..., 1] += level - droop
    centres = np.column_stack([np.zeros(17), -edge - 0 * shares, np.zeros(17)])
    surfaces.append(
        grid_surface(grid * tall, centres * tall, np.linspace(0, 1, 17), u, Part.HAIR, "headwear")
    )
    return surfaces
