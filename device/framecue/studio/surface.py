"""Solids of revolution bent into shape: every limb, garment and hair shell is one loft.

A loft is a stack of closed rings. Its texture runs around (u, the front at 0.5, the seam at the back) and
along the stack (v).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framecue.parts import Part

Array = NDArray[np.float64]

RIGHT: Final = np.array([1.0, 0.0, 0.0])
UP: Final = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """One closed skin of triangles, outward side counted out.

    points, normals: (n, 3) metres and unit vectors. uv: (n, 2) in 0..1 within the tile.
    triangles: (t, 3) int32 rows of points. parts: (t,) uint8 part ids.
    tile: name of the texture. shine: strength of the highlight, 0..1.
    """

    points: Array
    normals: Array
    uv: Array
    triangles: NDArray[np.int32]
    parts: NDArray[np.uint8]
    tile: str
    shine: float = 0.05

    def moved(self, turn: Array, shift: Array) -> "Surface":
        """The surface turned by a (3, 3) rotation and then shifted by (3,) metres."""
        return replace(self, points=self.points @ turn.T + shift, normals=self.normals @ turn.T)


def grid_surface(
    grid: Array, centres: Array, v: Array, u: Array, part: Part, tile: str, shine: float = 0.05
) -> Surface:
    """Skin a (rings, around, 3) grid of points whose last column repeats the first.

    centres: (rings, 3) inside points that say which side is out. v: (rings,), u: (around,) in 0..1.
    """
    along = np.gradient(grid, axis=0)
    wrapped = np.concatenate([grid[:, -2:-1], grid, grid[:, 1:2]], axis=1)
    around = wrapped[:, 2:] - wrapped[:, :-2]
    normals = np.cross(along, around)
    outward = 1.0 if np.sum(normals * (grid - centres[:, None])) > 0 else -1.0
    length = np.linalg.norm(normals, axis=2, keepdims=True)
    normals = outward * normals / np.maximum(length, 1e-12)
    rings, columns = grid.shape[:2]
    corner = (np.arange(rings - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    first = np.stack([corner, corner + columns, corner + 1], axis=1)
    second = np.stack([corner + 1, corner + columns, corner + columns + 1], axis=1)
    triangles = np.concatenate([first, second]).astype(np.int32)
    if outward < 0:
        triangles = triangles[:, ::-1]
    uv = np.stack(np.broadcast_arrays(u[None, :], v[:, None]), axis=2)
    parts = np.full(len(triangles), part, np.uint8)
    return Surface(
        grid.reshape(-1, 3),
        normals.reshape(-1, 3),
        uv.reshape(-1, 2),
        np.ascontiguousarray(triangles),
        parts,
        tile,
        shine,
    )


def angles(around: int, dense_front: float = 0.0) -> Array:
    """(around + 1,) angles from the back over the left of the picture to the back again, 0 at the front."""
    even = np.linspace(-np.pi, np.pi, around + 1)
    return even - dense_front * np.sin(even)


def smooth(values: Array, passes: int = 1) -> Array:
    """Rows averaged with their neighbours, ends kept."""
    for _ in range(passes):
        middle = 0.25 * values[:-2] + 0.5 * values[1:-1] + 0.25 * values[2:]
        values = np.concatenate([values[:1], middle, values[-1:]])
    return values


def stations(keys: Sequence[Sequence[float]], rings: int, passes: int = 2) -> Array:
    """(rings, k) rows evenly spaced in the first column, made smooth, of a table of (place, values...)."""
    table = np.asarray(keys, np.float64)
    place = np.linspace(table[0, 0], table[-1, 0], rings)
    columns = [np.interp(place, table[:, 0], table[:, i]) for i in range(1, table.shape[1])]
    return np.column_stack([place, smooth(np.column_stack(columns), passes)])


def loft(
    path: Array,
    across: Array,
    widths: Array,
    depths: Array,
    part: Part,
    tile: str,
    *,
    around: int = 20,
    back: Array | None = None,
    square: float = 1.0,
    relief: Array | None = None,
    cap: float = 0.6,
    shine: float = 0.05,
) -> Surface:
    """A tube along `path` (rings, 3) with elliptical rings.

    across: (3,) rough direction of the first ring's width, carried along, or (rings, 3) of each.
    widths, depths: (rings,) half sizes, depth to the front; back: the same to the back where different.
    square < 1 makes rings boxier.
    relief: (rings, around + 1) metres pushed outward. cap: length of the round ends over their radius.
    """
    rings = len(path)
    tangent = np.gradient(path, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)
    side = _carried_along(across, tangent)
    # The front is on the left hand of the way from right to down, so a tube that goes down faces -z.
    front = np.cross(side, tangent)
    theta = angles(around)
    sine = np.sign(np.sin(theta)) * np.abs(np.sin(theta)) ** square
    cosine = np.sign(np.cos(theta)) * np.abs(np.cos(theta)) ** square
    behind = depths if back is None else back
    reach = np.where(cosine > 0, depths[:, None] * cosine, behind[:, None] * cosine)
    offset = side[:, None] * (widths[:, None] * sine)[..., None] + front[:, None] * reach[..., None]
    if relief is not None:
        length = np.linalg.norm(offset, axis=2, keepdims=True)
        offset = offset * (1 + relief[..., None] / np.maximum(length, 1e-6))
    grid = path[:, None] + offset
    centres, v = path, np.linspace(0, 1, rings)
    for end, sign in ((0, -1.0), (-1, 1.0)):
        size = cap * min(widths[end], depths[end])
        turn = np.radians([35.0, 65.0, 89.0])[:, None]
        apex = path[end] + sign * tangent[end] * size * np.sin(turn)
        dome = apex[:, None] + offset[end] * np.cos(turn)[..., None]
        dome_v = np.full(3, v[end])
        if end == 0:
            grid, centres, v = (
                np.concatenate(pair) for pair in ((dome[::-1], grid), (apex[::-1], centres), (dome_v, v))
            )
        else:
            grid, centres, v = (np.concatenate(pair) for pair in ((grid, dome), (centres, apex), (v, dome_v)))
    return grid_surface(grid, centres, v, (theta + np.pi) / (2 * np.pi), part, tile, shine)


def _carried_along(across: Array, tangent: Array) -> Array:
    """(rings, 3) unit vectors at right angles to the path: `across` turned no more than the path turns."""
    given = across if across.ndim == 2 else None
    side = np.empty_like(tangent)
    last = across if given is None else across[0]
    for i, along in enumerate(tangent):
        rough = last if given is None else given[i]
        flat = rough - (rough @ along) * along
        last = side[i] = flat / max(float(np.linalg.norm(flat)), 1e-9)
    return side


def ellipsoid(
    centre: Array, sizes: Array, part: Part, tile: str, shine: float = 0.05, around: int = 14
) -> Surface:
    """An upright ellipsoid with half sizes (x, y, z)."""
    polar = np.linspace(0.02, np.pi - 0.02, around // 2 + 2)
    path = centre + np.outer(np.cos(polar) * sizes[1], [0.0, 1.0, 0.0])
    theta = angles(around)
    ring = np.stack([np.sin(theta) * sizes[0], np.zeros_like(theta), -np.cos(theta) * sizes[2]], axis=1)
    grid = path[:, None] + np.sin(polar)[:, None, None] * ring
    centres = np.broadcast_to(centre, path.shape)
    return grid_surface(grid, centres, polar / np.pi, (theta + np.pi) / (2 * np.pi), part, tile, shine)


def rotation(pan_deg: float = 0.0, nod_deg: float = 0.0, tilt_deg: float = 0.0) -> Array:
    """(3, 3): nod forward (chin down for somebody facing -z), tilt to +x, then turn towards +x."""
    turn, nod, tilt = np.radians([pan_deg, nod_deg, tilt_deg])
    about_x = np.array([[1, 0, 0], [0, np.cos(nod), np.sin(nod)], [0, -np.sin(nod), np.cos(nod)]])
    about_z = np.array([[np.cos(tilt), np.sin(tilt), 0], [-np.sin(tilt), np.cos(tilt), 0], [0, 0, 1]])
    about_y = np.array([[np.cos(turn), 0, -np.sin(turn)], [0, 1, 0], [np.sin(turn), 0, np.cos(turn)]])
    matrix: Array = about_y @ about_z @ about_x
    return matrix


def joined(surfaces: Sequence[Surface]) -> tuple[Array, Array, NDArray[np.int32], NDArray[np.uint8], Array]:
    """Points, normals, triangles, parts and per-point shine of all surfaces as one."""
    starts = np.cumsum([0, *(len(surface.points) for surface in surfaces[:-1])])
    triangles = [surface.triangles + start for surface, start in zip(surfaces, starts, strict=True)]
    shine = [np.full(len(surface.points), surface.shine) for surface in surfaces]
    return (
        np.concatenate([surface.points for surface in surfaces]),
        np.concatenate([surface.normals for surface in surfaces]),
        np.concatenate(triangles).astype(np.int32),
        np.concatenate([surface.parts for surface in surfaces]),
        np.concatenate(shine),
    )
