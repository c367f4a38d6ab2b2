"""A simulated photographer: reads only what an indicator shows, and does about what it says."""

import math
from dataclasses import replace
from typing import Final

import numpy as np

from framecue.composition.cue import Cue
from framecue.composition.memory import UNITS
from framecue.simulate.place import Place, asked

REACTION_S: Final = 0.5  # from a cue to the first move
OBEYS: Final = (0.6, 1.4)  # how far people go, as a share of what they are told
ERRS: Final = 0.03  # chance that a move goes the other way
IGNORES: Final = 0.02  # chance that a cue is not acted on
ASTRAY_DEG: Final = 6.0  # deviation of the direction of somebody who walks
UNTOLD: Final = {"m": 0.5, "deg": 5.0}  # how far to go when the cue gives no amount
SPEED: Final = {"m": 0.9, "deg": 18.0}  # per second
LEAST_S: Final = 0.5  # a move takes at least so long
TREMBLE_DEG, TREMBLE_M, TREMBLE_S = 0.2, 0.003, 0.4  # a trembling hand: deviations, and how fast they change
# Where somebody who is told that nobody is in the picture looks next, degrees from where they began.
SEARCH: Final = (
    (0, -14), (0, 14), (18, 0), (-18, 0), (18, -14), (-18, -14), (18, 14), (-18, 14),
    (36, 0), (-36, 0), (36, -14), (-36, -14), (0, -28), (0, 28), (54, 0), (-54, 0),
)  # fmt: skip


class Person:
    """One photographer (or the guests, under a fixed camera) from start to shot."""

    def __init__(
        self,
        place: Place,
        rng: np.random.Generator,
        *,
        steady: bool = False,
        fixed: bool = False,
        reaction_s: float = REACTION_S,
    ) -> None:
        self.place, self._rng, self._steady, self._fixed = place, rng, steady, fixed
        self._reaction_s = reaction_s
        self._tremble = np.zeros(4)
        self._read: Cue | None = None  # the cue being thought about, and since when
        self._since_s = 0.0
        self._from: Place | None = None  # the move under way
        self._to: Place | None = None
        self._began_s, self._takes_s = 0.0, 0.0
        self._search, self._origin = 0, (0.0, 0.0)
        self.obeyed: list[Cue] = []  # cues that led to a move
        self.done = False

    @property
    def moving(self) -> bool:
        """Whether a move is under way."""
        return self._to is not None

    def look(self, elapsed_s: float) -> Place:
        """The place as the camera sees it now: the hand trembles."""
        if self._steady:
            return self.place
        keep = math.exp(-elapsed_s / TREMBLE_S)
        size = np.array([TREMBLE_DEG, TREMBLE_DEG, TREMBLE_DEG, TREMBLE_M])
        self._tremble = keep * self._tremble + math.sqrt(1 - keep**2) * size * self._rng.standard_normal(4)
        pitch, pan, roll, rise = self._tremble.tolist()
        shaken = self.place
        for cue, amount in (("tilt_up", pitch), ("pan_right", pan), ("roll_right", roll), ("raise", rise)):
            shaken = shaken.after(cue, amount)  # type: ignore[arg-type]
        return shaken

    def show(self, cue: Cue, now_s: float) -> bool:
        """See a cue, go on with a move; True when a cue is taken up now."""
        if self._to is not None:
            self._go_on(now_s)
            return False
        if self._read is None or _names(cue) != _names(self._read):
            self._read, self._since_s = cue, now_s
        if now_s - self._since_s < self._reaction_s - 1e-6:
            return False
        self._read = None
        if cue.cue in ("ready", "best_possible"):
            self.done = True
            return True
        return self._take_up(cue, now_s)

    def _take_up(self, cue: Cue, now_s: float) -> bool:
        if cue.cue == "nobody":
            target, takes = self._searched(), 1.0
        elif asked(cue):
            self._search = 0
            target, takes = self._obey(cue)
        else:
            return False
        self.obeyed.append(cue)
        self._from, self._to, self._began_s, self._takes_s = self.place, target, now_s, takes
        return True

    def _obey(self, cue: Cue) -> tuple[Place, float]:
        target, takes = self.place, LEAST_S
        chance = self._rng.random()
        for each in asked(cue):
            unit = UNITS[each.cue]
            amount = (each.amount or UNTOLD[unit]) * float(self._rng.uniform(*OBEYS))
            astray = float(self._rng.normal(0, ASTRAY_DEG))
            if chance < IGNORES:
                continue
            target = target.after(each.cue, -amount if chance < IGNORES + ERRS else amount, astray)
            takes = max(takes, amount / SPEED[unit])
        return target, takes

    def _searched(self) -> Place:
        if self._fixed:  # it is the guests who look where the camera sees them: from afar, in the middle
            x, z = self.place.guests
            back = self.place.after("guests_back", 0.5)
            return replace(back, guests=(0.5 * x, max(back.guests[1], z)))
        camera = self.place.camera
        if self._search == 0:
            self._origin = (camera.pan_deg, camera.pitch_deg)
        pan, pitch = SEARCH[self._search % len(SEARCH)]
        self._search += 1
        target = self.place.after("pan_right", self._origin[0] + pan - camera.pan_deg)
        return target.after("tilt_up", self._origin[1] + pitch - camera.pitch_deg)

    def _go_on(self, now_s: float) -> None:
        assert self._from is not None
        assert self._to is not None
        share = min(1.0, (now_s - self._began_s) / self._takes_s)
        self.place = self._from.between(self._to, (1 - math.cos(math.pi * share)) / 2)
        if share >= 1.0:
            self._from = self._to = None


def _names(cue: Cue) -> tuple[str, str | None]:
    return cue.cue, None if cue.also is None else cue.also.cue
