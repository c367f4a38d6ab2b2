"""What is painted on a head: eyes, brows, lips, beard, and the scalp under the hair."""

from dataclasses import dataclass

import numpy as np
from models.training.meshes.body import Array, Bodies
from numpy.typing import NDArray

from framecue.parts import Part

Mask = NDArray[np.bool_]
_IRIS = ((22, 14, 10), (30, 20, 14), (45, 30, 18), (60, 70, 80), (58, 62, 44))
_NEAR_M = 0.022  # scalp this close to hair has hair on it


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """Vertices of the base mesh, all (19158,) bool, found on the mean of all people."""

    white: Mask
    iris: Mask
    brows: Mask
    lips: Mask
    beard: Mask
    crown: Mask  # where hair can grow
    eyes: tuple[int, int]  # a vertex of each eyeball's middle height

    def tint(self, skin: NDArray[np.float64], hair: NDArray[np.float64], scalp: Mask,
             rng: np.random.Generator, bearded: bool) -> Array:  # fmt: skip
        """(19158, 3) float32 factors on the colour of the skin."""
        tint = np.ones((len(self.white), 3), np.float32)
        to_hair = np.clip(hair / skin, 0, 4)
        tint[self.lips] = np.array([0.95, 0.68, 0.68]) * rng.uniform(0.8, 1.05)
        tint[self.brows] = 0.35 + 0.65 * np.minimum(to_hair, 0.8)
        if bearded:
            tint[self.beard] = 0.25 + 0.75 * to_hair
        tint[scalp] = to_hair
        tint[self.white] = np.array([190.0, 184, 180]) / skin
        tint[self.iris] = np.array(_IRIS[int(rng.integers(len(_IRIS)))]) / skin
        return tint

    def scalp(self, rest: Array, hair: Array) -> Mask:
        """Where the head of a person at rest is covered with that hair, whose vertices are (n, 3)."""
        found = np.zeros(len(rest), bool)
        rows = np.flatnonzero(self.crown)
        cells = np.floor(hair / _NEAR_M).astype(np.int64)
        around = np.array([(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)])
        taken = np.unique(_key((cells[:, None] + around).reshape(-1, 3)))
        found[rows] = np.isin(_key(np.floor(rest[rows] / _NEAR_M).astype(np.int64)), taken)
        return found

    def before_eyes(self, rest: Array, hair: Array) -> Mask:
        """(n,) which vertices of the hair hang before the middle of the face."""
        left, right = rest[self.eyes[0]], rest[self.eyes[1]]
        apart = abs(left[0] - right[0])
        middle = (left + right) / 2
        low, high = middle[1] - 1.6 * apart, middle[1] + 0.4 * apart
        return ((np.abs(hair[:, 0]) < 0.95 * apart) & (hair[:, 1] > low) & (hair[:, 1] < high)
                & (hair[:, 2] > middle[2] - 0.25 * apart))  # fmt: skip


def face(bodies: Bodies) -> Face:
    """Find the features on the mean of all people, in units of the distance between the eyes."""
    mean = bodies.shapes.mean(axis=0) * 1e-4
    parts = np.argmax(bodies.part_shares(), axis=1)
    eyes = [np.unique(bodies.triangles[name]) for name in ("helper-l-eye", "helper-r-eye")]
    centres = [mean[rows].mean(axis=0) for rows in eyes]
    apart = float(centres[0][0] - centres[1][0])
    middle = (centres[0] + centres[1]) / 2
    x, y, z = ((mean - middle) / apart).T
    used = np.zeros(len(mean), bool)
    used[np.unique(bodies.triangles["body"])] = True
    skin = used & (parts == Part.FACE)
    white, iris = np.zeros(len(mean), bool), np.zeros(len(mean), bool)
    for rows, centre in zip(eyes, centres, strict=True):
        way = mean[rows] - centre
        way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
        white[rows] = True
        iris[rows[way[:, 2] > 0.8]] = True
    front = skin & (z > -0.1)
    mouth = bodies.joints[:, [k for k, name in enumerate(bodies.bones) if name.startswith("oris")]]
    mx, my, _ = ((mouth.mean(axis=(0, 1)) - middle) / apart).T
    arch = 0.33 - 0.25 * (np.abs(x) - 0.55) ** 2
    return Face(
        white,
        iris & white,
        front & (np.abs(np.abs(x) - 0.55) < 0.36) & (np.abs(y - arch) < 0.06),
        front & (((x - mx) / 0.42) ** 2 + ((y - my) / 0.15) ** 2 < 1),
        skin
        & (y < -0.62)
        & (z > -1.2)
        & ~((np.abs(x) < 0.36) & (np.abs(y - my) < 0.1))
        & (y < -0.4 - 0.3 * z),
        skin & ((y > 0.85) | ((z < -1.05) & (y > -0.9))),
        (int(eyes[0][0]), int(eyes[1][0])),
    )


def _key(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) one number for each whole-numbered point (n, 3)."""
    return ((cells[:, 0] + 512) << 24) + ((cells[:, 1] + 512) << 12) + cells[:, 2] + 512
