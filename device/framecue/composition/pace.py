"""How long whoever is there takes from a new cue to a move: some act at once, others hear it out first."""

import statistics
from collections.abc import Mapping
from typing import Final

from framecue.composition.cue import CueName
from framecue.composition.memory import LITTLE, UNITS

IN_VAIN_S: Final = 3.5  # what was asked of quick people for so long, and changed nothing, cannot be done
TRIES: Final = 2.5  # times as long as slower people take to begin
UNKNOWN_S: Final = 8.0  # the same of people not known yet; who moves later has another reason
LASTS_S: Final = 0.45  # what seems to move for less is noise
DONE: Final = 0.5  # share of every amount; if less is left of it, it was acted on, seen to move or not
LEAST_S: Final = 0.5  # nobody reads and has moved for so long within less: that was asked before


class Pace:
    """Follows one photographer, or the guests before a fixed camera."""

    def __init__(self) -> None:
        self._asked: Mapping[CueName, float] = {}  # amounts when they were first asked for
        self._since_s: float | None = None  # when what is asked for was new; None once it was acted on
        self._calm_s: tuple[float, float] | None = None  # from when to when nothing moved
        self._took_s: list[float] = []  # from cues to moves

    @property
    def unanswered(self) -> bool:
        """Whether what is asked for now has not been acted on yet."""
        return self._since_s is not None

    @property
    def patience_s(self) -> float:
        """For how long a move may be asked for and nothing come of it before it is taken to be impossible."""
        if not self._took_s:
            return UNKNOWN_S
        return max(IN_VAIN_S, TRIES * statistics.median_high(self._took_s))

    def watch(self, wanted: Mapping[CueName, float], moving: bool, time_s: float) -> None:
        """wanted: the moves shown now, and how much of each is missing. moving: whether the picture moves.

        time_s: never going back.
        """
        if wanted.keys() - self._asked.keys():
            self._since_s, self._asked = time_s, wanted
        elif not wanted or self._done(wanted):
            self._since_s = None
        self._asked = {name: self._asked[name] for name in wanted}
        if not moving:
            self._calm_s = (time_s if self._calm_s is None else self._calm_s[0]), time_s
        elif self._calm_s is not None and time_s - self._calm_s[1] >= LASTS_S:
            self._moved(time_s, self._calm_s[0])
            self._calm_s = None

    def _done(self, wanted: Mapping[CueName, float]) -> bool:
        """Whether most of every move is made: some pairs leave the picture's lines where they are."""
        return all(
            self._asked[name] - amount > max(DONE * self._asked[name], LITTLE[UNITS[name]])
            for name, amount in wanted.items()
        )

    def _moved(self, time_s: float, calm_since_s: float) -> None:
        if self._since_s is None or time_s - max(self._since_s, calm_since_s) < LEAST_S:
            return
        took_s = time_s - self._since_s
        if took_s <= UNKNOWN_S:
            self._took_s.append(took_s)
        self._since_s = None
