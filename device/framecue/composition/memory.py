"""What the guide remembers of what it said: which way, since when, and whether it was of any use."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from framecue.composition.cue import CueName
from framecue.composition.plan import AXES, Axis
from framecue.composition.pose import PRIOR, SPREAD, Pose, Proportions, child_shrink

REVERSAL_S: Final = 3.0  # the opposite of a cue is not said within so many seconds
IN_VAIN_S: Final = 3.5  # a move asked for so long that changed nothing cannot be made
IN_VAIN: Final = 0.75  # share of the amount still missing then
STRIKES: Final = 2  # times in a row that a new height did nothing for the ratio
PROGRESS: Final = 0.75  # share of a ratio's gap that may be left for that
TIRED: Final = 7  # times that the camera is raised or lowered for one scene
RELEASED: Final = 0.25  # change of distance, as a share, after which it may be tried again
HEADS_SPREAD: Final = 0.2  # deviation of a ratio that was seen before
GAIN_SPREAD: Final = 0.25  # deviation of how far people go for what they are told, as a logarithm

OPPOSITE: Final[Mapping[CueName, CueName]] = {
    name: other for up, down, *_ in AXES.values() for name, other in ((up, down), (down, up))
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
            if amount < IN_VAIN * first:
                self._asked[name] = (time_s, amount)
            elif time_s - since_s >= IN_VAIN_S:
                self.blocked |= {name}
                self._at_m = distance_m
        if self.blocked and abs(distance_m / self._at_m - 1) > RELEASED:
            self.forget()

    def forget(self) -> None:
        """Everything may be tried again."""
        self.blocked = frozenset()
        self._heights = self._strikes = 0
        self._gap = None
        self._asked.clear()

    def _count_height(self, name: CueName, ratio_gap: float) -> None:
        self._heights += 1
        if self._gap is not None and self._gap[0] == name and ratio_gap > PROGRESS * self._gap[1]:
            self._strikes += 1
        else:
            self._strikes = 0
        self._gap = name, ratio_gap


@dataclass(slots=True)
class Scale:
    """How tall the person really is, told by how far the picture changes for a step of so many metres.

    A picture alone does not know a child near by from a grown-up far off. Who is told to step two metres
    and changes the picture as three would is nearer than thought, and so the person smaller. One move says
    little, as people go 60 to 140 % of what they are told; each is weighed by that (a Bayesian update of the
    logarithm).
    """

    log_factor: float = 0.0  # of the body's height
    spread: float = SPREAD.body_m
    heads: float | None = None  # ratio to a level camera, once the person was seen whole
    _before: tuple[Axis, float, float] | None = None  # axis, metres asked for, metres of distance then

    def asked(self, axis: Axis, metres: float, pose: Pose) -> None:
        """A step towards or away is asked for; positive is closer."""
        self._before = (axis, metres, pose.distance_m)

    def arrived(self, pose: Pose) -> None:
        """The picture is calm again after it moved."""
        if self._before is None:
            return
        _, asked, before_m = self._before
        self._before = None
        went = before_m - pose.distance_m
        if abs(asked) < 0.4 or went / asked <= 0.2 or went / asked >= 4.0:
            return  # not done, or something else was
        told = -math.log(went / asked)  # went further than asked: the metres are shorter, the person smaller
        variance = self.spread**2
        gain = variance / (variance + GAIN_SPREAD**2)
        self.log_factor += gain * told
        self.spread = math.sqrt((1 - gain) * variance)

    def seen_whole(self, pose: Pose) -> None:
        """Remember the ratio for when feet or head are out of the picture."""
        self.heads = pose.heads if self.heads is None else 0.9 * self.heads + 0.1 * pose.heads

    def person(self, complete: bool) -> Proportions:
        """What is known of the person now. complete: the picture shows it all, and can tell anew."""
        body_m = PRIOR.body_m * math.exp(self.log_factor)
        if complete or self.heads is None:
            return Proportions(body_m, self.spread, PRIOR.heads, SPREAD.heads)
        taller = child_shrink(self.heads) - child_shrink(PRIOR.heads)
        return Proportions(body_m * math.exp(taller), self.spread, self.heads, HEADS_SPREAD)
