"""Light on people, and their shadows: one far lamp, and the sky as far as bodies leave it free."""

from typing import Final

import cv2
import numpy as np
from models.training.meshes.body import Array, Triangles
from numpy.typing import NDArray

from framecue.composition.geometry import Pinhole
from framecue.studio.lighting import seen_from
from framecue.studio.raster import rasterise
from framecue.studio.scene import Light

_SKY: Final = tuple((azimuth + height, height) for height in (12, 40, 70) for azimuth in range(0, 360, 60))
_GRID: Final = 56  # cells across the picture that sky is looked for in: about the distance between vertices
_NEAR_M: Final = 0.05


def random_light(rng: np.random.Generator) -> Light:
    """Sun, lamp or window from anywhere, hard or soft, bright or dim, bluish or orange."""
    total, share = float(rng.uniform(0.7, 1.45)), float(rng.uniform(0.15, 0.75))
    return Light(
        azimuth_deg=float(rng.normal(0, 75)),
        height_deg=float(rng.uniform(12, 75)),
        main=total * share,
        ambient=total * (1 - share),
        warmth=float(rng.normal(0.1, 0.45)),
    )


def normals(points: Array, triangles: Triangles) -> Array:
    """(n, 3) float32 unit normals of a mesh whose triangles turn counterclockwise from outside."""
    one, two, three = (points[column] for column in triangles.T)
    face = np.cross(two - one, three - one)
    total = np.stack([
        np.bincount(triangles.ravel(), np.repeat(face[:, axis], 3), len(points)) for axis in range(3)
    ], axis=1)  # fmt: skip
    result: Array = (total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9)).astype(
        np.float32
    )
    return result


def shaded(points: Array, outward: Array, triangles: Triangles, light: Light) -> Array:
    """(n, 3) float32 factors for sRGB colours: square roots of the light that arrives, as in the studio."""
    warm = 0.12 * light.warmth * np.array([1.0, 0.1, -1.0])
    free = _openness(points, outward)
    reached = seen_from(points, triangles, light.direction, 320, 0.025)
    sky = light.ambient * 1.1 * (0.62 + 0.38 * outward[:, 1]) * (0.2 + 0.8 * free)
    bounce = 0.2 * light.main * np.clip(0.2 - outward[:, 1], 0, None) * np.exp(-points[:, 1] / 1.2)
    facing = np.clip((outward @ light.direction + 0.15) / 1.15, 0, None)
    direct = 1.1 * light.main * facing * reached
    total = (sky + bounce)[:, None] * (1 - 0.6 * warm) + direct[:, None] * (1 + warm)
    return np.sqrt(np.maximum(total, 0.004)).astype(np.float32)


def _openness(points: Array, outward: Array) -> Array:
    """(n,) 0..1: how much of the sky over each vertex is free. Dense meshes hide by their vertices alone."""
    total, free = np.full(len(points), 1e-6), np.zeros(len(points))
    span = float(np.ptp(points, axis=0).max()) + 1e-6
    for azimuth, height in _SKY:
        way = Light(azimuth, height).direction
        right = np.cross([0.0, 1.0, 0.0], way)
        right /= np.linalg.norm(right)
        flat = np.stack([points @ right, points @ np.cross(way, right)], axis=1)
        column, row = np.minimum((flat - flat.min(axis=0)) / span * _GRID, _GRID * 2 - 1).astype(np.int64).T
        toward = points @ way
        front = np.full((_GRID * 2, _GRID * 2), -np.inf)
        np.maximum.at(front, (row, column), toward)
        weight = np.clip(outward @ way + 0.15, 0, None)
        total += weight
        free += weight * np.clip(1.6 - (front[row, column] - toward) / 0.08, 0, 1)
    result: Array = (free / total).astype(np.float32)
    return result


def darkened(image: NDArray[np.uint8], points: Array, triangles: Triangles, pinhole: Pinhole, light: Light,
             rng: np.random.Generator) -> None:  # fmt: skip
    """Draw a person's shadow on the floor into a picture, in place: the lamp's, and that under the feet."""
    way = light.direction
    cast = points.copy()
    cast[:, [0, 2]] -= np.clip(points[:, 1:2], 0, None) * (way[[0, 2]] / max(way[1], 0.2))
    soft = max(1.5, 0.012 * pinhole.height)
    hard = 0.55 * light.main / (light.main + light.ambient)
    low = triangles[(points[triangles, 1] < 0.12).all(axis=1)]
    shade = 1 - hard * _flat(cast, triangles, pinhole, soft * float(rng.uniform(0.4, 1.5)))
    shade *= 1 - 0.6 * _flat(points.copy(), low, pinhole, soft * 0.7)
    np.copyto(image, (image * shade[..., None] + 0.5).astype(np.uint8))


def _flat(points: Array, triangles: Triangles, pinhole: Pinhole, soft: float) -> Array:
    """(h, w) 0..1: where points dropped onto the floor are seen, blurred."""
    points[:, 1] = 0
    pixels, depth = pinhole.project(points.astype(np.float64))
    near = np.where(depth > _NEAR_M, 1 / np.maximum(depth, _NEAR_M), 0).astype(np.float32)
    front = np.zeros((pinhole.height, pinhole.width), np.float32)
    for way in (triangles, triangles[:, ::-1]):
        rasterise(np.nan_to_num(pixels).astype(np.float32), near, np.ascontiguousarray(way), front)
    found: Array = cv2.GaussianBlur((front > 0).astype(np.float32), (0, 0), soft)
    return found
