"""Legs, arms, hands and feet, bare and covered."""

from typing import Final

import numpy as np

from framecue.parts import Part
from framecue.studio.scene import Person
from framecue.studio.skeleton import Limb, Skeleton
from framecue.studio.surface import RIGHT, UP, Array, Surface, loft, smooth, stations

LEG = (
    (0, 0.051, 0.058),
    (0.2, 0.047, 0.052),
    (0.45, 0.034, 0.037),
    (0.53, 0.032, 0.034),
    (0.68, 0.031, 0.034),
    (0.85, 0.022, 0.024),
    (1.0, 0.018, 0.021),
)
# An arm begins inside the shoulder, where it follows the shoulder's slope.
ARM = (
    (0, 0.014, 0.020),
    (0.07, 0.022, 0.026),
    (0.14, 0.027, 0.029),
    (0.28, 0.026, 0.028),
    (0.52, 0.021, 0.022),
    (0.64, 0.022, 0.022),
    (0.86, 0.016, 0.017),
    (1.0, 0.013, 0.016),
)
EASE = {"tshirt": 0.006, "shirt": 0.007, "sweater": 0.011, "jacket": 0.013, "coat": 0.016, "dress": 0.003}
RINGS: Final = 30
AROUND: Final = 18


def folds(rng: np.random.Generator, rings: int, around: int, amount: float, calm: int = 2) -> Array:
    """(rings, around + 1) metres: creases that run round the limb and a little down."""
    field = smooth(rng.standard_normal((rings + 6, around)), calm)
    wrapped = np.concatenate([field[:, -6:], field, field[:, :6]], axis=1)
    field = smooth(wrapped.T, calm + 3).T[3:-3, 6:-6]
    field *= amount / max(float(field.std()), 1e-9)
    closed: Array = np.concatenate([field, field[:, :1]], axis=1)
    return closed


def leg(person: Person, bones: Skeleton, limb: Limb, rng: np.random.Generator) -> list[Surface]:
    """A leg, bare under skirts and shorts, in its trouser leg otherwise."""
    body, thick = bones.body, 1 + 0.8 * (person.girth - 1)
    ankle = Limb(limb.root, limb.bend, limb.end - 0.02 * body * UP, limb.ahead)
    place = np.linspace(0, 1, RINGS)
    if person.bottom == "skirt" or person.top == "dress":
        tile = "hose" if person.bottom == "skirt" else "skin"
        return [_tube(ankle, LEG, body, Part.LEG, tile, rng, start=0.25, thick=thick)]
    if person.bottom == "shorts":
        loose = 0.004 + 0.03 * place
        short = _tube(limb, LEG, body, Part.LEG, "bottom", rng, until=0.5, ease=loose, crease=0.0016,
                      thick=thick, cap=0.5)  # fmt: skip
        return [_tube(ankle, LEG, body, Part.LEG, "skin", rng, start=0.3, thick=thick), short]
    cut = float(np.random.default_rng([person.seed, 3]).choice([0.003, 0.010, 0.018]))
    ease = 0.004 + np.interp(place, [0, 0.4, 0.7, 1.0], [0.0, 0.004, cut * 0.7, cut])
    return [_tube(ankle, LEG, body, Part.LEG, "bottom", rng, ease=ease, crease=0.0019, thick=thick, cap=0.2)]


def shoe(bones: Skeleton, limb: Limb) -> Surface:
    """A shoe with a flat sole on the floor, from behind the heel to the toes."""
    body = bones.body
    table = stations(
        (
            (0, 0.016, 0.030),
            (0.06, 0.024, 0.040),
            (0.25, 0.026, 0.044),
            (0.42, 0.027, 0.036),
            (0.6, 0.031, 0.027),
            (0.8, 0.030, 0.021),
            (0.94, 0.021, 0.016),
            (1.0, 0.012, 0.012),
        ),
        26,
        1,
    )
    heel = limb.end - limb.ahead * 0.040 * body
    path = heel + np.outer(table[:, 0] * 0.150 * body, limb.ahead)
    tall = table[:, 2] * body
    path[:, 1] = tall * 0.42
    across = np.array([-limb.ahead[2], 0.0, limb.ahead[0]])
    surface = loft(
        path,
        across,
        table[:, 1] * body,
        tall * 1.0,
        Part.FOOT,
        "shoe",
        around=28,
        back=tall * 1.0,
        square=0.8,
        cap=0.5,
        shine=0.15,
    )
    # Walking presses the underside flat; what would reach below the floor is the sole.
    surface.points[:, 1] = np.maximum(surface.points[:, 1], 0.0)
    flat = surface.points[:, 1] < 1e-6
    surface.normals[flat] = (0.0, -1.0, 0.0)
    return surface


def arm(person: Person, bones: Skeleton, limb: Limb, rng: np.random.Generator) -> list[Surface]:
    """An arm and its sleeve; of the bare arm only what the sleeve leaves."""
    body, thick = bones.body, (1 + 0.8 * (person.girth - 1)) * (1 - 0.14 * person.curve)
    ease = EASE[person.top]
    place = np.linspace(0, 1, RINGS)
    if person.top == "tshirt" or (person.top == "dress" and person.seed % 2 == 0):
        loose = 0.003 + 0.030 * np.clip(place - 0.1, 0, None)
        sleeve = _tube(limb, ARM, body, Part.ARM, "sleeve", rng, until=0.44, ease=loose, crease=0.001,
                       thick=thick)  # fmt: skip
        return [_tube(limb, ARM, body, Part.ARM, "skin", rng, start=0.3, thick=thick), sleeve]
    rolled = 0.66 if person.top == "shirt" and person.seed % 3 == 0 else 0.98
    loose = np.interp(place, [0, 0.15, 0.4, 1], [0.002, 0.003, 0.005 + 0.5 * ease, 0.004 + 0.8 * ease])
    sleeve = _tube(limb, ARM, body, Part.ARM, "sleeve", rng, until=rolled, ease=loose, crease=0.0018,
                   thick=thick)  # fmt: skip
    return [_tube(limb, ARM, body, Part.ARM, "skin", rng, start=rolled - 0.15, thick=thick), sleeve]


def hand(bones: Skeleton, limb: Limb) -> list[Surface]:
    """A relaxed hand, fingers a little bent, and its thumb."""
    body = bones.body
    table = stations(
        (
            (0, 0.015, 0.012),
            (0.2, 0.022, 0.0125),
            (0.45, 0.025, 0.0125),
            (0.7, 0.022, 0.011),
            (0.9, 0.017, 0.009),
            (1, 0.011, 0.006),
        ),
        16,
        1,
    )
    forearm = (limb.end - limb.bend) / np.linalg.norm(limb.end - limb.bend)
    bend = np.clip(table[:, :1] * 1.6, 0, 1)
    steps = (forearm * (1 - bend) + limb.ahead * bend) * (0.103 * body / 15)
    path = limb.end - forearm * 0.008 * body + np.cumsum(steps, axis=0)
    # A hanging hand shows its thumb side to the front.
    across = np.array([0.35, 0.0, -1.0]) if limb.ahead[1] < -0.6 else np.array([0.2, 0.9, -0.4])
    if limb.ahead[1] > 0.6:
        across = RIGHT
    palm = loft(path, across, table[:, 1] * body, table[:, 2] * body, Part.ARM, "hand", around=20)
    side = across - (across @ forearm) * forearm
    side /= np.linalg.norm(side)
    root = path[2] + side * 0.014 * body
    tip = path[8] + side * 0.030 * body
    thumb = np.linspace(root, tip, 6)
    wide = np.linspace(0.010, 0.007, 6) * body
    return [palm, loft(thumb, np.array([0.3, 0.5, 1.0]), wide, wide, Part.ARM, "skin", around=10, cap=1.0)]


def _tube(
    limb: Limb,
    keys: tuple[tuple[float, float, float], ...],
    body: float,
    part: Part,
    tile: str,
    rng: np.random.Generator,
    *,
    start: float = 0.0,
    until: float = 1.0,
    ease: Array | float = 0.0,
    crease: float = 0.0,
    thick: float = 1.0,
    cap: float = 0.7,
) -> Surface:
    """A limb's skin or sleeve from `start` to `until` of its length; ease (RINGS,) and crease in bodies."""
    shown = slice(round(start * RINGS), max(4, round(until * RINGS)))
    loose = np.broadcast_to(np.asarray(ease), (RINGS,))
    wide = ((stations(keys, RINGS)[:, 1:] * thick + loose[:, None]) * body)[shown]
    path = limb.path(RINGS)[shown]
    relief = folds(rng, len(path), AROUND, crease * body) if crease else None
    return loft(path, RIGHT, wide[:, 0], wide[:, 1], part, tile, around=AROUND, relief=relief, cap=cap)
