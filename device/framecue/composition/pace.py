"""How long whoever is there takes from a new cue to a move: some act at once, others hear it out first."""

import statistics
from collections.abc import Set
from typing import Final

from framecue.composition.cue import CueName

IN_VAIN_S: Final = 3.5  # what was asked of quick people for so long, and changed nothing, cannot be done
TRIES: Final = 2.5  # times as long as slower people take to begin
UNKNOWN_S: Final = 8.0  # the same of people not known yet; who moves later has another reason
LASTS_S: Final = 0.45  # what seems to move for less is noise
LEAST_S: Final = 0.5  # nobody reads and has moved for so long within less: that was asked before


class Pace:
    """Follows one photographer, or the guests before a fixed camera."""

    def __init__(self) -> None:
        self._asked: Set[CueName] = frozenset()
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

    def watch(self, names: Set[CueName], moving: bool, time_s: float) -> None:
        """names: the moves shown now. moving: whether the picture moves. time_s: never going back."""
        if names - self._asked:
            self._since_s = time_s
        elif not names:
            self._since_s = None
        self._asked = names
        if not moving:
            self._calm_s = (time_s if self._calm_s is None else self._calm_s[0]), time_s
        elif self._calm_s is not None and time_s - self._calm_s[1] >= LASTS_S:
            self._moved(time_s, self._calm_s[0])
            self._calm_s = None

    def _moved(self, time_s: float, calm_since_s: float) -> None:
        if self._since_s is None or time_s - max(self._since_s, calm_since_s) < LEAST_S:
            return
        took_s = time_s - self._since_s
        if took_s <= UNKNOWN_S:
            self._took_s.append(took_s)
        self._since_s = None
