"""Who stands where, in what light, in what room: everything a picture needs, as plain numbers.

People stand around the world's origin, facing -z, where the photographer is.
"""

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Colour = tuple[int, int, int]  # RGB, 0..255
Arm = Literal["hang", "bent", "hip", "pocket", "behind", "strap", "wave"]
Top = Literal["tshirt", "shirt", "sweater", "jacket", "coat", "dress"]
Bottom = Literal["trousers", "jeans", "shorts", "skirt"]
Pattern = Literal["plain", "stripes", "pinstripes", "checks", "dots", "knit"]
Hair = Literal["short", "crop", "bob", "long", "bun", "bald"]
Headwear = Literal["none", "beanie", "cap", "hat"]
Bag = Literal["none", "crossbody", "handbag", "backpack"]
Place = Literal["lounge", "hall", "gallery", "paper", "park", "street"]

ARMS: tuple[Arm, ...] = ("hang", "bent", "hip", "pocket", "behind", "wave")
SKINS: tuple[Colour, ...] = (
    (245, 211, 187),
    (236, 194, 165),
    (222, 172, 138),
    (198, 142, 106),
    (158, 106, 76),
    (118, 76, 54),
    (88, 58, 44),
)
HAIRS: tuple[Colour, ...] = (
    (28, 24, 24),
    (42, 30, 26),
    (70, 46, 32),
    (104, 68, 42),
    (158, 116, 70),
    (204, 172, 120),
    (150, 146, 142),
    (122, 52, 34),
)
CLOTHS: tuple[Colour, ...] = (
    (232, 230, 224),
    (38, 42, 56),
    (46, 74, 122),
    (150, 44, 48),
    (62, 96, 74),
    (206, 164, 72),
    (120, 130, 140),
    (96, 60, 92),
    (204, 126, 106),
    (120, 160, 184),
    (60, 58, 58),
    (168, 150, 124),
)
BOTTOMS: tuple[Colour, ...] = (
    (34, 36, 44),
    (50, 66, 98),
    (84, 104, 138),
    (136, 116, 88),
    (90, 90, 94),
    (62, 56, 48),
    (186, 174, 152),
)
SHOES: tuple[Colour, ...] = ((232, 230, 226), (30, 28, 28), (96, 58, 36), (60, 66, 84), (150, 40, 42))


@dataclass(frozen=True, slots=True)
class Pose:
    """How somebody stands; side -1 is the picture's left, +1 its right, for somebody facing the camera.

    weight: -1..1, the side whose leg carries. stance: half the distance of the heels, shares of height.
    stride: how far the free foot stands forward, shares of height. arms: left and right of the picture.
    Angles in degrees: chest turned to the right, head turned right, nodding down, tilted right.
    """

    weight: float = 0.0
    stance: float = 0.055
    stride: float = 0.0
    arms: tuple[Arm, Arm] = ("hang", "hang")
    chest_deg: float = 0.0
    head_turn_deg: float = 0.0
    head_nod_deg: float = 0.0
    head_tilt_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Person:
    """One person.

    x, z: where the feet are, metres; facing_deg: 0 looks along -z, positive turns to +x.
    height_m: floor to the top of the skull, barefoot. heads: height_m over skull top to chin.
    girth: width against an average body. curve: 0 straight .. 1 narrow waist and wide hips.
    """

    x: float = 0.0
    z: float = 0.0
    facing_deg: float = 0.0
    height_m: float = 1.72
    heads: float = 7.5
    girth: float = 1.0
    curve: float = 0.3
    skin: Colour = SKINS[1]
    hair: Hair = "short"
    hair_colour: Colour = HAIRS[1]
    headwear: Headwear = "none"
    headwear_colour: Colour = CLOTHS[3]
    top: Top = "tshirt"
    top_colour: Colour = CLOTHS[2]
    accent: Colour = CLOTHS[0]
    pattern: Pattern = "plain"
    bottom: Bottom = "jeans"
    bottom_colour: Colour = BOTTOMS[1]
    shoe_colour: Colour = SHOES[0]
    bag: Bag = "none"
    bag_colour: Colour = (96, 58, 36)
    glasses: bool = False
    beard: bool = False
    pose: Pose = Pose()
    seed: int = 0

    @staticmethod
    def random(rng: np.random.Generator, x: float = 0.0, z: float = 0.0) -> "Person":
        """Somebody new at that place."""
        curve = float(rng.choice([rng.uniform(0, 0.35), rng.uniform(0.6, 1.0)]))
        child = rng.random() < 0.1
        height = rng.uniform(1.05, 1.45) if child else rng.normal(1.76 - 0.1 * curve, 0.06)
        heads = 5.2 + (height - 1.05) * 3.2 if child else rng.uniform(7.3, 8.2)
        hair: Hair = (
            _pick(rng, ("bob", "long", "long", "bun", "short"))
            if curve > 0.5
            else _pick(rng, ("short", "short", "crop", "crop", "bald"))
        )
        top: Top = _pick(rng, ("tshirt", "shirt", "sweater", "jacket", "coat"))
        bottom: Bottom = _pick(rng, ("trousers", "jeans", "jeans", "trousers", "shorts"))
        if curve > 0.5:
            top = _pick(rng, ("tshirt", "shirt", "sweater", "jacket", "coat", "dress", "dress"))
            bottom = _pick(rng, ("trousers", "jeans", "skirt", "skirt", "shorts"))
        if top in {"coat", "jacket"} and bottom == "shorts":
            bottom = "jeans"
        colours = rng.permutation(len(CLOTHS))
        tone = int(rng.integers(len(SKINS)))
        return Person(
            x=x,
            z=z,
            facing_deg=float(np.clip(rng.normal(0, 12), -30, 30)),
            height_m=float(np.clip(height, 1.05, 1.95)),
            heads=float(heads),
            girth=float(np.clip(rng.normal(1.0, 0.08), 0.86, 1.25)),
            curve=curve,
            skin=SKINS[tone],
            hair=hair,
            hair_colour=_pick(rng, HAIRS if tone < 3 else HAIRS[:3]),
            headwear=_pick(rng, ("none", "none", "none", "none", "beanie", "cap", "hat")),
            headwear_colour=CLOTHS[colours[2]],
            top=top,
            top_colour=CLOTHS[colours[0]],
            accent=CLOTHS[colours[1]],
            pattern=_pick(
                rng, ("plain", "plain", "plain", "stripes", "pinstripes", "checks", "dots", "knit")
            ),
            bottom=bottom,
            bottom_colour=_pick(rng, BOTTOMS),
            shoe_colour=_pick(rng, SHOES),
            bag=_pick(rng, ("none", "none", "none", "crossbody", "handbag", "backpack")),
            bag_colour=_pick(rng, ((96, 58, 36), (34, 32, 34), (150, 98, 54), (120, 36, 44))),
            glasses=bool(rng.random() < 0.25),
            beard=bool(curve < 0.4 and not child and rng.random() < 0.35),
            pose=_random_pose(rng, pockets=bottom != "skirt" and top not in {"coat", "dress"}),
            seed=int(rng.integers(2**31)),
        )


@dataclass(frozen=True, slots=True)
class Room:
    """Where people stand.

    place: what kind of room. back_m: distance of the back wall behind the origin; half_width_m, front_m:
    of the side walls and of the wall behind the photographer; ceiling_m: height. Outdoors the walls are
    scenery at infinity.
    """

    place: Place = "lounge"
    back_m: float = 2.2
    half_width_m: float = 4.0
    front_m: float = 11.0
    ceiling_m: float = 2.8
    furnished: bool = True
    seed: int = 0

    @property
    def outdoors(self) -> bool:
        """Whether there is sky instead of a ceiling."""
        return self.place in {"park", "street"}


@dataclass(frozen=True, slots=True)
class Light:
    """One main light, far away, and the light from everywhere.

    azimuth_deg: where it comes from: 0 from behind the photographer, positive from the right, 180 from
    behind the people. height_deg: over the horizon. main, ambient: strengths; 1 + 1 is a normal exposure.
    warmth: -1 blue .. 1 orange.
    """

    azimuth_deg: float = 40.0
    height_deg: float = 45.0
    main: float = 0.75
    ambient: float = 0.6
    warmth: float = 0.1

    @property
    def direction(self) -> NDArray[np.float64]:
        """(3,) unit vector from the people to the light."""
        azimuth, height = np.radians([self.azimuth_deg, self.height_deg])
        return np.array([np.sin(azimuth) * np.cos(height), np.sin(height), -np.cos(azimuth) * np.cos(height)])


@dataclass(frozen=True, slots=True)
class Scene:
    """People in a room in a light."""

    people: tuple[Person, ...] = (Person(),)
    room: Room = Room()
    light: Light = Light()

    @staticmethod
    def random(seed: int, people: int = 1) -> "Scene":
        """A scene that is the same for the same seed; people: 0..6, else ValueError."""
        if not 0 <= people <= 6:
            raise ValueError(f"a scene holds 0 to 6 people, not {people}")
        rng = np.random.default_rng([seed, 0xF0CA1])
        place: Place = _pick(rng, ("lounge", "lounge", "hall", "gallery", "paper", "park", "street"))
        room = Room(
            place=place,
            back_m=float(rng.uniform(1.5, 3.6)),
            half_width_m=float(rng.uniform(2.8, 4.6)),
            ceiling_m=float(rng.uniform(2.6, 3.4)) + (0.8 if place in {"hall", "gallery"} else 0.0),
            seed=int(rng.integers(2**31)),
        )
        light = Light(
            azimuth_deg=float(rng.uniform(-75, 75)),
            height_deg=float(rng.uniform(32, 60)),
            main=float(rng.uniform(0.5, 0.9)),
            ambient=float(rng.uniform(0.5, 0.7)),
            warmth=float(rng.uniform(-0.3, 0.6)),
        )
        crowd = tuple(Person.random(rng, *spot) for spot in _spots(rng, people))
        return Scene(crowd, room, light)


def _spots(rng: np.random.Generator, people: int) -> list[tuple[float, float]]:
    """Places side by side, from the middle outwards on both sides, a little uneven in depth."""
    step = rng.uniform(0.62, 0.8)
    middle = (people - 1) / 2
    return [
        (
            float((i - middle) * step + rng.normal(0, 0.03)),
            float(rng.uniform(-0.15, 0.15)) if people > 1 else 0.0,
        )
        for i in range(people)
    ]


def _random_pose(rng: np.random.Generator, pockets: bool) -> Pose:
    chance = np.array([0.42, 0.14, 0.16, 0.16, 0.07, 0.05])
    arms = [ARMS[i] for i in rng.choice(len(ARMS), 2, p=chance)]
    if not pockets:
        arms = ["hang" if kind == "pocket" else kind for kind in arms]
    if arms == ["wave", "wave"]:
        arms[0] = "hang"
    return Pose(
        weight=float(rng.uniform(-1, 1)),
        stance=float(rng.uniform(0.04, 0.09)),
        stride=float(rng.uniform(0, 0.07)),
        arms=(arms[0], arms[1]),
        chest_deg=float(rng.normal(0, 6)),
        head_turn_deg=float(rng.normal(0, 9)),
        head_nod_deg=float(rng.normal(0, 4)),
        head_tilt_deg=float(rng.normal(0, 4)),
    )


def _pick(rng: np.random.Generator, choices: tuple[T, ...]) -> T:
    return choices[int(rng.integers(len(choices)))]
