"""What the guide remembers of what it said: which way, since when, and whether it was of any use."""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from framecue.composition.cue import CueName, Unit
from framecue.composition.plan import AXES

log = logging.getLogger(__name__)

REVERSAL_S: Final = 3.0  # the opposite of a cue is not said within so many seconds
IN_VAIN_S: Final = 3.5  # a move asked for so long that changed nothing cannot be made
IN_VAIN: Final = 0.75  # share of the amount still missing then
LITTLE: Final[Mapping[Unit, float]] = {"m": 0.12, "deg": 1.5}  # changes so small are no sign that it was
STRIKES: Final = 4  # times in a row that a new height did nothing for the ratio
PROGRESS: Final = 0.75  # share of a ratio's gap that may be left for that
TIRED: Final = 10  # times that the camera is raised or lowered for one scene
LIE: Final = 20.0  # misfit because of a pitch beyond which it disagrees with the picture
LIE_S: Final = 1.0  # for so long
RELEASED: Final = 0.25  # change of distance, as a share, after which it may be tried again

OPPOSITE: Final[Mapping[CueName, CueName]] = {
    name: other for up, down, *_ in AXES.values() for name, other in ((up, down), (down, up))
}

UNITS: Final[Mapping[CueName, Unit]] = {
    name: unit for up, down, unit, _ in AXES.values() for name in (up, down)
}
HEIGHT: Final[frozenset[CueName]] = frozenset({"raise", "lower"})


@dataclass(slots=True)
class Said:
    """The moves being asked for, and when every move was asked for last."""

    last_s: dict[CueName, float] = field(default_factory=dict)

    def note(self, names: tuple[CueName, ...], time_s: float) -> None:
        """These are shown now."""
        for name in names:
            self.last_s[name] = time_s

    def too_soon(self, name: CueName, time_s: float) -> bool:
        """Whether the opposite was said a moment ago."""
        return time_s - self.last_s.get(OPPOSITE[name], -math.inf) <= REVERSAL_S


@dataclass(slots=True)
class Obstacles:
    """Moves that were asked for in vain: there is a wall, a knee does not bend further."""

    blocked: frozenset[CueName] = frozenset()
    _again: bool = False  # whether what was in vain has been tried a second time
    _asked: dict[CueName, tuple[float, float]] = field(default_factory=dict)  # since when, how much then
    _heights: int = 0  # how often the camera was to be raised or lowered
    _strikes: int = 0  # of these, how often lately to no avail
    _gap: tuple[CueName, float] | None = None  # the ratio's gap when height was asked for last
    _at_m: float = 0.0  # distance when something was found blocked

    def watch(
        self, wanted: Mapping[CueName, float], distance_m: float, ratio_gap: float, time_s: float
    ) -> None:
        """wanted: the moves shown now, and how much of each is still missing. ratio_gap: of the heads."""
        self._asked = {name: asked for name, asked in self._asked.items() if name in wanted}
        for name, amount in wanted.items():
            if name not in self._asked and name in HEIGHT:
                self._count_height(name, ratio_gap)
                if self._heights > TIRED or self._strikes >= STRIKES:
                    self.blocked |= HEIGHT
                    self._at_m = distance_m
            since_s, first = self._asked.setdefault(name, (time_s, amount))
            if abs(amount - first) > max((1 - IN_VAIN) * first, LITTLE[UNITS[name]]):  # something moves
                self._asked[name] = (time_s, amount)
            elif time_s - since_s >= IN_VAIN_S:
                self.blocked |= {name}
                self._at_m = distance_m
        if self.blocked and abs(distance_m / self._at_m - 1) > RELEASED:
            self.forget()

    def second_chance(self) -> bool:
        """Whether there is something to try again: somebody may have done something else the first time."""
        if self._again or not self.blocked - HEIGHT:
            return False
        self._again = True
        self.blocked &= HEIGHT
        self._asked.clear()
        return True

    def forget(self) -> None:
        """Everything may be tried again."""
        self.blocked = frozenset()
        self._heights = self._strikes = 0
        self._gap, self._again = None, False
        self._asked.clear()

    def _count_height(self, name: CueName, ratio_gap: float) -> None:
        self._heights += 1
        if self._gap is not None and self._gap[0] == name and ratio_gap > PROGRESS * self._gap[1]:
            self._strikes += 1
        else:
            self._strikes = 0
        self._gap = name, ratio_gap


class PitchSensor:
    """Whether the pitch sensor is to be believed."""

    def __init__(self) -> None:
        self.lies = False
        self._since_s: float | None = None

    def disagrees(self, by: float, time_s: float) -> bool:
        """Whether it has disagreed with the picture for a while; says so once, in the log.

        by: how much worse the picture is explained with it than without, as a misfit.
        """
        if by < LIE:
            self._since_s = None
            return False
        if self._since_s is None:
            self._since_s = time_s
        if time_s - self._since_s >= LIE_S:
            self.lies = True
            log.warning(
                "the pitch sensor disagrees with the picture and is left out; check how it is mounted"
            )
        return self.lies
