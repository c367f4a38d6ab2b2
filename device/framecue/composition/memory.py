"""What the guide remembers of what it said: which way, since when, and whether it was of any use."""

import logging
import math
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Final

from framecue.composition.axes import AXES
from framecue.composition.cue import CueName, Unit

log = logging.getLogger(__name__)

REVERSAL_S: Final = 3.0  # the opposite of a cue is not said within so many seconds
IN_VAIN: Final = 0.75  # share of the amount still missing when a move is found to be in vain
LITTLE: Final[Mapping[Unit, float]] = {"m": 0.12, "deg": 1.5}  # changes so small are no sign that it was
STRIKES: Final = 4  # times in a row that a new height did nothing for the ratio
PROGRESS: Final = 0.75  # share of a ratio's gap that may be left for that
TIRED: Final = 10  # times that the camera is raised or lowered for one scene
LIE: Final = 20.0  # misfit because of a pitch beyond which it disagrees with the picture
LIE_S: Final = 1.0  # for so long
HARDLY: Final = 0.3  # share of how much a step should change the size of a head: less, and nobody went
WALLS: Final = 2  # steps back in a row that came to nothing
WALK_M: Final = 0.15  # shorter ones are no proof
SHRINKS: Final = 0.5  # of the opposite before: moves to and fro that do not get smaller do not end
TO_AND_FRO: Final = 3  # times that they may not
RELEASED: Final = 0.22  # change of a head's size, as a logarithm, after which it may be tried again

OPPOSITE: Final[Mapping[CueName, CueName]] = {
    name: other for up, down, *_ in AXES.values() for name, other in ((up, down), (down, up))
}

UNITS: Final[Mapping[CueName, Unit]] = {
    name: unit for up, down, unit, _ in AXES.values() for name in (up, down)
}
HEIGHT: Final[frozenset[CueName]] = frozenset({"raise", "lower"})
BACK: Final[frozenset[CueName]] = frozenset({"step_back", "guests_back"})


@dataclass(slots=True)
class Said:
    """The moves being asked for, and when every move was asked for last."""

    last_s: dict[CueName, float] = field(default_factory=dict)

    def note(self, names: tuple[CueName, ...], time_s: float) -> None:
        """These are shown now."""
        for name in names:
            self.last_s[name] = time_s

    def too_soon(self, names: Set[CueName], time_s: float) -> bool:
        """Whether the opposite of one of them was said a moment ago."""
        return any(time_s - self.last_s.get(OPPOSITE[name], -math.inf) <= REVERSAL_S for name in names)


@dataclass(slots=True)
class StepsBack:
    """Whether somebody who was asked to step back has: a head that stays as large is no further away.

    Where the feet are cut nothing else tells a wall from a step and a tilt.
    """

    _asked: CueName | None = None
    _expected: float = 0.0  # change of the logarithm that the step should make
    _before: float = 0.0
    _moved: bool = False  # since it was asked
    _in_vain: int = 0  # in a row

    def watch(
        self, wanted: Mapping[CueName, float], distance_m: float, size: float | None, moving: bool
    ) -> CueName | None:
        """The step just found to be in vain. size: logarithm of the head's angular height; None unseen."""
        if moving:
            self._moved = True
            return None
        failed = self._asked if self._moved and self._failed(size) else None
        if self._moved or self._asked not in wanted:
            self._asked, self._moved = None, False
            for name in BACK & wanted.keys():
                if size is not None and wanted[name] >= WALK_M:
                    self._asked, self._before = name, size
                    self._expected = math.log1p(wanted[name] / distance_m)
        return failed

    def _failed(self, size: float | None) -> bool:
        if self._asked is None or size is None:
            return False
        same = abs(size - self._before) < HARDLY * self._expected
        self._in_vain = self._in_vain + 1 if same else 0
        return self._in_vain >= WALLS


@dataclass(slots=True)
class ToAndFro:
    """Moves asked for one way and the other again and again: people cannot go as exactly as that."""

    _last: dict[CueName, float] = field(default_factory=dict)  # how much of each was asked for last
    _times: dict[frozenset[CueName], int] = field(default_factory=dict)

    def ask(self, name: CueName, amount: float) -> bool:
        """Note a move that begins to be asked for; whether it is one more of too many."""
        pair = frozenset({name, OPPOSITE[name]})
        before = self._last.pop(OPPOSITE[name], None)
        self._last[name] = amount
        if before is not None:
            self._times[pair] = self._times.get(pair, 0) + 1 if amount > SHRINKS * before else 0
        return self._times.get(pair, 0) > TO_AND_FRO


@dataclass(slots=True)
class Obstacles:
    """Moves that were asked for in vain: there is a wall, a knee does not bend further."""

    blocked: frozenset[CueName] = frozenset()
    _proven: frozenset[CueName] = frozenset()  # those of them that need no second try
    _again: bool = False  # whether what was in vain has been tried a second time
    _asked: dict[CueName, tuple[float, float]] = field(default_factory=dict)  # since when, how much then
    _heights: int = 0  # how often the camera was to be raised or lowered
    _strikes: int = 0  # of these, how often lately to no avail
    _gap: tuple[CueName, float] | None = None  # the ratio's gap when height was asked for last
    _at_size: float | None = None  # of the head when something was found blocked
    _back: StepsBack = field(default_factory=StepsBack)
    _to_and_fro: ToAndFro = field(default_factory=ToAndFro)

    def watch(
        self,
        wanted: Mapping[CueName, float],
        distance_m: float,
        ratio_gap: float,
        time_s: float,
        patience_s: float,
        size: float | None = None,
        moving: bool = False,
    ) -> None:
        """wanted: the moves shown now, and how much of each is still missing. ratio_gap: of the heads.

        patience_s: a move asked for so long that changed nothing cannot be made. size, moving: as in
        `StepsBack.watch`.
        """
        wall = self._back.watch(wanted, distance_m, size, moving)
        if wall is not None:
            self._block({wall}, size, proven=True)
        self._asked = {name: asked for name, asked in self._asked.items() if name in wanted}
        for name, amount in wanted.items():
            if name not in self._asked and self._to_and_fro.ask(name, amount):
                self._block({name, OPPOSITE[name]}, size, proven=True)
            if name not in self._asked and name in HEIGHT:
                self._count_height(name, ratio_gap)
                if self._heights > TIRED or self._strikes >= STRIKES:
                    self._block(HEIGHT, size, proven=True)
            since_s, first = self._asked.setdefault(name, (time_s, amount))
            # How far back somebody must go whose feet are cut is a guess: more is no sign of a move.
            changed = first - amount if name in BACK else abs(first - amount)
            if changed > max((1 - IN_VAIN) * first, LITTLE[UNITS[name]]):
                self._asked[name] = (time_s, amount)
            elif moving:  # who is at it has not tried in vain yet
                self._asked[name] = (time_s, first)
            elif time_s - since_s >= patience_s:
                self._block({name}, size)
        if self._at_size is None:
            self._at_size = size
        elif self.blocked and size is not None and abs(size - self._at_size) > RELEASED:
            self.forget()

    def _block(self, names: Set[CueName], size: float | None, proven: bool = False) -> None:
        self.blocked |= names
        self._proven |= names if proven else set()
        self._at_size = size

    def second_chance(self) -> bool:
        """Whether there is something to try again: somebody may have done something else the first time."""
        if self._again or not self.blocked - self._proven:
            return False
        self._again = True
        self.blocked &= self._proven
        self._asked.clear()
        return True

    def forget(self) -> None:
        """Everything may be tried again."""
        self.blocked = self._proven = frozenset()
        self._heights = self._strikes = 0
        self._gap, self._again = None, False
        self._back, self._to_and_fro = StepsBack(), ToAndFro()
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
