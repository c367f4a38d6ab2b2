"""Triangles to pixels, all triangles at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Int = NDArray[np.int32]

CHUNK = 2_000_000  # candidate pixels worked on at once; bounds memory for large stills


@dataclass(frozen=True, slots=True, eq=False)
class Fragments:
    """Pixels where a triangle is the nearest surface; no pixel comes twice.

    pixel: (n,) int64 flat indices of the picture. triangle: (n,) int32. nearness: (n,) float32.
    second, third: (n,) float32 weights of the triangle's second and third corner.
    """

    pixel: NDArray[np.int64]
    triangle: Int
    nearness: Float
    second: Float
    third: Float

    def mix(self, values: Float, triangles: Int) -> Float:
        """(n, k) float32: values (points, k) mixed between each pixel's three corners."""
        corners = triangles[self.triangle]
        first = values[corners[:, 0]]
        mixed: Float = first + self.second[:, None] * (values[corners[:, 1]] - first)
        mixed += self.third[:, None] * (values[corners[:, 2]] - first)
        return mixed


def rasterise(points: Float, nearness: Float, triangles: Int, front: Float) -> Fragments:
    """Which triangle is seen at each pixel, where nearer than what is there already.

    points: (n, 2) float32 pixels. nearness: (n,) float32, larger is nearer and linear across the picture
    (1 / depth for a pinhole); points with nearness <= 0 or nan are behind the camera, and their triangles
    are dropped. triangles: (t, 3) with the outward side clockwise in the picture.
    front: (h, w) float32 nearness so far; raised in place.
    """
    found = list(_covered(points, nearness, triangles, front.shape))
    if not found:
        nothing = np.zeros(0, np.float32)
        return Fragments(np.zeros(0, np.int64), np.zeros(0, np.int32), nothing, nothing, nothing)
    pixel, triangle, near, second, third = (np.concatenate(column) for column in zip(*found, strict=True))
    flat = front.reshape(-1)
    keep = near > flat[pixel]
    pixel, triangle, near, second, third = (c[keep] for c in (pixel, triangle, near, second, third))
    np.maximum.at(flat, pixel, near)
    won = np.flatnonzero(near == flat[pixel])
    # Two triangles meet exactly on an edge now and then: the later one gets the pixel.
    owner = np.full(flat.size, -1, np.int32)
    owner[pixel[won]] = won
    won = won[owner[pixel[won]] == won]
    return Fragments(pixel[won], triangle[won], near[won], second[won], third[won])


def _covered(
    points: Float, nearness: Float, triangles: Int, shape: tuple[int, ...]
) -> Iterator[tuple[NDArray[np.int64], Int, Float, Float, Float]]:
    """Chunks of (pixel, triangle, nearness, second, third) for every pixel centre inside a triangle."""
    height, width = shape
    one, two, three = np.ascontiguousarray(triangles.T)
    # Column by column: reductions over an axis of three cost numpy more than all the rest here.
    front = nearness > 0
    kept = np.flatnonzero(front[one] & front[two] & front[three])
    x = [points[corner[kept], 0] for corner in (one, two, three)]
    y = [points[corner[kept], 1] for corner in (one, two, three)]
    area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
    facing = np.flatnonzero(area > 1e-6)
    kept, area = kept[facing], area[facing]
    x, y = [value[facing] for value in x], [value[facing] for value in y]
    left = np.maximum(np.ceil(np.minimum(np.minimum(x[0], x[1]), x[2])), 0)
    right = np.minimum(np.floor(np.maximum(np.maximum(x[0], x[1]), x[2])), width - 1)
    top = np.maximum(np.ceil(np.minimum(np.minimum(y[0], y[1]), y[2])), 0)
    bottom = np.minimum(np.floor(np.maximum(np.maximum(y[0], y[1]), y[2])), height - 1)
    shown = np.flatnonzero((right >= left) & (bottom >= top))
    kept, area = kept[shown], area[shown]
    x, y = [value[shown] for value in x], [value[shown] for value in y]
    left, top = left[shown].astype(np.int32), top[shown].astype(np.int32)
    wide = right[shown].astype(np.int32) - left + 1
    count = wide * (bottom[shown].astype(np.int32) - top + 1)
    # weight = a * dx + b * dy + c, from the box's own corner so that float32 stays exact enough
    dx, dy = x[0] - left.astype(np.float32), y[0] - top.astype(np.float32)
    second_x, second_y = (y[2] - y[0]) / area, (x[0] - x[2]) / area
    third_x, third_y = (y[0] - y[1]) / area, (x[1] - x[0]) / area
    second_c, third_c = -second_x * dx - second_y * dy, -third_x * dx - third_y * dy
    depth = nearness[triangles[kept]]
    ends = np.cumsum(count)
    start = 0
    while start < len(count):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + CHUNK, side="right")))
        part = slice(start, stop)
        index = np.repeat(np.arange(start, stop, dtype=np.int32), count[part])
        place = np.arange(len(index), dtype=np.int32) - np.repeat(
            (ends[part] - count[part] - done).astype(np.int32), count[part]
        )
        row = place // wide[index]
        column = place - row * wide[index]
        fx, fy = column.astype(np.float32), row.astype(np.float32)
        second = second_x[index] * fx + second_y[index] * fy + second_c[index]
        third = third_x[index] * fx + third_y[index] * fy + third_c[index]
        inside = np.flatnonzero((second >= 0) & (third >= 0) & (second + third <= 1))
        index, second, third = index[inside], second[inside], third[inside]
        corners = depth[index]
        near = corners[:, 0] + second * (corners[:, 1] - corners[:, 0])
        near += third * (corners[:, 2] - corners[:, 0])
        pixel = (top[index] + row[inside]).astype(np.int64) * width + left[index] + column[inside]
        yield pixel, kept[index].astype(np.int32), near, second, third
        start = stop
