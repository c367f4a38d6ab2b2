"""One guess at who is there and where the camera stands, followed from one calm moment to the next."""

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
    Kind,
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


class Guess:
    """A camera and one person of a kind.

    While nothing moves every frame is weighed against the same belief, so that one view counts once however
    long it lasts. When something begins to move, what was found last is carried over: what was asked for is
    taken as done, about; a person's build stays, and so does a height that nobody was asked to change.

    found: the pose in the last frame; None before any. doubt: misfit of the views before.
    """

    def __init__(self, mount: Mount, kind: Kind) -> None:
        self._mount: Mount = mount
        self._first = self._belief = first_belief(kind)
        self._before: tuple[Belief, Moves] | None = None  # the last calm moment, and what was asked then
        self.found: Estimate | None = None
        self.doubt = kind.doubt

    @property
    def misfit(self) -> float:
        """How badly it explains all that was seen."""
        return self.doubt + (0.0 if self.found is None else self.found.misfit)

    def move(self, moves: Moves) -> None:
        """Somebody begins to do what was asked for: what was found last counts after it."""
        if self.found is not None:
            self.doubt = self.misfit
            self._before = self.found.belief, moves
            self._belief = self._carried(*self._before)

    def see(self, sight: Sight, lens: Lens) -> None:
        """Find the pose in a frame."""
        self.found = estimate(sight, lens, self._belief, None if self.found is None else self.found.pose)
        if self.found.misfit > UNLIKELY:
            self.found = self._mistaken(self.found, sight, lens)

    def search(self, sight: Sight, lens: Lens) -> None:
        """After `see`: something else altogether was done, or somebody else may be there now."""
        assert self.found is not None
        found = self.found
        for belief in (self._belief.wider(UNASKED[self._mount]), self._first):
            again = estimate(sight, lens, belief)
            if again.misfit < 0.5 * found.misfit:
                self._belief, found = belief, again
            if found.misfit <= STRAYED:
                break
        self.found = found

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
