"""A dressed person as surfaces: torso, limbs, garments, shoes, head and what is carried."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from framecue.parts import Part
from framecue.studio import fabrics
from framecue.studio.head import head
from framecue.studio.limbs import EASE, arm, folds, hand, leg, shoe
from framecue.studio.scene import Person
from framecue.studio.skeleton import Skeleton, skeleton
from framecue.studio.surface import RIGHT, UP, Array, Surface, ellipsoid, loft, rotation, smooth

# Down the trunk: height, half width, reach to the front and to the back; shares of the body.
TRUNK = (
    (-0.852, 0.033, 0.030, 0.034),
    (-0.838, 0.046, 0.032, 0.040),
    (-0.824, 0.072, 0.038, 0.046),
    (-0.808, 0.096, 0.046, 0.052),
    (-0.780, 0.103, 0.058, 0.058),
    (-0.740, 0.101, 0.068, 0.060),
    (-0.680, 0.091, 0.066, 0.054),
    (-0.620, 0.085, 0.062, 0.050),
    (-0.570, 0.090, 0.061, 0.056),
    (-0.520, 0.095, 0.060, 0.064),
    (-0.480, 0.090, 0.050, 0.056),
    (-0.455, 0.060, 0.030, 0.034),
)
HEM = {"tshirt": 0.500, "shirt": 0.490, "sweater": 0.505, "jacket": 0.480, "coat": 0.300, "dress": 0.300}


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A person's surfaces in the room, metres, and the texture (rows, 512, 3) uint8 RGB of each tile."""

    surfaces: tuple[Surface, ...]
    tiles: dict[str, NDArray[np.uint8]]


def figure(person: Person) -> Figure:
    """Make the surfaces and textures of a person, standing where they stand."""
    bones = skeleton(person)
    rng = np.random.default_rng([person.seed, 2])
    surfaces = [*_trunk(person, bones, rng), *_neck(person, bones)]
    for limb in bones.legs:
        surfaces += [*leg(person, bones, limb, rng), shoe(bones, limb)]
    for limb in bones.arms:
        surfaces += [*arm(person, bones, limb, rng), *hand(bones, limb)]
    turn = rotation(person.pose.head_turn_deg, person.pose.head_nod_deg, person.pose.head_tilt_deg)
    # The head turns about the top of the neck, not about the skull's top.
    pivot = np.array([0.0, -0.8 * person.height_m / person.heads, 0.0])
    top = bones.head + pivot - turn @ pivot
    surfaces += [surface.moved(turn, top) for surface in head(person)]
    surfaces += _carried(person, bones)
    sole = min(float(surface.points[:, 1].min()) for surface in surfaces)
    place = rotation(person.facing_deg), np.array([person.x, -sole, person.z])
    return Figure(tuple(surface.moved(*place) for surface in surfaces), _tiles(person, rng))


def _rows(
    person: Person, bones: Skeleton, first: float, last: float, rings: int
) -> tuple[Array, Array, Array]:
    """Of the trunk between two heights (shares): path, directions across, (rings, 3) half sizes, metres."""
    key = np.array(TRUNK)
    place = np.linspace(-first, -last, rings)
    size = smooth(np.column_stack([np.interp(place, key[:, 0], key[:, i]) for i in (1, 2, 3)]), 2)
    curve, thick = person.curve, person.girth - 1
    bell = {y: np.exp(-(((-place - y) / 0.05) ** 2)) for y in (0.51, 0.62, 0.735, 0.79)}
    size[:, 0] *= 1 + curve * (0.06 * bell[0.51] - 0.13 * bell[0.62] - 0.07 * bell[0.79])
    size[:, 1] += curve * (0.020 * bell[0.735] - 0.008 * bell[0.62]) + 0.06 * max(thick, 0) * bell[0.62]
    size[:, 2] += curve * 0.010 * bell[0.51]
    size *= 1 + thick * np.array([0.9, 0.8, 0.6])
    share = np.clip((-place - 0.512) / (0.803 - 0.512), -0.2, 1)[:, None]
    path = bones.pelvis * (1 - share) + bones.chest * share
    path[:, 1] = -place * bones.body
    path[:, 2] += 0.012 * bones.body * np.clip((-place - 0.79) / 0.06, 0, 1)
    lean = np.radians(person.pose.chest_deg) * share[:, 0]
    tilt = np.radians(-2.5 * person.pose.weight) * share[:, 0]
    across = np.column_stack([np.cos(lean), -np.sin(tilt), np.sin(lean)])
    return path, across, size * bones.body


def _trunk(person: Person, bones: Skeleton, rng: np.random.Generator) -> list[Surface]:
    """The upper garment down to its hem, the trousers' or skirt's upper part, and skirts."""
    body, ease, hem = bones.body, EASE[person.top], HEM[person.top]
    tucked = person.bottom == "skirt" and person.top in {"tshirt", "shirt", "sweater"}
    waist_row = 0.600
    low = 0.585 if tucked else max(hem, 0.47)
    rings, around = 36, 36
    path, across, size = _rows(person, bones, 0.852, low, rings)
    heights = path[:, 1] / body
    loose = ease * np.clip((0.84 - heights) / 0.05, 0, 1)
    if not tucked and person.top != "dress":
        loose = loose + np.clip((0.66 - heights) / 0.14, 0, 1) * 0.008
    size = size + loose[:, None] * body
    calm = np.clip((0.80 - heights) / 0.1, 0.1, 1)[:, None]
    relief = folds(rng, rings, around, 0.0022 * body) * calm * (0.6 if person.top == "dress" else 1.0)
    upper = loft(
        path,
        across,
        size[:, 0],
        size[:, 1],
        Part.TORSO,
        "top",
        around=around,
        back=size[:, 2],
        square=0.86,
        relief=relief,
        cap=0.2,
    )
    surfaces = [upper]
    if person.top in {"coat", "dress"}:
        end = hem if person.top == "coat" else float(rng.choice([0.30, 0.26, 0.14]))
        surfaces.append(
            _skirt(person, bones, rng, 0.60 if person.top == "dress" else 0.56, end, "hem", ease + 0.003)
        )
        if person.top == "dress":
            return surfaces
    path, across, size = _rows(person, bones, waist_row, 0.455, 16)
    size = size + 0.003 * body
    surfaces.append(
        loft(path, across, size[:, 0], size[:, 1], Part.TORSO, "seat", around=36, back=size[:, 2], square=0.9)
    )
    if person.bottom == "skirt" and person.top != "coat":
        end = float(rng.choice([0.36, 0.28, 0.12]))
        surfaces.append(_skirt(person, bones, rng, waist_row, end, "bottom", 0.004))
    return surfaces


def _skirt(
    person: Person,
    bones: Skeleton,
    rng: np.random.Generator,
    first: float,
    last: float,
    tile: str,
    ease: float,
) -> Surface:
    """A skirt, or the lower part of a coat or dress, wide enough for the legs below the hips."""
    body, rings, around = bones.body, 26, 60
    heights = np.linspace(first, last, rings)
    path, across, size = _rows(person, bones, first, min(first - 0.01, 0.5), 12)
    at = np.linspace(first, min(first - 0.01, 0.5), 12)
    down = [np.interp(-heights, -at, size[:, i]) for i in range(3)]
    middle = [np.interp(-heights, -at, path[:, i]) for i in range(3)]
    middle[1] = heights * body
    flare = float(rng.uniform(0.12, 0.34)) if tile != "hem" or person.top == "dress" else 0.14
    below = np.clip(first - 0.05 - heights, 0, None) * flare * body
    below = below + ease * body * np.clip(0.3 + (first - heights) / 0.06, 0, 1)
    wide, front = down[0] + below, down[1] + below
    # It falls over the legs, which stand apart, one perhaps forward, and do not follow the pelvis.
    middle[0] = middle[0] * (1 - np.clip((0.512 - heights) / 0.462, 0, 1))
    thigh = np.interp(heights, [0.28, 0.5], [0.036, 0.047]) * (0.2 + 0.8 * person.girth) + 0.015
    if person.top == "coat":
        thigh = thigh + 0.008
    begins = np.clip((0.58 - heights) / 0.08, 0, 1)
    for limb in bones.legs:
        way = limb.path(40)
        x, z = (np.interp(-middle[1], -way[:, 1], way[:, i]) for i in (0, 2))
        wide = np.maximum(wide, begins * (np.abs(x - middle[0]) + thigh * body))
        front = np.maximum(front, begins * (middle[2] - z + thigh * body) / 0.82)
    wide, front = np.maximum.accumulate(wide), np.maximum.accumulate(front)
    pleats = rng.uniform(7, 12) // 1
    wave = np.sin(np.linspace(0, 2 * np.pi * pleats, around + 1) + rng.uniform(0, 6))
    relief = np.clip((first - heights) / (first - last), 0, 1)[:, None] * wave * 0.008 * body
    relief = relief + folds(rng, rings, around, 0.0016 * body, 3)
    across = np.repeat(across[-1:], rings, axis=0)
    surface = loft(
        np.column_stack(middle),
        across,
        smooth(wide[:, None], 4)[:, 0],
        smooth(front[:, None], 4)[:, 0],
        Part.LEG,
        tile,
        around=around,
        back=down[2] + below,
        square=0.92,
        relief=relief,
        cap=0.1,
    )
    centres = surface.points[surface.triangles].mean(axis=1)
    surface.parts[centres[:, 1] > 0.5 * body] = Part.TORSO
    return surface


def _neck(person: Person, bones: Skeleton) -> list[Surface]:
    body = bones.body
    chin = person.height_m * (1 - 1 / person.heads)
    top = np.array([bones.head[0], chin + 0.035 * body, bones.head[2] + 0.018 * body])
    foot = np.array([bones.chest[0], 0.825 * body, 0.016 * body])
    path = np.linspace(top, foot, 10)
    wide = np.linspace(0.031, 0.035, 10) * body * (0.6 + 0.4 * person.girth) * (1 - 0.12 * person.curve)
    surfaces = [loft(path, RIGHT, wide, wide * 1.05, Part.TORSO, "skin", around=20)]
    if person.top in {"shirt", "sweater"}:
        high, slack = (0.868, 1.18) if person.top == "sweater" else (0.856, 1.32)
        collar = np.linspace([bones.chest[0], high * body, 0.012 * body], foot, 8)
        flare = np.linspace(slack, slack + 0.17, 8) * wide[0]
        surfaces.append(loft(collar, RIGHT, flare, flare * 0.98, Part.TORSO, "collar", around=24, cap=0.02))
    return surfaces


def _carried(person: Person, bones: Skeleton) -> list[Surface]:
    if person.bag == "none":
        return []
    body = bones.body
    if person.bag == "handbag":
        return _handbag(person, bones)
    if person.bag == "backpack":
        centre = bones.chest + np.array([0.0, -0.11, 0.105]) * body
        pack = ellipsoid(centre, np.array([0.10, 0.15, 0.055]) * body, Part.CARRIED, "bag", around=22)
        return [pack, *(_strap(person, bones, side * 0.55, side * 0.82, 0.83, 0.66) for side in (-1, 1))]
    centre = bones.pelvis + np.array([0.118 * person.girth, -0.005, -0.04]) * body
    pouch = loft(
        np.linspace(centre + 0.045 * body * UP, centre - 0.045 * body * UP, 14),
        np.array([0.5, 0.0, 0.85]),
        np.full(14, 0.062 * body),
        np.full(14, 0.026 * body),
        Part.CARRIED,
        "bag",
        around=28,
        square=0.5,
        cap=0.4,
    )
    return [pouch, _strap(person, bones, -0.52, 1.25, 0.838, 0.535)]


def _strap(person: Person, bones: Skeleton, start: float, end: float, high: float, low: float) -> Surface:
    """A band over the front of the chest from one angle (radians, 0 front) and height to another."""
    path, _, size = _rows(person, bones, 0.852, low - 0.02, 30)
    heights = np.linspace(high, low, 26)
    angle = np.interp(heights, [low, high], [end, start])
    row = np.clip((0.852 - heights) / (0.852 - low + 0.02) * 29, 0, 29)
    pick = [np.interp(row, np.arange(30), size[:, i]) for i in range(2)]
    middle = np.column_stack([np.interp(row, np.arange(30), path[:, i]) for i in range(3)])
    out = (EASE[person.top] + 0.009) * bones.body
    sine, cosine = np.sin(angle), np.cos(angle)
    boxy = (np.sign(sine) * np.abs(sine) ** 0.86, np.sign(cosine) * np.abs(cosine) ** 0.86)
    middle[:, 0] += boxy[0] * (pick[0] + out)
    middle[:, 2] -= boxy[1] * (pick[1] + out)
    flat = np.full(26, 0.011 * bones.body)
    normal = np.column_stack([sine, 0 * sine, -cosine])
    sideways = np.cross(np.gradient(middle, axis=0), normal)
    return loft(middle, sideways, flat, flat * 0.3, Part.CARRIED, "bag", around=10, cap=0.1)


def _handbag(person: Person, bones: Skeleton) -> list[Surface]:
    """A bag in a hanging hand; nothing where both arms are busy."""
    hanging = [limb for limb, kind in zip(bones.arms, person.pose.arms, strict=True) if kind == "hang"]
    if not hanging:
        return []
    body = bones.body
    grip = hanging[person.seed % len(hanging)].end + np.array([0.0, -0.075, -0.01]) * body
    top = grip - np.array([0.0, 0.07 * body, 0.0])
    path = np.linspace(top, top - [0, 0.12 * body, 0], 16)
    wide = np.linspace(0.06, 0.078, 16) * body
    turned = np.array([0.45, 0.0, 0.9])
    case = loft(
        path, turned, wide, np.full(16, 0.028 * body), Part.CARRIED, "bag", around=30, square=0.45, cap=0.15
    )
    bow = np.linspace(-1, 1, 17)[:, None]
    arch = top + turned * bow * 0.042 * body + np.array([0, 1.0, 0]) * (1 - bow**2) * 0.075 * body
    thin = np.full(17, 0.005 * body)
    handle = loft(arch, np.array([0.9, 0.0, -0.45]), thin, thin, Part.CARRIED, "bag", around=8)
    return [case, handle]


def _tiles(person: Person, rng: np.random.Generator) -> dict[str, NDArray[np.uint8]]:
    """Every texture the person's surfaces name."""
    top = fabrics.cloth(rng, person.top_colour, person.accent, person.pattern)
    hem = top.copy()
    # A sleeve is a quarter as far round as the trunk: a quarter of the cloth keeps the pattern's size.
    sleeve = cv2.resize(top[:, 192:320], (512, 512), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    bare = person.skin
    if person.top in {"tshirt", "dress"}:
        fabrics.neckline(top, bare, 0.13, 0.13, pointed=person.top == "dress")
    elif person.top == "shirt":
        fabrics.neckline(top, bare, 0.16, 0.08, pointed=True)
        fabrics.placket(top, person.top_colour, 70, 511)
    elif person.top in {"jacket", "coat"}:
        inner = fabrics.cloth(rng, person.accent, person.top_colour, "plain")
        fabrics.neckline(inner, bare, 0.13, 0.10, pointed=False)
        fabrics.open_front(top, inner, 0.085, 0.05)
        fabrics.open_front(hem, inner, 0.0, 0.0)
    if person.bottom == "jeans":
        bottom = fabrics.denim(rng, person.bottom_colour)
    else:
        bottom = fabrics.cloth(rng, person.bottom_colour, person.accent, "plain")
    seat = bottom.copy()
    seat[:30] = (seat[:30] * 0.6).astype(np.uint8)
    hose = person.skin if person.seed % 4 else tuple(int(c * 0.35 + 12) for c in person.skin)
    sole = (226, 224, 220) if person.seed % 2 else (40, 36, 34)
    return {
        "top": top,
        "hem": hem,
        "sleeve": sleeve,
        "collar": fabrics.cloth(rng, person.top_colour, person.top_colour, "plain", 64),
        "bottom": bottom,
        "seat": seat,
        "hose": fabrics.skin(rng, (hose[0], hose[1], hose[2])),
        "skin": fabrics.skin(rng, person.skin),
        "face": fabrics.face(rng, person),
        "hand": fabrics.hands(rng, person.skin),
        "hair": fabrics.strands(rng, person.hair_colour),
        "headwear": fabrics.cloth(
            rng,
            person.headwear_colour,
            person.accent,
            "knit" if person.headwear == "beanie" else "plain",
            256,
        ),
        "shoe": fabrics.shoe(rng, person.shoe_colour, sole),
        "bag": fabrics.cloth(rng, person.bag_colour, person.bag_colour, "plain", 128),
    }
