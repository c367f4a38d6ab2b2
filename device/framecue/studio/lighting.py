"""Light that does not depend on the camera, worked out once per scene: on people, and their shadows."""

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.studio.fabrics import painted
from framecue.studio.raster import rasterise
from framecue.studio.scene import Light
from framecue.studio.surface import Array

Triangles = NDArray[np.int32]
SHADOW_M, SHADOW_PX = 9.0, 768  # side of the floor's shadow picture


def seen_from(
    points: Array, triangles: Triangles, direction: Array, pixels: int = 192, bias: float = 0.02
) -> Array:
    """(n,) 0..1: how much of the light from a direction reaches each point past the triangles."""
    right = np.cross([0.0, 1.0, 0.0], direction)
    if np.linalg.norm(right) < 1e-3:
        right = np.array([1.0, 0.0, 0.0])
    right /= np.linalg.norm(right)
    up = np.cross(direction, right)
    flat = np.column_stack([points @ right, -(points @ up)])
    low = flat.min(axis=0)
    scale = (pixels - 3) / float(np.ptp(flat, axis=0).max())
    at = ((flat - low) * scale + 1).astype(np.float32)
    toward = points @ direction
    nearness = (toward - toward.min() + 1).astype(np.float32)
    front = np.zeros((pixels, pixels), np.float32)
    for way in (triangles, triangles[:, ::-1]):
        rasterise(at, nearness, way, front)
    lit = np.zeros(len(points))
    base = np.round(at).astype(np.int32)
    for dx, dy in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)):
        column = np.clip(base[:, 0] + dx, 0, pixels - 1)
        row = np.clip(base[:, 1] + dy, 0, pixels - 1)
        lit += np.clip(1.5 - (front[row, column] - nearness) / bias, 0, 1)
    return lit / 5


def openness(points: Array, normals: Array, triangles: Triangles) -> Array:
    """(n,) 0..1: how much of the sky over each point's surface is free."""
    total, free = np.full(len(points), 1e-6), np.zeros(len(points))
    for height in (5, 35, 70):
        for azimuth in np.arange(0, 360, 45 if height < 60 else 120) + height:
            direction = Light(float(azimuth), height).direction
            weight = np.clip(normals @ direction + 0.15, 0, None)
            total += weight
            free += weight * seen_from(points, triangles, direction, 128, 0.05)
    opened: Array = np.clip(free / total, 0, 1)
    return opened


def shade(
    points: Array, normals: Array, triangles: Triangles, light: Light
) -> tuple[NDArray[np.float32], Array]:
    """(n, 3) float32 factors for sRGB colours, and (n,) 0..1 how much of the main light arrives.

    Factors are the square root of light: with a gamma of 2, colour * sqrt(light) is lit colour.
    """
    opened = openness(points, normals, triangles)
    reached = seen_from(points, triangles, light.direction, 384)
    warm = 0.10 * light.warmth * np.array([1.0, 0.1, -1.0])
    above = 0.62 + 0.38 * normals[:, 1]
    sky = light.ambient * 1.15 * above * (0.25 + 0.75 * opened)
    # The floor throws warm light back on what looks down at it, less the higher it is.
    bounce = 0.22 * light.main * np.clip(-normals[:, 1] + 0.2, 0, None) * np.exp(-points[:, 1] / 1.2) * opened
    # Wrapping the light a little round the edge stands in for a large source.
    facing = np.clip((normals @ light.direction + 0.18) / 1.18, 0, None)
    direct = 1.1 * light.main * facing * reached
    total = (
        sky[:, None] * (1 - 0.6 * warm) + bounce[:, None] * (1.1, 1.0, 0.85) + direct[:, None] * (1 + warm)
    )
    return np.sqrt(total).astype(np.float32), reached


def floor_shadow(
    people: list[tuple[Array, Triangles]],
    footprints: tuple[tuple[float, float, float, float], ...],
    light: Light,
) -> NDArray[np.uint8]:
    """(768, 768) uint8 brightness, 255 unshaded, of the 9 m square of floor round the origin.

    Row 0 is farthest from the photographer, column 0 to the left.
    """
    scale = SHADOW_PX / SHADOW_M
    cast = np.zeros((SHADOW_PX, SHADOW_PX), np.float32)
    touch, near = cast.copy(), cast.copy()
    direction = light.direction
    for points, triangles in people:
        slope = points[:, [0, 2]] - points[:, 1:2] * direction[[0, 2]] / direction[1]
        upright, soles = points[:, [0, 2]], (points[triangles, 1] < 0.06).all(axis=1)
        for flat, target, kept in (
            (slope, cast, triangles),
            (upright, near, triangles),
            (upright, touch, triangles[soles]),
        ):
            at = np.column_stack([flat[:, 0] + SHADOW_M / 2, SHADOW_M / 2 - flat[:, 1]]) * scale - 0.5
            for way in (kept, kept[:, ::-1]):
                rasterise(at.astype(np.float32), np.ones(len(at), np.float32), way, target)
    for x, z, wide, deep in footprints:
        corner = (np.array([x - wide / 2, -z - deep / 2]) + SHADOW_M / 2) * scale
        end = (np.array([x + wide / 2, -z + deep / 2]) + SHADOW_M / 2) * scale
        for target in (near, touch):
            cv2.rectangle(target, tuple(corner.astype(int)), tuple(end.astype(int)), 1.0, -1)
    sharp = 0.6 * cv2.GaussianBlur(cast, (0, 0), 2.2) + 0.4 * cv2.GaussianBlur(cast, (0, 0), 7)
    total = light.ambient + light.main
    dark = (1 - 0.62 * light.main / total * sharp) * (1 - 0.75 * cv2.GaussianBlur(touch, (0, 0), 2.4))
    dark *= 1 - 0.6 * np.clip(cv2.GaussianBlur(near, (0, 0), 16), 0, 1)
    return painted(255 * np.sqrt(dark))
