"""What a camera can turn by itself, and how far it should: a fixed mount with a pan-tilt head.

The head turns first in thought: guests are asked only for what is left once it has.
"""

from dataclasses import dataclass

import numpy as np

from framecue.composition.axes import Axis, moved
from framecue.composition.plan import Planner
from framecue.composition.pose import Pose, row

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a head can still turn, degrees, from and to: pan right positive, tilt up positive.

    least_deg: smaller turns are not made.
    """

    pan: Range
    tilt: Range
    least_deg: float

    @property
    def ranges(self) -> dict[Axis, Range]:
        """By the planner's axes; only those that can move."""
        both: dict[Axis, Range] = {"pan": self.pan, "tilt": self.tilt}
        return {axis: ends for axis, ends in both.items() if ends[0] < ends[1]}


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn to make, degrees, and the pose there."""

    pan: float
    tilt: float
    pose: Pose

    def matters(self, reach: Reach) -> bool:
        """Whether the head will make it."""
        return max(abs(self.pan), abs(self.tilt)) > reach.least_deg


def best_turn(planner: Planner) -> Turn:
    """The turns in the whole way of a planner that has them among its axes."""
    moves = planner.all_moves().moves
    axes: tuple[Axis, ...] = ("pan", "tilt")
    amounts = np.array([[moves.get(axis, 0.0) for axis in axes]])
    pan, tilt = amounts[0].tolist()
    return Turn(pan, tilt, Pose(*moved(row(planner.pose), amounts, axes)[0].tolist()))
