"""A scene through a pinhole camera: the picture, and the exact truth about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.composition.geometry import Pinhole
from framecue.composition.subject import Edge
from framecue.parts import Part
from framecue.studio.body import figure
from framecue.studio.fabrics import WIDE
from framecue.studio.lighting import SHADOW_M, floor_shadow, shade
from framecue.studio.panels import Panel, plane, warp
from framecue.studio.raster import Fragments, rasterise
from framecue.studio.room import FLOOR, furnish
from framecue.studio.scene import Person, Scene
from framecue.studio.surface import Array, joined

Point = tuple[float, float]
NEAR_M: Final = 0.05  # nothing closer to the camera is drawn


@dataclass(frozen=True, slots=True)
class Truth:
    """Where one person is in a picture; float pixels (x, y), y down, projected even when out of the frame
    or hidden by somebody else. None when any of the body is not in front of the camera.

    head_top: the highest point of hair, headwear or face as seen. chin: the lowest of the face.
    foot: the lowest of the footwear. left_x, right_x: outermost columns, carried things included.
    cut: frame edges that cut the body, with the part cut there. pixels: count for each part that is seen.
    hidden: 0..1, the share of the pixels in the frame that other people cover.
    """

    head_top: Point | None
    chin: Point | None
    foot: Point | None
    left_x: float | None
    right_x: float | None
    cut: Mapping[Edge, Part]
    pixels: Mapping[Part, int]
    hidden: float

    @property
    def heads(self) -> float | None:
        """Body-to-head ratio (foot - head top) / (chin - head top) in rows; None if not upright in view."""
        if self.head_top is None or self.chin is None or self.foot is None:
            return None
        head, body = self.chin[1] - self.head_top[1], self.foot[1] - self.head_top[1]
        return body / head if 0 < head < body else None

    @property
    def visible(self) -> bool:
        """Whether any pixel of the person is seen."""
        return bool(self.pixels)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One rendered picture.

    image: (h, w, 3) uint8 RGB. parts: (h, w) uint8 part ids. depth_m: (h, w) float32 metres along the
    optical axis, 0 where endless. owner: (h, w) uint8, 0 nobody, n the n-th person.
    people: a truth for each of the scene's people, in the scene's order.
    """

    image: NDArray[np.uint8]
    parts: NDArray[np.uint8]
    depth_m: NDArray[np.float32]
    owner: NDArray[np.uint8]
    people: tuple[Truth, ...]
    pinhole: Pinhole


class Studio:
    """A scene made ready: geometry, textures and light are worked out here, once (about half a second a
    person); `view` only looks at them and may be called from any thread.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._room = furnish(scene.room, scene.light)
        self._actors = tuple(Actor(person, scene) for person in scene.people)
        outlines = [(actor.points, actor.triangles) for actor in self._actors]
        shadow = floor_shadow(outlines, self._room.footprints, scene.light)
        half, side = SHADOW_M / 2, SHADOW_M
        self._shadow = Panel(
            np.array([-half, 0, half]), np.array([side, 0, 0]), np.array([0, 0, -side]),
            cv2.merge([shadow, shadow, shadow]).astype(np.uint8),
        )  # fmt: skip

    def view(self, pinhole: Pinhole, noise: float = 0.0) -> View:
        """Look at the scene.

        noise: deviation of the sensor's noise in grey levels; the same pinhole gives the same noise.
        Walls are seen from inside only: a camera that left the room looks in through them.
        """
        shape = pinhole.height, pinhole.width
        image = np.empty((*shape, 3), np.uint8)
        nearness, surface = self._faces(pinhole, image)
        for number, panel in enumerate(self._room.furniture, start=len(self._room.faces) + 1):
            _draw(panel, pinhole, image, nearness, surface, number)
        parts, owner = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
        drawn = []
        for number, actor in enumerate(self._actors, start=1):
            drawn.append(actor.draw(pinhole, image, nearness))
            seen = drawn[-1].pixel
            parts.reshape(-1)[seen] = actor.parts[drawn[-1].triangle]
            owner.reshape(-1)[seen] = number
        people = tuple(
            actor.truth(pinhole, fragments, parts, owner == number)
            for number, (actor, fragments) in enumerate(zip(self._actors, drawn, strict=True), start=1)
        )
        _soften(image, np.where(parts > 0, 200 + parts + 8 * (owner & 3), surface).astype(np.uint8))
        if noise > 0:
            image = _noisy(image, noise, pinhole)
        depth = np.zeros(shape, np.float32)
        np.divide(1.0, nearness, out=depth, where=nearness > 1e-6)
        return View(image, parts, depth, owner, people, pinhole)

    def _faces(
        self, pinhole: Pinhole, image: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Draw the room's inside; returns (h, w) nearness, 0 where endless, and the face's number from 1."""
        whole = (0, 0, pinhole.width, pinhole.height)
        nearness = np.zeros(image.shape[:2], np.float32)
        surface = np.zeros(image.shape[:2], np.uint8)
        for number, face in enumerate(self._room.faces, start=1):
            coefficients = face.nearness(pinhole)
            if coefficients is not None:
                values = plane(coefficients, whole)
                surface[values > nearness] = number
                np.maximum(nearness, values, out=nearness)
        image[surface == 0] = 128
        for number, face in enumerate(self._room.faces, start=1):
            mask = (surface == number).astype(np.uint8)
            box = cv2.boundingRect(mask)
            if box[2] == 0:
                continue
            rows, columns = slice(box[1], box[1] + box[3]), slice(box[0], box[0] + box[2])
            painted = warp(face, face.texture, pinhole, (box[0], box[1], box[2], box[3]))
            if face.fade_m is not None:
                painted = _faded(painted, nearness[rows, columns], face)
            if number == FLOOR + 1:
                dark = warp(self._shadow, self._shadow.texture, pinhole, (box[0], box[1], box[2], box[3]))
                painted = cv2.multiply(painted, dark, scale=1 / 255).astype(np.uint8, copy=False)
            cv2.copyTo(painted, mask[rows, columns], image[rows, columns])
            if face.endless:
                nearness[mask > 0] = 0
        return nearness, surface


def render(scene: Scene, pinhole: Pinhole, noise: float = 0.0) -> View:
    """One picture of a scene; for more than one make a `Studio` and keep it."""
    return Studio(scene).view(pinhole, noise)


class Actor:
    """One person made ready to be drawn.

    points (n, 3) metres, triangles (t, 3) int32, parts (t,) uint8.
    """

    def __init__(self, person: Person, scene: Scene) -> None:
        body = figure(person)
        self.points, self._normals, triangles, self.parts, self._shine = joined(body.surfaces)
        self.triangles = triangles
        lit, reached = shade(self.points, self._normals, self.triangles, scene.light)
        self._gleam = self._shine * (0.25 + 0.75 * reached)
        self._toward_light = scene.light.direction
        names = list(body.tiles)
        starts = dict(zip(names, np.cumsum([0, *(len(body.tiles[n]) for n in names)]), strict=False))
        sheet = np.concatenate([body.tiles[name] for name in names])
        self._sheets = [sheet]
        for _ in range(3):
            half = self._sheets[-1].shape[1] // 2, self._sheets[-1].shape[0] // 2
            self._sheets.append(
                cv2.resize(self._sheets[-1], half, interpolation=cv2.INTER_AREA).astype(np.uint8)
            )
        uv = np.concatenate([
            surface.uv * (WIDE - 16, len(body.tiles[surface.tile]) - 16) + (7.5, 7.5 + starts[surface.tile])
            for surface in body.surfaces
        ])  # fmt: skip
        self._paint = np.column_stack([uv, lit]).astype(np.float32)
        self._points_of = {part: np.unique(self.triangles[self.parts == part]) for part in Part}

    def draw(self, pinhole: Pinhole, image: NDArray[np.uint8], nearness: NDArray[np.float32]) -> Fragments:
        """Draw where nearer than what is there; image and nearness are changed in place."""
        pixels, depth = pinhole.project(self.points)
        near = np.where(depth > NEAR_M, 1 / np.maximum(depth, NEAR_M), 0).astype(np.float32)
        fragments = rasterise(np.nan_to_num(pixels).astype(np.float32), near, self.triangles, nearness)
        if len(fragments.pixel) == 0:
            return fragments
        values = np.column_stack([self._paint, self._highlight(pinhole)])
        mixed = fragments.mix(values, self.triangles)
        # Texture pixels per picture pixel: a 512-pixel tile goes round about a metre.
        ratio = float(np.median(1 / fragments.nearness)) * WIDE / pinhole.focal_px
        level = int(np.clip(np.floor(np.log2(max(ratio, 1.0)) + 0.3), 0, 3))
        colour = _sampled(self._sheets[level], mixed[:, :2], 2.0**-level)
        lit = colour * mixed[:, 2:5] + 255 * mixed[:, 5:6]
        image.reshape(-1, 3)[fragments.pixel] = np.clip(lit, 0, 255).astype(np.uint8)
        return fragments

    def _highlight(self, pinhole: Pinhole) -> NDArray[np.float32]:
        """(n,) float32 of white added at each point: gloss, and the pale rim of cloth and skin."""
        away = pinhole.position - self.points
        away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
        half = away + self._toward_light
        half /= np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-6)
        gloss = np.clip(np.einsum("ij,ij->i", self._normals, half), 0, 1)
        rim = np.clip(1 - np.einsum("ij,ij->i", self._normals, away), 0, 1)
        value: Array = self._gleam * gloss**24 + 0.06 * rim**4
        return value.astype(np.float32)

    def truth(
        self, pinhole: Pinhole, fragments: Fragments, parts: NDArray[np.uint8], mine: NDArray[np.bool_]
    ) -> Truth:
        """What is true of this person in a picture whose other people are drawn too."""
        counts = np.bincount(parts[mine], minlength=len(Part))
        seen: dict[Part, int] = {
            part: int(counts[part]) for part in Part if counts[part] and part != Part.BACKGROUND
        }
        # People drawn later took pixels from the fragments, earlier ones were in the way from the start.
        drawn = max(len(fragments.pixel), 1)
        hidden = 1 - sum(seen.values()) / drawn
        pixels, depth = pinhole.project(self.points)
        if depth.min() <= NEAR_M:
            return Truth(None, None, None, None, None, {}, seen, hidden)

        def extreme(which: tuple[Part, ...], sign: int) -> Point:
            rows = np.concatenate([self._points_of[part] for part in which])
            best = rows[np.argmax(sign * pixels[rows, 1])]
            return float(pixels[best, 0]), float(pixels[best, 1])

        return Truth(
            extreme((Part.HAIR, Part.FACE), -1),
            extreme((Part.FACE,), 1),
            extreme((Part.FOOT,), 1),
            float(pixels[:, 0].min()),
            float(pixels[:, 0].max()),
            self._cut(pinhole, pixels),
            seen,
            hidden,
        )

    def _cut(self, pinhole: Pinhole, pixels: Array) -> dict[Edge, Part]:
        """Edges that the body crosses, and the part that meets each: the most frequent there."""
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        if (low > -0.5).all() and high[0] < pinhole.width - 0.5 and high[1] < pinhole.height - 0.5:
            return {}
        middle = pixels[self.triangles].mean(axis=1)
        x, y = middle[:, 0], middle[:, 1]
        in_x, in_y = (x > -0.5) & (x < pinhole.width - 0.5), (y > -0.5) & (y < pinhole.height - 0.5)
        band = 0.02 * pinhole.height
        distances: tuple[tuple[Edge, Array, NDArray[np.bool_]], ...] = (
            ("top", y + 0.5, in_x),
            ("bottom", pinhole.height - 0.5 - y, in_x),
            ("left", x + 0.5, in_y),
            ("right", pinhole.width - 0.5 - x, in_y),
        )
        cut: dict[Edge, Part] = {}
        for edge, inward, beside in distances:
            if (inward[beside] < 0).any() and (inward[beside] > 0).any():
                there = self.parts[beside & (np.abs(inward) < band)]
                if len(there):
                    cut[edge] = Part(int(np.bincount(there).argmax()))
        return cut


def _draw(panel: Panel, pinhole: Pinhole, image: NDArray[np.uint8], nearness: NDArray[np.float32],
          surface: NDArray[np.uint8], number: int) -> None:  # fmt: skip
    """Draw a panel where it is nearer than what is there."""
    coefficients = panel.nearness(pinhole)
    outline = panel.outline(pinhole) if coefficients is not None else np.zeros((0, 2))
    if coefficients is None or len(outline) == 0:
        return
    low = np.maximum(np.floor(outline.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(outline.max(axis=0)), (pinhole.width - 1, pinhole.height - 1)).astype(int)
    if (high < low).any():
        return
    box = int(low[0]), int(low[1]), int(high[0] - low[0] + 1), int(high[1] - low[1] + 1)
    rows, columns = slice(box[1], box[1] + box[3]), slice(box[0], box[0] + box[2])
    mask = np.zeros((box[3], box[2]), np.uint8)
    fixed = np.round(np.clip(outline - low, -8000, 8000) * 16).astype(np.int32)
    cv2.fillConvexPoly(mask, fixed, 1, shift=4)
    values = plane(coefficients, box)
    mask &= (values > nearness[rows, columns]).astype(np.uint8)
    if panel.mask is not None:
        mask &= (warp(panel, panel.mask, pinhole, box) > 127).astype(np.uint8)
    cv2.copyTo(warp(panel, panel.texture, pinhole, box), mask, image[rows, columns])
    cv2.copyTo(values, mask, nearness[rows, columns])
    surface[rows, columns][mask > 0] = number


def _faded(painted: NDArray[np.uint8], nearness: NDArray[np.float32], face: Panel) -> NDArray[np.uint8]:
    """Let a repeated texture go over into its mean colour with distance, where it would only flicker."""
    kept = 1 / (1 + 1 / np.maximum(nearness * (face.fade_m or 1.0), 1e-3))
    mean = face.texture.reshape(-1, 3).mean(axis=0).astype(np.float32)
    mixed: NDArray[np.uint8] = (mean + (painted - mean) * kept[..., None]).astype(np.uint8)
    return mixed


def _sampled(sheet: NDArray[np.uint8], at: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """(n, 3) float32 colours of a texture at (n, 2) pixels of its full size."""
    columns = 1024
    rows = -(-len(at) // columns)
    padded = np.zeros((rows * columns, 2), np.float32)
    padded[: len(at)] = (at + 0.5) * scale - 0.5
    grid = padded.reshape(rows, columns, 2)
    found = cv2.remap(sheet, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    colours: NDArray[np.float32] = found.reshape(-1, 3)[: len(at)].astype(np.float32)
    return colours


def _soften(image: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
    """Blur the steps along outlines, as a lens does; in place."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    edge = cv2.morphologyEx(labels, cv2.MORPH_GRADIENT, cross)
    soft = cv2.GaussianBlur(image, (3, 3), 0.75)
    cv2.copyTo(soft, edge, image)


def _noisy(image: NDArray[np.uint8], noise: float, pinhole: Pinhole) -> NDArray[np.uint8]:
    """Add sensor noise that depends on nothing but the pinhole."""
    pose = (
        pinhole.x,
        pinhole.y,
        pinhole.z,
        pinhole.pitch_deg,
        pinhole.pan_deg,
        pinhole.roll_deg,
        pinhole.fov_deg,
    )
    rng = np.random.default_rng(np.asarray(pose, np.float64).view(np.uint64).tolist())
    grain = rng.standard_normal(image.shape, np.float32)
    grain *= noise
    grain += image
    grain += 0.5
    noisy: NDArray[np.uint8] = np.clip(grain, 0, 255).astype(np.uint8)
    return noisy
