"""Clothes, shoes, hair and hats, tied to the base mesh the way MakeHuman ties them.

A .mhclo file (MakeHuman's "proxy" format) gives for every vertex of its .obj either one vertex of the base
mesh, or three with their shares and an offset. Offsets are stretched along each axis by the distance of two
named vertices against the distance they had when the thing was made. `delete_verts` lists what it hides.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from models.training.meshes.body import Array, Bodies, Triangles, fans, read_obj
from numpy.typing import NDArray

_DM: Final = 10.0  # MakeHuman's lengths are decimetres


@dataclass(frozen=True, slots=True, eq=False)
class Garment:
    """Something worn, tied to the base mesh.

    corners: (n, 3) int32 base vertices. shares: (n, 3) float32. offsets: (n, 3) float32, for stretch 1.
    stretch: per axis x, y, z two base vertices and their distance, metres. hidden: base vertices under it.
    weights: (n, bones) float32. triangles: (t, 3) int32. uv: (n, 2) float32. piece: (n,) int32, the same for
    vertices that hang together.
    """

    name: str
    corners: NDArray[np.int32]
    shares: Array
    offsets: Array
    stretch: tuple[tuple[int, int, float], ...]
    hidden: NDArray[np.int64]
    weights: Array
    triangles: Triangles
    uv: Array
    piece: NDArray[np.int32]

    def fitted(self, rest: Array) -> Array:
        """(n, 3) float32: where its vertices are on a person at rest, rest: (19158, 3)."""
        lengths = [abs(rest[a, axis] - rest[b, axis]) / apart
                   for axis, (a, b, apart) in enumerate(self.stretch)]  # fmt: skip
        mixed = np.einsum("nk,nkd->nd", self.shares, rest[self.corners])
        fitted: Array = (mixed + self.offsets * np.array(lengths)).astype(np.float32)
        return fitted


def garment(path: Path, bodies: Bodies) -> Garment:
    """Read a .mhclo and the .obj that it names. Raises ValueError where they do not belong together."""
    words = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    start = next(k for k, line in enumerate(words) if line[:1] == ["verts"]) + 1
    head = {line[0]: line[1:] for line in words if line and not line[0].lstrip("-").isdigit()}
    ties, hidden = [], []
    deleting = False
    for line in words[start:]:
        if line[:1] == ["delete_verts"]:
            deleting = True
        elif deleting:
            hidden += _ranges(line)
        elif line and line[0].isdigit():
            ties.append([float(word) for word in line] if len(line) == 9 else _single(int(line[0])))
    table = np.array(ties)
    points, uvs = _points(path.with_name(head["obj_file"][0]))
    if len(points) != len(table):
        raise ValueError(f"{path} ties {len(table)} vertices, its mesh has {len(points)}")
    groups = read_obj(path.with_name(head["obj_file"][0]))
    polygons = [one for group in groups.values() for one in group[0]]
    textures = [one for group in groups.values() for one in group[1]]
    # A vertex with several texture points becomes several vertices.
    pairs, corner = np.unique(np.stack([fans(polygons).ravel(), fans(textures).ravel()], 1), axis=0,
                              return_inverse=True)  # fmt: skip
    own = pairs[:, 0]
    corners, shares = table[own, :3].astype(np.int32), table[own, 3:6].astype(np.float32)
    return Garment(
        path.stem,
        corners,
        shares,
        (table[own, 6:] / _DM).astype(np.float32),
        tuple((int(head[f"{axis}_scale"][0]), int(head[f"{axis}_scale"][1]),
               float(head[f"{axis}_scale"][2]) / _DM) for axis in "xyz"),
        np.array(sorted(set(hidden)), np.int64),
        np.einsum("nk,nkb->nb", shares, bodies.weights[corners]),
        corner.reshape(-1, 3).astype(np.int32),
        uvs[pairs[:, 1]] if len(uvs) else np.zeros((len(own), 2), np.float32),
        pieces(len(points), fans(polygons))[own],
    )  # fmt: skip


def skirt(bodies: Bodies, length: float) -> Garment:
    """A skirt of some length, 1 to the ankles: the base mesh has one, for clothes makers to start from."""
    whole = bodies.triangles["helper-skirt"]
    own, corner = np.unique(whole, return_inverse=True)
    mean = bodies.shapes[:, own].mean(axis=0)
    down = (mean[:, 1].max() - mean[:, 1]) / np.ptp(mean[:, 1])
    uv = np.stack([np.arctan2(mean[:, 0], mean[:, 2]) / np.pi * 0.5, down * 0.5], axis=1)
    triangles = corner.reshape(-1, 3)[(down[corner.reshape(-1, 3)] <= length).all(axis=1)]
    return Garment(
        "skirt",
        np.repeat(own[:, None], 3, axis=1).astype(np.int32),
        np.tile(np.array([1, 0, 0], np.float32), (len(own), 1)),
        np.zeros((len(own), 3), np.float32),
        ((0, 1, 1.0),) * 3,
        np.zeros(0, np.int64),
        bodies.weights[own],
        triangles.astype(np.int32),
        uv.astype(np.float32),
        np.zeros(len(own), np.int32),
    )


def pieces(count: int, triangles: Triangles) -> NDArray[np.int32]:
    """(count,) int32: the lowest vertex that each vertex hangs together with."""
    label = np.arange(count, dtype=np.int32)
    while True:
        lowest = label[triangles].min(axis=1)
        lower = label.copy()
        for column in triangles.T:
            np.minimum.at(lower, column, lowest)
        lower = lower[lower]
        if (lower == label).all():
            return label
        label = lower


def _points(path: Path) -> tuple[Array, Array]:
    """Vertices (n, 3) and texture points (m, 2) of a Wavefront file."""
    found: dict[str, list[list[float]]] = {"v": [], "vt": []}
    with path.open() as lines:
        for line in lines:
            kind, _, rest = line.partition(" ")
            if kind in found:
                found[kind].append([float(word) for word in rest.split()[: 3 if kind == "v" else 2]])
    return np.array(found["v"], np.float32), np.array(found["vt"], np.float32)


def _single(vertex: int) -> list[float]:
    return [vertex, vertex, vertex, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def _ranges(words: list[str]) -> list[int]:
    """Vertex numbers of a line such as "3 5 - 8"."""
    found: list[int] = []
    for place, word in enumerate(words):
        if word == "-":
            found += range(int(words[place - 1]) + 1, int(words[place + 1]))
        else:
            found.append(int(word))
    return found
