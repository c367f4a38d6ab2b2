"""What may move, by mount; how a pose changes by it, and what a look measures of somebody from there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from framecue.composition.cue import CueName, Mount, Unit
from framecue.composition.look import Look
from framecue.composition.pose import Array, Lens, Pose, project, row

Axis = Literal["step", "raise", "tilt", "pan", "roll", "come", "aside"]
# What each axis is called upwards and downwards, its unit, and what moving so far costs as much as one
# tolerance off.
AXES: Final[Mapping[Axis, tuple[CueName, CueName, Unit, float]]] = {
    "step": ("step_closer", "step_back", "m", 1.5),
    "raise": ("raise", "lower", "m", 0.5),
    "tilt": ("tilt_up", "tilt_down", "deg", 12.0),
    "pan": ("pan_right", "pan_left", "deg", 15.0),
    "roll": ("roll_right", "roll_left", "deg", 15.0),
    "come": ("guests_closer", "guests_back", "m", 1.5),
    "aside": ("guests_right", "guests_left", "m", 1.5),
}
MOUNTS: Final[Mapping[Mount, tuple[Axis, ...]]] = {
    "handheld": ("step", "raise", "tilt", "pan", "roll"),
    "tripod": ("come", "raise", "tilt", "pan", "roll"),
    "fixed": ("come", "aside"),
}
ADULT_HEADS: Final = 7.2  # body-to-head ratio that stands in for a hidden half of the body
ROLL_DEG: Final = 1.0  # roll is not known better: less is no reason to turn the camera

Values = dict[str, float]  # a look's measures by name


@dataclass(frozen=True, slots=True)
class Way:
    """Moves by axis, and the distance to the look before and after them: sums of squared tolerances."""

    moves: Mapping[Axis, float]
    before: float
    after: float

    @property
    def gain(self) -> float:
        """How much nearer to the look it leads, in squared tolerances."""
        return self.before - self.after


def moved(poses: Array, moves: Array, axes: Sequence[Axis]) -> Array:
    """(n, 7) poses after (n, axes) moves from (n, 7) or (1, 7) poses, columns as in pose.NAMES.

    Who turns and steps turns first and steps where that heads.
    """
    by: dict[Axis, Array] = dict(zip(axes, moves.T, strict=True))
    none = np.zeros(max(len(poses), len(moves)))
    distance, bearing, height, pitch, roll, body, heads = poses.T
    bearing = np.radians(bearing - by.get("pan", none))
    ahead = distance * np.cos(bearing) - by.get("step", none)
    aside = distance * np.sin(bearing) + by.get("aside", none)
    far = np.maximum(np.hypot(ahead, aside) - by.get("come", none), 0.2)
    return np.stack(
        [
            far,
            np.degrees(np.arctan2(aside, np.maximum(ahead, 1e-3))),
            height + by.get("raise", none),
            pitch + by.get("tilt", none),
            roll + by.get("roll", none),
            none + body,
            none + heads,
        ],
        axis=1,
    )


def values(poses: Array, lens: Lens, look: Look, share: float = 1.0) -> dict[str, Array]:
    """What a look measures of a person seen from (n, 7) poses; (n,) of each measure.

    share: body height of the look's over the one between the outermost lines (a group's is smaller).
    """
    seen = project(poses, lens)
    body, head = seen.foot - seen.head_top, np.maximum(seen.chin - seen.head_top, 1e-6)
    whole = body * share if look.measures.foot_line is not None else ADULT_HEADS * head
    return {
        "head_top": (seen.head_top + 0.5) / lens.height,
        "foot_line": (seen.foot + 0.5) / lens.height,
        "body_height": whole / lens.height,
        "centre_x": (seen.middle + 0.5) / lens.width,
        "heads": np.minimum(body / head, 30.0),
        "roll_deg": poses[:, 4],
    }


def residue(measured: Mapping[str, float], pose: Pose, lens: Lens, look: Look, share: float = 1.0) -> Values:
    """What is measured beyond what a pose explains, of each measure: no two people are built alike."""
    shown = values(row(pose), lens, look, share)
    return {name: value - float(shown[name][0]) for name, value in measured.items()}


def errors(found: Mapping[str, float], look: Look) -> Values:
    """How far each measure found is from the look, signed, in tolerances; only those the look asks for."""
    asked = {name: getattr(look.measures, name) for name in found}
    return {
        name: (found[name] - want.value) / want.tolerance for name, want in asked.items() if want is not None
    }


def level_enough(look: Look) -> float:
    """Degrees off the look's roll that nobody is bothered with."""
    roll = look.measures.roll_deg
    return ROLL_DEG if roll is None else min(ROLL_DEG, 0.75 * roll.tolerance)
