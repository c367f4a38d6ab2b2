"""One person: a body, clothed, haired, painted and posed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from models.training.meshes.body import Array, Bodies, Triangles
from models.training.meshes.clothes import Garment, garment, skirt
from models.training.meshes.face import Face, face
from models.training.meshes.pose import Turns, posed, random_turns, read_bvh, skinned
from models.training.meshes.textures import Cloth, Tile, grain, hair_tone, skin_tone, strands
from numpy.typing import NDArray

from framecue.parts import Part

_SKIN, _TOP, _BOTTOM, _SHOES, _HAIR, _HAT, _INNER = range(7)  # tiles of a person's sheet
_POSES: Final = ("stand", "walk", "sit", "squat", "kept")
_OFTEN: Final = (0.58, 0.14, 0.14, 0.03, 0.11)
_OVER_M: Final = {_SKIN: 0.0, _BOTTOM: 0.008, _SHOES: 0.005, _TOP: 0.013, _INNER: 0.01, _HAIR: 0.006,
                  _HAT: 0.02}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A person in a pose. Metres; x to the person's left, y up from the floor, z to the front.

    points: (n, 3) float32. triangles: (t, 3) int32, counterclockwise from outside. parts: (n, parts) float32
    shares; where they are mixed, the largest is the part. tiles: (t,) uint8 square of the sheet of each
    triangle. uv: (n, 2) float32 in squares, repeating. tint: (n, 3) float32 factor on the sheet's colour.
    over: (n,) float32 metres by which to draw it nearer, so that what is worn hides what it touches.
    gloss: (n,) float32 0..1. sheet: (squares, side, side, 3) uint8. seat: (low, high) corners of the box sat
    on, or None.
    """

    points: Array
    triangles: Triangles
    parts: Array
    tiles: NDArray[np.uint8]
    uv: Array
    tint: Array
    over: Array
    gloss: Array
    sheet: NDArray[np.uint8]
    seat: tuple[Array, Array] | None


class Wardrobe:
    """Everything to wear, and the poses kept with it. Loading takes about 5 seconds."""

    def __init__(self, folder: Path, bodies: Bodies, cloth: Cloth) -> None:
        if not folder.is_dir():
            raise SystemExit(f"no clothes at {folder}: pass --shared FOLDER")
        self.bodies, self.cloth = bodies, cloth
        self.suits = self._all(folder, "clothes/*suit*/*.mhclo")
        self.shoes = self._all(folder, "clothes/shoes*/*.mhclo")
        self.hats = self._all(folder, "clothes/fedora*/*.mhclo")
        self.hair = self._all(folder, "hair/*/*.mhclo")
        wanted = ("standing*", "sit*", "run*", "fight01", "fight03", "fight04")
        self.poses = [read_bvh(path) for name in wanted for path in sorted(folder.glob(f"poses/{name}.bvh"))]
        self.face = face(bodies)
        self.parts = bodies.part_shares()

    def _all(self, folder: Path, pattern: str) -> list[Garment]:
        return [garment(path, self.bodies) for path in sorted(folder.glob(pattern))]


@dataclass(slots=True, eq=False)
class _Layer:
    """One thing of a person, at rest; see Figure."""

    rest: Array
    weights: Array
    triangles: Triangles
    parts: Array
    uv: Array
    tint: Array
    tile: int
    gloss: float = 0.0


def random_figure(wardrobe: Wardrobe, rng: np.random.Generator) -> Figure:
    """Somebody."""
    bodies = wardrobe.bodies
    number = int(rng.integers(len(bodies.shapes)))
    rest = bodies.rest(number)
    male, age = bodies.about[number]
    skin = skin_tone(rng)
    hair = hair_tone(rng, bool(skin.mean() < 130), bool(age > 0.82))
    worn = _worn(wardrobe, rng, float(male))
    style = _style(wardrobe, rng, float(male), float(age))
    hidden = np.zeros(len(rest), bool)
    for layer_hidden in worn.hidden:
        hidden[layer_hidden] = True
    layers = [_skin(wardrobe, rest, hidden, style, skin, hair, float(male) * (age > 0.55), rng)]
    layers += [_garment(bodies, rest, *piece, rng) for piece in worn.pieces]
    if style is not None:
        layers.append(_head_gear(rest, style, _HAIR, wardrobe.face, rng))
        if rng.random() < 0.12:
            hat = wardrobe.hats[int(rng.integers(len(wardrobe.hats)))]
            layers.append(_head_gear(rest, hat, _HAT, wardrobe.face, rng))
            _under(layers[-2], layers[-1])
    kind = str(rng.choice(_POSES, p=_OFTEN))
    joints = bodies.joints[number]
    turns = _pose(wardrobe, joints, kind, rng)
    moves = posed(bodies, joints, turns)
    sheet = np.stack([grain(skin, rng, 0.02, 8), wardrobe.cloth.tile(rng), wardrobe.cloth.tile(rng),
                      _leather(rng), strands(hair, rng), wardrobe.cloth.tile(rng),
                      wardrobe.cloth.tile(rng)])  # fmt: skip
    return _together(layers, moves, sheet, kind == "sit")


@dataclass(slots=True, eq=False)
class _Worn:
    """pieces: garment, which of its vertices are meant, its tile. hidden: base vertices under them."""

    pieces: list[tuple[Garment, NDArray[np.bool_], int]]
    hidden: list[NDArray[np.int64]]


def _worn(wardrobe: Wardrobe, rng: np.random.Generator, male: float) -> _Worn:
    """A suit, or the upper half of one with the lower half of another, and shoes (bare feet now and then)."""
    wanted = "male" if rng.random() < male else "female"
    suits = [suit for suit in wardrobe.suits if suit.name.startswith(wanted)]
    one = suits[int(rng.integers(len(suits)))]
    other = suits[int(rng.integers(len(suits)))] if rng.random() < 0.5 else one
    halves = [_halves(suit, wardrobe.bodies) for suit in (one, other)]
    whole = any((half == _BOTTOM).sum() == 0 for half in halves)
    found = _Worn([], [])
    if one is other or whole:
        found.pieces = [(one, halves[0] == tile, tile) for tile in (_TOP, _BOTTOM, _INNER)]
        found.hidden = [one.hidden]
    else:
        found.pieces = [(one, halves[0] == tile, tile) for tile in (_TOP, _INNER)]
        found.pieces.append((other, halves[1] == _BOTTOM, _BOTTOM))
        found.hidden = [np.intersect1d(one.hidden, other.hidden)]
    if rng.random() < 0.2 * (1 - male):
        _skirted(found, wardrobe, float(rng.uniform(0.3, 1)))
    if rng.random() < 0.94:
        shoes = wardrobe.shoes[int(rng.integers(len(wardrobe.shoes)))]
        found.pieces.append((shoes, np.ones(len(shoes.piece), bool), _SHOES))
        found.hidden.append(shoes.hidden)
    return found


def _skirted(worn: _Worn, wardrobe: Wardrobe, length: float) -> None:
    """Change the lower half for a skirt, in place. Legs are seen again."""
    long = skirt(wardrobe.bodies, length)
    worn.pieces = [piece for piece in worn.pieces if piece[2] != _BOTTOM]
    worn.pieces.append((long, np.ones(len(long.piece), bool), _BOTTOM))
    legs = np.isin(np.argmax(wardrobe.parts, axis=1), (Part.LEG, Part.FOOT))
    worn.hidden = [hidden[~legs[hidden]] for hidden in worn.hidden]


def _halves(suit: Garment, bodies: Bodies) -> NDArray[np.int64]:
    """(n,) tile of each vertex: pieces mostly on the legs are the lower half; small ones are worn beneath."""
    parts = np.argmax(suit.weights @ bodies.bone_parts(), axis=1)
    tiles = np.full(len(parts), _TOP)
    for piece in np.unique(suit.piece):
        mine = suit.piece == piece
        if np.isin(parts[mine], (Part.LEG, Part.FOOT)).mean() > 0.5:
            tiles[mine] = _BOTTOM
        elif mine.mean() < 0.12:
            tiles[mine] = _INNER
    return tiles


def _style(wardrobe: Wardrobe, rng: np.random.Generator, male: float, age: float) -> Garment | None:
    """A way to wear the hair; none for some, mostly older men."""
    if rng.random() < (0.22 if male > 0.6 and age > 0.7 else 0.02):
        return None
    short = [one for one in wardrobe.hair if one.name.startswith(("short", "afro"))]
    long = [one for one in wardrobe.hair if one not in short]
    choices = short if rng.random() < 0.15 + 0.75 * male else long
    return choices[int(rng.integers(len(choices)))]


def _skin(wardrobe: Wardrobe, rest: Array, hidden: NDArray[np.bool_], style: Garment | None,
          skin: NDArray[np.float64], hair: NDArray[np.float64], bearded: float,
          rng: np.random.Generator) -> _Layer:  # fmt: skip
    """The body where nothing hides it, and the eyes."""
    groups = wardrobe.bodies.triangles
    body = groups["body"]
    seen = body[~hidden[body].all(axis=1)]
    triangles = np.concatenate([seen, groups["helper-l-eye"], groups["helper-r-eye"]])
    features: Face = wardrobe.face
    scalp = np.zeros(len(rest), bool)
    if style is not None:
        scalp = features.scalp(rest, style.fitted(rest))
    tint = features.tint(skin, hair, scalp, rng, bearded > 0.5 and rng.random() < 0.3)
    parts = wardrobe.parts.copy()
    parts[scalp] = _only(Part.HAIR)
    uv = (rest[:, :2] * 2.5).astype(np.float32)
    return _Layer(rest, wardrobe.bodies.weights, triangles, parts, uv, tint, _SKIN, 0.25)


def _garment(bodies: Bodies, rest: Array, worn: Garment, mine: NDArray[np.bool_], tile: int,
             rng: np.random.Generator) -> _Layer:  # fmt: skip
    triangles = worn.triangles[mine[worn.triangles].all(axis=1)]
    parts = worn.weights @ bodies.bone_parts()
    if tile == _SHOES:
        parts[:] = _only(Part.FOOT)
    else:  # no sock is a shoe, no collar a face
        for wrong, right in ((Part.FOOT, Part.LEG), (Part.FACE, Part.TORSO)):
            parts[:, right] += parts[:, wrong]
            parts[:, wrong] = 0
    repeat = rng.uniform(2.5, 7) if tile != _SHOES else 1.0
    tint = np.ones((len(parts), 3), np.float32)
    return _Layer(worn.fitted(rest), worn.weights, triangles, parts,
                  worn.uv * np.float32(repeat), tint, tile, 0.3 if tile == _SHOES else 0.03)  # fmt: skip


def _head_gear(rest: Array, worn: Garment, tile: int, features: Face, rng: np.random.Generator) -> _Layer:
    """Hair or a hat. Hair that hangs before the eyes is left out: without its gaps it would be a mask."""
    fitted = worn.fitted(rest)
    triangles = worn.triangles
    if tile == _HAIR:
        triangles = triangles[~features.before_eyes(rest, fitted)[triangles].any(axis=1)]
    parts = np.tile(_only(Part.HAIR), (len(fitted), 1))
    tint = np.ones((len(fitted), 3), np.float32) * np.float32(rng.uniform(0.9, 1.1))
    return _Layer(fitted, worn.weights, triangles, parts, worn.uv * np.float32(2), tint, tile,
                  0.15 if tile == _HAIR else 0.05)  # fmt: skip


def _under(hair: _Layer, hat: _Layer) -> None:
    """Leave out the hair that a hat presses flat, in place."""
    brim = np.percentile(hat.rest[:, 1], 40)
    hair.triangles = hair.triangles[(hair.rest[hair.triangles, 1] < brim).any(axis=1)]


def _pose(wardrobe: Wardrobe, joints: Array, kind: str, rng: np.random.Generator) -> Turns:
    if kind == "kept" and wardrobe.poses:
        return wardrobe.poses[int(rng.integers(len(wardrobe.poses)))]
    return random_turns(wardrobe.bodies, joints, kind, rng)


def _leather(rng: np.random.Generator) -> Tile:
    tone = rng.uniform(10, 90) if rng.random() < 0.6 else rng.uniform(90, 240)
    return grain(np.clip(tone * (1 + rng.normal(0, 0.12, 3)), 5, 245), rng, 0.03, 4)


def _together(layers: list[_Layer], moves: Array, sheet: NDArray[np.uint8], seated: bool) -> Figure:
    """Pose every layer, stand the person on the floor, and put the layers into one mesh."""
    points = [skinned(layer.rest, layer.weights, moves) for layer in layers]
    starts = np.cumsum([0, *(len(one) for one in points)])
    triangles = np.concatenate([layer.triangles + start
                                for layer, start in zip(layers, starts, strict=False)])  # fmt: skip
    everything = np.concatenate(points)
    everything[:, 1] -= everything[triangles, 1].min()
    tiles = np.concatenate([np.full(len(layer.triangles), layer.tile, np.uint8) for layer in layers])
    parts = np.concatenate([layer.parts for layer in layers])
    over = np.concatenate([np.full(len(one), _OVER_M[layer.tile], np.float32)
                           for one, layer in zip(points, layers, strict=True)])  # fmt: skip
    gloss = np.concatenate([np.full(len(one), layer.gloss, np.float32)
                            for one, layer in zip(points, layers, strict=True)])  # fmt: skip
    main = np.argmax(parts, axis=1)
    trunk = np.unique(triangles[np.isin(main, (Part.TORSO, Part.LEG))[triangles].all(axis=1)])
    return Figure(
        everything,
        triangles.astype(np.int32),
        parts,
        tiles,
        np.concatenate([layer.uv for layer in layers]),
        np.concatenate([layer.tint for layer in layers]),
        over,
        gloss,
        sheet,
        _seat(everything[trunk]) if seated else None,
    )


def _seat(trunk: Array) -> tuple[Array, Array]:
    """The box under the lowest part of the trunk. trunk: (n, 3) points of trunk and legs."""
    behind = trunk[:, 2] < np.percentile(trunk[:, 2], 35)
    low, high = trunk[behind].min(axis=0), trunk[behind].max(axis=0)
    low_corner = np.array([low[0] - 0.04, 0, low[2] - 0.02], np.float32)
    return low_corner, np.array([high[0] + 0.04, max(low[1] + 0.03, 0.08), high[2] + 0.06], np.float32)


def _only(part: Part) -> Array:
    """(parts,) float32: nothing but that part."""
    return np.eye(len(Part), dtype=np.float32)[part]
