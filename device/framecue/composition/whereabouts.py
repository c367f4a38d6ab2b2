"""Where the camera stands over time: what was found before a move, and what was asked for, count after it."""

from collections import deque
from collections.abc import Mapping
from typing import Final

import numpy as np

from framecue.composition.axes import Axis, moved
from framecue.composition.cue import Mount
from framecue.composition.pose import (
    NAMES,
    Array,
    Belief,
    Estimate,
    Lens,
    Sight,
    estimate,
    first_belief,
    poses_of,
    unknowns,
)  # fmt: skip

UNLIKELY: Final = 5.0  # misfit that a mistake of the photographer's must explain away
STRAYED: Final = 14.0  # misfit beyond which somebody did something else than was asked
OBEYS: Final = 0.27  # deviation of how far people go, as a share of what they are told
TURNED_S: Final = 0.4  # who moves now read what was asked so long ago
# What changes unasked from one calm moment to the next: deviations of the unknowns, by mount. The last two
# never change with the same person; they cover that marks are never seen quite where they are. Roll begins
# afresh: every view shows it, and a camera turned about its lens hardly moves who stands in the middle.
SWAY: Final[Mapping[Mount, Array]] = {
    "handheld": np.array([0.05, 6.0, 0.06, 3.0, 6.0, 0.01, 0.04]),
    "tripod": np.array([0.1, 6.0, 0.02, 1.0, 6.0, 0.01, 0.04]),
    "fixed": np.array([0.2, 10.0, 0.005, 0.3, 0.3, 0.01, 0.04]),
}
UNASKED: Final[Mapping[Mount, Array]] = {
    "handheld": np.array([0.5, 25.0, 0.3, 10.0, 6.0, 0.02, 0.08]),
    "tripod": np.array([0.5, 25.0, 0.2, 8.0, 5.0, 0.02, 0.08]),
    "fixed": np.array([0.7, 25.0, 0.02, 1.0, 1.0, 0.02, 0.08]),
}
_NUDGE: Final = 1e-4

Moves = Mapping[Axis, float]


class Whereabouts:
    """Follows a camera and one person from one calm moment to the next.

    While nothing moves every frame is weighed against the same belief, so that one view counts once however
    long it lasts. When something begins to move, what was found last is carried over: what was asked for is
    taken as done, about; a person's build stays, and so does a height that nobody was asked to change. So
    two views of one person tell what one cannot: a child near by from a grown-up far off, a low camera
    tilted up from a high one tilted down.
    """

    def __init__(self, mount: Mount) -> None:
        self._mount: Mount = mount
        self.forget()

    def forget(self) -> None:
        """Somebody else may be there: nothing found before counts."""
        self.found: Estimate | None = None
        self._belief = first_belief()
        self._before: tuple[Belief, Moves] | None = None  # the last calm moment, and what was asked then
        self._moving = False
        self._asked: deque[tuple[float, Moves]] = deque(maxlen=20)

    def asked(self, moves: Moves, time_s: float) -> None:
        """The moves shown now, metres and degrees."""
        self._asked.append((time_s, moves))

    def watch(self, moving: bool, time_s: float) -> None:
        """Notice in every frame whether the picture moves: what was found last counts after the move."""
        if moving and not self._moving and self.found is not None:
            self._before = self.found.belief, self._read(time_s)
            self._belief = self._carried(*self._before)
        self._moving = moving

    def see(self, sight: Sight, lens: Lens) -> Estimate:
        """The pose in a frame."""
        found = estimate(sight, lens, self._belief, None if self.found is None else self.found.pose)
        if found.misfit > UNLIKELY:
            found = self._mistaken(found, sight, lens)
        if found.misfit > STRAYED:
            found = self._searched(found, sight, lens)
        self.found = found
        return found

    def _mistaken(self, found: Estimate, sight: Sight, lens: Lens) -> Estimate:
        """Somebody may have done the opposite of what was asked, or nothing, or what was asked after all."""
        if self._before is None:
            return found
        before, moves = self._before
        for share in (1.0, -1.0, 0.0):
            belief = self._carried(before, {axis: share * amount for axis, amount in moves.items()})
            again = estimate(sight, lens, belief)
            if again.misfit + UNLIKELY * (share < 1) < found.misfit:
                self._belief, found = belief, again
        return found

    def _searched(self, found: Estimate, sight: Sight, lens: Lens) -> Estimate:
        """Something else altogether was done, or somebody else is there now."""
        for belief in (self._belief.wider(UNASKED[self._mount]), first_belief()):
            again = estimate(sight, lens, belief)
            if again.misfit < 0.5 * found.misfit:
                self._belief, found = belief, again
            if found.misfit <= STRAYED:
                break
        return found

    def _read(self, time_s: float) -> Moves:
        """What was asked for when whoever moves now had read it."""
        before = [moves for shown_s, moves in self._asked if shown_s <= time_s - TURNED_S]
        return before[-1] if before else {}

    def _carried(self, belief: Belief, moves: Moves) -> Belief:
        """What is thought after moves asked for, obeyed about."""
        if not moves:
            return belief.wider(SWAY[self._mount])
        axes, amounts = tuple(moves), np.array(list(moves.values()))
        here = poses_of(belief.mean[None])
        tries = amounts + _NUDGE * np.concatenate([np.zeros((1, len(axes))), np.eye(len(axes))])
        after = unknowns(moved(here, tries, axes))
        missed = (after[1:] - after[0]).T / _NUDGE * (OBEYS * amounts)  # (7, axes)
        nearby = poses_of(belief.mean + _NUDGE * np.eye(len(NAMES)))
        slopes = (unknowns(moved(nearby, amounts[None], axes)) - after[0]).T / _NUDGE
        turned = Belief(after[0], slopes @ belief.covariance @ slopes.T + missed @ missed.T)
        return turned.wider(SWAY[self._mount])
