"""Joints of a standing person: where a pose puts hips, knees, shoulders, elbows and wrists."""

from dataclasses import dataclass

import numpy as np

from framecue.studio.scene import Arm, Person
from framecue.studio.surface import Array, rotation

ANKLE = 0.05  # height of the ankle, shares of body
THIGH, SHANK = 0.232, 0.226
UPPER_ARM, FOREARM = 0.172, 0.146


@dataclass(frozen=True, slots=True, eq=False)
class Limb:
    """Three joints (3,) of an arm or leg, metres, the direction (3,) in which hand or foot
    points, and for arms the point (3,) inside the trunk where the shoulder begins."""

    root: Array
    bend: Array
    end: Array
    ahead: Array
    lead: Array | None = None

    def path(self, rings: int) -> Array:
        """(rings, 3) evenly spaced points along the limb, rounded at its joints."""
        joints = [self.root, self.bend, self.end]
        if self.lead is not None:
            joints.insert(0, self.lead)
        corners = np.stack(joints)
        knots = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
        place = np.linspace(0, knots[-1], rings)
        path = np.column_stack([np.interp(place, knots, corners[:, i]) for i in range(3)])
        for _ in range(3):
            path[1:-1] = 0.25 * path[:-2] + 0.5 * path[1:-1] + 0.25 * path[2:]
        return path


@dataclass(frozen=True, slots=True, eq=False)
class Skeleton:
    """Joints of one person, metres, feet around the origin, facing -z. Pairs are (-x side, +x side).

    body: the height that an adult with these limbs would have; the unit of body measures.
    pelvis, chest: middle of the hip joints and of the shoulder joints. head: skull top.
    """

    body: float
    head: Array
    pelvis: Array
    chest: Array
    legs: tuple[Limb, Limb]
    arms: tuple[Limb, Limb]


def skeleton(person: Person) -> Skeleton:
    """Put the joints where the person's pose wants them."""
    pose = person.pose
    body = person.height_m * (1 - 1 / person.heads) / (1 - 1 / 7.5)
    pelvis = np.array([0.018 * pose.weight, 0.512, 0.0]) * body
    chest = np.array([0.004 * pose.weight, 0.803, 0.006]) * body
    head = np.array([0.35 * chest[0], person.height_m, -0.012 * body])
    legs = (_leg(person, body, pelvis, -1), _leg(person, body, pelvis, 1))
    lean = rotation(pose.chest_deg, 0.0, -2.5 * pose.weight)
    arms = (_arm(person, body, chest, lean, -1), _arm(person, body, chest, lean, 1))
    return Skeleton(body, head, pelvis, chest, legs, arms)


def _leg(person: Person, body: float, pelvis: Array, side: int) -> Limb:
    pose = person.pose
    carries = side * pose.weight > 0
    hip = pelvis + np.array([side * 0.052, 0.012 * side * pose.weight, 0.0]) * body
    forward = 0.004 if carries else pose.stride
    ankle = np.array([side * pose.stance, ANKLE, 0.012 - forward]) * body
    turn = np.radians(side * (9 + 60 * pose.stance + (0 if carries else 8)))
    knee = _bent(hip, ankle, THIGH * body, SHANK * body, np.array([0.35 * np.sin(turn), 0, -1.0]))
    return Limb(hip, knee, ankle, np.array([np.sin(turn), 0.0, -np.cos(turn)]))


def _arm(person: Person, body: float, chest: Array, lean: Array, side: int) -> Limb:
    broad = (0.106 - 0.010 * person.curve) * (0.5 + 0.5 * person.girth)
    shoulder = chest + lean @ np.array([side * broad, -0.008, 0.004]) * body
    lead = chest + lean @ np.array([side * (broad - 0.042), 0.006, 0.006]) * body
    kind = person.pose.arms[0 if side < 0 else 1]
    wrist, pole, ahead = _reach(kind, shoulder / body, person.girth)
    flip = np.array([side, 1.0, 1.0])
    target = np.where([True, False, False], shoulder + flip * wrist * body, wrist * body)
    elbow = _bent(shoulder, target, UPPER_ARM * body, FOREARM * body, flip * pole)
    reach = target - elbow
    end = elbow + reach / np.linalg.norm(reach) * FOREARM * body
    return Limb(shoulder, elbow, end, flip * ahead / np.linalg.norm(ahead), lead)


def _reach(  # noqa: PLR0911 - a table of poses
    kind: Arm, shoulder: Array, girth: float
) -> tuple[Array, Array, Array]:
    """Wrist (x from the shoulder outward; y, z in the room), pole of the elbow, direction of the hand.

    All in shares of the body, for the +x side.
    """
    wide = 0.03 * (girth - 1)
    if kind == "bent":
        return np.array([-0.045, 0.60, -0.105]), np.array([0.6, -0.8, 0.6]), np.array([-0.85, 0.1, -0.35])
    if kind == "hip":
        return (
            np.array([0.012 + wide, 0.607, -0.012]),
            np.array([1.0, -0.2, 0.45]),
            np.array([-0.45, -0.75, -0.5]),
        )
    if kind == "pocket":
        return (
            np.array([0.012 + wide, 0.515, -0.035]),
            np.array([0.8, 0, 0.9]),
            np.array([-0.35, -0.9, -0.12]),
        )
    if kind == "behind":
        return np.array([-0.035, 0.52, 0.09]), np.array([0.9, 0, 0.7]), np.array([-0.9, -0.4, 0.1])
    if kind == "strap":
        return np.array([-0.025, 0.735, -0.105]), np.array([0.6, -1.0, 0.1]), np.array([-0.2, 0.9, -0.1])
    if kind == "wave":
        return np.array([0.085, 0.945, -0.05]), np.array([0.8, -1.0, 0.1]), np.array([0.05, 1.0, -0.1])
    hang = shoulder[1] - UPPER_ARM - FOREARM
    return (
        np.array([0.036 + wide, hang + 0.008, -0.025]),
        np.array([0.45, 0, 1.0]),
        np.array([-0.12, -1.0, -0.16]),
    )


def _bent(root: Array, end: Array, upper: float, lower: float, pole: Array) -> Array:
    """The middle joint of a limb from root to end, bent towards the pole as far as its lengths ask."""
    line = end - root
    span = float(np.linalg.norm(line))
    along = line / span
    reach = min(span, 0.999 * (upper + lower))
    share = (upper**2 - lower**2 + reach**2) / (2 * reach)
    out = np.sqrt(max(upper**2 - share**2, 0.0))
    side = pole - (pole @ along) * along
    middle: Array = root + along * (share * span / reach) + side / np.linalg.norm(side) * out
    return middle
