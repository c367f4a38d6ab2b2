"""Poses: a turn for each bone, in the axes of the person at rest, and what they do to points.

Turning about fixed axes instead of each bone's own keeps poses readable, and is what MakeHuman's .bvh poses
hold too. Arms and elbows turn about axes found from the person's own joints.
"""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from models.training.meshes.body import Array, Bodies
from numpy.typing import NDArray

Turns = dict[str, NDArray[np.float64]]  # bone: (3, 3)
_X: Final = np.array([1.0, 0.0, 0.0])
_Y: Final = np.array([0.0, 1.0, 0.0])
_Z: Final = np.array([0.0, 0.0, 1.0])
_CHANNELS: Final = {"X": _X, "Y": _Y, "Z": _Z}


def turn(axis: NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    """(3, 3): the turn about an axis, counterclockwise as seen from its tip."""
    axis = axis / np.linalg.norm(axis)
    return np.asarray(cv2.Rodrigues(axis * np.radians(degrees))[0])


def posed(bodies: Bodies, joints: Array, turns: Turns) -> Array:
    """(bones, 3, 4) float32: what each bone does to points at rest. joints: (bones, 3) at rest."""
    linear = np.tile(np.eye(3), (len(bodies.bones), 1, 1))
    place = joints.astype(np.float64).copy()
    for bone, parent in enumerate(bodies.parents):
        own = turns.get(bodies.bones[bone], np.eye(3))
        if parent < 0:
            linear[bone] = own
            continue
        linear[bone] = linear[parent] @ own
        place[bone] = place[parent] + linear[parent] @ (joints[bone] - joints[parent])
    shift = place - np.einsum("bij,bj->bi", linear, joints)
    return np.concatenate([linear, shift[..., None]], axis=2).astype(np.float32)


def skinned(points: Array, weights: Array, moves: Array) -> Array:
    """(n, 3) float32: points at rest moved by their bones (linear blending). weights: (n, bones)."""
    blend = (weights @ moves.reshape(len(moves), 12)).reshape(-1, 3, 4)
    result: Array = np.einsum("nij,nj->ni", blend[..., :3], points) + blend[..., 3]
    return result


def read_bvh(path: Path) -> Turns:
    """Turns of a MakeHuman pose, its only frame. Its axes are x, y to the back, z up."""
    bone, channels = "", []
    lines = iter(path.read_text().splitlines())
    for line in lines:
        words = line.split()
        if words[:1] in (["ROOT"], ["JOINT"]):
            bone = words[1]
        elif words[:1] == ["CHANNELS"]:
            channels += [(bone, name) for name in words[2:]]
        elif words[:2] == ["Frame", "Time:"]:
            break
    values = [float(word) for word in next(lines).split()]
    turns: Turns = {}
    for (name, channel), value in zip(channels, values, strict=True):
        if channel.endswith("rotation"):
            turns[name] = turns.get(name, np.eye(3)) @ turn(_CHANNELS[channel[0]], value)
    upright = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    return {name: upright @ value @ upright.T for name, value in turns.items()}


# Upper arm and forearm of a left arm, in the person's axes: x to the left, y up, z to the front.
_ARMS: Final = {
    "hang": ((0.16, -1.0, -0.02), (0.06, -1.0, 0.22)),
    "hip": ((0.65, -0.75, -0.25), (-0.8, -0.5, 0.35)),
    "crossed": ((0.2, -1.0, 0.25), (-0.8, 0.1, 0.6)),
    "phone": ((0.15, -1.0, 0.1), (-0.2, 0.5, 0.8)),
    "wave": ((0.8, 0.05, 0.1), (0.2, 1.0, 0.2)),
    "behind": ((0.25, -1.0, -0.4), (-0.45, -0.8, -0.3)),
    "clasped": ((0.2, -1.0, 0.12), (-0.55, -0.65, 0.55)),
    "pocket": ((0.35, -1.0, -0.15), (-0.15, -0.95, 0.25)),
    "lap": ((0.15, -0.9, 0.4), (-0.15, -0.4, 0.9)),
    "raised": ((0.45, 0.9, 0.1), (0.0, 1.0, 0.15)),
    "reach": ((0.25, -0.2, 0.95), (0.0, 0.1, 1.0)),
}
_STANDING: Final = ("hang", "hang", "hang", "hang", "hip", "crossed", "phone", "wave", "behind", "clasped",
                    "clasped", "pocket", "pocket", "raised", "reach")  # fmt: skip
_SEATED: Final = ("lap", "lap", "lap", "phone", "crossed", "clasped", "hang")


def random_turns(bodies: Bodies, joints: Array, kind: str, rng: np.random.Generator) -> Turns:
    """A plausible pose of one kind, "stand", "walk", "sit" or "squat", for a person with those joints."""
    turns: Turns = {}
    at = {name: joints[k].astype(np.float64) for k, name in enumerate(bodies.bones)}
    seated = kind in {"sit", "squat"}
    ahead = str(rng.choice(("L", "R")))
    for side in ("L", "R"):
        _leg(turns, kind, side, ahead == side, rng)
        for finger in range(2, 6):
            _curl(turns, at, [f"finger{finger}-{k}.{side}" for k in (1, 2, 3)], float(rng.uniform(5, 45)))
    if kind == "sit":
        turns["root"] = turn(_X, rng.uniform(-12, 6))
    elif kind == "squat":
        turns["root"] = turn(_X, rng.uniform(15, 30))
    else:
        turns["root"] = turn(_Z, rng.normal(0, 1.5)) @ turn(_X, rng.normal(0, 2))
    lean = -20 if kind == "squat" else 0
    for bone in ("spine04", "spine02", "spine01"):
        turns[bone] = turn(_Y, rng.normal(0, 3)) @ turn(_X, rng.normal(0, 2.5) + lean / 3) @ turn(
            _Z, rng.normal(0, 1.5))  # fmt: skip
    for bone in ("neck02", "head"):
        turns[bone] = turn(_Y, rng.normal(0, 11)) @ turn(_X, rng.normal(1, 5)) @ turn(_Z, rng.normal(0, 3))
    both = str(rng.choice(_SEATED if seated else _STANDING))
    for side in ("L", "R"):
        name = both if rng.random() < 0.6 else str(rng.choice(_SEATED if seated else _STANDING))
        if kind == "walk" and rng.random() < 0.8:
            name = "hang"
        _arm(turns, at, name, side, rng)
    return turns


def _leg(turns: Turns, kind: str, side: str, ahead: bool, rng: np.random.Generator) -> None:
    """Hip, knee and ankle of one leg: how far they bend, and the sole level where it stands."""
    sign = 1 if side == "L" else -1
    if kind == "sit":
        flex, knee = rng.uniform(78, 92), rng.uniform(72, 105)
    elif kind == "squat":
        flex, knee = rng.uniform(105, 120), rng.uniform(115, 135)
    elif kind == "walk":
        flex, knee = (rng.uniform(14, 28), rng.uniform(2, 12)) if ahead else (
            rng.uniform(-18, -6), rng.uniform(8, 40))  # fmt: skip
    else:
        flex, knee = rng.normal(0, 2.5), abs(rng.normal(0, 3)) if rng.random() < 0.75 else rng.uniform(8, 25)
        flex += knee * 0.5
    spread = rng.normal(-4, 3) if kind in {"stand", "walk"} else rng.uniform(2, 14)
    turns[f"upperleg01.{side}"] = (
        turn(_Y, sign * rng.normal(4, 7)) @ turn(_Z, sign * spread) @ turn(_X, -flex)
    )
    turns[f"lowerleg01.{side}"] = turn(_X, knee)
    turns[f"foot.{side}"] = turn(_X, float(np.clip(flex - knee, -35, 35)))


def _arm(turns: Turns, at: dict[str, NDArray[np.float64]], name: str, side: str,
         rng: np.random.Generator) -> None:  # fmt: skip
    """Shoulder and elbow that bring upper arm and forearm into the wanted directions, roughly."""
    mirror = np.array([1.0 if side == "L" else -1.0, 1.0, 1.0])
    upper, fore = (_unit(_unit(np.array(way) * mirror) + rng.normal(0, 0.07, 3)) for way in _ARMS[name])
    first = _unit(at[f"lowerarm01.{side}"] - at[f"upperarm01.{side}"])
    second = _unit(at[f"wrist.{side}"] - at[f"lowerarm01.{side}"])
    turns[f"upperarm01.{side}"] = _frame(upper, fore) @ _frame(first, second).T
    bend = np.degrees(np.arccos(np.clip(upper @ fore, -1, 1)) - np.arccos(np.clip(first @ second, -1, 1)))
    turns[f"lowerarm01.{side}"] = turn(np.cross(first, second), float(bend))


def _curl(turns: Turns, at: dict[str, NDArray[np.float64]], bones: list[str], degrees: float) -> None:
    """Bend a finger further the way it is bent at rest."""
    one, two, three = (at[bone] for bone in bones)
    axis = np.cross(two - one, three - two)
    if np.linalg.norm(axis) > 1e-9:
        for bone in bones:
            turns[bone] = turn(axis, degrees)


def _unit(way: NDArray[np.float64]) -> NDArray[np.float64]:
    return way / np.linalg.norm(way)


def _frame(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3) axes as columns: the first direction, the normal of both, and what is left."""
    normal = _unit(np.cross(one, two))
    return np.stack([one, normal, np.cross(one, normal)], axis=1)
